"""Random layers, valid by construction: nothing is drawn only to be thrown away.

Hypothesis draws the geometry, so that a failure shrinks to a small layer; the numbers follow from
a drawn seed. They are eighths from −4 to 4. Sums of products of such numbers have no rounding
error in float64, so two routes to one result must agree to the last bit; only sigmoid and tanh
leave the eighths (see ``checks.rounding``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from app.engine import ACTIVATIONS, Layer, Operation
from app.engine.activations import Floats
from app.engine.geometry import Axis, PaddingName
from app.engine.layer import Padding, PaddingLike

OPERATIONS: tuple[Operation, ...] = ("convolution", "correlation")
FEW = st.integers(0, 3)
SEEDS = st.integers(0, 2**32 - 1)
LARGEST = 4.0  # of any number drawn


def eighths(seed: int, shape: Sequence[int], *, zeros: bool = True) -> Floats:
    """Numbers k/8 with |k| ≤ 32, without k = 0 if ``zeros`` is false."""
    k = np.random.default_rng(seed).integers(-32, 33, size=tuple(shape))
    return (k if zeros else np.where(k == 0, 1, k)) / 8.0


@st.composite
def paddings(draw: st.DrawFn) -> tuple[PaddingLike, Padding | None]:
    """A padding in each way to write it, and the zeros it stands for (None for a name)."""
    name: PaddingName | None = draw(st.sampled_from([None] * 3 + ["valid", "same", "full"]))
    if name:
        return name, ((0, 0), (0, 0)) if name == "valid" else None
    form = draw(st.sampled_from(["one", "pair", "sides"]))
    if form == "one":
        zeros = draw(FEW)
        return zeros, ((zeros, zeros), (zeros, zeros))
    if form == "pair":
        rows, columns = draw(FEW), draw(FEW)
        return [rows, columns], ((rows, rows), (columns, columns))
    sides = ((draw(FEW), draw(FEW)), (draw(FEW), draw(FEW)))
    return [list(side) for side in sides], sides


def _one_or_pair(most: int) -> st.SearchStrategy[int | list[int]]:
    one = st.integers(1, most)
    return one | st.lists(one, min_size=2, max_size=2)


@st.composite
def geometries(draw: st.DrawFn, padding: PaddingLike | None = None) -> dict[str, Any]:
    """Map size, kernel size, stride, dilation and padding that fit one another."""
    written, zeros = (padding, None) if padding is not None else draw(paddings())
    dilation = draw(_one_or_pair(3))
    steps = [dilation, dilation] if isinstance(dilation, int) else dilation
    size = [draw(st.integers(1, 6)), draw(st.integers(1, 6))]
    around = ((0, 0), (0, 0)) if zeros is None else zeros
    most = [(n + sum(side) - 1) // d + 1 for n, side, d in zip(size, around, steps, strict=True)]
    if written in ("same", "full"):
        most = [4, 4]  # these make room for any kernel
    taps = [draw(st.integers(1, min(4, m))) for m in most]
    stride = draw(_one_or_pair(3))
    return {
        "size": size,
        "taps": taps,
        "stride": stride,
        "dilation": dilation,
        "padding": written,
    }


@st.composite
def layers(
    draw: st.DrawFn,
    *,
    activations: Sequence[str] = tuple(ACTIVATIONS),
    padding: PaddingLike | None = None,
    one_channel: bool = False,
    zeros: bool = True,
) -> Layer:
    """A layer in which every field varies, unless an argument holds it still.

    ``zeros=False`` keeps 0 out of the map, which is where ReLU has its kink.
    """
    space = draw(geometries(padding))
    rank = 2 if one_channel else draw(st.integers(2, 4))
    several = st.just(1) if rank == 2 else st.integers(1, 2)
    groups = 1 if rank == 2 else draw(st.integers(1, 3))
    per_group, outputs = draw(several), groups * draw(several)
    batch = draw(st.integers(1, 3)) if rank == 4 else 1
    map_shape = [batch, groups * per_group, *space.pop("size")]
    kernel_shape = [outputs, per_group, *space.pop("taps")]
    seed = draw(SEEDS)
    bias = eighths(seed + 2, [outputs])
    arguments: dict[str, Any] = {
        "input": eighths(seed, map_shape[4 - rank :], zeros=zeros),
        "kernel": eighths(seed + 1, kernel_shape[2:] if rank == 2 else kernel_shape),
        "bias": draw(st.sampled_from([float(bias[0]), bias.tolist()])),
        "operation": draw(st.sampled_from(OPERATIONS)),
        "activation": draw(st.sampled_from(list(activations))),
        "groups": groups,
        **space,
    }
    silent = Layer.of(**arguments)
    delta = silent.ranked(eighths(seed + 3, silent.output_shape))
    return Layer.of(**arguments, output_delta=delta)


@st.composite
def axes(draw: st.DrawFn, *, fitting: bool = True) -> Axis:
    """One axis; with ``fitting=False`` the window may be too long for the padded map."""
    size, before, after = draw(st.integers(1, 9)), draw(st.integers(0, 5)), draw(st.integers(0, 5))
    dilation, stride = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    most = (size + before + after - 1) // dilation + 1 if fitting else 6
    return Axis(size, draw(st.integers(1, min(6, most))), stride, dilation, before, after)
