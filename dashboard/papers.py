"""Published figures laid out beside ours.

Papers count microseconds and cycles of their own machines, so a published figure is only ever compared with another one of
the same metric, unit, hardware and source: such figures form a group, and a group brings its own baseline. `kit.published`
decides which definitions match; this module only arranges.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kit.published import Published, PublishedRatio, presets_of, published_for, published_ratios

from .comparison import Comparison, Entry


@dataclass(frozen=True)
class Row:
    """One published figure, with its ratio to the group's baseline, and ours of the same meaning (None where there is none)."""

    published: Published
    ratio: float | None
    figure: str
    entry: Entry | None
    ours: float | None
    our_unit: str | None
    our_ratio: float | None


@dataclass(frozen=True)
class Group:
    """Figures of one metric from one source. On one machine they share a baseline; figures each alone on a machine have none."""

    metric: str
    hardware: str
    """The machine; empty where each figure has its own."""
    source: str
    unit: str
    baseline: str | None
    note: str
    """What the metric means, where that is the same for every row; else empty."""
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Beside:
    """A published ratio of one figure, and ours of the same figure."""

    figure: str
    told: PublishedRatio
    ours: float | None


def groups(comparison: Comparison, figure_names: Iterable[str]) -> list[Group]:
    """The published counterparts of some figures. A row that matches several figures stands under the first."""
    meant: dict[Published, str] = {}
    seen: set[tuple[str, str, float, str, str, str]] = set()
    for name in figure_names:
        for one in published_for(name):
            key = (one.metric, one.system, one.value, one.unit, one.hardware, one.source)
            if key not in seen:
                seen.add(key)
                meant[one] = name
    found = [_group(comparison, members, meant) for members in _together(list(meant))]
    return sorted(found, key=lambda group: (group.baseline is None, all(row.entry is None for row in group.rows)))


def _together(published: list[Published]) -> list[list[Published]]:
    """Figures by metric, unit, hardware and source; those that stand alone so, by metric, unit and source."""
    by_machine: dict[tuple[str, ...], list[Published]] = {}
    for one in published:
        by_machine.setdefault((one.metric, one.unit, one.source, one.hardware), []).append(one)
    gathered: dict[tuple[str, ...], list[Published]] = {}
    for key, members in by_machine.items():
        gathered.setdefault(key if len(members) > 1 else key[:3], []).extend(members)
    return list(gathered.values())


def _group(comparison: Comparison, members: list[Published], meant: dict[Published, str]) -> Group:
    first = members[0]
    one_machine = all(one.hardware == first.hardware for one in members)
    baseline = _baseline(members) if len(members) > 1 and one_machine else None
    rows = tuple(_row(comparison, one, meant[one], baseline) for one in members)
    note = first.note if all(one.note == first.note for one in members) else ""
    hardware = first.hardware if one_machine else ""
    return Group(first.metric, hardware, first.source, first.unit, baseline.system if baseline else None, note, rows)


def ratios(comparison: Comparison, figure_names: Iterable[str]) -> dict[str, Beside]:
    """Label of an entry -> the published ratio that stands beside it: the first figure, among those named, for which the
    literature compares a system like the entry with a system like the one its own ratio stands on."""
    found: dict[str, Beside] = {}
    for name in figure_names:
        basis = comparison.basis(name)
        for entry in comparison.entries:
            if basis is not None and entry.run.preset != basis.run.preset and entry.value(name) is not None:
                for told in published_ratios(name, entry.run.preset, basis.run.preset)[:1]:
                    found.setdefault(entry.label, Beside(name, told, comparison.ratio(entry, name)))
    return found


def _baseline(members: list[Published]) -> Published:
    """The paper's monolithic system; where it measured none, the cheapest."""
    monolithic = [one for one in members if "monolithic" in presets_of(one.system)]
    return min(monolithic or members, key=lambda one: (one.value, one.system))


def _row(comparison: Comparison, one: Published, figure: str, baseline: Published | None) -> Row:
    presets = presets_of(one.system)
    entry = next((entry for entry in comparison.entries if entry.run.preset in presets and entry.value(figure) is not None), None)
    ratio = one.value / baseline.value if baseline and baseline.value else None
    if entry is None:
        return Row(one, ratio, figure, None, None, None, None)
    return Row(one, ratio, figure, entry, entry.value(figure), entry.unit(figure), comparison.ratio(entry, figure))
