"""Timing side by side, and tables. A shared machine is noisy: only ratios within a round count."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

ROOT = Path(__file__).resolve().parents[1]
UNSET = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # they hide what the CPU can do
Work = Callable[[], object]
Clock = Callable[[], float]


def again(module: str, arguments: Sequence[str], **variables: str) -> None:
    """Run a module of this folder in a fresh process, without the settings in ``UNSET``."""
    environment = {**os.environ, **variables}
    hiding = [name for name in UNSET if environment.pop(name, None) is not None]
    if hiding:
        print(f"(run again without {' and '.join(hiding)})", flush=True)
    command = [sys.executable, "-m", module, *arguments]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


@dataclass(frozen=True)
class Rounds:
    """Seconds a call, by name; entry i of every list was measured in round i, one after another."""

    seconds: Mapping[str, list[float]] = field(default_factory=dict)

    def ratio(self, name: str, to: str) -> float:
        """The median round's ratio: what slows a whole round down drops out."""
        pairs = zip(self.seconds[name], self.seconds[to], strict=True)
        return median(mine / theirs for mine, theirs in pairs)

    def typical(self, name: str) -> float:
        """The median, in seconds."""
        return median(self.seconds[name])


def side_by_side(
    works: Mapping[str, Work],
    budget: float,
    clock: Clock = process_time,
    together: float = 0.002,
    least: int = 5,
) -> Rounds:
    """Every work once a round, in turn; as many rounds as fit into ``budget`` seconds.

    Short works are repeated within a round, for ``together`` seconds. With one thread the clock is
    the process's own, which stands still while others work; several threads need the wall's.
    """
    once = {name: min(_timed(work, 1, clock) for _ in range(3)) for name, work in works.items()}
    repeats = {name: max(1, round(together / max(seconds, 1e-7))) for name, seconds in once.items()}
    seconds: dict[str, list[float]] = {name: [] for name in works}
    end, rounds = perf_counter() + budget, 0
    while rounds < least or perf_counter() < end:
        for name, work in works.items():
            seconds[name].append(_timed(work, repeats[name], clock))
        rounds += 1
    return Rounds(seconds)


def _timed(work: Work, repeats: int, clock: Clock) -> float:
    begin = clock()
    for _ in range(repeats):
        work()
    return (clock() - begin) / repeats


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown; all columns but the first to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def machine() -> str:
    """CPU and how many of them."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        cpu = names[0].partition(":")[2].strip() if names else cpu
    return f"{cpu}, {os.cpu_count()} CPUs, Python {platform.python_version()}"
