"""The article's example in both modes: every number below was worked out by hand from w, x and δ.

Source: manutdzou, "为什么CNN反向传播计算梯度时需要将权重旋转180度", 2016.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest

from app.engine import PHASES, Layer, Phase, Step, Trace, run, stencil
from tests.engine.strategies import OPERATIONS

MAP = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
KERNEL = [[1, 2], [3, 4]]
TURNED = [[4, 3], [2, 1]]
DELTA = [[2.0, -1.0], [0.5, 3.0]]


@dataclass(frozen=True)
class Expected:
    """One mode's results; terms are spelt as in the article, one list a cell in reading order."""

    output: list[list[float]]
    collected: list[list[float]]
    kernel_gradient: list[list[float]]
    forward_stencil: list[list[int]]
    backward_stencil: list[list[int]]
    output_terms: list[str]
    delta_terms: list[str]
    weight_terms: list[str]
    matrix: list[list[int]]


CONVOLUTION = Expected(
    output=[[23, 33], [53, 63]],
    collected=[[8, 2, -3], [6, 13.5, 8], [1, 6.5, 3]],
    kernel_gradient=[[35, 30.5], [21.5, 17]],
    forward_stencil=TURNED,
    backward_stencil=KERNEL,
    output_terms=[
        "x11·w22 + x12·w21 + x21·w12 + x22·w11",
        "x12·w22 + x13·w21 + x22·w12 + x23·w11",
        "x21·w22 + x22·w21 + x31·w12 + x32·w11",
        "x22·w22 + x23·w21 + x32·w12 + x33·w11",
    ],
    delta_terms=[
        "δ11·w22",
        "δ11·w21 + δ12·w22",
        "δ12·w21",
        "δ11·w12 + δ21·w22",
        "δ11·w11 + δ12·w12 + δ21·w21 + δ22·w22",
        "δ12·w11 + δ22·w21",
        "δ21·w12",
        "δ21·w11 + δ22·w12",
        "δ22·w11",
    ],
    weight_terms=[
        "δ11·x22 + δ12·x23 + δ21·x32 + δ22·x33",
        "δ11·x21 + δ12·x22 + δ21·x31 + δ22·x32",
        "δ11·x12 + δ12·x13 + δ21·x22 + δ22·x23",
        "δ11·x11 + δ12·x12 + δ21·x21 + δ22·x22",
    ],
    matrix=[
        [4, 3, 0, 2, 1, 0, 0, 0, 0],
        [0, 4, 3, 0, 2, 1, 0, 0, 0],
        [0, 0, 0, 4, 3, 0, 2, 1, 0],
        [0, 0, 0, 0, 4, 3, 0, 2, 1],
    ],
)
CORRELATION = Expected(
    output=[[37, 47], [67, 77]],
    collected=[[2, 3, -2], [6.5, 9, 2], [1.5, 11, 12]],
    kernel_gradient=[[17, 21.5], [30.5, 35]],
    forward_stencil=KERNEL,
    backward_stencil=TURNED,
    output_terms=[
        "x11·w11 + x12·w12 + x21·w21 + x22·w22",
        "x12·w11 + x13·w12 + x22·w21 + x23·w22",
        "x21·w11 + x22·w12 + x31·w21 + x32·w22",
        "x22·w11 + x23·w12 + x32·w21 + x33·w22",
    ],
    delta_terms=[
        "δ11·w11",
        "δ11·w12 + δ12·w11",
        "δ12·w12",
        "δ11·w21 + δ21·w11",
        "δ11·w22 + δ12·w21 + δ21·w12 + δ22·w11",
        "δ12·w22 + δ22·w12",
        "δ21·w21",
        "δ21·w22 + δ22·w21",
        "δ22·w22",
    ],
    weight_terms=[
        "δ11·x11 + δ12·x12 + δ21·x21 + δ22·x22",
        "δ11·x12 + δ12·x13 + δ21·x22 + δ22·x23",
        "δ11·x21 + δ12·x22 + δ21·x31 + δ22·x32",
        "δ11·x22 + δ12·x23 + δ21·x32 + δ22·x33",
    ],
    matrix=[
        [1, 2, 0, 3, 4, 0, 0, 0, 0],
        [0, 1, 2, 0, 3, 4, 0, 0, 0],
        [0, 0, 0, 1, 2, 0, 3, 4, 0],
        [0, 0, 0, 0, 1, 2, 0, 3, 4],
    ],
)
Case = tuple[Trace, Expected]


@pytest.fixture(params=OPERATIONS)
def case(request) -> Case:
    """The example's trace in one mode, and what the article says about it."""
    layer = Layer.of(MAP, KERNEL, operation=request.param, output_delta=DELTA)
    return run(layer), {"convolution": CONVOLUTION, "correlation": CORRELATION}[request.param]


def name(letter: str, cell: int, columns: int) -> str:
    """A cell's name as the article writes it: x23 is row 2, column 3."""
    return f"{letter}{cell // columns + 1}{cell % columns + 1}"


def spelt(step: Step) -> str:
    """A step's terms with names in place of numbers."""
    x = [name("x", int(cell), 3) for cell in step.wires.source]
    delta = [name("δ", int(cell), 2) for cell in step.wires.target]
    w = [name("w", int(cell), 2) for cell in step.wires.tap]
    left, right = {"forward": (x, w), "deltas": (delta, w), "weights": (delta, x)}[step.phase]
    return " + ".join(f"{one}·{other}" for one, other in zip(left, right, strict=True))


def steps(trace: Trace, phase: Phase) -> list[Step]:
    """All steps of a phase, in the order in which they are shown."""
    return [trace.step(phase, cell) for cell in range(trace.step_count(phase))]


def test_the_convolution_mode_is_the_default() -> None:
    """Without a word the layer is the article's: convolution, identity, δ all ones."""
    layer = Layer.of(MAP, KERNEL)
    assert (layer.operation, layer.activation, layer.groups) == ("convolution", "identity", 1)
    assert (layer.stride, layer.dilation, layer.padding) == ((1, 1), (1, 1), ((0, 0), (0, 0)))
    assert layer.output_delta.tolist() == [[[[1, 1], [1, 1]]]]
    assert run(layer).output[0, 0].tolist() == CONVOLUTION.output


def test_all_maps(case: Case) -> None:
    """Outputs, the nine collected deltas and both gradients are the article's numbers."""
    trace, expected = case
    assert trace.output[0, 0].tolist() == expected.output
    assert trace.collected[0, 0].tolist() == expected.collected
    assert trace.input_delta[0, 0].tolist() == expected.collected  # σ is the identity
    assert trace.kernel_gradient[0, 0].tolist() == expected.kernel_gradient
    assert trace.bias_gradient.tolist() == [4.5]


def test_the_stencils(case: Case) -> None:
    """One pass slides w and the other w turned by 180°; which is which depends on the mode."""
    trace, expected = case
    assert trace.forward_stencil[0, 0].tolist() == expected.forward_stencil
    assert trace.backward_stencil[0, 0].tolist() == expected.backward_stencil
    assert trace.rotated_kernel[0, 0].tolist() == TURNED


def test_full_padding_of_the_deltas(case: Case) -> None:
    """2×2 over 2×2 gives 3×3 because one zero is put on every side of the deltas."""
    assert stencil.collecting_padding(case[0].layer) == ((1, 1), (1, 1))


def test_the_unrolled_layer(case: Case) -> None:
    """9 input nodes, 4 output nodes, 16 wires that share 4 weights, 4 wires each."""
    trace, expected = case
    assert trace.wires.count == len(trace.wires.table) == 16
    assert np.bincount(trace.wires.table.tap).tolist() == [4, 4, 4, 4]
    matrix = trace.wires.dense(trace.layer.kernel)
    assert matrix.tolist() == expected.matrix
    assert (np.ravel(DELTA) @ matrix).tolist() == np.ravel(expected.collected).tolist()


def test_terms_of_each_output(case: Case) -> None:
    """An output's terms come in the order of the inputs, as a reader writes them."""
    trace, expected = case
    assert [spelt(step) for step in steps(trace, "forward")] == expected.output_terms


def test_terms_of_each_delta(case: Case) -> None:
    """An input's delta adds up, in the order of the outputs, δ at the other end times weight."""
    trace, expected = case
    assert [spelt(step) for step in steps(trace, "deltas")] == expected.delta_terms


def test_terms_of_each_weight(case: Case) -> None:
    """A shared weight's gradient adds up all its wires, in the order of the outputs."""
    trace, expected = case
    assert [spelt(step) for step in steps(trace, "weights")] == expected.weight_terms


def test_the_phases() -> None:
    """Forwards, backwards, weights: tests that walk through the phases walk through these."""
    assert PHASES == ("forward", "deltas", "weights")


@pytest.mark.parametrize("phase", PHASES)
def test_steps_walk_in_reading_order(case: Case, phase: Phase) -> None:
    """Step k of a phase is cell k of its grid, row by row, and ends at that cell's number."""
    trace, expected = case
    totals: dict[Phase, list[list[float]]] = {
        "forward": expected.output,
        "deltas": expected.collected,
        "weights": expected.kernel_gradient,
    }
    walked = steps(trace, phase)
    assert [step.cell for step in walked] == list(range(len(walked)))
    assert [step.total for step in walked] == np.ravel(totals[phase]).tolist()
    assert trace.step_shape(phase)[-2:] == np.shape(totals[phase])


def test_the_centre_node_step_by_step() -> None:
    """In convolution mode δ of the centre grows 2, 0, 1.5, 13.5 as its four wires are added."""
    step = run(Layer.of(MAP, KERNEL, output_delta=DELTA)).step("deltas", 4)
    assert step.factor.tolist() == [2, -1, 0.5, 3]
    assert step.other.tolist() == [1, 2, 3, 4]
    assert step.product.tolist() == [2, -2, 1.5, 12]
    assert step.running.tolist() == [2, 0, 1.5, 13.5]
    assert (step.offset, step.total, len(step)) == (0, 13.5, 4)
    assert step.member.tolist() == [0, 0, 0, 0]


def test_a_weights_step_by_step() -> None:
    """In convolution mode w22 adds up each δ times the input that it met: 2, 0, 2, 17."""
    step = run(Layer.of(MAP, KERNEL, output_delta=DELTA)).step("weights", 3)
    assert step.factor.tolist() == [2, -1, 0.5, 3]
    assert step.other.tolist() == [1, 2, 4, 5]
    assert step.running.tolist() == [2, 0, 2, 17]
    assert (step.offset, step.total) == (0, 17)


def test_a_sum_starts_from_the_bias() -> None:
    """The forward sums begin at the bias, which the backward pass never meets."""
    trace = run(Layer.of(MAP, KERNEL, bias=100, output_delta=DELTA))
    assert trace.step("forward", 0).running.tolist() == [104, 110, 118, 123]
    assert trace.output[0, 0].tolist() == [[123, 133], [153, 163]]
    assert trace.collected[0, 0].tolist() == CONVOLUTION.collected


def test_the_two_readings_of_the_taps(case: Case) -> None:
    """Along growing cells of the other end, one pass meets the taps rising, the other falling."""
    trace, _ = case
    forward = trace.wires.of_target(3).tap.tolist()
    backward = trace.wires.of_source(4).tap.tolist()
    rising = [0, 1, 2, 3]
    assert forward == (rising if trace.layer.operation == "correlation" else rising[::-1])
    assert backward == forward[::-1]


def test_a_stride_leaves_nodes_over() -> None:
    """With stride 2 one window fits; the nodes it leaves over feed nothing and get delta 0."""
    trace = run(Layer.of(MAP, KERNEL, stride=2, output_delta=[[3]]))
    assert trace.collected[0, 0].tolist() == [[12, 9, 0], [6, 3, 0], [0, 0, 0]]
    assert [len(step) for step in steps(trace, "deltas")] == [1, 1, 0, 1, 1, 0, 0, 0, 0]
    last = trace.step("deltas", 8)
    assert (last.total, last.running.tolist()) == (0, [])


@pytest.mark.parametrize("phase", PHASES)
def test_no_such_step(case: Case, phase: Phase) -> None:
    """Before the first cell, after the last, or in another batch member there is no step."""
    trace, _ = case
    for cell, member in ((-1, 0), (trace.step_count(phase), 0), (0, 1), (0, -1)):
        with pytest.raises(IndexError, match=phase):
            trace.step(phase, cell, member)


def test_border_nodes_feed_fewer() -> None:
    """A corner feeds one output, an edge two, the centre four: hence the zeros around the δ."""
    walked = steps(run(Layer.of(MAP, KERNEL)), "deltas")
    assert [len(step) for step in walked] == [1, 2, 1, 2, 4, 2, 1, 2, 1]
    for step in walked:
        assert all(one < other for one, other in pairwise(step.wires.target))
