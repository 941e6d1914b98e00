"""Every known mistake is named, alone and with a second one; nothing else is ever named."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.testing import assert_array_equal

from app.engine import Layer, run
from app.engine.activations import Floats
from app.engine.closeness import allowed
from app.engine.diagnosis import Finding, Verdict, diagnose
from app.engine.mistakes import CODES, PARTS, Code, Part
from app.engine.suspects import Suspects, natural, occurring
from tests.engine import diagnosis_table
from tests.engine.strategies import OPERATIONS, layers

MANY = settings(max_examples=2000)
SOME = settings(max_examples=400)


def judged(suspects: Suspects, answer: Floats) -> Verdict:
    """The verdict on an answer with the engine's axes."""
    return diagnose(suspects, natural(suspects.trace.layer, suspects.part, answer))


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
        assert verdict.findings[0].also == suspect.also
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
        if suspect.also or suspect.shape != suspects.right.shape:
            continue
        if np.count_nonzero(np.abs(suspect.array) > 1e-2) < 3:
            continue
        verdict = judged(suspects, factor * suspect.array)
        first = verdict.findings[0]
        if first.also == ("scaled",) and suspect.code not in suspects.factors:
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
    """Of 2,400 noisy answers none is explained, however small the noise or the array."""
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
    assert seen["unknown"] > 1000
    # A single number is a nice multiple of another now and then: about 1 in 1,000.
    assert seen.total() - seen["unknown"] <= 4, seen


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


# Examples

KERNELS: dict[str, list[list[float]]] = {
    "blur": [[1, 2, 1], [2, 4, 2], [1, 2, 1]],
    "Laplacian": [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
    "constant": [[3, 3], [3, 3]],
}


def layer_of(kernel: object, **arguments: object) -> Layer:
    """An uneven 4×5 map under a kernel; uneven deltas."""
    numbers = {"input": np.arange(20.0).reshape(4, 5) % 7 - 2, "kernel": kernel, **arguments}
    silent = Layer.of(**numbers)  # type: ignore[arg-type]
    delta = np.resize([2, -1, 0.5, 3, 1, -2, 0.25], silent.output_shape[2:])
    return Layer.of(**{**numbers, "output_delta": delta})  # type: ignore[arg-type]


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("name", KERNELS)
def test_a_symmetric_kernel_hides_the_turn(name: str, operation: str) -> None:
    """It says so instead of guessing."""
    trace = run(layer_of(KERNELS[name], operation=operation))
    suspects = Suspects(trace, "input_delta")
    verdict = judged(suspects, suspects.mistaken("kernel_not_rotated"))  # type: ignore[arg-type]
    assert verdict.correct
    assert {"kernel_not_rotated", "wrong_operation"} <= set(verdict.hidden)
    assert "wrong_operation" in Suspects(trace, "output").hidden


@pytest.mark.parametrize("operation", OPERATIONS)
def test_in_a_row_of_taps_a_flip_is_a_turn(operation: str) -> None:
    """1×n: columns only is right; rows only is not turning at all."""
    suspects = Suspects(run(layer_of([[1.0, 2.0, 4.0]], operation=operation)), "input_delta")
    assert "kernel_flipped_columns_only" in suspects.hidden
    (first,) = judged(suspects, suspects.mistaken("kernel_flipped_rows_only")).findings  # type: ignore[arg-type]
    assert first.code == "kernel_not_rotated"
    assert set(first.indistinguishable_from) == {"kernel_flipped_rows_only", "wrong_operation"}


def test_sobel_turned_is_minus_sobel() -> None:
    """Not turning it changes every sign; the first names the other."""
    sobel = [[1.0, 0, -1], [2, 0, -2], [1, 0, -1]]
    suspects = Suspects(run(layer_of(sobel)), "input_delta")
    (first,) = judged(suspects, -suspects.right).findings
    assert first.code == "kernel_not_rotated"
    assert "sign_flipped" in first.indistinguishable_from


def test_relu_hides_where_the_slope_is_taken() -> None:
    """σ′(a) is σ′(z) for ReLU; for the sigmoid it is not."""
    for activation, hides in (("relu", True), ("sigmoid", False)):
        trace = run(layer_of([[1, 2], [3, 4]], activation=activation))
        assert ("derivative_at_activation" in Suspects(trace, "input_delta").hidden) == hides


@pytest.mark.parametrize("part", PARTS)
@SOME
@given(layer=layers())
def test_always_the_same(part: Part, layer: Layer) -> None:
    """The other operation's delta is the one not turned; its gradient is the one turned wrongly."""
    for where, one, other in diagnosis_table.ALWAYS:
        if where == part:
            suspects = Suspects(run(layer), part)
            assert_array_equal(suspects.mistaken(one), suspects.mistaken(other))


def test_numbers_at_the_ends_of_float64() -> None:
    """Neither an overflow nor an underflow is a crash, and a mistake beyond float64 is none."""
    layer = Layer.of([[1e150, 2.0]], [[1.0, 3e150]], output_delta=[[1.0]])
    suspects = Suspects(run(layer), "kernel_gradient")
    for answer in (np.full((1, 2), 1.7e308), np.full((1, 2), -1.7e308), np.full((1, 2), 5e-324)):
        verdict = diagnose(suspects, answer)
        assert [finding.code for finding in verdict.findings] == ["unknown"]
        assert np.isfinite(verdict.max_absolute_error or 0.0)


def test_the_table_in_the_docs_is_true() -> None:
    """docs/diagnosis.md holds what the engine says: code × part, and what coincides where."""
    text = diagnosis_table.PAGE.read_text(encoding="utf-8")
    for table in (diagnosis_table.codes(), diagnosis_table.coincidences()):
        assert table in text, f"python -m tests.engine.diagnosis_table prints:\n{table}"


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_nothing_hides_in_the_layer_that_the_table_starts_from(part: Part, operation: str) -> None:
    """Every mistake shows there, and none but those that always are is like another."""
    suspects = Suspects(run(diagnosis_table.layer_of(operation=operation)), part)
    assert suspects.hidden == ()
    always = {
        frozenset((one, other)) for where, one, other in diagnosis_table.ALWAYS if where == part
    }
    for suspect in suspects.showing:
        first = judged(suspects, suspect.array).findings[0]
        for other in set(first.indistinguishable_from) - {"scaled"}:
            assert {first.code, other} in always


def test_the_table_has_every_code_and_a_way_to_fail() -> None:
    """It is made from the registry, so a code without a row or a part without a mark is seen."""
    table = diagnosis_table.codes()
    for code in CODES:
        assert f"`{code}`" in table
    for part in PARTS:
        marked = {row.split("`")[1] for row in table.splitlines() if _marked(row, part)}
        assert marked == {*occurring(part), "wrong_shape", "unknown"}


def _marked(row: str, part: Part) -> bool:
    cells = [cell.strip() for cell in row.split("|")[1:-1]]
    return (
        len(cells) == 1 + len(PARTS)
        and cells[1 + PARTS.index(part)] not in ("", "–")
        and (cells[0].startswith("`") and cells[0] != "`code`")
    )
