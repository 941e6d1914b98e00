"""A panel knows for each drawn square which cell it stands for, zeros and all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from app.engine import Layer, Trace, run, stencil
from app.figures import KINDS, NAMES, Panel, asked_panel, is_cropped, pairs, panel
from app.figures.panels import Grid
from app.words.numbers import short
from tests.engine.strategies import layers
from tests.figures.drawn import boxes_of, preset, square_at, traces
from tests.words.markup import FEW

MAPS = (
    *("input", "activated", "activation_derivative", "output", "output_delta", "collected"),
    *("input_delta", "kernel_gradient"),
)


def _members(trace: Trace) -> st.SearchStrategy[int]:
    return st.integers(0, trace.layer.input.shape[0] - 1)


def _drawn(shown: Panel) -> np.ndarray:
    """The cells as they are drawn, tile by tile."""
    assert shown.grid is not None
    assert shown.cells is not None
    return shown.cells.reshape(shown.grid.tiles, shown.grid.rows, shown.grid.columns)


@given(traces(), st.data())
@FEW
def test_a_padded_map_stands_for_the_map_inside_its_zeros(
    trace: Trace, data: st.DataObject
) -> None:
    """Row and column of a square less the padding before; a square of padding is no cell."""
    member = data.draw(_members(trace))
    shown = panel(trace, "map_padded", "forward", member)
    (top, _), (left, _) = trace.layer.padding
    _, channels, rows, columns = trace.layer.input.shape
    cells = _drawn(shown)
    assert len(cells) == channels
    for channel, y, x in np.ndindex(*cells.shape):
        row, column = y - top, x - left
        inside = 0 <= row < rows and 0 <= column < columns
        expected = (channel * rows + row) * columns + column if inside else -1
        assert cells[channel, y, x] == expected
    assert shown.values is not None
    assert_array_equal(shown.values, stencil.pad(trace.activated[member], trace.layer.padding))
    assert_array_equal(shown.values[cells >= 0], trace.activated[member].ravel())
    assert not shown.values[cells < 0].any()


@given(traces(), st.data())
@FEW
def test_padded_deltas_stand_for_outputs_among_zeros(trace: Trace, data: st.DataObject) -> None:
    """Every stride-th square from span − 1 on; the zeros between and around are no cells."""
    member, layer = data.draw(_members(trace)), trace.layer
    shown = panel(trace, "delta_padded", "deltas", member)
    _, channels, *sizes = layer.output_shape
    cells = _drawn(shown)
    assert len(cells) == channels
    for channel, *at in np.ndindex(*cells.shape):
        places = [
            divmod(i - (axis.taps - 1) * axis.dilation, axis.stride)
            for i, axis in zip(at, layer.axes, strict=True)
        ]
        inside = all(
            rest == 0 and 0 <= i < size for (i, rest), size in zip(places, sizes, strict=True)
        )
        (row, _), (column, _) = places
        expected = (channel * sizes[0] + row) * sizes[1] + column if inside else -1
        assert cells[(channel, *at)] == expected
    assert shown.values is not None
    around = tuple((axis.span - 1, axis.span - 1 + axis.leftover) for axis in layer.axes)
    laid_out = stencil.pad(
        stencil.dilate(layer.output_delta[member], layer.stride), (around[0], around[1])
    )
    assert_array_equal(shown.values, laid_out)
    # cropped by the forward padding, this is what the backward stencil slides over
    (top, bottom), (left, right) = layer.padding
    cropped = laid_out[:, top : laid_out.shape[1] - bottom, left : laid_out.shape[2] - right]
    slid = stencil.correlate(
        cropped[None],
        stencil.transpose_channels(trace.backward_stencil, layer.groups),
        dilation=layer.dilation,
        groups=layer.groups,
    )
    assert_array_equal(slid[0], trace.collected[member])


@given(traces(), st.sampled_from(MAPS), st.data())
@FEW
def test_a_plain_map_is_the_traces(trace: Trace, name: str, data: st.DataObject) -> None:
    """Every square is its own cell, with the value and the text of its member's map."""
    member = data.draw(_members(trace))
    shown = panel(trace, name, "deltas", member)
    owner = trace.layer if name in ("input", "output_delta") else trace
    values = getattr(owner, name)
    values = values.reshape(-1, *values.shape[2:]) if name == "kernel_gradient" else values[member]
    assert shown.values is not None
    assert shown.cells is not None
    assert_array_equal(shown.values, values)
    assert_array_equal(shown.cells, np.arange(values.size))
    sizes = {"deltas": "input", "forward": "output_delta"}
    like = getattr(trace.layer, sizes.get(KINDS[shown.kind], "kernel"))
    assert values.size == (like[0] if KINDS[shown.kind] in sizes else like).size
    assert shown.editable == (name if name in ("input", "output_delta") else "")


@given(traces(), st.sampled_from([n for n in NAMES if n != "wires"]))
@FEW
def test_squares_tile_the_drawing(trace: Trace, name: str) -> None:
    """Squares, all alike, inside the drawing, none over another; ``places`` is ``cells`` undone."""
    shown = panel(trace, name, "deltas")
    assert shown.grid is not None
    assert shown.cells is not None
    boxes = boxes_of(shown.grid)
    assert len(boxes) == shown.cells.size
    np.testing.assert_allclose(boxes[:, 2:] - boxes[:, :2], shown.grid.cell, atol=1e-9)
    width, height = shown.figure["layout"]["width"], shown.figure["layout"]["height"]
    assert boxes.min() >= 0
    assert boxes[:, 2].max() <= width
    assert boxes[:, 3].max() <= height
    for square, (x0, y0, x1, y1) in enumerate(boxes.tolist()):
        assert square_at(shown.grid, ((x0 + x1) / 2, (y0 + y1) / 2)) == square
    undone = {square: cell for cell, squares in shown.places.items() for square in squares}
    assert undone == {i: c for i, c in enumerate(shown.cells.tolist()) if c >= 0}


@given(traces(), st.sampled_from([*MAPS, "map_padded", "delta_padded"]))
@FEW
def test_colour_and_number_of_a_cell_lie_in_its_square(trace: Trace, name: str) -> None:
    """A heatmap's cell is centred on its square, and so is the number; padding has no colour."""
    shown = panel(trace, name, "deltas")
    assert shown.grid is not None
    assert shown.values is not None
    cells = _drawn(shown)
    heatmaps = [data for data in shown.figure["data"] if data["type"] == "heatmap"]
    numbers = next((data for data in shown.figure["data"] if data["type"] == "scatter"), None)
    assert len(heatmaps) == shown.grid.tiles
    for (tile, row, column), value in np.ndenumerate(shown.values):
        square = (tile * shown.grid.rows + row) * shown.grid.columns + column
        drawn = heatmaps[tile]
        at = (drawn["x0"] + column * drawn["dx"], drawn["y0"] + row * drawn["dy"])
        x0, y0, x1, y1 = shown.grid.box(square)
        assert at == pytest.approx(((x0 + x1) / 2, (y0 + y1) / 2))
        assert drawn["z"][row][column] == (value if cells[tile, row, column] >= 0 else None)
    if numbers is not None:
        known = np.flatnonzero(cells.ravel() >= 0).tolist()
        at_squares = [
            square_at(shown.grid, (x, y))
            for x, y in zip(numbers["x"], numbers["y"], strict=True)
        ]  # fmt: skip
        assert at_squares == known
        assert numbers["text"] == [short(v) for v in shown.values.ravel()[known].tolist()]


@given(traces())
@FEW
def test_the_kernel_and_the_stencils_are_its_weights(trace: Trace) -> None:
    """w as it is written; the forward stencil and, to the right, its turn by 180°."""
    kernel, stencils = panel(trace, "kernel", "deltas"), panel(trace, "stencils", "deltas")
    assert kernel.values is not None
    assert stencils.values is not None
    assert_array_equal(kernel.values.ravel(), trace.layer.kernel.ravel())
    out, into = pairs(trace.layer)
    forward = trace.forward_stencil[:out, :into]
    backward = trace.backward_stencil[:out, :into].swapaxes(0, 1)
    half = out * into
    assert_array_equal(stencils.values[:half], forward.reshape(-1, *forward.shape[2:]))
    assert_array_equal(stencils.values[half:], backward.reshape(-1, *forward.shape[2:]))
    first, second = _drawn(stencils)[:half], _drawn(stencils)[half:]
    turned = first.reshape(out, into, *forward.shape[2:])[..., ::-1, ::-1].swapaxes(0, 1)
    assert_array_equal(second.ravel(), turned.ravel())
    assert_array_equal(trace.layer.kernel.ravel()[first].ravel(), forward.ravel())


def test_the_stencils_of_channels_stand_beside_each_other() -> None:
    """No tile covers another, backwards rows and columns have changed places, and all is inside."""
    stencils = panel(preset("channels"), "stencils", "deltas")
    assert stencils.grid is not None
    boxes = boxes_of(stencils.grid)
    assert len({tuple(box) for box in boxes.tolist()}) == len(boxes)
    width, height = (stencils.figure["layout"][side] for side in ("width", "height"))
    assert boxes[:, 2].max() <= width
    assert boxes[:, 3].max() <= height
    ways = [m["text"] for m in stencils.figure["layout"]["annotations"] if m["name"] == "way"]
    assert ways == ["1→1", "2→1", "3→1", "1→2", "2→2", "3→2", "1→1", "2→1", "1→2", "2→2", "1→3",
                    "2→3"]  # fmt: skip


@given(st.integers(1, 4), st.integers(1, 30), st.integers(1, 30), st.sampled_from([44.0, 64.0]))
@FEW
def test_a_grid_fits_the_page(tiles: int, rows: int, columns: int, largest: float) -> None:
    """No wider than 320 pixels and a hair, no cell larger than is asked for, all tiles in sight."""
    grid = Grid.fitting((tiles, rows, columns), largest)
    width, height = grid.size
    assert width <= 320 + 5
    assert 0 < grid.cell <= largest
    assert grid.across * grid.lines >= tiles
    assert boxes_of(grid)[:, 3].max() <= height


@pytest.mark.parametrize("shape", [(576, 1, 1), (256, 3, 3), (4096, 1, 1), (1, 256, 256)])
def test_of_the_smallest_cell_something_is_left(shape: tuple[int, int, int]) -> None:
    """Also within its frame: a rectangle of negative size is an error in a browser."""
    for across in (1, 8, 72, None):
        left, top, right, bottom = Grid.fitting(shape, 44.0, across).box(0, inset=2)
        assert right > left
        assert bottom > top


def test_a_grid_is_as_wide_as_it_may_be() -> None:
    """What asks for more room than a map has gets it: a matrix of forty columns needs it."""
    narrow = Grid.fitting((1, 10, 40), 34.0)
    wide = Grid.fitting((1, 10, 40), 34.0, width=460)
    assert narrow.size[0] <= 325
    assert 450 <= wide.size[0] <= 465


@pytest.mark.parametrize(("texts", "fits"), [(["1"], True), (["−1.23e−5"], False), ([], True)])
def test_a_number_is_written_only_where_it_can_be_read(texts: list[str], fits: bool) -> None:
    """At 8.5 pixels at least, and inside its cell; else not at all."""
    size = Grid(1, 1, 1, 30, 1, 0).number_size(texts)
    assert (size >= 8.5) == fits
    assert size <= 19
    assert Grid(1, 1, 1, 10, 1, 0).number_size(["1"]) == 0


@given(layers())
@FEW
def test_what_the_padding_collects_is_drawn_and_crossed_out(layer: Layer) -> None:
    """Around δ^l stands what the padding's zeros collect: all together are the uncropped sums.

    Checked by another layer, whose map is the padded one and which has no padding of its own.
    """
    trace = run(layer)
    if not is_cropped(trace):
        return
    drawn = panel(trace, "delta_cropped", "deltas")
    assert drawn.cells is not None
    assert drawn.values is not None
    inside = drawn.cells >= 0
    assert sorted(drawn.cells[inside].tolist()) == list(range(trace.input_delta[0].size))
    assert_array_equal(drawn.values, trace.input_delta[0])
    numbers = [t for t in drawn.figure["layout"]["annotations"] if t["name"] == "zero"]
    assert len(numbers) in (0, int((~inside).sum()))
    [crossed] = [s for s in drawn.figure["layout"]["shapes"] if s["name"] == "crossed"]
    assert crossed["path"].count("M") == int((~inside).sum())
    bare = replace(layer, padding=((0, 0), (0, 0)), activation="identity",
                   input=stencil.pad(layer.input, layer.padding))  # fmt: skip
    uncropped = run(bare).collected[0].ravel()
    for mark, value in zip(numbers, uncropped[~inside].tolist(), strict=bool(numbers)):
        assert mark["text"] == short(value)


@given(traces(), st.data())
@FEW
def test_a_node_that_is_asked_for_has_the_question_mark(trace: Trace, data: st.DataObject) -> None:
    """In the square of that node; no number is given away."""
    node = data.draw(st.integers(0, trace.step_count("deltas") - 1))
    shown = asked_panel(trace, node)
    [mark] = shown.figure["layout"]["annotations"]
    [(left, top, right, bottom)] = shown.boxes(node)
    assert mark["text"] == "?"
    assert left < mark["x"] < right
    assert top < mark["y"] < bottom
    assert shown.values is None
