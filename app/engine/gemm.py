"""Sliding a stencil quickly: lay out what its taps meet, then multiply matrices.

Each tap of a stencil meets one cell of the map for every output. With these cells in a matrix, a
row for each of the K = C/groups·kh·kw taps and a column for each of the P = OH·OW outputs, all
that slides is a product of two matrices:

* ``weigh``: (C_out, K) @ (K, P) → (C_out, P), what a stencil gives when it slides;
* ``match``: (C_out, P) @ (P, K) → (C_out, K), what deltas in the outputs' places give against the
  cells: the stencil's gradient.

The products are the machine's business. Laying out the cells is ours, and there are some ways to
do it; :func:`formulation` holds the rule that chooses. No result depends on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import gcd, prod
from typing import TYPE_CHECKING

import numpy as np

from app.engine.activations import Floats
from app.engine.geometry import Axis
from app.engine.sliding import Slide
from app.engine.zeros import EACH

if TYPE_CHECKING:
    from app.engine.given import Pair

# How many numbers, of 8 bytes each.
PICKED = 4 * 1024  # the largest matrix of which every cell's place is remembered
PICKED_ALONG = 8 * 1024  # the most places that are remembered where only rows are picked
BLOCK = 64 * 1024  # cells copied at a time: the cache still holds them when they are multiplied


@lru_cache(maxsize=128)
def formulation(slide: Slide) -> Formulation:
    """The rule: small matrices are picked, cell by cell or along the rows; all others in blocks.

    In the lab's maps it is the number of calls that takes the time, in large ones it is memory.
    Large maps that were dilated are taken apart first. What is remembered of one slide is 64 kB
    at most.

    Raises:
        ValueError: the stencil does not fit into the maps.
    """
    inputs, kh, kw = slide.stencil[1:]
    rows, columns = slide.axes
    if not (rows.fits and columns.fits):
        raise ValueError(slide)
    if slide.maps[0] == slide.groups == 1:
        if inputs * kh * kw * rows.outputs * columns.outputs <= PICKED:
            return Picked(slide)
        if inputs * kw * rows.padded * columns.outputs <= PICKED_ALONG:
            return PickedAlong(slide)
    return Blocks(slide) if slide.spread == EACH else Interleaved(slide)


class Picked:
    """Every cell of the matrix is picked out of the map by its remembered place.

    The places are found by sliding over cells that hold their own number, counted from 1. What
    dilation and padding put between them is then 0. One less, −1, is the place of the last cell,
    and a zero is put there.
    """

    def __init__(self, slide: Slide) -> None:
        self._cells, self._stencil = prod(slide.maps), slide.stencil
        self._outputs, self._taps = slide.stencil[0], prod(slide.stencil[1:])
        self._result = (1, self._outputs, *(axis.outputs for axis in slide.axes))
        numbered = np.arange(1.0, self._cells + 1).reshape(slide.maps)
        self._places = self._laid_out(slide, slide.over(numbered)).astype(np.intp) - 1
        self._zeros = bool((self._places < 0).any())

    def weigh(self, stencil: Floats, maps: Floats) -> Floats:
        """(C_out, C, kh, kw) slid over (1, C, H, W) → (1, C_out, OH, OW)."""
        weights = stencil.reshape(self._outputs, self._taps)
        products: Floats = weights.dot(self._matrix(maps))
        return products.reshape(self._result)

    def match(self, deltas: Floats, maps: Floats) -> Floats:
        """(1, C_out, OH, OW) against (1, C, H, W) → (C_out, C, kh, kw)."""
        deltas = deltas.reshape(self._outputs, -1)
        products: Floats = deltas.dot(self._matrix(maps).T)
        return products.reshape(self._stencil)

    def _laid_out(self, slide: Slide, maps: Floats) -> Floats:
        return slide.met(maps, self._result[2:]).reshape(self._taps, -1)

    def _matrix(self, maps: Floats) -> Floats:
        """(1, C, H, W) → (C·kh·kw, OH·OW)."""
        return self._flat(maps)[self._places]

    def _flat(self, maps: Floats) -> Floats:
        if not self._zeros:
            return maps.reshape(self._cells)
        flat = np.zeros(self._cells + 1)
        flat[:-1] = maps.reshape(self._cells)
        return flat


class PickedAlong(Picked):
    """Picked as if the stencil had one row. Its others meet the same cells, further down.

    So what the first row picks, (C·kw, H·OW), is copied for each of them, in long runs.
    """

    def _laid_out(self, slide: Slide, maps: Floats) -> Floats:
        (outputs, inputs, kh, kw), (down, right) = slide[1:3]
        row = slide._replace(stencil=(outputs, inputs, 1, kw), stride=(1, right))
        column = slide._replace(stencil=(outputs, inputs * kw, kh, 1), stride=(down, 1))
        along = row.met(maps, (maps.shape[2], self._result[3]))
        along = along.reshape(1, inputs * kw, *along.shape[4:])
        met = column.met(along, self._result[2:])
        copies = met.reshape(inputs, kw, kh, *met.shape[4:]).swapaxes(1, 2)
        self._copies = copies.shape, copies.strides
        return along.ravel()

    def _matrix(self, maps: Floats) -> Floats:
        along = self._flat(maps).take(self._places)
        shape, strides = self._copies
        return np.ndarray(shape, along.dtype, along, 0, strides).reshape(self._taps, -1)


class Blocks:
    """The matrix is copied and multiplied some rows of the output, or members, at a time."""

    def __init__(self, slide: Slide) -> None:
        self._slide = slide
        batch, channels = slide.maps[:2]
        outputs, _, kh, kw = slide.stencil
        rows, columns = (axis.outputs for axis in slide.axes)
        self._result = (batch, outputs, rows, columns)
        self._weights = (slide.groups, outputs // slide.groups, prod(slide.stencil[1:]))
        self._rows = max(1, BLOCK // (channels * kh * kw * columns))  # of one block
        self._members = max(1, self._rows // rows)

    def weigh(self, stencil: Floats, maps: Floats) -> Floats:
        """(C_out, C/groups, kh, kw) slid over (N, C, H, W) → (N, C_out, OH, OW)."""
        weights = np.ascontiguousarray(stencil).reshape(self._weights)
        result = np.empty(self._result)
        grouped = self._grouped(result)
        for members, places, cells in self._blocks(maps):
            np.matmul(weights, cells, out=grouped[members, :, :, places])
        return result

    def match(self, deltas: Floats, maps: Floats) -> Floats:
        """(N, C_out, OH, OW) against (N, C, H, W) → (C_out, C/groups, kh, kw), over the batch."""
        grouped, total = self._grouped(deltas), np.zeros(self._weights)
        for members, places, cells in self._blocks(maps):
            total += (grouped[members, :, :, places] @ cells.swapaxes(2, 3)).sum(axis=0)
        return total.reshape(self._slide.stencil)

    def _grouped(self, outputs: Floats) -> Floats:
        """(N, C_out, OH, OW) → (N, groups, C_out/groups, OH·OW)."""
        return outputs.reshape(self._result[0], *self._weights[:2], -1)

    def _blocks(self, maps: Floats) -> Iterator[tuple[slice, slice, Floats]]:
        """Each block's members, its outputs' places, and its matrices, (members, groups, K, P)."""
        batch, _, rows, columns = self._result
        groups, _, taps = self._weights
        for first in range(0, batch, self._members):
            members = slice(first, first + self._members)
            met = self._slide.met(self._slide.over(maps[members]), self._result[2:])
            for top in range(0, rows, self._rows):
                end = top + self._rows
                cells = met[..., top:end, :]
                yield (
                    members,
                    slice(top * columns, end * columns),
                    cells.reshape(len(cells), groups, taps, -1),
                )


class Interleaved:
    """Dilated maps, without multiplying the zeros between their cells.

    With ``gap − 1`` zeros between two cells, every ``gap``-th place has the same taps over cells
    and the others over zeros. So each such class of places is a slide of its own, of a smaller
    stencil over the maps as they were. Places are next to each other: the stride is 1.
    """

    def __init__(self, slide: Slide) -> None:
        self._slide, axes = slide, slide.axes
        self._result = (*slide.maps[:1], *slide.stencil[:1], *(axis.outputs for axis in axes))
        rows, columns = (
            list(_classes(axis, slide.spread[i], slide.maps[2 + i])) for i, axis in enumerate(axes)
        )
        self._parts = [
            ((..., r.places, c.places), (..., r.taps, c.taps), self._part(r, c))
            for r, c in product(rows, columns)
        ]

    def weigh(self, stencil: Floats, maps: Floats) -> Floats:
        """(C_out, C/groups, kh, kw) slid over (N, C, H, W) → (N, C_out, OH, OW)."""
        result = np.zeros(self._result)
        for places, taps, way in self._parts:
            result[places] = way.weigh(stencil[taps], maps)
        return result

    def match(self, deltas: Floats, maps: Floats) -> Floats:
        """(N, C_out, OH, OW) against (N, C, H, W) → (C_out, C/groups, kh, kw), over the batch."""
        total = np.zeros(self._slide.stencil)
        for places, taps, way in self._parts:
            total[taps] += way.match(deltas[places], maps)
        return total

    def _part(self, row: _Class, column: _Class) -> Formulation:
        return formulation(
            self._slide._replace(
                stencil=(*self._slide.stencil[:2], row.count, column.count),
                dilation=(row.dilation, column.dilation),
                spread=EACH,
                zeros=(row.zeros, column.zeros),
            )
        )


@dataclass(frozen=True)
class _Class:
    """Places along an axis that fall alike upon the zeros between its cells."""

    places: slice
    taps: slice  # the ones over cells
    count: int  # of these taps
    dilation: int  # between them, in cells
    zeros: Pair  # before and after the cells; negative where some are not met


def _classes(axis: Axis, gap: int, cells: int) -> Iterator[_Class]:
    period = gap // gcd(gap, axis.dilation)  # so many taps further, one is over a cell again
    for first in range(min(gap, axis.outputs)):
        over = (first + tap * axis.dilation - axis.before for tap in range(min(period, axis.taps)))
        for tap, place in enumerate(over):
            if place % gap == 0:
                count, places = len(range(tap, axis.taps, period)), range(first, axis.outputs, gap)
                apart = period * axis.dilation // gap
                end = place // gap + (count - 1) * apart + len(places)
                yield _Class(
                    slice(first, None, gap),
                    slice(tap, None, period),
                    count,
                    apart,
                    (-(place // gap), end - cells),
                )


Formulation = Picked | Blocks | Interleaved
