"""The layers that a network may have, each as its JSON object."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from app.engine import EngineError, Operation
from app.engine.activations import Floats
from app.engine.geometry import PaddingName
from app.engine.given import Pair
from app.engine.layer import Padding
from app.engine.pooling import AveragePool, MaxPool
from app.engine.stages import Activate, Conv, Dense, Flatten, Shape, Stage, ranked_shape
from app.spec import fields
from app.spec.arrays import parse_array
from app.spec.body import Body
from app.spec.fields import Parsed
from app.spec.layer import LayerSpec
from app.spec.limits import Limits


def _required(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a field that must be given."""
    return {key: value for key, value in schema.items() if key != "default"}


_BIAS = Parsed(fields.bias_field, fields.BIAS_SCHEMA)
_PAIR = Parsed(fields.pair_field, fields.PAIR_SCHEMA)


class StageSpec(Body):
    """One layer of a network; ``type`` says which."""

    def stage(self) -> Stage:
        """The engine's."""
        raise NotImplementedError

    def work(self, shape: Shape, rank: int, limits: Limits) -> int:
        """Multiply-adds or cells of its longest pass over an input of that shape."""
        return math.prod(shape)


class ConvSpec(StageSpec):
    """A convolutional layer; a kernel kh×kw goes with an H×W input of the network."""

    type: Literal["conv"]
    kernel: Annotated[Floats, Parsed(fields.kernel_field, fields.KERNEL_SCHEMA)]
    bias: Annotated[Floats, _BIAS] = Field(default_factory=fields.no_bias)
    operation: Annotated[Operation, Parsed(fields.operation_field, fields.OPERATION_SCHEMA)] = (
        "convolution"
    )
    stride: Annotated[Pair, _PAIR] = (1, 1)
    padding: Annotated[
        Padding | PaddingName, Parsed(fields.padding_field, fields.PADDING_SCHEMA)
    ] = ((0, 0), (0, 0))
    dilation: Annotated[Pair, _PAIR] = (1, 1)
    groups: Annotated[int, Parsed(fields.groups_field, fields.GROUPS_SCHEMA)] = 1

    def stage(self) -> Stage:
        """The engine's."""
        outputs = len(self.kernel) if self.kernel.ndim == 4 else 1
        given = {name: getattr(self, name) for name in ConvSpec.model_fields if name != "type"}
        return Conv(**{**given, "bias": _for_each(self.bias, outputs)})

    def work(self, shape: Shape, rank: int, limits: Limits) -> int:
        """As for a layer alone, with the same limits."""
        given = {name: getattr(self, name) for name in ConvSpec.model_fields if name != "type"}
        if len(shape) != 4:  # the engine says what is wrong
            return 0
        # sizes are all that is asked, so the input is a view of one number
        input = np.broadcast_to(0.0, ranked_shape(shape, rank))
        layer = LayerSpec.model_construct(**given, input=input)
        layer.check_limits(limits)
        return layer.work


class ActivationSpec(StageSpec):
    """σ, cell by cell."""

    type: Literal["activation"]
    function: Annotated[
        str,
        Parsed(fields.activation_field, _required(fields.ACTIVATION_SCHEMA)),
    ]

    def stage(self) -> Stage:
        """The engine's."""
        return Activate(self.function)


class _PoolSpec(StageSpec):
    size: Annotated[Pair, Parsed(fields.pair_field, _required(fields.PAIR_SCHEMA))]
    stride: Annotated[
        Pair | None,
        Parsed(
            lambda value, limits: None if value is None else fields.pair_field(value, limits),
            {"anyOf": [*fields.PAIR_SCHEMA["anyOf"], {"type": "null"}]},
        ),
        Field(description="As large as the window if left out"),
    ] = None

    def work(self, shape: Shape, rank: int, limits: Limits) -> int:
        """Cells of all windows."""
        try:
            output = self.stage().output_shape(shape, rank)
        except EngineError:  # said again, with its place, where the shapes are followed
            return 0
        return max(math.prod(output) * math.prod(self.size), math.prod(shape))


class MaxPoolSpec(_PoolSpec):
    """The largest cell of each window; what the windows do not reach is dropped."""

    type: Literal["max_pool"]

    def stage(self) -> Stage:
        """The engine's."""
        return MaxPool(self.size, self.stride)


class AveragePoolSpec(_PoolSpec):
    """The mean of each window; what the windows do not reach is dropped."""

    type: Literal["average_pool"]

    def stage(self) -> Stage:
        """The engine's."""
        return AveragePool(self.size, self.stride)


class FlattenSpec(StageSpec):
    """Maps to flat values in C order, batch members kept apart."""

    type: Literal["flatten"]

    def stage(self) -> Stage:
        """The engine's."""
        return Flatten()


def _weight(value: object, limits: Limits) -> Floats:
    return parse_array(value, (2,), limits)


class DenseSpec(StageSpec):
    """A fully connected layer over flat values."""

    type: Literal["dense"]
    weight: Annotated[
        Floats,
        Parsed(_weight, fields.lists(2, "[out][in]")),
    ]
    bias: Annotated[Floats, _BIAS] = Field(default_factory=fields.no_bias)

    def stage(self) -> Stage:
        """The engine's."""
        return Dense(self.weight, _for_each(self.bias, len(self.weight)))

    def work(self, shape: Shape, rank: int, limits: Limits) -> int:
        """One multiply-add a wire and member."""
        return shape[0] * self.weight.size


LAYERS: Mapping[str, type[StageSpec]] = {
    "conv": ConvSpec,
    "activation": ActivationSpec,
    "max_pool": MaxPoolSpec,
    "average_pool": AveragePoolSpec,
    "flatten": FlattenSpec,
    "dense": DenseSpec,
}


def _for_each(bias: Floats, outputs: int) -> Floats:
    return np.broadcast_to(bias, outputs) if bias.ndim == 0 else bias
