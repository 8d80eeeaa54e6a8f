"""A graded class at a glance: who passed which test, how points are spread, what failed most, who is cheapest.

Pure data from ``kit.grades`` in, view models out; nothing here knows of HTTP.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kit.grades import Board, Record, boards
from kit.lab import Lab

BINS = 10
FAILED, SKIPPED = "failed", "skipped"


@dataclass(frozen=True)
class TestRow:
    """How a test went in the class. ``share`` is the part of the class that passed it, 0 to 1."""

    name: str
    title: str
    points: int
    passed: int
    failed: int
    other: int
    """Not made, because something that it needs failed, or because this copy of the kit has it not."""
    share: float


@dataclass(frozen=True)
class Bin:
    """How many submissions have from ``low`` to ``high`` points; ``share`` is of the fullest bin, 0 to 1."""

    low: int
    high: int
    count: int
    share: float


@dataclass(frozen=True)
class Cell:
    """A submission's outcome of a test: its status, and the points that it gave."""

    status: str
    points: int


@dataclass(frozen=True)
class Row:
    """A submission."""

    record: Record
    cells: tuple[Cell, ...]
    answers: float
    """Points for answered questions."""


@dataclass(frozen=True)
class ClassView:
    """What the page shows."""

    lab: Lab
    rows: tuple[Row, ...]
    tests: tuple[TestRow, ...]
    bins: tuple[Bin, ...]
    boards: tuple[Board, ...]
    median: float
    seconds: float
    """Wall time of all gradings together; a submission that was like another took none."""
    last: str

    @property
    def hardest(self) -> TestRow | None:
        """The test that most submissions failed; None where none did."""
        worst = max(self.tests, key=lambda test: test.failed, default=None)
        return worst if worst and worst.failed else None


def view(lab: Lab, records: Sequence[Record]) -> ClassView:
    """The class of one lab, submissions by name."""
    points = sorted(record.points for record in records)
    return ClassView(
        lab=lab,
        rows=tuple(_row(lab, record) for record in sorted(records, key=lambda record: record.name)),
        tests=tuple(_test(lab, name, records) for name in (test.name for test in lab.tests)),
        bins=_bins(lab.points, points),
        boards=tuple(boards(records)),
        median=_median(points),
        seconds=sum(record.seconds for record in records if not record.like),
        last=max((record.when for record in records), default=""),
    )


def _row(lab: Lab, record: Record) -> Row:
    cells = []
    for test in lab.tests:
        status = record.tests.get(test.name, SKIPPED)
        cells.append(Cell(status, test.points if status == "passed" else 0))
    return Row(record, tuple(cells), sum(record.answers.values()))


def _test(lab: Lab, name: str, records: Sequence[Record]) -> TestRow:
    test = lab.test(name)
    found = [record.tests.get(name, SKIPPED) for record in records]
    passed, failed = found.count("passed"), found.count(FAILED)
    return TestRow(name, test.title, test.points, passed, failed, len(found) - passed - failed, passed / len(found) if found else 0.0)


def _bins(most: int, points: Sequence[float]) -> tuple[Bin, ...]:
    """Ten bins of equal width; the last holds the full score as well."""
    width = max(most // BINS, 1)
    counts = [0] * BINS
    for one in points:
        counts[min(int(one // width), BINS - 1)] += 1
    fullest = max(counts) or 1
    return tuple(Bin(n * width, most if n == BINS - 1 else (n + 1) * width - 1, count, count / fullest) for n, count in enumerate(counts))


def _median(points: Sequence[float]) -> float:
    if not points:
        return 0
    middle = len(points) // 2
    return points[middle] if len(points) % 2 else (points[middle - 1] + points[middle]) / 2
