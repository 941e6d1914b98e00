"""A layer as if one of its settings were another: what a mistake with stride or dilation sees.

A setting that is taken for another changes the sizes too. Here each piece is put into a layer of
its own that fits it exactly, so that the stencils can do the work; then rows and columns of zeros
are put around what they give, or cropped from it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from app.engine import stencil
from app.engine.activations import Floats
from app.engine.geometry import Axis
from app.engine.given import Pair
from app.engine.layer import Layer, Padding
from app.engine.trace import Trace

Shape = tuple[int, ...]
NO_PADDING: Padding = ((0, 0), (0, 0))
MOST_TAPS = 32  # a gradient with more times the kernel's taps is not tried: it would cost as much


@dataclass(frozen=True)
class Wrong:
    """A wrong answer, (N, C, H, W) or shaped like a kernel or bias: made only when asked for.

    ``how`` tells ways apart that one code has: ``"order"`` (the right numbers, channels in reversed
    order), ``"uncropped"`` (over the padded map), else nothing.
    """

    shape: Shape
    make: Callable[[], Floats]
    how: str = ""

    @cached_property
    def array(self) -> Floats:
        """The answer; may hold infinities, where the right one does not."""
        with np.errstate(over="ignore", invalid="ignore"):
            return self.make()


def other_operation(layer: Layer) -> Layer:
    """The layer whose forward pass does the other of convolution and correlation."""
    turned = layer.operation == "convolution"
    return replace(layer, operation="correlation" if turned else "convolution")


def changed(layer: Layer, **changes: Any) -> Layer:
    """The layer with other settings, and deltas of 0 in the shape that its output then has."""
    other = replace(layer, **changes)
    return replace(other, output_delta=_zeros(other.output_shape))


def without_bias(layer: Layer) -> Layer | None:
    """The layer with a bias of 0; None where it is 0."""
    return replace(layer, bias=np.zeros_like(layer.bias)) if layer.bias.any() else None


def without_stride(layer: Layer) -> Layer | None:
    """The layer with a stride of 1; None where it is 1."""
    return None if layer.stride == (1, 1) else changed(layer, stride=(1, 1))


def without_dilation(layer: Layer) -> Layer | None:
    """The layer without holes in its stencil; None where there are none."""
    return changed(layer, dilation=(1, 1)) if has_holes(layer) else None


def padded_in_full(layer: Layer) -> Layer | None:
    """The layer whose stencil meets every window that touches the map; None where it does."""
    rows, columns = (axis.named_padding("full") for axis in layer.axes)
    return None if layer.padding == (rows, columns) else changed(layer, padding=(rows, columns))


def has_holes(layer: Layer) -> bool:
    """Whether the dilation makes the stencil any longer."""
    return any(axis.span > axis.taps for axis in layer.axes)


def misread_channels(layer: Layer) -> Layer:
    """The layer with a kernel whose axes C_out and C/groups were read in each other's place."""
    swapped = stencil.transpose_channels(layer.kernel, layer.groups)
    return replace(layer, kernel=swapped.reshape(layer.kernel.shape))


class Stamps:
    """What the deltas stamp into a map that holds exactly their windows: nothing cropped.

    Args:
        layer: the layer that the deltas are of.
        slides: the stencil that collects, instead of the backward stencil.
        stride, dilation: instead of the layer's.
    """

    def __init__(
        self, layer: Layer, slides: Floats, stride: Pair | None = None, dilation: Pair | None = None
    ) -> None:
        stride, dilation = stride or layer.stride, dilation or layer.dilation
        outputs = layer.output_shape[2:]
        self._crop = layer.padding
        self._slides = slides
        self.axes = tuple(
            _just(outputs[i], slides.shape[2 + i], stride[i], dilation[i]) for i in (0, 1)
        )
        self._layer = replace(
            layer,
            input=_zeros((*layer.input.shape[:2], *(axis.size for axis in self.axes))),
            kernel=slides,
            stride=stride,
            dilation=dilation,
            padding=NO_PADDING,
        )

    @cached_property
    def _map(self) -> Floats:
        return stencil.collect(self._layer, self._slides)

    def whole(self, zeros: Sequence[Pair], how: str = "uncropped") -> Iterator[Wrong]:
        """With zeros (before, after) along each axis; negative ones crop.

        Yields nothing if nothing would be left.
        """
        rows, columns = zeros
        size = tuple(axis.size + sum(pair) for axis, pair in zip(self.axes, zeros, strict=True))
        if min(size) > 0:
            shape = (*self._layer.input.shape[:2], *size)
            yield Wrong(shape, lambda: stencil.pad(self._map, (rows, columns)), how)

    def cropped(self, zeros: Sequence[Pair]) -> Iterator[Wrong]:
        """The same, less the layer's forward padding."""
        cropped = [
            (before - top, after - bottom)
            for (before, after), (top, bottom) in zip(zeros, self._crop, strict=True)
        ]
        yield from self.whole(cropped, how="")


def kernel_gradients(
    trace: Trace, stride: Pair | None = None, dilation: Pair | None = None
) -> Iterator[Wrong]:
    """∂C/∂w as if stride or dilation were another: cut to the kernel's taps, to its span, or whole.

    Whole is everywhere that the deltas fit into the padded map, which a search for "valid" gives.
    """
    layer = trace.layer
    stride, dilation = stride or layer.stride, dilation or layer.dilation
    reach = [
        (axis.padded - (axis.outputs - 1) * s - 1) // d + 1
        for axis, s, d in zip(layer.axes, stride, dilation, strict=True)
    ]
    taps = layer.kernel.shape[2:]
    tried = {taps: None, tuple(axis.span for axis in layer.axes): None, tuple(reach): None}
    for rows, columns in tried:
        if (
            rows <= reach[0]
            and columns <= reach[1]
            and rows * columns <= MOST_TAPS * math.prod(taps)
        ):
            yield _kernel_gradient(trace, (rows, columns), stride, dilation)


def _kernel_gradient(trace: Trace, taps: Pair, stride: Pair, dilation: Pair) -> Wrong:
    layer = trace.layer
    axes = [_just(layer.output_shape[2 + i], taps[i], stride[i], dilation[i]) for i in (0, 1)]
    shape = (*layer.kernel.shape[:2], *taps)

    def make() -> Floats:
        padded = stencil.pad(trace.activated, layer.padding)
        met = padded[..., : axes[0].size, : axes[1].size]
        other = replace(
            layer,
            input=met,
            kernel=_zeros(shape),
            stride=stride,
            dilation=dilation,
            padding=NO_PADDING,
        )
        return stencil.kernel_gradient(other, met)

    return Wrong(shape, make)


def _just(outputs: int, taps: int, stride: int, dilation: int) -> Axis:
    """The shortest axis on which the window fits ``outputs`` times."""
    window = Axis(1, taps, stride, dilation)
    return replace(window, size=(outputs - 1) * stride + window.span)


def _zeros(shape: Shape) -> Floats:
    """Zeros that take no memory; read only."""
    return np.broadcast_to(np.float64(0.0), shape)
