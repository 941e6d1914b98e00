"""Every known mistake is named, alone and with a second one; nothing else is ever named."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings

from app.engine import Layer, run
from app.engine.activations import Floats
from app.engine.closeness import allowed
from app.engine.diagnosis import Finding, diagnose
from app.engine.mistakes import CODES, PARTS, Code, Part
from app.engine.suspects import Suspects, natural
from tests.engine.diagnosis_table import judged
from tests.engine.strategies import layers

MANY = settings(max_examples=2000)
SOME = settings(max_examples=200)


def names(finding: Finding, code: Code) -> bool:
    """Whether a finding is the code, or cannot be told from it."""
    return finding.code == code or code in finding.indistinguishable_from


def rounded(array: Floats) -> Floats:
    """What float32 keeps of it."""
    return array.astype(np.float32).astype(np.float64)


@pytest.mark.parametrize("part", PARTS)
@MANY
@given(layer=layers())
def test_every_mistake_is_named(part: Part, layer: Layer) -> None:
    """In 2,000 layers of all shapes a mistake's code comes first, or the first one names it.

    Every way to make it counts, of the right shape or not. Nothing it gives passes for right.
    """
    suspects = Suspects(run(layer), part)
    assert judged(suspects, suspects.right).correct
    for suspect in suspects.showing:
        verdict = judged(suspects, suspect.array)
        assert not verdict.correct
        assert names(verdict.findings[0], suspect.code), (suspect.code, verdict.findings)
        assert verdict.findings[0].also in ((), suspect.also)  # where the shape left σ′ no place
        if verdict.shape == verdict.expected_shape:
            assert verdict.first_mismatch is not None
        else:
            assert verdict.first_mismatch is None
            assert verdict.max_absolute_error is None


@pytest.mark.parametrize("part", PARTS)
@SOME
@given(layer=layers())
def test_float32_is_enough(part: Part, layer: Layer) -> None:
    """Right answers pass when they are rounded, and rounded mistakes are named."""
    suspects = Suspects(run(layer), part)
    assert judged(suspects, rounded(suspects.right)).correct
    for suspect in suspects.showing:
        assert names(judged(suspects, rounded(suspect.array)).findings[0], suspect.code)


@SOME
@given(layer=layers())
def test_a_computation_in_float32_passes(layer: Layer) -> None:
    """The sums themselves made in float32, over the table of wires, are right to 1e-5."""
    trace, wires = run(layer), run(layer).wires
    delta = layer.output_delta.astype(np.float32).reshape(len(layer.input), -1)
    weights = layer.kernel.astype(np.float32).ravel()[wires.table.tap]
    collected = np.zeros((len(delta), int(np.prod(wires.source_shape))), dtype=np.float32)
    for sums, terms in zip(collected, delta[:, wires.table.target] * weights, strict=True):
        np.add.at(sums, wires.table.source, terms)
    slopes = trace.activation_derivative.astype(np.float32)
    answer = (collected.reshape(slopes.shape) * slopes).astype(np.float64)
    assert judged(Suspects(trace, "input_delta"), answer).correct


@pytest.mark.parametrize("part", PARTS)
@SOME
@given(layer=layers())
def test_two_mistakes_at_once_are_named(part: Part, layer: Layer) -> None:
    """A mistake with a wrong σ′, sign or batch factor: both, unless one alone explains it."""
    suspects = Suspects(run(layer), part)
    singles = [s.array for s in suspects.showing]
    for suspect in suspects.double(suspects.right.shape):
        verdict = judged(suspects, suspect.array)
        if verdict.correct or suspect.code in suspects.hidden:
            continue
        first = verdict.findings[0]
        if first.also or first.code in ("scaled", "unknown"):
            found = [f for f in verdict.findings if f.also == suspect.also]
            alone = first.code == "scaled" and not first.also
            assert alone or names(found[0], suspect.code), (suspect.code, suspect.also, first)
        else:
            assert any(_alike(one, suspect.array) for one in singles)


def _alike(one: Floats, other: Floats) -> bool:
    within = 2 * allowed(one)
    return one.shape == other.shape and bool(np.abs(one - other).max() <= within)


@pytest.mark.parametrize("factor", [2.0, -3.0, 0.1, 1 / 9, 1.37])
@SOME
@given(layer=layers())
def test_a_mistake_and_a_factor_are_named(factor: float, layer: Layer) -> None:
    """With three numbers that tell, a factor is found beside a mistake; fewer might be chance."""
    suspects = Suspects(run(layer), "input_delta")
    for suspect in suspects.showing:
        if suspect.code in suspects.factors or suspect.shape != suspects.right.shape:
            continue  # a factor itself, or a rim that may have been multiplied with anything
        if np.count_nonzero(np.abs(suspect.array) > 1e-2) < 3:
            continue
        verdict = judged(suspects, factor * suspect.array)
        first = verdict.findings[0]
        if first.also == ("scaled",):
            assert names(first, suspect.code)
            assert first.factor == pytest.approx(factor, rel=1e-5)
        else:  # something simpler gives the same numbers
            assert first.code != "unknown"


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("factor", [2.0, 0.5, -4.0, 1 / 7, 10.0])
@SOME
@given(layer=layers())
def test_a_constant_factor_is_named(part: Part, factor: float, layer: Layer) -> None:
    """And its size said; a specific mistake with the same numbers comes before it."""
    suspects = Suspects(run(layer), part)
    if "scaled" in suspects.hidden:
        return
    (first, *_) = judged(suspects, factor * suspects.right).findings
    assert names(first, "scaled")
    if first.code == "scaled":
        assert first.factor == pytest.approx(factor, rel=1e-5)


@pytest.mark.parametrize("part", PARTS)
def test_noise_is_unknown(part: Part) -> None:
    """Of 1,200 noisy answers none is explained, however small the noise or the array."""
    seen: Counter[str] = Counter()

    @SOME
    @given(layer=layers())
    def look(layer: Layer) -> None:
        suspects = Suspects(run(layer), part)
        rng = np.random.default_rng(seen.total())
        for size in (1e-3, 1e-2, 1.0):
            noise = rng.normal(size=suspects.right.shape) * size
            for off in (noise, noise * max(1.0, np.abs(suspects.right).max())):
                verdict = judged(suspects, suspects.right + off)
                if verdict.correct:  # the noise itself was within the tolerance
                    assert np.abs(off).max() <= allowed(suspects.right)
                    continue
                seen[verdict.findings[0].code] += 1

    look()
    assert seen["unknown"] > 900
    # A single number is a nice multiple of another now and then: about 1 in 1,000.
    assert seen.total() - seen["unknown"] <= 4, seen


@pytest.mark.parametrize("size", [1e-3, 1e-4, 3e-5])
def test_noise_on_nearly_right_numbers_is_no_factor(size: float) -> None:
    """A little noise, all one way: a factor near 1 would leave less than the tolerance over."""
    layer = Layer.of(np.arange(1.0, 10).reshape(3, 3), [[1, 2], [3, 4]])
    suspects = Suspects(run(layer), "output")
    noise = np.array([[1.0, 0.99], [1.005, 1.0]]) * size
    verdict = judged(suspects, suspects.right * (1 + noise))
    assert [finding.code for finding in verdict.findings] == ["unknown"]
    (exact,) = judged(suspects, suspects.right * (1 + size)).findings
    assert exact.code == "scaled"
    assert exact.factor == pytest.approx(1 + size, rel=1e-9)


@SOME
@given(layer=layers())
def test_other_shapes_are_wrong_shapes(layer: Layer) -> None:
    """Numbers that no mistake gives, in a shape that is not right."""
    for part in PARTS:
        suspects = Suspects(run(layer), part)
        right = natural(layer, part, suspects.right)
        for shape in ((*right.shape, 2), (7, 9, 11)[: right.ndim], (1, *right.shape)):
            answer = np.sin(np.arange(1.0, np.prod(shape) + 1) * 1e3).reshape(shape)
            if answer.shape == right.shape or not answer.ndim:
                continue
            verdict = diagnose(suspects, answer)
            assert [finding.code for finding in verdict.findings] == ["wrong_shape"]
            assert verdict.shape == shape
            assert verdict.expected_shape == right.shape


@pytest.mark.parametrize("part", PARTS)
@SOME
@given(layer=layers())
def test_what_is_hidden_cannot_be_told_from_right(part: Part, layer: Layer) -> None:
    """A hidden code's answer counts as right, and no hidden code is ever diagnosed."""
    suspects = Suspects(run(layer), part)
    for suspect in suspects.single:
        if suspect.code in suspects.hidden:
            assert judged(suspects, suspect.array).correct
    found = [
        finding
        for suspect in suspects.showing
        for finding in judged(suspects, suspect.array).findings
    ]
    for finding in found:
        assert not {finding.code, *finding.indistinguishable_from} & set(suspects.hidden)
        assert finding.code not in finding.indistinguishable_from
        assert list(finding.indistinguishable_from) == [
            code for code in CODES if code in finding.indistinguishable_from
        ]
