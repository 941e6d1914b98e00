"""What nodes and weights are called: from 1, unmistakable, a delta always with its layer."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.engine import Layer
from app.spec.presets import DENSE
from app.words.names import cell_name, delta_latex, terms_latex, terms_text, weight_latex
from app.words.symbols import Symbol, Symbols, written
from tests.engine.strategies import layers
from tests.words.markup import FEW, plain

SHAPES = st.lists(st.integers(1, 12), min_size=2, max_size=4)


def _index(name: str) -> list[int]:
    """A name back to indices from 0."""
    numbers = name[1:-1].split(",") if name.startswith("[") else list(name)
    return [int(number) - 1 for number in numbers]


@given(SHAPES)
@FEW
def test_a_name_is_the_index_counted_from_one(shape: list[int]) -> None:
    """Read back it is the index, so no two cells of a map share a name."""
    for index in np.ndindex(*shape):
        assert _index(cell_name(index, shape)) == list(index)


@given(SHAPES)
@FEW
def test_brackets_stand_throughout_a_map_or_nowhere_in_it(shape: list[int]) -> None:
    """Two digits only where two digits cannot be misread: two axes, neither above 9."""
    names = [cell_name(index, shape) for index in np.ndindex(*shape)]
    bare = len(shape) == 2 and max(shape) <= 9
    assert all(bool(re.fullmatch(r"\d\d" if bare else r"\[\d+(,\d+)+\]", n)) for n in names)


@pytest.mark.parametrize(
    ("symbol", "drawn", "text"),
    [
        (Symbol("δ", "l", "12"), "δˡ₁₂", "δ12l"),
        (Symbol("δ", "l+1", "12"), "δˡ⁺¹₁₂", "δ12l+1"),
        (Symbol("δ", "l", "[10,3]"), "δˡ[10,3]", "δ[10,3]l"),
        (Symbol("w", "", "21"), "w₂₁", "w21"),
    ],
)
def test_a_symbol_in_a_drawing_and_in_a_formula(symbol: Symbol, drawn: str, text: str) -> None:
    """Subscripts for short names, brackets for long ones, the layer above."""
    assert str(symbol) == drawn
    assert plain(symbol.mathml) == text


Naming = Callable[[Symbols, int], Symbol]
NODES: dict[str, tuple[Naming, str]] = {
    "z": (Symbols.z, "l"),
    "a": (Symbols.a, "l"),
    "delta": (Symbols.delta, "l"),
    "output": (Symbols.output, "l+1"),
    "output_delta": (Symbols.output_delta, "l+1"),
}


@given(layers())
@FEW
def test_every_node_and_weight_has_a_name_of_its_own(layer: Layer) -> None:
    """No two nodes, and no two weights, are written alike, in drawings or in formulas."""
    symbols = Symbols(layer)
    sources, targets = layer.input[0].size, layer.output_delta[0].size
    found = [make(symbols, i) for make in (Symbols.a, Symbols.z, Symbols.delta)
             for i in range(sources)]  # fmt: skip
    found += [make(symbols, i) for make in (Symbols.output, Symbols.output_delta)
              for i in range(targets)]  # fmt: skip
    found += [symbols.weight(i) for i in range(layer.kernel.size)]
    assert len({str(symbol) for symbol in found}) == len(found)
    assert len({symbol.mathml for symbol in found}) == len(found)


@given(layers())
@FEW
def test_a_node_says_its_layer(layer: Layer) -> None:
    """δˡ₁₂ and δˡ⁺¹₁₂ are two nodes; a δ without a layer would be either."""
    for make, expected in NODES.values():
        symbol = make(Symbols(layer), 0)
        assert symbol.layer == expected
        assert {"l": "ˡ", "l+1": "ˡ⁺¹"}[expected] in str(symbol)
        assert plain(symbol.mathml).endswith(expected)


@given(layers())
@FEW
def test_a_weight_is_called_by_its_place_in_the_kernel(layer: Layer) -> None:
    """Row and column from 1; channels are said in front, and left out where there is one pair."""
    symbols, shape = Symbols(layer), layer.kernel.shape
    assume(layer.input.shape[2:] + shape[2:] != (1, 1, 1, 1))  # a dense layer has a test below
    single = shape[0] * shape[1] == 1
    for flat, index in enumerate(np.ndindex(*shape)):
        assert _index(symbols.tap(flat)) == list(index[2:] if single else index)
        assert _index(symbols.place(flat).name) == list(index[2:])
        assert symbols.plane(flat) == index[2] * shape[3] + index[3]


def test_plain_text_and_latex_name_the_same_terms() -> None:
    """The contract's ``text`` and ``latex``, with brackets above 9; 0 where nothing is added."""
    terms = [([0, 0], [1, 0]), ([0, 1], [1, 1])]
    assert terms_text(terms, [2, 2], [2, 2]) == "δ11·w21 + δ12·w22"
    assert terms_latex(terms, [2, 2], [2, 2]) == (
        r"\delta^{l+1}_{11} w_{21} + \delta^{l+1}_{12} w_{22}"
    )
    assert terms_text([([9, 2], [0, 0])], [12, 12], [2, 2]) == "δ[10,3]·w11"
    assert terms_text([], [2, 2], [2, 2]) == terms_latex([], [2, 2], [2, 2]) == "0"
    assert delta_latex([9, 2], [12, 12], "l") == r"\delta^{l}_{10,3}"
    assert weight_latex([0, 1, 2, 3], [4, 4]) == "w_{1,2,3,4}"


def test_a_dense_layer_has_no_rows_and_columns_to_name() -> None:
    """Maps of one cell each: nodes are counted, and each weight has a name and a colour."""
    symbols, (outputs, inputs, *_) = Symbols(DENSE.layer()), DENSE.kernel.shape
    assert [symbols.source(i) for i in range(inputs)] == ["1", "2", "3"]
    assert [str(symbols.output_delta(i)) for i in range(outputs)] == ["δˡ⁺¹₁", "δˡ⁺¹₂"]
    names = [str(symbols.weight(i)) for i in range(outputs * inputs)]
    assert names == ["w₁₁", "w₁₂", "w₁₃", "w₂₁", "w₂₂", "w₂₃"]
    assert [str(symbols.place(i)) for i in range(6)] == names
    assert [symbols.colour(i) for i in range(6)] == list(range(6))
    assert {symbols.plane(i) for i in range(6)} == {0}


@given(layers())
@FEW
def test_codes_names_are_the_arrays_own_indices(layer: Layer) -> None:
    """``d_out[0,1]`` is what NumPy finds there; formulas' names come back when the choice ends."""
    symbols = Symbols(layer)
    node, out = layer.input[0].size - 1, int(np.prod(layer.output_shape[1:])) - 1
    tap = layer.kernel.size - 1
    before = str(symbols.delta(node))
    with written("code"):
        named = {
            "d": symbols.delta(node), "a": symbols.a(node), "z": symbols.z(node),
            "z_out": symbols.output(out), "d_out": symbols.output_delta(out),
            "w": symbols.weight(tap),
        }  # fmt: skip
        texts = {name: str(symbol) for name, symbol in named.items()}
        assert all(text in named[name].mathml for name, text in texts.items())
    for name, text in texts.items():
        letter, _, rest = text.partition("[")
        assert letter == name
        index = [int(number) for number in rest.rstrip("]").split(",")]
        shape = {"w": layer.kernel.shape}.get(
            name, layer.output_shape[1:] if name.endswith("_out") else layer.input.shape[1:]
        )
        flat = {"w": tap}.get(name, out if name.endswith("_out") else node)
        full = [int(i) for i in np.unravel_index(flat, shape)]
        assert index == full[len(full) - len(index) :]
        assert not any(full[: len(full) - len(index)])
    assert str(symbols.delta(node)) == before
