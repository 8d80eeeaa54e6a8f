"""The installer: silent where nothing is missing, plain about what it does, clear where it cannot."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from kit_fixture import REPO

SCRIPT = REPO / "kit/install.sh"
TOOLS = ("gcc", "ld", "musl-gcc", "qemu-system-x86_64", "node", "npm", "clang-format", "chromium", "unshare")
PLAIN = ("sh", "cat", "grep", "id", "env", "dirname", "echo")
RECORD = '#!/bin/sh\necho "$(basename "$0") $*" >> "$RECORD"\n'


class Machine:
    """A pretended machine: a PATH of its own with recording commands, and a folder with a lockfile."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.bin = root / "bin"
        self.bin.mkdir(parents=True)
        self.record = root / "record"
        for name in (*PLAIN, "basename"):
            found = shutil.which(name)
            if found:
                (self.bin / name).symlink_to(found)
        for name in TOOLS:
            self.command(name, "#!/bin/sh\nexit 0\n")
        self.command("id", "#!/bin/sh\necho 0\n")
        self.python = root / "python3"
        self.python.symlink_to("/usr/bin/python3")
        self.lock({"a": "1.0.0"})
        self.module("a", "1.0.0")

    def command(self, name: str, text: str | None) -> None:
        """Put a command on PATH, or take it off."""
        path = self.bin / name
        path.unlink(missing_ok=True)
        if text is not None:
            path.write_text(text)
            path.chmod(0o755)

    def lock(self, packages: dict[str, str], dev: tuple[str, ...] = ()) -> None:
        """Write a lockfile that asks for these packages."""
        entries: dict[str, object] = {f"node_modules/{n}": {"version": v, "dev": n in dev} for n, v in packages.items()}
        (self.root / "package-lock.json").write_text(json.dumps({"packages": {"": {}, **entries}}))

    def module(self, name: str, version: str) -> None:
        """Pretend that npm has installed a package."""
        folder = self.root / "node_modules" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text(json.dumps({"version": version}))

    def install(self, goal: str = "check", *words: str, **environment: str) -> tuple[int, str, str]:
        """Run the installer: (status, what it says, which recorded commands it called)."""
        self.record.write_text("")
        done = subprocess.run(
            ["/bin/sh", str(SCRIPT), goal, *words],
            cwd=self.root,
            env={"PATH": str(self.bin), "RECORD": str(self.record), "KIT_PYTHON": str(self.python), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, self.record.read_text()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine on which nothing is missing."""
    made = Machine(tmp_path / "machine")
    for name in ("apt-get", "sudo"):
        made.command(name, RECORD)
    made.command("npm", RECORD)
    return made


@pytest.mark.parametrize("goal", ["demo", "check"])
def test_nothing_missing_nothing_done(machine: Machine, goal: str) -> None:
    assert machine.install(goal) == (0, "", "")


def test_what_is_missing_is_said_and_installed(machine: Machine) -> None:
    machine.command("musl-gcc", None)
    machine.command("apt-get", RECORD + f'[ "$1" = install ] && {shutil.which("ln")} -s {shutil.which("true")} "{machine.bin}/musl-gcc"\nexit 0\n')
    status, said, called = machine.install("demo")
    assert status == 0
    assert "musl-gcc: compiles the static Linux programs (package musl-tools)" in said
    assert called.splitlines() == ["apt-get update", "apt-get install -y --no-install-recommends musl-tools"]


def test_who_is_not_root_goes_through_sudo_and_is_told(machine: Machine) -> None:
    machine.command("id", "#!/bin/sh\necho 1000\n")
    machine.command("musl-gcc", None)
    status, said, called = machine.install("demo")
    assert status == 1, "the pretended sudo installs nothing, and that is noticed"
    assert "through sudo" in said and said.index("through sudo") < said.index("still missing")
    assert called.startswith("sudo env DEBIAN_FRONTEND=noninteractive apt-get update")


def test_neither_root_nor_sudo(machine: Machine) -> None:
    machine.command("id", "#!/bin/sh\necho 1000\n")
    machine.command("sudo", None)
    machine.command("musl-gcc", None)
    status, said, called = machine.install("demo")
    assert status == 1 and called == "" and "apt-get install --no-install-recommends musl-tools" in said


def test_without_apt_there_is_a_list(machine: Machine) -> None:
    machine.command("apt-get", None)
    machine.command("musl-gcc", None)
    machine.command("qemu-system-x86_64", None)
    status, said, _ = machine.install("demo")
    assert status == 1 and "this system has no apt" in said
    assert "package musl-tools" in said and "package qemu-system-x86" in said


def test_a_failing_apt_is_an_error(machine: Machine) -> None:
    machine.command("musl-gcc", None)
    machine.command("apt-get", "#!/bin/sh\nexit 100\n")
    status, said, _ = machine.install("demo")
    assert status == 1 and "apt could not install musl-tools" in said


def test_the_demo_needs_less_than_the_check(machine: Machine) -> None:
    for name in ("clang-format", "chromium", "node"):
        machine.command(name, None)
    assert machine.install("demo") == (0, "", "")
    status, said, _ = machine.install("check", "--list")
    assert status == 1
    for name in ("clang-format", "chromium", "nodejs"):
        assert f"package {name}" in said


def test_without_python_all_its_modules_are_asked_for(machine: Machine) -> None:
    machine.python.unlink()
    status, said, called = machine.install("demo", "--list")
    assert status == 1 and called == ""
    for package in ("python3", "python3-kconfiglib", "python3-jinja2", "python3-lark", "python3-sqlalchemy", "python3-flask"):
        assert f"(package {package})" in said


def test_another_python_on_path_does_no_harm(machine: Machine) -> None:
    machine.command("python3", "#!/bin/sh\necho no module named kconfiglib >&2\nexit 1\n")
    assert machine.install("check") == (0, "", "")


def test_node_modules_are_held_against_the_lockfile(machine: Machine) -> None:
    machine.lock({"a": "1.0.1"})
    status, said, called = machine.install("check")
    assert status == 1 and "still missing" in said
    assert called.startswith("npm ci")
    machine.module("a", "1.0.1")
    assert machine.install("check") == (0, "", "")


def test_the_demo_does_without_test_packages(machine: Machine) -> None:
    machine.lock({"a": "1.0.0", "b": "2.0.0"}, dev=("b",))
    assert machine.install("demo") == (0, "", "")
    assert "npm ci" in machine.install("check")[2]


def test_ubuntu_without_a_browser_is_told_loudly(machine: Machine, tmp_path: Path) -> None:
    machine.command("chromium", None)
    release = tmp_path / "os-release"
    release.write_text("ID=ubuntu\n")
    status, said, called = machine.install("check", KIT_OS_RELEASE=str(release))
    assert status == 0 and called == "" and "NOTICE: no chromium on this Ubuntu" in said
    release.write_text("ID=debian\n")
    assert "package chromium" in machine.install("check", "--list", KIT_OS_RELEASE=str(release))[1]


def test_an_old_python_is_refused(machine: Machine) -> None:
    machine.python.unlink()
    machine.python.write_text("#!/bin/sh\nexit 1\n")
    machine.python.chmod(0o755)
    status, said, called = machine.install("demo")
    assert status == 1 and "older than 3.10" in said and called == ""


def test_an_unknown_goal_is_refused(machine: Machine) -> None:
    assert machine.install("dmeo")[0] == 2


def test_the_script_is_plain_sh() -> None:
    assert SCRIPT.read_text().startswith("#!/bin/sh\n")
    for shell in ("dash", "bash"):
        if shutil.which(shell):
            subprocess.run([shell, "-n", str(SCRIPT)], check=True, env={"PATH": os.environ["PATH"]})


@pytest.mark.parametrize("goal", ["demo", "check"])
def test_make_installs_before_anything_else(goal: str) -> None:
    inherited = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    plan = subprocess.run(["make", "-n", "-o", "all", goal], cwd=REPO, env=inherited, capture_output=True, text=True, check=True).stdout
    assert plan.splitlines()[0] == f"sh kit/install.sh {goal}"


def test_the_packages_that_the_scripts_name_are_asked_for(tmp_path: Path) -> None:
    machine = Machine(tmp_path / "machine")
    for name in ("sed", "sort", "tr"):
        (machine.bin / name).symlink_to(str(shutil.which(name)))
    machine.command("dpkg-query", '#!/bin/sh\n[ "$2" != lua5.4 ]\n')
    folder = machine.root / "tests/unmodified"
    folder.mkdir(parents=True)
    (folder / "a.lua").write_text("#!/usr/bin/lua5.4\n-- packages: coreutils lua5.4\n")
    status, text, _ = machine.install("check", "--list")
    assert status == 1 and "package lua5.4: is run unmodified on every kernel (package lua5.4)" in text
    assert "coreutils" not in text
