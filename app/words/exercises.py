"""What an exercise asks, in words, and how its choices are called."""

from __future__ import annotations

from functools import reduce

from app.engine import Layer
from app.engine.errors import times
from app.spec.exercises import Exercise
from app.words.catalogue import translator
from app.words.diagnoses import FORWARD, MODES
from app.words.diagnoses import name as mistake_name
from app.words.symbols import Symbols


def question(exercise: Exercise, language: str) -> str:
    """What is asked, in a sentence or two."""
    _, symbols = translator(language), Symbols(exercise.trace.layer)
    node = symbols.delta(exercise.node)
    if exercise.kind == "delta":
        return _("Compute {delta}.").format(delta=node)
    if exercise.kind == "tap":
        return _("Which weight does {output} meet on its way to {delta}?").format(
            output=symbols.output_delta(exercise.target), delta=node
        )
    if exercise.kind == "stencil":
        if max(exercise.trace.layer.kernel.shape[:2]) > 1:
            return _(
                "Fill in the stencil that the backward pass slides over the padded δ, from output "
                "channel 1 to input channel 1."
            )
        return _("Fill in the stencil that the backward pass slides over the padded δ.")
    if exercise.kind == "mistake":
        return _("Somebody computed δˡ and made one mistake. Which one?")
    return _(
        "The node of {delta} has lost its wires. Draw them, and write the weight on each."
    ).format(delta=node)


def setting(layer: Layer, language: str) -> str:
    """What the forward pass of the layer does, so that the answer is determined."""
    _ = translator(language)
    forward = FORWARD[layer.operation]
    said = [
        _("In {mode} the forward pass slides {stencil} over the {size} map.").format(
            mode=_(MODES[layer.operation]),
            stencil=_("w as written") if forward == "w" else forward,
            size=times(*layer.input.shape[2:]),
        )
    ]
    if layer.stride != (1, 1):
        said.append(_("Its stride is {stride}.").format(stride=layer.stride[0]))
    if any(map(any, layer.padding)):
        said.append(_("Its padding is {zeros}.").format(zeros=layer.padding[0][0]))
    outputs, inputs = layer.kernel.shape[:2]
    if max(outputs, inputs) > 1:
        said.append(
            _("w has a row for each of {outputs} output channels and a column for each of "
              "{inputs} input channels.").format(outputs=outputs, inputs=inputs)
        )  # fmt: skip
    return reduce(lambda one, more: _("{before} {after}").format(before=one, after=more), said)


def choices(exercise: Exercise, language: str) -> list[str]:
    """What can be chosen from, in the exercise's order; nothing where a number is asked for."""
    _, symbols = translator(language), Symbols(exercise.trace.layer)
    if exercise.kind == "tap":
        return [str(symbols.weight(tap)) for tap in exercise.taps]
    if exercise.kind == "mistake":
        return [mistake_name(code, language) for code in exercise.codes]
    return [wire(exercise, target, tap, language) for target, tap in exercise.wires]


def wire(exercise: Exercise, target: int, tap: int, language: str) -> str:
    """A wire by the delta at its far end and its weight."""
    _, symbols = translator(language), Symbols(exercise.trace.layer)
    return _("{delta} through {weight}").format(
        delta=symbols.output_delta(target), weight=symbols.weight(tap)
    )
