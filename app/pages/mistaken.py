"""A mistake, switched on: its deltas beside the right ones, and what a gradient check sees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.engine import Trace
from app.engine.activations import Floats
from app.engine.closeness import same
from app.engine.differences import Differences, differences
from app.engine.mistakes import CODES, COLLECTING, OTHERS, Code
from app.figures import SMALL, draw, map_panel, ringed
from app.words import translator
from app.words.diagnoses import name
from app.words.numbers import short
from app.words.symbols import Symbols

NUDGED = 100  # nodes up to which each is checked; of a larger map as many, drawn by a seed
SWITCHED: tuple[Code, ...] = (
    "kernel_not_rotated",
    "kernel_flipped_rows_only",
    "kernel_flipped_columns_only",
    "kernel_transposed",
    "missing_activation_derivative",
    "padding_not_cropped",
    "stride_ignored",
    "dilation_ignored",
    "gradient_rotated",
)


_TURNS = (*SWITCHED[:4], "gradient_rotated")


@dataclass(frozen=True)
class Drawing:
    """One of the maps, drawn."""

    title: str
    svg: str


@dataclass(frozen=True)
class Mistaken:
    """A mistake on a layer."""

    choices: list[tuple[Code, str, bool]]
    drawings: list[Drawing]
    caught: bool
    verdict: str
    mean: str


def occurring(trace: Trace) -> list[Code]:
    """The mistakes that this layer gives occasion to."""
    return [code for code in SWITCHED if _wrong(trace, code) is not None]


def wrong_deltas(trace: Trace) -> Iterator[tuple[Code, Floats]]:
    """Every mistake's δ^l, where it has the map's shape."""
    for code in CODES:
        array = _wrong(trace, code)
        if array is not None and array.shape == trace.input_delta.shape:
            yield code, array


def _wrong(trace: Trace, code: Code) -> Floats | None:
    """What the mistake gives: δ^l, or for a gradient's mistake ∂C/∂w; None without occasion."""
    if code in _TURNS and all(axis.taps == 1 for axis in trace.layer.axes):
        return None  # a single weight in space: there is nothing to turn
    if code == "missing_activation_derivative":
        return trace.collected if trace.layer.activation != "identity" else None
    if code in COLLECTING:
        found = next(COLLECTING[code](trace), None)
        if found is None:
            return None
        array = found.array
        fits = array.shape == trace.input_delta.shape
        return array * trace.activation_derivative if fits else array
    maker = OTHERS["kernel_gradient"].get(code) if code == "gradient_rotated" else None
    found = next(maker(trace), None) if maker else None
    return None if found is None else found.array


def mistaken(trace: Trace, chosen: str, member: int, language: str) -> Mistaken:
    """The mistake ``chosen``, or the first that the layer gives occasion to."""
    _ = translator(language)
    codes = occurring(trace)
    if not codes:
        nothing = _("This layer gives no occasion to any of these mistakes.")
        return Mistaken([], [], False, nothing, "")
    code = next((c for c in codes if c == chosen), codes[0])
    array = _wrong(trace, code)
    wrong: Floats = trace.input_delta if array is None else array
    weights = code == "gradient_rotated"
    right = trace.kernel_gradient if weights else trace.input_delta
    fits = wrong.shape == right.shape
    off = np.zeros(right.shape, bool) if not fits else ~np.isclose(
        wrong, right, rtol=1e-9, atol=1e-12)  # fmt: skip

    def shown(array: Any) -> Any:
        return array.reshape(-1, *array.shape[-2:]) if weights else array[member]

    symbol = "∂C/∂w" if weights else "δˡ"
    drawings = [Drawing(_("{symbol}, right").format(symbol=symbol), _drawn(shown(right)))]
    checked = differences(trace, "kernel_gradient" if weights else "input_delta", NUDGED)
    if len(checked.entry) == right.size:
        numeric = checked.numeric.reshape(right.shape)
        drawings.append(
            Drawing(
                _("{symbol} by finite differences").format(symbol=symbol), _drawn(shown(numeric))
            )
        )
    rings = shown(off).ravel() if fits else np.zeros(0, bool)
    drawings.append(
        Drawing(_("{symbol}: {mistake}").format(symbol=symbol, mistake=name(code, language)),
                _drawn(shown(wrong), rings))
    )  # fmt: skip
    caught = not fits or bool(checked.off(wrong).any())
    return Mistaken(
        choices=[(c, name(c, language), c == code) for c in codes],
        drawings=drawings,
        caught=caught,
        verdict=_verdict(trace, (wrong, right), checked, language),
        mean="" if weights or not fits else _mean(trace, code, wrong, language),
    )


def _drawn(values: Floats, rings: np.ndarray | None = None) -> str:
    panel = map_panel("mistaken", "source", values, largest=SMALL)
    return draw(ringed(panel, [] if rings is None else np.flatnonzero(rings).tolist()).figure)


def _verdict(
    trace: Trace, arrays: tuple[Floats, Floats], checked: Differences, language: str
) -> str:
    _ = translator(language)
    wrong, right = arrays
    if wrong.shape != right.shape:
        return _("The result has another shape: {got} instead of {want}.").format(
            got="×".join(map(str, wrong.shape[-2:])), want="×".join(map(str, right.shape[-2:]))
        )
    if same(wrong, right):
        return _(
            "Nothing to see: on this layer the mistake gives the right numbers. A kernel that "
            "equals itself turned hides it; change a number of the kernel."
        )
    at = int(np.argmax(np.abs(wrong - right)))
    symbols = Symbols(trace.layer)
    member_size = int(np.prod(trace.wires.source_shape))
    where = (
        symbols.weight(at) if right is trace.kernel_gradient else symbols.delta(at % member_size)
    )
    said = (
        _(
            "The gradient check catches it in {count} places. The largest error is at {node}: "
            "{got} instead of {want}."
        )
        if len(checked.entry) == right.size
        else _(
            "The gradient check looks at {checked} of {all} places and catches it in {count}. The "
            "largest error of all is at {node}: {got} instead of {want}."
        )
    )
    return said.format(
        count=int(checked.off(wrong).sum()),
        checked=len(checked.entry),
        all=right.size,
        node=where,
        got=short(wrong.flat[at]),
        want=short(right.flat[at]),
    )


def _mean(trace: Trace, code: Code, wrong: Floats, language: str) -> str:
    """What a look at the average would notice, before σ′."""
    _ = translator(language)
    before = next(COLLECTING[code](trace)).array if code in COLLECTING else trace.collected
    right, given = float(trace.collected.mean()), float(before.mean())
    if code not in COLLECTING or same(before, trace.collected):
        return ""
    if np.isclose(right, given, rtol=1e-9, atol=1e-12):
        return _(
            "The mean of what is collected is {mean} with the mistake and without: looking at it "
            "you would not notice."
        ).format(mean=short(right))
    return _("The mean of what is collected is {got} instead of {want}.").format(
        got=short(given), want=short(right)
    )
