"""Close up: the window of a map whose cells are too small to read, on larger cells."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import Layer, Operation, Phase, Trace, run
from app.figures import Overlays, Panel, lens_panel, panel
from app.figures.marks import Mark
from app.figures.palette import tap
from app.figures.panels import READABLE
from tests.engine.strategies import eighths
from tests.figures.drawn import place_in, preset, square_of, words
from tests.words.markup import FEW

WINDOW: dict[Phase, str] = {"deltas": "delta_padded", "forward": "map_padded"}


def _layer(operation: Operation, rows: int, columns: int, stride: int, dilation: int) -> Layer:
    return Layer.of(
        eighths(1, (20, 18)), eighths(2, (rows, columns)), operation=operation, stride=stride,
        dilation=dilation, padding=1,
    )  # fmt: skip


def _close_up(trace: Trace, phase: Phase, cell: int) -> tuple[Panel, Panel, list[Mark]]:
    over = panel(trace, WINDOW[phase], phase)
    lens = lens_panel(trace, over)
    assert lens is not None
    overlays = Overlays(trace, 0, {over.name: over, "lens": lens})
    return over, lens, overlays.of(phase, cell).light["lens"]


def _frames(shown: Panel, marks: list[Mark]) -> dict[tuple[int, int], str]:
    """(row, column) → colour of the weight that is framed there."""
    assert shown.grid is not None
    found = {}
    for mark in marks:
        if "frame" in words(mark):
            _, row, column = place_in(shown.grid, square_of(shown.grid, mark))
            assert (row, column) not in found
            found[row, column] = mark["line"]["color"]
    return found


def _it_shows_the_window(layer: Layer, phase: Phase, at: int) -> None:
    trace = run(layer)
    cell = at % trace.step_count(phase)
    over, lens, marks = _close_up(trace, phase, cell)
    light = Overlays(trace, 0, {over.name: over}).of(phase, cell).light[over.name]
    wide, close = _frames(over, light), _frames(lens, marks)
    assert len(close) == len(wide) == layer.kernel.size
    (y0, x0), (y1, x1) = min(wide), min(close)
    shifted = {(y - y0 + y1, x - x0 + x1): colour for (y, x), colour in wide.items()}
    assert close == shifted
    assert over.values is not None
    assert lens.grid is not None
    for mark in marks:
        if words(mark) & {"value", "pad"} and mark["type"] == "rect":
            _, row, column = place_in(lens.grid, square_of(lens.grid, mark))
            y, x = row - y1 + y0, column - x1 + x0
            assert over.cells is not None
            inside = over.cells.reshape(over.values.shape)[0, y, x] >= 0
            assert ("value" in words(mark)) == inside


@given(
    st.sampled_from(["convolution", "correlation"]), st.integers(1, 4), st.integers(1, 2),
    st.integers(1, 2), st.sampled_from(["deltas", "forward"]), st.integers(0, 10**6),
)  # fmt: skip
@FEW
def test_the_lens_shows_the_same_weights_on_the_same_cells(
    operation: Operation, side: int, stride: int, dilation: int, phase: Phase, at: int
) -> None:
    """Same taps, same neighbours, same zeros as in the map that it magnifies."""
    _it_shows_the_window(_layer(operation, side, side, stride, dilation), phase, at)


@pytest.mark.parametrize(("rows", "columns"), [(5, 1), (4, 2), (2, 5), (1, 5), (1, 7)])
def test_so_it_does_for_a_kernel_that_is_not_square(rows: int, columns: int) -> None:
    """A window as wide as the lens lies in it, and does not wrap into the next row."""
    _it_shows_the_window(_layer("convolution", rows, columns, 1, 1), "deltas", 200)


def test_there_is_a_lens_only_where_it_helps() -> None:
    """Not over cells that can be read, not for a window too large to be magnified."""
    small, large = preset("article"), preset("digit")
    assert lens_panel(small, panel(small, "delta_padded", "deltas")) is None
    over = panel(large, "delta_padded", "deltas")
    assert over.grid is not None
    assert over.grid.cell < READABLE
    lens = lens_panel(large, over)
    assert lens is not None
    assert lens.grid is not None
    assert lens.grid.cell >= READABLE
    huge = run(Layer.of(np.ones((28, 28)), np.ones((14, 14))))
    assert lens_panel(huge, panel(huge, "delta_padded", "deltas")) is None


def test_its_weights_have_their_names() -> None:
    """That is what it is for."""
    trace = preset("digit")
    _, _, marks = _close_up(trace, "deltas", 14 * 28 + 14)
    chips = [mark["text"] for mark in marks if "chip" in words(mark)]
    assert len(chips) == 25
    assert chips[0] == "w₁₁"  # in convolution mode the backward stencil is w as written
    assert {mark["bgcolor"] for mark in marks if "chip" in words(mark)} == {
        tap(i) for i in range(25)
    }
