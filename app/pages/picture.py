"""An uploaded picture becomes a small grey map. It is read, shrunk and forgotten."""

from __future__ import annotations

import io
import warnings

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from app.engine.activations import Floats
from app.spec import SpecError

SIDE = 64
FORMATS = ("PNG", "JPEG", "WEBP")
MOST_PIXELS = 40_000_000  # a phone's photo; more is refused before it is unpacked
Image.MAX_IMAGE_PIXELS = None  # Pillow's own limit is higher, and would not say how many


def grey_map(data: bytes) -> Floats:
    """(H, W) of multiples of 1/255, neither side above 64, the picture's proportions kept.

    Raises:
        SpecError: not a PNG, JPEG or WebP, broken, or too many pixels.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Pillow only warns of a bomb that is not yet enormous
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise SpecError(
                        ("picture",),
                        "has {got} million pixels; at most {most} million are read",
                        got=image.width * image.height // 1_000_000,
                        most=MOST_PIXELS // 1_000_000,
                    )
                # a JPEG is decoded at the smallest size that serves
                image.draft("L", (SIDE, SIDE))
                upright = ImageOps.exif_transpose(image)
                small = _flat(upright)
                small.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
    except SpecError:
        raise
    except (
        UnidentifiedImageError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:
        raise SpecError(("picture",), "is not a PNG, JPEG or WebP picture") from error
    except Exception as error:  # decoders raise whatever a broken file leads them to
        raise SpecError(("picture",), "cannot be read; is the file complete?") from error
    return np.asarray(small, dtype=np.float64) / 255


def _flat(image: Image.Image) -> Image.Image:
    """Grey, transparent parts on white, as a page would show them."""
    if image.mode.startswith("I"):  # 16 bits a pixel, which Pillow would cut off and not scale
        deep = np.clip(np.asarray(image, dtype=np.float64) / 65535, 0, 1)
        return Image.fromarray(np.rint(deep * 255).astype(np.uint8))
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(ground, image)
    return image.convert("L")
