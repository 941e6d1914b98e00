"""A lesson in the reader's language: a scene of the story by its name, or a teacher's own words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.spec import Lesson
from app.words import translator
from app.words.story import SCENES, Option, Scene


@dataclass(frozen=True)
class Card:
    """What a lesson says and asks."""

    title: str
    paragraphs: Sequence[str]
    question: str = ""
    options: Sequence[Option] = ()


def of_scene(scene: Scene, language: str) -> Card:
    """A scene's words."""
    _ = translator(language)
    return Card(
        _(scene.title),
        [_(paragraph) for paragraph in scene.text],
        _(scene.question),
        [Option(_(o.text), _(o.reply), o.right) for o in scene.options],
    )


def card(lesson: Lesson, language: str) -> Card | None:
    """What stands above the lab for a lesson; None if it says nothing."""
    scene = next((scene for scene in SCENES if scene.name == lesson.name), None)
    if scene is not None:
        return of_scene(scene, language)
    if not lesson.title and not lesson.text:
        return None
    return Card(lesson.title, [line for line in lesson.text.split("\n") if line.strip()])
