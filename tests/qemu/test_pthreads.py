"""Threads of this machine's C library: one program, compiled here, says the same on every kernel as on this machine's Linux."""

from __future__ import annotations

import shutil
import subprocess
from functools import lru_cache
from pathlib import Path

import pytest
from qemu_fixture import PRESETS, built_preset, explain, quiet

from kit import cpio, unmodified
from kit.built import build_root
from kit.private_root import PrivateRootError
from kit.qemu import Machine
from kit.results import Said

SOURCE = Path(__file__).with_name("pthreads.c")


@lru_cache(maxsize=None)
def the_program() -> unmodified.Script:
    """The program, in the place of a script; it needs the C library, and what cancels threads, as Debian ships them."""
    compiler = shutil.which("gcc")
    if not compiler:
        pytest.skip("the program needs gcc")
    target = build_root() / "pthreads"
    subprocess.run([compiler, "-O2", "-Wall", "-Werror", "-pthread", "-o", target, SOURCE], check=True)
    return unmodified.Script("pthreads", target.read_bytes(), ("libc6", "libgcc-s1"), 0)


@lru_cache(maxsize=None)
def the_image() -> list[cpio.Member]:
    return unmodified.members([the_program()], build_root() / "packages", quiet)


@lru_cache(maxsize=None)
def on_linux() -> dict[str, Said]:
    """What it says here, found out once."""
    try:
        return unmodified.on_linux(unmodified.initrd_of(built_preset(PRESETS[0]), the_image()), [the_program()])
    except PrivateRootError as error:
        pytest.skip(f"nothing to compare with: {error}")


@pytest.mark.parametrize("preset", PRESETS)
def test_threads_of_the_c_library_do_the_same_as_on_linux(preset: str, tmp_path: Path) -> None:
    kernel, program = built_preset(preset), the_program()
    initrd = tmp_path / "initrd.cpio"
    initrd.write_bytes(unmodified.initrd_of(kernel, the_image()))
    outcome, said = unmodified.on_kernel(kernel, initrd, Machine("microvm"))
    (verdict,) = unmodified.compare([program], on_linux(), said)
    assert outcome.ok, explain(kernel, outcome, unmodified.APPEND)
    assert verdict.same, verdict.difference()
