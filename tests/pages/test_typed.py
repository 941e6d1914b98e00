"""What a reader types or pastes into a cell, read by :mod:`app.spec.changes`."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.spec import LayerSpec, SpecError
from app.spec.changes import apply, number

BOUNDED = settings(max_examples=80, derandomize=True, deadline=None)


# Numbers as they are typed


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7), ("-2", -2), ("−2", -2), ("+3", 3), (".5", 0.5), ("5.", 5), ("0.25", 0.25),
        (" 1/4 ", 0.25), ("-1/3", -1 / 3), ("1/0.5", 2), ("1e3", 1000), ("2E-2", 0.02),
        ("３", 3), ("－１．５", -1.5), ("１／２", 0.5), ("½", 0.5), ("1⁄8", 0.125), ("¾", 0.75),
        ("0", 0), ("-0", 0), ("1e-300", 1e-300), ("\t4\n", 4), ("1\u00a0", 1),
    ],
)  # fmt: skip
def test_a_number_as_people_type_it(text: str, value: float) -> None:
    """True minus signs, fractions, full-width digits, blanks around."""
    assert number(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "x", "--1", "1-", "1,5", "1.2.3", "1/0", "1//2", "1/2/3", "/2", "1/", "e5", "1e",
        "1e9999", "nan", "inf", "0x10", "1_000", "1 2", "٣", "१", "1/-2", "①②x", "9" * 65,
        "1e999/1", None, 3, 3.0, True, [], {}, b"1",
    ],
)  # fmt: skip
def test_what_is_no_number_is_refused(text: Any) -> None:
    """With what would work; nothing is guessed."""
    with pytest.raises(SpecError) as caught:
        number(text)
    assert caught.value.pointer == "/change/text"
    assert "number" in caught.value.template


@pytest.mark.parametrize("text", ["1½", "3²", "10²", "2¼", "x²"])
def test_what_looks_like_another_number_is_refused(text: str) -> None:
    """One and a half must not become 11/2, nor three squared 32."""
    with pytest.raises(SpecError):
        number(text)


@given(st.floats(allow_nan=False, allow_infinity=False))
@BOUNDED
def test_every_number_can_be_typed(value: float) -> None:
    """As Python writes it, and with a true minus sign."""
    for text in (repr(value), repr(value).replace("-", "−")):
        assert number(text) == value


@given(st.text(max_size=70) | st.text(alphabet="0123456789.-+/eE−½² ", max_size=12))
@BOUNDED
def test_any_text_is_a_finite_number_or_refused(text: str) -> None:
    """Nothing else is raised."""
    with suppress(SpecError):
        assert math.isfinite(number(text))


# Rows of numbers


def _pasted(text: Any) -> list[list[float]]:
    """A map of zeros after the text was pasted into its first cell."""
    zeros = LayerSpec.parse({"input": [[0, 0, 0]] * 3, "kernel": [[1]]})
    changed = apply(zeros, {"kind": "paste", "field": "input", "cell": 0, "text": text})
    return changed.input.tolist()  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("1\t2\n3\t4", [[1, 2], [3, 4]]), ("1,2\r\n3,4\r\n", [[1, 2], [3, 4]]),
        ("1; 2;3", [[1, 2, 3]]), ("1 2\r3 4", [[1, 2], [3, 4]]), ("[1 2]\n[3 4]", [[1, 2], [3, 4]]),
        ("\n\n5\n\n", [[5]]), ("1/2\t−3", [[0.5, -3]]), ("1,2,", [[1, 2]]),
        ("[[1, 0.5], [-2, 3]]", [[1, 0.5], [-2, 3]]), ("tensor([[1., 2.]])", [[1, 2]]),
        ("[[[[7, 8]]]]", [[7, 8]]),
    ],
)  # fmt: skip
def test_a_table_as_spreadsheets_and_programs_write_it(text: str, rows: list[list[float]]) -> None:
    """Lines of any kind; tabs, semicolons, commas or blanks between; lists and printed arrays."""
    found = np.array(_pasted(text))
    assert found[: len(rows), : len(rows[0])].tolist() == rows
    assert found.sum() == np.sum(rows)


def test_a_map_grows_to_take_what_is_pasted() -> None:
    """Rows and columns beyond it are added, and nothing of the block is left out."""
    block = np.arange(20.0).reshape(4, 5)
    assert _pasted("\n".join(" ".join(map(str, row)) for row in block.tolist())) == block.tolist()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n \n",
        "1\t\t2",
        "a\tb",
        "1 2\n3 x",
        None,
        5,
        "1\n" * 65,
        "1\n2 3",
        "[[[1, 2]], [[3, 4]]]",
    ],
)
def test_a_table_with_anything_else_is_refused(text: Any) -> None:
    """An empty cell has no number; nothing is put in its place, and nothing is left out."""
    with pytest.raises(SpecError) as caught:
        _pasted(text)
    assert caught.value.pointer == "/change/text"
