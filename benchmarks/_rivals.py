"""A layer's forward map, input delta and kernel gradient as PyTorch and SciPy compute them."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np

from app.engine import Layer, stencil
from app.engine.activations import Floats

Three = tuple[Floats, Floats, Floats]
Rival = Callable[[], Any]


def bare(layer: Layer) -> Three:
    """Ours, without the trace and its checks."""
    return (
        stencil.forward(layer, layer.input),
        stencil.collect(layer),
        stencil.kernel_gradient(layer, layer.input),
    )


def missing() -> list[str]:
    """What is not installed."""
    return [name for name in ("torch", "scipy") if find_spec(name) is None]


def rivals(layer: Layer, threads: int) -> dict[str, Rival]:
    """By name; each takes no longer than the library needs, its arrays are made before."""
    found: dict[str, Rival] = {}
    if find_spec("torch"):
        found |= _torch(layer, threads)
    if find_spec("scipy") and layer.kernel.shape[:2] == (1, 1):
        found |= _scipy(layer)
    return found


def _torch(layer: Layer, threads: int) -> dict[str, Rival]:
    import torch  # noqa: PLC0415 - not a dependency

    torch.set_num_threads(threads)
    arrays = (layer.input, layer.kernel, layer.bias, layer.output_delta)
    x, w, b, delta = (torch.tensor(array) for array in arrays)
    how = (list(layer.stride), [side[0] for side in layer.padding], list(layer.dilation))
    x_leaf, w_leaf = x.clone().requires_grad_(), w.clone().requires_grad_()

    def autograd() -> Any:
        z = torch.conv2d(x_leaf, w_leaf, b, *how)
        return z, *torch.autograd.grad(z, (x_leaf, w_leaf), delta)

    def direct() -> Any:
        z = torch.conv2d(x, w, b, *how)
        both = torch.ops.aten.convolution_backward(
            delta, x, w, None, *how, False, [0, 0], 1, [True, True, False]
        )
        return z, *both[:2]

    return {"autograd": autograd, "direct": direct}


def _scipy(layer: Layer) -> dict[str, Rival]:
    from scipy import signal  # noqa: PLC0415 - not a dependency

    a, w, delta = layer.input[0, 0], layer.kernel[0, 0], layer.output_delta[0, 0]

    def sliding() -> Any:
        valid = signal.correlate2d(a, w, "valid")
        return valid, signal.convolve2d(delta, w), signal.correlate2d(a, delta, "valid")

    def transformed() -> Any:
        valid = signal.oaconvolve(a, w[::-1, ::-1], "valid")
        gradient = signal.oaconvolve(a, delta[::-1, ::-1], "valid")
        return valid, signal.oaconvolve(delta, w), gradient

    return {"scipy": transformed if layer.work > 1_000_000 else sliding}


def check(layer: Layer, found: dict[str, Rival]) -> None:
    """Whether all compute the same, to what a transform or another order of adding may round.

    Raises:
        ValueError: one of them does not.
    """
    for name, rival in found.items():
        for mine, theirs in zip(bare(layer), rival(), strict=True):
            array = np.asarray(getattr(theirs, "detach", lambda theirs=theirs: theirs)())
            scale = float(np.abs(mine).max())
            if not np.allclose(mine, array.reshape(mine.shape), rtol=0, atol=1e-9 * scale):
                raise ValueError(name)
