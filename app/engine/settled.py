"""What rounding leaves of a sum whose terms cancel: 0.1 + 0.2 − 0.3 is 5.6e−17, and means 0.

Results stay as they were computed everywhere but where people read them: there a sum is 0 if it
is no larger than what rounding its terms can leave (N. Higham, "Accuracy and Stability of
Numerical Algorithms", 2002, section 4.2: the error of a sum of n terms is at most about n·u·Σ|t|).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from app.engine.activations import Floats
from app.engine.errors import NotFiniteError
from app.engine.trace import Step, Trace, run

# In units of Σ|t|. Errors of real sums grow like √n, so this serves any layer that is drawn.
DUST = 16 * float(np.finfo(np.float64).eps)


def swept(sums: Floats, sizes: Floats) -> Floats:
    """``sums``, those of them 0 that rounding may have left; ``sizes`` are Σ|terms| of each.

    >>> swept(np.array([0.1 + 0.2 - 0.3, 0.25]), np.array([0.6, 0.25])).tolist()
    [0.0, 0.25]
    """
    return np.where(np.abs(sums) <= DUST * sizes, 0.0, sums)


def running(step: Step) -> list[float]:
    """A step's sum after each contribution, as it is read."""
    sizes = abs(step.offset) + np.cumsum(np.abs(step.product))
    return swept(step.running, sizes).tolist()  # type: ignore[no-any-return]


def total(step: Step) -> float:
    """What a step's cell ends at, as it is read."""
    size = abs(step.offset) + np.abs(step.product).sum()
    return 0.0 if abs(step.total) <= DUST * size else step.total


def settled(trace: Trace) -> Trace:
    """The trace as it is read: results that are only what rounding left are 0.

    Σ|terms| of every result is the result of the same layer without signs.
    """
    layer = trace.layer
    try:
        sizes = run(
            replace(
                layer,
                input=np.abs(trace.activated),
                activation="identity",
                kernel=np.abs(layer.kernel),
                bias=np.abs(layer.bias),
                output_delta=np.abs(layer.output_delta),
            )
        )
    except NotFiniteError:  # near the end of float64's range only the signs keep the sums in it
        return trace
    collected = swept(trace.collected, sizes.collected)
    return replace(
        trace,
        output=swept(trace.output, sizes.output),
        collected=collected,
        input_delta=np.where(collected == 0, 0.0, trace.input_delta),
        kernel_gradient=swept(trace.kernel_gradient, sizes.kernel_gradient),
        bias_gradient=swept(trace.bias_gradient, sizes.bias_gradient),
    )
