"""What is given, read: numbers from whatever looks like an array, whole numbers from scalars."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.engine.activations import Floats
from app.engine.errors import ShapeError, ValueRangeError

Pair = tuple[int, int]
LARGEST = 2**31 - 1  # cells that an array can be indexed by, whatever the machine


def numbers(field: str, value: ArrayLike) -> Floats:
    """A read-only float64 copy.

    Raises:
        ShapeError: ragged, empty, or not numbers. ValueRangeError: not finite.
    """
    try:
        given = np.asarray(value)
        if given.dtype.kind not in "biufO":  # nothing that only looks like a number
            raise TypeError
        with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused
            array = np.array(given, dtype=np.float64)
    except (ValueError, TypeError, OverflowError) as error:
        raise ShapeError(field, "must be a rectangular array of numbers") from error
    if array.size == 0:
        raise ShapeError(field, "is empty; give at least one number")
    if not finite(array):
        raise ValueRangeError(field, "must hold finite numbers only")
    array.flags.writeable = False
    return array


def finite(array: Floats) -> bool:
    """Whether every number is.

    A sum of squares is finite only if every number is. It overflows earlier: then look at each.
    """
    return isfinite(np.vdot(array, array)) or bool(np.isfinite(array).all())


def pair(field: str, value: int | Sequence[int]) -> Pair:
    """(rows, columns) from one whole number of at least 1, or two.

    Raises:
        ValueRangeError: anything else.
    """
    try:
        first, second = spread(value, (), (2,)).tolist()
        return whole(first, 1), whole(second, 1)
    except ValueError:
        raise ValueRangeError(
            field, "must be an integer of at least 1, or [rows, columns]"
        ) from None


def spread(value: object, *shapes: tuple[int, ...]) -> NDArray[np.object_]:
    """A value of one of the shapes, each of its numbers standing for the next axis too.

    Raises:
        ValueError: another shape.
    """
    given = np.asarray(value, dtype=object)
    if given.shape not in shapes:
        raise ValueError
    return np.broadcast_to(given.T, shapes[-1]).T


def whole(value: object, least: int) -> int:
    """A whole number, Python's or NumPy's, as Python's.

    Raises:
        ValueError: none, too small, or beyond any array's size.
    """
    if (
        isinstance(value, bool)
        or not isinstance(value, int | np.integer)
        or not least <= int(value) <= LARGEST
    ):
        raise ValueError
    return int(value)
