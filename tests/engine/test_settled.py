"""What rounding leaves of a sum that cancels is read as 0, and nothing else is."""

from __future__ import annotations

import numpy as np
from hypothesis import given

from app.engine import Layer, Trace, run, settled
from tests.engine.strategies import layers

RESULTS = ("output", "collected", "input_delta", "kernel_gradient", "bias_gradient")


def test_dust_is_swept_wherever_a_sum_cancels() -> None:
    """0.1 + 0.2 − 0.3 reads 0 in the map that collects it, in its step, and as a running sum."""
    layer = Layer.of([[1.0, 1.0, -1.0]], [[0.3, 0.2, 0.1]], output_delta=[[1.0]])
    trace = run(layer)
    assert trace.output[0, 0, 0, 0] != 0, "the example has to leave dust"
    read = settled.settled(trace)
    assert read.output[0, 0, 0, 0] == 0
    step = trace.step("forward", 0)
    assert settled.total(step) == 0
    assert settled.running(step)[-1] == 0
    assert settled.running(step)[:2] == step.running[:2].tolist()


@given(layers())
def test_nothing_else_is_touched(layer: Layer) -> None:
    """A result that is larger than rounding keeps every bit, and what was swept was tiny."""
    trace = run(layer)
    read = settled.settled(trace)
    for name in RESULTS:
        was, now = getattr(trace, name), getattr(read, name)
        changed = was != now
        assert (now[changed] == 0).all(), name
        assert (np.abs(was[changed]) <= settled.DUST * _largest_term(trace)).all(), name


def test_a_small_number_is_no_dust() -> None:
    """1e−20 times 1 is 1e−20: small beside 1, but not beside its own terms."""
    trace = run(Layer.of([[1e-20, 5.0]], [[1.0]], output_delta=[[1e-20, 1.0]]))
    read = settled.settled(trace)
    for name in RESULTS:
        np.testing.assert_array_equal(getattr(read, name), getattr(trace, name))


def test_at_the_end_of_the_range_numbers_stay() -> None:
    """Where the sum of sizes overflows, the results are read as they are."""
    trace = run(Layer.of([[1e308, 1e308]], [[1.5, -1.5]], output_delta=[[1.0]]))
    assert settled.settled(trace) is trace


def _largest_term(trace: Trace) -> float:
    """Σ|terms| can be no larger than this, whatever the sum."""
    layer = trace.layer
    size = [np.abs(a).sum() for a in (trace.activated, layer.kernel, layer.output_delta)]
    slope = np.abs(trace.activation_derivative).max(initial=1)
    return float((1 + sum(size)) ** 2 * slope + np.abs(layer.bias).sum())
