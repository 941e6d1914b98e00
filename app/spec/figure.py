"""A layer and how a figure of it is to be drawn."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from app.engine import PHASES, Phase
from app.spec import fields
from app.spec.errors import SpecError
from app.spec.fields import Parsed
from app.spec.layer import LayerSpec
from app.spec.limits import Limits

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")


def _phase(value: object, _: Limits) -> str:
    return fields.one_of(value, PHASES)


def _theme(value: object, _: Limits) -> str:
    return fields.one_of(value, THEMES)


def _member(value: object, _: Limits) -> int:
    return fields.whole(value, 0, None)


def _step(value: object, _: Limits) -> int | None:
    return None if value is None else fields.whole(value, 0, None)


_COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}


class FigureSpec(LayerSpec):
    """A layer, and which of its sums a figure shows."""

    phase: Annotated[
        Phase,
        Parsed(_phase, {"type": "string", "enum": list(PHASES)}),
        Field(description="Which sums the steps are: outputs, deltas or kernel gradients"),
    ] = "deltas"
    step: Annotated[
        int | None,
        Parsed(_step, {"anyOf": [_COUNT, {"type": "null"}]}),
        Field(description="The sum to draw into the figure, a flat index; none if left out"),
    ] = None
    member: Annotated[
        int, Parsed(_member, _COUNT), Field(description="The batch member that is drawn")
    ] = 0
    theme: Annotated[
        Theme,
        Parsed(_theme, {"type": "string", "enum": list(THEMES)}),
        Field(description="Colours for a light or a dark page"),
    ] = "light"

    def check(self, steps: int, members: int) -> None:
        """Whether the layer has what is to be drawn.

        Raises:
            SpecError: no such step, or no such member.
        """
        if self.step is not None and self.step >= steps:
            raise SpecError(("step",), "must be below {count}", count=steps)
        if self.member >= members:
            raise SpecError(("member",), "must be below {count}", count=members)
