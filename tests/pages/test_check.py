"""``/check``: whatever is pasted is judged or refused beside its field, and never lost."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.answers import trace_of
from app.answers.check import check_answer
from app.engine.mistakes import PARTS, Part
from app.engine.suspects import Suspects, natural
from app.pages.mistaken import mistaken
from app.spec import DEFAULT_LIMITS, PRESETS, LayerSpec, decode, encode
from app.spec.check import CheckSpec
from app.spec.pasted import laid_out
from app.spec.permalink import within
from app.words import LANGUAGES
from app.words.diagnoses import name
from tests.contract.conftest import the_client
from tests.pages.reader import SPECS, Page, unfinished

BOUNDED = settings(max_examples=40, derandomize=True, deadline=None)
ARTICLE = PRESETS["article"].spec
RIGHT = "[[8, 2, -3], [6, 13.5, 8], [1, 6.5, 3]]"
WRONG = "tensor([[ 2.0, 3.0, -2.0],\n        [ 6.5, 9.0, 2.0],\n        [ 1.5, 11.0, 12.0]])"
LAYER = {
    "source": "arrays", "input": "1 2 3\n4 5 6\n7 8 9", "kernel": "array([[1., 2.],\n [3., 4.]])",
    "output_delta": "[[2, -1], [0.5, 3]]",
}  # fmt: skip


def _ask(language: str = "en", **form: str) -> dict[str, Any]:
    response = the_client().post(f"/check/answer?lang={language}", json=form)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def _page(**query: str) -> Page:
    response = the_client().get("/check", params=query)
    assert response.status_code == 200
    page = Page(response.text)
    assert not unfinished(page.words)
    return page


def _right(spec: LayerSpec, part: Part) -> np.ndarray[Any, Any]:
    trace = trace_of(spec)
    return natural(trace.layer, part, getattr(trace, part))


def _text(markup: str, id_: str) -> str:
    found = re.search(rf'id="{id_}"[^>]*>\n?([^<]*)<', markup)
    return "" if found is None else found[1]


# What is said


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("layer", ["article", "channels", "stride_2", "body: batch"])
def test_right_answers_are_right(layer: str, part: Part, language: str) -> None:
    """Of every part, in every language, for a layer given by its permalink."""
    spec = SPECS[layer]
    found = _ask(language, spec=encode(spec), part=part, answer=laid_out(_right(spec, part)))
    page = Page(found["html"])
    assert page.having(id="verdict", class_="good")
    assert not page.having(class_="off")
    assert not page.having(class_="reasons")
    assert not unfinished(page.words)
    assert found["said"]
    assert found["said"] in page.words


@given(st.sampled_from(sorted(set(SPECS) - {"digit"})), st.sampled_from(PARTS), st.data())
@BOUNDED
def test_the_page_says_what_the_api_says(layer: str, part: Part, data: st.DataObject) -> None:
    """Every known mistake's numbers: the same diagnoses, and all wrong cells in the table."""
    spec = SPECS[layer]
    trace = trace_of(spec)
    suspects = [s for s in Suspects(trace, part).showing if not s.also]
    if not suspects:
        return
    suspect = data.draw(st.sampled_from(suspects))
    answer = natural(trace.layer, part, suspect.array)
    body = {"layer": spec, "answer": {part: answer}}
    expected = check_answer(CheckSpec.parse(body), "en")["parts"][part]
    found = Page(_ask(spec=encode(spec), part=part, answer=laid_out(answer))["html"])
    assert not expected["correct"]
    for reason in expected["diagnosis"]:
        if reason["code"] not in ("unknown", "wrong_shape"):
            assert name(reason["code"], "en") in found.words
            assert reason["message"] in found.words
    right = _right(spec, part)
    if answer.shape == right.shape and right.size <= 100:
        off = np.abs(answer - right) > 1e-5 * np.abs(right).max() + 1e-8
        assert len(found.having(class_="off")) == off.sum()


def test_the_articles_unturned_stencil() -> None:
    """The verdict's numbers, the diagnosis, what it cannot be told apart from, and the replay."""
    found = _ask(answer=WRONG)
    page = Page(found["html"])
    assert found["said"] == (
        "9 of 9 numbers are wrong. The largest error is at δˡ₃₃: 12 instead of 3."
    )
    assert "the stencil not turned" in page.words
    assert "On this layer the same numbers come from: the other operation." in page.words
    [replay] = [link for link in page.all_attributes("href") if "mistake=" in link]
    lab = Page(the_client().get(replay).text)
    assert lab.having(id="mistake-kernel_not_rotated", aria_pressed="true")
    drawn = mistaken(trace_of(ARTICLE), "kernel_not_rotated", 0, "en")
    assert drawn.caught
    assert "PyTorch’s conv2d" in page.words  # which is a correlation, and this layer is not


@pytest.mark.parametrize(
    ("part", "answer", "replayed"),
    [
        ("kernel_gradient", "[[17, 21.5], [30.5, 35]]", "gradient_rotated"),
        ("input_delta", "[[-8, -2, 3], [-6, -13.5, -8], [-1, -6.5, -3]]", ""),
        ("output", "[[37, 47], [67, 77]]", ""),
    ],
)
def test_only_what_the_lab_can_show_is_replayed(part: str, answer: str, replayed: str) -> None:
    """The lab's list is of mistakes on the way back."""
    page = Page(_ask(part=part, answer=answer)["html"])
    links = [link for link in page.all_attributes("href") if "mistake=" in link]
    assert [link.rpartition("mistake=")[2] for link in links] == ([replayed] if replayed else [])
    assert page.having(class_="reasons")


def test_one_wrong_cell_is_ringed_alone() -> None:
    """The others are not."""
    page = Page(_ask(answer=RIGHT.replace("13.5", "13"))["html"])
    assert len(page.having(class_="off")) == 1
    assert page.markup.count('class="wrong"') == 1
    assert "1 of 9 numbers is wrong" in page.words
    assert "No known mistake gives these numbers." in page.words


@pytest.mark.parametrize("language", LANGUAGES)
def test_another_shape_is_said(language: str) -> None:
    """Both shapes, both maps, no table."""
    page = Page(_ask(language, answer="[[8, 2], [6, 13.5]]")["html"])
    assert "2×2" in page.words
    assert "3×3" in page.words
    assert len(page.having(class_="drawings")) == 1
    assert not page.having(class_="scroll cells")


def test_what_printing_rounded_is_no_mistake() -> None:
    """PyTorch prints four decimals; more would tell, and are asked for where it matters."""
    third = "1~i=1x3:1,2,4~k=1x1:0.333333333333~d=1x3:1,2,5"
    found = _ask(spec=third, answer="tensor([[0.3333, 0.6667, 1.6667]])")
    assert "as far as the decimals" in found["said"]
    assert Page(found["html"]).having(id="verdict", class_="good")
    found = _ask(spec=third, answer="tensor([[0.3333, 0.6667, 1.9999]])")
    assert found["said"].startswith("1 of 3")
    assert "printed to so few decimals" in found["html"]


@given(
    st.sampled_from(["article", "stride_2", "channels", "body: batch", "body: settings"]),
    st.sampled_from(PARTS), st.data(),
)  # fmt: skip
@BOUNDED
def test_a_mistake_is_recognised_through_four_decimals(
    layer: str, part: Part, data: st.DataObject
) -> None:
    """Whatever its numbers are: the very codes that all digits give are among those named."""
    small = {**SPECS[layer].request(), "output_delta": None}
    small["kernel"] = (SPECS[layer].kernel / np.pi).tolist()
    spec = LayerSpec.parse(small)
    trace = trace_of(spec)
    suspects = [s for s in Suspects(trace, part).showing if not s.also]
    if not suspects:
        return
    suspect = data.draw(st.sampled_from(suspects))
    answer = natural(trace.layer, part, suspect.array)
    printed = re.sub(r"-?\d+\.?[\de+-]*", lambda m: f"{float(m[0]):.4f}", laid_out(answer))
    found = _ask(spec=encode(spec), part=part, answer=printed)
    if np.abs(answer).max() > 0.05 and np.abs(_right(spec, part)).max() > 0.05:
        page = Page(found["html"])
        assert "No known mistake" not in page.words
        assert page.having(class_="reasons") or page.having(id="verdict", class_="good")


@pytest.mark.parametrize("k", [2, 0.5, 1 / 9, 1.37])
@pytest.mark.parametrize("mistake", ["right", "kernel_not_rotated"])
def test_a_factor_is_recognised_through_four_decimals(k: float, mistake: str) -> None:
    """By itself or beside a mistake; noise of the size of a unit is none."""
    spec = LayerSpec.parse({**ARTICLE.request(), "kernel": (ARTICLE.kernel / np.pi).tolist()})
    trace = trace_of(spec)
    base = next(
        (s.array[0, 0] for s in Suspects(trace, "input_delta").showing if s.code == mistake),
        _right(spec, "input_delta"),
    )
    printed = f"tensor({np.round(k * base, 4).tolist()})"
    page = Page(_ask(spec=encode(spec), answer=printed)["html"])
    assert f"{k:.3g}"[:4] in page.words
    assert (name("scaled", "en") in page.words) == (mistake == "right")
    assert (name("kernel_not_rotated", "en") in page.words) == (mistake != "right")
    noise = np.random.default_rng(0).normal(0, 1e-3, base.shape)
    page = Page(_ask(spec=encode(spec), answer=f"{np.round(k * base + noise, 4).tolist()}")["html"])
    assert not page.having(class_="reasons")


def test_numbers_too_coarse_to_show_anything_are_not_right() -> None:
    """0.0001 for 0.00014 may be anything."""
    tiny = "1~i=1x3:1,2,4~k=1x1:0.0001~d=1x3:1,2,5"
    found = _ask(spec=tiny, answer="tensor([[0.0001, 0.0002, 0.0004]])")
    assert Page(found["html"]).having(id="verdict", class_="bad")
    assert "printed to so few decimals" in found["html"]


def test_a_turn_that_cannot_show_is_told_with_a_right_answer() -> None:
    """A symmetric kernel hides it."""
    spec = PRESETS["blur"].spec
    page = Page(_ask(spec=encode(spec), answer=laid_out(_right(spec, "input_delta")))["html"])
    assert "a forgotten turn would not show" in page.words


def test_pytorchs_axes_are_nobodys_mistake() -> None:
    """Batch and channels of one are left out, or added."""
    for answer in (f"tensor([[{RIGHT}]])", RIGHT):
        assert "Right" in _ask(answer=answer)["said"]
    assert "Right" in _ask(part="bias_gradient", answer="tensor([4.5000])")["said"]
    layer = {**LAYER, **{n: f"[[{LAYER[n]}]]" for n in ("output_delta",)}}
    layer |= {"input": "[[[[1,2,3],[4,5,6],[7,8,9]]]]", "kernel": "[[[[1,2],[3,4]]]]"}
    assert "Right" in _ask(**layer, answer=RIGHT)["said"]


def test_a_large_answer_lists_the_wrong_numbers_only() -> None:
    """And says how many there are."""
    spec = PRESETS["digit"].spec
    page = Page(_ask(spec=encode(spec), answer=laid_out(np.ones((28, 28))))["html"])
    assert len(page.having(class_="off")) == 100
    assert re.search(r"first 100 of 7\d\d wrong numbers", page.words)
    assert "δˡ, difference" in page.words  # a map of it, where rings would cover everything
    assert 'class="wrong"' not in page.markup


# The layer


@pytest.mark.parametrize(
    "spec",
    ["", "1~i=3x3:1,2,3,4,5,6,7,8,9~k=2x2:1,2,3,4~d=2x2:2,-1,0.5,3",
     "https://somewhere/lab?lang=zh&spec=1~i%3D3x3:1,2,3,4,5,6,7,8,9~k=2x2:1,2,3,4~d=2x2:2,-1,0.5,3#x",
     " /lab?lang=en "],
)  # fmt: skip
def test_a_layer_is_given_by_a_permalink_or_a_link(spec: str) -> None:
    """Whole, encoded or bare; without one it is the article's example."""
    assert "Right" in _ask(spec=spec, answer=RIGHT)["said"]


@given(st.sampled_from(sorted(SPECS)))
@BOUNDED
def test_a_layer_is_found_in_any_of_its_links(layer: str) -> None:
    """As the lab writes them."""
    text = encode(SPECS[layer])
    assert decode(within(f"/lab?lang=en&spec={text}&step=1"), DEFAULT_LIMITS) == SPECS[layer]
    assert within(f" {text}\n") == text


@pytest.mark.parametrize("layer", sorted(set(SPECS) - {"digit"}))
def test_the_form_has_the_layer_of_its_link_in_arrays_too(layer: str) -> None:
    """Sent back as arrays they are the same layer: whatever was linked can be changed by hand."""
    spec = SPECS[layer]
    page = _page(spec=encode(spec))
    [form] = [found for tag, found in page.tags if tag == "form"]
    assert form["method"] == "post"
    fields = {"source": "arrays", "answer": "1"}
    for field in ("input", "kernel", "output_delta"):
        fields[field] = _text(page.markup, field)
    for field in ("bias", "stride", "padding", "dilation", "groups"):
        fields[field] = page.having(name=field)[0]["value"]
    for field in ("operation", "activation"):
        [menu] = re.findall(rf'<select id="{field}".*?</select>', page.markup, re.DOTALL)
        fields[field] = re.findall(r'value="(\w+)" selected', menu)[0]
    link = _ask(**fields)["addresses"]["en"]
    assert decode(within(link), DEFAULT_LIMITS).key == spec.key


def test_settings_are_typed() -> None:
    """One number, two, four, or a word."""
    base = {**LAYER, "output_delta": "", "answer": "1"}
    for padding, want in (
        ("same", "p=same"),
        ("1", "p=1"),
        ("1, 0", "p=1,0"),
        ("1 0 2 0", "p=1,0,2,0"),
    ):
        assert want in _ask(**base, padding=padding)["addresses"]["en"]
    found = _ask(**base, stride="2,1", operation="correlation", activation="tanh", bias="-1/2")
    for part in ("s=2,1", "o=correlation", "a=tanh", "b=-0.5"):
        assert part in found["addresses"]["en"]


# What is refused


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("form", "field", "said"),
    [
        ({"answer": ""}, "answer", "Your answer is empty"),
        ({"answer": "[[1, ..., 2]]"}, "answer", "set_printoptions"),
        ({"answer": "a,b\n1,2"}, "answer", "row 1, column 1"),
        ({"answer": "[[1, 2], [3]]"}, "answer", "at [1] has length 1"),
        ({"answer": "1", "spec": "hello"}, "spec", "The link does not start"),
        ({"answer": "1", "spec": "1~i=1x1:2~k=2x2:1*4"}, "spec", "The kernel spans"),
        ({"answer": "1", **LAYER, "kernel": ""}, "kernel", "The kernel is empty"),
        ({"answer": "1", **LAYER, "input": "1 x"}, "input", "The map has something"),
        ({"answer": "1", **LAYER, "output_delta": "[[1]]"}, "output_delta", "has shape 1×1"),
        ({"answer": "1", **LAYER, "stride": "two"}, "stride", "The stride must"),
        ({"answer": "1", **LAYER, "padding": "9"}, "output_delta", "so give that"),
        ({"answer": "1", **LAYER, "dilation": "0"}, "dilation", "The dilation must"),
        ({"answer": "1", **LAYER, "groups": "2"}, "groups", "groups"),
        ({"answer": "1", **LAYER, "bias": "1, 2"}, "bias", "The bias has shape 2"),
        ({"answer": "1", **LAYER, "operation": "dance"}, "operation", "must be one of"),
        ({"answer": "1", **LAYER, "activation": "softmax"}, "activation", "must be one of"),
        ({"answer": "1", **LAYER, "kernel": "tensor([[[[1]]]])"}, "kernel", "axes"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_beside_its_field(
    form: dict[str, str], field: str, said: str, language: str
) -> None:
    """By the script's way and by the plain form's, which keeps everything that was typed."""
    found = _ask(language, **form)
    assert found["field"] == field
    if language == "en":
        assert said in found["refused"]
    assert not unfinished(found["refused"])
    response = the_client().post(f"/check?lang={language}", data=form)
    assert response.status_code == 200
    page = Page(response.text)
    [fault] = page.having(id=f"{field}-fault")
    assert "hidden" not in fault
    assert found["refused"] in page.words
    assert page.having(id=field)[0]["aria-invalid"] == "true"
    for name_, text in form.items():
        kept = page.having(name=name_)[0]
        if name_ not in ("operation", "activation", "source"):
            assert text.strip() in (kept.get("value") or Page(response.text).words)


def _npy(array: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


FILES: list[tuple[str, Callable[[], bytes], str]] = [
    ("truncated", lambda: _npy(np.ones((3, 3)))[:-5], "cut short: 67 of 72 bytes"),
    ("objects", lambda: _npy(np.array([{}, None]), allow_pickle=True), "holds objects"),
    ("50 MB", lambda: _npy(np.zeros((2500, 2500))), "larger than 4,194,304 bytes"),
    ("binary as CSV", lambda: bytes(range(256)), "neither text nor a .npy file"),
    ("a table's head", lambda: b"x,y\n1,2", "row 1, column 1"),
    ("archive", lambda: b"PK\x03\x04" + bytes(80), "is an archive"),
    ("empty", lambda: b"", "is empty"),
    ("too many", lambda: _npy(np.zeros((600, 600), "i1")), "360,000 numbers; 262,144 is the limit"),
]


@pytest.mark.parametrize(("make", "said"), [f[1:] for f in FILES], ids=[f[0] for f in FILES])
def test_a_bad_file_is_refused_with_a_message(make: Callable[[], bytes], said: str) -> None:
    """With 200, because a browser logs every 4xx as an error of the page's."""
    for language in LANGUAGES:
        response = the_client().post(f"/check/file?lang={language}", content=make())
        assert response.status_code == 200
        answer = response.json()
        assert answer["field"] == "answer"
        assert language == "zh" or (
            answer["refused"].startswith("The file") and said in answer["refused"]
        )


@pytest.mark.parametrize(
    "data",
    [_npy(np.array([[8, 2, -3], [6, 13.5, 8], [1, 6.5, 3]])), b"8;2;-3\r\n6;13.5;8\r\n1;6.5;3\r\n",
     RIGHT.encode(), b"8 2 -3\n6 13.5 8\n1 6.5 3",
     _npy(np.asfortranarray(json.loads(RIGHT), ">f4"))],
    ids=["npy", "csv", "json", "txt", "npy, big-endian and by columns"],
)  # fmt: skip
def test_a_file_becomes_text_that_can_be_checked(data: bytes) -> None:
    """What is checked can be read, and changed."""
    text = the_client().post("/check/file", content=data).json()["text"]
    assert text == "[[8, 2, -3],\n [6, 13.5, 8],\n [1, 6.5, 3]]"
    assert "Right" in _ask(answer=text)["said"]


def test_a_wrong_shape_in_a_file_is_a_diagnosis() -> None:
    """Not a refusal: the shape is part of the answer."""
    text = the_client().post("/check/file", content=_npy(np.ones((2, 5)))).json()["text"]
    assert _ask(answer=text)["said"] == "Your answer’s shape is 2×5; the right one is 3×3."


def test_too_much_text_is_refused_kindly() -> None:
    """By both ways, with the limit."""
    much = "1 " * 2_100_000
    assert "larger than 4,194,304 bytes" in _ask(answer=much)["refused"]
    page = Page(the_client().post("/check", data={"answer": much}).text)
    assert "larger than 4,194,304 bytes" in page.words


def test_a_layer_that_is_too_much_work_is_refused() -> None:
    """Beside the map, with the limit."""
    spec = LayerSpec(input=np.ones((1, 8, 40, 40)), kernel=np.ones((90, 8, 5, 5)))
    found = _ask(
        source="arrays", input=laid_out(spec.input), kernel=laid_out(spec.kernel), answer="1"
    )
    assert found["field"] == "input"
    assert "is the limit" in found["refused"]


@given(st.dictionaries(
    st.sampled_from(["source", "spec", "input", "kernel", "bias", "stride", "padding", "part",
                     "answer", "operation", "lang", "zq"]),
    st.text(max_size=12) | st.sampled_from(["arrays", "[[1,2],[3,4]]", "1", "output", "<b>"]),
))  # fmt: skip
@settings(max_examples=120, derandomize=True, deadline=None)
def test_any_form_is_answered(form: dict[str, str]) -> None:
    """By every way in: judged, or refused beside a field; what was typed is never markup."""
    found = _ask(**form)
    assert ("html" in found) != ("refused" in found)
    for response in (
        the_client().post("/check", data=form),
        the_client().get("/check", params=form),
    ):
        assert response.status_code == 200
        assert not unfinished(Page(response.text).words.replace(form.get("answer", "\0"), ""))
        assert "<b>" not in response.text


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"nonsense", b"a=%FF%FE&answer=1"])
def test_other_bodies_are_the_callers_mistake(body: bytes) -> None:
    """Not JSON is a problem as everywhere; a plain form of anything is a page."""
    response = the_client().post(
        "/check/answer", content=body, headers={"content-type": "application/json"}
    )
    assert response.status_code in (400, 422)
    assert the_client().post("/check", content=body).status_code == 200


# The page


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_stands_by_itself(language: str) -> None:
    """Ids are unique, labels and descriptions lead somewhere, and the example works."""
    page = _page(lang=language)
    ids = page.all_attributes("id")
    assert len(ids) == len(set(ids))
    described = {i for text in page.all_attributes("aria-describedby") for i in text.split()}
    assert described | set(page.all_attributes("for", "aria-labelledby")) <= set(ids)
    [example] = page.having(id="example")
    assert Page(the_client().get(example["href"]).text).having(id="verdict", class_="bad")
    assert page.having(href=f"/check?lang={language}", aria_current="page")


def test_the_address_holds_what_was_checked() -> None:
    """In both languages; what is too long for an address stays in the page."""
    addresses = _ask(answer=WRONG)["addresses"]
    for language, link in addresses.items():
        page = Page(the_client().get(link).text)
        assert page.having(id="verdict", class_="bad")
        assert next(given["lang"] for tag, given in page.tags if tag == "html").startswith(language)
    long = _ask(spec=encode(PRESETS["digit"].spec), answer=laid_out(np.ones((28, 28)) / 3))
    assert all(len(link) < 7000 for link in long["addresses"].values())


def test_the_lab_links_here_with_its_layer() -> None:
    """From where mistakes are made to where they are found."""
    spec = PRESETS["sobel"].spec
    lab = Page(the_client().get("/lab", params={"spec": encode(spec), "beside": "mistakes"}).text)
    [link] = [h for h in lab.all_attributes("href") if h.startswith("/check?lang=en&spec")]
    page = Page(the_client().get(link).text)
    assert encode(spec) in page.words
