"""The benchmarks run. What they measure is for people: no test asserts a time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    ("module", "said"),
    [
        (
            "benchmarks.engine",
            ["1 thread", "2 threads", "28×28, 5×5", "Growth: map", "The graph's columns"],
        ),
        ("benchmarks.http", ["layer, new", "layer, same", "/graph"]),
        ("benchmarks.browser", ["by hand, ms", "whole react, ms", "first, package"]),
    ],
)
def test_a_benchmark_runs(module: str, said: list[str]) -> None:
    """A tiny setting of each, in a process of its own, as `make bench` starts it."""
    result = subprocess.run(
        [sys.executable, "-m", module, "--quick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    for words in said:
        assert words in result.stdout
    assert "nan" not in result.stdout
