"""What addresses of a linked program mean: symbols both ways, and source lines."""

from __future__ import annotations

import bisect
import os
import struct
import subprocess
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path


class SymbolError(Exception):
    """A program has no such symbol, or cannot be read."""


class Symbols:
    """The symbol table of one ELF file."""

    def __init__(self, elf: Path) -> None:
        self.elf = elf

    @cached_property
    def _addresses(self) -> dict[str, int]:
        found = {}
        for line in _run("NM", "nm", str(self.elf)).splitlines():
            words = line.split()
            if len(words) == 3:
                found.setdefault(words[2], int(words[0], 16))
        return found

    @cached_property
    def _functions(self) -> list[tuple[int, str]]:
        lines = (line.split() for line in _run("NM", "nm", "-n", str(self.elf)).splitlines())
        return [(int(words[0], 16), words[2]) for words in lines if len(words) == 3 and words[1] in "tTwW"]

    def __contains__(self, name: str) -> bool:
        return name in self._addresses

    def __getitem__(self, name: str) -> int:
        try:
            return self._addresses[name]
        except KeyError:
            raise SymbolError(f"{self.elf.name} has no symbol {name}") from None

    def name(self, address: int) -> str:
        """``function+0xoffset``, or the bare number where no function begins below it."""
        at = bisect.bisect_right(self._functions, (address, "\x7f")) - 1
        if at < 0:
            return f"{address:#x}"
        start, name = self._functions[at]
        return name if address == start else f"{name}+{address - start:#x}"

    def function(self, address: int) -> str:
        """The function that an address lies in."""
        return self.name(address).partition("+")[0]

    def bytes_at(self, address: int, length: int) -> bytes:
        """What the file loads at an address: from the program headers of a 64-bit ELF file."""
        data = self.elf.read_bytes()
        start, size, count = int.from_bytes(data[32:40], "little"), *struct.unpack_from("<HH", data, 54)
        for number in range(count):
            kind, _, offset, vaddr, _, filled = struct.unpack_from("<IIQQQQ", data, start + number * size)
            if kind == 1 and vaddr <= address and address + length <= vaddr + filled:
                at = offset + address - vaddr
                return data[at : at + length]
        raise SymbolError(f"{self.elf.name} loads nothing at {address:#x}")

    def lines(self, addresses: Iterable[int]) -> list[str]:
        """``file:line`` of each address, ``?`` where the program does not say."""
        wanted = [f"{address:#x}" for address in addresses]
        if not wanted:
            return []
        found = _run("ADDR2LINE", "addr2line", "-e", str(self.elf), *wanted).splitlines()
        return ["?" if line.startswith("?") else line.partition(" ")[0].removeprefix("./").removeprefix("lab/") for line in found]


def _run(variable: str, default: str, *arguments: str) -> str:
    command = [os.environ.get(variable) or default, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SymbolError(f"{' '.join(command[:4])} failed: {done.stderr.strip()}")
    return done.stdout
