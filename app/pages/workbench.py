"""The lab as a value: every panel, control and moment for a spec and a view.

Both the page and its updates are rendered from this, so they cannot disagree. It decides what is
shown; when it is shown is the player's business, in the browser.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.engine import ACTIVATIONS, Phase, Trace
from app.engine.geometry import Axis
from app.figures import (
    LARGE,
    RESULTS,
    SMALL,
    Overlays,
    Panel,
    Wiring,
    draw,
    fragment,
    panel,
)
from app.spec import PRESETS, LayerSpec, View, encode
from app.spec.changes import MOST_ROWS
from app.words import N_, translator
from app.words.formulas import Formula, formula
from app.words.numbers import short
from app.words.sentences import sentence
from app.words.symbols import Symbols

WHOLE = 80  # moments that are sent along with a page; of a larger layer they are fetched
CHIPS = 16  # steps that each get a button
TABLE = 400  # cells up to which a panel's table is written out


@dataclass(frozen=True)
class Choice:
    """One of a control's values."""

    value: str
    label: str
    chosen: bool
    note: str = ""


@dataclass(frozen=True)
class Stepper:
    """A whole number with its ends, and why it ends there."""

    name: str
    label: str
    value: int
    least: int
    most: int
    end: str  # why it goes no further

    @property
    def kind(self) -> str:
        """Which change it makes."""
        return "set" if "." not in self.name else "size"


@dataclass(frozen=True)
class Drawn:
    """A panel with all that its markup needs."""

    panel: Panel
    title: str
    note: str
    svg: str
    hits: str
    width: int
    height: int
    shape: str
    rows: list[list[str]]  # its numbers as a table; empty where there are too many to read
    geometry: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Workbench:
    """See the module."""

    language: str
    spec: LayerSpec
    trace: Trace
    view: View
    permalink: str
    stage: list[Drawn]
    stencils: Drawn
    numbers: list[Drawn]
    phases: list[Choice]
    operations: list[Choice]
    activations: list[Choice]
    presets: list[Choice]
    steppers: list[Stepper]
    labels: list[str]
    steps: int
    formula: Formula
    sentence: str
    facts: str


def build(spec: LayerSpec, trace: Trace, view: View, language: str) -> Workbench:
    """The workbench of a layer at a view (already within the trace)."""
    _ = translator(language)
    step = trace.step(view.phase, view.step, view.member)
    symbols = Symbols(trace.layer)
    count = trace.step_count(view.phase)
    name = {"forward": symbols.output, "deltas": symbols.delta, "weights": symbols.weight}
    labels = [str(name[view.phase](i)) for i in range(count)] if count <= CHIPS else []
    return Workbench(
        language=language,
        spec=spec,
        trace=trace,
        view=view,
        permalink=encode(spec),
        stage=[_drawn(trace, p, view, language) for p in stage_panels(trace, view)],
        stencils=_drawn(trace, panel(trace, "stencils", view.phase), view, language),
        numbers=[_drawn(trace, p, view, language) for p in number_panels(trace, view)],
        phases=_phases(view, language),
        operations=[
            Choice("convolution", _("Convolution"), trace.layer.operation == "convolution",
                   _("slides rot180(w) forwards")),
            Choice("correlation", _("Correlation"), trace.layer.operation == "correlation",
                   _("slides w forwards, as PyTorch's conv2d does")),
        ],
        activations=[Choice(a, _(_ACTIVATIONS.get(a, a)), a == trace.layer.activation)
                     for a in ACTIVATIONS],
        presets=[Choice(p.name, _(p.label), p.spec == spec, _(p.note)) for p in PRESETS.values()],
        steppers=_steppers(trace, language),
        labels=labels,
        steps=count,
        formula=formula(trace, step, view.member),
        sentence=sentence(trace, step, language, view.member),
        facts=_facts(trace, language),
    )  # fmt: skip


_ACTIVATIONS = {
    "identity": N_("none (identity)"),
    "sigmoid": N_("sigmoid"),
    "tanh": N_("tanh"),
    "relu": N_("ReLU"),
}

_TITLES: dict[str, tuple[str, str]] = {
    "input": ("zˡ", N_("the map")),
    "activated": ("aˡ = σ(zˡ)", N_("activated")),
    "activation_derivative": ("σ′(zˡ)", N_("slope at each node")),
    "kernel": ("w", N_("the kernel")),
    "output": ("zˡ⁺¹", N_("output")),
    "output_delta": ("δˡ⁺¹", N_("output error")),
    "collected": ("∂C/∂aˡ", N_("collected, before σ′")),
    "input_delta": ("δˡ", N_("error of the earlier layer")),
    "kernel_gradient": ("∂C/∂w", N_("gradient of the kernel")),
    "map_padded": ("aˡ", N_("the map, where the stencil slides")),
    "delta_padded": ("δˡ⁺¹", N_("laid out among zeros")),
    "stencils": ("", N_("the stencil, forwards and backwards")),
    "wires": ("", N_("the layer, unrolled: an MLP that shares {weights} weights")),
}


def _phases(view: View, language: str) -> list[Choice]:
    _ = translator(language)
    return [
        Choice("forward", _("Forward"), view.phase == "forward"),
        Choice("deltas", _("Deltas"), view.phase == "deltas"),
        Choice("weights", _("Weights"), view.phase == "weights"),
    ]


def stage_panels(trace: Trace, view: View) -> list[Panel]:
    """The three panels of a phase, in the direction in which things flow."""
    result = panel(trace, RESULTS[view.phase], view.phase, view.member, largest=LARGE)
    wires = panel(trace, "wires", view.phase, view.member)
    if view.phase == "forward":
        return [panel(trace, "map_padded", view.phase, view.member), wires, result]
    if view.phase == "deltas":
        return [result, wires, panel(trace, "delta_padded", view.phase, view.member)]
    around = panel(trace, "map_padded", view.phase, view.member)
    return [around, wires, result]


def number_panels(trace: Trace, view: View) -> list[Panel]:
    """Beside the stage: what can be changed, and what follows from it."""
    names = ["input", "kernel", "output_delta", "output"]
    if trace.layer.activation != "identity":
        names += ["activated", "activation_derivative", "collected"]
    staged = {p.name for p in stage_panels(trace, view)}
    return [
        panel(trace, n, view.phase, view.member, largest=SMALL) for n in names if n not in staged
    ]


def all_panels(trace: Trace, view: View) -> list[Panel]:
    """Every panel that a view shows."""
    stencils = panel(trace, "stencils", view.phase, view.member)
    return [*stage_panels(trace, view), stencils, *number_panels(trace, view)]


def _drawn(trace: Trace, shown: Panel, view: View, language: str) -> Drawn:
    _ = translator(language)
    title, note = _TITLES[shown.name]
    layout, grid, values = shown.figure["layout"], shown.grid, shown.values
    wires = shown.name == "wires"
    geometry: dict[str, Any] = {}
    if grid is not None and shown.cells is not None:
        plain = bool((shown.cells == range(len(shown.cells))).all())
        geometry = {
            "rows": grid.rows, "columns": grid.columns, "cell": grid.cell,
            "origins": [grid.origin(t) for t in range(grid.tiles)],
            "cells": None if plain else shown.cells.tolist(),
        }  # fmt: skip
    return Drawn(
        panel=shown,
        title=title,
        note=_(note).format(weights=trace.layer.kernel.size) if wires else _(note),
        svg=draw(shown.figure),
        hits=fragment(Wiring(trace, view.member).hits()) if wires else "",
        width=layout["width"],
        height=layout["height"],
        shape="×".join(map(str, values.shape[-2:])) if values is not None else "",
        rows=_wire_table(trace, language) if wires else _table(shown),
        geometry=geometry,
    )


def _wire_table(trace: Trace, language: str) -> list[list[str]]:
    """From, to, weight: every wire of a small layer."""
    if trace.wires.count > TABLE:
        return []
    _, symbols, table = translator(language), Symbols(trace.layer), trace.wires.table
    weight = trace.layer.kernel.ravel()
    rows = zip(table.source.tolist(), table.target.tolist(), table.tap.tolist(), strict=True)
    return [[_("from"), _("to"), _("weight"), _("value")]] + [
        [str(symbols.a(s)), str(symbols.output(t)), str(symbols.weight(k)), short(weight[k])]
        for s, t, k in sorted(rows)
    ]


def _table(shown: Panel) -> list[list[str]]:
    if shown.values is None or shown.values.size > TABLE:
        return []
    flat = shown.values.reshape(-1, shown.values.shape[-1])
    return [[short(v) for v in row] for row in flat.tolist()]


def _steppers(trace: Trace, language: str) -> list[Stepper]:
    _ = translator(language)
    rows, columns = trace.layer.axes
    (top, bottom), (left, right) = trace.layer.padding
    simple = top == bottom == left == right
    stride = _("the window would fit only once")
    fits = _("the stencil would no longer fit the padded map")
    zeros = _("every window would lie in zeros")

    def both(name: str) -> int:
        return min(int(getattr(axis, name)) for axis in (rows, columns))

    return [
        Stepper("input.rows", _("map rows"), rows.size, _least(rows), MOST_ROWS["input"], fits),
        Stepper("input.columns", _("map columns"), columns.size, _least(columns),
                MOST_ROWS["input"], fits),
        Stepper("kernel.rows", _("kernel rows"), rows.taps, 1,
                min(MOST_ROWS["kernel"], rows.most_taps), fits),
        Stepper("kernel.columns", _("kernel columns"), columns.taps, 1,
                min(MOST_ROWS["kernel"], columns.most_taps), fits),
        Stepper("stride", _("stride"), trace.layer.stride[0], 1, both("most_stride"), stride),
        Stepper("padding", _("padding"), top if simple else max(top, bottom, left, right),
                max(rows.least_padding, columns.least_padding), both("most_padding"), zeros),
        Stepper("dilation", _("dilation"), trace.layer.dilation[0], 1,
                both("most_dilation") if max(rows.taps, columns.taps) > 1 else 1, fits),
    ]  # fmt: skip


def _least(axis: Axis) -> int:
    """The smallest map that the stencil fits, its padding as it is."""
    return max(1, axis.span - axis.before - axis.after)


def _facts(trace: Trace, language: str) -> str:
    _ = translator(language)
    layer = trace.layer
    return _(
        "{nodes} input nodes, {outputs} output nodes, {wires} wires, {weights} weights"
    ).format(
        nodes=f"{trace.step_count('deltas'):,}",
        outputs=f"{trace.step_count('forward'):,}",
        wires=f"{trace.wires.count:,}",
        weights=f"{layer.kernel.size:,}",
    )


class Moments:
    """The overlays, formula and sentence of each sum, for the panels that a view shows."""

    def __init__(self, trace: Trace, view: View, language: str) -> None:
        self.trace, self.view, self.language = trace, view, language
        shown = {p.name: p for p in all_panels(trace, view)}
        self.overlays = Overlays(trace, view.member, shown)

    def of(self, phase: Phase, cell: int) -> tuple[dict[str, Any], Formula]:
        """A moment as the page's script wants it, and its formula to be rendered."""
        overlay = self.overlays.of(phase, cell)
        step = self.trace.step(phase, cell, self.view.member)
        whole = self.overlays.complete_from(step) if phase == "deltas" else None
        moment = {
            "terms": overlay.terms,
            "light": {name: fragment(found) for name, found in overlay.light.items() if found},
            "cover": {name: fragment(found) for name, found in overlay.cover.items() if found},
            "sentence": sentence(self.trace, step, self.language, self.view.member),
            "whole": whole,
        }
        return moment, formula(self.trace, step, self.view.member)

    def keys(self) -> list[tuple[Phase, int]]:
        """Every sum of a small layer; of a large one only the view's own."""
        phases: tuple[Phase, ...] = ("forward", "deltas", "weights")
        counts = {p: self.trace.step_count(p) for p in phases}
        if sum(counts.values()) > WHOLE:
            return [(self.view.phase, self.view.step)]
        return [(p, c) for p in phases for c in range(counts[p])]
