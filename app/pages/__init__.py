"""The pages: thin routes, one context dataclass each, templates in ``templates/``."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.routing import BaseRoute

from app.pages import check, lab, network, plotly_js, story, worksheet
from app.pages.frame import error_page
from app.settings import Settings

__all__ = ["error_page", "routes"]


def routes(settings: Settings) -> list[BaseRoute]:
    """All pages of the app; none of them is part of the REST contract."""
    routes = APIRouter(include_in_schema=False)
    story.add(routes)
    lab.add(routes, settings.limits)
    network.add(routes, settings.limits)
    worksheet.add(routes, settings.limits)
    check.add(routes, settings.limits)

    plotly_js.add(routes)
    return routes.routes
