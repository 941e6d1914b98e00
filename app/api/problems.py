"""Every error as RFC 9457 ``application/problem+json``, in the reader's language.

A problem names the field and what would work; it never repeats what was sent, and never shows a
traceback. ``code`` is stable and for programs, ``detail`` and the messages are for people.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from pydantic import BaseModel, Field
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match

from app.engine import EngineError
from app.exchange import ProblemError
from app.headers import SECURITY_HEADERS
from app.spec import SpecError
from app.words import N_, negotiate, say, translator

MEDIA_TYPE = "application/problem+json"
ErrorPage = Callable[[Request, int], Awaitable[Response]]

# code: status and title
PROBLEMS: dict[str, tuple[int, str]] = {
    "malformed_json": (400, N_("The body is not JSON")),
    "bad_request": (400, N_("The request cannot be understood")),
    "not_found": (404, N_("There is nothing here")),
    "method_not_allowed": (405, N_("This address does not take that method")),
    "body_too_large": (413, N_("The body is too large")),
    "unsupported_media_type": (415, N_("The body must be JSON")),
    "invalid_value": (422, N_("A value cannot be used")),
    "wrong_value": (422, N_("A value is outside what is possible")),
    "wrong_shape": (422, N_("Shapes do not belong together")),
    "wrong_geometry": (422, N_("The geometry is impossible")),
    "not_finite": (422, N_("A result is not finite")),
    "too_much_work": (422, N_("More than is computed here")),
    "invalid_permalink": (422, N_("The permalink cannot be read")),
    "internal_error": (500, N_("Something went wrong here")),
}

_DETAILS = {
    "bad_request": N_("the request cannot be understood"),
    "not_found": N_("look at /api/v1/openapi.json for what there is"),
    "method_not_allowed": N_("use one of the methods in the Allow header"),
    "internal_error": N_("this is a mistake of ours and it has been logged; nothing was changed"),
}
_BY_STATUS = {400: "bad_request", 404: "not_found", 405: "method_not_allowed"}


class Fault(BaseModel):
    """One thing that is wrong, and where."""

    pointer: str = Field(description="JSON pointer (RFC 6901) into the request's body")
    message: str = Field(description="What is wrong there, and what would work")


class Problem(BaseModel):
    """What an error looks like (RFC 9457)."""

    type: str = Field(description="URN of this kind of problem")
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable name of this kind of problem")
    errors: list[Fault] = Field(description="Empty unless the status is 422")


def language_of(request: Request) -> str:
    """The language that the reader prefers among ours."""
    return negotiate(request.headers.get("accept-language"))


def problem(
    request: Request,
    code: str,
    detail: str,
    errors: list[dict[str, str]] | None = None,
    facts: dict[str, object] | None = None,
) -> Response:
    """The response for a problem; its title is said in the reader's language.

    ``facts`` become further members, such as the line and column of malformed JSON.
    """
    status, title = PROBLEMS[code]
    language = language_of(request)
    body = {
        "type": f"urn:rot180:problem:{code}",
        "title": translator(language)(title),
        "status": status,
        "detail": detail,
        "code": code,
        "errors": errors or [],
        **(facts or {}),
    }
    headers = {
        "cache-control": "no-store",
        "content-language": language,
        "vary": "Accept-Language",
    }
    return Response(orjson.dumps(body), status, headers, MEDIA_TYPE)


def install(app: FastAPI, elsewhere: ErrorPage | None = None) -> None:
    """Answer every error of the app with a problem.

    ``elsewhere`` answers what the framework refuses outside the API: an address for people.
    """

    async def refused(request: Request, error: HTTPException) -> Response:
        path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
        if elsewhere is None or f"{path}/".startswith(("/api/", "/healthz/")):
            response = _refused(request, error)
        else:
            response = await elsewhere(request, error.status_code)
        # the error names one route's methods; the address may have more
        if "allow" in Headers(error.headers or {}):
            response.headers["allow"] = ", ".join(_methods(request))
        return response

    # Starlette's type for a handler takes any exception, its behaviour only the one named
    app.add_exception_handler(HTTPException, refused)  # type: ignore[arg-type]
    app.add_exception_handler(EngineError, _engine_error)  # type: ignore[arg-type]
    app.add_exception_handler(ProblemError, _problem_error)  # type: ignore[arg-type]
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _unexpected)


def sentence(error: EngineError, language: str) -> str:
    """The error as a sentence, with the place it is about as its subject."""
    return f"{error.field} {say(language, error.template, **error.facts)}"


async def _engine_error(request: Request, error: EngineError) -> Response:
    language = language_of(request)
    found = (error, *error.others) if isinstance(error, SpecError) else (error,)
    errors = [{"pointer": _pointer(one), "message": sentence(one, language)} for one in found]
    code = error.code if error.code in PROBLEMS else "invalid_value"
    return problem(request, code, errors[0]["message"], errors)


def _pointer(error: EngineError) -> str:
    if isinstance(error, SpecError):
        return error.pointer
    return "/" + error.field.replace("[", "/").replace("]", "").replace(".", "/")


async def _problem_error(request: Request, error: ProblemError) -> Response:
    detail = say(language_of(request), error.template, **error.facts)
    return problem(request, error.code, detail, facts=error.facts)


def _refused(request: Request, error: HTTPException) -> Response:
    """What the framework itself refuses: an unknown address, or a method it does not take."""
    code = _BY_STATUS.get(error.status_code, "bad_request")
    return problem(request, code, translator(language_of(request))(_DETAILS[code]))


def _methods(request: Request) -> list[str]:
    def takes(method: str) -> bool:
        scope = {**request.scope, "method": method}
        return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)

    return [m for m in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE") if takes(m)]


async def _gone(_: Request, __: Exception) -> Response:
    return Response(status_code=400)  # nobody is there to read it


async def _unexpected(request: Request, _: Exception) -> Response:
    # Starlette raises the error again after this answer, so the server logs it
    detail = translator(language_of(request))(_DETAILS["internal_error"])
    response = problem(request, "internal_error", detail)
    response.headers.update(SECURITY_HEADERS)  # this answer is made outside the middleware
    return response


def example(code: str, pointer: str | None, message: str) -> dict[str, Any]:
    """A problem for the documentation."""
    status, title = PROBLEMS[code]
    errors = [] if pointer is None else [{"pointer": pointer, "message": message}]
    return {
        "type": f"urn:rot180:problem:{code}",
        "title": title,
        "status": status,
        "detail": message,
        "code": code,
        "errors": errors,
    }
