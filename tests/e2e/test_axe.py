"""axe finds nothing, of any impact, wherever somebody may be in the lab."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from app.spec import PRESETS, encode
from tests.e2e.conftest import Visit

AXE = Axe()
SIGMOID = encode(PRESETS["article"].spec) + "~a=sigmoid~b=0.5"


def violations(page: Page) -> list[str]:
    """What axe says is wrong: rule, and the first places."""
    found: list[dict[str, Any]] = AXE.run(page).response["violations"]
    return [
        f"{rule['id']} ({rule['impact']}): "
        + "; ".join(str(node["html"])[:160] for node in rule["nodes"][:4])
        for rule in found
    ]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_violation(visit: Visit, lang: str, theme: str) -> None:
    """In each language, theme and size of layer; Plotly's drawings and the server's."""
    lab = visit(lang=lang, color_scheme=theme, plots=lang == "en")
    for layer in ("article", "channels", "digit"):
        lab.open(f"spec={encode(PRESETS[layer].spec)}&phase=deltas&step=4", lang)
        if lang == "en" and layer == "channels":
            lab.until_plotted()
        assert violations(lab.page) == [], layer


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_violation_in_any_phase(visit: Visit, theme: str) -> None:
    """With an activation, a bias and every further map there is, and a sum half collected."""
    lab = visit(color_scheme=theme)
    for phase in ("forward", "weights", "deltas&way=scatter"):
        lab.open(f"spec={SIGMOID}&phase={phase}&step=3&term=1")
        assert violations(lab.page) == [], phase


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_violation_in_the_tables(visit: Visit, lang: str) -> None:
    """With every panel's table opened, also at the width of a phone."""
    lab = visit("phase=deltas&step=1", lang=lang)
    lab.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    assert violations(lab.page) == []
    lab.page.set_viewport_size({"width": 320, "height": 640})
    assert violations(lab.page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("opener", ["show-keys", "draw"])
def test_no_violation_in_the_dialogs(visit: Visit, theme: str, opener: str) -> None:
    """Open, they are as accessible as what they stand over."""
    lab = visit(color_scheme=theme)
    lab.button(opener).click()
    expect(lab.page.get_by_role("dialog")).to_be_visible()
    assert violations(lab.page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_violation_when_something_is_wrong(visit: Visit, theme: str) -> None:
    """With a notice, a complaint beside a cell and a reason under a control."""
    lab = visit("spec=hello", color_scheme=theme)
    expect(lab.notice).to_be_visible()
    lab.button("less-stride").click(force=True)
    lab.cursor("kernel").focus()
    lab.press("F2")
    lab.editor.fill("two")
    lab.press("Enter")
    expect(lab.complaint).to_be_visible()
    assert violations(lab.page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_violation_below(visit: Visit, theme: str) -> None:
    """Matrix, derivation, the four ways and the mistakes."""
    lab = visit(color_scheme=theme)
    for beside in ("matrix", "derivation", "ways", "mistakes"):
        lab.open(f"phase=deltas&step=4&beside={beside}")
        expect(lab.button(f"beside-{beside}")).to_have_attribute("aria-pressed", "true")
        assert violations(lab.page) == [], beside


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_violation_while_predicting(visit: Visit, theme: str) -> None:
    """With the question asked, and with a wrong answer judged."""
    lab = visit("phase=deltas&step=4", color_scheme=theme)
    lab.button("predict").click()
    guess = lab.page.locator("#guess")
    guess.fill("9")
    lab.press("Enter")
    expect(lab.page.locator("#judgement")).not_to_be_empty()
    assert violations(lab.page) == []


def test_no_violation_on_the_projector(visit: Visit) -> None:
    """Larger, and nothing beside."""
    lab = visit(width=1920, height=1080)
    lab.press("p")
    expect(lab.page.locator(".settings")).to_be_hidden()
    assert violations(lab.page) == []


def test_no_violation_on_a_page_that_is_not_there(visit: Visit) -> None:
    """Whoever mistypes an address gets a page that can be read, too."""
    lab = visit()
    answer = lab.page.request.get(f"{lab.address}/nowhere", headers={"Accept": "text/html"})
    assert answer.status == 404
    lab.page.route(
        "**/nowhere",
        lambda route: route.fulfill(status=200, body=answer.body(), content_type="text/html"),
    )
    lab.goto("/nowhere")
    expect(lab.page.locator("h1")).to_be_visible()
    assert violations(lab.page) == []
