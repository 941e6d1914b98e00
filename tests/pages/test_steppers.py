"""A stepper offers what :mod:`app.spec.changes` accepts, and ends where the geometry ends."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.answers import trace_of
from app.engine import EngineError
from app.pages.controls import Stepper, controls
from app.spec import PRESETS, LayerSpec, View, changes
from app.words import LANGUAGES
from tests.engine.strategies import OPERATIONS, SEEDS, eighths

BOUNDED = settings(max_examples=100, derandomize=True, deadline=None)
NAMES = ("input.rows", "input.columns", "kernel.rows", "kernel.columns", "stride", "padding",
         "dilation")  # fmt: skip


def _steppers(spec: LayerSpec, language: str = "en") -> dict[str, Stepper]:
    found = controls(spec, trace_of(spec), View(), language).steppers
    return {stepper.name: stepper for stepper in found}


def _stepped(spec: LayerSpec, name: str, by: int) -> LayerSpec | None:
    """The layer after a press of a button; None if it is refused."""
    try:
        return changes.apply(spec, {"kind": "step", "name": name, "by": by})
    except EngineError:
        return None


@st.composite
def specs(draw: st.DrawFn, *, square: bool = False) -> LayerSpec:
    """Layers as the lab's own controls make them: one stride, dilation and padding for all."""
    dilation, padding = draw(st.integers(1, 3)), draw(st.integers(0, 3))
    sides = [draw(st.integers(1, 9))] * 2 if square else [draw(st.integers(1, 9)) for _ in "yx"]
    most = [(side + 2 * padding - 1) // dilation + 1 for side in sides]
    taps = [draw(st.integers(1, min(7, m))) for m in most]
    taps = [taps[0]] * 2 if square else taps
    seed = draw(SEEDS)
    body: dict[str, Any] = {
        "input": eighths(seed, sides).tolist(),
        "kernel": eighths(seed + 1, taps).tolist(),
        "operation": draw(st.sampled_from(OPERATIONS)),
        "stride": draw(st.integers(1, 4)),
        "dilation": dilation,
        "padding": padding,
    }
    spec = LayerSpec.parse(body)
    shape = spec.layer().output_shape[2:]
    return LayerSpec.parse({**body, "output_delta": eighths(seed + 2, shape).tolist()})


@given(specs(), st.sampled_from(NAMES), st.sampled_from([1, -1]))
@BOUNDED
def test_a_button_that_can_be_pressed_does_what_it_says(
    spec: LayerSpec, name: str, by: int
) -> None:
    """The value goes by one, nothing is refused, and nothing else that can be set is changed."""
    before = _steppers(spec)
    stepper = before[name]
    if not (stepper.value < stepper.most if by > 0 else stepper.value > stepper.least):
        return
    after = _stepped(spec, name, by)
    assert after is not None
    values = {n: s.value for n, s in _steppers(after).items()}
    assert values == {n: s.value for n, s in before.items()} | {name: stepper.value + by}


@given(
    st.tuples(st.integers(3, 7), st.integers(3, 7)),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.fixed_dictionaries(
        {
            "stride": st.lists(st.integers(1, 3), min_size=2, max_size=2),
            "dilation": st.lists(st.integers(1, 2), min_size=2, max_size=2),
            "padding": st.sampled_from(["valid", "same", "full", [[0, 1], [2, 0]]]),
        }
    ),
    st.sampled_from(NAMES),
    st.sampled_from([1, -1]),
)
@BOUNDED
def test_uneven_layers_and_named_paddings_are_stepped_too(
    size: tuple[int, int], taps: tuple[int, int], given_: dict[str, Any], name: str, by: int
) -> None:
    """A link may hold a stride of 3×1: what can be pressed is not refused, and shows both."""
    body = {"input": eighths(1, size).tolist(), "kernel": eighths(2, taps).tolist(), **given_}
    try:
        spec = LayerSpec.parse(body)
        spec.layer()
    except EngineError:
        return  # no such layer
    stepper = _steppers(spec)[name]
    if name in ("stride", "dilation"):
        pair = given_[name]
        assert stepper.text == ("" if pair[0] == pair[1] else f"{pair[0]}×{pair[1]}")
    if stepper.value < stepper.most if by > 0 else stepper.value > stepper.least:
        assert _stepped(spec, name, by) is not None


@given(specs(square=True), st.sampled_from(NAMES), st.sampled_from([1, -1]))
@BOUNDED
def test_a_button_that_cannot_be_pressed_would_do_nothing(
    spec: LayerSpec, name: str, by: int
) -> None:
    """One beyond an end is refused, or makes no difference, or windows that meet only zeros."""
    stepper = _steppers(spec)[name]
    if stepper.value < stepper.most if by > 0 else stepper.value > stepper.least:
        return
    after = _stepped(spec, name, by)
    if after is None:
        return
    assert by > 0
    was, now = trace_of(spec), trace_of(after)
    if name == "padding":
        fed = [len(now.wires.of_target(cell)) for cell in range(now.step_count("forward"))]
        assert 0 in fed
    else:
        assert name in ("stride", "dilation")
        assert now.output.tolist() == was.output.tolist()


def test_the_stride_goes_on_while_it_changes_anything() -> None:
    """A flat map has one window up and down and several across: they can still be set apart."""
    spec = LayerSpec(input=[[1.0] * 10] * 3, kernel=[[1.0, 2.0], [3.0, 4.0]], stride=2)
    stepper = _steppers(spec)["stride"]
    after = _stepped(spec, "stride", 1)
    assert after is not None
    assert after.layer().output_shape != spec.layer().output_shape
    assert stepper.value < stepper.most, stepper.over


def test_a_flat_kernel_can_be_dilated() -> None:
    """One row has no holes to widen, but its columns have."""
    spec = LayerSpec(input=[[1.0] * 6] * 6, kernel=[[1.0, 2.0, 3.0]])
    stepper = _steppers(spec)["dilation"]
    assert _stepped(spec, "dilation", 1) is not None
    assert stepper.value < stepper.most, stepper.over


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PRESETS)
def test_every_end_has_a_reason(name: str, language: str) -> None:
    """Seven steppers, each between its ends unless a preset is beyond what buttons reach."""
    found = _steppers(PRESETS[name].spec, language)
    assert tuple(found) == NAMES
    for stepper in found.values():
        assert stepper.least <= stepper.most or name == "digit"
        assert stepper.least <= stepper.value
        assert all(text.endswith("." if language == "en" else "。") for text in (
            stepper.under, stepper.over))  # fmt: skip


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("input.rows", 2, 16), ("kernel.columns", 1, 3), ("stride", 1, 2), ("padding", 0, 1),
        ("dilation", 1, 2),
    ],
)  # fmt: skip
def test_the_articles_example_goes_so_far(name: str, least: int, most: int) -> None:
    """The map may shrink to the stencil, the kernel may grow to the map."""
    stepper = _steppers(PRESETS["article"].spec)[name]
    assert (stepper.least, stepper.most) == (least, most)


def test_a_picture_can_shrink_but_not_grow() -> None:
    """28 rows are more than the buttons make; they go down from there, not up."""
    spec = PRESETS["digit"].spec
    stepper = _steppers(spec)["input.rows"]
    assert (stepper.value, stepper.most) == (28, 16)
    smaller = _stepped(spec, "input.rows", -1)
    assert smaller is not None
    assert smaller.input.shape == (27, 28)
    assert _stepped(spec, "input.rows", 1) is None
