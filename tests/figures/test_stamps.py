"""Scattered: every δ stamps δ times the forward stencil, unturned, and the stamps add up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from app.figures.palette import tap
from app.spec import PRESETS
from app.words.symbols import Symbols
from tests.figures.drawn import (
    Moment,
    lit,
    moments,
    preset,
    some_of,
    square_of,
    time,
    words,
)
from tests.words.markup import FEW, each, value_of


def _stamps_lie_where_their_windows_do(moment: Moment) -> None:
    trace, phase, cell, member = moment
    layer, (panel, marks) = trace.layer, lit(trace, "stamps", phase, cell, member)
    assert panel.grid is not None
    step = trace.step(phase, cell, member)
    columns, colour = layer.kernel.shape[3], Symbols(layer).colour
    per_group, tile = layer.kernel.shape[1], cell // (panel.grid.rows * panel.grid.columns)
    for k, target in enumerate(step.wires.target.tolist(), start=1):
        output, row, column = (int(i) for i in np.unravel_index(target, layer.output_shape[1:]))
        found = {}
        for mark in marks:
            if "frame" in words(mark) and time(mark) == k:
                found[square_of(panel.grid, mark)] = mark["line"]["color"]
        expected = {}
        for u, v in np.ndindex(*layer.kernel.shape[2:]):
            # where tap (u, v) of the stencil lies; in convolution mode the stencil is rot180(w)
            a, b = (u, v) if layer.operation == "correlation" else (
                layer.kernel.shape[2] - 1 - u, columns - 1 - v)  # fmt: skip
            y = row * layer.stride[0] + a * layer.dilation[0] - layer.padding[0][0]
            x = column * layer.stride[1] + b * layer.dilation[1] - layer.padding[1][0]
            if 0 <= y < panel.grid.rows and 0 <= x < panel.grid.columns:
                square = (tile * panel.grid.rows + y) * panel.grid.columns + x
                place = (output, tile % per_group, u, v)
                expected[square] = tap(colour(int(np.ravel_multi_index(place, layer.kernel.shape))))
        assert found == expected


def _products_are_stamped(moment: Moment) -> None:
    trace, phase, cell, member = moment
    panel, marks = lit(trace, "stamps", phase, cell, member)
    assert panel.grid is not None
    step, symbols = trace.step(phase, cell, member), Symbols(trace.layer)
    numbers = [mark for mark in marks if "n" in words(mark)]
    own = {time(m): m for m in numbers if "ghost" not in words(m)}
    framed = {
        time(m) for m in marks if {"frame"} <= words(m) and "ghost" not in words(m)
    }  # fmt: skip
    assert framed == set(range(1, len(step) + 1))
    for k, mark in own.items():
        assert k is not None
        assert square_of(panel.grid, mark) == cell
        assert value_of(mark["text"]) == step.product[k - 1]
    if len(own) == len(step):  # every number could be written
        total = sum(value_of(mark["text"]) for mark in own.values())
        assert total == trace.collected[member].flat[cell]
    for mark in numbers:
        when = time(mark)
        assert when is not None
        place = square_of(panel.grid, mark)
        labels = [
            m["text"] for m in marks
            if "chip" in words(m) and time(m) == when and square_of(panel.grid, m) == place
        ]  # fmt: skip
        target = int(step.wires.target[when - 1])
        delta = trace.layer.output_delta[member].flat[target]
        wires = trace.wires.of_target(target)
        tap_of = dict(zip(wires.source.tolist(), wires.tap.tolist(), strict=True))
        weight = tap_of[place]
        assert value_of(mark["text"]) == delta * trace.layer.kernel.flat[weight]
        assert labels in ([], [str(symbols.place(weight))])


def _one_stamp_at_a_time(moment: Moment) -> None:
    trace, phase, cell, member = moment
    panel, marks = lit(trace, "stamps", phase, cell, member)
    assert panel.grid is not None
    terms = len(trace.step(phase, cell, member))
    for mark in marks:
        names = words(mark)
        if "past" in names:
            continue
        if "self" in names:
            assert square_of(panel.grid, mark) == cell
            continue
        # all but the last make room for the next
        when = time(mark)
        assert (f"k{when}" if when == terms else f"at{when}") in names
    past = [mark for mark in marks if "past" in words(mark)]
    assert [time(mark) for mark in past] == list(range(2, terms + 1))


CHECKS = (_stamps_lie_where_their_windows_do, _products_are_stamped, _one_stamp_at_a_time)


@given(moments("deltas"))
@FEW
@each
def test_a_delta_stamps_the_forward_stencil_where_its_window_lay(moment: Moment) -> None:
    """Nothing is turned in a stamp: tap by tap it lies where the forward pass met the map."""
    _stamps_lie_where_their_windows_do(moment)


@given(moments("deltas"))
@FEW
@each
def test_the_stamped_products_in_a_cell_add_up_to_what_it_collects(moment: Moment) -> None:
    """Each is δ times the weight of the wire to its cell; in the chosen cell they are the sum."""
    _products_are_stamped(moment)


@given(moments("deltas"))
@FEW
@each
def test_one_stamp_is_seen_at_a_time_and_its_outline_after(moment: Moment) -> None:
    """Stamp k goes when the next comes, and leaves an outline; the last one stays."""
    _one_stamp_at_a_time(moment)


@pytest.mark.parametrize("name", sorted(set(PRESETS) - {"digit", "blur"}))
def test_so_it_is_in_the_presets(name: str) -> None:
    """Those of whole numbers; the others' products are rounded where they are written."""
    trace = preset(name)
    for cell in some_of(trace.step_count("deltas"), 40):
        for check in CHECKS:
            check((trace, "deltas", cell, 0))
