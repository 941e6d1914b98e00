"""``POST /api/v1/network``: a place for every fault, and bounded work."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import orjson
import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from app.main import create_app
from app.settings import Settings
from tests.contract.bodies import assert_problem, numbers
from tests.contract.conftest import the_client
from tests.contract.networks import EVERYTHING, FLAT, MARKER, RELU, ROUTE, body
from tests.contract.test_hostile import BOUNDED, JSON, VALUES


def _changed(path: list[Any], value: Any) -> dict[str, Any]:
    request: Any = copy.deepcopy(EVERYTHING)
    inner = request
    for part in path[:-1]:
        inner = inner[part]
    inner[path[-1]] = value
    return dict(request)


REFUSED: list[tuple[list[Any], Any, str, str]] = [
    (["input"], [[1, 2], [3]], "/input/1", "invalid_value"),
    (["input"], numbers(3, 3), "/layers/0/kernel", "wrong_shape"),
    (["input"], numbers(2, 3, 6, 7), "/layers/0/groups", "wrong_geometry"),
    (["layers"], [], "/layers", "invalid_value"),
    (["layers"], {}, "/layers", "invalid_value"),
    (["layers"], [FLAT] * 65, "/layers", "too_much_work"),
    (["layers", 1], [], "/layers/1", "invalid_value"),
    (["layers", 1], {"function": "relu"}, "/layers/1/type", "invalid_value"),
    (["layers", 1, "type"], MARKER, "/layers/1/type", "invalid_value"),
    (["layers", 1, "type"], ["conv"], "/layers/1/type", "invalid_value"),
    (["layers", 1, "function"], MARKER, "/layers/1/function", "invalid_value"),
    (["layers", 1, MARKER], 1, "/layers/1", "invalid_value"),
    (["layers", 0, "kernel"], [[1, True]], "/layers/0/kernel/0/1", "invalid_value"),
    (["layers", 0, "kernel"], numbers(2, 2), "/layers/0/kernel", "wrong_shape"),
    (["layers", 0, "padding"], 10**9, "/layers/0/padding", "too_much_work"),
    (["layers", 0, "bias"], [1, 2], "/layers/0/bias", "wrong_shape"),
    (["layers", 2, "size"], 7, "/layers/2/size", "wrong_geometry"),
    (["layers", 2, "size"], 0, "/layers/2/size", "invalid_value"),
    (["layers", 2, "stride"], [1, "2"], "/layers/2/stride/1", "invalid_value"),
    (["layers", 4, "kernel"], numbers(2, 3, 2, 2), "/layers/4/kernel", "wrong_shape"),
    (["layers", 4, "kernel"], numbers(2, 4, 4, 2), "/layers/4/kernel", "wrong_geometry"),
    (["layers", 5], RELU, "/layers/6/weight", "wrong_shape"),
    (["layers", 4], FLAT, "/layers/6/weight", "wrong_shape"),
    (["layers", 3], FLAT, "/layers/4/type", "wrong_shape"),
    (["layers", 6, "weight"], numbers(3, 5), "/layers/6/weight", "wrong_shape"),
    (["layers", 6, "weight"], [1, 2], "/layers/6/weight", "invalid_value"),
    (["layers", 6, "bias"], [1, 2], "/layers/6/bias", "wrong_shape"),
    (["loss"], None, "/loss", "invalid_value"),
    (["loss"], {}, "/loss/type", "invalid_value"),
    (["loss", "type"], MARKER, "/loss/type", "invalid_value"),
    (["loss", "target"], [2], "/loss/target", "wrong_shape"),
    (["loss", "target"], [], "/loss/target", "invalid_value"),
    (["loss", "target"], [0, 3], "/loss/target", "wrong_value"),
    (["loss", "target"], [0, -1], "/loss/target/1", "invalid_value"),
    (["loss", "target"], [0, 1.0], "/loss/target/1", "invalid_value"),
    (["loss"], {"type": "mse", "target": [[1, 2, 3]]}, "/loss/target", "wrong_shape"),
    (["mistake"], MARKER, "/mistake", "invalid_value"),
    (["mistake"], "kernel_transposed", "/mistake", "wrong_shape"),
    ([MARKER], 1, "", "invalid_value"),
]


@pytest.mark.parametrize(("path", "value", "pointer", "code"), REFUSED, ids=lambda v: str(v)[:30])
def test_what_is_refused(
    client: TestClient, path: list[Any], value: Any, pointer: str, code: str
) -> None:
    """422 that leads to the layer and its field, and repeats nothing that was sent."""
    response = client.post(ROUTE, json=_changed(path, value))
    problem = assert_problem(response, 422, code)
    assert problem["errors"][0]["pointer"] == pointer
    assert MARKER not in response.text


@pytest.mark.parametrize("name", ["input", "layers", "loss"])
def test_what_is_missing(client: TestClient, name: str) -> None:
    """By its name."""
    request = {key: value for key, value in EVERYTHING.items() if key != name}
    problem = assert_problem(client.post(ROUTE, json=request), 422, "invalid_value")
    assert problem["errors"][0]["pointer"] == f"/{name}"


def test_softmax_needs_flat_outputs(client: TestClient) -> None:
    """And says what to do."""
    request = body(numbers(3, 3), RELU, type="softmax_cross_entropy", target=0)
    problem = assert_problem(client.post(ROUTE, json=request), 422, "wrong_shape")
    assert problem["errors"][0]["pointer"] == "/loss/type"


def test_a_result_that_is_not_finite(client: TestClient) -> None:
    """Finite numbers in, none out: 422, whether in a map, the cost or a gradient."""
    big = {"type": "conv", "kernel": [[1e200]]}
    for layers in ([big, big], [big, RELU, big, FLAT], [big]):
        request = body([[1e150]], *layers, type="mse", target=[0] if FLAT in layers else [[0]])
        assert_problem(client.post(ROUTE, json=request), 422, "not_finite")


WIDE = {"type": "conv", "kernel": numbers(40, 1, 3, 3), "padding": 1}
COSTLY: list[tuple[Any, list[dict[str, Any]], str]] = [
    (np.zeros((1, 300)).tolist(), [RELU], "/input"),
    (np.zeros((1, 100, 100)).tolist(), [WIDE], "/layers/0/kernel"),
    (np.zeros((1, 80, 80)).tolist(), [WIDE, RELU], "/layers"),
    (np.zeros((1, 9, 9)).tolist(), [{**WIDE, "padding": 200}], "/layers/0/kernel"),
    (np.zeros((250, 250)).tolist(), [{"type": "max_pool", "size": 120, "stride": 1}], "/layers"),
    (np.zeros((2, 250, 250)).tolist(), [RELU] * 3, "/layers"),
    (
        np.zeros((1, 60, 60)).tolist(),
        [WIDE, {"type": "conv", "kernel": numbers(20, 40, 3, 3)}],
        "/layers/1",
    ),
]


@pytest.mark.parametrize(("input", "layers", "pointer"), COSTLY)
def test_work_is_bounded_before_it_begins(
    client: TestClient, input: Any, layers: list[dict[str, Any]], pointer: str
) -> None:
    """422 that names the limit."""
    response = client.post(ROUTE, json=body(input, *layers, type="mse", target=[1]))
    problem = assert_problem(response, 422, "too_much_work")
    assert problem["errors"][0]["pointer"] == pointer
    assert "limit" in problem["detail"]


def test_limits_come_from_the_settings() -> None:
    """A deployment may allow less."""
    small = TestClient(create_app(Settings(max_cells=784)))
    request = body(numbers(20, 20), RELU, RELU, type="mse", target=numbers(20, 20))
    problem = assert_problem(small.post(ROUTE, json=request), 422, "too_much_work")
    assert "784 is the limit" in problem["detail"]


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """The full request, with a few places at any depth replaced or taken away."""
    request: Any = copy.deepcopy(EVERYTHING)
    request["mistake"] = draw(st.sampled_from([None, "kernel_transposed", "gradient_rotated"]))
    for _ in range(draw(st.integers(1, 3))):
        inside = request
        while True:
            keys = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            deeper = isinstance(inside[key], dict | list) and draw(st.integers(0, 3)) > 0
            if deeper:
                inside = inside[key]
                continue
            if draw(st.booleans()):
                inside[key] = draw(VALUES)
            else:
                del inside[key]
            break
    return request


@given(mutated() | VALUES)
@settings(BOUNDED, max_examples=400)
def test_hostile_bodies(request: Any) -> None:
    """Nearly right is answered or refused, and so is anything else."""
    content = orjson.dumps(request, option=orjson.OPT_NON_STR_KEYS)
    response = the_client().post(ROUTE, content=content, headers=JSON)
    assert response.status_code in (200, 422)
    orjson.loads(response.content)  # also refuses NaN
