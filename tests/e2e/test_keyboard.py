"""Everything from the keyboard alone: reached in a sensible order, always seen, never trapped."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Visit
from tests.e2e.lab import Lab

# whatever can have the focus now, each with a name that is stable across pages
FOCUSABLE = """() => [...document.querySelectorAll(
    'a[href], button, input, select, textarea, summary, [tabindex="0"]')]
  .filter((one) => !one.disabled && one.checkVisibility({ visibilityProperty: true })
    && !one.closest('[hidden], dialog:not([open])')
    && !(one.closest('details:not([open])') && one.tagName !== 'SUMMARY'))
  .map((one) => (window.nameOf(one)))"""
NAME = """() => {
  window.nameOf = (one) => one.id || [
    one.closest('[data-panel]')?.dataset.panel, one.className.replace('hot', '').trim(),
    one.dataset.step, one.dataset.term, one.textContent.trim().slice(0, 24),
  ].filter(Boolean).join(' ');
}"""
# what has the focus, where it is, and how that is seen
FOCUS = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const style = getComputedStyle(one);
  const box = one.getBoundingClientRect();
  const bar = document.querySelector('.player');
  const over = bar && !bar.contains(one) && getComputedStyle(bar).position === 'sticky'
    ? bar.getBoundingClientRect() : null;
  return {
    name: window.nameOf(one),
    region: one.closest('header.masthead, .controls, .stage, .reading, .player, .below, .numbers, '
      + '.settings, dialog')?.className ?? 'page',
    outline: style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth),
    seen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    covered: Boolean(over && box.top >= over.top && box.bottom <= over.bottom),
  };
}"""


def _walk(lab: Lab, most: int = 200) -> list[dict[str, Any]]:
    """Tab from the address bar until the focus leaves the page."""
    lab.evaluate(NAME)
    lab.evaluate("document.activeElement.blur?.()")
    stops: list[dict[str, Any]] = []
    for _ in range(most):
        lab.press("Tab")
        stop = lab.evaluate(FOCUS)
        if stop is None or (stops and stop["name"] == stops[0]["name"]):
            return stops
        stops.append(stop)
    pytest.fail(f"no way out of the page: {[stop['name'] for stop in stops[-6:]]}")


def _tab_to(lab: Lab, target: str, key: str = "Tab") -> None:
    """Tab until an element has the focus."""
    for _ in range(200):
        if lab.evaluate("document.activeElement.id") == target:
            return
        lab.press(key)
    pytest.fail(f"{target} cannot be reached")


@pytest.mark.parametrize("query", ["", "spec=hello&beside=mistakes"])
def test_tab_reaches_everything_once_and_is_seen(visit: Visit, query: str) -> None:
    """From the address bar through every control, region by region, and out again."""
    lab = visit(query)
    lab.evaluate(NAME)
    everything = lab.evaluate(FOCUSABLE)
    stops = _walk(lab)
    names = [stop["name"] for stop in stops]
    assert sorted(names) == sorted(everything)
    for stop in stops:
        assert stop["outline"] >= 2, stop
        assert stop["seen"], stop
    regions = [str(stop["region"]) for stop in stops]
    order = [r for i, r in enumerate(regions) if i == 0 or regions[i - 1] != r]
    assert order == ["page", "masthead", "controls", "stage", "reading", "player", "below",
                     "numbers", "settings"]  # fmt: skip


def test_nothing_hides_the_focus_on_a_phone(visit: Visit) -> None:
    """The player that sticks to the bottom never lies over what has the focus."""
    lab = visit(width=320, height=640)
    for stop in _walk(lab):
        assert stop["seen"], stop
        assert not stop["covered"], stop


def test_the_way_back_is_the_same_way(lab: Lab) -> None:
    """Shift+Tab goes through the same stops in the other direction: nothing holds the focus."""
    stops = [stop["name"] for stop in _walk(lab)]
    lab.evaluate("document.activeElement.blur?.()")
    lab.button(str(stops[-1])).focus()
    back = []
    for _ in stops[:-1]:
        lab.press("Shift+Tab")
        back.append(lab.evaluate(FOCUS)["name"])
    assert back == stops[-2::-1]


def test_the_first_stop_skips_to_the_lab(lab: Lab) -> None:
    """One Tab and Enter, and the next Tab is in the lab's own controls."""
    lab.press("Tab")
    skip = lab.page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    lab.press("Enter", "Tab")
    expect(lab.button("operation-convolution")).to_be_focused()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_whole_lesson_without_a_mouse(visit: Visit, lang: str) -> None:
    """Play, choose a node in a map, edit a number, change the operation, and see what follows."""
    lab = visit(lang=lang)
    _tab_to(lab, "speed")
    lab.press("4")  # as a menu does: the entry that begins so
    expect(lab.page.locator("#speed")).to_have_value("4")
    _tab_to(lab, "play", "Shift+Tab")
    lab.press("Space")
    expect(lab.bench).to_have_class(re.compile("playing"))
    expect(lab.scrub).to_have_value("8")
    expect(lab.bench).not_to_have_class(re.compile("playing"))
    expect(lab.result).to_have_text("3")
    expect(lab.button("play")).to_be_focused()

    _tab_to(lab, "cursor-input_delta", "Shift+Tab")
    lab.press("ArrowDown", "ArrowRight", "Enter")
    expect(lab.scrub).to_have_value("4")
    expect(lab.result).to_have_text("13.5")

    _tab_to(lab, "cursor-kernel")
    lab.press("ArrowRight", "F2")
    expect(lab.editor).to_be_focused()
    expect(lab.editor).to_have_value("2")
    lab.page.keyboard.type("-3")
    lab.press("Enter")
    expect(lab.value_at("kernel", 1)).to_have_text("−3")
    expect(lab.cursor("kernel")).to_be_focused()
    lab.press("Escape")
    expect(lab.result).to_have_text("18.5")  # 2 + 3 + 1.5 + 12

    _tab_to(lab, "operation-correlation", "Shift+Tab")
    lab.press("Enter")
    expect(lab.button("operation-correlation")).to_have_attribute("aria-pressed", "true")
    expect(lab.button("operation-correlation")).to_be_focused()
    expect(lab.result).to_have_text("6.5")  # 8 − 3 − 1.5 + 3
    expect(lab.here).to_have_attribute("data-step", "4")


def test_a_table_opens_and_scrolls_without_a_mouse(lab: Lab) -> None:
    """Enter on its sign opens a panel's table; the table itself can be scrolled."""
    sign = lab.panel("wires").locator("summary")
    sign.focus()
    lab.press("Enter")
    table = lab.panel("wires").get_by_role("table")
    expect(table).to_be_visible()
    assert table.locator("tbody tr").count() == 16
    lab.press("Tab")
    expect(lab.panel("wires").locator(".scroll")).to_be_focused()
    before = lab.scrub.input_value()
    lab.press("ArrowDown", "End")
    assert lab.scrub.input_value() == before
    expect(lab.panel("wires").locator(".scroll")).to_be_focused()


def test_keys_do_nothing_while_something_is_typed(lab: Lab) -> None:
    """Letters and arrows in a field are the field's own."""
    for field in ("seed", "bias"):
        lab.button(field).focus()
        lab.press("ArrowRight", "Home", "c", "p", "1", "?")
        expect(lab.here).to_have_attribute("data-step", "1")
        expect(lab.page.locator("#keys")).to_be_hidden()
        expect(lab.button("operation-convolution")).to_have_attribute("aria-pressed", "true")


def test_the_focus_stays_where_it_was(lab: Lab) -> None:
    """After the server has drawn the bench anew the keyboard is still on what was pressed."""
    lab.cursor("kernel").focus()
    for step in ("2", "3"):
        lab.press("Shift+ArrowUp")
        expect(lab.value_at("kernel", 0)).to_have_text(step)
    for control in (
        "operation-correlation", "phase-forward", "phase-deltas", "way-scatter", "undo", "random",
        "more-padding", "more-input.rows", "beside-matrix", "activation", "reset", "preset-sobel",
    ):  # fmt: skip
        one = lab.page.locator(f'[id="{control}"]')
        one.focus()
        lab.evaluate("document.querySelector('.stage').dataset.old = ''")
        if control == "activation":
            one.select_option("tanh")
        else:
            lab.press("Enter")
        expect(lab.page.locator(".stage[data-old]"), control).to_have_count(0)
        expect(one, control).to_be_focused()
        expect(one, control).to_be_visible()


def test_the_last_undo_leaves_the_keyboard_somewhere(lab: Lab) -> None:
    """When there is nothing more to take back the focus is not thrown to the top of the page."""
    lab.cursor("kernel").focus()
    lab.press("Shift+ArrowUp")
    expect(lab.value_at("kernel", 0)).to_have_text("2")
    lab.button("undo").focus()
    lab.press("Enter")
    expect(lab.value_at("kernel", 0)).to_have_text("1")
    assert lab.evaluate("document.activeElement !== document.body")
