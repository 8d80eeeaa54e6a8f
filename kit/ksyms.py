"""The symbol table that a kernel carries for its backtraces (``docs/assembly.md`` states the format).

    python3 -m kit.ksyms                     an empty table, for the first link
    python3 -m kit.ksyms FIRST.elf           the table of the functions in FIRST.elf
    python3 -m kit.ksyms FIRST.elf LAST.elf  nothing; fails where a function moved between the two
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

LINE = re.compile(r"([0-9a-f]+) (?:([0-9a-f]+) )?([tTwW]) (\S+)\Z")


class KsymsError(Exception):
    """The symbols cannot be read, or moved."""


def functions(elf: Path) -> list[tuple[int, int, str]]:
    """(address, size, name) of each function, by address, one name an address; a size of 0 reaches to the next one."""
    command = [os.environ.get("NM") or "nm", "-n", "-S", str(elf)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise KsymsError(f"{' '.join(command)} failed: {done.stderr.strip()}")
    found: dict[int, tuple[int, int, str]] = {}
    for line in done.stdout.splitlines():
        match = LINE.match(line)
        if match and not match.group(4).startswith((".L", "$")):
            address = int(match.group(1), 16)
            entry = (address, int(match.group(2) or "0", 16), match.group(4))
            if address not in found or found[address][1] < entry[1]:
                found[address] = entry
    return [found[address] for address in sorted(found)]


def table(symbols: list[tuple[int, int, str]]) -> str:
    """The table as assembly text."""
    lines = ['\t.section .ksyms, "a", @progbits', "\t.balign 16", "\t.globl ksyms, ksyms_count, ksyms_names", "ksyms:"]
    offset = 0
    for address, size, name in symbols:
        lines += [f"\t.quad {address:#x}", f"\t.long {offset}, {size}"]
        offset += len(name) + 1
    lines += ["ksyms_count:", f"\t.quad {len(symbols)}", "ksyms_names:"]
    lines += [f'\t.asciz "{name}"' for _, _, name in symbols]
    return "\n".join([*lines, "\t.byte 0", '\t.section .note.GNU-stack, "", @progbits', ""])


def main(arguments: list[str]) -> int:
    """Print a table or compare two kernels; answers the exit status."""
    try:
        if len(arguments) == 2:
            first, last = (functions(Path(a)) for a in arguments)
            for one, other in zip(first, last):
                if one != other:
                    raise KsymsError(
                        f"{one[2]} moved from {one[0]:#x} to {other[0]:#x} ({other[2]}) when the symbol table was filled in: "
                        "the linker script must place .ksyms behind everything else"
                    )
        else:
            print(table(functions(Path(arguments[0])) if arguments else []), end="")
    except KsymsError as error:
        print(f"kit.ksyms: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
