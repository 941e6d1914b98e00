"""Against a library that never heard of rot180: JAX, and PyTorch where it is installed.

Both call correlation "convolution"; for our convolution they get the kernel turned, inside what
they differentiate, so that the gradient comes back in w's own axes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings

from app.engine import ACTIVATIONS, Layer, run
from app.engine.activations import Floats
from tests.engine import checks
from tests.engine.strategies import OPERATIONS, eighths, layers

Gradients = tuple[Floats, Floats, Floats]  # ∂C/∂z, ∂C/∂w, ∂C/∂b
Oracle = Callable[[Layer], tuple[Floats, Gradients]]


def jax_oracle() -> Oracle:
    """``lax.conv_general_dilated`` and its vector–Jacobian product, in float64 on the CPU."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    sigmas = [lambda z: z, jax.nn.sigmoid, jnp.tanh, jax.nn.relu]

    # Each geometry is compiled anew; numbers, σ and operation are not. Compiling is all that
    # costs, so it optimises little. Without "algsimp", since that pass of XLA aborts the whole
    # process on the gradients of some small convolutions.
    @partial(
        jax.jit,
        static_argnames=["stride", "dilation", "padding", "groups"],
        compiler_options={"xla_backend_optimization_level": 0, "xla_disable_hlo_passes": "algsimp"},
    )
    def both(z, w, b, delta, convolves, sigma, *, stride, dilation, padding, groups):
        def output(z, w, b):
            w = jnp.where(convolves, w[..., ::-1, ::-1], w)
            maps = jax.lax.switch(sigma, sigmas, z)
            slid = jax.lax.conv_general_dilated(
                maps, w, stride, padding, rhs_dilation=dilation, feature_group_count=groups
            )
            return slid + b[:, None, None]

        value, pull_back = jax.vjp(output, z, w, b)
        return value, pull_back(delta)

    def oracle(layer: Layer) -> tuple[Floats, Gradients]:
        which = layer.operation == "convolution", NAMES.index(layer.activation)
        arrays = layer.input, layer.kernel, layer.bias, layer.output_delta
        result: tuple[Any, Any] = both(*arrays, *which, **geometry(layer))
        return jax.device_get(result)  # type: ignore[no-any-return]

    return oracle


NAMES = ["identity", "sigmoid", "tanh", "relu"]


def geometry(layer: Layer) -> dict[str, Any]:
    """What both libraries call by the same name, but for padding."""
    names = ("stride", "dilation", "padding", "groups")
    return {name: getattr(layer, name) for name in names}


def torch_oracle() -> Oracle:
    """``conv2d`` and PyTorch's autograd, in float64."""
    import torch

    sigmas = [torch.clone, torch.sigmoid, torch.tanh, torch.relu]

    def oracle(layer: Layer) -> tuple[Floats, Gradients]:
        leaves = [
            torch.tensor(array, requires_grad=True)
            for array in (layer.input, layer.kernel, layer.bias)
        ]
        z, w, b = leaves
        if layer.operation == "convolution":
            w = w.flip(-2, -1)
        shape = geometry(layer)
        rows, columns = shape.pop("padding")
        padded = torch.nn.functional.pad(sigmas[NAMES.index(layer.activation)](z), columns + rows)
        output = torch.nn.functional.conv2d(padded, w, b, **shape)
        output.backward(torch.tensor(layer.output_delta))
        one, two, three = (leaf.grad.numpy() for leaf in leaves)
        return output.detach().numpy(), (one, two, three)

    return oracle


@pytest.fixture(scope="module", params=["jax", "torch"])
def oracle(request) -> Oracle:
    """The library's answer to a layer, or a skip that says which library is not there."""
    pytest.importorskip(request.param, reason=f"{request.param} is not installed: no second oracle")
    return {"jax": jax_oracle, "torch": torch_oracle}[request.param]()


def agree(layer: Layer, oracle: Oracle) -> None:
    """Output and all three gradients."""
    trace, within = run(layer), checks.rounding(layer)
    output, (z, w, b) = oracle(layer)
    checks.near(trace.output, output, within)
    checks.near(trace.input_delta, z, within)
    checks.near(trace.kernel_gradient, w, within)
    checks.near(trace.bias_gradient, b, within)


@given(layers())
@settings(max_examples=80)  # times 8 below; JAX compiles once a geometry
def test_agrees_with_automatic_differentiation(oracle: Oracle, layer: Layer) -> None:
    """Output, δ^l, ∂C/∂w and ∂C/∂b are what automatic differentiation gives, in every mode."""
    for operation, activation in product(OPERATIONS, ACTIVATIONS):
        agree(replace(layer, operation=operation, activation=activation), oracle)


@pytest.mark.parametrize(("operation", "centre"), [("convolution", 13.5), ("correlation", 9.0)])
def test_the_oracle_knows_the_article(oracle: Oracle, operation: Any, centre: float) -> None:
    """The oracle, too, gives the centre node the article's delta, and another in each mode."""
    layer = Layer.of(
        [[1, 2, 3], [4, 5, 6], [7, 8, 9]],
        [[1, 2], [3, 4]],
        operation=operation,
        output_delta=[[2.0, -1.0], [0.5, 3.0]],
    )
    assert oracle(layer)[1][0][0, 0, 1, 1] == centre


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_groups_and_strides_at_once(oracle: Oracle, groups: int) -> None:
    """A layer with everything on at once, larger than the random ones."""
    layer = Layer.of(
        eighths(1, (2, 4, 11, 13)),
        eighths(2, (8, 4 // groups, 3, 4)),
        bias=eighths(3, (8,)),
        activation="tanh",
        stride=(3, 2),
        dilation=(2, 3),
        padding=((0, 3), (2, 1)),
        groups=groups,
    )
    agree(replace(layer, output_delta=eighths(4, layer.output_shape)), oracle)
