"""The lab: one page, and the parts of it that change while it is used.

The browser keeps no layer. It keeps a permalink and sends it back with a change; the answer is
the page's changed part and the next permalink.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from fastapi import APIRouter, Request, Response

from app.answers import read_of
from app.engine import PHASES, EngineError, Phase, Trace
from app.exchange import computed, json_answer, json_body, raw_body
from app.figures import palette
from app.pages import picture, render, sheets, workbench
from app.pages.frame import Page, around, html, language_of, root_of
from app.pages.lesson import Card, card
from app.pages.prediction import judge
from app.pages.workbench import Moments, Workbench
from app.spec import PRESETS, LayerSpec, Lesson, Limits, SpecError, View, changes, decode
from app.spec.view import ALL
from app.words import DEFAULT, LANGUAGES, N_, say, translator
from app.words.symbols import written

FIRST = View(phase="deltas", step=1)
NINE = 9  # nodes of the article's map
MOST_MOMENTS = 64  # in one request


@dataclass(frozen=True)
class LabPage(Page):
    """What ``pages/lab.html`` is rendered from."""

    notice: str
    lesson: Card | None
    hidden: str  # what a lesson keeps out of the way, as words for the style sheet
    bench: Workbench
    data: dict[str, Any]


@dataclass(frozen=True)
class BenchPart:
    """What ``partials/bench.html`` is rendered from."""

    bench: Workbench
    root: str = ""


def add(routes: APIRouter, limits: Limits) -> None:
    """The lab's routes."""

    @routes.get("/lab")
    def lab(request: Request) -> Response:
        language, root = language_of(request), root_of(request)
        query = request.query_params
        spec, notice = PRESETS["article"].spec, ""
        try:
            if "spec" in query:
                spec = decode(query["spec"], limits)
            trace = read_of(spec, limits)
        except EngineError as error:
            fault = say(language, error.template, **error.facts)
            notice = say(
                language,
                "This link cannot be shown, so here is the article's example. ({field} {fault})",
                field=error.field, fault=fault,
            )  # fmt: skip
            spec = PRESETS["article"].spec
            trace = read_of(spec, limits)
        somewhere = "phase" in query or "step" in query
        view = View.of(query if somewhere else {**query, **FIRST.query()}).within(trace)
        with written(view.names):
            bench = workbench.build(spec, trace, view, language)
            lesson = Lesson.of(query)
            page = LabPage(
                **around(request, "lab"),
                notice=notice,
                lesson=card(lesson, language),
                hidden=" ".join(lesson.hide),
                bench=bench,
                data={**_data(bench, root), "lesson": lesson.query()},
            )
        return html("lab", page)

    @routes.post("/lab/view")
    async def view(request: Request) -> Response:
        body = await json_body(request, limits)
        language = _language(body)
        spec = _spec(body, limits)
        change = body.get("change")
        try:
            if change is not None:
                if not isinstance(change, dict):
                    raise SpecError(("change",), "must be an object")
                spec = changes.apply(spec, change, limits)
            root = root_of(request)
            return await _json(spec, body, lambda: _answer(spec, body, language, root, limits))
        except EngineError as error:
            return _refused(error, language)

    @routes.post("/lab/picture")
    async def upload(request: Request) -> Response:
        data = await raw_body(request, limits)
        query = dict(request.query_params)
        language = language_of(request)
        try:
            spec = changes.with_picture(_spec(query, limits), picture.grey_map(data), limits)
        except EngineError as error:
            return _refused(error, language)
        root = root_of(request)
        return await _json(spec, query, lambda: _answer(spec, query, language, root, limits))

    @routes.post("/lab/moments")
    async def moments(request: Request) -> Response:
        body = await json_body(request, limits)
        spec, language = _spec(body, limits), _language(body)

        def answer() -> dict[str, Any]:
            trace = read_of(spec, limits)
            asked = [_key(key) for key in _list(body.get("keys"))]
            keys = [(phase, step) for phase, step in asked if step < trace.step_count(phase)]
            made = Moments(trace, _view(body).within(trace), language)
            return {"moments": moments_of(made, keys)}

        return await _json(spec, body, answer)

    @routes.post("/lab/table")
    async def table(request: Request) -> Response:
        body = await json_body(request, limits)
        spec = _spec(body, limits)

        def answer() -> dict[str, str]:
            trace = read_of(spec, limits)
            panels = sheets.shown(trace, _view(body).within(trace)).by_name
            panel = panels.get(str(body.get("panel")))
            if panel is None:
                raise SpecError(("panel",), "must be one of {known}", known=", ".join(panels))
            macros = render.environment(DEFAULT).get_template("macros/panel.html").module
            heads = sheets.counted(panel, -2)
            rows = macros.rows(sheets.table(panel), heads)  # type: ignore[attr-defined]
            return {"rows": str(rows)}

        return await _json(spec, body, answer)

    @routes.post("/lab/figures")
    async def figures(request: Request) -> Response:
        body = await json_body(request, limits)
        spec = _spec(body, limits)
        theme = "dark" if body.get("theme") == "dark" else "light"

        def answer() -> dict[str, Any]:
            trace = read_of(spec, limits)
            panels = sheets.shown(trace, _view(body).within(trace)).by_name
            return {"figures": {n: palette.resolve(p.figure, theme) for n, p in panels.items()}}

        return await _json(spec, body, answer)

    @routes.post("/lab/predict")
    async def predict(request: Request) -> Response:
        body = await json_body(request, limits)
        spec, language = _spec(body, limits), _language(body)
        try:
            guess = changes.reckoned(body.get("text"))
            trace = read_of(spec, limits)
            view = replace(_view(body), phase="deltas").within(trace)
            return await _json(spec, body, lambda: asdict(judge(trace, view, guess, language)))
        except EngineError as error:
            return _refused(error, language)

    @routes.get("/palette.css")
    def colours() -> Response:
        headers = {"Cache-Control": "public, max-age=300"}
        return Response(palette.stylesheet(), media_type="text/css", headers=headers)


async def _json(spec: LayerSpec, body: dict[str, Any], answer: Callable[[], object]) -> Response:
    def named() -> object:
        with written(_view(body).names):
            return answer()

    return Response(await computed(spec, named), media_type="application/json")


def _refused(error: EngineError, language: str) -> Response:
    """What cannot be done is an ordinary answer here: a browser logs every 4xx as an error."""
    subject = translator(language)(_NAMES.get(re.split(r"[.\[]", error.field)[0], error.field))
    fault = say(language, error.template, **error.facts)
    refused = say(language, "{subject} {fault}", subject=subject, fault=fault)
    return json_answer({"refused": refused})


_NAMES = {
    "change": N_("This"),
    "picture": N_("The picture"),
    "input": N_("The map"),
    "kernel": N_("The kernel"),
    "stride": N_("The stride"),
    "dilation": N_("The dilation"),
    "padding": N_("The padding"),
    "output_delta": N_("The error at the output"),
}


def _answer(
    spec: LayerSpec, body: dict[str, Any], language: str, root: str, limits: Limits
) -> dict[str, Any]:
    trace = read_of(spec, limits)
    bench = workbench.build(spec, trace, _next_view(body, trace).within(trace), language)
    html = render.part("bench", language, BenchPart(bench, root))
    return {"html": html, "data": _data(bench, root, soon=1)}


def script_data(
    made: Moments, permalink: str, root: str, keys: list[tuple[Phase, int]]
) -> dict[str, Any]:
    """What a page's script knows: where its reader stands, and moments that it may show."""
    view = made.view
    return {
        "spec": permalink,
        "phase": view.phase,
        "step": view.step,
        "term": view.term,
        "member": view.member,
        "way": view.way,
        "beside": view.beside,
        "mistake": view.mistake,
        "names": view.names,
        "steps": made.trace.step_count(view.phase),
        "language": made.language,
        "root": root,
        "moments": moments_of(made, keys),
    }


def _data(bench: Workbench, root: str, soon: int | None = None) -> dict[str, Any]:
    """``soon``: how many moments come at once, so that an edit is seen soon; others ``later``."""
    keys = bench.moments.keys()
    later = [f"{phase}/{cell}" for phase, cell in keys[soon:]] if soon else []
    data = script_data(bench.moments, bench.permalink, root, keys[:soon])
    return {**data, "later": later}


def moments_of(made: Moments, keys: list[tuple[Phase, int]]) -> dict[str, Any]:
    """Moments by key, as the page's script wants them: drawings, formula and sentence."""
    macros = render.environment(made.language).get_template("macros/panel.html").module
    found = {}
    for phase, cell in keys:
        moment, written = made.of(phase, cell)
        moment["formula"] = str(macros.formula(written))  # type: ignore[attr-defined]
        if "lines" in moment:
            moment["lines"] = str(macros.derivation(moment["lines"]))  # type: ignore[attr-defined]
        found[f"{phase}/{cell}"] = moment
    return found


def _spec(body: dict[str, Any], limits: Limits) -> LayerSpec:
    text = body.get("spec")
    if text is None:
        return PRESETS["article"].spec
    if not isinstance(text, str):
        raise SpecError(("spec",), "must be a permalink's text")
    return decode(text, limits)


def _view(body: dict[str, Any]) -> View:
    plain = {key: str(value) for key, value in body.items() if isinstance(value, str | int)}
    return View.of(plain)


def _next_view(body: dict[str, Any], trace: Trace) -> View:
    """Where the reader stands after a change; another example begins where it shows most."""
    view, change = _view(body), body.get("change")
    if "step" in body and not (isinstance(change, dict) and change.get("kind") == "preset"):
        return view
    if trace.step_count("deltas") <= NINE:
        return replace(view, step=FIRST.step, term=ALL)
    rows, columns = trace.step_shape(view.phase)[-2:]
    return replace(view, step=rows // 2 * columns + columns // 2, term=ALL)


def _language(body: dict[str, Any]) -> str:
    asked = body.get("language")
    return asked if isinstance(asked, str) and asked in LANGUAGES else DEFAULT


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) > MOST_MOMENTS:
        raise SpecError(("keys",), "must be a list of at most {most} keys", most=MOST_MOMENTS)
    return value


def _key(key: Any) -> tuple[Phase, int]:
    name, _, number = key.partition("/") if isinstance(key, str) else ("", "", "")
    if name not in PHASES or not number.isascii() or not number.isdigit() or len(number) > 9:
        raise SpecError(("keys",), "must be like deltas/4")
    return name, int(number)
