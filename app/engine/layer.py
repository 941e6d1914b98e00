"""The problem: one convolutional layer and the deltas that arrive from behind it.

Notation (docs/glossary.md): z^l the map's pre-activations, a^l = σ(z^l), w the kernel,
δ^{l+1} = ∂C/∂(output). Arrays have the axes (batch, channel, row, column); the kernel has
(output channel, input channel of its group, row, column).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from app.engine.activations import ACTIVATIONS, Floats
from app.engine.errors import GeometryError, ShapeError, ValueRangeError, times
from app.engine.geometry import Axis, PaddingName, axes_of
from app.engine.given import LARGEST, Pair, numbers, pair, spread, whole
from app.engine.slides import Slides, slides_of

Operation = Literal["convolution", "correlation"]
Padding = tuple[Pair, Pair]
PaddingLike = int | Sequence[int] | Sequence[Sequence[int]] | PaddingName


@dataclass(frozen=True, eq=False)
class Layer:
    """A checked layer; make one with :meth:`of`. Its arrays are read-only float64.

    ``operation`` says what the forward pass does with the kernel w:

    * correlation: z_{x,y} = Σ_{u,v} w_{u,v} · a_{x+u, y+v} + bias
    * convolution: z_{x,y} = Σ_{u,v} w_{u,v} · a_{x+kh−1−u, y+kw−1−v} + bias

    Libraries differ in which they call convolution: PyTorch, TensorFlow, JAX and ONNX compute the
    first, MATLAB and SciPy the second. Source: Goodfellow, Bengio, Courville, "Deep Learning",
    2016, section 9.1.
    """

    input: Floats  # (N, C, H, W), z^l
    kernel: Floats  # (C_out, C/groups, kh, kw), w
    bias: Floats  # (C_out,)
    output_delta: Floats  # (N, C_out, OH, OW), δ^{l+1}
    operation: Operation
    activation: str
    stride: Pair
    dilation: Pair
    padding: Padding  # ((top, bottom), (left, right)), zeros around a^l
    groups: int
    rank: int  # axes of the input as it was given: 2, 3 or 4

    @classmethod
    def of(
        cls,
        input: ArrayLike,
        kernel: ArrayLike,
        *,
        bias: ArrayLike = 0.0,
        operation: Operation = "convolution",
        activation: str = "identity",
        stride: int | Sequence[int] = 1,
        dilation: int | Sequence[int] = 1,
        padding: PaddingLike = 0,
        groups: int = 1,
        output_delta: ArrayLike | None = None,
    ) -> Layer:
        """A layer from what is natural to write.

        ``input`` is H×W, C×H×W or N×C×H×W; ``kernel`` is kh×kw for a 2-D input, otherwise
        C_out×(C/groups)×kh×kw. ``bias`` is a number or one for each output channel. ``padding``
        is an integer, (rows, columns), ((top, bottom), (left, right)), ``"valid"``, ``"same"`` or
        ``"full"``. ``output_delta`` is shaped like the output; all ones if left out.

        Raises:
            ShapeError, GeometryError, ValueRangeError: each names the field and what would work.

        >>> Layer.of([[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[1, 2], [3, 4]]).output_shape
        (1, 1, 2, 2)
        """
        if not _one_of(operation, get_args(Operation)):
            raise ValueRangeError("operation", "must be convolution or correlation")
        if not _one_of(activation, ACTIVATIONS):
            known = ", ".join(ACTIVATIONS)
            raise ValueRangeError("activation", "must be one of {known}", known=known)
        return cls.made(
            input=numbers("input", input),
            kernel=numbers("kernel", kernel),
            bias=numbers("bias", bias),
            operation=operation,
            activation=activation,
            stride=pair("stride", stride),
            dilation=pair("dilation", dilation),
            padding=_padding(padding),
            groups=_groups(groups),
            output_delta=None if output_delta is None else numbers("output_delta", output_delta),
        )

    @classmethod
    def made(
        cls,
        *,
        input: Floats,
        kernel: Floats,
        bias: Floats,
        operation: Operation,
        activation: str,
        stride: Pair,
        dilation: Pair,
        padding: Padding | PaddingName,
        groups: int,
        output_delta: Floats | None,
    ) -> Layer:
        """A layer from what has been read: each value is sound, and arrays are read-only.

        Whether they belong together is found out here. Arrays have the axes that :meth:`of` names.

        Raises:
            ShapeError, GeometryError: each names the field and what would work.
        """
        rank = input.ndim
        _ranks_agree(rank, kernel.ndim)
        maps = input.reshape((1,) * (4 - rank) + input.shape)
        weights = kernel.reshape((1,) * (4 - kernel.ndim) + kernel.shape)
        _channels_agree(maps.shape[1], weights.shape[:2], groups)
        rows, columns = axes_of(maps.shape, weights.shape, stride, dilation, padding)
        if not (rows.fits and columns.fits):
            raise GeometryError(
                "kernel",
                "spans {span} cells but the padded map has {map}; "
                "use a smaller kernel or dilation, or more padding",
                span=times(rows.span, columns.span),
                map=times(rows.padded, columns.padded),
            )
        if rows.padded * columns.padded > LARGEST:
            raise GeometryError(
                "padding", "makes a map of more than {most} cells; use less", most=LARGEST
            )
        shape = (maps.shape[0], weights.shape[0], rows.outputs, columns.outputs)
        return cls(
            input=maps,
            kernel=weights,
            bias=_bias(bias, weights.shape[0]),
            output_delta=_output_delta(output_delta, shape, rank),
            operation=operation,
            activation=activation,
            stride=stride,
            dilation=dilation,
            padding=((rows.before, rows.after), (columns.before, columns.after)),
            groups=groups,
            rank=rank,
        )

    @cached_property
    def axes(self) -> tuple[Axis, Axis]:
        """Rows and columns."""
        shapes = self.input.shape, self.kernel.shape
        return axes_of(*shapes, self.stride, self.dilation, self.padding)

    @cached_property
    def slides(self) -> Slides:
        """How its stencils go over the map and over the deltas."""
        shapes = self.input.shape, self.kernel.shape
        return slides_of(*shapes, self.stride, self.dilation, self.padding, self.groups)

    @property
    def output_shape(self) -> tuple[int, int, int, int]:
        """(N, C_out, OH, OW)."""
        rows, columns = self.axes
        return self.input.shape[0], self.kernel.shape[0], rows.outputs, columns.outputs

    @property
    def work(self) -> int:
        """Multiply-adds of one forward pass, as if no window met the padding."""
        return math.prod(self.output_shape) * math.prod(self.kernel.shape[1:])

    def ranked(self, array: Floats) -> Floats:
        """A 4-D map with the axes that the input was given with: leading axes of 1 taken off."""
        return array.reshape(array.shape[4 - self.rank :])


def _one_of(value: object, known: Iterable[str]) -> bool:
    return isinstance(value, str) and value in known


def _ranks_agree(rank: int, kernel: int) -> None:
    if rank not in (2, 3, 4):
        raise ShapeError("input", "has {got} axes; give H×W, C×H×W or N×C×H×W", got=rank)
    if rank == 2 and kernel != 2:
        raise ShapeError("kernel", "has {got} axes; a 2-D input takes a kernel kh×kw", got=kernel)
    if rank > 2 and kernel != 4:
        raise ShapeError(
            "kernel",
            "has {got} axes; a 3-D or 4-D input takes C_out×(C_in/groups)×kh×kw",
            got=kernel,
        )


def _channels_agree(channels: int, kernel: tuple[int, ...], groups: int) -> None:
    outputs, inputs = kernel
    if channels % groups or outputs % groups:
        raise GeometryError(
            "groups",
            "is {groups}; it must divide both {channels} input and {outputs} output channels",
            groups=groups,
            channels=channels,
            outputs=outputs,
        )
    if inputs != channels // groups:
        raise ShapeError(
            "kernel",
            "takes {got} input channels; the input has {channels} in {groups} group(s), "
            "so give {want}",
            got=inputs,
            channels=channels,
            groups=groups,
            want=channels // groups,
        )


def _groups(groups: int) -> int:
    try:
        return whole(groups, 1)
    except ValueError:
        raise ValueRangeError("groups", "must be an integer of at least 1") from None


def _padding(padding: PaddingLike) -> Padding | PaddingName:
    if isinstance(padding, str):
        if padding not in get_args(PaddingName):
            raise ValueRangeError("padding", "must be valid, same or full when it is a word")
        return padding
    try:
        rows, columns = spread(padding, (), (2,), (2, 2)).tolist()
        return (whole(rows[0], 0), whole(rows[1], 0)), (
            whole(columns[0], 0),
            whole(columns[1], 0),
        )
    except ValueError:
        raise ValueRangeError(
            "padding",
            "must be an integer of at least 0, [rows, columns], [[top, bottom], [left, right]], "
            "valid, same or full",
        ) from None


def _bias(array: Floats, outputs: int) -> Floats:
    if array.ndim == 0:
        array = np.full(outputs, array)
        array.flags.writeable = False
    if array.shape != (outputs,):
        raise ShapeError(
            "bias",
            "has shape {got}; give one number, or a list of {want}, one for each output channel",
            got=times(*array.shape),
            want=outputs,
        )
    return array


def _output_delta(array: Floats | None, shape: tuple[int, int, int, int], rank: int) -> Floats:
    if array is None:
        array = np.ones(shape)
        array.flags.writeable = False
        return array
    if array.shape != shape[4 - rank :]:
        raise ShapeError(
            "output_delta",
            "has shape {got}; the output has {want}, so give that",
            got=times(*array.shape) or "()",
            want=times(*shape[4 - rank :]),
        )
    return array.reshape(shape)
