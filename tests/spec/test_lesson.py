"""A lesson is its link: what it says comes back, and nothing else does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.spec import Lesson
from app.spec.lesson import HIDDEN, LONGEST

QUERIES = st.dictionaries(
    st.sampled_from(["lesson", "title", "text", "hide", "predict", "spec"]), st.text(max_size=900)
)


@given(st.text(max_size=80), st.text(max_size=600), st.sets(st.sampled_from(HIDDEN)), st.booleans())
def test_a_lesson_comes_back_from_its_link(
    title: str, text: str, hide: set[str], predict: bool
) -> None:
    """Blanks around and line ends are not kept as they were."""
    lesson = Lesson(
        title=title.strip(),
        text=text.replace("\r\n", "\n").strip(),
        hide=tuple(one for one in HIDDEN if one in hide),
        predict=predict,
    )
    assert Lesson.of(lesson.query()) == lesson


@given(QUERIES)
def test_whatever_a_link_holds_there_is_a_lesson(query: dict[str, str]) -> None:
    """Too long is cut, unknown is left out, and what is left is stable."""
    lesson = Lesson.of(query)
    assert len(lesson.title) <= LONGEST["title"]
    assert len(lesson.text) <= LONGEST["text"]
    assert set(lesson.hide) <= set(HIDDEN)
    assert Lesson.of(lesson.query()) == Lesson.of(Lesson.of(lesson.query()).query())
