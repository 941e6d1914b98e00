"""Whole networks: by hand, stage by stage, and what does not belong together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from app.engine import EngineError, Layer, NotFiniteError, network, run
from app.engine.losses import Loss, MeanSquaredError, SoftmaxCrossEntropy
from app.engine.pooling import AveragePool, MaxPool
from app.engine.stages import Activate, Conv, Dense, Flatten, Stage
from tests.engine.networks import (
    flat,
    normal,
    rng,
    trained_problem,
)

# By hand


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


# As a layer


def test_a_conv_stage_is_the_engines_layer() -> None:
    """Its trace, by the layer's own run, is what the network's trace says."""
    problem = trained_problem(3, channels=(2, 3))
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
    problem = trained_problem(1)
    trace = network.run(problem.stages, problem.input, problem.loss)
    arrays = [trace.input, trace.input_delta]
    for part in trace.stages:
        arrays += [part.input, part.output, part.output_delta, *part.gradients.values()]
    assert not any(array.flags.writeable for array in arrays)
    assert all(array.dtype == np.float64 for array in arrays)
