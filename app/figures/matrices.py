"""M and Mᵀ: the unrolled layer as a matrix, its entries in their taps' colours.

Above each column stands what the column is multiplied by, at the end of each row what the row
adds up to: M under a gives z, Mᵀ under δ gives what is collected. Row j of Mᵀ is column j of M:
the same weights, read down instead of across. That is all that transposing does, and it is the
turn of the stencil: the two are one thing.
"""

from __future__ import annotations

import numpy as np

from app.engine import Trace
from app.engine.activations import Floats
from app.engine.trace import Step
from app.figures import marks
from app.figures.landings import frame
from app.figures.marks import Mark
from app.figures.palette import shade, tap
from app.figures.panels import Grid, Panel, blank, middle, places_of
from app.figures.svg import text_width
from app.words.numbers import short
from app.words.symbols import Symbols

WHOLE = 40  # nodes a side up to which a matrix is drawn
CELL = 34.0


def matrix_panels(trace: Trace, member: int) -> list[Panel]:
    """M and Mᵀ of a small layer; nothing where they would be too large to read."""
    if max(trace.step_count("deltas"), trace.step_count("forward")) > WHOLE:
        return []
    a, delta = trace.activated[member].ravel(), trace.layer.output_delta[member].ravel()
    table, symbols = trace.wires.table, Symbols(trace.layer)
    forward = _panel("matrix", symbols, table.target, table.source, table.tap,
                     a, trace.output[member].ravel() - _bias(trace))  # fmt: skip
    backward = _panel("matrix_transposed", symbols, table.source, table.target, table.tap,
                      delta, trace.collected[member].ravel())  # fmt: skip
    return [forward, backward]


def _bias(trace: Trace) -> Floats:
    """The bias of each output node: M·a is the output without it."""
    shape = trace.layer.output_shape[1:]
    return np.broadcast_to(trace.layer.bias[:, None, None], shape).ravel()


def _panel(
    name: str, symbols: Symbols, row: np.ndarray, column: np.ndarray, taps: np.ndarray,
    above: Floats, result: Floats,
) -> Panel:  # fmt: skip
    grid = Grid.fitting((1, len(result) + 1, len(above) + 1), CELL, width=460)
    figure = blank(*grid.size)
    cells = np.full((grid.rows, grid.columns), -1)
    cells[row + 1, column] = taps
    shapes, words = figure["layout"]["shapes"], figure["layout"]["annotations"]
    empty = [
        grid.box((r + 1) * grid.columns + c, 1)
        for r in range(len(result))
        for c in range(len(above))
        if cells[r + 1, c] < 0
    ]
    shapes.append(marks.cells(empty, "pad", fill="var(--pad)"))
    for square in np.flatnonzero(cells.ravel() >= 0).tolist():
        colour = symbols.colour(int(cells.flat[square]))
        shapes.append(marks.rect(grid.box(square, 1), "tap", fill=tap(colour)))
        label = str(symbols.place(colour))
        size = min(11.0, (grid.cell - 5) / text_width(label, 1))
        if size >= 7:
            at = middle(grid.box(square))
            words.append(marks.text(at, label, "n", size=size, colour=tap(colour, "-ink")))
    for squares, values in (
        (list(range(len(above))), above),
        ([(r + 2) * grid.columns - 1 for r in range(len(result))], result),
    ):
        _values(grid, squares, values, shapes, words)
    return Panel(name, "tap", figure, grid, cells.ravel(), None, "", places_of(cells.ravel()))


def _values(
    grid: Grid, squares: list[int], values: Floats, shapes: list[Mark], words: list[Mark]
) -> None:
    top = float(np.abs(values).max())
    written = [short(v) for v in values.tolist()]
    size = grid.number_size(written)
    for square, value, text in zip(squares, values.tolist(), written, strict=True):
        step = shade(value, top)
        box = grid.box(square, 1)
        shapes.append(marks.rect(box, "value", fill=f"var(--v{step})"))
        if size:
            words.append(marks.text(middle(box), text, "n", size=size, colour=f"var(--t{step})"))


def matrix_marks(step: Step, panel: Panel, symbols: Symbols) -> list[Mark]:
    """A sum in a matrix: its row, or its column, entry by entry."""
    if panel.grid is None:
        return []
    grid, transposed = panel.grid, panel.name == "matrix_transposed"
    rows, columns = step.wires.target, step.wires.source
    if transposed:
        rows, columns = columns, rows
    squares = ((rows + 1) * grid.columns + columns).tolist()
    inset, width = frame(grid.cell)
    found: list[Mark] = []
    if step.phase != "weights":
        found.append(_line(step, grid, transposed))
        # in the matrix that makes the sum, each factor above its entry is lit with it
        if (step.phase == "deltas") == transposed:
            for k, (column, weight) in enumerate(
                zip(columns.tolist(), step.wires.tap.tolist(), strict=True), start=1
            ):
                line = tap(symbols.colour(weight))
                found.append(
                    marks.rect(grid.box(column, inset), f"frame k{k}", line=line, width=width)
                )
    for k, square in enumerate(squares, start=1):
        name = "frame" if step.phase == "weights" else f"frame k{k}"
        found.append(marks.rect(grid.box(square, 1.25), name, line="var(--ink)", width=2.5))
    return found


def _line(step: Step, grid: Grid, transposed: bool) -> Mark:
    across = (step.phase == "deltas") == transposed
    if across:
        first, last = (step.cell + 1) * grid.columns, (step.cell + 2) * grid.columns - 1
    else:
        first, last = grid.columns + step.cell, (grid.rows - 1) * grid.columns + step.cell
    (x0, y0, *_), (*_, x1, y1) = grid.box(first), grid.box(last)
    return marks.rect((x0, y0, x1, y1), "self", line="var(--ink)", width=2)
