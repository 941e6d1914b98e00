"""Where the weights of a sum land: the stencil on its cells, by window, by stamps, or close up.

* window: the backward stencil over the padded deltas (or the forward stencil over the map). The
  chosen cell *gathers*.
* stamps: every δ puts δ times the forward stencil onto the map, and where stamps overlap they add
  up. The same cell, seen from the deltas, which *scatter*. This is what col2im does, and nothing
  more is turned in it.
* lens: the window again, large enough to read, where the map's cells are not.
"""

from __future__ import annotations

import numpy as np

from app.engine import Phase, Trace, stencil
from app.engine.trace import Step
from app.figures import marks
from app.figures.marks import Box, Mark
from app.figures.palette import shade, tap
from app.figures.panels import Grid, Panel, middle
from app.figures.svg import text_width
from app.words.numbers import short
from app.words.symbols import Symbols

Place = tuple[int, int, int, int]  # row, column, u, v


def frame(cell: float) -> tuple[float, float]:
    """Inset and line width of a frame around a cell of this size."""
    return (2.5, 3) if cell > 24 else ((1, 2) if cell > 12 else (0.5, 1.25))


class Landings:
    """Marks for the weights of a trace's sums."""

    def __init__(self, trace: Trace, member: int) -> None:
        self.trace, self.member = trace, member
        self.symbols = Symbols(trace.layer)

    def window(self, step: Step, panel: Panel) -> list[Mark]:
        """The stencil where it lies, its weights on the cells that they meet.

        A weight with a wire lands with its contribution. One that meets a zero of the padding has
        no wire: it completes the stencil, pale, when the sum is done.
        """
        if panel.grid is None:
            return []
        landing = self._landing(step, panel)
        found: list[Mark] = []
        for tile in self._tiles(step):
            for y, x, u, v in self._placed(step):
                square = (tile * panel.grid.rows + y) * panel.grid.columns + x
                found += self._weight(panel.grid, square, (u, v), landing.get(square), step)
        return found

    def lens(self, step: Step, panel: Panel, over: Panel) -> list[Mark]:
        """The window of ``over`` and its surroundings, drawn on the ``panel``'s larger cells."""
        if panel.grid is None or over.grid is None or over.values is None or over.cells is None:
            return []
        grid, placed, tile = panel.grid, self._placed(step), self._tiles(step)[0]
        landing, values = self._landing(step, over), over.values[tile]
        known = over.cells.reshape(-1, over.grid.rows, over.grid.columns)[tile]
        first_row, first_column = placed[0][0], placed[0][1]
        spans = (placed[-1][0] - first_row + 1, placed[-1][1] - first_column + 1)
        top, left = (
            first - (side - span) // 2
            for first, side, span in zip(
                (first_row, first_column), (grid.rows, grid.columns), spans, strict=True
            )
        )
        largest = float(np.abs(over.values).max())
        found: list[Mark] = []
        for square in range(grid.rows * grid.columns):
            y, x = top + square // grid.columns, left + square % grid.columns
            if 0 <= y < over.grid.rows and 0 <= x < over.grid.columns:
                given = float(values[y, x]) if known[y, x] >= 0 else None
                found += self._cell(grid, square, given, largest)
        for y, x, u, v in placed:
            square = (y - top) * grid.columns + x - left
            at = (tile * over.grid.rows + y) * over.grid.columns + x
            found += self._weight(grid, square, (u, v), landing.get(at), step)
        return found

    def stamps(self, step: Step, panel: Panel) -> list[Mark]:
        """For each contribution, the stamp of its δ; earlier ones stay as outlines."""
        if panel.grid is None:
            return []
        layer, grid, found = self.trace.layer, panel.grid, list[Mark]()
        (top, _), (left, _) = layer.padding
        channel = step.cell // (grid.rows * grid.columns)
        for k, target in enumerate(step.wires.target.tolist(), start=1):
            output, row, column = np.unravel_index(target, layer.output_shape[1:])
            delta = float(step.factor[k - 1])
            inside = channel % layer.kernel.shape[1]
            kernel = layer.kernel[output, inside]
            output_slice = (int(output) * layer.kernel.shape[1] + inside) * layer.kernel.shape[2]
            when = f"k{k}" if k == len(step) else f"at{k}"
            boxes = []
            for y, x, u, v in stencil.forward_window(layer, int(row), int(column)):
                if 0 <= y - top < grid.rows and 0 <= x - left < grid.columns:
                    square = (channel * grid.rows + y - top) * grid.columns + x - left
                    boxes.append(grid.box(square, 1))
                    product = delta * float(kernel[u, v])
                    weight = (output_slice + u) * layer.kernel.shape[3] + v
                    own = square == step.cell
                    found += self._stamped(grid, square, weight, product, when, own)
            if k < len(step):
                area = (min(b[0] for b in boxes), min(b[1] for b in boxes),
                        max(b[2] for b in boxes), max(b[3] for b in boxes))  # fmt: skip
                found.append(marks.rect(area, f"past k{k + 1}", line="var(--muted)", width=1.5))
        return found

    def _placed(self, step: Step) -> list[Place]:
        deltas = step.phase == "deltas"
        shape = self.trace.layer.input.shape if deltas else self.trace.layer.output_shape
        _, row, column = np.unravel_index(step.cell, shape[1:])
        window = stencil.backward_window if deltas else stencil.forward_window
        return window(self.trace.layer, int(row), int(column))

    def _tiles(self, step: Step) -> range:
        """The channels that the sum runs over: its group's, on the other side."""
        layer = self.trace.layer
        inside, outside = layer.kernel.shape[1], layer.kernel.shape[0] // layer.groups
        phase: Phase = step.phase
        own, other = (inside, outside) if phase == "deltas" else (outside, inside)
        shape = layer.input.shape if phase == "deltas" else layer.output_shape
        group = step.cell // (shape[2] * shape[3]) // own
        return range(group * other, (group + 1) * other)

    @staticmethod
    def _landing(step: Step, panel: Panel) -> dict[int, int]:
        """Drawn square → the contribution that lands there."""
        cells = step.wires.source if panel.kind == "source" else step.wires.target
        return {panel.places[cell][0]: k for k, cell in enumerate(cells.tolist(), start=1)}

    def _weight(
        self, grid: Grid, square: int, place: tuple[int, int], k: int | None, step: Step
    ) -> list[Mark]:
        """One weight of the stencil on its cell; without a contribution ``k`` it stays pale."""
        when = f"k{len(step) if k is None else k}"
        pale = "ghost " if k is None else ""
        weight = self._plane(place) if k is None else int(step.wires.tap[k - 1])
        return [
            self._frame(grid, square, weight, f"frame {pale}{when}"),
            *self._chip(grid, square, weight, f"chip {pale or 'to '}{when}"),
        ]

    def _stamped(
        self, grid: Grid, square: int, weight: int, product: float, when: str, own: bool
    ) -> list[Mark]:
        name = when if own else f"ghost {when}"
        found = [self._frame(grid, square, weight, f"frame {name}")]
        size = grid.number_size([short(product)])
        if size:
            x, y = middle(grid.box(square))
            at = (x, y + grid.cell * 0.13)
            found.append(marks.text(at, short(product), f"n {name}", size=size))
        to = f"chip {'to ' if own else ''}{name}"
        return found + self._chip(grid, square, weight, to)

    def _plane(self, place: tuple[int, int]) -> int:
        """A weight of the first channels by its place: what stands for all of them in a label."""
        columns: int = self.trace.layer.kernel.shape[3]
        return place[0] * columns + place[1]

    def _frame(self, grid: Grid, square: int, weight: int, name: str) -> Mark:
        inset, width = frame(grid.cell)
        line = tap(self.symbols.colour(weight))
        return marks.rect(grid.box(square, inset), name, line=line, width=width)

    def _chip(self, grid: Grid, square: int, weight: int, name: str) -> list[Mark]:
        colour = self.symbols.colour(weight)
        label = str(self.symbols.place(weight))
        size = min(11.0, grid.cell * 0.2, (grid.cell - 12) / text_width(label, 1))
        if grid.cell < 30 or size < 6:
            return []
        left, top, *_ = grid.box(square, frame(grid.cell)[0])
        at = (left + 6 + text_width(label, size) / 2 + size * 0.35, top + size * 1.15)
        fill, ink = tap(colour), tap(colour, "-ink")
        return [marks.chip(at, label, name, size=size, fill=fill, colour=ink)]

    @staticmethod
    def _cell(grid: Grid, square: int, value: float | None, largest: float) -> list[Mark]:
        box: Box = grid.box(square, grid.gap / 2)
        x, y = middle(box)
        at = (x, y + grid.cell * 0.13)
        if value is None:
            size = grid.number_size(["0"])
            zero = marks.text(at, "0", "zero", size=size, colour="var(--pad-ink)")
            return [marks.rect(box, "pad", fill="var(--pad)"), *([zero] if size else [])]
        step = shade(value, largest)
        found = [marks.rect(box, "value", fill=f"var(--v{step})")]
        size = grid.number_size([short(value)])
        if size:
            found.append(marks.text(at, short(value), "n", size=size, colour=f"var(--t{step})"))
        return found
