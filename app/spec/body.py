"""A JSON object as a value: read strictly, and every fault with its place."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from app.spec.errors import Path, SpecError
from app.spec.limits import DEFAULT_LIMITS, Limits


class Body(BaseModel):
    """What any request's body is read into; unknown fields are faults."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @classmethod
    def parse(cls, value: object, limits: Limits = DEFAULT_LIMITS, at: Path = ()) -> Self:
        """From what a JSON document holds.

        Raises:
            SpecError: the first fault, with the others in ``others``; ``at`` starts every path.
        """
        try:
            return cls.model_validate(value, context={"limits": limits})
        except ValidationError as error:
            first, *rest = (
                _fault(cls, found, at)
                for found in error.errors(include_url=False, include_input=False)
            )
            first.others = tuple(rest)
            raise first from None


def _fault(model: type[Body], found: Any, at: Path) -> SpecError:
    path: Path = at + tuple(found["loc"])
    error = found.get("ctx", {}).get("error")
    if isinstance(error, SpecError):
        return error.under(path)
    if found["type"] == "missing":
        return SpecError(path, "is missing")
    if found["type"] == "extra_forbidden":  # its name is the user's text: say what is known instead
        known = ", ".join(model.model_fields)
        return SpecError(path[:-1], "has an unknown field; known are {known}", known=known)
    return SpecError(path, "is not a JSON object")
