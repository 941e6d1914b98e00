"""Nested lists to arrays, with the exact place of whatever is wrong.

NumPy would read ``true`` as 1, ``"3"`` as 3 and say of a ragged list only that it is one. A reader
who typed a map of 28×28 numbers wants to know which of them it was.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from itertools import chain

import numpy as np

from app.engine.activations import Floats
from app.engine.given import finite
from app.spec.errors import LimitError, Path, SpecError
from app.spec.limits import DEFAULT_LIMITS, Limits

_NUMBER = frozenset((int, float))
_LIST = frozenset((list, tuple))


def parse_array(
    value: object, axes: Collection[int] = (2, 3, 4), limits: Limits = DEFAULT_LIMITS
) -> Floats:
    """A read-only float64 array from nested lists (or an array), with one of the numbers of axes.

    The nesting is taken apart level by level: every item of a level must be a list as long as the
    first one, or else every item must be a number. Memory stays within ``limits.cells``.

    Raises:
        SpecError: not numbers, ragged, empty or with other axes; its path starts inside ``value``.
        LimitError: more than ``limits.cells`` numbers.

    >>> parse_array([[1, 2], [3, 4]]).shape
    (2, 2)
    >>> parse_array([[1, 2], [3, True]])
    Traceback (most recent call last):
        ...
    app.spec.errors.SpecError: [1][1] is true; give a number
    """
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if type(value) not in _LIST and min(axes) > 0:
        raise SpecError((), "is not a list; give nested lists of numbers")
    level: Sequence[object] = (value,)
    shape: tuple[int, ...] = ()
    while type(level[0]) in _LIST:
        length = _common_length(level, shape)
        shape = (*shape, length)
        if len(shape) > max(axes):
            raise _wrong_axes(f"{len(shape)}+", axes)
        if math.prod(shape) > limits.cells:
            raise LimitError(
                (), "has more than {most:,} numbers, which is the limit", most=limits.cells
            )
        level = tuple(chain.from_iterable(level))  # type: ignore[arg-type]
    _all_numbers(level, shape)
    if len(shape) not in axes:
        raise _wrong_axes(len(shape), axes)
    return _finite(level, shape)


def _common_length(level: Sequence[object], shape: tuple[int, ...]) -> int:
    length = len(level[0])  # type: ignore[arg-type]
    if length == 0:
        raise SpecError(_place(0, shape), "is empty; give at least one number")
    # the quick way for what is nearly always so
    if _LIST.issuperset(map(type, level)) and {length}.issuperset(map(len, level)):  # type: ignore[arg-type]
        return length
    for position, item in enumerate(level):
        if type(item) not in _LIST:
            raise SpecError(
                _place(position, shape),
                "is not a list, but its neighbours are lists of {want}; give a rectangular array",
                want=length,
            )
        if len(item) != length:  # type: ignore[arg-type]
            raise SpecError(
                _place(position, shape),
                "has length {got}, but the list before has {want}; give a rectangular array",
                got=len(item),  # type: ignore[arg-type]
                want=length,
            )
    return length


def _all_numbers(level: Sequence[object], shape: tuple[int, ...]) -> None:
    if _NUMBER.issuperset(map(type, level)):  # the quick way for what is nearly always so
        return
    position, wrong = next((i, item) for i, item in enumerate(level) if type(item) not in _NUMBER)
    raise not_a_number(_place(position, shape), wrong)


def not_a_number(path: Path, value: object) -> SpecError:
    """The error for a value that stands where a number should; it never repeats text."""
    if value is None:
        return SpecError(path, "is null; give a number")
    if isinstance(value, bool):
        return SpecError(path, "is {value}; give a number", value=str(value).lower())
    if isinstance(value, str):
        return SpecError(path, "is text; give a number, without quotation marks")
    if type(value) in _LIST:
        return SpecError(path, "is a list where its neighbours are numbers; give a number")
    return SpecError(path, "is not a number; give one")


def _wrong_axes(got: int | str, axes: Collection[int]) -> SpecError:
    want = ", ".join(str(count) for count in sorted(axes))
    return SpecError(
        (), "is nested {got} deep; lists of numbers may be nested {want} deep", got=got, want=want
    )


def _finite(numbers: Sequence[object], shape: tuple[int, ...]) -> Floats:
    try:
        array = np.array(numbers, dtype=np.float64)
    except OverflowError:  # an int beyond float64; JSON cannot bring one, Python can
        array = np.array([_as_float(number) for number in numbers])
    if not finite(array):
        position = int(np.argmin(np.isfinite(array)))
        raise SpecError(_place(position, shape), "is not finite; give a finite number")
    array = array.reshape(shape)
    array.flags.writeable = False
    return array


def _as_float(number: object) -> float:
    try:
        return float(number)  # type: ignore[arg-type]
    except OverflowError:
        return math.inf


def _place(position: int, shape: tuple[int, ...]) -> Path:
    return tuple(int(i) for i in np.unravel_index(position, shape)) if shape else ()
