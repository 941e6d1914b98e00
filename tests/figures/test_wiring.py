"""The unrolled MLP: every wire once, in its tap's colour, between the nodes that it joins."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, given

from app.engine import PHASES, Layer, Phase, Trace, run
from app.figures import Wiring, panel
from app.figures.palette import tap
from app.figures.wiring import FOCUS, WHOLE
from app.spec import PRESETS, LayerSpec
from app.words.symbols import Symbols
from tests.engine.strategies import eighths
from tests.figures.drawn import (
    Moment,
    box_of,
    lit,
    moments,
    point_of,
    preset,
    some_of,
    traces,
    words,
)
from tests.words.markup import FEWER, each


def _ends(path: str) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """Where each curve of a path begins and ends."""
    number = r"(-?[\d.]+)"
    found = re.findall(rf"M{number},{number}C\S+ \S+ {number},{number}(?=M|$)", path)
    return [((float(a), float(b)), (float(c), float(d))) for a, b, c, d in found]


def _joined(wiring: Wiring, path: str) -> list[tuple[int, int]]:
    """(input, output) that each curve of a path joins, by where it touches their nodes."""
    sides = []
    for column, side in ((wiring.left, 1), (wiring.right, -1)):
        edges = {cell: column.edge(cell, side) for cell in column.nodes}
        sides.append({(round(e[0], 2), round(e[1], 2)): cell for cell, e in edges.items() if e})
    return [(sides[0][start], sides[1][end]) for start, end in _ends(path)]


@given(traces())
@FEWER
def test_every_wire_is_drawn_once_in_its_taps_colour(trace: Trace) -> None:
    """One path a colour holds all wires that share a place in the kernel, and no others."""
    wiring = Wiring(trace, 0)
    assume(wiring.whole)
    drawn = Counter[tuple[int, int, str]]()
    for mark in wiring.panel("deltas").figure["layout"]["shapes"]:
        for pair in _joined(wiring, mark["path"]):
            drawn[(*pair, mark["line"]["color"])] += 1
    table, symbols = trace.wires.table, Symbols(trace.layer)
    rows = zip(table.source.tolist(), table.target.tolist(), table.tap.tolist(), strict=True)
    assert drawn == Counter((s, t, tap(symbols.colour(k))) for s, t, k in rows)


@pytest.mark.parametrize("bare", range(9))
def test_a_bare_node_has_lost_its_wires_and_no_others(bare: int) -> None:
    """What is left is the table without that node's rows; the node is ringed."""
    trace = run(PRESETS["article"].spec.layer())
    wiring = Wiring(trace, 0)
    *paths, ring = wiring.panel("deltas", bare).figure["layout"]["shapes"]
    drawn = sorted(pair for mark in paths for pair in _joined(wiring, mark["path"]))
    table = trace.wires.table
    pairs = sorted(zip(table.source.tolist(), table.target.tolist(), strict=True))
    assert drawn == [pair for pair in pairs if pair[0] != bare]
    middle = (ring["x0"] + ring["x1"]) / 2, (ring["y0"] + ring["y1"]) / 2
    assert middle == pytest.approx(wiring.left.at(bare), abs=0.01)


def test_among_many_wires_those_of_the_bare_nodes_row_stand_out() -> None:
    """All are drawn, each once in its tap's colour; those of other rows are paler, and beneath."""
    layer = LayerSpec.parse({"input": np.ones((3, 3)), "kernel": np.eye(3), "padding": 1}).layer()
    wiring, bare = Wiring(run(layer), 0, narrow=True), 4
    *paths, _ring = wiring.panel("deltas", bare).figure["layout"]["shapes"]
    row = [{s // 3 for s, _ in _joined(wiring, mark["path"])} == {bare // 3} for mark in paths]
    pale = [mark["opacity"] for mark in paths]
    assert row == sorted(row)
    assert max(o for o, own in zip(pale, row, strict=True) if not own) < min(
        o for o, own in zip(pale, row, strict=True) if own
    )
    assert sum(len(_joined(wiring, mark["path"])) for mark in paths) == 49 - 9


@given(traces())
@FEWER
def test_nodes_stand_apart_in_two_columns(trace: Trace) -> None:
    """All inputs on the left, all outputs on the right, from top to bottom in their order."""
    wiring = Wiring(trace, 0)
    assume(wiring.whole)
    assert list(wiring.left.nodes) == list(range(trace.step_count("deltas")))
    assert list(wiring.right.nodes) == list(range(trace.step_count("forward")))
    for column in (wiring.left, wiring.right):
        heights = list(column.nodes.values())
        assert all(np.diff(heights) > 0)
    assert wiring.left.x + wiring.left.radius < wiring.right.x - wiring.right.radius


def _the_sums_wires_are_lit(moment: Moment) -> None:
    trace, phase, cell, member = moment
    wiring = Wiring(trace, member)
    step, symbols = trace.step(phase, cell, member), Symbols(trace.layer)
    marks = wiring.light(step)
    expected = list(zip(step.wires.source.tolist(), step.wires.target.tolist(), strict=True))
    lit_up = [mark for mark in marks if "lit" in words(mark)]
    colours = [tap(symbols.colour(t)) for t in step.wires.tap.tolist()]
    assert [mark["line"]["color"] for mark in lit_up] == colours
    joined = [pair for mark in lit_up for pair in _joined(wiring, mark["path"])]
    assert joined == expected
    chips = [mark for mark in marks if "chip" in words(mark)]
    labels = [str(symbols.place(t)) for t in step.wires.tap.tolist()]
    if phase == "weights":
        assert [mark["text"] for mark in chips] == labels[:1] * (len(step) <= FOCUS)
        return
    assert [mark["text"] for mark in chips] == (labels if len(step) <= FOCUS else [])
    for k, mark in enumerate(chips, start=1):
        assert f"t{k}" in words(mark)
        [(start, end)] = _ends(lit_up[k - 1]["path"])
        x, y = point_of(mark)
        assert start[0] < x < end[0]
        assert min(start[1], end[1]) - 0.1 <= y <= max(start[1], end[1]) + 0.1
    far, near = (wiring.left, wiring.right) if phase == "forward" else (wiring.right, wiring.left)
    rings = {mark["name"]: point_of(mark) for mark in marks if mark.get("type") == "circle"}
    assert rings.pop("self") == pytest.approx(near.at(cell), abs=0.01)
    others = [pair[0] if phase == "forward" else pair[1] for pair in expected]
    for k, other in enumerate(others, start=1):
        assert rings.pop(f"end t{k}") == pytest.approx(far.at(other), abs=0.01)
    assert rings == {}


@given(moments())
@FEWER
@each
def test_a_sums_wires_are_lit_in_their_order(moment: Moment) -> None:
    """Wire k and its label carry the step's k-th tap, and end at the step's k-th node."""
    if Wiring(moment[0], moment[3]).whole:
        _the_sums_wires_are_lit(moment)


@pytest.mark.parametrize("name", sorted(set(PRESETS) - {"digit"}))
def test_so_they_are_in_the_presets(name: str) -> None:
    """Pointing at a tap lights all wires of its colour: that is the kernel's gradient."""
    trace = preset(name)
    for phase in PHASES:
        for cell in some_of(trace.step_count(phase), 8):
            _the_sums_wires_are_lit((trace, phase, cell, 0))


def test_of_a_large_layer_only_the_sums_own_nodes_are_drawn() -> None:
    """The base is empty; a node's wires, their ends and their names come with the sum."""
    trace = preset("digit")
    assert trace.step_count("deltas") > WHOLE
    assert panel(trace, "wires", "deltas").figure["data"] == []
    assert Wiring(trace, 0).hits() == []
    cell = 14 * 28 + 14
    _, marks = lit(trace, "wires", "deltas", cell, 0)
    step = trace.step("deltas", cell)
    assert len([m for m in marks if "lit" in words(m)]) == len(step) == 25
    symbols = Symbols(trace.layer)
    names = [m["text"] for m in marks if "name" in words(m)]
    assert str(symbols.delta(cell)) in names
    assert {str(symbols.output_delta(t)) for t in step.wires.target.tolist()} <= set(names)


@given(traces())
@FEWER
def test_everything_that_is_drawn_can_be_pointed_at(trace: Trace) -> None:
    """A wire is its weight's gradient, an input its delta, an output its sum."""
    wiring = Wiring(trace, 0)
    assume(wiring.whole)
    found = Counter(re.findall(r"moment:(\S+)", " ".join(m["name"] for m in wiring.hits())))
    table = trace.wires.table
    expected = Counter(f"weights/{tap}" for tap in table.tap.tolist())
    expected.update(f"deltas/{cell}" for cell in range(trace.step_count("deltas")))
    expected.update(f"forward/{cell}" for cell in range(trace.step_count("forward")))
    assert found == expected
    for mark in wiring.hits():
        if mark["type"] == "circle":
            phase, cell = mark["name"].rpartition(":")[2].split("/")
            column = wiring.left if phase == "deltas" else wiring.right
            assert point_of(mark) == pytest.approx(column.at(int(cell)), abs=0.01)
            x0, _, x1, _ = box_of(mark)
            assert x1 - x0 >= 18  # a finger's or a mouse's aim
        else:
            [(source, target)] = _joined(wiring, mark["path"])
            assert (
                f"weights/{trace.wires.of_source(source).where(target=target).tap[0]}"
                in (mark["name"])
            )


@pytest.mark.parametrize("phase", PHASES)
def test_nodes_say_what_the_phase_knows(phase: Phase) -> None:
    """Activations on the left but for deltas, deltas on the right but forwards; named likewise."""
    trace = preset("article")
    drawn = panel(trace, "wires", phase).figure["data"]
    names = [d["text"] for d in drawn if d["mode"] == "text"]
    values = [d["text"] for d in drawn if d["mode"] != "text"]
    left, right = {
        "forward": ("aˡ₁₁", "zˡ⁺¹₁₁"), "deltas": ("δˡ₁₁", "δˡ⁺¹₁₁"), "weights": ("aˡ₁₁", "δˡ⁺¹₁₁")
    }[phase]  # fmt: skip
    assert (names[0][0], names[1][0]) == (left, right)
    assert values[0] == ([""] * 9 if phase == "deltas" else list("123456789"))
    assert values[1] == ([""] * 4 if phase == "forward" else ["2", "−1", "0.5", "3"])


def test_a_batch_member_has_its_own_values() -> None:
    """The wires are the same, what runs along them is the member's."""
    layer = Layer.of(eighths(5, (2, 1, 2, 2)), eighths(6, (1, 1, 2, 2)))
    trace = run(layer)
    colours = [
        panel(trace, "wires", "forward", member).figure["data"][0]["marker"]["color"]
        for member in (0, 1)
    ]
    assert colours[0] != colours[1]
