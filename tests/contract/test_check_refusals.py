"""What `/check` refuses, and that neither it nor `/gradient-check` breaks on anything."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.mistakes import PARTS
from app.main import create_app
from app.settings import Settings
from app.spec.check import GRADIENT_MISTAKES
from tests.contract.bodies import ARTICLE, BODIES, assert_problem
from tests.contract.conftest import the_client

NAMES = list(BODIES)
PART_FIELDS = {"correct", "max_absolute_error", "first_mismatch", "diagnosis"}
DIAGNOSIS_FIELDS = {"code", "message", "also", "indistinguishable_from"}
CHINESE = re.compile(r"[\u4e00-\u9fff]")


REFUSED: list[tuple[Any, str, str]] = [
    ({}, "invalid_value", "/layer"),
    ({"layer": ARTICLE}, "invalid_value", "/answer"),
    ({"layer": ARTICLE, "answer": {}}, "invalid_value", "/answer"),
    ({"layer": ARTICLE, "answer": {"output": None}}, "invalid_value", "/answer"),
    ({"layer": ARTICLE, "answer": [1]}, "invalid_value", "/answer"),
    ({"layer": ARTICLE, "answer": {"outptu": [[1]]}}, "invalid_value", "/answer"),
    ({"layer": ARTICLE, "answer": {"output": [[1], [2, 3]]}}, "invalid_value", "/answer/output/1"),
    ({"layer": ARTICLE, "answer": {"output": [[True]]}}, "invalid_value", "/answer/output/0/0"),
    ({"layer": ARTICLE, "answer": {"output": []}}, "invalid_value", "/answer/output"),
    (
        {"layer": ARTICLE, "answer": {"bias_gradient": "4"}},
        "invalid_value", "/answer/bias_gradient",
    ),
    ({"layer": 3, "answer": {"output": [[1]]}}, "invalid_value", "/layer"),
    ({"layer": ARTICLE, "answer": {"output": [[1]]}, "more": 1}, "invalid_value", ""),
    (
        {"layer": {**ARTICLE, "kernal": 1}, "answer": {"output": [[1]]}}, "invalid_value", "/layer",
    ),
    (
        {"layer": {**ARTICLE, "stride": 0}, "answer": {"output": [[1]]}},
        "invalid_value", "/layer/stride",
    ),
    (
        {"layer": {**ARTICLE, "kernel": np.ones((4, 4)).tolist()}, "answer": {"output": [[1]]}},
        "wrong_geometry", "/layer/kernel",
    ),
    (
        {"layer": {**ARTICLE, "output_delta": [[1]]}, "answer": {"output": [[1]]}},
        "wrong_shape", "/layer/output_delta",
    ),
    (
        {"layer": {"input": [[0] * 257], "kernel": [[1]]}, "answer": {"output": [[1]]}},
        "too_much_work", "/layer/input",
    ),
    (
        {"layer": {"input": [[1e200]], "kernel": [[1e200]]}, "answer": {"output": [[1]]}},
        "not_finite", "/layer/input",
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", range(len(REFUSED)))
def test_refused_checks(client: TestClient, case: int) -> None:
    """What cannot be read or computed is a 422 that points into this route's body."""
    body, code, pointer = REFUSED[case]
    problem = assert_problem(client.post("/api/v1/check", json=body), 422, code)
    assert pointer in [fault["pointer"] for fault in problem["errors"]]
    if "known" in problem["detail"] and pointer == "/answer":
        assert "kernel_gradient" in problem["detail"]


def test_numbers_beyond_float64_are_refused(client: TestClient) -> None:
    """NaN and 1e999 are no JSON numbers."""
    for number in ("NaN", "1e999", "-Infinity"):
        layer = '"layer": {"input": [[1]], "kernel": [[1]]}'
        body = f'{{{layer}, "answer": {{"output": [[{number}]]}}}}'
        response = client.post(
            "/api/v1/check", content=body, headers={"content-type": "application/json"}
        )
        assert_problem(response, 400, "malformed_json")


def test_all_passes_are_within_a_limit(client: TestClient) -> None:
    """What a layer alone may cost is not what twenty times as much may cost."""
    layer = {
        "input": np.ones((60, 60)).tolist(),
        "kernel": np.ones((60, 60)).tolist(),
        "padding": 45,
    }
    body = {"layer": layer, "answer": dict.fromkeys(PARTS, 1)}
    with TestClient(create_app(Settings(max_work=200_000_000))) as generous:
        assert generous.post("/api/v1/layer", json=layer).status_code == 200
        problem = assert_problem(generous.post("/api/v1/check", json=body), 422, "too_much_work")
    assert "400,000,000" in problem["detail"]
    assert problem["errors"][0]["pointer"] == "/layer/input"


# Anything at all

_ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 300)
    | st.sampled_from([10**12, 1e308, -1e308, 5e-324, "same", "relu", "unknown"])
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(PARTS), inner),
    max_leaves=12,
)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(name=st.sampled_from(NAMES), part=st.sampled_from(PARTS), answer=_ANY, whole=st.booleans())
def test_any_answer_is_judged_or_refused(name: str, part: str, answer: Any, whole: bool) -> None:
    """Whatever stands in the answer's place, or in a part's."""
    body = {"layer": BODIES[name], "answer": answer if whole else {part: answer}}
    response = the_client().post("/api/v1/check", json=body)
    assert response.status_code in (200, 422)
    if response.status_code == 200:
        assert "null" not in str(response.json()["correct"])


@settings(derandomize=True, deadline=None, max_examples=200)
@given(
    scale=st.sampled_from([1e-300, 1e-12, 1.0, 1e12, 1e100]),
    name=st.sampled_from(NAMES),
    field=st.sampled_from(["input", "kernel", "output_delta"]),
)
def test_numbers_of_any_size(scale: float, name: str, field: str) -> None:
    """Both routes answer in finite numbers, or say that a result is not finite."""
    layer = dict(BODIES[name])
    if field in layer:
        layer[field] = (scale * np.array(layer[field])).tolist()
    bodies = {
        "gradient-check": {**layer, "mistake": list(GRADIENT_MISTAKES)},
        "check": {"layer": layer, "answer": {"bias_gradient": 1.5, "output": [[1e308]]}},
    }
    for route, body in bodies.items():
        response = the_client().post(f"/api/v1/{route}", json=body)
        assert response.status_code in (200, 422)
        if route == "gradient-check" and response.status_code == 200:
            rows = [r for part in response.json()["parts"].values() for r in part["rows"]]
            assert all(value is not None for row in rows for value in row.values())
            assert response.json()["correct"] is True
