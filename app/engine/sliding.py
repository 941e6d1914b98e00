"""How a stencil goes over maps, and which cells it meets there."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from app.engine.activations import Floats
from app.engine.geometry import Axis
from app.engine.zeros import EACH, NOWHERE, dilate, pad

if TYPE_CHECKING:
    from app.engine.given import Pair
    from app.engine.layer import Padding

Shape = tuple[int, ...]


class Slide(NamedTuple):
    """How a stencil goes over maps: all that matters except the numbers."""

    maps: Shape  # (N, C, H, W)
    stencil: Shape  # (C_out, C/groups, kh, kw)
    stride: Pair = EACH  # from one place of the stencil to the next
    dilation: Pair = EACH  # from one of its taps to the next
    groups: int = 1
    spread: Pair = EACH  # before anything slides, the maps are dilated …
    zeros: Padding = NOWHERE  # … and padded

    def over(self, maps: Floats) -> Floats:
        """The maps as the stencil meets them."""
        return pad(dilate(maps, self.spread), self.zeros)

    @property
    def axes(self) -> tuple[Axis, Axis]:
        """Rows and columns."""
        rows, columns = (
            Axis(
                (self.maps[2 + i] - 1) * self.spread[i] + 1,
                self.stencil[2 + i],
                self.stride[i],
                self.dilation[i],
                *self.zeros[i],
            )
            for i in (0, 1)
        )
        return rows, columns

    def met(self, maps: Floats, places: Shape) -> Floats:
        """The cell beneath each tap in each of OH×OW places, as a view of maps laid out before.

        (N, C, H, W) → (N, C, kh, kw, OH, OW).
        """
        maps = np.ascontiguousarray(maps)
        member, channel, *steps = maps.strides
        between_taps = (apart * step for apart, step in zip(self.dilation, steps, strict=True))
        between_places = (stride * step for stride, step in zip(self.stride, steps, strict=True))
        return np.ndarray(
            (*maps.shape[:2], *self.stencil[2:], *places),
            maps.dtype,
            maps,
            0,
            (member, channel, *between_taps, *between_places),
        )
