"""Lessons: made in the lab, carried by a link, left with one press."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.conftest import Visit
from tests.e2e.test_axe import violations


def test_a_teacher_makes_a_lesson_and_a_student_opens_it(visit: Visit) -> None:
    """Layer, step, words, what is hidden and the prediction all arrive."""
    lab = visit("phase=deltas&step=3", permissions=["clipboard-read", "clipboard-write"])
    lab.type_into("kernel", 0, "7")
    expect(lab.value_at("kernel", 0)).to_have_text("7")
    lab.press("Escape")
    lab.button("make-lesson").click()
    dialog = lab.page.locator("#lesson")
    assert violations(lab.page) == []
    dialog.get_by_label("Title").fill("Edges & <corners>")
    dialog.get_by_label("What to do").fill("Look at [[deltas/0|node 11]].\n\nThen guess.")
    dialog.get_by_label("Ask for a prediction").check()
    dialog.get_by_label("Your numbers").check()
    dialog.get_by_label("The layer").check()
    lab.button("copy-lesson").click()
    expect(lab.button("copy-lesson")).to_have_text("Copied")
    link = lab.evaluate("navigator.clipboard.readText()")
    lab.page.goto(link)
    lab.until_ready()
    card = lab.page.locator("#lesson-card")
    expect(card.locator("h2")).to_have_text("Edges & <corners>")
    expect(card.locator("p")).to_have_text(["Look at node 11.", "Then guess."])
    expect(lab.page.locator(".numbers")).to_be_hidden()
    expect(lab.page.locator(".settings")).to_be_hidden()
    expect(lab.here).to_have_attribute("data-step", "3")
    expect(lab.page.locator("#guess")).to_be_visible()
    lab.expect_layer("k=2x2:7,2,3,4")
    assert violations(lab.page) == []
    lab.press("ArrowDown")
    lab.expect_query(title="Edges%20%26%20%3Ccorners%3E", hide="numbers.settings", step="4")
    lab.button("end-lesson").click()
    expect(card).to_have_count(0)
    expect(lab.page.locator(".settings")).to_be_visible()
    lab.expect_query(title=None, hide=None, predict=None)


def test_words_light_the_figure_and_the_figure_the_words(visit: Visit) -> None:
    """By pointer and by keyboard."""
    lab = visit("phase=deltas&step=4&title=T&text=See+[[deltas/0|this]]+and+[[deltas/8|that]].")
    this, that = lab.page.locator(".see").all()
    before = lab.sentence.inner_text()
    this.hover()
    expect(lab.sentence).to_contain_text("Node 11")
    expect(this).to_have_class(re.compile("lit"))
    lab.away()
    expect(lab.sentence).to_have_text(before)
    that.focus()
    expect(lab.sentence).to_contain_text("Node 33")
    lab.hover("input_delta", 0)
    expect(this).to_have_class(re.compile("lit"))
    this.click()
    expect(lab.here).to_have_attribute("data-step", "0")


def test_words_that_point_at_nothing_do_no_harm(visit: Visit) -> None:
    """A teacher may miscount."""
    lab = visit("phase=deltas&step=4&title=T&text=See+[[deltas/99|this]].")
    before = lab.sentence.inner_text()
    lab.page.locator(".see").hover()
    lab.away()
    expect(lab.sentence).to_have_text(before)


def test_a_lesson_speaks_the_readers_language(visit: Visit) -> None:
    """A scene of the story by its name, and the language's link keeps it."""
    lab = visit("lesson=collect&phase=deltas&step=0")
    expect(lab.page.locator("#lesson-title")).to_have_text("Collect")
    lab.page.get_by_role("link", name="中文").click()
    lab.until_ready()
    expect(lab.page.locator("#lesson-title")).to_have_text("收集")


def test_names_as_in_code(visit: Visit) -> None:
    """δ₁₁ or d[0,0]: in drawings, formula, sentence and timeline; by key and by button."""
    lab = visit("phase=deltas&step=4")
    lab.press("n")
    expect(lab.button("names-code")).to_have_attribute("aria-pressed", "true")
    expect(lab.formula).to_contain_text("d_out[0,0]")
    expect(lab.sentence).to_contain_text("w[1,1]")
    expect(lab.here).to_have_text("d[1,1]")
    lab.expect_query(names="code")
    lab.press("ArrowDown")
    expect(lab.formula).to_contain_text("d[1,2]")
    lab.expect_query(step="5")
    lab.page.reload()
    lab.until_ready()
    expect(lab.here).to_have_text("d[1,2]")
    lab.button("names-math").click()
    expect(lab.formula).not_to_contain_text("d[")
    lab.expect_query(names=None)
