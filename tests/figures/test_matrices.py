"""M and Mᵀ: the same wires as a matrix, and a sum as one of its rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_array_equal

from app.engine import PHASES, Layer, Trace, run
from app.figures import Overlays, Panel, matrix_panels
from app.figures.marks import Mark
from app.figures.matrices import WHOLE
from app.figures.palette import tap
from app.spec import PRESETS
from app.words.numbers import short
from app.words.symbols import Symbols
from tests.engine.strategies import eighths
from tests.figures.drawn import (
    Moment,
    hidden,
    moments,
    place_in,
    preset,
    rectangles,
    some_of,
    square_at,
    square_of,
    time,
    traces,
    words,
)
from tests.words.markup import FEWER, each


class Both(NamedTuple):
    """The two panels, with M's shape."""

    forward: Panel
    backward: Panel
    outputs: int
    inputs: int


def _fits(trace: Trace) -> bool:
    return max(trace.step_count("forward"), trace.step_count("deltas")) <= WHOLE


def _both(trace: Trace, member: int = 0) -> Both:
    forward, backward = matrix_panels(trace, member)
    return Both(forward, backward, trace.step_count("forward"), trace.step_count("deltas"))


SMALL = traces().filter(_fits)


def _taps(shown: Panel) -> np.ndarray:
    assert shown.grid is not None
    assert shown.cells is not None
    return shown.cells.reshape(shown.grid.rows, shown.grid.columns)


@given(SMALL)
@FEWER
def test_an_entry_is_a_wire(trace: Trace) -> None:
    """Row output, column input, and its tap; everywhere else there is none."""
    both, table = _both(trace), trace.wires.table
    expected = np.full((both.outputs, both.inputs), -1)
    expected[table.target, table.source] = table.tap
    assert_array_equal(_taps(both.forward)[1:, :-1], expected)
    assert_array_equal(_taps(both.backward)[1:, :-1], expected.T)
    for shown in (both.forward, both.backward):
        assert (_taps(shown)[0] == -1).all()
        assert (_taps(shown)[:, -1] == -1).all()
    weights = np.where(expected >= 0, trace.layer.kernel.ravel()[expected], 0)
    assert_array_equal(weights, trace.wires.dense(trace.layer.kernel))
    bias = trace.layer.bias.repeat(both.outputs // len(trace.layer.bias))
    assert_array_equal(weights @ trace.activated[0].ravel() + bias, trace.output[0].ravel())
    assert_array_equal(weights.T @ trace.layer.output_delta[0].ravel(), trace.collected[0].ravel())


@given(SMALL)
@FEWER
def test_what_stands_above_and_at_the_end_is_the_sums(trace: Trace) -> None:
    """Above M the activations, at its rows' ends the outputs without bias; for Mᵀ δ and ∂C/∂a."""
    member = trace.layer.input.shape[0] - 1
    both, layer = _both(trace, member), trace.layer
    bias = layer.bias[:, None, None]
    expected = (
        (both.forward, trace.activated[member], trace.output[member] - bias),
        (both.backward, layer.output_delta[member], trace.collected[member]),
    )
    for shown, above, ends in expected:
        assert shown.grid is not None
        written: dict[int, str] = {}
        for mark in shown.figure["layout"]["annotations"]:
            written[square_at(shown.grid, (mark["x"], mark["y"]))] = mark["text"]
        columns = shown.grid.columns
        for places, values in (
            (range(above.size), above),
            (range(2 * columns - 1, (ends.size + 1) * columns, columns), ends),
        ):
            texts = [short(v) for v in values.ravel().tolist()]
            found = [written.get(square) for square in places]
            fits = shown.grid.number_size(texts)
            assert found == (texts if fits else [None] * len(texts))


@given(SMALL)
@FEWER
def test_an_entry_has_its_taps_colour_and_name(trace: Trace) -> None:
    """Weight sharing is seen as colour; what is no wire is grey."""
    both, symbols = _both(trace), Symbols(trace.layer)
    for shown in (both.forward, both.backward):
        assert shown.grid is not None
        taps, grid = _taps(shown).ravel(), shown.grid
        shapes = shown.figure["layout"]["shapes"]
        coloured = {square_of(grid, m): m["fillcolor"] for m in shapes if m["name"] == "tap"}
        assert coloured == {
            i: tap(symbols.colour(t)) for i, t in enumerate(taps.tolist()) if t >= 0
        }
        values = {square_of(grid, m) for m in shapes if m["name"] == "value"}
        grey = hidden(grid, [m for m in shapes if m["name"] == "pad" and m["path"]])
        corner = {grid.columns - 1}
        assert set(range(len(taps))) - set(coloured) - values - corner == grey
        for mark in shown.figure["layout"]["annotations"]:
            square = square_at(grid, (mark["x"], mark["y"]))
            if taps[square] >= 0:
                assert mark["text"] == str(symbols.place(int(taps[square])))


def _lines(marks: list[Mark]) -> list[Mark]:
    return [mark for mark in marks if "self" in words(mark)]


def _marks_lie_on_the_sums_line(moment: Moment) -> None:
    trace, phase, cell, member = moment
    both, step = _both(trace, member), trace.step(phase, cell, member)
    panels = {p.name: p for p in (both.forward, both.backward)}
    light = Overlays(trace, member, panels).of(phase, cell).light
    for name, shown in panels.items():
        assert shown.grid is not None
        transposed = name == "matrix_transposed"
        rows, columns = step.wires.target, step.wires.source
        rows, columns = (columns, rows) if transposed else (rows, columns)
        entries: dict[int | None, list[tuple[int, int]]] = {}
        for mark in light[name]:
            if "frame" in words(mark) and mark["line"]["color"] == "var(--ink)":
                _, row, column = place_in(shown.grid, square_of(shown.grid, mark))
                entries.setdefault(time(mark), []).append((row - 1, column))
        pairs = list(zip(rows.tolist(), columns.tolist(), strict=True))
        if phase == "weights":
            assert entries.get(None, []) == pairs
            assert _lines(light[name]) == []
            continue
        assert entries == {k: [pair] for k, pair in enumerate(pairs, start=1)}
        # M's rows make outputs, Mᵀ's make deltas; in the other one the sum is a column
        makes = (phase == "deltas") == transposed
        assert {(row if makes else column) for row, column in pairs} <= {cell}
        [line] = _lines(light[name])
        under = {place_in(shown.grid, s)[1:] for s in hidden(shown.grid, [line])}
        sizes = (both.inputs, both.outputs) if transposed else (both.outputs, both.inputs)
        if makes:
            assert under == {(cell + 1, column) for column in range(sizes[1] + 1)}
        else:
            assert under == {(row, cell) for row in range(1, sizes[0] + 1)}
        factors = {
            time(mark): (place_in(shown.grid, square_of(shown.grid, mark))[1:], mark["line"])
            for mark in light[name]
            if "frame" in words(mark) and mark["line"]["color"] != "var(--ink)"
        }
        colour = Symbols(trace.layer).colour
        colours = [tap(colour(t)) for t in step.wires.tap.tolist()]
        above = {k: (0, column) for k, (_, column) in enumerate(pairs, start=1)}
        assert {k: at for k, (at, _) in factors.items()} == (above if makes else {})
        assert [line["color"] for _, line in factors.values()] == (colours if makes else [])
        assert len(rectangles(line)) == 1


@given(moments().filter(lambda drawn: _fits(drawn[0][0])))
@FEWER
@each
def test_a_sum_is_a_row_of_the_matrix_that_makes_it(moment: Moment) -> None:
    """Entry k is framed with contribution k, on the sum's row of one and column of the other."""
    _marks_lie_on_the_sums_line(moment)


@pytest.mark.parametrize("name", ["article", "one_weight", "sobel", "stride_2", "channels"])
def test_so_it_is_in_the_presets(name: str) -> None:
    """In every phase."""
    trace = preset(name)
    for phase in PHASES:
        for cell in some_of(trace.step_count(phase), 9):
            _marks_lie_on_the_sums_line((trace, phase, cell, 0))


def test_a_batch_member_has_its_own_matrix() -> None:
    """The entries are the same, what stands above and at the ends is the member's."""
    layer = Layer.of(eighths(5, (2, 1, 2, 3)), eighths(6, (1, 1, 2, 2)), padding=1)
    trace = run(layer)
    for member in (0, 1):
        for shown in matrix_panels(trace, member):
            words_ = [mark["text"] for mark in shown.figure["layout"]["annotations"]]
            above = trace.activated if shown.name == "matrix" else layer.output_delta
            assert set(map(short, above[member].ravel().tolist())) <= set(words_)


def test_a_matrix_too_large_to_read_is_not_drawn() -> None:
    """The digit's would have 451,584 entries."""
    assert matrix_panels(preset("digit"), 0) == []
    drawn = [name for name in PRESETS if matrix_panels(preset(name), 0)]
    assert len(drawn) == len(PRESETS) - 1
