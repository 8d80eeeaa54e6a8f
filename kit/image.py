"""Images of other people's programs: files of Debian packages, with the libraries that they name, as a cpio archive.

``kit.packages`` says which packages and where their files are. From each come its programs, libraries and data, not its documentation. Every
ELF file is asked for its interpreter and its libraries. ``/bin`` is a link to ``/usr/bin``, as on Debian (``lib`` and ``sbin`` too): programs find
their data by where they themselves are. Nothing of an image belongs into a repository.
"""

from __future__ import annotations

import os
import re
import stat
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from kit import cpio
from kit.packages import ImageError, Package, Progress, closure

__all__ = ["ImageError", "Progress", "build", "memory_for", "merged"]

LEFT_OUT = re.compile(
    r"^usr/(share/(doc|doc-base|man|info|locale|lintian|bash-completion|bug|menu|applications|pixmaps|icons|python3?/runtime\.d)|lib/debug)(/|$)"
)
LIBRARY_FOLDERS = ("lib/x86_64-linux-gnu", "lib64", "lib")
OPENED_LATER = {"libc.so.6": "libgcc_s.so.1"}
"""What a library opens by name when it is needed: the C library, to end a thread. Debian's depends on it."""
MERGED = {name: f"usr/{name}" for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32")}
"""Folder -> the one that it is a link to."""
SHELLS = ("dash", "busybox", "bash", "bash-static", "zsh-static", "zsh")
"""Who is ``/bin/sh`` where no package says so; the first of them that is there."""
TERMINALS = ("ansi", "dumb", "linux", "screen", "screen-256color", "tmux", "tmux-256color", "vt100", "vt220", "xterm", "xterm-256color")
"""Terminals that an image describes, as far as they are described here."""
ETC = {
    "etc/passwd": b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n",
    "etc/group": b"root:x:0:\ntty:x:5:\nnogroup:x:65534:\n",
}
FOLDERS = ("dev", "etc", "home", "mnt", "proc", "root", "run", "tmp", "usr", *MERGED.values(), "var", "var/tmp")

MEMORY_LEAST = 256
"""Megabytes: what the machine of docs/measuring.md has."""


def build(packages: Sequence[str], store: Path, say: Progress) -> list[cpio.Member]:
    """The members of an image of ``packages``, sorted by name, each folder before what is in it.

    ``store`` is where packages that are not installed are unpacked. Raises ImageError.
    """
    members: dict[str, cpio.Member] = {name: _folder(name) for name in FOLDERS}
    for old, new in MERGED.items():
        members[old] = cpio.Member(old, stat.S_IFLNK | 0o777, new.encode())
    taken = closure(packages, store, say)
    for package in taken:
        if not package.is_library:
            _add_package(members, package)
    _add_alternatives(members)
    _add_libraries(members, [package.root for package in reversed(taken) if package.root != Path("/")] + [Path("/")])
    _add_applets(members)
    _add_shell(members)
    _add_terminals(members)
    for name, text in ETC.items():
        members[name] = cpio.Member(name, stat.S_IFREG | 0o644, text)
    _add_parents(members)
    return [members[name] for name in sorted(members)]


def memory_for(initrd_bytes: int) -> str:
    """The memory, in QEMU's words, of a machine that boots an initrd of that size.

    The archive stays in memory, a server may hold its files a second time, and as much again is for the programs.
    """
    megabytes = MEMORY_LEAST // 2 + 3 * (initrd_bytes >> 20)
    return f"{max(MEMORY_LEAST, -(-megabytes // 64) * 64)}M"


def merged(initrd: Path, image: Path) -> bytes:
    """The archive that boots: an image, and beside it the programs of a preset's own initrd. Raises ImageError."""
    try:
        return joined(initrd, cpio.read(image.read_bytes()))
    except FileNotFoundError as error:
        raise ImageError(f"there is no {error.filename}; make it with: make image PACKAGES=…") from error
    except cpio.CpioError as error:
        raise ImageError(f"{image}: {error}; make it anew with: make image PACKAGES=…") from error


def joined(initrd: Path, members: Sequence[cpio.Member] | object) -> bytes:
    """The same of members."""
    together = {member.name: member for member in cpio.read(initrd.read_bytes())}
    together.update({member.name: member for member in members})  # type: ignore[attr-defined]
    _add_parents(together)
    # Folders come first: what is called bin/hello is written through the link bin.
    return cpio.write(sorted(together.values(), key=lambda member: (not stat.S_ISDIR(member.mode), member.name)))


# ---------------------------------------------------------------------------------------------------------------------
# Files of packages
# ---------------------------------------------------------------------------------------------------------------------


def _folder(name: str) -> cpio.Member:
    return cpio.Member(name, stat.S_IFDIR | (0o1777 if name.endswith("tmp") else 0o755))


def _merged_name(name: str) -> str:
    """The one name of a file that has two."""
    for old, new in MERGED.items():
        if name == old or name.startswith(old + "/"):
            return new + name[len(old) :]
    return name


def _add_package(members: dict[str, cpio.Member], package: Package) -> None:
    for name in package.names:
        if not LEFT_OUT.match(name):
            _add(members, name, package.root / name)


def _add(members: dict[str, cpio.Member], name: str, path: Path) -> None:
    """Add one file, folder or link; what is neither (a device) is passed over."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:  # dpkg lists files that an administrator has removed
        return
    new = _merged_name(name)
    if new in members and stat.S_ISDIR(members[new].mode):
        return
    if stat.S_ISLNK(mode):
        members[new] = cpio.Member(new, stat.S_IFLNK | 0o777, os.fsencode(os.readlink(path)))
    elif stat.S_ISDIR(mode):
        members[new] = cpio.Member(new, mode & 0o47777)
    elif stat.S_ISREG(mode):
        members[new] = cpio.Member(new, stat.S_IFREG | mode & 0o7777, path.read_bytes())


def _add_alternatives(members: dict[str, cpio.Member]) -> None:
    """Names that this system has chosen a program of the image for: ``awk`` where gawk is in it."""
    for folder in ("usr/bin", "usr/sbin"):
        for path in sorted((Path("/") / folder).iterdir()) if (Path("/") / folder).is_dir() else ():
            if not path.is_symlink() or not os.readlink(path).startswith("/etc/alternatives/"):
                continue
            chosen = Path(os.readlink(path))
            target = os.readlink(chosen) if chosen.is_symlink() else ""
            if _merged_name(target.lstrip("/")) in members:
                name = _merged_name(f"{folder}/{path.name}")
                members.setdefault(name, cpio.Member(name, stat.S_IFLNK | 0o777, target.encode()))


def _add_applets(members: dict[str, cpio.Member]) -> None:
    """A busybox in the image gets its applets as links, where no other program has the name."""
    if "usr/bin/busybox" not in members:
        return
    here = Path("/bin/busybox")
    applets = subprocess.run([str(here), "--list"], capture_output=True, text=True) if here.exists() else None
    for applet in applets.stdout.split() if applets and applets.returncode == 0 else ["sh", "ls", "cat", "echo"]:
        if f"usr/sbin/{applet}" not in members:
            members.setdefault(f"usr/bin/{applet}", cpio.Member(f"usr/bin/{applet}", stat.S_IFLNK | 0o777, b"busybox"))


def _add_shell(members: dict[str, cpio.Member]) -> None:
    shell = next((name for name in SHELLS if f"usr/bin/{name}" in members), None)
    if shell is not None:
        members.setdefault("usr/bin/sh", cpio.Member("usr/bin/sh", stat.S_IFLNK | 0o777, shell.encode()))


def _add_terminals(members: dict[str, cpio.Member]) -> None:
    """What editors and shells ask about the terminal that they find themselves at."""
    for terminal in TERMINALS:
        name = f"usr/lib/terminfo/{terminal[0]}/{terminal}"
        path = Path("/") / name
        if path.is_file() and name not in members:
            members[name] = cpio.Member(name, stat.S_IFREG | 0o644, path.read_bytes())


def _add_parents(members: dict[str, cpio.Member]) -> None:
    for name in list(members):
        parent = os.path.dirname(name)
        while parent and parent not in members:
            members[parent] = _folder(parent)
            parent = os.path.dirname(parent)


# ---------------------------------------------------------------------------------------------------------------------
# Libraries
# ---------------------------------------------------------------------------------------------------------------------


def _add_libraries(members: dict[str, cpio.Member], roots: Sequence[Path]) -> None:
    """Every interpreter and library that an ELF file of the image names, and theirs in turn."""
    waiting = [member.data for member in members.values() if stat.S_ISREG(member.mode)]
    seen: set[str] = set()
    while waiting:
        named = _dependencies(waiting.pop())
        for wanted in [*named, *(OPENED_LATER[name] for name in named if name in OPENED_LATER)]:
            if wanted in seen:
                continue
            seen.add(wanted)
            if any(os.path.basename(name) == wanted for name in members):  # beside who names it, or in a folder of its own
                continue
            name, path = _find_library(wanted, roots)
            name = _merged_name(name)
            if name not in members:
                data = path.resolve().read_bytes()
                members[name] = cpio.Member(name, stat.S_IFREG | 0o755, data)
                waiting.append(data)


def _dependencies(data: bytes) -> list[str]:
    """The interpreter (an absolute path) and the libraries (plain names) of an ELF file; none for anything else."""
    if data[:4] != b"\x7fELF":
        return []
    with tempfile.NamedTemporaryFile() as file:  # readelf reads nothing from a pipe
        file.write(data)
        file.flush()
        result = subprocess.run(["readelf", "-ldW", file.name], capture_output=True, text=True, errors="replace")
    if result.returncode != 0:
        raise ImageError(f"readelf cannot read a program of the image: {result.stderr.strip()}")
    text = result.stdout
    interpreters = re.findall(r"\[Requesting program interpreter: ([^\]]+)\]", text)
    return interpreters + re.findall(r"\(NEEDED\)\s+Shared library: \[([^\]]+)\]", text)


def _find_library(wanted: str, roots: Sequence[Path]) -> tuple[str, Path]:
    """Its path in the image, and where it is here. Raises ImageError."""
    folders = [f"{prefix}{folder}" for prefix in ("", "usr/") for folder in LIBRARY_FOLDERS]
    names = [wanted.lstrip("/")] if wanted.startswith("/") else [f"{folder}/{wanted}" for folder in folders]
    for root in roots:
        for name in names:
            if (root / name).is_file():
                return name, root / name
    raise ImageError(f"nothing provides the library {wanted}: add the package that holds it to PACKAGES (apt-file or packages.debian.org tells)")
