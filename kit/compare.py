"""The comparison as a table for the terminal: a row for each figure, a column for each preset, ratios to a baseline.

Beside a ratio stands the published one, in brackets, where ``docs/papers`` holds a figure of the same definition for both systems
on the same hardware in the same source. Pure: text from runs.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from kit.figures import UNIT_NOTE, Figure, figure_map
from kit.groups import grouped
from kit.published import PublishedRatio, published_ratios
from kit.results import Run

WIDTH = 100
"""Columns of a paragraph."""


@dataclass(frozen=True)
class Cell:
    """One figure of one preset; ``ratio`` to the row's baseline, and the published ratios that may stand beside it."""

    figure: Figure
    ratio: float | None
    published: tuple[PublishedRatio, ...]


@dataclass(frozen=True)
class Row:
    """One figure over all presets, None where a preset has no such figure; ``baseline`` is the preset the ratios refer to."""

    figure: str
    unit: str
    baseline: str
    cells: tuple[Cell | None, ...]


def comparison(runs: Sequence[Run], baseline: str | None = None) -> list[Row]:
    """The rows of a comparison; the baseline is the first run's preset unless named.

    A figure that the baseline lacks (native IPC on a monolithic kernel) refers to the first preset that has it.
    """
    maps = {run.preset: figure_map(run) for run in runs}
    if not maps:
        return []
    chosen = baseline or runs[0].preset
    if chosen not in maps:
        raise ValueError(f"the baseline {chosen!r} is not among the compared presets: {', '.join(maps)}")
    return [_row(name, maps, chosen) for name in _order(runs, maps)]


def render(runs: Sequence[Run], baseline: str | None = None) -> str:
    """The table with its legend, ending in a newline."""
    rows = comparison(runs, baseline)
    if not rows:
        return "Nothing to compare: no runs.\n"
    chosen = baseline or runs[0].preset
    table = _table([["figure", *(run.preset for run in runs)], *_body(rows, len(runs))])
    return "\n".join([table, "", *_legend(rows, chosen), ""])


def _body(rows: list[Row], columns: int) -> list[list[str]]:
    """The lines of the table, each group of figures behind a line with its title."""
    lines = []
    for title, members in grouped(rows, lambda row: row.figure):
        lines += [[""] * (columns + 1), [title, *[""] * columns]]
        lines += [[f"  {_label(row)}", *(_cell(cell) for cell in row.cells)] for row in members]
    return lines


def _order(runs: Sequence[Run], maps: dict[str, dict[str, Figure]]) -> list[str]:
    """Figures in the order in which the presets first have them."""
    return list(dict.fromkeys(name for run in runs for name in maps[run.preset]))


def _row(name: str, maps: dict[str, dict[str, Figure]], chosen: str) -> Row:
    having = [preset for preset in maps if name in maps[preset]]
    baseline = chosen if chosen in having else having[0]
    base = maps[baseline][name]
    cells = tuple(_make_cell(maps[preset].get(name), base) for preset in maps)
    return Row(name, base.unit, baseline, cells)


def _make_cell(figure: Figure | None, base: Figure) -> Cell | None:
    if figure is None:
        return None
    comparable = figure.unit == base.unit and base.value
    published = published_ratios(figure.figure, figure.preset, base.preset) if figure is not base else []
    return Cell(figure, figure.value / base.value if comparable else None, tuple(published))


def _label(row: Row) -> str:
    return row.figure if row.unit == "instructions" else f"{row.figure} ({row.unit})"


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "-"
    ratio = f"{times(cell.ratio)}" if cell.ratio is not None else ""
    published = f" [{times(cell.published[0].ratio)}]" if cell.published else ""
    return f"{cell.figure.value:,} {ratio:>6}{published:<9}"


def times(ratio: float) -> str:
    """A ratio with three digits, or all before the point."""
    digits = 2 if ratio < 10 else 1 if ratio < 100 else 0
    return f"{ratio:.{digits}f}x"


def _table(lines: list[list[str]]) -> str:
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    ruled = [lines[0], ["-" * width for width in widths], *lines[1:]]
    return "\n".join(
        "  ".join(text.ljust(width) if column == 0 else text.rjust(width) for column, (text, width) in enumerate(zip(line, widths))).rstrip()
        for line in ruled
    )


def _legend(rows: list[Row], chosen: str) -> list[str]:
    others = sorted({row.baseline for row in rows} - {chosen})
    lines = ["Lower is better. Unit unless named: instructions.", f"Ratios (x) are to {chosen}."]
    higher = [row.figure for row in rows if any(cell and cell.figure.better == "higher" for cell in row.cells)]
    if higher:
        lines[0] = f"Lower is better, but for {', '.join(higher)}. Unit unless named: instructions."
    if others:
        lines[-1] = f"Ratios (x) are to {chosen}; a figure that it lacks is compared with {', '.join(others)} instead."
    lines += wrapped(UNIT_NOTE)
    published = _all_published(rows)
    if published:
        lines += ["[x] is the published ratio of the same definition, both systems on one machine:", *published]
    return lines


def wrapped(text: str) -> list[str]:
    """A paragraph as lines that fit a terminal."""
    return textwrap.wrap(text[0].upper() + text[1:], WIDTH)


def _all_published(rows: list[Row]) -> list[str]:
    found = [
        f"  {row.figure}: {times(one.ratio)}, {one.system} to {one.baseline}, {one.hardware} ({one.source})"
        for row in rows
        for cell in row.cells
        if cell
        for one in cell.published
    ]
    return list(dict.fromkeys(found))
