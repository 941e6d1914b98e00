"""The lab renders, whole and in its language, wherever a link may lead."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

from app.engine import PHASES, Phase
from app.figures.palette import tokens
from app.pages import workbench
from app.pages.lab import FIRST
from app.spec import PRESETS, LayerSpec, decode
from app.spec.view import BESIDE
from app.words import LANGUAGES
from tests.contract.conftest import the_client
from tests.pages.reader import SPECS, Page, lab, unfinished

STATIC = Path(__file__).resolve().parents[2] / "static"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
OTHERS = sorted(set(SPECS) - set(PRESETS))


def _is_whole(page: Page, language: str) -> None:
    [html] = [given for tag, given in page.tags if tag == "html"]
    assert html["lang"] == {"en": "en", "zh": "zh-Hans"}[language]
    assert not unfinished(page.words)
    assert not unfinished(" ".join(page.all_attributes("aria-label", "title", "alt", "value")))
    ids = page.all_attributes("id")
    assert len(ids) == len(set(ids))
    assert set(page.all_attributes("for", "aria-labelledby", "aria-describedby")) <= set(ids)
    chinese = CHINESE.findall(page.words.replace("中文", ""))  # the link to it is always there
    assert len(chinese) > 300 if language == "zh" else chinese == []
    for tag, given in page.tags:
        assert not any(name.startswith("on") for name in given)  # the policy would refuse it
        assert tag != "style"
        if tag == "script":
            assert "src" in given or given["type"] == "application/json"
    for link in page.all_attributes("href", "src"):
        assert link.startswith(("/", "#")), link


def _stands_where_it_was_asked_to(
    page: Page, phase: Phase, way: str, beside: str, language: str
) -> None:
    data = page.data
    asked = {"phase": phase, "way": way, "beside": beside, "language": language}
    assert {key: data[key] for key in asked} == asked
    for name, value in (("phase", phase), ("beside", beside)):
        pressed = [
            given[f"data-{name}"]
            for given in page.having(aria_pressed="true")
            if f"data-{name}" in given
        ]
        assert pressed == ([value] if value else [])
    assert f"{data['phase']}/{data['step']}" in data["moments"]
    for moment in data["moments"].values():
        assert not unfinished(moment["sentence"])
        assert ("lines" in moment) <= (beside == "derivation")


VIEWS = [
    (phase, way, beside)
    for phase, way, beside in product(PHASES, ("gather", "scatter"), BESIDE)
    if phase == "deltas" or way == "gather" or beside == ""  # only deltas are told in two ways
]


@pytest.fixture
def _brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the view's own moment comes along; the others have tests of their own."""
    monkeypatch.setattr(workbench, "WHOLE", 0)


@pytest.mark.usefixtures("_brief")
@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_in_every_view(name: str) -> None:
    """Each phase, way and thing beside is a whole page; half in each language, by turns."""
    spec, turn = PRESETS[name].spec, list(PRESETS).index(name)
    for number, (phase, way, beside) in enumerate(VIEWS):
        if name == "digit" and beside in ("ways", "mistakes") and phase != "forward":
            continue  # long loops, and the same below whatever the view
        language = list(LANGUAGES)[(turn + number) % 2]  # so each view comes in both
        page = lab(spec, phase=phase, way=way, beside=beside, lang=language)
        _is_whole(page, language)
        _stands_where_it_was_asked_to(page, phase, way, beside, language)
        assert decode(page.data["spec"]) == spec
        assert page.having(id="notice", hidden="")
        chosen = [g["data-preset"] for g in page.having(aria_pressed="true") if "data-preset" in g]
        assert chosen == [name]


@pytest.mark.usefixtures("_brief")
@pytest.mark.parametrize("name", OTHERS)
def test_every_kind_of_layer(name: str) -> None:
    """Batches, groups, channels, activations, every setting: what no preset has."""
    spec: LayerSpec = SPECS[name]
    member = spec.input.shape[0] - 1 if spec.input.ndim == 4 else 0
    for beside, phase in zip(BESIDE, (*PHASES, *PHASES), strict=False):
        page = lab(spec, phase=phase, member=str(member), beside=beside, lang="zh", step="3")
        _is_whole(page, "zh")
        _stands_where_it_was_asked_to(page, phase, "gather", beside, "zh")
        assert page.data["member"] == member
        assert decode(page.data["spec"]) == spec


def test_the_first_look_is_the_articles_second_node() -> None:
    """Without a link: its deltas, at a node that already collects two terms, all landed."""
    page = Page(the_client().get("/lab").text)
    data = page.data
    assert decode(data["spec"]) == PRESETS["article"].spec
    assert (data["phase"], data["step"], data["term"]) == (FIRST.phase, FIRST.step, -1)
    assert data["moments"]["deltas/1"]["terms"] == 2


def test_a_small_layer_brings_all_its_moments_and_a_large_one_the_first() -> None:
    """So that nothing waits where nothing needs to, and no page is megabytes."""
    assert len(lab(PRESETS["article"].spec).data["moments"]) == 9 + 4 + 4
    page = lab(PRESETS["digit"].spec, phase="deltas", step="400")
    assert list(page.data["moments"]) == ["deltas/400"]


def test_every_colour_of_a_page_is_defined() -> None:
    """In the palette, in a style sheet or on the element itself; a tap beyond the last repeats."""
    spec = LayerSpec(
        input=[[float((5 * i + j * j) % 7) for j in range(9)] for i in range(9)],
        kernel=[[float(u - 2 * v) for v in range(7)] for u in range(7)],
    )
    page = lab(spec, phase="deltas", beside="derivation", step="40")
    whole = page.markup + "".join(sheet.read_text() for sheet in STATIC.glob("css/*.css"))
    used = set(re.findall(r"var\(--([\w-]+)", whole))
    defined = set(re.findall(r"--([\w-]+)\s*:", whole)) | tokens("light").keys()
    assert used <= defined


@pytest.mark.parametrize("beside", BESIDE)
def test_what_stands_beside_is_what_its_tab_says(beside: str) -> None:
    """Two matrices, five lines, four ways that agree, or nothing."""
    page = lab(PRESETS["article"].spec, phase="deltas", beside=beside)
    panels = {given["data-panel"] for _, given in page.tags if "data-panel" in given}
    assert ({"matrix", "matrix_transposed"} <= panels) == (beside == "matrix")
    assert bool(page.having(id="derivation")) == (beside == "derivation")
    ways = page.having(class_="way")
    assert len(ways) == (4 if beside == "ways" else 0)
    assert len(page.having(class_="verdict good")) == len(ways)
    assert not page.having(class_="verdict bad")
    turns = [text for tag, text in page.texts if tag == "code" and "= rotate180(" in text]
    assert len(page.having(class_="turns")) == len(turns) == (1 if ways else 0)


@pytest.mark.parametrize(
    ("name", "view"),
    [
        ("digit", {"phase": "deltas", "beside": "matrix"}),
        ("article", {"phase": "forward", "beside": "derivation"}),
        ("article", {"phase": "weights", "beside": "derivation"}),
    ],
)
def test_where_there_is_nothing_to_show_the_page_says_why(name: str, view: dict[str, str]) -> None:
    """A matrix too large to read; a derivation of something else than a delta."""
    page = lab(PRESETS[name].spec, **view)
    hints = [text for tag, text in page.texts if tag == "p"]
    assert any("too large" in hint or "choose the deltas" in hint for hint in hints)


def test_four_ways_are_not_run_on_a_layer_that_takes_long() -> None:
    """They are loops, for reading; a large map gets a word instead of a wait."""
    spec = LayerSpec(input=[[1.0] * 60] * 60, kernel=[[1.0, 2.0, 3.0]] * 3)
    page = lab(spec, phase="deltas", beside="ways")
    assert not page.having(class_="way")
    assert "take long" in page.words
