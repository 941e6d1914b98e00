"""Whether a layer's gradients are the slopes of its cost, and what mistakes in them look like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from typing_extensions import TypedDict

from app.answers.memory import trace_of
from app.engine.activations import Floats
from app.engine.closeness import ABSOLUTE, RELATIVE
from app.engine.differences import NUDGED, Differences, differences
from app.engine.mistakes import Code, Part
from app.engine.suspects import Suspects, natural, occurring
from app.spec import DEFAULT_LIMITS, Limits
from app.spec.check import GradientCheckSpec
from app.words.diagnoses import name

Says = Literal["agrees", "differs", "undecided"]


class Row(TypedDict):
    """One entry: what backpropagation claims, and the slope by finite differences."""

    index: list[int]
    analytic: float
    numeric: float
    absolute_error: float
    relative_error: float
    step: float
    tolerance: float
    differentiable: bool


class GradientAnswer(TypedDict):
    """One gradient; ``checked`` of its ``of`` entries stand in ``rows``: no other was looked at.

    Where ``checked`` is less than ``of``, what is wrong only elsewhere "agrees".
    """

    verdict: Says
    checked: int
    of: int
    not_differentiable: int
    max_absolute_error: float
    max_relative_error: float
    rows: list[Row]


class MistakenRow(TypedDict):
    """The same entry with the mistake made."""

    index: list[int]
    mistaken: float
    numeric: float
    absolute_error: float
    relative_error: float
    differentiable: bool
    caught: bool


class Means(TypedDict):
    """One number for a whole map, right and mistaken, and whether it tells the two apart."""

    right: float
    mistaken: float
    caught: bool


class MistakenPart(TypedDict):
    """What the mistake makes of one gradient; no rows where its shape is another.

    ``shows`` is false where it makes no difference on this layer.
    """

    shows: bool
    caught: bool
    shape: list[int]
    max_absolute_error: float | None
    mean: Means | None
    rows: list[MistakenRow]


class MistakeAnswer(TypedDict):
    """A mistake, in each gradient that it can be made in."""

    code: Code
    name: str
    caught: bool
    parts: dict[str, MistakenPart]
    collected_mean: Means | None


class GradientCheckAnswer(TypedDict):
    """Whether every gradient agrees, each by its name, and what each mistake would look like."""

    correct: bool
    seed: int
    parts: dict[str, GradientAnswer]
    mistakes: list[MistakeAnswer]


def gradient_check_answer(
    spec: GradientCheckSpec, language: str, limits: Limits = DEFAULT_LIMITS
) -> GradientCheckAnswer:
    """Finite differences beside the analytic gradients, and beside those of each mistake.

    Raises:
        EngineError: the layer cannot be computed, or the cost near it is not finite.
    """
    trace, most = trace_of(spec, limits), spec.entries(limits)
    found = {part: differences(trace, part, most, spec.seed) for part in NUDGED}
    suspects = {part: Suspects(trace, part) for part in NUDGED}
    parts = {str(part): _gradient(suspects[part], found[part]) for part in NUDGED}
    return GradientCheckAnswer(
        correct=all(part["verdict"] != "differs" for part in parts.values()),
        seed=spec.seed,
        parts=parts,
        mistakes=[_mistake(code, suspects, found, language) for code in spec.mistake],
    )


def _gradient(suspects: Suspects, found: Differences) -> GradientAnswer:
    absolute, relative = _errors(found.analytic, found.numeric)
    seen, off = found.differentiable, found.off(suspects.right)
    says: Says = "differs" if off.any() else "agrees" if seen.any() else "undecided"
    rows = [
        Row(
            index=index,
            analytic=float(found.analytic[i]),
            numeric=float(found.numeric[i]),
            absolute_error=float(absolute[i]),
            relative_error=float(relative[i]),
            step=float(found.step[i]),
            tolerance=float(found.tolerance[i]),
            differentiable=bool(seen[i]),
        )
        for i, index in enumerate(_indices(suspects, found))
    ]
    return GradientAnswer(
        verdict=says,
        checked=len(rows),
        of=suspects.right.size,
        not_differentiable=int(np.count_nonzero(~seen)),
        max_absolute_error=float(absolute[seen].max(initial=0.0)),
        max_relative_error=float(relative[seen].max(initial=0.0)),
        rows=rows,
    )


def _mistake(
    code: Code,
    suspects: dict[Part, Suspects],
    found: dict[Part, Differences],
    language: str,
) -> MistakeAnswer:
    parts = {
        str(part): _mistaken(code, suspects[part], found[part])
        for part in found
        if code in occurring(part)
    }
    collected = suspects["input_delta"].collected(code)
    right = suspects["input_delta"].trace.collected
    return MistakeAnswer(
        code=code,
        name=name(code, language),
        caught=any(part["caught"] for part in parts.values()),
        parts=parts,
        collected_mean=None if collected is None else _means(right, collected),
    )


def _mistaken(code: Code, suspects: Suspects, found: Differences) -> MistakenPart:
    wrong = suspects.mistaken(code)
    made = suspects.right if wrong is None else wrong
    shape = list(natural(suspects.trace.layer, suspects.part, made).shape)
    shows, mean = suspects.shows(code), _means(suspects.right, made)
    if made.shape != suspects.right.shape:
        return MistakenPart(
            shows=shows, caught=True, shape=shape, max_absolute_error=None, mean=mean, rows=[]
        )
    values, caught, seen = made.ravel()[found.entry], found.off(made), found.differentiable
    absolute, relative = _errors(values, found.numeric)
    return MistakenPart(
        shows=shows,
        caught=bool(caught.any()),
        shape=shape,
        max_absolute_error=float(absolute[seen].max(initial=0.0)),
        mean=mean,
        rows=[
            MistakenRow(
                index=index,
                mistaken=float(values[i]),
                numeric=float(found.numeric[i]),
                absolute_error=float(absolute[i]),
                relative_error=float(relative[i]),
                differentiable=bool(seen[i]),
                caught=bool(caught[i]),
            )
            for i, index in enumerate(_indices(suspects, found))
        ],
    )


def _indices(suspects: Suspects, found: Differences) -> Sequence[list[int]]:
    """Each entry's index from 0, with the user's axes; a single number has none."""
    shape = natural(suspects.trace.layer, suspects.part, suspects.right).shape
    if not shape:
        return [[] for _ in found.entry]
    columns: list[list[int]] = np.stack(np.unravel_index(found.entry, shape), axis=1).tolist()
    return columns


def _errors(claimed: Floats, numeric: Floats) -> tuple[Floats, Floats]:
    """|claimed − numeric|, and the same relative to the larger of the two; kept finite."""
    most = np.finfo(np.float64).max
    with np.errstate(over="ignore"):
        absolute = np.minimum(np.abs(claimed - numeric), most)
    larger = np.maximum(np.abs(claimed), np.abs(numeric))
    return absolute, np.divide(absolute, larger, out=np.zeros_like(larger), where=larger > 0)


def _means(right: Floats, mistaken: Floats) -> Means:
    """What somebody sees who compares means, with the tolerance of everything else here."""
    with np.errstate(over="ignore"):
        one, other = _mean(right), _mean(mistaken)
        # a mean of numbers that cancel keeps their rounding, not its own
        rounding = np.finfo(np.float64).eps * max(right.size, mistaken.size)
        noise = rounding * float(np.abs(right).max())
    allowance = RELATIVE * abs(one) + ABSOLUTE + noise
    return Means(right=one, mistaken=other, caught=bool(abs(one - other) > allowance))


def _mean(array: Floats) -> float:
    return float((array / array.size).sum())  # each divided first: a sum may leave float64
