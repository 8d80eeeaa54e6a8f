"""``<offsets.h>``: the ``->NAME VALUE`` lines of compiled offset files as preprocessor definitions.

    python3 -m kit.offsets OUTPUT INPUT.s ...
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

LINE = re.compile(r'\s*\.ascii\s+"->(\w+) \$?(-?\d+)"')


def header(texts: list[str]) -> str:
    """The header of the definitions in ``texts``. Raises ``ValueError`` where a name has two values."""
    values: dict[str, str] = {}
    for text in texts:
        for match in map(LINE.match, text.splitlines()):
            if match and values.setdefault(match.group(1), match.group(2)) != match.group(2):
                raise ValueError(f"{match.group(1)} is both {values[match.group(1)]} and {match.group(2)}")
    return "#pragma once\n" + "".join(f"#define {name} {value}\n" for name, value in values.items())


def main(arguments: list[str]) -> int:
    """Write the header of the command line; answers the exit status."""
    output, *inputs = arguments
    try:
        Path(output).write_text(header([Path(i).read_text(encoding="utf-8") for i in inputs]), encoding="utf-8")
    except ValueError as error:
        print(f"kit.offsets: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
