"""Reading an event stream, and trainings to ask for."""

from __future__ import annotations

from typing import Any

import orjson

ROUTE = "/api/v1/train"
MARKER = "planted-marker-7f3a"
SHORT: dict[str, Any] = {"strokes": 32, "epochs": 2, "seed": 3, "channels": [2, 3]}

Events = list[tuple[str, Any]]


def parsed(text: str) -> Events:
    """Names and data of an event stream; every line of it is understood."""
    events = []
    for block in text.removesuffix("\n\n").split("\n\n"):
        name, data = block.split("\n")
        events.append((name.removeprefix("event: "), orjson.loads(data.removeprefix("data: "))))
    return events
