"""What can be wrong with a layer.

    EngineError(ValueError)
    ├── ShapeError        arrays whose shapes do not belong together
    ├── GeometryError     stride, padding, dilation or groups that the shapes do not allow
    ├── ValueRangeError   a value outside what is meant (unknown operation, NaN, stride 0)
    └── NotFiniteError    finite input, infinite result

An error carries a template and facts rather than a finished sentence, so that another room can
say it in another language. ``str(error)`` is the English sentence.
"""

from __future__ import annotations


class EngineError(ValueError):
    """Something about a layer is wrong; ``field`` names the argument to change.

    >>> str(ShapeError("bias", "has {got} numbers; give {want}", got=3, want=2))
    'bias has 3 numbers; give 2'
    """

    code = "invalid"

    def __init__(self, field: str, template: str, **facts: object) -> None:
        self.field = field
        self.template = template
        self.facts = facts
        super().__init__(f"{field} {template.format(**facts)}")


class ShapeError(EngineError):
    """Arrays whose shapes do not belong together."""

    code = "wrong_shape"


class GeometryError(EngineError):
    """Stride, padding, dilation or groups that the shapes do not allow."""

    code = "wrong_geometry"


class ValueRangeError(EngineError):
    """A value outside what is meant."""

    code = "wrong_value"


class NotFiniteError(EngineError):
    """A finite input whose result is infinite or undefined in float64."""

    code = "not_finite"


def times(*sizes: int) -> str:
    """A shape as people write it: ``times(3, 2)`` is ``'3×2'``."""
    return "×".join(str(size) for size in sizes)
