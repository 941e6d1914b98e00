"""``POST /api/v1/network``: the contract's names and definitions."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from app.api.network import EXAMPLE
from tests.contract.bodies import BODIES
from tests.contract.networks import EVERYTHING, FLAT, RELU, ROUTE, body


def post(client: TestClient, request: dict[str, Any]) -> Any:
    """The answer."""
    response = client.post(ROUTE, json=request)
    assert response.status_code == 200, response.text
    return response.json()


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
