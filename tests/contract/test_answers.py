"""Every route answers as the contract says: field names, shapes, the article's numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from app.spec import LayerSpec, encode
from tests.contract.bodies import ARTICLE, BODIES

LAYER_FIELDS = {
    *("activated", "activation_derivative", "output", "output_shape", "padding", "output_delta"),
    *("forward_stencil", "backward_stencil", "rotated_kernel", "collected", "input_delta"),
    *("kernel_gradient", "bias_gradient"),
}
X, W, D = ARTICLE["input"], ARTICLE["kernel"], ARTICLE["output_delta"]
NAMES = list(BODIES)


def post(client: TestClient, route: str, body: Any) -> Any:
    response = client.post(f"/api/v1/{route}", json=body)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    return response.json()


def test_the_articles_numbers_in_convolution_mode(client: TestClient) -> None:
    """By hand, from the lesson's table: z11 = x11·w22 + x12·w21 + x21·w12 + x22·w11."""
    answer = post(client, "layer", ARTICLE)
    assert set(answer) == LAYER_FIELDS
    assert answer["activated"] == X
    assert answer["activation_derivative"] == [[1, 1, 1]] * 3
    assert answer["output"][0][0] == 1 * 4 + 2 * 3 + 4 * 2 + 5 * 1
    assert answer["output"] == [[23, 33], [53, 63]]
    assert answer["output_shape"] == [2, 2]
    assert answer["padding"] == [[0, 0], [0, 0]]
    assert answer["output_delta"] == D
    assert answer["forward_stencil"] == [[4, 3], [2, 1]]
    assert answer["backward_stencil"] == W
    assert answer["rotated_kernel"] == [[4, 3], [2, 1]]
    assert answer["collected"] == [
        [2 * 4, 2 * 3 - 1 * 4, -1 * 3],
        [2 * 2 + 0.5 * 4, 2 * 1 - 1 * 2 + 0.5 * 3 + 3 * 4, -1 * 1 + 3 * 3],
        [0.5 * 2, 0.5 * 1 + 3 * 2, 3 * 1],
    ]
    assert answer["input_delta"] == answer["collected"]
    # the correlation mode's gradient (below), turned
    assert answer["kernel_gradient"] == [[35, 30.5], [21.5, 17]]
    assert answer["bias_gradient"] == 4.5


def test_the_articles_numbers_in_correlation_mode(client: TestClient) -> None:
    """The same, with the stencils' roles exchanged."""
    answer = post(client, "layer", {**ARTICLE, "operation": "correlation"})
    assert answer["output"] == [[37, 47], [67, 77]]
    assert answer["forward_stencil"] == W
    assert answer["backward_stencil"] == [[4, 3], [2, 1]]
    assert answer["collected"] == [
        [2 * 1, 2 * 2 - 1 * 1, -1 * 2],
        [2 * 3 + 0.5 * 1, 2 * 4 - 1 * 3 + 0.5 * 2 + 3 * 1, -1 * 4 + 3 * 2],
        [0.5 * 3, 0.5 * 4 + 3 * 3, 3 * 4],
    ]
    assert answer["kernel_gradient"] == [
        [2 * 1 - 1 * 2 + 0.5 * 4 + 3 * 5, 2 * 2 - 1 * 3 + 0.5 * 5 + 3 * 6],
        [2 * 4 - 1 * 5 + 0.5 * 7 + 3 * 8, 2 * 5 - 1 * 6 + 0.5 * 8 + 3 * 9],
    ]
    assert answer["bias_gradient"] == 4.5


def test_what_is_left_out_has_the_contracts_default(client: TestClient) -> None:
    """Deltas of one, no bias, no padding, the article's mode."""
    short = post(client, "layer", {"input": X, "kernel": W})
    written = {
        "input": X, "kernel": W, "bias": 0, "operation": "convolution", "activation": "identity",
        "stride": 1, "dilation": 1, "padding": 0, "groups": 1, "output_delta": [[1, 1], [1, 1]],
    }  # fmt: skip
    assert short == post(client, "layer", written)
    assert short["output_delta"] == [[1, 1], [1, 1]]


@pytest.mark.parametrize("name", NAMES)
def test_results_keep_the_inputs_rank(client: TestClient, name: str) -> None:
    """Maps look like the input, gradients like the kernel and the bias."""
    body = BODIES[name]
    answer = post(client, "layer", body)
    shape, rank = np.shape(body["input"]), np.ndim(body["input"])
    for field in ("activated", "activation_derivative", "collected", "input_delta"):
        assert np.shape(answer[field]) == shape
    for field in ("output", "output_delta"):
        assert list(np.shape(answer[field])) == answer["output_shape"]
    for field in ("forward_stencil", "backward_stencil", "rotated_kernel", "kernel_gradient"):
        assert np.shape(answer[field]) == np.shape(body["kernel"])
    assert np.shape(answer["padding"]) == (2, 2)
    assert np.shape(answer["bias_gradient"]) == (() if rank == 2 else (len(body["kernel"]),))
    np.testing.assert_array_equal(
        np.array(answer["rotated_kernel"]), np.array(body["kernel"])[..., ::-1, ::-1]
    )


@pytest.mark.parametrize(
    ("padding", "resolved"),
    [
        ("same", [[0, 1], [0, 1]]), ("full", [[1, 1], [1, 1]]), ("valid", [[0, 0], [0, 0]]),
        (2, [[2, 2], [2, 2]]), ([1, 0], [[1, 1], [0, 0]]), ([[0, 1], [2, 3]], [[0, 1], [2, 3]]),
    ],
)  # fmt: skip
def test_the_five_ways_to_write_padding(client: TestClient, padding: Any, resolved: Any) -> None:
    """The answer has it resolved; an odd zero of `same` stands at the bottom and right."""
    answer = post(client, "layer", {"input": X, "kernel": W, "padding": padding})
    assert answer["padding"] == resolved


NODES = [
    ("article", [0, 0], "δ11·w22"),
    ("article", [0, 1], "δ11·w21 + δ12·w22"),
    ("article", [1, 1], "δ11·w11 + δ12·w12 + δ21·w21 + δ22·w22"),
    ("correlation", [0, 0], "δ11·w11"),
    ("correlation", [0, 1], "δ11·w12 + δ12·w11"),
    ("correlation", [1, 1], "δ11·w22 + δ12·w21 + δ21·w12 + δ22·w11"),
]


@pytest.mark.parametrize(("name", "node", "text"), NODES)
def test_contributions_in_words(client: TestClient, name: str, node: list[int], text: str) -> None:
    """The lesson's table, in the contract's exact form."""
    answer = post(client, "contributions", {**BODIES[name], "node": node})
    assert answer["text"] == text


def test_contributions_in_full(client: TestClient) -> None:
    """Every field, for the article's second node."""
    answer = post(client, "contributions", {**ARTICLE, "activation": "relu", "node": [0, 1]})
    assert answer == {
        "node": [0, 1],
        "terms": [
            {"output_node": [0, 0], "tap": [1, 0], "delta": 2, "weight": 3, "product": 6},
            {"output_node": [0, 1], "tap": [1, 1], "delta": -1, "weight": 4, "product": -4},
        ],
        "collected": 2,
        "derivative": 1,
        "input_delta": 2,
        "latex": r"\delta^{l+1}_{11} w_{21} + \delta^{l+1}_{12} w_{22}",
        "text": "δ11·w21 + δ12·w22",
    }


def test_a_node_that_feeds_nothing(client: TestClient) -> None:
    """A stride may leave cells over: no terms, delta 0, and 0 in words."""
    body = {"input": [[1, 2], [3, 4]], "kernel": [[1]], "stride": 2, "node": [1, 1]}
    answer = post(client, "contributions", body)
    assert (answer["terms"], answer["text"], answer["latex"]) == ([], "0", "0")
    assert (answer["collected"], answer["input_delta"]) == (0, 0)


def test_names_above_nine_and_with_channels(client: TestClient) -> None:
    """Brackets throughout a map that needs them anywhere; LaTeX subscripts need none."""
    wide = {"input": np.ones((2, 11)).tolist(), "kernel": [[1, 2]], "node": [1, 0]}
    answer = post(client, "contributions", wide)
    assert answer["text"] == "δ[2,1]·w12"
    assert answer["latex"] == r"\delta^{l+1}_{2,1} w_{12}"
    deep = post(client, "contributions", {**BODIES["channels"], "node": [2, 0, 0]})
    assert deep["text"] == "δ[1,1,1]·w[1,3,1,1] + δ[2,1,1]·w[2,3,1,1]"
    assert deep["terms"][1]["output_node"] == [1, 0, 0]
    assert deep["terms"][1]["tap"] == [1, 2, 0, 0]
    batch = post(client, "contributions", {**BODIES["batch"], "node": [1, 0, 0, 0]})
    assert batch["terms"][0]["output_node"] == [1, 0, 0, 0]


@pytest.mark.parametrize("name", NAMES)
def test_contributions_add_up_to_the_layers_deltas(client: TestClient, name: str) -> None:
    """For every input node: the two routes' answers are one table."""
    body = BODIES[name]
    layer = post(client, "layer", body)
    delta, kernel = np.array(layer["output_delta"]), np.array(body["kernel"], dtype=float)
    for node in np.ndindex(np.shape(body["input"])):
        answer = post(client, "contributions", {**body, "node": list(node)})
        for term in answer["terms"]:
            assert term["delta"] == delta[tuple(term["output_node"])]
            assert term["weight"] == kernel[tuple(term["tap"])]
            assert term["product"] == term["delta"] * term["weight"]
        # sums in another order: some units in the last place of numbers around 10
        total = sum(term["product"] for term in answer["terms"])
        assert answer["collected"] == pytest.approx(total, abs=1e-12)
        assert answer["collected"] == np.array(layer["collected"])[node]
        assert answer["input_delta"] == np.array(layer["input_delta"])[node]
        assert answer["derivative"] == np.array(layer["activation_derivative"])[node]


@pytest.mark.parametrize("name", NAMES)
def test_the_matrix_is_the_layer(client: TestClient, name: str) -> None:
    """output = M·a + b and collected = Mᵀ·δ, for each batch member."""
    body = BODIES[name]
    layer, answer = post(client, "layer", body), post(client, "matrix", body)
    assert set(answer) == {"shape", "rows", "columns", "tap", "values"}
    matrix = np.zeros(answer["shape"])
    matrix[answer["rows"], answer["columns"]] = answer["values"]
    weights = np.array(body["kernel"], dtype=float).ravel()
    assert answer["values"] == weights[answer["tap"]].tolist()
    members = len(body["input"]) if np.ndim(body["input"]) == 4 else 1
    a = np.reshape(layer["activated"], (members, -1))
    delta = np.reshape(layer["output_delta"], (members, -1))
    outputs = len(body["kernel"]) if np.ndim(body["kernel"]) == 4 else 1
    bias = np.repeat(np.broadcast_to(body.get("bias", 0), outputs), matrix.shape[0] // outputs)
    # other order of summation, numbers below 100
    np.testing.assert_allclose(
        np.reshape(layer["output"], (members, -1)), a @ matrix.T + bias, rtol=0, atol=1e-12
    )
    np.testing.assert_allclose(
        np.reshape(layer["collected"], (members, -1)), delta @ matrix, rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_graph_has_the_matrixs_entries_as_wires(client: TestClient, name: str) -> None:
    """The same table, listed."""
    graph, matrix = post(client, "graph", BODIES[name]), post(client, "matrix", BODIES[name])
    assert [graph["output_nodes"], graph["input_nodes"]] == matrix["shape"]
    assert graph["edges"] == {
        "source": matrix["columns"],
        "target": matrix["rows"],
        "tap": matrix["tap"],
        "weight": matrix["values"],
    }


def test_the_articles_graph(client: TestClient) -> None:
    """Nine nodes, four nodes, sixteen wires in four colours."""
    graph = post(client, "graph", ARTICLE)
    assert (graph["input_nodes"], graph["output_nodes"]) == (9, 4)
    assert np.bincount(graph["edges"]["tap"]).tolist() == [4, 4, 4, 4]


@pytest.mark.parametrize("name", NAMES)
def test_a_permalink_gets_the_same_answer(client: TestClient, name: str) -> None:
    """GET with the encoding, POST with the body."""
    link = encode(LayerSpec.parse(BODIES[name]))
    response = client.get("/api/v1/layer", params={"spec": link, "phase": "forward"})
    assert response.status_code == 200
    assert response.json() == post(client, "layer", BODIES[name])
    assert "public" in response.headers["cache-control"]


def test_presets_are_bodies_for_the_other_routes(client: TestClient) -> None:
    """And the first one is the article's example."""
    presets = client.get("/api/v1/presets").json()["presets"]
    assert presets[0]["name"] == "article"
    assert presets[0]["layer"] == ARTICLE
    for preset in presets:
        assert set(preset) == {"name", "label", "note", "layer"}
        assert set(post(client, "layer", preset["layer"])) == LAYER_FIELDS


def test_the_process_says_that_it_lives(client: TestClient) -> None:
    """For supervisors; HEAD works as well."""
    for route in ("live", "ready"):
        assert client.get(f"/healthz/{route}").json() == {"status": route}
        assert client.head(f"/healthz/{route}").status_code == 200
