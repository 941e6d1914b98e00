"""The four ways that are shown to readers, run as they stand."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from hypothesis import given

from app.engine import Layer, run
from app.engine.ways import WAYS
from tests.engine.strategies import layers


@pytest.mark.parametrize("name", WAYS)
@given(layer=layers())
def test_every_way_gives_what_is_collected(name: str, layer: Layer) -> None:
    """Scatter loop, transposed matrix, col2im and full correlation agree with the engine."""
    way, _ = WAYS[name]
    collected = run(layer).collected
    for member, delta in enumerate(layer.output_delta):
        # sums of the same few products in another order: a few ulp of the largest
        scale = max(1.0, float(np.abs(collected).max()))
        np.testing.assert_allclose(
            way(layer, delta), collected[member], rtol=1e-11, atol=1e-11 * scale
        )


def test_one_of_them_turns_the_stencil() -> None:
    """The marked line is in the source of the way that has one, and in no other."""
    for way, turn in WAYS.values():
        source = inspect.getsource(way)
        assert (turn and turn in source) or ("rotate180(" not in source and "[::-1" not in source)
