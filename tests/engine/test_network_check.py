"""The network's gradient check: what it reports, and how far off it lets a gradient be."""

from __future__ import annotations

import sys

import numpy as np

from app.engine import stencil
from app.engine.activations import Floats
from app.engine.closeness import ABSOLUTE, RELATIVE, allowed, error, largest, same
from app.engine.layer import Layer
from app.engine.losses import MeanSquaredError
from app.engine.network_check import verdicts
from app.engine.stages import Activate, Conv, Flatten, Rules, Stage
from tests.engine.networks import normal, rng

STAGES: list[Stage] = [
    Conv(normal(rng(1), 2, 1, 3, 3), normal(rng(2), 2)),
    Activate("tanh"),
    Conv(normal(rng(3), 2, 2, 2, 2), normal(rng(4), 2)),
    Flatten(),
]
X, LOSS = normal(rng(5), 2, 1, 5, 5), MeanSquaredError(normal(rng(6), 2, 8))


def off_by(amount: float, entry: int = 0) -> Rules:
    """Rules whose kernel gradients have one entry that is off by so much."""

    def gradient(layer: Layer, activated: Floats) -> Floats:
        wrong = stencil.kernel_gradient(layer, activated).copy()
        wrong.flat[entry] += amount
        return wrong

    return Rules(kernel_gradient=gradient)


def test_as_many_entries_as_asked() -> None:
    """So many of each gradient, all where there are fewer, all if nothing is said."""
    sizes = {(0, "kernel"): 18, (0, "bias"): 2, (2, "kernel"): 16, (2, "bias"): 2}
    for entries in (1, 3, None):
        found = verdicts(STAGES, X, LOSS, entries=entries)
        assert {(v.layer, v.parameter): v.of for v in found} == sizes
        assert {(v.layer, v.parameter): v.checked for v in found} == {
            key: size if entries is None else min(size, entries) for key, size in sizes.items()
        }
        assert all(v.passes and v.kinks == 0 for v in found)


def test_the_entries_follow_from_the_seed() -> None:
    """The same seed looks at the same entries, and some seed at others."""
    one, again, *others = (
        verdicts(STAGES, X, LOSS, entries=2, seed=seed) for seed in (0, 0, 1, 2, 3)
    )
    assert one == again == verdicts(STAGES, X, LOSS, entries=2)
    assert any(one != other for other in others)


def test_it_says_how_large_and_how_far_off() -> None:
    """``largest`` is that of the slopes, ``max_error`` what the claim is off by."""
    right = verdicts(STAGES, X, LOSS)
    wrong = verdicts(STAGES, X, LOSS, off_by(-0.5))
    for before, after in zip(right, wrong, strict=True):
        assert after.largest == before.largest > 0.05
        assert before.max_error < 1e-8
        if after.parameter == "kernel":
            assert abs(after.max_error - 0.5) < 1e-8


def test_a_hundred_thousandth_of_the_largest_passes() -> None:
    """A little less than 1e-5 of the largest slope is let pass, a little more is not."""
    for index in (0, 2):
        (size,) = (
            v.largest
            for v in verdicts(STAGES, X, LOSS)
            if (v.layer, v.parameter) == (index, "kernel")
        )
        for part, passes in ((0.9, True), (1.2, False)):
            found = verdicts(STAGES, X, LOSS, off_by(part * RELATIVE * size))
            (verdict,) = (v for v in found if (v.layer, v.parameter) == (index, "kernel"))
            assert verdict.passes == passes


def flat_place(height: float) -> list[tuple[float, bool]]:
    """A kernel of slope 0 at a cost of ``height``: which claims pass, in units of 1e-8.

    C = ½·((w·x₁ − t₁)² + (w·x₂ − t₂)²) with x = (1, −1) and equal targets has slope 0 at w = 0.
    """
    target = np.sqrt(height)
    conv, loss = Conv(np.zeros((1, 1)), np.zeros(1)), MeanSquaredError(np.full((1, 2), target))
    x = np.array([[[[1.0, -1.0]]]])
    claims = [0.5, 0.9, 1.5, 0.9 * height, 1.5 * height]
    return [
        (claim, verdicts([conv, Flatten()], x, loss, off_by(claim * ABSOLUTE))[0].passes)
        for claim in claims
    ]


def test_where_nothing_changes_the_cost_says_how_much_passes() -> None:
    """At a slope of 0 it is 1e-8, and as many times that as the cost is large."""
    assert [passes for _, passes in flat_place(0.25)] == [True, True, False, True, True]
    assert [passes for _, passes in flat_place(16.0)] == [True, True, True, True, False]


def test_an_activation_without_a_kink_beside_one_with() -> None:
    """Stages that have no kinks are not asked for pieces, whatever else there is."""
    stages = [*STAGES[:1], Activate("tanh"), Activate("relu"), Flatten()]
    loss = MeanSquaredError(np.ones((2, 18)))
    assert all(v.passes for v in verdicts(stages, X, loss))


def test_the_tolerance_is_met_exactly() -> None:
    """What lies on the edge of the tolerance still passes; arrays without entries are alike."""
    expected = np.array([0.0])
    assert same(np.array([ABSOLUTE]), expected)
    assert not same(np.array([np.nextafter(ABSOLUTE, 1)]), expected)
    assert largest(np.zeros((0, 2))) == 0.0
    assert same(np.zeros((0, 2)), np.zeros((0, 2)))
    assert not same(np.zeros((1, 1)), np.zeros(1))


def test_a_difference_beyond_float64_is_its_largest_number() -> None:
    """Two finite numbers may lie further apart than float64 can say; no warning is given."""
    assert error(np.array([1.7e308]), np.array([-1.7e308])) == sys.float_info.max


def test_the_tolerance_is_what_the_docs_say() -> None:
    """1e-5 of the largest entry and 1e-8 besides, said here as numbers."""
    assert allowed(np.array([-2.0, 1.0])) == 1e-5 * 2 + 1e-8


def test_the_expected_array_sets_the_tolerance() -> None:
    """1e-5 of the expected array's largest entry, not of the other's, nor of the sum of both."""
    large, small = np.array([1.0, 0.0]), np.array([1.0, 0.9e-5])
    assert same(small, large)
    assert not same(np.array([1.0, 1.1e-5]), large)
    assert not same(np.array([0.0, 1.0]), np.array([0.0, 0.0]))
    assert not same(np.array([1.00001002]), np.array([1.0]))
