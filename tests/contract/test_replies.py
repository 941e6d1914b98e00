"""An answer that is given again is the same one, to the same question, and few are remembered."""

from __future__ import annotations

from unittest.mock import patch

import orjson
import pytest
from fastapi.testclient import TestClient

from app import answers
from app.exchange import Replies
from app.main import create_app
from app.settings import Settings
from tests.contract.bodies import ARTICLE

JSON = {"content-type": "application/json"}


def _body(number: float) -> bytes:
    return orjson.dumps({**ARTICLE, "bias": number})


def test_the_same_bytes_are_computed_once() -> None:
    """Other bytes, or another route, are another question."""
    with (
        TestClient(create_app(Settings())) as client,
        patch.object(answers, "layer_answer", wraps=answers.layer_answer) as computing,
    ):
        first, again, other = (
            client.post("/api/v1/layer", content=_body(n), headers=JSON) for n in (1, 1, 2)
        )
        graph = client.post("/api/v1/graph", content=_body(1), headers=JSON)
    assert computing.call_count == 2
    assert first.content == again.content != other.content
    assert first.headers["etag"] == again.headers["etag"] != other.headers["etag"]
    assert "edges" in graph.json()


def test_a_refusal_is_said_again() -> None:
    """What cannot be computed is not remembered, and is refused every time."""
    with TestClient(create_app(Settings())) as client:
        for _ in range(2):
            response = client.post("/api/v1/layer", content=b'{"input": [[1]]}', headers=JSON)
            assert response.status_code == 422
            response = client.post("/api/v1/layer", content=_body(1), headers={})
            assert response.status_code == 415


@pytest.mark.parametrize(("most", "largest", "kept"), [(2, 10**6, 2), (2, 10, 0)])
def test_few_and_only_small_ones_are_remembered(most: int, largest: int, kept: int) -> None:
    """By number, and none that is large together with its body."""
    with (
        patch.multiple(Replies, _MOST=most, _LARGEST=largest),
        TestClient(create_app(Settings())) as client,
        patch.object(answers, "layer_answer", wraps=answers.layer_answer) as computing,
    ):
        for number in (1, 2, 3, 3, 2, 1):  # 1 has given way by then
            client.post("/api/v1/layer", content=_body(number), headers=JSON)
    assert computing.call_count == 6 - kept
