"""Worksheets: what stands on the page, what does not, and what is said of an answer."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.answers.worksheet import right_choices
from app.pages.marking import mark
from app.spec.exercises import KINDS, LEVELS, Exercise
from app.spec.worksheet import WorksheetSpec
from app.words import LANGUAGES
from tests.contract.conftest import the_client
from tests.contract.test_hostile import VALUES
from tests.pages.reader import Page, unfinished

FIRST = WorksheetSpec(operation="both", count=10)
ALL = [(level, number) for level in LEVELS for number in range(10)]


def page(**query: object) -> Page:
    """The page, as it is served."""
    response = the_client().get("/worksheet", params={k: str(v) for k, v in query.items()})
    assert response.status_code == 200
    return Page(response.text)


def check(**body: object) -> dict[str, Any]:
    """What is said of an answer."""
    response = the_client().post("/worksheet/check", json=body)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def exercise(level: int, number: int) -> Exercise:
    """One of the sheets with seed 180, in both operations by turns."""
    return FIRST.model_copy(update={"level": level}).exercise(180, number)


def right(found: Exercise) -> Any:
    """The right answer, as the page's script sends it."""
    if found.kind == "delta":
        return str(int(found.delta))
    if found.kind == "stencil":
        return [[str(int(v)) for v in row] for row in found.stencil.tolist()]
    return right_choices(found)


def wrong(found: Exercise) -> list[Any]:
    """An answer of every known mistake, and some that none explains."""
    if found.kind == "delta":
        return ["1000", "-0.5", str(-int(found.delta))]
    if found.kind == "stencil":
        turns = [
            t.tolist() for t in found.wrong_stencils.values() if t.shape == found.stencil.shape
        ]
        return [[[str(v) for v in row] for row in t] for t in turns]
    count = len({"tap": found.taps, "mistake": found.codes, "wires": found.wires}[found.kind])
    ones = [[i] for i in range(count) if [i] != right(found)]
    other = [i for i, wire in enumerate(found.wires) if wire in found.unturned]
    return [*ones, other] if found.kind == "wires" else ones


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("level", LEVELS)
def test_a_sheet_is_whole(level: int, language: str) -> None:
    """Every exercise has its question, its figures and something to answer with."""
    found = page(level=level, operation="both", count=10, variants=2, key=1, lang=language)
    assert unfinished(found.words) == []
    assert len(found.having(class_="exercise")) == 2 * 10 + 2 * 10
    assert len(found.having(class_="answer")) == 20
    identifiers = found.all_attributes("id")
    assert len(identifiers) == len(set(identifiers))
    for name in found.all_attributes("aria-labelledby", "for"):
        assert name in identifiers
    assert all(one["role"] == "img" for tag, one in found.tags if tag == "svg" and one)


def test_the_state_is_in_the_form() -> None:
    """What was asked for stands there again, and can be sent without a script."""
    found = page(seed=7, level=3, operation="both", variants=2, count=4, key=1)
    numbers = {one["name"]: one["value"] for one in found.having(type="number")}
    assert numbers == {"seed": "7", "variants": "2", "count": "4"}
    assert {one["value"] for one in found.having(selected="")} == {"3", "both"}
    assert "checked" in found.having(name="key")[0]
    assert [form["method"] for form in found.having(method="get")] == ["get"]
    [other] = [href for href in found.all_attributes("href") if "seed=9" in href]
    assert "level=3" in other


def test_the_key_is_not_in_the_page_unless_asked_for() -> None:
    """Neither as text nor in what the script knows."""
    plain, solved = page(seed=3, level=2), page(seed=3, level=2, key=1)
    assert not plain.having(class_="worksheet key")
    assert solved.having(class_="worksheet key")
    assert "math" not in {tag for tag, _ in plain.tags}
    assert set(plain.data) == {"root", "language", "level", "operation"}
    assert solved.data == plain.data


def test_every_mistake_on_a_sheet_is_offered_in_words() -> None:
    """Both languages, no code names."""
    for language in LANGUAGES:
        words = page(lang=language, count=10, level=3).words
        assert "_" not in words.replace("rot180", "")


@pytest.mark.parametrize(("level", "number"), ALL)
def test_an_answer_is_judged(level: int, number: int) -> None:
    """Right is right, anything else is wrong, and both are said in both languages."""
    found = exercise(level, number)
    asked = {"seed": 180, "level": level, "operation": "both", "number": number}
    for language in LANGUAGES:
        judged = check(**asked, language=language, answer=right(found))
        assert judged["correct"] is True, judged
        assert judged["code"] == ""
        for answer in wrong(found):
            said = check(**asked, language=language, answer=answer)
            assert said["correct"] is False, answer
            assert said["said"]
            assert unfinished(said["said"]) == []


@pytest.mark.parametrize("level", LEVELS)
def test_a_forgotten_turn_is_told(level: int) -> None:
    """In every kind of exercise, by the mistake's own code."""
    told = {}
    for number in range(10):
        found = exercise(level, number)
        answer: Any
        if found.kind == "delta":
            answer = str(found.wrong_deltas("kernel_not_rotated").flat[found.node])
        elif found.kind == "tap":
            answer = [found.taps.index(found.wrong_taps["kernel_not_rotated"])]
        elif found.kind == "stencil":
            unturned = found.wrong_stencils["kernel_not_rotated"].tolist()
            answer = [[str(v) for v in row] for row in unturned]
        elif found.kind == "wires":
            answer = [found.wires.index(wire) for wire in found.unturned]
        else:
            continue
        told[found.kind] = mark(found, answer, "en").code
    assert told.pop("wires") == "wrong_operation"
    assert set(told) == {"delta", "tap", "stencil"}
    assert set(told.values()) == {"kernel_not_rotated"}


def test_wires_are_followed_one_by_one() -> None:
    """Some of them are right so far; a stray one is named."""
    found = exercise(1, 4)
    some = [found.wires.index(found.joined[0])]
    assert "1 of" in mark(found, some, "en").said
    reached = {target for target, _ in found.joined}
    [stray, *_] = [i for i, (target, _) in enumerate(found.wires) if target not in reached]
    assert "no wire between" in mark(found, [*some, stray], "en").said


@pytest.mark.parametrize("number", range(len(KINDS)))
@pytest.mark.parametrize("answer", [None, "", "x", [], [99], [-1], [True], [[""]], [["1"]], {}, 5])
def test_what_is_no_answer_is_refused(number: int, answer: object) -> None:
    """In words, with status 200: a browser would log anything else as an error."""
    said = check(seed=1, level=2, operation="convolution", number=number, answer=answer)
    assert list(said) == ["refused"]
    assert unfinished(said["refused"]) == []


ASKED = {"seed": 1, "level": 1, "operation": "both", "number": 0, "language": "zh", "answer": "1"}


@given(st.sampled_from(sorted(ASKED)), VALUES)
@settings(max_examples=80, derandomize=True, deadline=None)
def test_whatever_is_sent_is_answered(field: str, value: object) -> None:
    """With a judgement or a refusal, never with an error of ours."""
    said = check(**{**ASKED, field: value})
    assert list(said) == ["refused"] or set(said) == {"correct", "said", "code"}


@given(st.dictionaries(
    st.sampled_from(["seed", "level", "operation", "variants", "count", "key", "lang"]),
    st.text(max_size=12) | st.sampled_from(["1", "0", "-5", "1e3", "<b>", "both"]),
))  # fmt: skip
@settings(max_examples=40, derandomize=True, deadline=None)
def test_any_query_has_a_page(query: dict[str, str]) -> None:
    """The nearest that there is; nothing of the reader's becomes markup."""
    found = page(**{**query, "variants": "1"})
    assert found.having(class_="answer")
    assert "b" not in {tag for tag, _ in found.tags}
