"""The layer by plain loops, with any stencil and any settings: an oracle for the mistakes."""

from __future__ import annotations

from typing import Any

import numpy as np

from app.engine import Layer
from app.engine.activations import Floats
from app.engine.given import Pair
from tests.engine.checks import turned


def stamped(layer: Layer, stamp: Floats, stride: Pair, dilation: Pair) -> Floats:
    """Every δ times the stamp, added up in the padded map; the rest of it stays 0."""
    (s, t), (d, e) = stride, dilation
    rows, columns = layer.axes
    batch, channels = layer.input.shape[:2]
    outputs, per_group, kh, kw = stamp.shape
    size = [rows.padded + kh * d, columns.padded + kw * e]  # room for stamps that are too long
    total = np.zeros((batch, channels, *size))
    for n, o, x, y in np.ndindex(layer.output_shape):
        first = o // (outputs // layer.groups) * per_group
        total[
            n,
            first : first + per_group,
            x * s : x * s + (kh - 1) * d + 1 : d,
            y * t : y * t + (kw - 1) * e + 1 : e,
        ] += layer.output_delta[n, o, x, y] * stamp[o]
    return total


def naive_forward(layer: Layer, maps: Floats, slides: Floats, **changes: Any) -> Floats:
    """A forward pass by loops over outputs, with other settings where they are told."""
    settings_: dict[str, Any] = {
        "stride": layer.stride, "dilation": layer.dilation, "padding": layer.padding, **changes,
    }  # fmt: skip
    ((s, t), (d, e)), around = (settings_["stride"], settings_["dilation"]), settings_["padding"]
    padded = np.pad(maps, [(0, 0), (0, 0), *around])
    outputs, per_group, kh, kw = slides.shape
    rows = (padded.shape[2] - (kh - 1) * d - 1) // s + 1
    columns = (padded.shape[3] - (kw - 1) * e - 1) // t + 1
    result = np.zeros((maps.shape[0], outputs, rows, columns))
    for n, o, x, y in np.ndindex(result.shape):
        first = o // (outputs // layer.groups) * per_group
        window = padded[
            n,
            first : first + per_group,
            x * s : x * s + (kh - 1) * d + 1 : d,
            y * t : y * t + (kw - 1) * e + 1 : e,
        ]
        result[n, o, x, y] = np.sum(window * slides[o]) + layer.bias[o]
    return result


def gradient(layer: Layer, maps: Floats, stride: Pair, dilation: Pair) -> Floats:
    """∂C/∂w by loops over weights, with other settings where they are told."""
    (s, t), (d, e) = stride, dilation
    padded = np.pad(maps, [(0, 0), (0, 0), *layer.padding])
    result = np.zeros(layer.kernel.shape)
    outputs, per_group = layer.kernel.shape[:2]
    rows, columns = layer.output_shape[2:]
    for o, c, u, v in np.ndindex(result.shape):
        channel = o // (outputs // layer.groups) * per_group + c
        met = padded[
            :,
            channel,
            u * d : u * d + (rows - 1) * s + 1 : s,
            v * e : v * e + (columns - 1) * t + 1 : t,
        ]
        result[o, c, u, v] = np.sum(met * layer.output_delta[:, o])
    return result if layer.operation == "correlation" else turned(result)
