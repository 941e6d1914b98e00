"""Stages and losses: what each hands on, what each refuses, and the words it refuses with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from app.engine import EngineError, Layer, NotFiniteError, network, run
from app.engine.losses import Loss, MeanSquaredError, SoftmaxCrossEntropy
from app.engine.pooling import AveragePool, MaxPool
from app.engine.stages import Activate, Conv, Dense, Flatten, Rules, Stage
from tests.engine.strategies import OPERATIONS, eighths

MAPS = eighths(1, (2, 4, 7, 9))
SETTINGS: dict[str, Any] = {
    "stride": (2, 3),
    "padding": ((1, 0), (2, 3)),
    "dilation": (2, 1),
    "groups": 2,
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_conv_stage_hands_on_every_setting(operation: Any) -> None:
    """Forwards, backwards and in its gradients the stage is the layer with all of its settings."""
    kernel, bias = eighths(2, (6, 2, 3, 2)), eighths(3, (6,))
    conv = Conv(kernel, bias, operation=operation, **SETTINGS)
    layer = Layer.of(MAPS, kernel, bias=bias, operation=operation, **SETTINGS)
    layer = replace(layer, output_delta=eighths(4, layer.output_shape))
    trace = run(layer)
    assert conv.output_shape(MAPS.shape, 4) == layer.output_shape
    assert_array_equal(conv.forward(MAPS), trace.output)
    assert_array_equal(conv.backward(MAPS, layer.output_delta), trace.input_delta)
    gradients = conv.gradients(MAPS, layer.output_delta)
    assert_array_equal(gradients["kernel"], trace.kernel_gradient)
    assert_array_equal(gradients["bias"], trace.bias_gradient)


def test_a_conv_stage_is_as_plain_as_a_layer() -> None:
    """What is left out is the layer's default: convolution, stride and dilation 1, no padding."""
    kernel = eighths(2, (1, 4, 3, 2))
    assert_array_equal(
        Conv(kernel, np.zeros(1)).forward(MAPS), run(Layer.of(MAPS, kernel, bias=[0.0])).output
    )


def test_changed_numbers_are_read_only() -> None:
    """A stage with other numbers keeps its settings, and nobody can write to the numbers."""
    conv = Conv(np.ones((2, 2)), np.zeros(1), padding=1)
    other = conv.changed({"kernel": np.full((2, 2), 3.0)})
    assert (other.padding, other.kernel.tolist()) == (1, [[3, 3], [3, 3]])
    assert not other.kernel.flags.writeable
    assert conv.kernel.tolist() == [[1, 1], [1, 1]]


@pytest.mark.parametrize("name", ["collect", "kernel_gradient", "derivative"])
def test_a_run_follows_the_rules_it_is_given(name: str) -> None:
    """Each of the three rules is asked by a run, and what it says is what the run tells."""
    kernel = np.array([[2.0]])
    stages = [Conv(kernel, np.zeros(1)), Activate("tanh"), Conv(kernel, np.zeros(1))]
    x, loss = np.array([[0.5]]), MeanSquaredError(np.array([[0.0]]))
    sevens: dict[str, Any] = {
        "collect": lambda layer: np.full(layer.input.shape, 7.0),
        "kernel_gradient": lambda layer, _: np.full(layer.kernel.shape, 7.0),
        "derivative": lambda _, z: np.full(z.shape, 7.0),
    }
    right = network.run(stages, x, loss)
    wrong = network.run(stages, x, loss, Rules(**{name: sevens[name]}))
    if name == "collect":
        assert wrong.input_delta.tolist() == wrong.stages[1].output_delta.tolist() == [[[[7.0]]]]
    if name == "kernel_gradient":
        assert [part.gradients["kernel"].item() for part in wrong.stages[::2]] == [7.0, 7.0]
        assert wrong.input_delta == right.input_delta
    if name == "derivative":
        assert wrong.stages[0].output_delta == 7.0 * wrong.stages[1].output_delta


def test_infinity_less_infinity_is_said_without_a_warning() -> None:
    """Forwards, backwards and in a gradient: sums of terms that overflow with both signs."""
    huge = 1e200
    apart, alike = np.array([[huge, -huge]]), np.array([[huge, huge]])
    with pytest.raises(NotFiniteError):
        network.forward([Dense(apart, np.zeros(1))], alike)
    with pytest.raises(NotFiniteError):
        network.backward([Dense(apart.T, np.zeros(2))], [np.ones((1, 1)), alike], alike)
    with pytest.raises(NotFiniteError):
        network.gradients([Dense(np.ones((1, 1)), np.zeros(1))], [alike.T, alike.T], [apart.T])


def test_the_plainest_stage_passes_everything_through() -> None:
    """It has no parameters, no kinks, and no opinion on shapes."""
    stage, delta = Stage(), eighths(5, (2, 3))
    assert stage.output_shape((2, 3), 4) == (2, 3)
    assert_array_equal(stage.forward(delta), delta)
    assert_array_equal(stage.backward(delta, 2 * delta), 2 * delta)
    assert stage.gradients(delta, delta) == {}
    assert stage.piece(delta) is None


def test_pieces_are_the_sides_of_the_kinks() -> None:
    """ReLU has two pieces, and 0 is on the left one; a smooth activation has no pieces to tell."""
    z = np.array([-1.0, 0.0, 2.0])
    piece = Activate("relu").piece(z)
    assert piece is not None
    assert piece.tolist() == [[False, False, True]]
    assert Activate("tanh").piece(z) is None


def test_the_plainest_loss_is_none() -> None:
    """A loss has to say what it costs, and how that changes."""
    with pytest.raises(NotImplementedError):
        Loss().value(np.ones((1, 1)))
    with pytest.raises(NotImplementedError):
        Loss().delta(np.ones((1, 1)))


# A window that is larger than the map along one axis only: (size, map), and what is refused.
WINDOWS = [((2, 3), (2, 3)), ((3, 2), (3, 2)), ((1, 4), (3, 4)), ((4, 1), (4, 3))]


@pytest.mark.parametrize("pool", [MaxPool, AveragePool])
@pytest.mark.parametrize(("size", "sides"), WINDOWS)
def test_a_window_may_be_as_large_as_the_map(pool: Any, size: Any, sides: Any) -> None:
    """Along each axis by itself; one cell more, along either of them, is refused."""
    shape = (2, 3, *sides)
    assert pool(size, 1).output_shape(shape, 4)[:2] == (2, 3)
    assert pool(sides).output_shape(shape, 4) == (2, 3, 1, 1)
    for larger in ((sides[0] + 1, 1), (1, sides[1] + 1)):
        with pytest.raises(EngineError) as caught:
            pool(larger).output_shape(shape, 4)
        assert str(caught.value) == (
            f"size is {larger[0]}×{larger[1]} cells but the map has {sides[0]}×{sides[1]}; "
            "use a smaller window"
        )


def test_a_pools_settings_are_named() -> None:
    """What is no size or stride is refused by that name, when maps come too."""
    for pool, field in ((MaxPool(0), "size"), (MaxPool(2, 0), "stride")):
        for refuse in (lambda p: p.output_shape(MAPS.shape, 4), lambda p: p.forward(MAPS)):
            with pytest.raises(EngineError) as caught:
                refuse(pool)
            assert caught.value.field == field


def test_a_pool_keeps_batch_and_channels_apart() -> None:
    """Each map is pooled by itself, with rows and columns in their places."""
    maps = np.arange(2 * 3 * 4 * 6.0).reshape(2, 3, 4, 6)
    assert_array_equal(MaxPool((2, 3)).forward(maps), maps[:, :, 1::2, 2::3])
    assert_array_equal(MaxPool((2, 3), (1, 2)).forward(maps), maps[:, :, 1:, 2::2])
    delta = np.arange(1.0, 2 * 3 * 2 * 2 + 1).reshape(2, 3, 2, 2)
    back = MaxPool((2, 3)).backward(maps, delta)
    assert_array_equal(back[:, :, 1::2, 2::3], delta)
    assert np.count_nonzero(back) == delta.size


X = np.ones((3, 2, 4, 5))
CONV = Conv(np.ones((3, 2, 2, 2)), np.zeros(3))
ENTROPY = SoftmaxCrossEntropy(np.array([0, 1, 0]))
SAID: list[tuple[list[Stage], Loss, Any, str]] = [
    ([], MeanSquaredError(np.ones((2, 4))), X[0],
     "loss.target has shape 2×4; the network's output has 2×4×5, so give that"),
    ([], MeanSquaredError(np.array(1.0)), X[0],
     "loss.target has shape (); the network's output has 2×4×5, so give that"),
    ([], ENTROPY, X, "loss.type needs flat outputs, one for each class; end with dense"),
    ([Flatten()], SoftmaxCrossEntropy(np.array([0, 1])), X,
     "loss.target has 2 class numbers; give 3, one for each member of the batch"),
    ([Flatten()], SoftmaxCrossEntropy(np.array([0, 40, 1])), X,
     "loss.target must hold class numbers from 0 and below 40"),
    ([Activate("softplus")], ENTROPY, X,
     "layers[0].function must be one of identity, sigmoid, tanh, relu"),
    ([CONV, Dense(np.ones((2, 3)), np.zeros(2))], ENTROPY, X,
     "layers[1].weight meets maps, not flat values; put a flatten layer before"),
    ([Flatten(), Dense(np.ones((2, 3)), np.zeros(2))], ENTROPY, X,
     "layers[1].weight has shape 2×3; give [out][in], and 40 values come in"),
    ([Flatten(), Dense(np.array(1.0), np.zeros(2))], ENTROPY, X,
     "layers[1].weight has shape (); give [out][in], and 40 values come in"),
    ([Flatten(), Dense(np.ones((2, 40)), np.zeros(3))], ENTROPY, X,
     "layers[1].bias has shape 3; give one number, or a list of 2, one for each output"),
    ([Flatten(), Dense(np.full((2, 40), np.nan), np.zeros(2))], ENTROPY, X,
     "layers[1].weight must hold finite numbers only"),
    ([Flatten(), Dense(np.ones((2, 40)), np.full(2, np.inf))], ENTROPY, X,
     "layers[1].bias must hold finite numbers only"),
    ([Flatten(), CONV], ENTROPY, X,
     "layers[1].type takes maps, but what comes in is flat; put it before flatten"),
    ([], ENTROPY, np.ones(3), "input has 1 axes; give H×W, C×H×W or N×C×H×W"),
    ([], ENTROPY, [["a"]], "input must be a rectangular array of numbers"),
    ([Conv(np.full((1, 2, 1, 1), 1e200), np.zeros(1))] * 2, ENTROPY, X,
     "layers[1].kernel takes 2 input channels; the input has 1 in 1 group(s), so give 1"),
    ([Conv(np.full((2, 2, 1, 1), 1e200), np.zeros(2))] * 2, MeanSquaredError(X), X,
     "input is finite, but a map, delta or gradient is not: it leaves float64's range; "
     "use smaller numbers"),
]  # fmt: skip


@pytest.mark.parametrize(("stages", "loss", "x", "sentence"), SAID, ids=lambda v: str(v)[:40])
def test_what_a_network_says(stages: list[Stage], loss: Loss, x: Any, sentence: str) -> None:
    """Word for word, as these numbers are what somebody will look for in his own."""
    with pytest.raises(EngineError) as caught:
        network.run(stages, x, loss)
    assert str(caught.value) == sentence
