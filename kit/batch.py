"""Grading a folder of submissions on the local cores, resumable.

Each folder below the given one is a submission. Its record, ``grades-NN/<name>.json`` beside them, is written whole as soon as it is graded
and names the digest of what was graded; so a run that is killed loses only what was under way, and the next one goes on. A submission that
has changed, or a lab that has, is graded again; one whose files are those of another gets that one's record.

Each submission is graded in a process of its own: one that brings the grader down leaves the others alone, and no record. A disk that is full
fails builds of whoever is graded then, so nothing is believed that was found while there was no room.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Any

from kit import lab_vet
from kit.files import write_if_changed
from kit.forked import Died, Failed, Forked
from kit.grade import Grader, Report
from kit.grade_report import gradescope
from kit.grades import Record, plain, read
from kit.lab import Lab
from kit.lab_tree import work_root

ROOM = 256 << 20
"""Bytes that a disk must have free for what is found to count: more than a build ever writes."""
FILES = 5000
"""A submission with more is not looked through."""
KEPT = "what is graded is kept, and the same command goes on"


class BatchError(Exception):
    """A batch cannot begin or go on; the text says why. What was graded is kept."""


@dataclass
class Batch:
    """A graded class: records by name, and why others have none."""

    records: list[Record]
    missing: dict[str, str]


def grade_all(lab: Lab, folder: Path, seed: int, randoms: int, jobs: int, say: Callable[[str], None]) -> Batch:
    """Grade what has no record yet. Raises BatchError where another batch is at work there, or there is no room."""
    home = folder / f"grades-{lab.number}"
    names = submissions(folder)
    try:
        home.mkdir(exist_ok=True)
    except OSError as error:
        raise BatchError(f"{home} cannot be made: {error.strerror}") from error
    with _alone(home) as lock:
        of_lab = _digest_of(lab.folder, hashlib.sha256(f"{seed} {randoms}".encode())).hexdigest()
        digests = {name: digest(of_lab, folder / name) for name in names}
        records = {name: record for name in names if (record := read(home / f"{name}.json")) and record.digest == digests[name]}
        say(f"{len(names)} submissions, {len(records)} graded already")
        missing = _Run(lab, folder, home, digests, records, say).run(lock, seed, randoms, max(jobs, 1))
    return Batch([records[name] for name in sorted(records)], missing)


def submissions(folder: Path) -> list[str]:
    """The names of the folders that are graded, sorted. Raises BatchError."""
    try:
        return sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.is_symlink() and not path.name.startswith((".", "grades-")))
    except OSError as error:
        raise BatchError(f"{folder}: {error.strerror}") from error


@contextmanager
def _alone(home: Path) -> Iterator[int]:
    """Hold the folder of records; what a batch that was killed left half written is removed."""
    handle = os.open(home / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BatchError(f"another make grade-all is at work on {home.parent}: wait for its end") from None
        for scrap in home.glob(".*.json.*"):
            scrap.unlink()
        yield handle
    finally:
        os.close(handle)


class _Run:
    """One run over what has no record. ``records`` grows."""

    def __init__(self, lab: Lab, folder: Path, home: Path, digests: dict[str, str], records: dict[str, Record], say: Callable[[str], None]) -> None:
        self.lab, self.folder, self.home, self.digests, self.records, self.say = lab, folder, home, digests, records, say
        self.known = {record.digest: record for record in records.values() if not record.refused}
        self.missing: dict[str, str] = {}
        self.todo = [name for name in digests if name not in records]

    def run(self, lock: int, seed: int, randoms: int, jobs: int) -> dict[str, str]:
        """Why some have no record in the end, by name. Raises BatchError."""
        graders = {number: Grader(self.lab, seed, randoms, number, 1) for number in range(1, jobs + 1)}  # 0 is the copy that make grade uses
        working: dict[str, int] = {}
        with Forked[Record]() as forked:
            while self.todo or working:
                while len(working) < jobs and (name := self._next(working)):
                    number = min(graders.keys() - set(working.values()))
                    working[name] = number
                    forked.start(name, partial(_one, graders[number], self.folder / name, self.digests[name], lock))
                try:
                    name, record = forked.next()
                    self._keep(record)
                except (Died, Failed) as error:
                    if isinstance(error.__cause__, BatchError):
                        raise error.__cause__ from None
                    name = error.name
                    self.missing[name] = str(error)
                    self.say(f"not graded: {plain(str(error))}")
                del working[name]
        return self.missing

    def _next(self, working: dict[str, int]) -> str:
        """What to grade next; files that are known are not graded again, nor those that are just being graded."""
        busy = {self.digests[name] for name in working}
        for name in list(self.todo):
            same = self.known.get(self.digests[name])
            if same:
                self.todo.remove(name)
                self._copy(name, same)
            elif self.digests[name] not in busy:
                self.todo.remove(name)
                return name
        return ""

    def _copy(self, name: str, same: Record) -> None:
        """The record of a submission whose files are those of another. Raises BatchError."""
        record = replace(same, name=name, like=same.like or same.name)
        try:
            told = json.loads((self.home / f"{same.name}.json").read_text(encoding="utf-8"))["gradescope"]
            _write(self.home / f"{name}.json", record, told)
        except OSError as error:
            raise _unwritten(self.home / f"{name}.json", error) from error
        self._keep(record)

    def _keep(self, record: Record) -> None:
        """Note a record that has been written."""
        self.records[record.name] = record
        if not record.refused:
            self.known.setdefault(record.digest, record)
        same = f", the same as {record.like}" if record.like else ""
        self.say(f"{len(self.records)} of {len(self.digests)}: {plain(record.name)} {record.points:g}{same}")


def _write(path: Path, record: Record, told: object) -> None:
    write_if_changed(path, json.dumps({"record": asdict(record), "gradescope": told}, indent=1, ensure_ascii=False) + "\n")


def digest(of_lab: str, folder: Path) -> str:
    """What a record must have been made of: the submission's files, and what decides how it is graded."""
    return _digest_of(folder, hashlib.sha256(of_lab.encode())).hexdigest()


def _digest_of(base: Path, made: Any) -> Any:
    """Put a folder's files into a hash: their names and what is in them; of links, large files and what cannot be read the kind."""
    paths = []
    for path in base.rglob("*"):
        paths.append(path)
        if len(paths) > FILES:
            break
    for path in sorted(paths):
        if "__pycache__" in path.parts:
            continue
        made.update(os.fsencode(path.relative_to(base)) + b"\0")
        try:
            size = path.lstat().st_size
            if path.is_symlink() or not path.is_file() or size > lab_vet.FILE_BYTES:
                made.update(f"{path.lstat().st_mode:o} {size if path.is_file() else 0}\0".encode())
            else:
                made.update(path.read_bytes() + b"\0")
        except OSError as error:
            made.update(f"{error.errno}\0".encode())
    return made


def _unwritten(path: Path, error: OSError) -> BatchError:
    return BatchError(f"{path} cannot be written: {error.strerror}; {KEPT}")


def _room(work: Path) -> None:
    """Raises BatchError where the disk that kernels are built on is as good as full."""
    if shutil.disk_usage(work).free < ROOM:
        raise BatchError(f"the disk of {work} has less than {ROOM >> 20} MiB left: make room, or name another place with LAB_WORK=; {KEPT}")


def _one(grader: Grader, folder: Path, made_of: str, lock: int) -> Record:
    """In a process of its own: grade a submission and write its record. Raises BatchError."""
    os.close(lock)  # the parent's alone: should it be killed, the next batch may begin while we clean up
    home = folder.parent / f"grades-{grader.lab.number}"
    work = work_root()
    work.mkdir(parents=True, exist_ok=True)
    _room(work)
    started = time.monotonic()
    submission = None
    try:
        submission = lab_vet.read(grader.lab, folder)
        report = grader.grade(submission)
    except lab_vet.Refused as error:
        report = grader.refuse(folder, str(error))
    _room(work)
    record = _record(report, folder.name, made_of, dict(submission.answers) if submission else {}, time.monotonic() - started)
    try:
        _write(home / f"{folder.name}.json", record, json.loads(gradescope(report)))
    except OSError as error:
        raise _unwritten(home / f"{folder.name}.json", error) from error
    return record


def _record(report: Report, name: str, made_of: str, answers: dict[str, Any], seconds: float) -> Record:
    given = answers.get("leaderboard", "")
    nickname = given.strip()[:32] if isinstance(given, str) and given.isprintable() else ""
    tests = {result.test.name: result.status for result in report.results}
    replies = {reply.name: reply.points for reply in report.replies}
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return Record(name, made_of, report.points, tests, report.measured, report.refused, nickname, replies, round(seconds, 2), now)
