"""make bisect: parts that fail only together with others, made to order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kit import bisect
from kit import lab as labs
from kit.grade import Grader
from kit.lab_tree import BuildError
from kit.lab_vet import Submission

LAB = labs.find("01")
QUEUE, ENTRY = "round_robin_queue", "entry_syscall"
"""Symbols that exist only where sched/round_robin, and where entry/syscall, is in the kernel."""
BOTH = {"sched/round_robin", "entry/syscall"}


def searched(condition: str) -> tuple[bisect.Found, str]:
    """What is found, and said, of a solution that has no frames where ``condition`` holds."""
    files = dict(LAB.solution())
    head = "struct page *frame_alloc(void)\n{\n"
    assert files["mine.c"].count(head) == 1
    weak = f"extern const char {QUEUE}[] __attribute__((weak)), {ENTRY}[] __attribute__((weak));\n\n"
    files["mine.c"] = files["mine.c"].replace(head, f"{weak}{head}\tif ({condition})\n\t\treturn NULL;\n")
    one = replace(LAB, presets=("monolithic",), tests=tuple(replace(test, presets=("monolithic",)) for test in LAB.tests))
    found = bisect.bisect(Grader(one), Submission(Path("."), files, {}, {}), "boots", lambda _: None)
    return found, bisect.report(found, "frames/mine")


def test_a_failure_that_needs_one_other_part() -> None:
    """It is named, and no other."""
    found, said = searched(QUEUE)
    assert found.needed == ("sched/round_robin",)
    assert "The smallest set that fails: frames/mine, sched/round_robin" in said
    assert {swap.old for swap in found.swaps} >= BOTH


def test_a_failure_that_needs_two_other_parts() -> None:
    """Both are named."""
    found, _ = searched(f"{QUEUE} && {ENTRY}")
    assert set(found.needed) == BOTH


def test_a_failure_that_needs_either_of_two_parts() -> None:
    """Exchanging one at a time mends nothing; yet without both the part does not fail, so one of them is in the set."""
    found, _ = searched(f"{QUEUE} || {ENTRY}")
    assert len(found.needed) == 1 and set(found.needed) < BOTH


def test_a_failure_of_the_part_alone() -> None:
    """No other part is blamed."""
    found, said = searched("true")
    assert found.needed == () and "frames/mine fails without them" in said


def test_no_failure() -> None:
    """There is nothing to find, and it says so."""
    with pytest.raises(BuildError, match="does not fail"):
        searched("false")
