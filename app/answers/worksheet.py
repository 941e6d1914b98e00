"""Worksheets as data: exercises, and the key with its terms."""

from __future__ import annotations

from typing import Any, NotRequired

import numpy as np
from typing_extensions import TypedDict

from app.answers.layer import contributions_answer
from app.answers.schemas import Term
from app.engine import Operation, Trace
from app.engine.mistakes import Code
from app.spec.exercises import Exercise, Kind
from app.spec.worksheet import WorksheetSpec
from app.words.exercises import choices, question, setting


class ChoiceAnswer(TypedDict):
    """One of several answers: a weight, a mistake, or a wire; ``label`` says it in words."""

    label: str
    tap: NotRequired[list[int]]
    output_node: NotRequired[list[int]]
    code: NotRequired[Code]


class KeyAnswer(TypedDict):
    """What is right. ``terms`` are those of the node's delta; a stencil has none.

    ``value`` is the number, the stencil's rows, or which of the choices are right, from 0.
    """

    value: float | list[list[float]] | list[int]
    node: NotRequired[list[int]]
    terms: NotRequired[list[Term]]
    text: NotRequired[str]
    input_delta: NotRequired[float]


class ExerciseAnswer(TypedDict):
    """One exercise. Cells and taps are counted from 0, as in the other routes."""

    kind: Kind
    operation: Operation
    question: str
    setting: str
    layer: dict[str, Any]
    node: NotRequired[list[int]]
    output_node: NotRequired[list[int]]
    input_delta: NotRequired[list[Any]]
    choices: NotRequired[list[ChoiceAnswer]]
    key: NotRequired[KeyAnswer]


class WorksheetAnswer(TypedDict):
    """One variant, by its seed."""

    seed: int
    exercises: list[ExerciseAnswer]


class WorksheetsAnswer(TypedDict):
    """All variants, and what they were made from."""

    seed: int
    level: int
    operation: str
    worksheets: list[WorksheetAnswer]


def worksheets_answer(spec: WorksheetSpec, language: str, key: bool = True) -> WorksheetsAnswer:
    """Every variant's exercises in the language; with the key or without."""
    return WorksheetsAnswer(
        seed=spec.seed,
        level=spec.level,
        operation=spec.operation,
        worksheets=[
            WorksheetAnswer(
                seed=seed,
                exercises=[_exercise(found, language, key) for found in spec.exercises(seed)],
            )
            for seed in spec.seeds
        ],
    )


def _exercise(found: Exercise, language: str, key: bool) -> ExerciseAnswer:
    trace = found.trace
    answer = ExerciseAnswer(
        kind=found.kind,
        operation=trace.layer.operation,
        question=question(found, language),
        setting=setting(trace.layer, language),
        layer=found.layer.request(),
    )
    if found.kind in ("delta", "tap", "wires"):
        answer["node"] = _source(trace, found.node)
    if found.kind == "tap":
        answer["output_node"] = _target(trace, found.target)
    if found.kind == "mistake":
        answer["input_delta"] = trace.layer.ranked(found.mistaken).tolist()
    labels = choices(found, language)
    if labels:
        places = _places(found)
        answer["choices"] = [
            ChoiceAnswer(label=label, **place)  # type: ignore[typeddict-item]
            for label, place in zip(labels, places, strict=True)
        ]
    if key:
        answer["key"] = _key(found)
    return answer


def _key(found: Exercise) -> KeyAnswer:
    if found.kind == "stencil":
        return KeyAnswer(value=found.stencil.tolist())
    node = found.first_wrong if found.kind == "mistake" else found.node
    at = _source(found.trace, node)
    whole = contributions_answer(found.layer, tuple(at))
    return KeyAnswer(
        value=found.delta if found.kind == "delta" else right_choices(found),
        node=at,
        terms=whole["terms"],
        text=whole["text"],
        input_delta=whole["input_delta"],
    )


def right_choices(found: Exercise) -> list[int]:
    """Which of an exercise's choices are right, from 0."""
    if found.kind == "tap":
        return [found.taps.index(found.tap)]
    if found.kind == "mistake":
        return [found.codes.index(found.code)]
    return [found.wires.index(end) for end in found.joined] if found.kind == "wires" else []


def _places(found: Exercise) -> list[dict[str, object]]:
    trace = found.trace
    if found.kind == "tap":
        return [{"tap": _tap(trace, tap)} for tap in found.taps]
    if found.kind == "mistake":
        return [{"code": code} for code in found.codes]
    return [{"output_node": _target(trace, t), "tap": _tap(trace, tap)} for t, tap in found.wires]


def _source(trace: Trace, flat: int) -> list[int]:
    return _index(flat, trace.layer.input.shape[1:], trace.layer.rank)


def _target(trace: Trace, flat: int) -> list[int]:
    return _index(flat, trace.layer.output_shape[1:], trace.layer.rank)


def _tap(trace: Trace, flat: int) -> list[int]:
    return _index(flat, trace.layer.kernel.shape, 2 if trace.layer.rank == 2 else 4)


def _index(flat: int, shape: tuple[int, ...], axes: int) -> list[int]:
    return [int(i) for i in np.unravel_index(flat, shape)][-axes:]
