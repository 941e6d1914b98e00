"""The known mistakes: each a small function that makes the wrong answer for a layer.

Defined by stencils, never by w, so that each is the same mistake in both modes. *Not rotated*
slides the forward stencil over the padded δ; *rows only* and *columns only* slide it flipped
up-down and left-right; *transposed* slides the backward stencil with rows and columns exchanged;
*ignored* is as if the stride (the dilation) were 1; *not cropped* keeps what lies in the padding.

One mistake can be written in several ways, and each may give another shape. So a function here
yields :class:`Wrong` answers, the likeliest first, whose shapes are known before they are made.
It yields nothing where the mistake makes no difference whatever the numbers are (a stride of 1,
one batch member). Which code can occur in which part: docs/diagnosis.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, get_args

import numpy as np

from app.engine import as_if, stencil
from app.engine.activations import Activation, Floats
from app.engine.as_if import Stamps, Wrong
from app.engine.layer import Layer
from app.engine.trace import Trace

Part = Literal["output", "input_delta", "kernel_gradient", "bias_gradient"]
Code = Literal[
    "kernel_not_rotated",
    "kernel_flipped_rows_only",
    "kernel_flipped_columns_only",
    "kernel_transposed",
    "missing_activation_derivative",
    "derivative_at_activation",
    "gradient_rotated",
    "input_not_activated",
    "sign_flipped",
    "scaled",
    "averaged_over_batch",
    "bias_missing",
    "channels_swapped",
    "wrong_operation",
    "stride_ignored",
    "dilation_ignored",
    "padding_not_cropped",
    "wrong_shape",
    "unknown",
]
PARTS: tuple[Part, ...] = get_args(Part)
CODES: tuple[Code, ...] = get_args(Code)

Ways = Iterator[Wrong]
Maker = Callable[[Trace], Ways]


# Mistakes in `input_delta`, on the way to `collected`.


def flipped_rows(layer: Layer) -> Floats:
    """The forward stencil, flipped up-down: half of the rotation."""
    return stencil.forward_stencil(layer)[..., ::-1, :]


def flipped_columns(layer: Layer) -> Floats:
    """The forward stencil, flipped left-right: the other half."""
    return stencil.forward_stencil(layer)[..., ::-1]


def transposed(layer: Layer) -> Floats:
    """The backward stencil with rows and columns exchanged, kw×kh."""
    return stencil.backward_stencil(layer).swapaxes(-2, -1)


def channels_not_transposed(layer: Layer) -> Floats:
    """The backward stencil as if its axes C_out and C/groups were read in each other's place.

    Where the two are equal, this is collecting without transposing the channels.
    """
    outputs, inputs, *taps = layer.kernel.shape
    misread = stencil.backward_stencil(layer).reshape(
        inputs * layer.groups, outputs // layer.groups, *taps
    )
    return stencil.transpose_channels(misread, layer.groups)


def other_backward_stencil(layer: Layer) -> Floats:
    """The backward stencil of the other operation; that is this one's forward stencil."""
    return stencil.backward_stencil(as_if.other_operation(layer))


def _sliding(slides: Callable[[Layer], Floats]) -> Maker:
    def ways(trace: Trace) -> Ways:
        layer = trace.layer
        yield Wrong(layer.input.shape, lambda: stencil.collect(layer, slides(layer)))

    return ways


def _transposed(trace: Trace) -> Ways:
    rows, columns = trace.layer.axes
    if rows.taps == columns.taps:
        yield from _sliding(transposed)(trace)
        return
    stamps = Stamps(trace.layer, transposed(trace.layer))
    gaps = [axis.span - own.span for axis, own in zip(trace.layer.axes, stamps.axes, strict=True)]
    for widths in (gaps, [0, 0]):  # over δ padded for the right stencil, or for its own size
        yield from stamps.cropped(
            [(w, w + axis.leftover) for w, axis in zip(widths, trace.layer.axes, strict=True)]
        )


def _channels_not_transposed(trace: Trace) -> Ways:
    if max(trace.layer.kernel.shape[:2]) > 1:
        yield from _sliding(channels_not_transposed)(trace)


def _stride_ignored(trace: Trace) -> Ways:
    layer = trace.layer
    if layer.stride == (1, 1):
        return
    stamps = Stamps(layer, stencil.backward_stencil(layer), stride=(1, 1))
    leftover = [axis.leftover for axis in layer.axes]
    # no zeros between the deltas, without and with the leftover's; or stamped into the whole map
    for after in ([0, 0], leftover, _fill(layer, stamps)):
        yield from stamps.cropped([(0, zeros) for zeros in after])


def _dilation_ignored(trace: Trace) -> Ways:
    layer = trace.layer
    if not as_if.has_holes(layer):
        return
    stamps = Stamps(layer, stencil.backward_stencil(layer), dilation=(1, 1))
    leftover = [axis.leftover for axis in layer.axes]
    holes = [axis.span - axis.taps for axis in layer.axes]
    # zeros around δ for the small stencil, or for the one with holes; or stamped
    for after in ([0, 0], leftover):
        yield from stamps.cropped([(0, zeros) for zeros in after])
    yield from stamps.cropped([(h, h + more) for h, more in zip(holes, leftover, strict=True)])
    yield from stamps.cropped([(0, zeros) for zeros in _fill(layer, stamps)])


def _not_cropped(trace: Trace) -> Ways:
    layer = trace.layer
    if any(map(any, layer.padding)):
        stamps = Stamps(layer, stencil.backward_stencil(layer))
        yield from stamps.whole([(0, axis.leftover) for axis in layer.axes])


def _fill(layer: Layer, stamps: Stamps) -> list[int]:
    """Zeros after the stamps that make them as large as the padded map."""
    return [axis.padded - own.size for axis, own in zip(layer.axes, stamps.axes, strict=True)]


# What these yield is `collected`, still to be multiplied by σ′.
COLLECTING: dict[Code, Maker] = {
    "kernel_not_rotated": _sliding(stencil.forward_stencil),
    "kernel_flipped_rows_only": _sliding(flipped_rows),
    "kernel_flipped_columns_only": _sliding(flipped_columns),
    "kernel_transposed": _transposed,
    "channels_swapped": _channels_not_transposed,
    "wrong_operation": _sliding(other_backward_stencil),
    "stride_ignored": _stride_ignored,
    "dilation_ignored": _dilation_ignored,
    "padding_not_cropped": _not_cropped,
}

# Mistakes in σ′: the slope that stands in its place, from σ and z.
Slope = Callable[[Activation, Floats], Floats]
SLOPES: dict[Code, Slope] = {
    "missing_activation_derivative": lambda _, z: np.ones_like(z),
    "derivative_at_activation": lambda sigma, z: sigma.derivative(sigma.value(z)),
}


# Mistakes in `output`.


def _forward(change: Callable[[Layer], Layer | None]) -> Maker:
    def ways(trace: Trace) -> Ways:
        layer = change(trace.layer)
        if layer is not None:
            yield Wrong(layer.output_shape, lambda: stencil.forward(layer, trace.activated))

    return ways


def _unactivated_output(trace: Trace) -> Ways:
    layer = trace.layer
    yield Wrong(layer.output_shape, lambda: stencil.forward(layer, layer.input))


def _output_channels(trace: Trace) -> Ways:
    if max(trace.layer.kernel.shape[:2]) > 1:
        yield from _forward(as_if.misread_channels)(trace)
    yield from _reversed(lambda right: right.output, 1)(trace)


# Mistakes in `kernel_gradient`.


def _turned_gradient(trace: Trace) -> Ways:
    yield Wrong(trace.layer.kernel.shape, lambda: stencil.rotate180(trace.kernel_gradient))


def _other_gradient(trace: Trace) -> Ways:
    other = as_if.other_operation(trace.layer)
    yield Wrong(other.kernel.shape, lambda: stencil.kernel_gradient(other, trace.activated))


def _unactivated_gradient(trace: Trace) -> Ways:
    layer = trace.layer
    yield Wrong(layer.kernel.shape, lambda: stencil.kernel_gradient(layer, layer.input))


def _gradient_channels(trace: Trace) -> Ways:
    layer = trace.layer
    outputs, inputs, *taps = layer.kernel.shape
    if max(outputs, inputs) > 1:
        shape = (layer.groups * inputs, outputs // layer.groups, *taps)
        yield Wrong(shape, lambda: stencil.transpose_channels(trace.kernel_gradient, layer.groups))
    for axis in (0, 1):
        yield from _reversed(lambda right: right.kernel_gradient, axis)(trace)


def _gradient_without_stride(trace: Trace) -> Ways:
    if trace.layer.stride != (1, 1):
        yield from as_if.kernel_gradients(trace, stride=(1, 1))


def _gradient_without_dilation(trace: Trace) -> Ways:
    if as_if.has_holes(trace.layer):
        yield from as_if.kernel_gradients(trace, dilation=(1, 1))


# The right numbers in another order.


def _reversed(read: Callable[[Trace], Floats], axis: int) -> Maker:
    def ways(trace: Trace) -> Ways:
        right = read(trace)
        if right.shape[axis] > 1:
            yield Wrong(right.shape, lambda: np.flip(right, axis), how="order")

    return ways


def _delta_channels(trace: Trace) -> Ways:
    yield from _reversed(lambda right: right.input_delta, 1)(trace)


OTHERS: dict[Part, dict[Code, Maker]] = {
    "output": {
        "input_not_activated": _unactivated_output,
        "bias_missing": _forward(as_if.without_bias),
        "channels_swapped": _output_channels,
        "wrong_operation": _forward(as_if.other_operation),
        "stride_ignored": _forward(as_if.without_stride),
        "dilation_ignored": _forward(as_if.without_dilation),
        "padding_not_cropped": _forward(as_if.padded_in_full),
    },
    "input_delta": {"channels_swapped": _delta_channels},
    "kernel_gradient": {
        "gradient_rotated": _turned_gradient,
        "input_not_activated": _unactivated_gradient,
        "channels_swapped": _gradient_channels,
        "wrong_operation": _other_gradient,
        "stride_ignored": _gradient_without_stride,
        "dilation_ignored": _gradient_without_dilation,
    },
    "bias_gradient": {"channels_swapped": _reversed(lambda right: right.bias_gradient, 0)},
}
