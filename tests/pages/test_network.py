"""The page of several layers: what it shows is what the engine says."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from numpy.testing import assert_allclose

from app.engine import run as run_layer
from app.engine.losses import SoftmaxCrossEntropy
from app.engine.network import run
from app.engine.training import last_conv
from app.pages.journey import follow
from app.spec import DEFAULT_LIMITS, Experiment, decode
from app.spec.experiment import packed
from app.words import LANGUAGES
from tests.contract.bodies import assert_problem
from tests.contract.conftest import the_client
from tests.pages.reader import Page, unfinished

# turned, these are not what they were, whatever the channels
STENCIL = ("kernel_not_rotated", "kernel_flipped_rows_only", "kernel_flipped_columns_only")


@pytest.mark.parametrize("mistake", STENCIL)
@pytest.mark.parametrize("channels", ["4,8", "2,3,4"])
@pytest.mark.parametrize("operation", ["convolution", "correlation"])
def test_a_stencil_mistake_spares_the_last_convolution(
    mistake: str, channels: str, operation: str
) -> None:
    """All behind it passes, all before it fails, in both operations and with three layers.

    A smooth activation: with ReLU a mistaken δ may be 0 by luck.
    """
    query = {"mistake": mistake, "channels": channels, "operation": operation}
    query |= {"activation": "tanh", "pooling": "average"}
    experiment = Experiment.of(query)
    journey = follow(experiment, DEFAULT_LIMITS, "en", "")
    last = last_conv(experiment.training.plan().stages)
    for place, station in enumerate(journey.stations):
        for check in station.checks:  # station 0 is the picture
            assert check.passes == (place - 1 >= last), (place, check.said)
        assert station.differs == (place - 1 < last)


def test_symmetric_kernels_hide_every_turning_mistake() -> None:
    """Each passes everywhere, and the deltas are the right ones."""
    journey = follow(Experiment.of({"symmetric": "1"}), DEFAULT_LIMITS, "en", "")
    assert all(check.passes for station in journey.stations for check in station.checks)
    assert not any(station.differs for station in journey.stations)
    assert "equal themselves turned" in journey.verdict


def test_a_layer_in_the_lab_is_the_networks_own() -> None:
    """Its input, kernels and δ to four digits, in the network's operation."""
    experiment = Experiment.of({"operation": "correlation", "seed": "5"})
    plan = experiment.training.plan()
    loss = SoftmaxCrossEntropy(np.array([experiment.stroke]))
    trace = run(plan.stages, experiment.followed(plan.held_out)[None, None], loss)
    journey = follow(experiment, DEFAULT_LIMITS, "en", "/sub")
    linked = [one.lab for one in journey.stations if one.lab and one.title.startswith("Conv")]
    assert len(linked) == 2
    assert all(link.startswith("/sub/lab?") for link in linked)
    for link, part in zip(linked, (p for p in trace.stages if p.stage.type == "conv"), strict=True):
        layer = decode(parse_qs(urlsplit(link).query)["spec"][0]).layer()
        assert layer.operation == "correlation"
        assert_allclose(layer.input[0], part.input[0], rtol=6e-4, atol=1e-12)
        assert_allclose(layer.kernel, part.stage.kernel, rtol=6e-4)  # type: ignore[attr-defined, arg-type]
        assert_allclose(layer.output_delta[0], part.output_delta[0], rtol=6e-4, atol=1e-12)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_every_layer_that_is_one_opens_in_the_lab(activation: str) -> None:
    """As a convolutional layer that gives the network's own output and ∂C/∂input."""
    experiment = Experiment.of({"pooling": "average", "activation": activation, "kernel": "2"})
    plan = experiment.training.plan()
    loss = SoftmaxCrossEntropy(np.array([experiment.stroke]))
    picture = experiment.followed(plan.held_out)[None, None]
    trace = run(plan.stages, picture, loss)
    stations = follow(experiment, DEFAULT_LIMITS, "en", "").stations[1:]
    closed = [one.title for one in stations if not one.lab]
    assert closed == ["Flatten"]
    befores = [trace.input_delta, *(part.output_delta for part in trace.stages)]
    for one, part, before in zip(stations, trace.stages, befores, strict=False):
        if not one.lab:
            continue
        there = run_layer(decode(parse_qs(urlsplit(one.lab).query)["spec"][0]).layer())
        largest = np.abs(part.output).max()
        assert_allclose(there.output.ravel(), part.output.ravel(), atol=5e-3 * largest)
        largest = np.abs(before).max()
        assert_allclose(there.input_delta.ravel(), before.ravel(), atol=5e-3 * largest)


def test_a_picture_is_what_its_owner_says() -> None:
    """A drawing has no class but the one that was said, and the page says so."""
    drawn = Experiment.of({"picture": packed(np.eye(12)), "stroke": "6"})
    assert "you say that it is 135°" in follow(drawn, DEFAULT_LIMITS, "en", "").guess
    assert "you say" not in follow(Experiment(), DEFAULT_LIMITS, "en", "").guess


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_in_each_language(language: str) -> None:
    """Finished, with a link to itself in the other one that keeps the experiment."""
    response = the_client().get("/network", params={"lang": language, "seed": "9"})
    assert response.status_code == 200
    page = Page(response.text)
    assert not unfinished(re.sub(r"<script.*?</script>", "", response.text, flags=re.DOTALL))
    links = [parse_qs(urlsplit(link).query) for link in page.all_attributes("href")]
    for code in LANGUAGES:
        assert {"lang": [code], "seed": ["9"]} in links


@pytest.mark.parametrize(
    "query", [{"epochs": "1e9"}, {"epochs": "101"}, {"picture": "no"}, {"mistake": "x"}]
)
def test_a_refusal_is_an_ordinary_answer(query: dict[str, str]) -> None:
    """For the part that the script asks for; the page itself shows another experiment."""
    answer = the_client().get("/network/journey", params=query).json()
    assert set(answer) == {"refused", "field"}
    [name] = query
    assert answer["field"] == name
    response = the_client().get("/network", params=query)
    assert response.status_code == 200
    assert "cannot be shown" in response.text
    page = Page(response.text)
    [fault] = page.having(id=f"{name}-fault")
    assert "hidden" not in fault
    typed = page.having(name=name, aria_invalid="true") or page.having(name=name)
    assert name != "epochs" or "e" in query[name] or typed[0]["value"] == query[name]


def test_an_update_is_what_the_page_would_have_been() -> None:
    """The same journey, and where to go on from."""
    query = {"seed": "3", "mistake": "kernel_transposed"}
    page = the_client().get("/network", params=query).text
    answer = the_client().get("/network/journey", params=query).json()
    assert re.sub(r"\s+", "", answer["html"]) in re.sub(r"\s+", "", page)
    assert answer["data"]["query"] == query
    assert answer["data"]["training"] == {"seed": 3, "mistake": "kernel_transposed"}


def test_what_runs_have_learned_is_drawn() -> None:
    """Each run's first kernels, from the stream's last event."""
    kernel = np.arange(18.0).reshape(2, 1, 3, 3).tolist()
    runs = [{"run": name, "kernels": [{"layer": 0, "kernel": kernel}]} for name in
            ("right", "mistake", "frozen")]  # fmt: skip
    answer = the_client().post("/network/learned", json={"runs": runs}).json()
    assert answer["html"].count("<svg") == 3


@pytest.mark.parametrize(
    "runs",
    [None, {}, [1], [{"run": "right"}], [{"run": "x", "kernels": []}],
     [{"run": "right", "kernels": [{}]}], [{"run": "right", "kernels": [{"kernel": [[1]]}]}],
     [{}] * 9],
)  # fmt: skip
def test_what_is_no_training_is_refused(runs: Any) -> None:
    """With a problem, as everywhere."""
    response = the_client().post("/network/learned", json={"runs": runs})
    assert_problem(response, 422, response.json()["code"])


@pytest.mark.parametrize(
    ("mistake", "spares"), [("kernel_not_rotated", True), ("gradient_rotated", False)]
)
def test_only_what_is_so_is_said_of_the_mistake(mistake: str, *, spares: bool) -> None:
    """A kernel gradient turned wrongly spoils the last convolution too, and no delta."""
    query = {"mistake": mistake, "activation": "tanh", "pooling": "average"}
    verdict = follow(Experiment.of(query), DEFAULT_LIMITS, "en", "").verdict
    assert ("are spared" in verdict) == spares
