"""Panels of weights, each in its tap's colour: the kernel, and the stencils that it becomes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.engine import Trace, stencil
from app.engine.activations import Floats
from app.figures import marks
from app.figures.marks import Mark
from app.figures.palette import tap
from app.figures.panels import SMALL, Grid, Panel, blank, middle, places_of
from app.figures.svg import text_width
from app.words.numbers import short
from app.words.symbols import Symbols


def kernel_panel(trace: Trace, *, largest: float = SMALL) -> Panel:
    """The kernel w as it is written, every weight in its tap's colour."""
    kernel = trace.layer.kernel
    values = kernel.reshape(-1, *kernel.shape[2:])
    grid = Grid.fitting(values.shape, largest, across=min(kernel.shape[1], 4))
    return _tap_panel("kernel", trace, values, np.arange(values.size), grid, "kernel")


def stencils_panel(trace: Trace) -> Panel:
    """Forward stencil, an arrow, backward stencil: the first channel pair's."""
    rows, columns = trace.layer.kernel.shape[2:]
    numbered = np.arange(rows * columns, dtype=np.float64).reshape(rows, columns)
    turned = [
        numbered if trace.layer.operation == "correlation" else stencil.rotate180(numbered),
    ]
    turned.append(stencil.rotate180(turned[0]))
    ids = np.stack(turned).astype(np.intp)
    cell = min(52.0, 120 / max(rows, columns))
    grid = Grid(2, rows, columns, cell, 2, max(64.0, cell * 1.3))
    values = trace.layer.kernel[0, 0].ravel()[ids]
    panel = _tap_panel("stencils", trace, values, ids.ravel(), grid, "")
    low = max(grid.size[1], 50)
    panel.figure["layout"] |= {"height": low}
    panel.figure["layout"]["yaxis"]["range"] = [low, 0]
    right, _ = grid.origin(1)
    left, level = right - grid.gutter, max(38.0, 2 + rows * cell / 2)  # room for "180°" above
    start, end = left + 9, right - 9
    arc = f"M{start:g},{level + 8:g}Q{(start + end) / 2:g},{level - 26:g} {end:g},{level + 4:g}"
    head = f"M{end - 8:g},{level + 1:g}L{end:g},{level + 5:g}L{end + 1:g},{level - 5:g}"
    panel.figure["layout"]["shapes"] += [
        marks.path(d, "arc", line="var(--ink)", width=1.75) for d in (arc, head)
    ]
    panel.figure["layout"]["annotations"].append(
        marks.text(((start + end) / 2, level - 24), "180°", "arc", size=14, weight=700)
    )
    return panel


def _tap_panel(
    name: str, trace: Trace, values: Floats, ids: NDArray[np.intp], grid: Grid, editable: str
) -> Panel:
    symbols = Symbols(trace.layer)
    figure = blank(*grid.size)
    texts = [short(v) for v in values.ravel().tolist()]
    labels = [str(symbols.place(int(i))) for i in ids]
    size = grid.number_size(texts)
    named = size and grid.cell >= 38
    words: list[Mark] = []
    for square, (text, label, i) in enumerate(zip(texts, labels, ids.tolist(), strict=True)):
        box, colour = grid.box(square, 1), symbols.colour(i)
        ink = tap(colour, "-ink")
        figure["layout"]["shapes"].append(marks.rect(box, "tap", fill=tap(colour)))
        x, y = middle(box)
        shift = grid.cell * 0.17 if named else 0
        if size:
            words.append(marks.text((x, y + shift), text, "n", size=size, colour=ink, weight=600))
        if named:
            small = min(11.5, (grid.cell - 6) / text_width(label, 1))
            words.append(marks.text((x, y - grid.cell * 0.24), label, "n", size=small, colour=ink))
    figure["layout"]["annotations"] = words
    return Panel(name, "tap", figure, grid, ids, values, editable, places_of(ids))


def turning(panel: Panel) -> tuple[list[Mark], tuple[float, float], float]:
    """The forward stencil's marks in :func:`stencils_panel`, their middle, and how far to go."""
    if panel.grid is None:
        return [], (0, 0), 0
    layout, grid = panel.figure["layout"], panel.grid
    right, _ = grid.origin(1)
    count = grid.rows * grid.columns
    words = [m for m in layout["annotations"] if m["name"] == "n" and m["x"] < right - grid.gutter]
    return (
        [m for m in layout["shapes"] if m["name"] == "tap"][:count] + words,
        (2 + grid.columns * grid.cell / 2, 2 + grid.rows * grid.cell / 2),
        right - 2,
    )
