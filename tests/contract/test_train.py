"""``POST /api/v1/train``: what is sent, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import orjson
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from app.answers.network import training_events
from app.api import network
from app.main import create_app
from app.settings import Settings
from app.spec import Limits
from app.spec.training import TrainSpec
from tests.contract.bodies import assert_problem, numbers
from tests.contract.conftest import the_client
from tests.contract.streams import MARKER, ROUTE, SHORT, Events, parsed
from tests.contract.test_hostile import BOUNDED, JSON, VALUES

PICTURE = np.eye(12).tolist()


def trained(client: TestClient, **changes: Any) -> Events:
    """All events of a training."""
    response = client.post(ROUTE, json={**SHORT, **changes})
    assert response.status_code == 200, response.text
    return parsed(response.text)


def of(events: Events, name: str, run: str | None = None) -> list[Any]:
    """The data of all events of that name (and run)."""
    return [data for n, data in events if n == name and run in (None, data.get("run"))]


# What is sent


def test_the_response_is_an_event_stream(client: TestClient) -> None:
    """Kept by nobody, and not compressed even where the reader would take it."""
    headers = {"accept-encoding": "gzip, br, zstd"}
    response = client.post(ROUTE, json=SHORT, headers=headers)
    assert response.headers["content-type"].split(";")[0] == "text/event-stream"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-accel-buffering"] == "no"
    for absent in ("content-encoding", "content-length", "etag"):
        assert absent not in response.headers
    assert response.content.startswith(b"event: started\ndata: {")


def test_from_started_to_finished(client: TestClient) -> None:
    """Sizes first; then every run at the start, within each epoch and at its end; kernels last."""
    events = trained(client)
    names = [name for name, _ in events]
    assert names == ["started", *["progress"] * (len(events) - 2), "finished"]
    started, finished = events[0][1], events[-1][1]
    runs = ["right", "mistake", "frozen"]
    assert started["runs"] == runs == [run["run"] for run in finished["runs"]]
    shown = {key: started[key] for key in ("mistake", "seed", "epochs", "steps", "batch")}
    assert shown == {
        "mistake": "kernel_not_rotated", "seed": 3, "epochs": 2, "steps": 2, "batch": 16
    }  # fmt: skip
    assert (started["examples"], started["held_out"]) == (32, 256)
    kinds = ["conv", "activation", "max_pool", "conv", "activation", "flatten", "dense"]
    assert [layer["type"] for layer in started["layers"]] == kinds
    assert started["layers"][3]["shape"] == [3, 3, 3]
    assert started["last_convolution"] == 3
    for run in runs:
        steps = [(p["epoch"], p["step"]) for p in of(events, "progress", run)]
        assert steps == [(0, 0), (1, 1), (1, 2), (2, 3), (2, 4)]
        last = of(events, "progress", run)[-1]
        outcome = next(one for one in finished["runs"] if one["run"] == run)
        assert (last["loss"], last["accuracy"]) == (outcome["loss"], outcome["accuracy"])
        shapes = [(k["layer"], np.shape(k["kernel"])) for k in outcome["kernels"]]
        assert shapes == [(0, (2, 1, 3, 3)), (3, (3, 2, 3, 3))]


def test_the_frozen_run_keeps_its_first_kernels(client: TestClient) -> None:
    """And only that one."""
    events = trained(client)
    first = events[0][1]["kernels"][0]
    for outcome in events[-1][1]["runs"]:
        assert (outcome["kernels"][0] == first) == (outcome["run"] == "frozen")


def test_the_checks_say_which_gradients_are_wrong(client: TestClient) -> None:
    """Before the last convolution all of the mistaken run's, and no other; every few steps."""
    events = trained(client)
    for run in ("right", "mistake", "frozen"):
        reports = of(events, "progress", run)
        assert [report["checks"] is not None for report in reports] == [True, False] * 2 + [True]
        for report in reports[::2]:
            found = {(c["layer"], c["gradient"]): c["passes"] for c in report["checks"]}
            assert set(found) == {
                (0, "kernel_gradient"), (0, "bias_gradient"), (3, "kernel_gradient"),
                (3, "bias_gradient"), (6, "weight_gradient"), (6, "bias_gradient"),
            }  # fmt: skip
            for (layer, _), passes in found.items():
                assert passes == (run != "mistake" or layer >= 3)


def test_the_same_seed_gives_the_same_bytes(client: TestClient) -> None:
    """And another seed other ones."""
    one, again = (client.post(ROUTE, json=SHORT).content for _ in range(2))
    assert one == again
    assert client.post(ROUTE, json={**SHORT, "seed": 4}).content != one


def test_everything_can_be_chosen(client: TestClient) -> None:
    """Each option once, drawings among them, and drawings alone."""
    drawings = [{"picture": PICTURE, "label": 6}, {"picture": PICTURE[::-1], "label": 2}]
    options = {
        "mistake": "gradient_rotated", "channels": [2, 3, 2], "kernel": 2, "pooling": "average",
        "operation": "correlation", "activation": "tanh", "noise": 0, "learning_rate": 1,
        "batch": 5, "drawings": drawings,
    }  # fmt: skip
    events = trained(client, **options)
    assert events[0][1]["examples"] == 34
    assert [layer["type"] for layer in events[0][1]["layers"]].count("conv") == 3
    assert events[0][1]["layers"][2]["type"] == "average_pool"
    alone = trained(client, strokes=0, drawings=drawings)
    assert (alone[0][1]["examples"], alone[-1][0]) == (2, "finished")


def test_a_run_that_diverges_is_told(client: TestClient) -> None:
    """In the reader's language; the runs that go on are in the last event."""
    changes = {"learning_rate": 10, "activation": "identity", "epochs": 8, "channels": [8, 8, 8]}
    response = client.post(ROUTE, json={**SHORT, **changes}, headers={"accept-language": "de"})
    events = parsed(response.text)
    failed = of(events, "failed")
    assert failed
    for one in failed:
        assert one["code"] == "not_finite"
        assert "learning_rate" in one["detail"]
    ended = {one["run"] for one in failed}
    assert {run["run"] for run in events[-1][1]["runs"]} == set(events[0][1]["runs"]) - ended
    assert events[-1][0] == "finished"


# What is refused

REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"mistake": MARKER}, "/mistake", "invalid_value"),
    ({"mistake": None}, "/mistake", "invalid_value"),
    ({"mistake": "scaled"}, "/mistake", "invalid_value"),
    ({"seed": -1}, "/seed", "invalid_value"),
    ({"seed": 1.0}, "/seed", "invalid_value"),
    ({"seed": True}, "/seed", "invalid_value"),
    ({"seed": 2**32}, "/seed", "too_much_work"),
    ({"epochs": 0}, "/epochs", "invalid_value"),
    ({"epochs": 101}, "/epochs", "too_much_work"),
    ({"epochs": 100, "strokes": 4096, "batch": 1}, "/epochs", "too_much_work"),
    ({"batch": 0}, "/batch", "invalid_value"),
    ({"learning_rate": -0.1}, "/learning_rate", "invalid_value"),
    ({"learning_rate": 11}, "/learning_rate", "invalid_value"),
    ({"learning_rate": "0.1"}, "/learning_rate", "invalid_value"),
    ({"learning_rate": True}, "/learning_rate", "invalid_value"),
    ({"learning_rate": [0.1]}, "/learning_rate", "invalid_value"),
    ({"noise": None}, "/noise", "invalid_value"),
    ({"strokes": 4097}, "/strokes", "too_much_work"),
    ({"strokes": 0}, "/strokes", "invalid_value"),
    ({"channels": [4]}, "/channels", "invalid_value"),
    ({"channels": [4, 4, 4, 4]}, "/channels", "invalid_value"),
    ({"channels": [4, 17]}, "/channels/1", "too_much_work"),
    ({"channels": {}}, "/channels", "invalid_value"),
    ({"kernel": 4}, "/kernel", "too_much_work"),
    ({"kernel": [[1]]}, "/kernel", "invalid_value"),
    ({"pooling": MARKER}, "/pooling", "invalid_value"),
    ({"operation": "convolve"}, "/operation", "invalid_value"),
    ({"activation": 1}, "/activation", "invalid_value"),
    ({"drawings": MARKER}, "/drawings", "invalid_value"),
    ({"drawings": [MARKER]}, "/drawings/0", "invalid_value"),
    ({"drawings": [{}]}, "/drawings/0/picture", "invalid_value"),
    ({"drawings": [{"picture": PICTURE, "label": 8}]}, "/drawings/0/label", "too_much_work"),
    ({"drawings": [{"picture": PICTURE, "label": MARKER}]}, "/drawings/0/label", "invalid_value"),
    ({"drawings": [{"picture": [[1]], "label": 0}]}, "/drawings/0/picture", "invalid_value"),
    (
        {"drawings": [{"picture": numbers(12, 12), "label": 0}]},
        "/drawings/0/picture",
        "invalid_value",
    ),
    (
        {"drawings": [{"picture": PICTURE, "label": 0, MARKER: 1}]},
        "/drawings/0",
        "invalid_value",
    ),
    ({"drawings": [{"picture": PICTURE, "label": 0}] * 513}, "/drawings", "too_much_work"),
    ({MARKER: 1}, "", "invalid_value"),
]


@pytest.mark.parametrize(("changes", "pointer", "code"), REFUSED, ids=lambda v: str(v)[:30])
def test_what_is_refused(
    client: TestClient, changes: dict[str, Any], pointer: str, code: str
) -> None:
    """422 before anything is streamed; the field is named, and nothing of it repeated."""
    response = client.post(ROUTE, json={**SHORT, **changes})
    problem = assert_problem(response, 422, code)
    assert problem["errors"][0]["pointer"] == pointer
    assert MARKER not in response.text


def test_the_longest_that_can_be_asked_is_bounded() -> None:
    """The default data may be trained on for as many epochs as there are; not much more."""
    TrainSpec(epochs=100).plan()
    with pytest.raises(Exception, match="limit"):
        TrainSpec(epochs=100, strokes=1024).plan()
    with pytest.raises(Exception, match="limit"):
        TrainSpec(epochs=1).plan(Limits(training=1000))


def test_limits_come_from_the_settings() -> None:
    """A deployment may allow less, or more, and what is left out is never too much."""
    settings = Settings(
        max_epochs=10, max_batch=16, max_pictures=512, max_drawings=0, max_channels=8
    )
    small = TestClient(create_app(settings))
    for field, value in [
        ("epochs", 11),
        ("batch", 17),
        ("strokes", 513),
        ("drawings", [{"picture": PICTURE, "label": 0}]),
        ("channels", [4, 9]),
    ]:
        problem = assert_problem(small.post(ROUTE, json={field: value}), 422, "too_much_work")
        assert problem["errors"][0]["pointer"].startswith(f"/{field}")
    assert TrainSpec.parse({}, settings.limits).plan(settings.limits).epochs == 10
    assert TrainSpec.parse({"epochs": 101}, Limits(epochs=101)).epochs == 101


def _listening(events: list[str]) -> Callable[..., Iterator[Any]]:
    """Instead of a training: nothing but its first event, so that hostile bodies cost nothing."""

    def instead(spec: TrainSpec, plan: Any, language: str) -> Iterator[Any]:
        events.append(spec.mistake)
        yield from [next(training_events(spec, plan, language))]

    return instead


@given(
    st.dictionaries(
        st.sampled_from([*TrainSpec.model_fields, "unknown"]),
        VALUES | st.sampled_from([0, 1, 3, 16, [2, 3], [{"picture": PICTURE, "label": 1}]]),
        max_size=4,
    )
    | VALUES
)
@BOUNDED
def test_hostile_bodies(body: Any) -> None:
    """Anything is trained or refused."""
    seen: list[str] = []
    the_client()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(network, "training_events", _listening(seen))
        content = orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS)
        response = the_client().post(ROUTE, content=content, headers=JSON)
    assert response.status_code in (200, 422)
    if response.status_code == 200:
        assert [name for name, _ in parsed(response.text)] == ["started"]
    else:
        assert response.headers["content-type"] == "application/problem+json"
        assert seen == []


def test_not_json(client: TestClient) -> None:
    """400 and 415, as everywhere."""
    assert_problem(client.post(ROUTE, content=b"{", headers=JSON), 400, "malformed_json")
    response = client.post(ROUTE, content=b"{}", headers={"content-type": "text/plain"})
    assert_problem(response, 415, "unsupported_media_type")
