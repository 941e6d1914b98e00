"""Layers as a user might ask for them, for property tests."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from app.engine import ACTIVATIONS
from app.spec import LayerSpec

NUMBERS = st.one_of(
    st.integers(-5, 5).map(float),
    st.sampled_from([0.0, -0.0, 0.1, 1 / 3, 1e-300, 5e-324, 1e22, -1.5e-7, 255.0]),
    st.floats(allow_nan=False, allow_infinity=False),
)
SIZES = st.integers(1, 4)
WHOLES = st.integers(1, 3)


@st.composite
def arrays(draw: st.DrawFn, *shape: int) -> Any:
    count = int(np.prod(shape))
    if draw(st.booleans()):  # pixels
        values = [
            v / 255 for v in draw(st.lists(st.integers(0, 255), min_size=count, max_size=count))
        ]
    else:
        values = draw(st.lists(NUMBERS, min_size=count, max_size=count))
    return np.array(values).reshape(shape)


@st.composite
def specs(draw: st.DrawFn) -> LayerSpec:
    """Any spec, also one that the engine would refuse."""
    rank = draw(st.integers(2, 4))
    side = st.integers(1, 9)
    kernel_rank = draw(st.sampled_from([2, 4]))
    fields: dict[str, Any] = {
        "input": draw(arrays(*(draw(side) for _ in range(rank)))),
        "kernel": draw(arrays(*(draw(SIZES) for _ in range(kernel_rank)))),
        "operation": draw(st.sampled_from(["convolution", "correlation"])),
        "activation": draw(st.sampled_from(list(ACTIVATIONS))),
        "stride": draw(WHOLES | st.tuples(WHOLES, WHOLES)),
        "dilation": draw(WHOLES | st.tuples(WHOLES, WHOLES)),
        "groups": draw(WHOLES),
    }
    pair = st.tuples(st.integers(0, 3), st.integers(0, 3))
    fields["padding"] = draw(
        st.integers(0, 3)
        | pair
        | st.tuples(pair, pair)
        | st.sampled_from(["valid", "same", "full"])
    )
    if draw(st.booleans()):
        fields["bias"] = draw(NUMBERS | st.lists(NUMBERS, min_size=1, max_size=3))
    if draw(st.booleans()):
        fields["output_delta"] = draw(arrays(*(draw(SIZES) for _ in range(rank))))
    return LayerSpec(**fields)
