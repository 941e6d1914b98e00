"""The moment: the backward stencil is put together sum by sum, and then seen to be turned."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.e2e.article import COLLECTED, OPERATIONS, WEIGHT
from tests.e2e.conftest import Visit
from tests.e2e.lab import Lab

# numbers as the two stencils are laid out, forward and backward
STENCILS = {
    "convolution": ([["4", "3"], ["2", "1"]], [["1", "2"], ["3", "4"]]),
    "correlation": ([["1", "2"], ["3", "4"]], [["4", "3"], ["2", "1"]]),
}
# squares of the stencils' panel that a cover hides, and whether the arrow is hidden
HIDDEN = """() => {
  const panel = document.querySelector('[data-panel="stencils"]');
  const grid = JSON.parse(panel.querySelector('.plate').dataset.geometry);
  const slots = [...panel.querySelectorAll('.cover .slot:not(.off)')].map((slot) => {
    const [x, y] = ['x', 'y'].map((name) => Number(slot.getAttribute(name)));
    const [left, top] = grid.origins[1];
    const column = Math.round((x - left) / grid.cell);
    return 4 + Math.round((y - top) / grid.cell) * 2 + column;
  });
  return [slots.sort(), panel.querySelectorAll('.cover .hush:not(.off)').length > 0];
}"""


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_turn_is_not_claimed_before_it_is_seen(lab: Lab, operation: str) -> None:
    """A weight is seen with its first landing, and 180° with the last weight's, in node 22."""
    if operation != "convolution":
        lab.choose("operation", operation)
    forward, backward = STENCILS[operation]
    assert lab.table("stencils") == [*forward, *backward]
    squares = [number for row in backward for number in row]
    collected: set[str] = set()
    arrow_at = []
    lab.start()
    for step, (node, terms) in enumerate(COLLECTED[operation].items()):
        if step:
            lab.press("ArrowRight")
            expect(lab.here).to_have_attribute("data-step", str(step))
        for k in range(len(terms) + 1):
            if k:
                lab.press("ArrowRight")
                collected.add(WEIGHT[terms[k - 1][1]])
            expect(lab.waiting).to_have_count(len(terms) - k)
            hidden, no_arrow = lab.evaluate(HIDDEN)
            missing = [4 + i for i, number in enumerate(squares) if number not in collected]
            assert hidden == missing, (node, k)
            assert no_arrow == (len(collected) < 4), (node, k)
            if not no_arrow:
                arrow_at.append((node, k))
    assert arrow_at[0] == ("22", 1)


@pytest.mark.parametrize("plots", [False, True])
def test_the_cover_covers(visit: Visit, plots: bool) -> None:
    """What is hidden is hidden in pixels too, over the server's drawing and over Plotly's."""
    lab = visit(plots=plots)
    lab.page.locator('.chips [data-step="3"]').click()
    lab.press("ArrowRight")
    expect(lab.waiting).to_have_count(4)
    arrow = lab.panel("stencils").locator(".plate").bounding_box()
    assert arrow
    gap = {
        "x": arrow["x"] + arrow["width"] * 0.41,
        "y": arrow["y"],
        "width": arrow["width"] * 0.17,
        "height": arrow["height"] * 0.6,
    }

    def colours() -> int:
        shot = Image.open(io.BytesIO(lab.page.screenshot(clip=gap)))  # type: ignore[arg-type]
        return len(shot.convert("RGB").getcolors(100_000) or [])

    assert colours() == 1
    lab.press("ArrowRight")
    expect(lab.waiting).to_have_count(3)
    expect(lab.bench).to_contain_class("whole")
    assert colours() > 5


def test_going_back_takes_the_turn_away_again(lab: Lab) -> None:
    """Whoever goes back to a node before 22 sees the stencil as it was known there."""
    lab.press("End")
    expect(lab.bench).to_contain_class("whole")
    assert lab.evaluate(HIDDEN) == [[], False]
    for _ in range(5):
        lab.press("ArrowUp")
    expect(lab.here).to_have_attribute("data-step", "3")
    expect(lab.bench).not_to_contain_class("whole")
    assert lab.evaluate(HIDDEN) == [[4], True]


def test_forwards_says_nothing_of_the_way_back(lab: Lab) -> None:
    """In the forward phase the backward stencil is not there at all."""
    lab.choose("phase", "forward")
    hush = lab.panel("stencils").locator(".cover .hush")
    expect(hush).to_have_count(1)
    second = lab.evaluate("""() => {
      const panel = document.querySelector('[data-panel="stencils"]');
      const grid = JSON.parse(panel.querySelector('.plate').dataset.geometry);
      const hush = panel.querySelector('.cover .hush');
      const [left] = grid.origins[1];
      const [x, width] = ['x', 'width'].map((name) => Number(hush.getAttribute(name)));
      return x < left - 20 && x + width >= left + 2 * grid.cell;
    }""")
    assert second


def test_the_turn_can_be_seen_again(visit: Visit) -> None:
    """Once the stencil is whole, its arrow is a button that turns it before one's eyes."""
    lab = visit("phase=deltas&step=3", reduced_motion="no-preference")
    expect(lab.button("turn")).to_be_hidden()
    lab.press("ArrowDown")
    expect(lab.button("turn")).to_be_visible()
    lab.button("turn").click()
    expect(lab.bench).to_contain_class("whole")
    assert lab.evaluate("document.querySelector('.turning').getAnimations().length") == 1


def test_the_turn_button_does_something_without_motion(visit: Visit) -> None:
    """Reduced motion means a step instead, and no dead button."""
    lab = visit("phase=deltas&step=4")
    expect(lab.said).not_to_be_empty()
    before = lab.evaluate("document.querySelector('[data-panel=stencils] .plate').outerHTML")
    said = lab.said.text_content()
    turn = lab.button("turn")
    if turn.is_visible():
        turn.click()
        after = lab.evaluate("document.querySelector('[data-panel=stencils] .plate').outerHTML")
        assert after != before or lab.said.text_content() != said
