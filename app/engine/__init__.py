"""The subject itself, in NumPy: one layer, one table of wires, many readings.

Read in this order: ``layer`` (the problem), ``wires`` (the table and its three groupings),
``stencil`` (the same results by sliding), ``trace`` (everything computed, with ordered steps);
then several layers: ``stages``, ``network``, ``network_check``, ``training``.
How sliding is made fast stands apart, in ``gemm``. What can go wrong is in ``mistakes``; which of
them an answer shows, in ``diagnosis``; the gradient check, in ``differences``.
"""

from app.engine.activations import ACTIVATIONS, Activation
from app.engine.errors import (
    EngineError,
    GeometryError,
    NotFiniteError,
    ShapeError,
    ValueRangeError,
)
from app.engine.layer import Layer, Operation
from app.engine.trace import PHASES, Phase, Step, Trace, run
from app.engine.wires import Wires

__all__ = [
    "ACTIVATIONS",
    "PHASES",
    "Activation",
    "EngineError",
    "GeometryError",
    "Layer",
    "NotFiniteError",
    "Operation",
    "Phase",
    "ShapeError",
    "Step",
    "Trace",
    "ValueRangeError",
    "Wires",
    "run",
]
