"""The engine beside PyTorch and SciPy, where they are installed: time, memory, growth, wires.

``python -m benchmarks.engine [--quick]``. Each table is measured in a process of its own, because
the number of threads is chosen before NumPy is loaded.
"""

from __future__ import annotations

import sys

from benchmarks._measure import again, machine


def main() -> None:
    """All tables; ``--quick`` only shows that they can be made."""
    quick = [argument for argument in sys.argv[1:] if argument == "--quick"]
    print(f"# Engine\n\n{machine()}\n", flush=True)
    for threads in ("1", "2"):
        counts = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), threads)
        again("benchmarks._grid", [threads, *quick], **counts)
    one = {"OPENBLAS_NUM_THREADS": "1"}
    again("benchmarks._growth", quick, **one)
    again("benchmarks._wires", quick, **one)


if __name__ == "__main__":
    main()
