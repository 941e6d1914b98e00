"""Worksheets as JSON: complete, true, kept by caches, and refused beyond their limits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from app.spec.exercises import KINDS, LEVELS
from app.spec.worksheet import OPERATIONS
from tests.contract.bodies import assert_problem

URL = "/api/v1/worksheets"


def get(client: TestClient, **query: object) -> dict[str, Any]:
    """An answer."""
    response = client.get(URL, params={name: str(value) for name, value in query.items()})
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def test_a_worksheet_for_every_variant(client: TestClient) -> None:
    """As many as asked for, each with its seed and as many exercises."""
    answer = get(client, seed=7, level=2, variants=3, count=6)
    assert (answer["seed"], answer["level"], answer["operation"]) == (7, 2, "convolution")
    assert [one["seed"] for one in answer["worksheets"]] == [7, 8, 9]
    for one in answer["worksheets"]:
        kinds = [exercise["kind"] for exercise in one["exercises"]]
        assert kinds == [*KINDS, "delta"]
    alone = get(client, seed=8, level=2, count=6)
    assert alone["worksheets"] == answer["worksheets"][1:2]


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("level", sorted(LEVELS))
def test_the_key_is_what_the_other_routes_say(
    client: TestClient, level: int, operation: str
) -> None:
    """Each exercise's layer is a body for them, and its terms add up."""
    answer = get(client, level=level, operation=operation, count=10)
    for found in answer["worksheets"][0]["exercises"]:
        layer, key = found["layer"], found["key"]
        whole = client.post("/api/v1/layer", json=layer).json()
        assert layer.get("operation", "convolution") == found["operation"]
        if found["kind"] == "stencil":
            backward = np.array(whole["backward_stencil"])
            assert key["value"] == (backward if backward.ndim == 2 else backward[0, 0]).tolist()
            continue
        body = {**layer, "node": key["node"]}
        said = client.post("/api/v1/contributions", json=body).json()
        assert key["terms"] == said["terms"]
        assert key["text"] == said["text"]
        assert sum(term["product"] for term in key["terms"]) == key["input_delta"]
        if found["kind"] == "delta":
            assert key["value"] == said["input_delta"]
            assert key["node"] == found["node"]
        if found["kind"] == "tap":
            [chosen] = key["value"]
            tap = found["choices"][chosen]["tap"]
            assert [found["output_node"], tap] in [
                [term["output_node"], term["tap"]] for term in key["terms"]
            ]
        if found["kind"] == "wires":
            chosen = [found["choices"][i] for i in key["value"]]
            assert [(c["output_node"], c["tap"]) for c in chosen] == [
                (t["output_node"], t["tap"]) for t in key["terms"]
            ]
        if found["kind"] == "mistake":
            [chosen] = key["value"]
            sent = {"layer": layer, "answer": {"input_delta": found["input_delta"]}}
            [diagnosis] = client.post("/api/v1/check", json=sent).json()["parts"]["input_delta"][
                "diagnosis"
            ]
            assert diagnosis["code"] == found["choices"][chosen]["code"]


def test_without_the_key_nothing_gives_the_answer_away(client: TestClient) -> None:
    """The same exercises, less their keys."""
    with_key, without = get(client, seed=3), get(client, seed=3, key="false")
    for one, other in zip(
        with_key["worksheets"][0]["exercises"], without["worksheets"][0]["exercises"], strict=True
    ):
        key = one.pop("key")
        assert key
        assert one == other


def test_texts_are_in_the_language_asked_for(client: TestClient) -> None:
    """By the address, else by the header; numbers are the same."""
    english = client.get(URL, params={"lang": "en"}, headers={"accept-language": "zh"})
    chinese = client.get(URL, params={"lang": "zh"})
    assert english.headers["content-language"] == "en"
    assert chinese.headers["content-language"] == "zh"
    wished = client.get(URL, headers={"accept-language": "zh"})
    assert wished.content == chinese.content
    assert "Accept-Language" in wished.headers["vary"]
    pairs = zip(
        english.json()["worksheets"][0]["exercises"],
        chinese.json()["worksheets"][0]["exercises"],
        strict=True,
    )
    for one, other in pairs:
        assert one["layer"] == other["layer"]
        assert one["question"] != other["question"]
        assert one["setting"] != other["setting"]


def test_a_worksheet_is_kept_by_caches(client: TestClient) -> None:
    """It has a tag, may be kept by anybody, and HEAD is GET without a body."""
    got = client.get(URL, params={"seed": 5})
    assert got.headers["cache-control"].startswith("public")
    again = client.get(URL, params={"seed": 5}, headers={"if-none-match": got.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = client.head(URL, params={"seed": 5})
    assert head.headers["etag"] == got.headers["etag"]
    assert client.get(URL, params={"seed": 6}).headers["etag"] != got.headers["etag"]


@pytest.mark.parametrize(
    ("query", "code", "pointer"),
    [
        ({"variants": "31"}, "too_much_work", "/variants"),
        ({"variants": "0"}, "invalid_value", "/variants"),
        ({"count": "11"}, "too_much_work", "/count"),
        ({"level": "4"}, "too_much_work", "/level"),
        ({"level": "one"}, "invalid_value", "/level"),
        ({"seed": "-1"}, "invalid_value", "/seed"),
        ({"seed": "4294967296"}, "too_much_work", "/seed"),
        ({"seed": "1.5"}, "invalid_value", "/seed"),
        ({"seed": ""}, "invalid_value", "/seed"),
        ({"seed": "9" * 400}, "invalid_value", "/seed"),
        ({"operation": "sum"}, "invalid_value", "/operation"),
        ({"key": "yes"}, "invalid_value", "/key"),
        ({"lang": "de"}, "invalid_value", "/lang"),
        ({"planted": "1"}, "invalid_value", ""),
    ],
)
def test_what_is_beyond_the_limits_is_refused(
    client: TestClient, query: dict[str, str], code: str, pointer: str
) -> None:
    """As a problem that names the parameter, and never repeats what was sent."""
    response = client.get(URL, params=query)
    problem = assert_problem(response, 422, code)
    assert problem["errors"][0]["pointer"] == pointer
    assert "planted" not in response.text
    assert "9999" not in response.text


def test_the_document_says_what_may_be_asked(client: TestClient) -> None:
    """Every parameter with its ends and an example."""
    operation = client.get("/api/v1/openapi.json").json()["paths"][URL]["get"]
    asked = {one["name"]: one for one in operation["parameters"]}
    assert set(asked) == {"seed", "level", "operation", "variants", "count", "key", "lang"}
    assert asked["variants"]["schema"]["maximum"] == 30
    assert all(one["description"] and "example" in one for one in asked.values())
    assert set(operation["responses"]) == {"200", "304", "422"}
