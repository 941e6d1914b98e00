"""Every colour of rot180, for both themes, each said once.

Figures name colours by token (``var(--ink)``), never by value. A page's stylesheet defines the
tokens (:func:`stylesheet`), so a drawing in the server's HTML follows the reader's theme without
being drawn again; whatever leaves the page (Plotly, exports) gets values from :func:`resolve`.

Values run on a blue-orange scale, which the common kinds of colour blindness keep apart, and are
always written as numbers too. The first eight tap colours are M. Okabe and K. Ito's ("Color
Universal Design", 2008), a little deepened so that a label can stand on them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

STEPS = 20  # shades on each side of zero
TAPS = 25  # tap colours before they repeat; labels tell taps apart in any case

_INK = {
    "light": {
        "paper": "#fbfbf9",
        "sheet": "#ffffff",
        "ink": "#1b2430",
        "muted": "#56606e",
        "faint": "#b9c0c9",
        "rule": "#dfe3e8",
        "pad": "#efefec",
        "pad-ink": "#6d7480",
        "veil": "#ffffff",
        "focus": "#0b5cc4",
        "good": "#0a6b4b",
        "bad": "#a8330b",
    },
    "dark": {
        "paper": "#12161c",
        "sheet": "#1a2028",
        "ink": "#eef1f5",
        "muted": "#a8b1bd",
        "faint": "#4c5663",
        "rule": "#303844",
        "pad": "#232a33",
        "pad-ink": "#929cab",
        "veil": "#1a2028",
        "focus": "#7ab7ff",
        "good": "#5fd3a6",
        "bad": "#ff9a6b",
    },
}

# zero, half-way and the end of each side
_SCALE = {
    "light": {"-": ("#f8f8f6", "#f7c48d", "#d9690f"), "+": ("#f8f8f6", "#9fc3e6", "#1f67ad")},
    "dark": {"-": ("#202731", "#8a4f1c", "#f39a4a"), "+": ("#202731", "#2a5684", "#6cb0f2")},
}

_TAP_COLOURS = (
    "#1273b5", "#e6a414", "#0b8060", "#bd3d7c", "#c45200", "#56b4e9", "#7a6a00", "#6c4bb6",
)  # fmt: skip


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return red, green, blue


def _mix(first: str, second: str, share: float) -> str:
    pairs = zip(_rgb(first), _rgb(second), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _luminance(colour: str) -> float:
    parts = (c / 255 for c in _rgb(colour))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    high, low = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def readable_on(colour: str) -> str:
    """Black or white, whichever reads better on a colour: one of them always reads."""
    return max(("#000000", "#ffffff"), key=lambda ink: contrast(ink, colour))


def _shade(theme: str, step: int) -> str:
    zero, middle, end = _SCALE[theme]["+" if step >= 0 else "-"]
    share = abs(step) / STEPS
    return _mix(zero, middle, share * 2) if share <= 0.5 else _mix(middle, end, share * 2 - 1)


def _tap_colour(index: int) -> str:
    if index < len(_TAP_COLOURS):
        return _TAP_COLOURS[index]
    # further taps: the first eight, alternately darker and lighter
    base, turn = _TAP_COLOURS[index % len(_TAP_COLOURS)], index // len(_TAP_COLOURS)
    return _mix(base, "#000000" if turn % 2 else "#ffffff", 0.22 * ((turn + 1) // 2))


@lru_cache
def tokens(theme: str) -> dict[str, str]:
    """Every token of a theme: inks, shades v-20…v20 with their readable ink t…, taps with ink."""
    table = dict(_INK[theme])
    for step in range(-STEPS, STEPS + 1):
        table[f"v{step}"] = _shade(theme, step)
        table[f"t{step}"] = readable_on(table[f"v{step}"])
    for index in range(TAPS):
        table[f"tap{index}"] = _tap_colour(index)
        table[f"tap{index}-ink"] = readable_on(table[f"tap{index}"])
    return table


def shade(value: float, largest: float) -> int:
    """The step of a value on a scale that ends at ±``largest``; a value that is not 0 shows."""
    if value == 0 or largest <= 0:
        return 0
    step = max(1, min(STEPS, round(abs(value) / largest * STEPS)))
    return step if value > 0 else -step


def tap(index: int, suffix: str = "") -> str:
    """The token of a tap's colour; ``suffix="-ink"`` for what is written on it."""
    return f"var(--tap{index % TAPS}{suffix})"


def scale() -> list[list[float | str]]:
    """The value scale as Plotly wants it, by token."""
    ends = ((0.0, -STEPS), (0.25, -STEPS // 2), (0.5, 0), (0.75, STEPS // 2), (1.0, STEPS))
    return [[at, f"var(--v{step})"] for at, step in ends]


def resolve(figure: Any, theme: str) -> Any:
    """The same data with every token replaced by the theme's colour."""
    table = tokens(theme)
    if isinstance(figure, str):
        if "var(" not in figure:
            return figure
        return re.sub(r"var\(--([\w-]+)\)", lambda match: table[match[1]], figure)
    if isinstance(figure, dict):
        return {key: resolve(value, theme) for key, value in figure.items()}
    if isinstance(figure, list):
        return [resolve(value, theme) for value in figure]
    return figure


@lru_cache
def stylesheet() -> str:
    """The tokens as CSS: the reader's theme, or the one that ``data-theme`` asks for."""

    def block(selector: str, theme: str) -> str:
        table = tokens(theme) if theme == "light" else _changed()
        return selector + "{" + ";".join(f"--{k}:{v}" for k, v in table.items()) + "}"

    return "\n".join(
        (
            ":root{color-scheme:light dark}",
            block(":root", "light"),
            "@media (prefers-color-scheme:dark){"
            + block(':root:not([data-theme="light"])', "dark")
            + "}",
            block('[data-theme="dark"]', "dark"),
            '[data-theme="dark"]{color-scheme:dark}[data-theme="light"]{color-scheme:light}',
            "@media print{" + block(":root:root:root", "light") + ":root:root{color-scheme:light}}",
        )
    )


def _changed() -> dict[str, str]:
    light = tokens("light")
    return {key: value for key, value in tokens("dark").items() if light[key] != value}
