"""The comparison: several runs, their figures, and each figure's ratio to a baseline.

Pure data from `kit` in, view models out; nothing here knows of HTTP. A ratio is only ever formed between two figures of the
same unit; where the baseline lacks a figure, the reader is told what the ratios stand on instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from kit.figures import Figure, figures
from kit.results import Run

#: Kernel families in the order a textbook tells them; also the order of rows on every page.
FAMILIES = ("monolithic", "mach-like", "l4-like", "linux")

FAMILY_TITLES = {
    "monolithic": "monolithic kernel",
    "mach-like": "Mach\u2011like microkernel",  # the hyphen at which no line is broken
    "l4-like": "L4\u2011like microkernel",
    "linux": "stock Linux",
}

STANDBY_FIGURE = "ipc_rt_0"

#: A configuration that equals no preset, and what is chosen in one.
OWN = re.compile(r"config-[0-9a-f]{12}\Z")
CHOSEN = re.compile(r"^CONFIG_(\w+)=y$", re.MULTILINE)
MOST_NAMED = 3

#: Figures that are taken at several sizes: bytes of a message, users at work.
PAYLOAD = re.compile(r"^(ipc_oneway_same|ipc_rt_same|ipc_oneway|ipc_rt|pipe_rt|aim)_(\d+)$")


@dataclass(frozen=True)
class Entry:
    """One run in a comparison, under a label that no other run of the comparison has."""

    run: Run
    label: str
    values: Mapping[str, Figure]

    @property
    def family(self) -> str:
        """The kernel family, "other" where the store holds one this page does not know."""
        return self.run.kernel if self.run.kernel in FAMILIES else "other"

    def value(self, name: str) -> float | None:
        """The value of a figure, None where this run has no such figure."""
        figure = self.values.get(name)
        return None if figure is None else figure.value

    def unit(self, name: str) -> str | None:
        """The unit of a figure, None where this run has no such figure."""
        figure = self.values.get(name)
        return None if figure is None else figure.unit


@dataclass(frozen=True)
class Cell:
    """One figure of one run: its value, and its ratio to the baseline (None where either is missing)."""

    figure: str
    value: float | None
    unit: str | None
    ratio: float | None
    share: float
    """Value over the largest value of the same figure, 0 to 1: the length of a bar."""


@dataclass(frozen=True)
class Comparison:
    """Runs side by side. `baseline` is one of `entries`; both are empty when nothing was measured yet."""

    entries: tuple[Entry, ...]
    baseline: Entry | None

    def of_family(self, family: str) -> tuple[Entry, ...]:
        """The entries of one kernel family."""
        return tuple(entry for entry in self.entries if entry.family == family)

    @cached_property
    def standby(self) -> Entry | None:
        """What takes the baseline's place where it lacks an operation: the entry with the cheapest empty round trip.

        One entry for every figure, so that the ratios of a topic stand on the same kernel.
        """
        having = [entry for entry in self.entries if entry.value(STANDBY_FIGURE) is not None]
        return min(having, key=lambda entry: entry.value(STANDBY_FIGURE), default=None)

    def basis(self, name: str) -> Entry | None:
        """What the ratios of a figure stand on: the baseline, else the standby, else the first entry that has the figure."""
        candidates = (self.baseline, self.standby, *self.entries)
        return next((entry for entry in candidates if entry is not None and entry.value(name) is not None), None)

    def ratio(self, entry: Entry, name: str) -> float | None:
        """Value over the basis' value, None where it cannot be formed (missing, zero, another unit)."""
        basis = self.basis(name)
        value = entry.value(name)
        if basis is None or value is None or basis.unit(name) != entry.unit(name) or not basis.value(name):
            return None
        return value / basis.value(name)

    def cell(self, entry: Entry, name: str) -> Cell:
        """A figure of an entry, ready to be shown."""
        value = entry.value(name)
        greatest = max((abs(other.value(name) or 0) for other in self.entries), default=0)
        share = abs(value) / greatest if value is not None and greatest else 0.0
        return Cell(name, value, entry.unit(name), self.ratio(entry, name), share)

    def names(self) -> list[str]:
        """Every figure that at least one entry has, in the order met."""
        return list(dict.fromkeys(name for entry in self.entries for name in entry.values))


def compare(runs: Iterable[Run], baseline: str | None = None) -> Comparison:
    """Put runs side by side, ordered by family, then preset, then id.

    `baseline` is a label, a preset name or a run id; by default the first monolithic run, else the first run.
    Raises KeyError with the name when a baseline was asked for that is none of these.
    """
    ordered = sorted(runs, key=lambda run: (_family_rank(run.kernel), run.preset, run.id))
    entries = tuple(Entry(run, label, _by_name(figures(run))) for run, label in zip(ordered, _labels(ordered)))
    return Comparison(entries, _choose_baseline(entries, baseline))


def _family_rank(kernel: str) -> int:
    return FAMILIES.index(kernel) if kernel in FAMILIES else len(FAMILIES)


def _labels(runs: Sequence[Run]) -> list[str]:
    """The preset's name; with the run's number where a preset occurs twice.

    A configuration that is no preset is named by a hash, so what it has and a preset of its family beside it has not is said with it.
    """
    presets = [run.preset for run in runs]
    named = [run.preset if presets.count(run.preset) == 1 else f"{run.preset} #{run.id}" for run in runs]
    return [f"{name} ({words})" if (words := _own_parts(run, runs)) else name for name, run in zip(named, runs)]


def _own_parts(run: Run, runs: Sequence[Run]) -> str:
    """``frames_mine`` of a configuration of one's own; empty for a preset, where no preset is beside it, or where more than a few differ."""
    beside = next((other for other in runs if other.kernel == run.kernel and not OWN.match(other.preset)), None)
    if not OWN.match(run.preset) or beside is None:
        return ""
    theirs, ours = ({match[1].lower() for match in CHOSEN.finditer(one.config_text)} for one in (beside, run))
    return ", ".join(sorted(ours - theirs)) if len(ours - theirs) <= MOST_NAMED else ""


def _by_name(found: Iterable[Figure]) -> dict[str, Figure]:
    return {figure.figure: figure for figure in found}


def _choose_baseline(entries: Sequence[Entry], wanted: str | None) -> Entry | None:
    if wanted:
        for entry in entries:
            if wanted in (entry.label, entry.run.preset, str(entry.run.id)):
                return entry
        raise KeyError(wanted)
    return entries[0] if entries else None


# ---------------------------------------------------------------------------------------------------------------------
# Cost against payload
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """Cost against payload for one way of sending, in one entry."""

    entry: Entry
    kind: str
    """`ipc_oneway`, `ipc_rt`, `ipc_oneway_same`, `ipc_rt_same`, `pipe_rt` or `aim`."""
    points: Mapping[int, float]
    """Payload in bytes, or number of users -> value in `unit`."""
    unit: str

    @property
    def tail(self) -> tuple[int, int, float] | None:
        """(from, to, units per byte) of the stretch between the two largest payloads; None for a single point."""
        if len(self.points) < 2:
            return None
        low, high = list(self.points)[-2:]
        return low, high, (self.points[high] - self.points[low]) / (high - low)


def lines(comparison: Comparison, kinds: Sequence[str]) -> list[Line]:
    """The lines of the given kinds that the comparison holds, kind by kind in the order of entries."""
    found: dict[tuple[int, str], Line] = {}
    for position, entry in enumerate(comparison.entries):
        for name, figure in entry.values.items():
            match = PAYLOAD.match(name)
            if match and match[1] in kinds:
                points = found[position, match[1]].points if (position, match[1]) in found else {}
                joined = dict(sorted({**points, int(match[2]): figure.value}.items()))
                found[position, match[1]] = Line(entry, match[1], joined, figure.unit)
    order = {kind: rank for rank, kind in enumerate(kinds)}
    return [found[key] for key in sorted(found, key=lambda key: (order[key[1]], key[0]))]
