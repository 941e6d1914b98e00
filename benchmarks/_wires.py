"""Building the graph's columns beside copying as many bytes, both into fresh arrays."""

from __future__ import annotations

import sys
from time import perf_counter

import numpy as np

from app.engine import Wires
from benchmarks._grid import prepared
from benchmarks._measure import Work, side_by_side, table


def main() -> None:
    """One table."""
    quick = "--quick" in sys.argv
    lines = []
    for name, n, k, goal in [("28×28, 5×5", 28, 5, 12), ("128×128, 7×7", 128, 7, 4)]:
        layer = prepared((1, 1, n, n), (1, 1, k, k))
        built = Wires(layer).table
        columns = np.stack([built.source, built.target, built.tap])
        works: dict[str, Work] = {
            "build": lambda layer=layer: Wires(layer).table,  # type: ignore[misc]
            "copy": columns.copy,
        }
        # one call each in turn, so that none finds its memory hotter than the other does
        rounds = side_by_side(works, 0 if quick else 4, perf_counter, together=0)
        ratio = f"{rounds.ratio('build', 'copy'):.1f}"
        lines.append([name, f"{len(built):,}", ratio, f"≤ {goal}"])
    print("## The graph's columns\n")
    print(table(["layer", "wires", "build ÷ copy", "goal"], lines))


if __name__ == "__main__":
    main()
