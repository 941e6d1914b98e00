"""THE table: a layer is a list of wires, and everything is a reading of it.

A wire joins one input cell to one output cell and carries one of the kernel's weights; which one
is its *tap*, a position in the kernel. So a row of the table is (source, target, tap). Then

* grouped by target, Σ w[tap]·a[source] is the forward map,
* grouped by source, Σ w[tap]·δ[target] is what each input cell collects: its delta,
* grouped by tap,    Σ a[source]·δ[target] is the kernel's gradient: one shared weight, many wires,
* listed, it is the unrolled, weight-shared MLP; written as a matrix, M and its transpose.

Follow one group in the order of the other end. In correlation, the wires of one output cell reach
growing sources with growing taps. Seen from one input cell, growing targets come with *falling*
taps, because source = target + tap. In convolution it is the other way round, because there
source = target + (last tap − tap). Either way the two readings run through the kernel in opposite
orders. **That reversal is the rotation by 180°.** Nothing else in the backward pass turns anything.

This is the only place in rot180 where a cell's index is computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from app.engine.activations import Floats
from app.engine.geometry import Axis
from app.engine.layer import Layer

Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Columns:
    """Wires as three columns of equal length; flat C-order indices into one batch member.

    ``source`` into (C, H, W), ``target`` into (C_out, OH, OW), ``tap`` into the kernel.
    """

    source: Indices
    target: Indices
    tap: Indices

    def __len__(self) -> int:
        return len(self.source)

    def where(
        self, source: int | None = None, target: int | None = None, tap: int | None = None
    ) -> Columns:
        """Only the wires with this source, this target, this tap."""
        keep = np.ones(len(self), dtype=bool)
        for column, wanted in ((self.source, source), (self.target, target), (self.tap, tap)):
            if wanted is not None:
                keep &= column == wanted
        return self[keep]

    def __getitem__(self, chosen: NDArray[np.bool_] | Indices) -> Columns:
        return Columns(self.source[chosen], self.target[chosen], self.tap[chosen])


def _along(axis: Axis, turned: bool) -> Columns:
    """The wires of a one-dimensional layer: which cell meets which, through which tap.

    ``turned`` is convolution: the window's first cell meets the kernel's last tap. A wire whose
    source would lie in the zeros around the map does not exist, which is why a border cell has
    fewer of them.
    """
    tap, target = np.divmod(np.arange(axis.taps * axis.outputs), axis.outputs)
    reach = np.arange(axis.taps) * axis.dilation
    begin = np.arange(axis.outputs) * axis.stride - axis.before
    source = ((reach[::-1] if turned else reach)[:, None] + begin).ravel()
    wires = Columns(source, target, tap)
    return wires[(source >= 0) & (source < axis.size)] if axis.before or axis.after else wires


def _between_channels(layer: Layer) -> Columns:
    """Which input channel meets which output channel; the tap is the pair's kernel slice."""
    outputs, per_group = layer.kernel.shape[:2]
    tap = np.arange(outputs * per_group)
    target, within = np.divmod(tap, per_group)
    group = target // (outputs // layer.groups)
    return Columns(group * per_group + within, target, tap)


class Wires:
    """The table of a layer, built only as far as it is read.

    Rows, columns and channels are independent, so the table is the product of three small ones;
    a single cell's wires come from a product of its three selections, however large the layer.
    """

    def __init__(self, layer: Layer) -> None:
        (rows, columns), turned = layer.axes, layer.operation == "convolution"
        down = _along(rows, turned)
        across = down if columns == rows else _along(columns, turned)
        self._factors = (_between_channels(layer), down, across)
        self.source_shape: tuple[int, ...] = layer.input.shape[1:]
        self.target_shape: tuple[int, ...] = layer.output_shape[1:]
        channels, kernel_rows, kernel_columns = len(self._factors[0]), *layer.kernel.shape[2:]
        self._tap_sizes = (channels, kernel_rows, kernel_columns)

    @property
    def count(self) -> int:
        """How many wires there are, without building them."""
        channels, rows, columns = self._factors
        return len(channels) * len(rows) * len(columns)

    @cached_property
    def table(self) -> Columns:
        """Every wire. Costs 24 bytes a wire; ask :attr:`count` first."""
        return self._product(*self._factors)

    def of_source(self, cell: int) -> Columns:
        """The wires that leave an input cell, in the order of their targets."""
        at = np.unravel_index(cell, self.source_shape)
        chosen = (f.where(source=int(i)) for f, i in zip(self._factors, at, strict=True))
        wires = self._product(*chosen)
        return wires[np.argsort(wires.target)]

    def of_target(self, cell: int) -> Columns:
        """The wires that enter an output cell, in the order of their sources."""
        at = np.unravel_index(cell, self.target_shape)
        chosen = (f.where(target=int(i)) for f, i in zip(self._factors, at, strict=True))
        wires = self._product(*chosen)
        return wires[np.argsort(wires.source)]

    def of_tap(self, tap: int) -> Columns:
        """The wires that share one weight, in the order of their targets."""
        at = np.unravel_index(tap, self._tap_sizes)
        chosen = (f.where(tap=int(i)) for f, i in zip(self._factors, at, strict=True))
        return self._product(*chosen)

    def _product(self, channels: Columns, rows: Columns, columns: Columns) -> Columns:
        def flat(name: str, sizes: tuple[int, ...]) -> Indices:
            channel, row, column = (getattr(f, name) for f in (channels, rows, columns))
            by_row: Indices = (channel * sizes[1])[:, None] + row
            index: Indices = (by_row * sizes[2])[:, :, None] + column
            return index.ravel()

        return Columns(
            flat("source", self.source_shape),
            flat("target", self.target_shape),
            flat("tap", self._tap_sizes),
        )

    # The three groupings, for one batch member or a gradient over all of them.

    def forward(self, activated: Floats, kernel: Floats) -> Floats:
        """Group by target: Σ w[tap]·a[source]. (N, C, H, W) → (N, C_out, OH, OW), no bias."""
        weights = kernel.ravel()[self.table.tap]
        products = (weights * a.ravel()[self.table.source] for a in activated)
        return np.stack([_grouped(self.table.target, p, self.target_shape) for p in products])

    def collect(self, output_delta: Floats, kernel: Floats) -> Floats:
        """Group by source: Σ w[tap]·δ[target]. (N, C_out, OH, OW) → (N, C, H, W), before σ′.

        This is backpropagation in an MLP, and nothing in it is turned.
        """
        weights = kernel.ravel()[self.table.tap]
        products = (weights * d.ravel()[self.table.target] for d in output_delta)
        return np.stack([_grouped(self.table.source, p, self.source_shape) for p in products])

    def kernel_gradient(self, activated: Floats, output_delta: Floats, kernel: Floats) -> Floats:
        """Group by tap: Σ a[source]·δ[target], over the batch too. Shaped like ``kernel``."""
        wires = self.table
        products = sum(
            a.ravel()[wires.source] * d.ravel()[wires.target]
            for a, d in zip(activated, output_delta, strict=True)
        )
        return _grouped(wires.tap, np.asarray(products), kernel.shape)

    def dense(self, kernel: Floats) -> Floats:
        """The unrolled matrix M, (C_out·OH·OW, C·H·W): output = M·a + b, collected = Mᵀ·δ."""
        matrix = np.zeros((int(np.prod(self.target_shape)), int(np.prod(self.source_shape))))
        matrix[self.table.target, self.table.source] = kernel.ravel()[self.table.tap]
        return matrix


def _grouped(index: Indices, values: Floats, shape: tuple[int, ...]) -> Floats:
    sums = np.bincount(index, values, minlength=int(np.prod(shape))).astype(np.float64, copy=False)
    return sums.reshape(shape)
