"""Every setting, read from the environment once, when the process starts."""

from __future__ import annotations

from dataclasses import fields

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.spec import DEFAULT_LIMITS, Limits


class Settings(BaseSettings):
    """Settings of one process; each is an environment variable that starts with ``ROT180_``.

    ``HOST`` and ``PORT`` work as well, because that is what ``make run`` and most hosts set.
    """

    model_config = SettingsConfigDict(
        env_prefix="ROT180_", env_ignore_empty=True, frozen=True, extra="ignore"
    )

    host: str = Field(
        default="127.0.0.1",
        validation_alias=AliasChoices("host", "ROT180_HOST", "HOST"),
        description="Address to listen on; 0.0.0.0 to be reached from other machines.",
    )
    port: int = Field(
        default=8000,
        ge=0,
        le=65535,
        validation_alias=AliasChoices("port", "ROT180_PORT", "PORT"),
        description="Port to listen on; 0 takes a free one.",
    )
    root_path: str = Field(
        default="",
        description="Path that a reverse proxy strips before it asks here, such as /rot180.",
    )
    forwarded_allow_ips: str = Field(
        default="127.0.0.1",
        description="Proxies whose X-Forwarded-* headers are believed, separated by commas.",
    )
    access_log: bool = Field(default=False, description="Log every request (costs a third).")
    # the least that each may be is what the presets need
    max_side: int = Field(
        default=DEFAULT_LIMITS.side, ge=28, le=4096, description="Most rows or columns of a map."
    )
    max_cells: int = Field(
        default=DEFAULT_LIMITS.cells, ge=784, description="Most numbers in one array."
    )
    max_work: int = Field(
        default=DEFAULT_LIMITS.work, ge=20_000, description="Most multiplications of one pass."
    )
    max_wires: int = Field(
        default=DEFAULT_LIMITS.wires, ge=14_400, description="Most wires listed in one answer."
    )
    max_body_bytes: int = Field(
        default=DEFAULT_LIMITS.body_bytes, ge=1024, description="Largest request body, in bytes."
    )
    max_permalink_chars: int = Field(
        default=DEFAULT_LIMITS.permalink_chars,
        ge=3000,
        description="Longest permalink; a server cuts URLs at 64 KiB.",
    )
    max_check: int = Field(
        default=DEFAULT_LIMITS.check,
        ge=2_000_000,
        description="Most multiplications of all passes of a check, of answers or of gradients.",
    )
    max_layers: int = Field(
        default=DEFAULT_LIMITS.layers, ge=8, description="Most layers of a network."
    )
    # the least that each of these may be is what a training is when nothing is said
    max_training: int = Field(
        default=DEFAULT_LIMITS.training,
        ge=2_500_000_000,
        description="Most multiplications of a training's three runs, overheads included.",
    )
    max_epochs: int = Field(
        default=DEFAULT_LIMITS.epochs, ge=10, description="Most epochs of a training."
    )
    max_batch: int = Field(
        default=DEFAULT_LIMITS.batch, ge=16, description="Most pictures in one step of a training."
    )
    max_pictures: int = Field(
        default=DEFAULT_LIMITS.pictures,
        ge=512,
        description="Most pictures that are made in code for a training.",
    )
    max_drawings: int = Field(
        default=DEFAULT_LIMITS.drawings,
        ge=0,
        description="Most drawings of the user's own in a training.",
    )
    max_channels: int = Field(
        default=DEFAULT_LIMITS.channels,
        ge=8,
        description="Most output channels of a training's convolution.",
    )

    @property
    def limits(self) -> Limits:
        """The limits on one request: each is the setting ``max_`` and its name."""
        return Limits(**{f.name: getattr(self, f"max_{f.name}") for f in fields(Limits)})
