"""Plotly takes over from the server's drawings, in either theme, and nothing seems to change."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Visit
from tests.e2e.lab import Lab

# per panel: the words of the server's drawing, and of Plotly's
WORDS = """() => Object.fromEntries([...document.querySelectorAll('.panel')].map((panel) => {
  const words = (root) => [...panel.querySelectorAll(`${root} svg text`)]
    .map((text) => text.textContent).filter(Boolean).sort();
  return [panel.dataset.panel, [words('.drawing'), words('.plot'),
                                panel.querySelectorAll('.plot svg').length]];
}))"""
# how far each word of Plotly's is from the drawing's, at most, in the page's pixels
SHIFTS = """() => [...document.querySelectorAll('.panel')].map((panel) => {
  const places = (root) => {
    const found = new Map();
    for (const text of panel.querySelectorAll(`${root} svg text`)) {
      const box = text.getBoundingClientRect();
      const all = found.get(text.textContent) ?? [];
      found.set(text.textContent, [...all, [box.x + box.width / 2, box.y + box.height / 2]]);
    }
    return found;
  };
  const [before, after] = [places('.drawing'), places('.plot')];
  let worst = 0;
  for (const [word, points] of before) {
    for (const [x, y] of points) {
      const near = (after.get(word) ?? []).map(([a, b]) => Math.hypot(x - a, y - b));
      worst = Math.max(worst, Math.min(...near, 999));
    }
  }
  return [panel.dataset.panel, worst];
})"""


@pytest.mark.parametrize("preset", ["article", "channels", "stride_2", "digit"])
def test_plotly_shows_the_same_numbers_in_the_same_places(visit: Visit, preset: str) -> None:
    """Every panel gets a plot with the drawing's own words, each where it was."""
    lab = visit(plots=True)
    if preset != "article":
        lab.choose("preset", preset)
        lab.until_plotted()
    for name, (drawn, plotted, plots) in lab.evaluate(WORDS).items():
        assert plots > 0, name
        assert plotted == drawn, name
    for name, shift in lab.evaluate(SHIFTS):
        assert shift < 4, name  # another hand sets a line a pixel or two higher


def test_plotly_draws_what_was_changed(visit: Visit) -> None:
    """After an edit the plots are drawn anew, with the new numbers."""
    lab = visit(plots=True)
    lab.type_into("kernel", 0, "77")
    lab.until_plotted()
    expect(lab.panel("kernel").locator(".plot svg text", has_text="77")).to_have_count(1)
    lab.choose("way", "scatter")
    lab.until_plotted()
    expect(lab.panel("stamps").locator(".plot svg").first).to_be_attached()


def test_the_lab_works_before_plotly_comes(lab: Lab) -> None:
    """On a slow line everything can be used while plotly.js is still on its way."""
    expect(lab.panel("input").locator(".drawing svg")).to_be_visible()
    lab.type_into("kernel", 0, "9")
    expect(lab.value_at("kernel", 0)).to_have_text("9")
    expect(lab.panel("kernel").locator(".drawing text", has_text="9")).to_have_count(1)
    assert lab.page.locator(".plot svg").count() == 0


def test_a_narrow_window_redraws_nothing(visit: Visit) -> None:
    """Plots are scaled, and stay under their overlays."""
    lab = visit(plots=True)
    lab.evaluate("document.querySelectorAll('.plot svg').forEach((svg) => (svg.marked = true))")
    lab.page.set_viewport_size({"width": 390, "height": 800})
    expect(lab.panel("input_delta")).to_be_visible()
    for name in ("input_delta", "delta_padded", "wires", "kernel"):
        plate = lab.panel(name).locator(".plate").bounding_box()
        plot = lab.panel(name).locator(".plot svg").first.bounding_box()
        assert plate
        assert plot
        assert abs(plate["width"] - plot["width"]) < 2, name
        assert abs(plate["x"] - plot["x"]) < 2, name
    assert lab.evaluate("[...document.querySelectorAll('.plot svg')].every((svg) => svg.marked)")


# Themes

PAPER = {"light": "rgb(251, 251, 249)", "dark": "rgb(18, 22, 28)"}
ZERO = {"light": "rgb(109, 116, 128)", "dark": "rgb(146, 156, 171)"}  # a zero of the padding


def _expect_theme(lab: Lab, theme: str) -> None:
    expect(lab.page.locator("body")).to_have_css("background-color", PAPER[theme])
    zero = lab.panel("delta_padded").locator(".drawing text", has_text=re.compile("^0$")).first
    expect(zero).to_have_css("fill", ZERO[theme])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_is_the_systems_until_it_is_chosen(visit: Visit, scheme: str) -> None:
    """The button turns it over, and the next page remembers."""
    other = {"light": "dark", "dark": "light"}[scheme]
    lab = visit(color_scheme=scheme)
    _expect_theme(lab, scheme)
    lab.button("theme").click()
    _expect_theme(lab, other)
    lab.page.reload()
    lab.until_ready()
    _expect_theme(lab, other)
    lab.button("theme").click()
    _expect_theme(lab, scheme)


def test_the_link_may_choose_the_theme(visit: Visit) -> None:
    """A teacher's link for a dark room opens dark."""
    _expect_theme(visit("theme=dark", color_scheme="light"), "dark")


def test_a_theme_redraws_the_plots(visit: Visit) -> None:
    """Plotly knows no stylesheet, so the plots are drawn in the theme's own colours."""
    lab = visit(plots=True)
    zero = lab.panel("delta_padded").locator(".plot .annotation-text").first
    expect(zero).to_have_css("fill", ZERO["light"])
    lab.button("theme").click()
    expect(zero).to_have_css("fill", ZERO["dark"])
    _expect_theme(lab, "dark")


def test_the_system_may_change_its_mind(visit: Visit) -> None:
    """At sunset the page follows, and so do the plots."""
    lab = visit(plots=True)
    zero = lab.panel("delta_padded").locator(".plot .annotation-text").first
    lab.page.emulate_media(color_scheme="dark")
    _expect_theme(lab, "dark")
    expect(zero).to_have_css("fill", ZERO["dark"])


def test_forced_colours_keep_the_choice_visible(visit: Visit) -> None:
    """With the system's own colours the chosen buttons and the drawings can still be told apart."""
    lab = visit("beside=matrix", forced_colors="active", plots=True)
    looks = """(button) => {
      const style = getComputedStyle(button);
      return [style.outlineStyle, style.borderBottomColor, style.backgroundColor].join();
    }"""
    for chosen, other in (
        ("operation-convolution", "operation-correlation"),
        ("phase-deltas", "phase-forward"),
        ("beside-matrix", "beside-ways"),
    ):
        assert lab.button(chosen).evaluate(looks) != lab.button(other).evaluate(looks), chosen
    play = lab.button("play")
    assert play.evaluate(
        "b => getComputedStyle(b).backgroundColor !== getComputedStyle(b.querySelector('svg')).fill"
    )
    tap = lab.panel("kernel").locator(".drawing rect").first
    expect(tap).to_have_css("fill", "rgb(18, 115, 181)")


def test_print_leaves_out_what_cannot_be_pressed(visit: Visit) -> None:
    """On paper: light, the drawings, the formula and the sentence; no player, no settings."""
    lab = visit(plots=True)
    lab.button("theme").click()
    _expect_theme(lab, "dark")
    lab.until_plotted()
    lab.page.emulate_media(media="print")
    expect(lab.button("play")).to_be_hidden()
    expect(lab.page.locator(".settings")).to_be_hidden()
    expect(lab.sentence).to_be_visible()
    expect(lab.formula).to_be_visible()
    expect(lab.panel("wires")).to_be_visible()
    zero = lab.panel("delta_padded").locator(
        ".annotation-text, .drawing text", has_text=re.compile(r"^0$")
    )
    expect(zero.locator("visible=true").first).to_have_css("fill", ZERO["light"])
    expect(lab.page.locator("html")).to_have_css("color-scheme", "light")
    assert len(lab.page.pdf()) > 10_000
