"""A constant factor seen through printed decimals, and never where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from app.engine.activations import Floats
from app.engine.printed import factor

THOROUGH = settings(max_examples=400, derandomize=True, deadline=None)
MADE = [2.0, 0.5, 10.0, 0.1, 1 / 3, 2 / 3, 9.0, 1 / 16, 100.0, -2.0, -0.25]
SEEDS = st.integers(0, 2**32 - 1)


def _numbers(seed: int, count: int) -> Floats:
    return np.random.default_rng(seed).standard_normal(count)


@given(SEEDS, st.sampled_from(MADE), st.integers(4, 7), st.integers(6, 40))
@THOROUGH
def test_a_factor_that_people_make_is_found_exactly(
    seed: int, k: float, decimals: int, count: int
) -> None:
    """Printed to four decimals or more, whether it was multiplied before that or after."""
    base = _numbers(seed, count) + 0.5
    half = 0.5 * 10.0**-decimals
    assert factor(np.round(k * base, decimals), base, half) == pytest.approx(k, rel=1e-12)
    if abs(k) > 1:  # a smaller one would need more decimals than were printed
        assert factor(k * np.round(base, decimals), base, half) == pytest.approx(k, rel=1e-12)


@given(SEEDS, st.floats(1.3, 60), st.integers(4, 7))
@THOROUGH
def test_any_other_factor_is_found_within_the_bound(seed: int, k: float, decimals: int) -> None:
    """What is said reproduces every printed number."""
    base, half = _numbers(seed, 12), 0.5 * 10.0**-decimals
    printed = np.round(k * base, decimals)
    found = factor(printed, base, half)
    assert found is not None
    assert np.abs(found * base - printed).max() <= k * half * (1 + 1e-6)


@given(SEEDS, st.floats(-5, 1), st.integers(3, 7), st.integers(1, 30))
@THOROUGH
def test_noise_is_no_factor(seed: int, size: float, decimals: int, count: int) -> None:
    """Right numbers with noise of any size upon them, or numbers of no origin at all."""
    base = _numbers(seed, count)
    noise = 10.0**size * _numbers(seed + 1, count)
    for answer in (base + noise, noise):
        assert factor(np.round(answer, decimals), base, 0.5 * 10.0**-decimals) is None


@given(SEEDS, st.integers(3, 7), st.sampled_from([1.0, -1.0]))
@THOROUGH
def test_right_numbers_have_no_factor(seed: int, decimals: int, sign: float) -> None:
    """Nor has a wrong sign, which has a name of its own."""
    base = _numbers(seed, 9)
    assert factor(np.round(sign * base, decimals), base, 0.5 * 10.0**-decimals) is None


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_numbers_tell_nothing(count: int) -> None:
    """Any number is a multiple of any other; zeros beside them are no witnesses."""
    base = np.array([1.0, -2.0, 3.0])[:count]
    padded = np.concatenate([base, np.zeros(20)])
    assert factor(2 * padded, padded, 5e-5) is None
    three = np.concatenate([[1.0, -2.0, 3.0], np.zeros(20)])
    assert factor(2 * three, three, 5e-5) == 2


def test_a_zero_that_became_something_ends_it() -> None:
    """No multiple of 0 is 0.01."""
    base = np.array([1.0, -2.0, 3.0, 0.5, 0.0])
    answer = 2 * base
    assert factor(answer, base, 5e-5) == 2
    answer[-1] = 0.01
    assert factor(answer, base, 5e-5) is None


@given(arrays(float, 5), arrays(float, 5), st.floats(1e-300, 1e300))
@THOROUGH
def test_no_numbers_are_too_wild(answer: Floats, base: Floats, rounding: float) -> None:
    """Infinite, huge, tiny or none at all: an answer, and no warning."""
    found = factor(answer, base, rounding)
    assert found is None or np.isfinite(found)
