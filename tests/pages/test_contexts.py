"""Templates and their contexts: every field that is read exists, every field is read."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pytest
from jinja2 import meta, nodes

from app.answers import trace_of
from app.engine import PHASES
from app.figures import landed
from app.pages import render, workbench
from app.pages.beside import Below, CodeLine, Way
from app.pages.check import CheckedPart, CheckPage
from app.pages.checked import Checked as CheckedAnswer
from app.pages.checked import Judged, Judging, Reason, checked
from app.pages.controls import Choice, Controls, Stepper
from app.pages.evidence import Row
from app.pages.form import Form as CheckForm
from app.pages.frame import ErrorPage
from app.pages.journey import Checked, Journey, Station, follow
from app.pages.lab import FIRST, BenchPart, LabPage
from app.pages.lesson import Card, card
from app.pages.mistaken import Drawing, Mistaken
from app.pages.network import Form, Learned, LearnedPart, NetworkPage, Setting, form
from app.pages.render import TEMPLATES
from app.pages.sheets import Sheet, Turn
from app.pages.snippets import Snippet
from app.pages.story import ScenePart, StoryPage, tell, traps_of
from app.pages.worksheet import Asked, Field, Solved, Variant, WorksheetPage
from app.pages.worksheet import Figure as SheetFigure
from app.pages.worksheet import build as build_worksheet
from app.spec import DEFAULT_LIMITS, PRESETS, Experiment, Lesson, View
from app.spec.pasted import read as read_pasted
from app.spec.view import BESIDE
from app.spec.worksheet import WorksheetSpec
from app.words import LANGUAGES
from app.words.derivation import Line, Part
from app.words.formulas import Formula, Term
from app.words.story import SCENES, Option, Scene
from tests.pages.reader import SPECS

NAMES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))
FRAME: dict[str, Any] = {
    "name": "lab", "language": "en", "theme": "dark", "root": "", "languages": LANGUAGES,
    "addresses": dict.fromkeys(LANGUAGES, "/lab"),
}  # fmt: skip


class Recorder:
    """Stands for a dataclass and remembers, by class, which of its fields were read."""

    def __init__(self, value: Any, read: dict[type, set[str]]) -> None:
        self._value, self._read = value, read

    def __getattr__(self, name: str) -> Any:
        self._read[type(self._value)].add(name)
        return _recording(getattr(self._value, name), self._read)


def _recording(value: Any, read: dict[type, set[str]]) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return Recorder(value, read)
    if isinstance(value, list | tuple):
        return type(value)(_recording(item, read) for item in value)
    return value


def _benches() -> Iterator[workbench.Workbench]:
    for name in ("article", "digit", "body: channels", "body: batch"):
        trace = trace_of(SPECS[name])
        for phase in PHASES:
            for beside in BESIDE if name != "digit" else BESIDE[:2]:
                view = View(phase=phase, beside=beside, step=1).within(trace)
                yield workbench.build(SPECS[name], trace, view, "en")


@lru_cache
def _reads() -> dict[type, set[str]]:
    """All that templates read, over pages of every kind."""
    read: dict[type, set[str]] = defaultdict(set)
    for bench in _benches():
        render.part("bench", "en", Recorder(BenchPart(bench), read))
    article = trace_of(PRESETS["article"].spec)
    bench = workbench.build(PRESETS["article"].spec, article, FIRST, "en")
    lesson = card(Lesson(name="collect"), "en")
    page = LabPage(**FRAME, notice="no", lesson=lesson, hidden="beside", bench=bench, data={})
    render.page("lab", "en", Recorder(page, read))
    render.page("error", "en", Recorder(ErrorPage(**FRAME, title="a", detail="b"), read))
    experiment = Experiment()
    network = NetworkPage(
        **FRAME, notice="no", faults={"epochs": "no"}, data={}, runs=["right"],
        form=form(experiment, DEFAULT_LIMITS, "en", {"epochs": "1000"}),
        journey=follow(experiment, DEFAULT_LIMITS, "en", ""),
    )  # fmt: skip
    render.page("network", "en", Recorder(network, read))
    learned = LearnedPart([Learned("right", "<svg/>")])
    render.part("learned", "en", Recorder(learned, read))
    told = [tell(scene, i, "convolution", "en", "") for i, scene in enumerate(SCENES, start=1)]
    render.page(
        "story", "en", Recorder(StoryPage(**FRAME, scenes=told, traps=traps_of("en", "")), read)
    )
    sheet = build_worksheet(FRAME, WorksheetSpec(), key=True)
    render.page("worksheet", "en", Recorder(sheet, read))
    for answer in ("[[2, 3, -2], [6.5, 9, 2], [1.5, 11, 12]]", "1"):
        found = _checked(answer)
        render.part("checked", "en", Recorder(CheckedPart(found, "", "en", "long"), read))
        filled = CheckForm(source="arrays", answer=answer)
        choices = [Choice("a", "b", True)]
        page_ = CheckPage(
            **FRAME, form=filled, faults={"answer": "no"}, parts=choices, operations=choices,
            activations=choices, example="", most=1, too_large="", checked=found,
            unlinked="long",
        )  # fmt: skip
        render.page("check", "en", Recorder(page_, read))
    for one in told:
        render.part("scene", "en", Recorder(ScenePart(one), read))
    return read


def _checked(answer: str) -> CheckedAnswer:
    spec = PRESETS["article"].spec
    return checked(Judging(spec, "input_delta", read_pasted(answer), "en", "", "", DEFAULT_LIMITS))


PARTS = [CheckPage, Judged, Reason, Row, Snippet,
         LabPage, ErrorPage, BenchPart, StoryPage, ScenePart, Controls, Choice, Stepper, Below, Way,
         CodeLine, Turn, Line, Part, Mistaken, Drawing, Option,
         Card, NetworkPage, Form, Setting, Journey, Station, Checked, Learned,
         LearnedPart, WorksheetPage, Variant, Asked, Solved, Field, SheetFigure]  # fmt: skip


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_every_field_of_a_context_is_read(part: type) -> None:
    """What is made for a template and read by none is work for nothing."""
    fields = {field.name for field in dataclasses.fields(part)}
    assert fields - _reads()[part] == set()


@pytest.mark.parametrize(
    "part", [Sheet, Formula, Term, workbench.Workbench, Scene, CheckForm, CheckedAnswer]
)
def test_every_field_that_is_read_exists(part: type) -> None:
    """These are read by others as well; what templates read of them is there, by that name."""
    assert _reads()[part]
    assert _reads()[part] <= set(dir(part)) | {field.name for field in dataclasses.fields(part)}


@pytest.mark.parametrize("name", NAMES)
def test_a_template_reads_its_page_and_nothing_else(name: str) -> None:
    """No name comes from elsewhere; a macro has what it is given."""
    environment = render.environment("en")
    source = (TEMPLATES / name).read_text()
    tree = environment.parse(source)
    own = {found.name for found in tree.find_all(nodes.Name) if found.ctx == "store"}
    assert meta.find_undeclared_variables(tree) - own <= {"page", "_"}
    for block in tree.find_all(nodes.Include):
        assert isinstance(block.template, nodes.Const)


@pytest.mark.parametrize("name", NAMES)
def test_markup_is_taken_over_only_from_drawings_and_formulas(name: str) -> None:
    """``safe`` stands after an attribute that holds our own SVG or MathML, nowhere else."""
    tree = render.environment("en").parse((TEMPLATES / name).read_text())
    ours = {"svg", "hits", "drawing", "picture", "left", "symbols", "mathml", "derivative",
            "light", "cover", "output", "delta", "wrong"}  # fmt: skip
    for found in tree.find_all(nodes.Filter):
        if found.name != "safe":
            continue
        inner = found.node
        while isinstance(inner, nodes.Getitem):
            inner = inner.node
        named = inner.attr if isinstance(inner, nodes.Getattr) else getattr(inner, "name", "")
        assert named in ours


def test_what_a_reader_types_is_never_markup() -> None:
    """What a page repeats of a reader's, the address and a lesson's words, is escaped."""
    page = LabPage(
        **{**FRAME, "addresses": dict.fromkeys(LANGUAGES, "/lab?x='\"><b>")},
        notice="<i>", data={"x": "</script><b>"},
        lesson=card(Lesson(title="<b>", text="<b>[[deltas/1|<b>]]"), "en"), hidden="",
        bench=workbench.build(
            PRESETS["article"].spec, trace_of(PRESETS["article"].spec), FIRST, "en"
        ),
    )  # fmt: skip
    markup = render.page("lab", "en", page)
    assert "<b>" not in markup
    assert "<i>" not in markup
    assert markup.count("</script>") == markup.count("<script")


def test_what_lies_over_a_panel_without_a_script_is_the_view() -> None:
    """First paint and no JavaScript: the moment's marks, as far as contributions have landed."""
    article = trace_of(PRESETS["article"].spec)
    for term in (-1, 0, 1):
        view = View(phase="deltas", step=4, term=term)
        bench = workbench.build(PRESETS["article"].spec, article, view, "en")
        made = workbench.Moments(article, view, "en")
        light, cover = landed(made.overlays.of("deltas", 4), term)
        assert (bench.light, bench.cover) == (light, cover)
        markup = render.part("bench", "en", BenchPart(bench))
        for drawn in [*light.values(), *cover.values()]:
            assert drawn in markup
