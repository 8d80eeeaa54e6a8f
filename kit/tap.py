"""Running programs that speak TAP, and counting what they find."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

POINT = re.compile(r"(not )?ok\b\s*(\d+)?(?:\s*-\s*)?(.*)")
PLAN = re.compile(r"1\.\.(\d+)\s*\Z")
SECONDS = 120


@dataclass(frozen=True)
class Outcome:
    """What one program found. ``trouble`` is what kept it from saying so properly; it counts as one failure."""

    name: str
    passed: int
    failed: int
    trouble: str
    output: str

    @property
    def ok(self) -> bool:
        """Whether it ran to its end and nothing failed."""
        return not self.failed and not self.trouble


def judge(name: str, output: str, status: int) -> Outcome:
    """The outcome of a program from its output and exit status.

    A missing plan, a plan that does not match and a bad status without a failed point are trouble: a program that
    died half-way has not passed.
    """
    passed = failed = 0
    planned: int | None = None
    for line in output.splitlines():
        point, plan = POINT.match(line), PLAN.match(line)
        if plan:
            planned = int(plan.group(1))
        elif point and point.group(1):
            failed += 1
        elif point:
            passed += 1
    trouble = ""
    if planned is None:
        trouble = f"it ended with status {status} before its plan was out"
    elif planned != passed + failed:
        trouble = f"it planned {planned} findings and stated {passed + failed}"
    elif planned == 0:
        trouble = "it tests nothing"
    elif status != 0 and not failed:
        trouble = f"it ended with status {status}"
    return Outcome(name, passed, failed, trouble, output)


def run(name: str, command: list[str], seconds: float = SECONDS) -> Outcome:
    """Run one program, bounded in time. Undefined behaviour ends it with a report and a trace."""
    environment = {**os.environ, "UBSAN_OPTIONS": "print_stacktrace=1", "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0"}
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds, check=False, env=environment
        )
    except subprocess.TimeoutExpired as late:
        output = (late.stdout or b"").decode(errors="replace")
        return Outcome(name, 0, 0, f"it was still running after {seconds:g} seconds", output)
    except OSError as error:
        return Outcome(name, 0, 0, f"it does not start: {error}", "")
    return judge(name, done.stdout.decode(errors="replace"), done.returncode)


def run_all(programs: Iterable[tuple[str, Path]]) -> Iterator[Outcome]:
    """Run programs side by side, one a processor; outcomes come in the order given."""
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        yield from pool.map(lambda item: run(item[0], [str(item[1])]), list(programs))


def explain(outcome: Outcome) -> str:
    """A failed outcome for a person: each failed point with its remarks, and the end of the output where it broke off."""
    lines = []
    showing = False
    for line in outcome.output.splitlines():
        if POINT.match(line):
            showing = line.startswith("not ok")
        if showing:
            lines.append(f"    {line}")
    if outcome.trouble:
        lines += [f"    {outcome.trouble}; its last words:", *(f"      {line}" for line in outcome.output.splitlines()[-30:])]
    return "\n".join(lines)
