"""Four ways to the same deltas, each as short as it can be written.

Many people look for the rotation in somebody's code and do not find it. Here is where it is: in
one of the four. The functions are for reading (and are run as they stand, to show that they
agree); :mod:`app.engine.stencil` is what computes. Each takes a layer and one member's deltas
(C_out, OH, OW) and gives what its nodes collect, (C, H, W), before σ′.

``stencil[o, c, u, v]`` is always the *forward* stencil: w for correlation, rot180(w) for
convolution. Source of the names: col2im is Caffe's; the matrix is doubly blocked Toeplitz.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from app.engine.activations import Floats
from app.engine.layer import Layer
from app.engine.stencil import (
    collecting_padding,
    dilate,
    forward_stencil,
    pad,
    rotate180,
    transpose_channels,
)
from app.engine.wires import Wires


def scatter_loop(layer: Layer, delta: Floats) -> Floats:
    """Every δ stamps the forward stencil into the map; where stamps overlap they add up."""
    stencil = forward_stencil(layer)
    (s, t), (d, e) = layer.stride, layer.dilation
    gathered = pad(np.zeros(layer.input.shape[1:]), layer.padding)
    for o, x, y in np.ndindex(delta.shape):
        for c, u, v in np.ndindex(stencil.shape[1:]):
            channel = in_group(stencil, layer.groups, o, c)
            product = delta[o, x, y] * stencil[o, c, u, v]
            gathered[channel, x * s + u * d, y * t + v * e] += product
    return uncovered(layer, gathered)


def transposed_matrix(layer: Layer, delta: Floats) -> Floats:
    """The layer is a matrix M; backwards it is Mᵀ. Rows become columns, nothing else happens."""
    matrix = Wires(layer).dense(layer.kernel)
    return (matrix.T @ delta.ravel()).reshape(layer.input.shape[1:])


def col2im(layer: Layer, delta: Floats) -> Floats:
    """Each tap once: all its products in one block, added where that tap stood."""
    stencil = forward_stencil(layer)
    (s, t), (d, e) = layer.stride, layer.dilation
    rows, columns = delta.shape[1:]
    gathered = pad(np.zeros(layer.input.shape[1:]), layer.padding)
    grouped = gathered.reshape(layer.groups, -1, *gathered.shape[1:])
    blocks = delta.reshape(layer.groups, -1, rows, columns)
    weights = stencil.reshape(layer.groups, -1, *stencil.shape[1:])
    for u, v in np.ndindex(stencil.shape[2:]):
        down = slice(u * d, u * d + rows * s, s)
        along = slice(v * e, v * e + columns * t, t)
        products = np.einsum("goc,goxy->gcxy", weights[..., u, v], blocks)
        grouped[..., down, along] += products
    return uncovered(layer, gathered)


def full_correlation(layer: Layer, delta: Floats) -> Floats:
    """Every node collects: the stencil, turned by 180°, slides over δ among zeros."""
    turned = rotate180(forward_stencil(layer))
    turned = transpose_channels(turned, layer.groups)
    d, e = layer.dilation
    padded = dilate(delta, layer.stride)
    padded = pad(padded, collecting_padding(layer))
    gathered = np.zeros(layer.input.shape[1:])
    for c, x, y in np.ndindex(gathered.shape):
        for o, u, v in np.ndindex(turned.shape[1:]):
            channel = in_group(turned, layer.groups, c, o)
            seen = padded[channel, x + u * d, y + v * e]
            gathered[c, x, y] += seen * turned[c, o, u, v]
    return gathered


def in_group(stencil: Floats, groups: int, row: int, column: int) -> int:
    """The channel that a stencil's ``[row, column]`` meets: groups keep to themselves."""
    return row // (len(stencil) // groups) * int(stencil.shape[1]) + column


def uncovered(layer: Layer, padded: Floats) -> Floats:
    """The map without its padding: what was collected there belongs to no node."""
    (top, bottom), (left, right) = layer.padding
    return pad(padded, ((-top, -bottom), (-left, -right)))


# what the four are made of, besides NumPy
HELPERS: tuple[Callable[..., object], ...] = (
    forward_stencil, rotate180, transpose_channels, collecting_padding, dilate, pad, in_group,
    uncovered,
)  # fmt: skip

# name → function, and the line in it that turns the stencil ("" where none does)
WAYS: dict[str, tuple[Callable[[Layer, Floats], Floats], str]] = {
    "scatter_loop": (scatter_loop, ""),
    "transposed_matrix": (transposed_matrix, ""),
    "col2im": (col2im, ""),
    "full_correlation": (full_correlation, "rotate180("),
}
