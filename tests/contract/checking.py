"""How the tests of `/check` and `/gradient-check` ask."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient

from app.engine.mistakes import PARTS
from tests.contract.bodies import ARTICLE
from tests.contract.conftest import the_client


def post(client: TestClient, route: str, body: Any, language: str = "en") -> Any:
    """The answer to a body that must be understood."""
    response = client.post(f"/api/v1/{route}", json=body, headers={"accept-language": language})
    assert response.status_code == 200, response.text
    assert response.headers["content-language"] == language
    assert response.headers["vary"].startswith("Accept-Language")
    assert "etag" in response.headers
    return response.json()


def right(body: dict[str, Any]) -> dict[str, Any]:
    """The four results of a layer, as `/layer` gives them."""
    answer = the_client().post("/api/v1/layer", json=body).json()
    return {part: answer[part] for part in PARTS}


def check(client: TestClient, answer: Any, layer: Any = ARTICLE, language: str = "en") -> Any:
    """What `/check` says of an answer."""
    return post(client, "check", {"layer": layer, "answer": answer}, language)
