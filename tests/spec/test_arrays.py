"""Nested lists are read exactly, and what is wrong with them is named exactly."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.spec import LimitError, Limits, SpecError, parse_array

WRONG: list[tuple[Any, str, str]] = [
    (None, "", "is not a list"),
    ("abc", "", "is not a list"),
    (3, "", "is not a list"),
    ({"a": 1}, "", "is not a list"),
    (True, "", "is not a list"),
    ([], "", "is empty"),
    ([[]], "/0", "is empty"),
    ([[], []], "/0", "is empty"),
    ([[[]]], "/0/0", "is empty"),
    ([1, 2], "", "is nested 1 deep"),
    ([[[[[1]]]]], "", "is nested 5+ deep"),
    ([[1, 2], [3]], "/1", "has length 1"),
    ([[1], [2, 3]], "/1", "has length 2"),
    ([[1, 2], 3], "/1", "is not a list"),
    ([[1, 2], []], "/1", "has length 0"),
    ([[1, [2]], [3, 4]], "/0/1", "is a list where"),
    ([[1, 2], [3, True]], "/1/1", "is true"),
    ([[False, 2], [3, 4]], "/0/0", "is false"),
    ([[1, "2"]], "/0/1", "is text"),
    ([["NaN"]], "/0/0", "is text"),
    ([[1, None]], "/0/1", "is null"),
    ([[1, {}]], "/0/1", "is not a number"),
    ([[1, math.nan]], "/0/1", "is not finite"),
    ([[-math.inf, 1]], "/0/0", "is not finite"),
    ([[1, 10**400]], "/0/1", "is not finite"),
    ([[[1, 2], [3, 4]], [[5, 6], [7, None]]], "/1/1/1", "is null"),
    (np.array([[1.0, np.nan]]), "/0/1", "is not finite"),
    (np.array([[True]]), "/0/0", "is true"),
]


@pytest.mark.parametrize(("value", "pointer", "start"), WRONG, ids=lambda v: str(v)[:30])
def test_what_is_wrong_is_named_by_place_and_kind(value: Any, pointer: str, start: str) -> None:
    """A mistake in one of many numbers is found by its JSON pointer."""
    with pytest.raises(SpecError) as caught:
        parse_array(value)
    assert caught.value.pointer == pointer
    assert str(caught.value.template.format(**caught.value.facts)).startswith(start)


@given(
    shape=st.lists(st.integers(1, 4), min_size=2, max_size=4),
    data=st.data(),
)
@settings(derandomize=True, deadline=None, max_examples=60)
def test_every_rectangular_list_is_read_as_numpy_reads_it(shape: list[int], data: Any) -> None:
    """Right lists give NumPy's array, in float64 and read-only."""
    number = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**60), 2**60)
    flat = data.draw(st.lists(number, min_size=math.prod(shape), max_size=math.prod(shape)))
    nested = np.array(flat, dtype=object).reshape(shape).tolist()
    array = parse_array(nested)
    assert array.dtype == np.float64
    assert not array.flags.writeable
    np.testing.assert_array_equal(array, np.array(nested, dtype=np.float64))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
        max_leaves=12,
    )
)
@settings(derandomize=True, deadline=None, max_examples=300)
def test_whatever_comes_it_is_an_array_or_a_spec_error(value: Any) -> None:
    """No value raises anything else, and every pointer leads to something in the value."""
    try:
        parse_array(value, (0, 1, 2, 3, 4))
    except SpecError as error:
        found = value
        for part in error.path:
            found = found[part]


def test_too_many_numbers_are_refused_before_they_are_taken_apart() -> None:
    """A short outer list of one long list repeated costs nothing."""
    long = [0.0] * 1000
    with pytest.raises(LimitError, match="more than 5,000 numbers"):
        parse_array([long] * 1000, limits=Limits(cells=5000))
    assert parse_array([long] * 5, limits=Limits(cells=5000)).shape == (5, 1000)


def test_json_numbers_of_every_kind_are_one_kind_here() -> None:
    """1, 1.0 and 1e0 are the same number."""
    one = parse_array(json.loads("[[1, 1.0, 1e0]]"))
    assert one.tolist() == [[1.0, 1.0, 1.0]]
