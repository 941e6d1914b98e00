"""Requests for networks."""

from __future__ import annotations

from typing import Any

from tests.contract.bodies import numbers

ROUTE = "/api/v1/network"
MARKER = "planted-marker-7f3a"


def body(input: Any, *layers: dict[str, Any], **loss: Any) -> dict[str, Any]:
    """A request."""
    return {"input": input, "layers": list(layers), "loss": loss}


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
