"""What is there before, or without, any script."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.article import DELTAS, OUTPUT
from tests.e2e.conftest import Visit

CJK = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_picture_is_there_without_a_script(visit: Visit, lang: str) -> None:
    """Question, drawings, formula, sentence and every number come with the HTML."""
    lab = visit(lang=lang, java_script_enabled=False)
    expect(lab.page.locator("h1")).to_be_visible()
    for name in ("input_delta", "wires", "delta_padded", "stencils", "input", "kernel"):
        drawing = lab.panel(name).locator(".drawing svg")
        expect(drawing).to_be_visible()
        assert drawing.locator("path, rect, circle, text").count() > 3, name
    expect(lab.formula).to_be_visible()
    expect(lab.formula.locator("math").first).to_be_visible()
    expect(lab.result).to_have_text("2")
    expect(lab.sentence).not_to_be_empty()
    assert lab.table("input_delta") == DELTAS["convolution"]
    assert lab.table("input") == [["1", "2", "3"], ["4", "5", "6"], ["7", "8", "9"]]
    assert lab.table("kernel") == [["1", "2"], ["3", "4"]]
    assert lab.table("output_delta") == [["2", "−1"], ["0.5", "3"]]
    assert lab.table("output") == OUTPUT["convolution"]


def test_nothing_that_does_nothing_is_offered_without_a_script(visit: Visit) -> None:
    """Without scripts no button pretends to work: it is away, disabled, or a note says so."""
    lab = visit(java_script_enabled=False)
    play = lab.button("play")
    assert not play.is_visible() or play.is_disabled() or lab.page.locator("noscript").count()


def test_the_first_screen_answers(visit: Visit) -> None:
    """On a laptop the question, the map, the kernel and a play button need no scrolling."""
    lab = visit(width=1440, height=900)
    for place in ("h1", '[data-panel="input_delta"]', '[data-panel="kernel"]', "#play", "#formula"):
        box = lab.page.locator(place).bounding_box()
        assert box, place
        assert box["y"] + box["height"] <= 900, place


@pytest.mark.parametrize(("accepted", "html"), [("zh-CN", "zh-Hans"), ("de-AT", "en")])
def test_the_first_language_is_the_browsers(visit: Visit, accepted: str, html: str) -> None:
    """Nobody has to find a switch to read their own language."""
    lab = visit(lang="", locale=accepted)
    expect(lab.page.locator("html")).to_have_attribute("lang", html)
    assert bool(CJK.search(lab.page.locator("h1").inner_text())) == (html == "zh-Hans")


def test_switching_the_language_keeps_the_state(visit: Visit) -> None:
    """English and 中文 are two readings of one state: same layer, phase, step, term and way."""
    lab = visit("phase=deltas&step=4&way=scatter&term=3")
    lab.type_into("kernel", 0, "7")
    expect(lab.value_at("kernel", 0)).to_have_text("7")
    lab.press("Escape")
    lab.expect_layer("k=2x2:7,2,3,4")
    before = lab.query()
    assert (before["step"], before["way"], before["term"]) == ("4", "scatter", "3")
    lab.page.get_by_role("link", name="中文").click()
    expect(lab.page.locator("html")).to_have_attribute("lang", "zh-Hans")
    lab.until_ready()
    assert CJK.search(lab.page.locator("h1").inner_text())
    lab.expect_query(lang="zh")
    expect(lab.value_at("kernel", 0)).to_have_text("7")
    assert {**lab.query(), "lang": "en"} == before
    assert lab.waiting.count() == 1
    lab.page.get_by_role("link", name="English").click()
    expect(lab.page.locator("html")).to_have_attribute("lang", "en")
