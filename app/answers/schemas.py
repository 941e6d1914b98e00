"""What the answers hold, and how each field looks as JSON."""

from __future__ import annotations

from typing import Annotated, Any

from typing_extensions import TypedDict

from app.engine.activations import Floats
from app.engine.wires import Indices
from app.spec import fields
from app.spec.fields import Parsed

# What an answer's fields look like as JSON; nothing is parsed by these.
Map = Annotated[Floats, Parsed(fields.map_field, fields.MAP_SCHEMA)]
Kernel = Annotated[Floats, Parsed(fields.kernel_field, fields.KERNEL_SCHEMA)]
Numbers = Annotated[
    Floats, Parsed(fields.bias_field, {"type": "array", "items": {"type": "number"}})
]
Whole = Annotated[
    Indices, Parsed(fields.bias_field, {"type": "array", "items": {"type": "integer"}})
]


class LayerAnswer(TypedDict):
    """Everything about a layer, forwards and backwards."""

    activated: Map
    activation_derivative: Map
    output: Map
    output_shape: list[int]
    padding: list[list[int]]
    output_delta: Map
    forward_stencil: Kernel
    backward_stencil: Kernel
    rotated_kernel: Kernel
    collected: Map
    input_delta: Map
    kernel_gradient: Kernel
    bias_gradient: float | Numbers


class Term(TypedDict):
    """One wire's contribution to an input node's delta."""

    output_node: list[int]
    tap: list[int]
    delta: float
    weight: float
    product: float


class ContributionsAnswer(TypedDict):
    """What one input node collects, wire by wire."""

    node: list[int]
    terms: list[Term]
    collected: float
    derivative: float
    input_delta: float
    latex: str
    text: str


class Edges(TypedDict):
    """Wires as columns; flat C-order indices into one batch member and into the kernel."""

    source: Whole
    target: Whole
    tap: Whole
    weight: Numbers


class GraphAnswer(TypedDict):
    """The unrolled, weight-shared MLP."""

    input_nodes: int
    output_nodes: int
    edges: Edges


class MatrixAnswer(TypedDict):
    """The unrolled matrix M, by its entries that are not structurally zero."""

    shape: list[int]
    rows: Whole
    columns: Whole
    tap: Whole
    values: Numbers


class PresetAnswer(TypedDict):
    """A named layer; ``layer`` is a body for the other routes."""

    name: str
    label: str
    note: str
    layer: dict[str, Any]


class PresetsAnswer(TypedDict):
    """All presets, in the order in which they are worth looking at."""

    presets: list[PresetAnswer]


class FigureAnswer(TypedDict):
    """A Plotly figure: traces and layout, as plotly.js takes them."""

    data: list[dict[str, Any]]
    layout: dict[str, Any]


class FigureName(TypedDict):
    """One figure that can be asked for."""

    name: str
    symbol: str
    shows: str


class FiguresAnswer(TypedDict):
    """All figures, and the options that each takes beside the layer."""

    figures: list[FigureName]
    options: dict[str, Any]
