"""Activations σ and their derivatives σ′, both as functions of the pre-activation z.

A new activation is one entry in :data:`ACTIVATIONS`; the rest of the engine reads the table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Activation:
    """σ and σ′, each from an array of any shape to one of the same shape.

    ``kinks`` are the z at which σ has no derivative; σ′ is a convention there.
    """

    value: Callable[[Floats], Floats]
    derivative: Callable[[Floats], Floats]
    kinks: tuple[float, ...] = ()


def _sigmoid(z: Floats) -> Floats:
    # exp of a negative number only: no overflow for any finite z
    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, small) / (1.0 + small)


def _sigmoid_derivative(z: Floats) -> Floats:
    small = np.exp(-np.abs(z))
    return small / (1.0 + small) ** 2


def _tanh_derivative(z: Floats) -> Floats:
    # 1 − tanh² loses every digit for large |z|; 4σ′(2z) is the same function and keeps them
    return 4.0 * _sigmoid_derivative(2.0 * np.clip(z, -1e300, 1e300))


ACTIVATIONS: dict[str, Activation] = {
    "identity": Activation(value=lambda z: z, derivative=np.ones_like),
    "sigmoid": Activation(value=_sigmoid, derivative=_sigmoid_derivative),
    "tanh": Activation(value=np.tanh, derivative=_tanh_derivative),
    # σ′(0) is taken to be 0, as PyTorch, TensorFlow and JAX do
    "relu": Activation(
        value=lambda z: np.maximum(z, 0.0),
        derivative=lambda z: (z > 0).astype(np.float64),
        kinks=(0.0,),
    ),
}
