"""What a kernel that is not turned does to a network.

It spares every gradient from the last convolution's own weights on, and no earlier one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from app.engine import network
from app.engine.losses import SoftmaxCrossEntropy
from app.engine.network_check import verdicts
from app.engine.stages import RIGHT, Conv, Dense, Flatten, Stage
from app.engine.training import last_conv
from app.engine.wrong_rules import MISTAKES
from tests.engine.networks import (
    normal,
    rng,
    trained_problem,
)
from tests.engine.strategies import OPERATIONS

NOT_ROTATED = MISTAKES["kernel_not_rotated"]


ARCHITECTURES: list[dict[str, Any]] = [
    {},
    {"channels": (3, 4, 5), "pooling": "average"},
    {"kernel": 2, "activation": "tanh"},
    {"channels": (2, 2), "activation": "sigmoid", "pooling": "average"},
]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("changes", ARCHITECTURES, ids=str)
def test_not_rotating_spares_what_follows_and_spoils_what_precedes(
    changes: dict[str, Any], operation: Any, seed: int
) -> None:
    """From the last convolution's own weights on nothing changes; no earlier gradient stays right.

    Right to the last bit on the one side; on the other each array is off by more than a hundredth
    of its largest entry, a thousand times what the gradient check lets pass.
    """
    problem = trained_problem(seed, operation=operation, **changes)
    right, wrong = (
        network.run(problem.stages, problem.input, problem.loss, rules)
        for rules in (RIGHT, NOT_ROTATED)
    )
    last = last_conv(problem.stages)
    assert wrong.loss == right.loss
    for index, (one, other) in enumerate(zip(right.stages, wrong.stages, strict=True)):
        pairs = [(one.gradients[name], other.gradients[name]) for name in one.gradients]
        pairs.append((one.output_delta, other.output_delta))
        for good, bad in pairs:
            if index >= last:
                assert_array_equal(bad, good)
            else:
                assert np.abs(bad - good).max() > 0.01 * np.abs(good).max()
    assert np.any(right.input_delta != wrong.input_delta)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("changes", ARCHITECTURES, ids=str)
def test_the_gradient_check_sees_exactly_that(
    changes: dict[str, Any], operation: Any, seed: int
) -> None:
    """It fails every gradient before the last convolution and passes all others."""
    problem = trained_problem(seed, operation=operation, **changes)
    arguments = problem.stages, problem.input, problem.loss
    last = last_conv(problem.stages)
    for verdict in verdicts(*arguments, NOT_ROTATED, entries=8):
        assert verdict.passes == (verdict.layer >= last), verdict
    assert all(verdict.passes for verdict in verdicts(*arguments, RIGHT, entries=8))


def symmetric(stage: Stage) -> Stage:
    """A convolution whose kernel equals its own rotation."""
    if not isinstance(stage, Conv):
        return stage
    return replace(stage, kernel=stage.kernel + stage.kernel[..., ::-1, ::-1])


@pytest.mark.parametrize("seed", range(3))
def test_symmetric_kernels_hide_it(seed: int) -> None:
    """With kernels that equal their own rotation nothing is caught, for nothing is wrong."""
    problem = trained_problem(seed)
    stages = [symmetric(stage) for stage in problem.stages]
    right, wrong = (
        network.run(stages, problem.input, problem.loss, rules) for rules in (RIGHT, NOT_ROTATED)
    )
    assert_array_equal(wrong.input_delta, right.input_delta)
    assert all(v.passes for v in verdicts(stages, problem.input, problem.loss, NOT_ROTATED))


def test_without_an_activation_the_biases_miss_it() -> None:
    """The trap of the mean: Σδ is the bias's gradient, and a turn moves δ without changing Σδ.

    Where a ReLU or a max pool stands between, it no longer holds (see the tests above).
    """
    stages: list[Stage] = [
        Conv(normal(rng(1), 2, 1, 3, 3), np.zeros(2)),
        Conv(normal(rng(2), 3, 2, 3, 3), np.zeros(3)),
        Flatten(),
        Dense(normal(rng(3), 2, 48), np.zeros(2)),
    ]
    x, loss = normal(rng(4), 2, 1, 8, 8), SoftmaxCrossEntropy(np.array([0, 1]))
    found = verdicts(stages, x, loss, NOT_ROTATED)
    caught = [(v.layer, v.parameter) for v in found if not v.passes]
    assert caught == [(0, "kernel")]


@pytest.mark.parametrize("code", MISTAKES)
def test_each_mistake_spoils_what_lies_before_it(code: str) -> None:
    """Which gradients each of the mistakes leaves right."""
    problem = trained_problem(5)
    last = last_conv(problem.stages)
    found = verdicts(problem.stages, problem.input, problem.loss, MISTAKES[code], entries=8)
    failed = {(v.layer, v.parameter) for v in found if not v.passes}
    kernels = {(v.layer, v.parameter) for v in found if v.parameter == "kernel"}
    before = {(v.layer, v.parameter) for v in found if v.layer < last}
    own = {(last, "kernel"), (last, "bias")}
    if code == "gradient_rotated":
        assert failed == kernels
    elif code == "missing_activation_derivative":
        assert failed == before | own
    else:
        assert failed == before
