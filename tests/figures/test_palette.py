"""Colours: readable, monotone, each with a value in both themes, none left as a name."""

from __future__ import annotations

import copy
import re
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import PHASES
from app.figures import NAMES, Overlays, figure, matrix_panels, palette, panel
from app.figures.palette import STEPS, TAPS, contrast, shade, stylesheet, tap, tokens
from app.spec import PRESETS
from tests.figures.drawn import preset, some_of, tokens_of
from tests.words.markup import FEW

THEMES = ("light", "dark")
READABLE = 4.5  # WCAG 2.2, 1.4.3, for text that is not large
SHADES = range(-STEPS, STEPS + 1)


@pytest.mark.parametrize("theme", THEMES)
def test_a_number_can_be_read_on_its_shade(theme: str) -> None:
    """Every ``t…`` on its ``v…``, from the largest negative value to the largest positive."""
    table = tokens(theme)
    found = {step: contrast(table[f"t{step}"], table[f"v{step}"]) for step in SHADES}
    assert {step: ratio for step, ratio in found.items() if ratio < READABLE} == {}


@pytest.mark.parametrize("theme", THEMES)
def test_a_label_can_be_read_on_its_tap(theme: str) -> None:
    """All taps, the repeated ones too."""
    table = tokens(theme)
    assert all(contrast(table[f"tap{i}"], table[f"tap{i}-ink"]) >= READABLE for i in range(TAPS))


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ink", ["ink", "muted", "focus", "good", "bad"])
def test_words_can_be_read_on_paper_and_sheet(theme: str, ink: str) -> None:
    """Text, captions, links and verdicts."""
    table = tokens(theme)
    assert min(contrast(table[ink], table[ground]) for ground in ("paper", "sheet")) >= READABLE


@pytest.mark.parametrize("theme", THEMES)
def test_a_padding_zero_can_be_read(theme: str) -> None:
    """It is a number as well, and the reader is meant to see that it is 0."""
    assert contrast(tokens(theme)["pad-ink"], tokens(theme)["pad"]) >= 4


def test_contrast_is_wcags() -> None:
    """Black on white is 21, a colour on itself 1, whichever comes first."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#777777") == 1
    # the published example of a grey that just fails on white
    assert contrast("#777777", "#ffffff") == contrast("#ffffff", "#777777")
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=1e-3)


@pytest.mark.parametrize("theme", THEMES)
def test_the_scale_runs_away_from_zero(theme: str) -> None:
    """The further a value from 0, the more its shade stands out against the shade of 0."""
    table = tokens(theme)
    for sign in (1, -1):
        away = [contrast(table["v0"], table[f"v{sign * step}"]) for step in range(STEPS + 1)]
        assert all(a < b for a, b in pairwise(away))
    assert len({table[f"v{step}"] for step in SHADES}) == len(SHADES)


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
@FEW
def test_a_shade_follows_its_value(first: float, second: float, largest: float) -> None:
    """Monotone, odd, 0 for 0 alone, and at its end where the values end."""
    small, great = sorted((first, second))
    assert shade(small, largest) <= shade(great, largest)
    assert shade(-first, largest) == -shade(first, largest)
    assert (shade(first, largest) == 0) == (first == 0)
    assert (shade(largest, largest), shade(-largest, largest)) == (STEPS, -STEPS)
    assert shade(first, 0) == 0


def test_plotlys_scale_is_ours() -> None:
    """It meets our shades where Plotly's straight lines between its points begin and end."""
    points = palette.scale()
    assert [at for at, _ in points] == [0, 0.25, 0.5, 0.75, 1]
    assert [token for _, token in points] == [f"var(--v{s})" for s in (-20, -10, 0, 10, 20)]


def test_taps_repeat_after_all_have_been_used() -> None:
    """A 7×7 kernel has more taps than there are colours; its labels tell them apart."""
    assert tap(TAPS + 1) == tap(1) == "var(--tap1)"
    assert tap(TAPS + 1, "-ink") == "var(--tap1-ink)"
    table = tokens("light")
    assert len({table[f"tap{i}"] for i in range(TAPS)}) == TAPS


# The stylesheet


def _blocks() -> dict[str, dict[str, str]]:
    """Selector → the tokens that it sets."""
    found = {}
    for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", stylesheet()):
        values = dict(re.findall(r"--([\w-]+):(#[0-9a-f]{6})", body))
        if values:
            found[selector.strip()] = values
    return found


def test_the_stylesheet_gives_every_token_in_both_themes() -> None:
    """Light first; dark, by the system's wish or the reader's, changes some; print is light."""
    blocks = _blocks()
    assert blocks[":root"] == tokens("light")
    for selector in (':root:not([data-theme="light"])', '[data-theme="dark"]'):
        assert {**blocks[":root"], **blocks[selector]} == tokens("dark")
    assert blocks[":root:root:root"] == tokens("light")
    assert stylesheet().count("{") == stylesheet().count("}")
    assert "(prefers-color-scheme:dark){:root:not" in stylesheet()
    assert tokens("light").keys() == tokens("dark").keys()


def _everything(name: str) -> list[Any]:
    """Every figure of a preset, and the marks of some of its sums."""
    trace, found = preset(name), list[Any]()
    for phase in PHASES:
        panels = {n: panel(trace, n, phase) for n in NAMES}
        panels |= {p.name: p for p in matrix_panels(trace, 0)}
        found += [p.figure for p in panels.values()]
        overlays = Overlays(trace, 0, panels)
        for cell in some_of(trace.step_count(phase), 3):
            overlay = overlays.of(phase, cell)
            found += [overlay.light, overlay.cover]
    return found


@pytest.mark.parametrize("name", PRESETS)
def test_every_token_that_a_figure_uses_is_defined(name: str) -> None:
    """In both themes, and resolving leaves none; the figure itself stays as it is."""
    drawn = _everything(name)
    assert set(tokens_of(drawn)) <= tokens("light").keys()
    before = copy.deepcopy(drawn[0])
    for theme in THEMES:
        resolved = palette.resolve(drawn[0], theme)
        assert "var(" not in repr(resolved)
        assert "var(" not in repr([palette.resolve(value, theme) for value in drawn])
    assert drawn[0] == before


@pytest.mark.parametrize("theme", THEMES)
def test_a_figure_that_leaves_the_page_has_values(theme: str) -> None:
    """The article's deltas in the theme's own ink."""
    found = figure(preset("article"), "input_delta", step=4, theme=theme)
    assert tokens(theme)["ink"] in repr(found)
    assert not list(tokens_of(found))
