"""The REST API, version 1: thin routes that read a spec, call a service and send its answer."""

from app.api.problems import install
from app.api.routes import routes

__all__ = ["install", "routes"]
