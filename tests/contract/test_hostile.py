"""Nothing that can be sent makes a status of 500."""

from __future__ import annotations

import copy
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.bodies import BODIES
from tests.contract.conftest import the_client

JSON = {"content-type": "application/json"}
BOUNDED = settings(derandomize=True, deadline=None, max_examples=250)

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.sampled_from([0, 1, 2, 255, 256, 257, 10**9, -1])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "same", "full", "valid", "relu", "correlation", "1", "é\x00"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=16,
)
FIELDS = [
    *("input", "kernel", "bias", "operation", "activation", "stride", "dilation", "padding"),
    *("groups", "output_delta", "node", "unknown"),
]
ROUTES = st.sampled_from(["layer", "contributions", "graph", "matrix"])


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A valid body with a few fields taken away, replaced, or changed deep inside."""
    body = copy.deepcopy(BODIES[draw(st.sampled_from(list(BODIES)))])
    body["node"] = [0] * draw(st.integers(2, 4))
    for _ in range(draw(st.integers(1, 3))):
        field = draw(st.sampled_from(FIELDS))
        how = draw(st.integers(0, 2))
        if how == 0:
            body.pop(field, None)
        elif how == 1:
            body[field] = draw(VALUES)
        else:
            inside = body.get(field)
            while isinstance(inside, list) and inside:
                at = draw(st.integers(0, len(inside) - 1))
                if not isinstance(inside[at], list) or draw(st.booleans()):
                    inside[at] = draw(VALUES)
                    break
                inside = inside[at]
    return body


def _answers(route: str, content: bytes) -> None:
    response = the_client().post(f"/api/v1/{route}", content=content, headers=JSON)
    assert response.status_code in (200, 400, 422)
    orjson.loads(response.content)  # also refuses NaN
    if response.status_code != 200:
        assert response.headers["content-type"] == "application/problem+json"


@given(ROUTES, mutated())
@BOUNDED
def test_mutated_bodies(route: str, body: Any) -> None:
    """Nearly right is answered or refused."""
    _answers(route, orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS))


@given(ROUTES, VALUES)
@BOUNDED
def test_any_json(route: str, body: Any) -> None:
    """So is any JSON at all."""
    _answers(route, orjson.dumps(body))


@given(ROUTES, st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
@BOUNDED
def test_any_bytes(route: str, body: bytes) -> None:
    """And anything that is not JSON."""
    _answers(route, body)


@given(st.text(alphabet="1~ikdoaslpgb=x:,!*-.e02 +%&#\x00é", max_size=60))
@BOUNDED
def test_any_permalink(text: str) -> None:
    """And any query."""
    response = the_client().get("/api/v1/layer", params={"spec": f"1~i=2x2:1,2,3,4~{text}"})
    assert response.status_code in (200, 422)
