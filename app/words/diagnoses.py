"""A diagnosis in sentences: what was done, for the stencil and for w, and what was meant.

"Turned" is always said of a stencil, and what that makes of w is said with the mode.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np

from app.engine import Layer, Operation, stencil
from app.engine.diagnosis import Finding, Verdict
from app.engine.errors import times
from app.engine.mistakes import Code, Part
from app.words.catalogue import N_, Translate, translator
from app.words.numbers import short

MODES: dict[Operation, str] = {
    "convolution": N_("convolution mode"),
    "correlation": N_("correlation mode"),
}

# What each mistake is called, and what the parts are.
NAMES: dict[Code, str] = {
    "kernel_not_rotated": N_("the stencil not turned"),
    "kernel_flipped_rows_only": N_("the stencil flipped up-down only"),
    "kernel_flipped_columns_only": N_("the stencil flipped left-right only"),
    "kernel_transposed": N_("the stencil transposed"),
    "missing_activation_derivative": N_("σ′ left out"),
    "derivative_at_activation": N_("σ′ taken at aˡ"),
    "gradient_rotated": N_("the kernel gradient turned wrongly"),
    "input_not_activated": N_("zˡ used for aˡ"),
    "sign_flipped": N_("the sign wrong"),
    "scaled": N_("a constant factor"),
    "averaged_over_batch": N_("the mean over the batch"),
    "bias_missing": N_("the bias left out"),
    "channels_swapped": N_("channels exchanged"),
    "wrong_operation": N_("the other operation"),
    "stride_ignored": N_("the stride ignored"),
    "dilation_ignored": N_("the dilation ignored"),
    "padding_not_cropped": N_("the padding not cropped"),
    "wrong_shape": N_("another shape"),
    "unknown": N_("no known mistake"),
}

# What becomes of w: the stencils that are slid, in each mode.
FORWARD: dict[Operation, str] = {"convolution": "rot180(w)", "correlation": "w"}
BACKWARD: dict[Operation, str] = {"convolution": "w", "correlation": "rot180(w)"}
SLID: dict[Code, dict[Operation, str]] = {
    "kernel_not_rotated": FORWARD,
    # flipping both ways turns, so flipping rot180(w) one way leaves w flipped the other way
    "kernel_flipped_rows_only": {"convolution": "fliplr(w)", "correlation": "flipud(w)"},
    "kernel_flipped_columns_only": {"convolution": "flipud(w)", "correlation": "fliplr(w)"},
    "kernel_transposed": {"convolution": "wᵀ", "correlation": "rot180(w)ᵀ"},
    "wrong_operation": FORWARD,
}

_TURN_OF_GRADIENT: dict[Operation, str] = {
    "convolution": N_(
        "Your ∂C/∂w is the gradient of the forward stencil: δˡ⁺¹ slid over aˡ as it stands. "
        "In {mode} the forward stencil is {forward}, so the gradient of w is that, turned by 180°."
    ),
    "correlation": N_(
        "Your ∂C/∂w is turned by 180°, and must not be: in {mode} the forward stencil is "
        "{forward}, and its gradient is δˡ⁺¹ slid over aˡ as it stands."
    ),
}
_SWAPPED = N_(
    "The kernel's axes C_out and C_in/groups were read in each other's place. Backwards each input "
    "channel collects from every output channel it feeds: channels are transposed, space is turned."
)
_DILATION = N_("You used the stencil without its holes; the dilation is {dilation} here.")

MESSAGES: dict[tuple[Part, Code], str] = {
    ("input_delta", "kernel_not_rotated"): N_(
        "You slid the forward stencil itself over the padded δ: that is {slid} in {mode}. "
        "The backward stencil is the forward one turned by 180°: {backward} here."
    ),
    ("input_delta", "kernel_flipped_rows_only"): N_(
        "You flipped the forward stencil up-down only, which is half of the turn: you slid {slid} "
        "in {mode}. Turned by 180° it is flipped left-right as well: {backward} here."
    ),
    ("input_delta", "kernel_flipped_columns_only"): N_(
        "You flipped the forward stencil left-right only, which is half of the turn: you slid "
        "{slid} in {mode}. Turned by 180° it is flipped up-down as well: {backward} here."
    ),
    ("input_delta", "kernel_transposed"): N_(
        "You slid the backward stencil with its rows and columns exchanged: {slid} in {mode}, "
        "instead of {backward}. Only channels are transposed on the way back; space is turned."
    ),
    ("input_delta", "missing_activation_derivative"): N_(
        "This is what the nodes collect, ∂C/∂aˡ. Times σ′(zˡ), node by node, it would be δˡ."
    ),
    ("input_delta", "derivative_at_activation"): N_(
        "You took σ′ at the activation, σ′(aˡ). It is taken at the pre-activation: σ′(zˡ)."
    ),
    ("input_delta", "channels_swapped"): _SWAPPED,
    ("input_delta", "wrong_operation"): N_(
        "These are the deltas of a layer that does the other operation: you slid {slid} over the "
        "padded δ. In {mode} the backward stencil is {backward}."
    ),
    ("input_delta", "stride_ignored"): N_(
        "You slid over δ as it is. A stride of {stride} leaves gaps between the windows, so zeros "
        "go between the deltas."
    ),
    ("input_delta", "dilation_ignored"): _DILATION,
    ("input_delta", "padding_not_cropped"): N_(
        "Your map still has the forward padding around it. Those zeros are no nodes: crop them."
    ),
    ("output", "input_not_activated"): N_(
        "You slid the stencil over zˡ. The map that it slides over is aˡ = σ(zˡ)."
    ),
    ("output", "bias_missing"): N_("The bias is missing: it is added to every sum of its channel."),
    ("output", "channels_swapped"): N_(
        "The kernel's axes C_out and C_in/groups were read in each other's place."
    ),
    ("output", "wrong_operation"): N_(
        "You slid {backward} over the map. In {mode} the forward stencil is {forward}."
    ),
    ("output", "stride_ignored"): N_("You moved the window by 1; the stride is {stride} here."),
    ("output", "dilation_ignored"): _DILATION,
    ("output", "padding_not_cropped"): N_(
        'You kept every window that touches the map ("full"). This layer\'s padding keeps fewer.'
    ),
    ("kernel_gradient", "input_not_activated"): N_(
        "You used zˡ. The gradient is made of δˡ⁺¹ and the activation aˡ = σ(zˡ)."
    ),
    ("kernel_gradient", "channels_swapped"): N_(
        "Your gradient has its channel axes exchanged. Like w it is C_out×(C_in/groups)×kh×kw."
    ),
    ("kernel_gradient", "wrong_operation"): N_(
        "This is the gradient for the other operation. In {mode} the forward stencil is {forward}."
    ),
    ("kernel_gradient", "stride_ignored"): N_(
        "You laid δ over the map as it is. With a stride of {stride} its cells lie that far apart."
    ),
    ("kernel_gradient", "dilation_ignored"): N_(
        "You moved δ by 1 from tap to tap; with a dilation of {dilation} taps lie that far apart."
    ),
}
ANYWHERE: dict[Code, str] = {
    "sign_flipped": N_("Every number has the wrong sign."),
    "scaled": N_("Every number is {factor} times what it should be."),
    "averaged_over_batch": N_(
        "You divided by the batch size, {batch}. Gradients add up over the batch; it is a cost "
        "that may be a mean."
    ),
    "channels_swapped": N_("The numbers are right, but their channels stand in reversed order."),
}
ALSO: dict[Code, str] = {
    "missing_activation_derivative": N_("Besides, σ′(zˡ) is left out."),
    "derivative_at_activation": N_("Besides, σ′ is taken at aˡ instead of zˡ."),
    "sign_flipped": N_("Besides, the sign is wrong."),
    "averaged_over_batch": N_("Besides, it is divided by the batch size, {batch}."),
    "scaled": N_("Besides, it is multiplied by {factor}."),
}


def name(code: Code, language: str) -> str:
    """What a mistake is called, in a few words."""
    return translator(language)(NAMES[code])


def message(part: Part, layer: Layer, verdict: Verdict, finding: Finding, language: str) -> str:
    """What a finding says to whoever sent the answer."""
    _ = translator(language)
    facts: dict[str, object] = {
        "mode": _(MODES[layer.operation]),
        "forward": _written(_, FORWARD[layer.operation]),
        "backward": _written(_, BACKWARD[layer.operation]),
        "slid": _written(_, SLID.get(finding.code, FORWARD)[layer.operation]),
        "stride": _pair(layer.stride),
        "dilation": _pair(layer.dilation),
        "batch": layer.input.shape[0],
        "factor": "" if finding.factor is None else short(finding.factor, 6),
    }
    if finding.code in ("wrong_shape", "unknown"):
        return _unexplained(_, verdict)
    said = [_(_template(part, layer, finding)), *(_(ALSO[code]) for code in finding.also)]
    if verdict.shape != verdict.expected_shape:
        said.append(_("That gives {got}; the right shape is {want}."))
        facts |= {"got": _shape(_, verdict.shape), "want": _shape(_, verdict.expected_shape)}
    if finding.indistinguishable_from:
        said.append(_("On this layer the same numbers come from: {names}."))
        facts["names"] = _(", ").join(_(NAMES[code]) for code in finding.indistinguishable_from)
    return reduce(
        lambda before, after: _("{before} {after}").format(before=before, after=after),
        (sentence.format(**facts) for sentence in said),
    )


def note(part: Part, layer: Layer, verdict: Verdict, language: str) -> str | None:
    """For a right answer: that a forgotten turn could not have shown; None where it could."""
    turns: dict[Part, Code] = {
        "output": "wrong_operation",
        "input_delta": "kernel_not_rotated",
        "kernel_gradient": "gradient_rotated",
    }
    if not verdict.correct or turns.get(part) not in verdict.hidden:
        return None
    _ = translator(language)
    symmetric = np.array_equal(stencil.rotate180(layer.kernel), layer.kernel)
    if part != "kernel_gradient" and symmetric:
        return _(
            "This kernel equals itself turned by 180°, so a forgotten turn would not show. "
            "Try one that does not."
        )
    return _("With these numbers a forgotten turn would not show. Try less regular ones.")


def _template(part: Part, layer: Layer, finding: Finding) -> str:
    if finding.how == "order" or (part, finding.code) not in MESSAGES:
        if finding.code == "gradient_rotated":
            return _TURN_OF_GRADIENT[layer.operation]
        return ANYWHERE[finding.code]
    return MESSAGES[part, finding.code]


def _unexplained(_: Translate, verdict: Verdict) -> str:
    mismatch, error = verdict.first_mismatch, verdict.max_absolute_error
    if mismatch is None or error is None:
        return _(
            "Your answer's shape is {got}; {want} is right. No known mistake gives these numbers."
        ).format(got=_shape(_, verdict.shape), want=_shape(_, verdict.expected_shape))
    got, expected = (short(value, 6) for value in (mismatch.got, mismatch.expected))
    if not mismatch.index:
        return _("No known mistake gives {got}; {expected} is right.").format(
            got=got, expected=expected
        )
    return _(
        "No known mistake gives these numbers. They are off by up to {error}; "
        "the first that is off is {got} instead of {expected}, at {place}."
    ).format(error=short(error), got=got, expected=expected, place=list(mismatch.index))


def _written(_: Translate, stencil_of_w: str) -> str:
    return _("w as written") if stencil_of_w == "w" else stencil_of_w


def _shape(_: Translate, shape: Sequence[int]) -> str:
    return times(*shape) if shape else _("a single number")


def _pair(pair: tuple[int, int]) -> str:
    return str(pair[0]) if pair[0] == pair[1] else f"[{pair[0]}, {pair[1]}]"
