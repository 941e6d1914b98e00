"""From a spec to plain answers: what the API sends and the pages show, so they cannot disagree.

An answer is a dictionary of NumPy arrays, numbers and lists, ready for orjson. Its arrays keep the
axes that the spec's have: H×W for an H×W input, and a kh×kw kernel's gradient is kh×kw. Cells are
indexed from 0 with the input's axes ([y, x], [c, y, x] or [n, c, y, x]), taps with the kernel's.
"""

from app.answers.figures import figure_answer, figures_answer
from app.answers.layer import (
    contributions_answer,
    graph_answer,
    layer_answer,
    matrix_answer,
    presets_answer,
)
from app.answers.memory import read_of, trace_of

__all__ = [
    "contributions_answer",
    "figure_answer",
    "figures_answer",
    "graph_answer",
    "layer_answer",
    "matrix_answer",
    "presets_answer",
    "read_of",
    "trace_of",
]
