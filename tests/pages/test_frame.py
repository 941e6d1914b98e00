"""What every page has around it: language, theme, addresses, and pages for errors."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient
from jinja2 import UndefinedError

from app.figures.palette import stylesheet
from app.main import create_app
from app.pages import render
from app.settings import Settings
from app.spec import PRESETS, encode
from app.words import LANGUAGES
from tests.contract.bodies import assert_problem
from tests.contract.conftest import the_client
from tests.pages.reader import Page, unfinished

QUERY = f"spec={encode(PRESETS['sobel'].spec)}&phase=weights&step=2&lang=zh"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_bare_address_is_the_story(language: str) -> None:
    """A whole page in the reader's language, every scene with a way into the lab that exists."""
    page = Page(the_client().get("/", headers={"accept-language": language}).text)
    assert not unfinished(page.words)
    assert next(given["lang"] for tag, given in page.tags if tag == "html").startswith(language)
    ids = page.all_attributes("id")
    assert len(ids) == len(set(ids))
    assert set(page.all_attributes("for", "aria-labelledby")) <= set(ids)
    links = [given["href"] for given in page.having(class_="open")]
    assert len(links) == 10
    for link in links[:: 1 if language == "zh" else 5]:
        opened = Page(the_client().get(link).text)
        assert opened.having(id="notice", hidden="")
        assert opened.data["language"] == language


@pytest.mark.parametrize(
    ("asked", "header", "language"),
    [
        ("", None, "en"), ("", "zh-TW,en;q=0.5", "zh"), ("en", "zh", "en"), ("zh", "en", "zh"),
        ("xx", "zh", "zh"), ("", "de", "en"),
    ],
)  # fmt: skip
def test_the_language_is_the_urls_then_the_browsers(
    asked: str, header: str | None, language: str
) -> None:
    """And caches are told that it may have come from the browser."""
    headers = {} if header is None else {"accept-language": header}
    response = the_client().get("/lab", params={"lang": asked} if asked else {}, headers=headers)
    assert response.headers["content-language"] == language
    assert "Accept-Language" in response.headers["vary"]
    assert Page(response.text).data["language"] == language


def test_a_page_links_to_itself_in_the_other_language() -> None:
    """Same layer, same view, one parameter changed."""
    page = Page(the_client().get(f"/lab?{QUERY}").text)
    for code in LANGUAGES:
        [link] = page.having(class_="language", hreflang=code)
        target = urlsplit(link["href"])
        expected = {**parse_qs(QUERY), "lang": [code]}
        assert (target.path, parse_qs(target.query)) == ("/lab", expected)
        assert ("aria-current" in link) == (code == "zh")


@pytest.mark.parametrize(
    ("theme", "given"), [("dark", "dark"), ("light", "light"), ("", None), ("blue", None)]
)
def test_a_theme_may_be_asked_for(theme: str, given: str | None) -> None:
    """Without one, or with one that there is not, the system's is followed."""
    page = Page(the_client().get("/lab", params={"theme": theme}).text)
    [html] = [attributes for tag, attributes in page.tags if tag == "html"]
    assert html.get("data-theme") == given


def test_behind_a_proxy_every_address_has_the_prefix() -> None:
    """Links, scripts, style sheets, and the script's own requests."""
    with TestClient(create_app(Settings()), root_path="/sub") as client:
        page, story = (Page(client.get(path).text) for path in ("/lab", "/"))
    assert page.data["root"] == "/sub"
    links = [*page.all_attributes("href", "src"), *story.all_attributes("href", "src")]
    assert len(links) > 20
    assert all(link.startswith(("/sub/", "#")) for link in links)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("GET", "/lab/nowhere", 404), ("DELETE", "/lab", 405)],
)
def test_people_get_a_page_that_leads_back(
    method: str, path: str, status: int, language: str
) -> None:
    """In their language, with the status that it is, and a link to the lab."""
    response = the_client().request(method, path, headers={"accept-language": language})
    assert response.status_code == status
    assert response.headers["content-type"].startswith("text/html")
    page = Page(response.text)
    assert not unfinished(response.text)
    assert f"/lab?lang={language}" in page.all_attributes("href")
    assert next(given["lang"] for tag, given in page.tags if tag == "html").startswith(language)


@pytest.mark.parametrize("path", ["/api/nowhere", "/api/v1/nowhere", "/api", "/healthz/nowhere"])
def test_programs_get_a_problem(path: str) -> None:
    """Under the API and the health checks nothing answers in HTML."""
    assert_problem(the_client().get(path), 404, "not_found")


def test_a_misspelt_name_in_a_template_is_an_error() -> None:
    """Not an empty string that nobody notices."""
    for language in LANGUAGES:
        template = render.environment(language).from_string("{{ page.nmae }}")
        with pytest.raises(UndefinedError):
            template.render(page=object())


def test_what_a_template_writes_is_escaped() -> None:
    """Unless it says that it is markup."""
    template = render.environment("en").from_string("<a title='{{ x }}'>{{ x }}</a>")
    written = template.render(x="<script>'\"&")
    assert "<script>" not in written
    assert written.count("&lt;script&gt;&#39;&#34;&amp;") == 2


def test_the_palette_and_plotly_are_served_here() -> None:
    """As CSS and JavaScript, and kept for a while."""
    css, js = the_client().get("/palette.css"), the_client().get("/plotly.js")
    assert css.text == stylesheet()
    assert css.headers["content-type"].startswith("text/css")
    assert js.headers["content-type"].startswith("text/javascript")
    assert b"plotly.js v" in js.content[:2000]
    for response in (css, js):
        assert response.headers["cache-control"].startswith("public, max-age=")
