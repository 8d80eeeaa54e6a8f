"""Writing the makefile of a configuration.

Objects live in ``build/obj/<key>/``, where the key is a hash of all that decides what a compiler makes of a file besides
the file itself: the compiler, the flags, the include folders and the ``CONFIG_`` values that the file may see. So two
configurations that compile a file alike share the object, and a changed configuration can never meet a stale one.

``build/<name>/`` holds what belongs to one configuration alone: its ``.config``, its makefile ``build.mk``, its images and
its initrd, and ``config.json`` which says all of that to programs.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kit import idl
from kit.assembly import Assembled, Linked, Unit, short
from kit.files import write_if_changed
from kit.headers import headers, translation_unit
from kit.kconfig_text import environment
from kit.manifest import Kernel, Part, Slot

FREESTANDING = (
    "-std=gnu11 -ffreestanding -O2 -g -Wall -Wextra -Werror -mno-red-zone -mgeneral-regs-only -fno-pic -fno-pie "
    "-fcf-protection=none -fno-stack-protector -fno-stack-clash-protection -fno-asynchronous-unwind-tables -fno-strict-aliasing"
).split()
FLAGS = {
    "kernel": [*FREESTANDING, "-mcmodel=kernel"],
    "user": [*FREESTANDING, "-mcmodel=small"],
    "library": [*FREESTANDING, "-mcmodel=small", "-fpie", "-fvisibility=hidden"],
    "musl": "-std=gnu11 -O2 -Wall -Wextra -Werror".split(),
    "host": (
        "-std=gnu11 -O1 -g -Wall -Wextra -Werror -fno-strict-aliasing -fno-omit-frame-pointer "
        "-fsanitize=address,undefined -fno-sanitize-recover=all"
    ).split(),
}
COMPILERS = {"kernel": "CC", "user": "CC", "library": "CC", "host": "CC", "musl": "MUSL_CC"}


@dataclass(frozen=True)
class Object:
    """A file to compile, as the makefile template wants it."""

    path: str
    source: str
    label: str
    key: str
    compiler: str
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class Generated:
    """The stubs of one interface for one transport."""

    source: str
    folder: str
    transport: str
    outputs: tuple[str, ...]


@dataclass
class Rules:
    """What a makefile is rendered from; every list is in the order in which it was found, without repetition."""

    name: str
    flags: dict[str, str] = field(default_factory=dict)
    objects: dict[str, Object] = field(default_factory=dict)
    offsets: dict[str, tuple[str, ...]] = field(default_factory=dict)
    assembly: dict[str, Object] = field(default_factory=dict)
    generated: dict[str, Generated] = field(default_factory=dict)
    programs: dict[str, dict[str, object]] = field(default_factory=dict)
    kernel: dict[str, object] | None = None
    images: list[dict[str, object]] = field(default_factory=list)
    initrd: dict[str, str] = field(default_factory=dict)
    tests: list[dict[str, object]] = field(default_factory=list)
    loose: list[str] = field(default_factory=list)
    inputs: dict[str, str] = field(default_factory=dict)
    commands: list[dict[str, object]] = field(default_factory=list)


class Emitter:
    """Collects the rules of one or more assemblies. ``versions`` are the first lines of the compilers' ``--version``."""

    def __init__(self, root: Path, build: str, versions: dict[str, str], name: str) -> None:
        self.root = root
        self.build = build
        self.versions = versions
        self.rules = Rules(name)

    def unit(self, assembled: Assembled, unit: Unit) -> Object:
        """The object of a unit; its rule, its flags and its ``autoconf.h`` are kept for the makefile."""
        flags = list(FLAGS[unit.mode])
        if unit.mode in ("kernel", "user", "library") and assembled.config.on("DEBUG_FRAME_POINTER"):
            flags.append("-fno-omit-frame-pointer")
        includes = list(assembled.includes(unit))
        after: list[str] = []
        for folder, target in self._generated(assembled, unit):
            includes.append(folder)
            after.append(target)
        autoconf = "" if unit.mode == "musl" else assembled.autoconf(unit)
        version = self.versions[COMPILERS[unit.mode]]
        key = _hash([version, flags, includes, autoconf, unit.mode])
        folder = f"{self.build}/obj/{key}"
        options = [*flags, *(f"-I{i}" for i in includes)]
        if autoconf:
            write_if_changed(self.root / folder / "autoconf.h", autoconf)
            options.append(f"-include {folder}/autoconf.h")
        self.rules.flags.setdefault(key, " ".join(options))
        path = f"{folder}/{_inside(unit.label)}.o"
        made = Object(path, os.path.normpath(unit.source), unit.label, key, COMPILERS[unit.mode], tuple(after))
        if path not in self.rules.objects:
            self.rules.objects[path] = made
            self.rules.commands.append({"file": made.source, "output": path, "compiler": made.compiler, "flags": options})
        return made

    def _generated(self, assembled: Assembled, unit: Unit) -> list[tuple[str, str]]:
        """Folders of generated headers that a unit includes from, each with the file that shows it is complete."""
        result = []
        if unit.source.suffix == ".S":
            offsets = self._offsets(assembled, unit)
            if offsets:
                result.append((os.path.dirname(offsets), offsets))
        for owner in idl_owners(assembled, assembled.unit_sees(unit)):
            stamp = self._idl(assembled, owner.path(owner.idl), unit.mode)
            result.append((os.path.dirname(stamp), stamp))
        return result

    def _idl(self, assembled: Assembled, source: Path, mode: str) -> str:
        """The stamp of the stubs of an interface; on the host they are always direct calls."""
        transport = "direct" if mode == "host" else assembled.transport
        plain = os.path.normpath(source)
        folder = f"{self.build}/gen/{_hash([plain, transport])}"
        stamp = f"{folder}/.made"
        names = idl.outputs(plain, transport)
        self.rules.generated[stamp] = Generated(plain, folder, transport, tuple(f"{folder}/{n}" for n in names))
        return stamp

    def stubs(self, assembled: Assembled, slots: Iterable[str], mode: str) -> list[Unit]:
        """The generated C files of an image that is made of ``slots``."""
        units = []
        for owner in idl_owners(assembled, assembled.parts_in(slots)):
            stamp = self._idl(assembled, owner.path(owner.idl), mode)
            for path in self.rules.generated[stamp].outputs:
                if path.endswith(".c"):
                    units.append(Unit(Path(path), stub_owner(assembled, owner), mode))
        return units

    def _offsets(self, assembled: Assembled, unit: Unit) -> str:
        owners: list[Part | Kernel] = list(assembled.unit_sees(unit))
        files = [Unit(p.path(p.offsets), p, unit.mode) for p in owners if p.offsets]
        for part in list(assembled.unit_sees(unit)):
            slot = assembled.tree.slots[part.slot]
            if slot.offsets:
                files.append(Unit(slot.path(slot.offsets), part, unit.mode))
        if isinstance(unit.owner, Kernel) and unit.owner.offsets:
            files.append(Unit(unit.owner.path(unit.owner.offsets), unit.owner, unit.mode))
        texts = []
        for file in files:
            made = self.unit(assembled, file)
            del self.rules.objects[made.path]
            path = made.path[:-2] + ".s"
            if path not in texts:
                texts.append(path)
                self.rules.assembly[path] = Object(path, made.source, made.label, made.key, made.compiler, made.after)
        if not texts:
            return ""
        header = f"{self.build}/gen/{_hash(texts)}/offsets.h"
        self.rules.offsets[header] = tuple(texts)
        return header

    def objects(self, assembled: Assembled, units: Iterable[Unit]) -> list[str]:
        """The object files of ``units``, each once."""
        return list(dict.fromkeys(self.unit(assembled, unit).path for unit in units))

    def assembly(self, assembled: Assembled) -> None:
        """Everything of one configuration: kernel, images, programs, initrd."""
        home = f"{self.build}/{assembled.name}"
        kernel, *others = assembled.images
        objects = self.objects(assembled, [*kernel.units, *self.stubs(assembled, assembled.slots_of("kernel"), "kernel")])
        if assembled.config.on("CONTRACT_TESTS"):
            objects.append(self._test_table(assembled, home))
        self.rules.kernel = {"home": home, "objects": objects, "script": _text(kernel.link)}
        for image in others:
            self._image(assembled, image, home)
        for program in assembled.programs:
            self._program(assembled, program)

    def _image(self, assembled: Assembled, image: Linked, home: str) -> None:
        path = f"{home}/{image.name}.elf"
        units = [*image.units, *self.stubs(assembled, assembled.slots_of(image.name), image.mode)]
        self.rules.images.append(
            {"name": image.name, "path": path, "objects": self.objects(assembled, units), "script": _text(image.link)}
        )
        self.rules.initrd[image.initrd] = path

    def _program(self, assembled: Assembled, program: Linked) -> None:
        objects = self.objects(assembled, program.units)
        path = f"{self.build}/programs/{_hash([objects, _text(program.link)])}/{program.name}"
        self.rules.programs[path] = {"objects": objects, "script": _text(program.link), "mode": program.mode}
        self.rules.initrd[program.initrd] = path

    def _test_table(self, assembled: Assembled, home: str) -> str:
        names = [slot.name.replace("-", "_") for slot in assembled.tested_slots()]
        write_if_changed(self.root / home / "contract_tests.c", test_table(names))
        return self.unit(assembled, Unit(Path(home) / "contract_tests.c", assembled.kernel, "kernel", True)).path

    def contract_test(self, assembled: Assembled, part: Part) -> None:
        """The program that runs the contract test of a slot on the host, with ``part`` in it."""
        slot = assembled.tree.slots[part.slot]
        seen = [p for p in assembled.seen_by(part) if not p.toolchain]
        units = [Unit(Path("tests/host") / f, part, "host", True) for f in ("main.c", "tap.c")]
        units += [Unit(slot.folder / f, part, "host", True) for f in ("contract_test.c", *slot.test_files)]
        units += [Unit(p.path(f), p, "host") for p in seen for f in p.files_for("host")]
        units += self.stubs(assembled, {p.slot for p in seen}, "host")
        home = f"{self.build}/{self.rules.name}"
        table = Path(home) / f"{slot.name}.c"
        write_if_changed(self.root / table, test_table([slot.name.replace("-", "_")]))
        units.append(Unit(table, part, "host", True))
        self.rules.tests.append({"path": f"{home}/{part.id}", "objects": self.objects(assembled, units)})

    def headers(self, assembled: Assembled) -> None:
        """An object for each header, compiled alone with the eyes of a part that sees it."""
        for header, part in headers(assembled).items():
            text = Path(self.build) / self.rules.name / f"{_inside(short(header))}.c"
            write_if_changed(self.root / text, translation_unit(header, part))
            mode = "musl" if part.toolchain == "musl" else "kernel"
            shared = header.parent not in (*part.folders, assembled.tree.slots[part.slot].folder)
            path = self.unit(assembled, Unit(text, part, mode, tap=True, beside=header.parent if shared else None)).path
            if path not in self.rules.loose:
                self.rules.loose.append(path)

    def render(self) -> str:
        """The makefile."""
        return environment().get_template("build.mk.j2").render(r=self.rules, build=self.build)


def idl_owners(assembled: Assembled, parts: Iterable[Part]) -> list[Slot | Part]:
    """Whoever among ``parts`` and their slots describes an interface."""
    found = list(parts)
    slots = dict.fromkeys(p.slot for p in found)
    owners: list[Slot | Part] = [assembled.tree.slots[s] for s in slots if assembled.tree.slots[s].idl]
    return owners + [p for p in found if p.idl]


def stub_owner(assembled: Assembled, owner: Slot | Part) -> Part:
    """Whose eyes the stubs of an interface see with: a part's own, or those of all chosen parts of a slot."""
    if isinstance(owner, Part):
        return owner
    requires = (owner.name, *owner.requires)
    return Part(owner.name, "stubs", owner.folder, "stubs", "generated", requires=requires)


def test_table(names: Sequence[str]) -> str:
    """C text of the table of contract tests (``tests/host/tap.h``)."""
    text = "/* The contract tests of this configuration. */\n#include <tap.h>\n\n"
    text += "".join(f"void contract_test_{name}(void);\n" for name in names)
    text += "\nconst struct contract_test contract_tests[] = {\n"
    text += "".join(f'\t{{"{name}", contract_test_{name}}},\n' for name in names)
    return text + "};\nconst unsigned contract_tests_count = sizeof(contract_tests) / sizeof(contract_tests[0]);\n"


def describe(assembled: Assembled, rules: Rules) -> str:
    """``config.json``: the configuration and its products, for programs."""
    value = {
        "name": assembled.name,
        "hash": assembled.config.hash,
        "kernel": assembled.kernel.name,
        "assembly": {var: choice for var, choice in assembled.config.assembly.items() if choice},
        "values": assembled.config.values,
        "objects": {
            **({"kernel": rules.kernel["objects"]} if rules.kernel else {}),
            **{str(image["name"]): image["objects"] for image in rules.images},
        },
        "initrd": rules.initrd,
        "transport": assembled.transport,
    }
    return json.dumps(value, indent=2, sort_keys=True) + "\n"


def links(rules: Rules) -> str:
    """What is linked of what, one product a line: a product whose line changes has to be linked anew."""
    lines = [f"{product['path']} {product['objects']}" for product in rules.images]
    lines.append(f"kernel {rules.kernel['objects'] if rules.kernel else ''}")
    return "\n".join([*lines, *(f"initrd/{name} {path}" for name, path in rules.initrd.items()), ""])


def compile_commands(rules: Rules, root: Path, compilers: dict[str, str]) -> str:
    """``compile_commands.json`` for editors and clang tools."""
    entries = []
    for command in rules.commands:
        words = [compilers[str(command["compiler"])], *" ".join(map(str, command["flags"])).split()]  # type: ignore[call-overload]
        words += ["-c", "-o", str(command["output"]), str(command["file"])]
        entries.append({"directory": str(root.resolve()), "file": command["file"], "output": command["output"], "arguments": words})
    return json.dumps(entries, indent=1) + "\n"


def emit(assembled: Assembled, root: Path, build: str, versions: dict[str, str], inputs: dict[str, str]) -> None:
    """Write ``build/<name>/``: ``.config``, ``config.json``, ``links``, ``compile_commands.json`` and, last, ``build.mk``.

    ``inputs`` are variables that the makefile keeps, by which the next run knows whether it is still true.
    """
    assembled.check_sources()
    emitter = Emitter(root, build, versions, assembled.name)
    emitter.rules.inputs = inputs
    emitter.assembly(assembled)
    home = root / build / assembled.name
    write_if_changed(home / ".config", assembled.config.text())
    write_if_changed(home / "config.json", describe(assembled, emitter.rules))
    write_if_changed(home / "links", links(emitter.rules))
    compilers = {"CC": os.environ.get("CC") or "gcc", "MUSL_CC": "musl-gcc"}
    write_if_changed(home / "compile_commands.json", compile_commands(emitter.rules, root, compilers))
    if not write_if_changed(home / "build.mk", emitter.render()):
        (home / "build.mk").touch()


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:12]


def _inside(label: str) -> str:
    """A source as a path inside an object folder; one from outside the tree is kept apart by a hash of where it lies."""
    stem = os.path.splitext(label)[0]
    if stem.startswith(("/", "..")):
        return f"outside/{_hash(os.path.dirname(stem))}/{os.path.basename(stem)}"
    return stem


def _text(path: Path | None) -> str:
    return os.path.normpath(path) if path else ""
