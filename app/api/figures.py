"""Figures as plain JSON."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from app import answers
from app.api.describe import Described, posted
from app.api.problems import language_of
from app.exchange import computed, dumps, read_spec, tagged
from app.figures import NAMES
from app.spec import PRESETS, FigureSpec, Limits, SpecError


def described() -> dict[str, Any]:
    """The route's documentation, with the article's deltas as example."""
    body = {**PRESETS["article"].spec.request(), "phase": "deltas", "step": 1}
    example = answers.figure_answer(FigureSpec.parse(body), "input_delta")
    found = posted("Figure", body, "FigureAnswer", example)
    found["openapi_extra"]["parameters"] = [
        {
            "name": "name",
            "in": "path",
            "required": True,
            "schema": {"type": "string", "enum": list(NAMES)},
            "example": "input_delta",
        }
    ]
    return {**found, "tags": ["figures"]}


def add(routes: APIRouter, limits: Limits, describe: Described) -> None:
    """``/figures`` and ``/figures/{name}``."""

    @routes.get("/figures", **describe.figures)
    async def names(request: Request) -> Response:
        """The figures' names and the options that each takes beside the layer."""
        language = language_of(request)
        headers = {
            "cache-control": "public, max-age=3600",
            "vary": "Accept-Language",
            "content-language": language,
        }
        return tagged(request, dumps(answers.figures_answer(language)), headers)

    @routes.post("/figures/{name}", **described())
    async def figure(request: Request) -> Response:
        """A Plotly figure of the layer, for `plotly.io.from_json` and `Plotly.newPlot`."""
        name = request.path_params["name"]
        if name not in NAMES:
            raise SpecError(("name",), "must be one of {known}", known=", ".join(NAMES))
        spec = await read_spec(request, FigureSpec, limits)
        body = await computed(spec, lambda: answers.figure_answer(spec, name, limits))
        return tagged(request, body, {"cache-control": "no-cache"})
