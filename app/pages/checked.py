"""An answer judged, ready to be shown: the verdict, the cells that are off, and why."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

import numpy as np

from app.answers import trace_of
from app.answers.check import Diagnosis, PartAnswer, check_answer, unrounded
from app.engine import Trace
from app.engine.activations import Floats
from app.engine.closeness import allowed, largest
from app.engine.errors import times
from app.engine.mistakes import Code, Part
from app.engine.suspects import axes_of, natural
from app.pages.evidence import DRAWN, Row, Sight, beside, drawn, listed, namer, stacked
from app.pages.mistaken import SWITCHED, Drawing, occurring
from app.pages.snippets import Snippet, Subject, snippets
from app.spec import LayerSpec, Limits, encode
from app.spec.check import CheckSpec
from app.spec.pasted import Pasted, with_axes
from app.words import N_, translator
from app.words.catalogue import counter
from app.words.diagnoses import MODES, name
from app.words.numbers import short
from app.words.titles import TITLES

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
        sight = Sight(trace, asked.part, asked.language, given.rounding, answer, right)
        judged = _judged(asked, given, sight)
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


def _judged(asked: Judging, given: Pasted, sight: Sight) -> Judged:
    found = _found(asked, sight.answer)
    # 3.1416 for π is no mistake: what it differs by was never printed
    rounded = not found["correct"] and sight.fits and not sight.wrong.any()
    good, notes = found["correct"] or rounded, list[str]()
    if not good and _unexplained(found) and sight.blur:
        _ = translator(asked.language)
        meant = unrounded(asked.spec, asked.part, sight.answer, sight.blur, asked.limits)
        if meant is not None:
            found = _found(asked, meant)
            notes = [_("Recognised as far as the decimals that were printed can show.")]
    rows, left_out = listed(sight, good) if sight.fits else ([], "")
    return Judged(
        verdict=_verdict(sight, found["correct"], rounded),
        good=good,
        notes=notes + ([] if rounded else _notes(given, sight, found)),
        reasons=[
            _reason(asked, sight, d)
            for d in found["diagnosis"]
            if d["code"] not in UNEXPLAINED and not good
        ],
        drawings=beside(sight),
        rows=rows,
        left_out=left_out,
    )


def _found(asked: Judging, answer: Floats) -> PartAnswer:
    """What the API says of the numbers."""
    body = {"layer": asked.spec, "answer": {asked.part: answer}}
    spec = CheckSpec.parse(body, asked.limits)
    return check_answer(spec, asked.language, asked.limits)["parts"][asked.part]


def _unexplained(found: PartAnswer) -> bool:
    return any(d["code"] in UNEXPLAINED for d in found["diagnosis"])


def _verdict(sight: Sight, correct: bool, rounded: bool) -> str:
    _, ngettext = translator(sight.language), counter(sight.language)
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
        place=namer(sight)(at),
        got=short(sight.answer.flat[at], 6),
        want=short(sight.right.flat[at], 6),
    )


def _notes(given: Pasted, sight: Sight, found: PartAnswer) -> list[str]:
    """What else is worth knowing."""
    _ = translator(sight.language)
    if found["correct"]:
        return [found["note"]] if found["note"] else []
    unexplained = _unexplained(found)
    notes = [_("No known mistake gives these numbers.")] if unexplained else []
    if given.torch and sight.trace.layer.operation == "convolution":
        notes.append(
            _(
                "PyTorch’s conv2d slides w as it stands, which is correlation; this layer is set "
                "to convolution."
            )
        )
    if unexplained and given.rounding > allowed(sight.right):
        notes.append(
            _(
                "These numbers were printed to so few decimals that a known mistake may not be "
                "recognised. Print more, after np.set_printoptions(precision=17) or "
                "torch.set_printoptions(precision=12), or drop a .npy file."
            )
        )
    return notes


def _reason(asked: Judging, sight: Sight, found: Diagnosis) -> Reason:
    code, weights = found["code"], asked.part == "kernel_gradient"
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


def _layer(trace: Trace, language: str) -> list[Drawing]:
    """What the layer is made of, small."""
    _, layer = translator(language), trace.layer
    found = (("input", layer.input), ("kernel", layer.kernel), ("output_delta", layer.output_delta))
    return [
        Drawing(f"{TITLES[name][0]} {_(TITLES[name][1])}", drawn(stacked(array), [], 30))
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
