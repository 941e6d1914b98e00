"""Draws any of our figures as SVG: first paint, no JavaScript, print, exports, animation frames.

It reads the same plain Plotly data that a browser's Plotly draws, and only what our figures use
of it: heatmap and scatter traces, shapes and annotations, over axes that count nominal pixels.
Colours stay tokens; :func:`app.figures.palette.resolve` a figure first where no stylesheet is.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any

from app.figures.marks import CLEAR, Mark
from app.figures.palette import STEPS, shade

Figure = dict[str, Any]


def draw(figure: Figure, *, title: str = "", standalone: bool = False) -> str:
    """A whole figure as an ``<svg>`` element; hidden from screen readers unless it has a title."""
    layout = figure["layout"]
    below = [s for s in layout.get("shapes", []) if s.get("layer") == "below"]
    above = [s for s in layout.get("shapes", []) if s.get("layer") != "below"]
    parts = [_shape(s) for s in below]
    parts += [_heatmap(t) if t["type"] == "heatmap" else _scatter(t) for t in figure["data"]]
    parts += [_shape(s) for s in above]
    parts += [_annotation(a) for a in layout.get("annotations", [])]
    width, height = layout["width"], layout["height"]
    name = f"<title>{escape(title)}</title>" if title else ""
    access = ' role="img"' if title else ' aria-hidden="true"'
    size = f' width="{width}" height="{height}"' if standalone else ""
    namespace = ' xmlns="http://www.w3.org/2000/svg"' if standalone else ""
    return (
        f'<svg{namespace} viewBox="0 0 {width} {height}"{size}{access}>{name}{"".join(parts)}</svg>'
    )


def fragment(marks: list[Mark]) -> str:
    """Marks alone, to be put over a figure already drawn, by either hand."""
    return "".join(_annotation(m) if "text" in m else _shape(m) for m in marks)


def _attributes(name: str) -> str:
    classes, found = [], ""
    for word in name.split():
        timed = re.fullmatch(r"(k|t|at|until)(\d+)", word)
        if timed:
            found += f' data-{timed[1]}="{timed[2]}"'
        elif word.startswith("moment:"):
            found += f' data-moment="{escape(word[7:])}"'
        else:
            classes.append(word)
    return (f' class="{escape(" ".join(classes))}"' if classes else "") + found


def _paint(mark: Mark) -> str:
    fill, line = mark.get("fillcolor", CLEAR), mark.get("line", {})
    paint = f' fill="{"none" if fill == CLEAR else fill}"'
    if line.get("width") and line.get("color") != CLEAR:
        paint += f' stroke="{line["color"]}" stroke-width="{line["width"]}"'
        if line.get("dash"):
            paint += ' stroke-dasharray="3 3"'
    elif line.get("width"):  # invisible on purpose: something to point at
        paint += f' stroke="transparent" stroke-width="{line["width"]}"'
    if mark.get("opacity", 1) != 1:
        paint += f' opacity="{mark["opacity"]}"'
    return paint + _attributes(mark.get("name", ""))


def _shape(mark: Mark) -> str:
    if mark["type"] == "path":
        return f'<path d="{mark["path"]}"{_paint(mark)}/>'
    x0, y0, x1, y1 = (mark[key] for key in ("x0", "y0", "x1", "y1"))
    if mark["type"] == "circle":
        middle = f'cx="{(x0 + x1) / 2:g}" cy="{(y0 + y1) / 2:g}"'
        return f'<circle {middle} r="{(x1 - x0) / 2:g}"{_paint(mark)}/>'
    size = f'width="{x1 - x0:g}" height="{y1 - y0:g}"'
    return f'<rect x="{x0:g}" y="{y0:g}" {size} rx="2"{_paint(mark)}/>'


def _word(
    x: float, y: float, words: str, font: dict[str, Any], anchor: str, extra: str = ""
) -> str:
    weight = f' font-weight="{font["weight"]}"' if font.get("weight", 400) != 400 else ""
    # 0.35 em below the middle is where a line of figures is optically centred
    return (
        f'<text x="{x:g}" y="{y + font["size"] * 0.35:g}" font-size="{font["size"]:g}" '
        f'fill="{font["color"]}" text-anchor="{anchor}"{weight}{extra}>{escape(words)}</text>'
    )


_ANCHORS = {"left": "start", "center": "middle", "right": "end"}


def _annotation(mark: Mark) -> str:
    font, anchor = mark["font"], _ANCHORS[mark["xanchor"]]
    attributes = _attributes(mark.get("name", ""))
    if "bgcolor" not in mark:
        return _word(mark["x"], mark["y"], mark["text"], font, anchor, attributes)
    width = text_width(mark["text"], font["size"]) + 4 * mark["borderpad"]
    height = font["size"] + 2 * mark["borderpad"]
    ground = (
        f'<rect x="{mark["x"] - width / 2:g}" y="{mark["y"] - height / 2:g}" width="{width:g}" '
        f'height="{height:g}" rx="{height / 2:g}" fill="{mark["bgcolor"]}"/>'
    )
    word = _word(mark["x"], mark["y"], mark["text"], font, "middle")
    return f"<g{attributes}>{ground}{word}</g>"


_NARROW = set("₀₁₂₃₄₅₆₇₈₉¹²³⁺ˡ,.·[]() ")


def text_width(words: str, size: float) -> float:
    """About how wide a word is set, in pixels: no font is loaded on the server."""
    return sum(0.38 if letter in _NARROW else 0.6 for letter in words) * size


def _heatmap(trace: dict[str, Any]) -> str:
    """Cells grouped by shade: one path a shade, whatever the map's size."""
    dx, dy, gap = trace["dx"], trace["dy"], trace["xgap"] / 2
    paths: dict[int, list[str]] = {}
    for row, values in enumerate(trace["z"]):
        top = trace["y0"] + (row - 0.5) * dy + gap
        for column, value in enumerate(values):
            if value is None:
                continue
            left = trace["x0"] + (column - 0.5) * dx + gap
            right, bottom = left + dx - 2 * gap, top + dy - 2 * gap
            paths.setdefault(shade(value, trace["zmax"]), []).append(
                f"M{left:.5g},{top:.5g}H{right:.5g}V{bottom:.5g}H{left:.5g}Z"
            )
    steps = (step for step in range(-STEPS, STEPS + 1) if step in paths)
    return "".join(f'<path d="{"".join(paths[s])}" fill="var(--v{s})"/>' for s in steps)


def _scatter(trace: dict[str, Any]) -> str:
    """Markers with a word in or beside them; sizes and colours one each, or one for all."""
    parts = []
    marker, font = trace.get("marker", {}), trace.get("textfont", {})
    texts = trace.get("text", [""] * len(trace["x"]))
    for i, (x, y) in enumerate(zip(trace["x"], trace["y"], strict=True)):
        if "markers" in trace["mode"]:
            line = marker["line"]
            fill = marker["color"][i] if isinstance(marker["color"], list) else marker["color"]
            parts.append(
                f'<circle cx="{x:g}" cy="{y:g}" r="{marker["size"] / 2:g}" fill="{fill}" '
                f'stroke="{line["color"]}" stroke-width="{line["width"]}"/>'
            )
        if texts[i]:
            colour = font["color"][i] if isinstance(font["color"], list) else font["color"]
            side = trace.get("textposition", "middle center").split()[1]
            anchor = {"left": "end", "center": "middle", "right": "start"}[side]
            parts.append(_word(x, y, texts[i], {**font, "color": colour}, anchor))
    return "".join(parts)
