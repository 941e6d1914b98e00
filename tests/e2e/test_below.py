"""Below the stage: matrix, derivation, four ways, mistakes; and predictions."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.article import CONVOLUTION, DELTAS
from tests.e2e.conftest import Visit
from tests.e2e.lab import Lab

TABS = ("matrix", "derivation", "ways", "mistakes")


def _open(lab: Lab, tab: str) -> None:
    lab.button(f"beside-{tab}").click()
    expect(lab.button(f"beside-{tab}")).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("tab", TABS)
def test_a_tab_opens_closes_and_is_in_the_link(lab: Lab, tab: str) -> None:
    """One press opens, the next closes; a reload keeps it open."""
    _open(lab, tab)
    lab.expect_query(beside=tab)
    lab.page.reload()
    lab.until_ready()
    expect(lab.button(f"beside-{tab}")).to_have_attribute("aria-pressed", "true")
    lab.button(f"beside-{tab}").click()
    expect(lab.button(f"beside-{tab}")).to_have_attribute("aria-pressed", "false")
    lab.expect_query(beside=None)


@pytest.mark.parametrize("operation", ["convolution", "correlation"])
def test_a_node_is_a_row_of_the_transposed_matrix(visit: Visit, operation: str) -> None:
    """Pointing at a node lights its row of Mᵀ and its column of M: as many entries as wires."""
    lab = visit("phase=deltas&step=0&beside=matrix", height=2200)
    if operation != "convolution":
        lab.choose("operation", operation)
    matrices = lab.page.locator(".matrices .panel")
    expect(matrices).to_have_count(2)
    lab.hover("input_delta", 4)
    expect(lab.result).to_have_text(DELTAS[operation][1][1])
    for panel in matrices.all():
        marks = panel.locator(".light > :not(.off)")
        assert marks.count() >= 4


def test_the_derivation_is_that_of_the_chosen_node(visit: Visit) -> None:
    """Its lines follow the node; in another phase it says that it is about deltas."""
    lab = visit("phase=deltas&step=4&beside=derivation")
    derivation = lab.page.locator("#derivation")
    lines = derivation.locator("li")
    assert lines.count() >= 4
    for line in lines.all():
        expect(line.locator("p")).not_to_be_empty()
    before = derivation.inner_text()
    lab.press("ArrowDown")
    expect(derivation).not_to_have_text(before)
    lab.choose("phase", "weights")
    expect(derivation).to_have_count(0)
    expect(lab.page.locator(".below .hint")).to_be_visible()


@pytest.mark.parametrize("operation", ["convolution", "correlation"])
def test_four_ways_give_one_answer(visit: Visit, operation: str) -> None:
    """All four give the same deltas, and exactly one of them turns anything."""
    lab = visit("phase=deltas&step=4&beside=ways")
    if operation != "convolution":
        lab.choose("operation", operation)
    expect(lab.page.locator(".way")).to_have_count(4)
    expect(lab.page.locator(".way .verdict")).to_have_text(["the same deltas"] * 4)
    turning = [way for way in lab.page.locator(".way").all() if way.locator("code.turns").count()]
    assert len(turning) == 1


def test_a_mistake_is_caught_cell_by_cell_and_missed_by_the_mean(lab: Lab) -> None:
    """Not turned: the check catches it, the mean of what is collected does not."""
    _open(lab, "mistakes")
    words = lab.page.locator(".mistaken")
    expect(words).to_contain_text("catches it")
    expect(words).to_contain_text("you would not notice")
    others = lab.page.locator("[data-mistake]")
    assert others.count() >= 4
    for code in [other.get_attribute("data-mistake") for other in others.all()]:
        lab.button(f"mistake-{code}").click()
        expect(lab.button(f"mistake-{code}")).to_have_attribute("aria-pressed", "true")
        lab.expect_query(mistake=code)
        expect(words.locator("figure")).to_have_count(3)
        expect(lab.notice).to_be_hidden()


def test_a_symmetric_kernel_hides_the_mistake_and_says_so(visit: Visit) -> None:
    """With the blur there is nothing to see, and the reason is given."""
    lab = visit("beside=mistakes")
    lab.choose("preset", "blur")
    expect(lab.page.locator(".mistaken")).to_contain_text("Nothing to see")


# Predictions


def _ask(lab: Lab, step: int) -> None:
    lab.button("predict").click()
    expect(lab.button("predict")).to_have_attribute("aria-pressed", "true")
    lab.page.locator(f'.chips [data-step="{step}"]').click()
    expect(lab.here).to_have_attribute("data-step", str(step))
    expect(lab.page.locator("#guess")).to_be_visible()


def test_a_node_keeps_its_sum_until_it_is_guessed(lab: Lab) -> None:
    """The sum, its sentence and its cell are hidden until 13.5 has been typed."""
    _ask(lab, 4)
    expect(lab.result).to_be_hidden()
    expect(lab.sentence).to_be_hidden()
    expect(lab.visible("input_delta", ".light .veil")).to_have_count(1)
    lab.page.locator("#guess").fill("13.5")
    lab.press("Enter")
    expect(lab.page.locator("#judgement")).to_contain_text("Yes")
    expect(lab.result).to_have_text("13.5")
    expect(lab.result).to_be_visible()
    expect(lab.waiting).to_have_count(0)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_wrong_guess_is_met_with_what_makes_it(visit: Visit, lang: str) -> None:
    """9 is what node 22 gets if the kernel is not turned; the sum stays hidden."""
    lab = visit(lang=lang)
    _ask(lab, 4)
    lab.page.locator("#guess").fill("9")
    lab.press("Enter")
    judgement = lab.page.locator("#judgement")
    expect(judgement).not_to_be_empty()
    expect(judgement).to_have_attribute("role", "status")
    if lang == "en":
        expect(judgement).to_contain_text("9 is what you get with")
    expect(lab.bench).to_have_class(re.compile("predicting"))
    expect(lab.page.locator("#guess")).to_be_focused()
    lab.page.locator("#guess").fill("nine")
    lab.press("Enter")
    expect(judgement).to_have_class("bad")
    lab.button("show-sum").click()
    expect(lab.result).to_have_text("13.5")
    expect(lab.bench).not_to_have_class(re.compile("predicting"))


def test_every_node_is_asked_and_stays_open_once_found(lab: Lab) -> None:
    """All nine in a row; going back to a found one shows it."""
    _ask(lab, 0)
    for step, terms in enumerate(CONVOLUTION.values()):
        lab.page.locator(f'.chips [data-step="{step}"]').click()
        expect(lab.here).to_have_attribute("data-step", str(step))
        lab.page.locator("#guess").fill(terms[-1][2])
        lab.press("Enter")
        expect(lab.result).to_have_text(terms[-1][2])
        expect(lab.page.locator("#judgement")).to_have_class("good")
    lab.page.locator('.chips [data-step="2"]').click()
    expect(lab.result).to_have_text("−3")
    lab.button("predict").click()
    expect(lab.page.locator("#prediction")).to_be_hidden()


def test_a_sum_may_be_guessed_by_its_terms(lab: Lab) -> None:
    """Written out as on paper; the wrong terms are met like a wrong number."""
    _ask(lab, 4)
    lab.page.locator("#guess").fill("2·4 + (−1)·3 + 0.5·2 + 3·1")
    lab.press("Enter")
    expect(lab.page.locator("#judgement")).to_contain_text("9 is what you get with")
    lab.page.locator("#guess").fill("2·1 + (−1)·2 + 0.5·3 + 3·4")
    lab.press("Enter")
    expect(lab.result).to_have_text("13.5")
    expect(lab.page.locator("#judgement")).to_have_class("good")


def test_playing_waits_for_the_guess(lab: Lab) -> None:
    """At the first node whose sum is hidden; nothing is filled in meanwhile."""
    _ask(lab, 3)
    lab.button("play").click()
    expect(lab.bench).not_to_have_class(re.compile("playing"))
    expect(lab.here).to_have_attribute("data-step", "3")
    expect(lab.result).to_be_hidden()


def test_a_guess_is_asked_for_where_it_is_typed(lab: Lab) -> None:
    """The field has the focus and the wires are in sight; shown the sum, nobody is told off."""
    lab.button("predict").click()
    guess = lab.page.locator("#guess")
    expect(guess).to_be_focused()
    expect(guess).to_be_in_viewport()
    expect(lab.panel("wires")).to_be_in_viewport()
    lab.page.keyboard.type("77")
    lab.press("Enter")
    expect(lab.page.locator("#judgement")).to_contain_text("77")
    lab.button("show-sum").click()
    expect(lab.page.locator("#judgement")).to_be_empty()
    expect(lab.sentence).to_be_visible()
