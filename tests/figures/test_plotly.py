"""Every figure is one that Plotly takes, as JSON, and shows what the page shows at the end."""

from __future__ import annotations

import json
import re
from collections import Counter

import plotly.io
import pytest
from hypothesis import given

from app.engine import PHASES, Phase
from app.figures import NAMES, Overlays, figure, fragment, matrix_panels, palette, panel, shows
from app.spec import PRESETS
from tests.figures.drawn import (
    Moment,
    moments,
    preset,
    some_of,
    texts_of,
)
from tests.words.markup import FEWER, each, parsed

WINDOWED: dict[Phase, tuple[str, ...]] = {  # a large layer's, each in one phase
    "forward": ("map_padded", "wires", "output"),
    "deltas": ("delta_padded", "stamps", "input_delta"),
    "weights": ("kernel", "stencils", "kernel_gradient"),
}


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("name", PRESETS)
def test_plotly_takes_every_figure(name: str, phase: Phase) -> None:
    """``plotly.io.from_json`` validates each property; NaN would not be JSON."""
    trace = preset(name)
    cell = trace.step_count(phase) // 2
    for drawn in NAMES if name != "digit" else WINDOWED[phase]:
        given = figure(trace, drawn, phase, step=cell)
        text = json.dumps(given, allow_nan=False)
        assert json.loads(text) == given
        taken = plotly.io.from_json(text)
        assert len(taken.layout.annotations) == len(given["layout"]["annotations"])
        assert len(taken.layout.shapes) == len(given["layout"]["shapes"])


def test_plotly_takes_the_matrices() -> None:
    """They are drawn by the page alone, in the browser's Plotly too."""
    for shown in matrix_panels(preset("channels"), 0):
        resolved = palette.resolve(shown.figure, "light")
        plotly.io.from_json(json.dumps(resolved, allow_nan=False))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_without_a_step_a_figure_is_its_base(theme: str) -> None:
    """No overlay, no cover; the default phase and member."""
    trace = preset("article")
    bare, marked = (figure(trace, "input_delta", step=step, theme=theme) for step in (None, 4))
    assert bare["layout"]["annotations"] == []
    extra = Counter(mark["name"].split()[0] for mark in marked["layout"]["shapes"])
    assert extra == {"veil": 2, "self": 1}  # the rest is yet to come; this cell is the sum's


@given(moments())
@FEWER
@each
def test_the_figure_shows_what_the_fragment_reveals_at_the_end(moment: Moment) -> None:
    """Python's rule for a mark's name and the page's attributes agree on every panel."""
    trace, phase, cell, member = moment
    for name in NAMES:
        shown = panel(trace, name, phase, member)
        overlay = Overlays(trace, member, {name: shown}).of(phase, cell)
        marks = [*overlay.cover.get(name, []), *overlay.light[name]]
        markup = parsed(fragment(overlay.cover.get(name, [])) + fragment(overlay.light[name]))
        for landed in {0, 1, overlay.terms}:
            revealed = [
                element for element in markup
                if int(element.get("data-k", 0)) <= landed
                and int(element.get("data-at", landed)) == landed
                and landed < int(element.get("data-until", landed + 1))
            ]  # fmt: skip
            expected = [mark for mark in marks if shows(mark["name"], landed)]
            assert len(revealed) == len(expected)
            for element, mark in zip(revealed, expected, strict=True):
                text = "".join(element.itertext())
                assert text == mark.get("text", "")
                timed = re.compile(r"(k|t|at|until)\d+")
                plain = [word for word in mark["name"].split() if not timed.fullmatch(word)]
                assert element.get("class", "").split() == plain
        bare = panel(trace, name, phase, member).figure
        complete = figure(trace, name, phase, step=cell, member=member)
        landed_last = [mark for mark in marks if shows(mark["name"], overlay.terms)]
        more = [
            len(complete["layout"][kind]) - len(bare["layout"][kind])
            for kind in ("shapes", "annotations")
        ]
        assert sum(more) == len(landed_last)
        said = Counter(texts_of(complete)) - Counter(texts_of(bare))
        assert said == Counter(mark["text"] for mark in landed_last if "text" in mark)


@given(moments("deltas", "forward"))
@FEWER
@each
def test_what_flies_is_what_lands(moment: Moment) -> None:
    """Contribution k starts as a label on its wire and ends as the same label on its cell."""
    trace, phase, cell, member = moment
    around = "delta_padded" if phase == "deltas" else "map_padded"
    for landing in (around, "stamps") if phase == "deltas" else (around,):
        panels = {name: panel(trace, name, phase, member) for name in ("wires", landing)}
        light = Overlays(trace, member, panels).of(phase, cell).light
        start = _labels(fragment(light["wires"]), "from", ("t",))
        end = _labels(fragment(light[landing]), "to", ("k", "at"))
        assert all(end[k] == start[k] for k in end.keys() & start.keys())
        assert all(len(labels) == 1 for labels in (*start.values(), *end.values()))


def _labels(markup: str, word: str, keys: tuple[str, ...]) -> dict[str, list[str]]:
    """Contribution → the labels with this class."""
    found: dict[str, list[str]] = {}
    for element in parsed(markup):
        if word in element.get("class", "").split():
            [when] = [element.attrib[f"data-{k}"] for k in keys if f"data-{k}" in element.attrib]
            found.setdefault(when, []).append("".join(element.itertext()))
    return found


def test_every_mark_is_timed_in_a_way_that_the_page_knows() -> None:
    """The page reveals by four attributes; a fifth would be shown always and noticed by nobody."""
    trace = preset("channels")
    for phase in PHASES:
        panels = {name: panel(trace, name, phase) for name in NAMES}
        for cell in some_of(trace.step_count(phase), 4):
            overlay = Overlays(trace, 0, panels).of(phase, cell)
            for marks in (*overlay.light.values(), *overlay.cover.values()):
                for word in " ".join(mark["name"] for mark in marks).split():
                    assert re.fullmatch(r"(k|t|at|until)\d+|[a-z]+", word), word
                for element in parsed(fragment(marks)).iter():
                    data = {key for key in element.attrib if key.startswith("data-")}
                    assert data <= {"data-k", "data-t", "data-at", "data-until"}
