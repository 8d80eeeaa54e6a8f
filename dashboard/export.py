"""Runs and comparisons as JSON and CSV, for spreadsheets and scripts.

Both are deterministic: the same stored runs give the same bytes. Text that a spreadsheet would take for a formula is written
with an apostrophe before it; numbers are written as they are.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from kit.figures import figures, meaning
from kit.results import Run

from .comparison import Comparison

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def run_document(run: Run) -> dict[str, Any]:
    """Everything that is stored of a run, and its figures."""
    document = asdict(run)
    document["samples_note"] = "raw: the timing overhead of a series is not subtracted from its samples"
    document["figures"] = [asdict(figure) for figure in figures(run)]
    return document


def comparison_document(comparison: Comparison) -> dict[str, Any]:
    """The comparison: its runs, and every figure with each run's value and ratio."""
    return {
        "baseline": None if comparison.baseline is None else comparison.baseline.label,
        "runs": [
            {
                "label": entry.label,
                "run": entry.run.id,
                "preset": entry.run.preset,
                "kernel": entry.run.kernel,
                "created_at": entry.run.created_at,
                "revision": entry.run.revision,
                "dirty": entry.run.dirty,
                "compiler": entry.run.compiler,
                "config_hash": entry.run.config_hash,
            }
            for entry in comparison.entries
        ],
        "figures": [
            {
                "figure": name,
                "meaning": meaning(name),
                "values": [
                    {
                        "label": entry.label,
                        "run": entry.run.id,
                        "value": entry.value(name),
                        "unit": entry.unit(name),
                        "ratio": comparison.ratio(entry, name),
                    }
                    for entry in comparison.entries
                    if entry.value(name) is not None
                ],
            }
            for name in comparison.names()
        ],
    }


def as_json(document: Any) -> str:
    """JSON with sorted keys and a newline at the end."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def run_csv(run: Run) -> str:
    """The raw samples of a run, one a line."""
    rows = (
        (run.id, run.preset, series.workload, series.name, series.unit, series.overhead, position, sample)
        for series in run.series
        for position, sample in enumerate(series.samples)
    )
    return _csv(("run", "preset", "workload", "series", "unit", "overhead", "position", "sample"), rows)


def comparison_csv(comparison: Comparison) -> str:
    """Every figure of every run of a comparison, one a line."""
    rows = (
        (
            name,
            entry.label,
            entry.run.id,
            entry.run.kernel,
            entry.value(name),
            entry.unit(name),
            basis.label if (basis := comparison.basis(name)) else "",
            "" if (ratio := comparison.ratio(entry, name)) is None else f"{ratio:.6g}",
        )
        for name in comparison.names()
        for entry in comparison.entries
        if entry.value(name) is not None
    )
    return _csv(("figure", "label", "run", "kernel", "value", "unit", "baseline", "ratio"), rows)


def _csv(header: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return "'" + value
    return value
