"""What is shown when: running sums, results to come, the stencil before it is put together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import PHASES, Layer, Phase, Trace, run, settled
from app.figures import RESULTS, Overlays, Panel, pairs, panel, shows
from app.figures.marks import Mark
from app.spec import PRESETS
from app.words.numbers import short
from app.words.symbols import Symbols
from tests.engine.strategies import eighths
from tests.figures.drawn import (
    Moment,
    box_of,
    covered,
    extent,
    hidden,
    lit,
    moments,
    preset,
    showing,
    some_of,
    square_of,
    traces,
    words,
)
from tests.words.markup import FEW, FEWER, each

# Running sums


@given(moments())
@FEW
@each
def test_the_sum_grows_in_its_own_cell(moment: Moment) -> None:
    """Before contribution k + 1 the cell says the cumulative sum of k; at the end, the result."""
    trace, phase, cell, member = moment
    shown, marks = lit(trace, RESULTS[phase], phase, cell, member)
    assert shown.grid is not None
    step = trace.step(phase, cell, member)
    sums = [mark for mark in marks if "sum" in words(mark)]
    if not shown.grid.number_size(["00"]):
        assert sums == []
        return
    running = np.array(settled.running(step))
    for landed in range(len(step)):
        [mark] = showing(sums, landed)
        assert mark["text"] == (short(running[landed - 1]) if landed else "")
        assert square_of(shown.grid, mark) == cell
        assert hidden(shown.grid, showing([m for m in marks if "veil" in words(m)], landed)) == {
            cell
        }
    assert showing(sums, len(step)) == []


# Results that come later


def _only_later_cells_are_hidden(moment: Moment) -> None:
    trace, phase, cell, member = moment
    shown, marks = covered(trace, RESULTS[phase], phase, cell, member)
    assert shown.grid is not None
    total = trace.step_count(phase)
    for landed in (0, 1, len(trace.step(phase, cell, member))):
        assert hidden(shown.grid, showing(marks, landed)) == set(range(cell + 1, total))


@given(moments())
@FEW
@each
def test_a_cover_hides_exactly_the_later_cells(moment: Moment) -> None:
    """Neither the sum's own cell nor any before it, and every cell after it."""
    _only_later_cells_are_hidden(moment)


LARGE = Layer.of(
    eighths(1, (2, 21, 23)), eighths(2, (3, 2, 2, 3)), operation="correlation", padding="full"
)


@given(st.sampled_from(["forward", "deltas"]), st.integers(0, 10**6))
@FEWER
def test_so_it_does_in_a_map_too_large_to_outline(phase: Phase, at: int) -> None:
    """There the later cells are covered by a few boxes: a row's rest, the rows, the channels."""
    trace = run(LARGE)
    cell = at % trace.step_count(phase)
    _only_later_cells_are_hidden((trace, phase, cell, 0))
    _, marks = covered(trace, RESULTS[phase], phase, cell, 0)
    assert len(marks) <= 1


@given(traces(), st.sampled_from(PHASES))
@FEWER
def test_only_the_result_is_covered(trace: Trace, phase: Phase) -> None:
    """What is given stays in sight, whatever the phase."""
    for name in ("input", "kernel", "output_delta", "map_padded", "delta_padded", "wires"):
        if name != RESULTS[phase]:
            assert covered(trace, name, phase, 0, 0)[1] == []


# The backward stencil


def _stand_ins(trace: Trace, taps: np.ndarray) -> list[int]:
    """Each weight as the stencils show it: itself, or where channels are many the first pair's."""
    plane, every = Symbols(trace.layer).plane, pairs(trace.layer) != (1, 1)
    return [tap if every else plane(tap) for tap in taps.tolist()]


def _places(trace: Trace, step_cell: int) -> list[int]:
    """The stencils' weights that a node's contributions use, in their order."""
    return _stand_ins(trace, trace.wires.of_source(step_cell).tap)


def _half(trace: Trace) -> int:
    """How many squares the forward stencils have, and so the backward ones."""
    out, into = pairs(trace.layer)
    return out * into * int(trace.layer.kernel[0, 0].size)


def _slots_wait_for_their_weights(trace: Trace, cells: list[int]) -> None:
    stencils = panel(trace, "stencils", "deltas")
    assert stencils.grid is not None
    assert stencils.cells is not None
    overlays = Overlays(trace, 0, {"stencils": stencils})
    spatial = _half(trace)
    everything = set(range(spatial))
    earlier = [set[int]()]
    for cell in range(trace.step_count("deltas")):
        earlier.append(earlier[-1] | set(_places(trace, cell)))
    for cell in cells:
        step, marks = trace.step("deltas", cell), overlays.of("deltas", cell).cover["stencils"]
        seen_after = [
            earlier[cell] | set(_places(trace, cell)[:landed]) for landed in range(len(step) + 1)
        ]
        for landed, seen in enumerate(seen_after):
            now = showing(marks, landed)
            slots = hidden(stencils.grid, [m for m in now if "slot" in words(m)])
            assert all(square >= spatial for square in slots)  # the forward one is never covered
            assert {int(stencils.cells[square]) for square in slots} == everything - seen
            hush = [mark for mark in now if "hush" in words(mark)]
            assert len(hush) == (seen != everything)
            assert all(_hides_the_arrow(mark, stencils) for mark in hush)
        whole = [landed for landed, seen in enumerate(seen_after) if seen == everything]
        assert overlays.complete_from(step) == (whole[0] if whole else None)


def _hides_the_arrow(hush: Mark, stencils: Panel) -> bool:
    """Before the stencil is whole nothing says that one is the other's turn."""
    layout = stencils.figure["layout"]
    arrow = [m for m in (*layout["shapes"], *layout["annotations"]) if m["name"] == "arc"]
    assert len(arrow) == 3
    left, _, right, _ = box_of(hush)
    return all(left <= extent(m)[0] and extent(m)[2] <= right for m in arrow)


@given(traces(), st.data())
@FEWER
def test_a_slot_is_covered_until_its_weight_has_been_seen(
    trace: Trace, data: st.DataObject
) -> None:
    """The backward stencil fills place by place, and is whole once every tap has landed."""
    count = trace.step_count("deltas")
    cells = data.draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=3))
    _slots_wait_for_their_weights(trace, cells)


@pytest.mark.parametrize("name", PRESETS)
def test_so_it_does_in_the_presets(name: str) -> None:
    """From the first node to the one that completes the stencil, and one after."""
    trace = preset(name)
    seen: set[int] = set()
    for cell in range(trace.step_count("deltas")):
        seen |= set(_places(trace, cell))
        if len(seen) == _half(trace):
            break
    chosen = some_of(cell + 2, 12)
    _slots_wait_for_their_weights(trace, sorted({*chosen, cell}))


def test_in_the_articles_example_the_stencil_is_whole_at_the_centre() -> None:
    """Its first contribution brings the one weight that no node before it has used."""
    trace = preset("article")
    overlays = Overlays(trace, 0, {})
    found = [overlays.complete_from(trace.step("deltas", cell)) for cell in range(9)]
    assert found == [None, None, None, None, 1, 0, 0, 0, 0]


@given(moments("forward", "weights"))
@FEW
@each
def test_forwards_nothing_is_said_about_the_turned_stencil(moment: Moment) -> None:
    """The whole of it and the arrow are hidden; in the weights' phase everything is known."""
    trace, phase, cell, member = moment
    stencils, marks = covered(trace, "stencils", phase, cell, member)
    assert stencils.grid is not None
    spatial = _half(trace)
    expected = set(range(spatial, 2 * spatial)) if phase == "forward" else set()
    assert hidden(stencils.grid, marks) == expected
    assert all(_hides_the_arrow(mark, stencils) for mark in marks)


@given(moments("deltas", "forward"))
@FEW
@each
def test_the_stencils_weights_are_framed_as_they_are_used(moment: Moment) -> None:
    """Contribution k frames its tap in both stencils: the k-th wire's, and no other."""
    trace, phase, cell, member = moment
    stencils, marks = lit(trace, "stencils", phase, cell, member)
    assert stencils.grid is not None
    assert stencils.cells is not None
    step = trace.step(phase, cell, member)
    by_time: dict[str, list[int]] = {}
    for mark in marks:
        when = next(iter(words(mark) - {"frame"}))
        by_time.setdefault(when, []).append(square_of(stencils.grid, mark))
    for k, weight in enumerate(_stand_ins(trace, step.wires.tap), start=1):
        framed = [int(stencils.cells[square]) for square in by_time[f"k{k}"]]
        assert framed == [weight] * 2


# The vocabulary of names


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("frame", [0, 1, 2, 3]), ("frame k2", [2, 3]), ("veil at1", [1]), ("slot until2", [0, 1]),
        ("end t2", [0, 1, 2, 3]), ("chip to k3", [3]), ("past k1", [1, 2, 3]),
        ("kernel", [0, 1, 2, 3]),
        ("sum at0", [0]), ("hush until3", [0, 1, 2]), ("ghost k0", [0, 1, 2, 3]),
    ],
)  # fmt: skip
def test_a_name_says_when_a_mark_shows(name: str, shown: list[int]) -> None:
    """``k3`` from the third contribution on, ``at3`` with it, ``until3`` before; else always."""
    assert [landed for landed in range(4) if shows(name, landed)] == shown
