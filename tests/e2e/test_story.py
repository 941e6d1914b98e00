"""The story: ten scenes that play, switch their operation and open in the lab."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from app.words.story import SCENES
from tests.e2e.conftest import Visit
from tests.e2e.test_axe import violations
from tests.e2e.test_small import SMALL, WIDE

NAMES = [scene.name for scene in SCENES]


def _open(visit: Visit, **options: object) -> Page:
    lang = options.pop("lang", "en")
    return visit(path="/", lang=lang, ready=False, **options).page


def _settled(page: Page) -> None:
    """Every scene has its script: they take hold of their figures when they come near."""
    for name in NAMES:
        page.locator(f"#{name}").scroll_into_view_if_needed()
        expect(page.locator(f"#{name} .bench")).to_have_attribute("data-ready", "true")


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_violation(visit: Visit, lang: str, theme: str) -> None:
    """Also with an answer open."""
    page = _open(visit, lang=lang, color_scheme=theme)
    _settled(page)
    page.locator(".option summary").first.click()
    assert violations(page) == []


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_it_fits_a_phone(visit: Visit, lang: str) -> None:
    """Nothing sticks out at 320 pixels, and a finger can press everything."""
    page = _open(visit, lang=lang, width=320, height=640)
    _settled(page)
    width, wide = page.evaluate(WIDE)
    assert wide == []
    assert width <= 320
    assert page.evaluate(SMALL) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_scene_plays_steps_and_switches(visit: Visit, name: str) -> None:
    """Each figure is live: it steps on and back, plays, and shows the other operation."""
    page = _open(visit)
    scene = page.locator(f"#{name}")
    scene.scroll_into_view_if_needed()
    expect(scene.locator(".bench")).to_have_attribute("data-ready", "true")
    lit, link = scene.locator(".overlay .light").last, scene.locator("a.open")
    before = lit.inner_html() if lit.count() else ""
    for _ in range(3):  # contribution by contribution, to the next sum
        at = link.get_attribute("href") or ""
        scene.locator("[data-act=forth]").click()
        expect(link).not_to_have_attribute("href", at)
    assert not lit.count() or lit.inner_html() != before
    for _ in range(3):
        at = link.get_attribute("href") or ""
        scene.locator("[data-act=back]").click()
        expect(link).not_to_have_attribute("href", at)
    scene.locator("[data-act=play]").click()
    expect(scene.locator(".bench")).to_have_class(re.compile("playing"))
    scene.locator("[data-act=play]").click()
    expect(scene.locator(".bench")).not_to_have_class(re.compile("playing"))
    other = scene.locator('[data-operation="correlation"]')
    if other.count():
        other.click()
        expect(scene.locator('[data-operation="correlation"]')).to_be_focused()
        expect(other).to_have_attribute("aria-pressed", "true")


def test_a_scene_opens_in_the_lab_as_it_stands(visit: Visit) -> None:
    """The lab shows the same sum, in the same operation, at the same contribution."""
    page = _open(visit)
    scene = page.locator("#duality")
    scene.scroll_into_view_if_needed()
    expect(scene.locator(".bench")).to_have_attribute("data-ready", "true")
    scene.locator('[data-operation="correlation"]').click()
    expect(scene.locator('[data-operation="correlation"]')).to_have_attribute(
        "aria-pressed", "true"
    )
    for _ in range(3):
        scene.locator("[data-act=forth]").click()
    expect(scene.locator("[data-part=sentence]")).to_be_visible()
    sentence = scene.locator("[data-part=sentence]").inner_text()
    scene.locator("a.open").click()
    expect(page.locator("#bench[data-ready]")).to_be_attached()
    expect(page.locator("#operation-correlation")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#sentence")).to_have_text(sentence)


def test_space_goes_on(visit: Visit) -> None:
    """It can be presented with one key."""
    page = _open(visit)
    for name in NAMES[:3]:
        page.keyboard.press("Space")
        expect(page.locator(f"#{name} h2")).to_be_in_viewport()


def test_text_and_figures_without_a_script(visit: Visit) -> None:
    """Every scene has its text, its sum and its figures; nothing pretends to work."""
    page = _open(visit, java_script_enabled=False)
    for told in SCENES:
        scene = page.locator(f"#{told.name}")
        expect(scene.locator(".text p").first).to_be_visible()
        if told.sums:
            expect(scene.locator("math").first).to_be_visible()
        expect(scene.locator("[data-act=play]")).to_be_hidden()
    expect(page.locator(".drawing svg").first).to_be_visible()


def test_arrow_keys_step_the_scene_that_is_looked_at(visit: Visit) -> None:
    """Also after a press on one of its buttons; the figures elsewhere stay as they are."""
    page = _open(visit)
    scene = page.locator("#unroll")
    page.evaluate("document.querySelector('#unroll').scrollIntoView()")
    expect(scene.locator(".bench")).to_have_attribute("data-ready", "true")
    scene.locator("[data-act=back]").click()
    link = scene.locator("a.open")
    expect(link).to_have_attribute("href", re.compile("term=3"))
    page.keyboard.press("ArrowRight")
    expect(link).to_have_attribute("href", re.compile("term=4"))
    page.keyboard.press("Space")
    expect(page.locator("#collect h2")).to_be_in_viewport()


def test_words_light_the_scenes_figure(visit: Visit) -> None:
    """And a figure lights the words that stand for what it shows."""
    page = _open(visit)
    scene = page.locator("#collect")
    page.evaluate("document.querySelector('#collect').scrollIntoView()")
    expect(scene.locator(".bench")).to_have_attribute("data-ready", "true")
    word = scene.locator('.see[data-moment="deltas/4"]')
    word.hover()
    expect(scene.locator(".result")).to_have_text("13.5")
    expect(word).to_have_class(re.compile("lit"))
    word.click()
    page.mouse.move(1, 1)
    expect(scene.locator("[data-part=sentence]")).to_contain_text("Node 22")


def test_what_is_asked_is_not_answered_beside_it(visit: Visit) -> None:
    """A scene that begins before its sum keeps the sentence until it is complete."""
    page = _open(visit)
    for name in ("mlp", "collect"):
        scene = page.locator(f"#{name}")
        scene.scroll_into_view_if_needed()
        expect(scene.locator(".bench")).to_have_attribute("data-ready", "true")
        expect(scene.locator("[data-part=sentence]")).to_be_hidden()
        expect(scene.locator(".result")).to_have_text("0")
