"""A known mistake, made in every layer of a network's backward pass.

What the mistakes are is said in ``mistakes``; here each becomes the :class:`Rules` of a network.
"""

from __future__ import annotations

from collections.abc import Callable

from app.engine.activations import ACTIVATIONS, Floats
from app.engine.errors import ShapeError
from app.engine.layer import Layer
from app.engine.mistakes import COLLECTING, OTHERS, SLOPES, Code, Maker
from app.engine.stages import RIGHT, Rules
from app.engine.trace import run

Shape = tuple[int, ...]


def wrong_rules(code: Code) -> Rules:
    """The backward pass with one mistake in it, wherever that mistake can be made."""
    collecting, gradient = COLLECTING.get(code), OTHERS["kernel_gradient"].get(code)
    slope = SLOPES.get(code)
    return Rules(
        collect=_made(collecting, lambda layer: layer.input.shape) if collecting else RIGHT.collect,
        kernel_gradient=(
            (lambda layer, _: _made(gradient, lambda one: one.kernel.shape)(layer))
            if gradient
            else RIGHT.kernel_gradient
        ),
        derivative=(
            (lambda function, z: slope(ACTIVATIONS[function], z)) if slope else RIGHT.derivative
        ),
    )


def _made(maker: Maker, shape_of: Callable[[Layer], Shape]) -> Callable[[Layer], Floats]:
    def make(layer: Layer) -> Floats:
        for wrong in maker(run(layer)):
            if wrong.shape == shape_of(layer):
                return wrong.array
        raise ShapeError(
            "mistake",
            "gives an array of another shape here, so nothing before it can be computed; "
            "choose another one, or square kernels",
        )

    return make


# Those that keep every shape, as long as kernels are square.
MISTAKES: dict[str, Rules] = {
    code: wrong_rules(code)
    for code in (
        "kernel_not_rotated",
        "kernel_flipped_rows_only",
        "kernel_flipped_columns_only",
        "kernel_transposed",
        "missing_activation_derivative",
        "gradient_rotated",
    )
}
