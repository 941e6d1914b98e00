"""The catalogues: from a language to a function that says a sentence in it."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from babel.core import negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

Translate = Callable[[str], str]

DEFAULT = "en"
LANGUAGES: dict[str, str] = {"en": "English", "zh": "中文"}

LOCALE = Path(__file__).with_name("locale")


def N_(message: str) -> str:  # noqa: N802 (gettext's own name for "translate later")
    """Mark a string for translation without translating it here."""
    return message


@lru_cache
def _catalogue(language: str) -> NullTranslations:
    if language == DEFAULT:
        return NullTranslations()
    compiled = io.BytesIO()
    with (LOCALE / f"{language}.po").open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def translator(language: str) -> Translate:
    """The function that says an English message in ``language`` (English where it cannot)."""
    return _catalogue(language if language in LANGUAGES else DEFAULT).gettext


def counter(language: str) -> Callable[[str, str, int], str]:
    """As :func:`translator`, for a message whose form depends on a count."""
    return _catalogue(language if language in LANGUAGES else DEFAULT).ngettext


def say(language: str, template: str, **facts: object) -> str:
    """Translate a template, then fill it in."""
    return translator(language)(template).format(**facts)


def negotiate(accept_language: str | None) -> str:
    """The language for an ``Accept-Language`` header: the best that we have, else English."""
    wanted: list[tuple[float, str]] = []
    for part in (accept_language or "")[:1000].split(","):
        tag, _, quality = part.partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        # every Chinese is served by zh: Hans, Hant and the regions
        wanted.append((weight, "zh" if tag.strip().lower().startswith("zh") else tag.strip()))
    ranked = [tag for weight, tag in sorted(wanted, key=lambda w: -w[0]) if weight > 0]
    return negotiate_locale(ranked, list(LANGUAGES), sep="-") or DEFAULT
