"""Grading a folder of submissions on the local cores, resumable.

Each folder below the given one is a submission. Its record, ``grades-NN/<name>.json`` beside them, is written whole as soon as it is graded
and names the digest of what was graded; so a run that is killed loses only what was under way, and the next one goes on. A submission that
has changed, or a lab that has, is graded again.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

from kit import lab as labs
from kit import lab_vet
from kit.files import write_if_changed
from kit.grade import PASSED, Grader, Report
from kit.grade_report import gradescope
from kit.lab import Lab
from kit.lab_tree import BuildError


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


def grade_all(lab: Lab, folder: Path, seed: int, randoms: int, jobs: int, say: Callable[[str], None]) -> list[Record]:
    """Grade what has no record yet; every record, by name. Raises BuildError where a worker died: what it did is kept."""
    home = folder / f"grades-{lab.number}"
    names = sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith((".", "grades-")))
    digests = {name: digest(lab, folder / name, seed, randoms) for name in names}
    records = {name: record for name in names if (record := read(home / f"{name}.json")) and record.digest == digests[name]}
    todo = [name for name in names if name not in records]
    say(f"{len(names)} submissions, {len(records)} graded already")
    context = multiprocessing.get_context("fork")
    numbers: Queue[int] = context.Queue()
    for number in range(jobs):
        numbers.put(1 + number)  # 0 is the copy of the kit that make grade uses
    with ProcessPoolExecutor(jobs, context, _begin, (numbers, lab.name, seed, randoms)) as pool:
        waiting = {pool.submit(_one, str(folder / name), str(home / f"{name}.json"), digests[name]): name for name in todo}
        try:
            for done in as_completed(waiting):
                records[waiting[done]] = done.result()
                say(f"{len(records)} of {len(names)}: {waiting[done]} {records[waiting[done]].points:g}")
        except BrokenProcessPool:
            raise BuildError("a worker was killed; what is graded is kept, and the same command goes on from there") from None
    return [records[name] for name in sorted(records)]


def read(path: Path) -> Record | None:
    """A record, or None where there is none that makes sense."""
    try:
        return Record(**json.loads(path.read_text(encoding="utf-8"))["record"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def digest(lab: Lab, folder: Path, seed: int, randoms: int) -> str:
    """What a record must have been made of: the submission's plain files, the lab's own, seed and number of random assemblies."""
    made = hashlib.sha256(f"{seed} {randoms}".encode())
    for base in (folder, lab.folder):
        for path in sorted(base.rglob("*")):
            if path.is_file() and not path.is_symlink() and "__pycache__" not in path.parts and path.stat().st_size <= lab_vet.FILE_BYTES:
                made.update(f"{path.relative_to(base)}\0".encode() + path.read_bytes() + b"\0")
            elif path.is_symlink():
                made.update(f"{path.relative_to(base)} is a link\0".encode())
    return made.hexdigest()


_grader: Grader | None = None


def _begin(numbers: Queue[int], name: str, seed: int, randoms: int) -> None:
    """In each worker: a grader of its own, with its own copy of the kit."""
    global _grader
    _grader = Grader(labs.find(name), seed, randoms, numbers.get())


def _one(folder: str, path: str, made_of: str) -> Record:
    assert _grader is not None
    submission = None
    try:
        submission = lab_vet.read(_grader.lab, Path(folder))
        report = _grader.grade(submission)
    except lab_vet.Refused as error:
        report = _grader.refuse(Path(folder), str(error))
    record = _record(report, Path(folder).name, made_of, dict(submission.answers) if submission else {})
    value = {"record": asdict(record), "gradescope": json.loads(gradescope(report))}
    write_if_changed(Path(path), json.dumps(value, indent=1, ensure_ascii=False) + "\n")
    return record


def _record(report: Report, name: str, made_of: str, answers: dict[str, Any]) -> Record:
    given = answers.get("leaderboard", "")
    nickname = given.strip()[:32] if isinstance(given, str) and given.isprintable() else ""
    tests = {result.test.name: result.status for result in report.results}
    return Record(name, made_of, report.points, tests, report.measured, report.refused, nickname)


def overview(lab: Lab, records: list[Record]) -> str:
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
            lines.append(f"  not graded: {record.name}: {record.refused}")
    return "\n".join([*lines, *leaderboard(records), ""])


def leaderboard(records: list[Record]) -> list[str]:
    """A line for each nickname and figure, the cheapest first; only of submissions that pass everything and asked for it."""
    able = [record for record in records if record.nickname and all(status == PASSED for status in record.tests.values())]
    lines = []
    for figure in sorted({name for record in able for name in record.measured if not name.endswith("_reference")}):
        lines.append(f"  {figure}:")
        ranked = sorted((record.measured[figure], record.nickname) for record in able if figure in record.measured)
        lines += [f"    {value:>10,}  {nickname}" for value, nickname in ranked]
    return lines
