"""What a training starts from, reports and draws: the numbers that its laws leave open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from app.engine import network, training
from app.engine.losses import SoftmaxCrossEntropy
from app.engine.network_check import Verdict
from app.engine.pooling import AveragePool, MaxPool
from app.engine.stages import Activate, Conv, Dense, Flatten, Stage
from app.engine.strokes import SIDE, strokes
from app.engine.training import RUNS, Architecture, Failed, Learned, Progress, train
from tests.engine.test_training import kernels, learned, plan, reports


def test_an_architectures_stages() -> None:
    """One pool, after the first activation; and each setting where it belongs."""
    built = Architecture((2, 3, 4), 2, "correlation", "tanh", "average")
    stages = built.initial(np.random.default_rng(1))
    rest = [Conv, Activate, Conv, Activate, Flatten, Dense]
    assert [type(stage) for stage in stages] == [Conv, Activate, AveragePool, *rest]
    convs = [stage for stage in stages if isinstance(stage, Conv)]
    assert [c.kernel.shape for c in convs] == [(2, 1, 2, 2), (3, 2, 2, 2), (4, 3, 2, 2)]
    assert {c.operation for c in convs} == {"correlation"}
    assert {stage.function for stage in stages if isinstance(stage, Activate)} == {"tanh"}
    output = network.forward(stages, np.zeros((1, 1, SIDE, SIDE)))[-1]  # biases are 0
    assert_array_equal(output, np.zeros((1, 8)))


def test_a_plain_architecture() -> None:
    """What the lab starts with: a convolution by name, ReLU and max pooling."""
    stages = Architecture().initial(np.random.default_rng(1))
    first, sigma, pool, *_ = stages
    assert isinstance(first, Conv)
    assert isinstance(sigma, Activate)
    assert isinstance(pool, MaxPool)
    assert (first.operation, sigma.function, pool.size) == ("convolution", "relu", 2)
    assert [kernel.shape for kernel in kernels(stages)] == [(4, 1, 3, 3), (8, 4, 3, 3)]


def test_initial_weights_have_the_variance_of_their_fan_in() -> None:
    """2 over the number of terms, within 5 of the estimate's own standard errors."""
    *_, second, _, _, dense = Architecture((16, 32)).initial(np.random.default_rng(1))
    assert isinstance(second, Conv)
    assert isinstance(dense, Dense)
    for weights, terms in ((second.kernel, 16 * 9), (dense.weight, 32 * 3 * 3)):
        assert abs(weights.var() / (2 / terms) - 1) < 5 * np.sqrt(2 / weights.size)


def test_a_report_is_of_what_is_held_out() -> None:
    """Loss and the share of right answers, at the start and at the end."""
    made = plan(epochs=1)
    events = list(train(made))
    loss = SoftmaxCrossEntropy(made.held_out.classes)
    cases: list[tuple[Progress | Learned, Sequence[Stage]]] = [
        *((reports(events)[run][0], made.stages) for run in RUNS),
        *((end, end.stages) for end in learned(events).values()),
    ]
    for found, stages in cases:
        output = network.forward(stages, made.held_out.pictures)[-1]
        guesses = [int(np.argmax(row)) for row in output]
        right = sum(a == b for a, b in zip(guesses, made.held_out.classes, strict=True))
        assert found.accuracy == right / len(guesses)
        assert found.loss == loss.value(output)


def test_batches_and_steps_are_counted() -> None:
    """Steps go on from epoch to epoch; a batch loss is the mean since the last report."""
    made = plan(epochs=2, rate=0.0)
    found = reports(list(train(made)))["right"]
    assert repr([report.step for report in found]) == repr([0, 2, 4, 6, 8, 10, 12])
    assert [report.epoch for report in found] == [0, 1, 1, 1, 2, 2, 2]
    values = network.forward(made.stages, made.training.pictures)[-1]
    order = np.random.default_rng([made.seed, 1]).permutation(96)
    for report, first in zip(found[1:4], (0, 32, 64), strict=True):
        seen = order[first : first + 32]
        mean = SoftmaxCrossEntropy(made.training.classes[seen]).value(values[seen])
        assert report.batch_loss == pytest.approx(mean, rel=1e-12)


@pytest.mark.parametrize(
    ("batch", "steps"),
    [(24, [0, 1, 2, 3, 4]), (20, [0, 2, 4, 5]), (8, [0, 3, 6, 9, 12])],
)
def test_four_reports_an_epoch(batch: int, steps: list[int]) -> None:
    """As far apart as that takes, and one where it ends."""
    found = reports(list(train(plan(batch=batch, epochs=1, rate=0.0))))["right"]
    assert [report.step for report in found] == steps


def test_no_more_than_32_steps_without_a_report() -> None:
    """Four reports of 129 steps would lie 33 apart."""
    many = strokes(np.random.default_rng(1), 129, 0.2)
    found = reports(list(train(plan(batch=1, training=many, epochs=1))))["right"]
    assert [report.step for report in found] == [0, 32, 64, 96, 128, 129]


def test_a_wrong_gradient_is_used() -> None:
    """A mistake in the kernel's gradient spoils every kernel, the last one as well."""
    runs = learned(list(train(plan(mistake="gradient_rotated", batch=96, epochs=1))))
    for right, wrong in zip(
        kernels(runs["right"].stages), kernels(runs["mistake"].stages), strict=True
    ):
        assert np.any(right != wrong)


def test_a_run_that_leaves_float64_says_when() -> None:
    """In its second step, or where a step itself is too large: no warning, and nothing after it."""
    bright = replace(plan().training, pictures=1e3 * plan().training.pictures)
    for rate, step in ((1e290, 2), (1.7e308, 1)):
        events = list(train(plan(rate=rate, epochs=1, training=bright)))
        failed = {e.run: (e.epoch, e.step) for e in events if isinstance(e, Failed)}
        assert failed["right"] == (1, step)


def test_a_check_is_of_a_few_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first eight, six entries of each gradient, drawn by the plan's seed."""
    made, asked = plan(seed=5, epochs=1), []

    def noted(stages, pictures, loss, rules, entries, seed) -> list[Verdict]:
        asked.append((len(pictures), entries, seed))
        return []

    monkeypatch.setattr(training, "verdicts", noted)
    events = list(train(made))
    assert set(asked) == {(8, 6, 5)}
    assert len(asked) == 2 * len(RUNS)
    assert all(not event.verdicts for event in events if isinstance(event, Progress))


def test_strokes_lie_about_the_middle() -> None:
    """As far up or down as left or right, and the one has nothing to do with the other.

    The ink's centre is the stroke's, but for what the border cuts off.
    """
    made = strokes(np.random.default_rng(6), 2000, noise=0.0)
    rows, columns = np.indices((SIDE, SIDE))
    ink = made.pictures[:, 0]
    total = ink.sum(axis=(1, 2))
    down, right = ((ink * way).sum(axis=(1, 2)) / total - 5.5 for way in (rows, columns))
    for way in (down, right):
        assert abs(way.mean()) < 0.1
        assert 1.3 < np.abs(way).max() < 1.7
    assert abs(np.corrcoef(down, right)[0, 1]) < 0.1


def test_a_strokes_width() -> None:
    """Across a flat stroke: twice its pen, which is 0.5 to 1, and a soft edge of 1 to both sides.

    Soft edges as wide as a cell add up to what they are without cells; 6° of slope add 1/cos 6°.
    """
    made = strokes(np.random.default_rng(7), 2000, noise=0.0)
    flat = made.pictures[made.classes == 0, 0]
    widths = flat[:, :, 5].sum(axis=1)
    assert 1.98 < widths.min() < 2.05
    assert 2.95 < widths.max() < 3.05


def test_strokes_wobble_about_their_class() -> None:
    """Each by itself, as much to the one side as to the other: 6° uniformly are 3.5° on average.

    The long axis of the ink's second moments, within a tenth of 6° over 500 pictures of a class.
    The shortest reach 3 cells along it and half a pen more, of which cells show a part.
    """
    made = strokes(np.random.default_rng(8), 4000, noise=0.0)
    rows, columns = np.indices((SIDE, SIDE))
    ink = made.pictures[:, 0]
    total = ink.sum(axis=(1, 2))[:, None, None]
    up, right = (
        way - (ink * way).sum(axis=(1, 2))[:, None, None] / total for way in (-rows, columns)
    )
    across, mixed, along = (
        (ink * one * other).sum(axis=(1, 2))
        for one, other in ((up, up), (up, right), (right, right))
    )
    angle = np.arctan2(2 * mixed, along - across) / 2
    off = (np.rad2deg(angle) - made.classes * 22.5 + 90) % 180 - 90
    for label in range(8):
        assert abs(off[made.classes == label].mean()) < 0.6
        assert 3.2 < off[made.classes == label].std() < 3.7
    direction = right * np.cos(angle)[:, None, None] + up * np.sin(angle)[:, None, None]
    reach = np.where(ink > 0.5, np.abs(direction), 0).max(axis=(1, 2))
    assert 2.9 < reach.min() < 3.6
