"""`/gradient-check` puts finite differences beside gradients, and beside mistakes in them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from app.spec.check import GRADIENT_MISTAKES
from tests.contract.bodies import ARTICLE, BODIES
from tests.contract.checking import post, right

NAMES = list(BODIES)
PART_FIELDS = {"correct", "max_absolute_error", "first_mismatch", "diagnosis"}
DIAGNOSIS_FIELDS = {"code", "message", "also", "indistinguishable_from"}
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("name", NAMES)
def test_gradients_agree(client: TestClient, name: str) -> None:
    """All of them, in layers of every rank and setting; rows carry the contract's indices."""
    found = post(client, "gradient-check", BODIES[name])
    answers = right(BODIES[name])
    assert found["correct"] is True
    assert found["mistakes"] == []
    assert set(found["parts"]) == {"input_delta", "kernel_gradient", "bias_gradient"}
    for part, one in found["parts"].items():
        analytic = np.array(answers[part], float)
        assert one["verdict"] == "agrees"
        assert one["of"] == analytic.size
        assert one["checked"] == len(one["rows"]) == min(analytic.size, 200)
        assert one["max_relative_error"] < 1e-4
        for row in one["rows"]:
            assert row["analytic"] == analytic[tuple(row["index"])]
            assert abs(row["numeric"] - row["analytic"]) <= row["tolerance"]


def test_the_mean_hides_what_the_rows_show(client: TestClient) -> None:
    """The article's layer, not turned: nearly every row is caught, the mean is 5 either way."""
    body = {**ARTICLE, "mistake": ["gradient_rotated", "kernel_not_rotated"]}
    turned, gradient = post(client, "gradient-check", body)["mistakes"]
    assert (turned["code"], gradient["code"]) == ("kernel_not_rotated", "gradient_rotated")
    assert turned["collected_mean"] == {"right": 5, "mistaken": 5, "caught": False}
    (part,) = turned["parts"].values()
    assert part["caught"]
    assert part["shows"]
    assert sum(row["caught"] for row in part["rows"]) == 9
    assert part["max_absolute_error"] == 9
    assert gradient["parts"]["kernel_gradient"]["mean"]["caught"] is False
    assert gradient["parts"]["kernel_gradient"]["caught"] is True
    assert gradient["collected_mean"] is None


def test_where_padding_crops_the_mean_tells(client: TestClient) -> None:
    """And a symmetric kernel hides the mistake from rows and mean alike."""
    delta = [[2, -1, 1, 0], [0.5, 3, 2, 1]] * 2
    body = {**ARTICLE, "padding": 1, "output_delta": delta, "mistake": "kernel_not_rotated"}
    (found,) = post(client, "gradient-check", body)["mistakes"]
    assert found["collected_mean"]["caught"] is True
    hidden = {**ARTICLE, "kernel": [[1, 2], [2, 1]], "mistake": "kernel_not_rotated"}
    (found,) = post(client, "gradient-check", hidden)["mistakes"]
    assert found["caught"] is False
    assert found["parts"]["input_delta"]["shows"] is False


def test_every_mistake_can_be_chosen(client: TestClient) -> None:
    """In every layer; one that changes the shape is caught by it."""
    for layer in BODIES.values():
        found = post(client, "gradient-check", {**layer, "mistake": list(GRADIENT_MISTAKES)})
        assert [one["code"] for one in found["mistakes"]] == list(GRADIENT_MISTAKES)
        for mistake in found["mistakes"]:
            assert mistake["name"]
            for part, one in mistake["parts"].items():
                assert one["caught"] == one["shows"], (mistake["code"], part)
                other_shape = one["max_absolute_error"] is None
                assert bool(one["rows"]) != other_shape


def test_kinks_are_marked(client: TestClient) -> None:
    """ReLU at 0 is not differentiable, and not failed."""
    body = {"input": [[0, 1], [-1, 0]], "kernel": [[2]], "activation": "relu"}
    found = post(client, "gradient-check", body)
    part = found["parts"]["input_delta"]
    assert found["correct"] is True
    assert part["not_differentiable"] == 2
    assert [row["differentiable"] for row in part["rows"]] == [False, True, True, False]
    only = post(client, "gradient-check", {**body, "input": [[0]]})
    assert only["parts"]["input_delta"]["verdict"] == "undecided"
    assert only["correct"] is True


def test_large_maps_are_sampled(client: TestClient) -> None:
    """By the seed; how many of how many is said, and mistakes are compared in the same places."""
    layer = {"input": (np.arange(900).reshape(30, 30) % 11).tolist(), "kernel": [[1, 2], [3, 4]]}
    body = {**layer, "mistake": "kernel_not_rotated", "seed": 3}
    first, again, other = (
        post(client, "gradient-check", one) for one in (body, body, {**body, "seed": 4})
    )
    assert first == again
    rows = [[row["index"] for row in f["parts"]["input_delta"]["rows"]] for f in (first, other)]
    assert rows[0] != rows[1]
    assert first["parts"]["input_delta"]["checked"] == 200
    assert first["parts"]["input_delta"]["of"] == 900
    mistaken = first["mistakes"][0]["parts"]["input_delta"]["rows"]
    assert [row["index"] for row in mistaken] == rows[0]


@pytest.mark.parametrize(
    ("field", "value", "pointer"),
    [
        ("mistake", "not_rotated", "/mistake"),
        ("mistake", ["kernel_not_rotated", "bias_missing"], "/mistake/1"),
        ("mistake", 3, "/mistake"),
        ("seed", -1, "/seed"),
        ("seed", 1.5, "/seed"),
        ("seed", 2**40, "/seed"),
        ("node", [0, 0], ""),
    ],
)
def test_refused_gradient_checks(client: TestClient, field: str, value: Any, pointer: str) -> None:
    """Unknown codes, seeds that are none, fields of other routes."""
    response = client.post("/api/v1/gradient-check", json={**ARTICLE, field: value})
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == pointer
