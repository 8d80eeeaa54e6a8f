"""Everything that is stored, as JSON or CSV. The same store gives the same bytes.

JSON holds whole runs with raw samples, oldest first. CSV holds one line for each figure of each run.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from kit.figures import figures
from kit.results import Run

CSV_COLUMNS = (
    "run", "created_at", "preset", "kernel", "figure", "value", "unit", "better", "minimum", "samples", "overhead",
    "status", "revision", "dirty", "config_hash", "kernel_sha256", "initrd_sha256", "compiler", "qemu_version",
)  # fmt: skip


_COPIED = ("created_at", "preset", "kernel", "revision", "config_hash", "compiler", "qemu_version")


def to_json(runs: Iterable[Run]) -> str:
    """A JSON array of runs by id, each with its figures."""
    return json.dumps([_run(run) for run in _ordered(runs)], indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def to_csv(runs: Iterable[Run]) -> str:
    """A header, then one line for each figure; ``minimum`` and ``overhead`` are of the raw samples, empty for a mark."""
    text = io.StringIO()
    writer = csv.DictWriter(text, CSV_COLUMNS, lineterminator="\n")
    writer.writeheader()
    for run in _ordered(runs):
        writer.writerows(_rows(run))
    return text.getvalue()


def _ordered(runs: Iterable[Run]) -> list[Run]:
    return sorted(runs, key=lambda run: run.id)


def _run(run: Run) -> dict[str, Any]:
    return {**asdict(run), "figures": [asdict(one) for one in figures(run)]}


def _rows(run: Run) -> Iterable[dict[str, Any]]:
    common = {name: getattr(run, name) for name in _COPIED}
    common |= {f"{name}_sha256": run.images[name].sha256 for name in ("kernel", "initrd") if name in run.images}
    for one in figures(run):
        series = run.find_series(one.series) if one.series else None
        samples = {"minimum": series.minimum, "samples": series.count, "overhead": series.overhead} if series else {"samples": 1}
        yield {
            **common,
            "run": run.id,
            "dirty": int(run.dirty),
            "status": run.status.splitlines()[0],
            "figure": one.figure,
            "value": one.value,
            "unit": one.unit,
            "better": one.better,
            **samples,
        }
