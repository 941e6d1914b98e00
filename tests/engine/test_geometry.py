"""One axis at a time: how often a window fits, what a setting's last useful value is, and where
the zeros go.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from numpy.testing import assert_array_equal

from app.engine import Layer, Wires, run, stencil
from app.engine.activations import Floats
from app.engine.geometry import Axis
from app.engine.layer import Padding, PaddingLike
from tests.engine.strategies import axes, eighths, layers, paddings


def windows(axis: Axis) -> list[range]:
    """Every window that lies within the padded map, as its cells, holes included."""
    starts = range(0, axis.padded, axis.stride)
    spans = (range(start, start + (axis.taps - 1) * axis.dilation + 1) for start in starts)
    return list(takewhile(lambda window: window[-1] < axis.padded, spans))


def within_map(axis: Axis) -> range:
    """The padded map's cells that are not zeros of the padding."""
    return range(axis.before, axis.before + axis.size)


@given(axes(fitting=False))
@example(Axis(1, 2))
@example(Axis(1, 1, before=0, after=0, stride=5))
def test_outputs_counts_the_windows(axis: Axis) -> None:
    """The output's size is the number of windows that fit, 0 if none does."""
    assert axis.outputs == len(windows(axis))
    assert axis.fits == bool(windows(axis))


@given(axes())
def test_leftover_lies_behind_the_last_window(axis: Axis) -> None:
    """The cells left over are those from the last window's end to the end of the padded map."""
    assert axis.leftover == axis.padded - windows(axis)[-1].stop
    assert axis.leftover < axis.stride


@given(axes())
def test_most_taps_is_the_last_that_fits(axis: Axis) -> None:
    """The largest kernel fits; with one tap more it does not."""
    assert replace(axis, taps=axis.most_taps).fits
    assert not replace(axis, taps=axis.most_taps + 1).fits


@given(axes())
def test_most_dilation_is_the_last_that_fits(axis: Axis) -> None:
    """The largest dilation fits and one more does not, or changes nothing: one tap has no holes."""
    assert replace(axis, dilation=axis.most_dilation).fits
    wider = replace(axis, dilation=axis.most_dilation + 1)
    if axis.taps > 1:
        assert not wider.fits
    else:
        assert axis.most_dilation == 1
        assert windows(wider) == windows(replace(axis, dilation=1))


@given(axes())
def test_most_stride_is_the_last_that_matters(axis: Axis) -> None:
    """The largest stride leaves one window; more changes nothing, less gives a second one."""
    most = axis.most_stride
    last = windows(replace(axis, stride=most))
    assert len(last) == 1
    assert windows(replace(axis, stride=most + 1)) == last
    assert most == 1 or len(windows(replace(axis, stride=most - 1))) == 2


@given(axes())
def test_most_padding_is_the_last_that_meets_the_map(axis: Axis) -> None:
    """At the largest padding every window meets the map; with one zero more the first misses it."""
    most = axis.most_padding
    widest = replace(axis, before=most, after=most)
    assert all(set(window) & set(within_map(widest)) for window in windows(widest))
    wider = replace(axis, before=most + 1, after=most + 1)
    assert not set(windows(wider)[0]) & set(within_map(wider))


def test_a_plain_axis() -> None:
    """Where nothing else is said the window moves by 1, has no holes, and nothing is padded."""
    assert Axis(5, 3) == Axis(5, 3, stride=1, dilation=1, before=0, after=0)


@given(axes(fitting=False))
def test_settings_last_values_are_whole(axis: Axis) -> None:
    """A slider ends at a whole number, and at one of at least 1 even where no window fits yet."""
    names = ("most_taps", "most_dilation", "most_stride", "most_padding", "least_padding")
    assert {type(getattr(axis, name)) for name in names} == {int}
    assert axis.most_stride >= 1
    assert Axis(1, 2).most_stride == Axis(2, 2).most_stride == 1


@given(axes(fitting=False))
def test_least_padding_is_the_first_that_fits(axis: Axis) -> None:
    """The smallest padding fits; with less on both sides it does not, or there is no less."""
    least = axis.least_padding
    assert replace(axis, before=least, after=least).fits
    assert least == 0 or not replace(axis, before=least - 1, after=least - 1).fits


@given(axes(fitting=False))
def test_same_keeps_the_size(axis: Axis) -> None:
    """`same` gives ⌈size / stride⌉ outputs, no zero too many, and an odd zero at the end."""
    before, after = axis.named_padding("same")
    padded = replace(axis, before=before, after=after)
    wanted = len(range(0, axis.size, axis.stride))
    assert len(windows(padded)) == wanted
    assert after - before in (0, 1)
    if after:
        assert len(windows(replace(padded, after=after - 1))) < wanted


@given(axes(fitting=False))
def test_full_lets_every_cell_meet_every_tap(axis: Axis) -> None:
    """With `full` and stride 1 each cell of the map feeds an output through each tap."""
    before, after = axis.named_padding("full")
    padded = replace(axis, stride=1, before=before, after=after)
    taps = [window[:: axis.dilation] for window in windows(padded)]
    for cell in within_map(padded):
        assert {window.index(cell) for window in taps if cell in window} == set(range(axis.taps))
    assert len(taps) == axis.size + axis.span - 1  # and no window misses the map


@given(axes(fitting=False))
def test_valid_is_no_padding(axis: Axis) -> None:
    """`valid` puts no zeros anywhere."""
    assert axis.named_padding("valid") == (0, 0)


# Which number is rows and which columns.


@given(paddings())
def test_each_way_to_write_a_padding(case: tuple[PaddingLike, Padding | None]) -> None:
    """A number, a pair and two pairs all come out as ((top, bottom), (left, right))."""
    written, zeros = case
    layer = Layer.of(np.ones((4, 4)), [[1.0]], padding=written)
    assert layer.padding == (zeros or ((0, 0), (0, 0)))  # one tap needs none for same and full


def test_padding_goes_top_bottom_left_right() -> None:
    """[[1, 2], [3, 4]] is one row of zeros above, two below, three columns left, four right."""
    layer = Layer.of([[5, 6], [7, 8]], [[1]], padding=[[1, 2], [3, 4]])
    expected = np.zeros((5, 9))
    expected[1:3, 3:5] = [[5, 6], [7, 8]]
    assert_array_equal(run(layer).output[0, 0], expected)


def test_stride_and_dilation_go_rows_columns() -> None:
    """The first number of a pair moves down, the second to the right."""
    map_ = np.arange(35.0).reshape(5, 7)
    assert_array_equal(run(Layer.of(map_, [[1]], stride=[2, 3])).output[0, 0], map_[::2, ::3])
    spread = Layer.of(map_, [[1, 0], [0, 0]], operation="correlation", dilation=[2, 3])
    assert_array_equal(run(spread).output[0, 0], map_[:-2, :-3])


def test_named_paddings_of_a_layer() -> None:
    """A name is resolved on each axis by itself, with that axis's stride, dilation and kernel."""
    map_, kernel = np.ones((5, 6)), np.ones((2, 3))
    names: dict[PaddingLike, Padding] = {
        "valid": ((0, 0), (0, 0)),
        "full": ((2, 2), (2, 2)),
        "same": ((1, 1), (0, 1)),
    }
    for written, zeros in names.items():
        layer = Layer.of(map_, kernel, padding=written, stride=[1, 2], dilation=[2, 1])
        assert layer.padding == zeros
    assert Layer.of(map_, kernel, padding="same", stride=[1, 2]).output_shape == (1, 1, 5, 3)


@given(layers(padding="same"))
def test_same_on_both_axes(layer: Layer) -> None:
    """A `same` layer's output is ⌈H/s⌉ × ⌈W/s⌉ in both modes."""
    _, _, *size = layer.input.shape
    wanted = [len(range(0, n, s)) for n, s in zip(size, layer.stride, strict=True)]
    assert run(layer).output.shape[2:] == tuple(wanted)


@given(layers(padding="full"))
def test_full_on_both_axes(layer: Layer) -> None:
    """In a `full` layer with stride 1 every node feeds a wire through each of its taps."""
    wires = Wires(replace(layer, stride=(1, 1)))
    fan_out = layer.kernel.shape[0] // layer.groups * int(np.prod(layer.kernel.shape[2:]))
    assert set(np.bincount(wires.table.source).tolist()) == {fan_out}


# The parts of the stencil route, each against something that can be read off.


@given(layers())
def test_dilate_and_pad_are_undone(layer: Layer) -> None:
    """Taking every s-th cell undoes `dilate`; cropping undoes `pad`; what was put in is zeros."""
    map_, steps, zeros = layer.input, layer.stride, layer.padding
    wide = stencil.dilate(map_, steps)
    assert_array_equal(wide[..., :: steps[0], :: steps[1]], map_)
    assert wide.shape[2:] == tuple(
        (n - 1) * s + 1 for n, s in zip(map_.shape[2:], steps, strict=True)
    )
    grown = stencil.pad(map_, zeros)
    (top, bottom), (left, right) = zeros
    assert_array_equal(stencil.pad(grown, ((-top, -bottom), (-left, -right))), map_)
    assert np.abs(wide).sum() == np.abs(grown).sum() == np.abs(map_).sum()


@pytest.mark.parametrize("shift", [-2, -1, 1, 2])
def test_pad_crops_and_grows_at_once(shift: int) -> None:
    """Zeros on one side and a crop on the other shift the map; a long crop reaches new zeros."""
    moved = stencil.pad(np.array([[[[1.0, 2.0]]]]), ((0, 0), (shift, -shift)))
    expected = {-2: [0, 0], -1: [2, 0], 1: [0, 1], 2: [0, 0]}
    assert moved.tolist() == [[[expected[shift]]]]


@given(layers())
def test_channels_are_transposed_and_space_is_not(layer: Layer) -> None:
    """Channel transposition swaps the ends of each pair within its group, and nothing else."""
    groups = layer.groups
    swapped = stencil.transpose_channels(layer.kernel, groups)
    outputs, inputs = (n // groups for n in (layer.kernel.shape[0], layer.input.shape[1]))
    for group, o, i in np.ndindex(groups, outputs, inputs):
        pair = layer.kernel[group * outputs + o, i]
        assert_array_equal(swapped[group * inputs + i, o], pair)
    assert swapped.size == layer.kernel.size


def met(maps: Floats, weights: Floats, window: list[tuple[int, int, int, int]]) -> float:
    """Σ of the products where a stencil's entries meet cells: (channel, …) arrays, one window."""
    return float(sum(maps[:, y, x] @ weights[:, u, v] for y, x, u, v in window))


@given(layers(activations=["identity"]))
def test_windows_say_where_the_stencil_lies(layer: Layer) -> None:
    """Adding up what a window names gives the output, and the collected delta, of its cell."""
    trace, groups = run(layer), layer.groups
    outputs, inputs = (n // groups for n in (layer.kernel.shape[0], layer.input.shape[1]))
    padded = stencil.pad(layer.input, layer.padding)
    for n, o, y, x in np.ndindex(*layer.output_shape):
        beneath = padded[n, o // outputs * inputs :][:inputs]
        total = met(beneath, layer.kernel[o], stencil.forward_window(layer, y, x))
        assert total + layer.bias[o] == trace.output[n, o, y, x]
    deltas = stencil.full_deltas(layer, layer.output_delta)
    for n, i, y, x in np.ndindex(*layer.input.shape):
        first = i // inputs * outputs
        weights = layer.kernel[first : first + outputs, i % inputs]
        beneath = deltas[n, first : first + outputs]
        total = met(beneath, weights, stencil.backward_window(layer, y, x))
        assert total == trace.collected[n, i, y, x]


EVERYTHING: dict[str, Any] = {
    "stride": (2, 3),
    "dilation": (2, 1),
    "padding": ((1, 0), (2, 3)),
    "groups": 2,
}


def test_correlate_slides_what_it_is_given() -> None:
    """With every setting at once, told as one equation for each output."""
    layer = Layer.of(eighths(1, (2, 4, 7, 9)), eighths(2, (6, 2, 3, 2)), **EVERYTHING)
    slides, padded = layer.kernel, stencil.pad(layer.input, layer.padding)
    slid = stencil.correlate(padded, slides, layer.stride, layer.dilation, layer.groups)
    assert slid.shape == layer.output_shape
    for n, o, x, y in np.ndindex(slid.shape):
        cells = padded[n, o // 3 * 2 : o // 3 * 2 + 2, 2 * x : 2 * x + 5 : 2, 3 * y : 3 * y + 2]
        assert slid[n, o, x, y] == np.sum(slides[o] * cells)


def test_zeros_around_the_deltas() -> None:
    """Before, span − 1 less the padding; after, the same and what the stride left over.

    8 padded rows under a span of 5 with stride 2 leave 1 over: 4 − 1 before, 4 − 0 + 1 after. 14
    padded columns under a span of 2 with stride 5 leave 2 over: 1 − 2 before, 1 − 3 + 2 after.
    """
    settings = {**EVERYTHING, "stride": (2, 5)}
    layer = Layer.of(eighths(1, (2, 4, 7, 9)), eighths(2, (6, 2, 3, 2)), **settings)
    assert [axis.leftover for axis in layer.axes] == [1, 2]
    assert stencil.collecting_padding(layer) == ((3, 5), (-1, 0))
    full = stencil.full_deltas(layer, np.ones(layer.output_shape))
    expected = np.zeros((2, 6, 4 + 3 + 4 + 1, 1 + 11 + 1 + 2))
    expected[..., 4:7:2, 1:12:5] = 1
    assert_array_equal(full, expected)


def test_eighths_are_varied() -> None:
    """The random numbers are neither symmetric nor all alike, which would hide a turn."""
    numbers = eighths(0, (3, 3))
    assert len(np.unique(numbers)) > 5
    assert np.any(numbers != numbers[::-1, ::-1])
