"""The few marks that figures are made of, as Plotly's own shapes and annotations.

A mark's ``name`` carries what a page needs to reveal it in time: ``k3`` shows once three
contributions have landed, ``at3`` while exactly three have, ``until3`` before; ``t3``
belongs to the third without waiting for it; further words are classes.
Coordinates are pixels of the nominal drawing, from its top left corner.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Mark = dict[str, Any]
Box = tuple[float, float, float, float]  # x0, y0, x1, y1
Point = tuple[float, float]

CLEAR = "rgba(0,0,0,0)"


def rect(box: Box, name: str, *, line: str = CLEAR, width: float = 0, fill: str = CLEAR) -> Mark:
    """A rectangle."""
    return {
        "type": "rect",
        "x0": _short(box[0]),
        "y0": _short(box[1]),
        "x1": _short(box[2]),
        "y1": _short(box[3]),
        "line": {"color": line, "width": width},
        "fillcolor": fill,
        "name": name,
    }


def path(d: str, name: str, *, line: str, width: float = 1, opacity: float = 1) -> Mark:
    """A path in SVG's letters (Plotly knows M, L, H, V, Q, C, T, S, Z)."""
    return {
        "type": "path",
        "path": d,
        "line": {"color": line, "width": width},
        "fillcolor": CLEAR,
        "opacity": opacity,
        "name": name,
    }


def cells(boxes: Sequence[Box], name: str, *, fill: str, line: str = CLEAR) -> Mark:
    """Many rectangles of one colour as one path."""
    d = "".join(
        f"M{_short(x0)},{_short(y0)}H{_short(x1)}V{_short(y1)}H{_short(x0)}Z"
        for x0, y0, x1, y1 in boxes
    )
    return {**path(d, name, line=line, width=0 if line == CLEAR else 1), "fillcolor": fill}


def circle(at: Point, radius: float, name: str, *, line: str, fill: str, width: float = 1) -> Mark:
    """A circle."""
    x, y = at
    box = (x - radius, y - radius, x + radius, y + radius)
    return {**rect(box, name, line=line, width=width, fill=fill), "type": "circle"}


def text(
    at: Point,
    words: str,
    name: str,
    *,
    size: float,
    colour: str = "var(--ink)",
    align: str = "center",
    weight: int = 400,
) -> Mark:
    """A word; ``at`` is its middle, or its left or right end by ``align``."""
    return {
        "x": _short(at[0]),
        "y": _short(at[1]),
        "text": words,
        "showarrow": False,
        "xanchor": align,
        "yanchor": "middle",
        "font": {"size": _short(size), "color": colour, "weight": weight},
        "name": name,
    }


def chip(at: Point, words: str, name: str, *, size: float, fill: str, colour: str) -> Mark:
    """A word on a coloured ground, which is how a weight looks everywhere."""
    return {
        **text(at, words, name, size=size, colour=colour, weight=700),
        "bgcolor": fill,
        "borderpad": _short(size * 0.25),
    }


def wire(start: Point, end: Point) -> str:
    """A curve from one node to another, leaving and arriving level."""
    (x0, y0), (x1, y1) = start, end
    middle = _short((x0 + x1) / 2)
    return (
        f"M{_short(x0)},{_short(y0)}C{middle},{_short(y0)} {middle},{_short(y1)} "
        f"{_short(x1)},{_short(y1)}"
    )


def along(start: Point, end: Point, t: float) -> Point:
    """The point of :func:`wire` at parameter t, 0 to 1."""
    (x0, y0), (x1, y1) = start, end
    middle, u = (x0 + x1) / 2, 1 - t
    x = u**3 * x0 + 3 * u * t * middle + t**3 * x1
    y = (u**3 + 3 * u**2 * t) * y0 + (3 * u * t**2 + t**3) * y1
    return x, y


def _short(number: float) -> float:
    rounded = round(float(number), 2)
    return int(rounded) if rounded == int(rounded) else rounded
