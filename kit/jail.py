"""Running what handles a stranger's code: the compiler, the linker and QEMU, with as little as each needs.

The process gets no network, no terminal and no environment but a path. Its memory, processor time, output and processes are bounded.
Where we are root it runs as an unprivileged user, and cannot see the folders that are to be kept from it; where we are not it runs as we
do, in a user namespace of its own if the system grants one. ``describe`` says which of that this system allows.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import resource
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import IO

_NEWNS, _NEWIPC, _NEWUSER, _NEWNET = 0x00020000, 0x08000000, 0x10000000, 0x40000000
_MS_REC, _MS_PRIVATE, _MS_RDONLY = 0x4000, 0x40000, 1
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
USER = "nobody"


class JailError(Exception):
    """A process cannot be run as it must be; the text says what to do."""


@dataclass(frozen=True)
class Limits:
    """What a process may use at most. ``processes`` counts all of the unprivileged user's, so it holds only where we are root."""

    wall_seconds: float = 120.0
    cpu_seconds: int = 120
    memory: int = 2 << 30
    file_bytes: int = 64 << 20
    processes: int = 256


@dataclass(frozen=True)
class Jail:
    """Where a process runs and what it may see. ``hidden`` folders are out of its sight."""

    hidden: tuple[Path, ...] = ()
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Done:
    """How a process ended; ``why`` is empty unless a bound stopped it."""

    status: int
    output: str
    why: str = ""

    @property
    def ok(self) -> bool:
        """Whether it ended by itself, with success."""
        return self.status == 0 and not self.why


@lru_cache(maxsize=None)
def user() -> tuple[int, int] | None:
    """The unprivileged user and group that we may become, or None where we are not root."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(os.environ.get("LAB_USER") or USER)
    except KeyError:
        raise JailError(f"there is no user {os.environ.get('LAB_USER') or USER}: set LAB_USER to an unprivileged one") from None
    if entry.pw_uid == 0:
        raise JailError("LAB_USER must not be root")
    return entry.pw_uid, entry.pw_gid


def give(path: Path) -> Path:
    """Make a folder the unprivileged user's own."""
    path.mkdir(parents=True, exist_ok=True)
    who = user()
    if who:
        os.chown(path, *who)
    return path


def describe(jail: Jail) -> list[str]:
    """What holds a process back on this system, in sentences."""
    who = user()
    probe = run(["/bin/sh", "-c", "cat /proc/net/dev | wc -l; id -u"], Path("/"), jail)
    lines = probe.output.split()
    found = [f"runs as user {lines[1]}" if who else "runs as you: not root, so no other user can be had"]
    found.append("has no network" if lines and int(lines[0]) <= 3 else "has a network (QEMU is given none, the compiler needs none)")
    for folder in jail.hidden:
        seen = run(["/bin/sh", "-c", f'test -z "$(ls -A {folder} 2>/dev/null)"'], Path("/"), jail)
        found.append(f"{'cannot' if seen.ok else 'can'} see {folder}")
    return found


def spawn(command: Sequence[str], cwd: Path, jail: Jail, output: IO[bytes] | int, environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start a process; whoever calls waits for it and ends it. Its standard output and error go to ``output``."""
    return subprocess.Popen(
        list(command),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        env={"PATH": PATH, "HOME": "/nonexistent", "LC_ALL": "C.UTF-8", **(environment or {})},
        start_new_session=True,
        preexec_fn=_locked(jail),
        close_fds=True,
    )


def run(command: Sequence[str], cwd: Path, jail: Jail, environment: Mapping[str, str] | None = None) -> Done:
    """Run a process to its end or its bound; whatever it started ends with it."""
    with tempfile.TemporaryFile() as output:
        process = spawn(command, cwd, jail, output, environment)
        why = ""
        try:
            process.wait(jail.limits.wall_seconds)
        except subprocess.TimeoutExpired:
            why = f"still running after {jail.limits.wall_seconds:g} s, stopped"
        finally:
            end(process)
        output.seek(0)
        text = output.read(jail.limits.file_bytes).decode("utf-8", "replace")
    return Done(process.returncode, text, why)


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of a process that ``spawn`` started, with all that it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def _locked(jail: Jail) -> Callable[[], None]:
    """For ``preexec_fn``. All that needs memory or files is prepared here, before the fork."""
    libc = ctypes.CDLL(None, use_errno=True)
    who = user()
    own = (os.getuid(), os.getgid())
    hidden = [os.fsencode(str(folder.resolve())) for folder in jail.hidden if folder.is_dir()]
    limits = jail.limits

    def lock() -> None:
        if who:
            libc.unshare(_NEWNET | _NEWIPC)  # a container may forbid it; then there is still the user
        elif libc.unshare(_NEWUSER | _NEWNET | _NEWIPC) == 0:
            _map_user(*own)
        if hidden and libc.unshare(_NEWNS) == 0:
            libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None)
            for folder in hidden:
                libc.mount(b"tmpfs", folder, b"tmpfs", _MS_RDONLY, b"size=4k,mode=0")
        _bound(limits, who is not None)
        if who:
            os.setgroups([])
            os.setgid(who[1])
            os.setuid(who[0])
        os.umask(0o022)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # last: a change of user forgets it

    return lock


def _map_user(uid: int, gid: int) -> None:
    """In a new user namespace: we stay who we are."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)


def _bound(limits: Limits, other_user: bool) -> None:
    pairs = [
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_CORE, 0),
    ]
    if other_user:
        pairs.append((resource.RLIMIT_NPROC, limits.processes))
    for which, most in pairs:
        hard = resource.getrlimit(which)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(which, (most, most))
