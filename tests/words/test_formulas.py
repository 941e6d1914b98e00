"""A sum written out: the lesson's table letter by letter, and on random layers term by term."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import Layer, Operation, Phase, Trace, run
from app.engine.trace import PHASES, Step
from app.spec import PRESETS
from app.words.formulas import SHOWN, Formula, formula
from app.words.numbers import short
from app.words.symbols import Symbols
from tests.engine.strategies import layers
from tests.words.markup import FEW, each, parsed, plain, value_of, values_by_symbol

ARTICLE = PRESETS["article"].spec

# mode, phase, cell, as the lesson's table has it (x written as aˡ, the layer of every δ said)
TABLE: list[tuple[Operation, Phase, int, str]] = [
    ("convolution", "forward", 0, "zˡ⁺¹₁₁ = aˡ₁₁·w₂₂ + aˡ₁₂·w₂₁ + aˡ₂₁·w₁₂ + aˡ₂₂·w₁₁ = 23"),
    ("correlation", "forward", 0, "zˡ⁺¹₁₁ = aˡ₁₁·w₁₁ + aˡ₁₂·w₁₂ + aˡ₂₁·w₂₁ + aˡ₂₂·w₂₂ = 37"),
    ("convolution", "deltas", 0, "δˡ₁₁ = δˡ⁺¹₁₁·w₂₂ = 8"),
    ("correlation", "deltas", 0, "δˡ₁₁ = δˡ⁺¹₁₁·w₁₁ = 2"),
    ("convolution", "deltas", 1, "δˡ₁₂ = δˡ⁺¹₁₁·w₂₁ + δˡ⁺¹₁₂·w₂₂ = 2"),
    ("correlation", "deltas", 1, "δˡ₁₂ = δˡ⁺¹₁₁·w₁₂ + δˡ⁺¹₁₂·w₁₁ = 3"),
    ("convolution", "deltas", 4,
     "δˡ₂₂ = δˡ⁺¹₁₁·w₁₁ + δˡ⁺¹₁₂·w₁₂ + δˡ⁺¹₂₁·w₂₁ + δˡ⁺¹₂₂·w₂₂ = 13.5"),
    ("correlation", "deltas", 4,
     "δˡ₂₂ = δˡ⁺¹₁₁·w₂₂ + δˡ⁺¹₁₂·w₂₁ + δˡ⁺¹₂₁·w₁₂ + δˡ⁺¹₂₂·w₁₁ = 9"),
    ("convolution", "weights", 0,
     "∂C/∂w₁₁ = δˡ⁺¹₁₁·aˡ₂₂ + δˡ⁺¹₁₂·aˡ₂₃ + δˡ⁺¹₂₁·aˡ₃₂ + δˡ⁺¹₂₂·aˡ₃₃ = 35"),
    ("correlation", "weights", 0,
     "∂C/∂w₁₁ = δˡ⁺¹₁₁·aˡ₁₁ + δˡ⁺¹₁₂·aˡ₁₂ + δˡ⁺¹₂₁·aˡ₂₁ + δˡ⁺¹₂₂·aˡ₂₂ = 17"),
]  # fmt: skip


def _article(operation: Operation) -> Trace:
    return run(replace(ARTICLE.layer(), operation=operation))


@pytest.mark.parametrize(("operation", "phase", "cell", "text"), TABLE)
def test_the_lessons_table(operation: Operation, phase: Phase, cell: int, text: str) -> None:
    """Terms, their order and the result are those of the article's example, in both modes."""
    trace = _article(operation)
    assert formula(trace, trace.step(phase, cell)).text == text


def test_the_centre_node_with_its_numbers() -> None:
    """Each factor as a number, negative ones bracketed, and the sum as it grows."""
    trace = _article("convolution")
    found = formula(trace, trace.step("deltas", 4))
    assert [term.numbers for term in found.terms] == ["2 · 1", "(−1) · 2", "0.5 · 3", "3 · 4"]
    assert found.terms[1].name == "δˡ⁺¹₁₂ · w₁₂: (−1) · 2"
    assert [term.running for term in found.terms] == ["2", "0", "1.5", "13.5"]
    assert [term.sign for term in found.terms] == ["", "+", "+", "+"]
    assert (found.result, found.bias, found.more) == ("13.5", "", 0)
    assert found.derivative == ("", "")
    assert plain(found.left) == "δ22l"


Sum = tuple[Trace, Step, int]


@st.composite
def _sums(draw: st.DrawFn) -> list[Sum]:
    """A sum of each phase of a layer, for one of its batch members."""
    trace, found = run(draw(layers())), []
    for phase in PHASES:
        cell = draw(st.integers(0, trace.step_count(phase) - 1))
        member = draw(st.integers(0, trace.layer.input.shape[0] - 1))
        found.append((trace, trace.step(phase, cell, member), member))
    return found


def _markup(found: Formula) -> list[str]:
    return [found.left, found.derivative[0], *(term.symbols for term in found.terms)]


@given(_sums())
@FEW
@each
def test_every_part_is_well_formed_mathml(drawn: Sum) -> None:
    """And of the few elements that a formula needs: all of them in MathML Core."""
    trace, step, member = drawn
    known = {"all", "mi", "mn", "mo", "mrow", "msub", "msup", "msubsup", "mfrac"}
    for part in _markup(formula(trace, step, member)):
        assert {element.tag for element in parsed(part).iter()} <= known


@given(_sums())
@FEW
@each
def test_each_term_is_its_wire(drawn: Sum) -> None:
    """Symbols, tap, ends, colour and factors of term k are those of the step's k-th wire."""
    trace, step, member = drawn
    found, symbols = formula(trace, step, member), Symbols(trace.layer)
    assert len(found.terms) + found.more == len(step)
    assert len(found.terms) == min(len(step), SHOWN)
    for k, term in enumerate(found.terms):
        source, target, tap = (
            int(column[k]) for column in (step.wires.source, step.wires.target, step.wires.tap)
        )
        assert term.tap == tap
        assert term.colour == symbols.colour(tap)
        weight, a, delta = symbols.weight(tap), symbols.a(source), symbols.output_delta(target)
        first, second = {
            "forward": (a, weight), "deltas": (delta, weight), "weights": (delta, a)
        }[step.phase]  # fmt: skip
        assert term.symbols == f"{first.mathml}<mo>·</mo>{second.mathml}"
        assert term.sign == ("+" if k else "")
        numbers = [value_of(number) for number in term.numbers.split(" · ")]
        assert numbers == [value_of(short(step.factor[k])), value_of(short(step.other[k]))]


@given(_sums())
@FEW
@each
def test_symbols_stand_for_the_numbers_beneath_them(drawn: Sum) -> None:
    """What a symbol names, looked up in the trace, is the number written below it."""
    trace, step, member = drawn
    if step.phase == "weights":
        return  # its terms run over the whole batch; the symbols do not say the member
    known = values_by_symbol(trace, member)
    for term in formula(trace, step, member).terms:
        named = [known[symbol] for symbol in term.symbols.split("<mo>·</mo>")]
        assert term.numbers.replace("(", "").replace(")", "") == " · ".join(map(short, named))


@given(_sums())
@FEW
@each
def test_the_sum_grows_from_the_bias_to_the_result(drawn: Sum) -> None:
    """Running sums are cumulative; the last is what is collected; σ′ makes of it the result."""
    trace, step, member = drawn
    found = formula(trace, step, member)
    running = step.offset + np.cumsum(step.factor * step.other)
    assert [term.running for term in found.terms] == [short(v) for v in running.tolist()[:SHOWN]]
    results = {"forward": trace.output[member], "deltas": trace.collected[member]}
    total = results.get(step.phase, trace.kernel_gradient).flat[step.cell]
    ended = trace.input_delta[member].flat[step.cell] if step.phase == "deltas" else total
    assert value_of(found.result) == pytest.approx(ended, rel=5e-3, abs=1e-12)
    assert (found.bias == "") == (step.phase != "forward" or not step.offset)
    assert found.bias in ("", short(step.offset))


@given(_sums())
@FEW
@each
def test_the_derivative_is_a_part_of_a_delta_only(drawn: Sum) -> None:
    """σ′ at the node's own z, with its value; nothing for the identity and the other phases."""
    trace, step, member = drawn
    symbols, number = formula(trace, step, member).derivative
    if step.phase != "deltas" or trace.layer.activation == "identity":
        assert (symbols, number) == ("", "")
        return
    assert plain(symbols) == f"·σ′(z{Symbols(trace.layer).source(step.cell)}l)"
    assert number == short(trace.activation_derivative[member].flat[step.cell])


@given(layers())
@FEW
def test_a_node_that_feeds_nothing_is_zero(layer: Layer) -> None:
    """No terms, and the text says 0, as the contract has it."""
    trace = run(layer)
    for cell in range(trace.step_count("deltas")):
        step = trace.step("deltas", cell)
        if not len(step):
            found = formula(trace, step)
            assert found.terms == ()
            assert found.text == f"{Symbols(layer).delta(cell)} = 0 = 0"


def test_what_is_read_aloud_is_the_whole_equation() -> None:
    """The bias and σ′ are said as well: without them the two sides would not be equal."""
    layer = replace(ARTICLE.layer(), bias=np.array([1.5]), activation="tanh")
    trace = run(layer)
    _, summed, _ = formula(trace, trace.step("forward", 0)).text.split(" = ")
    assert summed.endswith((" + b", " + 1.5"))
    _, summed, _ = formula(trace, trace.step("deltas", 4)).text.split(" = ")
    assert "σ′" in summed


def test_every_member_of_a_batch_has_its_own_numbers() -> None:
    """Activations, δ and σ′ are the member's; the symbols are the same."""
    layer = Layer.of([[[[1, 2]]], [[[3, -4]]]], [[[[5, 6]]]], activation="tanh",
                     output_delta=[[[[7]]], [[[8]]]])  # fmt: skip
    trace = run(layer)
    forward = [formula(trace, trace.step("forward", 0, m), m).terms[0].numbers for m in (0, 1)]
    deltas = [formula(trace, trace.step("deltas", 1, m), m) for m in (0, 1)]
    assert forward == ["0.762 · 6", "0.995 · 6"]
    assert [found.terms[0].numbers for found in deltas] == ["7 · 5", "8 · 5"]
    assert [found.derivative[1] for found in deltas] == ["0.0707", "0.00134"]
    assert [found.result for found in deltas] == ["2.47", "0.0536"]
    assert deltas[0].left == deltas[1].left
