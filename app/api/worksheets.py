"""Worksheets as JSON."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from app.answers.worksheet import worksheets_answer
from app.api.describe import got
from app.api.problems import language_of
from app.exchange import aside, dumps, tagged
from app.spec import SpecError
from app.spec.fields import one_of
from app.spec.worksheet import WorksheetSpec
from app.words import DEFAULT, LANGUAGES

_KEY = ("true", "false")


def add(routes: APIRouter) -> None:
    """``/worksheets``."""

    @routes.head("/worksheets", include_in_schema=False)
    @routes.get("/worksheets", **_described())
    async def worksheets(request: Request) -> Response:
        """Make worksheets from a seed: exercises with small whole numbers, and their key."""
        query = dict(request.query_params)
        key = _word(query, "key", _KEY, "true") == "true"
        language = _word(query, "lang", tuple(LANGUAGES), language_of(request))
        spec = WorksheetSpec.of_query(query)
        body = await aside(lambda: dumps(worksheets_answer(spec, language, key)))
        headers = {
            "cache-control": "public, max-age=3600",
            "vary": "Accept-Language",
            "content-language": language,
        }
        return tagged(request, body, headers)


def _word(query: dict[str, str], name: str, known: tuple[str, ...], otherwise: str) -> str:
    """Take a word out of the query."""
    try:
        return one_of(query.pop(name, otherwise), known)
    except SpecError as error:
        raise error.under((name,)) from None


def _described() -> dict[str, Any]:
    """The first exercise of the standard worksheet."""
    schema = WorksheetSpec.model_json_schema()["properties"]
    chosen = {"seed": 180, "count": 1}
    asked = [
        {
            "name": name,
            "required": False,
            "description": field.pop("description"),
            "schema": field,
            "example": chosen.get(name, field["default"]),
        }
        for name, field in schema.items()
    ]
    asked += [
        {
            "name": name,
            "required": False,
            "description": description,
            "schema": {"type": "string", "enum": list(known)},
            "example": known[0],
        }
        for name, known, description in (
            ("key", _KEY, "Whether the answers come along"),
            ("lang", tuple(LANGUAGES), "Language of the texts; Accept-Language if left out"),
        )
    ]
    answer = worksheets_answer(WorksheetSpec.parse(chosen), DEFAULT)
    described = got("WorksheetsAnswer", answer, ("invalid_value", "too_much_work"), asked)
    return {**described, "tags": ["worksheets"]}
