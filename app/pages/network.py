"""Several layers: one picture's way through them and back, and a training with a mistake in it.

The page follows one picture forwards and its deltas backwards, rightly and with a mistake, and
checks every gradient. The training itself is the API's own stream; the page draws what it says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlencode

import numpy as np
from fastapi import APIRouter, Request, Response

from app.engine import ACTIVATIONS, EngineError, stencil
from app.engine.activations import Floats
from app.engine.given import pair
from app.engine.losses import SoftmaxCrossEntropy
from app.engine.mistakes import Code
from app.engine.network import StageTrace, run
from app.engine.network_check import Verdict, verdicts
from app.engine.pooling import AveragePool
from app.engine.stages import Activate, Conv, Dense, Stage
from app.engine.strokes import CLASSES
from app.engine.training import CHECKED_ENTRIES, POOLS, RUNS, last_conv
from app.engine.wrong_rules import MISTAKES
from app.exchange import aside, json_answer, json_body
from app.figures import curves, draw, map_panel, palette
from app.pages import render
from app.pages.controls import ACTIVATION_NAMES, Choice
from app.pages.frame import Page, around, html, language_of, root_of
from app.spec import Experiment, LayerSpec, Limits, SpecError, encode, parse_array
from app.words import N_, say, translator
from app.words.diagnoses import name as mistake_name
from app.words.numbers import short

SIDE = 132.0  # how wide a stage's maps are drawn
FEW = 24.0  # a cell's side where there are few
MOST_LAYERS = 4  # fields for channels; a fifth could only be a mistake

_NAMES = {
    "conv": N_("Convolution"),
    "activation": N_("Activation"),
    "max_pool": N_("Max pooling"),
    "average_pool": N_("Average pooling"),
    "flatten": N_("Flatten"),
    "dense": N_("Fully connected"),
}
_RUNS = {
    "right": N_("right"),
    "mistake": N_("with the mistake"),
    "frozen": N_("early layers frozen"),
}
_GRADIENTS = {"kernel": "∂C/∂w", "weight": "∂C/∂W", "bias": "∂C/∂b"}
_NUMBERS = ("seed", "epochs", "strokes", "batch", "learning_rate", "noise", "channels")
_NUMBER = re.compile(
    r"-?\d{1,12}(\.\d{1,12})?(,-?\d{1,12})*", re.ASCII
)  # what such fields can hold
_FIELDS = {
    "seed": N_("Seed"),
    "channels": N_("Channels"),
    "epochs": N_("Epochs"),
    "batch": N_("Pictures in a step"),
    "strokes": N_("Pictures"),
    "learning_rate": N_("Learning rate"),
    "noise": N_("Noise"),
    "kernel": N_("Kernel"),
    "picture": N_("The picture"),
    "stroke": N_("Stroke"),
}


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
    mistake: str


@dataclass(frozen=True)
class Setting:
    """A number of the form."""

    name: str
    label: str
    value: str
    least: int
    most: int
    step: str


@dataclass(frozen=True)
class Form:
    """The form's fields as they stand."""

    mistakes: list[Choice]
    operations: list[Choice]
    activations: list[Choice]
    pools: list[Choice]
    kernels: list[Choice]
    strokes: list[Choice]
    channels: list[str]
    most_channels: int
    settings: list[Setting]
    picture: str
    symmetric: bool


@dataclass(frozen=True)
class NetworkPage(Page):
    """What ``pages/network.html`` is rendered from."""

    notice: str
    faults: dict[str, str]  # what is wrong, by the field that it stands beside
    form: Form
    journey: Journey
    runs: list[str]
    data: dict[str, Any]


@dataclass(frozen=True)
class JourneyPart:
    """What ``partials/journey.html`` is rendered from."""

    journey: Journey


@dataclass(frozen=True)
class Learned:
    """What a run has learned: its first convolution's kernels."""

    name: str
    drawing: str


@dataclass(frozen=True)
class LearnedPart:
    """What ``partials/learned.html`` is rendered from."""

    runs: list[Learned]


def add(routes: APIRouter, limits: Limits) -> None:
    """``/network`` and its parts."""

    @routes.get("/network")
    async def network(request: Request) -> Response:
        language, notice, faults = language_of(request), "", dict[str, str]()
        query = dict(request.query_params)
        try:
            experiment = Experiment.of(query, limits)
            journey = await aside(lambda: follow(experiment, limits, language, root_of(request)))
        except EngineError as error:
            notice = say(
                language,
                "This link cannot be shown, so here is another experiment. ({problem})",
                problem=_said(error, language),
            )
            faults = {_field(error): _said(error, language)}
            experiment = Experiment()
            journey = await aside(lambda: follow(experiment, limits, language, root_of(request)))
        page = NetworkPage(
            **around(request, "network"),
            notice=notice,
            faults=faults,
            form=form(experiment, limits, language, query if faults else {}),
            journey=journey,
            runs=[translator(language)(_RUNS[name]) for name in RUNS],
            data=data(experiment, language, root_of(request)),
        )
        return html("network", page)

    @routes.get("/network/journey")
    async def part(request: Request) -> Response:
        """The same for another experiment, as a part of the page."""
        language, root = language_of(request), root_of(request)
        try:
            experiment = Experiment.of(dict(request.query_params), limits)
            journey = await aside(lambda: follow(experiment, limits, language, root))
        except EngineError as error:
            return json_answer({"refused": _said(error, language), "field": _field(error)})
        drawn = render.part("journey", language, JourneyPart(journey))
        return json_answer({"html": drawn, "data": data(experiment, language, root)})

    @routes.post("/network/learned")
    async def learned(request: Request) -> Response:
        """What runs have learned, as drawings; ``runs`` is the stream's last event."""
        body = await json_body(request, limits)
        language = language_of(request)
        runs = [_learned(one, limits, language) for one in _list(body.get("runs"))]
        return json_answer({"html": render.part("learned", language, LearnedPart(runs))})


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
    code = experiment.training.mistake
    stations = [
        Station(
            title=_("The picture"),
            shape=_shape(right.input),
            output=_drawn(right.input[0]),
            delta=_drawn(right.input_delta[0]),
            wrong=_drawn(wrong.input_delta[0]),
            differs=not _same(right.input_delta, wrong.input_delta),
            checks=[],
        )
    ]
    final = len(stages) - 1
    for index, (part, bad) in enumerate(zip(right.stages, wrong.stages, strict=True)):
        own = [one for one in found if one.layer == index]
        stations.append(
            Station(
                title=_title(part.stage, language),
                shape=_shape(part.output),
                output=_drawn(_maps(part.output)),
                delta=_drawn(_maps(part.output_delta)),
                wrong=_drawn(_maps(bad.output_delta)),
                differs=not _same(part.output_delta, bad.output_delta),
                checks=[_checked(one, language) for one in own],
                lab=_lab(part, limits, language, root),
                note=_note(part.stage, language),
                scores=[_angle(k) for k in range(CLASSES)] if index == final else [],
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
        guess=_(told).format(guess=_angle(guess), truth=_angle(experiment.stroke)),
        verdict=_verdict(found, experiment, language),
        mistake=_mistake(code, language),
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
    symbol = _GRADIENTS[verdict.parameter]
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


def _title(stage: Stage, language: str) -> str:
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


def _drawn(maps: Floats) -> str:
    _, rows, columns = maps.shape
    tall = columns == 1 and rows > CLASSES  # many flat values: a block, row by row
    if tall:
        width = int(np.ceil(np.sqrt(rows)))
        block = np.zeros(width * -(-rows // width))
        block[:rows] = maps.ravel()
        maps = block.reshape(1, -1, width)
    return draw(map_panel("station", "source", maps, largest=FEW, width=SIDE).figure)


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


def _mistake(code: str, language: str) -> str:
    return mistake_name(cast("Code", code), language)  # every network's mistake has a code


def _angle(k: int) -> str:
    return f"{k * 180 / CLASSES:g}°"


def form(
    experiment: Experiment, limits: Limits, language: str, typed: Mapping[str, str] | None = None
) -> Form:
    """The form as it stands for an experiment; what was ``typed`` stays, right or wrong."""
    _ = translator(language)
    typed = {k: v for k, v in (typed or {}).items() if k not in _NUMBERS or _NUMBER.fullmatch(v)}
    training = experiment.training
    channels = typed.get("channels", ",".join(map(str, training.channels)))
    operations = (("convolution", _("Convolution")), ("correlation", _("Correlation")))

    def setting(name: str, least: int, most: int, step: str = "1") -> Setting:
        value = typed.get(name, f"{getattr(training, name):.12g}")
        return Setting(name, _(_FIELDS[name]), value, least, most, step)

    def chosen(name: str, value: object, is_so: object) -> bool:
        return str(value) == typed.get(name, str(is_so))

    pools = {"max": _("largest of four"), "average": _("mean of four")}
    return Form(
        mistakes=[
            Choice(code, _mistake(code, language), chosen("mistake", code, training.mistake))
            for code in MISTAKES
        ],
        operations=[
            Choice(v, label, chosen("operation", v, training.operation)) for v, label in operations
        ],
        activations=[
            Choice(n, _(ACTIVATION_NAMES.get(n, n)), chosen("activation", n, training.activation))
            for n in ACTIVATIONS
        ],
        pools=[
            Choice(name, pools[name], chosen("pooling", name, training.pooling)) for name in POOLS
        ],
        kernels=[
            Choice(str(n), f"{n}×{n}", chosen("kernel", n, training.kernel)) for n in (2, 3)
        ],
        strokes=[
            Choice(str(k), _angle(k), chosen("stroke", k, experiment.stroke))
            for k in range(CLASSES)
        ],
        channels=channels.split(",")[:MOST_LAYERS],
        most_channels=limits.channels,
        settings=[
            setting("seed", 0, 2**32 - 1),
            setting("epochs", 1, limits.epochs),
            setting("strokes", 1, limits.pictures),
            setting("batch", 1, limits.batch),
            setting("learning_rate", 0, 10, "any"),
            setting("noise", 0, 2, "any"),
        ],
        picture=experiment.query().get("picture", ""),
        symmetric=experiment.symmetric,
    )  # fmt: skip


def data(experiment: Experiment, language: str, root: str) -> dict[str, Any]:
    """What the page's script knows: the training to ask for, the curves, and what to call them."""
    _ = translator(language)
    names = [_(_RUNS[name]) for name in RUNS]
    figures = {
        "loss": curves(names, _("epoch"), _("loss on pictures held out"), share=False),
        "accuracy": curves(names, _("epoch"), _("accuracy"), share=True),
    }
    stages = experiment.training.plan().stages
    return {
        "root": root,
        "language": language,
        "query": experiment.query(),
        "training": experiment.request(),
        "runs": list(zip(RUNS, names, strict=True)),  # a list: their order is that of the lines
        "curves": {theme: palette.resolve(figures, theme) for theme in ("light", "dark")},
        "gradients": {
            f"{index}/{parameter}_gradient": f"{_title(stage, language)} ({index + 1}): "
            f"{_GRADIENTS[parameter]}"
            for index, stage in enumerate(stages)
            for parameter in stage.parameters
        },
        "said": {
            "epoch": _("Epoch {epoch} of {epochs}"),
            "outcome": _("{run}: {accuracy} right, loss {loss}"),
            "queued": _("Others are training; {ahead} before you."),
            "cancelled": _("Cancelled. What was drawn stays."),
            "passes": _("passes"),
            "fails": _("fails"),
            "start": _("Start"),
            "pause": _("Pause"),
            "resume": _("Go on"),
        },
    }


def _learned(outcome: Any, limits: Limits, language: str) -> Learned:
    """One run of the stream's last event."""
    if not isinstance(outcome, dict) or outcome.get("run") not in _RUNS:
        raise SpecError(("runs",), "must be the runs of a training's last event")
    kernels = _list(outcome.get("kernels"))
    if not kernels or not isinstance(kernels[0], dict):
        raise SpecError(("runs",), "must be the runs of a training's last event")
    kernel = parse_array(kernels[0].get("kernel"), (4,), limits)
    return Learned(
        name=translator(language)(_RUNS[outcome["run"]]),
        drawing=draw(
            map_panel(
                "learned", "source", kernel.reshape(-1, *kernel.shape[2:]), largest=FEW
            ).figure
        ),
    )


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) > 8:
        raise SpecError(("runs",), "must be the runs of a training's last event")
    return value


def _field(error: EngineError) -> str:
    """The form's field that an error is about."""
    return error.field.partition("[")[0].partition(".")[0]


def _said(error: EngineError, language: str) -> str:
    name = _field(error)
    subject = translator(language)(_FIELDS.get(name, name))
    fault = say(language, error.template, **error.facts)
    return say(language, "{subject} {fault}", subject=subject, fault=fault)
