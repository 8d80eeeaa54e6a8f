"""The manifests of slots, parts and kernels, read strictly (``docs/assembly.md`` is the format).

``load_tree`` reads ``components/``, ``kernels/`` and the folders outside the tree and hands back one ``Tree`` in which every
reference has been checked: a name that stands in a manifest names something that exists. What may be combined with what is
stated by the manifests and judged in ``kit.constraints``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Union

from kit import extends, references
from kit.toml import ManifestError, Table, nearest

CHOICES = ("one", "optional", "any")
OPTION_TYPES = ("bool", "int", "hex", "string", "choice")
TRANSPORTS = ("direct", "mach", "l4")
TOOLCHAINS = ("musl", "mach", "l4")
NAME = re.compile(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*\Z")
OPTION_NAME = re.compile(r"[A-Z][A-Z0-9_]*\Z")

Value = Union[bool, int, str]


@dataclass(frozen=True)
class Option:
    """One Kconfig option. ``symbol`` is without ``CONFIG_``; a choice's members are ``symbol_<NAME>``."""

    symbol: str
    type: str
    default: Value
    title: str
    help: str
    range: tuple[int, int] | None = None
    choices: tuple[str, ...] = ()

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every symbol that Kconfig knows this option by."""
        return tuple(f"{self.symbol}_{name}" for name in self.choices) if self.choices else (self.symbol,)


@dataclass(frozen=True)
class Image:
    """A linked user-mode program that a part brings. ``initrd`` is its path there."""

    name: str
    mode: str
    link: str
    slots: tuple[str, ...]
    initrd: str


@dataclass(frozen=True)
class Part:
    """One implementation of a slot. Folders are as given to ``load_tree``; file names are relative to ``folder``.

    Of a part that extends another one, ``base`` is that one, and every other field is what holds of both together;
    ``options`` alone are the part's own. ``origins`` are the folders of the files that it has from its base.
    """

    slot: str
    name: str
    folder: Path
    title: str
    summary: str
    help: str = ""
    source: str = ""
    kernels: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    files: dict[str, tuple[str, ...]] = field(default_factory=dict)
    adds: dict[str, tuple[str, ...]] = field(default_factory=dict)
    options: tuple[Option, ...] = ()
    images: tuple[Image, ...] = ()
    offsets: str = ""
    idl: str = ""
    transport: str = ""
    toolchain: str = ""
    link: str = ""
    extends: str = ""
    base: Part | None = None
    origins: dict[str, Path] = field(default_factory=dict)
    faults: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """``slot/part``, as other manifests name it."""
        return f"{self.slot}/{self.name}"

    @property
    def symbol(self) -> str:
        """Its Kconfig symbol, without ``CONFIG_``."""
        return symbol_of(self.slot, self.name)

    @property
    def lineage(self) -> tuple[Part, ...]:
        """The part, the one that it extends, the one that that extends, and so on."""
        return (self, *(self.base.lineage if self.base else ()))

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where its headers are looked for, in order."""
        return tuple(part.folder for part in self.lineage)

    @property
    def references(self) -> tuple[str, ...]:
        """What means it in ``requires``: its slot, itself, a part that it extends, a feature that it provides."""
        return (self.slot, *(part.id for part in self.lineage), *(f"feature:{name}" for name in self.provides))

    def path(self, name: str) -> Path:
        """Where the file ``name`` of its manifest lies."""
        return self.origins.get(name, self.folder) / name

    def files_for(self, image: str) -> tuple[str, ...]:
        """What it adds to ``image``; on the host, what it adds to a kernel unless it says otherwise."""
        own = self.files.get(image, self.files.get("kernel", ()) if image == "host" else ())
        return own + tuple(name for name in self.files.get("all", ()) if name not in own)


@dataclass(frozen=True)
class Slot:
    """A place in a kernel and the parts that fit it, sorted by name; behind each those that extend it."""

    name: str
    folder: Path
    title: str
    summary: str
    choice: str
    defaults: tuple[str, ...]
    help: str = ""
    requires: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    offsets: str = ""
    idl: str = ""
    host_test: str = ""
    sees_kernel: bool = False
    test_files: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def symbol(self) -> str:
        """The prefix of its symbols."""
        return symbol_of(self.name)

    def path(self, name: str) -> Path:
        """Where the file ``name`` of its manifest lies."""
        return self.folder / name

    def part(self, name: str) -> Part:
        """The part of that name (``KeyError`` if there is none)."""
        for part in self.parts:
            if part.name == name:
                return part
        raise KeyError(name)


@dataclass(frozen=True)
class Kernel:
    """A composition: the slots of its image, and its own few files."""

    name: str
    folder: Path
    title: str
    summary: str
    source: str
    help: str
    slots: tuple[str, ...]
    files: tuple[str, ...]
    link: str
    provides: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    offsets: str = ""
    faults: tuple[str, ...] = ()

    @property
    def symbol(self) -> str:
        """Its Kconfig symbol, without ``CONFIG_``."""
        return symbol_of("kernel", self.name)

    def path(self, name: str) -> Path:
        """Where the file ``name`` of its manifest lies."""
        return self.folder / name


@dataclass(frozen=True)
class Tree:
    """All that manifests say. ``files`` are the manifests read, for build dependencies."""

    root: Path
    slots: dict[str, Slot]
    kernels: dict[str, Kernel]
    files: tuple[Path, ...]

    def parts(self) -> Iterator[Part]:
        """Every part, by slot and name."""
        for slot in self.slots.values():
            yield from slot.parts

    def part(self, id: str) -> Part:
        """The part ``slot/part`` (``KeyError`` if there is none)."""
        slot, _, name = id.partition("/")
        return self.slots[slot].part(name)

    def standing_for(self, part: Part) -> tuple[Part, ...]:
        """The part, and the parts that extend it: one of them is there where ``part`` is required."""
        return (part, *(p for p in self.slots[part.slot].parts if p.name != part.name and part.id in p.references))


def symbol_of(*names: str) -> str:
    """The Kconfig symbol of a path of names: ``("ipc", "mach")`` is ``IPC_MACH``."""
    return "_".join(names).upper().replace("-", "_")


def load_tree(root: Path, extra: Sequence[Path] = ()) -> Tree:
    """Read every manifest under ``root`` and, as ``<slot>/<part>/part.toml``, under each folder of ``extra``.

    Raises ``ManifestError`` at the first fault, in a fixed order. Files that are missing are kept as ``faults`` of whoever
    names them: they stop an assembly that needs them, and no other.
    """
    slots: dict[str, Slot] = {}
    parts: dict[str, list[Part]] = {}
    files: list[Path] = []
    for folder in extra:
        if not folder.is_dir():
            raise ManifestError(f"PARTS names {folder}, which is no folder")
    for base in [root / "components", *extra]:
        for path in sorted(base.glob("*/slot.toml")):
            slot = _read_slot(path)
            if slot.name in slots:
                raise ManifestError(f"{path}: there is a slot {slot.name} already: {slots[slot.name].folder}")
            slots[slot.name] = slot
            files.append(path)
    for base in [root / "components", *extra]:
        for path in sorted(base.glob("*/*/part.toml")):
            part = _read_part(path)
            if part.slot not in slots:
                raise ManifestError(
                    f"{path}: there is no slot {part.slot}: components/{part.slot}/slot.toml is missing{nearest(part.slot, slots)}"
                )
            for other in parts.setdefault(part.slot, []):
                if other.name == part.name:
                    raise ManifestError(f"{path}: there is a part {part.id} already: {other.folder}")
            parts[part.slot].append(part)
            files.append(path)
    kernels = {}
    for path in sorted((root / "kernels").glob("*/kernel.toml")):
        kernel = _read_kernel(path)
        kernels[kernel.name] = kernel
        files.append(path)
    full = {name: _fill(slots[name], parts.get(name, [])) for name in sorted(slots)}
    tree = Tree(root, full, kernels, tuple(files))
    references.check(tree)
    return tree


def _name(path: Path, name: str) -> str:
    if not NAME.match(name):
        raise ManifestError(f'{path}: the folder "{name}" cannot be a name: use lower case, digits and single _ or -')
    return name


def _read_slot(path: Path) -> Slot:
    name = _name(path, path.parent.name)
    t = Table.load(path)
    choice = t.choice("choice", CHOICES, required=True)
    if choice == "any":
        defaults = t.texts("default") if "default" in t.values else ("*",)
        t.known.append("default")
    else:
        defaults = (t.text("default", required=choice == "one"),)
    slot = Slot(
        name=name,
        folder=path.parent,
        title=t.line("title", required=True),
        summary=t.line("summary", required=True),
        choice=choice,
        defaults=tuple(d for d in defaults if d),
        help=t.text("help"),
        requires=t.texts("requires"),
        options=t.each("option", lambda o: _read_option(o, symbol_of(name))),
        offsets=_file(t, "offsets"),
        idl=_file(t, "idl"),
        host_test=t.line("host_test"),
        sees_kernel=t.get("sees_kernel", bool, "true or false", False),
        test_files=_sources(t, "test_files"),
        faults=tuple(t.late),
    )
    t.finish()
    return slot


def _read_part(path: Path) -> Part:
    slot = _name(path, path.parent.parent.name)
    name = _name(path, path.parent.name)
    t = Table.load(path)
    for key, value in (("name", name), ("slot", slot)):  # may be stated, and must then be what the folders say
        if t.text(key, value) != value:
            raise t.error(key, f'must be "{value}", the name of the folder')
    part = Part(
        slot=slot,
        name=name,
        folder=path.parent,
        title=t.line("title", required=True),
        summary=t.line("summary", required=True),
        help=t.text("help"),
        source=t.text("source"),
        kernels=t.texts("kernels"),
        requires=t.texts("requires"),
        conflicts=t.texts("conflicts"),
        provides=t.texts("provides"),
        files=_files(t),
        adds=t.lists("adds"),
        options=t.each("option", lambda o: _read_option(o, symbol_of(slot, name))),
        images=t.each("image", _read_image),
        offsets=_file(t, "offsets"),
        idl=_file(t, "idl"),
        transport=t.choice("transport", TRANSPORTS),
        toolchain=t.choice("toolchain", TOOLCHAINS),
        link=_file(t, "link"),
        extends=t.text("extends"),
        faults=tuple(t.late),
    )
    if part.toolchain and part.extends:
        raise t.error("toolchain", f"is that of {part.extends}, which the part extends: leave it out")
    if part.toolchain in ("mach", "l4") and not part.link:
        raise t.error("link", "is missing: a freestanding program needs a linker script")
    if part.toolchain and not part.files.get("program"):
        raise t.error("files.program", "is missing: which C files make the program?")
    t.finish()
    return part


def _read_kernel(path: Path) -> Kernel:
    name = _name(path, path.parent.name)
    t = Table.load(path)
    kernel = Kernel(
        name=name,
        folder=path.parent,
        title=t.line("title", required=True),
        summary=t.line("summary", required=True),
        source=t.text("source"),
        help=t.text("help"),
        slots=t.texts("slots"),
        files=_sources(t, "files"),
        link=_file(t, "link", required=True),
        provides=t.texts("provides"),
        options=t.each("option", lambda o: _read_option(o, symbol_of("kernel", name))),
        offsets=_file(t, "offsets"),
        faults=tuple(t.late),
    )
    if not kernel.slots:
        raise t.error("slots", "must name the slots that the kernel is composed of")
    t.finish()
    return kernel


def _file(t: Table, key: str, required: bool = False) -> str:
    """A file of the manifest's folder. That it is missing matters to who chooses what the manifest describes."""
    name = t.text(key, required=required)
    if name and not (t.path.parent / name).is_file():
        t.late.append(str(t.error(key, f"there is no file {t.path.parent / name}")))
    return name


def _sources(t: Table, key: str) -> tuple[str, ...]:
    names = t.texts(key)
    for name in names:
        if not name.endswith((".c", ".S")):
            raise t.error(key, f'"{name}" is neither a .c nor a .S file')
        if not (t.path.parent / name).is_file():
            found = [p.name for p in t.path.parent.glob("*.[cS]")]
            t.late.append(str(t.error(key, f"there is no file {t.path.parent / name}{nearest(name, found)}")))
    return names


def _files(t: Table) -> dict[str, tuple[str, ...]]:
    inner = t.table("files")
    return {image: _sources(inner, image) for image in inner.values}


def _read_image(t: Table) -> Image:
    name = t.text("name", required=True)
    if not NAME.match(name) or name in ("kernel", "all", "host", "program"):
        raise t.error("name", f'"{name}" cannot be the name of an image')
    return Image(
        name=name,
        mode=t.choice("mode", ("user", "library"), "user"),
        link=_file(t, "link", required=True),
        slots=t.texts("slots"),
        initrd=t.text("initrd", f"sbin/{name}"),
    )


def _read_option(t: Table, prefix: str) -> Option:
    name = t.text("name", required=True)
    if not OPTION_NAME.match(name):
        raise t.error("name", f'"{name}" must be of capitals, digits and _')
    kind = t.choice("type", OPTION_TYPES, required=True)
    choices = t.texts("choices")
    if (kind == "choice") != bool(choices):
        raise t.error("choices", 'belongs to options of type "choice", which must name at least two')
    wanted: dict[str, type] = {"bool": bool, "int": int, "hex": int, "string": str, "choice": str}
    default = t.get("default", wanted[kind], f"a default of type {kind}", required=True)
    if kind == "string" and any(c in default for c in '\n"\\$'):
        raise t.error("default", "must be one line without double quotes, backslashes or dollar signs")
    if choices and default not in choices:
        raise t.error("default", f'"{default}" is not among the choices{nearest(default, choices)}')
    for choice in choices:
        if not OPTION_NAME.match(choice):
            raise t.error("choices", f'"{choice}" must be of capitals, digits and _')
    return Option(
        symbol=f"{prefix}_{name}",
        type=kind,
        default=default,
        title=t.line("title", required=True),
        help=t.text("help", required=True),
        range=_range(t, kind, default),
        choices=choices,
    )


def _range(t: Table, kind: str, default: Value) -> tuple[int, int] | None:
    limits = t.get("range", list, "two numbers: [lowest, highest]", None)
    if limits is None:
        return None
    if kind not in ("int", "hex"):
        raise t.error("range", f"makes no sense for a {kind}")
    if len(limits) != 2 or not all(type(n) is int for n in limits) or limits[0] > limits[1]:
        raise t.error("range", f"must be two numbers, the lowest first, not {limits!r}")
    if not limits[0] <= int(default) <= limits[1]:
        raise t.error("default", f"{default} is outside the range {limits[0]} to {limits[1]}")
    return limits[0], limits[1]


def _fill(slot: Slot, parts: list[Part]) -> Slot:
    """The slot with its parts, each of which inherits what the contract header includes."""
    full = []
    for part in extends.resolve(parts):
        inherited = tuple(r for r in slot.requires if r not in part.requires and r != slot.name)
        full.append(Part(**{**vars(part), "requires": part.requires + inherited}))
    names = [p.name for p in parts]
    for default in slot.defaults:
        if default != "*" and default not in names:
            raise ManifestError(
                f"{slot.folder / 'slot.toml'}: default: there is no part {slot.name}/{default}{nearest(default, names)}"
            )
    every = tuple(p.name for p in full if not p.extends)
    defaults = every if slot.defaults == ("*",) else slot.defaults
    return Slot(**{**vars(slot), "defaults": defaults, "parts": tuple(full)})
