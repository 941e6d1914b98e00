"""However the cells are laid out for the matrix products, the results are the table's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.testing import assert_array_equal

from app.engine import Layer, run, stencil
from app.engine import gemm as way
from app.engine.sliding import Slide
from tests.engine import checks
from tests.engine.strategies import eighths, layers

# PICKED, PICKED_ALONG and BLOCK, so that one way serves every layer that it can serve
ALL, NONE = 10**9, 0
RULES: dict[str, tuple[int, int, int]] = {
    "picked": (ALL, NONE, 1),
    "picked along": (NONE, ALL, 1),
    "a row a block": (NONE, NONE, 1),
    "some rows a block": (NONE, NONE, 64),
    "one block": (NONE, NONE, ALL),  # both also with a stride's zeros taken apart
}


@contextmanager
def rule(name: str) -> Iterator[None]:
    """Another rule for a while; nothing remembered passes in or out."""
    picked, along, block = RULES[name]
    way.formulation.cache_clear()
    with patch.multiple(way, PICKED=picked, PICKED_ALONG=along, BLOCK=block):
        yield
    way.formulation.cache_clear()


@pytest.mark.parametrize("name", RULES)
@given(layer=layers(activations=["identity", "relu"]))
@settings(max_examples=150)
def test_every_way_gives_what_the_table_gives(name: str, layer: Layer) -> None:
    """Output, deltas and kernel gradient, to the last bit."""
    with rule(name):
        trace = run(replace(layer))
    checks.routes_agree(trace)
    checks.adjoint(trace)


@pytest.mark.parametrize("name", RULES)
def test_every_way_tells_rows_from_columns(name: str) -> None:
    """No two settings alike, and one member without groups, which every way serves."""
    layer = Layer.of(
        eighths(1, (2, 9, 11)),
        eighths(2, (3, 2, 2, 3)),
        stride=(2, 3),
        dilation=(3, 2),
        padding=((1, 0), (2, 3)),
    )
    layer = replace(layer, output_delta=eighths(3, layer.output_shape))
    with rule(name):
        trace = run(layer)
    checks.routes_agree(trace)


@pytest.mark.parametrize(
    ("size", "taps", "expected"),
    [(3, 2, way.Picked), (28, 5, way.PickedAlong), (64, 5, way.Blocks)],
)
def test_the_rule_goes_by_size(size: int, taps: int, expected: type) -> None:
    """Each way is somebody's; the lab's largest map is still picked."""
    layer = Layer.of(eighths(1, (size, size)), eighths(2, (taps, taps)))
    assert type(layer.slides.over_map) is expected
    assert type(layer.slides.over_deltas) is expected
    checks.routes_agree(run(layer))


@pytest.mark.parametrize(
    ("size", "taps", "expected"),
    [
        ((64, 64), (1, 1), way.Picked),  # 4,096 cells under taps
        ((17, 241), (1, 1), way.PickedAlong),  # 4,097
        ((2048, 4), (2, 1), way.PickedAlong),  # 8,192 cells under the first row of taps
        ((2731, 3), (2, 1), way.Blocks),  # 8,193
    ],
)
def test_the_last_size_of_each_way(
    size: tuple[int, int], taps: tuple[int, int], expected: type
) -> None:
    """To the cell: where each tap's cells are remembered, and where those of the first row are."""
    layer = Layer.of(eighths(1, size), eighths(2, taps))
    assert type(layer.slides.over_map) is expected


def test_a_plain_slide() -> None:
    """Where nothing else is said it goes from cell to cell, over the maps as they are."""
    each, nowhere = (1, 1), ((0, 0), (0, 0))
    assert Slide((1, 1, 3, 4), (1, 1, 2, 2))[2:] == (each, each, 1, each, nowhere)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("several", [1, 2])
def test_what_a_tap_weighs_is_what_it_matches(name: str, several: int) -> None:
    """An entry of ``match`` is what its tap alone, slid by ``weigh``, gives against the deltas.

    Also over maps that are dilated, cropped and in groups, which no layer matches.
    """
    slide = Slide(
        (several, 2 * several, 3, 4),
        (3 * several, 2, 3, 2),
        dilation=(1, 2),
        groups=several,
        spread=(2, 3),
        zeros=((1, 2), (3, -1)),
    )
    maps = eighths(1, slide.maps)
    with rule(name):
        slid = way.formulation(slide)
    alone = np.eye(int(np.prod(slide.stencil))).reshape(-1, *slide.stencil)
    weighed = np.stack([slid.weigh(tap, maps) for tap in alone])
    deltas = eighths(2, weighed.shape[1:])
    expected = np.tensordot(weighed, deltas, axes=4).reshape(slide.stencil)
    assert_array_equal(slid.match(deltas, maps), expected)


def test_a_strides_zeros_are_taken_apart() -> None:
    """Large deltas are not multiplied with the zeros between them, whatever divides what."""
    for stride, dilation, padding in [(2, 1, 1), (3, 2, 0), (2, 2, 2), (4, 2, 3), (5, 3, 4)]:
        layer = Layer.of(
            eighths(1, (1, 2, 64, 61)),
            eighths(2, (3, 2, 4, 3)),
            stride=stride,
            dilation=dilation,
            padding=padding,
        )
        layer = replace(layer, output_delta=eighths(3, layer.output_shape))
        assert type(layer.slides.over_deltas) is way.Interleaved
        checks.routes_agree(run(layer))


@pytest.mark.parametrize("size", [3, 28, 64])
def test_maps_of_another_size_are_refused(size: int) -> None:
    """What was worked out for one map is not silently used for another."""
    layer = Layer.of(np.ones((size, size)), np.ones((2, 2)))
    with pytest.raises(ValueError, match=r"reshape|shape"):
        stencil.forward(layer, np.ones((2, 1, size + 1, size)))


def test_a_stencil_that_does_not_fit_is_refused() -> None:
    """As it has no place, it cannot slide."""
    with pytest.raises(ValueError, match="stencil"):
        stencil.correlate(np.ones((1, 1, 2, 2)), np.ones((1, 1, 3, 1)))
