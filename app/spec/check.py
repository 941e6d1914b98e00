"""What a user may ask to have checked: answers to a layer, or the layer's gradients."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Any, Self, TypeVar

from pydantic import Field

from app.engine import EngineError
from app.engine.activations import Floats
from app.engine.differences import NUDGED
from app.engine.mistakes import CODES, PARTS, Code, Part
from app.engine.suspects import PASSES, occurring
from app.spec import fields
from app.spec.arrays import parse_array
from app.spec.body import Body
from app.spec.errors import LimitError, Path, SpecError
from app.spec.fields import Parsed
from app.spec.layer import LayerSpec
from app.spec.limits import DEFAULT_LIMITS, Limits

T = TypeVar("T")
RIGHT_PASSES = 3  # forward, collecting, kernel gradient

# What a gradient check may be shown beside: codes with a mistake in some gradient.
GRADIENT_MISTAKES: tuple[Code, ...] = tuple(
    code for code in CODES if any(code in occurring(part) for part in NUDGED)
)
MOST_ENTRIES = 200  # of one gradient; as many as a reader may scroll through
_TRIPS = 8  # forward passes for one entry of each gradient: 2 for each of 3, and mistakes'


def answer_field(value: object, limits: Limits) -> Floats | None:
    """Numbers in any shape: that the shape is wrong is a diagnosis, not a refusal."""
    return None if value is None else parse_array(value, (0, 1, 2, 3, 4), limits)


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    kinds = [kind for kind in schema["anyOf"] if kind != {"type": "null"}]
    return {"anyOf": [*kinds, {"type": "null"}], "default": None}


_Map = Annotated[Floats | None, Parsed(answer_field, _or_null(fields.MAP_SCHEMA))]


class AnswerSpec(Body):
    """Somebody's results for a layer: any of the four."""

    output: Annotated[_Map, Field(description="z^{l+1}")] = None
    input_delta: Annotated[_Map, Field(description="δ^l = ∂C/∂z^l")] = None
    kernel_gradient: Annotated[
        Floats | None,
        Parsed(answer_field, _or_null(fields.KERNEL_SCHEMA)),
        Field(description="∂C/∂w, shaped like the kernel"),
    ] = None
    bias_gradient: Annotated[
        Floats | None,
        Parsed(answer_field, _or_null({"anyOf": fields.BIAS_SCHEMA["anyOf"]})),
        Field(description="∂C/∂b: a number for an H×W input, else a list of C_out"),
    ] = None

    @property
    def parts(self) -> dict[Part, Floats]:
        """Those that are there."""
        found = {part: getattr(self, part) for part in PARTS}
        return {part: array for part, array in found.items() if array is not None}


class CheckSpec(Body):
    """A layer and answers to it.

    >>> layer = {"input": [[1, 2]], "kernel": [[3]]}
    >>> CheckSpec.parse({"layer": layer, "answer": {"bias_gradient": 2}}).work
    6
    """

    layer: LayerSpec
    answer: AnswerSpec

    @classmethod
    def parse(cls, value: object, limits: Limits = DEFAULT_LIMITS, at: Path = ()) -> Self:
        """From what a JSON document holds.

        Raises:
            SpecError: the first fault, with the others in ``others``.
        """
        if isinstance(value, dict):  # each by itself, so that its faults say what it takes
            kinds: dict[str, type[Body]] = {"layer": LayerSpec, "answer": AnswerSpec}
            read = {
                name: kinds[name].parse(item, limits, (*at, name))
                for name, item in value.items()
                if name in kinds
            }
            value = {**value, **read}
        spec = super().parse(value, limits, at)
        if not spec.answer.parts:
            raise SpecError(
                (*at, "answer"), "is empty; give one or more of {known}", known=", ".join(PARTS)
            )
        return spec

    @property
    def work(self) -> int:
        """Multiply-adds of all passes: the right results', and every mistake's."""
        passes = RIGHT_PASSES
        for part, answer in self.answer.parts.items():
            passes += PASSES[part] + self._odd_passes(part, answer)
        return passes * self.layer.work

    def _odd_passes(self, part: Part, answer: Floats) -> int:
        """What an answer of another shape may cost more, in passes of the layer."""
        usual = {"input_delta": self.layer.input.size, "kernel_gradient": self.layer.kernel.size}
        if part not in usual or answer.size <= usual[part]:
            return 0
        return min(32, math.ceil(answer.size / usual[part]))

    def inside(self, ask: Callable[[LayerSpec], T]) -> T:
        """What ``ask`` says of the layer; a fault of the layer is named as one of this body's.

        Raises:
            EngineError: as ``ask`` does.
        """
        try:
            return ask(self.layer)
        except SpecError as error:
            raise error.under(("layer",)) from None
        except EngineError as error:
            raise type(error)(f"layer.{error.field}", error.template, **error.facts) from None

    def check_limits(self, limits: Limits) -> None:
        """Whether all passes together are little enough.

        Raises:
            LimitError: they are not.
        """
        self.inside(lambda layer: layer.check_limits(limits))
        if self.work > limits.check:
            raise LimitError(
                ("layer", "input"),
                "makes {got:,} multiplications when every mistake is tried; {most:,} is the limit",
                got=self.work,
                most=limits.check,
            )


def mistakes_field(value: object, _: Limits) -> tuple[Code, ...]:
    """One code or a list of them, each named once; None is none."""
    if value is None:
        return ()
    listed = list(value) if isinstance(value, list | tuple) else [value]
    found = []
    for position, item in enumerate(listed):
        try:
            found.append(fields.one_of(item, GRADIENT_MISTAKES))
        except SpecError as error:
            raise error.under((position,) if isinstance(value, list | tuple) else ()) from None
    return tuple(code for code in GRADIENT_MISTAKES if code in found)


_CODE = {"type": "string", "enum": list(GRADIENT_MISTAKES)}
MISTAKES_SCHEMA = {"anyOf": [_CODE, {"type": "array", "items": _CODE}, {"type": "null"}]}


class GradientCheckSpec(LayerSpec):
    """A layer, mistakes to look at beside it, and a seed for what is drawn of large maps."""

    mistake: Annotated[
        tuple[Code, ...],
        Parsed(mistakes_field, MISTAKES_SCHEMA),
        Field(description="A mistake or several, to see what the check says of them"),
    ] = ()
    seed: Annotated[
        int,
        Parsed(
            lambda value, _: fields.whole(value, 0, 2**32 - 1),
            {"type": "integer", "minimum": 0, "maximum": 2**32 - 1},
        ),
        Field(description="Which entries of a large gradient are drawn"),
    ] = 0

    def entries(self, limits: Limits) -> int:
        """How many of each gradient may be compared: each takes two forward passes."""
        affordable = limits.check // (_TRIPS * max(1, self.work))
        return max(1, min(MOST_ENTRIES, affordable))
