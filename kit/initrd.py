"""The initrd: a cpio archive of programs, the same bytes for the same programs.

    python3 -m kit.initrd OUTPUT NAME=FILE ...
"""

from __future__ import annotations

import stat
import sys
from collections.abc import Mapping
from pathlib import Path

from kit import cpio
from kit.files import write_if_changed


def archive(files: Mapping[str, Path]) -> bytes:
    """The archive of ``files`` (path in the initrd to path here), sorted by name, every one readable and executable by all."""
    members = [cpio.Member(name, stat.S_IFREG | 0o755, files[name].read_bytes()) for name in sorted(files)]
    return cpio.write(members)


def main(arguments: list[str]) -> int:
    """Write the archive of the command line; answers the exit status."""
    output, *pairs = arguments
    files = {}
    for pair in pairs:
        name, _, path = pair.partition("=")
        if name in files:
            print(f"kit.initrd: two files want to be {name} in the initrd", file=sys.stderr)
            return 1
        files[name] = Path(path)
    if not write_if_changed(Path(output), archive(files)):
        Path(output).touch()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
