"""Where the bytes of the images of a built configuration go, by slot and section. Sizes are in bytes, as ``size`` counts them."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

LINE = re.compile(r"\s*(\d+)\s+(\d+)\s+(\d+)\s+\d+\s+[0-9a-f]+\s+(\S+)")
Sizes = tuple[int, int, int]


class SizeError(Exception):
    """There is nothing to measure."""


def measured(files: Iterable[Path]) -> dict[Path, Sizes]:
    """(text and constants, data, bss) of ELF files. Raises ``SizeError``."""
    paths = [str(f) for f in files]
    done = subprocess.run([os.environ.get("SIZE") or "size", *paths], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SizeError(f"size failed: {done.stderr.strip()}")
    found = {}
    for match in filter(None, map(LINE.match, done.stdout.splitlines())):
        found[Path(match.group(4))] = (int(match.group(1)), int(match.group(2)), int(match.group(3)))
    return found


def by_slot(objects: Mapping[Path, Sizes]) -> dict[str, Sizes]:
    """Sums by the first folder of what an object was compiled from (``build/obj/<key>/<slot>/…``)."""
    sums: dict[str, Sizes] = {}
    for path, sizes in objects.items():
        inside = path.parts[3:]
        slot = "generated" if inside[:1] == ("build",) else inside[0]
        before = sums.get(slot, (0, 0, 0))
        sums[slot] = (before[0] + sizes[0], before[1] + sizes[1], before[2] + sizes[2])
    return sums


def table(home: Path) -> str:
    """A table for each image of the build folder ``home``, largest slot first."""
    try:
        value = json.loads((home / "config.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SizeError(f"{home} is not built") from error
    lines = []
    for image, objects in value["objects"].items():
        whole = measured([home / f"{image}.elf"])[home / f"{image}.elf"]
        lines += [f"{home.name}: {image}.elf", f"  {'slot':<16}{'text':>9}{'data':>9}{'bss':>9}"]
        parts = by_slot(measured(Path(o) for o in objects))
        for slot, sizes in sorted(parts.items(), key=lambda item: (-sum(item[1]), item[0])):
            lines.append(f"  {slot:<16}{sizes[0]:>9}{sizes[1]:>9}{sizes[2]:>9}")
        rest = [w - sum(p[n] for p in parts.values()) for n, w in enumerate(whole)]
        lines.append(f"  {'symbols, gaps':<16}{rest[0]:>9}{rest[1]:>9}{rest[2]:>9}")
        lines.append(f"  {'together':<16}{whole[0]:>9}{whole[1]:>9}{whole[2]:>9}")
    return "\n".join([*lines, ""])
