"""The unrolled, weight-shared MLP: input nodes on the left, output nodes on the right.

Small layers are drawn whole, one path a tap, so that sharing is seen as colour. Of a large layer
only the nodes and wires of the chosen sum are drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.engine import Phase, Trace
from app.engine.trace import Step
from app.engine.wires import Columns
from app.figures import marks
from app.figures.marks import Mark, Point
from app.figures.palette import shade, tap
from app.figures.panels import Panel, blank
from app.figures.svg import text_width
from app.words.numbers import short
from app.words.symbols import Symbols

WIDTH, HEIGHT, TALL = 400.0, 300.0, 430.0
NARROW = 320.0  # for a phone, so that the names need not shrink
FEW = 14  # nodes a side up to which the lower height has room for their names
CROWD = 40  # wires up to which an eye can follow each
WHOLE = 36  # nodes a side up to which the whole graph is drawn
FOCUS = 26  # nodes a side that are drawn of a larger one


@dataclass(frozen=True)
class Column:
    """Nodes above each other at ``x``; a map's rows are set apart."""

    x: float
    nodes: dict[int, float]  # cell → y
    radius: float

    def at(self, cell: int) -> Point | None:
        """Where a node stands, if it is drawn."""
        y = self.nodes.get(cell)
        return None if y is None else (self.x, y)

    def edge(self, cell: int, side: int) -> Point | None:
        """Where its wires begin (``side`` 1) or end (−1)."""
        y = self.nodes.get(cell)
        return None if y is None else (self.x + side * self.radius, y)


def _column(x: float, height: float, cells: list[int], row: int) -> Column:
    """``row`` is the length of a map's row; half a space more stands between rows."""
    slots, at = [], 0.0
    for i, cell in enumerate(cells):
        if i and row and cell // row != cells[i - 1] // row:
            at += 0.45
        slots.append(at)
        at += 1
    space = min(60.0 if len(cells) < 5 else 34.0, (height - 26) / max(1.0, at - 1))
    top = height / 2 - (slots[-1] * space / 2 if slots else 0)
    nodes = {cell: top + slot * space for cell, slot in zip(cells, slots, strict=True)}
    return Column(x, nodes, max(3.0, min(18.0 if len(cells) < 5 else 13.0, space * 0.42)))


class Wiring:
    """The panel ``wires`` of a trace: its base for a phase, and marks for a sum."""

    def __init__(self, trace: Trace, member: int, *, narrow: bool = False) -> None:
        self.trace, self.member, self.narrow = trace, member, narrow
        self.symbols = Symbols(trace.layer)
        sources, targets = trace.step_count("deltas"), trace.step_count("forward")
        self.whole = max(sources, targets) <= WHOLE
        crowd = max(sources, targets) if self.whole else FOCUS
        self.height = HEIGHT if crowd <= FEW else TALL
        if self.whole:
            self.left, self.right = self._columns(list(range(sources)), list(range(targets)))

    def _columns(self, sources: list[int], targets: list[int]) -> tuple[Column, Column]:
        left, right = (60.0, NARROW - 72) if self.narrow else (86.0, WIDTH - 96)
        return (
            _column(left, self.height, sources, self.trace.layer.input.shape[3]),
            _column(right, self.height, targets, self.trace.layer.output_shape[3]),
        )

    def panel(self, phase: Phase, bare: int = -1) -> Panel:
        """Every wire, pale, and every node with its value as far as the phase knows it.

        The input node ``bare`` is left without its wires, and marked; among too many wires to
        follow, those of other rows than its own are paler.
        """
        figure = blank(int(NARROW if self.narrow else WIDTH), int(self.height))
        if self.whole:
            figure["layout"]["shapes"] += self._wires(bare)
            for side in ("source", "target"):
                figure["data"] += self._nodes(side, phase)
            # traces are drawn beneath shapes unless the shapes say so; wires end at their nodes
            for mark in figure["layout"]["shapes"]:
                mark["layer"] = "below"
            if (at := self.left.at(bare)) is not None:
                figure["layout"]["shapes"].append(
                    marks.circle(at, self.left.radius + 1, "self", line="var(--ink)",
                                 fill=marks.CLEAR, width=3)
                )  # fmt: skip
        return Panel("wires", "wires", figure)

    def _wires(self, bare: int) -> list[Mark]:
        """One path for each tap's wires, and one for those that are far from ``bare``."""
        row, rows = self.trace.layer.input.shape[3], _rows(self.trace.wires.table)
        crowded = bare >= 0 and len(rows) > CROWD
        paths: dict[tuple[bool, int], str] = {}
        for source, target, weight in rows:
            if source != bare:
                far = crowded and source // row != bare // row
                key = (not far, self.symbols.colour(weight))  # what is near lies above
                paths[key] = paths.get(key, "") + self._path(source, target)
        return [
            marks.path(d, "wire" if near else "wire far", line=tap(colour), width=1.3,
                       opacity=0.42 if near else 0.14)
            for (near, colour), d in sorted(paths.items())
        ]  # fmt: skip

    def _path(self, source: int, target: int) -> str:
        start, end = self.left.edge(source, 1), self.right.edge(target, -1)
        return marks.wire(start, end) if start and end else ""

    def _values(self, side: str, phase: Phase) -> list[float] | None:
        trace, member = self.trace, self.member
        if side == "source":
            return None if phase == "deltas" else trace.activated[member].ravel().tolist()
        return None if phase == "forward" else trace.layer.output_delta[member].ravel().tolist()

    def _nodes(self, side: str, phase: Phase) -> list[dict[str, object]]:
        column = self.left if side == "source" else self.right
        values = self._values(side, phase)
        top = max((abs(v) for v in values), default=0) if values else 0
        steps = [shade(v, top) for v in values] if values else []
        cells = list(column.nodes)
        written = [short(v) for v in values] if values else []
        size = min(11.5, column.radius * 0.95)
        fits = all(text_width(w, size) <= 1.95 * column.radius for w in written)
        x, y = [column.x] * len(cells), list(column.nodes.values())
        inks = [f"var(--t{s})" for s in steps] or "var(--ink)"
        circles: dict[str, object] = {
            "type": "scatter", "mode": "markers+text", "x": x, "y": y,
            "hoverinfo": "skip",
            "marker": {
                "size": round(2 * column.radius, 2),
                "color": [f"var(--v{s})" for s in steps] if steps else "var(--sheet)",
                "line": {"color": "var(--ink)", "width": 1},
                "opacity": 1,
            },
            "text": written if values and size >= 8 and fits else [""] * len(cells),
            "textfont": {"size": round(size, 2), "color": inks},
            "textposition": "middle center",
        }  # fmt: skip
        if column.radius < 4.5:
            return [circles]
        left = side == "source"
        names = [self._name(side, phase, cell) for cell in cells]
        size = 12.0 if self.narrow else round(max(9.5, min(12, column.radius * 1.05)), 2)
        labels: dict[str, object] = {
            "type": "scatter", "mode": "text", "hoverinfo": "skip",
            "x": [column.x + (-1 if left else 1) * (column.radius + 6)] * len(cells), "y": y,
            "text": names, "textposition": "middle left" if left else "middle right",
            "textfont": {"size": size, "color": "var(--muted)"},
        }  # fmt: skip
        return [circles, labels]

    def _name(self, side: str, phase: Phase, cell: int) -> str:
        if side == "source":
            return str(self.symbols.delta(cell) if phase == "deltas" else self.symbols.a(cell))
        return str(
            self.symbols.output(cell) if phase == "forward" else self.symbols.output_delta(cell)
        )

    def light(self, step: Step) -> list[Mark]:
        """The wires of a sum, its nodes, and a label for each weight, in their order."""
        rows = _rows(step.wires)
        left, right = (self.left, self.right) if self.whole else self._focus(step)
        found: list[Mark] = []
        chips: list[Mark] = []
        crowd = max(len(rows), 1)
        size = 11.0 if crowd <= 9 else 9.0
        for k, (source, target, weight) in enumerate(rows, start=1):
            start, end = left.edge(source, 1), right.edge(target, -1)
            if not start or not end:
                continue
            colour = self.symbols.colour(weight)
            name = "lit" if step.phase == "weights" else f"lit t{k}"
            found.append(marks.path(marks.wire(start, end), name, line=tap(colour), width=3))
            if crowd <= FOCUS and (step.phase != "weights" or k == 1):
                at = marks.along(start, end, _along(step.phase, k, crowd))
                chips.append(
                    marks.chip(at, str(self.symbols.place(weight)), f"chip from t{k}", size=size,
                               fill=tap(colour), colour=tap(colour, "-ink"))
                )  # fmt: skip
        if not self.whole:
            found += self._focus_nodes(step.phase, left, right)
        return found + self._ends(step, left, right) + chips

    def _ends(self, step: Step, left: Column, right: Column) -> list[Mark]:
        def ring(at: Point | None, radius: float, name: str, fill: str) -> list[Mark]:
            if at is None:
                return []
            return [marks.circle(at, radius, name, line="var(--ink)", fill=fill, width=2.5)]

        if step.phase == "weights":
            return []
        forward = step.phase == "forward"
        one, many = (right, left) if forward else (left, right)
        others = step.wires.source if forward else step.wires.target
        found = ring(one.at(step.cell), one.radius + 0.5, "self", "var(--ink)")
        for k, cell in enumerate(others.tolist(), start=1):
            found += ring(many.at(cell), many.radius + 0.5, f"end t{k}", marks.CLEAR)
        return found

    def _focus(self, step: Step) -> tuple[Column, Column]:
        sources = sorted(set(step.wires.source.tolist()))[:FOCUS]
        targets = sorted(set(step.wires.target.tolist()))[:FOCUS]
        if step.phase == "deltas":
            sources = [step.cell]
        if step.phase == "forward":
            targets = [step.cell]
        return self._columns(sources, targets)

    def _focus_nodes(self, phase: Phase, left: Column, right: Column) -> list[Mark]:
        found: list[Mark] = []
        for side, column in (("source", left), ("target", right)):
            small = column.radius < 4
            for cell, y in column.nodes.items():
                found.append(
                    marks.circle((column.x, y), column.radius, "node", line="var(--ink)",
                                 fill="var(--sheet)")
                )  # fmt: skip
                if not small or len(column.nodes) <= FOCUS:
                    x = column.x + (-1 if side == "source" else 1) * (column.radius + 5)
                    align = "right" if side == "source" else "left"
                    found.append(
                        marks.text((x, y), self._name(side, phase, cell), "name",
                                   size=max(10, min(12, column.radius * 1.2)),
                                   colour="var(--muted)", align=align)
                    )  # fmt: skip
        return found

    def hits(self) -> list[Mark]:
        """Nodes and wires to point at, invisible, over everything else."""
        if not self.whole:
            return []
        found = [
            marks.path(self._path(s, t), f"hit moment:weights/{k}", line=marks.CLEAR, width=9)
            for s, t, k in _rows(self.trace.wires.table)
        ]
        for phase, column in (("deltas", self.left), ("forward", self.right)):
            found += [
                {**marks.circle((column.x, y), max(9, column.radius), f"hit moment:{phase}/{cell}",
                                line=marks.CLEAR, fill="transparent")}
                for cell, y in column.nodes.items()
            ]  # fmt: skip
        return found


def _rows(wires: Columns) -> list[tuple[int, int, int]]:
    columns = (wires.source.tolist(), wires.target.tolist(), wires.tap.tolist())
    return list(zip(*columns, strict=True))


def _along(phase: Phase, k: int, crowd: int) -> float:
    """Where on its wire a label sits: towards the fanned-out end, neighbours staggered."""
    if phase == "weights":
        return 0.5
    spread = 0.55 if crowd <= 2 else 0.58 + 0.13 * ((k % 3) - 1)
    return spread if phase == "deltas" else 1 - spread
