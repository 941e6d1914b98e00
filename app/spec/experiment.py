"""An experiment with several layers, as its page's address holds it.

What is trained is a :class:`TrainSpec`; beside it stands the one picture that is followed through
the network. Everything is in the query, so that a link brings all of it back::

    ?seed=1&channels=4,8&mistake=kernel_not_rotated&stroke=3
    ?stroke=2&picture=…          a drawing of 12×12 cells, base64url of a byte a cell
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

import numpy as np

from app.engine.activations import Floats
from app.engine.strokes import CLASSES, SIDE, Examples
from app.spec.errors import SpecError
from app.spec.limits import DEFAULT_LIMITS, Limits
from app.spec.training import TrainSpec

_WHOLE: Final = ("seed", "epochs", "batch", "strokes", "kernel")
_REAL: Final = ("learning_rate", "noise")
_WORDS: Final = ("mistake", "operation", "activation", "pooling")


@dataclass(frozen=True, eq=False)
class Experiment:
    """A training, and the picture that is followed: ``picture`` (12, 12) of class ``stroke``.

    Without ``picture`` it is the first of its class among those that the seed makes.
    ``symmetric`` concerns the one pass only: a step of training would end it.
    """

    training: TrainSpec = field(default_factory=TrainSpec)
    stroke: int = 3
    picture: Floats | None = None
    symmetric: bool = False  # follow the picture through kernels that equal themselves turned

    @classmethod
    def of(cls, query: Mapping[str, str], limits: Limits = DEFAULT_LIMITS) -> Self:
        """From query parameters; what is left out has its default.

        Raises:
            SpecError: a value that cannot be read, or is beyond the limits.
        """
        body: dict[str, Any] = {name: query[name] for name in _WORDS if name in query}
        body |= {name: _number(name, query[name], int) for name in _WHOLE if name in query}
        body |= {name: _number(name, query[name], float) for name in _REAL if name in query}
        if "channels" in query:
            body["channels"] = [
                _number("channels", text, int) for text in query["channels"].split(",")
            ]
        stroke = int(_number("stroke", query.get("stroke", "3"), int))
        if not 0 <= stroke < CLASSES:
            raise SpecError(("stroke",), "must be from 0 to {most}", most=CLASSES - 1)
        picture = _unpacked(query["picture"]) if query.get("picture") else None
        if picture is not None:  # trained on as well, as what it is said to be
            body["drawings"] = [{"picture": picture.tolist(), "label": stroke}]
        symmetric = query.get("symmetric") == "1"
        return cls(TrainSpec.parse(body, limits), stroke, picture, symmetric)

    def query(self) -> dict[str, str]:
        """The query parameters that are not what they would be anyway.

        >>> Experiment.of({"seed": "7", "channels": "4,8", "epochs": "3"}).query()
        {'seed': '7', 'epochs': '3'}
        """
        standard, found = TrainSpec(), dict[str, str]()
        for name in ("seed", "channels", *_WORDS, *_WHOLE[1:], *_REAL):
            value = getattr(self.training, name)
            if value != getattr(standard, name):
                listed = isinstance(value, tuple)
                found[name] = ",".join(map(str, value)) if listed else f"{value}"
        if self.stroke != type(self)().stroke:
            found["stroke"] = str(self.stroke)
        if self.symmetric:
            found["symmetric"] = "1"
        if self.picture is not None:
            found["picture"] = packed(self.picture)
        return found

    def request(self) -> dict[str, Any]:
        """The body of ``POST /api/v1/train`` that trains this."""
        standard, given = TrainSpec(), dict[str, Any]()
        for name in TrainSpec.model_fields:
            value = getattr(self.training, name)
            if name != "drawings" and value != getattr(standard, name):
                given[name] = list(value) if isinstance(value, tuple) else value
        if self.picture is not None:
            given["drawings"] = [{"picture": self.picture.tolist(), "label": self.stroke}]
        return given

    def followed(self, examples: Examples) -> Floats:
        """The picture (12, 12): the reader's own, or the first of its class in ``examples``."""
        if self.picture is not None:
            return self.picture
        first: Floats = examples.pictures[int(np.argmax(examples.classes == self.stroke)), 0]
        return first


def packed(picture: Floats) -> str:
    """A picture of 12×12 cells from 0 to 1 as it stands in a link."""
    return base64.urlsafe_b64encode(np.rint(picture * 255).astype(np.uint8).tobytes()).decode()


def _unpacked(text: str) -> Floats:
    try:
        data = base64.b64decode(text, altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        data = b""
    if len(data) != SIDE * SIDE:
        raise SpecError(("picture",), "is not a drawing of {side}×{side} cells", side=SIDE)
    return np.frombuffer(data, np.uint8).reshape(SIDE, SIDE) / 255


def _number(name: str, text: str, kind: type[int] | type[float]) -> float:
    try:
        if not text.isascii() or len(text) > 24:  # int() takes other scripts' digits as well
            raise ValueError
        return kind(text)
    except ValueError:
        raise SpecError((name,), "must be a number") from None
