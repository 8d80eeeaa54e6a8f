"""``make check``: every test there is, two lanes side by side, one total at the end.

A stage is a command that says what it found in a line such as ``12 passed, 1 failed``. A stage that fails without
having said so counts as one failure; so does one that finds nothing. The lanes keep two processors busy: the one
compiles, boots and tries the tools of the course, the other tests the kit and grades the labs' solutions.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

COUNT = re.compile(r"(\d+) (passed|failed|error|skipped)")
CLANG_FORMAT = 14
"""The version whose layout is the house's; others differ in details and only report."""
NODE = 18
"""The oldest Node that the browser tests' driver runs on."""
PYTHON = "/usr/bin/python3"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Stage:
    """One command, or why it cannot run here (``skip``, which the total tells of)."""

    name: str
    command: tuple[str, ...]
    skip: str = ""


@dataclass(frozen=True)
class Result:
    """What a stage found. ``seconds`` is wall time."""

    stage: Stage
    passed: int
    failed: int
    seconds: float


def counts(lines: Sequence[str], status: int) -> tuple[int, int]:
    """(passed, failed) from the last line that states totals, and from the exit status."""
    passed = failed = 0
    for line in reversed(lines):
        found = COUNT.findall(line)
        if any(word in ("passed", "failed", "error") for _, word in found):
            for number, word in found:
                passed += int(number) if word == "passed" else 0
                failed += int(number) if word in ("failed", "error") else 0
            break
    if not failed and (status != 0 or not passed):
        failed = 1
    return passed, failed


def run(stage: Stage, say: Say) -> Result:
    """Run a stage, saying each line as it comes."""
    start = time.monotonic()
    if stage.skip:
        say(f"{stage.name} | LEFT OUT: {stage.skip}")
        return Result(stage, 0, 0, 0.0)
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PRESET", "PRESETS")}
    lines: list[str] = []
    with subprocess.Popen(
        stage.command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", env=environment
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            say(f"{stage.name} | {lines[-1]}")
    passed, failed = counts(lines, process.returncode)
    return Result(stage, passed, failed, time.monotonic() - start)


def check_format(files: Sequence[Path], say: Say) -> tuple[int, int]:
    """Hold C files against ``.clang-format``; (passed, failed)."""
    version = subprocess.run(["clang-format", "--version"], capture_output=True, text=True, check=True).stdout
    major = int((re.search(r"version (\d+)", version) or ["", "0"])[1])

    def one(path: Path) -> str:
        done = subprocess.run(["clang-format", "--dry-run", "-Werror", str(path)], capture_output=True, text=True, check=False)
        return done.stderr if done.returncode else ""

    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        answers = list(zip(files, pool.map(one, files)))
    for path, text in answers:
        if text:
            say(f"{path} is not as .clang-format says; mend it with: clang-format -i {path}")
            say("  " + text.splitlines()[0])
    bad = sum(1 for _, text in answers if text)
    if bad and major != CLANG_FORMAT:
        say(f"reported only: this is clang-format {major}, and the layout is that of {CLANG_FORMAT}")
        return len(files), 0
    return len(files) - bad, bad


def c_files() -> list[Path]:
    """The C files that git knows or would know, but for the scripts that are run as they are written (``tests/unmodified``)."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.c", "*.h"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    paths = [Path(name) for name in done.stdout.splitlines()]
    return [path for path in paths if path.is_file() and not path.is_relative_to("tests/unmodified")]


def lanes(presets: Sequence[str]) -> tuple[list[Stage], list[Stage]]:
    """The stages, in the order in which each lane runs them."""
    kit = (PYTHON, "-m", "kit")
    pytest = (PYTHON, "-m", "pytest", "-q", "--no-header", "-rfE", "-p", "no:cacheprovider")
    lab_tests = sorted(str(path) for path in Path("tests/qemu").glob("test_lab_*.py"))
    grading = [path for path in lab_tests if "grading" in path or "attacks" in path]  # more than half of the time that labs take
    no_labs = "" if lab_tests else "this copy of the kit has no solutions to try"
    compiling = [
        Stage("format", (*kit, "check-format")),
        Stage("headers", (*kit, "check-make", "headers", "-k")),
        Stage("contracts", ("make", "-s", "contract-tests")),
        Stage("builds", (*kit, "check-make", "all", f"PRESETS={' '.join(presets)}")),
        Stage("qemu", (*pytest, "--ignore-glob=*/test_lab_*", "tests/qemu")),
        Stage("labs", (*pytest, *(path for path in lab_tests if path not in grading)), no_labs),
    ]
    tools = [
        Stage("tools", (*pytest, "--ignore=tests/py/test_browser.py", "tests/py")),  # which is the next stage, as one test
        Stage("browser", (*kit, "check-tap", "node", "tests/browser/run.mjs"), browser_trouble()),
        Stage("grading", (*pytest, *grading), no_labs),
    ]
    return compiling, tools


def browser_trouble() -> str:
    """Why the browser tests cannot run here, or nothing."""
    node = shutil.which("node")
    found = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout if node else ""
    match = re.match(r"v(\d+)", found)
    if not match or int(match.group(1)) < NODE:
        return f"they need Node {NODE} or newer; this is {found.strip() or 'none'}"
    for name in ("chromium", "chromium-browser", "google-chrome"):
        path = shutil.which(name)
        if path and subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0:
            return ""
    return "no chromium runs on this system"


def check(presets: Sequence[str], say: Say) -> int:
    """Run everything; the exit status. The last line said is the total."""
    # A shell that starts this in the background has the interrupt ignored, and programs inherit that: ^C would mean nothing to what is tested.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    lock = threading.Lock()

    def careful(text: str) -> None:
        with lock:
            say(text)

    def lane(stages: list[Stage]) -> list[Result]:
        results = []
        for stage in stages:
            careful(f"{stage.name} | started")
            results.append(run(stage, careful))
            careful(f"{stage.name} | {results[-1].passed} passed, {results[-1].failed} failed in {results[-1].seconds:.0f} s")
        return results

    with ThreadPoolExecutor(max_workers=2) as pool:
        results = [result for part in pool.map(lane, lanes(presets)) for result in part]
    say("")
    for result in results:
        found = f"{result.passed:5} passed {result.failed:4} failed {result.seconds:6.0f} s"
        say(f"  {result.stage.name:<10} {f'LEFT OUT: {result.stage.skip}' if result.stage.skip else found}")
    passed, failed = sum(r.passed for r in results), sum(r.failed for r in results)
    say(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def check_make(arguments: Sequence[str], say: Say) -> tuple[int, int]:
    """Run make and count its products: (products that are up to date, products that could not be made)."""
    done = subprocess.run(["make", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    for line in done.stdout.splitlines():
        say(line)
    failed = len(re.findall(r"^make: \*\*\* \[", done.stdout, re.MULTILINE))
    listed = subprocess.run(["make", "-s", "products", *arguments], capture_output=True, text=True, check=False).stdout.split()
    made = sum(1 for product in listed if Path(product).exists())
    return made, max(failed, 1 if done.returncode else 0)
