"""A data set made in code: pen strokes of eight orientations on noisy 12×12 pictures.

Class k is a stroke that rises to the right at k·22.5° (0: flat, 4: upright). Where it lies, how
long and wide it is, a few degrees of its orientation, and the noise are drawn from the seed.
Neighbouring classes are 22.5° apart and no stroke is off by more than :data:`WOBBLE`, so every
picture belongs to one class, though noise may hide which.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.engine.activations import Floats

SIDE = 12
CLASSES = 8
WOBBLE = 6.0  # degrees; half the way to the neighbouring class is 11.25


@dataclass(frozen=True, eq=False)
class Examples:
    """Pictures (N, 1, 12, 12), ink 1 on 0 and noise about both, and their classes (N,)."""

    pictures: Floats
    classes: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.classes)

    def __getitem__(self, chosen: slice | NDArray[np.intp]) -> Examples:
        return Examples(self.pictures[chosen], self.classes[chosen])


def strokes(rng: np.random.Generator, count: int, noise: float) -> Examples:
    """``count`` pictures, every class as often as any other (or once more), in random order.

    ``noise`` is the standard deviation of what is added to every cell, in units of the ink.

    >>> strokes(np.random.default_rng(0), 16, 0.2).pictures.shape
    (16, 1, 12, 12)
    """
    classes = rng.permutation(np.arange(count) % CLASSES)
    angle = np.deg2rad(classes * 180 / CLASSES + rng.uniform(-WOBBLE, WOBBLE, count))
    middle = (SIDE - 1) / 2 + rng.uniform(-1.5, 1.5, (2, count))
    half, pen = rng.uniform(3.0, 5.0, count), rng.uniform(0.5, 1.0, count)
    pictures = _drawn(middle, angle, half, pen) + noise * rng.standard_normal((count, SIDE, SIDE))
    return Examples(pictures[:, None], classes)


def _drawn(middle: Floats, angle: Floats, half: Floats, pen: Floats) -> Floats:
    """Round-ended lines with soft edges, (N, 12, 12): 1 up to ``pen`` cells away, 0 one further."""
    rows, columns = np.indices((SIDE, SIDE))[:, None]
    down, right = rows - middle[0, :, None, None], columns - middle[1, :, None, None]
    # rows count downwards, so a stroke that rises to the right goes up by −sin
    sine, cosine = -np.sin(angle)[:, None, None], np.cos(angle)[:, None, None]
    reach = half[:, None, None]
    along = np.clip(down * sine + right * cosine, -reach, reach)
    distance = np.hypot(down - along * sine, right - along * cosine)
    ink: Floats = np.clip(1 + pen[:, None, None] - distance, 0, 1)
    return ink
