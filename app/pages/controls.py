"""The lab's controls as values: what can be chosen, how far each goes, and why it ends there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from app.engine import ACTIVATIONS, Trace
from app.engine.geometry import Axis
from app.figures import draw, map_panel
from app.spec import PRESETS, LayerSpec, View
from app.spec.changes import MOST_ROWS
from app.words import N_, translator

ACTIVATION_NAMES = {
    "identity": N_("none (identity)"),
    "sigmoid": N_("sigmoid"),
    "tanh": N_("tanh"),
    "relu": N_("ReLU"),
}


@dataclass(frozen=True)
class Choice:
    """One of a control's values; ``picture`` is SVG."""

    value: str
    label: str
    chosen: bool
    note: str = ""
    picture: str = ""


@dataclass(frozen=True)
class Stepper:
    """A whole number, its ends, and why it ends there; ``text`` where the axes differ."""

    name: str
    label: str
    value: int
    least: int
    most: int
    under: str
    over: str
    text: str = ""


@dataclass(frozen=True)
class Controls:
    """Everything about a layer that a button or a menu can change."""

    phases: list[Choice]
    operations: list[Choice]
    ways: list[Choice]  # only where there is something to gather
    activations: list[Choice]
    presets: list[Choice]
    steppers: list[Stepper]
    names: list[tuple[str, str, bool]]
    bias: str
    members: int


def controls(spec: LayerSpec, trace: Trace, view: View, language: str) -> Controls:
    """The controls as they stand for a layer at a view."""
    _ = translator(language)
    layer = trace.layer
    phases = (("forward", _("Forward")), ("deltas", _("Deltas")), ("weights", _("Weights")))
    operations = (
        ("convolution", _("Convolution"), _("The forward pass slides rot180(w).")),
        (
            "correlation",
            _("Correlation"),
            _("The forward pass slides w, like PyTorch’s conv2d."),
        ),
    )
    ways = (
        ("gather", _("Gather"), _("The node collects: the backward stencil lies over the deltas.")),
        ("scatter", _("Scatter"), _("Every δ stamps the forward stencil, and the stamps add up.")),
    )
    return Controls(
        phases=[Choice(value, label, view.phase == value) for value, label in phases],
        operations=[Choice(v, label, layer.operation == v, note) for v, label, note in operations],
        ways=[Choice(v, label, view.way == v, note) for v, label, note in ways]
        if view.phase == "deltas"
        else [],
        activations=[
            Choice(name, _(ACTIVATION_NAMES.get(name, name)), name == layer.activation)
            for name in ACTIVATIONS
        ],
        presets=[
            Choice(p.name, _(p.label), p.spec == spec, _(p.note), thumbnail(p.name))
            for p in PRESETS.values()
        ],
        steppers=_steppers(trace, language),
        names=[(n, label, view.names == n) for n, label in (("math", "δ₁₁"), ("code", "d[0,0]"))],
        bias=_bias(layer.bias.tolist()),
        members=layer.input.shape[0],
    )


def _bias(numbers: list[float]) -> str:
    """As it can be typed again: one number where all channels have the same."""
    texts = [f"{value:.15g}" for value in numbers]
    return texts[0] if len(set(texts)) == 1 else ", ".join(texts)


@lru_cache
def thumbnail(name: str) -> str:
    """What a preset is about, too small for numbers."""
    preset = PRESETS[name]
    values = getattr(preset.spec, preset.pictured)
    stack = values.reshape(-1, *values.shape[-2:])
    return draw(map_panel(name, "tap", stack, largest=60 / max(stack.shape[1:])).figure)


def _steppers(trace: Trace, language: str) -> list[Stepper]:
    _ = translator(language)
    rows, columns = trace.layer.axes
    sides = [zeros for pair in trace.layer.padding for zeros in pair]
    fits = _("The stencil must fit the padded map.")
    one = _("There is nothing smaller.")
    lab = _("This is as large as the lab draws it cell by cell.")

    def both(name: str) -> int:
        return min(int(getattr(axis, name)) for axis in (rows, columns))

    stride, dilation = trace.layer.stride, trace.layer.dilation
    holes = [axis.most_dilation - axis.dilation for axis in (rows, columns) if axis.taps > 1]

    def both_of(pair: tuple[int, int]) -> str:
        return "" if pair[0] == pair[1] else f"{pair[0]}×{pair[1]}"

    def kernel_end(axis: Axis) -> str:
        return fits if axis.most_taps < MOST_ROWS["kernel"] else lab

    maps = [
        Stepper(f"input.{side}", label, axis.size, _least(axis), MOST_ROWS["input"],
                fits if _least(axis) > 1 else one, lab)
        for side, label, axis in (
            ("rows", _("map rows"), rows), ("columns", _("map columns"), columns))
    ]  # fmt: skip
    kernels = [
        Stepper(f"kernel.{side}", label, axis.taps, 1,
                min(MOST_ROWS["kernel"], axis.most_taps), one, kernel_end(axis))
        for side, label, axis in (
            ("rows", _("kernel rows"), rows), ("columns", _("kernel columns"), columns))
    ]  # fmt: skip
    return [
        *maps,
        *kernels,
        Stepper("stride", _("stride"), max(stride), 1,
                max(max(stride) + axis.most_stride - axis.stride for axis in (rows, columns)), one,
                _("A larger stride gives a single window, as this one does."), both_of(stride)),
        Stepper("padding", _("padding"), max(sides),
                max(rows.least_padding, columns.least_padding), both("most_padding"),
                _("Less padding, and the stencil no longer fits.") if min(sides) else one,
                _("With more, some windows would lie beside the map.")),
        Stepper("dilation", _("dilation"), max(dilation), 1,
                max(dilation) + min(holes, default=0), one,
                fits if holes else _("One tap has no holes to widen."), both_of(dilation)),
    ]  # fmt: skip


def _least(axis: Axis) -> int:
    """The smallest map that the stencil fits, its padding as it is."""
    return max(1, axis.span - axis.before - axis.after)
