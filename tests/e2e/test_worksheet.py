"""Worksheets in a browser: answered on the screen, printed on either paper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, product

import pytest
from playwright.sync_api import Page, expect

from app.spec.exercises import Exercise
from app.spec.worksheet import WorksheetSpec
from tests.e2e.conftest import Visit
from tests.e2e.test_axe import violations
from tests.e2e.test_small import SMALL, WIDE

SPEC = WorksheetSpec(seed=7, operation="both")
DELTA, TAP, STENCIL, MISTAKE, WIRES = SPEC.exercises(7)
QUERY = "seed=7&operation=both"
MM = 96 / 25.4  # pixels
PAPERS = {"A4": (210, 297), "Letter": (215.9, 279.4)}
MARGINS = (14, 12)  # mm, left and right, top and bottom: as in the style sheet


def _open(visit: Visit, query: str = QUERY, **options: object) -> Page:
    lang = options.pop("lang", "en")
    return visit(query, path="/worksheet", lang=lang, ready=False, **options).page


@contextmanager
def _checked(page: Page, number: int) -> Iterator[None]:
    """What is done inside is checked, and the judgement awaited."""
    form = page.locator(".answer").nth(number)
    yield
    with page.expect_response("**/worksheet/check"):
        form.get_by_role("button").click()
    expect(form.get_by_role("status")).not_to_be_empty()


def _said(page: Page, number: int) -> str:
    return page.locator(".answer").nth(number).get_by_role("status").inner_text()


def _fill_stencil(page: Page, rows: list[list[float]]) -> None:
    for cell, value in zip(page.locator(".grid input").all(), chain(*rows), strict=True):
        cell.fill(f"{value:g}")


def test_a_wrong_answer_is_diagnosed_and_a_right_one_praised(visit: Visit) -> None:
    """At once, for every kind of exercise; what was typed stays where it is."""
    page = _open(visit)
    value = page.locator("[name=value]")
    with _checked(page, 0):
        value.fill(f"{DELTA.wrong_deltas('kernel_not_rotated').flat[DELTA.node]:g}")
    assert "the stencil not turned" in _said(page, 0)
    expect(value).not_to_have_value("")
    with _checked(page, 0):
        value.fill(f"{DELTA.delta:g}".replace("-", "−"))
    assert _said(page, 0).startswith("Yes")
    for number, exercise in ((1, TAP), (3, MISTAKE)):
        boxes = page.locator(".answer").nth(number).get_by_role("radio")
        wrong, right = _one_choice(exercise)
        for at, word in ((wrong, ""), (right, "Yes")):
            with _checked(page, number):
                boxes.nth(at).check()
            assert _said(page, number).startswith("Yes") == bool(word)
    with _checked(page, 2):
        _fill_stencil(page, STENCIL.wrong_stencils["kernel_not_rotated"].tolist())
    assert "the stencil not turned" in _said(page, 2)
    with _checked(page, 2):
        _fill_stencil(page, STENCIL.stencil.tolist())
    assert _said(page, 2).startswith("Yes")


def _one_choice(exercise: Exercise) -> tuple[int, int]:
    if exercise.kind == "tap":
        wrong = exercise.wrong_taps["kernel_not_rotated"]
        return exercise.taps.index(wrong), exercise.taps.index(exercise.tap)
    right = exercise.codes.index(exercise.code)
    return (right + 1) % len(exercise.codes), right


def test_wires_are_ticked(visit: Visit) -> None:
    """Those of the other operation are called so."""
    page = _open(visit)
    boxes = page.locator(".answer").nth(4).get_by_role("checkbox")
    with _checked(page, 4):
        for wire in WIRES.unturned:
            boxes.nth(WIRES.wires.index(wire)).check()
    assert "would be its wires" in _said(page, 4)
    with _checked(page, 4):
        for i, wire in enumerate(WIRES.wires):
            boxes.nth(i).set_checked(wire in WIRES.joined)
    assert _said(page, 4).startswith("Yes")


def test_it_works_from_the_keyboard_and_says_what_is_missing(visit: Visit) -> None:
    """Enter checks; nothing and nonsense are refused in words."""
    page = _open(visit, lang="zh")
    status = page.locator(".answer").first.get_by_role("status")
    value = page.locator("[name=value]")
    value.focus()
    for typed in ("", "two"):
        value.fill(typed)
        page.keyboard.press("Enter")
        expect(status).to_have_text(re.compile("你的答案"))
    value.fill(f"{DELTA.delta:g}")
    page.keyboard.press("Enter")
    expect(status).to_have_text(re.compile("^对"))
    expect(value).to_be_focused()


def test_nothing_typed_is_lost(visit: Visit) -> None:
    """Neither by asking for the key, nor in the other language, nor when the server is away."""
    page = _open(visit)
    page.locator("[name=value]").fill("12")
    page.get_by_role("radio").nth(1).check()
    page.locator("[name=key]").check()
    page.get_by_role("button", name="Make the sheet").click()
    expect(page.locator(".key")).to_be_visible()
    page.get_by_role("link", name="中文").click()
    expect(page.locator("h1")).to_have_text("练习")
    expect(page.locator("[name=value]")).to_have_value("12")
    expect(page.get_by_role("radio").nth(1)).to_be_checked()
    page.get_by_role("link", name="换一组数").click()
    expect(page.locator("[name=seed]")).to_have_value("8")
    expect(page.locator("[name=value]")).to_have_value("")


def test_without_a_script_the_form_makes_a_sheet(visit: Visit) -> None:
    """Its state is in the address; nothing pretends to check."""
    page = _open(visit, java_script_enabled=False)
    page.locator("[name=variants]").fill("2")
    page.locator("[name=level]").select_option("3")
    page.get_by_role("button", name="Make the sheet").click()
    expect(page.locator(".worksheet")).to_have_count(2)
    assert "level=3" in page.url
    expect(page.get_by_role("button", name="Check").first).to_be_hidden()


def _pages(page: Page, paper: str) -> int:
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(format=paper)))


@pytest.mark.parametrize(("lang", "paper"), [("en", "A4"), ("en", "Letter"), ("zh", "A4")])
def test_every_sheet_and_every_key_starts_on_a_page_of_its_own(
    visit: Visit, lang: str, paper: str
) -> None:
    """On both papers; two variants and their keys are as long as twice one of each."""
    page = _open(visit, lang=lang)
    one = _pages(page, paper)
    assert 1 <= one <= 2
    page.goto(f"{page.url}&key=1&variants=2")
    assert _pages(page, paper) == 2 * (one + 1)


@pytest.mark.parametrize(("lang", "level"), [("en", 2), ("zh", 2), ("en", 3), ("zh", 3)])
def test_five_exercises_take_two_pages(visit: Visit, lang: str, level: int) -> None:
    """On either paper, so that a sheet is one piece of paper; the key takes one page."""
    page = _open(visit, f"level={level}&operation=both&key=1", lang=lang)
    assert [_pages(page, paper) for paper in PAPERS] == [3, 3]


def test_the_names_of_nodes_can_be_read_on_a_phone(visit: Visit) -> None:
    """No label of the wires' drawing is smaller than 9 pixels at 320, also at 25 nodes."""
    page = _open(visit, "level=3&count=10", width=320, height=640)
    sizes = page.evaluate("""() => [...document.querySelectorAll('[data-figure=wires] svg')]
      .flatMap((svg) => [...svg.querySelectorAll('text')].filter((one) => /δ/.test(one.textContent))
        .map((one) => parseFloat(getComputedStyle(one).fontSize) * svg.getScreenCTM().a))""")
    assert len(sizes) > 40
    assert min(sizes) >= 9


def test_nothing_is_cut_in_two(visit: Visit) -> None:
    """Whatever may not be broken is shorter than a page, and no wider than the paper."""
    page = _open(visit)
    page.emulate_media(media="print")
    for level, (wide, high) in product((2, 3), PAPERS.values()):
        width = int((wide - 2 * MARGINS[0]) * MM)
        page.set_viewport_size({"width": width, "height": 1000})
        page.goto(re.sub(r"\?.*", f"?level={level}&count=10&key=1&operation=both", page.url))
        boxes = page.evaluate("""() => [...document.querySelectorAll('.exercise')].map((one) =>
          [getComputedStyle(one).breakInside, one.getBoundingClientRect().height])""")
        assert {rule for rule, _ in boxes} == {"avoid"}
        assert max(height for _, height in boxes) < (high - 2 * MARGINS[1]) * MM
        sideways, out = page.evaluate(WIDE)
        assert out == []
        assert sideways <= width


def test_on_paper_there_is_no_form_and_everything_is_black(visit: Visit) -> None:
    """Also for a reader who likes it dark."""
    page = _open(visit, QUERY + "&key=1", color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    for part in (".asking", ".masthead nav", ".colophon", ".worksheets .intro", ".judgement"):
        expect(page.locator(part).first).to_be_hidden()
    expect(page.get_by_role("button", name="Check").first).to_be_hidden()
    expect(page.locator(".name").first).to_be_visible()
    fills = page.evaluate("""() => [...document.querySelectorAll('.drawing text')]
      .map((one) => getComputedStyle(one).fill)""")
    assert set(fills) == {"rgb(0, 0, 0)"}


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_violation(visit: Visit, lang: str, theme: str) -> None:
    """With a judgement of either kind and the key shown."""
    page = _open(visit, "level=3&count=6&key=1&operation=both", lang=lang, color_scheme=theme)
    with _checked(page, 0):
        page.locator("[name=value]").first.fill("1000")
    assert violations(page) == []


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_it_fits_a_phone(visit: Visit, lang: str) -> None:
    """Nothing sticks out at 320 pixels, and a finger can press everything."""
    page = _open(visit, "level=3&count=6&key=1", lang=lang, width=320, height=640)
    width, wide = page.evaluate(WIDE)
    assert wide == []
    assert width <= 320
    assert page.evaluate(SMALL) == []
