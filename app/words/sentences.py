"""A step in a sentence: what a caption says and a screen reader hears."""

from __future__ import annotations

from collections.abc import Callable

from app.engine import Trace
from app.engine.trace import Step
from app.words.catalogue import Translate, translator
from app.words.numbers import short
from app.words.symbols import Symbols

NAMED = 4  # nodes or weights called by name; more are counted


def sentence(trace: Trace, step: Step, language: str, member: int = 0) -> str:
    """What happens in a step, in words."""
    _ = translator(language)
    symbols = Symbols(trace.layer)
    if step.phase == "forward":
        return _forward(trace, step, symbols, _)
    if step.phase == "deltas":
        return _deltas(trace, step, symbols, _, member)
    return _(
        "{weight} sits on {count} wires. Its gradient adds up, over all of them, the δ at one end "
        "times the activation at the other: {total}."
    ).format(weight=symbols.weight(step.cell), count=len(step), total=short(step.total))


def _forward(trace: Trace, step: Step, symbols: Symbols, _: Translate) -> str:
    said = _(
        "Output node {node} is fed by {count} input nodes, through {weights}. "
        "Activation times weight, added up: {total}."
    ).format(
        node=symbols.target(step.cell),
        count=len(step),
        weights=_list(_, step.wires.tap.tolist(), symbols.weight),
        total=short(step.total - step.offset),
    )
    if step.offset:
        said += _(" With the bias {bias} that makes {total}.").format(
            bias=short(step.offset), total=short(step.total)
        )
    return said


def _deltas(trace: Trace, step: Step, symbols: Symbols, _: Translate, member: int) -> str:
    node = symbols.source(step.cell)
    if not len(step):
        return _(
            "Node {node} feeds no output node: no window reaches it. "
            "Nothing comes back, its delta is 0."
        ).format(node=node)
    facts = {
        "node": node,
        "count": len(step),
        "weights": _list(_, step.wires.tap.tolist(), symbols.weight),
        "deltas": _list(_, step.wires.target.tolist(), symbols.output_delta),
        "total": short(step.total),
    }
    if len(step) == 1:
        said = _(
            "Node {node} feeds one output node, through {weights}. "
            "It collects {deltas} times that weight: {total}."
        ).format(**facts)
    else:
        said = _(
            "Node {node} feeds {count} output nodes, through {weights}. "
            "It collects from {deltas}, each times the weight on its wire: {total}."
        ).format(**facts)
    if trace.layer.activation != "identity":
        said += _(" Times σ′(z) = {slope} its delta is {delta}.").format(
            slope=short(float(trace.activation_derivative[member].flat[step.cell])),
            delta=short(float(trace.input_delta[member].flat[step.cell])),
        )
    return said


def _list(_: Translate, cells: list[int], name: Callable[[int], object]) -> str:
    """``w₁₁, w₁₂ and w₂₁``, or ``25 of them``."""
    if len(cells) > NAMED:
        return _("{count} of them").format(count=len(cells))
    names = [str(name(cell)) for cell in cells]
    if len(names) < 2:
        return "".join(names)
    return _("{first} and {last}").format(first=_(", ").join(names[:-1]), last=names[-1])
