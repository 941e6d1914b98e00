"""An answer to an exercise, marked: right, or which mistake would give it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from app.engine.as_if import other_operation
from app.engine.errors import times
from app.pages.prediction import Judgement, judge
from app.spec import SpecError, View
from app.spec.changes import number
from app.spec.exercises import Exercise, Kind
from app.words import translator
from app.words.diagnoses import MODES, name
from app.words.numbers import short
from app.words.symbols import Symbols


def mark(exercise: Exercise, answer: object, language: str) -> Judgement:
    """Judge what a reader answered: a number as text, rows of such, or choices by their number.

    Raises:
        SpecError: it is not an answer to such an exercise.
    """
    return _MARKERS[exercise.kind](exercise, answer, language)


def _delta(exercise: Exercise, answer: object, language: str) -> Judgement:
    _, guess = translator(language), number(answer)
    said = judge(exercise.trace, View(step=exercise.node), guess, language)
    if said.code != "unknown":
        return said
    words = _(
        "No known mistake gives {guess}. Write each δ beside the weight on its wire, multiply, and "
        "add up."
    )
    return Judgement(False, words.format(guess=short(guess)), "unknown")


def _tap(exercise: Exercise, answer: object, language: str) -> Judgement:
    _, symbols = translator(language), Symbols(exercise.trace.layer)
    [chosen] = _chosen(answer, len(exercise.taps), exactly=1)
    tap = exercise.taps[chosen]
    weight, delta = symbols.weight(tap), symbols.output_delta(exercise.target)
    node = symbols.delta(exercise.node)
    if tap == exercise.tap:
        said = _("Yes: {weight} is on the wire between {output} and {delta}.")
        return Judgement(True, said.format(weight=weight, output=delta, delta=node), "")
    for code, wrong in exercise.wrong_taps.items():
        if tap == wrong:
            said = _("{guess} is what you get with {mistake}. Look again at the wires.")
            return Judgement(False, said.format(guess=weight, mistake=name(code, language)), code)
    own = exercise.trace.wires.of_target(exercise.target).where(tap=tap)
    if not len(own):
        return Judgement(False, _("{weight} is on no wire of {output}.").format(
            weight=weight, output=delta), "unknown")  # fmt: skip
    other = symbols.delta(int(own.source[0]))
    said = _("{weight} brings {output} to another node, to {delta}.")
    return Judgement(False, said.format(weight=weight, output=delta, delta=other), "unknown")


def _stencil(exercise: Exercise, answer: object, language: str) -> Judgement:
    _, right = translator(language), exercise.stencil
    rows = answer if isinstance(answer, list) else []
    if [len(row) if isinstance(row, list) else -1 for row in rows] != [right.shape[1]] * len(right):
        raise SpecError(("answer",), "must be a stencil of {shape}", shape=times(*right.shape))
    if any(cell == "" for row in rows for cell in row):
        raise SpecError(("answer",), "has empty cells")
    guess = np.array([[number(cell) for cell in row] for row in rows])
    if np.array_equal(guess, right):
        return Judgement(True, _("Yes: it is the forward stencil, turned by 180°."), "")
    for code, wrong in exercise.wrong_stencils.items():
        if np.array_equal(guess, wrong):
            said = _("That is {mistake}. Each δ has to meet the weight that is on its wire.")
            return Judgement(False, said.format(mistake=name(code, language)), code)
    if np.array_equal(guess, -right):
        return Judgement(False, _("Almost: look at the signs."), "sign_flipped")
    said = _("{count} of {all} weights are in their place.")
    right_ones = int((guess == right).sum())
    return Judgement(False, said.format(count=right_ones, all=right.size), "unknown")


def _mistake(exercise: Exercise, answer: object, language: str) -> Judgement:
    _, layer = translator(language), exercise.trace.layer
    [chosen] = _chosen(answer, len(exercise.codes), exactly=1)
    code = exercise.codes[chosen]
    called, wrong, given = name(code, language), exercise.wrong_deltas(code), exercise.mistaken
    if code == exercise.code:
        return Judgement(True, _("Yes: {mistake}.").format(mistake=called), "")
    if wrong.shape != given.shape:
        said = _("With {mistake} the map would be {got} and not {want}.")
        got, want = (times(*array.shape[2:]) for array in (wrong, given))
        return Judgement(False, said.format(mistake=called, got=got, want=want), code)
    at = int(np.argmax(np.abs(wrong - given)))
    said = _("With {mistake} {node} would be {want}, and here it is {got}.")
    facts = {"node": Symbols(layer).delta(at), "want": short(wrong.flat[at]),
             "got": short(given.flat[at])}  # fmt: skip
    return Judgement(False, said.format(mistake=called, **facts), code)


def _wires(exercise: Exercise, answer: object, language: str) -> Judgement:
    _, symbols = translator(language), Symbols(exercise.trace.layer)
    chosen = _chosen(answer, len(exercise.wires))
    ticked = {exercise.wires[i] for i in chosen}
    own, other, node = set(exercise.joined), set(exercise.unturned), symbols.delta(exercise.node)
    if ticked == own:
        return Judgement(True, _("Yes: these are all wires of {delta}.").format(delta=node), "")
    if ticked == other:
        layer = exercise.trace.layer
        said = _("These would be its wires in {other}; the layer is in {mode}.")
        facts = {"other": _(MODES[other_operation(layer).operation]),
                 "mode": _(MODES[layer.operation])}  # fmt: skip
        return Judgement(False, said.format(**facts), "wrong_operation")
    reached = {target for target, _tap in own}
    for target, tap in sorted(ticked - own):
        output, weight = symbols.output_delta(target), symbols.weight(tap)
        said = (
            _("The wire between {output} and {delta} does not carry {weight}.")
            if target in reached
            else _("There is no wire between {output} and {delta}: no window holds both.")
        )
        words = said.format(output=output, delta=node, weight=weight)
        return Judgement(False, words, "unknown")
    said = _("Right so far: {count} of {all} wires.")
    return Judgement(False, said.format(count=len(ticked), all=len(own)), "unknown")


def _chosen(answer: object, count: int, exactly: int | None = None) -> list[int]:
    """Numbers of choices, from 0."""
    found = answer if isinstance(answer, list) else []
    if not found or (exactly and len(found) != exactly):
        raise SpecError(("answer",), "is missing: choose one")
    if not all(type(i) is int and 0 <= i < count for i in found):
        raise SpecError(("answer",), "must be below {count}", count=count)
    return found


_MARKERS: dict[Kind, Callable[[Exercise, Any, str], Judgement]] = {
    "delta": _delta,
    "tap": _tap,
    "stencil": _stencil,
    "mistake": _mistake,
    "wires": _wires,
}
