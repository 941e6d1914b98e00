"""Our own drawing of a figure: well-formed, the same words, nothing outside it."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given

from app.engine import PHASES, Layer, Phase, run
from app.figures import NAMES, Overlays, draw, fragment, matrix_panels, palette, panel
from app.figures.marks import along, cells, chip, circle, path, rect, text, wire
from app.figures.svg import text_width
from app.spec import PRESETS
from tests.figures.drawn import (
    Moment,
    extent,
    moments,
    path_points,
    preset,
    some_of,
    texts_of,
)
from tests.words.markup import FEWER, each, parsed

SPACE = 2.0  # pixels that a stroke's edge or a letter may stick out


def _svg(markup: str) -> Element:
    [svg] = list(parsed(markup.replace(' xmlns="http://www.w3.org/2000/svg"', "")))
    assert svg.tag == "svg"
    return svg


def _words(svg: Element) -> list[str]:
    return sorted("".join(element.itertext()) for element in svg.iter("text"))


def _box(element: Element) -> tuple[float, float, float, float] | None:
    """What an element covers, by our own reading of SVG."""
    at = {key: float(v) for key, v in element.items() if re.fullmatch(r"-?[\d.]+", v)}
    if element.tag == "rect":
        return at["x"], at["y"], at["x"] + at["width"], at["y"] + at["height"]
    if element.tag == "circle":
        r = at["r"]
        return at["cx"] - r, at["cy"] - r, at["cx"] + r, at["cy"] + r
    if element.tag == "path":
        xs, ys = path_points(element.get("d", ""))
        return (min(xs), min(ys), max(xs), max(ys)) if xs else None
    if element.tag == "text":
        width = text_width("".join(element.itertext()), at["font-size"])
        back = {"start": 0.0, "middle": 0.5, "end": 1.0}[element.get("text-anchor", "start")]
        left, base = at["x"] - back * width, at["y"]
        return left, base - 0.75 * at["font-size"], left + width, base + 0.15 * at["font-size"]
    return None


def _inside(svg: Element) -> None:
    _, _, width, height = (float(n) for n in svg.get("viewBox", "").split())
    for element in svg.iter():
        box = _box(element)
        if box is not None:
            x0, y0, x1, y1 = box
            assert min(x0, y0) >= -SPACE, (element.tag, element.attrib)
            assert x1 <= width + SPACE, (element.tag, element.attrib)
            assert y1 <= height + SPACE, (element.tag, element.attrib)


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_drawn_whole(name: str, phase: Phase) -> None:
    """Well-formed, the figure's words and no others, and all of it within the drawing."""
    trace = preset(name)
    panels = [panel(trace, drawn, phase) for drawn in NAMES] + matrix_panels(trace, 0)
    for shown in panels:
        svg = _svg(draw(shown.figure))
        assert _words(svg) == texts_of(shown.figure)
        _inside(svg)


@pytest.mark.parametrize("name", PRESETS)
def test_so_are_its_overlays(name: str) -> None:
    """Marks are laid over the drawing, and end where it ends."""
    trace = preset(name)
    for phase in PHASES:
        panels = {drawn: panel(trace, drawn, phase) for drawn in NAMES}
        panels |= {p.name: p for p in matrix_panels(trace, 0)}
        overlays = Overlays(trace, 0, panels)
        for cell in some_of(trace.step_count(phase), 6):
            overlay = overlays.of(phase, cell)
            for drawn, shown in panels.items():
                layout = shown.figure["layout"]
                for mark in (*overlay.light[drawn], *overlay.cover.get(drawn, [])):
                    x0, y0, x1, y1 = extent(mark)
                    assert min(x0, y0) >= -SPACE, (drawn, mark)
                    assert x1 <= layout["width"] + SPACE, (drawn, mark)
                    assert y1 <= layout["height"] + SPACE, (drawn, mark)


@given(moments())
@FEWER
@each
def test_any_small_layer_is_drawn_whole(moment: Moment) -> None:
    """Well-formed and with its own words, whatever its geometry."""
    trace, phase, cell, member = moment
    for name in NAMES:
        shown = panel(trace, name, phase, member)
        svg = _svg(draw(shown.figure))
        assert _words(svg) == texts_of(shown.figure)
        if name != "stencils":  # has a test of its own below
            _inside(svg)
        overlay = Overlays(trace, member, {name: shown}).of(phase, cell)
        parsed(fragment(overlay.light[name]) + fragment(overlay.cover.get(name, [])))


@pytest.mark.parametrize("columns", [1, 3, 7])
@pytest.mark.parametrize("rows", [1, 2, 3, 7])
def test_the_arrow_between_the_stencils_is_inside(rows: int, columns: int) -> None:
    """For a flat kernel as well the arc and its 180° are within the drawing."""
    kernel = [[1.0 + u * columns + v for v in range(columns)] for u in range(rows)]
    trace = run(Layer.of([[1.0] * 7] * 7, kernel))
    _inside(_svg(draw(panel(trace, "stencils", "deltas").figure)))


def test_a_drawing_says_what_it_is_only_if_asked() -> None:
    """Beside its table it is hidden from screen readers; alone it has a title and a size."""
    drawn = panel(preset("article"), "output", "forward").figure
    hidden, titled = draw(drawn), draw(drawn, title='a "<map>"', standalone=True)
    assert _svg(hidden).get("aria-hidden") == "true"
    assert _svg(hidden).find("title") is None
    assert _svg(titled).get("role") == "img"
    assert "xmlns=" in titled
    [title] = list(_svg(titled).iter("title"))
    assert title.text == 'a "<map>"'
    assert _svg(titled).get("width") == str(drawn["layout"]["width"])


def test_standalone_and_resolved_it_needs_no_stylesheet() -> None:
    """What leaves the page has its colours in it."""
    drawn = palette.resolve(panel(preset("article"), "output", "forward").figure, "dark")
    drawn["data"] = [d for d in drawn["data"] if d["type"] == "scatter"]
    assert "var(" not in draw(drawn, standalone=True)


def test_marks_become_elements_with_classes_and_times() -> None:
    """Each of the few marks: its element, its classes, the contribution that it waits for."""
    marks = [
        rect((1, 2, 4, 8), "frame k3", line="var(--ink)", width=2),
        circle((5, 5), 2, "end t1", line="var(--ink)", fill="none"),
        path("M0,0H4", "hit moment:weights/2", line="rgba(0,0,0,0)", width=9),
        cells([(0, 0, 2, 2), (2, 0, 4, 2)], "veil until2", fill="var(--veil)"),
        text((3, 3), "<1>", "sum at0", size=12),
        chip((3, 3), "w₁₁", "chip to k2", size=10, fill="var(--tap0)", colour="var(--tap0-ink)"),
    ]
    found = list(parsed(fragment(marks)))
    assert [element.tag for element in found] == ["rect", "circle", "path", "path", "text", "g"]
    assert found[0].attrib["data-k"] == "3"
    assert (found[0].get("width"), found[0].get("height")) == ("3", "6")
    assert (found[1].get("class"), found[1].get("data-t")) == ("end", "1")
    assert (found[2].get("class"), found[2].get("data-moment")) == ("hit", "weights/2")
    assert found[2].get("stroke") == "transparent"
    assert (found[3].get("class"), found[3].get("data-until")) == ("veil", "2")
    assert (found[4].text, found[4].get("data-at")) == ("<1>", "0")
    assert (found[5].get("class"), found[5].get("data-k")) == ("chip to", "2")
    assert "".join(found[5].itertext()) == "w₁₁"


def test_a_label_sits_on_its_wire() -> None:
    """The curve's formula and its path are of the same curve: ends, middle, level at both."""
    start, end = (10.0, 20.0), (110.0, 80.0)
    assert along(start, end, 0) == start
    assert along(start, end, 1) == end
    assert along(start, end, 0.5) == (60, 50)
    assert wire(start, end) == "M10,20C60,20 60,80 110,80"
    assert along(start, end, 0.01)[1] - 20 < 0.05
