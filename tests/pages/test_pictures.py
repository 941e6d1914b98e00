"""An uploaded picture: whatever a camera or a mistake makes of it, a small grey map or a reason."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from app.pages.picture import FORMATS, MOST_PIXELS, SIDE, grey_map
from app.spec import PRESETS, SpecError, decode, encode
from app.spec.changes import with_picture
from tests.contract.conftest import the_client
from tests.pages.reader import SPECS, Page

RNG = np.random.default_rng(180)
GREY = RNG.integers(0, 256, (12, 9), dtype=np.uint8)
COLOUR = RNG.integers(0, 256, (12, 9, 3), dtype=np.uint8)
BOUNDED = settings(max_examples=80, derandomize=True, deadline=None)


def _saved(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    found = io.BytesIO()
    image.save(found, kind, **options)
    return found.getvalue()


def _luma(colour: Any) -> Any:
    """ITU-R BT.601, as Pillow's L has it."""
    return (np.asarray(colour, dtype=float) @ [0.299, 0.587, 0.114]) / 255


def _png(width: int, height: int, *, bits: int = 8, rows: bytes = b"") -> bytes:
    """A grey PNG by hand: its head may promise more than its body has."""

    def chunk(name: bytes, body: bytes) -> bytes:
        checked = struct.pack(">I", zlib.crc32(name + body))
        return struct.pack(">I", len(body)) + name + body + checked

    head = struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0)
    body = zlib.compress(rows)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body)
            + chunk(b"IEND", b""))  # fmt: skip


def test_a_small_grey_picture_is_its_numbers() -> None:
    """Pixel by pixel, as multiples of 1/255, whichever lossless way it was saved."""
    image = Image.fromarray(GREY)
    for data in (_saved(image), _saved(image, "WEBP", lossless=True)):
        np.testing.assert_allclose(grey_map(data) * 255, GREY, atol=1)  # WebP knows only RGB
    assert np.array_equal(grey_map(_saved(image)) * 255, GREY)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_colours_become_their_luminance(kind: str) -> None:
    """Red, green and blue weigh as the eye weighs them."""
    options = {"lossless": True} if kind == "WEBP" else {}
    data = _saved(Image.fromarray(COLOUR), kind, **options)
    np.testing.assert_allclose(grey_map(data), _luma(COLOUR), atol=1.5 / 255)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_what_is_transparent_is_white(mode: str) -> None:
    """As on a page; half transparent is half as dark."""
    image = Image.new("RGBA", (3, 1), (0, 0, 0, 255))
    image.putpixel((1, 0), (0, 0, 0, 0))
    image.putpixel((2, 0), (0, 0, 0, 128))
    found = grey_map(_saved(image.convert(mode)))[0]
    np.testing.assert_allclose(found, [0, 1, 127 / 255], atol=1.5 / 255)


def test_a_palette_is_looked_up() -> None:
    """Its colours count, not their numbers; one of them may be transparent."""
    image = Image.new("P", (2, 1), 0)
    image.putpalette([255, 255, 255, 0, 0, 0])
    image.putpixel((1, 0), 1)
    assert grey_map(_saved(image)).tolist() == [[1, 0]]
    assert grey_map(_saved(image, transparency=1)).tolist() == [[1, 1]]


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_black_and_white_is_black_and_white(kind: str) -> None:
    """One bit a pixel, a scanned page."""
    image = Image.new("L", (16, 16), 255)
    image.paste(0, (0, 0, 8, 16))
    found = grey_map(_saved(image.convert("1") if kind == "PNG" else image, kind))
    assert found[:, :6].max() < 0.1
    assert found[:, 10:].min() > 0.9


def test_sixteen_bits_are_scaled_not_cut_off() -> None:
    """A microscope's or a scanner's grey from 0 to 65535 keeps its shades."""
    deep = np.linspace(0, 65535, 64).astype(np.uint16).reshape(8, 8)
    rows = b"".join(b"\x00" + row.astype(">u2").tobytes() for row in deep)
    found = grey_map(_png(8, 8, bits=16, rows=rows))
    np.testing.assert_allclose(found, deep / 65535, atol=1.5 / 255)


def test_a_printers_jpeg_is_not_a_negative() -> None:
    """CMYK: no ink is white."""
    image = Image.new("CMYK", (16, 16), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (0, 0, 8, 16))
    found = grey_map(_saved(image, "JPEG", quality=95))
    assert found[:, :6].max() < 0.1
    assert found[:, 10:].min() > 0.9


def test_of_an_animation_the_first_picture_is_read() -> None:
    """The others are not even decoded."""
    frames = [Image.new("L", (8, 8), shade) for shade in (0, 255, 255)]
    data = _saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    assert grey_map(data).max() < 0.05


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_phones_picture_stands_upright(orientation: int, kind: str) -> None:
    """Whichever way the camera was held: EXIF says it, and it is obeyed."""
    upright = np.zeros((30, 20))
    upright[:10, :10] = 255  # one corner is white: no turn or flip of it is the same
    image = Image.fromarray(upright.astype(np.uint8))
    back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    stored = image.transpose(back[orientation]) if orientation in back else image
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if kind == "WEBP" else {"quality": 95} if kind == "JPEG" else {}
    found = grey_map(_saved(stored, kind, exif=exif, **options))
    assert found.shape == (30, 20)
    assert found[2:8, 2:8].min() > 0.9
    assert max(found[:, 12:].max(), found[12:].max()) < 0.1


@given(st.integers(1, 400), st.integers(1, 400), st.sampled_from(FORMATS))
@BOUNDED
def test_a_map_is_at_most_64_a_side_and_keeps_the_proportions(
    width: int, height: int, kind: str
) -> None:
    """Smaller pictures stay as they are, a line stays at least one cell wide."""
    found = grey_map(_saved(Image.new("RGB", (width, height), (200, 30, 90)), kind))
    rows, columns = found.shape
    scale = min(1, SIDE / max(width, height))
    assert abs(columns - max(1, width * scale)) <= 1
    assert abs(rows - max(1, height * scale)) <= 1
    assert max(rows, columns) <= SIDE
    assert np.array_equal(found * 255, np.rint(found * 255))
    assert np.ptp(found) <= 3 / 255


@pytest.mark.parametrize(
    ("size", "shape"), [((1, 1), (1, 1)), ((1, 5000), (64, 1)), ((5000, 1), (1, 64))]
)
def test_a_pixel_and_a_line_are_pictures_too(size: tuple[int, int], shape: tuple[int, int]) -> None:
    """Extreme proportions are kept as well as can be."""
    for kind in FORMATS:
        assert grey_map(_saved(Image.new("L", size, 77), kind)).shape == shape


REFUSED: dict[str, bytes] = {
    "empty": b"",
    "text": b"these are not pixels",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>',
    "gif": _saved(Image.fromarray(GREY), "GIF"),
    "bmp": _saved(Image.fromarray(GREY), "BMP"),
    "tiff": _saved(Image.fromarray(GREY), "TIFF"),
    "zeros": bytes(5000),
    "a head only": _png(9, 9)[:40],
    "no rows": _png(9, 9),
    "no size": _png(0, 0),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_picture_of_ours_is_refused(name: str) -> None:
    """By name of what is taken, or as incomplete; no decoder's own words."""
    with pytest.raises(SpecError) as caught:
        grey_map(REFUSED[name])
    assert caught.value.pointer == "/picture"
    assert caught.value.template.startswith(("is not a PNG, JPEG or WebP", "cannot be read"))
    assert caught.value.facts == {}


@given(st.sampled_from(FORMATS), st.floats(0, 0.98), st.integers(0, 255))
@BOUNDED
def test_a_broken_file_is_a_picture_or_a_reason(kind: str, share: float, byte: int) -> None:
    """Cut off anywhere, or with a byte changed anywhere: nothing else is raised."""
    whole = _saved(Image.fromarray(COLOUR), kind)
    at = int(share * len(whole))
    for data in (whole[:at], whole[:at] + bytes([byte]) + whole[at + 1 :]):
        try:
            found = grey_map(data)
        except SpecError:
            continue
        assert found.min() >= 0
        assert found.max() <= 1


@pytest.mark.parametrize("side", [6_500, 9_600, 20_000, 60_000])
def test_a_huge_picture_is_refused_before_it_is_unpacked(side: int) -> None:
    """A head of a few bytes may promise gigabytes; it is told the size, and the limit."""
    assert side * side > MOST_PIXELS
    with pytest.raises(SpecError) as caught:
        grey_map(_png(side, side, rows=bytes(100)))
    assert "million pixels" in caught.value.template, caught.value.template


def test_an_upload_becomes_the_map() -> None:
    """With its own middle as δ, the kernel kept, and the reader in the middle of it."""
    query = {"spec": encode(PRESETS["sobel"].spec), "lang": "zh", "phase": "deltas"}
    response = the_client().post("/lab/picture", params=query, content=_saved(
        Image.fromarray(RNG.integers(0, 256, (20, 28), dtype=np.uint8))))  # fmt: skip
    answer = response.json()
    spec = decode(answer["data"]["spec"])
    assert spec.input.shape == (20, 28)
    assert np.array_equal(spec.kernel, PRESETS["sobel"].spec.kernel)
    assert spec.output_delta is not None
    assert np.array_equal(spec.output_delta, spec.input[1:19, 1:27])
    assert answer["data"]["step"] == 10 * 28 + 14
    assert answer["data"]["language"] == "zh"
    Page(answer["html"])


@pytest.mark.parametrize("name", [*REFUSED, "too small"])
def test_a_refused_upload_is_an_answer_with_a_reason(name: str) -> None:
    """About the picture, or the kernel that does not fit it; the layer stays as it was."""
    data = REFUSED.get(name) or (_saved(Image.new("L", (1, 5000))) if name != "empty" else b"")
    response = the_client().post("/lab/picture", content=data)
    assert response.status_code == 200
    said = response.json()["refused"]
    assert said.startswith("The kernel" if name == "too small" else "The picture")


@pytest.mark.parametrize("name", SPECS)
def test_any_layer_can_be_laid_over_a_picture(name: str) -> None:
    """One channel, its first kernel, settings kept; δ is the picture's middle, as large as z."""
    picture = GREY / 255
    spec, found = SPECS[name], with_picture(SPECS[name], GREY / 255)
    assert np.array_equal(found.input, picture)
    assert found.kernel.shape == spec.kernel.shape[-2:]
    settings_ = ("operation", "activation", "stride", "dilation", "padding")
    assert all(getattr(found, field) == getattr(spec, field) for field in settings_)
    layer = found.layer()
    assert not layer.bias.any()
    delta = layer.output_delta[0, 0]
    rows, columns = (min(a, b) for a, b in zip(delta.shape, picture.shape, strict=True))
    top, left = (max(0, (a - b) // 2) for a, b in zip(picture.shape, delta.shape, strict=True))
    middle = picture[top : top + rows, left : left + columns]
    assert np.array_equal(delta[:rows, :columns], middle)
    assert not delta[rows:].any()
    assert not delta[:, columns:].any()
    assert decode(encode(found)) == found
