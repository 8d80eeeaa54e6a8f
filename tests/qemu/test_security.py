"""The programs that try to break out: each check that protects a kernel from its users is proved by one that attacks it."""

from __future__ import annotations

import pytest
from qemu_fixture import PRESETS, boot_of, built_preset, tap_trouble

ATTACKS = {"monolithic": ("security",), "mach-like": ("security", "mach_intruder", "mach_security"), "l4-like": ("security", "l4_security")}
"""Linux programs start with init=, native ones with root=."""


@pytest.mark.parametrize("preset", PRESETS)
def test_no_attack_succeeds(preset: str) -> None:
    kernel = built_preset(preset)
    for name in ATTACKS[kernel.kernel]:
        assert f"bin/{name}" in kernel.programs, f"{preset} has no program bin/{name}; the initrd holds {sorted(kernel.programs)}"
        append = f"{'root' if name.endswith('_security') else 'init'}=/bin/{name}"
        trouble = tap_trouble(kernel, boot_of(kernel, append), append)
        assert not trouble, trouble
