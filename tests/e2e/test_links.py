"""The address bar always holds the state, and no address breaks the page."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.article import DELTAS
from tests.e2e.conftest import Visit
from tests.e2e.lab import Lab

SPEC = (
    "spec=1~i=4x4:1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16~k=2x2:1,2,3,4"
    "~d=3x3:1,-2,3,0.5,1,2,-1,4,2~o=correlation~a=tanh"
)


def _state(lab: Lab) -> dict[str, object]:
    """What a reader would call the same."""
    pressed = lab.page.locator("#bench [aria-pressed=true]")
    return {
        "html": lab.page.locator("html").get_attribute("lang"),
        "pressed": [button.get_attribute("id") for button in pressed.all()],
        "step": lab.scrub.input_value(),
        "waiting": lab.waiting.count(),
        "result": lab.result.inner_text(),
        "sentence": lab.sentence.inner_text(),
        "numbers": {n: lab.table(n) for n in ("input", "kernel", "output_delta", "output")},
        "lit": lab.lit(),
        "query": lab.query(),
    }


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_reload_changes_nothing(visit: Visit, lang: str) -> None:
    """Layer, phase, step, contribution, way and language are all in the address."""
    lab = visit(lang=lang)
    for view in (
        "phase=deltas&step=4&term=2", "phase=forward&step=1", "phase=weights&step=3&term=0",
        "phase=deltas&step=7&way=scatter&term=1",
    ):  # fmt: skip
        lab.open(f"{SPEC}&{view}", lang)
        lab.expect_layer("o=correlation", "a=tanh")
        before = _state(lab)
        lab.page.reload()
        lab.until_ready()
        lab.expect_layer("o=correlation", "a=tanh")
        assert _state(lab) == before, view


def test_what_is_done_is_in_the_address(lab: Lab) -> None:
    """After a change, a step and a phase the address opens in another window as it stands here."""
    lab.type_into("kernel", 3, "-5")
    lab.expect_layer("k=2x2:1,2,3,-5")
    lab.choose("operation", "correlation")
    lab.choose("phase", "weights")
    lab.press("ArrowDown", "ArrowDown", "ArrowLeft")
    expect(lab.waiting).to_have_count(1)
    lab.expect_query(phase="weights", step="2", term="3")
    other = Lab(lab.page.context.new_page(), lab.address)
    other.page.goto(lab.page.url)
    other.until_ready()
    other.expect_layer("k=2x2:1,2,3,-5", "o=correlation")
    assert _state(other) == _state(lab)


@pytest.mark.parametrize("query", ["phase=deltas&step=4&term=0", "phase=deltas&step=4&term=2"])
def test_a_link_goes_on_from_where_it_stands(visit: Visit, query: str) -> None:
    """Whoever opens a link to the third contribution steps to the fourth, and not to the start."""
    lab = visit(query)
    landed = int(query[-1])
    lab.press("ArrowRight")
    expect(lab.waiting).to_have_count(3 - landed)
    expect(lab.here).to_have_attribute("data-step", "4")


def test_the_link_is_copied(visit: Visit) -> None:
    """The button puts the address on the clipboard, says so, and goes back to its name."""
    lab = visit("phase=deltas&step=4", permissions=["clipboard-read", "clipboard-write"])
    button = lab.button("copy-link")
    button.click()
    expect(button).to_have_text("Copied")
    lab.expect_layer("k=2x2:1,2,3,4")
    assert lab.evaluate("navigator.clipboard.readText()") == lab.page.url
    expect(button).to_have_text("Copy link")
    button.click()
    button.click()  # twice in haste
    expect(button).to_have_text("Copied")
    expect(button).to_have_text("Copy link")


HOSTILE = {
    "nonsense": "spec=hello",
    "empty": "spec=",
    "version": "spec=9~i=1x1:1~k=1x1:1",
    "markup": "spec=1~%3Cscript%3Ealert(1)%3C/script%3E=1",
    "markup-value": "spec=1~i=1x1:1~k=1x1:1~o=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E",
    "script-end": "spec=%3C/script%3E%3Cscript%3Ealert(1)%3C/script%3E",
    "nan": "spec=1~i=1x1:nan~k=1x1:1",
    "infinite": "spec=1~i=1x1:1e999~k=1x1:1",
    "overflow": "spec=1~i=2x2:1e308*4~k=2x2:1e308*4",
    "bomb": "spec=1~i=9999x9999:0*99980001~k=1x1:1",
    "work": "spec=1~i=256x256:1*65536~k=200x200:1*40000",
    "does-not-fit": "spec=1~i=2x2:1,2,3,4~k=3x3:1*9",
    "delta-shape": "spec=1~i=3x3:1*9~k=2x2:1*4~d=3x3:1*9",
    "zero-stride": "spec=1~i=3x3:1*9~k=2x2:1*4~s=0",
    "groups": "spec=1~i=3x3:1*9~k=2x2:1*4~g=7",
    "surrogate": "spec=1~i=1x1:%ED%A0%80~k=1x1:1",
    "nul": "spec=1~i=1x1:1%00~k=1x1:1",
    "other-digits": "spec=1~i=1x1:%EF%BC%91~k=1x1:1",
    "long": "spec=1~i=1x1:1~k=1x1:" + "1" * 40_000,
}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_link_that_cannot_be_shown_says_so(visit: Visit, lang: str) -> None:
    """Every hostile layer gives a notice in one's language, and the article's example, whole."""
    lab = visit(lang=lang)
    for name, query in HOSTILE.items():
        lab.goto(f"/lab?lang={lang}&{query}")
        lab.until_ready()
        expect(lab.notice, name).to_be_visible()
        words = lab.notice.inner_text()
        assert len(words) < 400, name
        assert bool(re.search(r"[\u4e00-\u9fff]", words)) == (lang == "zh"), name
        assert "{" not in words, name
        assert lab.table("input_delta") == DELTAS["convolution"], name
        assert lab.page.locator("#bench img").count() == 0, name
        lab.press("End")
        expect(lab.here).to_have_attribute("data-step", "8")


def test_nonsense_in_the_view_is_no_error(lab: Lab) -> None:
    """What cannot be read is as if it were left out; the layer is there, without a notice."""
    for query in (
        "phase=sideways&step=-1&term=x", "phase=deltas&step=99999999999999&term=99",
        "step=%EF%BC%93", "phase=deltas&phase=forward&step=1e3", "member=7&way=up&theme=pink",
        "beside=everything&mistake=all", "lang=fr&lang=zh",
    ):  # fmt: skip
        lab.open(query)
        expect(lab.notice, query).to_be_hidden()
        expect(lab.sentence, query).not_to_be_empty()
        lab.press("Home")
        expect(lab.scrub, query).to_have_value("0")


def test_a_notice_goes_with_the_next_change(visit: Visit) -> None:
    """Once the reader does something, the broken link is forgotten."""
    lab = visit("spec=hello")
    expect(lab.notice).to_be_visible()
    lab.choose("operation", "correlation")
    expect(lab.notice).to_be_hidden()


def test_a_long_layer_still_has_a_link(visit: Visit) -> None:
    """The largest preset's address opens again, pixel for pixel."""
    lab = visit()
    lab.choose("preset", "digit")
    lab.expect_layer("i=28x28:!")
    url = lab.page.url
    assert len(url) < 4_000
    lab.page.goto(url)
    lab.until_ready()
    expect(lab.button("preset-digit")).to_have_attribute("aria-pressed", "true")
