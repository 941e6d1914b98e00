"""The catalogues: the right language, every message filled, the lesson's words kept to."""

from __future__ import annotations

import re
import string
from itertools import product

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from app.spec import PRESETS
from app.words import DEFAULT, LANGUAGES, negotiate, say, translator
from app.words.catalogue import LOCALE, counter
from app.words.titles import TITLES
from tests.words.markup import FEW

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def _messages() -> list[Message]:
    with (LOCALE / "zh.po").open("rb") as source:
        return [message for message in read_po(source, locale="zh") if message.id]


MESSAGES = _messages()


def _both(message: Message) -> tuple[list[str], list[str]]:
    """The English forms (one, or singular and plural) and the Chinese ones."""
    english = [message.id] if isinstance(message.id, str) else list(message.id)
    said = message.string
    return english, [said] if isinstance(said, str) else [s for s in said or () if s]


def _fields(template: str) -> set[tuple[str, str]]:
    """Names and formats of the fields in braces."""
    parts = string.Formatter().parse(template)
    return {(name, spec or "") for _, name, spec, _ in parts if name is not None}


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"), ("", "en"), ("zh", "zh"), ("zh-Hant-TW", "zh"), ("ZH-cn", "zh"),
        ("de", "en"), ("de, zh;q=0.5", "zh"), ("en-GB, zh;q=0.9", "en"), ("en;q=0.1, zh", "zh"),
        ("zh;q=0, en", "en"), ("zh;q=high", "en"), ("*", "en"), (",,;q=1", "en"),
        ("fr, en;q=0.4, zh;q=0.8", "zh"),
    ],
)  # fmt: skip
def test_the_readers_language_is_found(header: str | None, language: str) -> None:
    """The best of ours by the reader's own order; English where none is ours."""
    assert negotiate(header) == language


@given(st.text(max_size=60) | st.text(alphabet="zhen-,;q=01. *", max_size=60))
@FEW
def test_any_header_has_a_language(header: str) -> None:
    """Whatever a client sends is answered in one of ours."""
    assert negotiate(header) in LANGUAGES


def test_a_translation_has_the_fields_of_its_message() -> None:
    """The same names with the same formats: nothing is left out, nothing cannot be filled."""
    for message in MESSAGES:
        english, chinese = _both(message)
        expected = _fields(english[-1])
        assert chinese, english
        assert _fields(english[0]) <= expected, english  # a singular may say "one" instead
        assert all(_fields(text) == expected for text in chinese), english


def test_a_message_can_be_said_in_every_language() -> None:
    """Filled in, nothing in braces is left, in the singular or the plural."""
    for message, language, count in product(MESSAGES, LANGUAGES, (1, 2)):
        english, _ = _both(message)
        facts = dict.fromkeys((name for name, _ in _fields(english[-1])), count)
        if len(english) == 1:
            said = say(language, english[0], **facts)
        else:
            said = counter(language)(english[0], english[1], count).format(**facts)
        assert not re.search(r"[{}]", said), english


def test_no_sentence_says_just_convolve() -> None:
    """Which operator, and over what, is always said; in Chinese too."""
    for message in MESSAGES:
        english, chinese = _both(message)
        assert not re.search(r"\bconvolv", " ".join(english), re.IGNORECASE), english
        assert not re.search(r"(?:做|进行|作)卷积|卷积一下", " ".join(chinese)), english


def test_a_message_is_really_said_in_chinese() -> None:
    """Titles and presets are translated, and English is left as it is written."""
    texts = [text for _, text in TITLES.values()]
    texts += [text for preset in PRESETS.values() for text in (preset.label, preset.note)]
    for text in texts:
        assert CHINESE.search(translator("zh")(text)), text
        assert translator(DEFAULT)(text) == text


def test_an_unknown_language_or_message_is_english() -> None:
    """Nothing fails for want of a translation."""
    assert translator("xx")("the map") == "the map"
    assert translator("zh")("never written down") == "never written down"
    assert counter("xx")("one", "many", 2) == "many"
    assert counter("zh")("{count} weight", "{count} weights", 1) == "{count} 个权重"
