"""The private command line of ``kit``; people use ``make``, which calls this. ``make help`` is the manual."""

from __future__ import annotations

import argparse
import importlib
import os
import secrets
import sys
from collections.abc import Callable
from pathlib import Path

from kit import check as checking
from kit import tap
from kit.catalog import catalog
from kit.files import write_if_changed
from kit.graph import draw
from kit.kconfig import Config, ConfigError
from kit.manifest import load_tree
from kit.project import BUILD, CURRENT, HEADERS, HOST, Project
from kit.size import SizeError, table
from kit.toml import ManifestError, nearest

CHECK_TAP_SECONDS = 600
Handler = Callable[[argparse.Namespace], int]


def main(arguments: list[str] | None = None) -> int:
    """Run one subcommand; answers the exit status."""
    parser = argparse.ArgumentParser(prog="kit", description="The kernel construction kit behind make.")
    subparsers = parser.add_subparsers(required=True, metavar="command")
    _register(subparsers)
    for module in ("measure_cli", "serve_cli", "image_cli", "differential_cli", "unmodified_cli", "lab_cli"):
        _register_late(subparsers, module, sys.argv[1:] if arguments is None else arguments)
    parsed = parser.parse_args(arguments)
    try:
        return int(parsed.handler(parsed))
    except (ConfigError, ManifestError, SizeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _register_late(subparsers: argparse._SubParsersAction, module: str, words: list[str]) -> None:  # type: ignore[type-arg]
    """Add the commands of a module unless the one that is called is known already: building needs no database."""
    if not words or words[0] not in subparsers.choices:
        importlib.import_module(f"kit.{module}").register(subparsers)


def _register(subparsers: argparse._SubParsersAction) -> None:  # type: ignore[type-arg]
    def add(name: str, handler: Handler, text: str) -> argparse.ArgumentParser:
        one: argparse.ArgumentParser = subparsers.add_parser(name, help=text)
        one.set_defaults(handler=handler)
        return one

    add("kconfig", kconfig, "write the Kconfig text that the manifests make")
    add("defconfig", defconfig, "take a preset as the current configuration").add_argument("name")
    add("savedefconfig", savedefconfig, "write the current configuration as a short defconfig")
    add("olddefconfig", olddefconfig, "bring an older .config up to date")
    add("checkconfig", checkconfig, "refuse a .config that is no valid assembly")
    one = add("diffconfig", diffconfig, "show how two configurations differ")
    one.add_argument("names", nargs="*", help="presets or files (default: .config.old and .config)")
    add("list-presets", list_presets, "name the presets")
    one = add("randconfig", randconfig, "take a random valid assembly")
    one.add_argument("--seed", type=int, help="the same seed gives the same assembly")
    one.add_argument("--name", help="put it aside under this name instead of making it the current one")
    one.add_argument("--with", dest="parts", action="append", default=[], metavar="SLOT/PART", help="a part that must be in it")
    add("current", current, "say which build folder the current .config has")
    add("emit", emit, "write the build folder of a configuration").add_argument("name")
    one = add("contract-tests", contract_tests, "run the contract tests that were built for the host")
    one.add_argument("parts", nargs="*", help="slots or slot/part (default: all)")
    add("docs", docs, "write the catalogue of parts")
    add("check", check, "run every test")
    add("check-format", check_format, "hold the C files against .clang-format")
    one = add("check-make", check_make, "run make and count what it makes")
    one.add_argument("arguments", nargs=argparse.REMAINDER)
    one = add("check-tap", check_tap, "run a program that speaks TAP and count its findings")
    one.add_argument("arguments", nargs=argparse.REMAINDER)
    add("graph", graph, "draw what is assembled").add_argument("name")
    add("size", size, "show where the bytes of the images go").add_argument("name")


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def kconfig(_: argparse.Namespace) -> int:
    """Reading the tree writes the text."""
    return 0 if Project().configurator.kconf else 1


def defconfig(parsed: argparse.Namespace) -> int:
    """Make a preset the current configuration."""
    project = Project()
    project.set_current(project.config(parsed.name))
    _say(f"{CURRENT} is now {parsed.name}. Build it: make. Change it: make menuconfig.")
    return 0


def savedefconfig(_: argparse.Namespace) -> int:
    """Write ``defconfig``, the lines in which ``.config`` differs from the defaults."""
    project = Project()
    write_if_changed(Path("defconfig"), project.configurator.minimal(project.config(CURRENT)))
    _say("defconfig holds the current configuration; as configs/<name>_defconfig it becomes a preset.")
    return 0


def olddefconfig(_: argparse.Namespace) -> int:
    """Keep of ``.config`` what still can be had, and say what cannot."""
    project = Project()
    if not Path(CURRENT).is_file():
        raise ConfigError("there is no .config to bring up to date: choose a preset with make <preset>_defconfig")
    config, dropped = project.configurator.resolve_leniently(Path(CURRENT))
    for line in dropped:
        _say(f"  dropped: {line}")
    project.set_current(config)
    return 0


def checkconfig(_: argparse.Namespace) -> int:
    """Load ``.config`` strictly."""
    Project().config(CURRENT)
    return 0


def diffconfig(parsed: argparse.Namespace) -> int:
    """Print one line for each symbol that differs: ``-`` only in the first, ``+`` only in the second, else both values."""
    project = Project()
    names = parsed.names or [CURRENT + ".old", CURRENT]
    if len(names) == 1:
        names.append(CURRENT)

    def load(name: str) -> Config:
        path = Path(name)
        return project.configurator.load(path) if path.is_file() else project.config(name)

    if not parsed.names and not Path(names[0]).is_file():
        raise ConfigError("there is no .config.old to compare with: name two presets, as in make diffconfig A=monolithic B=l4linux")
    one, other = load(names[0]).values, load(names[1]).values
    for symbol in sorted(one.keys() | other.keys()):
        before, after = one.get(symbol), other.get(symbol)
        if before == after or {before, after} == {None, "n"}:
            continue
        if before in (None, "n"):
            print(f"+CONFIG_{symbol}={after}")
        elif after in (None, "n"):
            print(f"-CONFIG_{symbol}={before}")
        else:
            print(f" CONFIG_{symbol} {before} -> {after}")
    return 0


def list_presets(_: argparse.Namespace) -> int:
    """Print each preset with the first comment line of its file."""
    project = Project()
    for name in project.presets():
        first = project.preset_file(name).read_text(encoding="utf-8").splitlines()[:1]
        print(f"  {name:<16} {first[0].lstrip('# ') if first else ''}")
    return 0


def randconfig(parsed: argparse.Namespace) -> int:
    """Take a random assembly; the seed is printed so that it can be had again."""
    project = Project()
    seed = parsed.seed if parsed.seed is not None else secrets.randbelow(1_000_000)
    known = {part.id: part for part in project.configurator.tree.parts()}
    for name in parsed.parts:
        if name not in known:
            raise ConfigError(f"there is no part {name}{nearest(name, list(known))}")
    held = [known[name] for name in parsed.parts]
    config = project.configurator.random(seed, held)
    _say(f"seed {seed} gives configuration {config.hash}; again: make randconfig SEED={seed}")
    if parsed.name:
        project.put_aside(parsed.name, config)
    else:
        project.set_current(config)
    return 0


def current(_: argparse.Namespace) -> int:
    """Write ``build/current.mk``, in which make finds the name of the current configuration."""
    project = Project()
    name = project.name_of(project.config(CURRENT))
    path = Path(BUILD) / "current.mk"
    if not write_if_changed(path, f"CURRENT := {name}\n"):
        os.utime(path)
    return 0


def emit(parsed: argparse.Namespace) -> int:
    """Write one build folder; ``host`` and ``headers`` are not configurations but the tests made of all of them."""
    project = Project()
    if parsed.name == HOST:
        project.emit_host()
    elif parsed.name == HEADERS:
        project.emit_headers()
    else:
        project.emit(parsed.name)
    return 0


def contract_tests(parsed: argparse.Namespace) -> int:
    """Run the contract tests on the host; print what failed and a line of totals."""
    wanted = [p.id for p in Project().tested_parts() if not parsed.parts or p.id in parsed.parts or p.slot in parsed.parts]
    if not wanted:
        raise ConfigError("no contract test has that name: give slots or slot/part")
    passed = failed = 0
    for outcome in tap.run_all((name, Path(BUILD) / HOST / name) for name in wanted):
        passed += outcome.passed
        failed += outcome.failed + bool(outcome.trouble)
        print(f"  {'ok    ' if outcome.ok else 'FAILED'}  {outcome.name}: {outcome.passed} findings hold", flush=True)
        if not outcome.ok:
            print(tap.explain(outcome), flush=True)
    print(f"contract tests on the host: {passed} passed, {failed} failed")
    return 1 if failed else 0


def docs(_: argparse.Namespace) -> int:
    """Write ``docs/parts.md`` from the manifests in the tree."""
    if write_if_changed(Path("docs/parts.md"), catalog(load_tree(Path(".")))):
        _say("docs/parts.md is written anew")
    return 0


def _print(text: str) -> None:
    print(text, flush=True)


def check(_: argparse.Namespace) -> int:
    """Run every test; the last line is the total."""
    return checking.check(Project().presets(), _print)


def check_format(_: argparse.Namespace) -> int:
    """Check the layout of the C files."""
    return _totals("format", checking.check_format(checking.c_files(), _print))


def check_make(parsed: argparse.Namespace) -> int:
    """Run make for a stage of the check."""
    return _totals("products", checking.check_make(parsed.arguments, _print))


def check_tap(parsed: argparse.Namespace) -> int:
    """Run a TAP program for a stage of the check."""
    outcome = tap.run(parsed.arguments[-1], parsed.arguments, CHECK_TAP_SECONDS)
    if not outcome.ok:
        print(tap.explain(outcome))
    return _totals(outcome.name, (outcome.passed, outcome.failed + bool(outcome.trouble)))


def _totals(name: str, found: tuple[int, int]) -> int:
    print(f"{name}: {found[0]} passed, {found[1]} failed", flush=True)
    return 1 if found[1] else 0


def graph(parsed: argparse.Namespace) -> int:
    """Write ``build/<name>/graph.svg``."""
    path = Path(BUILD) / parsed.name / "graph.svg"
    write_if_changed(path, draw(Project().assembled(parsed.name)))
    _say(f"{path}: what is assembled, and what runs in kernel and in user mode")
    return 0


def size(parsed: argparse.Namespace) -> int:
    """Print a table of the bytes of each image by slot."""
    print(table(Path(BUILD) / parsed.name), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
