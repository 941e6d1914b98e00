"""What a client says that it prefers is followed where it can be, and harmless where not."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from app.words import translator
from tests.contract.bodies import ARTICLE, assert_problem

MARKER = "planted-marker-7f3a"


def test_problems_are_said_in_the_readers_language(client: TestClient) -> None:
    """English by default; the catalogue decides what Chinese there is."""
    for accept, language in (("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("de", "en"), ("", "en")):
        headers = {"accept-language": accept}
        response = client.post("/api/v1/layer", json={**ARTICLE, "stride": 0}, headers=headers)
        problem = assert_problem(response, 422, "invalid_value")
        say = translator(language)
        assert response.headers["content-language"] == language
        assert problem["title"] == say("A value cannot be used")
        message = say("must be a whole number of at least {least}").format(least=1)
        assert problem["detail"] == f"stride {message}"


HEADERS = [
    {"accept-language": "zh;q=nan, en;q=1e999, ;;;,," + "x-" * 3000},
    {"accept-language": "\udcff\udcfe".encode("utf-8", "surrogateescape").decode("latin-1")},
    {"accept-language": "_,-, zh_CN@x, *;q=-1, a-b-c-d-e-f-g"},
    {"if-none-match": MARKER + ',,"'},
    {"accept-encoding": "br;q=x, *;q=0, " + "gzip," * 500},
    {"accept": MARKER},
]


@pytest.mark.parametrize("headers", HEADERS, ids=lambda h: next(iter(h)))
def test_odd_headers_change_nothing(client: TestClient, headers: dict[str, str]) -> None:
    """Whatever a client claims to prefer, it gets an answer or a problem."""
    raw = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
    assert client.post("/api/v1/layer", json=ARTICLE, headers=raw).status_code == 200
    response = client.post("/api/v1/layer", json={}, headers=raw)
    assert_problem(response, 422, "invalid_value")
    assert MARKER not in response.text
