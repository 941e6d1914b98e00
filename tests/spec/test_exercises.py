"""Exercises: made from a seed, right by independent computation, and never ambiguous."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine import Layer, Operation, run
from app.engine.diagnosis import diagnose
from app.engine.suspects import Suspects, natural
from app.spec import SpecError
from app.spec.exercises import KINDS, LEVELS, OFFERED, Exercise, exercise
from app.spec.worksheet import ENDS, OPERATIONS, WorksheetSpec

NUMBERS = ENDS["count"][1]
SOME = settings(max_examples=60, derandomize=True, deadline=None)
SEEDS = st.integers(0, 2**32 + 30)
MODES: tuple[Operation, ...] = ("convolution", "correlation")


def of_kind(*kinds: str) -> st.SearchStrategy[Exercise]:
    """Exercises of some kinds, of every level and operation."""
    numbers = [n for n in range(NUMBERS) if KINDS[n % len(KINDS)] in (kinds or KINDS)]
    return st.builds(
        exercise, SEEDS, st.sampled_from(sorted(LEVELS)), st.sampled_from(MODES),
        st.sampled_from(numbers),
    )  # fmt: skip


def _cost(layer: Layer, input: np.ndarray) -> float:
    """C = Σ δ ⊙ output, by loops over the definition: no engine code but the layer's numbers."""
    _, inputs, high, wide = layer.kernel.shape
    padded = np.pad(input[0], [(0, 0), *layer.padding])
    cost = 0.0
    for o, y, x in np.ndindex(*layer.output_shape[1:]):
        for c, u, v in np.ndindex(inputs, high, wide):
            down, right = (
                (high - 1 - u, wide - 1 - v) if layer.operation == "convolution" else (u, v)
            )
            a = padded[c, y * layer.stride[0] + down, x * layer.stride[1] + right]
            cost += layer.output_delta[0, o, y, x] * layer.kernel[o, c, u, v] * a
    return cost


def _by_differences(layer: Layer, node: int) -> float:
    """δ^l of a node; C is linear and its numbers whole, so a step of 1 makes no error."""
    nudged = layer.input.copy()
    nudged.flat[node] += 1
    return _cost(layer, nudged) - _cost(layer, layer.input)


def _by_weight(layer: Layer, node: int, output: int, tap: int) -> bool:
    """Whether the tap is on the wire between two nodes: z changes with a just so."""
    only = np.zeros_like(layer.output_delta)
    only.flat[output] = 1
    weight = np.zeros_like(layer.kernel)
    weight.flat[tap] = 1
    alone = Layer.of(
        layer.input, weight, operation=layer.operation, stride=layer.stride,
        padding=layer.padding, output_delta=only,
    )  # fmt: skip
    return _by_differences(alone, node) == 1


@given(SEEDS, st.sampled_from(sorted(LEVELS)), st.integers(0, NUMBERS - 1))
@SOME
def test_the_same_seed_gives_the_same_exercise(seed: int, level: int, number: int) -> None:
    """And whatever else is on the sheet does not matter."""
    found = exercise(seed, level, "correlation", number)
    assert found == exercise(seed, level, "correlation", number)
    assert found.layer.key != exercise(seed + 1, level, "correlation", number).layer.key
    again = WorksheetSpec(seed=5, level=2, count=3, variants=2).exercises(6)
    assert again == WorksheetSpec(seed=6, level=2, count=8).exercises(6)[:3]


def test_every_variant_has_other_numbers() -> None:
    """Thirty students, thirty sheets; each could have typed a seed of their own."""
    spec = WorksheetSpec(variants=30, count=5)
    sheets = [spec.exercises(seed) for seed in spec.seeds]
    for number in range(spec.count):
        assert len({sheet[number].layer.key for sheet in sheets}) == 30
        assert len({sheet[number].kind for sheet in sheets}) == 1


@given(of_kind())
@SOME
def test_numbers_are_small_and_whole_and_hide_nothing(found: Exercise) -> None:
    """No kernel equals itself turned, mirrored or transposed, and neither do the deltas."""
    layer = found.trace.layer
    for array in (layer.input, layer.kernel, layer.output_delta):
        assert (array == np.rint(array)).all()
        assert (array != 0).all()
        assert np.abs(array).max() <= 9
    assert (np.abs(found.trace.input_delta) < 100).all()
    for plane in layer.kernel.reshape(-1, *layer.kernel.shape[2:]):
        others = [plane[::-1, ::-1], plane[::-1], plane[:, ::-1]]
        others += [plane.T] if plane.shape[0] == plane.shape[1] else []
        assert not any(np.array_equal(plane, other) for other in others)
    assert not np.array_equal(layer.output_delta, layer.output_delta[..., ::-1, ::-1])


@given(of_kind("delta"))
@SOME
def test_a_delta_is_what_finite_differences_say(found: Exercise) -> None:
    """Of a cost that is computed by loops over the definition; and several wires make it."""
    assert found.delta == _by_differences(found.trace.layer, found.node)
    assert len(found.joined) >= 2


@given(of_kind("delta"))
@SOME
def test_no_mistake_gives_the_right_delta(found: Exercise) -> None:
    """Nor the number of another mistake, so that a wrong answer can be told."""
    suspects = Suspects(found.trace, "input_delta")
    numbers: dict[float, set[str]] = {found.delta: {"right"}}
    for suspect in suspects.showing:
        if suspect.shape == suspects.right.shape and suspect.code in OFFERED:
            numbers.setdefault(suspect.array.flat[found.node], set()).add(suspect.code)
    assert all(len(codes) == 1 for codes in numbers.values())
    assert len(numbers) > 2


@given(of_kind("tap"))
@SOME
def test_one_weight_is_on_the_wire(found: Exercise) -> None:
    """Of those offered exactly one changes the output as the question says."""
    layer = found.trace.layer
    right = [t for t in found.taps if _by_weight(layer, found.node, found.target, t)]
    assert right == [found.tap]
    assert found.wrong_taps["kernel_not_rotated"] != found.tap
    assert set(found.wrong_taps.values()) <= set(found.taps)


def test_no_wire_with_the_middle_weight_is_asked_for() -> None:
    """It stays where it is when a stencil is turned, so it would not tell who has turned."""
    for level, seed in product((2, 3), range(120)):
        found = exercise(seed, level, "convolution", 6)
        assert found.kind == "tap"
        assert found.trace.layer.kernel.shape[2:] == (3, 3)
        assert found.tap != 4


@given(of_kind("stencil"))
@SOME
def test_a_stencil_laid_over_one_delta_gives_the_deltas(found: Exercise) -> None:
    """What the backward pass slides, read off the response to a single δ of 1 (its turn)."""
    layer = found.trace.layer
    high, wide = layer.kernel.shape[2:]
    alone = Layer.of(
        np.zeros((2 * high - 1, 2 * wide - 1)), layer.kernel[0, 0], operation=layer.operation,
        output_delta=np.eye(high * wide)[0].reshape(high, wide),
    )  # fmt: skip
    stamp = np.array([_by_differences(alone, n) for n in range(alone.input.size)])
    stamp = stamp.reshape(alone.input.shape[2:])[:high, :wide]
    assert np.array_equal(found.stencil, stamp[::-1, ::-1])
    for wrong in found.wrong_stencils.values():
        assert not np.array_equal(wrong, found.stencil)
    assert all(not np.array_equal(a, b) for a, b in combinations(found.wrong_stencils.values(), 2))


@given(of_kind("mistake"))
@SOME
def test_a_mistake_is_the_only_one_that_gives_the_deltas(found: Exercise) -> None:
    """Exactly one choice is right, and the diagnosis of the API finds it and none of the others."""
    assert found.code in found.codes
    same = [c for c in found.codes if np.array_equal(found.wrong_deltas(c), found.mistaken)]
    assert same == [found.code]
    answer = natural(found.trace.layer, "input_delta", found.mistaken)
    [finding] = diagnose(Suspects(found.trace, "input_delta"), answer).findings
    assert finding.code == found.code
    assert not set(finding.indistinguishable_from) & set(found.codes)
    right, node = found.trace.input_delta, found.first_wrong
    assert right.flat[node] == _by_differences(found.trace.layer, node)
    assert right.flat[node] != found.mistaken.flat[node]


@given(of_kind("wires"))
@SOME
def test_wires_are_those_of_the_table(found: Exercise) -> None:
    """Read off the whole table; and, one by one, off what a nudge of the node changes."""
    layer, table = found.trace.layer, found.trace.wires.table
    rows = zip(table.source.tolist(), table.target.tolist(), table.tap.tolist(), strict=True)
    own = sorted((t, k) for s, t, k in rows if s == found.node)
    right = [(t, k) for t, k in found.wires if _by_weight(layer, found.node, t, k)]
    assert right == own
    assert len(own) >= 2
    assert len(found.wires) > len(own)
    assert set(found.unturned) <= set(found.wires)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("level", sorted(LEVELS))
def test_a_sheet_has_every_kind_in_its_operation(level: int, operation: str) -> None:
    """Both operations come by turns, and each kind comes in both."""
    sheet = WorksheetSpec.parse({"level": level, "operation": operation, "count": NUMBERS})
    found = sheet.exercises(180)
    assert {one.kind for one in found} == set(KINDS)
    pairs = {(one.kind, one.layer.operation) for one in found}
    assert len(pairs) == len(KINDS) * (2 if operation == "both" else 1)
    shapes = {(one.layer.kernel.shape, one.layer.stride, one.layer.padding) for one in found}
    assert len(shapes) == len(LEVELS[level])


@pytest.mark.parametrize("operation", MODES)
def test_without_the_turn_answers_would_be_others(
    operation: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Break the flip by hand, and what the key says no longer agrees with finite differences."""
    from app.engine import stencil

    monkeypatch.setattr(stencil, "backward_stencil", stencil.forward_stencil)
    found = exercise(180, 1, operation, 0)
    wrong = float(run(found.layer.layer()).input_delta.flat[found.node])
    assert wrong != _by_differences(found.layer.layer(), found.node)


READERS: list[Callable[[dict[str, str]], WorksheetSpec]] = [
    WorksheetSpec.of_query,
    WorksheetSpec.near,
]


@pytest.mark.parametrize("read", READERS, ids=lambda read: str(read.__name__))
def test_a_query_is_read(read: Callable[[dict[str, str]], WorksheetSpec]) -> None:
    """Numbers are numbers, and what is left out has its standard."""
    assert read({}) == WorksheetSpec()
    query = {"seed": "7", "level": "3", "operation": "both", "variants": "30", "count": "10"}
    wanted = WorksheetSpec(seed=7, level=3, operation="both", variants=30, count=10)
    assert read(query) == wanted


@pytest.mark.parametrize(
    ("query", "nearest"),
    [
        ({"variants": "31"}, WorksheetSpec(variants=30)),
        ({"count": "0"}, WorksheetSpec(count=1)),
        ({"level": "9"}, WorksheetSpec(level=3)),
        ({"seed": "99999999999"}, WorksheetSpec(seed=2**32 - 1)),
        ({"seed": "-1"}, WorksheetSpec()),
        ({"seed": "٣"}, WorksheetSpec()),
        ({"seed": "9" * 50}, WorksheetSpec()),
        ({"operation": "junk"}, WorksheetSpec()),
        ({"junk": "1"}, WorksheetSpec()),
    ],
)
def test_a_query_beyond_the_ends(query: dict[str, str], nearest: WorksheetSpec) -> None:
    """The API refuses it, the page takes the nearest."""
    assert WorksheetSpec.near(query) == nearest
    with pytest.raises(SpecError):
        WorksheetSpec.of_query(query)
