"""The figures `lat_*` as one table: an operation a row, a kernel a column."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from . import papers
from .comparison import Cell, Comparison, Entry
from .topics import phrase
from .words import Sentence, Strong, join, sentence, times

#: (heading, ((figure, how the page calls it), ...)) in the order of the table.
GROUPS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Calls",
        (
            ("lat_null", "null call"),
            ("lat_read", "read 1 B, /dev/zero"),
            ("lat_write", "write 1 B, /dev/null"),
            ("lat_read_file", "read 1 B, file"),
            ("lat_write_file", "write 1 B, file"),
            ("lat_fstat", "fstat"),
            ("lat_stat", "stat"),
            ("lat_open_close", "open and close"),
        ),
    ),
    (
        "Files",
        (
            ("lat_create_0k", "create, empty"),
            ("lat_delete_0k", "delete, empty"),
            ("lat_create_10k", "create, 10 KB"),
            ("lat_delete_10k", "delete, 10 KB"),
            ("lat_read_4k", "read 4 KB"),
            ("lat_read_64k", "read 64 KB"),
        ),
    ),
    (
        "Waiting",
        (
            ("lat_select_10", "select, 10 files"),
            ("lat_select_100", "select, 100 files"),
            ("lat_poll_10", "poll, 10 files"),
            ("lat_poll_100", "poll, 100 files"),
        ),
    ),
    (
        "Signals and memory",
        (
            ("lat_sig_install", "install a handler"),
            ("lat_sig_catch", "catch a signal"),
            ("lat_prot_fault", "protection fault"),
            ("lat_mmap", "map 16 pages"),
            ("lat_mmap_file", "map 16 pages, file"),
            ("lat_page_fault", "page of a file"),
        ),
    ),
    (
        "Processes",
        (
            ("lat_fork", "fork, exit"),
            ("lat_exec", "fork, exec, exit"),
            ("lat_ctx_2", "switch among 2"),
            ("lat_ctx_8", "switch among 8"),
            ("lat_pipe", "pipe, there and back"),
            ("lat_unix", "socket, there and back"),
            ("lat_pipe_64k", "pipe, 64 KB"),
        ),
    ),
)


@dataclass(frozen=True)
class Row:
    """One operation on every kernel; `told` holds the published ratio that stands beside an entry's, by label."""

    figure: str
    title: str
    cells: tuple[tuple[Entry, Cell], ...]
    told: dict[str, papers.Beside]


@dataclass(frozen=True)
class LatencyView:
    """The table, and the sentence that sums it up."""

    headline: Sentence
    groups: tuple[tuple[str, tuple[Row, ...]], ...]


def view(comparison: Comparison) -> LatencyView | None:
    """The operations that at least one entry was measured with, None where there is none."""
    names = set(comparison.names())
    groups = []
    for heading, members in GROUPS:
        rows = tuple(_row(comparison, figure, title) for figure, title in members if figure in names)
        if rows:
            groups.append((heading, rows))
    return LatencyView(_headline(comparison, [row for _, rows in groups for row in rows]), tuple(groups)) if groups else None


def _row(comparison: Comparison, figure: str, title: str) -> Row:
    cells = tuple((entry, comparison.cell(entry, figure)) for entry in comparison.entries)
    return Row(figure, title, cells, papers.ratios(comparison, [figure]))


def _headline(comparison: Comparison, rows: list[Row]) -> Sentence:
    """The middle operation of each kernel, and how many are cheaper than in stock Linux."""
    base = comparison.baseline
    if base is None:
        return sentence()
    middle = [(entry, _middle(entry, rows)) for entry in comparison.entries if entry is not base]
    found = [(entry, value) for entry, value in middle if value is not None]
    pieces: list[str] = []
    for position, (entry, value) in enumerate(found):
        before = ", " if position else ""
        pieces += [" and " if 0 < position == len(found) - 1 else before, Strong(times(value)), f" as much in {phrase(comparison, entry)}"]
    first = sentence(f"Of {len(rows)} operations the middle one costs ", *pieces, f" as in {phrase(comparison, base)}.")
    return join(one for one in (first if found else sentence(), _below_linux(comparison, base, rows)) if one.pieces)


def _middle(entry: Entry, rows: list[Row]) -> float | None:
    """The median of an entry's ratios."""
    found = [cell.ratio for row in rows for other, cell in row.cells if other is entry and cell.ratio is not None]
    return median(found) if found else None


def _below_linux(comparison: Comparison, base: Entry, rows: list[Row]) -> Sentence:
    stock = next((entry for entry in comparison.of_family("linux")), None)
    if stock is None or base is stock:
        return sentence()
    pairs = [(base.value(row.figure), stock.value(row.figure)) for row in rows]
    both = [(ours, theirs) for ours, theirs in pairs if ours is not None and theirs is not None]
    below = sum(ours < theirs for ours, theirs in both)
    return sentence(Strong(f"{below} of {len(both)}"), f" cost less in {phrase(comparison, base)} than in stock Linux.")
