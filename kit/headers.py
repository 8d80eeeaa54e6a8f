"""Headers compiled alone: each must name what it needs."""

from __future__ import annotations

from pathlib import Path

from kit.assembly import Assembled
from kit.manifest import Part


def headers(assembled: Assembled) -> dict[Path, Part]:
    """The headers that an assembly may include, each with a chosen part that sees it.

    A folder beside the parts that is none itself (shared code of the slot) belongs to the slot's first part.
    """
    found: dict[Path, Part] = {}
    for part in assembled.parts:
        slot = assembled.tree.slots[part.slot]
        shared = [d for d in sorted(slot.folder.iterdir()) if d.is_dir() and not (d / "part.toml").exists()]
        own = {header.name: header for folder in reversed(part.folders) for header in sorted(folder.glob("*.h"))}
        for header in [*own.values(), *(header for folder in [slot.folder, *shared] for header in sorted(folder.glob("*.h")))]:
            found.setdefault(header, part)
    return found


def translation_unit(header: Path, part: Part) -> str:
    """C text that includes one header and nothing else. The implementation half of a contract is reached through the contract,
    which declares what it implements."""
    if header.name == f"{part.slot}_impl.h":
        return f"#include <{part.slot}/{part.slot}.h>\n"
    return f'#include "{header.resolve()}"\n'
