"""A stream of events stops when nobody listens any more: the app itself, without a test client."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from threading import Event as Flag
from threading import get_ident
from typing import Any

import anyio
import orjson
import pytest
from anyio import CapacityLimiter, to_thread
from fastapi.testclient import TestClient

from app.answers.network import training_events
from app.api import network, stream
from app.main import create_app
from app.settings import Settings
from app.spec.training import TrainSpec
from tests.contract.conftest import the_client
from tests.contract.streams import MARKER, ROUTE, SHORT, parsed


class Watched:
    """A training that counts its events and knows when it was closed."""

    def __init__(self) -> None:
        self.computed, self.closed, self.thread = 0, Flag(), 0

    def __call__(self, spec: TrainSpec, plan: Any, language: str) -> Iterator[Any]:
        self.thread = get_ident()
        try:
            for event in training_events(spec, plan, language):
                self.computed += 1
                yield event
        finally:
            self.closed.set()


LONG = {"epochs": 100, "strokes": 256, "channels": [2, 2]}
PATIENCE = 60  # seconds after which a test is stuck, not slow


async def served(
    body: dict[str, Any],
    on_event: Callable[[int], Awaitable[None]],
    gone: anyio.Event,
) -> list[bytes]:
    """What the app sends until ``gone`` is set; ``on_event`` is awaited inside every send."""
    sent: list[bytes] = []
    requests = [{"type": "http.request", "body": orjson.dumps(body), "more_body": False}]

    async def receive() -> Any:
        if requests:
            return requests.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message.get("body"):
            sent.append(message["body"])
            await on_event(len(sent))

    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1",
        "method": "POST", "path": ROUTE, "raw_path": ROUTE.encode(), "root_path": "",
        "scheme": "http", "query_string": b"", "client": ("127.0.0.1", 1), "server": ("x", 80),
        "headers": [(b"content-type", b"application/json"), (b"host", b"x")],
    }  # fmt: skip
    with anyio.fail_after(PATIENCE):
        await the_client().app(scope, receive, send)
    return sent


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    """In place of every training; the app, which trains for its documentation, is there before."""
    the_client()
    training = Watched()
    monkeypatch.setattr(network, "training_events", training)
    return training


def most(seen: int) -> int:
    """Events computed when a client that saw so many is gone: a full queue, and one in hand."""
    return seen + stream.QUEUE + 2


def test_a_client_that_goes_stops_the_training(watched: Watched) -> None:
    """After five events, or a few more on their way; of 1,200 no more than fill the queue."""

    async def main() -> None:
        gone = anyio.Event()

        async def leave(count: int) -> None:
            if count == 5:
                gone.set()

        await served(LONG, leave, gone)

    anyio.run(main)
    assert watched.closed.wait(PATIENCE)
    assert watched.computed <= most(20)


def test_a_server_that_stops_stops_the_training(watched: Watched) -> None:
    """As uvicorn does it: the request's task is cancelled."""

    async def main() -> None:
        async with anyio.create_task_group() as tasks:

            async def stop(count: int) -> None:
                if count == 5:
                    tasks.cancel_scope.cancel()

            await served(LONG, stop, anyio.Event())

    anyio.run(main)
    assert watched.closed.wait(PATIENCE)
    assert watched.computed <= most(20)


def test_a_client_that_does_not_read_is_given_up(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The queue fills, the training waits, and then it is closed although the client is there."""
    monkeypatch.setattr(stream, "PATIENCE", 0.05)

    async def main() -> None:
        async def stuck(_: int) -> None:
            assert await to_thread.run_sync(watched.closed.wait, PATIENCE)

        await served(LONG, stuck, anyio.Event())

    anyio.run(main)
    assert watched.computed <= most(1)


def test_it_computes_beside_the_event_loop(watched: Watched) -> None:
    """In another thread."""
    loops = set()

    async def main() -> None:
        async def note(_: int) -> None:
            loops.add(get_ident())

        await served(SHORT, note, anyio.Event())

    anyio.run(main)
    assert watched.closed.is_set()
    assert watched.thread not in loops


def test_who_has_to_wait_is_told(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """First ``queued`` with how many are ahead; then, with a free place, everything."""

    async def main() -> list[bytes]:
        places = CapacityLimiter(1)
        monkeypatch.setattr(network, "_TRAININGS", places)
        places.acquire_on_behalf_of_nowait("another")

        async def free(count: int) -> None:
            if count == 1:
                assert watched.computed == 0
                places.release_on_behalf_of("another")

        sent = await served(SHORT, free, anyio.Event())
        assert places.borrowed_tokens == 0
        return sent

    events = parsed(b"".join(anyio.run(main)).decode())
    assert events[0] == ("queued", {"ahead": 1})
    assert [events[1][0], events[-1][0]] == ["started", "finished"]


def test_who_goes_while_waiting_takes_no_place(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was computed for them, and the place is there for the next."""

    async def main() -> None:
        places = CapacityLimiter(1)
        monkeypatch.setattr(network, "_TRAININGS", places)
        places.acquire_on_behalf_of_nowait("another")
        gone = anyio.Event()

        async def leave(_: int) -> None:
            gone.set()

        await served(SHORT, leave, gone)
        assert places.statistics().tasks_waiting == 0
        places.release_on_behalf_of("another")
        assert places.borrowed_tokens == 0

    anyio.run(main)
    assert watched.computed == 0


def test_silence_is_filled_with_comments(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that no proxy takes a waiting connection for a dead one."""
    monkeypatch.setattr(stream, "PING", 0.01)

    async def main() -> list[bytes]:
        places = CapacityLimiter(1)
        monkeypatch.setattr(network, "_TRAININGS", places)
        places.acquire_on_behalf_of_nowait("another")

        async def free(count: int) -> None:
            if count == 3:
                places.release_on_behalf_of("another")

        return await served(SHORT, free, anyio.Event())

    sent = anyio.run(main)
    assert sent[0].startswith(b"event: queued")
    ping = b": ping\n\n"
    assert sent[1] == sent[2] == ping
    said = [
        event for event in sent if event != ping
    ]  # a slow machine may be silent at the end, too
    assert said[-1].startswith(b"event: finished")


def test_a_mistake_of_ours_is_an_event_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """There should be no way to get here, so this test makes one."""

    def broken(spec: TrainSpec, plan: Any, language: str) -> Iterator[Any]:
        yield next(training_events(spec, plan, language))
        raise RuntimeError(MARKER)

    client = TestClient(create_app(Settings()), raise_server_exceptions=False)
    monkeypatch.setattr(network, "training_events", broken)
    response = client.post(ROUTE, json=SHORT)
    events = parsed(response.text)
    assert [name for name, _ in events] == ["started", "failed"]
    assert events[1][1]["code"] == "internal_error"
    assert events[1][1]["run"] is None
    assert MARKER not in response.text
