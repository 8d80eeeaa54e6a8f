"""A handout's commands do what it says: each is run as it stands there, in order, in a student's kit and a fresh home."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from lab_fixture import LABS

from kit import student_kit
from kit.lab import ROOT, Lab
from kit.lab_tree import work_root

BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(make [^`]*\$HOME/mylab[^`]*)`")
KEYS = {"menuconfig": b"qy", "run": b"\x01x"}
"""How a person leaves what a command opens on the terminal."""
JUDGING = ("grade", "mutants", "bisect")
"""Targets that end with an error where the starter is judged, which is not finished."""
SAID = {"grade": r"passed +\d+ / +\d+  builds", "mutants": r"passes .*, which is right", "bisect": r"smallest set|None of them matters|nothing to find"}
SECONDS = 1500


def commands(lab: Lab) -> list[str]:
    """Every command of a handout, in order: the lines of its blocks, and those in its sentences that name the student's folder."""
    text = (lab.folder / "handout.md").read_text(encoding="utf-8")
    found = [(match.start(), line.strip()) for match in BLOCK.finditer(text) for line in match[1].splitlines() if line.strip() and not line.startswith("#")]
    outside = BLOCK.sub(lambda match: " " * len(match[0]), text)
    found += [(match.start(), " ".join(match[1].split())) for match in INLINE.finditer(outside)]
    return list(dict.fromkeys(command for _, command in sorted(found, key=lambda one: one[0])))


def target(command: str) -> str:
    """What make is asked for; empty where that is the default, or it is no make."""
    words = [word for word in command.split()[1:] if "=" not in word and not word.startswith("-")]
    return words[0] if command.startswith("make ") and words else ""


def environment(home: Path) -> dict[str, str]:
    """A student's, with nothing of this run's make in it."""
    kept = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PRESET", "PRESETS")}
    return kept | {"HOME": str(home), "LAB_WORK": str(work_root() / "students"), "MORTISE_DB": f"sqlite:///{home}/results.db", "TERM": "xterm"}


def run(command: str, kit: Path, home: Path) -> tuple[int, str]:
    """Status and output of a command that asks for nothing."""
    done = subprocess.run(["sh", "-c", command], cwd=kit, env=environment(home), stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=SECONDS)
    return done.returncode, done.stdout + done.stderr


def at_terminal(command: str, kit: Path, home: Path, keys: bytes) -> tuple[int, str]:
    """The same on a terminal, where ``keys`` are typed until it ends."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(kit)
        os.execvpe("sh", ["sh", "-c", command], environment(home))
    output, deadline, status = b"", time.monotonic() + SECONDS, None
    typed = time.monotonic() + 5
    while status is None and time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.5)[0]:
            try:
                output += os.read(terminal, 65536)
            except OSError:
                pass  # the other side is closed: it ends
        if time.monotonic() > typed:
            typed = time.monotonic() + 2
            try:
                os.write(terminal, keys)
            except OSError:
                pass
        ended, code = os.waitpid(pid, os.WNOHANG)
        status = os.waitstatus_to_exitcode(code) if ended else None
    if status is None:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    os.close(terminal)
    return -1 if status is None else status, output.decode(errors="replace")


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A student's kit, with what is built already."""
    folder = tmp_path_factory.mktemp("handouts") / "mortise"
    student_kit.write(folder)
    for name in ("obj", "gen", "programs"):
        if (ROOT / "build" / name).is_dir():
            shutil.copytree(ROOT / "build" / name, folder / "build" / name, copy_function=os.link)
    return folder


@pytest.mark.parametrize("lab", LABS, ids=[lab.name for lab in LABS])
def test_the_commands_are_those_of_the_lab(lab: Lab) -> None:
    """There are some; they begin the lab, grade it and try the student's tests; what they name exists."""
    found = commands(lab)
    assert {"lab", "grade", "mutants"} <= {target(command) for command in found}
    for command in found:
        named = re.search(r"LAB=(\S+)", command)
        assert not named or named[1] == lab.number, command
        for name in re.findall(r"TEST=(\S+)", command):
            lab.test(name)


@pytest.mark.parametrize("lab", LABS, ids=[lab.name for lab in LABS])
def test_the_commands_work(lab: Lab, kit: Path, tmp_path: Path) -> None:
    """In the order of the handout, with its starter; what judges the starter says what it should."""
    (kit / ".config").unlink(missing_ok=True)
    for command in commands(lab):
        goal = target(command)
        print(f"$ {command}", flush=True)
        status, said = at_terminal(command, kit, tmp_path, KEYS[goal]) if goal in KEYS else run(command, kit, tmp_path)
        if goal in JUDGING:
            assert re.search(SAID[goal], said), f"$ {command}\n{said[-3000:]}"
        else:
            assert status == 0, f"$ {command}\n{said[-3000:]}"
    part = tmp_path / "mylab" / lab.slot / lab.part
    assert {path.name for path in part.iterdir()} >= set(lab.starter())
