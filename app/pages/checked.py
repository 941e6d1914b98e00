"""An answer judged, ready to be shown: the verdict, the cells that are off, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import numpy as np
from numpy.typing import NDArray

from app.answers import trace_of
from app.answers.check import Diagnosis, PartAnswer, check_answer, unrounded
from app.engine import Trace
from app.engine.activations import Floats
from app.engine.closeness import allowed, largest
from app.engine.errors import times
from app.engine.mistakes import Code, Part
from app.engine.suspects import axes_of, natural
from app.figures import SMALL, draw, map_panel, ringed
from app.pages.mistaken import SWITCHED, Drawing, occurring
from app.pages.snippets import Snippet, Subject, snippets
from app.spec import LayerSpec, Limits, encode
from app.spec.check import CheckSpec
from app.spec.pasted import Pasted, with_axes
from app.words import N_, translator
from app.words.catalogue import counter
from app.words.diagnoses import MODES, name
from app.words.numbers import short
from app.words.symbols import Symbols
from app.words.titles import TITLES

DRAWN = 4096  # cells of a map up to which it is drawn; a picture of 64×64
LISTED = 100  # rows of the table
RINGED = 150  # wrong cells up to which each is ringed; of more there is a map of their own
COARSEST = 0.01  # of the largest number: what is printed more coarsely shows nothing
UNEXPLAINED: tuple[Code, ...] = ("wrong_shape", "unknown")


@dataclass(frozen=True)
class Judging:
    """What is to be judged, for whom, and where the app is."""

    spec: LayerSpec
    part: Part
    given: Pasted | None  # None before anything was pasted
    language: str
    root: str
    base: str
    limits: Limits


@dataclass(frozen=True)
class Reason:
    """A diagnosis; ``replay`` shows the mistake in the lab, where the lab knows it."""

    name: str
    message: str
    replay: str


@dataclass(frozen=True)
class Row:
    """One number of the answer beside the right one."""

    name: str
    want: str
    got: str
    off: str
    wrong: bool


@dataclass(frozen=True)
class Judged:
    """An answer's judgement."""

    verdict: str
    good: bool
    notes: list[str]
    reasons: list[Reason]
    drawings: list[Drawing]
    rows: list[Row]
    left_out: str  # that the table has not all numbers


@dataclass(frozen=True)
class Checked:
    """A layer, what is said of an answer to it, and the same from code."""

    spec: LayerSpec
    answer: Floats | None
    facts: str
    layer: list[Drawing]
    lab: str
    file: str  # the layer as JSON
    judged: Judged | None
    snippets: list[Snippet]


def checked(asked: Judging) -> Checked:
    """All that the page says of a layer and an answer.

    Raises:
        EngineError: the layer cannot be computed, or it is too much work.
    """
    trace = trace_of(asked.spec, asked.limits)
    right = natural(trace.layer, asked.part, getattr(trace, asked.part))
    given = asked.given
    answer = None if given is None else with_axes(given.array, axes_of(trace.layer, asked.part))
    judged = None
    if given is not None and answer is not None:
        judged = _judged(_Sight(trace, asked, given, answer, right))
    subject = Subject(asked.spec, trace, asked.part, right, answer)
    spec = {"spec": encode(asked.spec)}
    return Checked(
        spec=asked.spec,
        answer=answer,
        facts=_facts(trace, asked.language),
        layer=_layer(trace, asked.language),
        lab=_at(asked, "lab", spec),
        file=f"{asked.root}/check/layer.json?{urlencode(spec, safe='~,:!*=')}",
        judged=judged,
        snippets=snippets(subject, asked.base, asked.language),
    )


@dataclass(frozen=True)
class _Sight:
    """An answer (with the user's axes) beside the right one."""

    trace: Trace
    asked: Judging
    given: Pasted
    answer: Floats
    right: Floats

    @property
    def fits(self) -> bool:
        return self.answer.shape == self.right.shape

    @property
    def errors(self) -> Floats:
        with np.errstate(over="ignore"):
            return np.abs(self.answer - self.right)

    @property
    def blur(self) -> float:
        """How far printing may have moved a number, where that leaves enough to see."""
        rounding = self.given.rounding * (1 + 1e-6)
        return rounding if rounding <= COARSEST * largest(self.right) else 0.0

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Which numbers are off; what printing rounded away is not."""
        return np.asarray(self.errors > max(allowed(self.right), self.blur))


def _judged(sight: _Sight) -> Judged:
    found = _asked(sight, sight.answer)
    # 3.1416 for π is no mistake: what it differs by was never printed
    rounded = not found["correct"] and sight.fits and not sight.wrong.any()
    good, notes = found["correct"] or rounded, list[str]()
    if not good and _unexplained(found) and sight.blur:
        asked, _ = sight.asked, translator(sight.asked.language)
        meant = unrounded(asked.spec, asked.part, sight.answer, sight.blur, asked.limits)
        if meant is not None:
            found = _asked(sight, meant)
            notes = [_("Recognised as far as the decimals that were printed can show.")]
    rows, left_out = _rows(sight, good) if sight.fits else ([], "")
    return Judged(
        verdict=_verdict(sight, found["correct"], rounded),
        good=good,
        notes=notes + ([] if rounded else _notes(sight, found)),
        reasons=[
            _reason(sight, d)
            for d in found["diagnosis"]
            if d["code"] not in UNEXPLAINED and not good
        ],
        drawings=_drawings(sight),
        rows=rows,
        left_out=left_out,
    )


def _asked(sight: _Sight, answer: Floats) -> PartAnswer:
    """What the API says of the numbers."""
    asked = sight.asked
    body = {"layer": asked.spec, "answer": {asked.part: answer}}
    spec = CheckSpec.parse(body, asked.limits)
    return check_answer(spec, asked.language, asked.limits)["parts"][asked.part]


def _unexplained(found: PartAnswer) -> bool:
    return any(d["code"] in UNEXPLAINED for d in found["diagnosis"])


def _verdict(sight: _Sight, correct: bool, rounded: bool) -> str:
    _, ngettext = translator(sight.asked.language), counter(sight.asked.language)
    if rounded:
        return _("Right, as far as the decimals that were printed can show.")
    if correct:
        return _("Right: all numbers are the layer’s own, to within rounding.")
    if not sight.fits:
        shapes = (sight.answer.shape, sight.right.shape)
        got, want = (times(*shape) or _("a single number") for shape in shapes)
        return _("Your answer’s shape is {got}; the right one is {want}.").format(
            got=got, want=want
        )
    count, at = int(sight.wrong.sum()), int(np.argmax(sight.errors))
    return ngettext(
        "{count} of {all} numbers is wrong. The largest error is at {place}: {got} instead of "
        "{want}.",
        "{count} of {all} numbers are wrong. The largest error is at {place}: {got} instead of "
        "{want}.",
        count,
    ).format(
        count=f"{count:,}",
        all=f"{sight.right.size:,}",
        place=_namer(sight)(at),
        got=short(sight.answer.flat[at], 6),
        want=short(sight.right.flat[at], 6),
    )


def _notes(sight: _Sight, found: PartAnswer) -> list[str]:
    """What else is worth knowing."""
    _ = translator(sight.asked.language)
    if found["correct"]:
        return [found["note"]] if found["note"] else []
    unexplained = _unexplained(found)
    notes = [_("No known mistake gives these numbers.")] if unexplained else []
    if sight.given.torch and sight.trace.layer.operation == "convolution":
        notes.append(
            _(
                "PyTorch’s conv2d slides w as it stands, which is correlation; this layer is set "
                "to convolution."
            )
        )
    if unexplained and sight.given.rounding > allowed(sight.right):
        notes.append(
            _(
                "These numbers were printed to so few decimals that a known mistake may not be "
                "recognised. Print more, after np.set_printoptions(precision=17) or "
                "torch.set_printoptions(precision=12), or drop a .npy file."
            )
        )
    return notes


def _reason(sight: _Sight, found: Diagnosis) -> Reason:
    asked, code, weights = sight.asked, found["code"], sight.asked.part == "kernel_gradient"
    shown = {"gradient_rotated"} if weights else set(SWITCHED) - {"gradient_rotated"}
    replay = ""
    if (
        asked.part in ("input_delta", "kernel_gradient")
        and code in shown
        and code in occurring(sight.trace)
    ):
        view = {"phase": "weights"} if weights else {"phase": "deltas", "step": "0"}
        query = {"spec": encode(asked.spec), **view, "beside": "mistakes", "mistake": code}
        replay = _at(asked, "lab", query)
    return Reason(name(code, asked.language), found["message"], replay)


def _at(asked: Judging, page: str, query: dict[str, str]) -> str:
    return f"{asked.root}/{page}?{urlencode({'lang': asked.language, **query}, safe='~,:!*=')}"


def _namer(sight: _Sight) -> Callable[[int], str]:
    """What a number of the part is called, by its flat index."""
    symbols, part, layer = Symbols(sight.trace.layer), sight.asked.part, sight.trace.layer
    if part == "kernel_gradient":
        return lambda flat: f"∂C/∂{symbols.weight(flat)}"
    if part == "bias_gradient":
        return lambda flat: "∂C/∂b" if len(layer.kernel) == 1 else f"∂C/∂b[{flat + 1}]"
    cell = symbols.output if part == "output" else symbols.delta
    members = layer.input.shape[0]
    size = sight.right.size // members
    if members == 1:
        return lambda flat: str(cell(flat))
    return lambda flat: f"{flat // size + 1}: {cell(flat % size)}"


def _rows(sight: _Sight, good: bool) -> tuple[list[Row], str]:
    """All numbers of a small answer; of a large one those that are wrong, as many as fit."""
    _ = translator(sight.asked.language)
    called, wrong, errors = _namer(sight), sight.wrong.ravel(), sight.errors.ravel()
    size = sight.right.size
    chosen = np.arange(size) if size <= LISTED else np.flatnonzero(wrong)[:LISTED]
    rows = [
        Row(
            called(at),
            short(sight.right.flat[at], 6),
            short(sight.answer.flat[at], 6),
            short(errors[at], 3) if wrong[at] or not good else "0",
            bool(wrong[at]),
        )
        for at in chosen.tolist()
    ]
    if size <= LISTED or good:
        return rows if size <= LISTED else [], ""
    left_out = _("The table has the first {shown} of {count} wrong numbers.").format(
        shown=len(rows), count=f"{int(wrong.sum()):,}"
    )
    return rows, left_out if len(rows) < wrong.sum() else ""


def _drawings(sight: _Sight) -> list[Drawing]:
    """The right numbers and the given ones, of the member in which most is off."""
    _ = translator(sight.asked.language)
    symbol = {"output": "zˡ⁺¹", "input_delta": "δˡ", "kernel_gradient": "∂C/∂w"}.get(
        sight.asked.part, "∂C/∂b"
    )
    right, given = _stacked(sight.right), _stacked(sight.answer)
    rings: list[int] = []
    maps = [(_("{symbol}, right"), right), (_("{symbol}, yours"), given)]
    if sight.fits:
        errors = _stacked(sight.errors)
        one = _member(sight, len(right))
        rings = np.flatnonzero(_stacked(sight.wrong)[one]).tolist()
        maps = [(title, stack[one]) for title, stack in maps]
        if len(rings) > RINGED:
            rings = []
            maps.append((_("{symbol}, difference"), errors[one]))
    return [
        Drawing(title.format(symbol=symbol), _drawn(stack, rings if stack is maps[1][1] else []))
        for title, stack in maps
        if stack.size <= DRAWN
    ]


def _member(sight: _Sight, tiles: int) -> slice:
    """Which of the tiles belong to the batch member in which most is off; of gradients all."""
    if sight.asked.part not in ("output", "input_delta"):
        return slice(0, tiles)
    members = len(sight.trace.layer.input)
    worst = int(np.argmax(sight.errors)) // (sight.right.size // members)
    each = tiles // members
    return slice(worst * each, (worst + 1) * each)


def _stacked(array: NDArray[Any]) -> NDArray[Any]:
    """As (tiles, rows, columns)."""
    flat = array.reshape((1,) * max(0, 3 - array.ndim) + array.shape)
    return flat.reshape(-1, *flat.shape[-2:])


def _drawn(stack: Floats, rings: list[int], largest_cell: float = SMALL) -> str:
    return draw(ringed(map_panel("checked", "source", stack, largest=largest_cell), rings).figure)


def _layer(trace: Trace, language: str) -> list[Drawing]:
    """What the layer is made of, small."""
    _, layer = translator(language), trace.layer
    found = (("input", layer.input), ("kernel", layer.kernel), ("output_delta", layer.output_delta))
    return [
        Drawing(f"{TITLES[name][0]} {_(TITLES[name][1])}", _drawn(_stacked(array), [], 30))
        for name, array in found
        if array.size <= DRAWN and largest(array) < np.inf
    ]


def _facts(trace: Trace, language: str) -> str:
    """What the layer does, in a line."""
    _, layer = translator(language), trace.layer
    facts = [
        _(MODES[layer.operation]),
        _("map {shape}").format(shape=times(*layer.input.shape[4 - layer.rank :])),
        _("kernel {shape}").format(shape=times(*layer.kernel.shape[2 if layer.rank == 2 else 0 :])),
    ]
    if layer.activation != "identity":
        facts.append(f"σ = {layer.activation}")
    for label, pair in ((N_("stride"), layer.stride), (N_("dilation"), layer.dilation)):
        if pair != (1, 1):
            facts.append(f"{_(label)} {times(*pair)}")
    sides = [zeros for side in layer.padding for zeros in side]
    if any(sides):
        facts.append(f"{_('padding')} {', '.join(map(str, sides))}")
    if layer.groups != 1:
        facts.append(f"{_('groups')} {layer.groups}")
    return _(", ").join(facts)
