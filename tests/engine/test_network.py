"""Whole networks: by hand, against automatic differentiation, against finite differences.

And what a kernel that is not turned does to them: it spares every gradient from the last
convolution's own weights on, and no earlier one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.testing import assert_array_equal

from app.engine import EngineError, Layer, NotFiniteError, network, run, stencil
from app.engine.activations import Floats
from app.engine.losses import Loss, MeanSquaredError, SoftmaxCrossEntropy
from app.engine.network_check import verdicts
from app.engine.pooling import AveragePool, MaxPool
from app.engine.stages import RIGHT, Activate, Conv, Dense, Flatten, Rules, Stage
from app.engine.training import Architecture, last_conv
from app.engine.wrong_rules import MISTAKES
from tests.engine.networks import Oracle, Problem, jax_oracle, normal, problems, torch_oracle
from tests.engine.strategies import OPERATIONS

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


# By hand


def flat(*numbers: float) -> MeanSquaredError:
    """Squared error from a flat target of one member."""
    return MeanSquaredError(np.array(numbers, dtype=np.float64))


def test_a_small_network_by_hand() -> None:
    """conv → ReLU → max pool → flatten → dense, every number worked out on paper.

    Correlation of [[1, 2], [3, 4]] over 1…9 less 45: 37, 47, 67, 77 become −8, 2, 22, 32; ReLU
    takes the first; the largest is 32; y = 0.5·32 − 1 = 15 against 13: δ = 2, times 0.5 is 1, which
    goes back to the last output alone and from there to the four cells under its window.
    """
    stages: list[Stage] = [
        Conv(np.array([[1.0, 2], [3, 4]]), np.array([-45.0]), operation="correlation"),
        Activate("relu"),
        MaxPool(2),
        Flatten(),
        Dense(np.array([[0.5]]), np.array([-1.0])),
    ]
    trace = network.run(stages, np.arange(1.0, 10).reshape(3, 3), flat(13))
    conv, relu, pool, row, dense = trace.stages
    assert conv.output[0, 0].tolist() == [[-8, 2], [22, 32]]
    assert relu.output[0, 0].tolist() == [[0, 2], [22, 32]]
    assert pool.output[0, 0].tolist() == [[32]]
    assert (row.output.tolist(), dense.output.tolist()) == ([[32]], [[15]])
    assert trace.loss == 2.0
    assert dense.output_delta.tolist() == [[2]]
    assert dense.gradients["weight"].tolist() == [[64]]
    assert dense.gradients["bias"].tolist() == [2]
    assert row.output_delta.tolist() == [[1]]
    assert pool.output_delta[0, 0].tolist() == [[1]]
    assert relu.output_delta[0, 0].tolist() == conv.output_delta[0, 0].tolist() == [[0, 0], [0, 1]]
    assert conv.gradients["kernel"].tolist() == [[5, 6], [8, 9]]
    assert conv.gradients["bias"].tolist() == [1]
    assert trace.input_delta[0, 0].tolist() == [[0, 0, 0], [0, 1, 2], [0, 3, 4]]


def pooled(pool: Stage, maps: Any, delta: Any) -> tuple[Any, Any]:
    """A pool's output, and what it passes back."""
    x, d = np.array([[maps]], dtype=np.float64), np.array([[delta]], dtype=np.float64)
    return pool.forward(x)[0, 0].tolist(), pool.backward(x, d)[0, 0].tolist()


def test_pooling_drops_the_rest() -> None:
    """A row and a column that no window reaches have delta 0."""
    maps = [[1, 2, 9], [4, 3, 9], [9, 9, 9]]
    assert pooled(MaxPool(2), maps, [[5]]) == ([[4]], [[0, 0, 0], [5, 0, 0], [0, 0, 0]])
    assert pooled(AveragePool(2), maps, [[4]]) == ([[2.5]], [[1, 1, 0], [1, 1, 0], [0, 0, 0]])


def test_the_first_of_equals_gets_the_delta() -> None:
    """Ties of max pooling go to the first cell in C order, in every window."""
    assert pooled(MaxPool(2), [[7, 7], [7, 7]], [[3]]) == ([[7]], [[3, 0], [0, 0]])
    assert pooled(MaxPool(2), [[1, 7], [7, 7]], [[3]]) == ([[7]], [[0, 3], [0, 0]])
    assert pooled(MaxPool((1, 2)), [[0, -0.0], [1, 1]], [[3], [4]]) == (
        [[0], [1]],
        [[3, 0], [4, 0]],
    )


def test_overlapping_windows_share_a_cell() -> None:
    """With a stride below the size a cell may be the largest of several windows: deltas add up."""
    maps = [[1, 5, 2]]
    assert pooled(MaxPool((1, 2), 1), maps, [[2, 3]]) == ([[5, 5]], [[0, 5, 0]])
    assert pooled(AveragePool((1, 2), 1), maps, [[2, 3]]) == ([[3, 3.5]], [[1, 2.5, 1.5]])


def test_the_losses_by_hand() -> None:
    """½·Σ(y − t)²/N, and the mean over the batch of −log of the class's share."""
    y = np.array([[1.0, 2], [3, 5]])
    squared = MeanSquaredError(np.array([[0.0, 2], [3, 1]]))
    assert squared.value(y) == (1 + 16) / 4
    assert squared.delta(y).tolist() == [[0.5, 0], [0, 2]]
    y = np.log(np.array([[1.0, 3], [6, 2]]))  # shares ¼ ¾, ¾ ¼
    entropy = SoftmaxCrossEntropy(np.array([0, 0]))
    assert entropy.value(y) == pytest.approx(-(np.log(1 / 4) + np.log(3 / 4)) / 2, abs=1e-15)
    np.testing.assert_allclose(entropy.delta(y), [[-3 / 8, 3 / 8], [-1 / 8, 1 / 8]], atol=1e-15)


def test_softmax_takes_any_finite_numbers() -> None:
    """No overflow and no log of 0, however far the outputs lie apart."""
    y = np.array([[1e300, -1e300, 0.0], [700.0, 710.0, -800.0]])
    entropy = SoftmaxCrossEntropy(np.array([1, 0]))
    assert entropy.value(y) == pytest.approx((2e300 + 10) / 2)
    assert entropy.delta(y)[0].tolist() == [0.5, -0.5, 0]


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
@settings(max_examples=25)  # each is compiled anew, which takes JAX half a second
def test_agrees_with_automatic_differentiation(oracle: Oracle, problem: Problem) -> None:
    """Cost and gradients are what automatic differentiation of the whole network gives."""
    agree(problem, oracle)


def test_ties_as_in_other_libraries(oracle: Oracle) -> None:
    """Among equals every library chooses the first."""
    ones = np.ones((1, 1, 4, 4))
    agree(Problem((MaxPool(2),), ones, MeanSquaredError(normal(rng(), 1, 1, 2, 2))), oracle)


def rng(seed: int = 1) -> np.random.Generator:
    """Numbers for one test."""
    return np.random.default_rng(seed)


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


@pytest.mark.parametrize("wrong", ["doubled", "negated", "a transposed weight"])
def test_the_gradient_check_fails_what_is_wrong(wrong: str) -> None:
    """A factor, a sign, and one entry that is off by a thousandth of the largest."""
    change: Callable[[Floats], Floats] = {
        "doubled": lambda g: 2 * g,
        "negated": lambda g: -g,
        "a transposed weight": lambda g: (
            g + 1e-3 * np.abs(g).max() * (np.arange(g.size) == 1).reshape(g.shape)
        ),
    }[wrong]
    rules = Rules(kernel_gradient=lambda layer, a: change(stencil.kernel_gradient(layer, a)))
    stages = [Conv(normal(rng(), 2, 1, 2, 2), np.zeros(2)), Activate("tanh"), Flatten()]
    found = verdicts(stages, normal(rng(2), 2, 1, 3, 3), MeanSquaredError(np.ones((2, 8))), rules)
    assert [verdict.passes for verdict in found] == [False, True]


# The flip


def flip_problem(seed: int, **changes: Any) -> Problem:
    """A network as it is trained, with a batch of three."""
    numbers = rng(seed)
    stages = Architecture(**changes).initial(numbers)
    return Problem(
        stages, normal(numbers, 3, 1, 12, 12), SoftmaxCrossEntropy(numbers.integers(0, 8, 3))
    )


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
    problem = flip_problem(seed, operation=operation, **changes)
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
    problem = flip_problem(seed, operation=operation, **changes)
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
    problem = flip_problem(seed)
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
    problem = flip_problem(5)
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


def test_a_conv_stage_is_the_engines_layer() -> None:
    """Its trace, by the layer's own run, is what the network's trace says."""
    problem = flip_problem(3, channels=(2, 3))
    trace = network.run(problem.stages, problem.input, problem.loss)
    for index in (0, 3):
        part = trace.stages[index]
        assert isinstance(part.stage, Conv)
        alone = run(part.stage.layer(part.input, part.output_delta))
        assert_array_equal(alone.output, part.output)
        assert_array_equal(alone.kernel_gradient, part.gradients["kernel"])
        assert_array_equal(alone.bias_gradient, part.gradients["bias"])
        before = trace.stages[index - 1].output_delta if index else trace.input_delta
        assert_array_equal(alone.input_delta, before)


@pytest.mark.parametrize("function", ["identity", "sigmoid", "tanh", "relu"])
def test_a_layers_own_activation_is_a_stage_before_it(function: str) -> None:
    """σ(z) and then a convolution: the layer's δ^l is the network's ∂C/∂input."""
    z, w, target = normal(rng(1), 4, 5), normal(rng(2), 2, 3), normal(rng(3), 3, 3)
    trace = network.run([Activate(function), Conv(w, np.zeros(1))], z, MeanSquaredError(target))
    layer = Layer.of(z, w, activation=function, output_delta=trace.stages[1].output_delta[0, 0])
    assert_array_equal(run(layer).input_delta, trace.input_delta)


# What does not belong together

X = np.ones((2, 1, 4, 4))
CONV = Conv(np.ones((3, 1, 2, 2)), np.zeros(3))
REFUSED: list[tuple[list[Stage], Loss, Any, str]] = [
    ([Flatten(), CONV], flat(1), X, "layers[1].type"),
    ([CONV, Dense(np.ones((2, 27)), np.zeros(2))], flat(1), X, "layers[1].weight"),
    ([Flatten(), Dense(np.ones((2, 15)), np.zeros(2))], flat(1), X, "layers[1].weight"),
    ([Flatten(), Dense(np.ones((2, 16)), np.zeros(3))], flat(1), X, "layers[1].bias"),
    ([CONV, CONV], flat(1), X, "layers[1].kernel"),
    ([Conv(np.ones((2, 2)), np.zeros(1))], flat(1), X, "layers[0].kernel"),
    ([Conv(np.ones((1, 1, 2, 2)), np.zeros(1))], flat(1), X[0, 0], "layers[0].kernel"),
    ([Conv(np.ones((3, 1, 2, 2)), np.zeros(2))], flat(1), X, "layers[0].bias"),
    ([MaxPool(5)], flat(1), X, "layers[0].size"),
    ([AveragePool(2, 0)], flat(1), X, "layers[0].stride"),
    ([Flatten(), MaxPool(2)], flat(1), X, "layers[1].type"),
    ([Activate("softplus")], flat(1), X, "layers[0].function"),
    ([CONV], flat(1), X, "loss.target"),
    ([CONV], SoftmaxCrossEntropy(np.array([0, 1])), X, "loss.type"),
    ([Flatten()], SoftmaxCrossEntropy(np.array([0])), X, "loss.target"),
    ([Flatten()], SoftmaxCrossEntropy(np.array([0, 16])), X, "loss.target"),
    ([Flatten()], SoftmaxCrossEntropy(np.array([0, -1])), X, "loss.target"),
    ([CONV], flat(1), np.ones(3), "input"),
]


@pytest.mark.parametrize(("stages", "loss", "x", "field"), REFUSED, ids=lambda v: str(v)[:24])
def test_what_does_not_fit_is_named(stages: list[Stage], loss: Loss, x: Any, field: str) -> None:
    """The error says which layer, and which of its fields."""
    with pytest.raises(EngineError) as error:
        network.run(stages, x, loss)
    assert error.value.field == field


@pytest.mark.parametrize("rank", [2, 3, 4])
def test_arrays_are_shown_with_the_inputs_axes(rank: int) -> None:
    """No batch and no channels where there were none; flat values have one axis, or two."""
    kernel = np.ones((2, 2)) if rank == 2 else np.ones((3, 1, 2, 2))
    stages = [Conv(kernel, np.zeros(1 if rank == 2 else 3)), Flatten()]
    count = 9 if rank == 2 else 27
    loss = MeanSquaredError(np.ones((2, 27) if rank == 4 else count))
    trace = network.run(stages, X[(0,) * (4 - rank)], loss)
    shapes = [trace.ranked(part.output).shape for part in trace.stages]
    assert trace.ranked(trace.input_delta).shape == X.shape[4 - rank :]
    assert shapes == {2: [(3, 3), (9,)], 3: [(3, 3, 3), (27,)], 4: [(2, 3, 3, 3), (2, 27)]}[rank]


BEYOND: dict[str, tuple[float, float, float]] = {  # x, w, target of a single wire
    "map": (1e200, 1e200, 0),
    "cost": (1e200, 1, 0),
    "delta": (1e-200, 1e200, 1e150),
    "gradient": (1e200, 1e-200, 1e150),
}


@pytest.mark.parametrize("where", BEYOND)
def test_what_leaves_float64_is_said(where: str) -> None:
    """Wherever it does; and no warning on the way. What an overflow is multiplied to does not."""
    x, w, target = (np.full((1, 1), number) for number in BEYOND[where])
    conv, loss = Conv(w, np.zeros(1)), MeanSquaredError(target)
    for stages in ([conv], [conv, conv], [Activate("identity"), conv, Activate("tanh")]):
        if where == "map" or len(stages) == 1:
            with pytest.raises(NotFiniteError):
                network.run(stages, x, loss)


def test_a_trace_cannot_be_changed() -> None:
    """Its arrays are read-only."""
    problem = flip_problem(1)
    trace = network.run(problem.stages, problem.input, problem.loss)
    arrays = [trace.input, trace.input_delta]
    for part in trace.stages:
        arrays += [part.input, part.output, part.output_delta, *part.gradients.values()]
    assert not any(array.flags.writeable for array in arrays)
    assert all(array.dtype == np.float64 for array in arrays)
