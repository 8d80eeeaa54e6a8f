"""Whole loads come to the same end on every kernel, and on the Linux that the tests run on."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from qemu_fixture import PRESETS, boot_of, built_preset, explain

from kit.built import programs

HASH = re.compile(r"macro compile: the programs have the hash (0x[0-9a-f]+)")


def found(console: str) -> str:
    """The hash of what was compiled."""
    match = HASH.search(console)
    assert match, console
    return match[1]


@pytest.fixture(scope="module")
def on_linux(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The hash that the very program of the kernels finds here."""
    (macro,) = [member for member in programs(built_preset(PRESETS[0]).initrd) if member.name == "bin/macro"]
    path: Path = tmp_path_factory.mktemp("macro") / "macro"
    path.write_bytes(macro.data)
    path.chmod(0o755)
    done = subprocess.run([str(path), "compile"], capture_output=True, text=True, check=True, timeout=60)
    return found(done.stdout)


@pytest.mark.parametrize("preset", PRESETS)
def test_what_is_compiled_is_the_same(preset: str, on_linux: str) -> None:
    kernel, append = built_preset(preset), "init=/bin/macro args=compile"
    boot = boot_of(kernel, append)
    assert boot.ok, explain(kernel, boot, append)
    assert found(boot.console) == on_linux
