"""The gradient check of a network: does each gradient say how the cost really changes?

A parameter is nudged by ±h and the cost is computed again; (C₊ − C₋)/2h is its slope, whatever
the backward pass claims. If a nudge carries anything over a kink (ReLU at 0, another cell becoming
the largest of its pool) the slope has no meaning there: such an entry is counted as a kink, and is
neither passed nor failed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from app.engine import closeness, network
from app.engine.activations import Floats
from app.engine.losses import Loss
from app.engine.stages import RIGHT, Rules, Stage

# The difference's own error: h²/6·C‴ truncated and some ε·C/h rounded, each about 1e-10 for costs
# and curvatures of order 1. What is allowed lies far above that, and what a mistake does above it.
NUDGE = 2.0**-17


@dataclass(frozen=True)
class Verdict:
    """On one gradient: ``parameter`` of the stage number ``layer``.

    Of its ``of`` entries ``checked`` were compared, and ``kinks`` could not be; what is wrong only
    elsewhere was not seen. ``max_error`` is the largest |claimed − slope|, ``largest`` the largest
    |slope| among them. A mistake that changes nothing passes: where all is 0 behind a layer
    (``largest`` 0), or a kernel is its own rotation.
    """

    layer: int
    parameter: str
    passes: bool
    max_error: float
    largest: float
    checked: int
    kinks: int
    of: int


def verdicts(
    stages: Sequence[Stage],
    x: Floats,
    loss: Loss,
    rules: Rules = RIGHT,
    entries: int | None = None,
    seed: int = 0,
) -> list[Verdict]:
    """On every gradient of a network at the batch ``x``, (N, C, H, W), from the first stage on.

    ``entries`` of each are drawn from ``seed``, or all are taken. What passes has no error above
    1e-5 · largest + 1e-8 · max(1, C).
    """
    values = network.forward(stages, x)
    cost = network.cost_of(loss, values[-1])
    deltas = network.backward(stages, values, loss.delta(values[-1]), rules)
    claimed = network.gradients(stages, values, deltas[1:], rules)
    found, rng = [], np.random.default_rng(seed)
    for index, stage in enumerate(stages):
        for name in stage.parameters:
            size = claimed[index][name].size
            count = size if entries is None else min(entries, size)
            chosen = np.sort(rng.choice(size, count, replace=False))
            slopes = np.array(list(_slopes(stages, values, loss, index, name, chosen)))
            smooth = np.isfinite(slopes)
            largest = closeness.largest(slopes[smooth])
            worst = closeness.error(claimed[index][name].ravel()[chosen][smooth], slopes[smooth])
            allowed = closeness.RELATIVE * largest + closeness.ABSOLUTE * max(1.0, cost)
            passes = worst <= allowed
            kinks = int(np.count_nonzero(~smooth))
            found.append(Verdict(index, name, passes, worst, largest, count - kinks, kinks, size))
    return found


def _slopes(
    stages: Sequence[Stage],
    values: Sequence[Floats],
    loss: Loss,
    index: int,
    name: str,
    chosen: np.ndarray,
) -> Iterator[float]:
    """Central differences of the chosen entries; NaN where a kink lies between."""
    rest, start = stages[index + 1 :], getattr(stages[index], name)
    for entry in chosen:
        sides = []
        for h in (NUDGE, -NUDGE):
            nudged = start.copy()
            nudged.flat[entry] += h
            first = stages[index].changed({name: nudged}).forward(values[index])
            seen = network.forward(rest, first)
            found = (stage.piece(x) for stage, x in zip(rest, seen[:-1], strict=True))
            pieces = [piece for piece in found if piece is not None]
            sides.append((network.cost_of(loss, seen[-1]), pieces))
        (above, high), (below, low) = sides
        smooth = all(np.array_equal(a, b) for a, b in zip(high, low, strict=True))
        # beyond float64 it is no slope either
        yield (above - below) / (2 * NUDGE) if smooth else np.nan
