"""Debian packages as folders of files: those that are installed here, and others, fetched with apt and unpacked but never installed.

A package that is asked for brings what it depends on, but for two kinds: libraries are only a place to look in (a program of an image
names the few that it needs), and what Debian calls essential is every system's own affair (an image says itself what it is made of).
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

Progress = Callable[[str], None]

PACKAGE_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+")
LIBRARY_SECTIONS = ("libs", "oldlibs")
COMPANIONS = {"tcc": ("libc6-dev",)}
"""What a package is of no use without although it does not depend on it: a compiler needs the C library's headers and start files."""

_FIELDS = ("Package", "Essential", "Section", "Depends", "Pre-Depends")


class ImageError(Exception):
    """A package or a library cannot be had; the text says what to do."""


@dataclass(frozen=True)
class Package:
    """Files of a package: ``names`` are paths below ``root``. Where ``is_library``, only a place to look for libraries."""

    name: str
    root: Path
    names: tuple[str, ...]
    is_library: bool


@dataclass(frozen=True)
class _Description:
    """What dpkg or apt knows of a package. ``depends``: for each dependency the names of which any one will do."""

    installed: bool
    essential: bool
    section: str
    depends: tuple[tuple[str, ...], ...]


def missing(names: Sequence[str]) -> list[str]:
    """Those of ``names`` that are not installed here."""
    known = _installed() if shutil.which("dpkg-query") else {}
    return [name for name in names if name not in known]


def closure(names: Sequence[str], store: Path, say: Progress) -> list[Package]:
    """``names`` and what they depend on, each package once. ``store`` is where packages that are not installed are unpacked. Raises ImageError."""
    if shutil.which("dpkg-query") is None:
        raise ImageError("images are made of Debian packages, and there is no dpkg on this system")
    found: dict[str, Package] = {}
    waiting = [(name, True) for name in names]
    while waiting:
        name, asked = waiting.pop(0)
        if not PACKAGE_NAME.fullmatch(name):
            raise ImageError(f"{name!r} is no name of a Debian package")
        if name in found:
            continue
        description = _describe(name)
        if description is None and not asked:
            say(f"{name}: nobody has it, left out")
            continue
        is_library = not asked and description is not None and description.section.rpartition("/")[2] in LIBRARY_SECTIONS
        if description is not None and not asked and (description.essential or (is_library and description.installed)):
            continue
        found[name] = _package(name, description, is_library, store, say)
        wanted = [*(description.depends if description else ()), *((companion,) for companion in COMPANIONS.get(name, ()))]
        waiting += [(_choose(alternatives), False) for alternatives in wanted]
    return list(found.values())


def _package(name: str, description: _Description | None, is_library: bool, store: Path, say: Progress) -> Package:
    if description is not None and description.installed:
        listing = subprocess.run(["dpkg-query", "-L", name], capture_output=True, text=True, check=True)
        say(f"{name}: as installed")
        lines = (line.strip("/") for line in listing.stdout.splitlines() if line.startswith("/"))
        return Package(name, Path("/"), tuple(line for line in lines if line not in ("", ".")), is_library)
    root = _fetched(name, store, say)
    return Package(name, root, tuple(str(path.relative_to(root)) for path in sorted(root.rglob("*"))), is_library)


def _choose(alternatives: tuple[str, ...]) -> str:
    """The first that is installed; else the first."""
    return next((name for name in alternatives if name in _installed()), alternatives[0])


# ---------------------------------------------------------------------------------------------------------------------
# What is known of a package
# ---------------------------------------------------------------------------------------------------------------------


def _describe(name: str) -> _Description | None:
    return _installed().get(name) or _available(name)


@lru_cache(maxsize=None)
def _installed() -> dict[str, _Description]:
    """Every package that is installed here, by name."""
    form = "${db:Status-Status}" + "".join(f"\t${{{field}}}" for field in _FIELDS) + "\n"
    listing = subprocess.run(["dpkg-query", "-W", f"--showformat={form}"], capture_output=True, text=True, check=True)
    rows = (line.split("\t") for line in listing.stdout.splitlines())
    return {row[1]: _description(True, row[1:]) for row in rows if row[0] == "installed"}


@lru_cache(maxsize=None)
def _available(name: str) -> _Description | None:
    """What apt knows of a package that is not installed; None where it knows nothing."""
    if shutil.which("apt-cache") is None:
        return None
    shown = subprocess.run(["apt-cache", "show", "--no-all-versions", name], capture_output=True, text=True)
    fields = dict(line.split(": ", 1) for line in shown.stdout.splitlines() if re.match(r"[A-Z][A-Za-z-]*: ", line))
    return _description(False, [fields.get(field, "") for field in _FIELDS]) if fields.get("Package") == name else None


def _description(installed: bool, values: Sequence[str]) -> _Description:
    """From the values of ``_FIELDS``."""
    _, essential, section, depends, before = values
    clauses = [clause for clause in f"{depends}, {before}".split(", ") if clause.strip()]
    names = [tuple(re.split(r"[\s(:]", one.strip())[0] for one in clause.split("|")) for clause in clauses]
    return _Description(installed, essential == "yes", section, tuple(names))


# ---------------------------------------------------------------------------------------------------------------------
# Fetching
# ---------------------------------------------------------------------------------------------------------------------


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
        archive = _download(package, folder)
        unpacked = folder / "unpacked"
        done = subprocess.run(["dpkg-deb", "-x", str(archive), str(unpacked)], capture_output=True, text=True)
        if done.returncode != 0:
            raise ImageError(f"{archive.name} cannot be unpacked: {done.stderr.strip()}; is the disk full?")
        unpacked.rename(root)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return root


def _download(package: str, folder: Path) -> Path:
    if shutil.which("apt-get") is None:
        raise ImageError(f"{package} is not installed, and there is no apt here that could fetch it")
    # apt warns about a folder that its own user cannot enter; as root let it stay root instead.
    command = ["apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", package]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    archives = list(folder.glob("*.deb"))
    if result.returncode != 0 or not archives:
        raise ImageError(
            f"{package} is not installed and apt cannot fetch it: {result.stderr.strip() or 'no such package'}\n"
            f"  (apt-get install {package} if apt knows it; apt-get update renews apt's list; apt-cache search looks for a name)"
        )
    return archives[0]
