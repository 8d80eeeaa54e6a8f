"""The measuring half of the command line: run, bench, compare, figures, ledger, reference, export, gdb.

``register`` adds the subcommands; each sets ``handler``, a function from the parsed arguments to an exit status. Figures and tables go to
standard output, progress to standard error.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from kit import bench as benching
from kit import built as building
from kit import compare, export, image, image_cli, interactive, ledger, private_root, reference, unmodified
from kit.figures import UNIT_NOTE, compared, figures
from kit.files import write_if_changed
from kit.published import PublishedError
from kit.qemu import MACHINES, Job, Machine, QemuError
from kit.results import Enosys, ResultsError, Run, Store, open_store
from kit.targets import targets

DEFAULT_PRESETS = ("monolithic", "mach3_ux", "l4linux")
INTERRUPTED = 130
PROGRAMS_SHOWN = 4

ERRORS = (
    QemuError,
    ResultsError,
    PublishedError,
    benching.BenchError,
    building.BuiltError,
    ledger.LedgerError,
    reference.ReferenceError,
    image.ImageError,
    private_root.PrivateRootError,
    unmodified.UnmodifiedError,
)
"""What a user can cause: shown as a sentence, not as a trace."""


def register(subparsers: Any) -> None:
    """Add the measuring subcommands to ``argparse``'s subparsers."""
    one = _adder(subparsers, "run", run, "boot a preset with its console on this terminal")
    _one_preset(one)
    one.add_argument("--append", default=os.environ.get("APPEND", ""), help="the kernel's command line, e.g. init=/bin/bench")
    one.add_argument("--image", default=os.environ.get("IMAGE", ""), help="boot the programs of an image that `image` made, too")
    one.add_argument("--disk", default=os.environ.get("DISK", ""), help="a file that is the machine's disk; 1: the one made with the image, as the root")
    one = _adder(subparsers, "gdb", gdb, "boot a preset halted, with gdb attached")
    _one_preset(one)
    one.add_argument("--append", default=os.environ.get("APPEND", ""), help="the kernel's command line")
    one = _adder(subparsers, "bench", bench, "measure one preset and store the run")
    _one_preset(one)
    one = _adder(subparsers, "figures", print_figures, "print every figure as JSON, one a line")
    _several_presets(one)
    one = _adder(subparsers, "compare", print_comparison, "build, measure and compare presets")
    _several_presets(one)
    one.add_argument("--baseline", help="the preset that ratios refer to (default: the first)")
    one = _adder(subparsers, "ledger", check_ledger, "compare the figures with tests/ledger.json, or rewrite it")
    one.add_argument("action", choices=("check", "update"))
    _several_presets(one)
    one = _adder(subparsers, "reference", measure_reference, "fetch and measure stock Linux under the same QEMU")
    one.add_argument("--fetch-only", action="store_true", help="fetch the kernel, measure nothing")
    one = _adder(subparsers, "export", print_export, "print every stored run")
    one.add_argument("format", choices=("json", "csv"))
    one.add_argument("--preset", help="only runs of this preset")
    one.add_argument("--output", type=Path, help="write to this file instead of standard output")


def _adder(subparsers: Any, name: str, handler: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = subparsers.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    parser.set_defaults(handler=guarded(handler))
    if name not in ("export",):
        parser.add_argument("--machine", choices=sorted(MACHINES), default=os.environ.get("MACHINE") or "microvm")
    return parser


def _one_preset(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--preset", default=os.environ.get("PRESET") or DEFAULT_PRESETS[0])


def _several_presets(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--presets", nargs="*", default=[os.environ.get("PRESETS", "")], help="names, apart by spaces or commas")
    parser.add_argument("--fresh", action="store_true", help="boot even where a stored run measured the very same bytes")


def guarded(handler: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    """``handler`` with a user's errors shown as sentences on standard error."""

    def guard(arguments: argparse.Namespace) -> int:
        try:
            return handler(arguments)
        except ERRORS as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("interrupted; nothing was stored of the run that was under way", file=sys.stderr)
            return INTERRUPTED

    return guard


def progress(text: str) -> None:
    """Say where a long step is."""
    print(f"  {text}", file=sys.stderr, flush=True)


def preset_list(given: Sequence[str]) -> list[str]:
    """The presets named in words or comma-separated words, each once; the three of the comparison when none is. Raises BuiltError."""
    names = list(dict.fromkeys(" ".join(given).replace(",", " ").split())) or list(DEFAULT_PRESETS)
    known = building.preset_names()
    unknown = [name for name in names if name not in known]
    if unknown:
        raise building.BuiltError(f"no preset {', '.join(unknown)}; there are: {', '.join(known) or 'none in configs/'}")
    return names


# ---------------------------------------------------------------------------------------------------------------------
# Handlers
# ---------------------------------------------------------------------------------------------------------------------


def run(arguments: argparse.Namespace) -> int:
    """Boot on the terminal; the guest's success is ours."""
    built = building.load(arguments.preset)
    initrd, append, disk = built.initrd, arguments.append, Path(arguments.disk) if arguments.disk else None
    if arguments.image and arguments.disk == "1":
        disk, append = image_cli.disk_of(arguments.image), append or "root=/dev/vda init=/bin/sh"
    elif arguments.image:
        initrd, append = built.folder / "run.cpio", append or "init=/bin/sh"
        write_if_changed(initrd, image.merged(built.initrd, image_cli.path_of(arguments.image)))
    memory = image.memory_for(initrd.stat().st_size)
    job = Job(built.kernel_elf, initrd, f"{append} {interactive.terminal_options()}".strip(), Machine(arguments.machine, memory=memory), disk=disk)
    status, meaning, missing = interactive.run_on_terminal(job)
    print_missing(missing)
    if status:
        print(f"\n{arguments.preset}: {meaning}", file=sys.stderr)
    return status


def gdb(arguments: argparse.Namespace) -> int:
    """Boot halted and attach gdb."""

    def talk(machine: interactive.Debugging) -> None:
        progress(f"QEMU waits at 127.0.0.1:{machine.port}; the console goes to {machine.console}")
        progress(f"attaching: {interactive.shown(machine.debugger)}")

    built = building.load(arguments.preset)
    return interactive.debug(Job(built.kernel_elf, built.initrd, arguments.append, Machine(arguments.machine)), built, talk)


def bench(arguments: argparse.Namespace) -> int:
    """Measure one preset and show each figure beside its raw samples' minimum and count."""
    store = open_store()
    found = benching.obtain(building.load(arguments.preset), Machine(arguments.machine), store, progress, fresh=True)
    print(bench_table(found))
    print_missing(found.enosys)
    progress(f"stored as run {found.id} in {store.url}")
    return 0


def print_missing(calls: Iterable[Enosys]) -> None:
    """A line for each call that was asked for and is missing, with those who asked most."""
    by_number: dict[tuple[int, str], list[Enosys]] = {}
    for call in calls:
        by_number.setdefault((call.number, call.name), []).append(call)
    for (number, name), asked in sorted(by_number.items()):
        asked.sort(key=lambda call: (-call.count, call.program))
        who = [call.program or "?" for call in asked[:PROGRAMS_SHOWN]]
        others = f" and {len(asked) - len(who)} others" if len(asked) > len(who) else ""
        print(f"missing system call: {name} ({number}), {sum(call.count for call in asked)} times, by {', '.join(who)}{others}")


def bench_table(found: Run) -> str:
    """Figures of one run: value, minimum less overhead, number of samples, unit, and the target where there is one."""
    goals = targets(figures(found))
    lines = [f"{'figure':<20}{'median':>14}{'minimum':>14}{'samples':>9}  {'unit':<13} target"]
    for one in figures(found):
        series = found.find_series(one.series) if one.series and not one.figure.endswith("_net") else None
        minimum = f"{series.minimum - series.overhead:,}" if series else ""
        count = str(series.count) if series else ""
        goal = goals.get(one.figure, "")
        lines.append(f"{one.figure:<20}{one.value:>14,}{minimum:>14}{count:>9}  {one.unit:<13} {goal}".rstrip())
    return "\n".join([f"{found.title} (preset {found.preset}, run {found.id})", *lines, *compare.wrapped(f"Lower is better. {UNIT_NOTE}")])


def _runs(arguments: argparse.Namespace, store: Store) -> list[Run]:
    """Build and measure what is asked for."""
    machine = Machine(arguments.machine)
    builds = building.build(preset_list(arguments.presets), progress)
    return [benching.obtain(built, machine, store, progress, arguments.fresh) for built in builds]


def print_figures(arguments: argparse.Namespace) -> int:
    """One JSON object a line, nothing else on standard output."""
    runs = _runs(arguments, open_store())
    for one in [*(one for found in runs for one in figures(found)), *compared(runs)]:
        record = {"preset": one.preset, "figure": one.figure, "value": one.value, "unit": one.unit}
        print(json.dumps(record, ensure_ascii=False))
    return 0


def print_comparison(arguments: argparse.Namespace) -> int:
    """The table, with stock Linux as the last column when it has been measured."""
    store = open_store()
    runs = _runs(arguments, store)
    linux = store.latest().get(reference.PRESET)
    try:
        print(compare.render([*runs, *([linux] if linux else [])], arguments.baseline), end="")
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if linux is None:
        progress("stock Linux is not measured yet; make reference adds its column")
    return 0


def check_ledger(arguments: argparse.Namespace) -> int:
    """Compare with the ledger, or rewrite it. Status 1 where a figure changed."""
    runs = _runs(arguments, open_store())
    if arguments.action == "update":
        changes = ledger.update(runs)
        print("\n".join(map(str, changes)) or "nothing changed")
        return 0
    verdict = ledger.compare(runs)
    print("\n".join([f"{verdict.compared} figures {verdict.note}", *map(str, verdict.changes)]))
    if not verdict.passed:
        print("If this change is meant, accept it with make ledger and say why in the commit.", file=sys.stderr)
    return 0 if verdict.passed else 1


def measure_reference(arguments: argparse.Namespace) -> int:
    """Fetch stock Linux, boot it with the same programs, store the run."""
    kernel = reference.fetch(progress)
    if arguments.fetch_only:
        return 0
    store = open_store()
    found = reference.obtain(kernel, Machine(arguments.machine), store, progress)
    print(bench_table(found))
    progress(f"stored as run {found.id} in {store.url}")
    return 0


def print_export(arguments: argparse.Namespace) -> int:
    """Every stored run, oldest first."""
    runs = open_store().runs(arguments.preset)
    text = export.to_json(runs) if arguments.format == "json" else export.to_csv(runs)
    if arguments.output is None:
        sys.stdout.write(text)
        return 0
    try:
        arguments.output.write_text(text, encoding="utf-8")
    except OSError as error:
        print(f"error: cannot write {arguments.output}: {error}", file=sys.stderr)
        return 1
    return 0
