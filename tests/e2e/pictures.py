"""Pictures to upload: a scene that could be a photograph, and files that only pretend to be one."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Literal

import numpy as np
from PIL import Image


def scene(width: int, height: int, *, grain: float = 4.0) -> Image.Image:
    """Sky above a hill, a sun, soft shadows and some grain; nothing in it is symmetric."""
    rng = np.random.default_rng(180)
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    hill = 0.62 + 0.12 * np.sin(4.1 * x + 0.7) + 0.05 * np.sin(11 * x)
    sky = np.stack([150 + 90 * y, 180 + 50 * y, 235 - 20 * y], axis=-1)
    ground = np.stack([70 + 60 * x, 110 - 40 * y, 50 + 20 * x], axis=-1)
    sun = np.exp(-(((x - 0.72) ** 2 + (y - 0.24) ** 2) / 0.006))[..., None]
    picture = np.where((y > hill)[..., None], ground, sky) + 120 * sun
    picture += rng.normal(0, grain, picture.shape)
    return Image.fromarray(picture.clip(0, 255).astype(np.uint8))


def encoded(picture: Image.Image, kind: Literal["PNG", "JPEG", "WEBP"], quality: int = 88) -> bytes:
    """A picture as a file's bytes."""
    file = io.BytesIO()
    picture.save(file, kind, quality=quality)
    return file.getvalue()


def claims(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is as large as that."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )
