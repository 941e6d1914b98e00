"""An answer beside the right one: which numbers are off, drawn and listed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.engine import Trace
from app.engine.activations import Floats
from app.engine.closeness import allowed, largest
from app.engine.mistakes import Part
from app.figures import SMALL, draw, map_panel, ringed
from app.pages.mistaken import Drawing
from app.words import translator
from app.words.numbers import short
from app.words.symbols import Symbols

DRAWN = 4096  # cells of a map up to which it is drawn; a picture of 64×64
LISTED = 100  # rows of the table
RINGED = 150  # wrong cells up to which each is ringed; of more there is a map of their own
COARSEST = 0.01  # of the largest number: what is printed more coarsely shows nothing


@dataclass(frozen=True)
class Row:
    """One number of the answer beside the right one."""

    name: str
    want: str
    got: str
    off: str
    wrong: bool


@dataclass(frozen=True)
class Sight:
    """An answer (with the user's axes) beside the right one."""

    trace: Trace
    part: Part
    language: str
    rounding: float  # how far printing may have moved a number
    answer: Floats
    right: Floats

    @property
    def fits(self) -> bool:
        """Whether the shapes are the same."""
        return self.answer.shape == self.right.shape

    @property
    def errors(self) -> Floats:
        """How far each number is off."""
        with np.errstate(over="ignore"):
            return np.abs(self.answer - self.right)

    @property
    def blur(self) -> float:
        """How far printing may have moved a number, where that leaves enough to see."""
        rounding = self.rounding * (1 + 1e-6)
        return rounding if rounding <= COARSEST * largest(self.right) else 0.0

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Which numbers are off; what printing rounded away is not."""
        return np.asarray(self.errors > max(allowed(self.right), self.blur))


def namer(sight: Sight) -> Callable[[int], str]:
    """What a number of the part is called, by its flat index."""
    symbols, part, layer = Symbols(sight.trace.layer), sight.part, sight.trace.layer
    if part == "kernel_gradient":
        return lambda flat: f"∂C/∂{symbols.weight(flat)}"
    if part == "bias_gradient":
        return lambda flat: "∂C/∂b" if len(layer.kernel) == 1 else f"∂C/∂b[{flat + 1}]"
    cell = symbols.output if part == "output" else symbols.delta
    members = layer.input.shape[0]
    size = sight.right.size // members
    if members == 1:
        return lambda flat: str(cell(flat))
    return lambda flat: f"{flat // size + 1}: {cell(flat % size)}"


def listed(sight: Sight, good: bool) -> tuple[list[Row], str]:
    """All numbers of a small answer; of a large one those that are wrong, as many as fit."""
    _ = translator(sight.language)
    called, wrong, errors = namer(sight), sight.wrong.ravel(), sight.errors.ravel()
    size = sight.right.size
    chosen = np.arange(size) if size <= LISTED else np.flatnonzero(wrong)[:LISTED]
    rows = [
        Row(
            called(at),
            short(sight.right.flat[at], 6),
            short(sight.answer.flat[at], 6),
            short(errors[at], 3) if wrong[at] or not good else "0",
            bool(wrong[at]),
        )
        for at in chosen.tolist()
    ]
    if size <= LISTED or good:
        return rows if size <= LISTED else [], ""
    left_out = _("The table has the first {shown} of {count} wrong numbers.").format(
        shown=len(rows), count=f"{int(wrong.sum()):,}"
    )
    return rows, left_out if len(rows) < wrong.sum() else ""


def beside(sight: Sight) -> list[Drawing]:
    """The right numbers and the given ones, of the member in which most is off."""
    _ = translator(sight.language)
    symbol = {"output": "zˡ⁺¹", "input_delta": "δˡ", "kernel_gradient": "∂C/∂w"}.get(
        sight.part, "∂C/∂b"
    )
    right, given = stacked(sight.right), stacked(sight.answer)
    rings: list[int] = []
    maps = [(_("{symbol}, right"), right), (_("{symbol}, yours"), given)]
    if sight.fits:
        errors = stacked(sight.errors)
        one = _member(sight, len(right))
        rings = np.flatnonzero(stacked(sight.wrong)[one]).tolist()
        maps = [(title, stack[one]) for title, stack in maps]
        if len(rings) > RINGED:
            rings = []
            maps.append((_("{symbol}, difference"), errors[one]))
    return [
        Drawing(title.format(symbol=symbol), drawn(stack, rings if stack is maps[1][1] else []))
        for title, stack in maps
        if stack.size <= DRAWN
    ]


def _member(sight: Sight, tiles: int) -> slice:
    """Which of the tiles belong to the batch member in which most is off; of gradients all."""
    if sight.part not in ("output", "input_delta"):
        return slice(0, tiles)
    members = len(sight.trace.layer.input)
    worst = int(np.argmax(sight.errors)) // (sight.right.size // members)
    each = tiles // members
    return slice(worst * each, (worst + 1) * each)


def stacked(array: NDArray[Any]) -> NDArray[Any]:
    """As (tiles, rows, columns)."""
    flat = array.reshape((1,) * max(0, 3 - array.ndim) + array.shape)
    return flat.reshape(-1, *flat.shape[-2:])


def drawn(stack: Floats, rings: list[int], largest_cell: float = SMALL) -> str:
    """A stack of maps as SVG, some of its squares ringed."""
    return draw(ringed(map_panel("checked", "source", stack, largest=largest_cell), rings).figure)
