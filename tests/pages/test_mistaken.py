"""A mistake switched on, and a guess: what is said of them is what the numbers are."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine import Layer, Trace, run
from app.engine.mistakes import CODES
from app.pages.mistaken import SWITCHED, mistaken, occurring, wrong_deltas
from app.pages.prediction import TOLERANCE, judge
from app.spec import PRESETS, View, encode
from app.spec.presets import DENSE
from app.words import LANGUAGES
from app.words.numbers import short
from tests.figures.drawn import preset, traces
from tests.pages.reader import Page, post, unfinished
from tests.words.markup import value_of

BOUNDED = settings(max_examples=30, derandomize=True, deadline=None)


@given(traces(), st.sampled_from(SWITCHED), st.sampled_from(sorted(LANGUAGES)))
@BOUNDED
def test_any_layer_can_be_got_wrong(trace: Trace, code: str, language: str) -> None:
    """There is a mistake to choose, its maps are drawn, and something is said of it.

    Only a layer without space and without σ gives no occasion: it says so.
    """
    found = mistaken(trace, code, 0, language)
    if not occurring(trace):
        assert trace.layer.kernel.shape[2:] == (1, 1)
        assert not found.choices
        assert found.verdict
        return
    codes = [choice for choice, _, _ in found.choices]
    assert codes == occurring(trace)
    assert len(codes) == len(set(codes)) > 0
    chosen = [choice for choice, _, is_chosen in found.choices if is_chosen]
    assert chosen == ([code] if code in codes else codes[:1])
    assert len(found.drawings) in (2, 3)
    for drawing in found.drawings:
        Page(drawing.svg)
    assert not unfinished(found.verdict + found.mean)


@given(traces(), st.sampled_from(SWITCHED))
@BOUNDED
def test_the_largest_error_is_named_with_its_two_numbers(trace: Trace, code: str) -> None:
    """What it is, instead of what it should be: the two of the verdict's, in this order."""
    found = mistaken(trace, code, 0, "en")
    said = re.search(r"in (\d+)(?: places?)?\..* at .+: (\S+) instead of (\S+)\.$", found.verdict)
    if said is None:
        return
    right = trace.kernel_gradient if code == "gradient_rotated" else trace.input_delta
    wrong = dict(wrong_deltas(trace)).get(code)  # type: ignore[call-overload]
    if wrong is None or code not in [c for c, _, chosen in found.choices if chosen]:
        return
    at = int(np.argmax(np.abs(wrong - right)))
    assert said.groups()[1:] == (short(wrong.flat[at]), short(right.flat[at]))
    assert found.caught == (int(said[1]) > 0)


def test_of_a_large_map_it_says_how_much_was_looked_at() -> None:
    """100 of 400 places are checked; in a small map every place is, and nothing is said of it."""
    rng = np.random.default_rng(0)
    large = run(Layer.of(rng.normal(size=(20, 20)), [[1, 2], [3, 4]]))
    assert "looks at 100 of 400 places" in mistaken(large, "kernel_not_rotated", 0, "en").verdict
    small = mistaken(preset("article"), "kernel_not_rotated", 0, "en")
    assert "looks at" not in small.verdict


@pytest.mark.parametrize(
    ("name", "shows"), [("article", True), ("blur", False), ("sharpen", False), ("sobel", True)]
)
def test_a_symmetric_kernel_hides_the_missing_turn(name: str, shows: bool) -> None:
    """And the page says that it does, instead of finding nothing wrong."""
    found = mistaken(preset(name), "kernel_not_rotated", 0, "en")
    assert found.caught == shows
    assert found.verdict.startswith("Nothing to see") == (not shows)
    assert (
        "would not notice" in found.mean
    ) == shows  # the mean misses it where nothing is cropped


@given(traces(), st.data(), st.sampled_from(sorted(LANGUAGES)))
@BOUNDED
def test_the_right_number_is_right(trace: Trace, data: st.DataObject, language: str) -> None:
    """As it is, and as short as the page writes it."""
    cell = data.draw(st.integers(0, trace.step_count("deltas") - 1))
    right = float(trace.input_delta[0].flat[cell])
    for guess in (right, value_of(short(right))):
        found = judge(trace, View(step=cell), guess, language)
        assert found.correct
        assert short(right) in found.said
        assert not unfinished(found.said)


@given(traces(), st.data())
@BOUNDED
def test_a_wrong_number_is_met_with_what_would_produce_it(
    trace: Trace, data: st.DataObject
) -> None:
    """A number that a mistake gives, and the right way does not, is called by that mistake."""
    cell = data.draw(st.integers(0, trace.step_count("deltas") - 1))
    right = float(trace.input_delta[0].flat[cell])
    produced = [(code, float(wrong[0].flat[cell])) for code, wrong in wrong_deltas(trace)]
    near = TOLERANCE * abs(right) + 1e-9
    for _, value in produced:
        found = judge(trace, View(step=cell), value, "en")
        if abs(value - right) <= near:
            assert found.correct
            continue
        alike = [c for c, v in produced if abs(v - value) <= TOLERANCE * abs(v) + 1e-9]
        assert not found.correct
        assert found.code in alike
        assert found.code in CODES


def test_the_articles_node_guessed_three_ways() -> None:
    """2 is what it is, 3 what it is without the turn, −2 nearly."""
    said = [judge(preset("article"), View(step=1), guess, "en") for guess in (2, 3, -2, 77)]
    assert [found.correct for found in said] == [True, False, False, False]
    assert [found.code for found in said] == ["", "kernel_not_rotated", "sign_flipped", "unknown"]


def test_a_guess_is_typed_like_any_number() -> None:
    """``3/2`` and full-width digits count; what is no number is refused, with a reason."""
    body = {"spec": encode(PRESETS["article"].spec), "phase": "deltas", "step": 1}
    assert post("predict", {**body, "text": "４/2"})["correct"]
    assert post("predict", {**body, "text": "two"})["refused"].startswith("This")
    assert not post("predict", {**body, "text": "3", "language": "zh"})["correct"]


def test_a_dense_layer_has_no_rotation_to_forget() -> None:
    """Kernels of one cell are the same turned: there is no mistake to make, and none to hide."""
    assert "kernel_not_rotated" not in occurring(run(DENSE.layer()))
