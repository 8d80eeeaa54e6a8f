"""The boots of a bench that run other people's programs: how soon a shell asks for a command, and whether scripts do what they do on Linux.

They need Debian packages. Nothing is fetched for them: what is not installed here is left out, and the reason told. The scripts take longer than all else in a bench, so
they run only where they are asked for: ``UNMODIFIED=1``. With ``UNMODIFIED=0`` the shell is left out as well.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from kit import image, packages, private_root, unmodified
from kit.built import Built, Progress, build_root
from kit.cpio import Member
from kit.files import write_if_changed
from kit.results import Said

SHELL_PACKAGE = "busybox-static"
SHELL_APPEND = "init=/bin/sh until=prompt"
RUNNER = "bin/batch"
"""A build without it is not asked about other people's programs."""


@dataclass(frozen=True)
class ForeignBoot:
    """A boot, by name, with an initrd of its own."""

    name: str
    append: str
    initrd: Path


def boots(built: Built, progress: Progress) -> list[ForeignBoot]:
    """Those that can be made here, their initrds written. Raises ImageError where an installed package cannot be read."""
    wanted = os.environ.get("UNMODIFIED", "")
    if RUNNER not in built.programs or wanted == "0":
        return []
    found = []
    if packages.missing([SHELL_PACKAGE]):
        progress(f"boot_shell is left out: the package {SHELL_PACKAGE} is not installed")
    else:
        found.append(_boot(built, "shell", SHELL_APPEND, _shell_members()))
    if wanted != "1":
        return found
    chosen, lacking = _scripts()
    if lacking:
        progress(f"same_output is of {len(chosen)} scripts: the others need {', '.join(lacking)}")
    if chosen and _can_compare(progress):
        found.append(_boot(built, "unmodified", unmodified.APPEND, _script_members()))
    return found


def marks(boot: ForeignBoot, said: Sequence[Said], initrd: bytes) -> Mapping[str, int]:
    """``same:<script>`` -> 1 where a kernel did with it what Linux does, else 0. Raises PrivateRootError, UnmodifiedError."""
    if boot.name != "unmodified":
        return {}
    chosen, _ = _scripts()
    verdicts = unmodified.compare(chosen, _on_linux(initrd), {one.name: one for one in said})
    return {f"same:{one.name}": int(one.same) for one in verdicts}


def _boot(built: Built, name: str, append: str, members: Sequence[Member]) -> ForeignBoot:
    path = built.folder / f"{name}.cpio"
    write_if_changed(path, image.joined(built.initrd, members))
    return ForeignBoot(name, append, path)


def _store() -> Path:
    return build_root() / "packages"


@lru_cache(maxsize=None)
def _shell_members() -> tuple[Member, ...]:
    return tuple(image.build([SHELL_PACKAGE], _store(), lambda _: None))


@lru_cache(maxsize=None)
def _scripts() -> tuple[list[unmodified.Script], list[str]]:
    return unmodified.runnable(unmodified.scripts())


@lru_cache(maxsize=None)
def _script_members() -> tuple[Member, ...]:
    return tuple(unmodified.members(_scripts()[0], _store(), lambda _: None))


_linux: dict[tuple[str, ...], dict[str, Said]] = {}


def _on_linux(initrd: bytes) -> dict[str, Said]:
    """Found out once in a process: the scripts and packages are the same for all presets, and the presets' own programs are not run."""
    chosen, _ = _scripts()
    key = tuple(one.name for one in chosen)
    if key not in _linux:
        _linux[key] = unmodified.on_linux(initrd, chosen)
    return _linux[key]


@lru_cache(maxsize=None)
def _can_compare(progress: Progress) -> bool:
    try:
        private_root.probe()
    except private_root.PrivateRootError as error:
        progress(f"same_output is left out: {error}")
        return False
    return True
