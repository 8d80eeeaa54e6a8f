"""The programs that try to break out: each check that protects a kernel from its users is proved by one that attacks it."""

from __future__ import annotations

import pytest
from qemu_fixture import PRESETS, boot_of, built_preset, explain, parse_tap

ATTACKS = {"monolithic": ("security",), "mach-like": ("security", "mach_security"), "l4-like": ("security", "l4_security")}
"""Linux programs start with init=, native ones with root=."""


@pytest.mark.parametrize("preset", PRESETS)
def test_no_attack_succeeds(preset: str) -> None:
    kernel = built_preset(preset)
    for name in ATTACKS[kernel.kernel]:
        assert f"bin/{name}" in kernel.programs, f"{preset} has no program bin/{name}; the initrd holds {sorted(kernel.programs)}"
        append = f"{'init' if name == 'security' else 'root'}=/bin/{name}"
        outcome = boot_of(kernel, append)
        report = parse_tap(outcome.console)
        text = explain(kernel, outcome, append)
        assert report.failed == [], text
        assert outcome.ok, text
