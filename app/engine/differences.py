"""Finite differences of the cost, beside the gradients that the backward pass claims.

C = Σ output_delta ⊙ output is nudged at one number at a time, by +h and by −h; (C₊ − C₋)/2h is its
slope there, whatever the backward pass says. The two outputs are subtracted before they are summed
up, so that all that the nudge does not reach cancels without any rounding.

How large h is:

* kernel and bias: C is linear in them, so no h truncates anything and the largest useful one
  rounds least. h is the power of two at which the output changes by about its own size.
* input: σ may be curved. The difference truncates about h² and rounds about ε/h; the two meet near
  the cube root of ε = 2⁻⁵², so h = 2⁻¹⁷, relative to z where |z| > 1. It never reaches across a
  kink of σ (ReLU at 0): there it is half of the way. *At* a kink there is no slope to compare with.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.engine import stencil
from app.engine.activations import ACTIVATIONS, Floats
from app.engine.closeness import allowed, largest
from app.engine.errors import NotFiniteError
from app.engine.layer import Layer
from app.engine.mistakes import Part
from app.engine.trace import Trace
from app.engine.wires import Indices

EPSILON, LARGEST = float(np.finfo(np.float64).eps), float(np.finfo(np.float64).max)
CURVED = 2.0**-17
NEAREST = 2.0**-12  # of the usual step: what lies nearer to a kink counts as lying on it
NUDGED: dict[Part, str] = {
    "input_delta": "input",
    "kernel_gradient": "kernel",
    "bias_gradient": "bias",
}


@dataclass(frozen=True, eq=False)
class Differences:
    """Of some entries of one gradient; arrays (k,), ``entry`` flat C-order indices, ascending.

    ``tolerance`` says how far a value may lie from ``numeric``: that of right answers, and what
    the difference itself rounds. Where ``differentiable`` is false nothing is compared.
    """

    part: Part
    entry: Indices
    step: Floats
    numeric: Floats
    analytic: Floats
    tolerance: Floats
    differentiable: NDArray[np.bool_]

    def off(self, claimed: Floats) -> NDArray[np.bool_]:
        """Which of the entries a gradient of the right shape gets wrong."""
        with np.errstate(over="ignore"):
            wrong = np.abs(claimed.ravel()[self.entry] - self.numeric) > self.tolerance
        return wrong & self.differentiable


def differences(trace: Trace, part: Part, most: int, seed: int = 0) -> Differences:
    """Nudge every entry that the part is the gradient of, or ``most`` of them, drawn by ``seed``.

    Raises:
        NotFiniteError: the cost leaves float64's range a step away from the layer.
    """
    analytic: Floats = getattr(trace, part)
    size = analytic.size
    rng = np.random.default_rng(seed)
    entry = np.arange(size) if size <= most else np.sort(rng.choice(size, most, replace=False))
    step, differentiable = _steps(trace, part, entry)
    numeric = np.array(
        [_slope(trace.layer, part, int(i), h) for i, h in zip(entry, step, strict=True)]
    )
    if not np.isfinite(numeric).all():
        raise NotFiniteError(
            NUDGED[part], "is finite, but the cost a step away from it is not; use smaller numbers"
        )
    return Differences(
        part=part,
        entry=entry,
        step=step,
        numeric=numeric,
        analytic=analytic.ravel()[entry],
        tolerance=np.minimum(allowed(analytic) + _rounding(trace, part) / step, LARGEST),
        differentiable=differentiable,
    )


def _slope(layer: Layer, part: Part, entry: int, step: float) -> float:
    """(C₊ − C₋)/2h by two forward passes, of one batch member where only it is nudged."""
    if part == "input_delta":
        per_member = layer.input[0].size
        member, entry = divmod(entry, per_member)
        one = slice(member, member + 1)
        layer = replace(layer, input=layer.input[one], output_delta=layer.output_delta[one])
    name = NUDGED[part]
    start: Floats = getattr(layer, name)
    sides = []
    with np.errstate(over="ignore", invalid="ignore"):
        for nudge in (step, -step):
            nudged = start.copy()
            nudged.flat[entry] += nudge
            sides.append(_output(layer, name, nudged))
        above, below = sides
        return float(np.vdot(layer.output_delta, above - below) / (2 * step))


def _output(layer: Layer, name: str, nudged: Floats) -> Floats:
    changed = replace(layer, **{name: nudged})  # type: ignore[arg-type]
    return stencil.forward(changed, ACTIVATIONS[layer.activation].value(changed.input))


def _steps(trace: Trace, part: Part, entry: Indices) -> tuple[Floats, NDArray[np.bool_]]:
    """h for each entry, and whether there is a slope."""
    layer = trace.layer
    if part != "input_delta":
        gain = largest(trace.activated) if part == "kernel_gradient" else 1.0
        start: Floats = getattr(layer, NUDGED[part])
        useful = max(largest(start), largest(trace.output) / gain if gain else 0.0)
        step = 2.0 ** math.ceil(math.log2(min(useful, 2.0**500))) if useful > 2.0**-500 else 1.0
        return np.full(len(entry), step), np.ones(len(entry), dtype=bool)
    z = layer.input.ravel()[entry]
    usual = CURVED * np.maximum(1.0, np.abs(z))
    away = np.full(len(entry), np.inf)
    for kink in ACTIVATIONS[layer.activation].kinks:
        away = np.minimum(away, np.abs(z - kink))
    smooth = away >= NEAREST * usual
    return np.where(smooth, np.minimum(usual, away / 2), usual), smooth


def _rounding(trace: Trace, part: Part) -> float:
    """What the difference may lose to rounding, times h.

    Each of two outputs is a sum with an error of at most terms · ε · Σ|term| (N. Higham, "Accuracy
    and Stability of Numerical Algorithms", section 4.2), and its δ weighs it.
    """
    layer = trace.layer
    terms = int(np.prod(layer.kernel.shape[1:])) + 1
    sums = terms * largest(layer.kernel) * largest(trace.activated) + largest(layer.bias)
    reached = layer.output_delta[:, 0].size
    if part == "input_delta":
        reached = layer.kernel.shape[0] // layer.groups * int(np.prod(layer.kernel.shape[2:]))
    return terms * EPSILON * sums * reached * largest(layer.output_delta)
