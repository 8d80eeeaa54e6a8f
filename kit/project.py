"""The project as a folder: which configurations there are by name, and how a named one becomes a build folder.

A *name* is a preset (``configs/<name>_defconfig``) or a configuration that was put aside (``build/<name>/defconfig``):
the current ``.config`` where it equals no preset, and random ones.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from kit.assembly import Assembled
from kit.emit import Emitter, emit
from kit.files import write_if_changed
from kit.kconfig import Config, ConfigError, Configurator
from kit.manifest import Part
from kit.toml import nearest

BUILD = "build"
CURRENT = ".config"
HOST = "host"
HEADERS = "headers"


def present(name: str, extra: Sequence[Path] = ()) -> list[str]:
    """The files whose coming or going changes the makefile of ``name``, as the ``Makefile`` lists them; sorted."""
    bases = [Path("components"), *extra]
    found = [p for base in bases for pattern in ("*/slot.toml", "*/*/part.toml") for p in base.glob(pattern)]
    found += Path("kernels").glob("*/kernel.toml")
    patterns = ["*/contract_test.c", *(["*/*.h", "*/*/*.h"] if name == HEADERS else [])]
    found += [p for pattern in patterns for p in Path("components").glob(pattern)]
    return sorted({str(p) for p in found})


class Project:
    """The tree in the current folder; paths of sources stay relative, so that builds are alike wherever it lies."""

    def __init__(self) -> None:
        text = os.environ.get("PARTS", "")
        self.extra = [Path(p) for p in text.replace(":", " ").split()]
        self.root = Path(".")

    @cached_property
    def configurator(self) -> Configurator:
        """The tree's manifests and Kconfig, read once."""
        return Configurator(self.root, self.extra)

    def presets(self) -> list[str]:
        """The names in ``configs/``, sorted."""
        return sorted(p.name[: -len("_defconfig")] for p in Path("configs").glob("*_defconfig"))

    def preset_file(self, name: str) -> Path:
        """The defconfig of a name. Raises ``ConfigError`` with the nearest valid name."""
        for path in (Path("configs") / f"{name}_defconfig", Path(BUILD) / name / "defconfig"):
            if path.is_file():
                return path
        raise ConfigError(f"there is no preset {name}{nearest(name, self.presets())}; make list-presets shows them")

    def config(self, name: str) -> Config:
        """The configuration of a name, or of ``.config`` where that is the name."""
        if name == CURRENT:
            if not Path(CURRENT).is_file():
                raise ConfigError("there is no .config yet: choose a preset (make list-presets), then make <preset>_defconfig")
            try:
                return self.configurator.load(Path(CURRENT))
            except ConfigError as error:
                raise ConfigError(f"{error}\n  (make olddefconfig brings a .config of an older tree up to date)") from error
        return self.configurator.load(self.preset_file(name))

    def name_of(self, config: Config) -> str:
        """The preset that a configuration equals, or a name made of its hash; the latter is put aside under ``build/``."""
        for name in self.presets():
            try:
                if self.config(name).hash == config.hash:
                    return name
            except ConfigError:
                continue  # a broken preset equals nothing; who builds it hears about it
        name = f"config-{config.hash}"
        self.put_aside(name, config)
        return name

    def put_aside(self, name: str, config: Config) -> None:
        """Make ``config`` known under ``name``."""
        write_if_changed(Path(BUILD) / name / "defconfig", config.text())

    def set_current(self, config: Config) -> None:
        """Write ``.config``, keeping the one before as ``.config.old``."""
        if Path(CURRENT).is_file() and Path(CURRENT).read_text(encoding="utf-8") != config.text():
            shutil.copy(CURRENT, CURRENT + ".old")
        write_if_changed(Path(CURRENT), config.text())

    def assembled(self, name: str) -> Assembled:
        """A named configuration, resolved."""
        return Assembled(self.configurator, self.config(name), name)

    def emit(self, name: str) -> None:
        """Write the build folder of a named configuration."""
        emit(self.assembled(name), self.root, BUILD, self.versions, self._inputs(name))

    def _inputs(self, name: str) -> dict[str, str]:
        """The make variables by which a ``build.mk`` knows what it was written from."""
        return {f"present.{name}": " ".join(present(name, self.extra)), f"compiler.{name}": self.versions["CC"]}

    def tested_parts(self) -> list[Part]:
        """The parts whose slot has a contract test that runs on the host."""
        slots = self.configurator.tree.slots.values()
        return [p for s in slots if not s.host_test and (s.folder / "contract_test.c").is_file() for p in s.parts]

    def emit_host(self) -> None:
        """Write ``build/host/build.mk``: a program for each part of each slot that has a contract test.

        Each is compiled as in some assembly that the part is in.
        """
        emitter = Emitter(self.root, BUILD, self.versions, HOST)
        emitter.rules.inputs = self._inputs(HOST)
        for part in self.tested_parts():
            emitter.contract_test(Assembled(self.configurator, self.configurator.config_with(part), HOST), part)
        self._finish(emitter)

    def emit_headers(self) -> None:
        """Write ``build/headers/build.mk``: every header that some preset may include, compiled alone."""
        emitter = Emitter(self.root, BUILD, self.versions, HEADERS)
        emitter.rules.inputs = self._inputs(HEADERS)
        for name in self.presets():
            emitter.headers(self.assembled(name))
        self._finish(emitter)

    def _finish(self, emitter: Emitter) -> None:
        path = Path(BUILD) / emitter.rules.name / "build.mk"
        if not write_if_changed(path, emitter.render()):
            os.utime(path)

    @cached_property
    def versions(self) -> dict[str, str]:
        """The first line of each compiler's ``--version``. Raises ``ConfigError`` where there is none."""
        result = {}
        for variable, default in (("CC", "gcc"), ("MUSL_CC", "musl-gcc")):
            command = (os.environ.get(variable) or default).split()
            try:
                done = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
            except (OSError, subprocess.CalledProcessError) as error:
                raise ConfigError(f"{command[0]} does not run ({error}): make install tells what is missing") from error
            result[variable] = done.stdout.splitlines()[0].strip()
        return result
