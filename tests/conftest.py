"""Settings of every test."""

from hypothesis import settings

# Machines that run tests are of all speeds; a slow example is not a failing one.
settings.register_profile("harness", deadline=None)
settings.load_profile("harness")
