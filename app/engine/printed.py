"""A constant factor between two arrays of which one was printed, so that its decimals end.

An answer ``a`` printed to within ``rounding`` is ``k`` times ``b`` if some ``k`` puts every ``k·b``
within that bound of ``a``. The bounds leave an interval of such ``k``. Numbers that have nothing to
do with ``b``, and right numbers with noise on them, may fall within the bounds by chance; a factor
is believed only where that chance is less than :data:`CHANCE`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from app.engine.activations import Floats
from app.engine.closeness import largest

CHANCE = 1e-6
_FEW = 3  # numbers that must tell of the factor, besides
_MADE = 12  # p/q with p and q up to this, n and 1/n up to 100, and powers of ten: people make them


def factor(answer: Floats, base: Floats, rounding: float) -> float | None:
    """The ``k`` ≠ ±1 with answer = k·base to within rounding; None if there is none to believe.

    Args:
        answer: what was printed, of any shape.
        base: what it may be a multiple of, of the same shape.
        rounding: how far printing may have moved a number, > 0. Of what was multiplied after it
            had been printed, k times that is forgiven.

    >>> factor(np.array([0.6667, -0.2857, 1.1111]), np.array([1 / 3, -1 / 7, 5 / 9]), 5e-5)
    2.0
    """
    a, b = answer.ravel(), base.ravel()
    if answer.shape != base.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
        return None
    if not largest(b):
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        bound = rounding * max(1.0, largest(a) / largest(b))
        low, high = _interval(a, b, bound)
        if not low <= high or any(low <= k <= high for k in (-1, 0, 1)):
            return None
        k = _plainest(low, high)
        if _coincidence(k, b, bound) > CHANCE:
            return None
    return k


def _interval(a: Floats, b: Floats, bound: float) -> tuple[float, float]:
    """The least and the most ``k`` with |a − k·b| ≤ bound everywhere; the least is more if none."""
    told = b != 0  # what is 0 tells of no factor
    if (np.abs(a[~told]) > bound).any() or not told.any():
        return math.inf, -math.inf
    ends = np.stack([(a[told] - bound) / b[told], (a[told] + bound) / b[told]])
    return float(ends.min(axis=0).max()), float(ends.max(axis=0).min())


def _coincidence(k: float, b: Floats, bound: float) -> float:
    """How likely other numbers of this size would lie within the bounds as well.

    One number fits by the choice of k. Any other lies within the bound of its place by a chance of
    bound / spread, where the spread is what k explains: of all of a number, or, beside right
    numbers, of what it differs from them. Numbers near 0 are no witnesses.
    """
    spread = min(abs(k), abs(abs(k) - 1)) * largest(b)
    witnesses = int(np.count_nonzero(np.abs(k * b) > 10 * bound))
    if witnesses < _FEW or spread <= bound:
        return 1.0
    return float((bound / spread) ** (witnesses - 1))


def _plainest(low: float, high: float) -> float:
    """Of the numbers from ``low`` to ``high`` one that people make, else that of fewest digits."""
    if high < 0:
        return -_plainest(-high, -low)
    made = next((k for k in _factors() if low <= k <= high), None)
    if made is not None:
        return made
    middle = (low + high) / 2
    rounded = (float(f"{middle:.{digits}g}") for digits in range(1, 17))
    return next((k for k in rounded if low <= k <= high), middle)


def _factors() -> Iterator[float]:
    """Plain factors first."""
    for n in (*range(2, 101), *(10**n for n in range(3, 7))):
        yield from (float(n), 1 / n)
    pairs = [(p, q) for p in range(2, _MADE + 1) for q in range(2, _MADE + 1) if p != q]
    yield from (p / q for p, q in sorted(pairs, key=sum))
