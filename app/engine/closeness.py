"""When two arrays of results count as the same: one tolerance for everything that is compared."""

from __future__ import annotations

import sys

import numpy as np

from app.engine.activations import Floats

# float32 keeps seven digits; a sum of some hundred terms in it may lose two of them
RELATIVE = 1e-5
ABSOLUTE = 1e-8


def allowed(expected: Floats) -> float:
    """How far an answer may lie from ``expected``: 1e-5 · max |expected| + 1e-8."""
    return RELATIVE * largest(expected) + ABSOLUTE


def largest(array: Floats) -> float:
    """max |entry|; 0 for an array without entries."""
    return float(np.abs(array).max(initial=0.0))


def error(one: Floats, other: Floats) -> float:
    """max |difference| of two arrays of one shape, kept within float64."""
    with np.errstate(over="ignore", invalid="ignore"):
        return min(largest(one - other), sys.float_info.max)


def same(one: Floats, expected: Floats) -> bool:
    """Whether ``one`` passes for ``expected``: same shape, no entry beyond the tolerance."""
    return one.shape == expected.shape and error(one, expected) <= allowed(expected)
