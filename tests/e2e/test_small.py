"""A phone of 320 pixels: everything is there, nothing is too small, nothing sticks out."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from app.spec import PRESETS, encode
from tests.e2e.conftest import Visit

# everything that a finger presses, and how large it is; links in running text are exempt
SMALL = """() => [...document.querySelectorAll(
    'a[href], button:not(.cursor), select, input, summary')]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest('p'))
  .map((one) => [one.id || one.outerHTML.slice(0, 90), one.getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.width < 24 || box.height < 24) && box.bottom > 0)
  .map(([name, box]) => `${name}: ${box.width.toFixed(1)}×${box.height.toFixed(1)}`)"""
# what reaches beyond the window
WIDE = """() => [document.scrollingElement.scrollWidth, [...document.querySelectorAll('body *')]
  .filter((one) => one.checkVisibility() && !one.closest('svg, .scroll, .listing, .chips, .line, '
    + '.visually-hidden, .skip, .matrices'))
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
  .map((one) => one.outerHTML.slice(0, 90))]"""


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_does_not_scroll_sideways(visit: Visit, lang: str) -> None:
    """Whatever the layer, the page is as wide as the window."""
    lab = visit(lang=lang, width=320, height=640)
    for layer in ("article", "channels", "digit", "dilation_2"):
        lab.open(f"spec={encode(PRESETS[layer].spec)}", lang)
        width, wide = lab.evaluate(WIDE)
        assert wide == [], layer
        assert width <= 320, layer


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_nothing_sticks_out_whatever_is_open(visit: Visit, lang: str) -> None:
    """Phases, ways, an activation, every tab below, every table and both dialogs."""
    lab = visit("phase=deltas&step=4", lang=lang, width=320, height=640)

    def check(what: str) -> None:
        width, wide = lab.evaluate(WIDE)
        assert wide == [], what
        assert width <= 320, what

    for phase in ("forward", "weights", "deltas"):
        lab.choose("phase", phase)
        check(phase)
    lab.choose("way", "scatter")
    check("scatter")
    lab.page.locator("#activation").select_option("sigmoid")
    expect(lab.panel("collected")).to_be_visible()
    check("activation")
    for beside in ("matrix", "derivation", "ways", "mistakes"):
        lab.button(f"beside-{beside}").click()
        expect(lab.button(f"beside-{beside}")).to_have_attribute("aria-pressed", "true")
        check(beside)
    lab.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    check("tables")
    for opener in ("show-keys", "draw"):
        lab.button(opener).click()
        dialog = lab.page.get_by_role("dialog")
        box = dialog.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 320
        check(opener)
        lab.press("Escape")


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_nothing_is_too_small_for_a_finger(visit: Visit, lang: str, width: int) -> None:
    """Every control is at least 24 by 24 (WCAG 2.2, 2.5.8), without counting on exceptions."""
    lab = visit("phase=deltas&step=4&beside=mistakes", lang=lang, width=width)
    assert lab.evaluate(SMALL) == []
    lab.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    lab.button("predict").click()
    expect(lab.page.locator("#guess")).to_be_visible()
    assert lab.evaluate(SMALL) == []
    for opener in ("show-keys", "draw"):
        lab.button(opener).click()
        assert lab.evaluate(SMALL) == []
        lab.press("Escape")


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [320, 390])
def test_no_control_lies_over_another(visit: Visit, lang: str, width: int) -> None:
    """A finger on the middle of a control presses that control."""
    lab = visit("phase=deltas&step=4", lang=lang, width=width, height=640)
    covered = lab.evaluate("""() => [...document.querySelectorAll(
        'a[href]:not(.skip), button:not(.cursor), select, input, summary')]
      .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest('.chips'))
      .filter((one) => {
        one.scrollIntoView({ block: 'center', behavior: 'instant' });
        const box = one.getBoundingClientRect();
        const hit = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
        return !(hit && (one.contains(hit) || hit.contains(one)));
      }).map((one) => one.id || one.outerHTML.slice(0, 90))""")
    assert covered == []


@pytest.mark.parametrize("layer", ["article", "channels", "digit"])
def test_panels_stay_in_their_stage(visit: Visit, layer: str) -> None:
    """At no width does a map reach beyond the stage, or lie over its neighbour."""
    lab = visit(f"spec={encode(PRESETS[layer].spec)}")
    for width in (320, 390, 560, 768, 864, 900, 1000, 1088, 1200, 1440, 1920, 2560):
        lab.page.set_viewport_size({"width": width, "height": 900})
        out = lab.evaluate("""() => {
          const stage = document.querySelector('.stage').getBoundingClientRect();
          const boxes = [...document.querySelectorAll('.stage .plate')]
            .map((plate) => [plate.closest('.panel').dataset.panel, plate.getBoundingClientRect()]);
          const out = boxes.filter(([, box]) => box.right > stage.right || box.left < stage.left);
          const over = boxes.flatMap(([name, a], i) => boxes.slice(i + 1).filter(([, b]) =>
            a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1
            && b.top < a.bottom - 1).map(([other]) => `${name} over ${other}`));
          return [...out.map(([name]) => name), ...over];
        }""")
        assert out == [], width


def test_the_player_is_within_reach(visit: Visit) -> None:
    """Without scrolling, and wherever somebody has scrolled to while the sum is looked at."""
    lab = visit(width=320, height=640)
    expect(lab.button("play")).to_be_in_viewport(ratio=1)
    lab.button("play").click()
    expect(lab.bench).to_have_class(re.compile("playing"))
    lab.panel("wires").scroll_into_view_if_needed()
    expect(lab.button("play")).to_be_in_viewport(ratio=1)


def test_the_step_that_plays_is_in_sight_on_the_timeline(visit: Visit) -> None:
    """The strip of nodes moves along with the step, so that the current one can be seen."""
    lab = visit(width=320, height=640)
    lab.press("End")
    expect(lab.here).to_have_attribute("data-step", "8")
    expect(lab.here).to_be_in_viewport(ratio=0.9)


def test_the_sum_and_its_map_are_seen_together(visit: Visit) -> None:
    """On a phone the two maps, where it is collected and to where, are on one screen."""
    lab = visit(width=390, height=844)
    for name in ("input_delta", "delta_padded"):
        expect(lab.panel(name).locator(".plate")).to_be_in_viewport(ratio=0.95)


def test_pinch_zoom_is_not_forbidden(visit: Visit) -> None:
    """The viewport may be zoomed by anybody who needs to."""
    lab = visit(width=320)
    content = lab.page.locator("meta[name=viewport]").get_attribute("content") or ""
    assert "user-scalable" not in content
    assert "maximum-scale" not in content


def test_zoomed_to_twice_the_size_nothing_sticks_out(visit: Visit) -> None:
    """1280 pixels at 200 % are 640: nothing is cut off, and the page scrolls one way only."""
    lab = visit("beside=mistakes", width=640, height=450, device_scale_factor=2)
    width, wide = lab.evaluate(WIDE)
    assert wide == []
    assert width <= 640


def test_wider_spacing_cuts_nothing_off(visit: Visit) -> None:
    """With the spacing of WCAG 1.4.12 no button or sentence loses its words."""
    lab = visit("phase=deltas&step=4", width=390)
    lab.evaluate("""() => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
        word-spacing: 0.16em !important; } p { margin-bottom: 2em !important; }`);
      document.adoptedStyleSheets = [sheet];
    }""")
    width, wide = lab.evaluate(WIDE)
    assert wide == []
    assert width <= 390
    cut = lab.evaluate("""() => [...document.querySelectorAll('button, summary, p, h1, h2, label')]
      .filter((one) => one.checkVisibility() && !one.closest('.visually-hidden, .plate'))
      .filter((one) => getComputedStyle(one).overflow === 'hidden'
        && (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1))
      .map((one) => one.outerHTML.slice(0, 90))""")
    assert cut == []
