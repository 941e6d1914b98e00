"""The same results by sliding a stencil, without ever naming a wire.

A *stencil* is what slides over a map: at each place its entries meet the cells beneath them and
the products are added up. ``correlate`` slides its argument as it stands. Written apart from
``wires`` on purpose: that the two agree is what rot180 explains, and what its tests hold.

Sources: V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", 2016,
chapter 4 (the backward pass as a stencil over padded, dilated deltas).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from app.engine.activations import Floats
from app.engine.layer import Layer, Padding, Pair

NONE: Pair = (1, 1)


def rotate180(kernel: Floats) -> Floats:
    """Turn the last two axes by 180°: entry (x, y) comes from (kh−1−x, kw−1−y).

    >>> rotate180(np.array([[1.0, 2.0], [3.0, 4.0]])).tolist()
    [[4.0, 3.0], [2.0, 1.0]]
    """
    return kernel[..., ::-1, ::-1]


def dilate(maps: Floats, steps: Pair) -> Floats:
    """Put ``steps − 1`` zeros between neighbouring cells of the last two axes.

    >>> dilate(np.array([[1.0, 2.0]]), (1, 2)).tolist()
    [[1.0, 0.0, 2.0]]
    """
    if steps == NONE:
        return maps
    rows, columns = (
        (size - 1) * step + 1 for size, step in zip(maps.shape[-2:], steps, strict=True)
    )
    wide = np.zeros((*maps.shape[:-2], rows, columns))
    wide[..., :: steps[0], :: steps[1]] = maps
    return wide


def pad(maps: Floats, zeros: Padding) -> Floats:
    """Put zeros around the last two axes; a negative number crops instead."""
    (top, bottom), (left, right) = zeros
    grown = [(max(0, top), max(0, bottom)), (max(0, left), max(0, right))]
    if any(sum(pair) for pair in grown):
        maps = np.pad(maps, [(0, 0)] * (maps.ndim - 2) + grown)
    rows, columns = maps.shape[-2:]  # grown first: what is cropped may reach into the new zeros
    return maps[..., max(0, -top) : rows + min(0, bottom), max(0, -left) : columns + min(0, right)]


def correlate(
    maps: Floats, stencil: Floats, stride: Pair = NONE, dilation: Pair = NONE, groups: int = 1
) -> Floats:
    """Slide ``stencil`` as it stands over ``maps``, wherever it lies wholly inside.

    (N, C, H, W) and (C_out, C/groups, kh, kw) → (N, C_out, OH, OW):
    result[n, o, x, y] = Σ_{c,u,v} stencil[o, c, u, v] · maps[n, c, x·s + u·d, y·s + v·d].
    """
    outputs, inputs, *taps = stencil.shape
    spans = tuple((k - 1) * d + 1 for k, d in zip(taps, dilation, strict=True))
    windows = sliding_window_view(maps, spans, axis=(2, 3))
    windows = windows[:, :, :: stride[0], :: stride[1], :: dilation[0], :: dilation[1]]
    batch, _, rows, columns = windows.shape[:4]
    # one matrix product a group: (outputs, inputs·kh·kw) @ (inputs·kh·kw, rows·columns)
    cells = windows.transpose(0, 1, 4, 5, 2, 3).reshape(batch, groups, -1, rows * columns)
    weights = stencil.reshape(groups, outputs // groups, inputs * taps[0] * taps[1])
    return (weights @ cells).reshape(batch, outputs, rows, columns)


def forward_stencil(layer: Layer) -> Floats:
    """What the forward pass slides over the map: w for correlation, rot180(w) for convolution."""
    return layer.kernel if layer.operation == "correlation" else rotate180(layer.kernel)


def backward_stencil(layer: Layer) -> Floats:
    """What the backward pass slides over the padded deltas: the forward stencil turned by 180°."""
    return rotate180(forward_stencil(layer))


def forward(layer: Layer, activated: Floats) -> Floats:
    """The output z^{l+1}: the forward stencil over the padded map, plus the bias."""
    padded = pad(activated, layer.padding)
    slid = correlate(padded, forward_stencil(layer), layer.stride, layer.dilation, layer.groups)
    return slid + layer.bias[:, None, None]


def collect(layer: Layer, stencil: Floats | None = None) -> Floats:
    """What every input cell collects, ∂C/∂a^l: the backward stencil over the padded deltas.

    A stride puts zeros between the deltas. Around them go span − 1 zeros ("full"): a border cell
    simply feeds fewer outputs. Forward padding takes some of them away again (the result is
    cropped), and cells that the stride left over at the end get zeros of their own. Channels are
    transposed (C_out ↔ C), which is not a rotation.

    ``stencil`` may be another one of the kernel's shape, to see what a mistake gives.
    """
    turned = backward_stencil(layer) if stencil is None else stencil
    return correlate(
        pad(dilate(layer.output_delta, layer.stride), collecting_padding(layer)),
        transpose_channels(turned, layer.groups),
        dilation=layer.dilation,
        groups=layer.groups,
    )


def collecting_padding(layer: Layer) -> Padding:
    """Zeros around the (dilated) deltas in the backward pass; negative where they are cropped."""
    rows, columns = (
        (axis.span - 1 - axis.before, axis.span - 1 - axis.after + axis.leftover)
        for axis in layer.axes
    )
    return rows, columns


def transpose_channels(stencil: Floats, groups: int) -> Floats:
    """(C_out, C/groups, kh, kw) → (C, C_out/groups, kh, kw), group by group. Space stays put."""
    outputs, inputs, *taps = stencil.shape
    grouped = stencil.reshape(groups, outputs // groups, inputs, *taps)
    return grouped.swapaxes(1, 2).reshape(groups * inputs, outputs // groups, *taps)


def kernel_gradient(layer: Layer, activated: Floats) -> Floats:
    """∂C/∂w: the deltas slid over the map, summed over the batch.

    Entry (u, v) of the forward stencil met cell (x·s + u·d) whenever it made output x, so its
    gradient is Σ_x δ_x · a_{x·s + u·d}: a correlation in which stride and dilation change places.
    That is the gradient of the forward *stencil*; for convolution it is turned back to w's axes.
    """
    batch, outputs, *_ = layer.output_delta.shape
    inputs = layer.kernel.shape[1]
    padded = pad(activated, layer.padding)
    # batch becomes the channel that is summed over; every (input, output) pair is kept apart
    maps = padded.reshape(batch, layer.groups, inputs, *padded.shape[2:])
    deltas = layer.output_delta.reshape(
        batch, layer.groups, outputs // layer.groups, *layer.output_delta.shape[2:]
    )
    gradient = np.concatenate(
        [
            correlate(
                maps[:, group].swapaxes(0, 1),
                deltas[:, group].swapaxes(0, 1),
                stride=layer.dilation,
                dilation=layer.stride,
            )
            for group in range(layer.groups)
        ],
        axis=1,
    ).swapaxes(0, 1)
    # a stride that left cells over lets the deltas slide further than the kernel reaches
    gradient = gradient[..., : layer.kernel.shape[2], : layer.kernel.shape[3]]
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
