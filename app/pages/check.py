"""``/check``: somebody's numbers beside the right ones, and which mistake gives them.

The form is a value: everything typed, as text. The same form comes as a query (a link), as a plain
form (no JavaScript) and as JSON (the page's script), and goes back into the page as it came.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request, Response

from app.engine import ACTIVATIONS, EngineError
from app.engine.mistakes import PARTS
from app.exchange import ProblemError, aside, json_answer, json_body, raw_body
from app.pages import render
from app.pages.checked import Checked, Judging, checked
from app.pages.controls import ACTIVATION_NAMES, Choice
from app.pages.form import (
    WRITTEN,
    FieldError,
    Form,
    about,
    field,
    form_of,
    layer_of,
    place_of,
    said,
    written_out,
)
from app.pages.frame import Page, around, html, language_of, root_of
from app.spec import Limits, SpecError, decode, encode, pasted
from app.spec.permalink import within
from app.words import LANGUAGES, N_, say, translator

LONGEST_LINK = 6000  # characters of an address up to which it has the answer as well


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
    unlinked: str  # that the address has not all of it, and where the rest is


@dataclass(frozen=True)
class CheckedPart:
    """What ``partials/checked.html`` is rendered from."""

    checked: Checked
    root: str
    language: str
    unlinked: str


def add(routes: APIRouter, limits: Limits) -> None:
    """The page's routes."""

    @routes.get("/check")
    async def page(request: Request) -> Response:
        return await _page(request, form_of(dict(request.query_params)), limits)

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
        return await _page(request, form_of(sent), limits)

    @routes.post("/check/answer")
    async def answered(request: Request) -> Response:
        """What changes when somebody presses *Check*."""
        language, root = language_of(request), root_of(request)
        try:
            form = form_of(await json_body(request, limits))
            found = await aside(lambda: _checked(form, request, limits, asked=True))
        except ProblemError as error:
            refused = _large(error, N_("What you sent"), limits, language)
            return json_answer({"refused": refused, "field": "answer"})
        except FieldError as error:
            return json_answer({"refused": said(error, language), "field": error.field})
        unlinked = _unlinked(form, found, language, limits)
        part = render.part("checked", language, CheckedPart(found, root, language, unlinked))
        link = _link(form, found, root, limits)
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
            refused = said(FieldError("file", error), language)
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
    return about(subject, fault, language)


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
        faults[error.field] = said(error, language)
    if form.source == "link" and found is not None:
        form = written_out(form, found.spec)
    choices = (("convolution", _("Convolution")), ("correlation", _("Correlation")))
    around_it = around(request, "check")
    if found is not None:
        link = _link(form, found, root, limits)
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
        unlinked=_unlinked(form, found, language, limits) if found is not None else "",
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
    spec = layer_of(form, limits)
    given = None
    if asked:
        given = field("answer", lambda: pasted.read(form.answer, limits))
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
        raise FieldError(place_of(error, form), error) from error


def _link(form: Form, found: Checked, root: str, limits: Limits) -> Callable[[str], str]:
    """The page as it stands, in a language; without what would be too long for an address."""
    query = _query(form, found, limits)
    return lambda code: f"{root}/check?{urlencode({'lang': code, **query}, safe='~,:!*=')}"


def _query(form: Form, found: Checked, limits: Limits) -> dict[str, str]:
    query = {"spec": encode(found.spec), "part": form.part}
    if found.answer is not None and found.answer.size <= WRITTEN:
        query["answer"] = re.sub(r"\s+", " ", pasted.laid_out(found.answer))
    if len(urlencode(query)) > LONGEST_LINK:
        query.pop("answer", None)
    if len(query["spec"]) > limits.permalink_chars:
        query.pop("spec")
    return query


def _unlinked(form: Form, found: Checked, language: str, limits: Limits) -> str:
    """What a copy of the address would lack; "" if nothing."""
    _, query = translator(language), _query(form, found, limits)
    if "spec" not in query:
        return _(
            "This is too long for an address: a link has neither the layer nor your numbers. "
            "They stay here until you close the tab."
        )
    if found.answer is not None and "answer" not in query:
        return _(
            "Your numbers are too long for an address: a link has the layer without them. They "
            "stay here until you close the tab."
        )
    return ""
