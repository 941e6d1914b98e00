"""What a network is trained for: the cost of its last output, averaged over the batch.

A loss gives a number and the first delta, ∂C/∂output; from there on the stages' chain rules run.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.engine.activations import Floats
from app.engine.errors import ShapeError, ValueRangeError, times
from app.engine.stages import ranked_shape


class Loss:
    """A cost of an output, (N, C, H, W) or (N, F)."""

    def check(self, shape: tuple[int, ...], rank: int) -> None:
        """Whether the target goes with an output of this shape.

        Raises:
            EngineError: it does not; ``field`` is ``loss.target`` or ``loss.type``.
        """

    def value(self, output: Floats) -> float:
        """C."""
        raise NotImplementedError

    def delta(self, output: Floats) -> Floats:
        """∂C/∂output, shaped like it."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class MeanSquaredError(Loss):
    """C = ½·Σ(y − t)²/N: the sum over all cells, the mean over the batch of N."""

    target: Floats  # shaped like the output

    def check(self, shape: tuple[int, ...], rank: int) -> None:
        """The target has the output's shape."""
        shown = ranked_shape(shape, rank)
        if self.target.shape != shown:
            raise ShapeError(
                "loss.target",
                "has shape {got}; the network's output has {want}, so give that",
                got=times(*self.target.shape) or "()",
                want=times(*shown),
            )

    def _off(self, output: Floats) -> Floats:
        return output - self.target.reshape(output.shape)

    def value(self, output: Floats) -> float:
        """½·Σ(y − t)²/N."""
        return float(np.square(self._off(output)).sum() / (2 * len(output)))

    def delta(self, output: Floats) -> Floats:
        """(y − t)/N."""
        return self._off(output) / len(output)


@dataclass(frozen=True, eq=False)
class SoftmaxCrossEntropy(Loss):
    """C = −mean of log p(class), where p = softmax(output): one output a class."""

    target: NDArray[np.intp]  # (N,), class numbers from 0

    def check(self, shape: tuple[int, ...], rank: int) -> None:
        """One class for each member of the batch, each below the number of outputs."""
        if len(shape) != 2:
            raise ShapeError("loss.type", "needs flat outputs, one for each class; end with dense")
        if self.target.shape != (shape[0],):
            raise ShapeError(
                "loss.target",
                "has {got} class numbers; give {want}, one for each member of the batch",
                got=self.target.size,
                want=shape[0],
            )
        if self.target.min() < 0 or self.target.max() >= shape[1]:
            raise ValueRangeError(
                "loss.target", "must hold class numbers from 0 and below {most}", most=shape[1]
            )

    def _log_softmax(self, output: Floats) -> Floats:
        # the largest is taken off first: no exponential overflows, and one of them is 1
        shifted = output - output.max(axis=1, keepdims=True)
        log_p: Floats = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        return log_p

    def value(self, output: Floats) -> float:
        """−mean of log p(class)."""
        chosen = self._log_softmax(output)[np.arange(len(output)), self.target]
        return float(-chosen.mean())

    def delta(self, output: Floats) -> Floats:
        """(p − 1 at the class)/N."""
        delta = np.exp(self._log_softmax(output))
        delta[np.arange(len(output)), self.target] -= 1
        return delta / len(output)
