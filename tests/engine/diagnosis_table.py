"""The tables of docs/diagnosis.md, made from what the engine does: ``python -m`` prints them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from app.engine import Layer, run
from app.engine.activations import Floats
from app.engine.diagnosis import Verdict, diagnose
from app.engine.mistakes import CODES, PARTS, Code, Part
from app.engine.suspects import Suspects, natural, occurring

PAGE = Path(__file__).resolve().parents[2] / "docs" / "diagnosis.md"

# Codes that give one array whatever the layer is (test_always_the_same).
ALWAYS: tuple[tuple[Part, Code, Code], ...] = (
    ("input_delta", "wrong_operation", "kernel_not_rotated"),
    ("kernel_gradient", "wrong_operation", "gradient_rotated"),
)


def _uneven(*shape: int) -> Floats:
    """Numbers in which nothing is symmetric and nothing repeats soon."""
    return np.asarray((np.arange(np.prod(shape)) * 7.0 % 19 - 6.5).reshape(shape), np.float64)


KERNEL = _uneven(2, 2, 3, 3)
EVERYTHING: dict[str, Any] = {  # in this layer every mistake shows
    "input": _uneven(2, 2, 7, 7), "kernel": KERNEL, "bias": [1.0, -2.5], "activation": "sigmoid",
    "stride": 2, "dilation": 2, "padding": 1,
}  # fmt: skip


def layer_of(**changes: Any) -> Layer:
    """The layer with everything, and one thing changed."""
    silent = Layer.of(**EVERYTHING | changes)
    delta = silent.ranked(_uneven(*silent.output_shape))
    return Layer.of(**EVERYTHING | {"output_delta": delta} | changes)


def judged(suspects: Suspects, answer: Floats) -> Verdict:
    """The verdict on an answer with the engine's axes."""
    return diagnose(suspects, natural(suspects.trace.layer, suspects.part, answer))


# What a reader may meet, and what it changes.
CASES: dict[str, dict[str, Any]] = {
    "a kernel equal to its own turn": {"kernel": KERNEL + KERNEL[..., ::-1, ::-1]},
    "a kernel whose turn is its negative (Sobel)": {"kernel": KERNEL - KERNEL[..., ::-1, ::-1]},
    "a kernel symmetric left-right, or n×1": {"kernel": KERNEL + KERNEL[..., ::-1]},
    "a kernel symmetric up-down, or 1×n": {"kernel": KERNEL + KERNEL[..., ::-1, :]},
    "a kernel symmetric about its diagonal": {"kernel": KERNEL + KERNEL.swapaxes(-2, -1)},
    "a kernel symmetric about the other diagonal": {
        "kernel": KERNEL + KERNEL[..., ::-1, ::-1].swapaxes(-2, -1)
    },
    "a 1×1 kernel": {"kernel": KERNEL[..., :1, :1]},
    "σ the identity": {"activation": "identity"},
    "σ the ReLU": {"activation": "relu"},
    "one batch member": {"input": EVERYTHING["input"][:1]},
    "one channel in, one out": {
        "input": EVERYTHING["input"][:, :1],
        "kernel": KERNEL[:1, :1],
        "bias": 1.0,
    },
    "no bias": {"bias": 0.0},
    "stride 1": {"stride": 1},
    "dilation 1": {"dilation": 1},
    "no padding": {"padding": 0},
    "padding full": {"padding": "full"},
}


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(_row(cells) for cells in (head, ["---"] * len(head), *rows)) + "\n"


def codes() -> str:
    """Code × part: ● occurs, ◐ occurs and is always the same as the code named, – cannot."""
    same = {(part, code): other for part, code, other in ALWAYS}

    def cell(code: Code, part: Part) -> str:
        if (part, code) in same:
            return f"◐ `{same[part, code]}`"
        return "●" if code in (*occurring(part), "wrong_shape", "unknown") else "–"

    rows = [[f"`{code}`", *(cell(code, part) for part in PARTS)] for code in CODES]
    return _table(["`code`", *(f"`{part}`" for part in PARTS)], rows)


def coincidences() -> str:
    """For each case and part: what it hides, and what it makes the same, beyond what always is."""
    rows = []
    for name, changes in CASES.items():
        for part in PARTS:
            hidden, equal = _seen(changes, part)
            usually_hidden, always_equal = _seen({}, part)
            hides = [code for code in hidden if code not in usually_hidden]
            equals = [group for group in equal if group not in always_equal]
            if hides or equals:
                joined = "; ".join(" = ".join(f"`{code}`" for code in group) for group in equals)
                rows.append([name, f"`{part}`", _listed(hides), joined or "–"])
    return _table(["the layer has", "part", "cannot show", "cannot be told apart"], rows)


def _seen(changes: dict[str, Any], part: Part) -> tuple[tuple[Code, ...], list[tuple[Code, ...]]]:
    """What is hidden, and which codes come with which others."""
    layer = layer_of(**changes)
    suspects = Suspects(run(layer), part)
    groups: dict[tuple[Code, ...], None] = {}
    for suspect in suspects.showing:
        first = judged(suspects, suspect.array).findings[0]
        if first.indistinguishable_from and not first.also:
            groups[first.code, *first.indistinguishable_from] = None
    return suspects.hidden, list(groups)


def _listed(found: Sequence[Code]) -> str:
    return ", ".join(f"`{code}`" for code in found) or "–"


if __name__ == "__main__":
    print(codes())
    print(coincidences())
