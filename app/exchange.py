"""From a request's body to a value, and from an answer to a response; for the API and the pages.

Both ways go through orjson: its decoder refuses NaN, numbers beyond float64, lone surrogates and
deep nesting, and its encoder writes NumPy arrays as they are.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b
from typing import Any, TypeVar

import numpy as np
import orjson
from anyio import CapacityLimiter, to_thread
from fastapi import Request, Response

from app.spec import Body, LayerSpec, Limits, SpecError

T = TypeVar("T")
S = TypeVar("S", bound=Body)
L = TypeVar("L", bound=LayerSpec)

# What takes longer than a few milliseconds leaves the event loop to the others; the way to a thread
# and back costs as much as two answers to a 5×5 layer. Few threads: NumPy does not get faster with
# more, and each may need as much memory as the limit on work allows.
_LONG_BODY = 64 * 1024
_MUCH_WORK = 500_000
_THREADS = CapacityLimiter(2)


class ProblemError(Exception):
    """What is wrong with a request before its fields are looked at.

    ``code`` is one of ``app.api.problems.PROBLEMS``; the template and its facts become the detail.
    """

    def __init__(self, code: str, template: str, **facts: object) -> None:
        super().__init__(code)
        self.code, self.template, self.facts = code, template, facts


async def raw_body(request: Request, limits: Limits) -> bytes:
    """The request's bytes, whatever they are.

    Raises:
        ProblemError: more than ``limits.body_bytes`` (413), or compressed (415).
    """
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise ProblemError("unsupported_media_type", "send the body without a Content-Encoding")
    body, most = bytearray(), limits.body_bytes
    async for chunk in request.stream():  # counted while it arrives: a length may be missing or lie
        body += chunk
        if len(body) > most:
            raise ProblemError("body_too_large", "send {most:,} bytes at most", most=most)
    return bytes(body)


async def json_body(request: Request, limits: Limits) -> dict[str, Any]:
    """The object in a request's JSON body.

    Raises:
        ProblemError: as for :func:`raw_body`; not JSON (400), or another content type (415).
        SpecError: JSON, but not an object.
    """
    body = await _json_bytes(request, limits)
    value = await _run(len(body) > _LONG_BODY, lambda: _json(body))
    if not isinstance(value, dict):
        raise SpecError((), "is not a JSON object")
    return value


async def read_spec(request: Request, model: type[S], limits: Limits) -> S:
    """The spec in a request's JSON body.

    Raises:
        ProblemError: as for :func:`json_body`.
        SpecError: JSON, but not such a spec.
    """
    body = await _json_bytes(request, limits)
    return await _run(len(body) > _LONG_BODY, lambda: model.parse(_json(body), limits))


async def computed(spec: LayerSpec, answer: Callable[[], object]) -> bytes:
    """The answer as JSON; made in a thread if the spec makes much work."""
    return await _run(spec.work > _MUCH_WORK, lambda: dumps(answer()))


class Replies:
    """What routes answer to bodies. To the same bytes as lately they give the same answer.

    A class that opens a preset sends one body a hundred times. Only the event loop asks here.
    """

    _MOST, _LARGEST = 256, 64 * 1024  # how many are remembered, and bytes of one with its body

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lately: OrderedDict[tuple[str, bytes], bytes] = OrderedDict()

    async def to(self, request: Request, model: type[L], answer: Callable[[L], object]) -> bytes:
        """JSON of the answer to the layer in a request's body.

        Raises:
            ProblemError, SpecError: as for :func:`read_spec`.
            EngineError, SpecError: what ``answer`` raises.
        """
        body = await _json_bytes(request, self._limits)
        key = request.scope["path"], body
        if (known := self._lately.get(key)) is not None:
            self._lately.move_to_end(key)
            return known
        long = len(body) > _LONG_BODY
        spec = await _run(long, lambda: model.parse(_json(body), self._limits))
        reply = await computed(spec, lambda: answer(spec))
        if len(body) + len(reply) <= self._LARGEST:
            self._lately[key] = reply
            if len(self._lately) > self._MOST:
                self._lately.popitem(last=False)
        return reply


async def aside(work: Callable[[], T]) -> T:
    """What ``work`` returns; made in a thread."""
    return await _run(True, work)


def dumps(answer: object) -> bytes:
    """JSON of an answer, arrays included."""
    return orjson.dumps(answer, default=_unusual, option=orjson.OPT_SERIALIZE_NUMPY)


def _unusual(array: np.ndarray) -> object:
    # a view that skips cells or runs backwards, as a turned kernel does: orjson asks what it holds
    return array.tolist()


def json_answer(answer: object, headers: dict[str, str] | None = None) -> Response:
    """An answer as a response."""
    return Response(dumps(answer), headers=headers, media_type="application/json")


def tagged(request: Request, body: bytes, headers: dict[str, str]) -> Response:
    """JSON with its entity tag, or 304 where the reader has it already.

    A POST gets 304 as well: these computations change nothing, so it is a long GET.
    """
    tag = f'"{blake2b(body, digest_size=16).hexdigest()}"'
    headers = {"etag": tag, **headers}
    if _has(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


def _has(if_none_match: str, tag: str) -> bool:
    # weak comparison, as RFC 9110, section 13.1.2 wants it
    tags = (part.strip().removeprefix("W/") for part in if_none_match.split(","))
    return if_none_match.strip() == "*" or tag in tags


async def _json_bytes(request: Request, limits: Limits) -> bytes:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ProblemError(
            "unsupported_media_type", "send the header Content-Type: application/json"
        )
    return await raw_body(request, limits)


async def _run(long: bool, work: Callable[[], T]) -> T:
    return await to_thread.run_sync(work, limiter=_THREADS) if long else work()


def _json(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ProblemError(
            "malformed_json",
            "not JSON at line {line}, column {column}",
            line=error.lineno,
            column=error.colno,
        ) from None
