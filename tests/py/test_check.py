"""The check itself: what broke off, found nothing or failed silently never counts as passed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from kit_fixture import REPO

from kit import check, tap
from kit.check import Stage, counts


@pytest.mark.parametrize(
    ("lines", "status", "expected"),
    [
        (["..", "12 passed in 3.0s"], 0, (12, 0)),
        (["3 failed, 9 passed, 1 skipped in 3.0s"], 1, (9, 3)),
        (["1 failed, 9 passed, 2 errors in 3.0s"], 1, (9, 3)),
        (["contracts: 5 passed, 0 failed", "make: *** Error 1"], 2, (5, 1)),
        (["Segmentation fault"], 139, (0, 1)),
        (["no tests ran in 0.00s"], 5, (0, 1)),
        ([], 0, (0, 1)),
    ],
)
def test_totals_are_read_with_suspicion(lines: list[str], status: int, expected: tuple[int, int]) -> None:
    assert counts(lines, status) == expected


def test_a_stage_is_run_and_told(tmp_path: Path) -> None:
    said: list[str] = []
    program = "print('first'); print('2 passed, 1 failed'); raise SystemExit(1)"
    result = check.run(Stage("name", (sys.executable, "-c", program)), said.append)
    assert (result.passed, result.failed) == (2, 1)
    assert said == ["name | first", "name | 2 passed, 1 failed"]


def test_a_stage_that_is_left_out_says_so() -> None:
    said: list[str] = []
    result = check.run(Stage("name", ("false",), skip="no browser"), said.append)
    assert (result.passed, result.failed) == (0, 0)
    assert said == ["name | LEFT OUT: no browser"]


@pytest.mark.parametrize(
    ("output", "status", "expected"),
    [
        ("ok 1 - a\nok 2 - b\n1..2\n", 0, (2, 0, "")),
        ("ok 1 - a\nnot ok 2 - b\n# why\n1..2\n", 1, (1, 1, "")),
        ("ok 1 - a\n", 0, (1, 0, "before its plan")),
        ("ok 1 - a\n1..2\n", 0, (1, 0, "planned 2 findings and stated 1")),
        ("ok 1 - a\n1..1\n", 3, (1, 0, "status 3")),
        ("1..0\n", 0, (0, 0, "tests nothing")),
        ("", 139, (0, 0, "before its plan")),
    ],
)
def test_tap_is_judged(output: str, status: int, expected: tuple[int, int, str]) -> None:
    outcome = tap.judge("name", output, status)
    assert (outcome.passed, outcome.failed) == expected[:2]
    assert expected[2] in outcome.trouble and bool(expected[2]) == bool(outcome.trouble)
    assert outcome.ok == (expected[1] == 0 and not expected[2])


def test_a_program_that_hangs_is_ended() -> None:
    outcome = tap.run("name", [sys.executable, "-c", "import time; print('ok 1'); time.sleep(60)"], seconds=1)
    assert "still running after 1 seconds" in outcome.trouble


def test_a_failure_is_explained() -> None:
    outcome = tap.judge("name", "ok 1 - a\n# fine\nnot ok 2 - b\n#   sched.c:3: x == y\n1..2\n", 1)
    assert tap.explain(outcome) == "    not ok 2 - b\n    #   sched.c:3: x == y\n    1..2"


def test_the_format_check_finds_what_is_not_formatted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".clang-format").write_text((REPO / ".clang-format").read_text())
    (tmp_path / "good.c").write_text("int main(void)\n{\n\treturn 0;\n}\n")
    (tmp_path / "bad.c").write_text("int main(void) { return 0; }\n")
    said: list[str] = []
    monkeypatch.setattr(check, "CLANG_FORMAT", int_version())
    assert check.check_format([Path("good.c"), Path("bad.c")], said.append) == (1, 1)
    assert "bad.c is not as .clang-format says" in said[0]
    monkeypatch.setattr(check, "CLANG_FORMAT", 0)
    assert check.check_format([Path("bad.c")], said.append) == (1, 0)
    assert "reported only" in said[-1]


def int_version() -> int:
    """The major version of the clang-format on this machine."""

    text = subprocess.run(["clang-format", "--version"], capture_output=True, text=True, check=True).stdout
    return int((re.search(r"version (\d+)", text) or ["", "0"])[1])


def test_ci_calls_the_check_and_nothing_else() -> None:
    lines = [line for line in (REPO / ".ci/run").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[-1] == "exec make check"
    assert not any("make" in line for line in lines[:-1])
