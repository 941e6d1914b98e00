"""The gradient check: right gradients agree, every mistake that shows is caught, kinks are said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.testing import assert_array_equal

from app.engine import ACTIVATIONS, Layer, NotFiniteError, run, stencil
from app.engine.closeness import allowed
from app.engine.differences import NUDGED, differences
from app.engine.mistakes import Part
from app.engine.suspects import Suspects, occurring
from tests.engine.strategies import layers

SOME = settings(max_examples=250)
PARTS: list[Part] = list(NUDGED)


@pytest.mark.parametrize("part", PARTS)
@SOME
@given(layer=layers())
def test_right_gradients_agree(part: Part, layer: Layer) -> None:
    """A hundred times more closely than they must, kinks left out."""
    trace = run(layer)
    found = differences(trace, part, most=60)
    assert not found.off(getattr(trace, part)).any()
    off = np.abs(found.analytic - found.numeric)[found.differentiable]
    assert (off <= found.tolerance[found.differentiable] / 100).all()


@pytest.mark.parametrize("part", PARTS)
@SOME
@given(layer=layers(zeros=False))
def test_every_mistake_that_shows_is_caught(part: Part, layer: Layer) -> None:
    """Entry by entry, in some entry; and a hidden one in none."""
    trace = run(layer)
    suspects, found = Suspects(trace, part), differences(trace, part, most=10**6)
    for code in occurring(part):
        wrong = suspects.mistaken(code)
        if wrong is None or wrong.shape != suspects.right.shape:
            continue
        off = np.abs(wrong - suspects.right).max()
        if suspects.shows(code) and off > 2 * found.tolerance.max():
            assert found.off(wrong).any(), code
        if not suspects.shows(code):
            assert not found.off(wrong).any(), code


@pytest.mark.parametrize("part", PARTS)
@SOME
@given(layer=layers())
def test_the_allowance_is_hardly_more_than_the_tolerance(part: Part, layer: Layer) -> None:
    """What a difference may round adds little wherever gradients are of the numbers' own size."""
    trace = run(layer)
    found = differences(trace, part, most=60)
    assert (found.tolerance <= 1.1 * allowed(getattr(trace, part)) + 1e-4).all()


def test_kinks_are_marked_and_not_failed() -> None:
    """At 0 ReLU's σ′ is a convention; beside 0, however near, there is a slope."""
    layer = Layer.of([[0.0, 1e-6], [-1e-6, 2.0]], [[1.0, -2.0]], activation="relu")
    trace = run(layer)
    found = differences(trace, "input_delta", most=10)
    assert found.differentiable.tolist() == [False, True, True, True]
    assert not found.off(trace.input_delta).any()
    elsewhere = np.zeros((4, 1, 1, 2, 2))
    elsewhere.reshape(4, 4)[range(4), range(4)] = 9.0
    caught = [found.off(trace.input_delta + wrong).any() for wrong in elsewhere]
    assert caught == [False, True, True, True]
    away = np.abs(layer.input.ravel()[1:])
    assert (found.step[1:] < away).all()
    assert found.numeric[1:] == pytest.approx(found.analytic[1:], abs=1e-8)


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_extreme_inputs(name: str) -> None:
    """Saturated, huge and tiny numbers: no overflow, no division by 0, no false alarm."""
    for z in (1e-300, 1e-12, 30.0, 700.0, 1e6, 1e100):
        layer = Layer.of([[z, -z, 0.5]], [[1.0, 3.0]], activation=name, output_delta=[[2.0, -1.0]])
        trace = run(layer)
        for part in PARTS:
            assert not differences(trace, part, most=10).off(getattr(trace, part)).any(), (z, part)


def test_a_cost_beyond_float64_is_refused() -> None:
    """The layer is finite, the cost a step away is not."""
    layer = Layer.of([[1e300, -1e300]], [[9e7, 9e7]], output_delta=[[1.0]])
    with pytest.raises(NotFiniteError, match="kernel is finite, but the cost") as caught:
        differences(run(layer), "kernel_gradient", most=10)
    assert caught.value.field == "kernel"


def test_large_gradients_are_drawn_by_a_seed() -> None:
    """As many as told, each once, in order; the same seed draws the same."""
    trace = run(Layer.of(np.arange(400.0).reshape(20, 20) % 7, [[1, 2], [3, 4]]))
    found = [differences(trace, "input_delta", 30, seed).entry for seed in (1, 1, 2)]
    assert_array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])
    assert len(set(found[0].tolist())) == 30
    assert (np.diff(found[0]) > 0).all()
    assert_array_equal(differences(trace, "kernel_gradient", 30).entry, np.arange(4))


@SOME
@given(layer=layers(padding="valid", activations=["identity"]))
def test_the_mean_misses_what_the_check_catches(layer: Layer) -> None:
    """Nothing cropped: a forgotten turn leaves the mean, and entry by entry it is caught."""
    trace = run(layer)
    wrong = stencil.collect(layer, stencil.forward_stencil(layer))
    assert wrong.mean() == pytest.approx(trace.collected.mean(), abs=1e-12)
    shows = Suspects(trace, "input_delta").shows("kernel_not_rotated")
    assert differences(trace, "input_delta", most=10**6).off(wrong).any() == shows


# How large the step is, and what is allowed.


def step_of(part: Part, *arguments: object, **settings: object) -> list[float]:
    """The steps for each entry."""
    trace = run(Layer.of(*arguments, **settings))  # type: ignore[arg-type]
    return [float(step) for step in differences(trace, part, most=10).step]


def test_a_linear_step_changes_the_output_by_its_own_size() -> None:
    """The next power of two from max |output|, over max |a| for a weight; or from the number's own.

    2·30 + 1·50 + 1 = 111: 128 for the bias. For a weight 111/50 = 2.22: 4. A weight of 9 is more.
    """
    map_, operation = [[30.0, 50.0]], "correlation"
    assert step_of("bias_gradient", map_, [[2.0, 1.0]], bias=1, operation=operation) == [128]
    kernel = [[2.0, 1.0]]
    assert step_of("kernel_gradient", map_, kernel, bias=1, operation=operation) == [4, 4]
    assert step_of("kernel_gradient", [[1.0, -1.0]], [[9.0, 9.0]]) == [16, 16]


def test_a_linear_step_where_there_is_nothing() -> None:
    """Over a map of zeros it is the weight's own size; without any size it is 1."""
    assert step_of("kernel_gradient", [[0.0]], [[0.25]], bias=100) == [0.25]
    assert step_of("kernel_gradient", [[0.0]], [[0.0]]) == [1]
    assert step_of("bias_gradient", [[0.0]], [[1.0]]) == [1]


@pytest.mark.parametrize(
    ("weight", "step"),
    [(1e200, 2.0**500), (2.0**-499, 2.0**-499), (2.0**-500, 1.0), (2.0**-600, 1.0)],
)
def test_a_linear_step_stays_within_float64(weight: float, step: float) -> None:
    """Between 2⁻⁵⁰⁰ and 2⁵⁰⁰; what is smaller is as good as nothing."""
    assert step_of("kernel_gradient", [[1.0]], [[weight]]) == [step]


def test_a_curved_step_is_relative_and_does_not_reach_a_kink() -> None:
    """2⁻¹⁷, for larger numbers so much of them; half the way to 0 for ReLU.

    Nearer to 0 than 2⁻¹² of that is on the kink: from 2⁻²⁹ on there is a slope.
    """
    map_ = [[0.25, 3.0, -40.0, 2.0**-19]]
    usual = [2.0**-17, 3 * 2.0**-17, 40 * 2.0**-17]
    assert step_of("input_delta", map_, [[1.0]], activation="tanh") == [*usual, 2.0**-17]
    assert step_of("input_delta", map_, [[1.0]], activation="relu") == [*usual, 2.0**-20]
    near = run(Layer.of([[2.0**-29, -(2.0**-29), 2.0**-30]], [[1.0]], activation="relu"))
    assert differences(near, "input_delta", 3).differentiable.tolist() == [True, True, False]


@pytest.mark.parametrize(("part", "reached"), [("kernel_gradient", 48), ("input_delta", 18)])
def test_what_a_difference_may_round(part: Part, reached: int) -> None:
    """Terms · ε · Σ|term| in each output that is reached, times |δ|, over h.

    2·2·3 weights and the bias are 13 terms, of at most 2·3 and the bias 5: 83. A weight reaches
    4·4 outputs of 3 members; a cell 3 channels of its group by 2·3 taps. |δ| ≤ 4.
    """
    rng = np.random.default_rng(1)
    layer = Layer.of(
        rng.choice([-3.0, 0.5, 3.0], (3, 4, 5, 6)),
        rng.choice([-2.0, 1.0, 2.0], (6, 2, 2, 3)),
        bias=[5.0, 1, 2, -5, 0, 0],
        groups=2,
        output_delta=rng.choice([-4.0, 1.0, 4.0], (3, 6, 4, 4)),
    )
    trace = run(layer)
    found = differences(trace, part, most=5)
    epsilon = 2.0**-52
    rounding = 13 * epsilon * 83 * reached * 4 / found.step
    expected = allowed(getattr(trace, part)) + rounding
    np.testing.assert_allclose(found.tolerance, expected, rtol=1e-13)
    assert (rounding > 1e-12).all()


def test_the_tolerance_is_finite() -> None:
    """Though what may be rounded is not: a large weight, a large cell and a large δ, apart."""
    layer = Layer.of([[1e150, 0.0]], [[1e150]], output_delta=[[0.0, 1e50]])
    found = differences(run(layer), "kernel_gradient", most=1)
    assert found.tolerance.tolist() == [np.finfo(np.float64).max]


def test_a_claim_at_the_tolerance_is_not_off() -> None:
    """Of zeros it is 1e-8. And a claim whose error overflows is off, without a warning."""
    silent = run(Layer.of([[0.0]], [[0.0]], output_delta=[[0.0]]))
    found = differences(silent, "bias_gradient", most=1)
    assert found.off(np.array([1e-8])).tolist() == [False]
    assert found.off(np.array([1.01e-8])).tolist() == [True]
    loud = run(Layer.of([[0.0]], [[0.0]], output_delta=[[2e307]]))
    found = differences(loud, "bias_gradient", most=1)
    assert found.off(np.array([-1.75e308])).tolist() == [True]


def test_entries_are_drawn_once_each() -> None:
    """Also when nearly all are."""
    trace = run(Layer.of(np.arange(40.0).reshape(5, 8), [[1.0]]))
    for seed in range(5):
        entries = differences(trace, "input_delta", 39, seed).entry.tolist()
        assert len(set(entries)) == len(entries) == 39
    drawn = differences(trace, "input_delta", 20).entry
    assert_array_equal(drawn, differences(trace, "input_delta", 20, seed=0).entry)
