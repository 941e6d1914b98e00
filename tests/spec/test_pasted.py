"""Whatever prints numbers is read again; whatever does not is refused, with a reason."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.testing import assert_array_equal

from app.engine.activations import Floats
from app.spec import LimitError, Limits, SpecError
from app.spec.pasted import laid_out, read, read_file, with_axes

BOUNDED = settings(max_examples=80, derandomize=True, deadline=None)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
ANY = arrays(np.float64, array_shapes(min_dims=1, max_dims=4, max_side=4), elements=FINITE)
TWO = arrays(np.float64, array_shapes(min_dims=2, max_dims=2, max_side=5), elements=FINITE)

# what NumPy prints with all digits; each of these is one of its forms
PRINTS: dict[str, Callable[[Floats], str]] = {
    "repr": repr,
    "str": str,
    "list": lambda array: repr(array.tolist()),
    "JSON": lambda array: json.dumps(array.tolist()),
    "list of arrays": lambda array: repr(list(array)),
    "assigned": lambda array: f"grad = np.{array!r}",
    "output of a cell": lambda array: f"Out[12]: \n{array!r}",
    "rows without the outer brackets": lambda array: str(array)[1:-1],
    "laid out": laid_out,
}


@given(ANY, st.sampled_from(sorted(PRINTS)))
@BOUNDED
def test_what_numpy_prints_is_read_again(array: Floats, form: str) -> None:
    """To the last bit, in every form, whatever the shape."""
    with np.printoptions(precision=17, threshold=10_000, floatmode="unique"):
        text = PRINTS[form](array)
    found = read(text).array
    if form == "rows without the outer brackets" and len(array) == 1:
        array = array[0]  # nothing tells that there was one row
        found = found.reshape(array.shape)
    assert_array_equal(found, array)
    assert not found.flags.writeable


@given(TWO, st.sampled_from(["\t", ";", ",", " ", ", "]), st.booleans())
@BOUNDED
def test_rows_of_numbers_are_read(array: Floats, between: str, ended: bool) -> None:
    """As spreadsheets copy them and ``np.savetxt`` writes them, a separator at the end or not."""
    rows = [between.join(map(repr, row)) for row in array.tolist()]
    assert_array_equal(read("\n".join(row + between * ended for row in rows)).array, array)
    file = io.StringIO()
    np.savetxt(file, array, fmt="%.17g", header="a head\nof two lines")
    assert_array_equal(read(file.getvalue()).array, array)


TORCH = [
    ("tensor([[ 8.0000,  2.0000],\n        [-3.0000,  0.3333]])", [[8, 2], [-3, 0.3333]]),
    ("tensor([1.5], device='cuda:0', grad_fn=<SelectBackward0>)", [1.5]),
    ("tensor([[1., 2.]], dtype=torch.float64, requires_grad=True)", [[1, 2]]),
    ("Parameter containing:\ntensor([[1., 2.]], requires_grad=True)", [[1, 2]]),
    ("tensor(4.5000)", 4.5),
    ("[tensor([1., 2.]), tensor([3., 4.])]", [[1, 2], [3, 4]]),
    ("tensor([[1.2346e-03, -1.0000e+00]], grad_fn=<A object at 0x7f>)", [[1.2346e-3, -1]]),
    ("w.grad = tensor([[1]]);", [[1]]),
    (">>> w.grad\ntensor([[1]])", [[1]]),
    ("Array([[1., 2.]], dtype=float32)", [[1, 2]]),
    ("Array(4.5, dtype=float32, weak_type=True)", 4.5),
    ("[np.float64(1.0), np.float64(2.0)]", [1, 2]),
    ("np.array([[1, 2],\n          [3, 4]], dtype='f4')", [[1, 2], [3, 4]]),
    ("((1, 2), (3, 4))", [[1, 2], [3, 4]]),
    ("[[1, 2,],\n [3, 4,],]", [[1, 2], [3, 4]]),
    ("１，２\n３，−４", [[1, 2], [3, -4]]),
    ("\ufeff1;2", [[1, 2]]),
    ('"1","2"\n"3","4"', [[1, 2], [3, 4]]),
    ("1/3, 2/4", [[1 / 3, 0.5]]),
]


@pytest.mark.parametrize(("text", "numbers"), TORCH, ids=[text[:24] for text, _ in TORCH])
def test_what_others_print_is_read(text: str, numbers: object) -> None:
    """PyTorch, JAX, NumPy 2's scalars, Python's tuples, full-width digits, quoted cells."""
    assert_array_equal(read(text).array, np.array(numbers))


REFUSED = [
    ("", "is empty"), (" \n ", "is empty"), ("# a head", "is empty"), ("[]", "is empty"),
    ("[[], []]", "is empty"),
    ("array([[1., 2., ..., 3.]])", "set_printoptions"), ("[1, …, 2]", "set_printoptions"),
    ("[1, 2", "not closed"), ("1]", "closing bracket"), ("[1)", "closing bracket"),
    ("[1,,2]", "comma without"), ("[,1]", "comma without"), ("1,,2", "not a number in row 1, col"),
    ("[[1, 2], [3]]", "length 1"), ("1 2\n3", "length 1"), ("[1, [2]]", "list where"),
    ("[nan]", "not finite"), ("1 inf", "not finite"), ("[1e999]", "not finite"),
    ("[-np.inf]", "not finite"), ("[True]", "is true"), ("[null]", "is null"), ("1/0", "3"),
    ("a,b\n1,2", "row 1, column 1"), ("1,2\n3,x", "row 2, column 2"), ("[1-2]", "its number 1;"),
    ("[1, 2+3j]", "its number 2;"), ("{'a': 1}", "its number 1;"), ("['1']", "its number 1;"),
    ("array([1], [2])", "one array"), ("array()", "one array"), ("[" * 40, "brackets inside"),
    ("[[[[[1]]]]]", "nested"), ("__import__('os')", "its number 1;"), ("[1, x=2]", "its number 2;"),
    ("[0x10]", "its number 1;"), ("[1_0]", "its number 1;"), ("[²]", "its number 1;"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_what_is_not_an_array_is_refused_with_the_reason(text: str, reason: str) -> None:
    """And what was typed is not repeated."""
    with pytest.raises(SpecError) as caught:
        read(text)
    assert reason in str(caught.value)


PIECES = ["[", "]", "(", ")", ",", "\n", " ", "1", "-2.5", "e9", "nan", "array(", "tensor([", "])",
          "dtype=f4", "=", "'", '"', "<", ">", "...", ".", "/", "#", ";", "\t", "x", "−",
          "\0"]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join) | st.text(max_size=40))
@settings(max_examples=600, derandomize=True, deadline=None)
def test_any_text_is_an_array_or_refused(text: str) -> None:
    """Nothing else is raised, and whatever is read is finite and has four axes at most."""
    with suppress(SpecError):
        found = read(text)
        assert np.isfinite(found.array).all()
        assert found.array.ndim <= 4
        assert 0 <= found.rounding < math.inf


@pytest.mark.parametrize(
    "text",
    ["1" * 200_000 + "x", "[" + "1 " * 90_000, "a=" * 100_000, "[]," * 70_000, "[1," * 60_000,
     "[a=" * 60_000, "'" * 200_000, "[<" * 100_000, "." * 199_999, "a" * 200_000 + "(",
     "[" + "1" * 200_000 + "x]"],
    ids=lambda text: text[:6],
)  # fmt: skip
def test_long_nonsense_is_given_up_at_once(text: str) -> None:
    """No text takes time that grows faster than its length: these would never end."""
    with pytest.raises(SpecError):
        read(text)


def test_limits_are_named() -> None:
    """Of characters, of numbers, of a file's bytes."""
    few = Limits(cells=3, body_bytes=40)
    for text in ("[1, 2, 3, 4]", "1 2\n3 4", "1 2 3 4", "[],[],[],[]"):
        with pytest.raises(LimitError, match="more than 3 numbers"):
            read(text, few)
    with pytest.raises(LimitError, match="50 characters; 40 is the limit"):
        read("1" * 50, few)
    with pytest.raises(LimitError, match="50 bytes; 40 is the limit"):
        read_file(b"1" * 50, few)


@pytest.mark.parametrize(
    ("text", "rounding"),
    [
        ("tensor([[8.0000, 0.3333]])", 5e-5), ("[1.2346e-03, 1.0000e+02]", 5e-3), ("0.333", 5e-4),
        ("[1, 2]", 0), ("[0.5, 13.5]", 0), ("[0.25]", 0), ("array([0.12345679, 2.])", 5e-9),
    ],
)  # fmt: skip
def test_how_far_printing_rounds_is_known(text: str, rounding: float) -> None:
    """Half a unit of the last decimal, where there are so many that they look cut off."""
    assert read(text).rounding == pytest.approx(rounding, rel=1e-12)


def test_a_pytorch_print_is_told_from_others() -> None:
    """Because PyTorch's conv2d is a correlation, and the layer may say convolution."""
    assert read("tensor([1])").torch
    assert not read("array([1])").torch


@pytest.mark.parametrize(
    ("shape", "axes", "wanted"),
    [
        ((1, 1, 2, 3), 2, (2, 3)), ((2, 1, 2, 3), 2, (2, 1, 2, 3)), ((1,), 0, ()), ((1, 1), 0, ()),
        ((3, 1), 1, (3,)), ((1, 3), 1, (3,)), ((2, 3), 4, (1, 1, 2, 3)), ((3,), 2, (3,)),
        ((2, 3), 2, (2, 3)), ((2, 3), 1, (2, 3)),
    ],
)  # fmt: skip
def test_leading_axes_of_one_are_nobodys_mistake(
    shape: tuple[int, ...], axes: int, wanted: tuple[int, ...]
) -> None:
    """They come and go; every other axis stays."""
    assert with_axes(np.zeros(shape), axes).shape == wanted


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x00\x01\x02", "neither text"), (b"\x89PNG\r\n\x1a\n\x00", "neither text"),
        (b"1,2\x00", "neither text"), (b"\xff1", "neither text"), (b"PK\x03\x04zip", "archive"),
        (b"", "is empty"), (b"a,b\n1,2", "row 1, column 1"), (b"\xff\xfe1", "neither text"),
    ],
)  # fmt: skip
def test_a_file_of_something_else_is_refused(data: bytes, reason: str) -> None:
    """Pictures, archives, CSV with a head, half a UTF-16 character."""
    with pytest.raises(SpecError, match=reason):
        read_file(data)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_text_file_is_read_in_the_encodings_of_spreadsheets(encoding: str) -> None:
    """With and without a byte order mark."""
    assert read_file("1\t2\r\n3\t4\r\n".encode(encoding)).array.tolist() == [[1, 2], [3, 4]]
