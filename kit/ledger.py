"""The ledger: every deterministic figure as it was last accepted, kept in the source tree and compared exactly.

``tests/ledger.json`` is ``{compiler: {"qemu": version, "presets": {preset: {figure: value}}}}``. A changed figure is a changed kernel, reviewed like
code. Another compiler makes other instructions and another QEMU another machine, so there the comparison only reports.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.figures import UNRECORDED, Number, figures
from kit.results import Run

LEDGER = Path(__file__).resolve().parent.parent / "tests" / "ledger.json"


class LedgerError(Exception):
    """The ledger cannot be read or written; the text says why."""


@dataclass(frozen=True)
class Change:
    """A figure that is not what the ledger says; ``old`` is None for a new figure, ``new`` for one that is gone."""

    preset: str
    figure: str
    old: Number | None
    new: Number | None

    def __str__(self) -> str:
        if self.old is None:
            return f"{self.preset} {self.figure}: {self.new} is new, not in the ledger"
        if self.new is None:
            return f"{self.preset} {self.figure}: was {self.old}, is gone"
        percent = f", {100 * (self.new - self.old) / self.old:+.2f} %" if self.old else ""
        return f"{self.preset} {self.figure}: was {self.old}, is {self.new} ({self.new - self.old:+}{percent})"


@dataclass(frozen=True)
class Verdict:
    """The outcome of a comparison. ``binding`` is False where it only reports, and ``note`` then says why."""

    changes: tuple[Change, ...]
    binding: bool
    note: str
    compared: int

    @property
    def passed(self) -> bool:
        """Nothing changed, or the comparison only reports."""
        return not (self.binding and self.changes)


def recorded(run: Run) -> dict[str, Number]:
    """The figures of ``run`` that belong in a ledger."""
    return {one.figure: one.value for one in figures(run) if one.figure not in UNRECORDED}


def compare(runs: Iterable[Run], path: Path = LEDGER) -> Verdict:
    """Compare the figures of ``runs`` with the ledger. Presets that were not run are left alone. Raises LedgerError."""
    ledger, runs = _read(path), list(runs)
    compilers = sorted({run.compiler for run in runs})
    if len(compilers) > 1:
        raise LedgerError(f"these runs come from different compilers ({'; '.join(compilers)}); run them anew with one")
    if not runs or not ledger:
        return Verdict((), False, "the ledger is empty" if runs else "nothing was run", 0)
    compiler = compilers[0]
    entry, binding, note = ledger.get(compiler), True, f"compared with the ledger of {compiler}"
    if entry is None:
        other = sorted(ledger)[-1]
        entry, binding, note = ledger[other], False, f"only reported: the ledger knows {', '.join(sorted(ledger))}, this is {compiler}"
    else:
        strangers = sorted({run.qemu_version for run in runs} - {entry["qemu"]})
        if strangers:
            binding, note = False, f"only reported: the ledger was made with {entry['qemu']}, this is {strangers[0]}"
    changes = [change for run in runs for change in _changes(run, entry["presets"].get(run.preset, {}))]
    return Verdict(tuple(changes), binding, note, sum(len(recorded(run)) for run in runs))


def update(runs: Iterable[Run], path: Path = LEDGER) -> list[Change]:
    """Write the figures of ``runs`` into the ledger, under their compilers; what changed. Other presets stay. Raises LedgerError."""
    ledger, changes = _read(path), []
    for run in runs:
        entry = ledger.get(run.compiler)
        if entry is None or entry["qemu"] != run.qemu_version:
            # Figures of another machine say nothing about this one.
            entry = ledger[run.compiler] = {"qemu": run.qemu_version, "presets": {}}
        changes += _changes(run, entry["presets"].get(run.preset, {}))
        entry["presets"][run.preset] = recorded(run)
    try:
        path.write_text(json.dumps(ledger, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise LedgerError(f"cannot write {path}: {error}") from error
    return changes


def _changes(run: Run, old: dict[str, Number]) -> list[Change]:
    new = recorded(run)
    return [
        Change(run.preset, figure, old.get(figure), new.get(figure))
        for figure in sorted(old.keys() | new.keys())
        if old.get(figure) != new.get(figure)
    ]


def _read(path: Path) -> dict[str, Any]:
    """The ledger, empty where there is none. Raises LedgerError where its shape is wrong."""
    if not path.exists():
        return {}
    try:
        ledger = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LedgerError(f"cannot read {path}: {error}; restore it with git, or remove it and run make ledger") from error
    for compiler, entry in ledger.items() if isinstance(ledger, dict) else [("", ledger)]:
        sound = isinstance(entry, dict) and isinstance(entry.get("qemu"), str) and isinstance(entry.get("presets"), dict)
        if not sound or not all(isinstance(one, dict) for one in entry["presets"].values()):
            raise LedgerError(f"{path}: the entry {compiler!r} must have a text 'qemu' and an object 'presets' of objects")
    return ledger
