"""A reader's guess of a node's delta: right, or what would have produced it."""

from __future__ import annotations

from dataclasses import dataclass

from app.engine import Trace
from app.engine.mistakes import Code
from app.pages.mistaken import wrong_deltas
from app.spec import View
from app.words import translator
from app.words.diagnoses import name
from app.words.numbers import short
from app.words.symbols import Symbols

# What the page shows has three digits; a guess made of such numbers may be as far off.
TOLERANCE = 0.006


@dataclass(frozen=True)
class Judgement:
    """Whether a guess is right, what is said of it, and which mistake it is ("" for none)."""

    correct: bool
    said: str
    code: Code | str


def judge(trace: Trace, view: View, guess: float, language: str) -> Judgement:
    """A guess of the view's node."""
    _ = translator(language)
    right = float(trace.input_delta[view.member].flat[view.step])
    symbol = Symbols(trace.layer).delta(view.step)

    def close(value: float) -> bool:
        return abs(guess - value) <= TOLERANCE * max(abs(value), 1e-9) + 1e-12

    if close(right):
        return Judgement(True, _("Yes: {symbol} = {value}.").format(
            symbol=symbol, value=short(right)), "")  # fmt: skip
    for code, array in wrong_deltas(trace):
        if close(float(array[view.member].flat[view.step])):
            said = _("{guess} is what you get with {mistake}. Look again at the wires.")
            facts = {"guess": short(guess), "mistake": name(code, language)}
            return Judgement(False, said.format(**facts), code)
    if close(-right):
        return Judgement(False, _("Almost: look at the signs."), "sign_flipped")
    return Judgement(False, _("Not {guess}. Follow each lit wire, and add up.").format(
        guess=short(guess)), "unknown")  # fmt: skip
