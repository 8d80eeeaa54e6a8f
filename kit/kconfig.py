"""Configurations: loaded strictly, saved small, made at random.

Requested equals actual, always. Whoever loads a file gets the configuration that stands in it, or a ``ConfigError`` that
names each line that could not be had, the reason, and the smallest set of changes that makes the assembly work.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import kconfiglib

from kit.advice import Diagnosis
from kit.constraints import KERNEL, Literal, Model, chosen
from kit.files import write_if_changed
from kit.kconfig_text import render, symbols_of
from kit.manifest import Kernel, Option, Part, Slot, Tree, load_tree
from kit.toml import ManifestError, nearest

LINE = re.compile(r"CONFIG_([A-Za-z0-9_]+)=(.*)\Z")
NOT_SET = re.compile(r"# CONFIG_([A-Za-z0-9_]+) is not set\Z")
PARTS_FILE = "build/Kconfig.parts"
_environ_lock = threading.Lock()


class ConfigError(Exception):
    """A configuration that cannot be had; the text says why and what to change."""


@dataclass(frozen=True)
class Config:
    """A complete configuration. ``values`` maps each visible symbol (without ``CONFIG_``) to its value as Kconfig writes it:
    ``y``/``n``, a number, or a string without quotes."""

    values: dict[str, str]
    types: dict[str, str]
    assembly: dict[str, str]

    @cached_property
    def hash(self) -> str:
        """Twelve hexadecimal digits that two configurations share only if they are the same."""
        text = "".join(f"{name}={value}\n" for name, value in sorted(self.values.items()) if value != "n")
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def on(self, symbol: str) -> bool:
        """Whether a bool symbol is set."""
        return self.values.get(symbol) == "y"

    def text(self) -> str:
        """The configuration as a ``.config`` file."""
        lines = ["# A complete configuration. Change it with: make menuconfig"]
        for name, value in self.values.items():
            if self.types[name] == "bool":
                lines.append(f"CONFIG_{name}=y" if value == "y" else f"# CONFIG_{name} is not set")
            elif self.types[name] == "string":
                lines.append(f'CONFIG_{name}="{value}"')
            else:
                lines.append(f"CONFIG_{name}={value}")
        return "\n".join(lines) + "\n"

    def define(self, symbol: str) -> str:
        """The C preprocessor line of a symbol; nothing for what is off."""
        value = self.values[symbol]
        if self.types[symbol] == "bool":
            return f"#define CONFIG_{symbol} 1\n" if value == "y" else ""
        return f'#define CONFIG_{symbol} "{value}"\n' if self.types[symbol] == "string" else f"#define CONFIG_{symbol} {value}\n"


class Configurator:
    """All that is asked of one tree: its model, its Kconfig, its configurations."""

    def __init__(self, root: Path, extra: Sequence[Path] = ()) -> None:
        self.root = root
        self.tree: Tree = load_tree(root, extra)
        try:
            self.model = Model(self.tree)
        except ValueError as error:
            raise ManifestError(str(error)) from error
        if not self.tree.kernels:
            raise ManifestError(f"{root / 'kernels'}: there is no kernel.toml, so nothing can be assembled")
        self.literals = symbols_of(self.model)
        write_if_changed(root / PARTS_FILE, render(self.model))

    @cached_property
    def kconf(self) -> kconfiglib.Kconfig:
        """The parsed Kconfig text."""
        with _environ(srctree=str(self.root), CONFIG_="CONFIG_"):
            try:
                return kconfiglib.Kconfig("Kconfig", warn_to_stderr=False)
            except kconfiglib.KconfigError as error:
                raise ManifestError(f"the Kconfig text does not hold together: {error}") from error

    def request_of(self, path: Path) -> dict[str, str]:
        """What a file asks for, line by line; an unknown symbol or a line that is no assignment is an error."""
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
        request: dict[str, str] = {}
        for number, line in enumerate(lines, 1):
            where = f"{path}:{number}"
            match, off = LINE.match(line.strip()), NOT_SET.match(line.strip())
            if off:
                name, value = off.group(1), "n"
            elif match:
                name, value = match.group(1), match.group(2).strip()
            elif line.strip() and not line.lstrip().startswith("#"):
                raise ConfigError(f"{where}: neither CONFIG_NAME=value nor a comment: {line.strip()}")
            else:
                continue
            symbol = self.kconf.syms.get(name)
            if symbol is None or not symbol.nodes:
                hint = nearest(f"CONFIG_{name}", [f"CONFIG_{s.name}" for s in self.kconf.unique_defined_syms])
                raise ConfigError(f"{where}: there is no CONFIG_{name}{hint}")
            if symbol.orig_type == kconfiglib.STRING:
                if not re.fullmatch(r'"[^"\\]*"', value):
                    raise ConfigError(f'{where}: CONFIG_{name} must be a string: CONFIG_{name}="…"')
                value = value[1:-1]
            if request.setdefault(name, value) != value:
                raise ConfigError(f"{where}: CONFIG_{name} is asked for twice, differently")
        return request

    def load(self, path: Path) -> Config:
        """The configuration of a file (a defconfig or a full one), strictly."""
        return self.resolve(self.request_of(path), str(path))

    def resolve(self, request: Mapping[str, str], what: str) -> Config:
        """The configuration that ``request`` asks for. ``what`` names it in the ``ConfigError`` that any drop raises."""
        self.apply(request)
        config = self.current()
        dropped = [name for name, value in request.items() if not self.same(name, value)]
        if dropped or self.model.broken(config.assembly):
            raise ConfigError(Diagnosis(self, request, what, config, dropped).text())
        return config

    def resolve_leniently(self, path: Path) -> tuple[Config, list[str]]:
        """The valid configuration nearest to a file that an older tree wrote, and the lines that were dropped."""
        request: dict[str, str] = {}
        dropped = []
        for line in path.read_text(encoding="utf-8").splitlines():
            match, off = LINE.match(line.strip()), NOT_SET.match(line.strip())
            name = match.group(1) if match else off.group(1) if off else ""
            symbol = self.kconf.syms.get(name)
            if name and (symbol is None or not symbol.nodes):
                dropped += [line.strip()] if match else []
            elif match:
                request[name] = match.group(2).strip().strip('"')
            elif off:
                request[name] = "n"
        wishes = [w for name, value in request.items() for w in self.wish(request, name, value)]
        for lost, assembly in self.model.solve(wishes):
            request.update(self.lines_of(assembly))
            break
        self.apply(request)
        dropped += [f"CONFIG_{n}={v}" for n, v in request.items() if v != "n" and not self.same(n, v)]
        kept = {n: v for n, v in request.items() if self.same(n, v)}
        return self.resolve(kept, str(path)), dropped

    def apply(self, request: Mapping[str, str]) -> None:
        """Set Kconfig's symbols anew; a choice's line "is not set" follows from the line that is."""
        self.kconf.unset_values()
        with _environ(CONFIG_="CONFIG_"):
            for name, value in request.items():
                symbol = self.kconf.syms[name]
                if symbol.choice is None or value == "y":
                    symbol.set_value(value)

    def same(self, name: str, value: str) -> bool:
        """Whether Kconfig's symbol has the value that was asked for."""
        symbol = self.kconf.syms[name]
        actual = symbol.str_value
        literal = self.literals.get(name)
        if literal is not None and not literal.value and value == "y":  # no part is no part, also where there is no slot
            return all(self.kconf.syms[p.symbol].str_value == "n" for p in self.tree.slots[literal.var].parts)
        if symbol.orig_type == kconfiglib.BOOL:
            return (actual == "y") == (value == "y") and value in ("y", "n")
        if _visible(symbol) and symbol.orig_type in (kconfiglib.INT, kconfiglib.HEX):
            base = 16 if symbol.orig_type == kconfiglib.HEX else 10
            return re.fullmatch(r"-?(0[xX])?[0-9a-fA-F]+", value) is not None and _number(value, base) == _number(actual, base)
        return _visible(symbol) and actual == value

    def current(self) -> Config:
        """What Kconfig's symbols say now."""
        values, types = {}, {}
        for symbol in self.kconf.unique_defined_syms:
            if _visible(symbol):
                values[symbol.name] = symbol.str_value
                types[symbol.name] = kconfiglib.TYPE_TO_STR[symbol.orig_type]
        assembly = {var: "" for var in self.model.domains}
        for name, literal in self.literals.items():
            if values.get(name) == "y":
                assembly[literal.var] = literal.value
        return Config(values, types, assembly)

    def wish(self, request: Mapping[str, str], name: str, value: str) -> Iterator[Literal]:
        """What a requested line says about the assembly: a literal, or nothing."""
        literal = self.literals.get(name)
        if literal is None:
            owner = self.owner_of(name)
            if isinstance(owner, Part) and value != "n":
                asked = [p for p in self.tree.standing_for(owner) if request.get(p.symbol) == "y"]
                yield chosen(self.tree, asked[0] if asked else owner)
            elif isinstance(owner, Kernel) and value != "n":
                yield Literal(KERNEL, owner.name)
        elif value == "y":
            yield literal
        elif "/" in literal.var or not any(
            request.get(other) == "y" and self.literals[other].var == literal.var for other in self.literals
        ):
            yield ~literal

    def owner_of(self, symbol: str) -> Part | Slot | Kernel | None:
        """Whose option a symbol is; ``None`` for the global ones."""
        for owner in [*self.tree.kernels.values(), *self.tree.slots.values(), *self.tree.parts()]:
            if any(symbol in o.symbols or symbol == o.symbol for o in owner.options):
                return owner
        return None

    def is_there(self, part: Part, assembly: Mapping[str, str]) -> bool:
        """Whether the assembly holds the part, or one that extends it."""
        return any(chosen(self.tree, p).holds(assembly) for p in self.tree.standing_for(part))

    def lines_of(self, assembly: Mapping[str, str]) -> dict[str, str]:
        """The requests that pin an assembly down."""
        lines = {}
        for name, literal in self.literals.items():
            if "/" in literal.var:
                lines[name] = "y" if assembly[literal.var] else "n"
            elif assembly[literal.var] == literal.value and (literal.value or self.slot_is_on(literal.var, assembly)):
                lines[name] = "y"
        return lines

    def slot_is_on(self, slot: str, assembly: Mapping[str, str]) -> bool:
        """Whether something in the assembly brings the slot."""
        return any(s.holds(assembly) for s in self.model.switches(slot))

    def minimal(self, config: Config) -> str:
        """The shortest defconfig that gives ``config``: every line in which it differs from the defaults."""
        lines = [n for n, v in config.values.items() if config.types[n] != "bool" or v == "y" or not self._is_member(n)]
        request = {name: config.values[name] for name in lines}
        for name in list(reversed(request)):  # the later questions depend on the earlier ones
            less = {n: v for n, v in request.items() if n != name}
            self.apply(less)
            if self.current().values == config.values:
                request = less
        part = Config(request, config.types, {})
        return part.text().split("\n", 1)[1]

    def _is_member(self, name: str) -> bool:
        return self.kconf.syms[name].choice is not None

    def config_with(self, part: Part) -> Config:
        """A configuration that ``part`` is in, for testing it by itself.

        Where no kernel holds its slot yet, it and what it requires are laid over some valid assembly, with their defaults.
        """
        found = self.model.assemble([chosen(self.tree, part)])
        if found is not None:
            return self.resolve(self.lines_of(found), part.id)
        base = self.model.assemble([])
        if base is None:
            raise ConfigError("no assembly of these parts is valid")
        config = self.resolve(self.lines_of(base), "the defaults")
        values, types, assembly = dict(config.values), dict(config.types), dict(config.assembly)
        todo = [part]
        while todo:
            one = todo.pop()
            literal = chosen(self.tree, one)
            assembly[literal.var] = literal.value
            for symbol, kind, value in _defaults(one, self.tree.slots[one.slot]):
                values[symbol], types[symbol] = value, kind
            for reference in one.requires:
                slot = self.tree.slots.get(reference.partition("/")[0])
                names = [reference.partition("/")[2]] if "/" in reference else list(slot.defaults) if slot else []
                wanted = [slot.part(n) for n in names] if slot else []
                empty = slot is not None and not any(chosen(self.tree, p).holds(assembly) for p in slot.parts)
                todo += [p for p in wanted if not self.is_there(p, assembly) and ("/" in reference or empty)]
        return Config(values, types, assembly)

    def random(self, seed: int, parts: Sequence[Part] = ()) -> Config:
        """A valid assembly with random options, ``parts`` in it. The same seed gives the same configuration of the same tree.

        Programs stay as they are by default, so that every kernel has something to run, and contract tests stay off.
        """
        rng = random.Random(seed)
        held = [chosen(self.tree, part) for part in parts]
        kernels = [name for name in sorted(self.tree.kernels) if self.model.assemble([Literal(KERNEL, name), *held])]
        if not kernels:
            raise ConfigError(f"no kernel is valid with {', '.join(part.id for part in parts) or 'these parts'} in it")
        pinned = [chosen(self.tree, part) for part in self.tree.parts() if part.toolchain and not part.extends]
        kernel = Literal(KERNEL, rng.choice(kernels))
        for lost, _ in self.model.solve(pinned, [kernel, *held]):
            kept = [kernel, *held, *(w for w in pinned if w not in lost)]
            break
        else:
            raise ConfigError("no assembly of these parts is valid")
        assembly = self.model.assemble(kept, rng)
        assert assembly is not None  # solve has just shown one
        request = self.lines_of(assembly)
        for name in ("ASSERT", "DEBUG_FRAME_POINTER"):
            request[name] = rng.choice("yn")
        for owner in [*self.tree.kernels.values(), *self.tree.slots.values(), *self.tree.parts()]:
            for option in owner.options:
                request.update(_random_value(option, rng))
        self.apply(request)
        return self.resolve({n: v for n, v in request.items() if self.same(n, v)}, f"random configuration {seed}")


def _defaults(part: Part, slot: Slot) -> Iterator[tuple[str, str, str]]:
    """(symbol, type, value) of a chosen part and of the options that come with it."""
    yield part.symbol, "bool", "y"
    for option in (*slot.options, *(o for p in part.lineage for o in p.options)):
        if option.type == "choice":
            yield f"{option.symbol}_{option.default}", "bool", "y"
        elif option.type == "bool":
            yield option.symbol, "bool", "y" if option.default else "n"
        else:
            yield option.symbol, option.type, hex(int(option.default)) if option.type == "hex" else str(option.default)


def _random_value(option: Option, rng: random.Random) -> dict[str, str]:
    if option.type == "bool":
        return {option.symbol: rng.choice("yn")}
    if option.type == "choice":
        return {f"{option.symbol}_{rng.choice(option.choices)}": "y"}
    if option.range:
        number = rng.choice((int(option.default), rng.randint(*option.range)))
        return {option.symbol: hex(number) if option.type == "hex" else str(number)}
    return {}


def _visible(symbol: kconfiglib.Symbol) -> bool:
    """Whether the configuration holds the symbol at all: it is asked, or has a value by default."""
    return symbol.visibility > 0 or symbol.str_value not in ("n", "")


def _number(text: str, base: int) -> int | None:
    try:
        return int(text, base)
    except ValueError:
        return None


@contextmanager
def _environ(**values: str) -> Iterator[None]:
    """kconfiglib takes its paths from the environment; nobody else should see them there."""
    with _environ_lock:
        before = {name: os.environ.get(name) for name in values}
        os.environ.update(values)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
