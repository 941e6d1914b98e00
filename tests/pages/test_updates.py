"""What the page asks for after it has come: changed parts, moments, figures."""

from __future__ import annotations

import json
from typing import Any

import plotly.io
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine import PHASES
from app.figures import palette
from app.pages.lab import MOST_MOMENTS
from app.pages.sheets import shown
from app.spec import PRESETS, LayerSpec, View, changes, decode, encode
from app.spec.view import BESIDE
from app.words import LANGUAGES, translator
from tests.contract.bodies import assert_problem
from tests.contract.conftest import the_client
from tests.figures.drawn import preset
from tests.pages.reader import SPECS, Page, lab, post, unfinished

ARTICLE = PRESETS["article"].spec
# the presets stand in every part, their thumbnails too; these differ in kind
FEW = ["article", "channels", "digit", "body: batch"]


def _bench(page: str) -> str:
    """The part of a page that an update replaces."""
    return page.partition('<div id="bench" class="bench">')[2].partition("<dialog")[0]


@pytest.mark.parametrize("beside", BESIDE)
@pytest.mark.parametrize("name", FEW)
def test_an_update_is_what_the_page_would_have_been(name: str, beside: str) -> None:
    """Page and update come from one value, so they cannot disagree: markup, data and moments."""
    spec, odd = SPECS[name], FEW.index(name) % 2
    view = {"phase": ("deltas", "forward")[odd], "step": "2", "way": "scatter", "beside": beside}
    page = lab(spec, **view, lang=("zh", "en")[odd])
    answer = post("view", {"spec": encode(spec), **view, "language": ("zh", "en")[odd]})
    assert answer["html"].strip() == _bench(page.markup).rpartition("</div>")[0].strip()
    # a lesson is a page's own; of the moments an update brings the one that is looked at
    data, later = {**answer["data"], "lesson": {}}, answer["data"]["later"]
    everything = page.data["moments"]
    assert {**data, "moments": {}, "later": []} == {**page.data, "moments": {}}
    assert data["moments"] == {k: m for k, m in everything.items() if k not in later}
    assert len(data["moments"]) == 1
    assert {*data["moments"], *later} == set(everything)
    Page(answer["html"])


CHANGES: list[dict[str, Any]] = [
    {"kind": "cell", "field": "input", "cell": 4, "text": "1/2"},
    {"kind": "paste", "field": "kernel", "cell": 0, "text": "1\t2\n3\t4"},
    {"kind": "set", "field": "operation", "value": "correlation"},
    {"kind": "bias", "text": "0.5"},
    {"kind": "size", "field": "input", "rows": 4, "columns": 5},
    {"kind": "step", "name": "padding", "by": 1},
    {"kind": "nudge", "field": "output_delta", "cell": 0, "by": -1},
    {"kind": "preset", "name": "sobel"},
    {"kind": "random", "seed": 7},
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: str(change["kind"]))
def test_every_change_is_answered_with_the_next_permalink(change: dict[str, Any]) -> None:
    """The layer that :mod:`app.spec.changes` makes of it, drawn."""
    assert {str(c["kind"]) for c in CHANGES} == set(changes.KINDS)
    answer = post("view", {"spec": encode(ARTICLE), "change": change, "language": "zh"})
    assert decode(answer["data"]["spec"]) == changes.apply(ARTICLE, change)
    assert not unfinished(Page(answer["html"]).words)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("change", "subject"),
    [
        ({"kind": "cell", "field": "input", "cell": 0, "text": "x"}, "This"),
        ({"kind": "size", "field": "kernel", "rows": 4, "columns": 4}, "The kernel"),
        ({"kind": "set", "field": "stride", "value": 0}, "The stride"),
        ({"kind": "set", "field": "padding", "value": -1}, "The padding"),
        ({"kind": "set", "field": "dilation", "value": 9}, "The kernel"),
        ([], "This"),
    ],
)
def test_a_refusal_is_an_answer_with_a_reason(change: Any, subject: str, language: str) -> None:
    """In the reader's language, about the thing that was changed; nothing else comes with it."""
    answer = post("view", {"spec": encode(ARTICLE), "change": change, "language": language})
    assert set(answer) == {"refused"}
    assert not unfinished(answer["refused"])
    assert answer["refused"].startswith(translator(language)(subject))
    assert any("\u4e00" <= c <= "\u9fff" for c in answer["refused"]) == (language == "zh")


@pytest.mark.parametrize(
    ("name", "phase", "step"),
    [
        ("sobel", "deltas", 2 * 5 + 2),
        ("digit", "deltas", 14 * 28 + 14),
        ("article", "forward", 1),
        ("digit", "weights", 2 * 5 + 2),
    ],
)
def test_another_example_begins_where_it_shows_most(name: str, phase: str, step: int) -> None:
    """The middle of a large map; the second node of a small one."""
    change = {"kind": "preset", "name": name}
    answer = post("view", {"change": change, "phase": phase, "step": 3, "term": 1})
    assert answer["data"]["step"] == step
    assert answer["data"]["phase"] == phase
    assert answer["data"]["term"] == -1


@given(st.sampled_from(FEW), st.sampled_from(PHASES), st.data())
@settings(max_examples=6, derandomize=True, deadline=None)
def test_moments_that_are_asked_for_are_those_of_the_page(
    name: str, phase: str, data: st.DataObject
) -> None:
    """The same drawings, formula and sentence, whether they came along or are fetched."""
    page = lab(SPECS[name], phase=phase, beside="derivation", way="scatter").data
    known = sorted(page["moments"])
    keys = data.draw(st.lists(st.sampled_from(known), min_size=1, max_size=4, unique=True))
    view = {key: page[key] for key in ("spec", "phase", "step", "member", "way", "beside")}
    answer = post("moments", {**view, "language": page["language"], "keys": keys})
    assert answer["moments"] == {key: page["moments"][key] for key in keys}
    for moment in answer["moments"].values():
        for markup in (*moment["light"].values(), *moment["cover"].values(), moment["formula"]):
            Page(markup)


@pytest.mark.parametrize(
    "keys",
    [
        None, {}, "deltas/1", [1], [None], [[]], ["deltas"], ["deltas/"], ["deltas/-1"],
        ["sideways/0"], ["deltas/१"], ["deltas/" + "9" * 5000], ["deltas/0"] * 65,
    ],
)  # fmt: skip
def test_keys_that_are_no_sums_are_refused(keys: Any) -> None:
    """With a problem that names the field; at most 64 are made at once."""
    assert MOST_MOMENTS == 64
    response = the_client().post("/lab/moments", json={"keys": keys})
    problem = assert_problem(response, 422, "invalid_value")
    assert problem["errors"][0]["pointer"] == "/keys"


@pytest.mark.parametrize("theme", ["light", "dark", "other"])
@pytest.mark.parametrize("phase", PHASES)
def test_figures_are_the_pages_own_for_plotly(phase: str, theme: str) -> None:
    """By the same names, with the theme's colours, of the same size as the drawing."""
    view = View.of({"phase": phase})
    expected = shown(preset("article"), view).by_name
    body = {"spec": encode(ARTICLE), "phase": phase, "theme": theme}
    figures = post("figures", body)["figures"]
    assert set(figures) == set(expected)
    used = "dark" if theme == "dark" else "light"
    for name, figure in figures.items():
        assert figure == json.loads(json.dumps(palette.resolve(expected[name].figure, used)))
        plotly.io.from_json(json.dumps(figure))


def test_the_tabs_below_survive_an_update() -> None:
    """Whatever is open stays open when a number changes, and its moments come with it."""
    for beside in BESIDE:
        body = {"phase": "deltas", "step": 4, "beside": beside}
        answer = post("view", {**body, "change": {"kind": "random", "seed": 3}})
        assert answer["data"]["beside"] == beside
        moment = post("moments", {**body, "keys": ["deltas/4"]})["moments"]["deltas/4"]
        assert ("lines" in moment) == (beside == "derivation")
        assert ("matrix" in moment["light"]) == (beside == "matrix")


def test_a_picture_becomes_the_map_and_says_where_it_stands() -> None:
    """The permalink of an update is always the layer that it shows."""
    spec = LayerSpec(input=[[0.5] * 9] * 9, kernel=[[1.0, 2.0], [3.0, 4.0]])
    answer = post("view", {"spec": encode(spec)})
    assert decode(answer["data"]["spec"]) == spec
    assert answer["data"]["step"] == 4 * 9 + 4
