"""Random networks, valid by construction, and the same computed by other libraries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from hypothesis import strategies as st

from app.engine import ACTIVATIONS
from app.engine.activations import Floats
from app.engine.losses import Loss, MeanSquaredError, SoftmaxCrossEntropy
from app.engine.pooling import AveragePool, MaxPool
from app.engine.stages import Activate, Conv, Dense, Flatten, Stage
from app.engine.training import Architecture
from tests.engine.strategies import OPERATIONS, SEEDS

POOLS = {"max_pool": MaxPool, "average_pool": AveragePool}


@dataclass(frozen=True)
class Problem:
    """Stages, a batch and a loss."""

    stages: tuple[Stage, ...]
    input: Floats
    loss: Loss


def normal(rng: np.random.Generator, *shape: int) -> Floats:
    """Numbers without ties and without structure."""
    return np.asarray(rng.standard_normal(shape))


def rng(seed: int = 1) -> np.random.Generator:
    """Numbers for one test."""
    return np.random.default_rng(seed)


def flat(*numbers: float) -> MeanSquaredError:
    """Squared error from a flat target of one member."""
    return MeanSquaredError(np.array(numbers, dtype=np.float64))


def trained_problem(seed: int, **changes: Any) -> Problem:
    """A network as it is trained, with a batch of three."""
    numbers = rng(seed)
    stages = Architecture(**changes).initial(numbers)
    return Problem(
        stages, normal(numbers, 3, 1, 12, 12), SoftmaxCrossEntropy(numbers.integers(0, 8, 3))
    )


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """One to three convolutions of any kind among activations and pools, then flat layers or not.

    Hypothesis draws what is there; the numbers follow from a drawn seed.
    """
    rng = np.random.default_rng(draw(SEEDS))
    batch, channels = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    shape: tuple[int, ...] = (batch, channels, draw(st.integers(6, 8)), draw(st.integers(6, 8)))
    input = normal(rng, *shape)
    stages: list[Stage] = []
    for place in range(draw(st.integers(1, 3))):
        conv = draw(convs(shape, rng))
        stages.append(conv)
        shape = conv.output_shape(shape, 4)
        if draw(st.booleans()):
            stages.append(Activate(draw(st.sampled_from(list(ACTIVATIONS)))))
        if place < 2 and min(shape[2:]) >= 2 and draw(st.booleans()):
            size = (draw(st.integers(1, min(3, shape[2]))), draw(st.integers(1, min(3, shape[3]))))
            stride = draw(st.none() | st.integers(1, 3))
            stages.append(POOLS[draw(st.sampled_from(list(POOLS)))](size, stride))
            shape = stages[-1].output_shape(shape, 4)
    flat = draw(st.sampled_from(["maps", "flat", "classes"]))
    if flat != "maps":
        stages.append(Flatten())
        shape = stages[-1].output_shape(shape, 4)
        outputs = draw(st.integers(2, 4))
        stages.append(Dense(normal(rng, outputs, shape[1]), normal(rng, outputs)))
        shape = (batch, outputs)
    if flat == "classes":
        classes = SoftmaxCrossEntropy(rng.integers(0, shape[1], batch))
        return Problem(tuple(stages), input, classes)
    return Problem(tuple(stages), input, MeanSquaredError(normal(rng, *shape)))


@st.composite
def convs(draw: st.DrawFn, shape: tuple[int, ...], rng: np.random.Generator) -> Conv:
    """A convolution that fits the shape."""
    channels, sides = shape[1], shape[2:]
    groups = draw(st.sampled_from([1, channels]))
    taps = [draw(st.integers(1, min(3, side))) for side in sides]
    outputs = groups * draw(st.integers(1, 2))
    wide = all(2 * (k - 1) < side for k, side in zip(taps, sides, strict=True))
    return Conv(
        normal(rng, outputs, channels // groups, *taps),
        normal(rng, outputs),
        operation=draw(st.sampled_from(OPERATIONS)),
        stride=draw(st.sampled_from([1, 1, 2])),
        padding=draw(st.sampled_from([0, 1, "same", [[0, 1], [2, 0]]])),
        dilation=draw(st.sampled_from([1, 2])) if wide else 1,
        groups=groups,
    )


Results = tuple[float, Floats, list[dict[str, Floats]]]  # C, ∂C/∂input, ∂C/∂(parameters)
Oracle = Callable[[Problem], Results]


def jax_oracle() -> Oracle:
    """The whole network written with ``jax.lax``, and ``jax.value_and_grad`` of its cost."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    sigmas = {
        "identity": lambda z: z,
        "sigmoid": jax.nn.sigmoid,
        "tanh": jnp.tanh,
        "relu": jax.nn.relu,
    }

    def stage(part: Stage, x: Any, own: Any) -> Any:
        match part:
            case Conv():
                layer = part.layer(np.zeros(x.shape))  # for its padding, pairs and groups only
                turned = part.operation == "convolution"
                return jax.lax.conv_general_dilated(
                    x,
                    own["kernel"][..., ::-1, ::-1] if turned else own["kernel"],
                    layer.stride,
                    layer.padding,
                    rhs_dilation=layer.dilation,
                    feature_group_count=layer.groups,
                ) + own["bias"].reshape(-1, 1, 1)
            case Activate():
                return sigmas[part.function](x)
            case MaxPool() | AveragePool():
                window, moves = ((1, 1, *pair) for pair in _pool_pairs(part))
                if isinstance(part, MaxPool):
                    return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, window, moves, "VALID")
                total = jax.lax.reduce_window(x, 0.0, jax.lax.add, window, moves, "VALID")
                return total / np.prod(window)
            case Flatten():
                return x.reshape(len(x), -1)
            case _:
                return x @ own["weight"].T + own["bias"]

    def cost(x: Any, parameters: Any, *, stages: Sequence[Stage], loss: Loss) -> Any:
        for part, own in zip(stages, parameters, strict=True):
            x = stage(part, x, own)
        if isinstance(loss, MeanSquaredError):
            return jnp.sum((x - loss.target.reshape(x.shape)) ** 2) / 2 / len(x)
        assert isinstance(loss, SoftmaxCrossEntropy)
        return -jnp.mean(jax.nn.log_softmax(x)[np.arange(len(x)), loss.target])

    def oracle(problem: Problem) -> Results:
        # see test_autograd: compiling is all that costs, and "algsimp" aborts the process
        differentiate = jax.jit(
            jax.value_and_grad(
                partial(cost, stages=problem.stages, loss=problem.loss), argnums=(0, 1)
            ),
            compiler_options={
                "xla_backend_optimization_level": 0,
                "xla_disable_hlo_passes": "algsimp",
            },
        )
        parameters = [parameters_of(stage) for stage in problem.stages]
        value, (delta, gradients) = jax.device_get(differentiate(problem.input, parameters))
        return float(value), delta, gradients

    return oracle


def torch_oracle() -> Oracle:
    """The same with ``torch.nn.functional`` and PyTorch's autograd."""
    import torch
    from torch.nn import functional

    sigmas = {
        "identity": lambda z: z,
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "relu": torch.relu,
    }

    def stage(part: Stage, x: Any, own: Any) -> Any:
        match part:
            case Conv():
                layer = part.layer(np.zeros(x.shape))
                turned = part.operation == "convolution"
                rows, columns = layer.padding
                return functional.conv2d(
                    functional.pad(x, columns + rows),
                    own["kernel"].flip(-2, -1) if turned else own["kernel"],
                    own["bias"],
                    layer.stride,
                    dilation=layer.dilation,
                    groups=layer.groups,
                )
            case Activate():
                return sigmas[part.function](x)
            case MaxPool():
                return functional.max_pool2d(x, *_pool_pairs(part))
            case AveragePool():
                return functional.avg_pool2d(x, *_pool_pairs(part))
            case Flatten():
                return x.flatten(1)
            case _:
                return functional.linear(x, own["weight"], own["bias"])

    def oracle(problem: Problem) -> Results:
        x = start = torch.tensor(problem.input, requires_grad=True)
        leaves = [
            {n: torch.tensor(a, requires_grad=True) for n, a in parameters_of(s).items()}
            for s in problem.stages
        ]
        for part, own in zip(problem.stages, leaves, strict=True):
            x = stage(part, x, own)
        target = torch.tensor(getattr(problem.loss, "target"))  # noqa: B009
        if isinstance(problem.loss, MeanSquaredError):
            cost = ((x - target.reshape(x.shape)) ** 2).sum() / 2 / len(x)
        else:
            cost = functional.cross_entropy(x, target)
        cost.backward()
        gradients = [{n: leaf.grad.numpy() for n, leaf in own.items()} for own in leaves]
        return cost.item(), start.grad.numpy(), gradients

    return oracle


def parameters_of(stage: Stage) -> dict[str, Floats]:
    """A stage's arrays by name."""
    return {name: getattr(stage, name) for name in stage.parameters}


def _pool_pairs(pool: MaxPool | AveragePool) -> tuple[tuple[int, int], tuple[int, int]]:
    def pair(value: Any) -> tuple[int, int]:
        return (value, value) if isinstance(value, int) else tuple(value)

    return pair(pool.size), pair(pool.size if pool.stride is None else pool.stride)
