"""A picture of one's own, from a file or drawn: it is read, and what was there is never lost."""

from __future__ import annotations

import io
import re
from typing import Literal

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Locator, expect

from tests.e2e.conftest import Visit
from tests.e2e.lab import Lab
from tests.e2e.pictures import claims, encoded, scene

KINDS: tuple[Literal["PNG", "JPEG", "WEBP"], ...] = ("PNG", "JPEG", "WEBP")
NO_PICTURES = {  # name → bytes, and what is said of them
    "text": (b"These are words, whatever the name says.", "not a PNG, JPEG or WebP"),
    "empty": (b"", "not a PNG, JPEG or WebP"),
    "truncated PNG": (encoded(scene(200, 100), "PNG")[:900], "is the file complete?"),
    "truncated JPEG": (encoded(scene(200, 100), "JPEG")[:900], "is the file complete?"),
    "huge": (claims(8_000, 8_000), "million pixels"),
}


def _give(lab: Lab, name: str, kind: str, data: bytes) -> None:
    file: FilePayload = {"name": name, "mimeType": kind, "buffer": data}
    lab.page.locator("#picture").set_input_files(files=[file])


def _inside(canvas: Locator) -> Image.Image:
    """The sheet as it is seen, without its rim."""
    sheet = Image.open(io.BytesIO(canvas.screenshot())).convert("L")
    return sheet.crop((8, 8, sheet.width - 8, sheet.height - 8))


def _ink(canvas: Locator) -> int:
    """How many of the sheet's cells are drawn on, whatever colour ink has in the reader's theme."""
    cells: int = canvas.evaluate("""(sheet) => {
      const { width, height } = sheet;
      const copy = new OffscreenCanvas(width, height).getContext('2d');
      copy.drawImage(sheet, 0, 0);
      return [...copy.getImageData(0, 0, width, height).data]
        .filter((value, i) => i % 4 === 0 && value > 100).length;
    }""")
    return cells


@pytest.mark.parametrize("size", [(320, 200), (150, 400)], ids=["landscape", "portrait"])
def test_a_picture_becomes_the_map(lab: Lab, size: tuple[int, int]) -> None:
    """Any of the three kinds, upright and in its own proportions, at most 64 on a side."""
    width, height = (64, 40) if size[0] > size[1] else (24, 64)
    for kind in KINDS:
        file = encoded(scene(*size), kind)
        _give(lab, f"scene.{kind.lower()}", f"image/{kind.lower()}", file)
        lab.expect_layer(f"i={height}x{width}:!", "k=2x2:1,2,3,4")
        expect(lab.notice, kind).to_be_hidden()
        expect(lab.scrub).to_have_attribute("max", str(width * height - 1))
        expect(lab.page.locator(".facts")).to_contain_text(f"{width * height:,} input nodes")
        expect(lab.sentence).not_to_be_empty()
        shades = lab.panel("input").locator(".drawing path")
        assert shades.count() > 8, kind  # a picture, and not one grey
        lab.button("undo").click()
        lab.expect_layer("i=3x3:1,2,3,4,5,6,7,8,9")


def test_the_same_picture_can_be_taken_twice(lab: Lab) -> None:
    """After an undo, or another example, the same file is asked for again."""
    data = encoded(scene(64, 64), "PNG")
    for _ in range(2):
        _give(lab, "scene.png", "image/png", data)
        lab.expect_layer("i=64x64:!")
        lab.button("reset").click()
        lab.expect_layer("i=3x3:1,2,3,4,5,6,7,8,9")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_file_that_is_no_picture_loses_nothing(visit: Visit, lang: str) -> None:
    """A sentence says what is wrong with it, in the reader's language; the layer stays."""
    lab = visit(lang=lang)
    lab.type_into("kernel", 0, "8")
    expect(lab.value_at("kernel", 0)).to_have_text("8")
    for name, (data, said) in NO_PICTURES.items():
        _give(lab, "photo.png", "image/png", data)
        expect(lab.complaint, name).to_be_visible()
        if lang == "en":
            expect(lab.complaint, name).to_contain_text("The picture")
            expect(lab.complaint, name).to_contain_text(said)
        else:
            expect(lab.complaint, name).to_contain_text(re.compile(r"[\u4e00-\u9fff]"))
        expect(lab.complaint, name).to_be_in_viewport()
        expect(lab.value_at("kernel", 0)).to_have_text("8")
        lab.expect_layer("k=2x2:8,2,3,4", "i=3x3:1,2,3,4,5,6,7,8,9")
        _give(lab, "scene.png", "image/png", encoded(scene(64, 64), "PNG"))
        lab.expect_layer("i=64x64:!")
        expect(lab.complaint, name).to_have_count(0)
        lab.button("undo").click()
        lab.expect_layer("i=3x3:1,2,3,4,5,6,7,8,9")


def test_an_enormous_picture_is_said_to_be_enormous(lab: Lab) -> None:
    """900 million pixels are refused for what they are, and not for the file's kind."""
    _give(lab, "poster.png", "image/png", claims(30_000, 30_000))
    expect(lab.complaint).to_contain_text("million pixels")


def test_a_phones_photograph_is_taken(lab: Lab) -> None:
    """A phone's camera gives files of 3 to 8 MB."""
    grain = np.random.default_rng(180).bytes(2400 * 1500 * 3)
    data = encoded(Image.frombytes("RGB", (2400, 1500), grain), "JPEG", quality=97)
    assert 4_500_000 < len(data) < 8_000_000
    _give(lab, "IMG_2026.jpg", "image/jpeg", data)
    lab.expect_layer("i=40x64:!")


def test_drawing_with_the_mouse(lab: Lab) -> None:
    """A line drawn with the mouse is the map's line."""
    lab.button("draw").click()
    dialog = lab.page.get_by_role("dialog", name="Draw a map")
    expect(dialog).to_be_visible()
    box = dialog.locator("canvas").bounding_box()
    assert box
    x, y, side = box["x"], box["y"], box["width"]
    lab.page.mouse.move(x + side * 0.2, y + side * 0.3)
    lab.page.mouse.down()
    lab.page.mouse.move(x + side * 0.8, y + side * 0.3, steps=6)
    lab.page.mouse.up()
    dialog.get_by_role("button", name="Use it").click()
    expect(dialog).to_be_hidden()
    lab.expect_layer("i=28x28:!", "k=2x2:1,2,3,4")
    middle = lab.page.locator("#bench").evaluate("""() => {
      const { spec } = Object.fromEntries(new URLSearchParams(location.search));
      const text = spec.match(/i=28x28:!([^~]*)/)[1].replaceAll('-', '+').replaceAll('_', '/');
      const pixels = [...atob(text)].map((letter) => letter.charCodeAt(0));
      return [8 * 28 + 14, 20 * 28 + 14].map((at) => pixels[at]);
    }""")
    assert middle[0] > 128
    assert middle[1] == 0


def test_drawing_with_the_keyboard(lab: Lab) -> None:
    """Arrows move the pen, Space draws, Shift with arrows draws on; Enter on the button uses it."""
    lab.button("draw").focus()
    lab.press("Enter")
    dialog = lab.page.get_by_role("dialog", name="Draw a map")
    expect(dialog).to_be_visible()
    canvas = dialog.locator("canvas")
    canvas.focus()
    lab.press(*["ArrowRight"] * 3)
    assert _ink(canvas) == 0
    lab.press("Space")
    dot = _ink(canvas)
    assert dot > 0
    lab.press(*["Shift+ArrowDown"] * 6)
    assert _ink(canvas) > 3 * dot
    dialog.get_by_role("button", name="Use it").focus()
    lab.press("Enter")
    lab.expect_layer("i=28x28:!")
    expect(lab.button("draw")).to_be_focused()


def test_the_pen_is_seen(visit: Visit) -> None:
    """Whoever draws with the keyboard sees where the pen is before it draws."""
    lab = visit()
    lab.button("draw").click()
    canvas = lab.page.locator("#pad-canvas")
    canvas.focus()
    lab.press("ArrowRight")  # from here on the focus is shown
    before = _inside(canvas).tobytes()
    lab.press(*["ArrowRight"] * 5)
    assert _inside(canvas).tobytes() != before


def test_a_drawing_can_be_cleared_or_left(lab: Lab) -> None:
    """Clear empties the sheet; Cancel and Escape leave the layer as it was."""
    for leave in ("Cancel", "Escape"):
        lab.button("draw").click()
        canvas = lab.page.locator("#pad-canvas")
        canvas.click()
        drawn = canvas.screenshot()
        lab.page.get_by_role("button", name="Clear").click()
        assert canvas.screenshot() != drawn
        if leave == "Escape":
            lab.press("Escape")
        else:
            lab.page.get_by_role("button", name="Cancel").click()
        expect(lab.page.locator("#pad")).to_be_hidden()
        expect(lab.button("draw")).to_be_focused()
    assert lab.table("input")[0] == ["1", "2", "3"]
    expect(lab.button("undo")).to_be_disabled()
