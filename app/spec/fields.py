"""The fields of a layer, each with its parser and its JSON schema.

Every field is read by one plain function ``(value, limits) -> value`` that raises
:class:`SpecError`, so that the JSON body, the permalink and a page's form say the same of the
same mistake. :class:`Parsed` hands such a function to Pydantic.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast, get_args

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from app.engine import ACTIVATIONS, Operation
from app.engine.activations import Floats
from app.engine.geometry import PaddingName
from app.engine.given import Pair
from app.engine.layer import Padding
from app.spec.arrays import parse_array
from app.spec.errors import LimitError, SpecError
from app.spec.limits import DEFAULT_LIMITS, Limits

OPERATIONS: tuple[str, ...] = get_args(Operation)
PADDING_NAMES: tuple[str, ...] = get_args(PaddingName)


@dataclass(frozen=True)
class Parsed:
    """Annotation for Pydantic: read the value with ``parse``, document it with ``schema``.

    The limits come from the validation's context (``{"limits": Limits}``), else the defaults.
    """

    parse: Callable[[Any, Limits], object]
    schema: dict[str, Any] = field(hash=False)

    def __get_pydantic_core_schema__(self, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        def read(value: Any, info: core_schema.ValidationInfo) -> object:
            return self.parse(value, (info.context or {}).get("limits", DEFAULT_LIMITS))

        return core_schema.with_info_plain_validator_function(read)

    def __get_pydantic_json_schema__(self, _: CoreSchema, __: GetJsonSchemaHandler) -> Any:
        return dict(self.schema)


def map_field(value: object, limits: Limits) -> Floats:
    """H×W, C×H×W or N×C×H×W numbers."""
    return parse_array(value, (2, 3, 4), limits)


def kernel_field(value: object, limits: Limits) -> Floats:
    """kh×kw or C_out×(C_in/groups)×kh×kw numbers."""
    return parse_array(value, (2, 4), limits)


def bias_field(value: object, limits: Limits) -> Floats:
    """A number (then an array without axes) or a list of numbers."""
    return parse_array(value, (0, 1), limits)


_NO_BIAS = parse_array(0.0, (0,))


def no_bias() -> Floats:
    """The bias that is left out: 0, an array without axes."""
    return _NO_BIAS


def delta_field(value: object, limits: Limits) -> Floats | None:
    """Like a map; None where it is left out."""
    return None if value is None else parse_array(value, (2, 3, 4), limits)


def operation_field(value: object, _: Limits) -> Operation:
    """One of the two words."""
    return cast(Operation, one_of(value, OPERATIONS))


def activation_field(value: object, _: Limits) -> str:
    """The name of an activation that the engine knows."""
    return one_of(value, tuple(ACTIVATIONS))


def groups_field(value: object, limits: Limits) -> int:
    """A whole number of at least 1; the engine checks that it divides the channels."""
    return whole(value, 1, limits.cells)


def pair_field(value: object, limits: Limits) -> Pair:
    """One whole number of at least 1 for both axes, or [rows, columns]."""
    if isinstance(value, list | tuple):
        if len(value) != 2:
            raise SpecError((), "must be a whole number of at least 1, or [rows, columns]")
        rows, columns = (whole(v, 1, limits.side, (i,)) for i, v in enumerate(value))
        return rows, columns
    both = whole(value, 1, limits.side)
    return both, both


def padding_field(value: object, limits: Limits) -> Padding | PaddingName:
    """Zeros around the map: a word, or a number for all sides, both axes or each side.

    A word stays a word, because how many zeros it means depends on the other fields.
    """
    if isinstance(value, str):
        return cast(PaddingName, one_of(value, PADDING_NAMES))
    if not isinstance(value, list | tuple):
        side = whole(value, 0, limits.side)
        return (side, side), (side, side)
    if len(value) != 2:
        raise SpecError(
            (),
            "must be a whole number of at least 0, [rows, columns], "
            "[[top, bottom], [left, right]], valid, same or full",
        )
    rows, columns = (_sides(item, i, limits) for i, item in enumerate(value))
    return rows, columns


def _sides(item: object, axis: int, limits: Limits) -> Pair:
    if not isinstance(item, list | tuple):
        zeros = whole(item, 0, limits.side, (axis,))
        return zeros, zeros
    if len(item) != 2:
        raise SpecError((axis,), "must be two whole numbers: zeros before and after")
    before, after = (whole(v, 0, limits.side, (axis, i)) for i, v in enumerate(item))
    return before, after


def node_field(value: object, _: Limits) -> tuple[int, ...]:
    """[y, x], [c, y, x] or [n, c, y, x], counted from 0."""
    if not isinstance(value, list | tuple) or len(value) not in (2, 3, 4):
        raise SpecError((), "must be [y, x], [c, y, x] or [n, c, y, x], counted from 0")
    return tuple(whole(v, 0, None, (i,)) for i, v in enumerate(value))


def one_of(value: object, known: tuple[str, ...]) -> str:
    """One of a few words."""
    if not isinstance(value, str) or value not in known:
        raise SpecError((), "must be one of {known}", known=", ".join(known))
    return value


def whole(value: object, least: int, most: int | None, path: tuple[int, ...] = ()) -> int:
    """A whole number between two ends; ``most`` is a limit."""
    # a bool is an int to Python, not to people
    if type(value) is not int or value < least:
        raise SpecError(path, "must be a whole number of at least {least}", least=least)
    if most is not None and value > most:
        raise LimitError(path, "may be {most:,} at most, which is the limit", most=most)
    return value


_WHOLE = {"type": "integer", "minimum": 1}
_ZEROS = {"type": "integer", "minimum": 0}


def lists(axes: int, what: str) -> dict[str, Any]:
    """The schema of nested lists of numbers; ``what`` says what the axes are."""
    schema: dict[str, Any] = {"type": "number"}
    for _ in range(axes):
        schema = {"type": "array", "minItems": 1, "items": schema}
    return {**schema, "title": what}


def _two(item: dict[str, Any], what: str) -> dict[str, Any]:
    return {"type": "array", "items": item, "minItems": 2, "maxItems": 2, "title": what}


MAP_SCHEMA = {"anyOf": [lists(2, "H×W"), lists(3, "C×H×W"), lists(4, "N×C×H×W")]}
KERNEL_SCHEMA = {"anyOf": [lists(2, "kh×kw"), lists(4, "C_out×(C_in/groups)×kh×kw")]}
BIAS_SCHEMA = {"anyOf": [{"type": "number"}, lists(1, "C_out")], "default": 0}
DELTA_SCHEMA = {"anyOf": [*MAP_SCHEMA["anyOf"], {"type": "null"}], "default": None}
OPERATION_SCHEMA = {"type": "string", "enum": list(OPERATIONS), "default": "convolution"}
ACTIVATION_SCHEMA = {"type": "string", "enum": list(ACTIVATIONS), "default": "identity"}
PAIR_SCHEMA = {"anyOf": [_WHOLE, _two(_WHOLE, "[rows, columns]")], "default": 1}
GROUPS_SCHEMA = {**_WHOLE, "default": 1}
PADDING_SCHEMA = {
    "anyOf": [
        _ZEROS,
        _two(_ZEROS, "[rows, columns]"),
        _two(_two(_ZEROS, "before, after"), "[[top, bottom], [left, right]]"),
        {"type": "string", "enum": list(PADDING_NAMES)},
    ],
    "default": 0,
}
NODE_SCHEMA = {"type": "array", "items": _ZEROS, "minItems": 2, "maxItems": 4}
