"""A sum as a formula: each term in symbols above the same term in numbers.

The parts stay apart so that a page can light and reveal them one by one; ``text`` reads the whole
aloud. MathML is written here in a dozen lines: a term has one form, and it must carry its place.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.engine import Trace, settled
from app.engine.trace import Step
from app.words.numbers import MINUS, bracketed, short
from app.words.symbols import Symbol, Symbols

SHOWN = 30  # terms written out; a longer sum says how many more there are


@dataclass(frozen=True)
class Term:
    """One contribution: symbols (MathML), numbers, the sum so far, and which weight it uses."""

    sign: str
    symbols: str
    numbers: str
    name: str  # both, as it is read aloud
    running: str
    colour: int
    tap: int


@dataclass(frozen=True)
class Formula:
    """``left`` = terms (+ ``bias``) (· ``derivative``) = ``result``."""

    left: str
    terms: tuple[Term, ...]
    more: int
    bias: str  # forward: the number that the sum starts from, "" if it is 0
    derivative: tuple[str, str]  # deltas: symbols and number of σ′, "" for the identity
    result: str
    text: str


def _factor(step: Step, symbols: Symbols, i: int) -> tuple[Symbol, Symbol]:
    source, target = int(step.wires.source[i]), int(step.wires.target[i])
    weight = symbols.weight(int(step.wires.tap[i]))
    if step.phase == "forward":
        return symbols.a(source), weight
    if step.phase == "deltas":
        return symbols.output_delta(target), weight
    return symbols.output_delta(target), symbols.a(source)


def _left(step: Step, symbols: Symbols) -> Symbol:
    if step.phase == "forward":
        return symbols.output(step.cell)
    return symbols.delta(step.cell)


def formula(trace: Trace, step: Step, member: int = 0) -> Formula:
    """The formula of a step."""
    symbols = Symbols(trace.layer)
    terms = []
    running = settled.running(step)
    for i in range(min(len(step), SHOWN)):
        first, second = _factor(step, symbols, i)
        tap = int(step.wires.tap[i])
        numbers = f"{bracketed(step.factor[i])} · {bracketed(step.other[i])}"
        terms.append(
            Term(
                sign="+" if i else "",
                symbols=f"{first.mathml}<mo>·</mo>{second.mathml}",
                numbers=numbers,
                name=f"{first} · {second}: {numbers}",
                running=short(running[i]),
                colour=symbols.colour(tap),
                tap=tap,
            )
        )
    derivative, result = ("", ""), settled.total(step)
    if step.phase == "deltas" and trace.layer.activation != "identity":
        slope = float(trace.activation_derivative[member].flat[step.cell])
        z = symbols.z(step.cell).mathml
        derivative = (f"<mo>·</mo><msup><mi>σ</mi><mo>′</mo></msup><mo>(</mo>{z}<mo>)</mo>",
                      short(slope))  # fmt: skip
        result = float(trace.input_delta[member].flat[step.cell])
    if step.phase == "weights":
        weight = symbols.weight(step.cell).mathml
        left = f"<mfrac><mrow><mo>∂</mo><mi>C</mi></mrow><mrow><mo>∂</mo>{weight}</mrow></mfrac>"
    else:
        left = _left(step, symbols).mathml
    return Formula(
        left=left,
        terms=tuple(terms),
        more=len(step) - len(terms),
        bias=short(step.offset) if step.offset else "",
        derivative=derivative,
        result=short(result),
        text=_aloud(step, symbols, result, bool(derivative[0])),
    )


def _aloud(step: Step, symbols: Symbols, result: float, sloped: bool) -> str:
    """The sum in plain text: ``δˡ₁₂ = δˡ⁺¹₁₁·w₂₁ + δˡ⁺¹₁₂·w₂₂ = 2``."""
    left = f"∂C/∂{symbols.weight(step.cell)}" if step.phase == "weights" else _left(step, symbols)
    pairs = (_factor(step, symbols, i) for i in range(min(len(step), SHOWN)))
    terms = [f"{first}·{second}" for first, second in pairs]
    if len(step) > SHOWN:
        terms.append("…")
    if step.offset:
        terms.append("b")
    total = " + ".join(terms) or "0"
    if sloped and terms:
        z = symbols.z(step.cell)
        total = f"({total})·σ′({z})" if len(terms) > 1 else f"{total}·σ′({z})"
    return f"{left} = {total} = {short(result)}".replace("-", MINUS)
