"""What a user may ask for of a training: data, architecture, mistake, and how long."""

from __future__ import annotations

import math
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from app.engine import Operation
from app.engine.activations import Floats
from app.engine.stages import Conv, Dense, Shape, Stage
from app.engine.strokes import CLASSES, SIDE, Examples, strokes
from app.engine.training import CHECKED_ENTRIES, POOLS, RUNS, Architecture, Plan
from app.engine.wrong_rules import MISTAKES
from app.spec import fields
from app.spec.arrays import not_a_number, parse_array
from app.spec.body import Body
from app.spec.errors import LimitError, SpecError
from app.spec.fields import Parsed
from app.spec.limits import DEFAULT_LIMITS, Limits

HELD_OUT = 256
# What a stage costs a step beside its multiplications, in multiplications: NumPy is called some
# 20 times for it, and a short call takes as long as a few thousand multiplications.
OVERHEAD = 50_000


def _count(least: int, most: int) -> Parsed:
    return Parsed(
        lambda value, _: fields.whole(value, least, most),
        {"type": "integer", "minimum": least, "maximum": most},
    )


def _up_to(least: int, limit: str) -> Parsed:
    """A whole number that a limit ends; which one is the server's choice."""
    return Parsed(
        lambda value, limits: fields.whole(value, least, getattr(limits, limit)),
        {"type": "integer", "minimum": least},
    )


def _said(what: str, limit: str) -> Any:
    most = getattr(DEFAULT_LIMITS, limit)
    return Field(description=f"{what}; {most} at most, unless the server is set otherwise")


def _real(most: float) -> Parsed:
    def read(value: object, _: Limits) -> float:
        if type(value) not in (int, float):
            raise not_a_number((), value)
        number = float(value)  # type: ignore[arg-type]
        if not 0 <= number <= most:
            raise SpecError((), "must be from 0 to {most}", most=most)
        return number

    return Parsed(read, {"type": "number", "minimum": 0, "maximum": most})


def _word(known: tuple[str, ...]) -> Parsed:
    return Parsed(
        lambda value, _: fields.one_of(value, known), {"type": "string", "enum": list(known)}
    )


def _channels(value: object, limits: Limits) -> tuple[int, ...]:
    if not isinstance(value, list | tuple) or len(value) not in (2, 3):
        raise SpecError((), "must be two or three numbers, one for each convolution")
    return tuple(fields.whole(n, 1, limits.channels, (i,)) for i, n in enumerate(value))


def _picture(value: object, limits: Limits) -> Floats:
    picture = parse_array(value, (2,), limits)
    if picture.shape != (SIDE, SIDE):
        raise SpecError(
            (),
            "is {rows}×{columns}; give {side}×{side}",
            rows=picture.shape[0],
            columns=picture.shape[1],
            side=SIDE,
        )
    if picture.min() < 0 or picture.max() > 1:
        raise SpecError((), "must hold numbers from 0 to {most}", most=1)
    return picture


class DrawingSpec(Body):
    """A drawing and the class that it is to be learned as."""

    picture: Annotated[
        Floats,
        Parsed(_picture, fields.lists(2, "12×12")),
        Field(description="Ink from 0 to 1"),
    ]
    label: Annotated[
        int,
        _count(0, CLASSES - 1),
        Field(description="k: a stroke that rises to the right at k·22.5°"),
    ]


def _drawings(value: object, limits: Limits) -> tuple[DrawingSpec, ...]:
    if not isinstance(value, list | tuple):
        raise SpecError((), "must be a list")
    if len(value) > limits.drawings:
        raise LimitError((), "are more than {most:,}, which is the limit", most=limits.drawings)
    return tuple(DrawingSpec.parse(item, limits, (i,)) for i, item in enumerate(value))


_DRAWINGS: dict[str, Any] = {
    "type": "array",
    "items": DrawingSpec.model_json_schema(),
}


class TrainSpec(Body):
    """Three trainings side by side: right, with a mistake, and with the first layers frozen."""

    mistake: Annotated[
        str, _word(tuple(MISTAKES)), Field(description="What the second run does wrong")
    ] = "kernel_not_rotated"
    seed: Annotated[
        int,
        _count(0, 2**32 - 1),
        Field(description="The same seed, the same numbers: data, first weights and batches"),
    ] = 1
    epochs: Annotated[int, _up_to(1, "epochs"), _said("Times through all pictures", "epochs")] = 10
    batch: Annotated[
        int, _up_to(1, "batch"), _said("Pictures in a step at most, all as even as can be", "batch")
    ] = 16
    learning_rate: Annotated[float, _real(10.0)] = 0.05
    strokes: Annotated[int, _up_to(0, "pictures"), _said("Pictures made in code", "pictures")] = 512
    noise: Annotated[float, _real(2.0), Field(description="Standard deviation; the ink is 1")] = 0.2
    drawings: Annotated[
        tuple[DrawingSpec, ...],
        Parsed(_drawings, _DRAWINGS),
        _said("Pictures of the user's own, trained on beside those made in code", "drawings"),
    ] = ()
    channels: Annotated[
        tuple[int, ...],
        Parsed(
            _channels,
            {
                "type": "array",
                "minItems": 2,
                "maxItems": 3,
                "items": {"type": "integer", "minimum": 1},
            },
        ),
        _said("Output channels of each convolution", "channels"),
    ] = (4, 8)
    kernel: Annotated[int, _count(2, 3), Field(description="Rows and columns of a kernel")] = 3
    operation: Annotated[Operation, Parsed(fields.operation_field, fields.OPERATION_SCHEMA)] = (
        "convolution"
    )
    activation: Annotated[
        str, Parsed(fields.activation_field, {**fields.ACTIVATION_SCHEMA, "default": "relu"})
    ] = "relu"
    pooling: Annotated[
        str, _word(tuple(POOLS)), Field(description="After the first convolution, 2×2")
    ] = "max"

    def plan(self, limits: Limits = DEFAULT_LIMITS) -> Plan:
        """Data, first weights and all else that the engine needs.

        Raises:
            LimitError: more work than is done here.
            SpecError: nothing to train on.

        >>> TrainSpec().plan().steps
        32
        """
        count = self.strokes + len(self.drawings)
        if count == 0:
            raise SpecError(("strokes",), "is 0 and there are no drawings; give some of either")
        rng = np.random.default_rng([self.seed, 0])
        architecture = Architecture(
            self.channels, self.kernel, self.operation, self.activation, self.pooling
        )
        stages = architecture.initial(rng)
        work = self._work(stages, count)
        if work > limits.training:
            raise LimitError(
                ("epochs",),
                "with so many pictures and channels make {got:,} multiplications; "
                "{most:,} is the limit",
                got=work,
                most=limits.training,
            )
        made, held_out = (strokes(rng, n, self.noise) for n in (self.strokes, HELD_OUT))
        return Plan(
            stages=stages,
            training=_together(made, self.drawings),
            held_out=held_out,
            wrong=MISTAKES[self.mistake],
            epochs=self.epochs,
            batch=self.batch,
            rate=self.learning_rate,
            seed=self.seed,
        )

    def _work(self, stages: tuple[Stage, ...], examples: int) -> int:
        """Multiply-adds of all three runs, and what else their steps, reports and checks cost."""
        shape: Shape = (1, 1, SIDE, SIDE)
        forward = parameters = 0
        for stage in stages:
            after = stage.output_shape(shape, 4)
            forward += math.prod(after)
            if isinstance(stage, Conv):
                forward += math.prod(after) * math.prod(stage.kernel.shape[1:])
            elif isinstance(stage, Dense):
                forward += stage.weight.size
            parameters += len(stage.parameters)
            shape = after
        steps = -(-examples // self.batch)
        reports = max(4, -(-steps // 32)) + 1
        each = len(stages) * OVERHEAD
        epoch = steps * 3 * each + examples * 3 * forward
        epoch += reports * (each + HELD_OUT * forward)
        epoch += 2 * CHECKED_ENTRIES * parameters * each
        return len(RUNS) * self.epochs * epoch


def _together(made: Examples, drawings: tuple[DrawingSpec, ...]) -> Examples:
    """Those made in code and those drawn; the drawn ones first, so that the check sees them."""
    if not drawings:
        return made
    pictures = np.stack([drawing.picture for drawing in drawings])[:, None]
    labels = np.array([drawing.label for drawing in drawings], dtype=np.intp)
    return Examples(
        np.concatenate([pictures, made.pictures]), np.concatenate([labels, made.classes])
    )
