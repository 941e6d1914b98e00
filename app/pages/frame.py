"""What every page has around it: language, theme, addresses, and itself in other languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse

from app.pages import plotly_js, render
from app.words import LANGUAGES, N_, negotiate, translator


@dataclass(frozen=True)
class Page:
    """The fields that ``base.html`` reads; a page's own context adds to them."""

    name: str
    language: str
    theme: str  # "" follows the reader's system
    root: str
    languages: dict[str, str]
    addresses: dict[str, str]  # this page in each language

    @property
    def static(self) -> str:
        """Where the static files are."""
        return f"{self.root}/static"

    @property
    def plotly(self) -> str:
        """Where plotly.js is."""
        return plotly_js.address(self.root)


@dataclass(frozen=True)
class ErrorPage(Page):
    """What ``pages/error.html`` is rendered from."""

    title: str
    detail: str


def root_of(request: Request) -> str:
    """Where the app is mounted."""
    return str(request.scope.get("root_path", ""))


def language_of(request: Request) -> str:
    """The language in the URL, else the browser's."""
    asked = request.query_params.get("lang", "")
    return asked if asked in LANGUAGES else negotiate(request.headers.get("accept-language"))


def around(request: Request, name: str) -> dict[str, Any]:
    """The fields of :class:`Page` for a request."""
    query, root = dict(request.query_params), root_of(request)
    theme = query.get("theme", "")
    return {
        "name": name,
        "language": language_of(request),
        "theme": theme if theme in ("light", "dark") else "",
        "root": root,
        "languages": LANGUAGES,
        "addresses": {
            code: f"{root}/{name}?{urlencode({**query, 'lang': code}, safe='~,:!*=')}"
            for code in LANGUAGES
        },
    }


def html(name: str, page: Page, status: int = 200) -> HTMLResponse:
    """A page as a response; its language may have come from the browser's wish."""
    headers = {"Vary": "Accept-Language", "Content-Language": page.language}
    return HTMLResponse(render.page(name, page.language, page), status, headers)


_TITLES = {404: N_("There is no such page"), 405: N_("This page does not take that")}


async def error_page(request: Request, status: int) -> HTMLResponse:
    """What the framework refuses, for people: a page that leads back."""
    _ = translator(language_of(request))
    page = ErrorPage(
        **around(request, "lab"),
        title=_(_TITLES.get(status, N_("This cannot be done"))),
        detail=_("The address may have been mistyped, or the link is from another version."),
    )
    return html("error", page, status)
