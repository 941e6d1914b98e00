"""The grid: forward + input delta + kernel gradient, float64, beside PyTorch and SciPy."""

from __future__ import annotations

import math
import sys
import tracemalloc
from time import perf_counter, process_time
from typing import Any

import numpy as np

from app.engine import Layer, run
from benchmarks._measure import Rounds, Work, side_by_side, table
from benchmarks._rivals import bare, check, missing, rivals

# name, input, kernel, the rest, and the goals: bare functions to PyTorch's direct kernels
GRID: list[tuple[str, tuple[int, ...], tuple[int, ...], dict[str, Any], float]] = [
    ("3×3, 2×2", (1, 1, 3, 3), (1, 1, 2, 2), {}, 0.5),
    ("5×5, 3×3", (1, 1, 5, 5), (1, 1, 3, 3), {}, 0.5),
    ("28×28, 5×5", (1, 1, 28, 28), (1, 1, 5, 5), {}, 1.0),
    ("8 ch 64×64, 3×3, pad 1", (1, 8, 64, 64), (8, 8, 3, 3), {"padding": 1}, 0.65),
    ("the same, stride 2", (1, 8, 64, 64), (8, 8, 3, 3), {"padding": 1, "stride": 2}, 0.65),
    ("the same, dilation 2", (1, 8, 64, 64), (8, 8, 3, 3), {"padding": 1, "dilation": 2}, 0.65),
    ("512×512, 11×11", (1, 1, 512, 512), (1, 1, 11, 11), {}, 1.0),
    ("16→32 ch 128×128, 3×3", (1, 16, 128, 128), (32, 16, 3, 3), {}, 1.0),
    ("batch 8, 64 ch 32×32, 3×3", (8, 64, 32, 32), (64, 64, 3, 3), {}, 1.0),
]


def prepared(maps: tuple[int, ...], kernel: tuple[int, ...], **rest: Any) -> Layer:
    """A layer of random numbers; a correlation, because that is what PyTorch computes."""
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=maps), rng.normal(size=kernel)
    silent = Layer.of(x, w, operation="correlation", **rest)
    delta = rng.normal(size=silent.output_shape)
    return Layer.of(x, w, operation="correlation", output_delta=delta, **rest)


def im2col(layer: Layer) -> int:
    """Bytes of one image's unfolded matrix, C·kh·kw × OH·OW."""
    return 8 * layer.groups * math.prod(layer.kernel.shape[1:]) * math.prod(layer.output_shape[2:])


def peak(work: Work) -> int:
    """The most bytes that a work holds at once, its results included."""
    work()  # what is remembered by geometry belongs to no single call
    tracemalloc.start()
    work()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def measured(layer: Layer, threads: int, budget: float) -> Rounds:
    """Rounds of ours and theirs."""
    found = rivals(layer, threads)
    check(layer, found)
    ours: dict[str, Work] = {"run": lambda: run(layer), "bare": lambda: bare(layer)}
    clock = process_time if threads == 1 else perf_counter
    return side_by_side({**ours, **found}, budget, clock)


def main() -> None:
    """One table, for the number of threads in the first argument."""
    threads, quick = int(sys.argv[1]), "--quick" in sys.argv
    print(f"## {threads} thread{'s, by the wall clock' if threads > 1 else ', by CPU time'}\n")
    print("".join(f"{name}: not installed. " for name in missing()))
    pairs = [("run", "autograd"), ("bare", "autograd"), ("bare", "direct"), ("bare", "scipy")]
    lines, ratios = [], []
    for name, maps, kernel, rest, goal in GRID[: 3 if quick else None]:
        layer = prepared(maps, kernel, **rest)
        rounds = measured(layer, threads, 0 if quick else 4)
        cells = [
            f"{rounds.ratio(*pair):.2f}" if pair[1] in rounds.seconds else "–" for pair in pairs
        ]
        if "autograd" in rounds.seconds:
            ratios.append(rounds.ratio("run", "autograd"))
        memory = peak(lambda layer=layer: bare(layer))  # type: ignore[misc]
        cells.insert(3, f"≤ {goal}")
        lines.append([name, *cells, f"{memory / 1000:,.1f}", f"{memory / im2col(layer):.2f}"])
    head = ["layer", *(f"{mine} ÷ {theirs}" for mine, theirs in pairs), "memory, kB", "÷ im2col"]
    print(table([*head[:4], "goal", *head[4:]], lines))
    if ratios:
        mean = math.exp(-sum(map(math.log, ratios)) / len(ratios))
        print(f"\nrun is {mean:.2f} times as fast as autograd, in the geometric mean\n")


if __name__ == "__main__":
    main()
