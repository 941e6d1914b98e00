"""Server-sent events that are computed while they are sent.

A thread computes and fills a short queue; the event loop empties it into the connection. Either
end may stop the other: a full queue makes the thread wait, and where the client has gone (or the
server stops) the queue takes no event any more, which ends the thread. A client that stays but
does not read is given up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Final

from anyio import (
    BrokenResourceError,
    CapacityLimiter,
    EndOfStream,
    WouldBlock,
    create_memory_object_stream,
    create_task_group,
    fail_after,
    from_thread,
    move_on_after,
    to_thread,
)
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from fastapi import Response
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from starlette.types import Message, Receive, Scope, Send

from app.exchange import dumps

Events = Iterator[tuple[str, Mapping[str, object]]]

QUEUE: Final = 64  # events computed ahead of what the client has taken
PATIENCE: Final = 20.0  # seconds that a full queue may stay full
PING: Final = 15.0  # seconds of silence after which a comment keeps proxies from hanging up


class EventStream(Response):
    """A response whose events come from ``events()``, iterated in a thread.

    ``threads`` bounds how many such streams compute at once; the others wait in line, and their
    first event is ``queued``. ``failure`` is the event sent when ``events`` raises something.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        events: Callable[[], Events],
        threads: CapacityLimiter,
        failure: tuple[str, Mapping[str, object]],
        status_code: int = 200,  # FastAPI's documentation looks for it
    ) -> None:
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        super().__init__(status_code=status_code, headers=headers)
        del self.headers["content-length"]
        self._events, self._threads, self._failure = events, threads, failure
        self._fault: Exception | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the events end or the client goes."""
        async with create_task_group() as tasks:

            async def watch() -> None:
                while (await receive())["type"] != "http.disconnect":
                    pass
                tasks.cancel_scope.cancel()

            tasks.start_soon(watch)
            await self._send(send)
            tasks.cancel_scope.cancel()

    async def _send(self, send: Send) -> None:
        start: Message = {"type": "http.response.start", "status": self.status_code}
        await send({**start, "headers": self.raw_headers})
        writer, reader = create_memory_object_stream[bytes](QUEUE)
        async with create_task_group() as tasks, reader:
            tasks.start_soon(self._compute, writer)
            try:
                while True:
                    await send(_body(await _next(reader), more=True))
            except EndOfStream:
                pass
        await send(_body(b"", more=False))
        if self._fault is not None:  # only now: raised earlier, it would outrun its own event
            raise self._fault

    async def _compute(self, writer: MemoryObjectSendStream[bytes]) -> None:
        async with writer:
            try:
                self._threads.acquire_on_behalf_of_nowait(self)
            except WouldBlock:
                line = self._threads.statistics()
                ahead = line.borrowed_tokens + line.tasks_waiting
                await writer.send(encoded("queued", {"ahead": int(ahead)}))
                await self._threads.acquire_on_behalf_of(self)
            try:  # the place is given back when the thread has ended, not when nobody waits for it
                await to_thread.run_sync(self._work, writer, limiter=CapacityLimiter(1))
            finally:
                self._threads.release_on_behalf_of(self)

    def _work(self, writer: MemoryObjectSendStream[bytes]) -> None:
        """In the thread. What is put into the queue of a cancelled stream raises CancelledError."""

        async def put(event: bytes) -> None:
            with fail_after(PATIENCE):
                await writer.send(event)

        with suppress(BrokenResourceError, CancelledError, TimeoutError):  # nobody reads any more
            try:
                for name, data in self._events():
                    from_thread.run(put, encoded(name, data))
            except (BrokenResourceError, CancelledError, TimeoutError):
                raise
            except Exception as error:  # noqa: BLE001 - logged by the server
                self._fault = error
                from_thread.run(put, encoded(*self._failure))


def encoded(name: str, data: Mapping[str, object]) -> bytes:
    """One event on the wire; its data is JSON on one line."""
    return format_sse_event(event=name, data_str=dumps(data).decode())


async def _next(reader: MemoryObjectReceiveStream[bytes]) -> bytes:
    with move_on_after(PING):
        return await reader.receive()
    return KEEPALIVE_COMMENT


def _body(chunk: bytes, more: bool) -> Message:
    return {"type": "http.response.body", "body": chunk, "more_body": more}
