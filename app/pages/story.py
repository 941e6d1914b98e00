"""The story: every scene's figure is the lab's own, cut down to what the scene is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from app.answers import read_of
from app.figures import landed
from app.pages import render
from app.pages.controls import thumbnail
from app.pages.frame import Page, around, html, language_of, root_of
from app.pages.lab import script_data
from app.pages.lesson import Card, of_scene
from app.pages.sheets import Sheet, sheet
from app.pages.workbench import Moments
from app.spec import PRESETS, LayerSpec, View, encode
from app.spec.presets import DENSE
from app.words.derivation import Line, derivation
from app.words.formulas import Formula, formula
from app.words.sentences import sentence
from app.words.story import SCENES, TRAPS, Scene, Trap


@dataclass(frozen=True)
class Told:
    """A scene with its figure, in one language and one operation."""

    scene: Scene
    card: Card
    number: int
    operation: str
    switchable: bool
    sheets: list[Sheet]
    light: dict[str, str]
    cover: dict[str, str]
    formula: Formula
    sentence: str
    lines: list[Line]
    lab: str  # where it opens in the lab
    data: dict[str, Any]


@dataclass(frozen=True)
class StoryPage(Page):
    """What ``pages/story.html`` is rendered from."""

    scenes: list[Told]
    traps: list[tuple[Trap, str, str]]  # its picture, and where it is seen


@dataclass(frozen=True)
class ScenePart:
    """What ``partials/scene.html`` is rendered from."""

    told: Told


def _spec(scene: Scene, operation: str) -> LayerSpec:
    spec = DENSE if scene.preset == "dense" else PRESETS[scene.preset].spec
    body = {**spec.request(), "operation": operation}
    return LayerSpec.parse(body)


def tell(scene: Scene, number: int, operation: str, language: str, root: str) -> Told:
    """A scene, ready to be rendered."""
    spec = _spec(scene, operation)
    trace = read_of(spec)
    view = View.of(scene.view).within(trace)
    step = trace.step(view.phase, view.step, view.member)
    made = Moments(trace, view, language)
    light, cover = landed(made.overlays.of(view.phase, view.step))  # whole, for want of a script
    panels = made.shown.by_name
    permalink, lesson = encode(spec), {"lesson": scene.name}
    return Told(
        scene=scene,
        card=of_scene(scene, language),
        number=number,
        operation=operation,
        switchable=scene.switch,
        sheets=[sheet(trace, panels[name], view, language) for name in scene.panels],
        light=light,
        cover=cover,
        formula=formula(trace, step, view.member),
        sentence=sentence(trace, step, language, view.member),
        lines=derivation(trace, view.step, language) if view.beside == "derivation" else [],
        lab=f"{root}/lab?"
        + urlencode({"lang": language, "spec": permalink, **view.query(), **lesson}, safe="~,:!*="),
        data={
            **script_data(made, permalink, root, [(view.phase, view.step)]),
            "lesson": lesson,
        },
    )


def traps_of(language: str, root: str) -> list[tuple[Trap, str, str]]:
    """Each trap, its picture, and the address where it is seen."""
    found = []
    for trap in TRAPS:
        query = {"lang": language, "spec": encode(PRESETS[trap.preset].spec), **trap.view}
        there = (
            f"lab?{urlencode(query, safe='~,:!*=')}" if trap.view else f"network?lang={language}"
        )
        found.append((trap, thumbnail(trap.preset), f"{root}/{there}"))
    return found


def add(routes: APIRouter) -> None:
    """``/`` and the scenes that it exchanges."""

    @routes.get("/")
    def story(request: Request) -> Response:
        language, root = language_of(request), root_of(request)
        scenes = [
            tell(scene, number, "convolution", language, root)
            for number, scene in enumerate(SCENES, start=1)
        ]
        return html(
            "story", StoryPage(**around(request, ""), scenes=scenes, traps=traps_of(language, root))
        )

    @routes.get("/story/{name}")
    def scene(request: Request, name: str) -> Response:
        """One scene's figure, in the other operation."""
        language, root = language_of(request), root_of(request)
        number = next((i for i, s in enumerate(SCENES, start=1) if s.name == name), 1)
        asked = request.query_params.get("operation")
        operation = "correlation" if asked == "correlation" else "convolution"
        told = tell(SCENES[number - 1], number, operation, language, root)
        return Response(render.part("scene", language, ScenePart(told)), media_type="text/html")
