"""A trace as drawings: Plotly figures as plain data, and the same figures as SVG.

The only room that knows Plotly. A figure is a base that stays, and small overlays for each sum
(:mod:`app.figures.overlays`); a page moves overlays and leaves the base alone.
"""

from __future__ import annotations

from collections.abc import Callable

from app.engine import Phase, Trace
from app.figures import palette
from app.figures.curves import curves
from app.figures.kernels import kernel_panel, pairs, stencils_panel, turning
from app.figures.marks import Mark
from app.figures.matrices import matrix_panels
from app.figures.overlays import RESULTS, Overlay, Overlays
from app.figures.panels import (
    KINDS,
    LARGE,
    SMALL,
    Panel,
    asked_panel,
    cropped_panel,
    is_cropped,
    lens_panel,
    map_panel,
    padded_delta_panel,
    padded_map_panel,
    plain_panel,
    ringed,
    stamps_panel,
)
from app.figures.svg import Figure, draw, fragment
from app.figures.wiring import Wiring

__all__ = [
    "KINDS",
    "LARGE",
    "NAMES",
    "RESULTS",
    "SMALL",
    "Figure",
    "Overlay",
    "Overlays",
    "Panel",
    "Wiring",
    "asked_panel",
    "curves",
    "draw",
    "figure",
    "fragment",
    "is_cropped",
    "landed",
    "lens_panel",
    "map_panel",
    "matrix_panels",
    "pairs",
    "palette",
    "panel",
    "ringed",
    "turning",
]

_PLAIN = (
    "input",
    "activated",
    "activation_derivative",
    "output",
    "output_delta",
    "collected",
    "input_delta",
    "kernel_gradient",
)
NAMES = (*_PLAIN, "kernel", "stencils", "map_padded", "delta_padded", "stamps", "wires")


def panel(
    trace: Trace, name: str, phase: Phase, member: int = 0, *, largest: float = LARGE
) -> Panel:
    """One of :data:`NAMES`, or ``delta_cropped`` where there is padding.

    ``phase`` matters to the wires; ``largest`` is a cell's side.
    """
    special: dict[str, Callable[[], Panel]] = {
        "kernel": lambda: kernel_panel(trace, largest=largest),
        "stencils": lambda: stencils_panel(trace),
        "map_padded": lambda: padded_map_panel(trace, member),
        "delta_padded": lambda: padded_delta_panel(trace, member),
        "delta_cropped": lambda: cropped_panel(trace, member),
        "stamps": lambda: stamps_panel(trace),
        "wires": lambda: Wiring(trace, member).panel(phase),
    }
    if name in special:
        return special[name]()
    return plain_panel(name, trace, member, largest=largest)


def figure(
    trace: Trace,
    name: str,
    phase: Phase = "deltas",
    step: int | None = None,
    member: int = 0,
    theme: str = "light",
) -> Figure:
    """A complete Plotly figure, the marks of a step (all contributions landed) drawn in."""
    shown = panel(trace, name, phase, member)
    drawing = shown.figure
    if step is not None:
        overlay = Overlays(trace, member, {name: shown}).of(phase, step)
        add(drawing, overlay.cover.get(name, []), overlay.terms)
        add(drawing, overlay.light.get(name, []), overlay.terms)
    resolved: Figure = palette.resolve(drawing, theme)
    return resolved


def add(drawing: Figure, found: list[Mark], landed: int) -> None:
    """Put the marks that show once ``landed`` contributions have into a figure."""
    for mark in found:
        if shows(mark["name"], landed):
            kind = "annotations" if "text" in mark else "shapes"
            drawing["layout"][kind].append(mark)


def landed(overlay: Overlay, term: int = -1) -> tuple[dict[str, str], dict[str, str]]:
    """An overlay's light and cover as SVG by panel, as they are after ``term`` contributions."""
    count = overlay.terms if term < 0 else min(term, overlay.terms)

    def drawn(layer: dict[str, list[Mark]]) -> dict[str, str]:
        shown = {
            name: [m for m in found if shows(m["name"], count)] for name, found in layer.items()
        }
        return {name: fragment(found) for name, found in shown.items()}

    return drawn(overlay.light), drawn(overlay.cover)


def shows(name: str, landed: int) -> bool:
    """Whether a mark shows after so many contributions (see :mod:`app.figures.marks`)."""
    for word in name.split():
        for key, test in _TIMES.items():
            if word.startswith(key) and word[len(key) :].isdigit():
                return test(int(word[len(key) :]), landed)
    return True


_TIMES: dict[str, Callable[[int, int], bool]] = {
    "until": lambda k, landed: landed < k,
    "at": lambda k, landed: landed == k,
    "k": lambda k, landed: landed >= k,
}
