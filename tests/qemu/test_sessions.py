"""A person at the console: the same keys typed at a shell of ours and of this machine's Linux show the same, byte for byte."""

from __future__ import annotations

import difflib
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

import pytest
from qemu_fixture import PRESETS, built_preset, quiet
from session import COLUMNS, ROWS, Session

from kit import cpio, image, packages, private_root
from kit.built import build_root

PACKAGES = ["busybox-static", "dash", "bash", "zsh-static", "coreutils", "less", "procps"]
IMAGE = "sessions"
READY = b"ready> "
PATIENCE = (0.3, 1.5)
"""Seconds of silence after which a program is taken to wait for keys. A difference that shows after short ones may be one of who was faster, so it is
looked for again after long ones."""

UP, LEFT, ESC = b"\x1b[A", b"\x1b[D", b"\x1b"
INTR, QUIT, SUSP, EOF, DEL = b"\x03", b"\x1c", b"\x1a", b"\x04", b"\x7f"

Step = bytes | tuple[bytes, ...]
"""What is typed between two prompts; the pieces of a tuple with a pause between."""

COMMON: list[Step] = [
    b"echo hello\r",
    b"stty size; tty < /dev/tty; stty -a | head -3\r",
    (b"cat > typed\r", b"first line\rsecomd" + DEL * 2 + b"nd\r" + EOF),
    b"cat typed; ls /nowhere; echo $?\r",
    (b"sleep 100\r", INTR),
    b"echo $?\r",
    (b"sleep 100\r", SUSP),
    b"jobs\r",
    b"bg\r",
    b"kill %1; sleep 0.2\r",
    b"jobs\r",
    (b"sleep 100\r", SUSP),
    (b"fg\r", INTR),
    (b"cat\r", QUIT),
    (b"sh -c 'trap \"echo caught\" INT; sleep 100; echo on'\r", INTR),
    (b"stty -echo; read x; stty echo; echo \"<$x>\"\r", b"secret\r"),
    (b"(stty raw; dd bs=1 count=3 2> /dev/null; stty -raw) | od -c\r", b"abc"),
    (b"unfinished", INTR),
    (b"echo one |\r", b"cat\r"),
    (b"(trap 'stty size' WINCH; sleep 0.5; stty rows 40; sleep 0.1)\r",),
    b"stty rows 30; echo done\r",
]
EDITING: list[Step] = [
    b"ecco" + DEL * 2 + b"ho edited\r",
    UP + b"\r",
    b"echo abc" + LEFT * 2 + b"X\r",
    b"lost\x15echo kept\r",
    UP * 3 + b"\r",
    b"cat ty\t\r",
]
VI: Step = (b"vi text\r", b"ione\rtwo\rthree", ESC, b"kdd", b"ofour", ESC, b":wq\r")
SHELLS: dict[str, list[Step]] = {
    "/bin/ash": [*COMMON, *EDITING, VI, b"cat text\r"],
    "/bin/dash": COMMON,
    "/bin/bash": [*COMMON, *EDITING, (b"seq 100 | less\r", b" ", b"/77\r", b"q")],
    "/bin/zsh-static": [*COMMON, *EDITING],
}


@lru_cache(maxsize=None)
def the_image() -> Path:
    """The image that `make run IMAGE=sessions` would boot."""
    lacking = packages.missing(PACKAGES)
    if lacking:
        pytest.skip(f"the shells come from Debian packages that are not installed: {', '.join(lacking)}")
    path = build_root() / "images" / f"{IMAGE}.cpio"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cpio.write(image.build(PACKAGES, build_root() / "packages", quiet)))
    return path


def on_preset(preset: str, shell: str) -> list[str]:
    """The command of a person who sits down at a preset."""
    return [sys.executable, "-m", "kit", "run", "--preset", preset, "--image", IMAGE, "--append", f"init={shell}"]


def normal(text: bytes) -> bytes:
    """Without what depends on who is faster, or on whose terminal it passes: QEMU's own adds a carriage return to each line, and busybox asks where the
    cursor is unless more has been typed already."""
    return re.sub(rb"\r+\n", b"\r\n", text).replace(b"\x1b[6n", b"")


def transcript(command: list[str], steps: list[Step], patience: float) -> bytes:
    """All that the terminal shows from behind the first prompt of ours to the last."""
    with Session(command, {"TERM": "linux", "PS1": "# "}) as session:
        session.expect(b"# ")
        session.ask(b"PS1='rea''dy> '; cd /tmp; true\r", READY)
        session.settle(patience)  # a shell may draw behind its prompt
        start = len(session.text)
        for step in steps:
            *before, last = (step,) if isinstance(step, bytes) else step
            for keys in before:
                session.type(keys)
                session.settle(patience)
            session.ask(last, READY)
            session.settle(patience / 2)
        end = len(session.text)
        session.type(b"exit 3\r")
        status = session.wait()
        assert status == 3, f"the session ended with {status}: {session.text[end:].decode(errors='replace')}"
        return normal(session.text[start:end])


def shown(text: bytes) -> list[str]:
    return [repr(line)[2:-1] + "\n" for line in text.replace(READY, b"\n" + READY).split(b"\n")]


def differ(linux: bytes, ours: bytes, preset: str) -> str:
    """The lines in which the two differ; none where they are the same."""
    return "".join(difflib.unified_diff(shown(linux), shown(ours), "on Linux", f"on {preset}", n=2))


@pytest.mark.parametrize("shell", SHELLS)
def test_a_session_shows_what_it_shows_on_linux(shell: str) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may take a terminal for a session on Linux")
    path = the_image()
    try:
        private_root.probe()
    except private_root.PrivateRootError as error:
        pytest.skip(f"nothing to compare with: {error}")
    on_linux = private_root.at_terminal(path, shell)
    differences: dict[str, str] = {preset: "" for preset in PRESETS}
    for patience in PATIENCE:
        commands = [on_linux, *(on_preset(built_preset(preset).preset, shell) for preset in differences)]
        with ThreadPoolExecutor(2) as pool:
            linux, *ours = pool.map(lambda command: transcript(command, SHELLS[shell], patience), commands)
        differences = {preset: difference for preset, text in zip(differences, ours) if (difference := differ(linux, text, preset))}
        if not differences:
            return
    raise AssertionError("".join(f"{shell} on {preset}:\n{difference}" for preset, difference in differences.items()))


@pytest.mark.parametrize("preset", PRESETS)
def test_the_terminal_is_as_large_as_ours_and_full_screen_programs_use_it(preset: str) -> None:
    the_image()
    with Session(on_preset(built_preset(preset).preset, "/bin/ash"), {"TERM": "xterm"}) as session:
        session.expect(b"# ")
        assert f"{ROWS} {COLUMNS}\r".encode() in session.ask(b"stty size; echo $TERM\r", b"xterm")
        session.ask(b"top -d 1\r", b"oad average")
        session.expect(b"oad average")  # a second picture, a second later
        session.ask(b"q", b"# ")
        session.type(b"exit\r")
        assert session.wait() == 0
