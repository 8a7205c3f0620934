"""What every test may use."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.support.cluster"]

# A property is about what holds, never about time: a loaded machine draws slowly and is not at fault.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
