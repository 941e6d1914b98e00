"""Keeps the catalogues true to the source: ``make messages`` updates, ``make check`` checks."""

from __future__ import annotations

import string
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

from app.words.catalogue import DEFAULT, LANGUAGES, LOCALE

_NEVER = datetime(2026, 1, 1, tzinfo=UTC)
_ROOT = Path(__file__).resolve().parents[2]
_ERRORS = (
    "ShapeError",
    "GeometryError",
    "ValueRangeError",
    "NotFiniteError",
    "SpecError",
    "LimitError",
    "PermalinkError",
    "ProblemError",
)


def _extracted() -> Catalog:
    catalogue = Catalog(charset="utf-8", fuzzy=False)
    keywords = {**DEFAULT_KEYWORDS, **dict.fromkeys(_ERRORS, (2,)), "say": (2,), "N_": None}
    for folder, methods in (
        ("app", [("**.py", "python")]),
        ("templates", [("**.html", "jinja2")]),
    ):
        for name, _line, message, comments, context in extract_from_dir(
            _ROOT / folder,
            methods,
            keywords=keywords,
            comment_tags=("i18n:",),
            strip_comment_tags=True,
        ):
            catalogue.add(
                message, None, [(f"{folder}/{name}", 0)], auto_comments=comments, context=context
            )
    return catalogue


def _fields(template: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(template) if field is not None}


def _faults(language: str, wanted: Catalog) -> list[str]:
    with (LOCALE / f"{language}.po").open("rb") as source:
        have = read_po(source, locale=language)
    faults = []
    for message in wanted:
        if not message.id:
            continue
        found = have.get(message.id)
        english = [message.id] if isinstance(message.id, str) else list(message.id)
        said = [found.string] if found and isinstance(found.string, str) else []
        if found and isinstance(found.string, list | tuple):
            said = list(found.string)
        if not said or not all(said) or (found and found.fuzzy):
            faults.append(f"{language}: not translated: {message.id!r}")
        elif any(_fields(text) != _fields(english[-1]) for text in said if "{" in english[-1]):
            faults.append(f"{language}: other fields than in English: {message.id!r}")
    faults += [f"{language}: no longer used: {m.id!r}" for m in have if m.id and m.id not in wanted]
    return faults


def main(arguments: list[str]) -> int:
    """``--check`` prints what is missing; without it the catalogues are brought up to date."""
    wanted = _extracted()
    faults: list[str] = []
    for language in LANGUAGES:
        path = LOCALE / f"{language}.po"
        if language == DEFAULT:
            continue
        if "--check" not in arguments:
            have = Catalog(locale=language)
            if path.exists():
                with path.open("rb") as source:
                    have = read_po(source, locale=language)
            have.update(wanted, no_fuzzy_matching=True)
            have.obsolete.clear()
            have.project, have.fuzzy = "rot180", False
            have.creation_date = have.revision_date = _NEVER  # a date would change with every run
            with path.open("wb") as target:
                write_po(target, have, width=100, include_lineno=False, omit_header=False)
        faults += _faults(language, wanted)
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
