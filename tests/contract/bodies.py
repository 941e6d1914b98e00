"""Valid bodies of every rank, and checks that hold for any problem."""

from __future__ import annotations

from typing import Any

import numpy as np
from httpx2 import Response

ARTICLE: dict[str, Any] = {
    "input": [[1, 2, 3], [4, 5, 6], [7, 8, 9]],
    "kernel": [[1, 2], [3, 4]],
    "output_delta": [[2, -1], [0.5, 3]],
}


def numbers(*shape: int) -> Any:
    """Nested lists of small uneven numbers."""
    count = np.arange(1, int(np.prod(shape)) + 1)
    return (np.sin(count * 1.7) * 3).round(3).reshape(shape).tolist()


# One of every rank, and of every setting.
BODIES: dict[str, dict[str, Any]] = {
    "article": ARTICLE,
    "correlation": {**ARTICLE, "operation": "correlation"},
    "settings": {
        "input": numbers(7, 6), "kernel": numbers(3, 2), "bias": -0.5, "stride": [2, 1],
        "dilation": [1, 2], "padding": [[1, 0], [2, 1]], "activation": "sigmoid",
    },
    "same": {"input": numbers(5, 5), "kernel": numbers(2, 2), "padding": "same", "stride": 2},
    "full": {"input": numbers(2, 2), "kernel": numbers(3, 3), "padding": "full"},
    "channels": {
        "input": numbers(3, 4, 5), "kernel": numbers(2, 3, 2, 3), "bias": [0.5, -1],
        "activation": "tanh", "operation": "correlation", "output_delta": numbers(2, 3, 3),
    },
    "groups": {
        "input": numbers(4, 4, 4), "kernel": numbers(6, 2, 3, 3), "groups": 2, "padding": 1,
    },
    "batch": {
        "input": numbers(2, 2, 5, 4), "kernel": numbers(3, 2, 2, 2), "activation": "relu",
        "stride": 2, "output_delta": numbers(2, 3, 2, 2),
    },
}  # fmt: skip


def assert_problem(response: Response, status: int, code: str) -> dict[str, Any]:
    """An RFC 9457 problem with every field of the contract; returns it."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert {"type", "title", "status", "detail", "code", "errors"} <= set(problem)
    assert problem["status"] == status
    assert problem["code"] == code, problem
    assert problem["type"].endswith(code)
    assert problem["title"]
    assert problem["detail"]
    assert "Traceback" not in response.text
    if status == 422:
        assert problem["errors"]
    for fault in problem["errors"]:
        assert set(fault) == {"pointer", "message"}
        assert fault["pointer"] == "" or fault["pointer"].startswith("/")
        assert fault["message"]
    return problem
