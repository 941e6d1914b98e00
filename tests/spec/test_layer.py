"""A spec is a value; it becomes a layer only within the limits."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from app.engine import EngineError, GeometryError, ShapeError, run
from app.spec import LayerSpec, LimitError, Limits, NodeSpec, SpecError
from tests.spec.strategies import specs

BODY: dict[str, Any] = {"input": [[1, 2, 3], [4, 5, 6], [7, 8, 9]], "kernel": [[1, 2], [3, 4]]}


def _zeros(*shape: int) -> Any:
    return np.zeros(shape).tolist()


@given(specs())
@settings(derandomize=True, deadline=None, max_examples=150)
def test_a_spec_and_its_request_are_one(spec: LayerSpec) -> None:
    """The JSON body of a spec gives the spec again, and equal specs are one key."""
    again = LayerSpec.parse(spec.request())
    assert again == spec
    assert hash(again) == hash(spec)


@given(specs())
@settings(derandomize=True, deadline=None, max_examples=150)
def test_every_spec_runs_or_says_why_not(spec: LayerSpec) -> None:
    """Whatever fits together runs; the work foreseen covers the forward pass."""
    try:
        layer = spec.layer()
        trace = run(layer)
    except EngineError:
        return
    assert spec.work >= layer.work
    assert trace.output.shape == layer.output_shape


def test_different_specs_are_different() -> None:
    """Each field counts, and so does an array's shape."""
    base = LayerSpec.parse(BODY)
    others = [
        {"input": _zeros(3, 3)}, {"kernel": [[1, 2, 3, 4]]}, {"bias": 1}, {"stride": 2},
        {"dilation": 2}, {"padding": 1}, {"padding": "valid"}, {"operation": "correlation"},
        {"activation": "tanh"}, {"output_delta": [[1, 1], [1, 1]]}, {"groups": 2},
    ]  # fmt: skip
    keys = {LayerSpec.parse({**BODY, **other}).key for other in others}
    assert len(keys) == len(others)
    assert base.key not in keys
    node, other = (NodeSpec.parse({**BODY, "node": [0, x]}) for x in (0, 1))
    assert node.key == other.key == base.key
    assert len({base, node, other}) == 3
    assert base != "a string"


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"stride": 0}, "/stride", "at least 1"),
    ({"stride": True}, "/stride", "at least 1"),
    ({"stride": 1.0}, "/stride", "at least 1"),
    ({"stride": "1"}, "/stride", "at least 1"),
    ({"stride": None}, "/stride", "at least 1"),
    ({"stride": [1, 0]}, "/stride/1", "at least 1"),
    ({"stride": [1]}, "/stride", "[rows, columns]"),
    ({"dilation": [1, 2, 3]}, "/dilation", "[rows, columns]"),
    ({"dilation": -1}, "/dilation", "at least 1"),
    ({"padding": -1}, "/padding", "at least 0"),
    ({"padding": "SAME"}, "/padding", "must be one of valid, same, full"),
    ({"padding": [1, 2, 3]}, "/padding", "[[top, bottom], [left, right]]"),
    ({"padding": [1, [2]]}, "/padding/1", "before and after"),
    ({"padding": [[1, 1], [2, -1]]}, "/padding/1/1", "at least 0"),
    ({"padding": [[True, 1], [2, 1]]}, "/padding/0/0", "at least 0"),
    ({"groups": 0}, "/groups", "at least 1"),
    ({"groups": [1]}, "/groups", "at least 1"),
    ({"operation": "cross"}, "/operation", "convolution, correlation"),
    ({"operation": ["correlation"]}, "/operation", "convolution, correlation"),
    ({"activation": "gelu"}, "/activation", "identity, sigmoid, tanh, relu"),
    ({"activation": {}}, "/activation", "identity, sigmoid, tanh, relu"),
    ({"bias": [[1]]}, "/bias", "is nested 2"),
    ({"bias": True}, "/bias", "is true"),
    ({"bias": []}, "/bias", "is empty"),
    ({"bias": [None]}, "/bias/0", "is null"),
    ({"kernel": [[[1]]]}, "/kernel", "is nested 3 deep"),
    ({"strides": 1}, "", "unknown field"),
    ({"input": None}, "/input", "is not a list"),
]


@pytest.mark.parametrize(("change", "pointer", "says"), WRONG, ids=lambda v: str(v)[:40])
def test_every_field_says_what_it_takes(change: dict[str, Any], pointer: str, says: str) -> None:
    """Types are strict: true is not 1, and 1.0 is not a whole number."""
    with pytest.raises(SpecError) as caught:
        LayerSpec.parse({**BODY, **change})
    assert caught.value.pointer == pointer
    assert says in str(caught.value)


def test_all_faults_are_found_at_once() -> None:
    """A reader who made three mistakes is told three."""
    with pytest.raises(SpecError) as caught:
        LayerSpec.parse({"kernel": [[None]], "stride": 0, "x": 1})
    pointers = [e.pointer for e in (caught.value, *caught.value.others)]
    assert sorted(pointers) == ["", "/input", "/kernel/0/0", "/stride"]
    with pytest.raises(SpecError, match="layers"):
        LayerSpec.parse({**BODY, "stride": 0}, at=("layers", 2))


@pytest.mark.parametrize("value", [None, [], 3, "x", [BODY]])
def test_only_an_object_is_a_layer(value: Any) -> None:
    """And the whole request is what is wrong."""
    with pytest.raises(SpecError, match="request is not a JSON object") as caught:
        LayerSpec.parse(value)
    assert caught.value.pointer == ""


TOO_MUCH: list[tuple[dict[str, Any], str]] = [
    ({"padding": 10**9}, "/padding"),
    ({"padding": [[0, 0], [0, 10**18]]}, "/padding/1/1"),
    ({"stride": 10**9}, "/stride"),
    ({"stride": 2**64}, "/stride"),
    ({"dilation": [1, 10**12]}, "/dilation/1"),
    ({"groups": 10**12}, "/groups"),
    ({"input": _zeros(1, 257)}, "/input"),
    ({"input": _zeros(257, 2)}, "/input"),
    ({"input": _zeros(250, 250), "kernel": _zeros(100, 100)}, "/input"),
    # a small output of a large padded map, and a large output of a small map
    ({"input": _zeros(1000, 1, 1), "kernel": _zeros(1, 1000, 1, 1), "padding": 256,
      "stride": 256}, "/input"),
    ({"input": _zeros(1, 1, 1), "kernel": _zeros(100, 1, 1, 1), "padding": 100}, "/kernel"),
    ({"input": _zeros(2, 2), "kernel": _zeros(256, 256), "padding": "full"}, "/input"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "pointer"), TOO_MUCH, ids=lambda v: str(v)[:40])
def test_too_much_is_refused_before_it_is_made(change: dict[str, Any], pointer: str) -> None:
    """Sizes are multiplied, not allocated: refusing costs next to nothing."""
    tracemalloc.start()
    try:
        with pytest.raises(LimitError) as caught:
            LayerSpec.parse({**BODY, **change}).layer()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert caught.value.pointer == pointer
    assert "limit" in caught.value.template
    assert peak < 8e6  # what the arrays themselves need as nested lists and float64


WORK = [
    # forward: 9×9 windows (padding!) of 2×2 taps, more than the 7×7 cells' 4
    ({"input": _zeros(7, 7), "kernel": _zeros(3, 3), "padding": 2}, 81 * 9),
    # collecting: every cell meets every tap, whatever the stride
    ({"input": _zeros(9, 9), "kernel": _zeros(5, 5), "stride": 4}, 81 * 25),
    # the gradient: of 7 padded cells 2 windows of 2 taps start 3 apart, and 2 deltas that lie 3
    # apart slide over 7 − 3 = 4 places; 3×3 pairs of channels
    (
        {"input": _zeros(3, 1, 1), "kernel": _zeros(3, 3, 2, 2), "padding": 3, "stride": 3},
        9 * (2 * 4) ** 2,
    ),
    # cells of the padded map, all channels
    (
        {"input": _zeros(3, 1, 1), "kernel": _zeros(1, 3, 1, 1), "padding": 10, "stride": 99},
        3 * 441,
    ),
    # deltas among zeros: a window 21 wide needs 20 on each side
    ({"input": _zeros(21, 21), "kernel": _zeros(2, 2), "dilation": 20}, (21 + 40) ** 2),
]


@pytest.mark.parametrize(
    ("body", "work"), WORK, ids=["forward", "back", "gradient", "map", "delta"]
)
def test_the_work_is_that_of_the_longest_pass(body: dict[str, Any], work: int) -> None:
    """Each of the five can be the longest."""
    assert LayerSpec.parse(body).work == work


def test_what_is_just_within_the_limits_runs() -> None:
    """The limits are the first refused size, and not the last allowed one."""
    limits = Limits(side=4, cells=36, work=144, wires=1)
    spec = LayerSpec(input=np.ones((4, 4)), kernel=np.ones((2, 2)), padding=1)
    assert spec.work == 25 * 4
    assert spec.layer(limits).output_shape == (1, 1, 5, 5)
    with pytest.raises(LimitError, match="100 multiplications"):
        spec.layer(Limits(work=99))
    with pytest.raises(LimitError, match="output of 25 numbers"):
        spec.layer(Limits(cells=24))
    with pytest.raises(LimitError, match="4 rows"):
        spec.layer(Limits(side=3))


def test_the_engine_still_refuses_what_does_not_belong_together() -> None:
    """Limits come first, but the engine's own rules are the engine's."""
    with pytest.raises(GeometryError, match="kernel spans 4×4"):
        LayerSpec.parse({**BODY, "kernel": _zeros(4, 4)}).layer()
    with pytest.raises(ShapeError, match="a 2-D input takes a kernel kh×kw"):
        LayerSpec.parse({**BODY, "kernel": _zeros(1, 1, 2, 2)}).layer()
    with pytest.raises(ShapeError, match="output_delta has shape 1×1"):
        LayerSpec.parse({**BODY, "output_delta": [[1]]}).layer()


def test_importing_code_may_use_short_forms() -> None:
    """Keyword arguments go through the same parsers as JSON."""
    spec = LayerSpec(input=np.ones((3, 3)), kernel=np.ones((2, 2)), stride=2, padding=(1, 0))
    assert (spec.stride, spec.padding) == ((2, 2), ((1, 1), (0, 0)))
    assert not spec.input.flags.writeable
    assert spec.request()["padding"] == [1, 0]
