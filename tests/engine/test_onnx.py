"""ONNX's own test cases for Conv and ConvTranspose, inputs and expected outputs theirs.

Conv is the forward pass of a correlation layer. ConvTranspose is the *backward* pass of one: it
takes the deltas X and gives what the inputs collect; its weights (C_in, C_out/groups, kh, kw) are
the kernel of the layer that goes from C_out channels to C_in. Source: the ONNX operator
specification, Conv and ConvTranspose.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx.backend.test.case import node as cases
from onnx.backend.test.case.node import conv, convtranspose  # noqa: F401 - files their cases
from onnx.helper import get_attribute_value

from app.engine import Layer, run
from app.engine.activations import Floats
from app.engine.given import Pair
from app.engine.layer import Padding

OPERATORS = ("Conv", "ConvTranspose")


def collected_cases() -> list[Any]:
    """A parameter set for each of ONNX's cases; those in three dimensions marked as left out."""
    found = []
    for case in cases._NodeTestCases:
        (node, *rest) = case.model.graph.node
        if rest or node.op_type not in OPERATORS:
            continue
        dimensions = case.data_sets[0][0][1].ndim - 2
        reason = f"{case.name} has {dimensions} space dimensions; a layer has 2"
        marks = [pytest.mark.skip(reason=reason)] if dimensions > 2 else []
        found.append(pytest.param(case, id=case.name, marks=marks))
    return found


def in_2d(array: np.ndarray) -> Floats:
    """(N, C, W) is a map of one row, and a kernel of one row, likewise."""
    return np.asarray(array[:, :, None] if array.ndim == 3 else array, dtype=np.float64)


class Attributes:
    """A node's attributes with ONNX's defaults; of two numbers, those of one axis come last."""

    def __init__(self, node: Any) -> None:
        self.given = {a.name: get_attribute_value(a) for a in node.attribute}
        self.stride = self.pair("strides", 1)
        self.dilation = self.pair("dilations", 1)
        self.output_padding = self.pair("output_padding", 0)
        self.groups = int(self.given.get("group", 1))
        self.auto_pad = self.given.get("auto_pad", b"NOTSET").decode()

    def pair(self, name: str, default: int) -> Pair:
        """An attribute with one number an axis."""
        values = self.given.get(name, [default, default])
        return (default if len(values) == 1 else values[0]), values[-1]

    @property
    def pads(self) -> Padding:
        """ONNX lists all beginnings, then all ends."""
        before, *_, after = np.array_split(self.given.get("pads", [0, 0, 0, 0]), 2)
        top, bottom = (0, 0) if len(before) == 1 else (int(before[0]), int(after[0]))
        return (top, bottom), (int(before[-1]), int(after[-1]))

    def split(self, zeros: int) -> Pair:
        """Zeros on both sides; SAME_UPPER puts an odd one at the end, all else at the beginning."""
        less, more = zeros // 2, zeros - zeros // 2
        return (less, more) if self.auto_pad == "SAME_UPPER" else (more, less)


def conv_layer(attributes: Attributes, inputs: list[np.ndarray]) -> Layer:
    """The layer whose output is what Conv gives."""
    maps, kernel = map(in_2d, inputs[:2])
    padding = attributes.pads
    if attributes.auto_pad.startswith("SAME"):
        rows, columns = (
            attributes.split(max(0, (-(-n // s) - 1) * s + (k - 1) * d + 1 - n))
            for n, k, s, d in zip(
                maps.shape[2:],
                kernel.shape[2:],
                attributes.stride,
                attributes.dilation,
                strict=True,
            )
        )
        padding = rows, columns
    return Layer.of(
        maps,
        kernel,
        bias=inputs[2] if len(inputs) > 2 else 0.0,
        operation="correlation",
        stride=attributes.stride,
        dilation=attributes.dilation,
        padding=padding,
        groups=attributes.groups,
    )


def transposed_layer(attributes: Attributes, inputs: list[np.ndarray]) -> Layer:
    """The layer whose inputs collect what ConvTranspose gives."""
    deltas, kernel = map(in_2d, inputs)
    sizes, padding = [], []
    for axis in (0, 1):
        stride, extra = attributes.stride[axis], attributes.output_padding[axis]
        span = (kernel.shape[2 + axis] - 1) * attributes.dilation[axis] + 1
        uncropped = stride * (deltas.shape[2 + axis] - 1) + extra + span
        size = uncropped - sum(attributes.pads[axis])
        zeros = attributes.pads[axis]
        if "output_shape" in attributes.given:
            size = attributes.pair("output_shape", 1)[axis]
        if attributes.auto_pad.startswith("SAME"):
            size = deltas.shape[2 + axis] * stride
        if size != uncropped - sum(zeros):  # asked for: crop, or let the stride leave more over
            zeros = attributes.split(max(0, uncropped - size))
        sizes.append(size)
        padding.append(zeros)
    channels = kernel.shape[1] * attributes.groups
    return Layer.of(
        np.zeros((deltas.shape[0], channels, *sizes)),
        kernel,
        operation="correlation",
        stride=attributes.stride,
        dilation=attributes.dilation,
        padding=padding,
        groups=attributes.groups,
        output_delta=deltas,
    )


@pytest.mark.parametrize("case", collected_cases())
def test_onnx_node(case: Any) -> None:
    """The engine gives the very numbers that ONNX expects of its backends."""
    (node,) = case.model.graph.node
    attributes = Attributes(node)
    for inputs, (expected,) in case.data_sets:
        if node.op_type == "Conv":
            actual = run(conv_layer(attributes, inputs)).output
        else:
            actual = run(transposed_layer(attributes, inputs)).collected
        # exactly: ONNX's cases are small whole numbers, which float32 holds too
        np.testing.assert_array_equal(actual, in_2d(expected))


def test_there_are_cases_of_both_kinds() -> None:
    """The list is not empty because ONNX moved its cases: strides, pads, groups are among them."""
    names = " ".join(str(parameter.id) for parameter in collected_cases())
    for part in ("conv_with_strides", "autopad_same", "convtranspose_pads", "output_shape"):
        assert part in names
    assert all(part in names for part in ("convtranspose_dilations", "group_2", "_1d"))
