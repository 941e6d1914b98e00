"""Zeros between the cells of a map, and around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.activations import Floats

if TYPE_CHECKING:
    from app.engine.given import Pair
    from app.engine.layer import Padding

EACH: Pair = (1, 1)  # every cell: a step of one row and one column
NOWHERE: Padding = ((0, 0), (0, 0))


def dilate(maps: Floats, steps: Pair) -> Floats:
    """Put ``steps − 1`` zeros between neighbouring cells of the last two axes.

    >>> dilate(np.array([[1.0, 2.0]]), (1, 2)).tolist()
    [[1.0, 0.0, 2.0]]
    """
    if steps == EACH:
        return maps
    rows, columns = (
        (size - 1) * step + 1 for size, step in zip(maps.shape[-2:], steps, strict=True)
    )
    wide = np.zeros((*maps.shape[:-2], rows, columns))
    wide[..., :: steps[0], :: steps[1]] = maps
    return wide


def pad(maps: Floats, zeros: Padding) -> Floats:
    """Put zeros around the last two axes; a negative number crops instead.

    >>> pad(np.array([[1.0, 2.0]]), ((0, 1), (1, -1))).tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """
    if zeros == NOWHERE:
        return maps
    (top, bottom), (left, right) = zeros
    *many, rows, columns = maps.shape
    above, before = max(0, top), max(0, left)
    high, across = above + rows + max(0, bottom), before + columns + max(0, right)
    wide = np.zeros((*many, high, across), maps.dtype)
    wide[..., above : above + rows, before : before + columns] = maps
    # grown first: what is cropped may reach into the new zeros
    return wide[..., above - top : high + min(0, bottom), before - left : across + min(0, right)]
