"""Panels with all that their markup needs, and which of them a view shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from app.engine import Trace
from app.figures import (
    LARGE,
    RESULTS,
    SMALL,
    Panel,
    Wiring,
    draw,
    fragment,
    is_cropped,
    lens_panel,
    matrix_panels,
    pairs,
    panel,
    turning,
)
from app.spec import View
from app.words import translator
from app.words.numbers import MINUS, short
from app.words.symbols import Symbols, first_index, spelled
from app.words.titles import TITLES

TABLE = 400  # cells up to which a panel's table comes with the page; of a larger one when asked for


@dataclass(frozen=True)
class Turn:
    """The forward stencil, to be turned onto the backward one: SVG, its middle, how far to go."""

    svg: str
    x: float
    y: float
    way: float


class Cell(NamedTuple):
    """A table's cell: what is read, and all its digits where that is less."""

    text: str
    exact: str = ""


@dataclass(frozen=True)
class Sheet:
    """One panel of the page."""

    panel: Panel
    title: str
    note: str
    svg: str
    hits: str
    width: int
    height: int
    rows: list[list[Cell]]  # its numbers as a table
    heads: list[int]  # what its rows are called, one map's
    columns: list[int]
    late: bool  # whether there are so many that the rows are sent when they are asked for
    geometry: dict[str, Any] = field(default_factory=dict)
    turn: Turn | None = None


@dataclass(frozen=True)
class Shown:
    """The panels of a view, by where they stand."""

    stage: list[Panel]  # in the direction in which things flow
    reading: list[Panel]  # beside the formula
    numbers: list[Panel]  # what can be changed, and what follows from it
    beside: list[Panel]  # below, if asked for

    @property
    def by_name(self) -> dict[str, Panel]:
        """All of them."""
        return {p.name: p for p in (*self.stage, *self.reading, *self.numbers, *self.beside)}


def shown(trace: Trace, view: View) -> Shown:
    """Which panels a view shows."""

    def make(name: str, largest: float = LARGE) -> Panel:
        return panel(trace, name, view.phase, view.member, largest=largest)

    cropped = view.phase == "deltas" and is_cropped(trace)
    result, wires = make("delta_cropped" if cropped else RESULTS[view.phase]), make("wires")
    if view.phase == "deltas":
        around = make("delta_padded" if view.way == "gather" else "stamps")
        stage = [result, wires, around]
    else:
        around = make("map_padded")
        stage = [around, wires, result]
    reading = [make("stencils")] if view.phase != "weights" else []
    lens = lens_panel(trace, around) if around.name != "stamps" else None
    if lens is not None and view.phase != "weights":
        reading.append(lens)
    names = ["input", "kernel", "output_delta", "output"]
    if trace.layer.activation != "identity":
        names += ["activated", "activation_derivative", "collected"]
    staged = {p.name for p in stage}
    numbers = [make(n, SMALL) for n in names if n not in staged]
    beside = matrix_panels(trace, view.member) if view.beside == "matrix" else []
    return Shown(stage, reading, numbers, beside)


def sheet(trace: Trace, drawn: Panel, view: View, language: str) -> Sheet:
    """A panel, drawn."""
    _ = translator(language)
    layout, grid = drawn.figure["layout"], drawn.grid
    wires = drawn.name == "wires"
    dense = trace.layer.input.shape[2:] == trace.layer.kernel.shape[2:] == (1, 1)
    name = "dense" if wires and dense else drawn.name
    if drawn.name == "input_delta" and drawn.grid is not None and drawn.cells is not None:
        name = "cropped" if (drawn.cells < 0).any() else name
    if drawn.name == "stencils":
        one, all_of_them = pairs(trace.layer) == (1, 1), trace.layer.kernel.shape[:2] == (1, 1)
        name = {"forward": "stencil"}.get(view.phase, "stencils")
        name += "" if all_of_them else "_first" if one else "_channels"
    if drawn.name == "map_padded" and view.phase == "weights":
        name = "map_weights"
    title, note = TITLES[name]
    geometry: dict[str, Any] = {}
    if grid is not None and drawn.cells is not None:
        plain = bool((drawn.cells == range(len(drawn.cells))).all())
        geometry = {
            "rows": grid.rows, "columns": grid.columns, "cell": grid.cell,
            "origins": [grid.origin(t) for t in range(grid.tiles)],
            "cells": None if plain else drawn.cells.tolist(),
        }  # fmt: skip
    late = drawn.values is not None and drawn.values.size > TABLE
    turn = None
    if drawn.name == "stencils":
        found, (x, y), way = turning(drawn)
        turn = Turn(fragment(found), x, y, way) if found else None
    return Sheet(
        panel=drawn,
        title=spelled(title),
        note=spelled(_(note)),
        svg=draw(drawn.figure),
        hits=fragment(Wiring(trace, view.member).hits()) if wires else "",
        width=layout["width"],
        height=layout["height"],
        rows=_wire_table(trace, language) if wires else [] if late else table(drawn),
        heads=counted(drawn, -2),
        columns=counted(drawn, -1),
        late=late,
        geometry=geometry,
        turn=turn,
    )


def counted(drawn: Panel, axis: int) -> list[int]:
    """Rows or columns of a panel's maps as they are named: from 1 in formulas, from 0 in code."""
    if drawn.values is None:
        return []
    return list(range(first_index(), first_index() + drawn.values.shape[axis]))


def table(drawn: Panel) -> list[list[Cell]]:
    """A panel's numbers, row by row; several maps one below the other."""
    if drawn.values is None:
        return []
    flat = drawn.values.reshape(-1, drawn.values.shape[-1])
    return [[_cell(v) for v in row] for row in flat.tolist()]


def _cell(value: float) -> Cell:
    text = short(value)
    same = float(text.replace(MINUS, "-")) == value
    return Cell(text, "" if same else repr(value))


def _wire_table(trace: Trace, language: str) -> list[list[Cell]]:
    """From, to, weight: every wire of a small layer, under a head."""
    if trace.wires.count > TABLE:
        return []
    _, symbols, table = translator(language), Symbols(trace.layer), trace.wires.table
    weight = trace.layer.kernel.ravel()
    rows = zip(table.source.tolist(), table.target.tolist(), table.tap.tolist(), strict=True)
    head = [_("from"), _("to"), _("weight"), _("value")]
    lines = [
        [str(symbols.a(s)), str(symbols.output(t)), str(symbols.weight(k)), short(weight[k])]
        for s, t, k in sorted(rows)
    ]
    return [[Cell(text) for text in line] for line in (head, *lines)]
