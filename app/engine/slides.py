"""How the stencils of a layer slide: one over the map, one over the deltas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.gemm import formulation
from app.engine.sliding import Slide

if TYPE_CHECKING:
    from app.engine.layer import Layer


class Slides:
    """A layer's two slides, worked out from its shapes alone.

    * ``over_map``: from output to output, over the padded map;
    * ``over_deltas``: from input to input, over the deltas. The stride has become zeros between
      them, span − 1 more stand around them ("full"), and the channels are transposed.
    """

    def __init__(self, layer: Layer) -> None:
        rows, columns = layer.axes
        channels, outputs = layer.input.shape[1], layer.kernel.shape[0]
        self.over_map = formulation(
            Slide(
                layer.input.shape,
                layer.kernel.shape,
                stride=layer.stride,
                dilation=layer.dilation,
                groups=layer.groups,
                zeros=layer.padding,
            )
        )
        self.over_deltas = formulation(
            Slide(
                layer.output_shape,
                (channels, outputs // layer.groups, *layer.kernel.shape[2:]),
                dilation=layer.dilation,
                groups=layer.groups,
                spread=layer.stride,
                zeros=(rows.collecting, columns.collecting),
            )
        )
