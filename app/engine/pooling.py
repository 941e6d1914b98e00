"""Pooling stages: one number for each window of each map, channels kept apart.

Rows and columns at the end that no window reaches are dropped; their delta is 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from app.engine.activations import Floats
from app.engine.errors import GeometryError, times
from app.engine.given import Pair, pair
from app.engine.stages import RIGHT, Rules, Shape, Stage, take_maps
from app.engine.wires import Indices

T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True, eq=False)
class _Pool(Stage):
    size: int | Pair
    stride: int | Pair | None = None  # as large as the window if left out

    def output_shape(self, shape: Shape, rank: int) -> Shape:
        """(N, C, H, W) → (N, C, OH, OW)."""
        take_maps(shape)
        size = pair("size", self.size)
        stride = size if self.stride is None else pair("stride", self.stride)
        if size[0] > shape[2] or size[1] > shape[3]:
            raise GeometryError(
                "size",
                "is {size} cells but the map has {map}; use a smaller window",
                size=times(*size),
                map=times(*shape[2:]),
            )
        outputs = ((n - k) // s + 1 for n, k, s in zip(shape[2:], size, stride, strict=True))
        return (*shape[:2], *outputs)

    def _windows(self, maps: NDArray[T]) -> NDArray[T]:
        """(…, H, W) → (…, OH, OW, kh·kw): each window's cells in C order."""
        size = pair("size", self.size)
        rows, columns = size if self.stride is None else pair("stride", self.stride)
        seen = sliding_window_view(maps, size, axis=(-2, -1))[..., ::rows, ::columns, :, :]
        return seen.reshape(*seen.shape[:-2], -1)

    def _cells(self, shape: Shape) -> Indices:
        """Which of the N·C·H·W cells each window sees: numbers sent through the same windows."""
        return self._windows(np.arange(np.prod(shape)).reshape(shape))


class MaxPool(_Pool):
    """The largest cell of each window; among equals the first in C order."""

    type: ClassVar[str] = "max_pool"

    def forward(self, x: Floats) -> Floats:
        """Each window's largest cell."""
        largest: Floats = self._windows(x).max(axis=-1)
        return largest

    def backward(self, x: Floats, delta: Floats, rules: Rules = RIGHT) -> Floats:
        """Each δ goes back to the cell that was largest; windows may share one."""
        chosen = self.piece(x)[..., None]
        cells = np.take_along_axis(self._cells(x.shape), chosen, axis=-1)
        return _added(cells.ravel(), delta.ravel(), x.shape)

    def piece(self, x: Floats) -> Indices:
        """Which cell of each window is the largest, (N, C, OH, OW)."""
        chosen: Indices = self._windows(x).argmax(axis=-1)
        return chosen


class AveragePool(_Pool):
    """The mean of each window."""

    type: ClassVar[str] = "average_pool"

    def forward(self, x: Floats) -> Floats:
        """Each window's mean."""
        mean: Floats = self._windows(x).mean(axis=-1)
        return mean

    def backward(self, x: Floats, delta: Floats, rules: Rules = RIGHT) -> Floats:
        """Each δ goes back to all cells of its window in equal parts."""
        cells = self._cells(x.shape)
        parts = np.broadcast_to((delta / cells.shape[-1])[..., None], cells.shape)
        return _added(cells.ravel(), parts.ravel(), x.shape)


def _added(cells: Indices, values: Floats, shape: Shape) -> Floats:
    """Zeros of the shape, with every value added to its cell."""
    sums = np.bincount(cells, values, minlength=int(np.prod(shape))).astype(np.float64, copy=False)
    return sums.reshape(shape)
