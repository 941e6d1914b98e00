"""The story: every scene stands by itself, in both languages and both operations."""

from __future__ import annotations

import re
from html import escape

import pytest
from starlette.testclient import TestClient

from app.answers import trace_of
from app.main import create_app
from app.pages.story import tell, traps_of
from app.settings import Settings
from app.spec import PRESETS, View, decode, encode
from app.words import LANGUAGES, translator
from app.words.story import SCENES, TRAPS, Scene

NAMES = [scene.name for scene in SCENES]


@pytest.fixture(scope="module", name="reader")
def _reader() -> TestClient:
    return TestClient(create_app(Settings()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_story_has_ten_scenes_with_pictures(reader: TestClient, language: str) -> None:
    """Without a script a reader gets the text, the drawings, the formula and the sentence."""
    page = reader.get(f"/?lang={language}").text
    assert page.count('<section class="scene" id=') == len(SCENES) == 10
    assert page.count('class="drawing"><svg') >= len(SCENES)
    assert "None" not in re.sub(r"<script.*?</script>", "", page, flags=re.S)


@pytest.mark.parametrize("scene", SCENES, ids=NAMES)
def test_a_scene_says_at_most_120_words(scene: Scene) -> None:
    """A scene is short."""
    assert sum(len(paragraph.split()) for paragraph in scene.text) <= 120


@pytest.mark.parametrize("scene", SCENES, ids=NAMES)
def test_a_prediction_has_one_right_answer_and_every_answer_a_reply(scene: Scene) -> None:
    """Whatever is picked is met with a reason, and one pick is right."""
    assert [option.right for option in scene.options].count(True) == 1
    assert all(option.reply for option in scene.options)


@pytest.mark.parametrize("operation", ["convolution", "correlation"])
@pytest.mark.parametrize("scene", SCENES, ids=NAMES)
def test_a_scene_opens_in_the_lab_as_it_stands(scene: Scene, operation: str) -> None:
    """The link to the lab holds the scene's layer and view."""
    told = tell(scene, 1, operation, "en", "")
    assert trace_of(decode(told.data["spec"])).layer.operation == operation
    for name, value in scene.view.items():
        assert f"{name}={value}" in told.lab or value in ("0", "deltas")


def test_the_numbers_in_the_predictions_are_the_engines() -> None:
    """What the story calls right is what the layer gives."""
    by_name = {scene.name: scene for scene in SCENES}

    def right(name: str) -> str:
        return next(o.text for o in by_name[name].options if o.right)

    dense = trace_of(decode(tell(by_name["mlp"], 3, "convolution", "en", "").data["spec"]))
    assert f"{dense.collected.flat[1]:g}" == right("mlp")
    article = trace_of(decode(tell(by_name["collect"], 6, "convolution", "en", "").data["spec"]))
    assert f"{article.collected.flat[0]:g}" == right("collect")
    assert str(len(article.wires.of_source(1))) == right("unroll")
    assert (
        right("restrictions") == f"{article.wires.count} wires, {article.layer.kernel.size} weights"
    )


@pytest.mark.parametrize("name", [*NAMES, "nonsense", "../etc", "a" * 5000])
def test_a_scene_is_exchanged_for_the_other_operation(reader: TestClient, name: str) -> None:
    """Any name and operation gives a scene, or a page that is not there."""
    for operation in ("convolution", "correlation", "x"):
        answer = reader.get(f"/story/{name}", params={"operation": operation, "lang": "zh"})
        assert answer.status_code in (200, 404)


def test_every_trap_is_told_in_both_languages() -> None:
    """Nothing of the story is left in English for a Chinese reader."""
    say = translator("zh")
    texts = [text for t in TRAPS for text in (t.name, t.meaning, t.invitation)]
    texts += [text for scene in SCENES for text in (scene.title, *scene.text, scene.question)]
    assert [text for text in texts if say(text) == text] == []


def test_every_trap_can_be_seen(reader: TestClient) -> None:
    """Its link is on the page, and opens the layer that shows it, or the network."""
    page = reader.get("/", params={"lang": "en"}).text
    for trap, picture, there in traps_of("en", ""):
        assert picture.startswith("<svg")
        assert escape(there) in page
        answer = reader.get(there)
        assert answer.status_code == 200
        assert "cannot be shown" not in answer.text
        if trap.view:
            assert encode(PRESETS[trap.preset].spec) in there
            assert View.of(trap.view).query().items() <= trap.view.items()
