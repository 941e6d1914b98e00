"""What a user may ask for, as one value: JSON body, permalink, preset, and the engine's layer."""

from app.spec.arrays import parse_array
from app.spec.body import Body
from app.spec.errors import LimitError, PermalinkError, SpecError
from app.spec.experiment import Experiment
from app.spec.figure import FigureSpec
from app.spec.layer import LayerSpec, NodeSpec
from app.spec.lesson import Lesson
from app.spec.limits import DEFAULT_LIMITS, Limits
from app.spec.permalink import decode, encode
from app.spec.presets import PRESETS, Preset
from app.spec.view import View

__all__ = [
    "DEFAULT_LIMITS",
    "PRESETS",
    "Body",
    "Experiment",
    "FigureSpec",
    "LayerSpec",
    "Lesson",
    "LimitError",
    "Limits",
    "NodeSpec",
    "PermalinkError",
    "Preset",
    "SpecError",
    "View",
    "decode",
    "encode",
    "parse_array",
]
