"""The routes. Each reads a spec, calls one service of ``app.answers`` and sends what it returns."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.routing import BaseRoute

from app import answers
from app.api import check, figures, network, worksheets
from app.api.describe import PREFIX, Described, document
from app.api.problems import language_of
from app.exchange import Replies, computed, dumps, tagged
from app.settings import Settings
from app.spec import LayerSpec, Limits, NodeSpec, SpecError, decode
from app.words import LANGUAGES

# Anybody may keep the answer to a computation; it changes only with the program.
_SHARED = {"cache-control": "public, max-age=3600"}
_COMPUTED = {"cache-control": "no-cache"}


def routes(settings: Settings) -> list[BaseRoute]:
    """All routes of the API, and the two that a supervisor asks."""
    limits, described = settings.limits, Described(settings.limits)
    version, health = APIRouter(prefix=PREFIX), APIRouter(prefix="/healthz", tags=["health"])
    _add_computations(version, limits, described)
    _add_reading(version, limits, described)
    figures.add(version, limits, described)
    network.add(version, limits)
    check.add(version, limits)
    worksheets.add(version)
    _add_health(health)
    return [*version.routes, *health.routes]


def _add_computations(routes: APIRouter, limits: Limits, describe: Described) -> None:
    replies = Replies(limits)

    @routes.post("/layer", **describe.layer)
    async def layer(request: Request) -> Response:
        """Run a layer: forward map, stencils, deltas and gradients."""
        body = await replies.to(request, LayerSpec, lambda spec: answers.layer_answer(spec, limits))
        return tagged(request, body, _COMPUTED)

    @routes.post("/contributions", **describe.contributions)
    async def contributions(request: Request) -> Response:
        """What one input node collects: every output node it feeds, times the wire's weight."""
        body = await replies.to(
            request, NodeSpec, lambda spec: answers.contributions_answer(spec, spec.node, limits)
        )
        return tagged(request, body, _COMPUTED)

    @routes.post("/graph", **describe.graph)
    async def graph(request: Request) -> Response:
        """The unrolled, weight-shared MLP: nodes and wires."""
        body = await replies.to(request, LayerSpec, lambda spec: answers.graph_answer(spec, limits))
        return tagged(request, body, _COMPUTED)

    @routes.post("/matrix", **describe.matrix)
    async def matrix(request: Request) -> Response:
        """The unrolled matrix M, sparse: output = M·a + b, collected = Mᵀ·δ."""
        body = await replies.to(
            request, LayerSpec, lambda spec: answers.matrix_answer(spec, limits)
        )
        return tagged(request, body, _COMPUTED)


def _add_reading(routes: APIRouter, limits: Limits, describe: Described) -> None:
    presets_of = {name: dumps(answers.presets_answer(name)) for name in LANGUAGES}

    @routes.head("/layer", include_in_schema=False)
    @routes.get("/layer", **describe.layer_link)
    async def layer_of_permalink(request: Request) -> Response:
        """The same from a permalink's `spec`, so that any proxy can keep it."""
        text = request.query_params.get("spec")
        if text is None:
            raise SpecError(("spec",), "is missing")
        spec = decode(text, limits)
        body = await computed(spec, lambda: answers.layer_answer(spec, limits))
        return tagged(request, body, _SHARED)

    @routes.head("/presets", include_in_schema=False)
    @routes.get("/presets", **describe.presets)
    async def presets(request: Request) -> Response:
        """Named layers, each worth a look for one thing; `layer` is a body for the other routes."""
        language = language_of(request)
        headers = {**_SHARED, "vary": "Accept-Language", "content-language": language}
        return tagged(request, presets_of[language], headers)

    @routes.head("/openapi.json", include_in_schema=False)
    @routes.get("/openapi.json", include_in_schema=False)
    async def openapi(request: Request) -> Response:
        """This document."""
        return tagged(
            request, dumps(document(request.app, request.scope.get("root_path", ""))), _SHARED
        )


def _add_health(routes: APIRouter) -> None:
    @routes.head("/live", include_in_schema=False)
    @routes.get("/live")
    async def live() -> dict[str, str]:
        """The process answers."""
        return {"status": "live"}

    @routes.head("/ready", include_in_schema=False)
    @routes.get("/ready")
    async def ready() -> dict[str, str]:
        """The process can do its work: it needs nothing but itself."""
        return {"status": "ready"}
