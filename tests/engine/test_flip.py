"""Break the flip on purpose: the checks of the other tests must notice, or they check nothing.

And where they cannot notice: with a kernel that hides the mistake, and in the mean of the deltas.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_array_equal

from app.engine import Layer, Operation, Trace, run, stencil
from app.engine.activations import Floats
from tests.engine import checks
from tests.engine.strategies import OPERATIONS, layers

Turn = Callable[[Floats], Floats]
# What might be done to the forward stencil instead of turning it by 180°.
WRONG: dict[str, Turn] = {
    "no turn": lambda kernel: kernel,
    "rows only": lambda kernel: kernel[..., ::-1, :],
    "columns only": lambda kernel: kernel[..., ::-1],
    "transposed": lambda kernel: kernel.swapaxes(-2, -1),
    "turned and transposed": lambda kernel: kernel[..., ::-1, ::-1].swapaxes(-2, -1),
    "a quarter turn": lambda kernel: np.rot90(kernel, axes=(-2, -1)),
}
# Kernels in which the wrong turn gives what the right one would.
HIDING: dict[str, list[list[float]]] = {
    "no turn": [[1, 2, 1], [2, -5, 2], [1, 2, 1]],
    "rows only": [[1, 2, 1], [3, 4, 3], [5, 6, 5]],
    "columns only": [[1, 2, 3], [4, 5, 6], [1, 2, 3]],
    "transposed": [[1, 2, 3], [4, 5, 2], [6, 4, 1]],
    "turned and transposed": [[1, 2, 3], [2, 4, 5], [3, 5, 6]],
    "a quarter turn": [[1, 2, 1], [2, -5, 2], [1, 2, 1]],
}
KERNELS: list[list[list[float]]] = [
    [[1, 2], [3, 4]],
    [[1, 2, 3], [4, -5, 6], [7, 8, 9]],
]


def example(operation: Operation, kernel: list[list[float]], activation: str = "relu") -> Layer:
    """A layer with unlike numbers everywhere, so that only the kernel can hide a mistake."""
    map_ = np.array([[1, 2, 3, -4], [4, 5, -6, 1], [7, 8, 9, 2], [3, -1, 5, 6]]) / 8
    layer = Layer.of(
        map_, kernel, operation=operation, activation=activation, padding=[[0, 1], [1, 1]]
    )
    delta = np.resize([2, -1, 0.5, 3, 1, -2, 0.25], layer.output_shape)
    return replace(layer, output_delta=delta)


def slide_instead(monkeypatch: pytest.MonkeyPatch, turn: Turn) -> None:
    """Make the backward pass slide a wrongly turned forward stencil."""

    def backward_stencil(layer: Layer) -> Floats:
        return turn(stencil.forward_stencil(layer))

    monkeypatch.setattr(stencil, "backward_stencil", backward_stencil)


def notices(check: checks.Check, trace: Trace) -> bool:
    """Whether a check fails on a trace; any other exception is a mistake in the test."""
    try:
        check(trace)
    except AssertionError:
        return True
    return False


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("kernel", KERNELS, ids=["2x2", "3x3"])
@pytest.mark.parametrize("activation", ["identity", "sigmoid"])
@pytest.mark.parametrize("check", checks.EVERY)
@pytest.mark.parametrize("turn", WRONG)
def test_a_wrong_turn_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
    turn: str,
    check: checks.Check,
    activation: str,
    kernel: list[list[float]],
    operation: Operation,
) -> None:
    """Every check fails on every wrong turn, and passes on the right one."""
    layer = example(operation, kernel, activation)
    assert not notices(check, run(layer))
    slide_instead(monkeypatch, WRONG[turn])
    assert notices(check, run(layer))


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("check", checks.EVERY)
@pytest.mark.parametrize("turn", WRONG)
def test_a_wrong_rotate180_is_noticed(
    monkeypatch: pytest.MonkeyPatch, turn: str, check: checks.Check, operation: Operation
) -> None:
    """Nor does a rotate180 that is wrong everywhere, forward pass and gradient too, go unseen."""
    monkeypatch.setattr(stencil, "rotate180", WRONG[turn])
    assert notices(check, run(example(operation, [[1, 2], [3, 4]])))


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("check", checks.EVERY)
@pytest.mark.parametrize("turn", WRONG)
def test_a_symmetric_kernel_hides_it(
    monkeypatch: pytest.MonkeyPatch, turn: str, check: checks.Check, operation: Operation
) -> None:
    """A kernel that its wrong turn and its right turn leave alike hides the mistake from all."""
    layer = example(operation, HIDING[turn])
    slide_instead(monkeypatch, WRONG[turn])
    assert not notices(check, run(layer))


@pytest.mark.parametrize("turn", ["no turn", "rows only", "columns only"])
@given(layer=layers(padding="valid"))
def test_the_mean_cannot_see_it(turn: str, layer: Layer) -> None:
    """Where nothing is cropped a wrong turn leaves the mean of `collected` as it was.

    Every δ meets every weight once, in whatever place: the sum in a channel is Σδ · Σw.
    """
    right = run(layer).collected
    wrong = stencil.collect(layer, WRONG[turn](stencil.forward_stencil(layer)))
    assert_array_equal(wrong.sum(axis=(0, 2, 3)), right.sum(axis=(0, 2, 3)))


@given(layers(padding="valid", one_channel=True))
def test_only_the_elements_can(layer: Layer) -> None:
    """Elementwise a forgotten turn shows exactly if the kernel is not its own rotation.

    Deltas and kernel multiply as polynomials do, and no two polynomials but 0 multiply to 0: as
    long as one δ is not 0, no difference between the stencils is lost.
    """
    right = run(layer).collected
    wrong = stencil.collect(layer, stencil.forward_stencil(layer))
    shows = bool(np.any(layer.kernel != checks.turned(layer.kernel)))
    assert bool(np.any(right != wrong)) == (shows and bool(np.any(layer.output_delta)))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_cropping_lets_the_mean_see_it(operation: Operation) -> None:
    """Forward padding crops the result, and then the mean changes with the turn."""
    layer = Layer.of(
        np.eye(3),
        [[1, 2], [3, 4]],
        operation=operation,
        padding=1,
        output_delta=np.arange(16.0).reshape(4, 4),
    )
    wrong = stencil.collect(layer, stencil.forward_stencil(layer))
    assert wrong.mean() != run(layer).collected.mean()


def test_the_defaults_show_it() -> None:
    """The example that the app opens with hides nothing: each wrong turn changes a delta."""
    layer = Layer.of(
        np.arange(1.0, 10).reshape(3, 3), [[1, 2], [3, 4]], output_delta=[[2.0, -1.0], [0.5, 3.0]]
    )
    right = run(layer).collected
    for turn in WRONG.values():
        wrong = stencil.collect(layer, turn(stencil.forward_stencil(layer)))
        assert np.any(wrong != right)
