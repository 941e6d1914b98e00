"""What must hold of any trace. Each check takes one and raises AssertionError if it does not.

The property tests run them on random layers; ``test_flip`` breaks the engine on purpose and shows
that they notice. They assume the numbers of ``strategies``: eighths of at most 4.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.testing import assert_array_equal

from app.engine import ACTIVATIONS, PHASES, Layer, Trace, stencil
from app.engine.activations import Floats
from tests.engine.strategies import LARGEST

Check = Callable[[Trace], None]
EPSILON = float(np.finfo(np.float64).eps)
STAYS_EXACT = ("identity", "relu")  # an eighth goes in, an eighth comes out


def turned(kernel: Floats) -> Floats:
    """The last two axes by 180°, written out here so that a wrong rotate180 cannot hide."""
    return np.flip(kernel, axis=(-2, -1))


def fan_in(layer: Layer) -> int:
    """The most terms that one output adds up, the bias among them."""
    return int(np.prod(layer.kernel.shape[1:])) + 1


def fan_out(layer: Layer) -> int:
    """The most outputs that one input cell feeds."""
    outputs: int = layer.kernel.shape[0] // layer.groups
    return outputs * int(np.prod(layer.kernel.shape[2:]))


def sum_error(terms: int, largest: float) -> float:
    """How far a float64 sum of so many products may be off, whatever the order of adding.

    Each of the additions and multiplications rounds once, relative to at most the sum of the
    absolute terms (N. Higham, "Accuracy and Stability of Numerical Algorithms", section 4.2).
    """
    return terms * EPSILON * terms * largest


def rounding(layer: Layer) -> float:
    """How far two routes to one of the layer's results may lie apart.

    Nothing where eighths stay eighths. Otherwise two sums' errors; 8 more terms' worth for σ and
    σ′, which libraries compute to within a few units in the last place of each other.
    """
    if layer.activation in STAYS_EXACT:
        return 0.0
    shape = layer.output_shape
    terms = max(fan_in(layer), fan_out(layer), shape[0] * shape[2] * shape[3])
    return 2 * sum_error(terms + 8, LARGEST * LARGEST)


def near(actual: Floats, expected: Floats, within: float | Floats) -> None:
    """Same shape, and nowhere further apart than ``within``."""
    assert actual.shape == expected.shape
    assert np.all(np.abs(actual - expected) <= within), np.abs(actual - expected).max()


def routes_agree(trace: Trace) -> None:
    """Grouping the table's wires and sliding a stencil give the same maps."""
    layer, wires = trace.layer, trace.wires
    output = wires.forward(trace.activated, layer.kernel) + layer.bias[:, None, None]
    gradient = wires.kernel_gradient(trace.activated, layer.output_delta, layer.kernel)
    near(trace.output, output, rounding(layer))
    near(trace.kernel_gradient, gradient, rounding(layer))
    assert_array_equal(trace.collected, wires.collect(layer.output_delta, layer.kernel))


def adjoint(trace: Trace) -> None:
    """⟨M·x, y⟩ = ⟨x, Mᵀ·y⟩, whether the products with M are slid or multiplied out."""
    layer, batch = trace.layer, trace.layer.input.shape[0]
    x, y = layer.input, layer.output_delta  # the law wants any x, so take one without rounding
    slid = stencil.forward(layer, x) - layer.bias[:, None, None]
    assert np.vdot(slid, y) == np.vdot(x, trace.collected)
    matrix = trace.wires.dense(layer.kernel)
    assert_array_equal(x.reshape(batch, -1) @ matrix.T, slid.reshape(batch, -1))
    assert_array_equal(y.reshape(batch, -1) @ matrix, trace.collected.reshape(batch, -1))


def duality(trace: Trace) -> None:
    """The backward stencil is the forward stencil turned; which of them is w, the mode says."""
    kernel, correlates = trace.layer.kernel, trace.layer.operation == "correlation"
    assert_array_equal(trace.forward_stencil, kernel if correlates else turned(kernel))
    assert_array_equal(trace.backward_stencil, turned(trace.forward_stencil))
    assert_array_equal(trace.rotated_kernel, turned(kernel))


def steps_add_up(trace: Trace) -> None:
    """Each phase's sums, taken one cell at a time, are that phase's map."""
    results = {
        "forward": trace.output,
        "deltas": trace.collected,
        "weights": trace.kernel_gradient[None],
    }
    for phase in PHASES:
        for member, expected in enumerate(results[phase]):
            assert trace.step_shape(phase) == expected.shape
            cells = range(trace.step_count(phase))
            steps = [trace.step(phase, cell, member) for cell in cells]
            total = np.reshape([step.total for step in steps], expected.shape)
            last = np.reshape([(step.offset, *step.running)[-1] for step in steps], expected.shape)
            near(total, expected, rounding(trace.layer))
            near(last, expected, rounding(trace.layer))


# Central differences, (C(p + h) − C(p − h)) / 2h. Their own error is h²/6 · max|C‴|.
STEEPEST_THIRD = {"identity": 0.0, "relu": 0.0, "sigmoid": 1 / 8, "tanh": 2.0}  # max |σ‴|


def finite_differences(trace: Trace) -> None:
    """Nudging a number by ±h changes the cost as its gradient says."""
    layer, exact = trace.layer, trace.layer.activation in STAYS_EXACT
    outputs = int(np.prod(layer.output_shape))
    # C is linear in the kernel and the bias: any h is exact, so take 1, which rounds least.
    # Rounding: every output is off by a sum's error, and the cost weighs it with |δ| ≤ 4.
    linear = 0.0 if exact else 2 * outputs * sum_error(fan_in(layer), LARGEST + 1) * LARGEST
    near(central_differences(layer, "kernel", 1.0), trace.kernel_gradient, linear)
    near(central_differences(layer, "bias", 1.0), trace.bias_gradient, linear)
    # In z: 1/16 stays on one side of ReLU's kink, as |z| ≥ 1/8. For sigmoid and tanh 2⁻¹³ keeps
    # truncation and rounding alike; an output that the cell does not feed cancels to 0.
    h = 2.0**-4 if exact else 2.0**-13
    reach = fan_out(layer) * LARGEST * LARGEST  # ≥ Σ|w·δ| over the wires of one cell
    truncation = h**2 / 6 * STEEPEST_THIRD[layer.activation] * reach
    rounded = 2 * fan_out(layer) * sum_error(fan_in(layer), LARGEST) * LARGEST / (2 * h)
    within = 0.0 if exact else truncation + rounded
    near(central_differences(layer, "input", h), trace.input_delta, within)


def central_differences(layer: Layer, field: str, h: float) -> Floats:
    """∂C/∂(field) for C = Σ output_delta ⊙ output, one number at a time."""
    start: Floats = getattr(layer, field)
    gradient = np.empty_like(start)
    for index in np.ndindex(start.shape):
        nudge = np.zeros_like(start)
        nudge[index] = h
        above, below = (
            _output(replace(layer, **{field: start + side * nudge}))  # type: ignore[arg-type]
            for side in (1, -1)
        )
        gradient[index] = np.vdot(layer.output_delta, above - below) / (2 * h)
    return gradient


def _output(layer: Layer) -> Floats:
    return stencil.forward(layer, ACTIVATIONS[layer.activation].value(layer.input))


EVERY: tuple[Check, ...] = (routes_agree, adjoint, duality, steps_add_up, finite_differences)
