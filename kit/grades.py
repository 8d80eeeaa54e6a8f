"""The records of a graded class, as they lie in ``grades-NN/``, and what they say together. Whoever reads them here grades nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kit.lab import Lab

PASSED = "passed"
REFERENCE = "_reference"
"""Ends the name of a figure of the reference part."""
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
FOLDER = re.compile(r"grades-([0-9]{2})\Z")


@dataclass(frozen=True)
class Record:
    """What is kept of a graded submission. ``tests`` maps a name to its status, ``measured`` a figure to its value."""

    name: str
    digest: str
    points: float
    tests: dict[str, str]
    measured: dict[str, int]
    refused: str
    nickname: str
    """Under which it appears on the leaderboard; empty: it does not."""
    answers: dict[str, float] = field(default_factory=dict)
    """Question -> points."""
    seconds: float = 0
    """Of wall time, on the machine that graded it."""
    when: str = ""
    """The end of its grading, ISO 8601, UTC."""
    like: str = ""
    """The submission whose files are the same, and which was graded in its stead."""


def plain(text: str) -> str:
    """Without control characters: a student's bytes never reach a terminal as commands."""
    return CONTROL.sub("?", text.replace("\t", "        "))


def read(path: Path) -> Record | None:
    """A record, or None where there is none that makes sense."""
    try:
        return Record(**json.loads(path.read_text(encoding="utf-8"))["record"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def read_class(home: Path) -> list[Record]:
    """Every record of a ``grades-NN`` folder, by name; what makes no sense is left out."""
    return [record for path in sorted(home.glob("*.json")) if (record := read(path))]


def homes(folder: Path) -> dict[str, Path]:
    """Lab number -> the folder of records: ``folder`` itself, or those below it."""
    candidates = [folder, *sorted(folder.iterdir())] if folder.is_dir() else []
    return {match[1]: path for path in candidates if path.is_dir() and (match := FOLDER.match(path.resolve().name))}


def overview(lab: Lab, records: Sequence[Record]) -> str:
    """The class at a glance: how many pass each test, how the points are spread, and the leaderboard of those who want to be on it."""
    if not records:
        return "no submissions\n"
    points = sorted(record.points for record in records)
    lines = [f"{lab.title}: {len(records)} submissions, median {points[len(points) // 2]:g}, lowest {points[0]:g}, highest {points[-1]:g} of {lab.points}"]
    for test in lab.tests:
        count = sum(record.tests.get(test.name) == PASSED for record in records)
        lines.append(f"  {count:>4} of {len(records)} pass  {test.name:<14} {test.title}")
    for record in records:
        if record.refused:
            lines.append(f"  refused: {record.name}: {record.refused}")
    return "\n".join([*map(plain, lines), *leaderboard(records), ""])


def leaderboard(records: Sequence[Record]) -> list[str]:
    """A line for each nickname and figure."""
    lines = []
    for board in boards(records):
        lines.append(f"  {board.figure}{f' (the reference: {board.reference:,})' if board.reference is not None else ''}:")
        lines += [f"    {value:>10,}  {nickname}" for value, nickname in board.ranked]
    return lines


@dataclass(frozen=True)
class Board:
    """Who reached which value of a figure, the cheapest first, beside the reference's."""

    figure: str
    reference: int | None
    ranked: list[tuple[int, str]]


def boards(records: Sequence[Record]) -> list[Board]:
    """For each figure those who asked to be named and pass everything; nobody else's figure is shown."""
    able = [record for record in records if record.nickname and all(status == PASSED for status in record.tests.values())]
    found = []
    for figure in sorted({name for record in able for name in record.measured if not name.endswith(REFERENCE)}):
        ranked = sorted((record.measured[figure], record.nickname) for record in able if figure in record.measured)
        reference = next((record.measured[figure + REFERENCE] for record in able if figure + REFERENCE in record.measured), None)
        found.append(Board(figure, reference, ranked))
    return found
