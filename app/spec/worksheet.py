"""A worksheet: which exercises, how many, and for how many students."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self, cast, get_args

from pydantic import Field

from app.engine import Operation
from app.spec import fields
from app.spec.body import Body
from app.spec.exercises import LEVELS, Exercise, exercise
from app.spec.fields import Parsed
from app.spec.limits import Limits

Operations = Literal["convolution", "correlation", "both"]
OPERATIONS: Final[tuple[Operations, ...]] = get_args(Operations)

# The least and the most of each number.
ENDS: Final = {
    "seed": (0, 2**32 - 1),
    "level": (min(LEVELS), max(LEVELS)),
    "variants": (1, 30),
    "count": (1, 10),
}


def _number(name: str) -> Parsed:
    least, most = ENDS[name]

    def read(value: object, _: Limits) -> int:
        return fields.whole(value, least, most)

    return Parsed(read, {"type": "integer", "minimum": least, "maximum": most})


def _operation(value: object, _: Limits) -> Operations:
    return cast(Operations, fields.one_of(value, OPERATIONS))


class WorksheetSpec(Body):
    """See the module. A variant is known by a seed of its own: the first has ``seed``.

    >>> sheet = WorksheetSpec(seed=7, variants=3)
    >>> list(sheet.seeds), [e.kind for e in sheet.exercises(8)]
    ([7, 8, 9], ['delta', 'tap', 'stencil', 'mistake', 'wires'])
    """

    seed: Annotated[
        int,
        _number("seed"),
        Field(description="The first variant's; each further one has one more"),
    ] = 180
    level: Annotated[
        int,
        _number("level"),
        Field(
            description="1: a 3×3 map and a 2×2 kernel; 2: a 4×4 map, kernels up to 3×3, not all "
            "square; 3: a stride of 2, a padding of 1, or two channels"
        ),
    ] = 1
    operation: Annotated[
        Operations,
        Parsed(_operation, {"type": "string", "enum": list(OPERATIONS)}),
        Field(description="What the forward pass does; both: by turns"),
    ] = "convolution"
    variants: Annotated[
        int, _number("variants"), Field(description="Worksheets with other numbers")
    ] = 1
    count: Annotated[int, _number("count"), Field(description="Exercises on each worksheet")] = 5

    @classmethod
    def of_query(cls, query: Mapping[str, str]) -> Self:
        """From query parameters.

        Raises:
            SpecError, LimitError: one that is unknown, no number, or beyond its ends.
        """
        return cls.parse({name: _whole(name, text) for name, text in query.items()})

    @classmethod
    def near(cls, query: Mapping[str, str]) -> Self:
        """The nearest worksheet that there is; what cannot be read is as if it were left out."""
        found: dict[str, Any] = {}
        for name, (least, most) in ENDS.items():
            number = _whole(name, query.get(name, ""))
            if isinstance(number, int):
                found[name] = min(max(number, least), most)
        if query.get("operation") in OPERATIONS:
            found["operation"] = query["operation"]
        return cls.parse(found)

    @property
    def seeds(self) -> range:
        """Each variant's."""
        return range(self.seed, self.seed + self.variants)

    def exercises(self, seed: int) -> list[Exercise]:
        """A variant's exercises, by its seed."""
        return [self.exercise(seed, number) for number in range(self.count)]

    def exercise(self, seed: int, number: int) -> Exercise:
        """One of them; ``number`` counts from 0."""
        by_turns: tuple[Operation, Operation] = ("convolution", "correlation")
        operation = by_turns[number % 2] if self.operation == "both" else self.operation
        return exercise(seed, self.level, operation, number)


def _whole(name: str, text: str) -> int | str:
    # short and ASCII: int() also takes other scripts' digits, and is slow for very long ones
    plain = name in ENDS and len(text) <= 12 and text.isascii() and text.isdigit()
    return int(text) if plain else text
