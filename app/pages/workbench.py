"""The lab as a value: every panel, control and moment for a spec and a view.

Both the page and its updates are rendered from this, so they cannot disagree. It decides what is
shown; when it is shown is the player's business, in the browser.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.engine import PHASES, Phase, Trace
from app.engine.trace import Step
from app.figures import Overlays, fragment, landed
from app.pages.beside import Below, below
from app.pages.controls import Controls, controls
from app.pages.sheets import Sheet, sheet, shown
from app.spec import LayerSpec, View, encode
from app.words import translator
from app.words.catalogue import counter
from app.words.derivation import derivation
from app.words.formulas import Formula, formula
from app.words.sentences import bias_sentence, sentence
from app.words.symbols import Symbols, aloud

WHOLE = 64  # moments that are sent along with a page; of a larger layer they are fetched
CHIPS = 16  # steps that each get a button


@dataclass(frozen=True)
class Workbench:
    """See the module."""

    view: View
    permalink: str
    stage: list[Sheet]
    reading: list[Sheet]
    numbers: list[Sheet]
    moments: Moments
    light: dict[str, str]  # what lies over each panel, as the view has it
    cover: dict[str, str]
    below: Below
    controls: Controls
    labels: list[str]
    steps: int
    formula: Formula
    sentence: str
    spoken: str  # the same for a voice
    aside: str  # what the weights' phase says of the bias, else ""
    facts: str


def build(spec: LayerSpec, trace: Trace, view: View, language: str) -> Workbench:
    """The workbench of a layer at a view (already within the trace)."""
    step = trace.step(view.phase, view.step, view.member)
    symbols = Symbols(trace.layer)
    count = trace.step_count(view.phase)
    name = {"forward": symbols.output, "deltas": symbols.delta, "weights": symbols.weight}
    moments = Moments(trace, view, language)
    panels = moments.shown
    light, cover = landed(moments.overlays.of(view.phase, view.step), view.term)
    return Workbench(
        view=view,
        permalink=encode(spec),
        stage=[sheet(trace, p, view, language) for p in panels.stage],
        reading=[sheet(trace, p, view, language) for p in panels.reading],
        numbers=[sheet(trace, p, view, language) for p in panels.numbers],
        moments=moments,
        light=light,
        cover=cover,
        below=below(
            trace, view, [sheet(trace, p, view, language) for p in panels.beside], language
        ),
        controls=controls(spec, trace, view, language),
        labels=[str(name[view.phase](i)) for i in range(count)] if count <= CHIPS else [],
        steps=count,
        formula=formula(trace, step, view.member),
        sentence=moments.sentence(step),
        spoken=moments.spoken(step),
        aside=bias_sentence(trace, step.cell, language) if view.phase == "weights" else "",
        facts=_facts(trace, language),
    )


def _facts(trace: Trace, language: str) -> str:
    """How large the layer is, as an MLP."""
    _, ngettext = translator(language), counter(language)
    counted = [
        ngettext("{count:,} input node", "{count:,} input nodes", trace.step_count("deltas")),
        ngettext("{count:,} output node", "{count:,} output nodes", trace.step_count("forward")),
        ngettext("{count:,} wire", "{count:,} wires", trace.wires.count),
        ngettext("{count:,} weight", "{count:,} weights", trace.layer.kernel.size),
    ]
    counts = (trace.step_count("deltas"), trace.step_count("forward"), trace.wires.count,
              trace.layer.kernel.size)  # fmt: skip
    return _(", ").join(t.format(count=n) for t, n in zip(counted, counts, strict=True))


class Moments:
    """The overlays, formula and sentence of each sum, for the panels that a view shows."""

    def __init__(self, trace: Trace, view: View, language: str) -> None:
        self.trace, self.view, self.language = trace, view, language
        self.shown = shown(trace, view)
        self.overlays = Overlays(trace, view.member, self.shown.by_name)

    def sentence(self, step: Step) -> str:
        """What happens in a step, told as the view shows it."""
        scattered = self.view.way == "scatter"
        return sentence(self.trace, step, self.language, self.view.member, scattered=scattered)

    def spoken(self, step: Step) -> str:
        """The same for a voice."""
        with aloud():
            return self.sentence(step)

    def of(self, phase: Phase, cell: int) -> tuple[dict[str, Any], Formula]:
        """A moment as the page's script wants it, and its formula to be rendered."""
        overlay = self.overlays.of(phase, cell)
        step = self.trace.step(phase, cell, self.view.member)
        whole = self.overlays.complete_from(step) if phase == "deltas" else None
        moment = {
            "terms": overlay.terms,
            "light": {name: fragment(found) for name, found in overlay.light.items() if found},
            "cover": {name: fragment(found) for name, found in overlay.cover.items() if found},
            "sentence": self.sentence(step),
            "spoken": self.spoken(step),
            "whole": whole,
        }
        if phase == "weights":
            moment["aside"] = bias_sentence(self.trace, cell, self.language)
        if self.view.beside == "derivation" and phase == "deltas":
            moment["lines"] = derivation(self.trace, cell, self.language)
        return moment, formula(self.trace, step, self.view.member)

    def keys(self) -> list[tuple[Phase, int]]:
        """Every sum of a small layer; of a large one only the view's own."""
        own = (self.view.phase, self.view.step)
        counts = {p: self.trace.step_count(p) for p in PHASES}
        if sum(counts.values()) > WHOLE:
            return [own]
        every = [(p, c) for p in PHASES for c in range(counts[p])]
        return [own, *(key for key in every if key != own)]
