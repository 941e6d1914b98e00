"""What a user may ask for of several layers: a network, its input and its loss."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, TypeAdapter

from app.engine import EngineError
from app.engine.activations import Floats
from app.engine.losses import Loss, MeanSquaredError, SoftmaxCrossEntropy
from app.engine.network import within
from app.engine.stages import Shape, Stage
from app.engine.wrong_rules import MISTAKES
from app.spec import fields
from app.spec.arrays import parse_array
from app.spec.body import Body
from app.spec.errors import LimitError, SpecError
from app.spec.fields import Parsed
from app.spec.limits import DEFAULT_LIMITS, Limits
from app.spec.stages import LAYERS, StageSpec


class MseSpec(Body):
    """½·Σ(y − t)²/N, with y the last output and N the batch."""

    type: Literal["mse"]
    target: Annotated[
        Floats,
        Parsed(
            lambda value, limits: parse_array(value, (1, 2, 3, 4), limits),
            {"anyOf": [fields.lists(axes, "like the output") for axes in (1, 2, 3, 4)]},
        ),
    ]

    def loss(self) -> Loss:
        """The engine's."""
        return MeanSquaredError(self.target)


def _classes(value: object, limits: Limits) -> tuple[int, ...]:
    if not isinstance(value, list | tuple):
        return (fields.whole(value, 0, limits.cells),)
    if not value:
        raise SpecError((), "is empty; give at least one number")
    return tuple(fields.whole(item, 0, limits.cells, (i,)) for i, item in enumerate(value))


_CLASS: dict[str, Any] = {"type": "integer", "minimum": 0}


class CrossEntropySpec(Body):
    """Softmax of flat outputs and −log of the class's share, the mean over the batch."""

    type: Literal["softmax_cross_entropy"]
    target: Annotated[
        tuple[int, ...],
        Parsed(_classes, {"anyOf": [_CLASS, {"type": "array", "items": _CLASS, "minItems": 1}]}),
        Field(description="Class numbers from 0, one for each member of the batch"),
    ]

    def loss(self) -> Loss:
        """The engine's."""
        return SoftmaxCrossEntropy(np.array(self.target, dtype=np.intp))


LOSSES: Mapping[str, type[MseSpec | CrossEntropySpec]] = {
    "mse": MseSpec,
    "softmax_cross_entropy": CrossEntropySpec,
}


def _of_type(value: object, known: Mapping[str, type[Any]], limits: Limits) -> Any:
    if not isinstance(value, dict):
        raise SpecError((), "is not a JSON object")
    kind = value.get("type")
    if not isinstance(kind, str) or kind not in known:
        raise SpecError(("type",), "must be one of {known}", known=", ".join(known))
    return known[kind].parse(value, limits)


def _layers(value: object, limits: Limits) -> tuple[StageSpec, ...]:
    if not isinstance(value, list | tuple) or not value:
        raise SpecError((), "must be a list of at least one layer")
    if len(value) > limits.layers:
        raise LimitError((), "are more than {most:,}, which is the limit", most=limits.layers)
    found = []
    for index, item in enumerate(value):
        try:
            found.append(_of_type(item, LAYERS, limits))
        except SpecError as error:
            raise error.under((index,)) from None
    return tuple(found)


def mistake_field(value: object, _: Limits) -> str | None:
    """The code of a mistake, or None."""
    return None if value is None else fields.one_of(value, tuple(MISTAKES))


def _schemas(known: Mapping[str, type[Body]]) -> dict[str, Any]:
    return {"anyOf": [TypeAdapter(kind).json_schema() for kind in known.values()]}


MISTAKE_SCHEMA = {"anyOf": [{"type": "string", "enum": list(MISTAKES)}, {"type": "null"}]}


class NetworkSpec(Body):
    """Layers in a row, an input and a loss."""

    input: Annotated[Floats, Parsed(fields.map_field, fields.MAP_SCHEMA)]
    layers: Annotated[
        tuple[StageSpec, ...],
        Parsed(_layers, {"type": "array", "minItems": 1, "items": _schemas(LAYERS)}),
    ]
    loss: Annotated[
        MseSpec | CrossEntropySpec,
        Parsed(lambda value, limits: _of_type(value, LOSSES, limits), _schemas(LOSSES)),
    ]
    mistake: Annotated[
        str | None,
        Parsed(mistake_field, MISTAKE_SCHEMA),
        Field(description="A mistake to make in every layer's backward pass"),
    ] = None

    def stages(self, limits: Limits = DEFAULT_LIMITS) -> tuple[Stage, ...]:
        """The engine's stages, checked against the limits before anything large is made.

        Raises:
            LimitError: a map, all maps together, or the work is beyond the limits.
            EngineError: a layer does not take what the one before it gives.

        >>> spec = NetworkSpec.parse({
        ...     "input": [[1, 2], [3, 4]],
        ...     "layers": [{"type": "max_pool", "size": 2}, {"type": "flatten"}],
        ...     "loss": {"type": "mse", "target": [3]},
        ... })
        >>> [stage.type for stage in spec.stages()]
        ['max_pool', 'flatten']
        """
        _check_input(self.input, limits)
        stages, rank = [], self.input.ndim
        shape: Shape = (1,) * (4 - rank) + self.input.shape
        cells = work = 0
        for index, part in enumerate(self.layers):
            stage = part.stage()
            try:
                work += part.work(shape, rank, limits)
                shape = stage.output_shape(shape, rank)
            except LimitError as error:
                place = tuple(p for p in error.path if p != "input")
                raise LimitError(("layers", index, *place), error.template, **error.facts) from None
            except EngineError as error:
                raise within(error, index) from None
            cells += math.prod(shape)
            _check_sums(cells, work, limits)
            stages.append(stage)
        return tuple(stages)


def _check_input(input: Floats, limits: Limits) -> None:
    side = max(input.shape[-2:])
    if side > limits.side:
        raise LimitError(
            ("input",),
            "has {got:,} rows or columns; {most:,} is the limit",
            got=side,
            most=limits.side,
        )


def _check_sums(cells: int, work: int, limits: Limits) -> None:
    if cells > limits.cells:
        raise LimitError(
            ("layers",),
            "make maps of {got:,} numbers together; {most:,} is the limit",
            got=cells,
            most=limits.cells,
        )
    if work > limits.work:
        raise LimitError(
            ("layers",),
            "make {got:,} multiplications together; {most:,} is the limit",
            got=work,
            most=limits.work,
        )
