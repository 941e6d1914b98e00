"""Exercises with small whole numbers, made from a seed: layers on which every mistake shows.

An exercise is a layer and what is asked of it. What is right is read off the layer's trace, and
what a mistake would give off the engine's known mistakes, so nothing here knows how to turn a
stencil. Numbers are drawn again until no known mistake passes for the right answer, or for
another mistake: a kernel that equals itself turned, mirrored or transposed never comes up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Final, Literal, get_args

import numpy as np
from numpy.random import Generator

from app.engine import Layer, Operation, Trace, run, stencil
from app.engine.activations import Floats
from app.engine.as_if import other_operation
from app.engine.closeness import same
from app.engine.mistakes import Code, flipped_columns, flipped_rows, transposed
from app.engine.suspects import Suspects
from app.engine.wires import Wires
from app.spec.layer import LayerSpec

Kind = Literal["delta", "tap", "stencil", "mistake", "wires"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)  # a worksheet goes through them in this order

# Mistakes in the turn: the stencil that is slid instead of the backward one.
TURNS: Final[dict[Code, Callable[[Layer], Floats]]] = {
    "kernel_not_rotated": stencil.forward_stencil,
    "kernel_flipped_rows_only": flipped_rows,
    "kernel_flipped_columns_only": flipped_columns,
    "kernel_transposed": transposed,
}
# Mistakes to choose from; the other operation is left out, because it is "not turned" by its name.
OFFERED: Final[tuple[Code, ...]] = (
    *TURNS,
    "channels_swapped",
    "stride_ignored",
    "padding_not_cropped",
    "sign_flipped",
)
_TRIES = 1000  # a draw succeeds about every other time
_FEW, _MANY = 2, 4  # wires of the node that has lost them


@dataclass(frozen=True)
class Plan:
    """The sizes of an exercise's layer: the map's and the kernel's, in NumPy's order."""

    map: tuple[int, ...]
    kernel: tuple[int, ...]
    stride: int = 1
    padding: int = 0


LEVELS: Final[dict[int, tuple[Plan, ...]]] = {
    1: (Plan((3, 3), (2, 2)),),
    2: (Plan((4, 4), (3, 3)), Plan((4, 4), (2, 3)), Plan((4, 4), (3, 2))),
    3: (
        Plan((5, 5), (3, 3), stride=2),
        Plan((3, 3), (3, 3), padding=1),
        Plan((2, 3, 3), (2, 2, 2, 2)),
    ),
}


@dataclass(frozen=True)
class Exercise:
    """A layer and one question about it; cells and taps are flat indices, as in the table of wires.

    * delta: the delta of ``node``
    * tap: which of the weights ``taps`` the delta of output ``target`` meets on its way to ``node``
    * stencil: the backward stencil, of the first pair of channels
    * mistake: which of ``codes`` gives the deltas :attr:`mistaken`; it is ``code``
    * wires: which of ``wires``, (output, tap) each, join ``node`` to its outputs
    """

    kind: Kind
    layer: LayerSpec
    node: int = 0
    target: int = 0
    taps: tuple[int, ...] = ()
    code: Code = "unknown"
    codes: tuple[Code, ...] = ()
    wires: tuple[tuple[int, int], ...] = ()

    @cached_property
    def trace(self) -> Trace:
        """The layer, run."""
        return run(self.layer.layer())

    @cached_property
    def suspects(self) -> Suspects:
        """All that known mistakes would make of the layer's deltas."""
        return Suspects(self.trace, "input_delta")

    @property
    def delta(self) -> float:
        """The node's delta."""
        return float(self.trace.input_delta.flat[self.node])

    @property
    def joined(self) -> list[tuple[int, int]]:
        """The node's wires, (output, tap) each, in the order of the outputs."""
        return _ends(self.trace.wires, self.node)

    @property
    def unturned(self) -> list[tuple[int, int]]:
        """The wires that the node would have if the layer did the other operation."""
        return _ends(Wires(other_operation(self.trace.layer)), self.node)

    @property
    def tap(self) -> int:
        """The weight on the wire from ``node`` to ``target``."""
        return dict(self.joined)[self.target]

    @cached_property
    def wrong_taps(self) -> dict[Code, int]:
        """The weight that would meet the target's delta with a mistake in the turn."""
        layer = self.trace.layer
        taps = np.arange(layer.kernel.size, dtype=np.float64).reshape(layer.kernel.shape)
        numbered = replace(layer, kernel=taps)
        place = stencil.backward_stencil(numbered) == self.tap
        slid = {code: turn(numbered) for code, turn in TURNS.items()}
        return {c: int(ids[place][0]) for c, ids in slid.items() if ids.shape == place.shape}

    @property
    def stencil(self) -> Floats:
        """The backward stencil, kh×kw."""
        first: Floats = self.trace.backward_stencil[0, 0]
        return first

    @cached_property
    def wrong_stencils(self) -> dict[Code, Floats]:
        """The stencils that mistakes in the turn would slide; a transposed one may be kw×kh."""
        return {code: turn(self.trace.layer)[0, 0] for code, turn in TURNS.items()}

    @cached_property
    def mistaken(self) -> Floats:
        """The deltas with the mistake ``code``, (1, C, H, W)."""
        return self.wrong_deltas(self.code)

    def wrong_deltas(self, code: Code) -> Floats:
        """The deltas with one of ``codes``; of another shape where the mistake changes it."""
        found = self.suspects.mistaken(code)
        if found is None:
            raise KeyError(code)
        return found

    @property
    def first_wrong(self) -> int:
        """The first node whose delta the mistake changes."""
        return int(np.argmax(self.mistaken.ravel() != self.trace.input_delta.ravel()))


def exercise(seed: int, level: int, operation: Operation, number: int) -> Exercise:
    """The exercise ``number``, from 0, of a seed's worksheet.

    Its kind and sizes follow from the number alone, so all variants of a worksheet are as hard.
    """
    plans = LEVELS[level]
    plan, kind = plans[number % len(plans)], KINDS[number % len(KINDS)]
    random = np.random.default_rng([seed, level, number])
    for _ in range(_TRIES):
        layer = _layer(random, plan, operation)
        found = _MAKERS[kind](random, layer)
        if found is not None:
            return found
    raise RuntimeError(f"no {kind} for {plan}")  # would be a mistake in LEVELS


def _layer(random: Generator, plan: Plan, operation: Operation) -> LayerSpec:
    """A layer of the plan's sizes; within a pair of channels no weight comes twice."""
    planes = int(np.prod(plan.kernel[:-2]))
    weights = np.setdiff1d(np.arange(-4, 6), 0)
    taps = int(np.prod(plan.kernel[-2:]))
    kernel = np.stack([random.permutation(weights)[:taps] for _ in range(planes)])
    sized = LayerSpec.parse(
        {
            "input": random.integers(1, 10, plan.map).tolist(),
            "kernel": kernel.reshape(plan.kernel).tolist(),
            "operation": operation,
            "stride": plan.stride,
            "padding": plan.padding,
        }
    )
    shape = sized.layer().output_shape[-len(plan.map) :]
    deltas = random.choice([-3, -2, -1, 1, 2, 3], shape)
    while np.array_equal(deltas, stencil.rotate180(deltas)):
        deltas = random.choice([-3, -2, -1, 1, 2, 3], shape)
    return LayerSpec.parse({**sized.request(), "output_delta": deltas.tolist()})


def _ends(wires: Wires, node: int) -> list[tuple[int, int]]:
    own = wires.of_source(node)
    return list(zip(own.target.tolist(), own.tap.tolist(), strict=True))


def _shuffled_nodes(random: Generator, found: Exercise) -> Iterator[Exercise]:
    """The exercise at each node that has more than one wire."""
    for node in random.permutation(found.trace.step_count("deltas")).tolist():
        at = replace(found, node=node)
        if len(at.joined) >= _FEW:
            yield at


def _delta(random: Generator, layer: LayerSpec) -> Exercise | None:
    """A node at which the right delta and those of all mistakes are different numbers."""
    start = Exercise("delta", layer)
    wrong = [s for s in start.suspects.showing if s.shape == start.suspects.right.shape]
    codes = {s.code for s in wrong if s.code in TURNS}
    for found in _shuffled_nodes(random, start):
        numbers: dict[float, Code] = {found.delta: "unknown"}
        clear = found.delta != 0 and len(found.joined) <= 2 * _MANY
        for suspect in wrong:
            if suspect.code not in OFFERED:
                continue
            number = float(suspect.array.flat[found.node])
            clear &= numbers.setdefault(number, suspect.code) == suspect.code
        if clear and codes:
            return found
    return None


def _tap(random: Generator, layer: LayerSpec) -> Exercise | None:
    """A wire whose weight another one would take the place of, were the stencil not turned."""
    for found in _shuffled_nodes(random, Exercise("tap", layer)):
        at = replace(found, target=int(random.choice([target for target, _ in found.joined])))
        if at.wrong_taps["kernel_not_rotated"] != at.tap:
            taps = np.arange(layer.kernel.size).reshape(at.trace.layer.kernel.shape)
            [output], [channel] = (taps == at.tap).any((2, 3)).nonzero()
            offered = {*taps[output, channel].ravel(), *taps[channel, output].ravel()}
            return replace(at, taps=tuple(sorted(int(tap) for tap in offered)))
    return None


def _stencil(_: Generator, layer: LayerSpec) -> Exercise | None:
    """No draw is in vain: the weights are all different."""
    return Exercise("stencil", layer)


def _mistake(random: Generator, layer: LayerSpec) -> Exercise | None:
    """Deltas that one mistake gives, and none of the others, in whichever way it is made."""
    found = Exercise("mistake", layer)
    shown = [s for s in found.suspects.showing if s.code in OFFERED]
    for one, other in combinations(shown, 2):
        if one.code != other.code and one.shape == other.shape and same(one.array, other.array):
            return None
    codes = tuple(code for code in OFFERED if any(s.code == code for s in shown))
    fitting = [c for c in codes if found.wrong_deltas(c).shape == found.suspects.right.shape]
    if len(fitting) < _FEW:
        return None
    return replace(found, codes=codes, code=fitting[int(random.integers(len(fitting)))])


def _wires(random: Generator, layer: LayerSpec) -> Exercise | None:
    """A node's wires, among others: with the weights of the other operation, and to elsewhere."""
    for found in _shuffled_nodes(random, Exercise("wires", layer)):
        own, other = found.joined, found.unturned
        if len(own) > _MANY or len(set(other) - set(own)) < _FEW:
            continue
        reached = {target for target, _ in own}
        beyond = [t for t in range(found.trace.step_count("forward")) if t not in reached]
        strays = [
            (target, own[int(random.integers(len(own)))][1])
            for target in random.permutation(beyond).tolist()[:_FEW]
        ]
        return replace(found, wires=tuple(sorted({*own, *other, *strays})))
    return None


_MAKERS: Final[dict[Kind, Callable[[Generator, LayerSpec], Exercise | None]]] = {
    "delta": _delta,
    "tap": _tap,
    "stencil": _stencil,
    "mistake": _mistake,
    "wires": _wires,
}
