"""Loss and accuracy of several runs as they come: lines that a page appends to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.figures.palette import tap
from app.figures.panels import FONT

# told apart without colour as well: a run's line and its marks are its own
_DASHES = ("solid", "dash", "dot")
_MARKS = ("circle", "x", "square")
_COLOURS = (tap(0), tap(4), tap(2))


def curves(names: Sequence[str], across: str, up: str, *, share: bool) -> dict[str, Any]:
    """An empty figure with one line for each name; ``share``: it runs from 0 to 1."""
    axis = {
        "gridcolor": "var(--rule)", "linecolor": "var(--faint)", "zeroline": False,
        "tickfont": {"color": "var(--muted)"}, "fixedrange": True, "automargin": True,
    }  # fmt: skip

    def title(text: str) -> dict[str, Any]:
        return {"text": text, "font": {"size": 13}, "standoff": 10}

    lines = [
        {
            "type": "scatter", "mode": "lines+markers", "name": name, "x": [], "y": [],
            "line": {"color": colour, "dash": dash, "width": 2.5},
            "marker": {"symbol": mark, "size": 7, "color": colour},
            "hovertemplate": "%{y:.3f}",
        }
        for name, colour, dash, mark in zip(names, _COLOURS, _DASHES, _MARKS, strict=True)
    ]  # fmt: skip
    layout = {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "color": "var(--ink)", "size": 13},
        "margin": {"l": 64, "r": 12, "t": 8, "b": 48},
        "showlegend": False,
        "hovermode": "x unified",
        "hoverlabel": {"bgcolor": "var(--sheet)", "font": {"color": "var(--ink)"}},
        "xaxis": {**axis, "title": title(across), "rangemode": "tozero"},
        "yaxis": {
            **axis,
            "title": title(up),
            **({"range": [0, 1.03], "tickformat": ".0%"} if share else {"rangemode": "tozero"}),
        },
    }
    return {"data": lines, "layout": layout}
