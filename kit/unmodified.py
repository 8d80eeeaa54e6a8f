"""Scripts for programs that nobody here wrote, run on a kernel of the kit and on this machine's own Linux, and compared byte by byte.

The scripts are in ``tests/unmodified``. The first line of each names its interpreter; a line near its beginning names the Debian packages that it needs
(``packages: dash coreutils``). One image holds them all; ``/bin/batch``, a program of the kit, is process 1 on both sides and reports what each
script wrote and how it ended. A script that does not end with success on Linux, or as ``status: 3`` near its beginning says, is a mistake in the script.
"""

from __future__ import annotations

import difflib
import re
import stat
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kit import cpio, image, packages, private_root
from kit.built import Built
from kit.packages import Progress
from kit.qemu import Boot, Job, Machine, QemuError, boot, parse_results
from kit.results import Said

SCRIPTS = Path(__file__).resolve().parent.parent / "tests" / "unmodified"
FOLDER = "scripts"
"""Where the image has them; ``/bin/batch`` looks there."""
APPEND = "init=/bin/batch"
WALL_SECONDS = 300.0
CONSOLE_BYTES = 1 << 20

_HEAD_LINES = 4


class UnmodifiedError(Exception):
    """The scripts cannot be run, or what came back makes no sense; the text says what to do."""


@dataclass(frozen=True)
class Script:
    """A script, the packages that it needs, and the exit status that it is meant to have."""

    name: str
    text: bytes
    packages: tuple[str, ...]
    status: int


@dataclass(frozen=True)
class Verdict:
    """What a script did on Linux and on a kernel; None: it was not heard of."""

    name: str
    linux: Said | None
    kernel: Said | None

    @property
    def same(self) -> bool:
        """Every byte of its output, and how it ended."""
        return self.linux is not None and self.linux == self.kernel

    def difference(self) -> str:
        """For people: a unified diff, the ends told in words."""
        sides = [_shown(said) for said in (self.linux, self.kernel)]
        return "".join(difflib.unified_diff(*sides, f"{self.name} on Linux", f"{self.name} on this kernel", n=2))


def scripts(folder: Path = SCRIPTS, names: Sequence[str] = ()) -> list[Script]:
    """The scripts of ``folder``, sorted by name; only ``names`` where some are given. Raises UnmodifiedError."""
    found = [_read(path) for path in sorted(folder.iterdir()) if path.is_file() and not path.name.startswith(".") and path.suffix != ".md"]
    unknown = sorted(set(names) - {one.name for one in found})
    if unknown:
        raise UnmodifiedError(f"no script {', '.join(unknown)} in {folder}; there are: {', '.join(one.name for one in found)}")
    return [one for one in found if not names or one.name in names]


def runnable(wanted: Iterable[Script]) -> tuple[list[Script], list[str]]:
    """Those whose packages are all installed here, and the packages that the others lack. Nothing is fetched."""
    wanted = list(wanted)
    lacking = packages.missing(sorted({name for one in wanted for name in one.packages}))
    return [one for one in wanted if not set(one.packages) & set(lacking)], lacking


def members(chosen: Sequence[Script], store: Path, say: Progress) -> list[cpio.Member]:
    """The image: all packages of ``chosen``, and the scripts. Raises ImageError."""
    names = sorted({name for one in chosen for name in one.packages})
    files = [cpio.Member(f"{FOLDER}/{one.name}", stat.S_IFREG | 0o755, one.text) for one in chosen]
    return [*image.build(names, store, say), cpio.Member(FOLDER, stat.S_IFDIR | 0o755), *files]


def initrd_of(built: Built, content: Sequence[cpio.Member]) -> bytes:
    """The image with the preset's own programs."""
    return image.joined(built.initrd, content)


def on_linux(initrd: bytes, chosen: Sequence[Script]) -> dict[str, Said]:
    """What the scripts do on this machine's own Linux. Raises PrivateRootError, UnmodifiedError."""
    with tempfile.TemporaryDirectory(prefix="mortise-") as folder:
        path = Path(folder) / "initrd"
        path.write_bytes(initrd)
        data = private_root.run(path)
    try:
        found = _by_name(parse_results(data + b'{"type":"end","status":0}\n').scripts)
    except QemuError as error:
        raise UnmodifiedError(f"on Linux: {error}") from error
    for one in chosen:
        said = found.get(one.name)
        if said is None or said.status != one.status << 8:
            told = "".join(_shown(said))
            raise UnmodifiedError(f"{one.name} does not do on Linux what it is meant to (status {one.status}); mend the script:\n{told}")
    return found


def job_of(built: Built, initrd: Path, machine: Machine) -> Job:
    """The boot that runs them, with as much memory as an initrd of that size needs."""
    sized = replace(machine, memory=image.memory_for(initrd.stat().st_size))
    return Job(built.kernel_elf, initrd, APPEND, sized, WALL_SECONDS, CONSOLE_BYTES)


def on_kernel(built: Built, initrd: Path, machine: Machine) -> tuple[Boot, dict[str, Said]]:
    """The boot, and what the scripts did up to its end, whatever that was. Raises QemuError only where QEMU cannot run."""
    outcome = boot(job_of(built, initrd, machine))
    return outcome, scripts_of(outcome.results)


def scripts_of(results: bytes) -> dict[str, Said]:
    """What is told of scripts, in results that may be cut short."""
    whole = results[: results.rfind(b"\n") + 1]
    if b'{"type":"end"' not in whole[-200:]:
        whole += b'{"type":"end","status":1}\n'
    return _by_name(parse_results(whole).scripts)


def compare(chosen: Sequence[Script], linux: dict[str, Said], kernel: dict[str, Said]) -> list[Verdict]:
    """One verdict a script, in their order."""
    return [Verdict(one.name, linux.get(one.name), kernel.get(one.name)) for one in chosen]


def _by_name(found: Iterable[Said]) -> dict[str, Said]:
    return {one.name: one for one in found}


def _read(path: Path) -> Script:
    text = path.read_bytes()
    head = b"\n".join(text.split(b"\n")[:_HEAD_LINES]).decode("utf-8", "replace")
    needs = re.search(r"packages: (.+)", head)
    status = re.search(r"status: (\d+)", head)
    if not text.startswith(b"#!") or needs is None:
        raise UnmodifiedError(f"{path}: its first line must name the interpreter (#!…), and a line after it the packages (packages: …)")
    return Script(path.name, text, tuple(needs.group(1).split()), int(status.group(1)) if status else 0)


def _shown(said: Said | None) -> list[str]:
    if said is None:
        return ["(it was not run: the run ended before)\n"]
    lines = said.output.decode("utf-8", "backslashreplace").splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "(no end of line)\n"
    return [*lines, f"({said.ending})\n"]
