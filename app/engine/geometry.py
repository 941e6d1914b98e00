"""One axis of a layer: how many cells, taps and zeros, and what follows from them.

Rows and columns of a layer obey the same rules independently, so every rule is said once, for an
axis. Source: V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning",
2016; ``leftover`` is its section 4.6 (a stride that does not come out even).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from app.engine.given import Pair
    from app.engine.layer import Padding
    from app.engine.sliding import Shape

PaddingName = Literal["valid", "same", "full"]


@dataclass(frozen=True)
class Axis:
    """Sizes along one axis, all in cells.

    ``size`` cells of the map, ``taps`` of the kernel, a window that moves by ``stride`` and whose
    taps lie ``dilation`` apart, ``before`` and ``after`` zeros around the map.
    """

    size: int
    taps: int
    stride: int = 1
    dilation: int = 1
    before: int = 0
    after: int = 0

    @cached_property
    def padded(self) -> int:
        """Cells of the padded map."""
        return self.before + self.size + self.after

    @cached_property
    def span(self) -> int:
        """Cells from the window's first tap to its last, holes included."""
        return (self.taps - 1) * self.dilation + 1

    @cached_property
    def fits(self) -> bool:
        """The one rule: the window lies within the padded map at least once."""
        return self.span <= self.padded

    @cached_property
    def outputs(self) -> int:
        """How many times the window fits, which is the output's size (0 if it never does)."""
        return (self.padded - self.span) // self.stride + 1 if self.fits else 0

    @cached_property
    def leftover(self) -> int:
        """Cells at the end of the padded map that no window reaches, because of the stride."""
        return (self.padded - self.span) % self.stride

    @property
    def collecting(self) -> tuple[int, int]:
        """Zeros before and after the (dilated) deltas in the backward pass.

        Negative where the deltas are cropped, which forward padding may ask for.
        """
        return self.span - 1 - self.before, self.span - 1 - self.after + self.leftover

    # How far each setting may go before the window no longer fits; what a slider ends at.

    @property
    def most_taps(self) -> int:
        """The largest kernel, all else as it is."""
        return (self.padded - 1) // self.dilation + 1

    @property
    def most_dilation(self) -> int:
        """The largest dilation; one tap has no holes, so there is nothing to widen."""
        return (self.padded - 1) // (self.taps - 1) if self.taps > 1 else 1

    @property
    def most_stride(self) -> int:
        """The largest stride that still changes anything: one more gives a single window too."""
        return max(1, self.padded - self.span + 1)

    @property
    def most_padding(self) -> int:
        """The largest padding with which every window still meets the map."""
        return self.span - 1

    @property
    def least_padding(self) -> int:
        """The smallest padding, the same on both sides, with which the window fits."""
        return max(0, -(-(self.span - self.size) // 2))

    def named_padding(self, name: PaddingName) -> tuple[int, int]:
        """Zeros before and after for a named padding.

        ``valid``: none. ``full``: every window that meets the map at all. ``same``: ⌈size/stride⌉
        windows, an odd zero at the end.
        """
        if name == "valid":
            return 0, 0
        if name == "full":
            return self.span - 1, self.span - 1
        outputs = -(-self.size // self.stride)
        zeros = max((outputs - 1) * self.stride + self.span - self.size, 0)
        return zeros // 2, zeros - zeros // 2


@lru_cache(maxsize=1024)
def axes_of(
    maps: Shape, kernel: Shape, stride: Pair, dilation: Pair, padding: Padding | PaddingName
) -> tuple[Axis, Axis]:
    """Rows and columns of everything with these shapes, whatever its numbers."""

    def axis(i: int) -> Axis:
        bare = Axis(maps[i - 2], kernel[i - 2], stride[i], dilation[i])
        before, after = bare.named_padding(padding) if isinstance(padding, str) else padding[i]
        return replace(bare, before=before, after=after)

    return axis(0), axis(1)
