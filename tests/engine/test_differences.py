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
    with pytest.raises(NotFiniteError):
        differences(run(layer), "kernel_gradient", most=10)


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
