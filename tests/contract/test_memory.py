"""A layer is run once, and what is remembered is bounded and never wrong."""

from __future__ import annotations

import numpy as np
import pytest

from app.answers import trace_of
from app.answers.memory import Memory
from app.engine import run
from app.spec import LayerSpec, LimitError, Limits, NodeSpec


def _spec(number: float) -> LayerSpec:
    return LayerSpec(input=np.full((8, 8), number), kernel=[[1, 2], [3, 4]])


def test_one_layer_is_run_once() -> None:
    """Whoever asks, and whatever they ask beside it."""
    spec = _spec(0.25)
    first = trace_of(spec)
    assert trace_of(LayerSpec.parse(spec.request())) is first
    assert trace_of(NodeSpec.parse({**spec.request(), "node": [0, 0]})) is first
    assert trace_of(_spec(0.5)) is not first


def test_what_is_remembered_is_still_checked_against_the_limits() -> None:
    """Two apps in one process may allow different amounts."""
    spec = _spec(0.75)
    trace_of(spec)
    with pytest.raises(LimitError):
        trace_of(spec, Limits(side=7))


def test_the_oldest_give_way() -> None:
    """By bytes; a layer of more than an eighth of all is not kept."""
    traces = [(b"%d" % i, Limits(), run(_spec(i).layer())) for i in range(20)]
    size = 8 * 7 * (64 + 49 + 4) + 24 * traces[0][2].wires.count
    memory = Memory(10 * size)
    for key, limits, trace in traces:
        memory.put((key, limits), trace)
        memory.get((b"0", limits))  # asked for again and again, so it stays
    kept = [key for key, limits, _ in traces if memory.get((key, limits))]
    assert kept == [b"0", *(b"%d" % i for i in range(11, 20))]
    small = Memory(8 * size - 1)
    small.put((b"", Limits()), traces[0][2])
    assert small.get((b"", Limits())) is None
