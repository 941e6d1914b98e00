"""Worksheets: on paper with room to write, on the screen with an answer to every answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from app.answers.worksheet import right_choices
from app.engine import EngineError
from app.exchange import json_answer, json_body
from app.figures import SMALL, Panel, Wiring, asked_panel, draw, map_panel, panel
from app.pages.controls import Choice
from app.pages.frame import Page, around, html, language_of
from app.pages.marking import mark
from app.pages.sheets import table
from app.spec import Limits
from app.spec.exercises import Exercise
from app.spec.fields import whole
from app.spec.worksheet import ENDS, OPERATIONS, WorksheetSpec
from app.words import LANGUAGES, N_, say, translator
from app.words.diagnoses import name as mistake_name
from app.words.exercises import choices, question, setting
from app.words.formulas import Formula, formula
from app.words.numbers import short
from app.words.symbols import Symbols
from app.words.titles import TITLES

LEVELS = (
    N_("1: a 3×3 map, a 2×2 kernel"),
    N_("2: a 4×4 map, larger kernels"),
    N_("3: stride, padding or channels"),
)
MODES = {
    "convolution": N_("Convolution"),
    "correlation": N_("Correlation"),
    "both": N_("Both, by turns"),
}
# What is called otherwise here than in the lab.
_TITLES = {"asked": ("δˡ", ""), "input_delta": ("δˡ", N_("as it was computed"))}


@dataclass(frozen=True)
class Figure:
    """One of an exercise's drawings."""

    name: str
    symbol: str
    note: str
    svg: str
    width: int


@dataclass(frozen=True)
class Asked:
    """An exercise as it stands on the sheet; which of the last three it has depends on its kind."""

    kind: str
    question: str
    setting: str
    figures: list[Figure]
    wanted: str  # the symbol whose value is asked for
    grid: tuple[int, int]  # rows and columns to fill in
    choices: list[str]


@dataclass(frozen=True)
class Solved:
    """An exercise in the key: what is right, and the sum behind it."""

    question: str
    right: str
    rows: list[list[str]]
    worked: Formula | None


@dataclass(frozen=True)
class Variant:
    """One worksheet, by its seed."""

    seed: int
    asked: list[Asked]
    solved: list[Solved]  # empty unless the key is asked for


@dataclass(frozen=True)
class Field:
    """A number that the form asks for, and its ends."""

    name: str
    label: str
    value: int
    least: int
    most: int


@dataclass(frozen=True)
class WorksheetPage(Page):
    """What ``pages/worksheet.html`` is rendered from."""

    level: int
    levels: list[Choice]
    operations: list[Choice]
    numbers: list[Field]
    key: bool
    other: str  # the same with other numbers
    variants: list[Variant]
    data: dict[str, Any]


def add(routes: APIRouter, limits: Limits) -> None:
    """``/worksheet`` and what checks an answer."""

    @routes.get("/worksheet")
    def worksheet(request: Request) -> Response:
        query = request.query_params
        spec, key = WorksheetSpec.near(query), query.get("key") == "1"
        return html("worksheet", build(around(request, "worksheet"), spec, key))

    @routes.post("/worksheet/check")
    async def check(request: Request) -> Response:
        body = await json_body(request, limits)
        asked: object = body.get("language")
        if not isinstance(asked, str) or asked not in LANGUAGES:
            asked = language_of(request)
        try:
            names = ("seed", "level", "operation")
            spec = WorksheetSpec.parse({name: body[name] for name in names if name in body})
            number = whole(body.get("number"), 0, ENDS["count"][1] - 1, ())
            judged = mark(spec.exercise(spec.seed, number), body.get("answer"), asked)
        except EngineError as error:
            fault = say(asked, error.template, **error.facts)
            refused = say(asked, "Your answer {fault}", fault=fault)
            return json_answer({"refused": refused})
        return json_answer(asdict(judged))


def build(frame: Mapping[str, Any], spec: WorksheetSpec, key: bool) -> WorksheetPage:
    """The page of a worksheet; ``frame`` holds the fields of :class:`Page`."""
    language, root = frame["language"], frame["root"]
    _ = translator(language)
    labels = {
        "count": _("Exercises"),
        "variants": _("Variants"),
        "seed": _("Seed"),
    }
    most = ENDS["seed"][1]
    state = {**spec.model_dump(), "lang": language} | ({"key": 1} if key else {})
    following = spec.seed + spec.variants if spec.seed + spec.variants <= most else 0
    return WorksheetPage(
        **frame,
        level=spec.level,
        levels=[
            Choice(str(level), _(label), level == spec.level)
            for level, label in enumerate(LEVELS, start=1)
        ],
        operations=[Choice(one, _(MODES[one]), one == spec.operation) for one in OPERATIONS],
        numbers=[
            Field(name, label, getattr(spec, name), *ENDS[name]) for name, label in labels.items()
        ],
        key=key,
        other=f"{root}/worksheet?{urlencode({**state, 'seed': following})}",
        variants=[_variant(spec, seed, key, language) for seed in spec.seeds],
        data={
            "root": root,
            "language": language,
            "level": spec.level,
            "operation": spec.operation,
        },
    )


def _variant(spec: WorksheetSpec, seed: int, key: bool, language: str) -> Variant:
    exercises = spec.exercises(seed)
    return Variant(
        seed=seed,
        asked=[_asked(one, language) for one in exercises],
        solved=[_solved(one, language) for one in exercises] if key else [],
    )


def _asked(exercise: Exercise, language: str) -> Asked:
    kind, symbols = exercise.kind, Symbols(exercise.trace.layer)
    rows, columns = exercise.stencil.shape
    return Asked(
        kind=kind,
        question=question(exercise, language),
        setting=setting(exercise.trace.layer, language),
        figures=[_figure(drawn, language) for drawn in _panels(exercise)],
        wanted=str(symbols.delta(exercise.node)) if kind == "delta" else "",
        grid=(rows, columns) if kind == "stencil" else (0, 0),
        choices=choices(exercise, language),
    )


def _panels(exercise: Exercise) -> list[Panel]:
    trace = exercise.trace

    def known(name: str) -> Panel:
        return panel(trace, name, "deltas", largest=SMALL)

    if exercise.kind == "stencil":
        return [known("kernel")]
    if exercise.kind == "wires":
        return [known("kernel"), Wiring(trace, 0, narrow=True).panel("deltas", exercise.node)]
    if exercise.kind == "mistake":
        wrong = map_panel("input_delta", "source", exercise.mistaken[0], largest=SMALL)
        return [known("output_delta"), known("kernel"), wrong]
    return [known("output_delta"), known("kernel"), asked_panel(trace, exercise.node)]


def _figure(drawn: Panel, language: str) -> Figure:
    _ = translator(language)
    symbol, note = _TITLES.get(drawn.name) or TITLES[drawn.name]
    numbers = "; ".join(", ".join(cell.text for cell in row) for row in table(drawn))
    said = _(note) if note else ""
    title = " ".join(filter(None, (symbol, said)))
    return Figure(
        name=drawn.name,
        symbol=symbol,
        note=said,
        svg=draw(drawn.figure, title=f"{title}: {numbers}" if numbers else title),
        width=drawn.figure["layout"]["width"],
    )


def _solved(exercise: Exercise, language: str) -> Solved:
    _, kind, labels = translator(language), exercise.kind, choices(exercise, language)
    node = exercise.first_wrong if kind == "mistake" else exercise.node
    worked = None
    if kind != "stencil":
        worked = formula(exercise.trace, exercise.trace.step("deltas", node))
    right = "; ".join(labels[i] for i in right_choices(exercise))
    if kind == "mistake":
        called = mistake_name(exercise.code, language)
        right = _("{mistake}; without that:").format(mistake=called)
    rows = exercise.stencil.tolist() if kind == "stencil" else []
    return Solved(
        question=question(exercise, language),
        right=right,
        rows=[[short(value) for value in row] for row in rows],
        worked=worked,
    )
