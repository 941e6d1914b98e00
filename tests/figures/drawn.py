"""Layers to draw, and drawings read back: which square a mark lies on, and what it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st

from app.engine import PHASES, Layer, Phase, Trace, run
from app.engine.activations import Floats
from app.figures import Overlays, Panel, panel, shows
from app.figures.marks import Box, Mark
from app.figures.panels import Grid
from app.figures.svg import text_width
from app.spec import PRESETS
from tests.engine.strategies import layers

Moment = tuple[Trace, Phase, int, int]  # and which cell, of which batch member


@lru_cache
def preset(name: str) -> Trace:
    """A preset, run once."""
    return run(PRESETS[name].spec.layer())


def whole(layer: Layer) -> Layer:
    """The same layer with whole numbers, which are drawn as they are."""
    arrays = ("input", "kernel", "bias", "output_delta")
    return replace(layer, **{name: getattr(layer, name) * 8 for name in arrays})


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    """A random small layer of whole numbers, run."""
    return run(whole(draw(layers(activations=("identity", "relu")))))


@st.composite
def moments(draw: st.DrawFn, *phases: Phase) -> list[Moment]:
    """A layer's trace, with a cell and a batch member for each of the phases (all, if none)."""
    trace, found = draw(traces()), []
    for phase in phases or PHASES:
        cell = draw(st.integers(0, trace.step_count(phase) - 1))
        member = draw(st.integers(0, trace.layer.input.shape[0] - 1))
        found.append((trace, phase, cell, member))
    return found


def some_of(count: int, most: int) -> list[int]:
    """First, last and evenly chosen others: enough of a large layer's cells."""
    return sorted(set(np.linspace(0, count - 1, min(count, most)).astype(int).tolist()))


def lit(trace: Trace, name: str, phase: Phase, cell: int, member: int) -> tuple[Panel, list[Mark]]:
    """A panel, and the marks that show a sum in it."""
    shown = panel(trace, name, phase, member)
    return shown, Overlays(trace, member, {name: shown}).of(phase, cell).light[name]


def covered(
    trace: Trace, name: str, phase: Phase, cell: int, member: int
) -> tuple[Panel, list[Mark]]:
    """A panel, and the marks that hide what comes after a sum."""
    shown = panel(trace, name, phase, member)
    return shown, Overlays(trace, member, {name: shown}).of(phase, cell).cover.get(name, [])


def words(mark: Mark) -> set[str]:
    """What a mark is called."""
    return set(mark["name"].split())


def time(mark: Mark) -> int | None:
    """The contribution with which a mark shows (``k3`` or ``at3``)."""
    found = re.search(r"(?:^| )(?:k|at)(\d+)(?: |$)", mark["name"])
    return int(found[1]) if found else None


def showing(marks: list[Mark], landed: int) -> list[Mark]:
    """Those that show once so many contributions have landed."""
    return [mark for mark in marks if shows(mark["name"], landed)]


def box_of(mark: Mark) -> Box:
    """A rectangle or circle."""
    return mark["x0"], mark["y0"], mark["x1"], mark["y1"]


def point_of(mark: Mark) -> tuple[float, float]:
    """The middle of a rectangle, or where a word stands."""
    if "text" in mark:
        return mark["x"], mark["y"]
    x0, y0, x1, y1 = box_of(mark)
    return (x0 + x1) / 2, (y0 + y1) / 2


@lru_cache
def boxes_of(grid: Grid) -> Floats:
    """Every square of a grid: x0, y0, x1, y1."""
    return np.array([grid.box(i) for i in range(grid.tiles * grid.rows * grid.columns)])


def square_at(grid: Grid, point: tuple[float, float]) -> int:
    """The drawn square that a point lies in."""
    (x, y), boxes = point, boxes_of(grid)
    inside = (boxes[:, 0] <= x) & (x < boxes[:, 2]) & (boxes[:, 1] <= y) & (y < boxes[:, 3])
    [square] = np.flatnonzero(inside)
    return int(square)


def square_of(grid: Grid, mark: Mark) -> int:
    """The drawn square that a mark lies in; a frame has to fit it."""
    square = square_at(grid, point_of(mark))
    if "text" not in mark:
        inner, outer = box_of(mark), grid.box(square)
        assert all(abs(a - b) <= 3 for a, b in zip(inner, outer, strict=True))
    return square


def place_in(grid: Grid, square: int) -> tuple[int, int, int]:
    """Tile, row and column of a square."""
    tile, within = divmod(square, grid.rows * grid.columns)
    return (tile, *divmod(within, grid.columns))


def rectangles(mark: Mark) -> list[Box]:
    """The boxes of :func:`app.figures.marks.cells`, or the one of a rectangle."""
    if mark["type"] != "path":
        return [box_of(mark)]
    number = r"(-?[\d.]+)"
    found = re.findall(rf"M{number},{number}H{number}V{number}H\1Z", mark["path"])
    assert "".join(f"M{a},{b}H{c}V{d}H{a}Z" for a, b, c, d in found) == mark["path"]
    return [(float(a), float(b), float(c), float(d)) for a, b, c, d in found]


def hidden(grid: Grid, marks: list[Mark]) -> set[int]:
    """The squares whose middle lies under one of the marks."""
    squares = boxes_of(grid)
    x, y = (squares[:, 0] + squares[:, 2]) / 2, (squares[:, 1] + squares[:, 3]) / 2
    under = np.zeros(len(squares), dtype=bool)
    for x0, y0, x1, y1 in (box for mark in marks for box in rectangles(mark)):
        under |= (x0 <= x) & (x <= x1) & (y0 <= y) & (y <= y1)
    return set(np.flatnonzero(under).tolist())


def texts_of(figure: dict[str, Any]) -> list[str]:
    """Every word of a figure, sorted."""
    found = [mark["text"] for mark in figure["layout"]["annotations"]]
    for data in figure["data"]:
        found += [text for text in data.get("text", []) if text]
    return sorted(found)


def tokens_of(value: Any) -> Iterator[str]:
    """Every colour token in a figure, in marks or in markup."""
    if isinstance(value, str):
        yield from re.findall(r"var\(--([\w-]+)\)", value)
    elif isinstance(value, dict):
        for item in value.values():
            yield from tokens_of(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from tokens_of(item)


def extent(mark: Mark) -> Box:
    """The box that a mark is drawn in, its line and its letters included."""
    if "text" in mark:
        size = mark["font"]["size"]
        wide, high = text_width(mark["text"], size) / 2, size / 2
        if "bgcolor" in mark:
            wide, high = wide + 2 * mark["borderpad"], high + mark["borderpad"]
        shift = {"left": wide, "center": 0.0, "right": -wide}[mark["xanchor"]]
        x, y = mark["x"] + shift, mark["y"]
        return x - wide, y - high, x + wide, y + high
    half = mark["line"]["width"] / 2 if "0,0,0,0" not in mark["line"]["color"] else 0
    if mark["type"] != "path":
        x0, y0, x1, y1 = box_of(mark)
        return x0 - half, y0 - half, x1 + half, y1 + half
    xs, ys = path_points(mark["path"])
    return min(xs) - half, min(ys) - half, max(xs) + half, max(ys) + half


def path_points(path: str) -> tuple[list[float], list[float]]:
    """Points of a path, its curves followed: between the least and the greatest it is drawn."""
    xs: list[float] = []
    ys: list[float] = []
    for letter, rest in re.findall(r"([MLHVQCZ])([^MLHVQCZ]*)", path):
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", rest)]
        if letter == "H":
            xs += numbers
        elif letter == "V":
            ys += numbers
        elif letter in "QC":
            points = [(xs[-1], ys[-1]), *zip(numbers[::2], numbers[1::2], strict=True)]
            for t in np.linspace(0, 1, 21).tolist():
                x, y = _bezier(points, t)
                xs, ys = [*xs, x], [*ys, y]
        else:
            xs, ys = xs + numbers[::2], ys + numbers[1::2]
    return xs, ys


def _bezier(points: list[tuple[float, float]], t: float) -> tuple[float, float]:
    """De Casteljau's: halfway points of halfway points, for any share t."""
    while len(points) > 1:
        points = [
            (a + (c - a) * t, b + (d - b) * t) for (a, b), (c, d) in pairwise(points)
        ]  # fmt: skip
    return points[0]
