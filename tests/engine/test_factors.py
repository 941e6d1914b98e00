"""Where a constant factor is believed, to the last digit; and which of two explanations is first.

Small arrays with known numbers: what random layers cannot tell from chance.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from app.engine import Layer, run
from app.engine.activations import Floats
from app.engine.diagnosis import Finding, Verdict, diagnose
from app.engine.mistakes import Code, Part
from app.engine.suspects import Suspects
from tests.engine.strategies import eighths


def of_output(right: Floats) -> Suspects:
    """Suspects of an output that is this row of numbers: a 1×1 kernel of 1."""
    return Suspects(run(Layer.of([right], [[1.0]])), "output")


def factor_of(right: Floats, answer: Floats) -> float | None:
    """The factor that is said; None where nothing is known."""
    (found,) = diagnose(of_output(right), np.asarray([answer])).findings
    assert found.code == ("unknown" if found.factor is None else "scaled")
    return found.factor


# p/q with both up to 12, whole numbers up to 100 and powers of ten up to a million, and 1 over them
MADE = [2, 12, 13, 50, 99, 100, 1e3, 1e4, 1e5, 1e6, 11 / 12, 12 / 11, 2.4, 12 / 7, 5 / 7, 3.5]
CHANCE = [1.37, 3.25, 1.625, 13 / 11, 99.5, 101, 102, 144, 500, 2e3, 16e4, 1e7, 0.3137]


@pytest.mark.parametrize("factor", [*MADE, *(1 / k for k in MADE), *(-k for k in MADE)])
def test_a_single_number_tells_a_factor_that_people_make(factor: float) -> None:
    """To a millionth of it, and no further."""
    one = np.array([3.0])
    for off in (0.0, 0.95e-6, -0.95e-6):
        answer = factor * (1 + off) * one
        assert factor_of(one, answer) == pytest.approx(factor, rel=1e-6)
    for off in (1.1e-6, -1.1e-6):
        assert factor_of(one, factor * (1 + off) * one) is None


@pytest.mark.parametrize("factor", [*CHANCE, *(1 / k for k in CHANCE), *(-k for k in CHANCE)])
def test_a_single_number_tells_no_other_factor(factor: float) -> None:
    """Any number is a multiple of any other."""
    assert factor_of(np.array([3.0]), factor * np.array([3.0])) is None


@pytest.mark.parametrize("factor", [1.37, 1.015, 0.985])
def test_two_numbers_tell_any_factor(factor: float) -> None:
    """Unless it is within a hundredth of 1: there three are needed."""
    two, three = np.array([3.0, -5.0]), np.array([3.0, -5.0, 1.0])
    assert factor_of(two, factor * two) == pytest.approx(factor)
    near = 1 + (factor - 1) / abs(factor - 1) * 0.009
    assert factor_of(two, near * two) is None
    assert factor_of(three, near * three) == pytest.approx(near)


@pytest.mark.parametrize(("count", "left"), [(3, 1e-6), (4, 1e-5)])
def test_what_a_factor_leaves_over(count: int, left: float) -> None:
    """Of all numbers alike and one a little off: a millionth up to three, ten times that of more.

    With one of n numbers off by e, the best factor is off by e/n and leaves e − e/n.
    """
    ones = np.ones(count)
    last = np.eye(count)[-1]
    for share, fits in ((0.97, True), (1.05, False)):
        off = share * left / (1 - 1 / count)
        assert (factor_of(ones, 2 * (ones + off * last)) is not None) == fits


@pytest.mark.parametrize("share", [0.95, 1.05])
def test_noise_must_be_a_thousandth_of_what_a_factor_explains(share: float) -> None:
    """At 1.001 a millionth may be left over, where a hundred-thousandth may at 2."""
    ones = np.ones(4)
    off = share * 1e-6 / 0.75
    found = factor_of(ones, 1.001 * (ones + off * np.eye(4)[-1]))
    assert (found is not None) == (share < 1)


def test_factors_from_end_to_end_of_float64() -> None:
    """Products stay within it; a factor outside is none, and nothing is warned of."""
    row = np.array([1.0, 2.0, -3.0, 4.0])
    assert factor_of(1e200 * row, row) == pytest.approx(1e-200)
    assert factor_of(1e-7 * row, 1e200 * row) == pytest.approx(1e207)
    assert factor_of(1e-7 * row, 4e307 * row) is None
    assert factor_of(1e305 * row, -4e307 * row) == pytest.approx(-400)
    assert factor_of(np.array([1.7e308]), np.array([1e-7])) is None


def test_a_sign_is_no_factor() -> None:
    """Though within a small number's tolerance it may be −1.000015 times."""
    right = np.array([1e-3, -7e-4, 3e-4, 1e-4])
    (found,) = diagnose(of_output(right), -1.000015 * right[None]).findings
    assert found == Finding("sign_flipped")


# A mistake and a factor.


def delta_of(kernel: list[float], **arguments: Any) -> Suspects:
    """Suspects of what one δ of 1 collects through a row of weights: the row itself."""
    layer = Layer.of(np.ones((1, len(kernel))), [kernel], operation="correlation", **arguments)
    return Suspects(run(layer), "input_delta")


def findings(suspects: Suspects, answer: Any) -> list[tuple[Any, ...]]:
    """Code, second mistake, what cannot be told from it, factor to nine digits; of rows or one."""
    found = diagnose(suspects, np.atleast_2d(answer)).findings
    return [
        (f.code, f.also, f.indistinguishable_from, f.factor and round(f.factor, 9)) for f in found
    ]


ALIKE: tuple[Code, ...] = ("kernel_flipped_rows_only", "wrong_operation")  # in one row of taps
UNKNOWN = [("unknown", (), (), None)]


def test_a_factor_besides_a_mistake() -> None:
    """Three numbers tell any, two one that people make, one none."""
    suspects = delta_of([1.0, 2.0, 4.0])
    assert_array_equal(suspects.right, [[[[1, 2, 4]]]])
    for factor in (1.37, 3.0):
        expected = [("kernel_not_rotated", ("scaled",), ALIKE, factor)]
        assert findings(suspects, [4 * factor, 2 * factor, factor]) == expected
    two = delta_of([1.0, 2.0])
    assert findings(two, [6, 3]) == [("kernel_not_rotated", ("scaled",), ALIKE, 3.0)]
    assert findings(two, [2 * 1.37, 1.37]) == UNKNOWN
    assert findings(delta_of([2.0, 0.0]), [0, 6]) == UNKNOWN


def test_a_reversed_order_and_a_factor() -> None:
    """The finding says which way of the mistake it is, alone and with a factor."""
    layer = Layer.of(eighths_of(3), [[[[1.0]], [[2.0]], [[5.0]]]])
    suspects = Suspects(run(layer), "kernel_gradient")
    reversed_ = suspects.right[:, ::-1]
    for factor, also in ((1.0, ()), (3.0, ("scaled",))):
        (found,) = diagnose(suspects, factor * reversed_).findings
        assert (found.code, found.also, found.how) == ("channels_swapped", also, "order")


def eighths_of(channels: int) -> Floats:
    """Channels of one number each, none a multiple of another that would explain a reversal."""
    return np.array([0.5, 1.25, 3.0])[:channels, None, None]


@pytest.mark.parametrize("cells", [2, 3])
def test_a_factor_alone_goes_before_two_mistakes(cells: int) -> None:
    """From three numbers on; of two it might be chance, so both are said.

    σ′(0) is 1/4: left out, and averaged over the members, it is 4/members times the right answer.
    """
    delta = np.arange(1.0, cells + 1).reshape(cells, 1, 1, 1)
    layer = Layer.of(np.zeros((cells, 1, 1, 1)), [[[[1.0]]]], activation="sigmoid",
                     output_delta=delta)  # fmt: skip
    suspects = Suspects(run(layer), "input_delta")
    found = diagnose(suspects, 4 / cells * suspects.right).findings
    pairs = [(f.code, f.also) for f in found]
    assert pairs[-1] == ("scaled", ())
    double = ("missing_activation_derivative", ("averaged_over_batch",))
    assert (double in pairs) == (cells == 2)


def test_one_answer_with_two_factors() -> None:
    """Flipped up-down this kernel is minus itself flipped left-right: 3 and −3, each with its own.

    What another factor explains is not the same answer.
    """
    layer = Layer.of(eighths(1, (4, 5)), [[1.0, 2.0], [-2.0, -1.0]], operation="correlation",
                     output_delta=eighths(2, (3, 4)))  # fmt: skip
    suspects = Suspects(run(layer), "input_delta")
    rows = suspects.mistaken("kernel_flipped_rows_only")
    assert rows is not None
    found = findings(suspects, 3 * rows[0, 0])
    assert found == [
        ("kernel_flipped_rows_only", ("scaled",), (), 3.0),
        ("kernel_flipped_columns_only", ("scaled",), (), -3.0),
    ]


@pytest.mark.parametrize("activation", ["identity", "sigmoid"])
def test_a_factor_is_no_third_mistake(activation: str) -> None:
    """Where a map of another shape left σ′ no place, its slope is missing already."""
    layer = Layer.of(eighths(1, (5, 7)), [[1.0, 2.0], [4.0, -3.0]], stride=(1, 2),
                     activation=activation)  # fmt: skip
    suspects = Suspects(run(layer), "input_delta")
    first = next(s for s in suspects.single if s.code == "stride_ignored")
    assert first.shape != suspects.right.shape
    found = findings(suspects, 3 * first.array[0, 0])
    if activation == "identity":
        assert found == [("stride_ignored", ("scaled",), (), 3.0)]
    else:
        assert found == [("wrong_shape", (), (), None)]


def test_two_second_mistakes_are_two_findings() -> None:
    """Turned, this kernel is its negative: not turned and without σ′, or a sign and without σ′."""
    layer = Layer.of(
        [[-1.0, 0.5, 2.0, 0.25]],
        [[1.0, 0.0, -1.0]],
        activation="sigmoid",
        output_delta=[[1.0, 3.0]],
    )
    suspects = Suspects(run(layer), "input_delta")
    found = findings(suspects, -suspects.trace.collected[0, 0, 0])
    missing: Code = "missing_activation_derivative"
    assert found == [
        ("kernel_not_rotated", (missing,), ALIKE, None),
        (missing, ("sign_flipped",), (), None),
    ]


# Two mistakes that are nearly alike.


def nearly(apart: float) -> tuple[Suspects, float, float]:
    """The missing bias gives 5, the other operation that many tolerances of 5 more."""
    tolerance = 1e-5 * 5 + 1e-8
    bias = 1 + apart * tolerance
    layer = Layer.of([[1.0, 2.0]], [[1.0, 2.0]], bias=bias, operation="correlation")
    return Suspects(run(layer), "output"), 5.0, tolerance


@pytest.mark.parametrize(
    ("apart", "answer", "first"),
    [
        (0.5, 0.5, "wrong_operation"),  # exactly the other: much nearer than half a tolerance
        (0.08, 0.08, "bias_missing"),  # less than a tenth is rounding: in the contract's order
        (0.8, 1.3, "wrong_operation"),  # too far from the first, which is still like the second
        (1.5, 0.75, "bias_missing"),  # within reach of both, though they are not like each other
    ],
)
def test_what_is_much_nearer_is_named_first(apart: float, answer: float, first: Code) -> None:
    """It names the other, if the answer or it itself cannot be told from it."""
    suspects, missing, tolerance = nearly(apart)
    assert [s.code for s in suspects.single if s.code in ("bias_missing", "wrong_operation")] == [
        "bias_missing",
        "wrong_operation",
    ]
    (found,) = diagnose(suspects, np.array([[missing + answer * tolerance]])).findings
    assert found.code == first
    (other,) = {"bias_missing", "wrong_operation"} - {first}
    assert other in found.indistinguishable_from


def test_the_tolerance_itself_passes() -> None:
    """Of zeros it is 1e-8: that is right, and as far from a mistake's 0 it is the mistake."""
    nothing = of_output(np.zeros(3))
    assert diagnose(nothing, np.array([[0, 1e-8, 0]])).correct
    assert not diagnose(nothing, np.array([[0, 1.01e-8, 0]])).correct
    suspects = Suspects(run(Layer.of([[1.0]], [[0.0]], bias=1.0)), "output")
    (found,) = diagnose(suspects, np.array([[1e-8]])).findings
    assert found.code == "bias_missing"
    (found,) = diagnose(suspects, np.array([[1.5e-8]])).findings
    assert found.code == "unknown"


# The verdict's own numbers.


def verdict_on(off: Floats, part: Part = "output") -> Verdict:
    """An answer that is off by so much."""
    layer = Layer.of(np.arange(12.0).reshape(3, 4), [[1.0, 2.0], [0.0, -4.0]])
    suspects = Suspects(run(layer), part)
    return diagnose(suspects, suspects.right[0, 0] + off)


def test_a_verdict_says_where_and_how_far() -> None:
    """The first entry that is off, as expected and as given, and the largest error of all."""
    right = verdict_on(np.zeros((2, 3)))
    assert (right.correct, right.findings, right.first_mismatch) == (True, (), None)
    assert right.max_absolute_error == 0
    off = np.zeros((2, 3))
    off[1] = 0.25, 0, -3
    wrong = verdict_on(off)
    assert wrong.first_mismatch is not None
    assert wrong.first_mismatch.index == (1, 0)
    assert wrong.first_mismatch.got - wrong.first_mismatch.expected == 0.25
    assert wrong.max_absolute_error == 3


def test_an_answer_at_the_other_end_of_float64() -> None:
    """The difference overflows: it is off, without a warning."""
    verdict = diagnose(of_output(np.array([1.7e308, 0.0])), np.array([[-1.7e308, 3.0]]))
    assert verdict.first_mismatch is not None
    assert verdict.first_mismatch.index == (0, 0)
