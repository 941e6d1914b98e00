"""Each mistake is what its definition says, in both modes: compared with loops written out here.

The loops stamp: every δ lays a stencil, times itself, into the map that its window comes from, and
stamps add up. Stamping a stencil is sliding it turned, so what is slid here is turned by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.testing import assert_array_equal

from app.engine import ACTIVATIONS, Layer, Operation, Trace, run, stencil
from app.engine.activations import Floats
from app.engine.diagnosis import diagnose
from app.engine.mistakes import CODES, COLLECTING, OTHERS, PARTS, SLOPES, Code, Part
from app.engine.suspects import PASSES, Suspects, natural, occurring
from tests.engine import checks
from tests.engine.checks import turned
from tests.engine.loops import gradient, naive_forward, stamped
from tests.engine.strategies import OPERATIONS, layers

FEW = settings(max_examples=150)


def forward_stencil(layer: Layer) -> Floats:
    """What the forward pass slides, said by w."""
    return layer.kernel if layer.operation == "correlation" else turned(layer.kernel)


def cut(
    layer: Layer, padded: Floats, rows: int | None = None, columns: int | None = None
) -> Floats:
    """The first rows and columns of the padded map (all, if not told), less the padding."""
    (top, bottom), (left, right) = layer.padding
    height = layer.axes[0].padded if rows is None else rows
    width = layer.axes[1].padded if columns is None else columns
    return padded[:, :, top : height - bottom, left : width - right]


def collected(layer: Layer, slides: Floats, **changes: Any) -> Floats:
    """What sliding a stencil over the padded δ collects."""
    arguments = {"stride": layer.stride, "dilation": layer.dilation, **changes}
    return cut(layer, stamped(layer, turned(slides), **arguments))


def flat(trace: Trace, part: Part, code: Code) -> list[Floats]:
    """All ways to make a mistake, as the suspects know them."""
    return [s.array for s in Suspects(trace, part).single if s.code == code]


def near(trace: Trace, actual: Floats, expected: Floats) -> bool:
    """Whether two arrays agree to the last bit, or to σ's rounding."""
    within = checks.rounding(trace.layer)
    return actual.shape == expected.shape and bool(np.all(np.abs(actual - expected) <= within))


SLID: dict[Code, Callable[[Floats], Floats]] = {  # of the forward stencil
    "kernel_not_rotated": lambda forward: forward,
    "wrong_operation": lambda forward: forward,
    "kernel_flipped_rows_only": lambda forward: np.flip(forward, -2),
    "kernel_flipped_columns_only": lambda forward: np.flip(forward, -1),
}


@pytest.mark.parametrize("code", SLID)
@FEW
@given(layer=layers())
def test_a_wrong_turn_slides_what_it_says(code: Code, layer: Layer) -> None:
    """Over the padded δ goes the forward stencil itself, or flipped one way, then times σ′."""
    trace = run(layer)
    (wrong,) = flat(trace, "input_delta", code)
    expected = collected(layer, SLID[code](forward_stencil(layer)))
    assert near(trace, wrong, expected * trace.activation_derivative)


@FEW
@given(layer=layers())
def test_transposed_slides_the_backward_stencil_transposed(layer: Layer) -> None:
    """A square stencil gives the right shape; another one what its own size gives."""
    trace = run(layer)
    slides = turned(forward_stencil(layer)).swapaxes(-2, -1)
    wrong = flat(trace, "input_delta", "kernel_transposed")
    if layer.kernel.shape[2] == layer.kernel.shape[3]:
        expected = collected(layer, slides) * trace.activation_derivative
        assert [near(trace, one, expected) for one in wrong] == [True]
    for one in wrong:
        assert one.shape[:2] == layer.input.shape[:2]


@FEW
@given(layer=layers())
def test_wrong_slopes(layer: Layer) -> None:
    """σ′ left out gives `collected`; σ′ at the activation is σ′(σ(z))."""
    trace, sigma = run(layer), ACTIVATIONS[layer.activation]
    (missing,) = flat(trace, "input_delta", "missing_activation_derivative")
    assert_array_equal(missing, trace.collected)
    (twice,) = flat(trace, "input_delta", "derivative_at_activation")
    assert_array_equal(twice, trace.collected * sigma.derivative(sigma.value(layer.input)))


def _has(trace: Trace, part: Part, code: Code, expected: Floats) -> bool:
    return any(near(trace, one, expected) for one in flat(trace, part, code))


@FEW
@given(layer=layers())
def test_ignored_stride_and_dilation(layer: Layer) -> None:
    """Known are both: stamping into the whole map, and what sliding over δ as it is leaves."""
    trace, stamp = run(layer), forward_stencil(layer)
    cases: list[tuple[Code, bool, dict[str, Any]]] = [
        ("stride_ignored", layer.stride != (1, 1), {"stride": (1, 1)}),
        (
            "dilation_ignored",
            any(axis.span > axis.taps for axis in layer.axes),
            {"dilation": (1, 1)},
        ),
    ]
    for code, matters, change in cases:
        assert bool(flat(trace, "input_delta", code)) == matters
        if not matters:
            continue
        arguments = {"stride": layer.stride, "dilation": layer.dilation, **change}
        whole = stamped(layer, stamp, **arguments)
        assert _has(trace, "input_delta", code, cut(layer, whole) * trace.activation_derivative)
        (s, t), (d, e) = arguments["stride"], arguments["dilation"]
        rows, columns = (
            (n - 1) * step + (k - 1) * hole + 1
            for n, step, k, hole in zip(
                layer.output_shape[2:], (s, t), layer.kernel.shape[2:], (d, e), strict=True
            )
        )
        gathered = cut(layer, whole, rows, columns)
        if min(gathered.shape) > 0 and rows > sum(layer.padding[0]):
            with_slope = gathered
            if gathered.shape == layer.input.shape:
                with_slope = gathered * trace.activation_derivative
            assert columns <= sum(layer.padding[1]) or _has(trace, "input_delta", code, with_slope)


@FEW
@given(layer=layers())
def test_uncropped_is_the_padded_map(layer: Layer) -> None:
    """With the padding on, whatever somebody multiplies the rim with; nothing without padding."""
    trace = run(layer)
    (top, bottom), (left, right) = layer.padding
    full = stamped(layer, forward_stencil(layer), layer.stride, layer.dilation)
    full = full[:, :, : layer.axes[0].padded, : layer.axes[1].padded]
    wrong = flat(trace, "input_delta", "padding_not_cropped")
    assert bool(wrong) == bool(top or bottom or left or right)
    if wrong:
        for rim in (0.0, 1.0):
            slope = np.full(full.shape, rim)
            height, width = layer.input.shape[2:]
            slope[:, :, top : top + height, left : left + width] = trace.activation_derivative
            assert _has(trace, "input_delta", "padding_not_cropped", full * slope)


@FEW
@given(layer=layers())
def test_wrong_outputs(layer: Layer) -> None:
    """The other operation, no bias, z for a, no stride, no dilation, all windows."""
    trace, slides = run(layer), forward_stencil(layer)
    a, z = trace.activated, layer.input
    span = [axis.span - 1 for axis in layer.axes]
    full = tuple((n, n) for n in span)
    expected: dict[Code, Floats] = {
        "wrong_operation": naive_forward(layer, a, turned(slides)),
        "input_not_activated": naive_forward(layer, z, slides),
        "bias_missing": naive_forward(replace(layer, bias=np.zeros_like(layer.bias)), a, slides),
        "stride_ignored": naive_forward(layer, a, slides, stride=(1, 1)),
        "dilation_ignored": naive_forward(layer, a, slides, dilation=(1, 1)),
        "padding_not_cropped": naive_forward(layer, a, slides, padding=full),
    }
    for code, right in expected.items():
        made = flat(trace, "output", code)
        assert len(made) <= 1
        # a mistake that is left out makes no difference
        assert near(trace, made[0] if made else trace.output, right), code


@FEW
@given(layer=layers())
def test_wrong_kernel_gradients(layer: Layer) -> None:
    """Turned, made of z, or with δ laid over the map as if stride or dilation were 1."""
    trace = run(layer)

    stride, dilation = layer.stride, layer.dilation
    assert near(trace, gradient(layer, trace.activated, stride, dilation), trace.kernel_gradient)
    expected: dict[Code, Floats] = {
        "gradient_rotated": turned(trace.kernel_gradient),
        "wrong_operation": turned(trace.kernel_gradient),
        "input_not_activated": gradient(layer, layer.input, stride, dilation),
        "stride_ignored": gradient(layer, trace.activated, (1, 1), dilation),
        "dilation_ignored": gradient(layer, trace.activated, stride, (1, 1)),
    }
    for code, right in expected.items():
        made = flat(trace, "kernel_gradient", code)
        assert near(trace, made[0] if made else trace.kernel_gradient, right), code


@FEW
@given(layer=layers())
def test_swapped_channels(layer: Layer) -> None:
    """As many outputs as inputs: collecting without transposing; a gradient: its axes exchanged."""
    trace = run(layer)
    outputs, per_group = layer.kernel.shape[:2]
    size = outputs // layer.groups
    grouped = layer.kernel.reshape(layer.groups, size, per_group, *layer.kernel.shape[2:])
    if size == per_group > 1:
        other = replace(layer, kernel=grouped.swapaxes(1, 2).reshape(layer.kernel.shape))
        right = run(other)
        made = flat(trace, "input_delta", "channels_swapped")
        assert near(trace, made[0], right.input_delta)
        assert near(trace, flat(trace, "output", "channels_swapped")[0], right.output)
    gradients = flat(trace, "kernel_gradient", "channels_swapped")
    assert bool(gradients) == (max(outputs, per_group) > 1)
    if gradients:
        assert gradients[0].shape[:2] == (layer.groups * per_group, size)
        assert sorted(gradients[0].ravel()) == sorted(trace.kernel_gradient.ravel())


@FEW
@given(layer=layers())
def test_both_modes_make_the_same_mistake(layer: Layer) -> None:
    """Defined by stencils: one network, written in either mode, is mistaken in the same way."""
    other = replace(
        layer,
        operation="correlation" if layer.operation == "convolution" else "convolution",
        kernel=turned(layer.kernel),
    )
    here, there = run(layer), run(other)
    for code in occurring("input_delta"):
        one, two = flat(here, "input_delta", code), flat(there, "input_delta", code)
        assert [near(here, a, b) for a, b in zip(one, two, strict=True)] == [True] * len(one), code
    for code in ("gradient_rotated", "input_not_activated", "stride_ignored", "dilation_ignored"):
        one = flat(here, "kernel_gradient", code)
        two = [turned(array) for array in flat(there, "kernel_gradient", code)]
        assert [near(here, a, b) for a, b in zip(one, two, strict=True)] == [True] * len(one), code


@FEW
@given(layer=layers())
def test_shapes_are_known_before_the_answers_are_made(layer: Layer) -> None:
    """A suspect of another shape costs nothing; so its shape has to be true."""
    trace = run(layer)
    for part in PARTS:
        for suspect in Suspects(trace, part).single:
            assert suspect.array.shape == suspect.shape, (part, suspect.code)


def test_every_code_has_a_place() -> None:
    """Each code of the contract occurs in some part, save the two that mean none of these."""
    placed = {code for part in PARTS for code in occurring(part)}
    assert placed == set(CODES) - {"wrong_shape", "unknown"}
    assert placed == {
        *COLLECTING, *SLOPES, *(code for part in PARTS for code in OTHERS[part]),
        "sign_flipped", "scaled", "averaged_over_batch",
    }  # fmt: skip


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_passes_are_counted(operation: Operation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where every mistake can be made, an answer takes as many stencil passes as the limit says."""
    layer = Layer.of(
        np.arange(2 * 4 * 49.0).reshape(2, 4, 7, 7) % 5,
        np.arange(4 * 2 * 9.0).reshape(4, 2, 3, 3) % 7 - 3,
        bias=1, stride=2, dilation=2, padding=2, groups=2, activation="sigmoid",
        operation=operation,
    )  # fmt: skip
    trace, count = run(layer), 0
    names = ("forward", "collect", "kernel_gradient")
    for name in names:
        original = getattr(stencil, name)

        def counted(*arguments: Any, original: Any = original) -> Any:
            nonlocal count
            count += 1
            return original(*arguments)

        monkeypatch.setattr(stencil, name, counted)
    for part in PARTS:
        count, suspects = 0, Suspects(trace, part)
        diagnose(suspects, natural(layer, part, suspects.right + 1.25))
        assert count == PASSES[part], part
    assert sum(PASSES.values()) + 3 <= 20
