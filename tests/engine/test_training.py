"""Training: the same for the same seed, right where it is right, and stopped where it is wrong."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from app.engine import network
from app.engine.losses import SoftmaxCrossEntropy
from app.engine.stages import Conv, Stage
from app.engine.strokes import CLASSES, SIDE, WOBBLE, Examples, strokes
from app.engine.training import (
    LONGEST,
    RUNS,
    Architecture,
    Event,
    Failed,
    Learned,
    Plan,
    Progress,
    _Run,
    last_conv,
    train,
)
from app.engine.wrong_rules import MISTAKES


def plan(seed: int = 1, mistake: str = "kernel_not_rotated", **changes: Any) -> Plan:
    """A short training."""
    rng = np.random.default_rng(seed)
    return replace(
        Plan(
            stages=Architecture().initial(rng),
            training=strokes(rng, 96, 0.2),
            held_out=strokes(rng, 64, 0.2),
            wrong=MISTAKES[mistake],
            epochs=2,
            batch=16,
            rate=0.05,
            seed=seed,
        ),
        **changes,
    )


def learned(events: list[Event]) -> dict[str, Learned]:
    """What each run ended with."""
    return {event.run: event for event in events if isinstance(event, Learned)}


def reports(events: list[Event]) -> dict[str, list[Progress]]:
    """Each run's reports."""
    found = defaultdict(list)
    for event in events:
        if isinstance(event, Progress):
            found[event.run].append(event)
    return found


def kernels(stages: tuple[Stage, ...]) -> list[np.ndarray]:
    """The kernels, in order."""
    return [stage.kernel for stage in stages if isinstance(stage, Conv)]


# The data


def test_strokes_follow_from_the_seed() -> None:
    """Same seed, same bits; another seed, other pictures."""
    one, again, other = (strokes(np.random.default_rng(seed), 20, 0.3) for seed in (1, 1, 2))
    assert_array_equal(one.pictures, again.pictures)
    assert_array_equal(one.classes, again.classes)
    assert np.any(one.pictures != other.pictures)


@pytest.mark.parametrize("count", [1, 8, 100])
def test_every_class_is_as_frequent(count: int) -> None:
    """Give or take one."""
    made = strokes(np.random.default_rng(3), count, 0.1)
    frequent = np.bincount(made.classes, minlength=CLASSES)
    assert frequent.sum() == len(made) == count
    assert frequent.max() - frequent.min() <= 1
    assert made.pictures.shape == (count, 1, SIDE, SIDE)


def test_a_strokes_ink_lies_along_its_classs_orientation() -> None:
    """The long axis of the ink's second moments, which knows nothing of how it was drawn.

    Off by the wobble and, as ink is drawn in cells and cut at the border, a few degrees more; half
    the way to the neighbouring class is 11.25°.
    """
    made = strokes(np.random.default_rng(4), 400, noise=0.0)
    assert made.pictures.min() >= 0
    assert made.pictures.max() <= 1
    rows, columns = np.indices((SIDE, SIDE))
    for picture, label in zip(made.pictures[:, 0], made.classes, strict=True):
        up = -(rows - np.average(rows, weights=picture))
        right = columns - np.average(columns, weights=picture)
        moments = [
            float((picture * a * b).sum()) for a, b in ((right, right), (right, up), (up, up))
        ]
        angle = np.rad2deg(np.arctan2(2 * moments[1], moments[0] - moments[2]) / 2)
        off = (angle - label * 180 / CLASSES + 90) % 180 - 90
        assert abs(off) < WOBBLE + 4


def test_noise_is_as_strong_as_asked() -> None:
    """Its standard deviation, from 14,400 cells: within 5 of its own standard errors."""
    rng = np.random.default_rng(5)
    plain = strokes(np.random.default_rng(5), 100, 0.0)
    noisy = strokes(rng, 100, 0.3)
    noise = noisy.pictures - plain.pictures
    assert abs(noise.std() - 0.3) < 5 * 0.3 / np.sqrt(2 * noise.size)


# The runs


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_same_seed_trains_the_same(mistake: str) -> None:
    """Every event and every weight, to the last bit."""
    one, again = (list(train(plan(7, mistake, epochs=1))) for _ in range(2))
    first, second = ([e for e in events if isinstance(e, Progress)] for events in (one, again))
    assert first == second
    for run, other in zip(learned(one).values(), learned(again).values(), strict=True):
        assert (run.loss, run.accuracy) == (other.loss, other.accuracy)
        for a, b in zip(kernels(run.stages), kernels(other.stages), strict=True):
            assert_array_equal(a, b)
    assert reports(one)["right"] != reports(list(train(plan(8, mistake, epochs=1))))["right"]


def test_all_start_alike() -> None:
    """The first report of each run has the same loss and accuracy, and no batch behind it."""
    starts = list(islice(train(plan()), len(RUNS)))
    assert [start.run for start in starts] == list(RUNS)
    assert len({(s.loss, s.accuracy) for s in starts if isinstance(s, Progress)}) == 1
    assert all(s.batch_loss is None and s.step == 0 for s in starts if isinstance(s, Progress))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_right_backward_pass_learns(seed: int) -> None:
    """On pictures never trained on: a lower loss than at the start, and better than guessing.

    From about log 8 = 2.1; the margins are far below what any of the seeds reaches, and far above
    what 256 guesses give (an accuracy of 1/8 ± 0.02).
    """
    rng = np.random.default_rng(seed)
    training, held_out = strokes(rng, 512, 0.2), strokes(rng, 256, 0.2)
    events = list(train(plan(seed, epochs=6, training=training, held_out=held_out)))
    start, end = reports(events)["right"][0], learned(events)["right"]
    assert end.loss < start.loss - 0.5
    assert end.accuracy > 0.4


def test_frozen_changes_nothing_before_the_last_convolution() -> None:
    """And everything from it on; the others change everything."""
    made = plan()
    last = last_conv(made.stages)
    for name, run in learned(list(train(made))).items():
        for index, (before, after) in enumerate(zip(made.stages, run.stages, strict=True)):
            for parameter in before.parameters:
                same = np.array_equal(getattr(before, parameter), getattr(after, parameter))
                assert same == (name == "frozen" and index < last)


def test_what_was_learned_cannot_be_changed() -> None:
    """Its weights are read-only float64."""
    for run in learned(list(train(plan(epochs=1)))).values():
        for stage in run.stages[last_conv(run.stages) :]:
            for name in stage.parameters:
                array = getattr(stage, name)
                assert array.dtype == np.float64
                assert not array.flags.writeable


def test_after_one_step_only_the_early_weights_differ() -> None:
    """The first step of all three runs is the same from the last convolution on."""
    made = plan(batch=96, epochs=1)
    runs = learned(list(train(made)))
    last = last_conv(made.stages)
    for name in ("mistake", "frozen"):
        for index, (right, other) in enumerate(
            zip(runs["right"].stages, runs[name].stages, strict=True)
        ):
            for parameter in right.parameters:
                same = np.array_equal(getattr(right, parameter), getattr(other, parameter))
                assert same == (index >= last)


def test_a_step_goes_down_the_gradient() -> None:
    """With all pictures in one batch: new = old − rate · gradient, as the trace has it."""
    made = plan(batch=96, epochs=1, rate=0.25)
    right = learned(list(train(made)))["right"]
    loss = SoftmaxCrossEntropy(made.training.classes)
    trace = network.run(made.stages, made.training.pictures, loss)
    for part, after in zip(trace.stages, right.stages, strict=True):
        for name, gradient in part.gradients.items():
            expected = getattr(part.stage, name) - 0.25 * gradient
            # the batch is shuffled: sums over 96 pictures in another order, entries below 1
            np.testing.assert_allclose(getattr(after, name), expected, rtol=0, atol=1e-13)


def test_nobody_is_left_out_of_an_epoch() -> None:
    """Also where batches do not come out even: the batches' losses are all pictures' losses.

    At a rate of 0 nothing moves, so the means over the three batches, 32 pictures each and not 47,
    47 and 2, can be put together from the start's losses.
    """
    made = plan(batch=47, epochs=1, rate=0.0)
    assert made.steps == 3
    seen = reports(list(train(made)))["right"]
    values = network.forward(made.stages, made.training.pictures)
    order = np.random.default_rng([made.seed, 1]).permutation(96)
    means = []
    for chosen in (order[:32], order[32:64], order[64:]):
        batch = made.training[chosen]
        means.append(SoftmaxCrossEntropy(batch.classes).value(values[-1][chosen]))
    found = [report.batch_loss for report in seen[1:]]
    np.testing.assert_allclose(np.array(found, dtype=np.float64), means, rtol=1e-12)


@pytest.mark.parametrize("batch", [1, 7, 16, 95, 96, 97])
def test_batches_are_as_even_as_can_be(batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """None larger than asked for, and none much smaller: each makes a step of the same length."""
    seen: list[int] = []
    monkeypatch.setattr(_Run, "step", lambda _, batch, __: seen.append(len(batch)))
    made = plan(batch=batch, epochs=1)
    list(train(made))
    sizes = seen[::3]
    assert sum(sizes) == 96
    assert len(sizes) == made.steps
    assert max(sizes) <= batch
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_check_tells_the_runs_apart_all_along(mistake: str) -> None:
    """At the start and after each epoch; the right and the frozen run pass everything."""
    found = reports(list(train(plan(3, mistake))))
    for name in RUNS:
        checked = [report for report in found[name] if report.verdicts]
        assert [report.epoch for report in checked] == [0, 1, 2]
        for report in checked:
            assert all(v.passes for v in report.verdicts) == (name != "mistake")


def test_the_mistaken_runs_loss_falls_as_well() -> None:
    """A net trained with unturned feedback learns: its loss alone does not give it away."""
    for seed in (1, 2, 3):
        events = list(train(plan(seed, epochs=12)))
        ends = learned(events)
        assert ends["mistake"].loss < reports(events)["mistake"][0].loss - 0.3


def test_reports_are_never_far_apart() -> None:
    """However long an epoch is, so that stopping to ask stops the training soon."""
    made = plan(batch=1, training=strokes(np.random.default_rng(1), 200, 0.2), epochs=1)
    steps = [report.step for report in reports(list(train(made)))["right"]]
    assert steps[0] == 0
    assert steps[-1] == 200
    assert max(np.diff(steps)) <= LONGEST


def test_a_run_that_diverges_stops_alone() -> None:
    """It says so once, the others go on, and no warning is given."""
    rng = np.random.default_rng(1)
    stages = Architecture(channels=(4, 4, 4), activation="identity").initial(rng)
    events = list(train(plan(1, stages=stages, rate=8.0, epochs=6)))
    failed = [event.run for event in events if isinstance(event, Failed)]
    assert "right" in failed
    assert len(failed) == len(set(failed))
    assert set(learned(events)) == set(RUNS) - set(failed)
    for name in failed:
        at = next(i for i, e in enumerate(events) if isinstance(e, Failed) and e.run == name)
        assert not [e for e in events[at + 1 :] if e.run == name]
    for report in (r for found in reports(events).values() for r in found):
        assert np.isfinite([report.loss, report.accuracy, report.batch_loss or 0.0]).all()


def test_own_drawings_are_learned() -> None:
    """A dozen pictures alone are enough to learn those pictures."""
    few = strokes(np.random.default_rng(9), 12, 0.0)
    end = learned(list(train(plan(training=few, held_out=few, batch=4, epochs=40))))["right"]
    assert end.accuracy == 1.0


def test_examples_can_be_chosen() -> None:
    """A slice, or a list of numbers."""
    made = strokes(np.random.default_rng(1), 10, 0.1)
    assert_array_equal(made[:3].classes, made.classes[:3])
    chosen = made[np.array([4, 2])]
    assert isinstance(chosen, Examples)
    assert_array_equal(chosen.pictures, made.pictures[[4, 2]])
