"""Several layers: one pass through them, and a training as a stream of events."""

from __future__ import annotations

from typing import Any

from anyio import CapacityLimiter
from fastapi import APIRouter, Request, Response

from app.answers.network import network_answer, training_events
from app.api.describe import posted
from app.api.problems import language_of
from app.api.stream import EventStream, encoded
from app.exchange import aside, dumps, read_spec, tagged
from app.spec import Limits
from app.spec.network import NetworkSpec
from app.spec.training import TrainSpec
from app.words import N_, say

# Each keeps a core busy for seconds; the others wait in line.
_TRAININGS = CapacityLimiter(2)

EXAMPLE: dict[str, Any] = {
    "input": [[0, 1, 0, 2], [3, 1, 0, 1], [1, 0, 2, 1], [0, 2, 1, 3]],
    "layers": [
        {"type": "conv", "kernel": [[1, 2], [3, 4]]},
        {"type": "activation", "function": "relu"},
        {"type": "conv", "kernel": [[1, -1], [2, 0.5]], "bias": 1},
        {"type": "flatten"},
        {"type": "dense", "weight": [[0.05, -0.1, 0.025, 0], [0.1, 0, -0.05, 0.05]]},
    ],
    "loss": {"type": "softmax_cross_entropy", "target": 1},
}
TRAINING: dict[str, Any] = {"mistake": "kernel_not_rotated", "seed": 7, "epochs": 5}
_FAILED = N_("this is a mistake of ours and it has been logged; nothing was changed")


def add(routes: APIRouter, limits: Limits) -> None:
    """``/network`` and ``/train``."""

    @routes.post("/network", **_described_network())
    async def network(request: Request) -> Response:
        """Run a network: every layer's output, ∂C/∂output and gradients."""
        spec = await read_spec(request, NetworkSpec, limits)
        body = await aside(lambda: dumps(network_answer(spec, limits)))
        return tagged(request, body, {"cache-control": "no-cache"})

    @routes.post("/train", response_class=EventStream, **_described_training())
    async def train(request: Request) -> Response:
        """Train three times side by side: right, with a mistake, and with early layers frozen."""
        spec = await read_spec(request, TrainSpec, limits)
        plan, language = await aside(lambda: spec.plan(limits)), language_of(request)
        failure = {
            "run": None,
            "epoch": None,
            "step": None,
            "code": "internal_error",
            "detail": say(language, _FAILED),
        }
        return EventStream(
            lambda: training_events(spec, plan, language), _TRAININGS, ("failed", failure)
        )


def _described_network() -> dict[str, Any]:
    described = posted(
        "Network", EXAMPLE, "NetworkAnswer", network_answer(NetworkSpec.parse(EXAMPLE))
    )
    return {**described, "tags": ["network"]}


def _described_training() -> dict[str, Any]:
    described = posted("Training", TRAINING, "TrainingFinished", {})
    described["responses"].pop(304)
    described["responses"][200] = {
        "description": "Server-sent events: `started` (TrainingStarted), then for each run "
        "`progress` (TrainingProgress) or `failed` (TrainingFailed), at last `finished` "
        "(TrainingFinished). `queued` may come first, while others are trained.",
        "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _events()}},
    }
    return {**described, "tags": ["network"]}


def _events() -> str:
    """A very short training's first and last events, as they are sent."""
    spec = TrainSpec(strokes=8, epochs=1, channels=(1, 1))
    events = list(training_events(spec, spec.plan(), "en"))
    return b"".join(encoded(name, data) for name, data in (*events[:2], events[-1])).decode()
