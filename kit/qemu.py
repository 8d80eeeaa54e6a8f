"""Boot a kernel in QEMU and take what it sends back.

The machine is the one of ``docs/measuring.md``: under its instruction counter a run repeats bit for bit, so nothing here may let the host
shine through (console and results go to files, the clock and the seed are fixed). Output and time are bounded, and QEMU never outlives us.

The guest ends by writing a code to the exit device; QEMU's own status is then ``2 * code + 1``.
"""

from __future__ import annotations

import ctypes
import json
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from kit import disk
from kit.results import Enosys, Said, Series

QEMU = "qemu-system-x86_64"

MACHINES = {"microvm": "microvm,acpi=off,x-option-roms=off", "q35": "q35,acpi=off"}
"""``MACHINE=`` name -> QEMU's ``-M``."""

EXIT_SUCCESS = 33  # the guest wrote 0x10
EXIT_MEANINGS = {33: "success", 35: "the kernel panicked (0x11)", 37: "a test failed (0x12)"}

WALL_SECONDS = 60.0
CONSOLE_BYTES = 1 << 20
RESULT_BYTES = 16 << 20
_POLL_SECONDS = 0.005
_PR_SET_PDEATHSIG = 1


class QemuError(Exception):
    """QEMU cannot be run, or what the guest sent makes no sense; the text says what to do."""


@dataclass(frozen=True)
class Machine:
    """What is constant from boot to boot. ``cpu`` and ``memory`` are QEMU's words."""

    name: str = "microvm"
    cpu: str = "max"
    memory: str = "256M"

    def __post_init__(self) -> None:
        if self.name not in MACHINES:
            raise QemuError(f"MACHINE={self.name!r} is unknown; choose one of {', '.join(MACHINES)}")


@dataclass(frozen=True)
class Job:
    """One boot: the files and the kernel's command line, and what it may use at most."""

    kernel: Path
    initrd: Path | None
    append: str
    machine: Machine = field(default_factory=Machine)
    wall_seconds: float = WALL_SECONDS
    """Without those in which others had the processors."""
    console_bytes: int = CONSOLE_BYTES
    result_bytes: int = RESULT_BYTES
    disk: Path | None = None
    """The bytes of a virtio disk, which the guest may change."""


@dataclass(frozen=True)
class Boot:
    """What came of a ``Job``: QEMU's status, console and results as sent, and why it was stopped, if it was."""

    command: str
    status: int
    console: str
    results: bytes
    wall_seconds: float
    stopped: str | None = None
    complaint: str = ""
    """What QEMU itself wrote to its standard error."""
    line: bytes = b""
    """The console's bytes as they were sent; ``console`` is the same as text, with plain newlines."""

    @property
    def ok(self) -> bool:
        """The guest ended by itself and said success."""
        return self.stopped is None and self.status == EXIT_SUCCESS

    def describe(self) -> str:
        """One sentence: how the boot ended."""
        if self.stopped is not None:
            return self.stopped
        if self.status < 0:
            return f"QEMU was killed by signal {-self.status} ({signal.Signals(-self.status).name})"
        known = EXIT_MEANINGS.get(self.status)
        if known is not None:
            return known
        if self.status == 0:
            return "the machine reset or powered off without a word to the exit device (a triple fault, most likely)"
        if self.status == 1:
            return f"QEMU refused to run: {self.complaint.strip() or 'no reason given'}"
        return f"unknown exit status {self.status} (the guest wrote {self.status >> 1:#x})"

    def console_tail(self, lines: int = 25) -> str:
        """The last lines of the console, for an error message; a panic is shown from its beginning."""
        kept = self.console.splitlines()
        panic = next((number for number, line in enumerate(kept) if "panic" in line.lower()), len(kept))
        return "\n".join(kept[min(panic, max(0, len(kept) - lines)) :])


@dataclass(frozen=True)
class Results:
    """The parsed result channel of one boot."""

    series: tuple[Series, ...]
    marks: dict[str, int]
    enosys: tuple[Enosys, ...]
    status: int
    """The status of the first program, from the end line."""
    scripts: tuple[Said, ...] = ()
    """What batch tells of each script."""


# ---------------------------------------------------------------------------------------------------------------------
# The command line
# ---------------------------------------------------------------------------------------------------------------------


def command_line(job: Job, console: str, results: Path | str, extra: Sequence[str] = (), in_real_time: bool = False) -> list[str]:
    """QEMU's command line; ``console`` is a character device (``file,path=…``, ``stdio``), ``results`` the file of the debug console.

    An idle machine jumps to the next timer event, or, ``in_real_time``, waits for it as long as its clock says: for people.
    """
    command = [QEMU, "-M", MACHINES[job.machine.name], "-bios", "qboot.rom", "-accel", "tcg", "-cpu", job.machine.cpu]
    command += ["-icount", f"shift=0,sleep={'on' if in_real_time else 'off'}", "-m", job.machine.memory, "-smp", "1"]
    command += ["-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"]
    command += ["-rtc", "base=2026-01-01,clock=vm", "-seed", "1"]
    command += ["-chardev", f"{console},id=console", "-serial", "chardev:console"]
    command += ["-chardev", f"file,id=results,path={_comma(results)}", "-device", "isa-debugcon,iobase=0xe9,chardev=results"]
    command += ["-device", "isa-debug-exit,iobase=0x501,iosize=4", "-kernel", str(job.kernel)]
    if job.initrd is not None:
        command += ["-initrd", str(job.initrd)]
    if job.disk is not None:
        command += disk.arguments(job.disk)
    return command + ["-append", job.append, *extra]


def _comma(path: Path | str) -> str:
    """A path inside one of QEMU's comma-separated options."""
    return str(path).replace(",", ",,")


def recorded_command(job: Job, extra: Sequence[str] = ()) -> str:
    """The command line with names in the place of this run's own paths, so that equal runs record equal text."""
    names = [Path(path.name) if path else None for path in (job.initrd, job.disk)]
    named = Job(Path(job.kernel.name), names[0], job.append, job.machine, disk=names[1])
    return shlex.join(command_line(named, "file,path=console", "results", extra))


@lru_cache(maxsize=None)
def qemu_version() -> str:
    """First line of ``qemu-system-x86_64 --version``. Raises QemuError when QEMU is missing."""
    _require_qemu()
    done = subprocess.run([QEMU, "--version"], capture_output=True, text=True, check=False)
    if done.returncode != 0 or not done.stdout:
        raise QemuError(f"{QEMU} --version failed: {done.stderr.strip()}")
    return done.stdout.splitlines()[0].strip()


def require_disk(job: Job) -> None:
    """Raises QemuError where the job's disk is not there."""
    if job.disk is not None and not job.disk.is_file():
        raise QemuError(f"there is no disk {job.disk}; make one: make image PACKAGES=… DISK=1, or with mke2fs -t ext3")


def _require_qemu() -> None:
    if shutil.which(QEMU) is None:
        raise QemuError(f"{QEMU} is not installed; on Debian or Ubuntu: apt-get install qemu-system-x86")


# ---------------------------------------------------------------------------------------------------------------------
# Running
# ---------------------------------------------------------------------------------------------------------------------


def boot(job: Job, extra: Sequence[str] = ()) -> Boot:
    """Boot once with console and results in files; return when the guest ends or a bound is met.

    Raises QemuError when QEMU or a file is missing. However this function is left, QEMU is gone afterwards.
    """
    _require_qemu()
    for path in filter(None, (job.kernel, job.initrd)):
        if not path.is_file():
            raise QemuError(f"{path} is missing; build it first (make)")
    require_disk(job)
    with tempfile.TemporaryDirectory(prefix="mortise-") as folder:
        console, results, complaint = (Path(folder) / name for name in ("console", "results", "stderr"))
        command = command_line(job, f"file,path={_comma(console)}", results, extra)
        started = time.monotonic()
        with complaint.open("wb") as errors:
            process = spawn(command, errors)
            with ended_with_us(process):
                stopped = _wait(process, job, console, results, started)
        line = _read(console, job.console_bytes)
        return Boot(
            command=recorded_command(job, extra),
            status=process.returncode,
            console=line.decode("utf-8", "replace").replace("\r\n", "\n"),
            results=_read(results, job.result_bytes),
            wall_seconds=time.monotonic() - started,
            stopped=stopped,
            complaint=_read(complaint, 1 << 16).decode("utf-8", "replace"),
            line=line,
        )


def spawn(command: list[str], errors: Any) -> subprocess.Popen[bytes]:
    """Start QEMU away from the terminal and its signals; what it says itself goes to the file ``errors``."""
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors, start_new_session=True, preexec_fn=die_with_parent()
    )


def die_with_parent() -> Callable[[], None]:
    """For ``preexec_fn``: the kernel kills the child as soon as we are gone, even if we are killed."""
    libc = ctypes.CDLL(None, use_errno=True)  # loaded here: little may be done between fork and exec

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)

    return ask


@contextmanager
def ended_with_us(process: subprocess.Popen[Any]) -> Iterator[None]:
    """However the body is left, the process does not survive it."""
    try:
        yield
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def _wait(process: subprocess.Popen[bytes], job: Job, console: Path, results: Path, started: float) -> str | None:
    """Wait for the end or for a bound; why it has to be stopped, or None."""
    while True:
        try:
            process.wait(_POLL_SECONDS)
            return None
        except subprocess.TimeoutExpired:
            pass
        elapsed = time.monotonic() - started
        if elapsed > job.wall_seconds and elapsed - held_up(process.pid) > job.wall_seconds:
            return f"still running after {job.wall_seconds:g} s, stopped (is the guest halted with no timer armed, or looping?)"
        for path, limit, what in ((console, job.console_bytes, "console"), (results, job.result_bytes, "result channel")):
            if _size(path) > limit:
                return f"more than {limit} bytes on the {what}, stopped"


def held_up(pid: int) -> float:
    """For how many seconds a process stood waiting while others had the processors; of its threads, the one that waited most.

    A guest is not slow because the machine is busy. 0.0 where Linux does not tell (``/proc/pid/task/tid/schedstat``), or it has ended.
    """
    waited = [0.0]
    for told in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        try:
            waited.append(int(told.read_text("ascii").split()[1]) / 1e9)
        except (OSError, IndexError, ValueError):
            continue  # the thread has just ended
    return max(waited)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _read(path: Path, limit: int) -> bytes:
    """At most ``limit`` bytes of a file that QEMU may not have made."""
    if not path.exists():
        return b""
    with path.open("rb") as file:
        return file.read(limit)


# ---------------------------------------------------------------------------------------------------------------------
# The result channel
# ---------------------------------------------------------------------------------------------------------------------


def parse_results(data: bytes) -> Results:
    """Parse the JSON lines of one boot. Raises QemuError that quotes the offending line."""
    series: list[Series] = []
    marks: dict[str, int] = {}
    enosys: list[Enosys] = []
    scripts: list[Said] = []
    status: int | None = None
    for number, line in _lines(data):
        if status is not None:
            raise _bad(number, line, "comes after the end line")
        record = _record(number, line)
        kind = record.get("type")
        if kind == "series":
            series.append(_series(record, number, line))
        elif kind == "mark":
            _add_mark(marks, record, number, line)
        elif kind == "enosys":
            enosys.append(Enosys(*(_get(record, key, want, number, line) for key, want in _ENOSYS_KEYS)))
        elif kind == "script":
            scripts.append(_script(record, number, line))
        elif kind == "end":
            status = _get(record, "status", int, number, line)
        else:
            raise _bad(number, line, f"type {kind!r} is unknown")
    if status is None:
        raise QemuError(f"the result channel ends without its end line after {len(data)} bytes: the run was cut short")
    return Results(tuple(series), marks, tuple(enosys), status, tuple(scripts))


_ENOSYS_KEYS = (("number", int), ("name", str), ("count", int), ("program", str))


def _lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(data.split(b"\n"), start=1):
        if line.strip():
            yield number, line


def _record(number: int, line: bytes) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise _bad(number, line, f"is not JSON: {error}") from error
    if not isinstance(record, dict):
        raise _bad(number, line, "is not a JSON object")
    return record


def _series(record: dict[str, Any], number: int, line: bytes) -> Series:
    def get(key: str, want: type) -> Any:
        return _get(record, key, want, number, line)

    samples = get("samples", list)
    if not samples or not all(type(one) is int and one >= 0 for one in samples):
        raise _bad(number, line, "samples must be a non-empty list of whole numbers ≥ 0")
    return Series(get("workload", str), get("series", str), get("unit", str), get("overhead", int), tuple(samples))


def _script(record: dict[str, Any], number: int, line: bytes) -> Said:
    try:
        output = _get(record, "output", str, number, line).encode("latin-1")
    except UnicodeEncodeError as error:
        raise _bad(number, line, f"holds in 'output' what is no byte: {error}") from error
    return Said(_get(record, "name", str, number, line), _get(record, "status", int, number, line), output)


def _add_mark(marks: dict[str, int], record: dict[str, Any], number: int, line: bytes) -> None:
    name = _get(record, "name", str, number, line)
    if name in marks:
        raise _bad(number, line, f"repeats the mark {name!r}")
    marks[name] = _get(record, "value", int, number, line)


def _get(record: dict[str, Any], key: str, want: type, number: int, line: bytes) -> Any:
    value = record.get(key)
    if type(value) is not want:
        raise _bad(number, line, f"{key!r} must be of type {want.__name__}, it is {value!r}")
    return value


def _bad(number: int, line: bytes, why: str) -> QemuError:
    shown = line if len(line) <= 200 else line[:200] + b"..."
    return QemuError(f"line {number} of the result channel {why}: {shown!r}")


def environment_machine() -> Machine:
    """The machine that ``$MACHINE`` names (default microvm)."""
    return Machine(os.environ.get("MACHINE") or "microvm")
