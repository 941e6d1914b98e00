"""A step in words: in both languages every number and name in it is the step's own."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import Layer, Phase, Trace, run
from app.engine.trace import PHASES, Step
from app.spec import PRESETS
from app.words import LANGUAGES
from app.words.numbers import bracketed, short
from app.words.sentences import NAMED, SUMMED, bias_sentence, sentence
from app.words.symbols import Symbols
from tests.engine.strategies import layers
from tests.words.markup import FEW, each

SPOKEN = st.sampled_from(sorted(LANGUAGES))
ARTICLE = PRESETS["article"].spec.layer()


Sum = tuple[Trace, Step, int]


@st.composite
def _sums(draw: st.DrawFn) -> list[Sum]:
    """A sum of each phase, with a wire if there is one, in any member of a batch.

    A weight's is of a layer without a batch: there is a test of one below.
    """
    layer, found = draw(layers()), []
    for phase in PHASES:
        if phase == "weights":
            layer = replace(layer, input=layer.input[:1], output_delta=layer.output_delta[:1])
        trace = run(layer)
        member = draw(st.integers(0, layer.input.shape[0] - 1))
        steps = [trace.step(phase, cell, member) for cell in range(trace.step_count(phase))]
        step = draw(st.sampled_from([s for s in steps if len(s)] or steps))
        found.append((trace, step, member))
    return found


def _named(trace: Trace, step: Step) -> list[str]:
    """The names that a sentence has to say: its own, and those that it adds up if they are few."""
    symbols = Symbols(trace.layer)
    own = {"forward": symbols.target, "deltas": symbols.source, "weights": symbols.tap}
    found = [own[step.phase](step.cell)]
    if step.phase == "weights":
        return [str(symbols.weight(step.cell))]
    if len(step) <= NAMED:
        found += [str(symbols.weight(tap)) for tap in step.wires.tap.tolist()]
        if step.phase == "deltas":
            found += [str(symbols.output_delta(t)) for t in step.wires.target.tolist()]
    return found


def _counted(trace: Trace, step: Step, member: int) -> list[str]:
    """The numbers that a sentence has to say, the count first where it is more than one."""
    found = [str(len(step))] if len(step) > 1 else []
    found.append(short(step.total - step.offset))
    if step.phase == "forward" and step.offset:
        found += [short(step.offset), short(step.total)]
    if step.phase == "deltas" and trace.layer.activation != "identity" and len(step):
        found.append(short(trace.activation_derivative[member].flat[step.cell]))
        found.append(short(trace.input_delta[member].flat[step.cell]))
    return found


def _numbers(text: str) -> list[str]:
    """The numbers said in a sentence, names taken away: subscripts, brackets, node numbers."""
    text = re.sub(r"\[[\d,]+\]|[ˡ⁺¹]|[₀-₉]", "", text)
    text = re.sub(r"([Nn]ode|节点) \d+", "", text)
    return re.findall(r"−?\d+(?:\.\d+)?(?:e−?\d+)?", text)


@given(_sums(), SPOKEN)
@FEW
@each
def test_every_number_that_is_said_is_the_steps(drawn: Sum, language: str) -> None:
    """The count, the sum, bias and σ′ are said, and no other number."""
    trace, step, member = drawn
    if not len(step):
        return
    said = _numbers(sentence(trace, step, language, member))
    expected = _counted(trace, step, member)
    if language == "zh" and len(step) == 1:  # Chinese has one form, and says 1
        expected = ["1", *expected]
    many = str(len(step)) if len(step) > NAMED else None
    # "25 weights" and "25 deltas" repeat the count instead of the names
    extra = {"forward": 1, "deltas": 2, "weights": 0}[step.phase] if many else 0
    assert sorted(said) == sorted(expected + [many or ""] * extra)


@given(_sums(), SPOKEN)
@FEW
@each
def test_few_weights_and_deltas_are_called_by_name(drawn: Sum, language: str) -> None:
    """In the order in which they are added up."""
    trace, step, member = drawn
    said = sentence(trace, step, language, member)
    for name in _named(trace, step):
        assert name in said
    if step.phase == "deltas" and 1 < len(step) <= NAMED:
        symbols = Symbols(trace.layer)
        between = {"en": (", ", " and "), "zh": ("、", " 和 ")}[language]
        names = [str(symbols.weight(tap)) for tap in step.wires.tap.tolist()]
        assert between[0].join(names[:-1]) + between[1] + names[-1] in said


@given(_sums())
@FEW
@each
def test_one_is_singular_and_more_is_plural(drawn: Sum) -> None:
    """Never ``1 wires``, never ``one wire`` where there are two."""
    trace, step, member = drawn
    said = sentence(trace, step, "en", member)
    assert not re.search(r"(?<![\d.])1 (input nodes|output nodes|wires|weights|deltas)", said)
    if len(step):
        assert bool(re.search(r"\bone (input|output|wire)", said)) == (len(step) == 1)


@given(_sums(), SPOKEN)
@FEW
@each
def test_a_sentence_is_finished(drawn: Sum, language: str) -> None:
    """No field is left open, nothing is said twice in a row, and it ends with a full stop."""
    trace, step, member = drawn
    said = sentence(trace, step, language, member)
    assert not re.search(r"[{}]|  |None|nan", said)
    assert said.endswith("." if language == "en" else "。")
    assert (not re.search(r"[A-Za-z]{3}", said)) or language == "en"


@pytest.mark.parametrize(
    ("phase", "cell", "said"),
    [
        ("forward", 0, "Output node 11 is fed by 4 input nodes, through w₂₂, w₂₁, w₁₂ and w₁₁. "
                       "Activation times weight, added up: 23."),
        ("deltas", 0, "Node 11 feeds one output node, through w₂₂. "
                      "It collects δˡ⁺¹₁₁ times that weight: 8."),
        ("deltas", 1, "Node 12 feeds 2 output nodes, through w₂₁ and w₂₂. It collects from "
                      "δˡ⁺¹₁₁ and δˡ⁺¹₁₂, each times the weight on its wire: 2."),
        ("weights", 1, "w₁₂ sits on 4 wires. Its gradient adds up, over all of them, the δ at one "
                       "end times the activation at the other: 30.5."),
    ],
)  # fmt: skip
def test_the_articles_sentences(phase: Phase, cell: int, said: str) -> None:
    """Letter by letter, as a screen reader hears them first."""
    trace = run(ARTICLE)
    assert sentence(trace, trace.step(phase, cell), "en") == said


def test_bias_and_slope_are_said_where_there_are_any() -> None:
    """With a bias the output has two numbers, with σ the delta has."""
    layer = replace(ARTICLE, bias=np.array([-0.5]), activation="relu", input=-ARTICLE.input)
    trace = run(layer)
    assert sentence(trace, trace.step("forward", 0), "en").endswith(
        "added up: 0. With the bias −0.5 that makes −0.5."
    )
    assert sentence(trace, trace.step("deltas", 0), "en").endswith(
        "8. Times σ′(z) = 0 its delta is 0."
    )


def test_every_member_of_a_batch_has_its_own_numbers() -> None:
    """Another sum, another slope, another delta."""
    layer = Layer.of([[[[1, 2]]], [[[3, -4]]]], [[[[5, 6]]]], activation="tanh",
                     output_delta=[[[[7]]], [[[8]]]])  # fmt: skip
    trace = run(layer)
    said = [sentence(trace, trace.step("deltas", 1, m), "en", m) for m in (0, 1)]
    assert said[0].endswith("that weight: 35. Times σ′(z) = 0.0707 its delta is 2.47.")
    assert said[1].endswith("that weight: 40. Times σ′(z) = 0.00134 its delta is 0.0536.")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_node_that_feeds_nothing_says_so(language: str) -> None:
    """The last row and column that a stride leaves over: no term, and no list of none."""
    trace = run(PRESETS["stride_2"].spec.layer())
    said = sentence(trace, trace.step("deltas", 35), language)
    assert "66" in said
    assert _numbers(said.replace("66", "")) == ["0"]


def test_a_batch_has_no_more_wires_than_one_member() -> None:
    """Every member runs through the same wires; the weight sits on 4 of them, not on 8."""
    one = ARTICLE
    two = Layer.of(
        np.concatenate([one.input, -one.input]),
        one.kernel,
        output_delta=np.concatenate([one.output_delta, one.output_delta]),
    )
    trace = run(two)
    assert trace.wires.of_tap(0).source.size == 4
    assert " 4 wires" in sentence(trace, trace.step("weights", 0), "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_output_that_meets_only_zeros_says_so(language: str) -> None:
    """A window may lie wholly over the padding (or a map of one cell fall through its holes)."""
    trace = run(Layer.of([[5]], [[1, 2], [3, 4]], dilation=2, padding=1))
    said = sentence(trace, trace.step("forward", 0), language)
    assert not re.search(r"through \.|经  馈", said), said
    assert not re.search(r"\b0 input nodes|由 0 个", said), said


@given(_sums(), SPOKEN)
@FEW
def test_the_biass_gradient_is_said_beside_a_weights(found: list[Sum], language: str) -> None:
    """Of the weight's own output channel, with the total, and the summands if they are few."""
    trace, step, _ = found[-1]
    layer = trace.layer
    said = bias_sentence(trace, step.cell, language)
    channel = step.cell // (layer.kernel.size // len(layer.kernel))
    deltas = layer.output_delta[:, channel].ravel()
    assert short(float(deltas.sum())) in said or np.isclose(deltas.sum(), 0)
    if deltas.size <= SUMMED:
        assert " + ".join(bracketed(d) for d in deltas.tolist()) in said
    else:
        assert f" {deltas.size} " in said


@given(_sums(), SPOKEN)
@FEW
def test_a_scattered_delta_is_told_by_its_stamps(found: list[Sum], language: str) -> None:
    """The same node, weights, deltas and total, and that they are stamps."""
    trace, step, member = found[1]
    said = sentence(trace, step, language, member, scattered=True)
    if not len(step):
        assert said == sentence(trace, step, language, member)
        return
    assert {"en": "stamp", "zh": "章"}[language] in said
    assert all(name in said for name in _named(trace, step))
    assert short(step.total) in said
