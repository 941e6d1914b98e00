"""plotly.js: the small bundle where ``make plotly`` built one, else what its Python package brings.

A browser keeps it for good, since its address holds its hash. It is compressed once and not for
every reader: at brotli's quality 6 that takes a third of a second, and saves an eighth.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import brotli
import plotly
from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response

import app.figures

SMALL = Path(app.figures.__file__).parent / "bundle" / "built" / "plotly.min.js"
WHOLE = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"


def source() -> Path:
    """The one that is served."""
    return SMALL if SMALL.exists() else WHOLE


@lru_cache
def version(path: Path) -> str:
    """What a new bundle changes."""
    return sha256(path.read_bytes()).hexdigest()[:12]


@lru_cache
def compressed(path: Path) -> bytes:
    """As the build left it beside the script, else compressed here."""
    ready = path.with_name(path.name + ".br")
    return ready.read_bytes() if ready.exists() else brotli.compress(path.read_bytes(), quality=6)


def address(root: str) -> str:
    """Where a page finds it."""
    return f"{root}/plotly.js?v={version(source())}"


def add(routes: APIRouter) -> None:
    """``/plotly.js``."""

    @routes.get("/plotly.js")
    def serve(request: Request) -> Response:
        path = source()
        named = request.query_params.get("v") == version(path)
        kept = "public, max-age=31536000, immutable" if named else "public, max-age=86400"
        headers = {"Vary": "Accept-Encoding", "Cache-Control": kept}
        if "br" not in _encodings(request):
            return FileResponse(path, media_type="text/javascript", headers=headers)
        headers["Content-Encoding"] = "br"
        return Response(compressed(path), media_type="text/javascript", headers=headers)


def _encodings(request: Request) -> set[str]:
    accepted = request.headers.get("accept-encoding", "").lower().split(",")
    parts = (one.strip().partition(";") for one in accepted)
    return {name.strip() for name, _, rest in parts if rest.replace(" ", "") != "q=0"}
