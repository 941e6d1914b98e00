"""What the OpenAPI document says of each route: body, answer, a worked example, every refusal.

The worked example is the original article's, and its answer is computed by the service itself.
"""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from app import answers
from app.answers import check, gradients, network, schemas, worksheet
from app.api import problems
from app.exchange import dumps
from app.spec import PRESETS, FigureSpec, LayerSpec, Limits, NodeSpec, encode
from app.spec.check import CheckSpec, GradientCheckSpec
from app.spec.network import NetworkSpec
from app.spec.training import TrainSpec

PREFIX = "/api/v1"

_COMPONENTS: dict[str, Any] = {
    "Layer": LayerSpec,
    "LayerAndNode": NodeSpec,
    "LayerAnswer": schemas.LayerAnswer,
    "ContributionsAnswer": schemas.ContributionsAnswer,
    "GraphAnswer": schemas.GraphAnswer,
    "MatrixAnswer": schemas.MatrixAnswer,
    "PresetsAnswer": schemas.PresetsAnswer,
    "Figure": FigureSpec,
    "FigureAnswer": schemas.FigureAnswer,
    "FiguresAnswer": schemas.FiguresAnswer,
    "Network": NetworkSpec,
    "NetworkAnswer": network.NetworkAnswer,
    "Training": TrainSpec,
    "TrainingStarted": network.Started,
    "TrainingProgress": network.Report,
    "TrainingFailed": network.Failure,
    "TrainingFinished": network.Finished,
    "Check": CheckSpec,
    "CheckAnswer": check.CheckAnswer,
    "GradientCheck": GradientCheckSpec,
    "GradientCheckAnswer": gradients.GradientCheckAnswer,
    "WorksheetsAnswer": worksheet.WorksheetsAnswer,
    "Problem": problems.Problem,
}

_REFUSALS = {
    "malformed_json": (None, "not JSON at line 1, column 12"),
    "body_too_large": (None, "send 4,194,304 bytes at most"),
    "unsupported_media_type": (None, "send the header Content-Type: application/json"),
    "invalid_value": ("/input/2/1", "input[2][1] is true; give a number"),
    "wrong_shape": (
        "/output_delta",
        "output_delta has shape 3×3; the output has 2×2, so give that",
    ),
    "too_much_work": ("/padding", "padding may be 256 at most, which is the limit"),
    "invalid_permalink": ("/spec", "spec does not start with a known version; start with 1~"),
}
_IN_BODY = ("malformed_json", "body_too_large", "unsupported_media_type")
_IN_LAYER = ("invalid_value", "wrong_shape", "too_much_work")


class Described:
    """Keyword arguments for each route's decorator."""

    def __init__(self, limits: Limits) -> None:
        spec, node = PRESETS["article"].spec, (0, 1)
        body = spec.request()
        self.layer = posted("Layer", body, "LayerAnswer", answers.layer_answer(spec))
        self.contributions = posted(
            "LayerAndNode",
            {**body, "node": list(node)},
            "ContributionsAnswer",
            answers.contributions_answer(spec, node),
        )
        self.graph = posted("Layer", body, "GraphAnswer", answers.graph_answer(spec))
        self.matrix = posted("Layer", body, "MatrixAnswer", answers.matrix_answer(spec))
        self.layer_link: dict[str, Any] = {
            "tags": ["layer"],
            "responses": _responses(
                "LayerAnswer",
                answers.layer_answer(spec),
                ("invalid_permalink", *_IN_LAYER),
            ),
            "openapi_extra": {"parameters": [_spec_parameter(spec, limits)]},
        }
        self.figures: dict[str, Any] = {
            "tags": ["figures"],
            "responses": _responses("FiguresAnswer", answers.figures_answer("en"), ()),
        }
        first = {"presets": answers.presets_answer("en")["presets"][:1]}
        self.presets: dict[str, Any] = {
            "tags": ["presets"],
            "responses": _responses("PresetsAnswer", first, ()),
        }


def document(app: FastAPI, root: str) -> dict[str, Any]:
    """The OpenAPI document of the app's API; ``root`` is where the app is mounted."""
    described = get_openapi(
        title="rot180",
        version=app.version,
        summary="Why a CNN's backward pass turns the kernel by 180°",
        description=app.description,
        routes=app.routes,
        servers=[{"url": root or "/"}],
    )
    parts: dict[str, Any] = {}
    for name, kind in _COMPONENTS.items():
        schema = TypeAdapter(kind).json_schema(ref_template="#/components/schemas/{model}")
        parts.update(schema.pop("$defs", {}))
        parts[name] = schema
    described["components"] = {"schemas": dict(sorted(parts.items()))}
    return described


def posted(body: str, example: object, answer: str, answered: object) -> dict[str, Any]:
    """A route that takes a JSON body: names of two components, and an example of each."""
    content = {"schema": _ref(body), "example": example}
    return {
        "tags": ["layer"],
        "responses": _responses(answer, answered, (*_IN_BODY, *_IN_LAYER)),
        "openapi_extra": {
            "requestBody": {"required": True, "content": {"application/json": content}}
        },
    }


def got(
    answer: str, answered: object, refusals: tuple[str, ...], asked: list[dict[str, Any]]
) -> dict[str, Any]:
    """A route that takes a query: the answer's component, an example of it, its parameters."""
    return {
        "responses": _responses(answer, answered, refusals),
        "openapi_extra": {"parameters": [{"in": "query", **one} for one in asked]},
    }


def _responses(answer: str, answered: object, refusals: tuple[str, ...]) -> dict[int, Any]:
    responses: dict[int, Any] = {
        200: {
            "description": "The answer",
            "headers": {"ETag": {"schema": {"type": "string"}}},
            "content": {
                # through JSON, so that arrays become lists
                "application/json": {
                    "schema": _ref(answer),
                    "example": orjson.loads(dumps(answered)),
                }
            },
        },
        304: {"description": "Not modified: If-None-Match named the answer's ETag"},
    }
    for code in refusals:
        status, title = problems.PROBLEMS[code]
        response = responses.setdefault(
            status,
            {
                "description": title,
                "content": {problems.MEDIA_TYPE: {"schema": _ref("Problem"), "examples": {}}},
            },
        )
        examples = response["content"][problems.MEDIA_TYPE]["examples"]
        examples[code] = {"summary": title, "value": problems.example(code, *_REFUSALS[code])}
        if len(examples) > 1:
            response["description"] = "The request is understood but cannot be computed"
    return responses


def _spec_parameter(spec: LayerSpec, limits: Limits) -> dict[str, Any]:
    return {
        "name": "spec",
        "in": "query",
        "required": True,
        "description": "A layer in the permalink's encoding",
        "schema": {"type": "string", "maxLength": limits.permalink_chars},
        "example": encode(spec),
    }


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
