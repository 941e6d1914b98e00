"""What stands below the stage when it is asked for: matrices, derivation, four ways."""

from __future__ import annotations

import inspect
from dataclasses import dataclass

import numpy as np

from app.engine import Trace
from app.engine.ways import HELPERS, WAYS
from app.figures import SMALL, draw, map_panel
from app.pages.mistaken import Mistaken, mistaken
from app.pages.sheets import Sheet
from app.spec import View
from app.spec.view import Beside
from app.words import N_, translator
from app.words.derivation import Line, derivation

MOST_WORK = 20_000  # wires up to which the four ways are run as the loops that they are


@dataclass(frozen=True)
class CodeLine:
    """A line of a way's source; ``turns`` if the rotation is in it."""

    text: str
    turns: bool


@dataclass(frozen=True)
class Way:
    """One of the four: what it is, its source, what it gives, and whether that is right."""

    name: str
    note: str
    code: list[CodeLine]
    drawing: str
    same: bool


@dataclass(frozen=True)
class Below:
    """The tabs, and what the open one holds."""

    tabs: list[tuple[Beside, str, bool]]
    sheets: list[Sheet]
    lines: list[Line]
    ways: list[Way]
    helpers: str  # the source of what the four ways call
    mistaken: Mistaken | None
    empty: str  # why there is nothing to show


_TABS: tuple[tuple[Beside, str], ...] = (
    ("matrix", N_("As a matrix")),
    ("derivation", N_("The derivation")),
    ("ways", N_("Four ways, one answer")),
    ("mistakes", N_("Make a mistake")),
)

_NOTES = {
    "scatter_loop": N_("Scatter loop. Every δ stamps the forward stencil: nothing is turned."),
    "transposed_matrix": N_("Mᵀδ. A matrix is transposed: nothing is turned."),
    "col2im": N_("col2im. Tap by tap, added where it stood: nothing is turned."),
    "full_correlation": N_("Full correlation. A node collects: here is the turn by 180°."),
}


def below(trace: Trace, view: View, sheets: list[Sheet], language: str) -> Below:
    """The part of the page below the stage, for a view."""
    _ = translator(language)
    empty, lines, ways = "", list[Line](), list[Way]()
    if view.beside == "matrix" and not sheets:
        empty = _("This layer's matrix is too large to read. Choose a smaller map.")
    if view.beside == "derivation":
        if view.phase == "deltas":
            lines = derivation(trace, view.step, language)
        else:
            empty = _("The derivation is that of a node's delta: choose the deltas.")
    if view.beside == "ways":
        if trace.wires.count > MOST_WORK:
            empty = _("Loops over so many wires take long. Choose a smaller map.")
        else:
            ways = _ways(trace, view.member, language)
    return Below(
        tabs=[(name, _(label), view.beside == name) for name, label in _TABS],
        sheets=sheets,
        lines=lines,
        ways=ways,
        helpers="\n\n".join(inspect.getsource(helper).rstrip() for helper in HELPERS)
        if ways
        else "",
        mistaken=mistaken(trace, view.mistake, view.member, language)
        if view.beside == "mistakes"
        else None,
        empty=empty,
    )


def _ways(trace: Trace, member: int, language: str) -> list[Way]:
    _ = translator(language)
    right = trace.collected[member]
    found = []
    for name, (way, turn) in WAYS.items():
        given = way(trace.layer, trace.layer.output_delta[member])
        code = [
            CodeLine(text, bool(turn) and turn in text) for text in _body(inspect.getsource(way))
        ]
        drawing = draw(map_panel(name, "source", given, largest=SMALL * 0.8).figure)
        # another order of the same sum
        same = bool(np.allclose(given, right, rtol=1e-9, atol=1e-9 * float(np.abs(right).max())))
        found.append(Way(name, _(_NOTES[name]), code, drawing, same))
    return found


def _body(source: str) -> list[str]:
    """The function without its docstring: what it does is said beside it."""
    lines = source.rstrip().split("\n")
    return [line for line in lines if not line.strip().startswith('"""')]
