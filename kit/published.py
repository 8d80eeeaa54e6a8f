"""Published figures that may stand beside ours.

``docs/papers/figures.csv`` holds what the papers print, ``definitions.csv`` which metric matches which of our figures, and
``systems.csv`` which system matches which preset. Nothing is matched by code: a definition that is not in the data does not match.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

PAPERS = Path(__file__).resolve().parent.parent / "docs" / "papers"


class PublishedError(Exception):
    """One of the data files is missing or wrong; the text says where."""


@dataclass(frozen=True)
class Published:
    """A figure as printed: in ``unit``, on ``hardware``. Not comparable with ours but through a ratio."""

    system: str
    value: float
    unit: str
    hardware: str
    source: str
    metric: str = ""
    note: str = ""
    """What the metric means, from definitions.csv."""


@dataclass(frozen=True)
class PublishedRatio:
    """How many times ``system`` costs what ``baseline`` costs, both measured on one machine in one source."""

    system: str
    baseline: str
    ratio: float
    hardware: str
    source: str


def published_for(figure: str, papers: Path = PAPERS) -> list[Published]:
    """The published figures whose definition matches ``figure``, in the order of figures.csv. Raises PublishedError."""
    notes = {(row["metric"], row["system"]): row["note"] for row in _read(papers, "definitions.csv") if row["figure"] == figure}
    found = []
    for row in _read(papers, "figures.csv"):
        note = notes.get((row["metric"], row["system"]), notes.get((row["metric"], "")))
        if note is not None:
            found.append(Published(row["system"], _value(row), row["unit"], row["hardware"], row["source"], row["metric"], note))
    return found


def published_ratios(figure: str, preset: str, baseline: str, papers: Path = PAPERS) -> list[PublishedRatio]:
    """Published ratios of ``figure`` between the systems that match two presets. Empty where none was published."""
    candidates = published_for(figure, papers)
    return [
        PublishedRatio(ours.system, other.system, ours.value / other.value, ours.hardware, ours.source)
        for ours in candidates
        if preset in presets_of(ours.system, papers)
        for other in candidates
        if other.system != ours.system
        and baseline in presets_of(other.system, papers)
        and (other.metric, other.unit, other.hardware, other.source) == (ours.metric, ours.unit, ours.hardware, ours.source)
    ]


def presets_of(system: str, papers: Path = PAPERS) -> set[str]:
    """Names of the presets that a published system may stand beside; empty for a system nothing here resembles."""
    return {row["preset"] for row in _read(papers, "systems.csv") if row["system"] == system}


def _value(row: dict[str, str]) -> float:
    try:
        return float(row["value"])
    except ValueError as error:
        raise PublishedError(f"figures.csv: {row['metric']}, {row['system']}: {row['value']!r} is not a number") from error


_COLUMNS = {
    "figures.csv": {"metric", "system", "value", "unit", "hardware", "source"},
    "definitions.csv": {"metric", "system", "figure", "note"},
    "systems.csv": {"system", "preset"},
}


@lru_cache(maxsize=None)
def _read(papers: Path, name: str) -> tuple[dict[str, str], ...]:
    path = papers / name
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            missing = _COLUMNS[name] - set(reader.fieldnames or ())
            if missing:
                raise PublishedError(f"{path}: column {', '.join(sorted(missing))} is missing")
            rows = tuple(reader)
    except (OSError, UnicodeDecodeError) as error:
        raise PublishedError(f"cannot read {path}: {error}") from error
    for number, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            raise PublishedError(f"{path}:{number}: a row of {len(_COLUMNS[name])} columns is expected")
    return rows
