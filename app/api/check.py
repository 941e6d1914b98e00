"""Checking: somebody's answers against the layer, and the layer's gradients against its cost."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from app.answers.check import check_answer
from app.answers.gradients import gradient_check_answer
from app.api.describe import posted
from app.api.problems import language_of
from app.exchange import aside, dumps, read_spec, tagged
from app.spec import PRESETS, Limits
from app.spec.check import CheckSpec, GradientCheckSpec
from app.words import DEFAULT


def add(routes: APIRouter, limits: Limits) -> None:
    """``/check`` and ``/gradient-check``."""

    @routes.post("/check", **_described_check())
    async def check(request: Request) -> Response:
        """Say what is wrong with an output, a delta or a gradient: which mistake gives it."""
        spec, language = await read_spec(request, CheckSpec, limits), language_of(request)
        body = await aside(lambda: dumps(check_answer(spec, language, limits)))
        return tagged(request, body, _headers(language))

    @routes.post("/gradient-check", **_described_gradients())
    async def gradient_check(request: Request) -> Response:
        """Compare the gradients with finite differences of C, entry by entry, and mistakes too."""
        spec, language = await read_spec(request, GradientCheckSpec, limits), language_of(request)
        body = await aside(lambda: dumps(gradient_check_answer(spec, language, limits)))
        return tagged(request, body, _headers(language))


def _headers(language: str) -> dict[str, str]:
    return {
        "cache-control": "no-cache",
        "vary": "Accept-Language",
        "content-language": language,
    }


def _described_check() -> dict[str, Any]:
    """The article's layer, and the deltas of somebody who did not turn the stencil."""
    body = {
        "layer": PRESETS["article"].spec.request(),
        "answer": {"input_delta": [[2, 3, -2], [6.5, 9, 2], [1.5, 11, 12]], "bias_gradient": 4.5},
    }
    answer = check_answer(CheckSpec.parse(body), DEFAULT)
    return {**posted("Check", body, "CheckAnswer", answer), "tags": ["check"]}


def _described_gradients() -> dict[str, Any]:
    body = {**PRESETS["article"].spec.request(), "mistake": "kernel_not_rotated"}
    answer = gradient_check_answer(GradientCheckSpec.parse(body), DEFAULT)
    described = posted("GradientCheck", body, "GradientCheckAnswer", answer)
    return {**described, "tags": ["check"]}
