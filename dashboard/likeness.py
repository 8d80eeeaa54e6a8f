"""Whether runs may be compared at all: made by the same compiler from the same source, measured by the same QEMU, running
byte-identical programs.

Stock Linux brings its own compiler and source; it is held to the same QEMU and the same programs only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kit.results import Run

from .words import listing


@dataclass(frozen=True)
class Finding:
    """One thing that should be alike, and a sentence that says whether it is."""

    alike: bool
    text: str


def findings(runs: Sequence[Run]) -> list[Finding]:
    """What is alike between the runs and what is not; nothing where there is nothing to compare."""
    if len(runs) < 2:
        return []
    ours = [run for run in runs if run.kernel != "linux"]
    found = [_programs(runs), _one("QEMU", runs, lambda run: run.qemu_version)]
    if len(ours) > 1:
        found += [_one("compiler", ours, lambda run: run.compiler), _revision(ours)]
    return [finding for finding in found if finding is not None]


def _one(what: str, runs: Sequence[Run], of: Callable[[Run], str]) -> Finding:
    values = sorted({of(run) for run in runs})
    if len(values) == 1:
        return Finding(True, f"The same {what}: {values[0]}.")
    return Finding(False, f"The {what} differs: {listing(values)}.")


def _revision(runs: Sequence[Run]) -> Finding:
    revisions = sorted({run.revision[:12] for run in runs})
    changed = sorted({run.preset for run in runs if run.dirty})
    if len(revisions) > 1:
        return Finding(False, f"The source differs: revisions {listing(revisions)}.")
    if changed:
        return Finding(False, f"Revision {revisions[0]}, but {listing(changed)} had local changes that no commit holds.")
    return Finding(True, f"The same source, revision {revisions[0]}.")


def _programs(runs: Sequence[Run]) -> Finding | None:
    """The programs that every run carries; None where there is none (an older store, a run that failed early)."""
    shared = sorted(set.intersection(*(set(run.binaries) for run in runs)))
    if not shared:
        return None
    other = [path for path in shared if len({run.binaries[path] for run in runs}) > 1]
    if other:
        return Finding(False, f"The programs differ: {listing(other)}.")
    return Finding(True, f"Byte-identical programs: {listing(shared)}.")
