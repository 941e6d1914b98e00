"""Symbols of one layer's nodes and weights, for drawings (Unicode) and formulas (MathML).

Two different nodes carry one number in their names, so a delta always says its layer: δˡ₁₂ is an
input node's, δˡ⁺¹₁₂ an output node's. There are two notations of one thing: the formulas', which
counts from 1, and code's, ``d[0,1]`` and ``d_out[0,1]``, which counts from 0; the formulas' names
also have a form to be heard, ``δ l+1 1 2``. Which notation a reader has chosen goes through every
drawing and word of a page, so it is said once for all of them: ``with written("code"): …``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from html import escape
from typing import Literal

import numpy as np

from app.engine import Layer
from app.words.names import cell_name

_SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_SUPERSCRIPT = {"": "", "l": "ˡ", "l+1": "ˡ⁺¹"}
_VARIABLES = {"δ": "d"}  # what a letter is called in code

Notation = Literal["math", "code", "aloud"]
_NOTATION: ContextVar[Notation] = ContextVar("notation", default="math")


@contextmanager
def written(notation: Notation) -> Iterator[None]:
    """Everything named inside is named so."""
    token = _NOTATION.set(notation)
    try:
        yield
    finally:
        _NOTATION.reset(token)


def first_index() -> int:
    """What the first row is called: 1 in formulas, 0 in code."""
    return 0 if _NOTATION.get() == "code" else 1


@contextmanager
def aloud() -> Iterator[None]:
    """Formulas' names inside are written for a voice, which skips or spells small letters.

    Code's names are plain already.
    """
    with written("code" if _NOTATION.get() == "code" else "aloud"):
        yield


def _apart(name: str) -> str:
    """``12`` as ``1 2`` and ``[10,3]`` as ``10 3``: row and column, not a number."""
    return " ".join(name[1:-1].split(",") if name.startswith("[") else name)


@dataclass(frozen=True)
class Symbol:
    """A letter, the layer it belongs to (``"l"``, ``"l+1"`` or none) and which one it is."""

    letter: str
    layer: str
    name: str

    @property
    def _code(self) -> str:
        letter = _VARIABLES.get(self.letter, self.letter)
        return letter + ("_out" if self.layer == "l+1" else "") + self.name

    def __str__(self) -> str:
        """As in a drawing: ``δˡ⁺¹₁₂``, ``w₂₁``, ``δˡ[10,3]``; in code ``d_out[0,1]``."""
        if _NOTATION.get() == "code":
            return self._code
        if _NOTATION.get() == "aloud":
            return " ".join(filter(None, (self.letter, self.layer, _apart(self.name))))
        name = self.name if self.name.startswith("[") else self.name.translate(_SUBSCRIPT)
        return self.letter + _SUPERSCRIPT[self.layer] + name

    @property
    def mathml(self) -> str:
        """As in a formula, without the surrounding ``<math>``."""
        if _NOTATION.get() == "code":
            return f'<mtext class="code">{escape(self._code)}</mtext>'
        letter = f"<mi>{escape(self.letter)}</mi>"
        lower = f"<mn>{escape(self.name)}</mn>" if self.name else "<mrow></mrow>"
        if not self.layer:
            # an empty superscript: fonts without mathematics set a lone subscript on the base line
            return f"<msubsup>{letter}{lower}<mrow></mrow></msubsup>"
        upper = {"l": "<mi>l</mi>", "l+1": "<mrow><mi>l</mi><mo>+</mo><mn>1</mn></mrow>"}
        return f"<msubsup>{letter}{lower}{upper[self.layer]}</msubsup>"


def _named(shape: Sequence[int], flat: int, spatial_only: bool) -> str:
    index = [int(i) for i in np.unravel_index(flat, tuple(shape))]
    return _name(index[-2:], shape[-2:]) if spatial_only else _name(index, shape)


def _name(index: Sequence[int], shape: Sequence[int]) -> str:
    if _NOTATION.get() == "code":
        return "[" + ",".join(map(str, index)) + "]"
    return cell_name(index, shape)


_SPELLED = {"δˡ⁺¹": "d_out", "zˡ⁺¹": "z_out", "δˡ": "d", "zˡ": "z", "aˡ": "a"}


def spelled(caption: str) -> str:
    """A caption in the reader's notation: ``δˡ⁺¹ output error`` or ``d_out output error``."""
    if _NOTATION.get() == "code":
        for symbol, name in _SPELLED.items():
            caption = caption.replace(symbol, name)
    return caption


class Symbols:
    """Names everything in a layer by flat index; channels are left out where there is only one."""

    def __init__(self, layer: Layer) -> None:
        self._source_shape = layer.input.shape[1:]
        self._target_shape = layer.output_shape[1:]
        self._tap_shape = layer.kernel.shape
        self._spatial_taps = math.prod(layer.kernel.shape[2:])
        # maps and kernel of one cell each: a fully connected layer, named without rows and columns
        self._flat = layer.input.shape[2:] == layer.kernel.shape[2:] == (1, 1)

    def source(self, flat: int) -> str:
        """An input node's number, such as ``12``."""
        return self._node(self._source_shape, flat)

    def target(self, flat: int) -> str:
        """An output node's number."""
        return self._node(self._target_shape, flat)

    def tap(self, flat: int) -> str:
        """A weight's number: row and column in the kernel, or of a dense layer's matrix."""
        if self._flat:
            return _name(divmod(flat, self._tap_shape[1]), self._tap_shape[:2])
        return _named(self._tap_shape, flat, self._tap_shape[0] * self._tap_shape[1] == 1)

    def _node(self, shape: Sequence[int], flat: int) -> str:
        if self._flat:  # channels are all there is
            return f"[{flat}]" if _NOTATION.get() == "code" else str(flat + 1)
        return _named(shape, flat, shape[0] == 1)

    def plane(self, tap: int) -> int:
        """A tap's place in the kernel's plane, whatever its channels."""
        return tap % self._spatial_taps

    def colour(self, tap: int) -> int:
        """Which colour a tap has: by its place; in a dense layer each weight has its own."""
        return tap if self._flat else self.plane(tap)

    def place(self, tap: int) -> Symbol:
        """A weight by its place in the kernel's plane, as labels in drawings say it."""
        if self._flat:
            return self.weight(tap)
        return Symbol("w", "", _named(self._tap_shape[2:], self.plane(tap), spatial_only=True))

    def z(self, flat: int) -> Symbol:
        """An input node's pre-activation, zˡ."""
        return Symbol("z", "l", self.source(flat))

    def a(self, flat: int) -> Symbol:
        """An input node's activation, aˡ."""
        return Symbol("a", "l", self.source(flat))

    def output(self, flat: int) -> Symbol:
        """An output node's pre-activation, zˡ⁺¹."""
        return Symbol("z", "l+1", self.target(flat))

    def delta(self, flat: int) -> Symbol:
        """An input node's delta, δˡ."""
        return Symbol("δ", "l", self.source(flat))

    def output_delta(self, flat: int) -> Symbol:
        """An output node's delta, δˡ⁺¹."""
        return Symbol("δ", "l+1", self.target(flat))

    def weight(self, flat: int) -> Symbol:
        """A weight, w."""
        return Symbol("w", "", self.tap(flat))
