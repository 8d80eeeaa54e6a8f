"""Read and write cpio archives in the "newc" form, the format of an initrd.

Each member is a header of 110 ASCII characters ("070701" and thirteen 8-digit hexadecimal fields), the name with its zero byte, and the
data, both padded to four bytes; the member ``TRAILER!!!`` ends the archive.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_MAGIC = b"070701"
_HEADER = 110
_TRAILER = "TRAILER!!!"


class CpioError(Exception):
    """The data is not a cpio archive in the newc form."""


@dataclass(frozen=True)
class Member:
    """A file or a folder; ``mode`` as in ``st_mode``, ``device`` (major, minor) of a device node."""

    name: str
    mode: int
    data: bytes = b""
    device: tuple[int, int] = (0, 0)


def read(archive: bytes) -> Iterator[Member]:
    """The members in the archive's order. Raises CpioError."""
    at = 0
    while True:
        header = archive[at : at + _HEADER]
        if len(header) < _HEADER or header[:6] != _MAGIC:
            raise CpioError(f"no newc header at byte {at}")
        try:
            values = [int(header[6 + 8 * index : 14 + 8 * index], 16) for index in range(13)]
        except ValueError as error:
            raise CpioError(f"broken newc header at byte {at}") from error
        mode, size, name_size = values[1], values[6], values[11]
        name = archive[at + _HEADER : at + _HEADER + name_size - 1].decode("utf-8", "surrogateescape")
        start = _padded(at + _HEADER + name_size)
        if start + size > len(archive):
            raise CpioError(f"{name!r} is longer than the archive")
        if name == _TRAILER:
            return
        yield Member(name, mode, archive[start : start + size], (values[9], values[10]))
        at = _padded(start + size)


def write(members: Iterable[Member]) -> bytes:
    """An archive of ``members`` in the order given; times and owners are zero, so equal members give equal bytes."""
    parts: list[bytes] = []
    for inode, member in enumerate([*members, Member(_TRAILER, 0)], start=1):
        name = member.name.encode("utf-8", "surrogateescape") + b"\0"
        links = 2 if stat.S_ISDIR(member.mode) else 1
        values = (inode, member.mode, 0, 0, links, 0, len(member.data), 0, 0, *member.device, len(name), 0)
        header = _MAGIC + b"".join(b"%08X" % value for value in values)
        parts += [_pad(header + name), _pad(member.data)]
    return b"".join(parts)


def _padded(offset: int) -> int:
    return (offset + 3) & ~3


def _pad(data: bytes) -> bytes:
    return data + b"\0" * (_padded(len(data)) - len(data))
