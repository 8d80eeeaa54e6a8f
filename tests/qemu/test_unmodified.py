"""Programs that nobody here wrote: the scripts of tests/unmodified do the same on every kernel as on this machine's Linux."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pytest
from qemu_fixture import PRESETS, built_preset, explain, quiet

from kit import cpio, unmodified
from kit.built import build_root
from kit.private_root import PrivateRootError
from kit.qemu import Machine
from kit.results import Said


@lru_cache(maxsize=None)
def the_image() -> tuple[list[unmodified.Script], list[cpio.Member]]:
    """The scripts that can be run here, and the image that holds them."""
    chosen, lacking = unmodified.runnable(unmodified.scripts())
    if not chosen:
        pytest.skip(f"the scripts need Debian packages that are not installed: {', '.join(lacking)}")
    return chosen, unmodified.members(chosen, build_root() / "packages", quiet)


@lru_cache(maxsize=None)
def on_linux() -> dict[str, Said]:
    """What they do here, found out once."""
    chosen, members = the_image()
    try:
        return unmodified.on_linux(unmodified.initrd_of(built_preset(PRESETS[0]), members), chosen)
    except PrivateRootError as error:
        pytest.skip(f"nothing to compare with: {error}")


@pytest.mark.parametrize("preset", PRESETS)
def test_every_script_does_the_same_as_on_linux(preset: str, tmp_path: Path) -> None:
    kernel, (chosen, members) = built_preset(preset), the_image()
    initrd = tmp_path / "initrd.cpio"
    initrd.write_bytes(unmodified.initrd_of(kernel, members))
    outcome, said = unmodified.on_kernel(kernel, initrd, Machine("microvm"))
    verdicts = unmodified.compare(chosen, on_linux(), said)
    differing = [one for one in verdicts if not one.same]
    assert outcome.ok, explain(kernel, outcome, unmodified.APPEND)
    assert not differing, "\n".join([f"{len(differing)} of {len(verdicts)} scripts differ", *(one.difference() for one in differing)])
