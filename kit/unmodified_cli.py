"""The command ``unmodified`` (see kit.unmodified)."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from typing import Any

from kit import built as building
from kit import measure_cli, unmodified
from kit.qemu import MACHINES, Machine


def register(subparsers: Any) -> None:
    """Add the subcommand."""
    one = subparsers.add_parser("unmodified", help="run Debian's programs on the presets and on this machine's Linux, and compare")
    one.add_argument("scripts", nargs="*", default=os.environ.get("SCRIPTS", "").split(), help="names in tests/unmodified (default: all)")
    one.add_argument("--presets", nargs="*", default=[os.environ.get("PRESETS", "")], help="names, apart by spaces or commas")
    one.add_argument("--machine", choices=sorted(MACHINES), default=os.environ.get("MACHINE") or "microvm")
    one.set_defaults(handler=measure_cli.guarded(compare))


def compare(arguments: argparse.Namespace) -> int:
    """A line for each script, what differs below. Status 1 where anything does."""
    builds = building.build(measure_cli.preset_list(arguments.presets), measure_cli.progress)
    chosen, lacking = unmodified.runnable(unmodified.scripts(names=arguments.scripts))
    if lacking:
        measure_cli.progress(f"left out: what needs {', '.join(lacking)} (apt-get install them)")
    if not chosen:
        raise unmodified.UnmodifiedError("no script is left to run")
    members = unmodified.members(chosen, building.build_root() / "packages", lambda _: None)
    measure_cli.progress(f"{len(chosen)} scripts on this machine's Linux")
    linux = unmodified.on_linux(unmodified.initrd_of(builds[0], members), chosen)
    table: dict[str, list[unmodified.Verdict]] = {}
    for built in builds:
        measure_cli.progress(f"{len(chosen)} scripts on {built.preset}")
        with tempfile.TemporaryDirectory(prefix="mortise-") as folder:
            initrd = Path(folder) / "initrd.cpio"
            initrd.write_bytes(unmodified.initrd_of(built, members))
            outcome, said = unmodified.on_kernel(built, initrd, Machine(arguments.machine))
        if not outcome.ok:
            measure_cli.progress(f"{built.preset}: {outcome.describe()}\n{outcome.console_tail()}")
        table[built.preset] = unmodified.compare(chosen, linux, said)
    print(rendered(table))
    return 0 if all(one.same for verdicts in table.values() for one in verdicts) else 1


def rendered(table: dict[str, list[unmodified.Verdict]]) -> str:
    """Preset -> verdicts as text: every difference, then who does the same as Linux."""
    lines = [one.difference() for verdicts in table.values() for one in verdicts if not one.same]
    lines.append(f"{'script':<28}" + "".join(f"{preset:>14}" for preset in table))
    for row in zip(*table.values()):
        lines.append(f"{row[0].name:<28}" + "".join(f"{'same' if one.same else 'DIFFERS':>14}" for one in row))
    counts = (f"{sum(one.same for one in verdicts)} of {len(verdicts)}" for verdicts in table.values())
    return "\n".join([*lines, f"{'the same as on Linux':<28}" + "".join(f"{count:>14}" for count in counts)])
