"""Several layers: the journey of a picture, and a training beside its mistake."""

from __future__ import annotations

import base64
import re
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from tests.e2e.conftest import Visit
from tests.e2e.pictures import encoded
from tests.e2e.test_axe import violations
from tests.e2e.test_small import SMALL, WIDE

QUICK = "epochs=2&strokes=64&channels=2,3"
# what stands at the end of each line of a chart
ENDS = """(kind) => document.querySelector(`[data-chart="${kind}"]`).data
  .map((line) => [line.name, line.y[line.y.length - 1], line.x.length])"""


def _open(visit: Visit, query: str = "", **options: object) -> Page:
    page = visit(query, path="/network", ready=False, **options).page
    if options.get("java_script_enabled", True):
        expect(page.locator("html")).to_have_attribute("data-ready", "true")
    return page


def test_the_mistake_spares_what_is_behind_it(visit: Visit) -> None:
    """From the last convolution's own weights on all passes, before it all fails."""
    page = _open(visit)
    stations = page.locator(".station")
    passes = [
        re.findall("[✓✗]", stations.nth(i).locator(".verdicts").inner_text())
        for i in range(stations.count())
    ]
    assert [marks for marks in passes if marks] == [["✗"] * 2, ["✓"] * 2, ["✓"] * 2]
    assert page.locator(".map.differs").count() == 4  # the picture, and up to the pool
    page.get_by_label("Kernels that equal themselves turned").check()
    expect(page.locator(".verdict")).to_contain_text("Every gradient passes")
    expect(page.locator(".map.differs")).to_have_count(0)
    expect(page).to_have_url(re.compile("symmetric=1"))


def test_deltas_travel_back_after_the_picture_has_gone_through(visit: Visit) -> None:
    """Station by station, by key and by button."""
    page = _open(visit)
    maps = page.locator(".station .map:not(.off)")
    every = page.locator(".station .map").count()
    page.locator('[data-act="play"]').click()
    expect(maps).to_have_count(1)
    expect(maps).not_to_have_count(1)
    page.locator('[data-act="play"]').click()
    for _ in range(30):
        page.locator('[data-act="forth"]').click()
    expect(maps).to_have_count(every)
    page.locator('[data-act="back"]').focus()
    page.keyboard.press("Enter")
    expect(maps).to_have_count(every - 2)


def test_a_layer_opens_in_the_lab(visit: Visit) -> None:
    """With its own numbers: input, kernels, δ."""
    page = _open(visit)
    page.locator(".station a").first.click()
    expect(page.locator("#bench[data-ready]")).to_be_attached()
    expect(page.locator(".facts")).to_contain_text("144 input nodes, 400 output nodes")
    page.go_back()
    page.get_by_role("link", name="Open in the lab: Fully connected").click()
    expect(page.locator("#bench[data-ready]")).to_be_attached()
    expect(page.locator(".facts")).to_contain_text("72 input nodes, 8 output nodes")


def test_the_form_is_in_the_link(visit: Visit) -> None:
    """Layers come and go, and a reload or the other language brings the same."""
    page = _open(visit)
    page.locator("#experiment summary").click()
    page.locator("#add-layer").click()
    expect(page.locator(".station")).to_have_count(10)
    page.get_by_label("Operation").select_option("correlation")
    expect(page).to_have_url(re.compile("operation=correlation"))
    page.get_by_role("link", name="中文").click()
    expect(page.locator("html")).to_have_attribute("data-ready", "true")
    expect(page.locator(".station")).to_have_count(10)
    expect(page.locator('[name="operation"]')).to_have_value("correlation")


def test_what_is_wrong_is_said_and_nothing_is_lost(visit: Visit) -> None:
    """A number beyond its end stays in its field."""
    page = _open(visit)
    page.locator("#experiment summary").click()
    field = page.get_by_label("Epochs")
    field.fill("100000")
    field.press("Enter")
    fault = page.locator("#epochs-fault")
    expect(fault).to_be_visible()
    expect(page.locator("#notice")).to_be_hidden()
    expect(field).to_have_value("100000")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_attribute("aria-describedby", "epochs-fault")
    box, below = field.bounding_box(), fault.bounding_box()
    assert box
    assert below
    assert 0 <= below["y"] - box["y"] - box["height"] < 20
    page.locator("#start").click()  # does not train what the form does not say
    expect(field).to_be_focused()
    expect(page.locator("#start")).to_have_text("Start")
    field.fill("3")
    field.press("Enter")
    expect(fault).to_be_hidden()
    assert field.get_attribute("aria-invalid") is None


def test_a_broken_link_shows_another_experiment(visit: Visit) -> None:
    """And says why."""
    page = _open(visit, "epochs=x")
    expect(page.locator("#notice")).to_contain_text("cannot be shown")
    expect(page.locator("#epochs-fault")).to_be_visible()
    expect(page.locator(".station")).to_have_count(8)


def test_a_picture_of_ones_own(visit: Visit) -> None:
    """From a file, drawn, and back to the seed's; what is no picture is refused."""
    page = _open(visit)
    before = page.locator(".station .map").first.inner_html()
    data = encoded(Image.linear_gradient("L"), "PNG")
    page.set_input_files("#file", {"name": "p.png", "mimeType": "image/png", "buffer": data})
    page.locator("#shows-cancel").click()  # without a class it is not taken
    assert "picture=" not in page.url
    page.set_input_files("#file", {"name": "p.png", "mimeType": "image/png", "buffer": data})
    page.locator("#shows").get_by_role("button", name="22.5°", exact=True).click()
    expect(page).to_have_url(re.compile("picture="))
    expect(page.locator("#journey")).to_contain_text("you say that it is 22.5°")
    expect(page.get_by_label("Your picture shows")).to_have_value("1")
    assert page.locator(".station .map").first.inner_html() != before
    page.set_input_files("#file", {"name": "p.png", "mimeType": "image/png", "buffer": b"no"})
    expect(page.locator("#picture-fault")).to_contain_text("no picture")
    page.locator("#draw").click()
    page.locator("#pad-canvas").focus()
    page.keyboard.press("Space")
    page.locator("#pad-use").press("Enter")
    expect(page.locator("#swap")).not_to_be_checked()
    page.locator("#shows").get_by_role("button", name="90°", exact=True).press("Enter")
    expect(page.locator("#journey")).to_contain_text("you say that it is 90°")
    expect(page.locator("#picture-fault")).to_be_hidden()
    page.locator("#made").click()
    expect(page).not_to_have_url(re.compile("picture="))


def _tilted(ink: int, paper: int) -> bytes:
    """A wide page with a stroke that rises to the right at 45° in its middle."""
    page = Image.new("L", (240, 120), paper)
    for i in range(20, 100):
        page.paste(ink, (60 + i - 8, 120 - i - 8, 60 + i + 8, 120 - i + 8))
    return encoded(page, "PNG")


def test_dark_ink_on_light_paper_is_ink(visit: Visit) -> None:
    """What is drawn on paper is swapped, as the training's own strokes are 1 on 0, and nothing is
    squeezed; the reader sees it and can say otherwise."""
    page = _open(visit)
    taken = []
    for ink, paper in ((0, 255), (255, 0)):
        data = FilePayload(name="p.png", mimeType="image/png", buffer=_tilted(ink, paper))
        page.set_input_files("#file", data)
        expect(page.locator("#swap")).to_be_checked(checked=paper == 255)
        page.locator("#shows").get_by_role("button", name="45°", exact=True).click()
        expect(page.locator("#shows")).to_be_hidden()
        expect(page).to_have_url(re.compile("picture="))
        [picture] = parse_qs(urlsplit(page.url).query)["picture"]
        taken.append(np.frombuffer(base64.urlsafe_b64decode(picture), np.uint8).reshape(12, 12))
        page.locator("#made").click()
        expect(page).not_to_have_url(re.compile("picture="))
    for cells in taken:
        assert cells[0].max() < 60
        assert min(np.diag(cells[:, ::-1])[3:9]) > 200  # from the lower left to the upper right
    assert np.abs(taken[0].astype(int) - taken[1]).max() <= 2


@pytest.mark.parametrize(("theme", "filtered"), [("light", "invert(1)"), ("dark", "none")])
def test_ink_is_dark_on_light_paper(visit: Visit, theme: str, filtered: str) -> None:
    """As maps are drawn in that theme, and the other way round in the dark."""
    page = _open(visit, color_scheme=theme)
    page.locator("#draw").click()
    expect(page.locator("#pad-canvas")).to_have_css("filter", filtered)
    expect(page.locator("#pad")).to_contain_text("Ink is 1")


@pytest.mark.parametrize(("width", "more"), [(1280, False), (900, True), (390, False)])
def test_no_layer_is_hidden_without_a_word(visit: Visit, width: int, *, more: bool) -> None:
    """At a desk all are seen; where they are not it is said until the end has been reached, and on
    a phone they stand below each other under the names of the lanes."""
    page = _open(visit, width=width)
    expect(page.locator(".further")).to_be_visible(visible=more)
    last = page.locator(".station").last
    right = last.evaluate("(one) => one.getBoundingClientRect().right")
    assert (right > width) == more
    assert page.locator(".strip.more").count() == more
    if more:
        page.locator(".stations").focus()
        page.locator(".stations").evaluate("(strip) => { strip.scrollLeft = 1e4; }")
        expect(page.locator(".strip.more")).to_have_count(0)
        expect(last.locator("a")).to_be_in_viewport()
    for name in ("forwards", "δ, right", "the stencil not turned"):
        expect(page.locator(".lanes").get_by_text(name)).to_be_visible()


def test_the_buttons_stay_in_reach_on_a_phone(visit: Visit) -> None:
    """While the page follows the picture down and the deltas up again."""
    page = _open(visit, width=320, height=640)
    forth = page.locator('[data-act="forth"]')
    page.locator('[data-act="play"]').click()
    page.locator('[data-act="play"]').click()
    for place in (*range(1, 8), *range(7, 4, -1)):
        forth.click()
        expect(forth).to_be_in_viewport()
        now = page.locator(".map.now").first
        expect(now).to_be_in_viewport()
        assert now.evaluate("(map) => Number(map.parentElement.dataset.place)") == place


def test_a_training_runs_to_its_end(visit: Visit) -> None:
    """Three lines from one start, a check of each gradient, and the kernels learned."""
    page = _open(visit, QUICK, plots=True)
    expect(page.locator("#charts")).to_be_hidden()  # no empty space before there is anything
    page.locator("#start").click()
    expect(page.locator("#waiting")).to_be_hidden()
    expect(page.locator("#stand")).to_contain_text("with the mistake:")
    expect(page.locator("#start")).to_have_text("Start")
    said = page.locator("#stand").inner_text()
    ends = page.evaluate(ENDS, "accuracy")
    assert [name for name, *_ in ends] == ["right", "with the mistake", "early layers frozen"]
    for name, accuracy, points in ends:  # the lines end where the sentence says
        assert points == ends[0][2] > 2
        assert f"{name}: {round(accuracy * 100)}%" in said
    page.get_by_text("The curves as a table").click()
    last = page.locator("#points tr").last
    expect(last.locator("th")).to_have_text("2")
    expect(last.locator("td")).to_have_count(6)
    assert f"{100 * ends[0][1]:.1f}%" == last.locator("td").nth(1).inner_text()
    rows = page.locator("#checks tr")
    expect(rows).to_have_count(6)
    expect(rows.first.locator("td")).to_have_text(["✓ passes", "✗ fails", "✓ passes"])
    expect(rows.last.locator("td")).to_have_text(["✓ passes"] * 3)
    expect(page.locator("#learned svg")).to_have_count(3)
    assert violations(page) == []


def test_a_training_waits_and_stops(visit: Visit) -> None:
    """Paused nothing moves; it goes on from there; cancelled it can be started again."""
    page = _open(visit, "epochs=100&strokes=64&channels=2,3", plots=True)
    page.locator("#start").click()
    expect(page.locator("#stand")).to_contain_text("Epoch")
    page.locator("#start").click()
    expect(page.locator("#start")).to_have_text("Go on")
    page.locator("#cancel").click()
    expect(page.locator("#stand")).to_contain_text("Cancelled")
    expect(page.locator("#start")).to_have_text("Start")
    expect(page.locator("#cancel")).to_be_disabled()


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_violation(visit: Visit, lang: str, theme: str) -> None:
    """With everything open."""
    page = _open(visit, "epochs=101", lang=lang, color_scheme=theme)
    expect(page.locator("#epochs-fault")).to_be_visible()
    assert violations(page) == []
    data = FilePayload(name="p.png", mimeType="image/png", buffer=_tilted(0, 255))
    page.set_input_files("#file", data)
    expect(page.locator("#shows")).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_it_fits_a_phone(visit: Visit, lang: str) -> None:
    """Nothing sticks out, of the page or of the dialog, and a finger can press everything."""
    page = _open(visit, lang=lang, width=320, height=640)
    page.locator("#experiment summary").click()
    for what in ("page", "dialog"):
        width, wide = page.evaluate(WIDE.replace(".matrices", ".matrices, nav"))
        assert wide == [], what
        assert width <= 320
        assert page.evaluate(SMALL) == [], what
        data = FilePayload(name="p.png", mimeType="image/png", buffer=_tilted(0, 255))
        page.set_input_files("#file", data)
        expect(page.locator("#shows")).to_be_visible()


def test_without_a_script_the_form_still_asks(visit: Visit) -> None:
    """The journey is there; what would not move is away."""
    page = _open(visit, java_script_enabled=False)
    page.locator('[name="stroke"]').select_option("0")
    page.locator("noscript button").click()
    expect(page.locator('[name="stroke"]')).to_have_value("0")
    expect(page.locator(".station")).to_have_count(8)
    expect(page.locator("#start")).to_be_hidden()
