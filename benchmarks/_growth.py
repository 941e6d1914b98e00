"""How time and memory grow with the map, the kernel and the channels."""

from __future__ import annotations

import sys

from app.engine import Layer
from benchmarks._grid import im2col, peak, prepared
from benchmarks._measure import Work, side_by_side, table
from benchmarks._rivals import bare

Sized = list[tuple[int, Layer]]


def grown(most: int) -> dict[str, Sized]:
    """Layers, each twice as large as the one before, up to a size."""
    maps = [n for n in (8, 16, 32, 64, 128, 256, 512) if n <= most]
    kernels = [k for k in (1, 2, 4, 8, 16, 32) if k <= most // 4]
    channels = [c for c in (1, 2, 4, 8, 16, 32, 64) if c <= most // 4]
    return {
        "map n×n, kernel 5×5": [(n, prepared((1, 1, n, n), (1, 1, 5, 5))) for n in maps],
        "map 128×128, kernel n×n": [(k, prepared((1, 1, 128, 128), (1, 1, k, k))) for k in kernels],
        "n channels in and out, 32×32, 3×3": [
            (c, prepared((1, c, 32, 32), (c, c, 3, 3))) for c in channels
        ],
    }


def main() -> None:
    """One table each; times relative to the first line's, a layer's lines in one run."""
    quick = "--quick" in sys.argv
    for title, sized in grown(16 if quick else 512).items():
        works: dict[str, Work] = {str(n): lambda layer=layer: bare(layer) for n, layer in sized}  # type: ignore[misc]
        rounds = side_by_side(works, 0 if quick else 4)
        first = str(sized[0][0])
        lines = [
            [
                str(n),
                f"{rounds.ratio(str(n), first):.1f}",
                f"{layer.work / sized[0][1].work:.0f}",
                f"{1e9 * rounds.typical(str(n)) / (3 * layer.work):.3f}",
                f"{peak(works[str(n)]) / 1024:.0f}",
                f"{peak(works[str(n)]) / im2col(layer):.2f}",
            ]
            for n, layer in sized
        ]
        print(f"## Growth: {title}\n")
        head = ["n", "time", "multiply-adds", "ns each", "memory, KiB", "memory ÷ im2col"]
        print(table(head, lines), "\n", flush=True)


if __name__ == "__main__":
    main()
