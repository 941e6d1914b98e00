"""What a reader does to a layer: every edit gives another layer, or says why not."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from app.engine import EngineError
from app.spec import (
    PRESETS,
    LayerSpec,
    LimitError,
    Limits,
    SpecError,
    changes,
    decode,
    encode,
)
from app.spec.changes import KINDS, MOST_ROWS, apply, refit
from tests.contract.bodies import BODIES

ARTICLE = PRESETS["article"].spec
SPECS = {
    **{name: preset.spec for name, preset in PRESETS.items()},
    **{f"body: {name}": LayerSpec.parse(body) for name, body in BODIES.items()},
}
BOUNDED = settings(max_examples=80, derandomize=True, deadline=None)
NAMES = st.sampled_from(sorted(set(SPECS) - {"digit"}))


def _refused(change: dict[str, Any], spec: LayerSpec = ARTICLE) -> str:
    before = encode(spec)
    with pytest.raises(EngineError) as caught:
        apply(spec, change)
    assert encode(spec) == before
    return str(caught.value)


@given(NAMES, st.sampled_from(["input", "kernel", "output_delta"]), st.data())
@BOUNDED
def test_a_cell_is_set_and_no_other(name: str, field: str, data: st.DataObject) -> None:
    """One number of one array; deltas left to be all ones are written down then."""
    spec = SPECS[name]
    layer = spec.layer()
    before = getattr(spec, field)
    before = layer.ranked(layer.output_delta) if before is None else before
    cell = data.draw(st.integers(0, before.size - 1))
    value = data.draw(st.integers(-50, 50))
    after = apply(spec, {"kind": "cell", "field": field, "cell": cell, "text": f" {value}/4 "})
    expected = before.copy()
    expected.flat[cell] = value / 4
    assert_array_equal(getattr(after, field), expected)
    assert after == LayerSpec.parse({**spec.request(), field: expected.tolist()})
    nudged = apply(spec, {"kind": "nudge", "field": field, "cell": cell, "by": -1})
    expected.flat[cell] = before.flat[cell] - 1
    assert_array_equal(getattr(nudged, field), expected)


@given(NAMES, st.sampled_from(["input", "kernel", "output_delta"]), st.data())
@BOUNDED
def test_a_pasted_block_lies_from_the_chosen_cell_on(
    name: str, field: str, data: st.DataObject
) -> None:
    """Right and down, within its own channel; the rest stays."""
    spec = apply(SPECS[name], {"kind": "random", "seed": 5})
    before = getattr(spec, field)
    cell = data.draw(st.integers(0, before.size - 1))
    *tile, top, left = (int(i) for i in np.unravel_index(cell, before.shape))
    rows = data.draw(st.integers(1, before.shape[-2] - top))
    columns = data.draw(st.integers(1, before.shape[-1] - left))
    block = np.arange(100, 100 + rows * columns).reshape(rows, columns)
    after = getattr(_pasted(spec, field, cell, block), field)
    expected = before.copy()
    expected[(*tile, slice(top, top + rows), slice(left, left + columns))] = block
    assert_array_equal(after, expected)


def _pasted(spec: LayerSpec, field: str, cell: int, block: np.ndarray) -> LayerSpec:
    text = "\n".join("\t".join(map(str, row)) for row in block.tolist())
    return apply(spec, {"kind": "paste", "field": field, "cell": cell, "text": text})


def test_a_map_or_a_kernel_grows_for_a_larger_block() -> None:
    """From the second cell of the second row on; what is left free gets small uneven numbers."""
    block = np.arange(10, 22).reshape(3, 4)
    after = _pasted(ARTICLE, "input", 4, block).input
    assert after.shape == (4, 5)
    assert_array_equal(after[1:, 1:], block)
    assert_array_equal(after[0, :3], ARTICLE.input[0])
    kernel = _pasted(ARTICLE, "kernel", 0, np.arange(1, 10).reshape(3, 3)).kernel
    assert kernel.tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]


@pytest.mark.parametrize(
    ("field", "cell", "shape"), [("output_delta", 0, (2, 3)), ("output_delta", 3, (2, 1)),
                                 ("input", 0, (65, 1)), ("kernel", 1, (1, 15))]
)  # fmt: skip
def test_what_does_not_fit_is_refused_whole(field: str, cell: int, shape: tuple[int, int]) -> None:
    """Deltas have the output's shape, and maps end somewhere: nothing is cut off in silence."""
    with pytest.raises(SpecError) as caught:
        _pasted(ARTICLE, field, cell, np.ones(shape))
    assert caught.value.facts["got"] == f"{shape[0]}×{shape[1]}"
    room = str(caught.value.facts["room"])
    rows, columns = map(int, room.split("×"))
    assert rows < shape[0] or columns < shape[1]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("operation", "correlation"), ("activation", "tanh"), ("stride", 2), ("stride", [1, 2]),
        ("dilation", 2), ("padding", "same"), ("padding", [[1, 0], [0, 1]]), ("padding", 1),
    ],
)  # fmt: skip
def test_a_setting_is_set(field: str, value: Any) -> None:
    """As the JSON body takes it, with deltas that fit."""
    after = apply(ARTICLE, {"kind": "set", "field": field, "value": value})
    body = {k: v for k, v in ARTICLE.request().items() if k != "output_delta"}
    alone = LayerSpec.parse({**body, field: value})
    assert getattr(after, field) == getattr(alone, field)
    assert after.output_delta is not None
    assert after.output_delta.shape == alone.layer().output_shape[2:]


def test_a_bias_is_one_number_or_one_for_each_output() -> None:
    """Separated like anything that is pasted."""
    spec = SPECS["channels"]
    assert apply(spec, {"kind": "bias", "text": "−1/2"}).bias.tolist() == -0.5
    assert apply(spec, {"kind": "bias", "text": "1, 2"}).bias.tolist() == [1, 2]
    assert "bias" in _refused({"kind": "bias", "text": "1, 2, 3"}, spec)


@given(st.integers(1, 16), st.integers(1, 16))
@BOUNDED
def test_a_map_of_another_size_keeps_what_has_a_place(rows: int, columns: int) -> None:
    """And so do its deltas; a map that the kernel does not fit is refused."""
    change = {"kind": "size", "field": "input", "rows": rows, "columns": columns}
    if min(rows, columns) < 2:
        assert _refused(change).startswith("kernel")
        return
    after = apply(ARTICLE, change)
    assert after.input.shape == (rows, columns)
    y, x = min(rows, 3), min(columns, 3)
    assert_array_equal(after.input[:y, :x], ARTICLE.input[:y, :x])
    assert after.output_delta is not None
    assert ARTICLE.output_delta is not None
    assert after.output_delta.shape == (rows - 1, columns - 1)
    kept = min(rows - 1, 2), min(columns - 1, 2)
    assert_array_equal(
        after.output_delta[: kept[0], : kept[1]], ARTICLE.output_delta[: kept[0], : kept[1]]
    )


@given(st.lists(st.integers(1, 5), min_size=2, max_size=4), st.data())
@BOUNDED
def test_refitting_keeps_the_common_part_and_fills_unevenly(
    shape: list[int], data: st.DataObject
) -> None:
    """New numbers are small, not zero, and no turn maps a new plane onto itself."""
    wanted = tuple(data.draw(st.integers(1, 6)) for _ in shape)
    array = np.arange(100.0, 100.0 + math.prod(shape)).reshape(shape)
    found = refit(array, wanted)
    assert found.shape == wanted
    for index in np.ndindex(*wanted):
        inside = all(i < size for i, size in zip(index, shape, strict=True))
        assert found[index] == array[index] if inside else 0 < abs(found[index]) <= 3
    fresh = refit(np.zeros((1,) * len(wanted)), wanted)
    for plane in fresh.reshape(-1, *wanted[-2:]):
        assert plane.size < 3 or not np.array_equal(plane, np.flip(plane))


@given(NAMES, st.integers(0, 2**32 - 1))
@BOUNDED
def test_random_numbers_are_the_seeds(name: str, seed: int) -> None:
    """Small whole numbers, none of them 0; the same seed, the same layer; geometry stays."""
    spec = SPECS[name]
    after = apply(spec, {"kind": "random", "seed": seed})
    assert after == apply(spec, {"kind": "random", "seed": seed})
    assert after != apply(spec, {"kind": "random", "seed": (seed + 1) % 2**32})
    for field in changes.ARRAYS:
        values = getattr(after, field)
        assert set(np.abs(values).ravel()) <= {1, 2, 3, 4, 5}
    assert after.input.shape == spec.input.shape
    assert after.kernel.shape == spec.kernel.shape
    assert after.layer().output_shape == spec.layer().output_shape


def test_a_seed_gives_the_same_numbers_on_every_machine() -> None:
    """A teacher can say it aloud."""
    after = apply(ARTICLE, {"kind": "random", "seed": 180})
    assert after.input.tolist() == [[-2, 3, 3], [-4, -3, 3], [5, -2, 3]]
    assert after.kernel.tolist() == [[-5, -2], [-1, -3]]


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_replaces_everything(name: str) -> None:
    """Whatever stood there before."""
    assert apply(SPECS["body: batch"], {"kind": "preset", "name": name}) == PRESETS[name].spec


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({}, "/change/kind"), ({"kind": "explode"}, "/change/kind"), ({"kind": 3}, "/change/kind"),
        ({"kind": "cell", "field": "bias", "cell": 0, "text": "1"}, "/change/field"),
        ({"kind": "cell", "field": "input", "cell": 9, "text": "1"}, "/change/cell"),
        ({"kind": "cell", "field": "input", "cell": -1, "text": "1"}, "/change/cell"),
        ({"kind": "cell", "field": "input", "cell": True, "text": "1"}, "/change/cell"),
        ({"kind": "paste", "field": "input", "cell": "0", "text": "1"}, "/change/cell"),
        ({"kind": "set", "field": "input", "value": 1}, "/change/field"),
        ({"kind": "set", "field": "stride", "value": 0}, "/stride"),
        ({"kind": "set", "field": "padding", "value": "wide"}, "/padding"),
        ({"kind": "set", "field": "operation"}, "/operation"),
        ({"kind": "bias", "text": ""}, "/change/text"),
        ({"kind": "size", "field": "input", "rows": 17, "columns": 3}, "/change/rows"),
        ({"kind": "size", "field": "kernel", "rows": 8, "columns": 1}, "/change/rows"),
        ({"kind": "size", "field": "kernel", "rows": 0, "columns": 1}, "/change/rows"),
        ({"kind": "size", "field": "kernel", "rows": 1.0, "columns": 1}, "/change/rows"),
        ({"kind": "step", "name": "stride", "by": 2}, "/change/by"),
        ({"kind": "step", "name": None, "by": 1}, "/change/by"),
        ({"kind": "step", "name": "bias.rows", "by": 1}, "/change/field"),
        ({"kind": "nudge", "field": "input", "cell": 0, "by": 0.5}, "/change/by"),
        ({"kind": "preset", "name": "mine"}, "/change/name"),
        ({"kind": "random", "seed": -1}, "/change/seed"),
        ({"kind": "random", "seed": 2**32}, "/change/seed"),
        ({"kind": "random", "seed": 1.0}, "/change/seed"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_by_place(change: dict[str, Any], pointer: str) -> None:
    """Each kind's own refusals; the layer is what it was."""
    before = encode(ARTICLE)
    with pytest.raises(SpecError) as caught:
        apply(ARTICLE, change)
    assert caught.value.pointer == pointer
    assert encode(ARTICLE) == before


ANY = (
    st.none() | st.booleans() | st.integers(-3, 40) | st.floats() | st.text(max_size=5)
    | st.sampled_from([*changes.ARRAYS, *changes.SETTINGS, "input.rows", "sobel", "1\t2", "same"])
)  # fmt: skip
FIELDS = ["field", "cell", "text", "value", "rows", "columns", "name", "by", "seed"]


@given(NAMES, st.sampled_from(sorted(KINDS)), st.dictionaries(st.sampled_from(FIELDS), ANY))
@settings(max_examples=400, derandomize=True, deadline=None)
def test_any_change_is_a_layer_with_a_permalink_or_refused(
    name: str, kind: str, change: dict[str, Any]
) -> None:
    """Nothing else is raised, and whatever comes of it can be computed and sent."""
    with suppress(EngineError):
        after = apply(SPECS[name], {**change, "kind": kind})
        assert decode(encode(after)) == after
        assert after.layer().output_delta.size > 0


def test_limits_hold_for_changes_too() -> None:
    """What is too much for a request is too much for an edit."""
    few = Limits(work=60)
    larger = apply(ARTICLE, {"kind": "size", "field": "input", "rows": 3, "columns": 4}, few)
    assert larger.input.size == 12
    with pytest.raises(LimitError):
        apply(ARTICLE, {"kind": "size", "field": "input", "rows": 16, "columns": 16}, few)
    assert set(MOST_ROWS) == {"input", "kernel"}


def test_a_side_may_grow_to_its_own_end() -> None:
    """A wide picture's rows do not get its columns' length to grow to."""
    spec = LayerSpec(input=[[1.0] * 20] * 16, kernel=[[1.0, 2.0]])
    with pytest.raises(SpecError, match="1 to 16"):
        apply(spec, {"kind": "step", "name": "input.rows", "by": 1})


@pytest.mark.parametrize("text", ["1,,2", "1\t\t2", "1;;2", ",1"])
def test_a_hole_in_what_is_pasted_is_refused(text: str) -> None:
    """To close it up would put a number where it was not meant."""
    spec = LayerSpec(input=[[1.0, 2.0, 3.0]], kernel=[[1.0]])
    with pytest.raises(SpecError, match="is not a number"):
        apply(spec, {"kind": "paste", "field": "input", "cell": 0, "text": text})


def test_a_separator_may_end_a_line() -> None:
    """As some programs write it."""
    spec = LayerSpec(input=[[1.0, 2.0, 3.0]], kernel=[[1.0]])
    pasted = apply(spec, {"kind": "paste", "field": "input", "cell": 0, "text": "7,8,\n"})
    assert pasted.input.tolist() == [[7.0, 8.0, 3.0]]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("13.5", 13.5), (" −2 ", -2.0), ("1/4", 0.25), ("2·1 + (−1)·2 + 0.5·3 + 3·4", 13.5),
        ("2*4 - -1", 9.0), ("3×4÷2", 6.0), ("２＋３", 5.0), ("1e2", 100.0),
    ],
)  # fmt: skip
def test_a_guess_may_be_written_out(text: str, value: float) -> None:
    """As a number, or as the sum that it is."""
    assert changes.reckoned(text) == value


@pytest.mark.parametrize(
    "text",
    [None, 3, "", "x", "2**3", "9**9**9", "1//2", "a.b", "(1,2)", "[1]", "1 if 1 else 2", "True",
     "1/0", "1e999", "(" * 150 + "1" + ")" * 150, "__import__('os')", "1;2", "1=2", "'1'", "1j",
     "-" * 199, "x" * 10_000, "\0", "λ"],
)  # fmt: skip
def test_a_guess_is_arithmetic_and_nothing_else(text: object) -> None:
    """Nothing is evaluated but sums and products of numbers."""
    with pytest.raises(SpecError):
        changes.reckoned(text)


@given(st.text(alphabet="0123456789.+-*/()e·− \n", max_size=60))
@BOUNDED
def test_whatever_is_guessed_is_a_number_or_refused(text: str) -> None:
    """No warning, no other error."""
    with suppress(SpecError):
        assert math.isfinite(changes.reckoned(text))
