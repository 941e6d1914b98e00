"""What a sum looks like in every panel: marks to lay over drawings that stay as they are.

A *moment* is one sum of the layer: an output's, an input node's delta, a weight's gradient. Each
panel shows it in its own way, and all of them come from the same wires, in the same order, so
that the third contribution is ``k3`` everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from app.engine import Phase, Trace, settled
from app.engine.trace import Step
from app.figures import marks
from app.figures.kernels import pairs
from app.figures.landings import Landings, frame
from app.figures.marks import Box, Mark
from app.figures.matrices import matrix_marks
from app.figures.palette import tap
from app.figures.panels import KINDS, Grid, Panel
from app.figures.wiring import Wiring
from app.words.numbers import short
from app.words.symbols import Symbols

RESULTS: dict[Phase, str] = {
    "forward": "output",
    "deltas": "input_delta",
    "weights": "kernel_gradient",
}


WINDOWS: tuple[tuple[str, Phase], ...] = (("map_padded", "forward"), ("delta_padded", "deltas"))
OUTLINED = 400  # cells up to which those to come are drawn one by one


@dataclass(frozen=True)
class Overlay:
    """Marks by panel. ``light`` shows the sum; ``cover`` hides results that come later."""

    light: dict[str, list[Mark]]
    cover: dict[str, list[Mark]]
    terms: int


class Overlays:
    """Overlays of a trace for a set of panels."""

    def __init__(self, trace: Trace, member: int, panels: Mapping[str, Panel]) -> None:
        self.trace, self.member, self.panels = trace, member, panels
        self.symbols = Symbols(trace.layer)
        self.wiring = Wiring(trace, member)
        self.landings = Landings(trace, member)

    def of(self, phase: Phase, cell: int) -> Overlay:
        """The marks of one sum."""
        step = self.trace.step(phase, cell, self.member)
        light, cover = {}, {}
        for name, panel in self.panels.items():
            if name == "wires":
                light[name] = self.wiring.light(step)
            elif name == "stencils":
                light[name] = self._taps(step, panel)
                cover[name] = self._unseen(step, panel)
            elif name.startswith("matrix"):
                light[name] = matrix_marks(step, panel, self.symbols)
            elif name == "lens":
                light[name] = self._close_up(step, panel)
            elif name == "stamps" and phase == "deltas":
                light[name] = [*self.landings.stamps(step, panel), *self._self(step, panel)]
            else:
                light[name] = self._cells(step, panel)
                if name == RESULTS[phase]:
                    light[name] = self._running(step, panel) + light[name]
                    cover[name] = self._later(step, panel)
        return Overlay(light, cover, len(step))

    def _cells(self, step: Step, panel: Panel) -> list[Mark]:
        if KINDS[panel.kind] == step.phase:
            return self._self(step, panel)
        if panel.kind == "tap":
            return self._taps(step, panel)
        if (panel.name, step.phase) in WINDOWS:
            return self.landings.window(step, panel)
        return self._others(step, panel)

    def _close_up(self, step: Step, panel: Panel) -> list[Mark]:
        over = next(
            (self.panels[n] for n, p in WINDOWS if p == step.phase and n in self.panels), None
        )
        return self.landings.lens(step, panel, over) if over else []

    def _self(self, step: Step, panel: Panel) -> list[Mark]:
        width = 3 if panel.grid and panel.grid.cell > 14 else 2
        return [
            marks.rect(box, "self", line="var(--ink)", width=width)
            for box in panel.boxes(step.cell, inset=width / 2)
        ]

    def _others(self, step: Step, panel: Panel) -> list[Mark]:
        """The far ends of the wires, each framed in its tap's colour."""
        others = step.wires.source if panel.kind == "source" else step.wires.target
        inset, width = frame(panel.grid.cell if panel.grid else 0)
        colours = [self.symbols.colour(t) for t in step.wires.tap.tolist()]
        timed = step.phase != "weights"
        found = []
        for k, (cell, colour) in enumerate(zip(others.tolist(), colours, strict=True), start=1):
            found += [
                marks.rect(box, f"frame k{k}" if timed else "frame", line=tap(colour), width=width)
                for box in panel.boxes(cell, inset)
            ]
        return found

    def _taps(self, step: Step, panel: Panel) -> list[Mark]:
        """The weights that the sum uses."""
        used = [step.cell] if step.phase == "weights" else step.wires.tap.tolist()
        if panel.name == "stencils":
            used = [self._drawn(t) for t in used]
        found = []
        for k, cell in enumerate(used, start=1):
            name = "self" if step.phase == "weights" else f"frame k{k}"
            found += [
                marks.rect(box, name, line="var(--ink)", width=2.5)
                for box in panel.boxes(cell, inset=1.25)
            ]
        return found

    def _running(self, step: Step, panel: Panel) -> list[Mark]:
        """The sum so far, in the cell that it belongs to."""
        if panel.grid is None or not panel.grid.number_size(["00"]):
            return []
        box = panel.boxes(step.cell, inset=1)[0]
        middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        sums = [short(v) for v in (step.offset, *settled.running(step)[:-1])] if len(step) else []
        found = []
        for k, written in enumerate(sums):
            size = panel.grid.number_size([written])
            found.append(marks.rect(box, f"veil at{k}", fill="var(--veil)"))
            word = written if k else ""
            found.append(marks.text(middle, word, f"sum at{k}", size=size or 9))
        return found

    def _later(self, step: Step, panel: Panel) -> list[Mark]:
        """A veil over the results that come after this one."""
        grid = panel.grid
        if grid is None or panel.cells is None:
            return []
        total = grid.tiles * grid.rows * grid.columns
        if total <= OUTLINED:  # empty cells, to be filled
            later = [i for i, cell in enumerate(panel.cells.tolist()) if cell > step.cell]
            if not later:
                return []
            veil = marks.cells([grid.box(i, 0) for i in later], "veil", fill="var(--veil)")
            empty = [grid.box(i, 1.5) for i in later]
            return [veil, marks.cells(empty, "veil", fill="var(--veil)", line="var(--rule)")]
        rest = self._rest(step.cell, grid)
        return [marks.cells(rest, "veil large", fill="var(--veil)")] if rest else []

    @staticmethod
    def _rest(cell: int, grid: Grid) -> list[Box]:
        """All cells after one, as a few boxes: its row's, the rows below, the tiles after."""
        per_tile = grid.rows * grid.columns
        tile, within = divmod(cell, per_tile)
        column = within % grid.columns
        boxes: list[Box] = []
        if column + 1 < grid.columns:
            boxes.append(_span(grid.box(cell + 1), grid.box(cell + grid.columns - 1 - column)))
        below = cell + grid.columns - column
        if below < (tile + 1) * per_tile:
            boxes.append(_span(grid.box(below), grid.box((tile + 1) * per_tile - 1)))
        return boxes + [
            _span(grid.box(t * per_tile), grid.box((t + 1) * per_tile - 1))
            for t in range(tile + 1, grid.tiles)
        ]

    def _drawn(self, weight: int) -> int:
        """The weight that stands for another among the stencils: itself, or the first pair's."""
        return weight if pairs(self.trace.layer) != (1, 1) else self.symbols.plane(weight)

    @cached_property
    def _count(self) -> int:
        """How many weights the stencils show."""
        kernel = self.trace.layer.kernel
        return kernel.size if pairs(self.trace.layer) != (1, 1) else kernel[0, 0].size

    @cached_property
    def _first_seen(self) -> dict[int, tuple[int, int]]:
        """For each weight of the stencils, the delta step and contribution that first uses it."""
        first: dict[int, tuple[int, int]] = {}
        for weight in range(self.trace.layer.kernel.size):
            sources = self.trace.wires.of_tap(weight).source
            if not len(sources):
                continue
            cell, drawn = int(sources.min()), self._drawn(weight)
            if drawn not in first or cell < first[drawn][0]:
                taps = self.trace.wires.of_source(cell).tap.tolist()
                first[drawn] = (cell, 1 + taps.index(weight))
        return first

    def complete_from(self, step: Step) -> int | None:
        """With how many contributions the backward stencil is whole; None: not in this step."""
        seen = self._first_seen
        last = max(seen.values()) if len(seen) == self._count else None
        if last is None or last[0] > step.cell:
            return None
        return last[1] if last[0] == step.cell else 0

    def _unseen(self, step: Step, panel: Panel) -> list[Mark]:
        """Veils over the backward stencil's weights that no sum has used yet.

        Nothing is said about the turned stencil before it has been put together.
        """
        if step.phase == "weights" or panel.grid is None:
            return []
        if step.phase == "forward":
            left, _ = panel.grid.origin(panel.grid.tiles // 2)
            wide, high = (panel.figure["layout"][side] for side in ("width", "height"))
            hidden = (left - panel.grid.gutter + 2, 0, wide, high)
            return [marks.rect(hidden, "hush", fill="var(--veil)")]
        found, half = [], self._count
        for weight in range(self._count):
            cell, k = self._first_seen.get(weight, (self.trace.step_count("deltas"), 0))
            if cell < step.cell:
                continue
            name = f"slot until{k}" if cell == step.cell else "slot"
            square = next(s for s in panel.places[weight] if s >= half)
            found.append(
                marks.rect(panel.grid.box(square, 1), name, line="var(--faint)", width=1.25,
                           fill="var(--veil)")
            )  # fmt: skip
        if found:
            whole = self.complete_from(step)
            name = f"hush until{whole}" if whole else "hush"
            grid = panel.grid
            right, _ = grid.origin(grid.tiles // 2)
            box = (right - grid.gutter + 2, 0, right - 2, grid.size[1])
            found.append(marks.rect(box, name, fill="var(--veil)"))
        return found


def _span(first: Box, last: Box) -> Box:
    return first[0], first[1], last[2], last[3]
