"""The answers about several layers: one pass through them, and a training as it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NotRequired

from typing_extensions import TypedDict

from app.answers.schemas import Kernel, Map, Numbers
from app.engine.network import NetworkTrace, StageTrace, run
from app.engine.network_check import Verdict
from app.engine.stages import RIGHT, Conv, Shape, Stage
from app.engine.strokes import SIDE
from app.engine.training import RUNS, Failed, Learned, Plan, Progress, last_conv, train
from app.engine.wrong_rules import MISTAKES
from app.spec import DEFAULT_LIMITS, Limits
from app.spec.network import NetworkSpec
from app.spec.training import TrainSpec
from app.words import say

Event = tuple[str, "Started | Report | Failure | Finished"]


class StageAnswer(TypedDict):
    """One layer's output, ∂C/∂output, and ∂C/∂(each of its parameters)."""

    type: str
    output: Map
    output_delta: Map
    kernel_gradient: NotRequired[Kernel]
    weight_gradient: NotRequired[Map]
    bias_gradient: NotRequired[float | Numbers]


class NetworkAnswer(TypedDict):
    """The cost, ∂C/∂input, and every layer in order."""

    loss: float
    input_delta: Map
    layers: list[StageAnswer]


class Check(TypedDict):
    """The gradient check of one gradient; layers are counted from 0.

    ``checked`` of its ``of`` entries were compared, and ``kinks`` could not be.
    """

    layer: int
    gradient: str
    passes: bool
    max_error: float
    largest: float
    checked: int
    of: int
    kinks: int


class LayerKernel(TypedDict):
    """A convolution's kernel."""

    layer: int
    kernel: Kernel


class LayerShape(TypedDict):
    """What a layer gives for one picture."""

    type: str
    shape: list[int]


class Started(TypedDict):
    """The first event: what is trained, and how long it is."""

    runs: list[str]
    mistake: str
    seed: int
    epochs: int
    steps: int
    batch: int
    learning_rate: float
    examples: int
    held_out: int
    layers: list[LayerShape]
    last_convolution: int
    kernels: list[LayerKernel]


class Report(TypedDict):
    """A ``progress`` event: how a run stands; ``checks`` at the start and after each epoch."""

    run: str
    epoch: int
    step: int
    loss: float
    accuracy: float
    batch_loss: float | None
    checks: list[Check] | None


class Failure(TypedDict):
    """A ``failed`` event: one run's end, or everything's where ``run`` is null."""

    run: str | None
    epoch: int | None
    step: int | None
    code: str
    detail: str


class Outcome(TypedDict):
    """What a run ended with."""

    run: str
    loss: float
    accuracy: float
    kernels: list[LayerKernel]


class Finished(TypedDict):
    """The last event; runs that failed are not in it."""

    runs: list[Outcome]


def network_answer(spec: NetworkSpec, limits: Limits = DEFAULT_LIMITS) -> NetworkAnswer:
    """Forward maps, deltas and gradients of every layer.

    Raises:
        LimitError: more than is computed here.
        EngineError: the layers do not belong together, or a result is not finite.
    """
    rules = RIGHT if spec.mistake is None else MISTAKES[spec.mistake]
    trace = run(spec.stages(limits), spec.input, spec.loss.loss(), rules)
    return NetworkAnswer(
        loss=trace.loss,
        input_delta=trace.ranked(trace.input_delta),
        layers=[_stage_answer(trace, stage) for stage in trace.stages],
    )


def _stage_answer(trace: NetworkTrace, part: StageTrace) -> StageAnswer:
    flat = isinstance(part.stage, Conv) and part.stage.kernel.ndim == 2
    answer = StageAnswer(
        type=part.stage.type,
        output=trace.ranked(part.output),
        output_delta=trace.ranked(part.output_delta),
    )
    gradients: dict[str, Any] = {
        f"{name}_gradient": float(array[0]) if flat and name == "bias" else array
        for name, array in part.gradients.items()
    }
    answer.update(gradients)  # type: ignore[typeddict-item]
    return answer


def training_events(spec: TrainSpec, plan: Plan, language: str) -> Iterator[Event]:
    """A training as named events, each computed when it is asked for.

    ``started``, then ``progress`` and ``failed``, and at last ``finished``.
    """
    yield "started", _started(spec, plan)
    outcomes = []
    for event in train(plan):
        if isinstance(event, Progress):
            yield "progress", _report(event)
        elif isinstance(event, Failed):
            yield "failed", _failure(event, language)
        else:
            outcomes.append(_outcome(event))
    yield "finished", Finished(runs=outcomes)


def _started(spec: TrainSpec, plan: Plan) -> Started:
    shapes: list[LayerShape] = []
    shape: Shape = (1, 1, SIDE, SIDE)
    for stage in plan.stages:
        shape = stage.output_shape(shape, 4)
        shapes.append(LayerShape(type=stage.type, shape=list(shape[1:])))
    return Started(
        runs=list(RUNS),
        mistake=spec.mistake,
        seed=plan.seed,
        epochs=plan.epochs,
        steps=plan.steps,
        batch=plan.batch,
        learning_rate=plan.rate,
        examples=len(plan.training),
        held_out=len(plan.held_out),
        layers=shapes,
        last_convolution=last_conv(plan.stages),
        kernels=_kernels(plan.stages),
    )


def _report(event: Progress) -> Report:
    return Report(
        run=event.run,
        epoch=event.epoch,
        step=event.step,
        loss=event.loss,
        accuracy=event.accuracy,
        batch_loss=event.batch_loss,
        checks=[_check(verdict) for verdict in event.verdicts] or None,
    )


def _check(verdict: Verdict) -> Check:
    return Check(
        layer=verdict.layer,
        gradient=f"{verdict.parameter}_gradient",
        passes=verdict.passes,
        max_error=verdict.max_error,
        largest=verdict.largest,
        checked=verdict.checked,
        of=verdict.of,
        kinks=verdict.kinks,
    )


def _failure(event: Failed, language: str) -> Failure:
    return Failure(
        run=event.run,
        epoch=event.epoch,
        step=event.step,
        code="not_finite",
        detail=say(
            language,
            "this run's numbers grew beyond float64's range, so it stops here; "
            "use a smaller learning_rate",
        ),
    )


def _outcome(event: Learned) -> Outcome:
    return Outcome(
        run=event.run,
        loss=event.loss,
        accuracy=event.accuracy,
        kernels=_kernels(event.stages),
    )


def _kernels(stages: tuple[Stage, ...]) -> list[LayerKernel]:
    return [
        LayerKernel(layer=index, kernel=stage.kernel)
        for index, stage in enumerate(stages)
        if isinstance(stage, Conv)
    ]
