"""One picture's way through a network and back, rightly and with a mistake, stage by stage."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlencode

import numpy as np

from app.engine import stencil
from app.engine.activations import Floats
from app.engine.given import pair
from app.engine.losses import SoftmaxCrossEntropy
from app.engine.mistakes import Code
from app.engine.network import StageTrace, run
from app.engine.network_check import Verdict, verdicts
from app.engine.pooling import AveragePool
from app.engine.stages import Activate, Conv, Dense, Stage
from app.engine.strokes import CLASSES
from app.engine.training import CHECKED_ENTRIES, last_conv
from app.figures import draw, map_panel
from app.spec import Experiment, LayerSpec, Limits, encode
from app.words import N_, say, translator
from app.words.diagnoses import name as mistake_name
from app.words.numbers import short

SIDE = 132.0  # how wide a stage's maps are drawn
FEW = 24.0  # a cell's side where there are few

_NAMES = {
    "conv": N_("Convolution"),
    "activation": N_("Activation"),
    "max_pool": N_("Max pooling"),
    "average_pool": N_("Average pooling"),
    "flatten": N_("Flatten"),
    "dense": N_("Fully connected"),
}
GRADIENTS = {"kernel": "∂C/∂w", "weight": "∂C/∂W", "bias": "∂C/∂b"}


@dataclass(frozen=True)
class Checked:
    """The gradient check of one gradient, beside the backward pass that was chosen."""

    symbol: str
    passes: bool
    said: str


@dataclass(frozen=True)
class Station:
    """One stage: what it gives, ∂C/∂(that), the same with the mistake, and what is checked."""

    title: str
    shape: str
    output: str
    delta: str
    wrong: str
    differs: bool
    checks: list[Checked]
    lab: str = ""
    note: str = ""  # why there is nothing to open
    scores: list[str] = field(default_factory=list)  # what each cell is a score for


@dataclass(frozen=True)
class Journey:
    """One picture's way through the network and back."""

    stations: list[Station]
    loss: str
    guess: str
    verdict: str
    lanes: list[str]


def follow(experiment: Experiment, limits: Limits, language: str, root: str) -> Journey:
    """One picture forwards, its deltas backwards, and the check of every gradient.

    Raises:
        EngineError: more work than is done here, or numbers beyond float64.
    """
    _ = translator(language)
    plan = experiment.training.plan(limits)
    stages = tuple(map(_symmetric, plan.stages)) if experiment.symmetric else plan.stages
    picture = experiment.followed(plan.held_out)[None, None]
    loss = SoftmaxCrossEntropy(np.array([experiment.stroke]))
    right, wrong = run(stages, picture, loss), run(stages, picture, loss, plan.wrong)
    found = verdicts(stages, picture, loss, plan.wrong, CHECKED_ENTRIES, seed=plan.seed)
    lanes = {
        "forwards": _("forwards"),
        "right": _("δ, right"),
        "wrong": mistake_of(experiment.training.mistake, language),
    }

    def drawn(lane: str, maps: Floats) -> str:
        return _drawn(lanes[lane], maps, language)

    stations = [
        Station(
            title=_("The picture"),
            shape=_shape(right.input),
            output=drawn("forwards", right.input[0]),
            delta=drawn("right", right.input_delta[0]),
            wrong=drawn("wrong", wrong.input_delta[0]),
            differs=not _same(right.input_delta, wrong.input_delta),
            checks=[],
        )
    ]
    final = len(stages) - 1
    for index, (part, bad) in enumerate(zip(right.stages, wrong.stages, strict=True)):
        own = [one for one in found if one.layer == index]
        stations.append(
            Station(
                title=title_of(part.stage, language),
                shape=_shape(part.output),
                output=drawn("forwards", _maps(part.output)),
                delta=drawn("right", _maps(part.output_delta)),
                wrong=drawn("wrong", _maps(bad.output_delta)),
                differs=not _same(part.output_delta, bad.output_delta),
                checks=[_checked(one, language) for one in own],
                lab=_lab(part, limits, language, root),
                note=_note(part.stage, language),
                scores=[angle(k) for k in range(CLASSES)] if index == final else [],
            )
        )
    guess = int(right.stages[-1].output[0].argmax())
    told = (
        N_("The untrained network takes it for {guess}; you say that it is {truth}.")
        if experiment.picture is not None
        else N_("The untrained network takes it for {guess}; it is {truth}.")
    )
    return Journey(
        stations=stations,
        loss=short(right.loss),
        guess=_(told).format(guess=angle(guess), truth=angle(experiment.stroke)),
        verdict=_verdict(found, experiment, language),
        lanes=list(lanes.values()),
    )


def _verdict(found: list[Verdict], experiment: Experiment, language: str) -> str:
    _ = translator(language)
    failed = [one for one in found if not one.passes]
    if not failed and experiment.symmetric:
        return _(
            "Every gradient passes. These kernels equal themselves turned, so a mistake in the "
            "turning changes nothing: the worst data to test with."
        )
    if not failed:
        return _("Every gradient passes: on this network the mistake changes nothing.")
    said = _("Of {all} gradients {count} do not pass.").format(count=len(failed), all=len(found))
    last = last_conv(experiment.training.plan().stages)
    if all(one.passes == (one.layer >= last) for one in found):
        said += _(" Those from the last convolution on are spared, all before it are wrong.")
    return said


def _checked(verdict: Verdict, language: str) -> Checked:
    symbol = GRADIENTS[verdict.parameter]
    template = (
        N_("{symbol} passes the gradient check")
        if verdict.passes
        else N_("{symbol} fails: off by {error}, where slopes are up to {largest}")
    )
    said = say(
        language,
        template,
        symbol=symbol,
        error=short(verdict.max_error, 2),
        largest=short(verdict.largest, 2),
    )
    return Checked(symbol, verdict.passes, said)


def title_of(stage: Stage, language: str) -> str:
    """What a stage is called, a convolution with its kernel's size."""
    _ = translator(language)
    title = _(_NAMES[stage.type])
    if isinstance(stage, Conv):
        rows, columns = stage.kernel.shape[-2:]
        title += f" {rows}×{columns}"
    return title


def _shape(array: Floats) -> str:
    return "×".join(map(str, array.shape[1:]))


def _maps(array: Floats) -> Floats:
    """One member's maps (C, H, W); flat values as a column."""
    maps: Floats = array[0] if array.ndim == 4 else array[0][None, :, None]
    return maps


def _drawn(lane: str, maps: Floats, language: str) -> str:
    """Maps without numbers; how far these go is said by their title, also to a pointer."""
    said = say(
        language,
        "{lane}: from {least} to {most}",
        lane=lane,
        least=short(float(maps.min())),
        most=short(float(maps.max())),
    )
    _, rows, columns = maps.shape
    tall = columns == 1 and rows > CLASSES  # many flat values: a block, row by row
    if tall:
        width = int(np.ceil(np.sqrt(rows)))
        block = np.zeros(width * -(-rows // width))
        block[:rows] = maps.ravel()
        maps = block.reshape(1, -1, width)
    return draw(map_panel("station", "source", maps, largest=FEW, width=SIDE).figure, title=said)


def _same(first: Floats, second: Floats) -> bool:
    return bool(np.allclose(first, second, rtol=1e-9, atol=1e-15))


def _symmetric(stage: Stage) -> Stage:
    if not isinstance(stage, Conv):
        return stage
    turned: Floats = stencil.rotate180(stage.kernel)
    return stage.changed({"kernel": (stage.kernel + turned) / 2})


def _lab(part: StageTrace, limits: Limits, language: str, root: str) -> str:
    """The layer in the lab, with four digits of each number; "" where it is none, or too large."""
    as_layer = _as_layer(part)
    if as_layer is None:
        return ""
    briefly = {k: _brief(v) if isinstance(v, np.ndarray) else v for k, v in as_layer.items()}
    spec = encode(LayerSpec.parse(briefly))
    if len(spec) > limits.permalink_chars:
        return ""
    query = {"lang": language, "spec": spec, "phase": "deltas"}
    return f"{root}/lab?{urlencode(query, safe='~,:!*=')}"


def _as_layer(part: StageTrace) -> dict[str, Any] | None:
    """A stage as the convolutional layer that it is; None where there is no such layer.

    An activation is one with a kernel of 1, a mean over windows one with equal weights, and a
    fully connected layer one of 1×1 maps. Each channel by itself is a group.
    """
    stage, given, delta = part.stage, part.input[0], part.output_delta[0]
    if isinstance(stage, Conv):
        own = {"kernel": stage.kernel, "bias": stage.bias, "operation": stage.operation}
        return {"input": given, "output_delta": delta, **own}
    if isinstance(stage, Dense):
        return {
            "input": given[:, None, None],
            "kernel": stage.weight[:, :, None, None],
            "bias": stage.bias,
            "output_delta": delta[:, None, None],
        }
    maps = {"input": given, "output_delta": delta, "groups": len(given)}
    if isinstance(stage, Activate):
        return {**maps, "kernel": np.ones((len(given), 1, 1, 1)), "activation": stage.function}
    if isinstance(stage, AveragePool):
        size = pair("size", stage.size)
        kernel = np.full((len(given), 1, *size), 1 / (size[0] * size[1]))
        return {**maps, "kernel": kernel, "stride": list(size)}
    return None


def _note(stage: Stage, language: str) -> str:
    """What a stage without a link to the lab does."""
    _ = translator(language)
    if stage.type in ("max_pool", "flatten"):
        return _("no weights: it only passes numbers on")
    return _("too large for a link to the lab")


def _brief(array: Floats) -> list[Any]:
    rounded: list[Any] = np.vectorize(lambda value: float(f"{value:.4g}"))(array).tolist()
    return rounded


def mistake_of(code: str, language: str) -> str:
    """What a training's mistake is called."""
    return mistake_name(cast("Code", code), language)  # every network's mistake has a code


def angle(k: int) -> str:
    """A class of strokes by its angle."""
    return f"{k * 180 / CLASSES:g}°"
