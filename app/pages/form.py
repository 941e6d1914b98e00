"""The check's form as a value: everything that was typed, as text, and the layer that it says.

A fault is a :class:`FieldError`: it knows beside which field it is to be shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

from app.engine import EngineError
from app.engine.activations import Floats
from app.engine.mistakes import PARTS
from app.spec import PRESETS, LayerSpec, Limits, decode, encode, pasted
from app.spec.permalink import within
from app.words import N_, say, translator

ARRAYS = ("input", "kernel", "output_delta", "bias")
WRITTEN = 2000  # numbers of an array up to which it stands in the form, or in an address


@dataclass(frozen=True)
class Form:
    """What stands in the form's fields; ``source`` says where the layer is to be read."""

    source: str = "link"
    spec: str = ""
    input: str = ""
    kernel: str = ""
    output_delta: str = ""
    bias: str = ""
    operation: str = "convolution"
    activation: str = "identity"
    stride: str = "1"
    padding: str = "0"
    dilation: str = "1"
    groups: str = "1"
    part: str = "input_delta"
    answer: str = ""


class FieldError(Exception):
    """A fault with the form's field that it is about."""

    def __init__(self, field: str, error: EngineError) -> None:
        super().__init__(field)
        self.field, self.error = field, error


def form_of(sent: dict[str, Any]) -> Form:
    """Text fields that the form has; anything else is as if it were left out."""
    known = {f.name for f in fields(Form)}
    form = Form(**{k: v for k, v in sent.items() if k in known and isinstance(v, str)})
    return form if form.part in PARTS else replace(form, part=Form.part)


def field(name: str, read: Callable[[], Any]) -> Any:
    """What ``read`` returns; what it refuses is about the field of that name.

    Raises:
        FieldError: as ``read`` raises an EngineError.
    """
    try:
        return read()
    except EngineError as error:
        raise FieldError(name, error) from error


def _array(name: str, text: str, limits: Limits) -> Floats:
    read: Floats = field(name, lambda: pasted.read(text, limits).array)
    return read


def layer_of(form: Form, limits: Limits) -> LayerSpec:
    """The layer that the form says: by a link, where nothing stands the article's, or by arrays.

    Raises:
        FieldError: a field cannot be read, or does not fit the others.
    """
    if form.source != "arrays":
        text = field("spec", lambda: within(form.spec))
        return field("spec", lambda: decode(text, limits)) if text else PRESETS["article"].spec
    body: dict[str, Any] = {"operation": form.operation, "activation": form.activation}
    for name in ARRAYS:
        text = getattr(form, name)
        if text.strip() or name in ("input", "kernel"):
            array = _array(name, text, limits)
            body[name] = pasted.with_axes(array, 1) if name == "bias" else array
    if "bias" in body and body["bias"].size == 1:
        body["bias"] = float(body["bias"].flat[0])
    for name in ("stride", "padding", "dilation", "groups"):
        body[name] = _wholes(getattr(form, name))
    try:
        spec = LayerSpec.parse(body, limits)
        spec.layer(limits)
    except EngineError as error:
        raise FieldError(place_of(error, form), error) from error
    return spec


def _wholes(text: str) -> object:
    """``2``, ``2, 1`` or ``1, 0, 2, 2`` as the API has them; anything else as it is."""
    words = re.split(r"[\s,;×x]+", text.strip().strip("[]()"))
    if not all(re.fullmatch(r"\d{1,6}", word, re.ASCII) for word in words):
        return text.strip()
    numbers = [int(word) for word in words]
    if len(numbers) == 4:
        return [numbers[:2], numbers[2:]]
    return numbers[0] if len(numbers) == 1 else numbers


def written_out(form: Form, spec: LayerSpec) -> Form:
    """The form with the layer of its link in the other fields too, if it is not too large."""
    body = spec.request()
    written: dict[str, str] = {"spec": form.spec.strip() or encode(spec)}
    for name in ARRAYS:
        array = getattr(spec, name)
        if array is not None and array.size <= WRITTEN and (name != "bias" or spec.has_bias):
            written[name] = pasted.laid_out(array)
    for name in ("operation", "activation", "stride", "padding", "dilation", "groups"):
        if name in body:
            flat = re.sub(r"[\[\]]", "", str(body[name]))
            written[name] = flat
    return replace(form, **written)


def place_of(error: EngineError, form: Form) -> str:
    """The form's field that an error is about."""
    parts = [part for part in re.split(r"[.\[\]]", error.field) if part]
    names = [part for part in parts if part in _SUBJECTS]
    if "answer" in parts:
        return "answer"
    if form.source != "arrays":
        return "spec"
    return names[0] if names else "input"


_SUBJECTS = {
    "spec": N_("The link"),
    "file": N_("The file"),
    "answer": N_("Your answer"),
    "input": N_("The map"),
    "kernel": N_("The kernel"),
    "output_delta": N_("The error at the output"),
    "bias": N_("The bias"),
    "operation": N_("The operation"),
    "activation": N_("The activation"),
    "stride": N_("The stride"),
    "padding": N_("The padding"),
    "dilation": N_("The dilation"),
    "groups": N_("The number of groups"),
}


def said(error: FieldError, language: str) -> str:
    """A fault as a sentence; its subject is the field, and the place in it where there is one."""
    fault = say(language, error.error.template, **error.error.facts)
    parts = re.split(r"[.\[]", error.error.field)
    inside = next((part for part in reversed(parts) if part in _SUBJECTS), error.field)
    subject = _SUBJECTS[inside]
    place = "".join(re.findall(r"\[\d+\]", error.error.field))
    if place:
        fault = say(language, "at {place} {fault}", place=place, fault=fault)
    return about(subject, fault, language)


def about(subject: str, fault: str, language: str) -> str:
    """A sentence of a subject (to be translated) and what is said of it."""
    return say(language, "{subject} {fault}", subject=translator(language)(subject), fault=fault)
