"""Templates: one environment a language, a context a page, markup for parts of it."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from app.words import translator

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"


_SEEN = re.compile(r"\[\[(\w+/\d+)\|([^\]|]+)\]\]")


def seen(text: str) -> Markup:
    """Text in which ``[[deltas/4|words]]`` points at a sum in the figure beside it.

    >>> print(seen("a [[deltas/4|node]] & more"))
    a <button type="button" class="see" data-moment="deltas/4">node</button> &amp; more
    """
    button = Markup('<button type="button" class="see" data-moment="{}">{}</button>')
    parts = _SEEN.split(text)
    found = [escape(parts[0])]
    for key, words, after in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        found += [button.format(key, words), escape(after)]
    return Markup("").join(found)


@lru_cache
def environment(language: str) -> Environment:
    """Jinja in a language; a name that a template misspells is an error, not an empty string."""
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    env.filters["seen"] = seen
    say = translator(language)
    env.install_gettext_callables(  # type: ignore[attr-defined]
        say, lambda one, many, n: say(one if n == 1 else many), newstyle=False
    )
    return env


def page(name: str, language: str, context: object) -> str:
    """A whole page; templates read ``page.…``, the fields of its context."""
    return environment(language).get_template(f"pages/{name}.html").render(page=context)


def part(name: str, language: str, context: object) -> str:
    """A part of a page, for updates."""
    return environment(language).get_template(f"partials/{name}.html").render(page=context)
