"""Laws that hold of every layer, on random ones in which every field varies."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from app.engine import Layer, Trace, Wires, run
from app.engine.activations import Floats
from app.engine.wires import Columns
from tests.engine import checks
from tests.engine.strategies import SEEDS, eighths, layers

FACTORS = st.sampled_from([-3.0, -0.5, 2.0])  # dyadic: multiplying by one rounds nothing


@given(layers())
def test_table_and_stencil_agree(layer: Layer) -> None:
    """Grouping wires and sliding a stencil give the same output, deltas and kernel gradient."""
    checks.routes_agree(run(layer))


@given(layers())
def test_adjoint_law(layer: Layer) -> None:
    """The backward pass is the transpose of the forward pass, as a matrix and as a stencil."""
    checks.adjoint(run(layer))


@given(layers())
def test_duality(layer: Layer) -> None:
    """The stencil that the backward pass slides is the forward one turned by 180°."""
    checks.duality(run(layer))


@given(layers())
@settings(max_examples=100)
def test_steps_add_up(layer: Layer) -> None:
    """The sums told step by step are the maps, in every phase and batch member."""
    checks.steps_add_up(run(layer))


@given(layers())
def test_input_delta_is_collected_times_derivative(layer: Layer) -> None:
    """δ^l is what was collected times σ′(z^l), and σ′ stays with z."""
    trace = run(layer)
    assert_array_equal(trace.input_delta, trace.collected * trace.activation_derivative)
    if layer.activation == "identity":
        assert_array_equal(trace.activation_derivative, np.ones_like(layer.input))
    if layer.activation == "relu":
        assert_array_equal(trace.activation_derivative, layer.input > 0)


@given(layers())
def test_bias_gradient_is_a_sum_over_outputs(layer: Layer) -> None:
    """The bias is one more shared weight: its gradient adds up its channel's deltas."""
    sums = [layer.output_delta[:, channel].sum() for channel in range(layer.kernel.shape[0])]
    assert_array_equal(run(layer).bias_gradient, sums)


@given(layers())
def test_scattering_needs_no_turn(layer: Layer) -> None:
    """Stamping the forward stencil, weighted by δ, onto the map collects the same deltas."""
    trace = run(layer)
    (top, bottom), (left, right) = layer.padding
    batch, channels, rows, columns = layer.input.shape
    wide = np.zeros((batch, channels, top + rows + bottom, left + columns + right))
    outputs, per_group, *_ = layer.kernel.shape
    for n, o, y, x in np.ndindex(*layer.output_shape):
        first = o // (outputs // layer.groups) * per_group
        begin = [y * layer.stride[0], x * layer.stride[1]]
        window = tuple(
            slice(start, start + axis.span, axis.dilation)
            for start, axis in zip(begin, layer.axes, strict=True)
        )
        stamp = layer.output_delta[n, o, y, x] * trace.forward_stencil[o]
        wide[n, first : first + per_group, *window] += stamp
    assert_array_equal(wide[:, :, top : top + rows, left : left + columns], trace.collected)


# The table itself.


def rows_of(wires: Columns) -> list[tuple[int, int, int]]:
    """Wires as (source, target, tap)."""
    columns = (column.tolist() for column in (wires.source, wires.target, wires.tap))
    return list(zip(*columns, strict=True))


def by_definition(layer: Layer) -> list[tuple[int, int, int]]:
    """Every wire, from z_{x,y} = Σ w_{u,v} · a_{…} as :class:`Layer` writes it, in loops."""
    outputs, per_group, kh, kw = layer.kernel.shape
    _, _, height, width = layer.input.shape
    _, _, rows, columns = layer.output_shape
    found = []
    for o, x, y, i, u, v in product(*map(range, (outputs, rows, columns, per_group, kh, kw))):
        a, b = (u, v) if layer.operation == "correlation" else (kh - 1 - u, kw - 1 - v)
        row = x * layer.stride[0] + a * layer.dilation[0] - layer.padding[0][0]
        column = y * layer.stride[1] + b * layer.dilation[1] - layer.padding[1][0]
        if 0 <= row < height and 0 <= column < width:
            channel = o // (outputs // layer.groups) * per_group + i
            source = (channel * height + row) * width + column
            target = (o * rows + x) * columns + y
            found.append((source, target, ((o * per_group + i) * kh + u) * kw + v))
    return found


@given(layers())
@settings(max_examples=100)
def test_the_table_is_the_definition(layer: Layer) -> None:
    """The table holds exactly the wires of the defining sum, each once."""
    wires = Wires(layer)
    assert sorted(rows_of(wires.table)) == sorted(by_definition(layer))
    assert wires.count == len(wires.table)


@given(layers())
def test_two_nodes_share_at_most_one_wire(layer: Layer) -> None:
    """No input meets an output through two taps, so the matrix loses nothing."""
    table = Wires(layer).table
    assert len(set(zip(table.source.tolist(), table.target.tolist(), strict=True))) == len(table)
    kernel = np.ones_like(layer.kernel)
    assert np.count_nonzero(Wires(layer).dense(kernel)) == len(table)


@given(layers())
@settings(max_examples=100)
def test_the_three_groupings_partition_the_table(layer: Layer) -> None:
    """Grouped by source, by target or by tap, every wire is in one group, in reading order."""
    wires = Wires(layer)
    table = sorted(rows_of(wires.table))
    groupings = (
        (wires.of_source, layer.input[0].size, "source", "target"),
        (wires.of_target, layer.output_delta[0].size, "target", "source"),
        (wires.of_tap, layer.kernel.size, "tap", "target"),
    )
    for group_of, groups, column, order in groupings:
        together = []
        for cell in range(groups):
            group = group_of(cell)
            assert np.all(getattr(group, column) == cell)
            assert np.all(np.diff(getattr(group, order)) > 0)
            together += rows_of(group)
        assert sorted(together) == table


@given(layers())
def test_columns_where(layer: Layer) -> None:
    """Choosing wires by their three ends keeps those that have all of them."""
    table = Wires(layer).table
    rows = rows_of(table)
    if rows:
        source, target, tap = rows[len(rows) // 2]
        assert rows_of(table.where(source, target, tap)) == [(source, target, tap)]
        assert rows_of(table.where(tap=tap)) == [row for row in rows if row[2] == tap]
    assert rows_of(table.where()) == rows


# Linearity, and what the mode means.


def partner(array: Floats, seed: int) -> Floats:
    """Another array of the same shape."""
    return eighths(seed, array.shape)


def without_bias(trace: Trace) -> Floats:
    """M·a alone."""
    return trace.output - trace.layer.bias[:, None, None]


@given(layers(activations=["identity"]), SEEDS, FACTORS)
def test_linear_in_the_map(layer: Layer, seed: int, factor: float) -> None:
    """Without σ, output and kernel gradient are linear in the map; the deltas ignore it."""
    other = partner(layer.input, seed)
    one, two = run(layer), run(replace(layer, input=other))
    both = run(replace(layer, input=layer.input + factor * other))
    assert_array_equal(without_bias(both), without_bias(one) + factor * without_bias(two))
    assert_array_equal(both.kernel_gradient, one.kernel_gradient + factor * two.kernel_gradient)
    assert_array_equal(both.collected, one.collected)


@given(layers(activations=["identity", "relu"]), SEEDS, FACTORS)
def test_linear_in_the_kernel(layer: Layer, seed: int, factor: float) -> None:
    """Output and deltas are linear in the kernel; its own gradient ignores it."""
    other = partner(layer.kernel, seed)
    one, two = run(layer), run(replace(layer, kernel=other))
    both = run(replace(layer, kernel=layer.kernel + factor * other))
    assert_array_equal(without_bias(both), without_bias(one) + factor * without_bias(two))
    assert_array_equal(both.collected, one.collected + factor * two.collected)
    assert_array_equal(both.kernel_gradient, one.kernel_gradient)


@given(layers(activations=["identity", "relu"]), SEEDS, FACTORS)
def test_linear_in_the_deltas(layer: Layer, seed: int, factor: float) -> None:
    """Everything that the backward pass gives is linear in δ; the output ignores it."""
    other = partner(layer.output_delta, seed)
    one, two = run(layer), run(replace(layer, output_delta=other))
    both = run(replace(layer, output_delta=layer.output_delta + factor * other))
    for name in ("collected", "input_delta", "kernel_gradient", "bias_gradient"):
        expected = getattr(one, name) + factor * getattr(two, name)
        assert_array_equal(getattr(both, name), expected, err_msg=name)
    assert_array_equal(both.output, one.output)


@given(layers())
def test_the_other_operation_is_the_turned_kernel(layer: Layer) -> None:
    """Convolving with w is correlating with w turned; only w's own gradient turns with it."""
    convolves = layer.operation == "convolution"
    other = run(
        replace(
            layer,
            operation="correlation" if convolves else "convolution",
            kernel=checks.turned(layer.kernel),
        )
    )
    trace = run(layer)
    for name in ("output", "collected", "input_delta", "bias_gradient", "forward_stencil"):
        assert_array_equal(getattr(other, name), getattr(trace, name), err_msg=name)
    assert_array_equal(other.kernel_gradient, checks.turned(trace.kernel_gradient))


@given(layers())
def test_results_keep_the_rank(layer: Layer) -> None:
    """A result has as many axes as the input was given with, and loses no number by it."""
    trace = run(layer)
    for array in (trace.output, trace.collected, trace.input_delta, layer.input):
        ranked = layer.ranked(array)
        assert ranked.ndim == layer.rank
        assert_array_equal(ranked.ravel(), array.ravel())
    assert trace.output.shape == layer.output_shape


@given(layers())
def test_work_counts_the_wires(layer: Layer) -> None:
    """Work is the number of wires in all members if nothing is padded, and never less."""
    wires = layer.input.shape[0] * Wires(layer).count
    assert layer.work >= wires
    if layer.padding == ((0, 0), (0, 0)):
        assert layer.work == wires
