"""The pages: thin routes, one context dataclass each, templates in ``templates/``."""

from __future__ import annotations

from pathlib import Path

import plotly
from fastapi import APIRouter
from fastapi.responses import FileResponse, Response
from starlette.routing import BaseRoute

from app.pages import check, lab, network, story, worksheet
from app.pages.frame import error_page
from app.settings import Settings

__all__ = ["error_page", "routes"]

PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"


def routes(settings: Settings) -> list[BaseRoute]:
    """All pages of the app; none of them is part of the REST contract."""
    routes = APIRouter(include_in_schema=False)
    story.add(routes)
    lab.add(routes, settings.limits)
    network.add(routes, settings.limits)
    worksheet.add(routes, settings.limits)
    check.add(routes, settings.limits)

    @routes.get("/plotly.js")
    def plotly_js() -> Response:
        """plotly.js as its Python package brings it: one pin for both."""
        headers = {"Cache-Control": "public, max-age=86400"}
        return FileResponse(PLOTLY, media_type="text/javascript", headers=headers)

    return routes.routes
