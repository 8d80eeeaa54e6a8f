"""Disk images: an ext3 file system in a file, for QEMU's virtio disk.

``mke2fs`` of e2fsprogs makes them, from the members of an image (``kit.image``); the same members give the same bytes.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from kit import cpio

MADE = "1767225600"
"""What o'clock it is where disks are made: the -rtc base of docs/measuring.md, in seconds since 1970."""
UUID = "6d6f7274-6973-6500-8000-000000000001"
LEAST = 64 << 20
"""Bytes of a disk for which no size was given, at least."""
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


class DiskError(Exception):
    """A disk cannot be made; the text says what to do."""


def arguments(disk: Path | str) -> list[str]:
    """QEMU's options for a virtio disk whose bytes are in that file."""
    return [
        *("-global", "virtio-mmio.force-legacy=false"),
        *("-drive", f"file={str(disk).replace(',', ',,')},if=none,id=disk,format=raw"),
        *("-device", "virtio-blk-device,drive=disk"),
    ]


def size_of(text: str) -> int | None:
    """Bytes, from ``64M`` or the like; None for ``1`` and the like, which ask for a disk of whatever size. Raises DiskError."""
    if text.lower() in ("1", "y", "yes"):
        return None
    found = re.fullmatch(r"([0-9]+)([KMG]?)", text.upper())
    if not found or int(found[1]) == 0:
        raise DiskError(f"DISK={text} is no size: say DISK=1, or DISK=256M")
    return int(found[1]) * _UNITS[found[2]]


def make(members: Sequence[cpio.Member], path: Path, size: int | None = None, options: Sequence[str] = ("-t", "ext3", "-b", "4096")) -> None:
    """A disk at ``path`` that holds ``members``, all owned by root; of ``size`` bytes, or of as many as they take and half as much again.

    It appears whole or not at all. Raises DiskError.
    """
    taken = sum(len(member.data) + 4096 for member in members)
    size = size or max(LEAST, taken * 3 // 2 + LEAST // 2)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mortise-disk-") as folder:
        root, made = Path(folder) / "root", path.with_name(f"{path.name}.{os.getpid()}")
        root.mkdir()
        devices = _lay_out(members, root)
        try:
            with made.open("wb") as file:
                file.truncate(size)
            _run(
                ["mke2fs", "-q", "-F", *options, "-U", UUID, "-E", f"hash_seed={UUID},root_owner=0:0,lazy_itable_init=0", "-d", str(root), str(made)]
            )
            _run(["debugfs", "-w", "-f", str(_script(members, devices, Path(folder))), str(made)])
            made.replace(path)
        finally:
            made.unlink(missing_ok=True)


def _lay_out(members: Sequence[cpio.Member], root: Path) -> list[cpio.Member]:
    """The members as files below ``root``. Returns those that only root could make: device nodes."""
    devices = []
    for member in members:
        path = root / member.name
        path.parent.mkdir(parents=True, exist_ok=True)
        if stat.S_ISDIR(member.mode):
            path.mkdir(exist_ok=True)
        elif stat.S_ISLNK(member.mode):
            path.symlink_to(os.fsdecode(member.data))
        elif stat.S_ISREG(member.mode):
            path.write_bytes(member.data)
        else:
            devices.append(member)
    for path in [root, *root.rglob("*")]:
        os.utime(path, (int(MADE), int(MADE)), follow_symlinks=False)
    return devices


def _script(members: Sequence[cpio.Member], devices: Sequence[cpio.Member], folder: Path) -> Path:
    """What debugfs is to do: owners and permissions of all members, whoever made the files; and the devices."""
    lines = []
    for device in devices:
        kind = "p" if stat.S_ISFIFO(device.mode) else ("b" if stat.S_ISBLK(device.mode) else "c")
        numbers = "" if kind == "p" else f" {device.device[0]} {device.device[1]}"
        parent, _, name = f"/{device.name}".rpartition("/")
        lines += [f'cd "{parent or "/"}"', f'mknod "{name}" {kind}{numbers}', "cd /"]
    for member in members:
        lines += [f'set_inode_field "/{member.name}" {field} {value}' for field, value in (("uid", 0), ("gid", 0), ("mode", f"0{member.mode:o}"))]
    script = folder / "script"
    script.write_text("\n".join(lines) + "\n")
    return script


def _run(command: list[str]) -> None:
    """Run a tool of e2fsprogs, which Debian keeps where a user's PATH does not lead. Raises DiskError."""
    search = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    tool = shutil.which(command[0], path=search)
    if tool is None:
        raise DiskError(f"{command[0]} is not installed; on Debian or Ubuntu: apt-get install e2fsprogs")
    done = subprocess.run(
        [tool, *command[1:]], capture_output=True, text=True, errors="replace", env={**os.environ, "E2FSPROGS_FAKE_TIME": MADE}, check=False
    )
    said = "\n".join(line for line in done.stderr.splitlines() if not line.startswith(("debugfs ", "mke2fs ")))
    if done.returncode != 0 or said.strip():
        raise DiskError(f"{command[0]} cannot make the disk: {said.strip() or done.stdout.strip() or 'it does not say why'}\n  (a larger one: DISK=256M)")
