"""Moved to ``app.exchange``, since the pages may not import the API."""

from app.exchange import json_answer, json_body, raw_body

__all__ = ["json_answer", "json_body", "raw_body"]
