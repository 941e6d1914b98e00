"""What a layer refuses, and how it says so: one class a kind, the field, and what would work."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from app.engine import (
    EngineError,
    GeometryError,
    Layer,
    NotFiniteError,
    ShapeError,
    ValueRangeError,
    run,
)
from app.engine.errors import times
from tests.engine.strategies import layers

MAP = np.arange(9.0).reshape(3, 3)
KERNEL = np.array([[1.0, 2.0], [3.0, 4.0]])


def layer_of(**arguments: Any) -> Layer:
    """A small good layer, with these arguments changed."""
    return Layer.of(**{"input": MAP, "kernel": KERNEL, **arguments})


# One row for each way to be refused: arguments, class, field, and what the message must say.
CHANNELS = {"input": np.ones((4, 3, 3)), "kernel": np.ones((6, 4, 2, 2))}
REFUSED: dict[str, tuple[dict[str, Any], type[EngineError], str, str]] = {
    "operation": (
        {"operation": "convolve"}, ValueRangeError, "operation", "convolution or correlation",
    ),
    "activation": (
        {"activation": "gelu"}, ValueRangeError, "activation", "identity, sigmoid, tanh, relu",
    ),
    "ragged": ({"input": [[1, 2], [3]]}, ShapeError, "input", "rectangular array of numbers"),
    "word": ({"kernel": [["a"]]}, ShapeError, "kernel", "rectangular array of numbers"),
    "huge whole number": ({"bias": 10**400}, ShapeError, "bias", "array of numbers"),
    "no rows": ({"input": []}, ShapeError, "input", "at least one number"),
    "no columns": ({"kernel": [[], []]}, ShapeError, "kernel", "at least one number"),
    "empty bias": ({"bias": []}, ShapeError, "bias", "at least one number"),
    "empty delta": ({"output_delta": [[]]}, ShapeError, "output_delta", "at least one number"),
    "nan": ({"input": [[np.nan]]}, ValueRangeError, "input", "finite"),
    "infinite kernel": ({"kernel": [[np.inf]]}, ValueRangeError, "kernel", "finite"),
    "infinite bias": ({"bias": -np.inf}, ValueRangeError, "bias", "finite"),
    "infinite delta": (
        {"output_delta": [[1, 2], [3, np.inf]]}, ValueRangeError, "output_delta", "finite",
    ),
    "1-D map": ({"input": [1, 2]}, ShapeError, "input", "H×W, C×H×W or N×C×H×W"),
    "5-D map": ({"input": np.ones((1,) * 5)}, ShapeError, "input", "H×W, C×H×W or N×C×H×W"),
    "number for a map": ({"input": 3}, ShapeError, "input", "0 axes; give H×W"),
    "4-D kernel, 2-D map": (
        {"kernel": np.ones((1, 1, 2, 2))}, ShapeError, "kernel", "4 axes; a 2-D input takes",
    ),
    "2-D kernel, 3-D map": (
        {"input": MAP[None]}, ShapeError, "kernel", "takes C_out×(C_in/groups)×kh×kw",
    ),
    "no groups": ({"groups": 0}, ValueRangeError, "groups", "an integer of at least 1"),
    "half a group": ({"groups": 0.5}, ValueRangeError, "groups", "an integer of at least 1"),
    "true groups": ({"groups": True}, ValueRangeError, "groups", "an integer of at least 1"),
    "groups, inputs": (
        {**CHANNELS, "groups": 3}, GeometryError, "groups", "divide both 4 input and 6 output",
    ),
    "groups, outputs": (
        {**CHANNELS, "groups": 4}, GeometryError, "groups", "divide both 4 input and 6 output",
    ),
    "kernel's channels": (
        {**CHANNELS, "groups": 2}, ShapeError, "kernel", "takes 4 input channels; the input has 4",
    ),
    "too few channels": (
        {**CHANNELS, "kernel": np.ones((6, 3, 2, 2))}, ShapeError, "kernel", "so give 4",
    ),
    "stride 0": ({"stride": 0}, ValueRangeError, "stride", "at least 1, or [rows, columns]"),
    "three strides": ({"stride": [1, 1, 1]}, ValueRangeError, "stride", "[rows, columns]"),
    "a list of one stride": ({"stride": [2]}, ValueRangeError, "stride", "[rows, columns]"),
    "stride 0 down": ({"stride": [0, 1]}, ValueRangeError, "stride", "at least 1"),
    "stride 0 to the right": ({"stride": [1, 0]}, ValueRangeError, "stride", "at least 1"),
    "half a stride": ({"stride": [1, 1.5]}, ValueRangeError, "stride", "an integer"),
    "dilation −1": ({"dilation": -1}, ValueRangeError, "dilation", "at least 1"),
    "true dilation": ({"dilation": [1, True]}, ValueRangeError, "dilation", "an integer"),
    "padding −1": ({"padding": -1}, ValueRangeError, "padding", "an integer of at least 0"),
    "padding −1 inside": (
        {"padding": [[0, 0], [0, -1]]}, ValueRangeError, "padding", "[[top, bottom], [left,",
    ),
    "padding −1 above": (
        {"padding": [[-1, 1], [0, 0]]}, ValueRangeError, "padding", "of at least 0",
    ),
    "padding −1 below": (
        {"padding": [[1, -1], [0, 0]]}, ValueRangeError, "padding", "of at least 0",
    ),
    "padding −1 to the left": (
        {"padding": [[0, 0], [-1, 1]]}, ValueRangeError, "padding", "of at least 0",
    ),
    "padding's name": ({"padding": "reflect"}, ValueRangeError, "padding", "valid, same or full"),
    "three paddings": ({"padding": [1, 1, 1]}, ValueRangeError, "padding", "[rows, columns]"),
    "a list of one padding": ({"padding": [1]}, ValueRangeError, "padding", "[rows, columns]"),
    "sides of one axis": ({"padding": [[1, 2]]}, ValueRangeError, "padding", "[rows, columns]"),
    "vast padding": ({"padding": 10**6}, GeometryError, "padding", "more than 2147483647 cells"),
    "three sides": ({"padding": [[1, 1, 1], 1]}, ValueRangeError, "padding", "[rows, columns]"),
    "large kernel": (
        {"kernel": np.ones((4, 1))}, GeometryError, "kernel",
        "spans 4×1 cells but the padded map has 3×3; use a smaller kernel",
    ),
    "large dilation": (
        {"dilation": [1, 3]}, GeometryError, "kernel", "kernel or dilation, or more padding",
    ),
    "two biases for one": ({"bias": [1, 2]}, ShapeError, "bias", "has shape 2; give one number"),
    "bias in a square": ({"bias": [[1]]}, ShapeError, "bias", "a list of 1, one for each output"),
    "delta's size": (
        {"output_delta": MAP}, ShapeError, "output_delta", "has shape 3×3; the output has 2×2",
    ),
    "delta's rank": (
        {"output_delta": np.ones((1, 2, 2))}, ShapeError, "output_delta", "the output has 2×2",
    ),
    "a number for delta": ({"output_delta": 1}, ShapeError, "output_delta", "shape (); the output"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    """The error's class says the kind, `field` the argument, the message what would work."""
    arguments, kind, field, says = REFUSED[case]
    with pytest.raises(EngineError) as caught:
        layer_of(**arguments)
    assert type(caught.value) is kind
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{field} ")
    assert says in str(caught.value)


@pytest.mark.parametrize("case", REFUSED)
def test_an_error_is_a_template_and_facts(case: str) -> None:
    """The sentence can be said again from its parts, which is how it is translated."""
    with pytest.raises(EngineError) as caught:
        layer_of(**REFUSED[case][0])
    error = caught.value
    assert str(error) == f"{error.field} {error.template.format(**error.facts)}"
    assert "{" not in str(error)
    assert not any(isinstance(fact, float) for fact in error.facts.values())  # all are counts


def test_codes_tell_the_kinds_apart() -> None:
    """Every kind of error has a code of its own, and is an EngineError and a ValueError."""
    kinds = [ShapeError, GeometryError, ValueRangeError, NotFiniteError]
    assert len({kind.code for kind in (EngineError, *kinds)}) == 5
    assert all(issubclass(kind, EngineError) and issubclass(kind, ValueError) for kind in kinds)


def test_codes_are_the_contracts() -> None:
    """What clients branch on does not change."""
    kinds = [EngineError, ShapeError, GeometryError, ValueRangeError, NotFiniteError]
    codes = ["invalid", "wrong_shape", "wrong_geometry", "wrong_value", "not_finite"]
    assert [kind.code for kind in kinds] == codes


def test_times() -> None:
    """A shape is written with × between its sizes."""
    assert (times(3, 2), times(7), times()) == ("3×2", "7", "")


# Hostile arguments.

CIRCLE: list[Any] = []
CIRCLE.append(CIRCLE)
DEEP: list[Any] = [1.0]
for _ in range(100):
    DEEP = [DEEP]
HUGE: list[Any] = [10**12, 2**62, 2**63, 10**30, [1, 10**30], [10**30, 1]]
HOSTILE: list[Any] = [
    *(None, True, [True, True], [[True]], "", "ab", "\0", b"", b"ab", object(), [[object()]]),
    *([], [[]], [[], []], {}, {1: 2}, {1, 2}, [None], [[None, 1], [2, 3]], [[1], [1, 2]], [1, [2]]),
    *(CIRCLE, DEEP, range(3), int, lambda: 0, slice(1, 2), NotImplemented, ...),
    *(float("nan"), float("inf"), -0.5, 1.5, 1e308, [[float("nan")]], [1.0, 1], [0.5, 0.5]),
    *(0, -1, -(10**30), [-1, -1], [[-1, 0], [0, 0]], 10**400, [[10**400]], [10**400, 1]),
    *(1j, [[1j]], np.array([[1j]]), np.complex128(1), np.array([[1 + 1j] * 2] * 2)),
    *(np.longdouble("1e4000"), np.array([[np.longdouble("1e4000")]]), np.float64(1), np.int64(-1)),
    *(np.array(1), np.array([1, 1]), np.array([]), np.ones((2, 2)), np.ones((1,) * 7)),
    *(np.array(["a", "b"]), np.array([None, 1]), np.array([(1, 2)], dtype="i8,i8")),
    *(np.array(["x"], dtype=object), np.zeros((0, 3)), np.zeros((3, 0)), np.datetime64("NaT")),
]
ARGUMENTS = [
    *("input", "kernel", "bias", "output_delta", "operation", "activation"),
    *("stride", "dilation", "padding", "groups"),
]


def escapes(argument: str, value: object) -> str | None:
    """What gets out of the engine for such an argument, other than an EngineError that names it."""
    try:
        trace = run(layer_of(**{argument: value}))
        assert trace.wires.count == len(trace.wires.table)
        assert trace.step("deltas", 0).total == trace.collected.flat[0]
    except EngineError as error:
        # the kernel is named where another argument leaves too little room for it
        return None if error.field in (argument, "kernel") else f"blames {error.field}"
    except Exception as error:  # noqa: BLE001 - any other class is the failure
        return f"{type(error).__name__}: {error}"
    return None


@pytest.mark.parametrize("argument", ARGUMENTS)
def test_hostile_values(argument: str) -> None:
    """Whatever an argument is, it is refused with an EngineError that names it, or it works."""
    found = {repr(value)[:40]: escapes(argument, value) for value in HOSTILE}
    assert {value: error for value, error in found.items() if error} == {}


@pytest.mark.parametrize("argument", ["stride", "dilation", "padding", "groups"])
def test_huge_whole_numbers(argument: str) -> None:
    """A number beyond the machine's is refused, or works: no OverflowError, no MemoryError."""
    found = {str(value): escapes(argument, value) for value in HUGE}
    assert {value: error for value, error in found.items() if error} == {}


def test_the_largest_whole_number() -> None:
    """A map may have as many cells as 32 bits count, and a stride may reach across it."""
    most = 2147483647
    dot = {"input": [[1.0]], "kernel": [[1.0]], "stride": most}
    assert layer_of(**dot, padding=[[0, 0], [0, most - 1]]).output_shape == (1, 1, 1, 1)
    with pytest.raises(GeometryError):
        layer_of(**dot, padding=[[0, 0], [0, most]])
    with pytest.raises(ValueRangeError):
        layer_of(stride=most + 1)


NUMPYS = {
    "one": np.int64(1),
    "uint": np.uint8(1),
    "array": np.array([1, 1]),
    "list": [np.int8(1)] * 2,
}


@pytest.mark.parametrize(
    ("argument", "form"),
    [*product(("stride", "dilation", "padding"), NUMPYS), ("groups", "one"), ("groups", "uint")],
)
def test_numpy_integers_are_integers(argument: str, form: str) -> None:
    """NumPy's integers count as integers, and a layer holds and gives Python's."""
    layer = layer_of(**{argument: NUMPYS[form]})
    plain = layer_of(**{argument: 1})
    for name in ("stride", "dilation", "padding", "groups", "output_shape"):
        assert repr(getattr(layer, name)) == repr(getattr(plain, name))


ZEROS, SMALL = np.zeros((3, 3)), np.full((2, 2), 1e-9)
OVERFLOWS: list[tuple[str, dict[str, Any]]] = [
    ("output", {"input": np.full((3, 3), 1e308)}),
    ("output", {"input": np.full((3, 3), 1e307), "bias": 1.7e308}),
    ("output", {"input": [[1e308, 1e308]], "kernel": [[9, -9]]}),  # ∞ − ∞
    ("collected", {"kernel": [[1e200]], "output_delta": np.full((3, 3), 1e200)}),
    ("kernel_gradient", {"input": MAP * 1e200, "output_delta": np.full((2, 2), 1e200)}),
    ("bias_gradient", {"input": ZEROS, "kernel": SMALL, "output_delta": np.full((2, 2), 1e308)}),
]


@pytest.mark.parametrize(("result", "arguments"), OVERFLOWS)
def test_overflow(result: str, arguments: dict[str, Any]) -> None:
    """Finite numbers whose results leave float64's range are refused, without a warning."""
    layer = layer_of(**arguments)
    with pytest.raises(NotFiniteError, match=f"{result} is not.*use smaller numbers") as caught:
        run(layer)
    assert (caught.value.field, caught.value.facts) == ("input", {"name": result})


def test_the_largest_and_smallest_numbers_work() -> None:
    """Numbers near both ends of float64's range are no reason to refuse or to warn."""
    layer = layer_of(input=[[1.7e308, 5e-324]], kernel=[[1.0]], output_delta=[[5e-324, 0.0]])
    for activation in ("identity", "sigmoid", "tanh", "relu"):
        assert (
            run(Layer.of([[1.7e308, 5e-324]], [[1.0]], activation=activation)).activated.max() > 0
        )
    assert run(layer).output.max() == 1.7e308


# Arrays belong to the layer.

GIVEN = ("input", "kernel", "bias", "output_delta")
COMPUTED = (
    *("activated", "activation_derivative", "output", "forward_stencil", "backward_stencil"),
    *("rotated_kernel", "collected", "input_delta", "kernel_gradient", "bias_gradient"),
)


@given(layers())
def test_arrays_are_read_only(layer: Layer) -> None:
    """Nothing in a layer or a trace can be written to, and all of it is float64."""
    trace = run(layer)
    for array in (
        *(getattr(layer, name) for name in GIVEN),
        *(getattr(trace, name) for name in COMPUTED),
    ):
        assert not array.flags.writeable
        assert array.dtype == np.float64


@pytest.mark.parametrize("bias", [0.0, [0.0]])
def test_defaults_are_read_only_too(bias: Any) -> None:
    """So are the bias given as one number and the deltas that were left out."""
    layer = layer_of(bias=bias)
    assert not any(getattr(layer, name).flags.writeable for name in GIVEN)


@pytest.mark.parametrize("name", GIVEN)
def test_the_caller_keeps_his_array(name: str) -> None:
    """A layer copies what it is given: neither can change the other, nor is a flag touched."""
    mine = {
        "input": MAP.copy(),
        "kernel": KERNEL.copy(),
        "bias": np.array([1.0]),
        "output_delta": np.ones((2, 2)),
    }
    layer = layer_of(**mine)
    before = getattr(layer, name).copy()
    assert mine[name].flags.writeable
    assert not np.shares_memory(mine[name], getattr(layer, name))
    mine[name] += 1
    assert np.array_equal(getattr(layer, name), before)
