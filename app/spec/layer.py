"""What a user may ask for: a layer, as a value that can be sent, compared and remembered."""

from __future__ import annotations

import math
from functools import cached_property, lru_cache
from typing import Annotated, Any, ClassVar, NamedTuple

from pydantic import Field

from app.engine import Layer, Operation
from app.engine.activations import Floats
from app.engine.geometry import Axis, PaddingName, axes_of
from app.engine.given import Pair
from app.engine.layer import Padding
from app.engine.sliding import Shape
from app.spec import fields
from app.spec.body import Body
from app.spec.errors import LimitError
from app.spec.fields import Parsed
from app.spec.limits import DEFAULT_LIMITS, Limits


class LayerSpec(Body):
    """One convolutional layer and the deltas that arrive from behind it (docs: REST contract).

    Arrays are read-only float64 and keep the axes they were given with. ``stride`` and
    ``dilation`` are (rows, columns) and ``padding`` a word or ((top, bottom), (left, right)),
    whichever short form they were written in. Two specs are equal when all their numbers are.

    >>> spec = LayerSpec(input=[[1, 2, 3], [4, 5, 6], [7, 8, 9]], kernel=[[1, 2], [3, 4]])
    >>> spec.stride, spec.layer().output_shape
    ((1, 1), (1, 1, 2, 2))
    """

    input: Annotated[
        Floats,
        Parsed(fields.map_field, fields.MAP_SCHEMA),
        Field(description="z^l, the earlier layer's pre-activations"),
    ]
    kernel: Annotated[
        Floats,
        Parsed(fields.kernel_field, fields.KERNEL_SCHEMA),
        Field(description="w: kh×kw with an H×W input, else C_out×(C_in/groups)×kh×kw"),
    ]
    bias: Annotated[
        Floats,
        Parsed(fields.bias_field, fields.BIAS_SCHEMA),
        Field(description="b: one number, or one for each output channel"),
    ] = Field(default_factory=fields.no_bias)
    operation: Annotated[
        Operation,
        Parsed(fields.operation_field, fields.OPERATION_SCHEMA),
        Field(description="What the forward pass does with w"),
    ] = "convolution"
    activation: Annotated[
        str,
        Parsed(fields.activation_field, fields.ACTIVATION_SCHEMA),
        Field(description="σ, applied to the input: a^l = σ(z^l)"),
    ] = "identity"
    stride: Annotated[
        Pair,
        Parsed(fields.pair_field, fields.PAIR_SCHEMA),
        Field(description="Cells that the window moves by"),
    ] = (1, 1)
    dilation: Annotated[
        Pair,
        Parsed(fields.pair_field, fields.PAIR_SCHEMA),
        Field(description="Distance between neighbouring taps"),
    ] = (1, 1)
    padding: Annotated[
        Padding | PaddingName,
        Parsed(fields.padding_field, fields.PADDING_SCHEMA),
        Field(description="Zeros around a^l"),
    ] = ((0, 0), (0, 0))
    groups: Annotated[
        int,
        Parsed(fields.groups_field, fields.GROUPS_SCHEMA),
        Field(description="Groups of channels that do not mix"),
    ] = 1
    output_delta: Annotated[
        Floats | None,
        Parsed(fields.delta_field, fields.DELTA_SCHEMA),
        Field(description="δ^{l+1} = ∂C/∂output, shaped like the output; all ones if left out"),
    ] = None

    ARRAYS: ClassVar[tuple[str, ...]] = ("input", "kernel", "bias", "output_delta")

    @property
    def has_bias(self) -> bool:
        """Whether the bias is written down; only a single 0 is not (and −0 is another number)."""
        return self.bias.ndim > 0 or self.bias.tobytes() != bytes(8)

    @cached_property
    def key(self) -> bytes:
        """All that makes the layer what it is, in bytes: equal layers have equal keys.

        What a subclass asks beside the layer is not part of it.
        """
        plain = [getattr(self, n) for n in _FIELDS if n not in self.ARRAYS]
        arrays = [getattr(self, name) for name in self.ARRAYS]
        shapes = [None if array is None else array.shape for array in arrays]
        numbers = (array.tobytes() for array in arrays if array is not None)
        return b"".join((repr((plain, shapes)).encode(), *numbers))

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return False
        more = type(self).model_fields.keys() - set(_FIELDS)
        return self.key == other.key and all(getattr(self, n) == getattr(other, n) for n in more)

    def __hash__(self) -> int:
        return hash(self.key)

    def request(self) -> dict[str, Any]:
        """The JSON body that says the same, as short as it can be written."""
        body: dict[str, Any] = {"input": self.input.tolist(), "kernel": self.kernel.tolist()}
        if self.has_bias:
            body["bias"] = self.bias.tolist()
        for name in ("operation", "activation", "groups"):
            if getattr(self, name) != type(self).model_fields[name].default:
                body[name] = getattr(self, name)
        for name in ("stride", "dilation"):
            rows, columns = getattr(self, name)
            if (rows, columns) != (1, 1):
                body[name] = rows if rows == columns else [rows, columns]
        if self.padding != ((0, 0), (0, 0)):
            body["padding"] = short_padding(self.padding)
        if self.output_delta is not None:
            body["output_delta"] = self.output_delta.tolist()
        return body

    def layer(self, limits: Limits = DEFAULT_LIMITS) -> Layer:
        """The engine's layer, checked against the limits before anything large is made.

        Raises:
            LimitError: a side, or the work, is beyond the limits.
            EngineError: the fields do not belong together.
        """
        self.check_limits(limits)
        return Layer.made(**{name: getattr(self, name) for name in _FIELDS})

    def check_limits(self, limits: Limits) -> None:
        """Whether the layer is small enough, from its sizes alone.

        Raises:
            LimitError: a side, the output or the work is beyond the limits.
        """
        _check_sides(self, limits)
        cells, work = self._size
        if cells > limits.cells:
            raise LimitError(
                ("kernel",),
                "gives an output of {got:,} numbers here; {most:,} is the limit",
                got=cells,
                most=limits.cells,
            )
        if work > limits.work:
            raise LimitError(
                ("input",),
                "makes {got:,} multiplications or padded cells with this kernel and padding; "
                "{most:,} is the limit",
                got=work,
                most=limits.work,
            )

    @property
    def work(self) -> int:
        """Multiply-adds of the longest pass, or cells of the largest padded map if more.

        0 for a layer that the engine refuses.
        """
        return self._size.work

    @property
    def _size(self) -> _Size:
        shapes = self.input.shape, self.kernel.shape
        return _size(*shapes, self.stride, self.dilation, self.padding)


_FIELDS = tuple(LayerSpec.model_fields)  # of a layer, whatever a subclass asks beside it


class NodeSpec(LayerSpec):
    """A layer and one of its input nodes."""

    node: Annotated[
        tuple[int, ...],
        Parsed(fields.node_field, fields.NODE_SCHEMA),
        Field(description="[y, x], [c, y, x] or [n, c, y, x], counted from 0"),
    ]


def short_padding(padding: Padding | PaddingName) -> Any:
    """The shortest of the five ways to write it."""
    if isinstance(padding, str):
        return padding
    rows, columns = padding
    if rows[0] != rows[1] or columns[0] != columns[1]:
        return [list(rows), list(columns)]
    return rows[0] if rows == columns else [rows[0], columns[0]]


def _check_sides(spec: LayerSpec, limits: Limits) -> None:
    for name in ("input", "kernel"):
        side = max(getattr(spec, name).shape[-2:])
        if side > limits.side:
            raise LimitError(
                (name,),
                "has {got:,} rows or columns; {most:,} is the limit",
                got=side,
                most=limits.side,
            )


class _Size(NamedTuple):
    cells: int  # of the output
    work: int


@lru_cache(maxsize=1024)
def _size(
    maps: Shape, kernel: Shape, stride: Pair, dilation: Pair, padding: Padding | PaddingName
) -> _Size:
    """What the engine will multiply and store, from the sizes alone (plain integers)."""
    if (len(maps) == 2) != (len(kernel) == 2):
        return _Size(0, 0)  # the engine will refuse the axes
    axes = axes_of(maps, kernel, stride, dilation, padding)
    if not all(axis.fits for axis in axes):
        return _Size(0, 0)
    members = maps[0] if len(maps) == 4 else 1
    outputs, per_group = kernel[:-2] or (1, 1)
    pairs = members * outputs * per_group
    work = max(
        pairs * math.prod(axis.size * axis.taps for axis in axes),  # collecting
        # the gradient: as long as the forward pass, and over the stride's leftover too
        pairs * math.prod(axis.outputs * _slides(axis) for axis in axes),
        math.prod(maps[:-2]) * math.prod(axis.padded for axis in axes),
        # deltas with the stride's zeros between them and the window's around them
        members * outputs * math.prod(axis.padded + 2 * (axis.span - 1) for axis in axes),
    )
    return _Size(members * outputs * math.prod(axis.outputs for axis in axes), work)


def _slides(axis: Axis) -> int:
    return (axis.padded - (axis.outputs - 1) * axis.stride - 1) // axis.dilation + 1
