"""Run a layer once, forwards and backwards, and keep everything.

A :class:`Trace` is immutable; maps, figures, formulas, sentences, exports and API answers are all
readings of one. Its steps tell the same results slowly: one step a cell (or a weight), each with
the wires it adds up, in the order in which a reader would write them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np

from app.engine import stencil
from app.engine.activations import ACTIVATIONS, Floats
from app.engine.errors import NotFiniteError
from app.engine.given import finite
from app.engine.layer import Layer
from app.engine.wires import Columns, Wires

Phase = Literal["forward", "deltas", "weights"]
PHASES: tuple[Phase, ...] = get_args(Phase)


@dataclass(frozen=True, eq=False)
class Step:
    """One sum, term by term.

    * forward: cell is an output; factor[i] = a[source], other[i] = w[tap]; total = Σ + bias
    * deltas: cell is an input; factor[i] = δ[target], other[i] = w[tap]; total = Σ, before σ′
    * weights: cell is a tap; factor[i] = δ[target], other[i] = a[source]; total = Σ

    ``member`` is each wire's batch member (only the weights' sums run over several).
    ``offset`` is what the sum starts from: the bias in the forward phase, else 0.
    """

    phase: Phase
    cell: int
    wires: Columns
    member: np.ndarray
    factor: Floats
    other: Floats
    offset: float

    @property
    def product(self) -> Floats:
        """Each wire's contribution."""
        return self.factor * self.other

    @property
    def running(self) -> Floats:
        """The sum after each contribution."""
        return self.offset + np.cumsum(self.product)

    @property
    def total(self) -> float:
        """What the cell ends at."""
        return float(self.offset + self.product.sum())

    def __len__(self) -> int:
        return len(self.wires)


@dataclass(frozen=True, eq=False)
class Trace:
    """A layer and all that follows from it. 4-D arrays as in :class:`Layer`; see :func:`run`."""

    layer: Layer
    activated: Floats  # a^l = σ(z^l)
    activation_derivative: Floats  # σ′(z^l)
    output: Floats  # z^{l+1}
    forward_stencil: Floats  # the kernel's axes, in space as it slides
    backward_stencil: Floats
    rotated_kernel: Floats
    collected: Floats  # ∂C/∂a^l
    input_delta: Floats  # δ^l = collected ⊙ σ′(z^l)
    kernel_gradient: Floats
    bias_gradient: Floats  # (C_out,)

    @cached_property
    def wires(self) -> Wires:
        """The table; nothing is built until it is read."""
        return Wires(self.layer)

    def step_count(self, phase: Phase) -> int:
        """How many sums the phase has, for one batch member."""
        return int(np.prod(self.step_shape(phase)))

    def step_shape(self, phase: Phase) -> tuple[int, ...]:
        """The grid that the phase's steps walk through in C order."""
        if phase == "forward":
            return self.wires.target_shape
        return self.wires.source_shape if phase == "deltas" else self.layer.kernel.shape

    def step(self, phase: Phase, cell: int, member: int = 0) -> Step:
        """One sum of the phase; ``cell`` is a flat index into :meth:`step_shape`.

        Raises:
            IndexError: no such cell, or no such batch member.
        """
        if not (0 <= cell < self.step_count(phase) and 0 <= member < self.layer.input.shape[0]):
            raise IndexError(f"no {phase} step {cell} in member {member}")
        a, delta = self.activated[member].ravel(), self.layer.output_delta[member].ravel()
        weight = self.layer.kernel.ravel()
        if phase == "forward":
            wires = self.wires.of_target(cell)
            channel = cell // int(np.prod(self.wires.target_shape[1:]))
            factor, other, offset = a[wires.source], weight[wires.tap], self.layer.bias[channel]
        elif phase == "deltas":
            wires = self.wires.of_source(cell)
            factor, other, offset = delta[wires.target], weight[wires.tap], 0.0
        else:
            return self._weight_step(cell)
        return Step(phase, cell, wires, np.full(len(wires), member), factor, other, float(offset))

    def _weight_step(self, tap: int) -> Step:
        once, batch = self.wires.of_tap(tap), self.layer.input.shape[0]
        wires = Columns(*(np.tile(c, batch) for c in (once.source, once.target, once.tap)))
        member = np.repeat(np.arange(batch), len(once))
        factor = self.layer.output_delta.reshape(batch, -1)[member, wires.target]
        other = self.activated.reshape(batch, -1)[member, wires.source]
        return Step("weights", tap, wires, member, factor, other, 0.0)


def run(layer: Layer) -> Trace:
    """Forward map, deltas and gradients of a layer, by the stencil route.

    Raises:
        NotFiniteError: the numbers are finite but a result overflows float64.

    >>> run(Layer.of([[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[1, 2], [3, 4]])).output[0, 0].tolist()
    [[23.0, 33.0], [53.0, 63.0]]
    """
    activation = ACTIVATIONS[layer.activation]
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        activated = activation.value(layer.input)
        derivative = activation.derivative(layer.input)
        forward_stencil = stencil.forward_stencil(layer)
        backward_stencil = stencil.backward_stencil(layer)
        collected = stencil.collect(layer, backward_stencil)
        results = {
            "output": stencil.forward(layer, activated),
            "collected": collected,
            "input_delta": collected * derivative,
            "kernel_gradient": stencil.kernel_gradient(layer, activated),
            "bias_gradient": stencil.bias_gradient(layer),
        }
        lost = next((name for name, array in results.items() if not finite(array)), None)
    if lost is not None:
        raise NotFiniteError(
            "input",
            "is finite, but {name} is not: it leaves float64's range; use smaller numbers",
            name=lost,
        )
    trace = Trace(
        layer=layer,
        activated=activated,
        activation_derivative=derivative,
        forward_stencil=forward_stencil,
        backward_stencil=backward_stencil,
        rotated_kernel=stencil.rotate180(layer.kernel),
        **results,
    )
    for array in (activated, derivative, *results.values()):
        array.flags.writeable = False
    return trace
