"""Every error of the contract: its status, code and place, and never an echo."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson
import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from app.spec import PRESETS
from tests.contract.bodies import ARTICLE, assert_problem, numbers

ROUTES = ["layer", "contributions", "graph", "matrix"]
JSON = {"content-type": "application/json"}
MARKER = "planted-marker-7f3a"


def _body(route: str, **change: Any) -> dict[str, Any]:
    node = {"node": [0, 0]} if route == "contributions" else {}
    return {**ARTICLE, **node, **change}


MALFORMED = [
    (b"", 1, 1),
    (b"{", 1, 2),
    (b'{"input": [[NaN]]}', 1, 13),
    (b'{"input": [[1,\n2e999]]}', 2, 1),
    (b'{"input": [[-1e400]]}', 1, 13),
    (b'{"input": [[Infinity]]}', 1, 13),
    (b'{"a": "\\ud800"}', 1, 8),
    (b"\xff\xfe", 1, 1),
    (b"[" * 5000, 1, None),
    (b'{"input": [[1]], }', 1, None),
    (b"{} {}", 1, 4),
    ('{"input": "é", x}'.encode(), 1, None),
    (f'{{"input": {MARKER}}}'.encode(), 1, 11),
]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(("body", "line", "column"), MALFORMED, ids=lambda v: str(v)[:24])
def test_not_json(
    client: TestClient, route: str, body: bytes, line: int, column: int | None
) -> None:
    """400 with line and column."""
    response = client.post(f"/api/v1/{route}", content=body, headers=JSON)
    problem = assert_problem(response, 400, "malformed_json")
    assert problem["line"] == line
    assert column is None or problem["column"] == column
    assert f"line {line}, column {problem['column']}" in problem["detail"]
    assert MARKER not in response.text


INVALID: list[tuple[dict[str, Any], str, str]] = [
    ({"input": [[1, 2], [3]]}, "/input/1", "invalid_value"),
    ({"input": [[1, 2], [3, True]]}, "/input/1/1", "invalid_value"),
    ({"input": [[1, 2], [3, MARKER]]}, "/input/1/1", "invalid_value"),
    ({"input": [[1, 2], [3, None]]}, "/input/1/1", "invalid_value"),
    ({"input": [[1, 2], [3, {MARKER: 1}]]}, "/input/1/1", "invalid_value"),
    ({"input": []}, "/input", "invalid_value"),
    ({"input": [[]]}, "/input/0", "invalid_value"),
    ({"input": [[[], []]]}, "/input/0/0", "invalid_value"),
    ({"input": MARKER}, "/input", "invalid_value"),
    ({"input": [1, 2]}, "/input", "invalid_value"),
    ({"input": [[[[[1]]]]]}, "/input", "invalid_value"),
    ({"input": None}, "/input", "invalid_value"),
    ({"kernel": [[1, 2], [3, False]]}, "/kernel/1/1", "invalid_value"),
    ({"kernel": [[]]}, "/kernel/0", "invalid_value"),
    ({"kernel": numbers(2, 2, 2)}, "/kernel", "invalid_value"),
    ({"bias": MARKER}, "/bias", "invalid_value"),
    ({"bias": [0, None]}, "/bias/1", "invalid_value"),
    ({"bias": [1, 2]}, "/bias", "wrong_shape"),
    ({"operation": MARKER}, "/operation", "invalid_value"),
    ({"operation": True}, "/operation", "invalid_value"),
    ({"activation": MARKER}, "/activation", "invalid_value"),
    ({"stride": 0}, "/stride", "invalid_value"),
    ({"stride": True}, "/stride", "invalid_value"),
    ({"stride": 1.5}, "/stride", "invalid_value"),
    ({"stride": [1, 2, 3]}, "/stride", "invalid_value"),
    ({"dilation": MARKER}, "/dilation", "invalid_value"),
    ({"padding": -1}, "/padding", "invalid_value"),
    ({"padding": MARKER}, "/padding", "invalid_value"),
    ({"padding": [[1, 2], [3, True]]}, "/padding/1/1", "invalid_value"),
    ({"groups": 0}, "/groups", "invalid_value"),
    ({MARKER: 1}, "", "invalid_value"),
    ({"strides": 2}, "", "invalid_value"),
    ({"output_delta": [[1, 2], [3]]}, "/output_delta/1", "invalid_value"),
    ({"output_delta": numbers(3, 3)}, "/output_delta", "wrong_shape"),
    ({"output_delta": numbers(1, 2, 2)}, "/output_delta", "wrong_shape"),
    ({"kernel": numbers(4, 4)}, "/kernel", "wrong_geometry"),
    ({"kernel": numbers(2, 2), "dilation": 3}, "/kernel", "wrong_geometry"),
    ({"kernel": numbers(1, 1, 2, 2)}, "/kernel", "wrong_shape"),
    ({"input": numbers(1, 3, 3)}, "/kernel", "wrong_shape"),
    ({"groups": 2}, "/groups", "wrong_geometry"),
    ({"input": [[1e308, 1e308]], "kernel": [[1e10, 1e10]]}, "/input", "not_finite"),
    ({"input": [[1.0]], "kernel": [[1e200]], "output_delta": [[1e200]]}, "/input", "not_finite"),
    ({"padding": 10**9}, "/padding", "too_much_work"),
    ({"padding": [[0, 0], [0, 2**63]]}, "/padding/1/1", "too_much_work"),
    ({"stride": 10**9}, "/stride", "too_much_work"),
    ({"stride": 2**64 - 1}, "/stride", "too_much_work"),
    ({"dilation": [10**9, 1]}, "/dilation/0", "too_much_work"),
    ({"input": [[0] * 300]}, "/input", "too_much_work"),
    ({"input": [[0] * 250] * 250, "kernel": [[0] * 90] * 90}, "/input", "too_much_work"),
]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(("change", "pointer", "code"), INVALID, ids=lambda v: str(v)[:40])
def test_not_a_layer(
    client: TestClient, route: str, change: dict[str, Any], pointer: str, code: str
) -> None:
    """422 that names the field; what was sent does not come back."""
    body = _body(route, **{"output_delta": None, **change})
    response = client.post(f"/api/v1/{route}", content=orjson.dumps(body), headers=JSON)
    problem = assert_problem(response, 422, code)
    assert [fault["pointer"] for fault in problem["errors"]] == [pointer]
    assert problem["errors"][0]["message"] == problem["detail"]
    assert MARKER not in response.text


def test_groups_that_do_not_divide_say_what_would_work(client: TestClient) -> None:
    """Both channel counts are named."""
    body = {"input": numbers(3, 4, 4), "kernel": numbers(2, 3, 2, 2), "groups": 2}
    problem = assert_problem(client.post("/api/v1/layer", json=body), 422, "wrong_geometry")
    assert "3 input and 2 output channels" in problem["detail"]


@pytest.mark.parametrize("body", [None, [], 1, "text", True, [ARTICLE]])
def test_json_that_is_not_an_object(client: TestClient, body: Any) -> None:
    """The whole request is at fault."""
    response = client.post("/api/v1/layer", content=orjson.dumps(body), headers=JSON)
    problem = assert_problem(response, 422, "invalid_value")
    assert problem["errors"][0]["pointer"] == ""


def test_what_is_missing_is_named(client: TestClient) -> None:
    """All of it at once."""
    problem = assert_problem(client.post("/api/v1/layer", json={}), 422, "invalid_value")
    assert [fault["pointer"] for fault in problem["errors"]] == ["/input", "/kernel"]


NODES = [
    [3, 0], [0, 3], [-1, 0], [0], [0, 0, 0], [], [0.0, 0], [True, 0], "00", None, {}, [10**30, 0],
    [[0, 0]], [0, 0, 0, 0, 0],
]  # fmt: skip


@pytest.mark.parametrize("node", NODES, ids=str)
def test_no_such_node(client: TestClient, node: Any) -> None:
    """Outside the input, of another rank, or not whole numbers."""
    body = orjson.dumps({**ARTICLE, "node": node} if node != [10**30, 0] else ARTICLE)
    if node == [10**30, 0]:
        body = body[:-1] + b',"node":[1' + b"0" * 30 + b",0]}"
    response = client.post("/api/v1/contributions", content=body, headers=JSON)
    problem = assert_problem(response, 422, "invalid_value")
    assert problem["errors"][0]["pointer"].startswith("/node")


@pytest.mark.parametrize("route", ["graph", "matrix"])
def test_too_many_wires_to_list(client: TestClient, route: str) -> None:
    """The layer itself runs; its wires are not listed one by one."""
    body = {"input": np.ones((100, 100)).tolist(), "kernel": np.ones((5, 5)).tolist()}
    assert client.post("/api/v1/layer", json=body).status_code == 200
    problem = assert_problem(client.post(f"/api/v1/{route}", json=body), 422, "too_much_work")
    assert "200,000 is the limit" in problem["detail"]


TYPES = [
    "", "text/plain", "text/json", "application/x-www-form-urlencoded", MARKER, "application/jsonp"
]  # fmt: skip


@pytest.mark.parametrize("kind", TYPES)
def test_wrong_content_type(client: TestClient, kind: str) -> None:
    """415 that says which is right."""
    headers = {"content-type": kind} if kind else {}
    response = client.post("/api/v1/layer", content=orjson.dumps(ARTICLE), headers=headers)
    problem = assert_problem(response, 415, "unsupported_media_type")
    assert "application/json" in problem["detail"]
    assert MARKER not in response.text


def test_right_content_types(client: TestClient) -> None:
    """Parameters and capitals are fine; a compressed body is not read."""
    for kind in ("application/json", "Application/JSON; charset=utf-8"):
        headers = {"content-type": kind}
        response = client.post("/api/v1/layer", content=orjson.dumps(ARTICLE), headers=headers)
        assert response.status_code == 200
    headers = {**JSON, "content-encoding": "gzip"}
    response = client.post("/api/v1/layer", content=b"\x1f\x8b", headers=headers)
    assert_problem(response, 415, "unsupported_media_type")


def test_too_many_bytes() -> None:
    """413 at the first byte too many, with a length or without one."""
    small = TestClient(create_app(Settings(max_body_bytes=2000)))
    body = orjson.dumps(ARTICLE)
    exact = body + b" " * (2000 - len(body))

    def pieces() -> Iterator[bytes]:
        yield body
        for _ in range(30):
            yield b" " * 100

    assert small.post("/api/v1/layer", content=exact, headers=JSON).status_code == 200
    for content in (exact + b" ", pieces()):
        response = small.post("/api/v1/layer", content=content, headers=JSON)
        problem = assert_problem(response, 413, "body_too_large")
        assert "2,000 bytes" in problem["detail"]
        assert problem["most"] == 2000


def test_limits_come_from_the_settings() -> None:
    """A deployment may allow less."""
    small = TestClient(create_app(Settings(max_side=28, max_wires=14_400)))
    for preset in PRESETS.values():
        body = preset.spec.request()
        assert small.post("/api/v1/graph", json=body).status_code == 200
    body = {"input": numbers(28, 28), "kernel": numbers(7, 5)}
    assert small.post("/api/v1/layer", json=body).status_code == 200
    assert_problem(small.post("/api/v1/graph", json=body), 422, "too_much_work")
    body = {"input": numbers(29, 1), "kernel": [[1]]}
    assert_problem(small.post("/api/v1/layer", json=body), 422, "too_much_work")


PERMALINKS = [
    (None, "invalid_value", "/spec"),
    ("", "invalid_permalink", "/spec"),
    (MARKER, "invalid_permalink", "/spec"),
    ("1~i=1x1:1~k=1x1:1~q=" + MARKER, "invalid_permalink", "/spec"),
    ("1~i=2x2:1,2,3~k=1x1:1", "invalid_permalink", "/input"),
    ("1~i=1x1:1~k=1x1:1~a=" + MARKER, "invalid_value", "/activation"),
    ("1~i=1x1:1~k=2x2:1,2,3,4", "wrong_geometry", "/kernel"),
    ("1~i=1x1:1~k=1x1:1~p=999999999", "too_much_work", "/padding"),
    ("1" * 40_000, "too_much_work", "/spec"),
]


@pytest.mark.parametrize(("link", "code", "pointer"), PERMALINKS, ids=lambda v: str(v)[:30])
def test_bad_permalinks(client: TestClient, link: str | None, code: str, pointer: str) -> None:
    """422, like a body that says the same."""
    response = client.get("/api/v1/layer", params={} if link is None else {"spec": link})
    problem = assert_problem(response, 422, code)
    assert problem["errors"][0]["pointer"] == pointer
    assert MARKER not in response.text


def test_no_such_address_and_no_such_method(client: TestClient) -> None:
    """404 and 405 are problems too; Allow has all methods of the address."""
    assert_problem(client.get(f"/api/v1/{MARKER}"), 404, "not_found")
    assert MARKER not in client.get(f"/api/v1/{MARKER}?{MARKER}").text
    assert_problem(client.post("/api"), 404, "not_found")
    response = client.put("/api/v1/layer", json=ARTICLE)
    assert_problem(response, 405, "method_not_allowed")
    assert response.headers["allow"] == "GET, HEAD, POST"
    response = client.get("/api/v1/graph")
    assert_problem(response, 405, "method_not_allowed")
    assert response.headers["allow"] == "POST"
    assert_problem(client.put("/healthz/live"), 405, "method_not_allowed")
    for route in ("/docs", "/redoc", "/openapi.json"):
        assert client.get(route).status_code == 404


def test_a_mistake_of_ours_is_a_problem_without_a_traceback() -> None:
    """There should be no way to get here, so this test makes one."""
    app = create_app(Settings())

    @app.get("/api/broken")
    async def broken() -> None:
        raise RuntimeError(MARKER)

    response = TestClient(app, raise_server_exceptions=False).get("/api/broken")
    assert_problem(response, 500, "internal_error")
    assert MARKER not in response.text
    assert response.headers["x-content-type-options"] == "nosniff"
