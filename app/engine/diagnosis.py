"""What is wrong with an answer: which known mistake, or which two, reproduce it.

A diagnosis is never a guess: a code is named only if its mistake gives the answer's very numbers,
to the tolerance that right answers have. Where several do, the answer cannot tell them apart, and
the first names the others. Where none does, the answer is unknown.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from app.engine.activations import Floats
from app.engine.closeness import ABSOLUTE, RELATIVE, allowed, error, largest, same
from app.engine.mistakes import CODES, Code
from app.engine.suspects import Suspect, Suspects, axes_of, natural

_FEW = 3  # numbers that a constant factor must explain before it explains anything
_NICE_PARTS = 12  # a factor p/q or 10ⁿ with p and q up to this is one that people make


@dataclass(frozen=True)
class Mismatch:
    """The first entry in C order that is off; ``index`` has the answer's axes."""

    index: tuple[int, ...]
    expected: float
    got: float


@dataclass(frozen=True)
class Finding:
    """A mistake that reproduces the answer.

    ``also`` are second mistakes made at once, ``indistinguishable_from`` the codes whose answer is
    the same here. ``factor`` is the constant factor where one is `scaled`. ``how`` as in
    :class:`app.engine.as_if.Wrong`.
    """

    code: Code
    also: tuple[Code, ...] = ()
    indistinguishable_from: tuple[Code, ...] = ()
    factor: float | None = None
    how: str = ""


@dataclass(frozen=True)
class Verdict:
    """On one part. Errors and mismatch are None where the shapes differ; shapes are the user's."""

    correct: bool
    shape: tuple[int, ...]
    expected_shape: tuple[int, ...]
    max_absolute_error: float | None
    first_mismatch: Mismatch | None
    findings: tuple[Finding, ...]
    hidden: tuple[Code, ...]


def diagnose(suspects: Suspects, answer: Floats) -> Verdict:
    """Judge an answer with the user's axes to the part that the suspects are of."""
    layer, part = suspects.trace.layer, suspects.part
    right = natural(layer, part, suspects.right)
    if answer.shape == right.shape:
        worst = error(answer, right)
        mismatch = _first_mismatch(answer, right)
        correct = mismatch is None
    else:
        worst, mismatch, correct = None, None, False
    return Verdict(
        correct=correct,
        shape=answer.shape,
        expected_shape=right.shape,
        max_absolute_error=worst,
        first_mismatch=mismatch,
        findings=() if correct else _findings(suspects, answer),
        hidden=suspects.hidden,
    )


def _first_mismatch(answer: Floats, right: Floats) -> Mismatch | None:
    with np.errstate(over="ignore"):
        wrong = np.abs(answer - right) > allowed(right)
    if not wrong.any():
        return None
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(wrong)), right.shape))
    return Mismatch(index, float(right[index]), float(answer[index]))


def _findings(suspects: Suspects, answer: Floats) -> tuple[Finding, ...]:
    """The simplest explanation that there is, and what is as simple."""
    layer, part = suspects.trace.layer, suspects.part
    if answer.ndim != axes_of(layer, part):
        return (Finding("wrong_shape"),)
    axes = suspects.right.ndim
    lifted = answer.reshape((1,) * (axes - answer.ndim) + answer.shape)
    singles = _ranked(suspects.showing, lifted)
    scale = _scale(lifted, suspects.right)
    if singles:
        return _grouped(suspects, singles, scaled=scale is not None)
    told = _telling(suspects.right)
    scaled = () if scale is None else (Finding("scaled", factor=scale),)
    if scaled and told >= _FEW:
        return scaled
    doubles = _grouped(suspects, _ranked(suspects.double(lifted.shape), lifted))
    found = doubles + scaled or tuple(_scaled_doubles(suspects, lifted))
    no_idea: Code = "unknown" if lifted.shape == suspects.right.shape else "wrong_shape"
    return found or (Finding(no_idea),)


def _ranked(suspects: Iterator[Suspect] | list[Suspect], answer: Floats) -> list[Suspect]:
    """Those that reproduce the answer: what is much nearer first, else in the given order."""
    found = []
    for suspect in suspects:
        if suspect.shape == answer.shape and np.isfinite(suspect.array).all():
            off = error(answer, suspect.array) / allowed(suspect.array)
            if off <= 1:  # a tenth of the tolerance is rounding: no reason to prefer either
                found.append((math.ceil(math.log10(max(off, 0.1))), suspect))
    return [suspect for _, suspect in sorted(found, key=lambda pair: pair[0])]


def _grouped(
    suspects: Suspects, ranked: list[Suspect], scaled: bool = False
) -> tuple[Finding, ...]:
    """One finding for each second mistake; it names the codes that give the same answer."""
    findings: dict[tuple[Code, ...], Finding] = {}
    for first in ranked:
        if first.also in findings:
            continue
        others = {s.code for s in ranked if s.also == first.also}
        if not first.also:
            others |= {s.code for s in suspects.showing if not s.also and _alike(s, first)}
            if scaled and first.code != "sign_flipped":
                others.add("scaled")
        others.discard(first.code)
        findings[first.also] = Finding(
            first.code,
            first.also,
            tuple(code for code in CODES if code in others),
            how=first.wrong.how,
        )
    return tuple(findings.values())


def _alike(one: Suspect, other: Suspect) -> bool:
    return one.shape == other.shape and same(one.array, other.array)


def _scaled_doubles(suspects: Suspects, answer: Floats) -> Iterator[Finding]:
    """A mistake and a constant factor besides; only where enough numbers say so."""
    seen: dict[float, list[Suspect]] = {}
    for suspect in suspects.showing:
        if suspect.also or suspect.code in suspects.factors or suspect.shape != answer.shape:
            continue
        told = _telling(suspect.array)
        factor = _scale(answer, suspect.array)
        if factor is not None and (told >= _FEW or (told == 2 and _nice(factor))):
            near = (known for known in seen if math.isclose(known, factor, rel_tol=RELATIVE))
            seen.setdefault(next(near, factor), []).append(suspect)
    for factor, (first, *rest) in seen.items():
        others = {suspect.code for suspect in rest} - {first.code}
        in_order = tuple(code for code in CODES if code in others)
        yield Finding(first.code, ("scaled",), in_order, factor, first.wrong.how)


def _scale(answer: Floats, right: Floats) -> float | None:
    """The factor k ≠ ±1 with answer = k · right; None if there is none, or it says nothing.

    Any number is a multiple of any other, so where a single number tells, k must be one that
    people make (2, 1/9, 0.1). Nor is noise on nearly right numbers a factor: what k leaves over
    must be a thousandth of what it explains.
    """
    size, top = largest(right), largest(answer)
    if answer.shape != right.shape or not np.isfinite(right).all() or min(size, top) <= ABSOLUTE:
        return None
    unit, seen = right.ravel() / size, answer.ravel() / top  # keeps the products within float64
    ratio = float(unit @ seen) / float(unit @ unit)
    with np.errstate(over="ignore"):
        factor = float(np.float64(top) / size * ratio)
    left = error(seen, ratio * unit)
    told = _telling(right)
    near_one = abs(abs(factor) - 1)
    precise = RELATIVE if told > _FEW else RELATIVE / 10
    if not math.isfinite(factor) or left > min(precise, near_one / 1000):
        return None
    vague = told < 2 or (told < _FEW and near_one < 0.01)
    if near_one < RELATIVE or (vague and not _nice(factor)):
        return None
    return factor


def _telling(array: Floats) -> int:
    """How many entries are not as good as 0."""
    return int(np.count_nonzero(np.abs(array) > RELATIVE * largest(array)))


def _nice(factor: float) -> bool:
    """Whether people make such a factor: p/q with small p and q, n or 1/n up to 100, 10ⁿ."""
    size = abs(factor)
    if size < 1:
        return _nice(1 / size)
    ratios = [round(size * q) / q for q in range(1, _NICE_PARTS + 1) if size * q < _NICE_PARTS + 1]
    numbers = [round(size)] if size < 101 else [10.0**n for n in range(3, 7)]
    return any(math.isclose(size, n, rel_tol=RELATIVE / 10) for n in (*ratios, *numbers))
