"""The only wiring: settings in, ASGI app out."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles
from starlette_compress import CompressMiddleware, remove_compress_type

from app import __version__, api, pages
from app.headers import ResponseHeaders
from app.settings import Settings

STATIC = Path(__file__).resolve().parents[1] / "static"

DESCRIPTION = (
    "A convolutional layer forwards and backwards, with every wire of the network that it is. "
    "Deltas are those of the cost C = Σ output_delta ⊙ output. Errors are RFC 9457 problems; "
    "texts follow Accept-Language (en, zh)."
)


def create_app(settings: Settings) -> FastAPI:
    """The whole application. Nothing is opened and nothing is read from the environment here."""
    app = FastAPI(
        title="rot180",
        version=__version__,
        description=DESCRIPTION,
        openapi_url=None,  # served by the API itself, with its own components
        docs_url=None,  # the built-in docs load from a CDN
        redoc_url=None,
    )
    api.install(app, elsewhere=pages.error_page)
    remove_compress_type("text/event-stream")  # a compressor keeps events back to fill its blocks
    # the last one added stands outermost
    app.add_middleware(CompressMiddleware, minimum_size=1000, zstd_level=3, gzip_level=1)
    app.add_middleware(ResponseHeaders)
    # one flat table: every level of included routers is asked twice for each request
    app.router.routes += [*api.routes(settings), *pages.routes(settings)]
    app.mount("/static", StaticFiles(directory=STATIC, check_dir=False), name="static")
    return app
