"""Random valid configurations build, boot and run every program. The seed is in the test's name and in the summary."""

from __future__ import annotations

import shutil

from qemu_fixture import boot_of, explain, random_build

from kit import bench
from kit.qemu import parse_results


def test_a_random_configuration(seed: int) -> None:
    kernel = random_build(seed)
    for leg in bench.legs(kernel):
        outcome = boot_of(kernel, leg.append, wall_seconds=120)
        text = f"SEED={seed} RANDOM_CONFIGURATIONS=1\n{explain(kernel, outcome, leg.append)}\n--- configuration ---\n{kernel.config_text}"
        assert outcome.ok, text
        assert parse_results(outcome.results).series, text
    shutil.rmtree(kernel.folder)  # every session draws others; a failed one stays to be looked at
