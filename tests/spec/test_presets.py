"""Every preset runs and shows what it says."""

from __future__ import annotations

import numpy as np
import pytest

from app.engine import Trace, run
from app.engine.stencil import rotate180
from app.spec import PRESETS, Preset, View, decode, encode

NAMES = list(PRESETS)


def _trace(name: str) -> Trace:
    return run(PRESETS[name].spec.layer())


@pytest.mark.parametrize("preset", PRESETS.values(), ids=NAMES)
def test_a_preset_runs_and_has_a_permalink(preset: Preset) -> None:
    """And a label and one sentence."""
    assert run(preset.spec.layer()).wires.count > 0
    assert decode(encode(preset.spec)) == preset.spec
    assert preset.note.endswith(".")
    assert preset.label


def test_the_first_is_the_articles() -> None:
    """No delta that it collects is zero, in either mode."""
    assert NAMES[0] == "article"
    spec = PRESETS["article"].spec
    assert run(spec.layer()).collected[0, 0].tolist() == [[8, 2, -3], [6, 13.5, 8], [1, 6.5, 3]]
    other = spec.model_copy(update={"operation": "correlation"})
    assert run(other.layer()).collected.all()


@pytest.mark.parametrize("name", NAMES)
def test_deltas_and_kernels_are_asymmetric_unless_that_is_the_point(name: str) -> None:
    """Symmetric numbers would hide the turn."""
    trace = _trace(name)
    delta, kernel = trace.layer.output_delta, trace.layer.kernel
    for turned in (rotate180(delta), delta[..., ::-1], delta[..., ::-1, :]):
        assert not np.array_equal(turned, delta)
    assert np.array_equal(rotate180(kernel), kernel) == (name in ("blur", "sharpen"))


def test_one_delta_stamps_the_forward_stencil() -> None:
    """The note's own words."""
    trace = _trace("one_delta")
    assert np.array_equal(trace.collected[0, 0, 1:3, 2:4], trace.forward_stencil[0, 0])
    assert np.count_nonzero(trace.collected) == 4


def test_one_weight_has_one() -> None:
    """All other wires carry nothing."""
    assert np.count_nonzero(PRESETS["one_weight"].spec.kernel) == 1


def test_sobel_turned_is_sobel_negated() -> None:
    """The note's own words."""
    kernel = PRESETS["sobel"].spec.kernel
    assert np.array_equal(rotate180(kernel), -kernel)


def test_stride_2_leaves_a_row_and_a_column_over() -> None:
    """They feed nothing."""
    trace = _trace("stride_2")
    assert not trace.collected[..., -1, :].any()
    assert not trace.collected[..., -1].any()


def test_the_digit_is_a_picture() -> None:
    """784 nodes, 576 outputs, 14,400 wires, as its note says; its permalink is bytes."""
    trace = _trace("digit")
    sizes = (trace.layer.input.size, trace.output.size, trace.wires.count)
    assert sizes == (784, 576, 14_400)
    ink = trace.layer.input.mean()
    assert 0.05 < ink < 0.3
    assert encode(PRESETS["digit"].spec).startswith("1~i=28x28:!")


@pytest.mark.parametrize(
    ("query", "view"),
    [
        ({}, View()),
        ({"phase": "forward", "step": "2", "term": "1", "member": "0"}, View("forward", 2, 1, 0)),
        ({"phase": "sideways", "step": "-1", "term": "x", "member": "१"}, View()),
        ({"step": "9" * 5000}, View()),
        ({"step": "99"}, View(step=8)),
        ({"phase": "weights", "step": "99", "term": "99", "member": "9"}, View("weights", 3, 4, 0)),
        ({"term": "-1"}, View()),
    ],
)
def test_a_view_is_read_leniently(query: dict[str, str], view: View) -> None:
    """A link that was cut or edited by hand still shows something."""
    assert View.of(query).within(_trace("article")) == view
    assert View.of(view.query()) == view
