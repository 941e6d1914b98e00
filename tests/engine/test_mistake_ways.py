"""The ways to make one mistake, in order, on a layer in which no two sizes are alike.

``test_mistakes`` holds the likeliest way against its definition on random layers. Here it is all
of them, those of another shape too, and where there is nothing to make a mistake with.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from app.engine import Layer, Operation, ShapeError, Trace, as_if, run
from app.engine.activations import Floats
from app.engine.layer import PaddingLike
from app.engine.mistakes import CODES, COLLECTING, OTHERS, Code, Part
from app.engine.stages import RIGHT
from app.engine.suspects import Suspects
from app.engine.wrong_rules import MISTAKES
from tests.engine.checks import turned
from tests.engine.strategies import OPERATIONS, eighths

Around = list[tuple[int, int]]

# Rows: 2 taps, a span of 4, 1 row of 9 left over. Columns: 3 taps, a span of 5, 3 of 16 left over.
UNEVEN: dict[str, Any] = {"stride": (2, 4), "dilation": (3, 2), "padding": ((1, 0), (0, 2))}


def uneven(operation: Operation) -> Trace:
    """One channel, so that loops over rows and columns tell everything."""
    silent = Layer.of(eighths(1, (8, 14)), eighths(2, (2, 3)), operation=operation, **UNEVEN)
    delta = eighths(3, silent.output_shape[2:])
    layer = Layer.of(silent.input[0, 0], silent.kernel[0, 0], operation=operation,
                     output_delta=delta, **UNEVEN)  # fmt: skip
    assert [(axis.span, axis.leftover, axis.outputs) for axis in layer.axes] == [
        (4, 1, 3),
        (5, 3, 3),
    ]
    return run(layer)


def backward_stencil(layer: Layer) -> Floats:
    """What the backward pass slides, said by w."""
    kernel = layer.kernel[0, 0]
    return turned(kernel) if layer.operation == "correlation" else kernel


def slid(
    trace: Trace,
    slides: Floats,
    around: Around,
    stride: tuple[int, int] = (2, 4),
    dilation: tuple[int, int] = (3, 2),
) -> Floats:
    """By loops: zeros between the deltas and around them, less the padding, then a stencil."""
    deltas = trace.layer.output_delta[0, 0]
    rows, columns = ((n - 1) * s + 1 for n, s in zip(deltas.shape, stride, strict=True))
    wide = np.zeros((rows, columns))
    wide[:: stride[0], :: stride[1]] = deltas
    crops = trace.layer.padding
    wide = np.pad(wide, [(a - p, b - q) for (a, b), (p, q) in zip(around, crops, strict=True)])
    span = [(k - 1) * d + 1 for k, d in zip(slides.shape, dilation, strict=True)]
    result = np.zeros([n - k + 1 for n, k in zip(wide.shape, span, strict=True)])
    for x, y in np.ndindex(result.shape):
        met = wide[x : x + span[0] : dilation[0], y : y + span[1] : dilation[1]]
        result[x, y] = np.sum(slides * met)
    return result


def ways(trace: Trace, code: Code) -> list[Floats]:
    """What a mistake makes of `collected`."""
    return [wrong.array[0, 0] for wrong in COLLECTING[code](trace)]


def same(found: list[Floats], expected: list[Floats]) -> None:
    """As many, in this order."""
    assert [array.shape for array in found] == [array.shape for array in expected]
    for one, other in zip(found, expected, strict=True):
        assert_array_equal(one, other)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_loops_are_right_where_nothing_is_wrong(operation: Operation) -> None:
    """Span − 1 zeros around the deltas, after them those that the stride left over as well."""
    trace = uneven(operation)
    right = slid(trace, backward_stencil(trace.layer), [(3, 3 + 1), (4, 4 + 3)])
    assert_array_equal(right, trace.collected[0, 0])


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_transposed_stencil_of_another_shape(operation: Operation) -> None:
    """3×2, it spans 7×3: first over deltas padded for 4×5, then over those padded for itself."""
    trace = uneven(operation)
    slides = backward_stencil(trace.layer).T
    expected = [
        slid(trace, slides, [(3, 3 + 1), (4, 4 + 3)]),
        slid(trace, slides, [(6, 6 + 1), (2, 2 + 3)]),
    ]
    same(ways(trace, "kernel_transposed"), expected)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_no_zeros_between_the_deltas(operation: Operation) -> None:
    """Alone; with the leftover's zeros; or as many behind that the map has its size again."""
    trace = uneven(operation)
    slides = backward_stencil(trace.layer)
    missing = [2 * (2 - 1), 2 * (4 - 1)]  # two gaps along each axis
    expected = [
        slid(trace, slides, [(3, 3 + rows), (4, 4 + columns)], stride=(1, 1))
        for rows, columns in ((0, 0), (1, 3), (missing[0] + 1, missing[1] + 3))
    ]
    same(ways(trace, "stride_ignored"), expected)
    assert expected[-1].shape == (8, 14)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_no_holes_in_the_stencil(operation: Operation) -> None:
    """Zeros for 2×3 cells, with the leftover's, for 4×5 cells; or all of them behind."""
    trace = uneven(operation)
    slides = backward_stencil(trace.layer)
    arounds: list[Around] = [
        [(1, 1), (2, 2)],
        [(1, 1 + 1), (2, 2 + 3)],
        [(3, 3 + 1), (4, 4 + 3)],
        [(1, 1 + 2 + 1), (2, 2 + 2 + 3)],
    ]
    expected = [slid(trace, slides, around, dilation=(1, 1)) for around in arounds]
    same(ways(trace, "dilation_ignored"), expected)
    assert expected[-1].shape == (8, 14)


def made(layer: Layer, part: Part, code: Code) -> list[Floats]:
    """All ways to make a mistake, as the suspects know them."""
    return [s.array for s in Suspects(run(layer), part).single if s.code == code]


@pytest.mark.parametrize("channels", [(1, 1), (1, 2), (2, 1)])
@pytest.mark.parametrize("part", ["output", "input_delta", "kernel_gradient"])
def test_one_channel_cannot_be_swapped(part: Part, channels: tuple[int, int]) -> None:
    """With one on each side nothing is known; with two on either side something is."""
    layer = Layer.of(eighths(1, (channels[1], 4, 5)), eighths(2, (*channels, 2, 3)))
    assert bool(made(layer, part, "channels_swapped")) == (max(channels) > 1)
    assert bool(list(COLLECTING["channels_swapped"](run(layer)))) == (max(channels) > 1)


@pytest.mark.parametrize("stride", [(1, 1), (2, 1), (1, 2)])
@pytest.mark.parametrize("dilation", [(1, 1), (2, 1), (1, 2)])
@pytest.mark.parametrize("part", ["output", "input_delta", "kernel_gradient"])
def test_a_step_of_one_cannot_be_ignored(
    part: Part, stride: tuple[int, int], dilation: tuple[int, int]
) -> None:
    """A stride or a dilation along either axis can be."""
    layer = Layer.of(eighths(1, (7, 8)), eighths(2, (2, 3)), stride=stride, dilation=dilation)
    assert bool(made(layer, part, "stride_ignored")) == (stride != (1, 1))
    assert bool(made(layer, part, "dilation_ignored")) == (dilation != (1, 1))


def test_a_gradient_with_its_channels_in_another_order() -> None:
    """First with C_out and C exchanged, then with either of them reversed, and marked as that."""
    trace = run(Layer.of(eighths(1, (3, 4, 5)), eighths(2, (2, 3, 2, 3))))
    right = trace.kernel_gradient
    exchanged, *reversed_ = OTHERS["kernel_gradient"]["channels_swapped"](trace)
    assert_array_equal(exchanged.array, right.swapaxes(0, 1))
    same([wrong.array for wrong in reversed_], [right[::-1], right[:, ::-1]])
    assert [wrong.how for wrong in (exchanged, *reversed_)] == ["", "order", "order"]


def test_a_full_padding_cannot_be_forgotten_to_crop() -> None:
    """Only where all windows that touch the map are met already, along both axes."""
    cases: list[tuple[PaddingLike, bool]] = [("full", False), ([[2, 2], [1, 1]], True), (0, True)]
    for padding, known in cases:
        layer = Layer.of(eighths(1, (4, 5)), eighths(2, (2, 3)), padding=padding)
        assert bool(made(layer, "output", "padding_not_cropped")) == known


def test_no_bias_cannot_be_missing() -> None:
    """One that is not 0 can."""
    for bias, known in (([0.0, 0.0], False), ([0.0, 0.5], True)):
        layer = Layer.of(eighths(1, (1, 4, 5)), eighths(2, (2, 1, 2, 3)), bias=bias)
        assert bool(made(layer, "output", "bias_missing")) == known


def test_a_layer_with_another_setting_is_whole() -> None:
    """Its deltas have its output's shape and are 0; the other operation's other is its own."""
    layer = Layer.of(eighths(1, (7, 8)), eighths(2, (2, 3)), stride=(1, 2), dilation=(2, 1))
    for change in (as_if.without_stride, as_if.without_dilation, as_if.padded_in_full):
        other = change(layer)
        assert other is not None
        assert other.output_shape != layer.output_shape
        assert other.output_delta.shape == other.output_shape
        assert not other.output_delta.any()
    for operation in OPERATIONS:
        one = replace(layer, operation=operation)
        assert as_if.other_operation(one).operation != operation
        assert as_if.other_operation(as_if.other_operation(one)).operation == operation


def test_what_padding_leaves_nothing_of_is_no_answer() -> None:
    """Two deltas next to each other, less a row of padding on either side: only the map's size."""
    layer = Layer.of([[2.0, 3.0]], [[1.0]], stride=(2, 1), padding=[[1, 1], [0, 0]])
    ways_ = list(COLLECTING["stride_ignored"](run(layer)))
    assert [wrong.shape for wrong in ways_] == [layer.input.shape]


@pytest.mark.parametrize(("columns", "tried"), [(63, [1, 32]), (65, [1])])
def test_a_gradient_of_very_many_taps_is_not_tried(columns: int, tried: list[int]) -> None:
    """Of one tap's gradient it is 32: 63 cells have a stride of 2 for 32 deltas, 65 for 33."""
    layer = Layer.of(eighths(1, (1, columns)), [[1.0]], stride=(1, 2))
    shapes = [one.shape for one in made(layer, "kernel_gradient", "stride_ignored")]
    assert shapes == [(1, 1, 1, count) for count in tried]


def test_a_mistake_may_leave_float64() -> None:
    """Without a warning, where the right answer does not: above it, and from there to no number."""
    sums = Layer.of([[1e308]], [[1.5]], bias=1e308, activation="sigmoid")
    (wrong,) = made(sums, "output", "input_not_activated")
    assert np.isposinf(wrong).all()
    stamps = Layer.of(
        np.full((1, 4), -1.0), [[1.5e308, 1e308]], stride=(1, 2), activation="relu"
    )  # where stamps overlap: ∞, times a slope of 0
    wrong = made(stamps, "input_delta", "stride_ignored")[-1]
    assert np.isnan(wrong[0, 0, 0, 1])


def test_a_networks_rule_is_a_layers_mistake() -> None:
    """Each changes what it is about, in every layer, and leaves the rest as it is."""
    kernel = eighths(1, (3, 2, 3, 3))
    layer = Layer.of(eighths(2, (2, 2, 6, 7)), kernel, output_delta=eighths(3, (2, 3, 4, 5)))
    deltas, gradients = (Suspects(run(layer), p) for p in ("input_delta", "kernel_gradient"))
    right = RIGHT.collect(layer), RIGHT.kernel_gradient(layer, layer.input)
    z = np.array([-2.0, 0.5])
    assert set(MISTAKES) < set(CODES)
    for code in (code for code in CODES if code in MISTAKES):
        rules, one, other = MISTAKES[code], deltas.mistaken(code), gradients.mistaken(code)
        expected = right[0] if one is None else one, right[1] if other is None else other
        assert_array_equal(rules.collect(layer), expected[0])
        assert_array_equal(rules.kernel_gradient(layer, layer.input), expected[1])
        slopes = rules.derivative("tanh", z)
        missing = code == "missing_activation_derivative"
        assert_array_equal(slopes, np.ones(2) if missing else RIGHT.derivative("tanh", z))


def test_a_networks_rule_has_to_keep_the_shape() -> None:
    """Of a kernel of 2×3 the transposed one collects other maps, and the layer before has none."""
    layer = Layer.of(eighths(1, (4, 5)), eighths(2, (2, 3)))
    with pytest.raises(ShapeError, match=r"mistake gives an array of another shape.*square"):
        MISTAKES["kernel_transposed"].collect(layer)
