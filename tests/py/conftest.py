"""Property tests are bounded by their number of examples, not by the clock: another load on the machine is no finding."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("mortise", deadline=None, print_blob=True)
settings.load_profile("mortise")
