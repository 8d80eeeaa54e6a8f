"""A newcomer's first quarter of an hour: the commands of README.md, as written there, in a fresh clone."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from kit_fixture import REPO

NOT_HERE = {
    "make check": "this is part of it",
    "make menuconfig": "it wants a person at a terminal",
    'make image PACKAGES="busybox-static lua5.4 dash"': "it may fetch packages (tests/qemu/test_unmodified.py makes an image of what is installed)",
    "make run IMAGE=image": "it wants a person at a terminal",
    "make run IMAGE=image DISK=1": "it wants a person at a terminal",
    "make grade LAB=01 DIR=../mylab": "a starter does not pass (tests/qemu/test_lab_grading.py grades starters and solutions)",
}
"""Commands of the README that this test leaves out, and why."""
SECONDS = 600


def commands() -> list[str]:
    """The make commands in README.md's indented blocks, in order, without their comments."""
    text = (REPO / "README.md").read_text(encoding="utf-8")
    found = re.findall(r"^    (make [^#\n]*?)\s*(?:#.*)?$", text, re.MULTILINE)
    assert {"make demo", "make check", "make run"} <= set(found)
    return list(dict.fromkeys(command for command in found if command not in NOT_HERE))


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of what is committed. The JavaScript packages are lent to it: a test fetches nothing from the network."""
    folder = tmp_path_factory.mktemp("fresh") / "mortise"
    subprocess.run(["git", "clone", "--quiet", str(REPO), str(folder)], check=True)
    (folder / "node_modules").symlink_to(REPO / "node_modules")
    return folder


def run(clone: Path, command: str) -> subprocess.CompletedProcess[str]:
    """A command of the README, with no terminal and nobody to stop it."""
    inherited = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PRESET", "PRESETS", "PARTS", "MORTISE_DB")}
    return subprocess.run(
        shlex.split(command), cwd=clone, env=inherited, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, check=False
    )


def test_the_readme_works_from_top_to_bottom(clone: Path) -> None:
    for command in commands():
        done = run(clone, command)
        assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        if command == "make demo":
            assert "getpid" in done.stdout, "the demo prints a comparison"
            for preset in ("monolithic", "mach3_ux", "l4linux"):
                assert preset in done.stdout


def test_a_clone_is_left_clean(clone: Path) -> None:
    """Whatever the commands made is ignored by git: nobody commits a build by accident."""
    status = subprocess.run(["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True).stdout
    assert [line for line in status.splitlines() if not line.endswith("node_modules")] == []


def test_the_documents_name_real_files() -> None:
    for page in [REPO / "README.md", *sorted((REPO / "docs").glob("*.md"))]:
        for target in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}, which is not there"
