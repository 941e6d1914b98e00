"""What is wrong with somebody's answers to a layer."""

from __future__ import annotations

import numpy as np
from typing_extensions import TypedDict

from app.answers.memory import trace_of
from app.engine import Trace
from app.engine.activations import Floats
from app.engine.closeness import error
from app.engine.diagnosis import Finding, Verdict, diagnose
from app.engine.mistakes import Code, Part
from app.engine.printed import factor
from app.engine.suspects import Suspects, axes_of, natural
from app.spec import DEFAULT_LIMITS, LayerSpec, Limits
from app.spec.check import CheckSpec
from app.words.diagnoses import message, note


class MismatchAnswer(TypedDict):
    """The first entry that is off, by its index from 0 with the answer's axes."""

    index: list[int]
    expected: float
    got: float


class Diagnosis(TypedDict):
    """A mistake that gives these very numbers."""

    code: Code
    message: str
    also: list[Code]
    indistinguishable_from: list[Code]


class PartAnswer(TypedDict):
    """On one part; ``hidden`` are codes that give the right numbers on this layer."""

    correct: bool
    max_absolute_error: float | None
    first_mismatch: MismatchAnswer | None
    diagnosis: list[Diagnosis]
    shape: list[int]
    expected_shape: list[int]
    hidden: list[Code]
    note: str | None


class CheckAnswer(TypedDict):
    """Whether all parts are right, and each part by its name."""

    correct: bool
    parts: dict[str, PartAnswer]


def check_answer(spec: CheckSpec, language: str, limits: Limits = DEFAULT_LIMITS) -> CheckAnswer:
    """The answers, judged part by part; messages in the language.

    Raises:
        EngineError: the layer cannot be computed, or it is too much work.
    """
    spec.check_limits(limits)
    trace = spec.inside(lambda layer: trace_of(layer, limits))
    parts = {
        part: _part(trace, part, diagnose(Suspects(trace, part), answer), language)
        for part, answer in spec.answer.parts.items()
    }
    return CheckAnswer(
        correct=all(part["correct"] for part in parts.values()),
        parts={str(part): answer for part, answer in parts.items()},
    )


def unrounded(
    spec: LayerSpec, part: Part, answer: Floats, rounding: float, limits: Limits = DEFAULT_LIMITS
) -> Floats | None:
    """What a known mistake gives, or two at once, that is printed like the answer.

    Of several the nearest, and a constant factor only where nothing else is; None where there is
    none. The answer has the user's axes, and so has what is returned.
    """
    trace = trace_of(spec, limits)
    suspects = Suspects(trace, part)
    if answer.ndim != axes_of(trace.layer, part):
        return None
    lifted = answer.reshape((1,) * (suspects.right.ndim - answer.ndim) + answer.shape)
    for some in (suspects.showing, suspects.double(lifted.shape)):
        near = [
            (off, suspect.array)
            for suspect in some
            if suspect.shape == lifted.shape
            and np.isfinite(suspect.array).all()
            and (off := error(suspect.array, lifted)) <= rounding
        ]
        if near:
            return natural(trace.layer, part, min(near, key=lambda pair: pair[0])[1])
    for base in (suspects.right, *(one.array for one in suspects.showing if not one.also)):
        if (k := factor(lifted, base, rounding)) is not None:
            return natural(trace.layer, part, k * base)
    return None


def _part(trace: Trace, part: Part, verdict: Verdict, language: str) -> PartAnswer:
    layer, mismatch = trace.layer, verdict.first_mismatch

    def said(finding: Finding) -> Diagnosis:
        return Diagnosis(
            code=finding.code,
            message=message(part, layer, verdict, finding, language),
            also=list(finding.also),
            indistinguishable_from=list(finding.indistinguishable_from),
        )

    return PartAnswer(
        correct=verdict.correct,
        max_absolute_error=verdict.max_absolute_error,
        first_mismatch=None
        if mismatch is None
        else MismatchAnswer(
            index=list(mismatch.index), expected=mismatch.expected, got=mismatch.got
        ),
        diagnosis=[said(finding) for finding in verdict.findings],
        shape=list(verdict.shape),
        expected_shape=list(verdict.expected_shape),
        hidden=list(verdict.hidden),
        note=note(part, layer, verdict, language),
    )
