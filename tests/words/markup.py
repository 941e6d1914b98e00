"""Markup read back: MathML and SVG must be well-formed, and say what they seem to say."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import wraps
from inspect import signature
from typing import Any
from xml.etree import ElementTree

from hypothesis import HealthCheck, settings

from app.engine import Trace
from app.engine.activations import Floats
from app.words.symbols import Symbol, Symbols

# The same examples on every machine, and no clock.
FEW = settings(
    max_examples=50,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
FEWER = settings(FEW, max_examples=20)  # where each example draws whole figures


def each(check: Callable[..., None]) -> Callable[..., None]:
    """A test of one thing, its first argument, as a test of a list of them."""
    first = next(iter(signature(check).parameters))

    @wraps(check)
    def of_all(**drawn: Any) -> None:
        for one in drawn[first]:
            check(**{**drawn, first: one})

    return of_all


def parsed(markup: str) -> ElementTree.Element:
    """The markup inside one element; fails where it is not well-formed."""
    return ElementTree.fromstring(f"<all>{markup}</all>")  # noqa: S314 (our own markup)


def plain(markup: str) -> str:
    """Its text alone."""
    return "".join(parsed(markup).itertext())


def value_of(text: str) -> float:
    """A number as it is written in a formula."""
    assert "-" not in text
    return float(text.strip("()").replace("−", "-"))


def indexed(markup: str, letter: str) -> list[tuple[str, str]]:
    """(lower, upper) of every symbol with this letter."""
    found = []
    for element in parsed(markup).iter():
        parts = ["".join(child.itertext()) for child in element]
        if element.tag in ("msub", "msubsup") and parts[0] == letter:
            found.append((parts[1], parts[2] if element.tag == "msubsup" else ""))
    return found


def evaluated(index: str, names: dict[str, int]) -> tuple[Fraction, ...]:
    """An index expression such as ``(x+1−u)/2,y−v`` for numbers in place of its names."""
    code = index.replace("−", "-").replace("·", "*").replace("′", "_")
    known = {name.replace("′", "_"): Fraction(value) for name, value in names.items()}
    result: tuple[Fraction, ...] = eval(code, {"__builtins__": {}}, known)  # noqa: S307 (ours)
    return result


def values_by_symbol(trace: Trace, member: int) -> dict[str, float]:
    """What each symbol of a formula stands for, by its MathML."""
    symbols = Symbols(trace.layer)
    named: list[tuple[Callable[[int], Symbol], Floats]] = [
        (symbols.a, trace.activated[member]),
        (symbols.output_delta, trace.layer.output_delta[member]),
        (symbols.weight, trace.layer.kernel),
    ]
    return {
        make(i).mathml: value
        for make, array in named
        for i, value in enumerate(array.ravel().tolist())
    }
