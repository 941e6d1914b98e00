"""Where a reader stands in a layer: with the spec, all that a link has to carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, Self, get_args

from app.engine import PHASES, Phase, Trace

Way = Literal["gather", "scatter"]
Names = Literal["math", "code"]
Beside = Literal["", "matrix", "derivation", "ways", "mistakes"]
BESIDE: tuple[Beside, ...] = get_args(Beside)

ALL = -1  # every contribution has landed


@dataclass(frozen=True)
class View:
    """A phase, its step, how many contributions have landed (−1: all), and the batch member.

    ``way`` tells the deltas' phase by gathering (the window slides) or scattering (δ stamps);
    ``beside`` is what stands below the stage: the matrices, the derivation, the four ways, or a
    ``mistake``. ``names`` are the formulas' (δ₁₁) or code's (d[0,0]).

    >>> View.of({"phase": "weights", "step": "3", "term": "junk"}).query()
    {'phase': 'weights', 'step': '3'}
    """

    phase: Phase = "deltas"
    step: int = 0
    term: int = ALL
    member: int = 0
    way: Way = "gather"
    beside: Beside = ""
    mistake: str = ""
    names: Names = "math"

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        """From query parameters; whatever cannot be read is as if it were left out."""
        view = cls()
        phase = next((name for name in PHASES if name == query.get("phase")), view.phase)
        return replace(
            view,
            phase=phase,
            step=_whole(query.get("step"), view.step),
            term=_whole(query.get("term"), view.term),
            member=_whole(query.get("member"), view.member),
            way="scatter" if query.get("way") == "scatter" else "gather",
            names="code" if query.get("names") == "code" else "math",
            mistake=query.get("mistake", "")[:40],
            beside=next((name for name in BESIDE if name == query.get("beside")), view.beside),
        )

    def within(self, trace: Trace) -> Self:
        """The nearest view that the trace has."""
        member = min(self.member, trace.layer.input.shape[0] - 1)
        step = min(self.step, trace.step_count(self.phase) - 1)
        term = self.term
        if term != ALL:
            term = min(term, len(trace.step(self.phase, step, member)))
        return replace(self, step=step, term=term, member=member)

    def query(self) -> dict[str, str]:
        """The query parameters that are not what they would be anyway."""
        standard = type(self)()
        names = ("phase", "step", "term", "member", "way", "beside", "mistake", "names")
        return {n: str(getattr(self, n)) for n in names if getattr(self, n) != getattr(standard, n)}


def _whole(text: str | None, otherwise: int) -> int:
    # short and ASCII: int() also takes other scripts' digits, and is slow for very long ones
    if text is not None and len(text) <= 9 and text.isascii() and text.isdigit():
        return int(text)
    return otherwise
