"""The lesson: in every sum the weights land on their wires' cells and form the turned stencil."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_array_equal

from app.engine import Phase, Trace, run
from app.figures import KINDS, Panel
from app.figures.marks import Mark
from app.figures.palette import tap
from app.spec import PRESETS
from app.spec.presets import DENSE
from app.words.symbols import Symbols
from tests.figures.drawn import (
    Moment,
    lit,
    moments,
    place_in,
    preset,
    some_of,
    square_of,
    time,
    words,
)
from tests.words.markup import FEW, each

WINDOW: dict[Phase, str] = {"deltas": "delta_padded", "forward": "map_padded"}


class Frame(NamedTuple):
    """A weight of the stencil as it is drawn."""

    square: int
    time: int
    colour: str
    ghost: bool


def _frames(panel: Panel, marks: list[Mark]) -> list[Frame]:
    assert panel.grid is not None
    found = []
    for mark in marks:
        if "frame" in words(mark):
            when = time(mark)
            assert when is not None
            colour, ghost = mark["line"]["color"], "ghost" in words(mark)
            found.append(Frame(square_of(panel.grid, mark), when, colour, ghost))
    return found


def _ends(trace: Trace, phase: Phase, cell: int, member: int) -> list[tuple[int, int]]:
    """For each contribution the cell at the wire's far end and the tap, as the table has them."""
    wires = trace.step(phase, cell, member).wires
    far = wires.target if phase == "deltas" else wires.source
    return list(zip(far.tolist(), wires.tap.tolist(), strict=True))


def _weights_lie_on_their_wires(moment: Moment) -> None:
    trace, phase, cell, member = moment
    panel, marks = lit(trace, WINDOW[phase], phase, cell, member)
    assert panel.cells is not None
    assert panel.grid is not None
    symbols = Symbols(trace.layer)
    ends = _ends(trace, phase, cell, member)
    solid = [frame for frame in _frames(panel, marks) if not frame.ghost]
    assert sorted(frame.time for frame in solid) == list(range(1, len(ends) + 1))
    for frame in solid:
        far, weight = ends[frame.time - 1]
        assert panel.cells[frame.square] == far
        assert frame.colour == tap(symbols.colour(weight))
    chips = [mark for mark in marks if {"chip", "to"} <= words(mark)]
    if chips or panel.grid.cell >= 48:  # on smaller cells there is no room for a name
        assert [time(mark) for mark in chips] == [frame.time for frame in solid]
    for mark in chips:
        when = time(mark)
        assert when is not None
        far, weight = ends[when - 1]
        assert panel.cells[square_of(panel.grid, mark)] == far
        assert mark["text"] == str(symbols.place(weight))
        assert mark["bgcolor"] == tap(symbols.colour(weight))


def _together_they_are_the_stencil(moment: Moment) -> None:
    trace, phase, cell, member = moment
    layer, (panel, marks) = trace.layer, lit(trace, WINDOW[phase], phase, cell, member)
    assert panel.grid is not None
    assert panel.values is not None
    kernel_rows, kernel_columns = layer.kernel.shape[2:]
    numbered = np.arange(kernel_rows * kernel_columns).reshape(kernel_rows, kernel_columns)
    # written out here: convolution slides the turned kernel forwards, and w itself backwards
    turned = (phase == "forward") == (layer.operation == "convolution")
    expected = np.flip(numbered) if turned else numbered
    by_colour = {tap(i): i for i in range(numbered.size)}

    shape = layer.input.shape if phase == "deltas" else layer.output_shape
    channel, row, column = (int(i) for i in np.unravel_index(cell, shape[1:]))
    if phase == "deltas":
        corner = (row + layer.padding[0][0], column + layer.padding[1][0])
    else:
        corner = (row * layer.stride[0], column * layer.stride[1])
    grid = np.ix_(*(
        corner[i] + np.arange(size) * layer.dilation[i]
        for i, size in enumerate((kernel_rows, kernel_columns))
    ))  # fmt: skip

    frames = _frames(panel, marks)
    tiles = sorted({place_in(panel.grid, frame.square)[0] for frame in frames})
    own, other = layer.kernel.shape[1], layer.kernel.shape[0] // layer.groups
    own, other = (own, other) if phase == "deltas" else (other, own)
    assert tiles == list(range(channel // own * other, (channel // own + 1) * other))
    total = 0.0
    for tile in tiles:
        labels = np.full((panel.grid.rows, panel.grid.columns), -1)
        for frame in frames:
            at, y, x = place_in(panel.grid, frame.square)
            if at == tile:
                assert labels[y, x] < 0
                labels[y, x] = by_colour[frame.colour]
        assert_array_equal(labels[grid], expected)
        assert np.count_nonzero(labels >= 0) == numbered.size
        pair = (tile, channel % own) if phase == "deltas" else (channel, tile % other)
        weights = layer.kernel[pair].ravel()[expected]
        slides = trace.backward_stencil if phase == "deltas" else trace.forward_stencil
        assert_array_equal(weights, slides[pair])
        assert_array_equal(np.flip(trace.forward_stencil[pair]), trace.backward_stencil[pair])
        total += float((weights * panel.values[tile][grid]).sum())
    step = trace.step(phase, cell, member)
    # exact for whole numbers; another order of adding for the presets' sixteenths and 255ths
    assert np.isclose(total, step.total - step.offset, rtol=1e-12, atol=1e-12)


def _ghosts_come_last(moment: Moment) -> None:
    trace, phase, cell, member = moment
    panel, marks = lit(trace, WINDOW[phase], phase, cell, member)
    assert panel.cells is not None
    terms = len(trace.step(phase, cell, member))
    frames = _frames(panel, marks)
    for frame in frames:
        assert frame.ghost == (panel.cells[frame.square] < 0)
        assert not frame.ghost or frame.time == terms
    assert len({frame.square for frame in frames}) == len(frames)


CHECKS = (_weights_lie_on_their_wires, _together_they_are_the_stencil, _ghosts_come_last)


@given(moments("deltas"))
@FEW
@each
def test_each_weight_lands_on_the_delta_at_the_end_of_its_wire(moment: Moment) -> None:
    """Contribution k is framed and labelled where the k-th wire leads, with its own tap."""
    _weights_lie_on_their_wires(moment)


@given(moments("deltas"))
@FEW
@each
def test_what_lands_is_the_backward_stencil(moment: Moment) -> None:
    """Seen together, in place, it is the forward stencil turned by 180°, and it makes the sum."""
    _together_they_are_the_stencil(moment)


@given(moments("forward"))
@FEW
@each
def test_each_weight_lands_on_the_activation_at_the_end_of_its_wire(moment: Moment) -> None:
    """Forwards as well: contribution k, its cell and its tap."""
    _weights_lie_on_their_wires(moment)


@given(moments("forward"))
@FEW
@each
def test_what_slides_over_the_map_is_the_forward_stencil(moment: Moment) -> None:
    """In convolution mode rot180(w), in correlation mode w, and it makes the sum."""
    _together_they_are_the_stencil(moment)


@given(moments("deltas", "forward"))
@FEW
@each
def test_ghosts_are_the_weights_that_meet_only_zeros(moment: Moment) -> None:
    """A weight without a wire shows pale, on padding, when the sum is done; no other does."""
    _ghosts_come_last(moment)


@pytest.mark.parametrize("phase", WINDOW)
@pytest.mark.parametrize("name", PRESETS)
def test_so_it_is_in_every_preset(name: str, phase: Phase) -> None:
    """The layers that everybody sees first, some of their nodes."""
    trace = preset(name)
    for cell in some_of(trace.step_count(phase), 3 if name == "digit" else 40):
        for check in CHECKS:
            check((trace, phase, cell, 0))


@pytest.mark.parametrize("name", ["delta_padded", "map_padded", "stamps"])
def test_in_a_dense_layer_each_weight_lands_under_its_own_name(name: str) -> None:
    """There every weight has a colour and a label of its own, in this view as on its wire."""
    trace = run(DENSE.layer())
    symbols, phase = Symbols(trace.layer), KINDS["target" if name == "map_padded" else "source"]
    for cell in range(trace.step_count(phase)):
        _, marks = lit(trace, name, phase, cell, 0)
        chips = [mark for mark in marks if {"chip", "to"} <= words(mark)]
        taps = trace.step(phase, cell).wires.tap.tolist()
        assert [mark["text"] for mark in chips] == [str(symbols.weight(k)) for k in taps]
        assert [mark["bgcolor"] for mark in chips] == [tap(symbols.colour(k)) for k in taps]
