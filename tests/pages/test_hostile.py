"""Whatever is sent to a page: a page or a problem, never an error of ours, never an echo."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.pages import workbench
from app.spec import PRESETS, LayerSpec, encode
from app.words import LANGUAGES
from tests.contract.conftest import the_client
from tests.contract.test_hostile import VALUES
from tests.pages.reader import JSON, SPECS, Page, unfinished

MARKER = "zq7<i>planted</i>"
BOUNDED = settings(max_examples=60, derandomize=True, deadline=None)
ROUTES = ["view", "moments", "figures", "predict"]
FIELDS = ["spec", "phase", "step", "term", "member", "way", "beside", "mistake", "language",
          "change", "keys", "theme", "text", MARKER]  # fmt: skip
KINDS = ["cell", "paste", "set", "bias", "size", "step", "nudge", "preset", "random", MARKER]
PLANTED = VALUES | st.sampled_from([MARKER, [MARKER], {MARKER: MARKER}, f"1~i=1x1:{MARKER}"])


@pytest.fixture(scope="module", autouse=True)
def _brief() -> Iterator[None]:
    """Only the view's own moment comes along."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workbench, "WHOLE", 0)
        yield


@st.composite
def _bodies(draw: st.DrawFn) -> dict[str, Any]:
    """A body that is nearly right, with some fields replaced by anything."""
    body: dict[str, Any] = {
        "spec": encode(SPECS[draw(st.sampled_from(sorted(set(SPECS) - {"digit"})))]),
        "phase": draw(st.sampled_from(["forward", "deltas", "weights"])),
        "step": draw(st.integers(0, 60)),
        "member": draw(st.integers(0, 2)),
        "beside": draw(st.sampled_from(["", "matrix", "derivation", "ways", "mistakes"])),
        "keys": ["deltas/0"],
        "text": draw(st.sampled_from(["1", "-0.5", MARKER])),
        "change": {
            "kind": draw(st.sampled_from(KINDS)),
            "field": draw(st.sampled_from(["input", "kernel", "output_delta", "stride", MARKER])),
            "cell": draw(st.integers(-1, 40)),
            "text": draw(st.sampled_from(["1", "1\t2", "1,2\n3,4", "", MARKER])),
            "name": draw(st.sampled_from(["stride", "input.rows", "kernel.x", "sobel", MARKER])),
            "by": draw(st.sampled_from([1, -1, 0, True, 1.5])),
            "rows": draw(st.integers(-1, 20)),
            "columns": draw(st.integers(-1, 20)),
            "seed": draw(st.integers(-1, 2**33)),
            "value": draw(PLANTED),
        },
    }
    for field in draw(st.lists(st.sampled_from(FIELDS), max_size=3, unique=True)):
        body[field] = draw(PLANTED)
    for field in draw(st.lists(st.sampled_from(["kind", "field", "by", "text"]), max_size=1)):
        if isinstance(body["change"], dict):
            body["change"][field] = draw(PLANTED)
    return body


def _answers(route: str, content: bytes, kind: str = "application/json") -> None:
    response = the_client().post(f"/lab/{route}", content=content, headers={"content-type": kind})
    assert response.status_code in (200, 400, 413, 415, 422)
    assert "planted" not in response.text
    answer = orjson.loads(response.content)  # also refuses NaN
    if response.status_code != 200:
        assert response.headers["content-type"] == "application/problem+json"
    elif "html" in answer:
        assert not unfinished(Page(answer["html"]).words)


@given(st.sampled_from(["view", "moments", "figures"]), _bodies())
@BOUNDED
def test_mutated_bodies(route: str, body: dict[str, Any]) -> None:
    """Nearly right is answered or refused, in JSON, without repeating what was sent."""
    _answers(route, orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS))


@given(st.sampled_from(ROUTES), VALUES)
@BOUNDED
def test_any_json(route: str, body: Any) -> None:
    """So is any JSON at all."""
    _answers(route, orjson.dumps(body))


@given(st.sampled_from(ROUTES), st.binary(max_size=60))
@BOUNDED
def test_any_bytes(route: str, body: bytes) -> None:
    """And anything that is not JSON, whatever it is called."""
    _answers(route, body)
    _answers(route, body, "text/plain")


@given(_bodies())
@BOUNDED
def test_any_guess(body: dict[str, Any]) -> None:
    """A prediction is judged or refused, where the layer's deltas are foretold."""
    body["phase"] = "deltas"
    _answers("predict", orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS))


def test_a_guess_in_another_phase_is_answered_too() -> None:
    """A step of the forward pass may be no node of the map: there may be more outputs."""
    spec = LayerSpec(input=[[1, 2], [3, 4]], kernel=[[1, 2], [3, 4]], padding="full")
    body = {"spec": encode(spec), "phase": "forward", "step": 8, "text": "8"}
    _answers("predict", orjson.dumps(body))


@pytest.mark.parametrize("route", ["view", "figures", "predict"])
def test_lists_within_lists_are_refused_like_other_nonsense(route: str) -> None:
    """A thousand of them are JSON, and more than Python can write out in one piece."""
    deep = b"[" * 1000 + b"]" * 1000
    for field in (b"step", b"phase", b"mistake"):
        _answers(route, b'{"text": "1", "%s": %s}' % (field, deep))


@pytest.mark.parametrize("field", ["field", "text", "name", "by", "cell", "value", "rows", "seed"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_refusal_does_not_repeat_what_was_typed(kind: str, field: str) -> None:
    """It says what would work; a page that repeats can be made to say anything."""
    right = {"field": "input", "cell": 0, "text": "1", "name": "stride", "by": 1, "rows": 3,
             "columns": 3, "seed": 1, "value": 1}  # fmt: skip
    change = {**right, "kind": kind, field: MARKER}
    _answers("view", orjson.dumps({"change": change}))


HOSTILE = [
    "", "1~", "0~i=1x1:1", "1~i=9x9:1", "1~i=1x1:nan~k=1x1:1", "1~i=1x1:1~k=2x2:1,2,3,4", "%00",
    "1~i=999999x999999:0*1", "1~i=1x1:1~k=1x1:1~s=0", "<script>alert(1)</script>", MARKER,
    "1~i=2x2:1e308,1e308,1e308,1e308~k=2x2:9e307,9e307,9e307,9e307", "a" * 40_000,
    "1~i=1x1:1~k=1x1:1~q=" + MARKER,
]  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_link_that_cannot_be_shown_says_so(text: str, language: str) -> None:
    """200 with the article's example and a notice in the reader's language."""
    response = the_client().get("/lab", params={"spec": text, "lang": language})
    assert response.status_code == 200
    page = Page(response.text)
    [notice] = page.having(id="notice")
    assert "hidden" not in notice
    assert page.data["spec"] == encode(PRESETS["article"].spec)
    [said] = re.findall(r'<p id="notice"[^>]*>(.+?)</p>', response.text)
    assert bool(re.search(r"[\u4e00-\u9fff]", said)) == (language == "zh")
    assert not unfinished(said)
    assert "<i>planted" not in response.text  # in the links to itself it is escaped
    assert "planted" not in page.words
    assert "alert(1)" not in page.words


@given(
    st.dictionaries(
        st.sampled_from(["phase", "step", "term", "member", "way", "beside", "mistake", "theme"]),
        st.sampled_from(["forward", "weights", "-1", "99999", "1e9", "१", "scatter", MARKER])
        | st.text(max_size=12),
    )
)
@BOUNDED
def test_any_view(query: dict[str, str]) -> None:
    """A view that there is not is the nearest one that there is; nothing needs to be said."""
    response = the_client().get("/lab", params=query)
    assert response.status_code == 200
    page = Page(response.text)
    assert page.having(id="notice", hidden="")
    assert not unfinished(page.words)
    assert "<i>planted" not in response.text
    assert 0 <= page.data["step"] < page.data["steps"]


@pytest.mark.parametrize("route", ROUTES)
def test_only_post_is_taken(route: str) -> None:
    """Anything else leads to a page for people."""
    response = the_client().get(f"/lab/{route}")
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"


def test_a_body_has_a_limit() -> None:
    """4 MiB for JSON and for pictures."""
    big = b'{"spec": "' + b"1" * (5 * 2**20) + b'"}'
    for route, headers in (("view", JSON), ("picture", {})):
        response = the_client().post(f"/lab/{route}", content=big, headers=headers)
        assert response.status_code == 413
