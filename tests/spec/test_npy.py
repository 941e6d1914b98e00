"""NumPy's files are read as NumPy reads them, and nothing else is: no objects, no pickle."""

from __future__ import annotations

import io
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.testing import assert_array_equal

from app.spec import LimitError, Limits, SpecError
from app.spec.npy import read
from app.spec.pasted import read_file

BOUNDED = settings(max_examples=120, derandomize=True, deadline=None)
KINDS = [
    "i1",
    "u1",
    "<i2",
    ">u2",
    "<i4",
    ">i4",
    "<u8",
    ">i8",
    "<f2",
    ">f2",
    "<f4",
    ">f4",
    "<f8",
    ">f8",
]


def _saved(array: Any, version: tuple[int, int] | None = None, *, objects: bool = False) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asanyarray(array), version, allow_pickle=objects)
    return file.getvalue()


@given(st.data(), st.sampled_from(KINDS), st.sampled_from([(1, 0), (2, 0), (3, 0)]), st.booleans())
@BOUNDED
def test_it_is_what_numpy_reads(
    data: st.DataObject, kind: str, version: tuple[int, int], fortran: bool
) -> None:
    """Every kind of real number, byte order, version, shape and order of axes."""
    whole = st.integers(0, 100) if kind[-2] != "f" else st.integers(-64, 64).map(lambda n: n / 8)
    shape = array_shapes(min_dims=0, max_dims=4, max_side=4)
    array = data.draw(arrays(np.dtype(kind), shape, elements=whole))
    file = _saved(np.asfortranarray(array) if fortran else array, version)
    found = read(file)
    assert found.dtype == np.float64
    assert found.flags.c_contiguous
    assert not found.flags.writeable
    assert_array_equal(found, np.load(io.BytesIO(file)))
    assert_array_equal(read_file(file).array, found)


class _Trap:
    """Unpickling it would be seen."""

    def __reduce__(self) -> tuple[Any, ...]:
        return pytest.fail, ("a pickle was opened",)


GOOD = _saved(np.arange(6.0).reshape(2, 3))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (_saved(np.array([_Trap()]), objects=True), "objects"),
        (_saved(np.zeros(2, [("a", "f8"), ("b", "i4")])), "objects"),
        (_saved(np.array([1 + 2j])), "real numbers"), (_saved(np.array([True])), "real numbers"),
        (_saved(np.array(["1"])), "real numbers"), (_saved(np.array([b"1"])), "real numbers"),
        (_saved(np.array(["2026-01-01"], "M8[D]")), "as NumPy writes it"),
        (_saved(np.array([np.nan])), "not finite"), (_saved(np.array([-np.inf])), "not finite"),
        (_saved(np.zeros((0, 3))), "is empty"), (_saved(np.zeros((1,) * 5)), "5 axes"),
        (GOOD[:-1], "47 of 48 bytes"), (GOOD[:-48], "0 of 48 bytes"), (GOOD + b"x", "goes on"),
        (GOOD[:40], "cut short in its head"), (GOOD[:7], "cut short in its head"),
        (GOOD[:6], "cut short in its head"), (b"\x93NUM", "is not a .npy file"),
        (GOOD[:6] + b"\x09" + GOOD[7:], "version"),
        (GOOD[:8] + b"\xff\xff" + GOOD[10:], "as NumPy writes it"),
        (GOOD.replace(b"False", b"exit()"), "as NumPy writes it"),
        (GOOD.replace(b"(2, 3)", b"(-2,3)"), "as NumPy writes it"),
        (GOOD.replace(b"'<f8'", b"'<x8'"), "real numbers"),
    ],
)  # fmt: skip
def test_what_is_not_an_array_of_numbers_is_refused(data: bytes, reason: str) -> None:
    """Objects, other types, broken, cut short, or longer than it says."""
    with pytest.raises(SpecError, match=reason):
        read(data)


def test_a_size_is_refused_before_anything_is_made() -> None:
    """A head of a hundred bytes may promise more memory than there is."""
    bomb = GOOD.replace(b"(2, 3), }" + b" " * 30, b"(999999999999, 999999999999), }" + b" " * 8)
    assert len(bomb) == len(GOOD)
    with pytest.raises(LimitError, match="262,144 is the limit"):
        read(bomb)
    with pytest.raises(LimitError, match="6 numbers; 5 is the limit"):
        read(GOOD, Limits(cells=5))


@given(st.binary(max_size=80) | st.data())
@settings(max_examples=400, derandomize=True, deadline=None)
def test_any_bytes_are_an_array_or_refused(data: Any) -> None:
    """Also a good file with some bytes changed, left out or put in."""
    if not isinstance(data, bytes):
        at, cut = data.draw(st.integers(0, len(GOOD))), data.draw(st.integers(0, 12))
        data = GOOD[:at] + data.draw(st.binary(max_size=12)) + GOOD[at + cut :]
    for reader in (read, read_file):
        with suppress(SpecError):
            reader(data)
