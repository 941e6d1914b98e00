"""The gradients are the cost's slope: C = Σ output_delta ⊙ output, by central differences.

No layer is skipped: maps are drawn without 0, so every number is at least 1/8 away from ReLU's
kink, and the step is 1/16. Tolerances, with their reasons, stand in ``checks.finite_differences``:
none for identity and ReLU, whose differences have no error at all.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings

from app.engine import ACTIVATIONS, Layer, run
from tests.engine import checks
from tests.engine.strategies import layers

EPSILON = checks.EPSILON


@given(layers(activations=checks.STAYS_EXACT, zeros=False))
@settings(max_examples=200)
def test_exactly(layer: Layer) -> None:
    """With identity and ReLU the differences are the gradients, to the last bit."""
    checks.finite_differences(run(layer))


@given(layers(activations=["sigmoid", "tanh"]))
@settings(max_examples=200)
def test_within_truncation_and_rounding(layer: Layer) -> None:
    """With sigmoid and tanh they are, up to the difference formula's own error."""
    checks.finite_differences(run(layer))


@pytest.mark.parametrize("name", ["sigmoid", "tanh"])
def test_the_tolerance_would_show_a_missing_derivative(name: str) -> None:
    """The allowance is far below what leaving out σ′ changes."""
    layer = Layer.of([[0.5, -1.0], [2.0, 0.25]], [[1.0, -2.0]], activation=name)
    trace = run(layer)
    with pytest.raises(AssertionError):
        checks.near(checks.central_differences(layer, "input", 2.0**-13), trace.collected, 1e-3)


# The activations by themselves.

Z = np.array([*np.linspace(-6, 6, 97), -40.0, 40.0])  # eighths, so z ± h is exact


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_derivatives_are_slopes(name: str) -> None:
    """σ′ is the slope of σ wherever there is one."""
    activation, h = ACTIVATIONS[name], 2.0**-13
    z = np.setdiff1d(Z, activation.kinks)
    slope = (activation.value(z + h) - activation.value(z - h)) / (2 * h)
    # truncation h²/6·max|σ‴|; rounding: two values of at most |z|, each off by a few ulp
    truncation = h**2 / 6 * checks.STEEPEST_THIRD[name]
    checks.near(activation.derivative(z), slope, truncation + 4 * EPSILON * np.abs(z).max() / h)


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_kinks_are_where_the_slopes_differ(name: str) -> None:
    """The kinks named are the places where the slopes on the two sides disagree."""
    value, h = ACTIVATIONS[name].value, 2.0**-20
    left, right = ((value(Z + side * h) - value(Z)) / (side * h) for side in (-1, 1))
    # elsewhere they differ by h·max|σ″| < 2e-6 and rounding, ulp(40)/h < 1e-8
    assert Z[np.abs(left - right) > 1e-2].tolist() == list(ACTIVATIONS[name].kinks)


def test_relu_at_its_kink() -> None:
    """ReLU's derivative at 0, also at −0, is 0."""
    assert ACTIVATIONS["relu"].derivative(np.array([0.0, -0.0, 5e-324])).tolist() == [0, 0, 1]


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_no_finite_number_is_too_large(name: str) -> None:
    """σ and σ′ of the largest numbers are finite, and raise no warning."""
    activation = ACTIVATIONS[name]
    z = np.array([-1.7e308, -1e4, -750.0, 0.0, 750.0, 1e4, 1.7e308])
    for array in (activation.value(z), activation.derivative(z)):
        assert np.isfinite(array).all()
    assert np.all(np.diff(activation.value(z)) >= 0)


@pytest.mark.parametrize("z", [0.0, 0.5, 3.0, -10.0, 20.0, -300.0])
def test_derivatives_keep_their_digits(z: float) -> None:
    """Far from 0 σ′ is tiny, not 0: it is right relative to itself, where 1 − tanh² is not."""
    tanh = float(ACTIVATIONS["tanh"].derivative(np.array([z]))[0])
    sigmoid = float(ACTIVATIONS["sigmoid"].derivative(np.array([z]))[0])
    # exp and cosh are within an ulp or two of the truth, and a handful of operations follow
    assert math.isclose(tanh, math.cosh(z) ** -2, rel_tol=16 * EPSILON)
    assert math.isclose(sigmoid, math.cosh(z / 2) ** -2 / 4, rel_tol=16 * EPSILON)
