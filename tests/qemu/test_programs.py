"""What Linux programs may rely on, asked by one of them, on every kernel."""

from __future__ import annotations

import pytest
from qemu_fixture import PRESETS, boot_of, built_preset, tap_trouble

APPEND = "init=/bin/selftest"


@pytest.mark.parametrize("preset", PRESETS)
def test_the_personality_keeps_its_word(preset: str) -> None:
    kernel = built_preset(preset)
    trouble = tap_trouble(kernel, boot_of(kernel, APPEND), APPEND)
    assert not trouble, trouble


def test_all_presets_run_the_same_binaries() -> None:
    """A difference between two kernels is never one between their programs."""
    linux = [{path: digest for path, digest in built_preset(preset).programs.items() if path in SHARED} for preset in PRESETS]
    assert all(set(programs) == SHARED for programs in linux)
    assert all(programs == linux[0] for programs in linux)


SHARED = {f"bin/{name}" for name in ("bench", "getpid", "pagefault", "pipe", "proc", "nop", "hello", "selftest")}
