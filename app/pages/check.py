"""``/check``: somebody's numbers beside the right ones, and which mistake gives them.

The form is a value: everything typed, as text. The same form comes as a query (a link), as a plain
form (no JavaScript) and as JSON (the page's script), and goes back into the page as it came.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request, Response

from app.engine import ACTIVATIONS, EngineError
from app.engine.activations import Floats
from app.engine.mistakes import PARTS
from app.exchange import ProblemError, aside, json_answer, json_body, raw_body
from app.pages import render
from app.pages.checked import Checked, Judging, checked
from app.pages.controls import ACTIVATION_NAMES, Choice
from app.pages.frame import Page, around, html, language_of, root_of
from app.spec import PRESETS, LayerSpec, Limits, SpecError, decode, encode, pasted
from app.spec.permalink import within
from app.words import LANGUAGES, N_, say, translator

LONGEST_LINK = 6000  # characters of an address that every browser and proxy takes
ARRAYS = ("input", "kernel", "output_delta", "bias")
WRITTEN = 2000  # numbers of a layer up to which its arrays stand in the form


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


@dataclass(frozen=True)
class CheckPage(Page):
    """What ``pages/check.html`` is rendered from."""

    form: Form
    faults: dict[str, str]  # what is wrong, by the field that it stands beside
    parts: list[Choice]
    operations: list[Choice]
    activations: list[Choice]
    example: str  # a link that fills the form
    most: int  # bytes of a file
    too_large: str
    checked: Checked | None


@dataclass(frozen=True)
class CheckedPart:
    """What ``partials/checked.html`` is rendered from."""

    checked: Checked
    root: str
    language: str


class FieldError(Exception):
    """A fault with the form's field that it is about."""

    def __init__(self, field: str, error: EngineError) -> None:
        super().__init__(field)
        self.field, self.error = field, error


def add(routes: APIRouter, limits: Limits) -> None:
    """The page's routes."""

    @routes.get("/check")
    async def page(request: Request) -> Response:
        return await _page(request, _form(dict(request.query_params)), limits)

    @routes.post("/check")
    async def posted(request: Request) -> Response:
        """The plain form, where no script sends it."""
        try:
            body = await raw_body(request, limits)
            sent = dict(parse_qsl(body.decode("utf-8", "replace"), True, max_num_fields=50))
        except ProblemError as error:
            fault = _large(error, N_("What you sent"), limits, language_of(request))
            return await _page(request, Form(), limits, {"answer": fault})
        except ValueError:
            sent = {}
        return await _page(request, _form(sent), limits)

    @routes.post("/check/answer")
    async def answered(request: Request) -> Response:
        """What changes when somebody presses *Check*."""
        language, root = language_of(request), root_of(request)
        try:
            form = _form(await json_body(request, limits))
            found = await aside(lambda: _checked(form, request, limits, asked=True))
        except ProblemError as error:
            refused = _large(error, N_("What you sent"), limits, language)
            return json_answer({"refused": refused, "field": "answer"})
        except FieldError as error:
            return json_answer({"refused": _said(error, language), "field": error.field})
        part = render.part("checked", language, CheckedPart(found, root, language))
        link = _link(form, found, root)
        return json_answer({
            "html": part,
            "said": found.judged.verdict if found.judged else "",
            "addresses": {code: link(code) for code in LANGUAGES},
        })  # fmt: skip

    @routes.post("/check/file")
    async def file(request: Request) -> Response:
        """A file's numbers as text for the form: what is checked can be read and changed."""
        language = language_of(request)
        try:
            data = await raw_body(request, limits)
            text = await aside(lambda: pasted.laid_out(pasted.read_file(data, limits).array))
        except ProblemError as error:
            refused = _large(error, N_("The file"), limits, language)
            return json_answer({"refused": refused, "field": "answer"})
        except SpecError as error:
            refused = _said(FieldError("file", error), language)
            return json_answer({"refused": refused, "field": "answer"})
        return json_answer({"text": text})

    @routes.get("/check/layer.json")
    def layer(request: Request) -> Response:
        """The layer as the API takes it, for snippets that read a file."""
        spec = decode(within(request.query_params.get("spec", "")), limits)
        name = {"content-disposition": 'attachment; filename="layer.json"'}
        return json_answer(spec.request(), name)


def _large(error: ProblemError, subject: str, limits: Limits, language: str) -> str:
    """What is said of too many bytes, to people."""
    if error.code != "body_too_large":
        raise error
    return _most(subject, limits, language)


def _most(subject: str, limits: Limits, language: str) -> str:
    most = limits.body_bytes
    fault = say(language, "is larger than {most:,} bytes, which is the limit", most=most)
    return _about(subject, fault, language)


def _form(sent: dict[str, Any]) -> Form:
    """Text fields that the form has; anything else is as if it were left out."""
    known = {f.name for f in fields(Form)}
    form = Form(**{k: v for k, v in sent.items() if k in known and isinstance(v, str)})
    return form if form.part in PARTS else replace(form, part=Form.part)


async def _page(
    request: Request, form: Form, limits: Limits, faults: dict[str, str] | None = None
) -> Response:
    language, root = language_of(request), root_of(request)
    _, faults = translator(language), dict(faults or {})
    found = None
    try:
        asked = bool(form.answer.strip()) or request.method == "POST"
        found = await aside(lambda: _checked(form, request, limits, asked=asked and not faults))
    except FieldError as error:
        faults[error.field] = _said(error, language)
    if form.source == "link" and found is not None:
        form = _written_out(form, found.spec)
    choices = (("convolution", _("Convolution")), ("correlation", _("Correlation")))
    around_it = around(request, "check")
    if found is not None:
        link = _link(form, found, root)
        around_it["addresses"] = {code: link(code) for code in LANGUAGES}
    return html("check", CheckPage(
        **around_it,
        form=form,
        faults=faults,
        parts=[Choice(part, _(PART_NAMES[part]), part == form.part) for part in PARTS],
        operations=[Choice(name, label, name == form.operation) for name, label in choices],
        activations=[
            Choice(name, _(ACTIVATION_NAMES.get(name, name)), name == form.activation)
            for name in ACTIVATIONS
        ],
        example=f"{root}/check?{urlencode({'lang': language, **EXAMPLE})}",
        most=limits.body_bytes,
        too_large=_most(N_("The file"), limits, language),
        checked=found,
    ))  # fmt: skip


PART_NAMES = {
    "output": N_("the output, zˡ⁺¹"),
    "input_delta": N_("the input’s delta, δˡ"),
    "kernel_gradient": N_("the kernel gradient, ∂C/∂w"),
    "bias_gradient": N_("the bias gradient, ∂C/∂b"),
}
EXAMPLE = {  # the article's deltas of somebody who did not turn the stencil
    "part": "input_delta",
    "answer": "[[2, 3, -2],\n [6.5, 9, 2],\n [1.5, 11, 12]]",
}


def _checked(form: Form, request: Request, limits: Limits, *, asked: bool) -> Checked:
    spec = _layer(form, limits)
    given = None
    if asked:
        given = _field("answer", lambda: pasted.read(form.answer, limits))
    judging = Judging(
        spec=spec,
        part=next(part for part in PARTS if part == form.part),
        given=given,
        language=language_of(request),
        root=root_of(request),
        base=str(request.base_url),
        limits=limits,
    )
    try:
        return checked(judging)
    except EngineError as error:
        raise FieldError(_place(error, form), error) from error


def _field(name: str, read: Callable[[], Any]) -> Any:
    try:
        return read()
    except EngineError as error:
        raise FieldError(name, error) from error


def _array(name: str, text: str, limits: Limits) -> Floats:
    read: Floats = _field(name, lambda: pasted.read(text, limits).array)
    return read


def _layer(form: Form, limits: Limits) -> LayerSpec:
    if form.source != "arrays":
        text = _field("spec", lambda: within(form.spec))
        return _field("spec", lambda: decode(text, limits)) if text else PRESETS["article"].spec
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
        raise FieldError(_place(error, form), error) from error
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


def _written_out(form: Form, spec: LayerSpec) -> Form:
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


def _place(error: EngineError, form: Form) -> str:
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


def _said(error: FieldError, language: str) -> str:
    """A fault as a sentence; its subject is the field, and the place in it where there is one."""
    fault = say(language, error.error.template, **error.error.facts)
    parts = re.split(r"[.\[]", error.error.field)
    inside = next((part for part in reversed(parts) if part in _SUBJECTS), error.field)
    subject = _SUBJECTS[inside]
    place = "".join(re.findall(r"\[\d+\]", error.error.field))
    if place:
        fault = say(language, "at {place} {fault}", place=place, fault=fault)
    return _about(subject, fault, language)


def _about(subject: str, fault: str, language: str) -> str:
    return say(language, "{subject} {fault}", subject=translator(language)(subject), fault=fault)


def _link(form: Form, found: Checked, root: str) -> Callable[[str], str]:
    """The page as it stands, in a language; without the answer where that is long."""
    query = {"spec": encode(found.spec), "part": form.part}
    if found.answer is not None and found.answer.size <= WRITTEN:
        query["answer"] = re.sub(r"\s+", " ", pasted.laid_out(found.answer))
    if len(urlencode(query)) > LONGEST_LINK:
        query.pop("answer", None)
    if len(urlencode(query)) > LONGEST_LINK:
        query.pop("spec")
    return lambda code: f"{root}/check?{urlencode({'lang': code, **query}, safe='~,:!*=')}"
