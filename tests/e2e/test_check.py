"""The check: paste, drop, read what is wrong; nothing that was typed is ever lost."""

from __future__ import annotations

import io
from itertools import combinations

import numpy as np
import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.e2e.conftest import Visit
from tests.e2e.test_axe import violations
from tests.e2e.test_small import SMALL, WIDE

WRONG = "tensor([[ 2.0,  3.0, -2.0],\n        [ 6.5,  9.0,  2.0],\n        [ 1.5, 11.0, 12.0]])"
RIGHT = "8 2 -3\n6 13.5 8\n1 6.5 3"

# a file let fall over an element, as a desktop does it
DROP = """([selector, name, bytes]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], name));
  const at = document.querySelector(selector);
  for (const type of ['dragover', 'drop']) {
    at.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
  }
}"""


def _open(visit: Visit, query: str = "", **options: object) -> Page:
    page = visit(query, path="/check", ready=False, **options).page
    if options.get("java_script_enabled", True):
        expect(page.locator("#check[data-ready]")).to_be_attached()
    return page


def _npy(array: object) -> bytes:
    file = io.BytesIO()
    np.save(file, np.asarray(array))
    return file.getvalue()


def _drop(page: Page, data: bytes, name: str = "grad.npy", at: str = "#checked") -> None:
    page.evaluate(DROP, [at, name, list(data)])


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_violation(visit: Visit, lang: str, theme: str) -> None:
    """Empty, with a fault, and with a diagnosis; at a desk and on a phone of 320 pixels, where
    nothing sticks out and a finger can press everything."""
    page = _open(visit, lang=lang, color_scheme=theme, width=320, height=640)
    page.get_by_role("radio").last.check()
    page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")

    def check(what: str) -> None:
        assert violations(page) == [], what
        width, wide = page.evaluate(WIDE)
        assert wide == [], what
        assert width <= 320, what
        assert page.evaluate(SMALL) == [], what

    check("empty")
    page.locator("#go").click()
    expect(page.locator("#answer-fault")).to_be_visible()
    check("fault")
    page.locator("#answer").fill(WRONG)
    page.locator("#go").click()
    expect(page.locator("#verdict")).to_be_in_viewport()
    check("diagnosis")
    page.set_viewport_size({"width": 1440, "height": 900})
    assert violations(page) == []


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_navigation_fits_a_phone(visit: Visit, lang: str) -> None:
    """On each kind of page: nothing lies over another, the page does not scroll sideways, and
    the pages do if they must."""
    page = _open(visit, lang=lang, width=320, height=640)
    address = page.url.partition("/check")[0]
    for path in ("check", "", "lab"):
        page.goto(f"{address}/{path}?lang={lang}")
        boxes = [link.bounding_box() for link in page.locator(".masthead :is(a, button)").all()
                 if link.is_visible()]  # fmt: skip
        found = [(b["x"], b["x"] + b["width"], b["y"], b["y"] + b["height"]) for b in boxes if b]
        assert len(found) >= 6
        for one, other in combinations(found, 2):
            apart = (one[1] <= other[0] + 0.5 or other[1] <= one[0] + 0.5
                     or one[3] <= other[2] + 0.5 or other[3] <= one[2] + 0.5)  # fmt: skip
            assert apart, (one, other)
        assert page.evaluate("document.scrollingElement.scrollWidth") <= 320
        last = page.locator(".masthead nav a").last
        last.focus()
        expect(last).to_be_in_viewport(ratio=0.95)


def test_paste_mend_and_replay(visit: Visit) -> None:
    """From the keyboard: a wrong answer, its diagnosis, the right one; the mistake replayed."""
    page = _open(visit)
    page.locator("#answer").fill(WRONG)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#verdict")).to_contain_text("9 of 9")
    expect(page.locator("#said")).to_contain_text("9 of 9")
    expect(page.locator(".reasons h3")).to_have_text("the stencil not turned")
    expect(page.locator("#answer")).to_have_value(WRONG)
    assert "answer=" in page.url
    page.reload()
    expect(page.locator("#verdict")).to_contain_text("9 of 9")
    page.locator("#answer").fill(RIGHT)
    page.locator("#go").press("Enter")
    expect(page.locator("#verdict")).to_contain_text("Right")
    page.go_back()  # an address was replaced, not added
    page.go_forward()
    expect(page.locator("#verdict")).to_contain_text("Right")
    page.locator("#example").click()
    page.locator(".reasons a").click()
    expect(page.locator("#bench[data-ready]")).to_be_attached()
    expect(page.locator("#mistake-kernel_not_rotated")).to_have_attribute("aria-pressed", "true")
    page.locator(".mistaken p a").click()
    expect(page.locator("#check[data-ready]")).to_be_attached()


def test_a_file_is_dropped_or_chosen(visit: Visit) -> None:
    """Its numbers come into the field and are judged; on a field of the layer they go there."""
    page = _open(visit)
    right = [[8, 2, -3], [6, 13.5, 8], [1, 6.5, 3]]
    _drop(page, _npy(right))
    expect(page.locator("#verdict")).to_contain_text("Right")
    expect(page.locator("#answer")).to_have_value("[[8, 2, -3],\n [6, 13.5, 8],\n [1, 6.5, 3]]")
    csv = FilePayload(name="grad.csv", mimeType="text/csv", buffer=b"2;3;-2\n6.5;9;2\n1.5;11;12")
    page.locator("#file").set_input_files([csv])
    expect(page.locator("#verdict")).to_contain_text("9 of 9")
    page.get_by_role("radio").last.check()
    _drop(page, b"[[1, 2], [3, 5]]", "kernel.json", "#kernel")
    expect(page.locator("#kernel")).to_have_value("[[1, 2],\n [3, 5]]")
    page.locator("#go").click()
    expect(page.locator("#in-the-lab")).to_have_attribute("href", r"/lab?lang=en&spec="
        "1~i=3x3:1,2,3,4,5,6,7,8,9~k=2x2:1,2,3,5~d=2x2:2,-1,0.5,3")  # fmt: skip


def test_bad_files_lose_nothing(visit: Visit) -> None:
    """Each has its message beside the field, which keeps its text; so do the layer's faults."""
    page = _open(visit)
    page.locator("#answer").fill(WRONG)
    for data, said in (
        (_npy(np.ones((3, 3)))[:-5], "cut short"),
        (bytes(range(256)), "neither text nor"),
        (b"x,y\n1,2", "row 1, column 1"),
        (b"PK\x03\x04", "archive"),
    ):
        _drop(page, data)
        expect(page.locator("#answer-fault")).to_contain_text(said)
        expect(page.locator("#answer")).to_be_focused()
        expect(page.locator("#answer")).to_have_value(WRONG)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.evaluate("""() => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(50e6)], 'huge.npy'));
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true }));
    }""")
    expect(page.locator("#answer-fault")).to_contain_text("4,194,304 bytes")
    assert sent == []  # fifty megabytes stay where they are
    page.locator("#spec").fill("1~nonsense")
    page.locator("#go").click()
    expect(page.locator("#spec-fault")).to_be_visible()
    expect(page.locator("#spec")).to_be_focused()
    expect(page.locator("#answer-fault")).to_be_hidden()
    expect(page.locator("#answer")).to_have_value(WRONG)
    page.locator("a.language[hreflang=zh]").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(page.locator("#check[data-ready]")).to_be_attached()
    expect(page.locator("#answer")).to_have_value(WRONG)
    expect(page.locator("#spec")).to_have_value("1~nonsense")


def test_numbers_too_many_for_an_address_outlive_the_page(visit: Visit) -> None:
    """It is said that a link lacks them; a reload and the other language bring them and the
    verdict back, and so does coming from another page, on demand."""
    page = _open(visit)
    ones = np.ones((60, 60)) / 7
    page.get_by_role("radio").last.check()
    _drop(page, _npy(np.arange(3600).reshape(60, 60) / 7), at="#input")
    expect(page.locator("#input")).not_to_have_value("")
    page.locator("#kernel").fill("[[1, 2], [3, 4]]")
    page.locator("#output_delta").fill("")
    _drop(page, _npy(ones))
    expect(page.locator("#unlinked")).to_contain_text("too long for an address")
    assert "answer=" not in page.url
    typed = page.locator("#answer").input_value()
    verdict = page.locator("#verdict").inner_text()
    page.reload()
    expect(page.locator("#verdict")).to_have_text(verdict)
    expect(page.locator("#answer")).to_have_value(typed)
    page.locator("a.language[hreflang=zh]").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(page.locator("#verdict")).to_contain_text("3,600")
    expect(page.locator("#answer")).to_have_value(typed)
    page.goto(page.url.partition("?")[0])
    expect(page.locator("#answer")).to_have_value("")
    page.locator("#former").click()
    expect(page.locator("#answer")).to_have_value(typed)
    expect(page.locator("#verdict")).to_be_visible()


def test_the_example_takes_nothing_away(visit: Visit) -> None:
    """What stood there comes back by a button, layer and all; so does what a file replaced."""
    page = _open(visit)
    expect(page.locator("#former")).to_be_hidden()
    page.get_by_role("radio").last.check()
    page.locator("#kernel").fill("[[1, 2], [3, 5]]")
    page.locator("#answer").fill(RIGHT)
    page.locator("#example").press("Enter")
    expect(page.locator("#verdict")).to_contain_text("9 of 9")
    page.reload()
    page.locator("#former").press("Enter")
    expect(page.locator("#answer")).to_have_value(RIGHT)
    expect(page.locator("#kernel")).to_have_value("[[1, 2], [3, 5]]")
    expect(page.locator("#kernel")).to_be_visible()
    _drop(page, _npy([[1.0, 2.0]]))
    expect(page.locator("#answer")).to_have_value("[[1, 2]]")
    page.locator("#former").click()
    expect(page.locator("#answer")).to_have_value(RIGHT)


def test_a_factor_is_seen_through_a_notebooks_decimals(visit: Visit) -> None:
    """Half of a gradient, as PyTorch prints it."""
    page = _open(visit, "spec=1~i=1x4:1,2,4,5~k=1x1:0.333333333333~d=1x4:1,2,5,7")
    page.locator("#answer").fill("tensor([[0.1667, 0.3333, 0.8333, 1.1667]])")
    page.locator("#go").click()
    expect(page.locator(".reasons")).to_contain_text("0.5 times what it should be")


def test_the_server_cannot_be_reached(visit: Visit) -> None:
    """It is said, and nothing is lost."""
    page = _open(visit)
    page.context.route("**/check/answer**", lambda route: route.fulfill(status=200, body="a proxy"))
    page.locator("#answer").fill(RIGHT)
    page.locator("#go").click()
    expect(page.locator("#answer-fault")).to_contain_text("cannot be reached")
    expect(page.locator("#answer")).to_have_value(RIGHT)


def test_snippets_are_copied(visit: Visit) -> None:
    """With this host and these numbers in them."""
    page = _open(visit, permissions=["clipboard-read", "clipboard-write"])
    page.locator("#answer").fill(WRONG)
    page.locator("#go").click()
    expect(page.locator("#code-python")).to_contain_text("[[2, 3, -2], [6.5, 9, 2], [1.5, 11, 12]]")
    page.locator("#copy-python").click()
    expect(page.locator("#copy-python")).to_contain_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator("#code-python").text_content()
    assert page.url.partition("/check")[0] in copied


def test_without_a_script_it_is_a_form(visit: Visit) -> None:
    """The answer comes with a new page, which has everything that was typed."""
    page = _open(visit, java_script_enabled=False)
    page.get_by_label("from arrays").check()
    expect(page.locator("#kernel")).to_be_visible()
    page.locator("#kernel").fill("[[1, 2], [3, 4")
    page.locator("#answer").fill(WRONG)
    page.locator("#go").click()
    expect(page.locator("#kernel-fault")).to_be_visible()
    expect(page.locator("#answer")).to_have_value(WRONG)
    page.locator("#kernel").fill("[[1, 2], [3, 4]]")
    page.locator("#go").click()
    expect(page.locator("#verdict")).to_contain_text("9 of 9")
