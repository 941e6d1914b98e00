"""The same results by sliding a stencil, without ever naming a wire.

A *stencil* is what slides over a map: at each place its entries meet the cells beneath them and
the products are added up. ``correlate`` slides its argument as it stands; how that is done fast is
``gemm``'s business. Written apart from ``wires`` on purpose: that the two agree is what rot180
explains, and what its tests hold.

Sources: V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", 2016,
chapter 4 (the backward pass as a stencil over padded, dilated deltas).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from app.engine.activations import Floats
from app.engine.gemm import formulation
from app.engine.given import Pair
from app.engine.layer import Layer, Padding
from app.engine.sliding import Slide
from app.engine.zeros import EACH, dilate, pad

__all__ = [
    "backward_stencil",
    "backward_window",
    "bias_gradient",
    "collect",
    "collecting_padding",
    "correlate",
    "dilate",
    "forward",
    "forward_stencil",
    "forward_window",
    "full_deltas",
    "kernel_gradient",
    "pad",
    "rotate180",
    "transpose_channels",
]


def rotate180(kernel: Floats) -> Floats:
    """Turn the last two axes by 180°: entry (x, y) comes from (kh−1−x, kw−1−y).

    >>> rotate180(np.array([[1.0, 2.0], [3.0, 4.0]])).tolist()
    [[4.0, 3.0], [2.0, 1.0]]
    """
    return kernel[..., ::-1, ::-1]


def correlate(
    maps: Floats, stencil: Floats, stride: Pair = EACH, dilation: Pair = EACH, groups: int = 1
) -> Floats:
    """Slide ``stencil`` as it stands over ``maps``, wherever it lies wholly inside.

    (N, C, H, W) and (C_out, C/groups, kh, kw) → (N, C_out, OH, OW):
    result[n, o, x, y] = Σ_{c,u,v} stencil[o, c, u, v] · maps[n, c, x·s + u·d, y·s + v·d].
    """
    slide = Slide(maps.shape, stencil.shape, stride, dilation, groups)
    return formulation(slide).weigh(stencil, maps)


def forward_stencil(layer: Layer) -> Floats:
    """What the forward pass slides over the map: w for correlation, rot180(w) for convolution."""
    return layer.kernel if layer.operation == "correlation" else rotate180(layer.kernel)


def backward_stencil(layer: Layer) -> Floats:
    """What the backward pass slides over the padded deltas: the forward stencil turned by 180°."""
    return rotate180(forward_stencil(layer))


def forward(layer: Layer, activated: Floats) -> Floats:
    """The output z^{l+1}: the forward stencil slid over the padded map, plus the bias.

    It moves by the stride, with its taps ``dilation`` apart.
    """
    slid = layer.slides.over_map.weigh(forward_stencil(layer), activated)
    slid += layer.bias[:, None, None]
    return slid


def collect(layer: Layer, stencil: Floats | None = None) -> Floats:
    """What every input cell collects, ∂C/∂a^l: the backward stencil slid over padded deltas.

    A stride puts zeros between the deltas. Around them go span − 1 zeros ("full"): a border cell
    simply feeds fewer outputs. Forward padding takes some of them away again (the result is
    cropped), and cells that the stride left over at the end get zeros of their own. Channels are
    transposed (C_out ↔ C), which is not a rotation.

    ``stencil`` may be another one of the kernel's shape, to see what a mistake gives.
    """
    turned = backward_stencil(layer) if stencil is None else stencil
    weights = transpose_channels(turned, layer.groups)
    return layer.slides.over_deltas.weigh(weights, layer.output_delta)


def collecting_padding(layer: Layer) -> Padding:
    """Zeros around the (dilated) deltas in the backward pass; negative where they are cropped."""
    rows, columns = layer.axes
    return rows.collecting, columns.collecting


def transpose_channels(stencil: Floats, groups: int) -> Floats:
    """(C_out, C/groups, kh, kw) → (C, C_out/groups, kh, kw), group by group. Space stays put."""
    outputs, inputs, *taps = stencil.shape
    if inputs == 1 and outputs == groups:
        return stencil  # one channel each way: nothing to transpose
    grouped = stencil.reshape(groups, outputs // groups, inputs, *taps)
    return grouped.swapaxes(1, 2).reshape(groups * inputs, outputs // groups, *taps)


def kernel_gradient(layer: Layer, activated: Floats) -> Floats:
    """∂C/∂w: the deltas correlated with the map, summed over the batch.

    Entry (u, v) of the forward stencil met cell (x·s + u·d) whenever it made output x, so its
    gradient is Σ_x δ_x · a_{x·s + u·d}: each tap's cells held against the deltas. That is a
    correlation in which stride and dilation change places, and it gives the gradient of the
    forward *stencil*; for convolution it is turned back to w's axes.
    """
    gradient = layer.slides.over_map.match(layer.output_delta, activated)
    return gradient if layer.operation == "correlation" else rotate180(gradient)


def bias_gradient(layer: Layer) -> Floats:
    """∂C/∂b: every delta of an output channel, added up. (C_out,)."""
    total: Floats = layer.output_delta.sum(axis=(0, 2, 3))
    return total


def forward_window(layer: Layer, row: int, column: int) -> list[tuple[int, int, int, int]]:
    """Where the forward stencil lies in the padded map while it makes output (row, column).

    A list of (row, column, u, v): the cell of the padded map beneath the stencil, and the kernel
    position of the weight that meets it there.
    """
    top, left = row * layer.stride[0], column * layer.stride[1]
    return _window(forward_stencil, layer, top, left)


def backward_window(layer: Layer, row: int, column: int) -> list[tuple[int, int, int, int]]:
    """Where the backward stencil lies in :func:`full_deltas` while it collects for a map's cell.

    As :func:`forward_window`. Forward padding shifts the cells: that is the crop.
    """
    (top, _), (left, _) = layer.padding
    return _window(backward_stencil, layer, row + top, column + left)


def full_deltas(layer: Layer, deltas: Floats) -> Floats:
    """Deltas as the backward stencil meets them: dilated by the stride, span − 1 zeros around.

    What the stride left over gets zeros of its own at the end. Any array over the output's cells
    may be laid out this way, (…, OH, OW).
    """
    rows, columns = ((axis.span - 1, axis.span - 1 + axis.leftover) for axis in layer.axes)
    return pad(dilate(deltas, layer.stride), (rows, columns))


def _window(
    which: Callable[[Layer], Floats], layer: Layer, top: int, left: int
) -> list[tuple[int, int, int, int]]:
    # Positions sent through the stencil's own turn tell which weight ends up where.
    rows, columns = layer.kernel.shape[2:]
    numbered = np.arange(rows * columns, dtype=np.float64).reshape(1, 1, rows, columns)
    slides = which(replace(layer, kernel=numbered))[0, 0]
    return [
        (
            top + u * layer.dilation[0],
            left + v * layer.dilation[1],
            *divmod(int(slides[u, v]), columns),
        )
        for u in range(rows)
        for v in range(columns)
    ]
