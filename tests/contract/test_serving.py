"""``python -m app`` serves, says where, stops when told, and explains why it cannot."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import orjson
import pytest

from tests.contract.bodies import ARTICLE

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60  # seconds after which a test is stuck, not slow


def _start(**environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "app"],
        cwd=ROOT,
        env={**os.environ, "HOST": "127.0.0.1", "PORT": "0", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def _served(
    **environment: str,
) -> Iterator[tuple[subprocess.Popen[str], http.client.HTTPConnection]]:
    process = _start(**environment)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line.startswith("rot180 is at http://127.0.0.1:"), process.communicate()
        url = urlsplit(line.split()[-1])
        connection = http.client.HTTPConnection(url.netloc, timeout=PATIENCE)
        yield process, connection
        connection.close()
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("wish", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_stop(wish: signal.Signals) -> None:
    """The URL that it prints is the one; stopping leaves no traceback."""
    with _served() as (process, connection):
        headers = {"content-type": "application/json"}
        connection.request("POST", "/api/v1/layer", orjson.dumps(ARTICLE), headers)
        response = connection.getresponse()
        assert response.status == 200
        assert response.getheader("server") is None
        assert orjson.loads(response.read())["output"] == [[23, 33], [53, 63]]
        process.send_signal(wish)
        _, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode in (0, -wish)
        assert errors == ""


def test_a_proxy_may_strip_a_path() -> None:
    """The app answers at the rest of it, static files included."""
    with _served(ROT180_ROOT_PATH="/rot180") as (_, connection):
        for path, status in (("/healthz/live", 200), ("/api/none", 404), ("/static/none", 404)):
            connection.request("GET", path)
            response = connection.getresponse()
            response.read()
            assert response.status == status
        connection.request("GET", "/api/v1/openapi.json")
        assert orjson.loads(connection.getresponse().read())["servers"] == [{"url": "/rot180"}]


def test_a_body_that_is_too_large_is_refused_while_it_arrives() -> None:
    """Over a real connection, in chunks and without a length."""
    with _served(ROT180_MAX_BODY_BYTES="2048") as (_, connection):
        headers = {"content-type": "application/json", "transfer-encoding": "chunked"}
        chunks = (b"[" * 100 for _ in range(40))
        connection.request("POST", "/api/v1/layer", chunks, headers, encode_chunked=True)
        response = connection.getresponse()
        assert response.status == 413
        assert orjson.loads(response.read())["code"] == "body_too_large"


def test_the_longest_permalink_arrives() -> None:
    """Nearly 32,000 characters fit into a request line."""
    with _served() as (_, connection):
        link = "1~i=100x100:" + ",".join(["-1", "22"] * 5000) + "~k=1x1:1"
        assert 32_000 > len(link) > 25_000
        connection.request("GET", f"/api/v1/layer?spec={link}")
        response = connection.getresponse()
        assert response.status == 200
        response.read()


def test_a_port_that_is_taken_is_explained() -> None:
    """In one line, with a way out, and status 1."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = _start(PORT=str(taken.getsockname()[1]))
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "cannot listen on 127.0.0.1:" in errors
    assert "PORT=8001" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "eighty"), ("ROT180_MAX_SIDE", "-1"), ("HOST", "no such host")]
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    """Instead of a traceback."""
    process = _start(**{name: value})
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert name in errors or value in errors
    assert "Traceback" not in errors
