"""Ticks at odd times: ``jitter=word`` moves them, repeatably, and breaks nothing."""

from __future__ import annotations

import os
import random

import pytest
from qemu_fixture import PRESETS, boot_of, built_preset, explain

from kit.qemu import Boot

PROGRAM = "init=/bin/macro"
"""It runs for many ticks and reports what its work took, in which each of them shows."""


def ended(preset: str, append: str) -> Boot:
    """A boot that came to its end."""
    kernel = built_preset(preset)
    outcome = boot_of(kernel, append)
    assert outcome.ok, explain(kernel, outcome, append)
    return outcome


@pytest.mark.parametrize("preset", PRESETS)
def test_a_word_moves_the_ticks(preset: str) -> None:
    """The same word the same way, another one another way."""
    seed = os.environ.get("SEED") or str(random.SystemRandom().randrange(1 << 30))
    plain, one, again, other = (ended(preset, PROGRAM + more) for more in ("", f" jitter={seed}a", f" jitter={seed}a", f" jitter={seed}b"))
    assert one.results == again.results and one.console == again.console, f"SEED={seed}"
    assert len({plain.results, one.results, other.results}) == 3, f"SEED={seed}: the ticks are where they were"
