"""What Linux programs may rely on, asked by some of them, on every kernel."""

from __future__ import annotations

import pytest
from qemu_fixture import PRESETS, boot_of, built_preset, tap_trouble


@pytest.mark.parametrize("preset", PRESETS)
def test_the_personality_keeps_its_word(preset: str) -> None:
    """Every Linux program whose name ends in ``test`` reports in TAP."""
    kernel = built_preset(preset)
    programs = sorted(path for path in kernel.programs if path.startswith("bin/") and path.endswith("test"))
    assert "bin/selftest" in programs
    appends = [f"init=/{program}" for program in programs]
    troubles = [tap_trouble(kernel, boot_of(kernel, append), append) for append in appends]
    assert not any(troubles), "\n".join(filter(None, troubles))


def test_all_presets_run_the_same_binaries() -> None:
    """A difference between two kernels is never one between their programs."""
    linux = [{path: digest for path, digest in built_preset(preset).programs.items() if path in SHARED} for preset in PRESETS]
    assert all(set(programs) == SHARED for programs in linux)
    assert all(programs == linux[0] for programs in linux)


SHARED = {f"bin/{name}" for name in ("bench", "getpid", "pagefault", "pipe", "proc", "latency", "macro", "nop", "hello", "selftest")}
