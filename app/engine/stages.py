"""The stages of a network: what each does forwards, and its own chain rule backwards.

A stage takes maps, (N, C, H, W), or flat values, (N, F), and gives either; N is the batch. What
reaches it from behind is ∂C/∂output, what it passes on is ∂C/∂input, and neither of the two knows
what the other stages do. Only :class:`Conv` has a kernel to turn, and its backward pass is the
engine's own: the stage is a :class:`~app.engine.layer.Layer`, and ``stencil`` slides. Pooling
stands in ``pooling``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.engine import stencil
from app.engine.activations import ACTIVATIONS, Floats
from app.engine.errors import ShapeError, ValueRangeError, times
from app.engine.given import Pair, numbers
from app.engine.layer import Layer, Operation, PaddingLike

Shape = tuple[int, ...]


def ranked_shape(shape: Shape, rank: int) -> Shape:
    """(N, C, H, W) or (N, F) without the axes that an input of ``rank`` axes lacks.

    >>> ranked_shape((1, 1, 3, 3), 2), ranked_shape((1, 9), 2), ranked_shape((5, 9), 4)
    ((3, 3), (9,), (5, 9))
    """
    return shape[4 - rank :] if len(shape) == 4 else shape if rank == 4 else shape[1:]


def _slope(function: str, z: Floats) -> Floats:
    return ACTIVATIONS[function].derivative(z)


@dataclass(frozen=True)
class Rules:
    """The rules of a backward pass in which a mistake can be made on purpose.

    ``collect``: a layer and its δ → ∂C/∂a. ``kernel_gradient``: the same and a → ∂C/∂w.
    ``derivative``: an activation's name and z → what the delta is multiplied with, σ′(z).
    """

    collect: Callable[[Layer], Floats] = stencil.collect
    kernel_gradient: Callable[[Layer, Floats], Floats] = stencil.kernel_gradient
    derivative: Callable[[str, Floats], Floats] = _slope


RIGHT = Rules()


class Stage:
    """What every stage can do; this one passes everything through.

    ``shape`` is always (N, C, H, W) or (N, F). Arrays that come out may share memory with those
    that went in.
    """

    type: ClassVar[str]
    parameters: ClassVar[tuple[str, ...]] = ()  # names of the arrays that training changes

    def output_shape(self, shape: Shape, rank: int) -> Shape:
        """The output's shape for an input's; ``rank`` is the number of axes that users see.

        Raises:
            EngineError: the stage does not take such an input; ``field`` is the stage's own.
        """
        return shape

    def forward(self, x: Floats) -> Floats:
        """The output."""
        return x

    def backward(self, x: Floats, delta: Floats, rules: Rules = RIGHT) -> Floats:
        """∂C/∂x from ``delta`` = ∂C/∂output."""
        return delta

    def gradients(self, x: Floats, delta: Floats, rules: Rules = RIGHT) -> dict[str, Floats]:
        """∂C/∂(each of ``parameters``), summed over the batch."""
        return {}

    def piece(self, x: Floats) -> NDArray[np.generic] | None:
        """Which smooth piece of the stage ``x`` is on: two x with one piece have no kink between.

        None where there is only one piece.
        """
        return None

    def changed(self, parameters: Mapping[str, Floats]) -> Self:
        """The same stage with other numbers in it; they become read-only."""
        for array in parameters.values():
            array.flags.writeable = False
        return replace(self, **parameters)  # type: ignore[type-var]


@dataclass(frozen=True, eq=False)
class Conv(Stage):
    """A convolutional layer; its activation, if any, is a stage of its own."""

    type: ClassVar[str] = "conv"
    parameters: ClassVar[tuple[str, ...]] = ("kernel", "bias")

    kernel: Floats  # (C_out, C/groups, kh, kw), or (kh, kw) where the network's input is H×W
    bias: Floats  # (C_out,)
    operation: Operation = "convolution"
    stride: int | Pair = 1
    padding: PaddingLike = 0
    dilation: int | Pair = 1
    groups: int = 1

    def _layer(self, input: ArrayLike, kernel: ArrayLike, delta: Floats | None = None) -> Layer:
        return Layer.of(
            input,
            kernel,
            bias=self.bias,
            operation=self.operation,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            groups=self.groups,
            output_delta=delta,
        )

    def layer(self, x: Floats, delta: Floats | None = None) -> Layer:
        """The stage as the engine's layer over (N, C, H, W); ``delta`` is shaped like its output.

        Its trace, wires and steps tell this stage as they tell any layer.
        """
        kernel = self.kernel if self.kernel.ndim == 4 else self.kernel[None, None]
        return self._layer(x, kernel, delta)

    def output_shape(self, shape: Shape, rank: int) -> Shape:
        """(N, C, H, W) → (N, C_out, OH, OW); the layer's own checks."""
        take_maps(shape)
        return self._layer(np.zeros(shape[4 - rank :]), self.kernel).output_shape

    def forward(self, x: Floats) -> Floats:
        """The forward stencil over the map."""
        layer = self.layer(x)
        return stencil.forward(layer, layer.input)

    def backward(self, x: Floats, delta: Floats, rules: Rules = RIGHT) -> Floats:
        """What every input cell collects: the backward stencil, turned, over the deltas."""
        return rules.collect(self.layer(x, delta))

    def gradients(self, x: Floats, delta: Floats, rules: Rules = RIGHT) -> dict[str, Floats]:
        """The deltas over the map, and their sum."""
        layer = self.layer(x, delta)
        kernel = rules.kernel_gradient(layer, layer.input).reshape(self.kernel.shape)
        return {"kernel": kernel, "bias": stencil.bias_gradient(layer)}


@dataclass(frozen=True, eq=False)
class Activate(Stage):
    """σ, cell by cell."""

    type: ClassVar[str] = "activation"

    function: str

    def output_shape(self, shape: Shape, rank: int) -> Shape:
        """As it is, if there is such a function."""
        if self.function not in ACTIVATIONS:
            known = ", ".join(ACTIVATIONS)
            raise ValueRangeError("function", "must be one of {known}", known=known)
        return shape

    def forward(self, x: Floats) -> Floats:
        """σ(x)."""
        return ACTIVATIONS[self.function].value(x)

    def backward(self, x: Floats, delta: Floats, rules: Rules = RIGHT) -> Floats:
        """δ ⊙ σ′(x)."""
        return delta * rules.derivative(self.function, x)

    def piece(self, x: Floats) -> NDArray[np.generic] | None:
        """On which side of each kink."""
        kinks = ACTIVATIONS[self.function].kinks
        return np.stack([x > kink for kink in kinks]) if kinks else None


@dataclass(frozen=True, eq=False)
class Flatten(Stage):
    """Maps to flat values in C order; what is flat stays as it is."""

    type: ClassVar[str] = "flatten"

    def output_shape(self, shape: Shape, rank: int) -> Shape:
        """(N, C, H, W) → (N, C·H·W)."""
        return shape[0], int(np.prod(shape[1:]))

    def forward(self, x: Floats) -> Floats:
        """The same numbers in a row."""
        return x.reshape(len(x), -1)

    def backward(self, x: Floats, delta: Floats, rules: Rules = RIGHT) -> Floats:
        """The same numbers in their places."""
        return delta.reshape(x.shape)


@dataclass(frozen=True, eq=False)
class Dense(Stage):
    """A fully connected layer: y = W·x + b."""

    type: ClassVar[str] = "dense"
    parameters: ClassVar[tuple[str, ...]] = ("weight", "bias")

    weight: Floats  # (out, in)
    bias: Floats  # (out,)

    def output_shape(self, shape: Shape, rank: int) -> Shape:
        """(N, in) → (N, out)."""
        if len(shape) != 2:
            raise ShapeError("weight", "meets maps, not flat values; put a flatten layer before")
        weight, bias = numbers("weight", self.weight), numbers("bias", self.bias)
        if weight.ndim != 2 or weight.shape[1] != shape[1]:
            raise ShapeError(
                "weight",
                "has shape {got}; give [out][in], and {want} values come in",
                got=times(*weight.shape) or "()",
                want=shape[1],
            )
        if bias.shape != (len(weight),):
            raise ShapeError(
                "bias",
                "has shape {got}; give one number, or a list of {want}, one for each output",
                got=times(*bias.shape),
                want=len(weight),
            )
        return shape[0], len(weight)

    def forward(self, x: Floats) -> Floats:
        """W·x + b for each member of the batch."""
        return x @ self.weight.T + self.bias

    def backward(self, x: Floats, delta: Floats, rules: Rules = RIGHT) -> Floats:
        """Wᵀ·δ: the MLP's rule."""
        return delta @ self.weight

    def gradients(self, x: Floats, delta: Floats, rules: Rules = RIGHT) -> dict[str, Floats]:
        """Each wire's δ times what came through it."""
        return {"weight": delta.T @ x, "bias": delta.sum(axis=0)}


def take_maps(shape: Shape) -> None:
    """Refuse flat values."""
    if len(shape) != 4:
        raise ShapeError("type", "takes maps, but what comes in is flat; put it before flatten")
