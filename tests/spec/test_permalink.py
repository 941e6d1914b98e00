"""A permalink says exactly what the spec says, and cannot be made to do anything else."""

from __future__ import annotations

import re
import tracemalloc
from urllib.parse import parse_qs, quote, urlencode

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.spec import (
    PRESETS,
    LayerSpec,
    LimitError,
    Limits,
    PermalinkError,
    SpecError,
    decode,
    encode,
)
from tests.spec.strategies import specs

ARTICLE = "1~i=3x3:1,2,3,4,5,6,7,8,9~k=2x2:1,2,3,4~d=2x2:2,-1,0.5,3"


def test_the_article_is_short_enough_to_read() -> None:
    """The documented form, held."""
    assert encode(PRESETS["article"].spec) == ARTICLE
    assert decode(ARTICLE) == PRESETS["article"].spec


@given(specs())
@settings(derandomize=True, deadline=None, max_examples=200)
def test_decoding_undoes_encoding(spec: LayerSpec) -> None:
    """Bit for bit: −0.0, subnormal numbers and pixels included."""
    text = encode(spec)
    assert decode(text) == spec
    assert encode(decode(text)) == text
    assert re.fullmatch(r"[A-Za-z0-9\-._~,:!*=]+", text)
    assert quote(text, safe="~,:!*=") == text
    assert parse_qs(urlencode({"spec": text}))["spec"] == [text]


def test_a_picture_is_written_as_bytes() -> None:
    """Pixels k/255 in maps of more than 64 numbers take 4/3 characters each."""
    pixels = (np.arange(64 * 64) * 7 % 256).reshape(64, 64) / 255
    text = encode(LayerSpec(input=pixels, kernel=[[1]]))
    assert text.startswith("1~i=64x64:!")
    assert len(text) < 64 * 64 * 4 / 3 + 40
    np.testing.assert_array_equal(decode(text).input, pixels)
    assert "!" not in encode(LayerSpec(input=pixels[:8, :8], kernel=[[1]]))
    assert "!" not in encode(LayerSpec(input=pixels + 1e-9, kernel=[[1]]))
    assert "!" not in encode(LayerSpec(input=pixels * 2, kernel=[[1]]))


def test_defaults_are_left_out_and_order_does_not_matter() -> None:
    """Every field has one letter; a short form is as good as a long one."""
    spec = decode(
        "1~g=2~p=1,2,3,4~l=2,1~s=3~a=relu~o=correlation~b=2:1,-0.5~k=2x1x1x1:1,2~i=2x2x2:0*8"
    )
    assert spec == LayerSpec(
        input=np.zeros((2, 2, 2)), kernel=[[[[1]]], [[[2]]]], bias=[1, -0.5], groups=2,
        operation="correlation", activation="relu", stride=3, dilation=[2, 1],
        padding=[[1, 2], [3, 4]],
    )  # fmt: skip
    assert decode(encode(spec)) == spec
    assert decode("1~i=1x1:1~k=1x1:1~p=0~s=1,1") == decode("1~i=1x1:1~k=1x1:1~p=0,0~b=0")


HOSTILE = [
    "", "1", "~", "2~i=1x1:1~k=1x1:1", "1~i", "1~i=", "1~i=:", "1~i=x:1", "1~i=1x:1",
    "1~i=1x1~k=1x1:1", "1~i=1x1:~k=1x1:1", "1~i=1x1:x~k=1x1:1", "1~i=1x1:nan~k=1x1:1",
    "1~i=1x1:inf~k=1x1:1", "1~i=1x1:1e999~k=1x1:1", "1~i=1x1:1_0~k=1x1:1", "1~i=1x1:1 ~k=1x1:1",
    "1~i=1x1:+1~k=1x1:1", "1~i=1x1:0x1~k=1x1:1", "1~i=1x1:१~k=1x1:1", "1~i=1x1:1,2~k=1x1:1",
    "1~i=2x2:1,2,3~k=1x1:1", "1~i=0x3:~k=1x1:1", "1~i=1x1x1x1x1:1~k=1x1:1", "1~i=3:1,2,3~k=1x1:1",
    "1~i=999999x999999:1~k=1x1:1", "1~i=1x1:1*9999999~k=1x1:1", "1~i=1x1:1*99999999999~k=1x1:1",
    "1~i=1x1:1*~k=1x1:1", "1~i=1x1:*2~k=1x1:1", "1~i=1x1:1*0~k=1x1:1", "1~i=1x1:!~k=1x1:1",
    "1~i=1x1:!A~k=1x1:1", "1~i=1x1:!AAAA~k=1x1:1", "1~i=1x1:!%~k=1x1:1", "1~i=1x1:!é~k=1x1:1",
    "1~i=1x1:!A=A=~k=1x1:1", "1~i=1x1:1~i=1x1:1~k=1x1:1", "1~i=1x1:1~k=1x1:1~z=1",
    "1~i=1x1:1~k=1x1:1~s=0", "1~i=1x1:1~k=1x1:1~s=-1", "1~i=1x1:1~k=1x1:1~s=1,2,3",
    "1~i=1x1:1~k=1x1:1~s=999999999999", "1~i=1x1:1~k=1x1:1~p=1,2,3", "1~i=1x1:1~k=1x1:1~p=some",
    "1~i=1x1:1~k=1x1:1~p=1,2,3,4,5", "1~i=1x1:1~k=1x1:1~g=0", "1~i=1x1:1~k=1x1:1~g=",
    "1~i=1x1:1~k=1x1:1~o=", "1~i=1x1:1~k=1x1:1~a=Relu", "1~i=1x1:1~k=1x1:1~b=",
    "1~i=1x1:1~k=1x1:1~b=1,2", "1~i=1x1:1~k=1x1:1~", "1~i=1x1:1~k=1x1:1~=", "1~k=1x1:1",
    "\x00", "1~i=1x1:1\n~k=1x1:1", "1~i=1x1:1~k=1x1:1\n", "1~i=1x1:1~k=1x1:1~s=1\n",
    "1~i=1x1\n:1~k=1x1:1", "\ud800",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_permalinks_are_refused(text: str) -> None:
    """Anything outside the grammar is a SpecError that does not repeat it."""
    with pytest.raises(SpecError) as caught:
        decode(text)
    assert "999999999999" not in str(caught.value)


GRAMMAR = st.text(alphabet="1~ikdoaslpgb=x:,!*-.e0279AZ_", max_size=60)


@given(st.text(max_size=80) | GRAMMAR | GRAMMAR.map(lambda t: f"1~i=2x2:1,2,3,4~k=1x1:1~{t}"))
@example("1~i=1x1:1~k=1x1:1~b=1*9999999")
@settings(derandomize=True, deadline=None, max_examples=500)
def test_no_text_raises_anything_but_a_spec_error(text: str) -> None:
    """Nor does what could be read fail to be written again."""
    try:
        spec = decode(text)
    except SpecError:
        return
    assert decode(encode(spec)) == spec


def test_memory_is_bounded_by_the_limits() -> None:
    """Counts and sizes in the text are checked before anything of that size is made."""
    bombs = ["1~i=512x512:" + ",".join(["0*9999999"] * 900), "1~i=2x2:" + "0*9999999," * 900 + "1"]
    tracemalloc.start()
    try:
        for bomb in bombs:
            with pytest.raises(SpecError):
                decode(bomb + "~k=1x1:1")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 40e6  # 262,144 numbers as Python objects and arrays, several times over


def test_limits_are_named() -> None:
    """A permalink that is too long, or whose arrays are, says so."""
    with pytest.raises(LimitError, match="300 characters; 256 is the limit"):
        decode("1" * 300, Limits(permalink_chars=256))
    with pytest.raises(LimitError, match="64 numbers; 63 is the limit"):
        decode("1~i=8x8:0*64~k=1x1:1", Limits(cells=63))
    with pytest.raises(PermalinkError, match="stands in the permalink twice"):
        decode("1~i=1x1:1~i=1x1:1")
