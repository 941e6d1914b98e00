"""A step in a sentence: what a caption says and a screen reader hears."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from app.engine import Trace, settled
from app.engine.trace import Step
from app.words.catalogue import Translate, counter, translator
from app.words.numbers import bracketed, short
from app.words.symbols import Symbols

SUMMED = 9  # deltas that a bias's sum writes out
NAMED = 4  # nodes or weights called by name; more are counted


def sentence(
    trace: Trace, step: Step, language: str, member: int = 0, *, scattered: bool = False
) -> str:
    """What happens in a step, in words; ``scattered``: a delta told by the stamps that make it."""
    if step.phase == "forward":
        return _forward(trace, step, language)
    if step.phase == "deltas":
        return _deltas(trace, step, language, member, scattered=scattered)
    # the same wires for every member of a batch
    _, ngettext = translator(language), counter(language)
    count = len(step) // trace.layer.input.shape[0]
    if not count:
        return _(
            "{weight} meets nothing but padding, so no wire has it and its gradient is 0."
        ).format(weight=Symbols(trace.layer).weight(step.cell))
    return ngettext(
        "{weight} sits on one wire. Its gradient is the δ at one end times the activation at the "
        "other: {total}.",
        "{weight} sits on {count} wires. Its gradient adds up, over all of them, the δ at one end "
        "times the activation at the other: {total}.",
        count,
    ).format(
        weight=Symbols(trace.layer).weight(step.cell), count=count, total=short(settled.total(step))
    )


def bias_sentence(trace: Trace, tap: int, language: str) -> str:
    """The gradient of the bias beside a weight's: the same table, read for a wire that is always 1.

    ``tap`` is a weight's flat index; its output channel's bias is meant.
    """
    _, ngettext, layer = translator(language), counter(language), trace.layer
    channels = len(layer.kernel)
    channel = tap // (layer.kernel.size // channels)
    deltas = layer.output_delta[:, channel].ravel().tolist()
    name = "∂C/∂b" if channels == 1 else f"∂C/∂b[{channel + 1}]"
    total = short(float(trace.bias_gradient[channel]))
    if len(deltas) <= SUMMED:
        return _(
            "The bias reaches every node of its output map over a wire of its own, whose "
            "activation is 1: {name} = {sum} = {total}."
        ).format(name=name, sum=" + ".join(bracketed(d) for d in deltas), total=total)
    return ngettext(
        "The bias reaches every node of its output map over a wire of its own, whose activation is "
        "1: {name}, the sum of {count} δ, is {total}.",
        "The bias reaches every node of its output map over a wire of its own, whose activation is "
        "1: {name}, the sum of {count} δ, is {total}.",
        len(deltas),
    ).format(name=name, count=len(deltas), total=total)


def _forward(trace: Trace, step: Step, language: str) -> str:
    _, ngettext, symbols = translator(language), counter(language), Symbols(trace.layer)
    if not len(step):
        return _("Output node {node} sees nothing but padding, so its sum is {total}.").format(
            node=symbols.target(step.cell), total=short(settled.total(step))
        )
    weights = ngettext("{count} weight", "{count} weights", len(step))
    said = ngettext(
        "Output node {node} is fed by one input node, through {weights}. "
        "Activation times weight: {total}.",
        "Output node {node} is fed by {count} input nodes, through {weights}. "
        "Activation times weight, added up: {total}.",
        len(step),
    ).format(
        node=symbols.target(step.cell),
        count=len(step),
        weights=_list(_, step.wires.tap.tolist(), symbols.weight, weights),
        total=short(settled.total(replace(step, offset=0.0))),
    )
    if step.offset:
        said += _(" With the bias {bias} that makes {total}.").format(
            bias=short(step.offset), total=short(settled.total(step))
        )
    return said


def _deltas(trace: Trace, step: Step, language: str, member: int, *, scattered: bool) -> str:
    _, ngettext, symbols = translator(language), counter(language), Symbols(trace.layer)
    node = symbols.source(step.cell)
    if not len(step):
        return _(
            "Node {node} feeds no output node: no window reaches it. "
            "Nothing comes back, its delta is 0."
        ).format(node=node)
    weights = ngettext("{count} weight", "{count} weights", len(step))
    deltas = ngettext("{count} delta", "{count} deltas", len(step))
    told = (
        ngettext(
            "Every δ stamps the forward stencil times itself. One stamp covers node {node}, that "
            "of {deltas}, with {weights} on it: {total}.",
            "Every δ stamps the forward stencil times itself. {count} stamps cover node {node}, "
            "those of {deltas}, with {weights} on it. They add up to {total}.",
            len(step),
        )
        if scattered
        else ngettext(
            "Node {node} feeds one output node, through {weights}. "
            "It collects {deltas} times that weight: {total}.",
            "Node {node} feeds {count} output nodes, through {weights}. "
            "It collects from {deltas}, each times the weight on its wire: {total}.",
            len(step),
        )
    )
    said = told.format(
        node=node,
        count=len(step),
        weights=_list(_, step.wires.tap.tolist(), symbols.weight, weights),
        deltas=_list(_, step.wires.target.tolist(), symbols.output_delta, deltas),
        total=short(settled.total(step)),
    )
    if trace.layer.activation != "identity":
        said += _(" Times σ′(z) = {slope} its delta is {delta}.").format(
            slope=short(float(trace.activation_derivative[member].flat[step.cell])),
            delta=short(float(trace.input_delta[member].flat[step.cell])),
        )
    return said


def _list(_: Translate, cells: list[int], name: Callable[[int], object], counted: str) -> str:
    """``w₁₁, w₁₂ and w₂₁``, or ``25 weights``."""
    if len(cells) > NAMED:
        return counted.format(count=len(cells))
    names = [str(name(cell)) for cell in cells]
    if len(names) < 2:
        return "".join(names)
    return _("{first} and {last}").format(first=_(", ").join(names[:-1]), last=names[-1])
