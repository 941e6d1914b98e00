"""Stages in a row and a loss behind them: forwards once, backwards once, everything kept.

Backwards is one line a stage: take ∂C/∂output from behind, hand ∂C/∂input on. A mistake in one
stage's rule therefore spares every gradient behind it, its own included, and spoils every one
before it. With the kernel not turned, that is everything before the last convolution's own weights.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from app.engine.activations import Floats
from app.engine.errors import EngineError, NotFiniteError, ShapeError
from app.engine.given import numbers
from app.engine.losses import Loss
from app.engine.stages import RIGHT, Rules, Shape, Stage, ranked_shape


@dataclass(frozen=True, eq=False)
class StageTrace:
    """One stage of a run. Arrays as in :class:`~app.engine.stages.Stage`, read-only."""

    stage: Stage
    input: Floats
    output: Floats
    output_delta: Floats  # ∂C/∂output
    gradients: dict[str, Floats]  # by the names in ``stage.parameters``


@dataclass(frozen=True, eq=False)
class NetworkTrace:
    """A network and all that follows from it; see :func:`run`."""

    rank: int  # axes of the input as it was given
    stages: tuple[StageTrace, ...]
    loss: float
    input: Floats  # (N, C, H, W)
    input_delta: Floats  # ∂C/∂input

    def ranked(self, array: Floats) -> Floats:
        """An array of the trace with the axes that a user sees: no batch where there was none."""
        return array.reshape(ranked_shape(array.shape, self.rank))


def batched(input: ArrayLike) -> tuple[Floats, int]:
    """H×W, C×H×W or N×C×H×W as (N, C, H, W), and how many axes it had.

    Raises:
        EngineError: not numbers, or other axes.
    """
    maps = numbers("input", input)
    if maps.ndim not in (2, 3, 4):
        raise ShapeError("input", "has {got} axes; give H×W, C×H×W or N×C×H×W", got=maps.ndim)
    return maps.reshape((1,) * (4 - maps.ndim) + maps.shape), maps.ndim


def check(stages: Iterable[Stage], loss: Loss, shape: Shape, rank: int) -> None:
    """Whether the stages take what they are given, one after the other.

    Raises:
        EngineError: one of them does not; ``field`` says which, such as ``layers[2].kernel``.
    """
    for index, stage in enumerate(stages):
        try:
            shape = stage.output_shape(shape, rank)
        except EngineError as error:
            raise within(error, index) from None
    loss.check(shape, rank)


def within(error: EngineError, index: int) -> EngineError:
    """The same fault, named as one of the stage's."""
    return type(error)(f"layers[{index}].{error.field}", error.template, **error.facts)


def forward(stages: Iterable[Stage], x: Floats) -> list[Floats]:
    """What goes into each stage, and what comes out of the last one.

    Raises:
        NotFiniteError: a map leaves float64's range.
    """
    values = [x]
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        for stage in stages:
            values.append(finite(stage.forward(values[-1])))
    return values


def cost_of(loss: Loss, output: Floats) -> float:
    """C.

    Raises:
        NotFiniteError: it leaves float64's range.
    """
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        return float(finite(np.array(loss.value(output))))


def backward(
    stages: Sequence[Stage], values: Sequence[Floats], delta: Floats, rules: Rules = RIGHT
) -> list[Floats]:
    """∂C/∂(each of ``values``), from ``delta`` behind the last stage.

    Raises:
        NotFiniteError: a delta leaves float64's range.
    """
    deltas = [finite(delta)]
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        for stage, x in zip(reversed(stages), reversed(values[:-1]), strict=True):
            deltas.append(finite(stage.backward(x, deltas[-1], rules)))
    return deltas[::-1]


def gradients(
    stages: Sequence[Stage],
    values: Sequence[Floats],
    deltas: Sequence[Floats],
    rules: Rules = RIGHT,
) -> list[dict[str, Floats]]:
    """Each stage's ∂C/∂(parameter); ``deltas`` are ∂C/∂output, one for each stage.

    Raises:
        NotFiniteError: a gradient leaves float64's range.
    """
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        return [
            {name: finite(g) for name, g in stage.gradients(x, delta, rules).items()}
            for stage, x, delta in zip(stages, values[:-1], deltas, strict=True)
        ]


def finite(array: Floats) -> Floats:
    """The array, if float64 could hold it."""
    if not np.isfinite(array).all():
        raise NotFiniteError(
            "input",
            "is finite, but a map, delta or gradient is not: it leaves float64's range; "
            "use smaller numbers",
        )
    return array


def run(
    stages: Sequence[Stage], input: ArrayLike, loss: Loss, rules: Rules = RIGHT
) -> NetworkTrace:
    """All maps, deltas and gradients of a network over H×W, C×H×W or N×C×H×W.

    Raises:
        EngineError: stages, input and loss do not belong together; the field says where.
        NotFiniteError: the numbers are finite but a result overflows float64.

    >>> from app.engine.losses import MeanSquaredError
    >>> from app.engine.stages import Activate, Conv
    >>> conv = Conv(np.array([[1.0, 2.0], [3.0, 4.0]]), np.zeros(1))
    >>> trace = run([conv, Activate("relu")], np.eye(2), MeanSquaredError(np.array([[3.0]])))
    >>> trace.loss, trace.input_delta[0, 0].tolist()
    (2.0, [[8.0, 6.0], [4.0, 2.0]])
    """
    x, rank = batched(input)
    check(stages, loss, x.shape, rank)
    values = forward(stages, x)
    cost = cost_of(loss, values[-1])
    deltas = backward(stages, values, loss.delta(values[-1]), rules)
    slopes = gradients(stages, values, deltas[1:], rules)
    for array in (*values, *deltas, *(slope for own in slopes for slope in own.values())):
        array.flags.writeable = False
    traces = map(StageTrace, stages, values[:-1], values[1:], deltas[1:], slopes)
    return NetworkTrace(rank, tuple(traces), cost, x, deltas[0])
