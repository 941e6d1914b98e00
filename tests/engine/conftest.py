"""The same examples on every machine, and no clock: Hypothesis draws from a fixed seed."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "engine",
    max_examples=400,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("engine")
