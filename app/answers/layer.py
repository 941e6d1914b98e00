"""The answers about one layer, and the presets."""

from __future__ import annotations

import numpy as np

from app.answers.memory import trace_of
from app.answers.schemas import (
    ContributionsAnswer,
    Edges,
    GraphAnswer,
    LayerAnswer,
    MatrixAnswer,
    PresetAnswer,
    PresetsAnswer,
    Term,
)
from app.engine import Step, Trace, Wires, run
from app.engine.activations import Floats
from app.spec import DEFAULT_LIMITS, PRESETS, LayerSpec, LimitError, Limits, SpecError
from app.words import translator
from app.words.names import terms_latex, terms_text


def layer_answer(spec: LayerSpec, limits: Limits = DEFAULT_LIMITS) -> LayerAnswer:
    """Forward map, deltas and gradients."""
    # asked once a request, so not remembered: to keep a small trace costs as much as to run it
    trace = run(spec.layer(limits))
    maps, flat = trace.layer.ranked, trace.layer.rank == 2
    output = maps(trace.output)

    def kernel(array: Floats) -> Floats:
        return array[0, 0] if flat else array

    return LayerAnswer(
        activated=maps(trace.activated),
        activation_derivative=maps(trace.activation_derivative),
        output=output,
        output_shape=list(output.shape),
        padding=[list(sides) for sides in trace.layer.padding],
        output_delta=maps(trace.layer.output_delta),
        forward_stencil=kernel(trace.forward_stencil),
        backward_stencil=kernel(trace.backward_stencil),
        rotated_kernel=kernel(trace.rotated_kernel),
        collected=maps(trace.collected),
        input_delta=maps(trace.input_delta),
        kernel_gradient=kernel(trace.kernel_gradient),
        bias_gradient=float(trace.bias_gradient[0]) if flat else trace.bias_gradient,
    )


def contributions_answer(
    spec: LayerSpec, node: tuple[int, ...], limits: Limits = DEFAULT_LIMITS
) -> ContributionsAnswer:
    """What the input node collects: the wires that leave it, and the δ at their other ends.

    Raises:
        SpecError: the input has no such node.
    """
    trace = trace_of(spec, limits)
    at = _node_in(trace, node)
    cell = int(np.ravel_multi_index(at[1:], trace.layer.input.shape[1:]))
    step = trace.step("deltas", cell, at[0])
    outputs, taps = _ends(trace, step)
    names = list(zip(outputs, taps, strict=True))
    spaces = trace.layer.output_shape[2:], trace.layer.kernel.shape[2:]
    return ContributionsAnswer(
        node=list(node),
        terms=[
            Term(output_node=output, tap=tap, delta=delta, weight=weight, product=product)
            for output, tap, delta, weight, product in zip(
                outputs,
                taps,
                step.factor.tolist(),
                step.other.tolist(),
                step.product.tolist(),
                strict=True,
            )
        ],
        collected=float(trace.collected[at]),
        derivative=float(trace.activation_derivative[at]),
        input_delta=float(trace.input_delta[at]),
        latex=terms_latex(names, *spaces),
        text=terms_text(names, *spaces),
    )


def graph_answer(spec: LayerSpec, limits: Limits = DEFAULT_LIMITS) -> GraphAnswer:
    """The layer as an MLP: every node of one batch member and every wire.

    Raises:
        LimitError: more wires than are listed.
    """
    trace = trace_of(spec, limits)
    wires = _listed(trace, limits)
    table = wires.table
    return GraphAnswer(
        input_nodes=int(np.prod(wires.source_shape)),
        output_nodes=int(np.prod(wires.target_shape)),
        edges=Edges(
            source=table.source,
            target=table.target,
            tap=table.tap,
            weight=trace.layer.kernel.ravel()[table.tap],
        ),
    )


def matrix_answer(spec: LayerSpec, limits: Limits = DEFAULT_LIMITS) -> MatrixAnswer:
    """The same wires as a sparse matrix: output = M·a + b and collected = Mᵀ·δ.

    Raises:
        LimitError: more wires than are listed.
    """
    graph = graph_answer(spec, limits)
    edges = graph["edges"]
    return MatrixAnswer(
        shape=[graph["output_nodes"], graph["input_nodes"]],
        rows=edges["target"],
        columns=edges["source"],
        tap=edges["tap"],
        values=edges["weight"],
    )


def presets_answer(language: str) -> PresetsAnswer:
    """Every preset, with its label and note in the language."""
    say = translator(language)
    return PresetsAnswer(
        presets=[
            PresetAnswer(name=p.name, label=say(p.label), note=say(p.note), layer=p.spec.request())
            for p in PRESETS.values()
        ]
    )


def _listed(trace: Trace, limits: Limits) -> Wires:
    # a table of its own: the trace may be remembered, its 24 bytes a wire should not be
    wires = Wires(trace.layer)
    if wires.count > limits.wires:
        raise LimitError(
            ("input",),
            "makes {got:,} wires with this kernel; {most:,} is the limit where they are listed",
            got=wires.count,
            most=limits.wires,
        )
    return wires


def _node_in(trace: Trace, node: tuple[int, ...]) -> tuple[int, int, int, int]:
    """The node as an index into the 4-D arrays."""
    shape = trace.layer.ranked(trace.layer.input).shape
    if len(node) != len(shape) or any(i >= size for i, size in zip(node, shape, strict=True)):
        raise SpecError(
            ("node",),
            "is not in the input; give {axes} indices, each from 0 and below {shape}",
            axes=len(shape),
            shape=list(shape),
        )
    member, channel, row, column = (0,) * (4 - len(node)) + node
    return member, channel, row, column


def _ends(trace: Trace, step: Step) -> tuple[list[list[int]], list[list[int]]]:
    """Each wire's output node, with the input's axes, and its tap, with the kernel's."""
    rank, taps = trace.layer.rank, 2 if trace.layer.rank == 2 else 4
    target = np.unravel_index(step.wires.target, trace.layer.output_shape[1:])
    tap = np.unravel_index(step.wires.tap, trace.layer.kernel.shape)
    return (
        np.stack([step.member, *target], axis=1)[:, 4 - rank :].tolist(),
        np.stack(tap, axis=1)[:, 4 - taps :].tolist(),
    )
