"""Layers worth a look, each for one thing that it shows.

Deltas are asymmetric unless a preset is about something else: symmetric numbers hide the turn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from app.engine.activations import Floats
from app.spec.layer import LayerSpec


def N_(message: str) -> str:  # noqa: N802 (gettext's name; the catalogues look for it)
    """Mark a string for translation; app.words says it."""
    return message


@dataclass(frozen=True)
class Preset:
    """A layer with a name for links, a label for menus and one sentence on what it shows.

    ``pictured`` is the array that tells it from the others at a glance.
    """

    name: str
    label: str
    note: str
    spec: LayerSpec
    pictured: Literal["input", "kernel", "output_delta"] = "kernel"


KERNEL = [[1, 2], [3, 4]]
MAP = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
DELTA = [[2, -1], [0.5, 3]]  # no delta that it collects with KERNEL is zero, in either mode


def _ramp(rows: int, columns: int) -> Floats:
    return np.arange(1.0, rows * columns + 1).reshape(rows, columns)


def _uneven(*shape: int) -> Floats:
    """Small whole numbers that no turn or flip maps onto themselves: 7k by modulo 11, less 5."""
    count = np.arange(1, math.prod(shape) + 1)
    return ((7 * count) % 11 - 5).reshape(shape).astype(np.float64)


def _single(rows: int, columns: int, at: tuple[int, int]) -> Floats:
    array = np.zeros((rows, columns))
    array[at] = 1
    return array


def _stroke(canvas: Floats, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw a round-ended line of a pen 2.6 cells wide into ``canvas``, with soft edges."""
    rows, columns = np.indices(canvas.shape)
    along = np.subtract(end, start)
    way = ((rows - start[0]) * along[0] + (columns - start[1]) * along[1]) / (along @ along)
    way = np.clip(way, 0, 1)
    distance = np.hypot(rows - start[0] - way * along[0], columns - start[1] - way * along[1])
    np.maximum(canvas, np.clip(1.8 - distance, 0, 1), out=canvas)


def digit() -> Floats:
    """A handwritten seven, 28×28, in 256 levels from 0 to 1 as a picture would be."""
    canvas = np.zeros((28, 28))
    corners = [(6.4, 6.8), (6.0, 13.0), (5.6, 20.4), (10.6, 17.4), (16.0, 14.4), (22.4, 12.0)]
    for start, end in pairwise(corners):
        _stroke(canvas, start, end)
    _stroke(canvas, (14.0, 10.8), (13.4, 18.6))
    return np.rint(canvas * 255) / 255


_GAUSS = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16
_COMMA = [[0, 1, 2, 1, 0], [0, 2, 3, 1, 0], [0, 0, 2, 2, 0], [0, 0, 1, 3, 0], [-1, 2, 2, 0, 0]]

_ALL = (
    Preset(
        "article",
        N_("The article's example"),
        N_("Nine nodes, four weights, sixteen wires: small enough to add up by hand."),
        LayerSpec(input=MAP, kernel=KERNEL, output_delta=DELTA),
    ),
    Preset(
        "one_delta",
        N_("A single delta"),
        N_(
            "One output node has a delta and all others have none, so it stamps the forward "
            "stencil, unturned, into the map."
        ),
        LayerSpec(input=_ramp(5, 5), kernel=KERNEL, output_delta=_single(4, 4, (1, 2))),
        "output_delta",
    ),
    Preset(
        "one_weight",
        N_("A single weight"),
        N_("Only one weight is not zero, so only the wires of its colour carry anything."),
        LayerSpec(input=_ramp(4, 4), kernel=_single(2, 2, (0, 1)), output_delta=_uneven(3, 3)),
    ),
    Preset(
        "sobel",
        N_("Sobel, vertical edges"),
        N_("Turning it by 180° changes its sign: a forgotten turn is easy to see."),
        LayerSpec(
            input=_ramp(5, 5) % 4,
            kernel=[[1, 0, -1], [2, 0, -2], [1, 0, -1]],
            output_delta=_uneven(3, 3),
        ),
    ),
    Preset(
        "sharpen",
        N_("Sharpen"),
        N_("It equals itself turned by 180°, so whether anything was turned cannot be seen here."),
        LayerSpec(
            input=_ramp(5, 5) % 4,
            kernel=[[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
            output_delta=_uneven(3, 3),
        ),
    ),
    Preset(
        "blur",
        N_("Blur"),
        N_("A symmetric kernel hides the turn: right and wrong give the same numbers."),
        LayerSpec(input=_ramp(5, 5) % 4, kernel=_GAUSS, output_delta=_uneven(3, 3)),
    ),
    Preset(
        "stride_2",
        N_("Stride 2"),
        N_(
            "The window moves by two, so the deltas get zeros between them before the stencil "
            "slides back; the last row and column feed nothing."
        ),
        LayerSpec(
            input=_ramp(6, 6),
            kernel=[[1, 2, 3], [4, 5, 6], [7, 8, 9]],
            stride=2,
            output_delta=DELTA,
        ),
        "input",
    ),
    Preset(
        "dilation_2",
        N_("Dilation 2"),
        N_("The stencil has holes, on the way back as well."),
        LayerSpec(input=_ramp(5, 5), kernel=KERNEL, dilation=2, output_delta=_uneven(3, 3)),
    ),
    Preset(
        "channels",
        N_("Three channels to two"),
        N_("Space is turned and channels are transposed: two different things."),
        LayerSpec(
            input=_uneven(3, 3, 3),
            kernel=_uneven(2, 3, 2, 2),
            bias=[1, -1],
            output_delta=_uneven(2, 2, 2),
        ),
    ),
    Preset(
        "digit",
        N_("A digit, 28×28"),
        N_(
            "The same rule at the size of a real picture: 784 nodes, 576 outputs, 14,400 wires. "
            "The middle of the digit serves as δ."
        ),
        LayerSpec(input=digit(), kernel=_COMMA, output_delta=digit()[2:26, 2:26]),
        "input",
    ),
)

PRESETS: dict[str, Preset] = {preset.name: preset for preset in _ALL}

# A fully connected layer is a layer whose maps are single cells: the story begins with one.
DENSE = LayerSpec(
    input=[[[1]], [[2]], [[3]]],
    kernel=[[[[1]], [[3]], [[-2]]], [[[5]], [[4]], [[2]]]],
    output_delta=[[[2]], [[-1]]],
)
