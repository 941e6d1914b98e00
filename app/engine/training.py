"""Training by plain stochastic gradient descent, three times side by side.

* ``right``: the backward pass as it is;
* ``mistake``: the same with one mistake in it;
* ``frozen``: the right one, but nothing before the last convolution ever changes.

All three start from the same numbers and see the same batches. The third is the honest baseline
for the second: a mistake in the deltas leaves the last convolution and what follows it trained
rightly, so a network may learn a good deal even if everything before that gets nonsense. Only what
the second does better than the third is owed to the wrong deltas. That wrong deltas can be worth
something is known: T. Lillicrap et al., "Random synaptic feedback weights support error
backpropagation for deep learning", Nature Communications, 2016 (there the weights on the way back
are random, and the forward weights come to agree with them). So the mistaken run's loss falls as
well, and without the right run beside it nothing looks wrong. The gradient check shows it at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from app.engine import network
from app.engine.activations import Floats
from app.engine.errors import NotFiniteError
from app.engine.layer import Operation
from app.engine.losses import SoftmaxCrossEntropy
from app.engine.network_check import Verdict, verdicts
from app.engine.pooling import AveragePool, MaxPool
from app.engine.stages import RIGHT, Activate, Conv, Dense, Flatten, Rules, Stage
from app.engine.strokes import CLASSES, SIDE, Examples

RUNS = ("right", "mistake", "frozen")
POOLS: dict[str, Stage] = {"max": MaxPool(2), "average": AveragePool(2)}
CHECKED_EXAMPLES, CHECKED_ENTRIES = 8, 6  # of the gradient check, for each gradient
REPORTS = 4  # for each epoch
LONGEST = 32  # steps without a report


@dataclass(frozen=True)
class Architecture:
    """conv, σ, pool, then conv, σ for each further entry of ``channels``, flatten, dense."""

    channels: tuple[int, ...] = (4, 8)
    kernel: int = 3
    operation: Operation = "convolution"
    activation: str = "relu"
    pooling: str = "max"

    def initial(self, rng: np.random.Generator) -> tuple[Stage, ...]:
        """Normal weights of variance 2 / fan-in, biases 0 (K. He et al., 2015)."""
        stages: list[Stage] = []
        inputs, side = 1, SIDE
        for place, outputs in enumerate(self.channels):
            shape = (outputs, inputs, self.kernel, self.kernel)
            conv = Conv(_normal(rng, shape), np.zeros(outputs), operation=self.operation)
            stages += [conv, Activate(self.activation)]
            side -= self.kernel - 1
            if place == 0:
                stages.append(POOLS[self.pooling])
                side //= 2
            inputs = outputs
        weight = _normal(rng, (CLASSES, inputs * side * side))
        return (*stages, Flatten(), Dense(weight, np.zeros(CLASSES)))


def _normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    weights: Floats = rng.standard_normal(shape) * np.sqrt(2 / np.prod(shape[1:]))
    return weights


@dataclass(frozen=True, eq=False)
class Plan:
    """What is trained, on what, and how. Everything random in it follows from ``seed``."""

    stages: tuple[Stage, ...]
    training: Examples
    held_out: Examples  # never trained on
    wrong: Rules  # the mistake
    epochs: int
    batch: int
    rate: float  # what a gradient is multiplied with before it is taken off
    seed: int

    @property
    def steps(self) -> int:
        """Batches in an epoch, all of the same size or one picture less.

        A last batch of the single picture that is left over would take as long a step as a whole
        one, and end every epoch on that picture's noise.
        """
        return -(-len(self.training) // self.batch)


@dataclass(frozen=True)
class Progress:
    """How a run stands after ``step`` batches; step 0 is the common start.

    ``loss`` and ``accuracy`` are of the pictures held out; ``batch_loss`` is the mean over the
    batches since the last report. ``verdicts`` are there at the start and after each epoch.
    """

    run: str
    epoch: int
    step: int
    loss: float
    accuracy: float
    batch_loss: float | None
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True)
class Failed:
    """A run left float64's range and went no further; the others go on."""

    run: str
    epoch: int
    step: int


@dataclass(frozen=True, eq=False)
class Learned:
    """What a run ended with."""

    run: str
    stages: tuple[Stage, ...]
    loss: float
    accuracy: float


Event = Progress | Failed | Learned


@dataclass(eq=False)
class _Run:
    """A network that changes."""

    name: str
    stages: list[Stage]
    rules: Rules
    first: int = 0  # the first stage that is trained
    losses: list[float] = field(default_factory=list)

    def step(self, batch: Examples, rate: float) -> None:
        """One batch: forwards, backwards as far as anything is trained, and a step downhill."""
        values = network.forward(self.stages, batch.pictures)
        loss = SoftmaxCrossEntropy(batch.classes)
        self.losses.append(network.cost_of(loss, values[-1]))
        trained, seen = self.stages[self.first :], values[self.first :]
        deltas = network.backward(trained[1:], seen[1:], loss.delta(values[-1]), self.rules)
        slopes = network.gradients(trained, seen, deltas, self.rules)
        for index, (stage, own) in enumerate(zip(trained, slopes, strict=True), start=self.first):
            with np.errstate(over="ignore"):
                downhill = {
                    name: network.finite(getattr(stage, name) - rate * slope)
                    for name, slope in own.items()
                }
            if downhill:
                self.stages[index] = stage.changed(downhill)

    def tested(self, examples: Examples) -> tuple[float, float]:
        """Loss and accuracy."""
        output = network.forward(self.stages, examples.pictures)[-1]
        right = float(np.mean(output.argmax(axis=1) == examples.classes))
        return network.cost_of(SoftmaxCrossEntropy(examples.classes), output), right

    def report(self, plan: Plan, epoch: int, step: int, checked: bool) -> Progress:
        """How it stands, with a gradient check or without."""
        loss, accuracy = self.tested(plan.held_out)
        # each divided first: the sum of finite losses may not be finite
        since = sum(one / len(self.losses) for one in self.losses) if self.losses else None
        self.losses.clear()
        return Progress(
            self.name, epoch, step, loss, accuracy, since, self.check(plan) if checked else ()
        )

    def check(self, plan: Plan) -> tuple[Verdict, ...]:
        """Its own gradients beside the slopes of its cost, on a few of the training pictures."""
        few = plan.training[:CHECKED_EXAMPLES]
        loss = SoftmaxCrossEntropy(few.classes)
        found = verdicts(
            self.stages, few.pictures, loss, self.rules, CHECKED_ENTRIES, seed=plan.seed
        )
        return tuple(found)


def last_conv(stages: tuple[Stage, ...]) -> int:
    """The index of the last convolution: before it a stencil mistake spoils every gradient."""
    return max(index for index, stage in enumerate(stages) if isinstance(stage, Conv))


def train(plan: Plan) -> Iterator[Event]:
    """The three runs, batch by batch in turn; ends with what each that did not fail has learned.

    Each event is computed when it is asked for, so whoever stops asking stops the training. There
    is one at least every :data:`LONGEST` steps.
    """
    runs = [
        _Run("right", list(plan.stages), RIGHT),
        _Run("mistake", list(plan.stages), plan.wrong),
        _Run("frozen", list(plan.stages), RIGHT, first=last_conv(plan.stages)),
    ]
    for run in runs:
        yield run.report(plan, 0, 0, checked=True)
    order, every = np.random.default_rng([plan.seed, 1]), min(-(-plan.steps // REPORTS), LONGEST)
    for epoch in range(1, plan.epochs + 1):
        shuffled = order.permutation(len(plan.training))
        for number, chosen in enumerate(np.array_split(shuffled, plan.steps), start=1):
            batch = plan.training[chosen]
            step, ends = (epoch - 1) * plan.steps + number, number == plan.steps
            for run in list(runs):
                try:
                    run.step(batch, plan.rate)
                    if ends or number % every == 0:
                        yield run.report(plan, epoch, step, checked=ends)
                except NotFiniteError:
                    runs.remove(run)
                    yield Failed(run.name, epoch, step)
    for run in runs:
        yield Learned(run.name, tuple(run.stages), *run.tested(plan.held_out))
