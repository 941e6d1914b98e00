"""Pages read as a browser would: balanced, and what stands where."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

from app.spec import PRESETS, LayerSpec, encode
from tests.contract.bodies import BODIES
from tests.contract.conftest import the_client

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
SPECS: dict[str, LayerSpec] = {
    **{name: preset.spec for name, preset in PRESETS.items()},
    # channels, groups, a batch, every setting: what no preset has
    **{f"body: {name}": LayerSpec.parse(body) for name, body in BODIES.items()},
}
JSON = {"content-type": "application/json"}


class Page(HTMLParser):
    """A parsed page; fails where tags do not match or an attribute stands twice."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.markup = markup
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []  # innermost element and text
        self.feed(markup)
        self.close()
        assert self.open == [], self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        assert len(given) == len(attrs), (tag, attrs)
        self.tags.append((tag, given))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open.pop() == tag, (tag, self.getpos())

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((self.open[-1] if self.open else "", data))

    def having(self, **wanted: str) -> list[dict[str, str]]:
        """The attributes of the elements with these ones; ``_`` stands for a hyphen."""
        plain = {name.rstrip("_").replace("_", "-"): value for name, value in wanted.items()}
        return [given for _, given in self.tags if plain.items() <= given.items()]

    @property
    def words(self) -> str:
        """All text but that of scripts."""
        return "\n".join(text for tag, text in self.texts if tag != "script")

    @property
    def data(self) -> dict[str, Any]:
        """What the page tells its script."""
        [text] = [text for tag, text in self.texts if tag == "script"]
        found: dict[str, Any] = json.loads(text)
        return found

    def all_attributes(self, *names: str) -> list[str]:
        """Every value of attributes with these names."""
        return [given[name] for _, given in self.tags for name in names if name in given]


def address(spec: LayerSpec, **view: str) -> dict[str, str]:
    """The query of the lab at a layer and a view."""
    return {"spec": encode(spec), **view}


def lab(spec: LayerSpec, **view: str) -> Page:
    """The lab, as it is served."""
    plain = {"accept-encoding": "identity"}  # a page is a megabyte; no need to squeeze it here
    response = the_client().get("/lab", params=address(spec, **view), headers=plain)
    assert response.status_code == 200
    return Page(response.text)


def post(route: str, body: Any) -> dict[str, Any]:
    """An answer to the page's script."""
    response = the_client().post(f"/lab/{route}", json=body)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def unfinished(text: str) -> list[str]:
    """What a template or a sentence left open."""
    return re.findall(r"\{\{|\}\}|\{%|%\}|\bNone\b|\bUndefined\b|\bnan\b|<[\w.]+ object at", text)
