"""What hides a mistake, what makes two of them one, and that the docs' tables are true."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.testing import assert_array_equal

from app.engine import Layer, run
from app.engine.diagnosis import diagnose
from app.engine.mistakes import CODES, PARTS, Part
from app.engine.suspects import Suspects, occurring
from tests.engine import diagnosis_table
from tests.engine.diagnosis_table import judged
from tests.engine.strategies import OPERATIONS, layers

SOME = settings(max_examples=200)


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
