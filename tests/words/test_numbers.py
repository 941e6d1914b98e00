"""Numbers are short, true to their values, and never have two signs or none."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.words.numbers import MINUS, bracketed, short
from tests.words.markup import FEW, value_of

FLOATS = st.floats(-1e300, 1e300) | st.integers(-(10**7), 10**7).map(float)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0, "0"), (-0.0, "0"), (1.0, "1"), (-1.0, "−1"), (999_999.0, "999999"), (1e6, "1e6"),
        (-1234567.0, "−1.23e6"), (13.5, "13.5"), (0.0833333, "0.0833"), (2 / 3, "0.667"),
        (1e-4, "0.0001"), (9.9e-5, "9.9e−5"), (5e-324, "4.94e−324"), (99.95, "100"),
        (1000.4, "1000"), (-250.2, "−250"),
    ],
)  # fmt: skip
def test_a_number_as_people_read_it(value: float, written: str) -> None:
    """Few digits, no trailing zeros, powers of ten only beyond a million and below 0.0001."""
    assert short(value) == written


@given(FLOATS)
@FEW
def test_a_short_number_is_the_value_to_three_digits(value: float) -> None:
    """Read back, it is off by at most half a unit in its third digit; whole ones are exact."""
    read = value_of(short(value))
    if value == int(value) and abs(value) < 1e6:
        assert read == value
    elif value:
        unit = 10.0 ** (math.floor(math.log10(abs(value))) - 2)
        # the quotient, so that neither end of float64's range over- or underflows; an ulp of slack
        assert abs(read / unit - value / unit) <= 0.5 + 1e-9


@given(FLOATS)
@FEW
def test_a_minus_is_a_minus_and_zero_has_none(value: float) -> None:
    """U+2212 for negative numbers, no hyphen anywhere, never −0."""
    written = short(value)
    assert "-" not in written
    assert written.startswith(MINUS) == (value < 0)
    assert not re.fullmatch(rf"{MINUS}0(\.0*)?", written)
    assert len(written) <= 10


@given(FLOATS)
@FEW
def test_a_factor_is_bracketed_exactly_when_it_is_negative(value: float) -> None:
    """``2 · (−1)``, never ``2 · −1``, and nothing else is bracketed."""
    written = bracketed(value)
    assert written == (f"({short(value)})" if value < 0 else short(value))
    assert value_of(written) == value_of(short(value))
