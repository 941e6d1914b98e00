"""Which wrong answers are suspected: alone, two at once, and the one that stands for a code."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from app.engine import ACTIVATIONS, Layer, Trace, run
from app.engine.activations import Floats
from app.engine.mistakes import COLLECTING, PARTS, SLOPES, Code, Part
from app.engine.suspects import Suspects, natural
from tests.engine import diagnosis_table
from tests.engine.strategies import eighths

SCALED: Code = "scaled"
NO_SLOPE: Code = "missing_activation_derivative"


def uneven(**changes: Any) -> Trace:
    """A layer of one channel in which sizes along rows and columns differ, all deltas set."""
    settings: dict[str, Any] = {"stride": (2, 3), "padding": ((1, 0), (0, 2)), **changes}
    silent = Layer.of(eighths(1, (6, 8)), eighths(2, (2, 3)), **settings)
    delta = settings.pop("output_delta", eighths(3, silent.output_shape[2:], zeros=False))
    return run(Layer.of(silent.input[0, 0], silent.kernel[0, 0], output_delta=delta, **settings))


@pytest.mark.parametrize("rank", [2, 3, 4])
def test_an_answer_has_the_users_axes(rank: int) -> None:
    """Without a channel axis a kernel's gradient has two axes and a bias's is a number."""
    kernel = (2, 3) if rank == 2 else (1, 1, 2, 3)
    trace = run(Layer.of(eighths(1, (1, 1, 4, 6)[4 - rank :]), eighths(2, kernel)))
    shapes = {part: natural(trace.layer, part, getattr(trace, part)).shape for part in PARTS}
    assert shapes == {
        "output": (1, 1, 3, 4)[4 - rank :],
        "input_delta": (1, 1, 4, 6)[4 - rank :],
        "kernel_gradient": kernel,
        "bias_gradient": () if rank == 2 else (1,),
    }


@pytest.mark.parametrize("part", PARTS)
def test_factors_are_a_sign_and_a_mean(part: Part) -> None:
    """A mean only over several members, and only of what is derived from the cost."""
    for batch in (1, 3):
        trace = run(Layer.of(eighths(1, (batch, 1, 3, 4)), eighths(2, (1, 1, 2, 2))))
        mean = {"averaged_over_batch": 1 / 3} if batch == 3 and part != "output" else {}
        assert Suspects(trace, part).factors == {"sign_flipped": -1.0, **mean}


# Two at once.


def test_a_wrong_slope_besides() -> None:
    """Each mistake in `collected` times each wrong slope, its shape kept; no slope without a σ."""
    trace = diagnosis_table_trace()
    suspects, sigma = Suspects(trace, "input_delta"), ACTIVATIONS["sigmoid"]
    doubles = list(suspects.double(suspects.right.shape))
    for code, maker in COLLECTING.items():
        made = [w.array for w in maker(trace) if w.shape == suspects.right.shape]
        for slope, wrong in SLOPES.items():
            found = [s.array for s in doubles if (s.code, s.also) == (code, (slope,))]
            assert len(found) == len(made)
            for one, collected in zip(found, made, strict=True):
                assert_array_equal(one, collected * wrong(sigma, trace.layer.input))
    plain = Suspects(run(diagnosis_table.layer_of(activation="identity")), "input_delta")
    assert {s.also for s in plain.double(plain.right.shape)} == {(code,) for code in plain.factors}


def diagnosis_table_trace() -> Trace:
    """The layer in which every mistake shows: 3×3, stride, dilation, padding, a sigmoid."""
    return run(diagnosis_table.layer_of())


@pytest.mark.parametrize("part", PARTS)
def test_a_factor_besides(part: Part) -> None:
    """Every single mistake that shows times each factor, which is none of them itself."""
    suspects = Suspects(diagnosis_table_trace(), part)
    right = suspects.right.shape
    plain = [s for s in suspects.showing if s.shape == right and s.code not in suspects.factors]
    doubles = list(suspects.double(right))
    assert all(s.shape == right and len(s.also) == 1 for s in doubles)
    for code, factor in suspects.factors.items():
        found = [s for s in doubles if s.also == (code,)]
        assert [(s.code, s.wrong.how) for s in found] == [(s.code, s.wrong.how) for s in plain]
        for one, alone in zip(found, plain, strict=True):
            assert_array_equal(one.array, factor * alone.array)


def test_two_at_once_of_another_shape() -> None:
    """They have the shape that was asked for; what was left without a slope is two already."""
    suspects = Suspects(uneven(activation="sigmoid"), "input_delta")
    shapes = {s.shape for s in suspects.single} - {suspects.right.shape}
    assert len(shapes) > 2
    for shape in shapes:
        doubles = list(suspects.double(shape))
        assert all(s.shape == shape for s in doubles)
        uncropped = any(s.wrong.how == "uncropped" for s in suspects.single if s.shape == shape)
        assert bool(doubles) == uncropped


# A map of another shape has no slopes of its own.


@pytest.mark.parametrize("activation", ["sigmoid", "identity"])
def test_without_its_shape_a_map_has_no_slope(activation: str) -> None:
    """The slope is missing as well, if there is one; where the shape is right it is there."""
    trace = uneven(activation=activation)
    found = [s for s in Suspects(trace, "input_delta").single if s.code == "stride_ignored"]
    missing = () if activation == "identity" else (NO_SLOPE,)
    right = trace.layer.input.shape
    assert [s.shape == right for s in found] == [False, False, True]
    assert [s.also for s in found] == [missing, missing, ()]
    for suspect, wrong in zip(found, COLLECTING["stride_ignored"](trace), strict=True):
        slope = trace.activation_derivative if suspect.shape == right else 1.0
        assert_array_equal(suspect.array, wrong.array * slope)


@pytest.mark.parametrize(
    ("activation", "rims"),
    [("sigmoid", [0.25, 0.0, 1.0]), ("relu", [0.0, 1.0]), ("identity", [1.0, 0.0])],
)
def test_a_rim_of_padding_may_have_any_slope(activation: str, rims: list[float]) -> None:
    """σ′(0), 0 or 1 over the padding; or no slope anywhere, which with the identity is 1."""
    trace = uneven(activation=activation)
    found = [s for s in Suspects(trace, "input_delta").single if s.code == "padding_not_cropped"]
    (wrong,) = COLLECTING["padding_not_cropped"](trace)
    slopes = [
        np.pad(trace.activation_derivative, [(0, 0), (0, 0), (1, 0), (0, 2)], constant_values=rim)
        for rim in rims
    ]
    expected: list[tuple[tuple[Code, ...], Floats]] = [((), wrong.array * s) for s in slopes]
    if activation != "identity":
        expected.append(((NO_SLOPE,), wrong.array))
    assert [s.also for s in found] == [also for also, _ in expected]
    for suspect, (_, array) in zip(found, expected, strict=True):
        assert_array_equal(suspect.array, array)
        assert suspect.wrong.how == "uncropped"


# The one that stands for a code.


def test_it_has_the_right_shape_if_possible() -> None:
    """Though ways of another shape are likelier; but one that shows goes before one that hides."""
    trace = uneven()
    first, _, last = COLLECTING["stride_ignored"](trace)
    assert first.shape != last.shape == trace.input_delta.shape
    assert_array_equal(standing(trace, "stride_ignored"), last.array)
    corner = np.zeros(trace.layer.output_shape[2:])
    corner[0, 0] = 1  # the one delta that lies where it lay before
    trace = uneven(output_delta=corner)
    first, _, last = COLLECTING["stride_ignored"](trace)
    assert_array_equal(last.array, trace.input_delta)
    assert_array_equal(standing(trace, "stride_ignored"), first.array)


def standing(trace: Trace, code: Code, part: Part = "input_delta") -> Floats:
    """What stands for a code."""
    found = Suspects(trace, part).mistaken(code)
    assert found is not None
    return found


def test_any_factor_is_two() -> None:
    """Of a part, and of `collected`."""
    trace = uneven()
    assert_array_equal(standing(trace, SCALED, "output"), 2 * trace.output)
    assert_array_equal(Suspects(trace, "input_delta").collected(SCALED), 2 * trace.collected)


def test_a_factor_stays_within_float64() -> None:
    """Of numbers that cannot be doubled it is a half, and no warning; that shows as well."""
    most = np.finfo(np.float64).max
    for size, factor in ((most / 2, 2.0), (most * 0.75, 0.5)):
        trace = run(Layer.of([[0.0, 1.0]], [[1e-9, 0.0]], output_delta=[[size]]))
        suspects = Suspects(trace, "bias_gradient")
        assert suspects.shows(SCALED)
        assert_array_equal(standing(trace, SCALED, "bias_gradient"), [factor * size])


def test_nothing_stands_for_what_cannot_be_or_is_not_finite() -> None:
    """A stride of 1 cannot be ignored; and without a stride these stamps overlap to ∞."""
    assert Suspects(uneven(stride=1), "input_delta").mistaken("stride_ignored") is None
    layer = Layer.of(np.full((1, 4), -1.0), [[1.5e308, 1e308]], stride=(1, 2), activation="relu")
    suspects = Suspects(run(layer), "input_delta")
    assert suspects.mistaken("stride_ignored") is None
    assert suspects.collected("stride_ignored") is None


def test_what_a_code_makes_of_collected() -> None:
    """Before σ′: a wrong slope changes nothing yet, a factor does, a gradient's mistake is no word
    on it.
    """
    trace = diagnosis_table_trace()
    suspects, right = Suspects(trace, "input_delta"), trace.collected
    assert right.shape[0] == 2
    for code in SLOPES:
        assert_array_equal(suspects.collected(code), right)
    assert_array_equal(suspects.collected("sign_flipped"), -right)
    assert_array_equal(suspects.collected("averaged_over_batch"), right / 2)
    for code in ("kernel_not_rotated", "stride_ignored"):
        made = [w.array for w in COLLECTING[code](trace) if w.shape == right.shape]
        assert_array_equal(suspects.collected(code), made[0])
    assert suspects.collected("gradient_rotated") is None
