"""The examples in the docstrings hold."""

from __future__ import annotations

import doctest
import importlib

import pytest

MODULES = [
    *(
        f"app.spec.{name}"
        for name in ("arrays", "errors", "layer", "network", "permalink", "training", "view")
    ),
    "app.words.names",
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    """At least one a module, and all true."""
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0
    assert result.failed == 0
