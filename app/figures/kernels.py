"""Panels of weights, each in its tap's colour: the kernel, and the stencils that it becomes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.engine import Layer, Trace, stencil
from app.engine.activations import Floats
from app.figures import marks
from app.figures.marks import Mark
from app.figures.palette import tap
from app.figures.panels import SMALL, Blocks, Grid, Panel, blank, middle, places_of
from app.figures.svg import text_width
from app.words.numbers import short
from app.words.symbols import Symbols

PAIRS = 6  # of channels whose stencils are all drawn; of more only the first pair's


def kernel_panel(trace: Trace, *, largest: float = SMALL) -> Panel:
    """The kernel w as it is written, every weight in its tap's colour."""
    kernel = trace.layer.kernel
    values = kernel.reshape(-1, *kernel.shape[2:])
    grid = Grid.fitting(values.shape, largest, across=min(kernel.shape[1], 4))
    return _tap_panel("kernel", trace, values, np.arange(values.size), grid, "kernel")


def pairs(layer: Layer) -> tuple[int, int]:
    """Of how many output and input channels the stencils are drawn: of all that are few."""
    out, into = layer.kernel.shape[:2]
    return (out, into) if layer.groups == 1 and out * into <= PAIRS else (1, 1)


def stencils_panel(trace: Trace) -> Panel:
    """Forward stencils, an arrow, backward stencils.

    With channels there is one for each pair: forwards a row an output channel, backwards a row an
    input channel. So it is seen that space is turned and channels are transposed.
    """
    kernel = trace.layer.kernel
    (out, into), (rows, columns) = pairs(trace.layer), kernel.shape[2:]
    numbered = np.arange(float(kernel.size)).reshape(kernel.shape)[:out, :into]
    forward = numbered if trace.layer.operation == "correlation" else stencil.rotate180(numbered)
    backward = stencil.rotate180(forward).swapaxes(0, 1)
    tiles = [*forward.reshape(-1, rows, columns), *backward.reshape(-1, rows, columns)]
    ids = np.stack(tiles).astype(np.intp)
    grid = _blocks((out, into), (rows, columns))
    panel = _tap_panel("stencils", trace, kernel.ravel()[ids], ids.ravel(), grid, "")
    low = max(grid.size[1] + (14 if out * into > 1 else 0), 50)
    panel.figure["layout"] |= {"height": low}
    panel.figure["layout"]["yaxis"]["range"] = [low, 0]
    right, _ = grid.origin(out * into)
    block = out * rows * grid.cell  # high
    left, level = right - grid.gutter, max(38.0, 2 + block / 2)  # room for "180°" above
    start, end = left + 9, right - 9
    arc = f"M{start:g},{level + 8:g}Q{(start + end) / 2:g},{level - 26:g} {end:g},{level + 4:g}"
    head = f"M{end - 8:g},{level + 1:g}L{end:g},{level + 5:g}L{end + 1:g},{level - 5:g}"
    panel.figure["layout"]["shapes"] += [
        marks.path(d, "arc", line="var(--ink)", width=1.75) for d in (arc, head)
    ]
    panel.figure["layout"]["annotations"].append(
        marks.text(((start + end) / 2, level - 24), "180°", "arc", size=14, weight=700)
    )
    if out * into > 1:
        panel.figure["layout"]["annotations"] += _channels(grid, out, into)
    return panel


def _blocks(channels: tuple[int, int], taps: tuple[int, int]) -> Blocks:
    """``out`` × ``into`` tiles, room for an arrow, ``into`` × ``out`` tiles."""
    (out, into), (rows, columns) = channels, taps
    several = out * into > 1
    cell = 120 / max(rows * max(out, into), columns * max(out, into)) * (1.5 if several else 1)
    cell = round(min(30.0 if several else 52.0, cell), 2)
    across, down = columns * cell + 8, rows * cell + 18
    gutter = max(64.0, cell * 1.3)
    second = 2 + (into - 1) * across + columns * cell + gutter
    left = [(2 + c * across, 2 + o * down) for o in range(out) for c in range(into)]
    right = [(second + o * across, 2 + c * down) for c in range(into) for o in range(out)]
    return Blocks(2 * out * into, rows, columns, cell, 2, gutter, (*left, *right))


def _channels(grid: Blocks, out: int, into: int) -> list[Mark]:
    """Under each tile the channels that it leads from and to: ``1→2`` forwards, ``2→1`` back."""
    ways = [f"{c + 1}→{o + 1}" for o in range(out) for c in range(into)]
    ways += [f"{o + 1}→{c + 1}" for c in range(into) for o in range(out)]
    return [
        marks.text((x + grid.columns * grid.cell / 2, y + grid.rows * grid.cell + 8), way, "way",
                   size=10, colour="var(--muted)")
        for (x, y), way in zip(grid.at, ways, strict=True)
    ]  # fmt: skip


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
    if panel.grid is None or panel.grid.tiles > 2:
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
