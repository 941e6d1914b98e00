"""Whole networks against automatic differentiation and against finite differences."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings

from app.engine import network, stencil
from app.engine.activations import Floats
from app.engine.losses import MeanSquaredError
from app.engine.network_check import verdicts
from app.engine.pooling import MaxPool
from app.engine.stages import Activate, Conv, Flatten, Rules
from app.engine.wrong_rules import MISTAKES
from tests.engine.networks import (
    Oracle,
    Problem,
    flat,
    jax_oracle,
    normal,
    problems,
    rng,
    torch_oracle,
)

NOT_ROTATED = MISTAKES["kernel_not_rotated"]

# Networks of the strategies have values and gradients of up to a few thousand, from sums of at
# most some hundred terms, three or four layers deep. Each sum may lose terms · ε relative to the
# sum of its absolute values; JAX and we differ by 2e-15 of the largest entry in practice. A wrong
# turn, axis or factor is off by about 1.
WITHIN = 1e-11


def close(actual: Floats, expected: Floats) -> None:
    """Same shape, and nowhere further apart than rounding explains."""
    assert actual.shape == expected.shape
    assert np.all(np.abs(actual - expected) <= WITHIN * (1 + np.abs(expected).max()))


# Against other libraries


@pytest.fixture(scope="module", params=["jax", "torch"])
def oracle(request) -> Oracle:
    """The library's answer to a network, or a skip that says which library is not there."""
    pytest.importorskip(request.param, reason=f"{request.param} is not installed: no second oracle")
    return {"jax": jax_oracle, "torch": torch_oracle}[request.param]()


def agree(problem: Problem, oracle: Oracle) -> None:
    """The cost, ∂C/∂input and every parameter's gradient."""
    trace = network.run(problem.stages, problem.input, problem.loss)
    cost, delta, gradients = oracle(problem)
    close(np.array(trace.loss), np.array(cost))
    close(trace.input_delta, delta)
    for part, expected in zip(trace.stages, gradients, strict=True):
        assert set(part.gradients) == set(expected)
        for name, gradient in part.gradients.items():
            close(gradient, expected[name])


@given(problems())
@settings(max_examples=20)  # each is compiled anew, which takes JAX half a second
def test_agrees_with_automatic_differentiation(oracle: Oracle, problem: Problem) -> None:
    """Cost and gradients are what automatic differentiation of the whole network gives."""
    agree(problem, oracle)


def test_ties_as_in_other_libraries(oracle: Oracle) -> None:
    """Among equals every library chooses the first."""
    ones = np.ones((1, 1, 4, 4))
    agree(Problem((MaxPool(2),), ones, MeanSquaredError(normal(rng(), 1, 1, 2, 2))), oracle)


# Against finite differences


@given(problems())
@settings(max_examples=60)
def test_passes_the_gradient_check(problem: Problem) -> None:
    """Every gradient says how the cost changes; few entries sit on a kink."""
    found = verdicts(problem.stages, problem.input, problem.loss, entries=8)
    assert all(verdict.passes for verdict in found), found
    names = [(i, name) for i, stage in enumerate(problem.stages) for name in stage.parameters]
    assert [(verdict.layer, verdict.parameter) for verdict in found] == names
    kinks = sum(verdict.kinks for verdict in found)
    assert kinks <= 0.2 * sum(verdict.checked + verdict.kinks for verdict in found)


@given(problems())
@settings(max_examples=40)
def test_the_inputs_delta_is_the_costs_slope(problem: Problem) -> None:
    """∂C/∂input by central differences, in one random direction.

    Both ends must lie on the same smooth piece; then the difference's own error is about 1e-9 of
    the slopes and the cost.
    """
    stages, x, h = problem.stages, problem.input, 2.0**-17
    direction = np.sign(normal(rng(), *x.shape))
    ends = [network.forward(stages, x + side * h * direction) for side in (1, -1)]
    pieces = [
        [stage.piece(v) for stage, v in zip(stages, values[:-1], strict=True)] for values in ends
    ]
    for one, other in zip(*pieces, strict=True):
        if one is not None and other is not None and not np.array_equal(one, other):
            return  # a kink lies between
    above, below = (problem.loss.value(values[-1]) for values in ends)
    trace = network.run(stages, x, problem.loss)
    size = float(np.abs(trace.input_delta).sum()) + abs(above)
    assert abs((above - below) / (2 * h) - np.vdot(trace.input_delta, direction)) <= 1e-7 * size


def test_a_kink_is_neither_passed_nor_failed() -> None:
    """ReLU at 0: the check counts the entries that it could not compare."""
    stages = [Conv(np.array([[1.0]]), np.zeros(1)), Activate("relu"), Flatten()]
    found = verdicts(stages, np.array([[[[0.0, 1.0]]]]), flat(5, 5))
    kernel, bias = found  # the kernel moves no 0; the bias does
    assert (kernel.checked, kernel.kinks, bias.checked, bias.kinks) == (1, 0, 0, 1)
    assert kernel.passes
    assert bias.passes


def test_where_nothing_comes_back_nothing_is_caught() -> None:
    """Behind a ReLU that lets nothing through all deltas are 0, however they are collected."""
    stages = [
        Conv(normal(rng(1), 2, 1, 2, 2), np.zeros(2)),
        Conv(normal(rng(2), 2, 2, 2, 2), np.full(2, -1e3)),
        Activate("relu"),
        Flatten(),
    ]
    x, loss = normal(rng(3), 1, 1, 4, 4), MeanSquaredError(np.ones((1, 8)))
    found = verdicts(stages, x, loss, NOT_ROTATED)
    assert all(verdict.passes and verdict.largest == 0 for verdict in found)


def off_in_one_entry(gradient: Floats) -> Floats:
    """By a thousandth of the largest."""
    changed = gradient.copy()
    changed.flat[1] += 1e-3 * np.abs(gradient).max()
    return changed


@pytest.mark.parametrize("change", [lambda g: 2 * g, lambda g: -g, off_in_one_entry])
def test_the_gradient_check_fails_what_is_wrong(change: Callable[[Floats], Floats]) -> None:
    """A factor, a sign, and a single entry."""
    rules = Rules(kernel_gradient=lambda layer, a: change(stencil.kernel_gradient(layer, a)))
    stages = [Conv(normal(rng(), 2, 1, 2, 2), np.zeros(2)), Activate("tanh"), Flatten()]
    found = verdicts(stages, normal(rng(2), 2, 1, 3, 3), MeanSquaredError(np.ones((2, 8))), rules)
    assert [verdict.passes for verdict in found] == [False, True]
