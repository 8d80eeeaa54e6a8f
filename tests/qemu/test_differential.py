"""The same random calls on this machine's Linux and on every kernel; and that many of them leave nothing behind.

The rounds here are known to be the same on both sides, so one that differs is a step back. ``make differential`` looks for rounds that are not, with seeds of
its own, for as long as it is told.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from qemu_fixture import PRESETS, boot_of, built_preset, explain

from kit import differential

RUNS = ((301000, 12), (302000, 12), (303000, 30), (305000, 60))
"""First seed, and steps of a round."""
ROUNDS = 40
SHORT, LONG = 60, 240
"""Rounds of two boots of the soak; ``SOAK_ROUNDS`` makes the longer one longer: 14000 are ten million calls."""

takes_linux = pytest.mark.skipif(os.geteuid() != 0, reason="a root of one's own on this machine's Linux takes user 0")


@takes_linux
@pytest.mark.parametrize("preset", PRESETS)
def test_random_calls_give_what_they_give_on_linux(preset: str, tmp_path: Path) -> None:
    kernel = built_preset(preset)
    sides = differential.on_linux(differential.extract(kernel, tmp_path)), differential.on_kernel(kernel)
    for seed, steps in RUNS:
        differing, calls = differential.compare(*sides, seed, ROUNDS, steps)
        assert calls > ROUNDS, "the rounds make calls"
        assert not differing, differential.explain(differential.shrink(*sides, differing[0], steps))


def counts(preset: str, rounds: int) -> dict[str, int]:
    """What is in use when a boot that made so many rounds ends: objects of each kind, and frames that are not free."""
    kernel = built_preset(preset)
    append = f"counts=1 init=/bin/random_calls args=seed=1000,rounds={rounds},steps=600,quick"
    outcome = boot_of(kernel, append, wall_seconds=7200)
    assert outcome.ok, explain(kernel, outcome, append)
    found: dict[str, int] = {}
    for line in outcome.results.decode().splitlines():
        one = json.loads(line)
        if one["type"] == "count":
            name = f"{one['image']}: {one['name']}"
            found[name] = found.get(name, 0) + one["value"]
    return {name: value for name, value in found.items() if value}


@pytest.mark.parametrize("preset", PRESETS)
def test_many_calls_leave_nothing_behind(preset: str) -> None:
    """Two boots that differ only in the number of calls end with the same objects in use, and the services with the same frames, to the last one."""
    short, long = (counts(preset, rounds) for rounds in (SHORT, int(os.environ.get("SOAK_ROUNDS") or LONG)))
    assert "personality: proc" in short
    for found in (short, long):
        # What a microkernel gives its server (pages as they are first touched, and their page tables) follows the largest use so far, not the calls.
        found.pop("kernel: frames", None)
    assert long == short
