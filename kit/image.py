"""Images of other people's programs: files of Debian packages, with the libraries that they name, as a cpio archive.

A package is taken as it is installed here; one that is not is fetched with apt and unpacked under the build folder, never installed.
From each come its programs, libraries and data, not its documentation. Every ELF file is asked for its interpreter and its libraries,
which are looked for beside it and then on this machine. Nothing of it belongs into a repository.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from kit import cpio

Progress = Callable[[str], None]

LEFT_OUT = re.compile(r"^usr/(share/(doc|doc-base|man|info|locale|lintian|bash-completion|bug|menu|applications|pixmaps|icons)|lib/debug)(/|$)")
LIBRARY_FOLDERS = ("lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu", "lib64", "lib", "usr/lib")
PACKAGE_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+")
ETC = {
    "etc/passwd": b"root:x:0:0:root:/root:/bin/sh\n",
    "etc/group": b"root:x:0:\n",
}
MERGED_FOLDERS = ("bin", "sbin", "lib", "lib64")
"""Links into /usr on a merged system; packages still use both names, so in an image they are folders."""
MERGED_FOLDERS = ("bin", "sbin", "lib", "lib64")
"""Links into /usr on a merged system; packages still use both names, so in an image they are folders."""
FOLDERS = ("root", "tmp", "etc", "bin", "usr", "usr/bin")


class ImageError(Exception):
    """A package or a library cannot be had; the text says what to do."""


def build(packages: Sequence[str], store: Path, say: Progress) -> list[cpio.Member]:
    """The members of an image of ``packages``, sorted by name, each folder before what is in it.

    ``store`` is where packages that are not installed are unpacked. Raises ImageError.
    """
    members: dict[str, cpio.Member] = {name: _folder(name) for name in FOLDERS}
    roots = [Path("/")]
    for package in packages:
        root, names = _package(package, store, say)
        if root not in roots:
            roots.insert(0, root)
        for name in names:
            _add(members, name, root / name)
    _add_libraries(members, roots)
    _add_applets(members)
    for name, text in ETC.items():
        members.setdefault(name, cpio.Member(name, stat.S_IFREG | 0o644, text))
    _add_parents(members)
    return [members[name] for name in sorted(members)]


def _folder(name: str) -> cpio.Member:
    return cpio.Member(name, stat.S_IFDIR | (0o1777 if name == "tmp" else 0o755))


def _package(package: str, store: Path, say: Progress) -> tuple[Path, list[str]]:
    """Where a package's files are, and their paths below that."""
    if not PACKAGE_NAME.fullmatch(package):
        raise ImageError(f"{package!r} is no name of a Debian package")
    if shutil.which("dpkg") is None:
        raise ImageError("images are made of Debian packages, and there is no dpkg on this system")
    listing = subprocess.run(["dpkg", "-L", package], capture_output=True, text=True)
    if listing.returncode == 0:
        say(f"{package}: as installed")
        return Path("/"), _wanted(line.lstrip("/") for line in listing.stdout.splitlines())
    root = _fetched(package, store, say)
    return root, _wanted(str(path.relative_to(root)) for path in sorted(root.rglob("*")))


def _wanted(names: Iterable[str]) -> list[str]:
    return [name for name in names if name not in ("", ".") and not LEFT_OUT.match(name)]


def _fetched(package: str, store: Path, say: Progress) -> Path:
    """The package unpacked under ``store``; kept for the next time."""
    root = store / package
    if root.is_dir():
        say(f"{package}: as fetched before (remove {root} to fetch it anew)")
        return root
    say(f"{package}: fetching")
    folder = store / f"{package}.download"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        result = subprocess.run(["apt-get", "download", "-qq", package], cwd=folder, capture_output=True, text=True)
        archives = list(folder.glob("*.deb"))
        if result.returncode != 0 or not archives:
            raise ImageError(
                f"{package} is not installed and apt cannot fetch it: {result.stderr.strip() or 'no such package'}\n"
                "  (apt-get update renews apt's list; apt-cache search looks for a name)"
            )
        unpacked = folder / "unpacked"
        subprocess.run(["dpkg-deb", "-x", str(archives[0]), str(unpacked)], check=True)
        unpacked.rename(root)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return root


def _add(members: dict[str, cpio.Member], name: str, path: Path) -> None:
    """Add one file, folder or link; what is neither (a device) is passed over."""
    name = name.rstrip("/")
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:  # dpkg lists files that an administrator has removed
        return
    if name in MERGED_FOLDERS:
        members.setdefault(name, _folder(name))
    elif stat.S_ISLNK(mode):
        members[name] = cpio.Member(name, stat.S_IFLNK | 0o777, os.fsencode(os.readlink(path)))
    elif stat.S_ISDIR(mode):
        members.setdefault(name, cpio.Member(name, mode & 0o47777))
    elif stat.S_ISREG(mode):
        members[name] = cpio.Member(name, stat.S_IFREG | mode & 0o7777, path.read_bytes())


def _add_libraries(members: dict[str, cpio.Member], roots: Sequence[Path]) -> None:
    """Every interpreter and library that an ELF file of the image names, and theirs in turn."""
    waiting = [member.data for member in members.values() if stat.S_ISREG(member.mode)]
    seen: set[str] = set()
    while waiting:
        for wanted in _dependencies(waiting.pop()):
            if wanted in seen:
                continue
            seen.add(wanted)
            name, path = _find_library(wanted, roots)
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
    names = [wanted.lstrip("/")] if wanted.startswith("/") else [f"{folder}/{wanted}" for folder in LIBRARY_FOLDERS]
    for root in roots:
        for name in names:
            if (root / name).is_file():
                return name, root / name
    raise ImageError(f"nothing provides the library {wanted}: add the package that holds it to PACKAGES (apt-file or packages.debian.org tells)")


def _add_applets(members: dict[str, cpio.Member]) -> None:
    """A busybox in the image gets its applets as links, and so a /bin/sh where nothing else has one."""
    path = next((name for name in ("bin/busybox", "usr/bin/busybox") if name in members), None)
    if path is None:
        return
    applets = subprocess.run([f"/{path}", "--list"], capture_output=True, text=True) if Path(f"/{path}").exists() else None
    for applet in applets.stdout.split() if applets and applets.returncode == 0 else ["sh", "ls", "cat", "echo"]:
        members.setdefault(f"bin/{applet}", cpio.Member(f"bin/{applet}", stat.S_IFLNK | 0o777, b"/" + path.encode()))


def _add_parents(members: dict[str, cpio.Member]) -> None:
    for name in list(members):
        parent = os.path.dirname(name)
        while parent and parent not in members:
            members[parent] = _folder(parent)
            parent = os.path.dirname(parent)


def merged(initrd: Path, image: Path) -> bytes:
    """The archive that boots: an image, and beside it the programs of a preset's own initrd. Raises ImageError."""
    try:
        members = {member.name: member for path in (initrd, image) for member in cpio.read(path.read_bytes())}
    except FileNotFoundError as error:
        raise ImageError(f"there is no {error.filename}; make it with: make image PACKAGES=…") from error
    except cpio.CpioError as error:
        raise ImageError(f"{image}: {error}; make it anew with: make image PACKAGES=…") from error
    _add_parents(members)
    return cpio.write([members[name] for name in sorted(members)])
