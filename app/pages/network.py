"""Several layers: one picture's way through them and back, and a training with a mistake in it.

The page follows one picture forwards and its deltas backwards, rightly and with a mistake, and
checks every gradient. The training itself is the API's own stream; the page draws what it says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response

from app.engine import ACTIVATIONS, EngineError
from app.engine.strokes import CLASSES
from app.engine.training import POOLS, RUNS
from app.engine.wrong_rules import MISTAKES
from app.exchange import aside, json_answer, json_body
from app.figures import curves, draw, map_panel, palette
from app.pages import render
from app.pages.controls import ACTIVATION_NAMES, Choice
from app.pages.frame import Page, around, html, language_of, root_of
from app.pages.journey import FEW, GRADIENTS, Journey, angle, follow, mistake_of, title_of
from app.spec import Experiment, Limits, SpecError, parse_array
from app.words import N_, say, translator

MOST_LAYERS = 4  # fields for channels; a fifth could only be a mistake

_RUNS = {
    "right": N_("right"),
    "mistake": N_("with the mistake"),
    "frozen": N_("early layers frozen"),
}
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
            Choice(code, mistake_of(code, language), chosen("mistake", code, training.mistake))
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
            Choice(str(k), angle(k), chosen("stroke", k, experiment.stroke))
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
            f"{index}/{parameter}_gradient": f"{title_of(stage, language)} ({index + 1}): "
            f"{GRADIENTS[parameter]}"
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
