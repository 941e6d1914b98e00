"""`/check` judges answers as the contract says: what is right, what is wrong, and how."""

from __future__ import annotations

import copy
import re

import numpy as np
import pytest
from fastapi.testclient import TestClient

from app.answers import trace_of
from app.engine.mistakes import CODES, PARTS
from app.engine.suspects import Suspects, natural
from app.spec import LayerSpec
from tests.contract.bodies import ARTICLE, BODIES
from tests.contract.checking import check, right

NAMES = list(BODIES)
PART_FIELDS = {"correct", "max_absolute_error", "first_mismatch", "diagnosis"}
DIAGNOSIS_FIELDS = {"code", "message", "also", "indistinguishable_from"}
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("name", NAMES)
def test_what_layer_answers_is_right(client: TestClient, name: str) -> None:
    """Each part by itself and all together; nothing is diagnosed."""
    answers = right(BODIES[name])
    for answer in (answers, *({part: value} for part, value in answers.items())):
        found = check(client, answer, BODIES[name])
        assert found["correct"] is True
        assert set(found["parts"]) == set(answer)
        for part in found["parts"].values():
            assert set(part) >= PART_FIELDS
            assert part["correct"] is True
            assert part["first_mismatch"] is None
            assert part["diagnosis"] == []
            assert part["max_absolute_error"] == 0


def test_the_articles_mistakes(client: TestClient) -> None:
    """In both modes: not turned, half turned, transposed, turned where it must not be."""
    w, d = np.array(ARTICLE["kernel"], float), np.array(ARTICLE["output_delta"], float)
    for operation in ("convolution", "correlation"):
        forward = w[::-1, ::-1] if operation == "convolution" else w
        cases = {
            "kernel_not_rotated": forward,
            "kernel_flipped_rows_only": forward[::-1],
            "kernel_flipped_columns_only": forward[:, ::-1],
            "kernel_transposed": forward[::-1, ::-1].T,
        }
        layer = {**ARTICLE, "operation": operation}
        for code, slides in cases.items():
            padded = np.pad(d, 1)
            wrong = [
                [float((padded[x : x + 2, y : y + 2] * slides).sum()) for y in range(3)]
                for x in range(3)
            ]
            (first, *rest) = check(client, {"input_delta": wrong}, layer)["parts"]["input_delta"][
                "diagnosis"
            ]
            assert not rest
            assert set(first) == DIAGNOSIS_FIELDS
            assert first["code"] == code
            assert first["also"] == []
        turned = np.array(right(layer)["kernel_gradient"])[::-1, ::-1].tolist()
        (first,) = check(client, {"kernel_gradient": turned}, layer)["parts"]["kernel_gradient"][
            "diagnosis"
        ]
        assert first["code"] == "gradient_rotated"
        assert first["indistinguishable_from"] == ["wrong_operation"]


def test_a_message_says_it_for_the_stencil_and_for_w(client: TestClient) -> None:
    """flipud of the forward stencil is fliplr(w) in convolution mode; and the mode is said."""
    rows_only = {
        "convolution": ([[3, 4], [1, 2]], "fliplr(w)", "w as written"),
        "correlation": ([[3, 4], [1, 2]], "flipud(w)", "rot180(w)"),
    }
    for operation, (_, slid, backward) in rows_only.items():
        layer = {**ARTICLE, "operation": operation}
        spec = LayerSpec.parse(layer)
        wrong = Suspects(trace_of(spec), "input_delta").mistaken("kernel_flipped_rows_only")
        assert wrong is not None
        found = check(client, {"input_delta": wrong[0, 0].tolist()}, layer)
        message = found["parts"]["input_delta"]["diagnosis"][0]["message"]
        for said in ("forward stencil", slid, f"{operation} mode", backward):
            assert said in message


def test_the_first_mismatch_is_the_first(client: TestClient) -> None:
    """In reading order, with the answer's axes; a number has no index."""
    answers = right(BODIES["channels"])
    wrong = copy.deepcopy(answers["output"])
    wrong[1][0][2] += 0.5
    wrong[1][2][0] -= 2
    found = check(client, {"output": wrong}, BODIES["channels"])["parts"]["output"]
    assert found["first_mismatch"] == {
        "index": [1, 0, 2],
        "expected": answers["output"][1][0][2],
        "got": wrong[1][0][2],
    }
    assert found["max_absolute_error"] == pytest.approx(2)
    assert [one["code"] for one in found["diagnosis"]] == ["unknown"]
    assert "2" in found["diagnosis"][0]["message"]
    (number,) = check(client, {"bias_gradient": 7.123})["parts"].values()
    assert number["first_mismatch"] == {"index": [], "expected": 4.5, "got": 7.123}


def test_the_tolerance_is_the_contracts(client: TestClient) -> None:
    """1e-5 of the largest expected number, and 1e-8 for maps of zeros."""
    delta = right(ARTICLE)["input_delta"]  # the largest is 13.5
    for off, correct in ((1.34e-4, True), (1.36e-4, False)):
        wrong = copy.deepcopy(delta)
        wrong[2][0] += off
        assert check(client, {"input_delta": wrong})["correct"] is correct
    zeros = {**ARTICLE, "output_delta": [[0, 0], [0, 0]]}
    for off, correct in ((0.9e-8, True), (1.1e-8, False)):
        assert check(client, {"bias_gradient": off}, zeros)["correct"] is correct


def test_factors_signs_and_batches(client: TestClient) -> None:
    """Specific before `scaled`; the factor stands in the message."""
    layer = BODIES["batch"]
    gradient = np.array(right(layer)["kernel_gradient"])
    for factor, code, said in (
        (-1, "sign_flipped", "sign"),
        (0.5, "averaged_over_batch", "2"),
        (0.125, "scaled", "0.125"),
        (-3, "scaled", "−3"),
    ):
        answer = {"kernel_gradient": (factor * gradient).tolist()}
        (first,) = check(client, answer, layer)["parts"]["kernel_gradient"]["diagnosis"]
        assert first["code"] == code
        assert said in first["message"]


def test_two_mistakes_at_once(client: TestClient) -> None:
    """A stencil mistake without σ′, with a wrong sign, with a factor."""
    layer = {**BODIES["settings"], "kernel": [[1, 2], [3, 5], [-2, 4]], "output_delta": None}
    trace = trace_of(LayerSpec.parse(layer))
    suspects = Suspects(trace, "input_delta")
    wrong, bare = suspects.mistaken("kernel_not_rotated"), suspects.collected("kernel_not_rotated")
    assert wrong is not None
    assert bare is not None
    for array, also in (
        (bare, "missing_activation_derivative"), (-wrong, "sign_flipped"), (2.5 * wrong, "scaled"),
    ):  # fmt: skip
        answer = {"input_delta": natural(trace.layer, "input_delta", array).tolist()}
        first = check(client, answer, layer)["parts"]["input_delta"]["diagnosis"][0]
        assert first["code"] == "kernel_not_rotated"
        assert first["also"] == [also]
        assert ("2.5" in first["message"]) == (also == "scaled")


def test_another_shape_is_answered(client: TestClient) -> None:
    """With the mistake that gives it, else as a wrong shape; never as an error."""
    layer = {**ARTICLE, "padding": 1, "output_delta": [[2, -1, 1, 0], [0.5, 3, 2, 1]] * 2}
    full = Suspects(trace_of(LayerSpec.parse(layer)), "input_delta").mistaken("padding_not_cropped")
    assert full is not None
    cases = [
        (full[0, 0].tolist(), "padding_not_cropped", [5, 5]),
        ([[1, 2], [3, 4]], "wrong_shape", [2, 2]),
        ([1, 2, 3], "wrong_shape", [3]),
        ([[[[1]]]], "wrong_shape", [1, 1, 1, 1]),
        (4, "wrong_shape", []),
    ]
    for answer, code, shape in cases:
        found = check(client, {"input_delta": answer}, layer)["parts"]["input_delta"]
        assert found["correct"] is False
        assert found["max_absolute_error"] is None
        assert found["first_mismatch"] is None
        assert found["diagnosis"][0]["code"] == code
        assert found["shape"] == shape
        assert found["expected_shape"] == [3, 3]
        assert "3×3" in found["diagnosis"][0]["message"]


def test_a_symmetric_kernel_says_so(client: TestClient) -> None:
    """A right answer carries what could not have shown, and a note where that is the turn."""
    layer = {**ARTICLE, "kernel": [[1, 2], [2, 1]]}
    found = check(client, right(layer), layer)["parts"]
    assert "kernel_not_rotated" in found["input_delta"]["hidden"]
    assert "wrong_operation" in found["output"]["hidden"]
    assert "turned by 180°" in found["input_delta"]["note"]
    assert found["bias_gradient"]["note"] is None
    shown = check(client, right(ARTICLE))["parts"]
    assert all(part["note"] is None for part in shown.values())
    assert "kernel_not_rotated" not in shown["input_delta"]["hidden"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_message_is_said(client: TestClient, language: str) -> None:
    """For each code, part and layer: filled in, in the language, no field left over."""
    for layer in BODIES.values():
        trace = trace_of(LayerSpec.parse(layer))
        for part in PARTS:
            suspects = Suspects(trace, part)
            for suspect in (*suspects.showing, *suspects.double(suspects.right.shape)):
                answer = natural(trace.layer, part, suspect.array).tolist()
                found = check(client, {part: answer}, layer, language)["parts"][part]
                for one in found["diagnosis"]:
                    assert set(one) == DIAGNOSIS_FIELDS
                    assert {one["code"], *one["also"], *one["indistinguishable_from"]} <= set(CODES)
                    assert not re.search(r"[{}]", one["message"])
                    assert bool(CHINESE.search(one["message"])) == (language == "zh")
