"""A panel on the page: its table says its numbers, its geometry says its cells."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine import PHASES, Phase, Trace
from app.figures.svg import draw, fragment
from app.pages.sheets import TABLE, Sheet, sheet, shown
from app.spec import PRESETS, View
from app.words import LANGUAGES, translator
from app.words.numbers import short
from app.words.symbols import Symbols
from app.words.titles import TITLES
from tests.figures.drawn import boxes_of, preset, traces
from tests.pages.reader import Page
from tests.words.markup import parsed

BOUNDED = settings(max_examples=30, derandomize=True, deadline=None)


def _sheets(trace: Trace, view: View, language: str = "en") -> list[Sheet]:
    return [sheet(trace, drawn, view, language) for drawn in shown(trace, view).by_name.values()]


@given(traces(), st.sampled_from(PHASES), st.sampled_from(["gather", "scatter"]))
@BOUNDED
def test_a_table_says_the_panels_numbers(trace: Trace, phase: Phase, way: str) -> None:
    """Row by row; where there would be too many to read there is none."""
    view = View.of({"phase": phase, "way": way, "beside": "matrix"}).within(trace)
    for found in _sheets(trace, view):
        values = found.panel.values
        if found.panel.kind == "wires" or values is None or values.size > TABLE:
            continue
        flat = values.reshape(-1, values.shape[-1]).tolist()
        assert [[c.text for c in row] for row in found.rows] == [
            [short(v) for v in row] for row in flat
        ]
        exact = [[float(c.exact or c.text.replace("−", "-")) for c in row] for row in found.rows]
        assert exact == flat


@given(traces(), st.sampled_from(PHASES))
@BOUNDED
def test_the_wires_table_lists_every_wire(trace: Trace, phase: Phase) -> None:
    """From, to, weight, value: what the drawing shows, for whoever cannot see it."""
    view, table, symbols = View(phase=phase), trace.wires.table, Symbols(trace.layer)
    [found] = [s for s in _sheets(trace, view) if s.panel.kind == "wires"]
    if trace.wires.count > TABLE:
        assert found.rows == []
        return
    rows = zip(table.source.tolist(), table.target.tolist(), table.tap.tolist(), strict=True)
    expected = [
        [str(symbols.a(s)), str(symbols.output(t)), str(symbols.weight(k)),
         short(trace.layer.kernel.flat[k])]
        for s, t, k in rows
    ]  # fmt: skip
    rows_said = [[cell.text for cell in row] for row in found.rows]
    assert sorted(rows_said[1:]) == sorted(expected)
    assert rows_said[0] == ["from", "to", "weight", "value"]


@given(traces(), st.sampled_from(PHASES), st.sampled_from(["gather", "scatter"]))
@BOUNDED
def test_the_geometry_is_the_grids(trace: Trace, phase: Phase, way: str) -> None:
    """From it the page finds a square under the pointer, and the cell that it stands for."""
    view = View.of({"phase": phase, "way": way, "beside": "matrix"}).within(trace)
    for found in _sheets(trace, view):
        grid, cells, given = found.panel.grid, found.panel.cells, found.geometry
        if grid is None or cells is None:
            assert given == {}
            continue
        squares = [
            (left + c * given["cell"], top + r * given["cell"])
            for left, top in given["origins"]
            for r in range(given["rows"])
            for c in range(given["columns"])
        ]
        np.testing.assert_allclose(squares, boxes_of(grid)[:, :2])
        known = list(range(cells.size)) if given["cells"] is None else given["cells"]
        assert known == cells.tolist()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PRESETS)
def test_a_sheet_is_its_panel_drawn(name: str, language: str) -> None:
    """The drawing at its own size, its title and what it is, in the reader's language."""
    trace = preset(name)
    for found in _sheets(trace, View(phase="deltas"), language):
        layout = found.panel.figure["layout"]
        assert (found.width, found.height) == (layout["width"], layout["height"])
        assert found.svg == draw(found.panel.figure)
        known = {"stencils": "stencils_channels"} if name == "channels" else {}
        symbol, note = TITLES[known.get(found.panel.name, found.panel.name)]
        assert (found.title, found.note) == (symbol, translator(language)(note))
        Page(found.svg + found.hits)


def test_the_stencil_that_turns_is_the_forward_one_and_lands_on_the_backward_one() -> None:
    """Turned by 180° about its middle and moved by its way, each square covers its twin."""
    for name in ("article", "sobel", "digit"):
        trace = preset(name)
        [found] = [s for s in _sheets(trace, View()) if s.panel.name == "stencils"]
        assert found.turn is not None
        assert found.panel.grid is not None
        boxes, cells = boxes_of(found.panel.grid), found.panel.cells
        assert cells is not None
        half = len(boxes) // 2
        middles = (boxes[:, :2] + boxes[:, 2:]) / 2
        turned = 2 * np.array([found.turn.x, found.turn.y]) - middles[:half]
        turned[:, 0] += found.turn.way
        for square, point in enumerate(turned):
            at = int(np.argmin(np.abs(middles[half:] - point).sum(axis=1))) + half
            np.testing.assert_allclose(middles[at], point, atol=0.02)
            assert cells[at] == cells[square]
        rectangles = [element for element in parsed(found.turn.svg) if element.tag == "rect"]
        assert len(rectangles) == half
        drawn = [float(element.get("x", "")) for element in rectangles]
        np.testing.assert_allclose(drawn, boxes[:half, 0] + 1, atol=0.02)
        assert fragment([]) == ""
