"""The derivation's indices are the table's: evaluated for every tap, they hit its wires."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import product
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.engine import Layer, Trace, run
from app.spec import PRESETS
from app.words import LANGUAGES
from app.words.derivation import SHOWN, Line, derivation
from app.words.symbols import Notation, Symbols, written
from tests.engine.strategies import layers
from tests.words.markup import FEW, evaluated, indexed, parsed, plain, values_by_symbol

Cell = tuple[int, int]
CHAIN, MADE_OF, LEFT_OVER, BY_TAP, READING = range(5)


class Plane(NamedTuple):
    """A wire without its channels."""

    source: Cell
    target: Cell
    tap: Cell


def _plane(shape: tuple[int, ...], flat: int) -> Cell:
    *_, row, column = np.unravel_index(flat, shape)
    return int(row), int(column)


def _wires(trace: Trace) -> set[Plane]:
    """The table, seen from above: which cell meets which through which place of the kernel."""
    wires, kernel = trace.wires, trace.layer.kernel.shape
    columns = (wires.table.source, wires.table.target, wires.table.tap)
    return {
        Plane(_plane(wires.source_shape, s), _plane(wires.target_shape, t), _plane(kernel, k))
        for s, t, k in zip(*(column.tolist() for column in columns), strict=True)
    }


def _cells(shape: tuple[int, ...]) -> list[Cell]:
    return list(product(range(shape[-2]), range(shape[-1])))


def _whole(index: tuple[Fraction, ...], shape: tuple[int, ...]) -> Cell | None:
    """The cell that an index names, if it is one of a map of this shape."""
    row, column = index
    if row.denominator != 1 or column.denominator != 1:
        return None
    inside = 0 <= row < shape[-2] and 0 <= column < shape[-1]
    return (int(row), int(column)) if inside else None


def _names(layer: Layer, first: int, **cells: int) -> dict[str, int]:
    counted = {name: cell + first for name, cell in cells.items()}
    return {"kh": layer.kernel.shape[2], "kw": layer.kernel.shape[3], **counted}


def _line(trace: Trace, line: int, notation: Notation) -> str:
    with written(notation):
        return derivation(trace, 0, "en")[line].symbols


def _in_space(index: str, channel: str, count: int) -> str:
    """An index's row and column; where there are several channels, theirs has to come first."""
    assert index.startswith(f"{channel},") == (count > 1), index
    return index.removeprefix(f"{channel},")


def _weight(layer: Layer) -> list[tuple[str, str]]:
    return [("o,c,u,v" if layer.kernel[..., 0, 0].size > 1 else "u,v", "")]


NOTATIONS = st.sampled_from([("math", 1), ("code", 0)])


@given(layers(), NOTATIONS)
@FEW
def test_line_2_names_the_cell_that_each_tap_meets(
    layer: Layer, named: tuple[Notation, int]
) -> None:
    """Evaluated for every output and tap, a's index is the wire's source, or outside the map.

    Counted as the nodes are: from 1 in formulas, from 0 in code.
    """
    trace, (notation, first) = run(layer), named
    symbols = _line(trace, MADE_OF, notation)
    [(met, upper)] = indexed(symbols, "a")
    met = _in_space(met, "c", layer.input.shape[1])
    assert upper == "l"
    assert indexed(symbols, "w") == _weight(layer)
    found = set()
    for (x, y), (u, v) in product(_cells(layer.output_shape), _cells(layer.kernel.shape)):
        row, column = evaluated(met, _names(layer, first, **{"x′": x, "y′": y}, u=u, v=v))
        source = _whole((row - first, column - first), layer.input.shape)
        if source is not None:
            found.add(Plane(source, (x, y), (u, v)))
    assert found == _wires(trace)


@given(layers(), NOTATIONS)
@FEW
def test_line_4_names_the_output_that_each_tap_leads_to(
    layer: Layer, named: tuple[Notation, int]
) -> None:
    """Evaluated for every node and tap, δ's index is the wire's target, or no cell of its map."""
    trace, (notation, first) = run(layer), named
    symbols = _line(trace, BY_TAP, notation)
    fed, upper = indexed(symbols, "δ")[-1]
    fed = _in_space(fed, "o", layer.kernel.shape[0])
    assert upper == "l+1"
    assert indexed(symbols, "w") == _weight(layer)
    found = set()
    for (x, y), (u, v) in product(_cells(layer.input.shape), _cells(layer.kernel.shape)):
        row, column = evaluated(fed, _names(layer, first, x=x, y=y, u=u, v=v))
        target = _whole((row - first, column - first), layer.output_shape)
        if target is not None:
            found.add(Plane((x, y), target, (u, v)))
    assert found == _wires(trace)


@given(layers())
@FEW
def test_line_3_asks_for_the_index_of_line_2(layer: Layer) -> None:
    """A derivative is left exactly if the cell that the tap meets is the node's own."""
    lines = derivation(run(layer), 0, "en")
    [(met, _)] = indexed(lines[MADE_OF].symbols, "a")
    met = _in_space(met, "c", layer.input.shape[1])
    assert f"if({met})=(x,y)else 0" in plain(lines[LEFT_OVER].symbols)
    slope = "·σ′(" in plain(lines[LEFT_OVER].symbols)
    assert slope == ("·σ′(" in plain(lines[BY_TAP].symbols)) == (layer.activation != "identity")


@given(layers(), st.sampled_from(sorted(LANGUAGES)))
@FEW
def test_the_reading_is_that_of_the_index(layer: Layer, language: str) -> None:
    """Along w, δ's index grows in convolution mode and falls in correlation mode, as is said."""
    trace = run(layer)
    lines = derivation(trace, 0, language)
    fed, _ = indexed(lines[BY_TAP].symbols, "δ")[-1]
    fed = _in_space(fed, "o", layer.kernel.shape[0])
    first, second = (evaluated(fed, _names(layer, 1, x=0, y=0, u=t, v=t)) for t in (0, 1))
    said = lines[READING].title
    rising, falling = {"en": ("grows with", "falls while"), "zh": ("一起增大", "减小")}[language]
    grows = layer.operation == "convolution"
    assert all((after > before) == grows for before, after in zip(first, second, strict=True))
    assert (rising in said, falling in said) == (grows, not grows)
    slides = "w" if grows else "rot180(w)"
    assert said.rstrip(".。").endswith((f"slides {slides}", f"滑动的是 {slides}"))
    backward = trace.layer.kernel if grows else np.flip(trace.layer.kernel, (2, 3))
    np.testing.assert_array_equal(trace.backward_stencil, backward)


# For a chosen node


@st.composite
def _nodes(draw: st.DrawFn) -> tuple[Trace, int, int, list[Line]]:
    layer = draw(layers(activations=("identity",)))
    trace = run(layer)
    cell = draw(st.integers(0, trace.step_count("deltas") - 1))
    member = draw(st.integers(0, layer.input.shape[0] - 1))
    return trace, cell, member, derivation(trace, cell, "en")


def _sum(line: Line, trace: Trace, member: int) -> float:
    """The parts' values, each symbol looked up."""
    known = values_by_symbol(trace, member)
    total = 0.0
    for part in line.node:
        first, second = part.mathml.split("<mo>·</mo>")
        assert part.gone == (second == "<mn>0</mn>")
        total += 0.0 if part.gone else known[first] * known[second]
    return total


@given(_nodes())
@FEW
def test_the_nodes_lines_add_up_to_what_it_collects(
    drawn: tuple[Trace, int, int, list[Line]],
) -> None:
    """Over output nodes and over taps alike: counting otherwise changes nothing."""
    trace, cell, member, lines = drawn
    collected = trace.collected[member].flat[cell]
    assert _sum(lines[LEFT_OVER], trace, member) == collected
    if trace.layer.kernel.size <= SHOWN:
        assert _sum(lines[BY_TAP], trace, member) == collected
    for line in (lines[CHAIN], lines[LEFT_OVER], lines[BY_TAP]):
        assert line.left == Symbols(trace.layer).delta(cell).mathml


@given(_nodes())
@FEW
def test_what_vanishes_is_what_has_no_wire(drawn: tuple[Trace, int, int, list[Line]]) -> None:
    """A part is 0 exactly where no wire leads; every other part has its wire's colour."""
    trace, cell, _, lines = drawn
    symbols, wires = Symbols(trace.layer), trace.wires.of_source(cell)
    targets = dict(zip(wires.tap.tolist(), wires.target.tolist(), strict=True))
    taps = {target: tap for tap, target in targets.items()}
    by_delta = {symbols.output_delta(t).mathml: t for t in range(trace.step_count("forward"))}
    shown = set()
    for part in lines[LEFT_OVER].node:
        target = by_delta[part.mathml.split("<mo>·</mo>")[0]]
        shown.add(target)
        assert part.gone == (target not in taps)
        assert part.colour == (-1 if part.gone else symbols.colour(taps[target]))
    assert set(taps) <= shown
    assert lines[LEFT_OVER].more == lines[CHAIN].more == len(by_delta) - len(shown)
    assert len(lines[CHAIN].node) == len(shown)

    by_weight = {symbols.weight(tap).mathml: tap for tap in range(trace.layer.kernel.size)}
    for part in lines[BY_TAP].node:
        first, second = part.mathml.split("<mo>·</mo>")
        tap = by_weight[first]
        assert part.colour == symbols.colour(tap)
        assert part.gone == (tap not in targets)
        if not part.gone:
            assert second == symbols.output_delta(targets[tap]).mathml


@given(layers(one_channel=True, activations=("identity",)), st.data())
@FEW
def test_the_window_is_written_in_the_kernels_order(layer: Layer, data: st.DataObject) -> None:
    """All taps, those on the padding too: the stencil is whole before it is recognised."""
    assume(layer.kernel.size <= SHOWN)
    trace, symbols = run(layer), Symbols(layer)
    cell = data.draw(st.integers(0, trace.step_count("deltas") - 1))
    parts = derivation(trace, cell, "en")[BY_TAP].node
    weights = [part.mathml.split("<mo>·</mo>")[0] for part in parts]
    assert weights == [symbols.weight(tap).mathml for tap in range(layer.kernel.size)]


@given(layers(), st.sampled_from(sorted(LANGUAGES)), st.data())
@FEW
def test_every_line_is_well_formed_and_finished(
    layer: Layer, language: str, data: st.DataObject
) -> None:
    """MathML that parses, words without an open field, in the language asked for."""
    trace = run(layer)
    cell = data.draw(st.integers(0, trace.step_count("deltas") - 1))
    lines = derivation(trace, cell, language)
    assert len(lines) == 5
    for line in lines:
        for markup in (line.symbols, line.left, *(part.mathml for part in line.node)):
            parsed(markup)
        assert line.title.endswith("." if language == "en" else "。")
        assert not re.search(r"[{}]|None", line.title + line.symbols)
        assert bool(re.search(r"[\u4e00-\u9fff]", line.title)) == (language == "zh")
    between = {"en": "between its cells", "zh": "格间"}[language]
    assert (between in lines[BY_TAP].title) == (max(layer.stride) > 1)


@pytest.mark.parametrize(
    ("notation", "operation", "made_of", "by_tap"),
    [
        ("code", "convolution", "x′+kh−1−u,y′+kw−1−v", "x−kh+1+u,y−kw+1+v"),
        ("code", "correlation", "x′+u,y′+v", "x−u,y−v"),
        ("math", "convolution", "x′+kh−u,y′+kw−v", "x−kh+u,y−kw+v"),
        ("math", "correlation", "x′+u−1,y′+v−1", "x−u+1,y−v+1"),
    ],
)
def test_the_lessons_indices(notation: Notation, operation: str, made_of: str, by_tap: str) -> None:
    """Without stride, padding and dilation nothing of them is written."""
    layer = PRESETS["article"].spec.model_copy(update={"operation": operation}).layer()
    with written(notation):
        lines = derivation(run(layer), 4, "en")
    assert [lower for lower, _ in indexed(lines[MADE_OF].symbols, "a")] == [made_of]
    assert indexed(lines[BY_TAP].symbols, "δ")[-1][0] == by_tap


# Where the numbers do not say all that the symbols say


def test_a_line_of_many_taps_does_not_drop_any_silently() -> None:
    """Of a 5×5 kernel either all taps are written out or the line says how many are not."""
    trace = run(PRESETS["digit"].spec.layer())
    line = derivation(trace, 14 * 28 + 14, "en")[BY_TAP]
    assert len(line.node) + line.more == 25


def test_with_an_activation_the_numbers_have_its_slope_too() -> None:
    """δˡ is not Σ w·δ where σ′ is not 1: the line says σ′, or has another left side."""
    spec = PRESETS["article"].spec.model_copy(update={"activation": "tanh"})
    trace = run(spec.layer())
    for line in (derivation(trace, 4, "en")[i] for i in (LEFT_OVER, BY_TAP)):
        whole = line.left != Symbols(trace.layer).delta(4).mathml
        assert whole or "σ" in "".join(plain(part.mathml) for part in line.node), line.title
