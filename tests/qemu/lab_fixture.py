"""What the tests of the labs share: grading a part that exists only as text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kit import lab as labs
from kit.grade import FAILED, Grader, Report
from kit.lab import Lab
from kit.lab_vet import Submission

LABS = [labs.load(labs.LABS / name) for name in labs.names()]


def graded(lab: Lab, files: Mapping[str, str], answers: Mapping[str, object] | None = None, randoms: int = 0, only: tuple[str, ...] = ()) -> Report:
    """The report on a part."""
    return Grader(lab, randoms=randoms).grade(Submission(Path("."), dict(files), dict(answers or {}), {}), only)


def failed(report: Report) -> list[str]:
    """The tests that failed, in the lab's order."""
    return [result.test.name for result in report.results if result.status == FAILED]


def words(report: Report) -> str:
    """All that the failures say."""
    return "\n".join(f"{result.expected}; {result.happened}; {result.difference}" for result in report.results if result.status == FAILED)
