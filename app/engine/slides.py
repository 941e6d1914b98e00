"""How the stencils of a layer slide: one over the map, one over the deltas."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from app.engine.gemm import Formulation, formulation
from app.engine.geometry import axes_of
from app.engine.sliding import Shape, Slide

if TYPE_CHECKING:
    from app.engine.given import Pair
    from app.engine.layer import Padding


class Slides(NamedTuple):
    """A layer's two slides.

    * ``over_map``: from output to output, over the padded map;
    * ``over_deltas``: from input to input, over the deltas. The stride has become zeros between
      them, span − 1 more stand around them ("full"), and the channels are transposed.
    """

    over_map: Formulation
    over_deltas: Formulation


@lru_cache(maxsize=64)
def slides_of(
    maps: Shape, kernel: Shape, stride: Pair, dilation: Pair, padding: Padding, groups: int
) -> Slides:
    """The slides of every layer with these shapes, whatever its numbers."""
    rows, columns = axes_of(maps, kernel, stride, dilation, padding)
    members, channels, outputs = *maps[:2], kernel[0]
    over_map = Slide(maps, kernel, stride=stride, dilation=dilation, groups=groups, zeros=padding)
    over_deltas = Slide(
        (members, outputs, rows.outputs, columns.outputs),
        (channels, outputs // groups, *kernel[2:]),
        dilation=dilation,
        groups=groups,
        spread=stride,
        zeros=(rows.collecting, columns.collecting),
    )
    return Slides(formulation(over_map), formulation(over_deltas))
