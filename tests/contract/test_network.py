"""``POST /api/v1/network``: the contract's names and definitions, and a place for every fault."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import orjson
import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from app.api.network import EXAMPLE
from app.main import create_app
from app.settings import Settings
from tests.contract.bodies import BODIES, assert_problem, numbers
from tests.contract.conftest import the_client
from tests.contract.test_hostile import BOUNDED, JSON, VALUES

ROUTE = "/api/v1/network"
MARKER = "planted-marker-7f3a"


def body(input: Any, *layers: dict[str, Any], **loss: Any) -> dict[str, Any]:
    """A request."""
    return {"input": input, "layers": list(layers), "loss": loss}


def post(client: TestClient, request: dict[str, Any]) -> Any:
    """The answer."""
    response = client.post(ROUTE, json=request)
    assert response.status_code == 200, response.text
    return response.json()


FLAT = {"type": "flatten"}
RELU = {"type": "activation", "function": "relu"}

# Everything there is, with a batch of two: (2, 2, 6, 7) → conv (4, 6, 4) → pools → … → 3 classes.
EVERYTHING = body(
    numbers(2, 2, 6, 7),
    {
        "type": "conv", "kernel": numbers(4, 1, 3, 2), "bias": [0.1, 0, -0.1, 0.2], "groups": 2,
        "operation": "correlation", "stride": [1, 2], "padding": "same", "dilation": [1, 2],
    },
    {"type": "activation", "function": "tanh"},
    {"type": "max_pool", "size": 2, "stride": 1},
    {"type": "average_pool", "size": [2, 1]},
    {"type": "conv", "kernel": numbers(2, 4, 2, 2)},
    FLAT,
    {"type": "dense", "weight": numbers(3, 4), "bias": [0.5, 0, -0.5]},
    type="softmax_cross_entropy",
    target=[2, 0],
)  # fmt: skip


def test_every_field_of_the_answer(client: TestClient) -> None:
    """Names and shapes, layer by layer."""
    answer = post(client, EVERYTHING)
    assert set(answer) == {"loss", "input_delta", "layers"}
    assert isinstance(answer["loss"], float)
    assert np.shape(answer["input_delta"]) == (2, 2, 6, 7)
    shapes = [(2, 4, 6, 4)] * 2 + [(2, 4, 5, 3), (2, 4, 2, 3), (2, 2, 1, 2), (2, 4), (2, 3)]
    gradients: dict[int, dict[str, Any]] = {
        0: {"kernel_gradient": (4, 1, 3, 2), "bias_gradient": (4,)},
        4: {"kernel_gradient": (2, 4, 2, 2), "bias_gradient": (2,)},
        6: {"weight_gradient": (3, 4), "bias_gradient": (3,)},
    }
    for index, (layer, shape) in enumerate(zip(answer["layers"], shapes, strict=True)):
        assert layer["type"] == EVERYTHING["layers"][index]["type"]
        found = {name: np.shape(value) for name, value in layer.items() if name != "type"}
        assert found == {"output": shape, "output_delta": shape, **gradients.get(index, {})}


def test_the_numbers_of_a_small_network_by_hand(client: TestClient) -> None:
    """Correlation 37, 47, 67, 77 less 45; ReLU; the largest, 32; ½·32 − 1 = 15 against 13."""
    answer = post(
        client,
        body(
            [[1, 2, 3], [4, 5, 6], [7, 8, 9]],
            {"type": "conv", "kernel": [[1, 2], [3, 4]], "bias": -45, "operation": "correlation"},
            RELU,
            {"type": "max_pool", "size": 2},
            FLAT,
            {"type": "dense", "weight": [[0.5]], "bias": -1},
            type="mse",
            target=[13],
        ),
    )
    assert answer["loss"] == 2
    assert answer["input_delta"] == [[0, 0, 0], [0, 1, 2], [0, 3, 4]]
    conv, relu, pool, flat, dense = answer["layers"]
    assert conv == {
        "type": "conv",
        "output": [[-8, 2], [22, 32]],
        "output_delta": [[0, 0], [0, 1]],
        "kernel_gradient": [[5, 6], [8, 9]],
        "bias_gradient": 1,
    }
    assert relu["output"] == [[0, 2], [22, 32]]
    assert (pool["output"], pool["output_delta"]) == ([[32]], [[1]])
    assert (flat["output"], flat["output_delta"]) == ([32], [1])
    assert dense == {
        "type": "dense",
        "output": [15],
        "output_delta": [2],
        "weight_gradient": [[64]],
        "bias_gradient": [2],
    }


def test_the_losses_are_the_contracts(client: TestClient) -> None:
    """½·Σ(y − t)²/N with N the batch, and the mean of −log of the class's share."""
    y = [[[[1, 2]]], [[[3, 5]]]]
    squared = post(client, body(y, FLAT, type="mse", target=[[0, 2], [3, 1]]))
    assert squared["loss"] == (1 + 16) / 4
    assert squared["layers"][0]["output_delta"] == [[0.5, 0], [0, 2]]
    assert squared["input_delta"] == [[[[0.5, 0]]], [[[0, 2]]]]
    entropy = post(client, body(y, FLAT, type="softmax_cross_entropy", target=[1, 0]))
    expected = np.log1p(np.exp(-1)) + np.log1p(np.exp(2))
    assert entropy["loss"] == pytest.approx(expected / 2, abs=1e-15)
    one = post(client, body([[1, 2]], FLAT, type="softmax_cross_entropy", target=0))
    assert one == post(client, body([[1, 2]], FLAT, type="softmax_cross_entropy", target=[0]))


@pytest.mark.parametrize("name", list(BODIES))
def test_a_single_convolution_is_the_layers_route(client: TestClient, name: str) -> None:
    """σ and a conv layer: the same output, deltas and gradients, with the axes of each rank."""
    layer = copy.deepcopy(BODIES[name])
    layer.pop("output_delta", None)
    plain = client.post("/api/v1/layer", json=layer).json()
    activation = layer.pop("activation", "identity")
    input = layer.pop("input")
    target = np.zeros(plain["output_shape"]).tolist()
    answer = post(
        client,
        body(
            input,
            {"type": "activation", "function": activation},
            {"type": "conv", **layer},
            type="mse",
            target=target,
        ),
    )
    _, conv = answer["layers"]
    assert conv["output"] == plain["output"]
    again = {**BODIES[name], "output_delta": conv["output_delta"]}
    expected = client.post("/api/v1/layer", json=again).json()
    assert conv["kernel_gradient"] == expected["kernel_gradient"]
    assert conv["bias_gradient"] == expected["bias_gradient"]
    assert answer["input_delta"] == expected["input_delta"]


def test_a_mistake_spares_what_follows(client: TestClient) -> None:
    """The same loss and outputs; from the last convolution's weights on the same gradients."""
    right, wrong = (
        post(client, {**EXAMPLE, "mistake": mistake}) for mistake in (None, "kernel_not_rotated")
    )
    assert right == post(client, EXAMPLE)
    assert wrong["loss"] == right["loss"]
    assert wrong["layers"][2:] == right["layers"][2:]
    for early in range(2):
        assert wrong["layers"][early]["output"] == right["layers"][early]["output"]
        assert wrong["layers"][early]["output_delta"] != right["layers"][early]["output_delta"]
    assert wrong["layers"][0]["kernel_gradient"] != right["layers"][0]["kernel_gradient"]
    assert wrong["input_delta"] != right["input_delta"]


def test_it_has_an_entity_tag(client: TestClient) -> None:
    """Like every pure computation."""
    first = client.post(ROUTE, json=EXAMPLE)
    headers = {"if-none-match": first.headers["etag"]}
    assert client.post(ROUTE, json=EXAMPLE, headers=headers).status_code == 304


# What is refused


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
