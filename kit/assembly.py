"""A configuration as things to compile: which files, for which image, and what each of them may see.

An ``Assembled`` is pure data derived from manifests and a ``Config``; ``kit.emit`` turns it into a makefile.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Union

from kit.constraints import KERNEL, chosen
from kit.kconfig import Config, Configurator
from kit.kconfig_text import none_symbol
from kit.manifest import Image, Kernel, ManifestError, Part, Slot

Owner = Union[Part, Kernel]
MENTION = re.compile(r"\bCONFIG_([A-Z0-9_]*[A-Z0-9])\b")
CONTRACT = re.compile(r"^\s*#\s*include\s*<(\w+)/\1\.h>", re.MULTILINE)


@dataclass(frozen=True)
class Unit:
    """One file to compile. ``mode`` is ``kernel``, ``user``, ``library``, ``host`` or ``musl``.

    A ``test`` belongs to a contract test; what speaks ``tap`` only includes its header. A header that is compiled alone
    finds those ``beside`` it first.
    """

    source: Path
    owner: Owner
    mode: str
    test: bool = False
    tap: bool = False
    beside: Path | None = None

    @property
    def label(self) -> str:
        """How it is called in progress lines and inside an object folder."""
        return short(self.source)


@dataclass(frozen=True)
class Linked:
    """One program to link: the kernel, an image of a placement, or a workload."""

    name: str
    mode: str
    units: tuple[Unit, ...]
    link: Path | None
    initrd: str


def short(path: Path) -> str:
    """A path without ``components/`` and without dots in the middle."""
    plain = os.path.normpath(path)
    return plain[len("components/") :] if plain.startswith("components/") else plain


class Assembled:
    """One configuration of one tree, under the name of its build folder."""

    def __init__(self, configurator: Configurator, config: Config, name: str) -> None:
        self.tree = configurator.tree
        self.model = configurator.model
        self.config = config
        self.name = name
        self.kernel = self.tree.kernels[config.assembly[KERNEL]]
        for owner in [self.kernel, *self.parts, *(self.tree.slots[p.slot] for p in self.parts)]:
            for fault in owner.faults:
                raise ManifestError(fault)
        self._slot_of = {symbol: slot.name for slot in self.tree.slots.values() for symbol in self._slot_symbols(slot)}
        self._kernel_symbols = {k.symbol for k in self.tree.kernels.values()} | {
            s for k in self.tree.kernels.values() for o in k.options for s in o.symbols
        }

    @staticmethod
    def _slot_symbols(slot: Slot) -> Iterator[str]:
        yield none_symbol(slot)
        for part in slot.parts:
            yield part.symbol
        for option in [*slot.options, *(o for p in slot.parts for o in p.options)]:
            yield from option.symbols

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Every part of the assembly, by slot and name."""
        return tuple(p for p in self.tree.parts() if chosen(self.tree, p).holds(self.config.assembly))

    def parts_in(self, slots: Iterable[str]) -> tuple[Part, ...]:
        """The parts of the assembly that fill one of ``slots``."""
        wanted = set(slots)
        return tuple(p for p in self.parts if p.slot in wanted)

    @cached_property
    def transport(self) -> str:
        """How stubs travel in this assembly."""
        return next((p.transport for p in self.parts if p.transport), "direct")

    def slots_of(self, image: str) -> tuple[str, ...]:
        """The slots whose parts are compiled into an image."""
        slots = list(self.kernel.slots) if image == "kernel" else []
        for part in self.parts:
            slots += [s for i in part.images if i.name == image for s in i.slots]
            slots += part.adds.get(image, ())
        return tuple(dict.fromkeys(slots))

    def seen_by(self, owner: Owner) -> tuple[Part, ...]:
        """The parts whose folders and options ``owner`` may see: itself, what it requires, and what that requires in turn.

        A kernel sees every part of its image.
        """
        if isinstance(owner, Kernel):
            return self.parts_in(self.slots_of("kernel"))
        seen = {owner.id: owner}
        todo = [owner]
        while todo:
            for reference in todo.pop().requires:
                for part in self._answering.get(reference, ()):
                    if part.id not in seen:
                        seen[part.id] = part
                        todo.append(part)
        return (owner, *(seen[id] for id in sorted(seen) if id != owner.id))

    @cached_property
    def _answering(self) -> dict[str, list[Part]]:
        """The parts of the assembly by each reference that means them."""
        result: dict[str, list[Part]] = {}
        for part in self.parts:
            for reference in part.references:
                result.setdefault(reference, []).append(part)
        return result

    def unit_sees(self, unit: Unit) -> tuple[Part, ...]:
        """As ``seen_by``, of the unit's owner; a contract test inside a kernel sees what the kernel sees.

        A Linux program sees nothing: what it requires it reaches by system calls, and it is one binary for all configurations.
        """
        if unit.mode == "musl":
            return ()
        return self.seen_by(self.kernel if unit.test and unit.mode == "kernel" else unit.owner)

    def includes(self, unit: Unit) -> tuple[str, ...]:
        """The include folders of a unit, in order."""
        folders = [os.path.normpath(f) for p in self.unit_sees(unit) for f in p.folders]
        home = unit.owner.folders if isinstance(unit.owner, Part) else (unit.owner.folder,)
        own = [os.path.normpath(f) for f in (unit.beside, *home) if f]
        test = ["tests/host"] if unit.test or unit.tap or isinstance(unit.owner, Kernel) else []
        kernel = [os.path.normpath(self.kernel.folder)] if self._sees_kernel(unit) else []
        return tuple(dict.fromkeys([*own, *folders, *kernel, "components", *test]))

    def _sees_kernel(self, unit: Unit) -> bool:
        """Whether a slot that the unit sees has a contract that includes a header of the kernel's folder."""
        return unit.mode == "kernel" and any(self.tree.slots[p.slot].sees_kernel for p in self.unit_sees(unit))

    def symbols(self, unit: Unit) -> tuple[str, ...]:
        """The Kconfig symbols that a unit may test, in Kconfig's order: global ones and those of the slots that it sees."""
        slots = {p.slot for p in self.unit_sees(unit)}
        return tuple(s for s in self.config.values if self._is_whole(unit) or self._visible(s, slots))

    @staticmethod
    def _is_whole(unit: Unit) -> bool:
        """Whether a unit may ask for everything: a kernel's own files, and contract tests inside it."""
        return isinstance(unit.owner, Kernel) or (unit.test and unit.mode == "kernel")

    def _visible(self, symbol: str, slots: set[str]) -> bool:
        if symbol in self._slot_of:
            return self._slot_of[symbol] in slots
        return symbol not in self._kernel_symbols and symbol != "CONTRACT_TESTS"  # a part is tested as it is shipped

    def autoconf(self, unit: Unit) -> str:
        """The header that a unit is compiled with; for the host it says so."""
        text = "/* What this file may know of the configuration. */\n#pragma once\n"
        text += "".join(self.config.define(s) for s in self.symbols(unit))
        text += "".join(f"#define CONFIG_{s} 1\n" for s in self._stood_for(unit))
        return text + ("#define CONFIG_HOST 1\n" if unit.mode == "host" else "")

    def _stood_for(self, unit: Unit) -> Iterator[str]:
        """The symbols of parts in whose place one that extends them is: who asks for those means this one, too."""
        seen = {p.slot for p in self.unit_sees(unit)}
        for part in self.parts:
            if self._is_whole(unit) or part.slot in seen:
                yield from (base.symbol for base in part.lineage[1:])

    @cached_property
    def images(self) -> tuple[Linked, ...]:
        """The kernel first, then the images that the chosen parts bring."""
        tests = self._contract_tests() if self.config.on("CONTRACT_TESTS") else ()
        own = tuple(Unit(self.kernel.folder / f, self.kernel, "kernel") for f in self.kernel.files)
        kernel = Linked("kernel", "kernel", own + self._units("kernel", "kernel") + tests, self.kernel.folder / self.kernel.link, "")
        linked = [kernel]
        for part in self.parts:
            for image in part.images:
                linked.append(self._image(part, image))
        return tuple(linked)

    def _image(self, part: Part, image: Image) -> Linked:
        own = tuple(Unit(part.path(f), part, image.mode) for f in part.files_for(image.name))
        others = tuple(u for u in self._units(image.name, image.mode) if u not in own)
        return Linked(image.name, image.mode, own + others, part.path(image.link), image.initrd)

    def _units(self, image: str, mode: str) -> tuple[Unit, ...]:
        units = []
        for part in self.parts_in(self.slots_of(image)):
            if not part.toolchain:
                units += [Unit(part.path(f), part, mode) for f in part.files_for(image)]
        return tuple(units)

    def tested_slots(self) -> tuple[Slot, ...]:
        """The slots of the kernel image that have a contract test and a part to test."""
        names = self.slots_of("kernel")
        filled = {p.slot for p in self.parts}
        return tuple(s for n, s in self.tree.slots.items() if n in names and n in filled and (s.folder / "contract_test.c").is_file())

    def _contract_tests(self) -> tuple[Unit, ...]:
        units = [Unit(Path("tests/host/tap.c"), self.kernel, "kernel", True)]
        for slot in self.tested_slots():
            units.append(Unit(slot.folder / "contract_test.c", self.parts_in([slot.name])[0], "kernel", True))
        return tuple(units)

    @cached_property
    def programs(self) -> tuple[Linked, ...]:
        """The workloads, by name."""
        linked = []
        for part in self.parts:
            if part.toolchain == "musl":
                units = tuple(Unit(part.path(f), part, "musl") for f in part.files["program"])
                linked.append(Linked(part.name, "musl", units, None, f"bin/{part.name}"))
            elif part.toolchain:
                units = tuple(
                    Unit(p.path(f), p, "user") for p in self.seen_by(part) if not p.toolchain or p is part for f in p.files_for("program")
                )
                linked.append(Linked(part.name, "user", units, part.path(part.link), f"bin/{part.name}"))
        return tuple(linked)

    def check_sources(self) -> None:
        """Refuse a file that names what it may not see, where the compiler would say so obscurely or not at all.

        A ``CONFIG_`` symbol that is not visible would silently be off; a contract without its implementation does not compile.
        """
        for part in self.parts:
            sources = [u.source for image in self.images for u in image.units if u.owner is part and not u.test]
            headers = [h for folder in (*part.folders, self.tree.slots[part.slot].folder) for h in sorted(folder.glob("*.h"))]
            seen = {p.slot for p in self.seen_by(part)}
            for path in [] if part.toolchain == "musl" else [*sources, *headers]:
                text = path.read_text(encoding="utf-8")
                for fault in [*self._hidden_symbols(text, seen), *self._hidden_contracts(text, seen)]:
                    raise ManifestError(f"{path}: {fault} in {part.folder / 'part.toml'} or in its slot's slot.toml")

    def _hidden_symbols(self, text: str, seen: set[str]) -> Iterator[str]:
        for name in sorted(set(MENTION.findall(text))):
            if not self._visible(name, seen):
                slot = self._slot_of.get(name)
                advice = f'add "{slot}" to requires' if slot else "a part may not ask which kernel it is in: drop it, or give it an option of its own"
                yield f"CONFIG_{name} is not visible here and would always be off: {advice}"

    def _hidden_contracts(self, text: str, seen: set[str]) -> Iterator[str]:
        for name in sorted(set(CONTRACT.findall(text)) - seen):
            if any((folder / f"{name}_impl.h").is_file() for p in self.parts_in([name]) for folder in p.folders):
                yield f'it includes <{name}/{name}.h>, whose inline functions are those of the chosen part: add "{name}" to requires'
