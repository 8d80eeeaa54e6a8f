"""Bench one configuration: all its boots, made into one run with its provenance.

The Linux programs need one boot (``init=/bin/bench`` runs every workload); on a microkernel the native IPC workload takes the place of the
personality server and therefore needs another. Each boot starts from reset, so no boot can influence another.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace

from kit import foreign, unmodified
from kit.built import Built, BuiltError, Progress, measure, source_revision
from kit.figures import series_value
from kit.foreign import ForeignBoot
from kit.image import memory_for
from kit.packages import ImageError
from kit.qemu import WALL_SECONDS, Boot, Job, Machine, QemuError, Results, boot, parse_results, qemu_version, recorded_command
from kit.results import STATUS_OK, Enosys, Image, Run, RunRecord, Series, Store

UNIT = "instructions"


@dataclass(frozen=True)
class Leg:
    """One boot of a bench: a name, and the kernel's command line."""

    name: str
    append: str
    foreign: ForeignBoot | None = None
    """A boot with an initrd of its own, whose wall time is not that of a bench."""


NATIVE = {"mach-like": "mach_ipc", "l4-like": "l4_ipc"}
"""The native IPC workload of each microkernel."""

LINUX_APPEND = "console=ttyS0 quiet mitigations=off panic=-1 rdinit=/bin/linux_init"
LINUX_WALL_SECONDS = 300.0
"""Stock Linux takes 1.4 billion instructions to boot."""


def legs(built: Built) -> list[Leg]:
    """The boots that a full bench of ``built`` takes. Raises BuiltError when nothing can be measured."""
    if built.kernel == "linux":
        return [Leg("bench", LINUX_APPEND)]
    found = []
    if "bin/bench" in built.programs:
        found.append(Leg("bench", "init=/bin/bench"))
    native = NATIVE.get(built.kernel)
    if native and f"bin/{native}" in built.programs:
        found.append(Leg(native, f"root=/bin/{native}"))
    if not found:
        raise BuiltError(f"{built.initrd} holds no workload (bin/bench); choose workloads in the configuration and build again")
    return found


@dataclass(frozen=True)
class Finished:
    """A leg that was booted: its outcome, and its results unless they made no sense."""

    leg: Leg
    outcome: Boot
    results: Results | None
    problem: str | None
    """Why this leg failed, with the console's tail, or None."""


def run_leg(leg: Leg, job: Job) -> Finished:
    """Boot one leg and judge it. Raises QemuError only where QEMU itself cannot run."""
    outcome = boot(job)
    try:
        results = parse_results(outcome.results)
        trouble = f"its first program ended with status {results.status}" if results.status else None
    except QemuError as error:
        results, trouble = None, str(error)
    if not outcome.ok:
        trouble = outcome.describe()
    if trouble is not None:
        tail = outcome.console_tail() or "(the console is empty)"
        trouble = f"{leg.name}: {trouble}\n--- console ---\n{tail}\n--- end of console ---"
    return Finished(leg, outcome, results, trouble)


def bench(built: Built, machine: Machine, progress: Progress) -> RunRecord:
    """Boot every leg of ``built`` and make one record of them; its ``status`` tells whether all went well.

    Raises QemuError or BuiltError only where nothing could be booted at all.
    """
    finished = []
    for leg in [*legs(built), *foreign_legs(built, progress)]:
        progress(f"{built.preset}: booting {leg.append}")
        finished.append(run_leg(leg, _job(built, leg, machine)))
    return make_record(built, finished)


def foreign_legs(built: Built, progress: Progress) -> list[Leg]:
    """The boots that run other people's programs. Raises BuiltError."""
    try:
        return [Leg(one.name, one.append, one) for one in foreign.boots(built, progress)]
    except ImageError as error:
        raise BuiltError(str(error)) from error


def make_record(built: Built, finished: Sequence[Finished]) -> RunRecord:
    """One record of several boots."""
    series, problems = _merge_series(finished)
    revision, dirty = source_revision()
    return RunRecord(
        preset=built.preset,
        kernel=built.kernel,
        title=built.title,
        config_text=built.config_text,
        config_hash=built.config_hash,
        revision=revision,
        dirty=dirty,
        compiler=built.compiler,
        qemu_version=qemu_version(),
        qemu_command="\n".join(one.outcome.command for one in finished),
        unit=UNIT,
        wall_seconds=sum(one.outcome.wall_seconds for one in finished if one.leg.foreign is None),
        status="\n".join(problems) or STATUS_OK,
        console="".join(f"--- {one.leg.name} ---\n{one.outcome.console}" for one in finished),
        images=_images(built, [one.leg for one in finished]),
        binaries=dict(built.programs),
        marks=_merge_marks(finished),
        series=series,
        enosys=_merge_enosys(finished),
    )


def repeat_command(built: Built, append: str, machine: Machine) -> str:
    """A shell command that boots the same again with the console on the terminal."""
    return f"make run PRESET={built.preset} MACHINE={machine.name} APPEND={shlex.quote(append)}"


def _merge_series(finished: Sequence[Finished]) -> tuple[tuple[Series, ...], list[str]]:
    """All series in the order of the boots, and what went wrong.

    A name may come twice (a native workload needs ``copy_page`` as well as the Linux one) if it comes to the same figure.
    """
    problems = [one.problem for one in finished if one.problem]
    series: dict[str, Series] = {}
    for one in finished:
        for found in one.results.series if one.results else ():
            first = series.setdefault(found.name, found)
            if (series_value(first), first.unit) != (series_value(found), found.unit):
                values = f"{series_value(first)} {first.unit}, then {series_value(found)} {found.unit}"
                problems.append(f"{one.leg.name}: the series {found.name!r} was measured twice, differently: {values}")
    return tuple(series.values()), problems


def _merge_marks(finished: Sequence[Finished]) -> dict[str, int]:
    """The first boot's marks under their names, the others' as ``name@leg``."""
    marks: dict[str, int] = {}
    for number, one in enumerate(finished):
        if one.leg.foreign and one.results:
            marks.update(foreign.marks(one.leg.foreign, one.results.scripts, one.leg.foreign.initrd.read_bytes()))
        for name, value in (one.results.marks if one.results else {}).items():
            marks[name if number == 0 else f"{name}@{one.leg.name}"] = value
    return marks


def _merge_enosys(finished: Sequence[Finished]) -> tuple[Enosys, ...]:
    """Counts summed over the boots, by call number and program."""
    counts: dict[tuple[int, str, str], int] = {}
    for one in finished:
        for call in one.results.enosys if one.results else ():
            key = (call.number, call.name, call.program)
            counts[key] = counts.get(key, 0) + call.count
    return tuple(Enosys(number, name, count, program) for (number, name, program), count in sorted(counts.items()))


# ---------------------------------------------------------------------------------------------------------------------
# Bench and store
# ---------------------------------------------------------------------------------------------------------------------


class BenchError(Exception):
    """A bench went wrong; the text tells which boot, shows the console's tail and how to repeat it."""


def obtain(built: Built, machine: Machine, store: Store, progress: Progress, fresh: bool = False) -> Run:
    """A successful run of exactly what is built: a stored one of the same bytes, unless ``fresh``, else a new bench, stored.

    The machine repeats bit for bit, so measuring equal bytes again would tell nothing new. Raises BenchError.
    """
    stored = None if fresh else stored_run(built, machine, store, progress)
    if stored is not None:
        progress(f"{built.preset}: run {stored.id} of {stored.created_at} measured this very kernel")
        return stored
    run = store.run(store.add_run(bench(built, machine, progress)))
    if run.status != STATUS_OK:
        raise BenchError(f"{built.preset}: {run.status}\nrepeat with: {repeat_command(built, legs(built)[0].append, machine)}")
    return run


def stored_run(built: Built, machine: Machine, store: Store, progress: Progress) -> Run | None:
    """The newest successful run of the same images under the same QEMU, or None."""
    run = store.latest().get(built.preset)
    chosen = [*legs(built), *foreign_legs(built, progress)]
    commands = "\n".join(recorded_command(_job(built, leg, machine)) for leg in chosen)
    same = run is not None and (run.images, run.qemu_version, run.qemu_command) == (_images(built, chosen), qemu_version(), commands)
    return run if same else None


def _images(built: Built, chosen: Sequence[Leg]) -> dict[str, Image]:
    """The files that QEMU is given: the kernel, the initrd, and the initrds of boots that have their own."""
    own = {leg.name: measure(leg.foreign.initrd.read_bytes()) for leg in chosen if leg.foreign}
    return {**built.images, **own}


def _job(built: Built, leg: Leg, machine: Machine) -> Job:
    if leg.foreign is not None:
        sized = replace(machine, memory=memory_for(leg.foreign.initrd.stat().st_size))
        return Job(built.kernel_elf, leg.foreign.initrd, leg.append, sized, unmodified.WALL_SECONDS)
    wall_seconds = LINUX_WALL_SECONDS if built.kernel == "linux" else WALL_SECONDS
    return Job(built.kernel_elf, built.initrd, leg.append, machine, wall_seconds)
