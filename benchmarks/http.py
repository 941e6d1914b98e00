"""Requests a second: ``/api/v1/layer`` beside a constant answer of the same server.

``python -m benchmarks.http [--quick]``. The server is the real app on loopback with one more route,
which always gives the same bytes. Sixteen keep-alive connections from this process ask for one
after the other, burst by burst; what they will ask is made before a burst begins. "New" bodies
differ in every request, so nothing is remembered of them; "same" is one body again and again, as
when a class opens a preset. CPU is the server's own processor time for a request, which nobody
else on the machine can slow down as much.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from statistics import median
from time import perf_counter

import orjson

from benchmarks._measure import ROOT, machine, table

CONNECTIONS = 16
Payload = Callable[[], bytes]


class Connection(asyncio.Protocol):
    """One keep-alive connection that asks again as soon as it has its answer."""

    def __init__(self) -> None:
        self._asking: Iterator[bytes] = iter(())
        self._buffer = bytearray()
        self._done: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)  # noqa: S101
        self._transport = transport

    def ask(self, requests: Iterable[bytes]) -> asyncio.Future[bytes]:
        """Ask one after the other; the future is the last answer's body."""
        self._asking = iter(requests)
        self._done = asyncio.get_running_loop().create_future()
        self._transport.write(next(self._asking))
        return self._done

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        length = int(self._buffer[:head].lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        if len(self._buffer) < head + 4 + length:
            return
        status, body = bytes(self._buffer[9:12]), bytes(self._buffer[head + 4 :])
        self._buffer.clear()
        if self._done is None or status != b"200":
            raise ConnectionError(status, body)
        following = next(self._asking, None)
        if following is None:
            self._done.set_result(body)
        else:
            self._transport.write(following)


@dataclass
class Server:
    """The server, seen from outside."""

    port: int
    connections: list[Connection]

    async def burst(self, payload: Payload, each: int, width: int = CONNECTIONS) -> Burst:
        """``each`` requests on every connection."""
        asking = [[payload() for _ in range(each)] for _ in range(width)]
        before, begin = await self.cpu(), perf_counter()
        await asyncio.gather(*map(Connection.ask, self.connections, asking))
        seconds, after = perf_counter() - begin, await self.cpu()
        return Burst(seconds / (each * width), (after - before) / (each * width))

    async def cpu(self) -> float:
        """Processor seconds that it has used."""
        return float(await self.connections[0].ask([request("GET", "/cpu")]))


@dataclass(frozen=True)
class Burst:
    """Seconds a request: on the wall, and of the server's processor."""

    wall: float
    cpu: float


def request(method: str, path: str, body: bytes = b"") -> bytes:
    """An HTTP request."""
    head = f"{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


def layer(size: int, taps: int, first: int = 0) -> bytes:
    """A layer's body; ``first`` goes into its first number."""
    maps = [[(7 * x + 3 * y) % 10 - 4.5 for x in range(size)] for y in range(size)]
    maps[0][0] = first / 8
    kernel = [[x - 2 * y + 0.5 for x in range(taps)] for y in range(taps)]
    return orjson.dumps({"input": maps, "kernel": kernel})


async def measure(port: int, quick: bool) -> None:
    """Both tables."""
    loop, connections = asyncio.get_running_loop(), []
    for _ in range(CONNECTIONS):
        _, connection = await loop.create_connection(Connection, "127.0.0.1", port)
        connections.append(connection)
    server, numbers = Server(port, connections), count(1)
    same = request("POST", "/api/v1/layer", layer(5, 3))
    constant = request("POST", "/constant", layer(5, 3))
    payloads: dict[str, Payload] = {
        "constant": lambda: constant,
        "layer, new": lambda: request("POST", "/api/v1/layer", layer(5, 3, next(numbers))),
        "layer, same": lambda: same,
    }
    await _throughput(server, payloads, rounds=2 if quick else 40, each=2 if quick else 30)
    await _graph(server, numbers, times=2 if quick else 100)


async def _throughput(server: Server, payloads: dict[str, Payload], rounds: int, each: int) -> None:
    bursts: dict[str, list[Burst]] = {name: [] for name in payloads}
    for payload in payloads.values():
        await server.burst(payload, each)  # warm
    for _ in range(rounds):
        for name, payload in payloads.items():
            bursts[name].append(await server.burst(payload, each))
    lines = []
    for name in list(payloads)[1:]:
        pairs = list(zip(bursts["constant"], bursts[name], strict=True))
        wall, cpu = (
            median(getattr(c, k) / getattr(b, k) for c, b in pairs) for k in ("wall", "cpu")
        )
        lines.append([name, f"{wall:.2f}", f"{cpu:.2f}", "≥ 0.6"])
    print(f"## 5×5, 3×3, {CONNECTIONS} connections; a constant answer = 1\n")
    print(table(["answer", "requests a second", "the same by CPU", "goal"], lines), "\n")


async def _graph(server: Server, numbers: count[int], times: int) -> None:
    new: Payload = lambda: request("POST", "/api/v1/graph", layer(28, 5, next(numbers)))  # noqa: E731
    bursts = [await server.burst(new, 1, width=1) for _ in range(times)]
    cells = [f"{1e3 * median(getattr(b, kind) for b in bursts):.2f}" for kind in ("wall", "cpu")]
    print("## /graph at 28×28, 5×5, one request after another\n")
    print(table(["", "ms", "CPU ms", "goal"], [["new", *cells, "< 5"]]))


def main() -> None:
    """Start the server, measure, stop it."""
    print(f"# HTTP\n\n{machine()}\n", flush=True)
    command = [sys.executable, "-m", "benchmarks._server"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None  # noqa: S101
            asyncio.run(measure(int(server.stdout.readline()), "--quick" in sys.argv))
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
