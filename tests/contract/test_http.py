"""Caching, compression, headers, and an OpenAPI document that is true."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from app.spec import PRESETS, encode
from tests.contract.bodies import ARTICLE, assert_problem

LINK = {"spec": encode(PRESETS["article"].spec)}
DIGIT = {"spec": encode(PRESETS["digit"].spec)}


def test_a_computation_has_an_entity_tag(client: TestClient) -> None:
    """Who has the answer already is told so, by GET and by POST."""
    got = client.get("/api/v1/layer", params=LINK)
    posted = client.post("/api/v1/layer", json=ARTICLE)
    tag = got.headers["etag"]
    assert tag == posted.headers["etag"]
    assert tag.startswith('"')
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        headers = {"if-none-match": known}
        for again in (
            client.get("/api/v1/layer", params=LINK, headers=headers),
            client.post("/api/v1/layer", json=ARTICLE, headers=headers),
        ):
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == tag
    other = client.get("/api/v1/layer", params=LINK, headers={"if-none-match": '"other"'})
    assert other.status_code == 200
    changed = client.post("/api/v1/layer", json={**ARTICLE, "bias": 1})
    assert changed.headers["etag"] != tag
    for route in ("contributions", "graph", "matrix"):
        node = {"node": [0, 0]} if route == "contributions" else {}
        assert "etag" in client.post(f"/api/v1/{route}", json={**ARTICLE, **node}).headers


def test_problems_are_not_kept(client: TestClient) -> None:
    """They depend on the reader's language."""
    response = client.post("/api/v1/layer", json={})
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["vary"] == "Accept-Language"
    assert "etag" not in response.headers


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
def test_a_compressed_answer_weakens_its_tag(client: TestClient, encoding: str) -> None:
    """Other bytes, same meaning; the weak tag still revalidates."""
    plain = client.get("/api/v1/layer", params=DIGIT, headers={"accept-encoding": "identity"})
    small = client.get("/api/v1/layer", params=DIGIT, headers={"accept-encoding": encoding})
    assert small.headers["content-encoding"] == encoding
    assert "Accept-Encoding" in small.headers["vary"]
    assert plain.headers["etag"].startswith('"')
    assert small.headers["etag"] == f"W/{plain.headers['etag']}"
    headers = {"if-none-match": small.headers["etag"], "accept-encoding": encoding}
    assert client.get("/api/v1/layer", params=DIGIT, headers=headers).status_code == 304


def test_presets_follow_the_language(client: TestClient) -> None:
    """One tag for each."""
    english = client.get("/api/v1/presets")
    chinese = client.get("/api/v1/presets", headers={"accept-language": "zh"})
    assert english.headers["content-language"] == "en"
    assert chinese.headers["content-language"] == "zh"
    assert "Accept-Language" in chinese.headers["vary"]


def test_head_is_get_without_a_body(client: TestClient) -> None:
    """For caches and monitors."""
    for route, query in (("layer", LINK), ("presets", {}), ("openapi.json", {})):
        head = client.head(f"/api/v1/{route}", params=query)
        assert head.status_code == 200
        assert head.headers["etag"] == client.get(f"/api/v1/{route}", params=query).headers["etag"]


@pytest.mark.parametrize(
    "path", ["/api/v1/layer", "/api/v1/presets", "/healthz/live", "/api/x", "/static/none.js"]
)
def test_every_response_says_what_a_browser_may_do(client: TestClient, path: str) -> None:
    """Also errors and static files; and nobody is told which server this is."""
    headers = client.get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe-inline" not in policy["style-src-elem"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert "server" not in headers


def _refs(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*(_refs(v) for v in value.values()))
    if isinstance(value, list):
        return set().union(*(_refs(v) for v in value))
    return set()


def test_routes_stand_in_one_flat_table() -> None:
    """A router in a router would be asked twice at each level, before any work begins."""
    addresses = {getattr(route, "path", None) for route in create_app(Settings()).routes}
    assert {"/api/v1/layer", "/healthz/live", "/lab", "/static"} <= addresses
    assert None not in addresses


def test_the_document_describes_every_route(client: TestClient) -> None:
    """Each with its body, answer and refusals; every reference leads somewhere."""
    document = client.get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    operations = {(method, path) for path, item in document["paths"].items() for method in item}
    posts = {("post", f"/api/v1/{r}") for r in ("layer", "contributions", "graph", "matrix")}
    gets = {"/api/v1/layer", "/api/v1/presets", "/healthz/live", "/healthz/ready"}
    assert operations >= posts | {("get", path) for path in gets}
    parts = document["components"]["schemas"]
    for ref in _refs(document):
        assert ref.removeprefix("#/components/schemas/") in parts
    for method, path in operations - {("get", path) for path in gets}:
        if method == "get":
            continue
        operation = document["paths"][path][method]
        cached = set() if path.endswith("/train") else {"304"}  # a stream is not kept
        assert set(operation["responses"]) == {"200", "400", "413", "415", "422"} | cached
        assert operation["summary"]
    assert set(parts["Layer"]["required"]) == {"input", "kernel"}
    assert parts["Layer"]["additionalProperties"] is False
    assert len(parts["Layer"]["properties"]["input"]["anyOf"]) == 3


def _without_nulls(value: Any) -> Any:
    """FastAPI leaves members that are null out of its document, examples included."""
    if isinstance(value, dict):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None}
    return [_without_nulls(v) for v in value] if isinstance(value, list) else value


def test_every_worked_example_is_true(client: TestClient) -> None:
    """Send the example, get the example (of the presets, the first)."""
    document = client.get("/api/v1/openapi.json").json()
    tried = set()
    for path, item in document["paths"].items():
        for method, operation in item.items():
            content = operation["responses"]["200"]["content"].get("application/json", {})
            if "example" not in content:
                continue
            places: dict[str, dict[str, Any]] = {"path": {}, "query": {}}
            for parameter in operation.get("parameters", []):
                places[parameter["in"]][parameter["name"]] = parameter["example"]
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            url = path.format(**places["path"])
            response = client.request(method, url, params=places["query"], json=body.get("example"))
            answer = response.json()
            if path.endswith("/presets"):
                answer["presets"] = answer["presets"][:1]
            assert _without_nulls(answer) == content["example"], path
            tried.add((method, path))
    assert len(tried) >= 6


def test_the_examples_of_refusals_have_the_form_of_refusals(client: TestClient) -> None:
    """Same members, same status."""
    document = client.get("/api/v1/openapi.json").json()
    real = set(assert_problem(client.post("/api/v1/layer", json={}), 422, "invalid_value"))
    for item in document["paths"].values():
        for operation in item.values():
            for status, response in operation["responses"].items():
                content = response.get("content", {}).get("application/problem+json", {})
                for example in content.get("examples", {}).values():
                    assert set(example["value"]) == real
                    assert example["value"]["status"] == int(status)


def test_answers_are_plain_json(client: TestClient) -> None:
    """Numbers come back as numbers, to the last bit."""
    body = {"input": [[0.1, 1e-300], [5e-324, -0.0]], "kernel": [[1]]}
    answer = orjson.loads(client.post("/api/v1/layer", json=body).content)
    assert answer["output"] == body["input"]
