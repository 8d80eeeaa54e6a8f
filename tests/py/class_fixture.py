"""A graded class that never was, for the dashboard's tests: python3 class_fixture.py FOLDER [hostile] writes FOLDER/grades-01."""

from __future__ import annotations

import json
import random
import sys
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from kit import lab as labs  # noqa: E402
from kit.grades import Record  # noqa: E402

HOSTILE = '<script>window.ran = true</script><img src=x onerror="window.ran = true">\x1b[31m'


def records(seed: int = 1, count: int = 40) -> list[Record]:
    """A class of lab 1: most of it good, some refused, some alike."""
    chance = random.Random(seed)
    lab = labs.find("01")
    found = []
    for number in range(count):
        bad = {test.name for test in lab.tests if chance.random() < number / count / 2}
        tests = {test.name: "failed" if test.name in bad else "skipped" if bad & set(test.needs) else "passed" for test in lab.tests}
        refused = "part.toml is missing" if number % 13 == 12 else ""
        if refused:
            tests = {test.name: "skipped" for test in lab.tests} | {"builds": "failed"}
        pair = 60 + chance.randrange(80)
        answers = {question.name: float(question.points * (number % 2)) for question in lab.questions}
        points = sum(test.points for test in lab.tests if tests[test.name] == "passed") + sum(answers.values())
        measured = {} if "costs" in bad or refused else {"frame_pair": pair, "frame_pair_reference": 84, "start": 9000 + 10 * pair}
        nickname = f"Nick {number}" if number % 3 == 0 else ""
        like = "student-000" if number == 5 else ""
        found.append(Record(f"student-{number:03}", f"{number:064}", points, tests, measured, refused, nickname, answers, 8.5, f"2026-11-20T12:{number:02}:00+00:00", like))
    return found


def write(folder: Path, found: list[Record]) -> Path:
    """The records as make grade-all leaves them; the folder that holds them."""
    home = folder / "grades-01"
    home.mkdir(parents=True, exist_ok=True)
    for number, record in enumerate(found):
        (home / f"{number:03}.json").write_text(json.dumps({"record": asdict(record), "gradescope": {}}))
    return home


def hostile() -> list[Record]:
    """Names and words that would rather be markup."""
    first, *rest = records()
    evil = Record(HOSTILE, first.digest, 100, {name: "passed" for name in first.tests}, first.measured, "", HOSTILE[:32], {}, 1.0, HOSTILE)
    refused = Record(f"{HOSTILE} 2", first.digest, 0, {}, {}, HOSTILE, "", {}, 1.0, "")
    return [evil, refused, *rest]


if __name__ == "__main__":
    write(Path(sys.argv[1]), hostile() if sys.argv[2:] == ["hostile"] else records())
