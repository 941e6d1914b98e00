"""A panel is one drawing of the lab: its figure, and what each place in it stands for.

Every panel draws cells of one kind. Pointing at a cell means the sum that it ends: an input node
its delta, an output node its forward sum, a tap its gradient. So a panel says for each drawn cell
which cell of its kind it is (or none), and never how to get there: which cells a stencil meets,
and where zeros lie, is found by sending cell numbers through the engine's own padding.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from app.engine import Phase, Trace, stencil
from app.engine.activations import Floats
from app.engine.mistakes import COLLECTING
from app.figures import marks
from app.figures.marks import Box
from app.figures.palette import scale, shade
from app.figures.svg import Figure, text_width
from app.words.numbers import short

KINDS: dict[str, Phase] = {"source": "deltas", "target": "forward", "tap": "weights"}
LARGE, SMALL = 64.0, 44.0  # a cell's side where there is room: in the stage, beside it
FONT = "Inter, Helvetica Neue, Segoe UI, Noto Sans, Liberation Sans, system-ui, sans-serif"
READABLE = 24.0  # a cell's side below which a window is shown close up as well
RING = 100  # cells up to which what is cropped is drawn around a map
WIDTH = 320.0  # no map is drawn wider; its cells shrink instead


@dataclass(frozen=True)
class Grid:
    """Maps beside each other: ``tiles`` of rows × columns square cells, ``across`` in a row."""

    tiles: int
    rows: int
    columns: int
    cell: float
    across: int
    gutter: float

    @classmethod
    def fitting(
        cls,
        shape: tuple[int, int, int],
        largest: float,
        across: int | None = None,
        width: float = WIDTH,
    ) -> Grid:
        """The grid whose cells are as large as they may be, of those with as few lines."""
        tiles, rows, columns = shape

        def gutter(across: int) -> float:
            """Ten pixels, or a third of the drawing for all of them."""
            return min(10.0, width / (3 * max(across, -(-tiles // across)))) if tiles > 1 else 0.0

        def cell(across: int) -> float:
            lines = -(-tiles // across)
            wide = (width - gutter(across) * (across - 1)) / (columns * across)
            high = (1.1 * width - gutter(across) * (lines - 1)) / (rows * lines)
            return round(max(0.5, min(largest, wide, high)), 2)

        best = across or max(range(1, tiles + 1), key=lambda a: (cell(a), a))
        return cls(tiles, rows, columns, cell(best), best, gutter(best))

    @property
    def gap(self) -> int:
        """Pixels between cells; none where cells are small."""
        return 2 if self.cell > 12 else 0

    @property
    def lines(self) -> int:
        """Rows of tiles."""
        return -(-self.tiles // self.across)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the drawing, a hair wider than the cells."""
        wide = self.across * self.columns * self.cell + (self.across - 1) * self.gutter
        high = self.lines * self.rows * self.cell + (self.lines - 1) * self.gutter
        return int(wide + 3.999), int(high + 3.999)

    def origin(self, tile: int) -> tuple[float, float]:
        """A tile's top left corner."""
        down, right = divmod(tile, self.across)
        return (
            2 + right * (self.columns * self.cell + self.gutter),
            2 + down * (self.rows * self.cell + self.gutter),
        )

    def box(self, flat: int, inset: float = 0) -> Box:
        """A cell's square; ``flat`` counts tiles, rows, columns in C order."""
        tile, within = divmod(flat, self.rows * self.columns)
        row, column = divmod(within, self.columns)
        left, top = self.origin(tile)
        inset = min(inset, 0.4 * self.cell)  # something is left of the smallest
        return (
            left + column * self.cell + inset,
            top + row * self.cell + inset,
            left + (column + 1) * self.cell - inset,
            top + (row + 1) * self.cell - inset,
        )

    def number_size(self, texts: list[str]) -> float:
        """A font size at which the longest of the texts fits a cell; 0 if none is readable."""
        longest = max((text_width(text, 1) for text in texts), default=0) or 1
        size = min(self.cell * 0.3, (self.cell - 5) / longest, 19)
        return size if size >= 8.5 else 0


@dataclass(frozen=True)
class Blocks(Grid):
    """Tiles that stand where ``at`` says; ``gutter`` is the room between two blocks of them."""

    at: tuple[tuple[float, float], ...]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the drawing, a hair wider than the cells."""
        right = max(x for x, _ in self.at) + self.columns * self.cell
        low = max(y for _, y in self.at) + self.rows * self.cell
        return int(right + 1.999), int(low + 1.999)

    def origin(self, tile: int) -> tuple[float, float]:
        """A tile's top left corner."""
        return self.at[tile]


@dataclass(frozen=True)
class Panel:
    """See the module. ``cells[i]`` is the cell that the i-th drawn square stands for, or −1."""

    name: str
    kind: str  # source, target, tap or wires
    figure: Figure
    grid: Grid | None = None
    cells: NDArray[np.intp] | None = None
    values: Floats | None = None  # what a table of the panel says, (tiles, rows, columns)
    editable: str = ""  # the field of the request that typing into it changes
    places: dict[int, list[int]] = field(default_factory=dict)  # cell → drawn squares

    def boxes(self, cell: int, inset: float = 0) -> list[Box]:
        """Where a cell is drawn; a kernel's weight may be in two stencils, a map's cell in one."""
        return [self.grid.box(i, inset) for i in self.places.get(cell, [])] if self.grid else []


def blank(width: int, height: int) -> Figure:
    """A figure whose axes count pixels from the top left corner."""
    axis = {"visible": False, "fixedrange": True}
    return {
        "data": [],
        "layout": {
            "width": width,
            "height": height,
            "margin": {"l": 0, "r": 0, "t": 0, "b": 0, "pad": 0},
            "xaxis": {**axis, "range": [0, width]},
            "yaxis": {**axis, "range": [height, 0]},
            "paper_bgcolor": marks.CLEAR,
            "plot_bgcolor": marks.CLEAR,
            "showlegend": False,
            "hovermode": False,
            "font": {"family": FONT},
            "dragmode": False,
            "shapes": [],
            "annotations": [],
        },
    }


def places_of(cells: NDArray[np.intp]) -> dict[int, list[int]]:
    """Which drawn squares stand for a cell."""
    places: dict[int, list[int]] = {}
    for square, cell in enumerate(cells.tolist()):
        if cell >= 0:
            places.setdefault(cell, []).append(square)
    return places


def map_panel(
    name: str,
    kind: str,
    values: Floats,
    *,
    largest: float,
    editable: str = "",
    ids: NDArray[np.intp] | None = None,
    width: float = WIDTH,
    crossed: bool = False,
) -> Panel:
    """Values of a (tiles, rows, columns) stack; where ``ids`` is −1 the cell is padding.

    With ``ids`` the numbers stand a little lower: a stencil's labels come above them. Padding
    holds zeros, or, ``crossed`` out, what does not count.
    """
    grid = Grid.fitting(values.shape, largest, width=width)
    cells = np.arange(values.size) if ids is None else ids.ravel()
    figure = blank(*grid.size)
    padding = [grid.box(i, grid.gap / 2) for i in np.flatnonzero(cells < 0).tolist()]
    if padding:
        figure["layout"]["shapes"].append(
            {**marks.cells(padding, "pad", fill="var(--pad)"), "layer": "below"}
        )
    readable = grid.cell >= 21  # smaller cells would ask for smaller type than anybody reads
    texts = [short(v) for v in values.ravel()[cells >= 0].tolist()] if readable else []
    size = grid.number_size(texts)
    drop = 0.0 if ids is None or crossed else round(grid.cell * 0.13, 2)
    if size and padding:
        outside = values.ravel()[cells < 0].tolist() if crossed else [0.0] * len(padding)
        figure["layout"]["annotations"] += [
            marks.text((x, y + drop), short(value), "zero", size=size * (0.8 if crossed else 1),
                       colour="var(--pad-ink)")
            for (x, y), value in zip(map(middle, padding), outside, strict=True)
        ]  # fmt: skip
    if crossed:
        d = "".join(f"M{x0 + 4:g},{y1 - 4:g}L{x1 - 4:g},{y0 + 4:g}" for x0, y0, x1, y1 in padding)
        figure["layout"]["shapes"].append(marks.path(d, "crossed", line="var(--pad-ink)"))
    top = float(np.abs(values).max())
    for tile in range(grid.tiles):
        figure["data"].append(_heatmap(grid, tile, values[tile], cells, top))
    if size:
        figure["data"].append(_numbers(grid, values, cells, top, size, drop))
    return Panel(name, kind, figure, grid, cells, values, editable, places_of(cells))


def middle(box: Box) -> tuple[float, float]:
    """The point in the middle of a box."""
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _heatmap(
    grid: Grid, tile: int, values: Floats, cells: NDArray[np.intp], top: float
) -> dict[str, object]:
    per_tile = grid.rows * grid.columns
    hidden = (cells[tile * per_tile : (tile + 1) * per_tile] < 0).reshape(values.shape)
    known = values.astype(object)
    known[hidden] = None  # drawn as nothing
    left, upper = grid.origin(tile)
    return {
        "type": "heatmap",
        "z": known.tolist(),
        "x0": left + grid.cell / 2,
        "dx": grid.cell,
        "y0": upper + grid.cell / 2,
        "dy": grid.cell,
        "xgap": grid.gap,
        "ygap": grid.gap,
        "zmin": -top if top else -1,
        "zmax": top if top else 1,
        "colorscale": scale(),
        "showscale": False,
        "hoverinfo": "skip",
    }


def _numbers(
    grid: Grid, values: Floats, cells: NDArray[np.intp], top: float, size: float, drop: float
) -> dict[str, object]:
    shown = np.flatnonzero(cells >= 0).tolist()
    middles = [middle(grid.box(i)) for i in shown]
    numbers = values.ravel()[shown].tolist()
    return {
        "type": "scatter",
        "mode": "text",
        "x": [x for x, _ in middles],
        "y": [round(y + drop, 2) for _, y in middles],
        "text": [short(v) for v in numbers],
        "textposition": "middle center",
        "textfont": {
            "size": round(size, 2),
            "color": [f"var(--t{shade(v, top)})" for v in numbers],
        },
        "hoverinfo": "skip",
    }


def ringed(panel: Panel, squares: list[int]) -> Panel:
    """The panel with some of its squares marked as wrong."""
    if panel.grid is not None:
        width = 3 if panel.grid.cell > 24 else 1.5
        panel.figure["layout"]["shapes"] += [
            marks.rect(panel.grid.box(i, width / 2 + 0.5), "wrong", line="var(--bad)", width=width)
            for i in squares
        ]
    return panel


def padded_map_panel(trace: Trace, member: int) -> Panel:
    """The activated map in its zero padding: what the forward stencil slides over."""
    shape = trace.layer.input.shape[1:]
    ids = stencil.pad(np.arange(1.0, 1 + np.prod(shape)).reshape(shape), trace.layer.padding)
    values = stencil.pad(trace.activated[member], trace.layer.padding)
    return map_panel("map_padded", "source", values, largest=LARGE, ids=ids.astype(np.intp) - 1)


def padded_delta_panel(trace: Trace, member: int) -> Panel:
    """The deltas with a stride's zeros between and "full" zeros around: what is collected from."""
    layer = trace.layer
    shape = layer.output_shape[1:]
    ids = stencil.full_deltas(layer, np.arange(1.0, 1 + np.prod(shape)).reshape(shape))
    values = stencil.full_deltas(layer, layer.output_delta[member])
    return map_panel("delta_padded", "target", values, largest=LARGE, ids=ids.astype(np.intp) - 1)


def cropped_panel(trace: Trace, member: int) -> Panel:
    """δ^l in the padding that the forward pass laid around it: what collects there is cropped.

    The crossed-out numbers are what the zeros of the padding would have collected.
    """
    shape = trace.layer.input.shape[1:]
    ids = stencil.pad(np.arange(1.0, 1 + np.prod(shape)).reshape(shape), trace.layer.padding)
    whole = next(COLLECTING["padding_not_cropped"](trace)).array[member].copy()
    whole[ids > 0] = trace.input_delta[member].ravel()
    found = map_panel("input_delta", "source", whole, largest=LARGE, ids=ids.astype(np.intp) - 1,
                      crossed=True)  # fmt: skip
    return replace(found, values=trace.input_delta[member])


def is_cropped(trace: Trace) -> bool:
    """Whether a ring of padding is drawn around δ^l: where there is one, and room for it."""
    sides = [zeros for pair in trace.layer.padding for zeros in pair]
    rows, columns = (axis.padded for axis in trace.layer.axes)
    return max(sides) > 0 and trace.layer.input.shape[1] * rows * columns <= RING


def stamps_panel(trace: Trace) -> Panel:
    """The map as an empty sheet, for every δ to stamp the forward stencil on."""
    grid = Grid.fitting(trace.layer.input.shape[1:], LARGE)
    figure, cells = blank(*grid.size), np.arange(int(np.prod(trace.layer.input.shape[1:])))
    boxes = [grid.box(i, grid.gap / 2) for i in cells.tolist()]
    sheet = marks.cells(boxes, "sheet", fill="var(--sheet)", line="var(--rule)")
    figure["layout"]["shapes"].append({**sheet, "layer": "below"})
    return Panel("stamps", "source", figure, grid, cells, None, "", places_of(cells))


def asked_panel(trace: Trace, node: int, *, largest: float = SMALL) -> Panel:
    """The map as an empty sheet with a question mark in one of its nodes."""
    grid = Grid.fitting(trace.layer.input.shape[1:], largest)
    figure, cells = blank(*grid.size), np.arange(int(np.prod(trace.layer.input.shape[1:])))
    boxes = [grid.box(i, grid.gap / 2) for i in cells.tolist()]
    figure["layout"]["shapes"] += [
        marks.cells(boxes, "sheet", fill="var(--sheet)", line="var(--faint)"),
        marks.rect(grid.box(node, 1.25), "self", line="var(--ink)", width=2.5),
    ]
    mark = marks.text(middle(grid.box(node)), "?", "n", size=grid.cell * 0.42, weight=700)
    figure["layout"]["annotations"].append(mark)
    return Panel("asked", "source", figure, grid, cells, None, "", places_of(cells))


def lens_panel(trace: Trace, over: Panel) -> Panel | None:
    """A blank grid for a close-up of the window over ``over``; None where it is not needed."""
    spans = [axis.span for axis in trace.layer.axes]
    side = max(spans)
    if over.grid is None or over.grid.cell >= READABLE or side > 13:
        return None
    side += 2 if side <= 7 else 0
    grid = Grid(1, side, side, round(min(46.0, 300 / side), 2), 1, 0)
    return Panel("lens", over.kind, blank(*grid.size), grid)


def plain_panel(name: str, trace: Trace, member: int, *, largest: float = SMALL) -> Panel:
    """A map of the trace (``input``, ``activated``, ``output``, ``output_delta``, …) as it is."""
    if name == "kernel_gradient":
        values = trace.kernel_gradient.reshape(-1, *trace.layer.kernel.shape[2:])
        return map_panel(name, "tap", values, largest=largest)
    owner = trace.layer if name in ("input", "output_delta") else trace
    kind = "target" if name in ("output", "output_delta") else "source"
    editable = name if name in ("input", "output_delta") else ""
    values = getattr(owner, name)[member]
    return map_panel(name, kind, values, largest=largest, editable=editable)
