"""Boots that a person sits at: the console on the terminal, or a debugger beside it."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kit.built import Built
from kit.image import TERMINALS
from kit.qemu import (
    EXIT_MEANINGS,
    EXIT_SUCCESS,
    Job,
    QemuError,
    Results,
    command_line,
    die_with_parent,
    ended_with_us,
    parse_results,
    qemu_version,
    require_disk,
    spawn,
)
from kit.results import Enosys


CONSOLE = "stdio,mux=on,signal=off"
"""Every key reaches the guest, ctrl-c too; with mux, ctrl-a x ends QEMU."""


def terminal_options() -> str:
    """The words of a kernel's command line that say what our terminal is and how large; empty where there is none."""
    try:
        columns, rows = os.get_terminal_size(sys.stdout.fileno())
    except (OSError, ValueError):
        return ""
    words = [f"window={rows}x{columns}"] if rows and columns else []
    term = os.environ.get("TERM", "")
    return " ".join([*words, f"term={term}"] if term in TERMINALS else words)


def run_on_terminal(job: Job) -> tuple[int, str, tuple[Enosys, ...]]:
    """Boot with the console on standard input and output until the guest ends.

    Returns (0 for success, else the first program's status or QEMU's; what it means; the calls that were missing).
    """
    qemu_version()
    require_disk(job)
    with tempfile.TemporaryDirectory(prefix="mortise-") as folder:
        command = command_line(job, CONSOLE, Path(folder) / "results", in_real_time=True)
        process = subprocess.Popen(command, preexec_fn=die_with_parent())
        with ended_with_us(process):
            status = _wait_through_interrupts(process)
        results = _results(Path(folder) / "results")
    missing = results.enosys if results else ()
    if status == EXIT_SUCCESS:
        return 0, "success", missing
    if results and results.status:
        return results.status, f"the first program ended with status {results.status}", missing
    if status == 0:
        return 1, "ended without a word to the exit device (interrupted, or a triple fault)", missing
    return status, EXIT_MEANINGS.get(status, f"QEMU's status was {status}"), missing


def _results(path: Path) -> Results | None:
    """What the guest sent when it came to its end; None of a session that was interrupted."""
    try:
        return parse_results(path.read_bytes())
    except (OSError, QemuError):
        return None


def _wait_through_interrupts(process: subprocess.Popen[bytes]) -> int:
    """Ctrl-C goes to QEMU, which ends by it; wait for that rather than overtake it."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return process.wait()
    finally:
        signal.signal(signal.SIGINT, before)


@dataclass(frozen=True)
class Debugging:
    """A machine that stands still and waits for a debugger at ``127.0.0.1:port``."""

    port: int
    console: Path
    debugger: list[str]
    """The command that attaches gdb."""


def debug(job: Job, built: Built, talk: Callable[[Debugging], None]) -> int:
    """Start QEMU halted, call ``talk``, then run gdb on the terminal; where there is no gdb, wait for QEMU to end.

    QEMU ends with the debugger. Returns gdb's (or QEMU's) status.
    """
    qemu_version()
    port, console = _free_port(), built.folder / "gdb.console"
    debugger = ["gdb", "-q", str(built.kernel_elf), "-ex", f"target remote 127.0.0.1:{port}"]
    command = command_line(
        job, f"file,path={str(console).replace(',', ',,')}", built.folder / "gdb.results", ["-S", "-gdb", f"tcp:127.0.0.1:{port}"]
    )
    with (built.folder / "gdb.stderr").open("wb") as errors:
        process = spawn(command, errors)
    with ended_with_us(process):
        _wait_for_port(process, port, built.folder / "gdb.stderr")
        talk(Debugging(port, console, debugger))
        if shutil.which("gdb") is None:
            return process.wait()
        return _wait_through_interrupts(subprocess.Popen(debugger))


def attach(elf: Path, socket_path: Path, sources: Path) -> int:
    """Run gdb on a machine that stands still behind a Unix socket; ``sources`` is what the paths in the program begin at. Returns gdb's status. Raises QemuError where there is no gdb."""
    if shutil.which("gdb") is None:
        raise QemuError("gdb is not installed; on Debian or Ubuntu: apt-get install gdb")
    command = ["gdb", "-q", str(elf), "-ex", f"directory {sources}", "-ex", f"target remote {socket_path}", "-ex", "bt"]
    return _wait_through_interrupts(subprocess.Popen(command))


def shown(command: list[str]) -> str:
    """A command as one would type it."""
    return shlex.join(command)


def _free_port() -> int:
    """A free port of the loopback address; QEMU complains, and we with it, should another program take it meanwhile."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for_port(process: subprocess.Popen[bytes], port: int, errors: Path) -> None:
    """Wait until QEMU listens, without connecting: its debugging stub serves one client only."""
    wanted = f"0100007F:{port:04X}"
    for _ in range(200):
        if process.poll() is not None:
            raise QemuError(f"QEMU refused to run: {errors.read_text(errors='replace').strip() or 'no reason given'}")
        if any(line.split()[1] == wanted for line in Path("/proc/net/tcp").read_text().splitlines()[1:]):
            return
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
    raise QemuError(f"QEMU does not listen on port {port} after 10 s")
