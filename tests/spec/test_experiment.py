"""An experiment is its link: it comes back, and what is wrong is said of its field."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from app.engine import EngineError
from app.engine.strokes import CLASSES, SIDE
from app.engine.wrong_rules import MISTAKES
from app.spec import Experiment
from app.spec.experiment import packed
from app.spec.training import TrainSpec

QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "seed": st.integers(0, 2**32 - 1).map(str),
        "epochs": st.integers(1, 100).map(str),
        "channels": st.lists(st.integers(1, 16), min_size=2, max_size=3).map(
            lambda many: ",".join(map(str, many))
        ),
        "kernel": st.sampled_from(["2", "3"]),
        "mistake": st.sampled_from(sorted(MISTAKES)),
        "operation": st.sampled_from(["convolution", "correlation"]),
        "pooling": st.sampled_from(["max", "average"]),
        "learning_rate": st.floats(0, 10).map(repr),
        "noise": st.floats(0, 2).map(repr),
        "stroke": st.integers(0, CLASSES - 1).map(str),
        "symmetric": st.just("1"),
        "picture": st.binary(min_size=SIDE**2, max_size=SIDE**2).map(
            lambda data: packed(np.frombuffer(data, np.uint8).reshape(SIDE, SIDE) / 255)
        ),
    },
)


@given(QUERIES)
def test_an_experiment_comes_back_from_its_link(query: dict[str, str]) -> None:
    """Every field that differs from the standard is in it, and no other."""
    experiment = Experiment.of(query)
    again = Experiment.of(experiment.query())
    assert again.query() == experiment.query()
    assert set(experiment.query()) <= set(query)
    assert again.request() == experiment.request()


@given(QUERIES)
def test_the_training_that_is_asked_for_is_the_pages_own(query: dict[str, str]) -> None:
    """The body for the API says the same; a drawing is trained on as what it is said to be."""
    experiment = Experiment.of(query)
    spec = TrainSpec.parse(experiment.request())
    for name in set(TrainSpec.model_fields) - {"drawings"}:
        assert getattr(spec, name) == getattr(experiment.training, name)
    if experiment.picture is None:
        assert not spec.drawings
    else:
        [drawing] = spec.drawings
        assert drawing.label == experiment.stroke
        assert_allclose(drawing.picture, experiment.picture)


def test_the_followed_picture_is_of_its_class() -> None:
    """The seed's first of that class, unless the reader drew one."""
    for stroke in range(CLASSES):
        experiment = Experiment.of({"stroke": str(stroke), "noise": "0", "strokes": "8"})
        examples = experiment.training.plan().held_out
        picture = experiment.followed(examples)
        assert (examples.pictures[examples.classes == stroke][0, 0] == picture).all()


@given(
    st.dictionaries(
        st.sampled_from([*TrainSpec.model_fields, "stroke", "picture", "symmetric", "lang"]),
        st.text(max_size=300),
    )
)
def test_whatever_a_link_holds_it_is_read_or_refused(query: dict[str, str]) -> None:
    """Nothing but the engine's own errors."""
    with suppress(EngineError):
        Experiment.of(query)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"epochs": "x"}, "epochs"),
        ({"epochs": "٣"}, "epochs"),
        ({"epochs": "0"}, "epochs"),
        ({"channels": "4"}, "channels"),
        ({"channels": "4,,8"}, "channels"),
        ({"stroke": "8"}, "stroke"),
        ({"picture": "AAAA"}, "picture"),
        ({"picture": "!"}, "picture"),
        ({"noise": "nan"}, "noise"),
        ({"mistake": "none"}, "mistake"),
    ],
)
def test_what_is_wrong_is_said_of_its_field(query: dict[str, Any], field: str) -> None:
    """The page puts it into words."""
    with pytest.raises(EngineError) as caught:
        Experiment.of(query)
    assert caught.value.field.startswith(field)
