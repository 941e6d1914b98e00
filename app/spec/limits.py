"""How much one request may ask for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Each limit keeps one request's time and memory small enough for a class to share a server.

    Attributes:
        side: rows or columns of a map or a kernel; also zeros on one side, stride and dilation.
        cells: numbers in one array, given or computed.
        work: multiply-adds of one pass, and cells of any padded map on the way.
        wires: of the unrolled network, where they are listed one by one.
        body_bytes: of a request's body.
        permalink_chars: of the ``spec`` query parameter.
        layers: of a network.
        epochs: of a training.
        batch: pictures in one step of a training.
        pictures: made in code for a training.
        drawings: of the user's own that a training takes.
        channels: that each convolution of a training puts out.
        training: multiply-adds of a training's three runs together, overheads included.
        check: multiply-adds of all the passes of a check together, of answers or of gradients.
    """

    side: int = 256
    cells: int = 262_144
    work: int = 20_000_000
    wires: int = 200_000
    body_bytes: int = 4 * 1024 * 1024
    permalink_chars: int = 32_000
    layers: int = 64
    epochs: int = 100
    batch: int = 256
    pictures: int = 4096
    drawings: int = 512
    channels: int = 16
    training: int = 30_000_000_000
    check: int = 400_000_000


DEFAULT_LIMITS = Limits()
