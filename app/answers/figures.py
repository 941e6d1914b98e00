"""Figures for whoever wants them elsewhere: plain data that ``plotly.io.from_json`` loads."""

from __future__ import annotations

from typing import Any

from app import figures
from app.answers.memory import trace_of
from app.spec import DEFAULT_LIMITS, FigureSpec, Limits
from app.words import translator
from app.words.titles import TITLES


def figure_answer(spec: FigureSpec, name: str, limits: Limits = DEFAULT_LIMITS) -> dict[str, Any]:
    """One figure of a layer; ``name`` is one of :data:`app.figures.NAMES`.

    Raises:
        SpecError: the layer has no such step or batch member.
    """
    trace = trace_of(spec, limits)
    spec.check(trace.step_count(spec.phase), trace.layer.input.shape[0])
    return figures.figure(trace, name, spec.phase, spec.step, spec.member, spec.theme)


def figures_answer(language: str) -> dict[str, Any]:
    """The names of all figures, what each shows, and the view options."""
    _ = translator(language)
    listed = [
        {"name": name, "symbol": TITLES[name][0], "shows": _(TITLES[name][1])}
        for name in figures.NAMES
    ]
    options = {
        name: {"description": field.description, "default": field.default}
        for name, field in FigureSpec.model_fields.items()
        if name in ("phase", "step", "member", "theme")
    }
    return {"figures": listed, "options": options}
