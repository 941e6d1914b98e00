"""What can be wrong with what a user asks for.

    EngineError(ValueError)
    └── SpecError             a value that cannot be read: not a number, ragged, unknown, missing
        ├── LimitError        understood, but more than is computed here
        └── PermalinkError    a permalink that does not follow its grammar

Like the engine's errors they carry a template and facts, so that they can be said in any language;
beside the field they also know the exact place in it, as a JSON pointer. Every template is a
predicate whose subject is that place. Facts are numbers and the names of fields and settings,
never the user's own text.
"""

from __future__ import annotations

from typing import Self

from app.engine import EngineError

Path = tuple[str | int, ...]


class SpecError(EngineError):
    """``path`` leads to the value; ``others`` are the faults found together with this one.

    >>> error = SpecError(("input", 2, 1), "is {value}; give a number", value="true")
    >>> str(error), error.pointer, error.field
    ('input[2][1] is true; give a number', '/input/2/1', 'input[2][1]')
    """

    code = "invalid_value"

    def __init__(self, path: Path, template: str, **facts: object) -> None:
        self.path = path
        self.others: tuple[SpecError, ...] = ()
        super().__init__(_written(path), template, **facts)

    @property
    def pointer(self) -> str:
        """The place as a JSON pointer (RFC 6901); no name here needs escaping."""
        return "".join(f"/{part}" for part in self.path)

    def under(self, path: Path) -> Self:
        """The same fault, found inside ``path``."""
        return type(self)(path + self.path, self.template, **self.facts)


class LimitError(SpecError):
    """Understood, but larger than is computed here; names the limit."""

    code = "too_much_work"


class PermalinkError(SpecError):
    """A permalink that does not follow its grammar."""

    code = "invalid_permalink"


def _written(path: Path) -> str:
    if not path:
        return "request"
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).removeprefix(".")
