"""One client for all contract tests: the real app, without a network."""

from __future__ import annotations

from functools import lru_cache

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import Settings


@lru_cache
def the_client() -> TestClient:
    """A client that lets unexpected exceptions through, so that they fail the test."""
    return TestClient(create_app(Settings()), follow_redirects=False)


@pytest.fixture
def client() -> TestClient:
    """The shared client."""
    return the_client()
