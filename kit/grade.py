"""Grading one submission: build it beside the reference, make each test's operations from outside, form the verdicts here.

A test is a function ``test_<name>(bench)`` in the lab's ``tests.py`` or ``hidden/tests.py``; its points, needs and bounds stand in
``lab.toml``. It states what it finds by raising ``Finding`` (``bench.expect`` does) or a guest's ``Fault``; if it returns, it holds.
A test that fails is made again with the failing operation traced: the machine repeats exactly.

Tests know nothing of each other, so those whose needs are met are made side by side, each in a process of its own.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import ModuleType

from kit import jail, lab_program, lab_vet
from kit.forked import Forked
from kit.guest import Fault, Guest, Reached, Watch
from kit.jail import Jail
from kit.lab import Lab, Test
from kit.lab_answers import Reply, judge_answer
from kit.lab_bench import Bench, Finding
from kit.lab_tree import BuildError, Kernel, LabTree, work_root
from kit.lab_vet import Submission
from kit.symbols import SymbolError

PASSED, FAILED, SKIPPED, ABSENT = "passed", "failed", "skipped", "absent"
BUILD_TEST = "builds"


@dataclass
class Result:
    """What came of one test. ``status`` is passed, failed, skipped (something that it needs failed) or absent (not in this copy)."""

    test: Test
    status: str
    points: float = 0
    expected: str = ""
    happened: str = ""
    difference: str = ""
    backtrace: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    trace: tuple[str, ...] = ()
    console: tuple[str, ...] = ()
    """The end of what the kernel printed: a help for the reader, never evidence."""
    where: str = ""
    measured: dict[str, int] = field(default_factory=dict)
    seconds: float = 0


@dataclass
class Report:
    """A graded submission."""

    lab: Lab
    folder: Path
    seed: int
    results: list[Result]
    replies: list[Reply] = field(default_factory=list)
    refused: str = ""

    @property
    def points(self) -> float:
        """What it gets."""
        return sum(result.points for result in self.results) + sum(reply.points for reply in self.replies)

    @property
    def measured(self) -> dict[str, int]:
        """Every figure that a test measured."""
        return {name: value for result in self.results for name, value in result.measured.items()}


class Grader:
    """Grades submissions of one lab, one after the other, in one copy of the kit."""

    def __init__(self, lab: Lab, seed: int = 1, randoms: int = 0, worker: int = 0, jobs: int = 0) -> None:
        """``randoms`` random assemblies are tried, too; ``worker`` numbers the copy of the kit; ``jobs`` tests are made at once, 0: one a processor."""
        self.lab = lab
        self.jobs = jobs or os.cpu_count() or 1
        self.seed = seed
        self.randoms = randoms
        self.random_names: list[str] = []
        self._exchanged: dict[str, str] = {}
        self.tree = LabTree(lab, work_root(), worker)
        self.modules = [module for path in _test_files(lab) for module in [_load(path)]]

    def grade(self, submission: Submission, only: Sequence[str] = (), say: Callable[[str], None] = lambda text: None) -> Report:
        """Grade; ``only`` names tests to make, with whatever they need taken for granted."""
        with self.tree.held():
            report = Report(self.lab, submission.folder, self.seed, [])
            trouble = self.prepare(submission, say, only)
            tests = [test for test in self.lab.tests if not only or test.name in only or test.name == BUILD_TEST]
            report.results = self._make(tests, trouble, bool(only), say)
            if not only:
                report.replies = [judge_answer(question, submission.answers, report.measured) for question in self.lab.questions]
        return report

    def refuse(self, folder: Path, why: str) -> Report:
        """The report of a folder that is not graded."""
        results = [Result(test, FAILED if number == 0 else SKIPPED, happened=why if number == 0 else "") for number, test in enumerate(self.lab.tests)]
        results[0].expected = "a folder that keeps the rules of a lab"
        return Report(self.lab, folder, self.seed, results, refused=why)

    def debug(self, submission: Submission, name: str, say: Callable[[str], None] = lambda text: None) -> tuple[Guest, Bench, Result]:
        """Make a failing test again up to the operation that fails; the guest stands before it. Raises BuildError where it does not fail."""
        trouble = self.prepare(submission, say, [name])
        if trouble:
            raise BuildError(trouble.happened)
        test = self.lab.test(name)
        bench = Bench(self, test)
        result = self._attempt(test, bench)
        bench.close()
        if result.status != FAILED or not bench.guests:
            raise BuildError(f"{name} does not fail: there is no fault to look at")
        number, count = bench.number, bench.guests[-1].count
        again = Bench(self, test, (number, Watch(stop=max(count, 1))))
        with contextlib.suppress(Reached, Finding, Fault):
            self._function(test)(again)
        return again.guests[-1], again, result

    @contextlib.contextmanager
    def exchanged(self, preset: str, config: str) -> Iterator[None]:
        """For a while, ``config`` is the kernel with the student's part of a preset; an empty one changes nothing."""
        if config:
            self._exchanged[preset] = config
        try:
            yield
        finally:
            self._exchanged.pop(preset, None)

    def alone(self, name: str, preset: str) -> Result:
        """Make one test in one kernel, without its trace."""
        test = replace(self.lab.test(name), presets=(preset,))
        bench = Bench(self, test)
        try:
            return self._attempt(test, bench)
        finally:
            bench.close()

    # --- kernels ---------------------------------------------------------------------------------------------------------

    def kernel(self, preset: str) -> Kernel:
        """The kernel with the student's part: of a preset, or of a random configuration."""
        name = preset if preset in self.random_names else self._exchanged.get(preset, self.tree.name_of(preset))
        return self.tree.kernel(name)

    def reference(self, preset: str) -> Kernel:
        """The kernel with the reference part."""
        return self.tree.kernel(self.tree.name_of(preset, self._reference_part))

    @property
    def _reference_part(self) -> str:
        return self.lab.reference.partition("/")[2]

    def program(self, name: str) -> Path:
        """A program of the lab, compiled once."""
        source = self.lab.program(name)
        target = jail.give(self.tree.root / "build" / "lab-programs") / name
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            with self.scratch() as folder:  # another test may be making it, too; and the compiler's user may not be let into the kit's own folder
                copy = jail.give(folder) / source.name
                copy.write_bytes(source.read_bytes())
                lab_program.build(self.tree.root, copy, folder / name, Jail(), name in self.lab.root_tasks)  # no student's file is near
                (folder / name).replace(target)
        return target

    @contextlib.contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder inside the copy's build folder."""
        folder = Path(tempfile.mkdtemp(prefix="scratch-", dir=self.tree.root / "build"))
        folder.chmod(0o755)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _presets(self, only: Sequence[str]) -> list[str]:
        """The kernels that the tests in ``only`` are made in (all of the lab's where it is empty)."""
        wanted = {preset for test in self.lab.tests if test.name in only for preset in test.presets or self.lab.presets}
        return [preset for preset in self.lab.presets if not only or preset in wanted]

    def prepare(self, submission: Submission, say: Callable[[str], None], only: Sequence[str]) -> Result | None:
        """Lay the part in and build the kernels; the failed result where that cannot be done."""
        test = self.lab.tests[0]
        try:
            self.tree.lay(submission.files)
            mine = [self.tree.configure(preset) for preset in self._presets(only)]
            references = [self.tree.configure(preset, self._reference_part) for preset in self._presets(only)]
            if self.tree.stale(mine):
                self.tree.emit(mine[0])
                self.tree.generate(mine[0])
                lab_vet.opened(self.tree, mine[0])
            randoms = self.randoms if not only or "assemblies" in only else 0
            self.random_names = [self.tree.random(self.seed * 1000 + number) for number in range(randoms)]
            todo = len(self.tree.stale([*mine, *self.random_names])) + len(self.tree.stale(references, laid=False))
            say(f"building {todo} kernels" if todo else "the kernels are built")
            self.tree.build(references, laid=False)
            self.tree.build([*mine, *self.random_names])
        except lab_vet.Refused as error:
            return Result(test, FAILED, expected="sources that keep the rules of a lab", happened=str(error))
        except BuildError as error:
            return Result(test, FAILED, expected="the part to compile, without a warning, in every kernel of the lab", happened=f"it does not:\n{error}")
        return None

    # --- tests -----------------------------------------------------------------------------------------------------------

    def _function(self, test: Test) -> Callable[[Bench], None] | None:
        for module in self.modules:
            function: Callable[[Bench], None] | None = getattr(module, f"test_{test.name}", None)
            if function:
                return function
        return None

    def _make(self, tests: Sequence[Test], trouble: Result | None, alone: bool, say: Callable[[str], None]) -> list[Result]:
        """Make tests, several at once; each as soon as those that it needs have passed, or not at all."""
        results: dict[str, Result] = {}
        waiting = list(tests)

        def settle(result: Result) -> None:
            results[result.test.name] = result
            say(f"{result.status:<8} {result.test.name}")

        with Forked[Result]() as forked:
            while len(results) < len(tests):
                for test in list(waiting):
                    result = self._settled(test, trouble, results, alone)
                    if result:
                        waiting.remove(test)
                        settle(result)
                    elif len(forked) < self.jobs and all(name in results for name in test.needs if not alone):
                        waiting.remove(test)
                        forked.start(test.name, partial(self._made, test))
                if len(forked):
                    settle(forked.next()[1])
        return [results[test.name] for test in tests]

    def _settled(self, test: Test, trouble: Result | None, before: Mapping[str, Result], alone: bool) -> Result | None:
        """The result of a test that need not, or must not, be made; ``alone``: what it needs is taken for granted."""
        if test.name == self.lab.tests[0].name and test.name == BUILD_TEST:
            return trouble or Result(test, PASSED, test.points)
        failed = [name for name in test.needs if name in before and before[name].status != PASSED]
        if trouble or (failed and not alone):
            return Result(test, SKIPPED, happened=f"not made, because {', '.join(failed) or BUILD_TEST} failed")
        if self._function(test) is None:
            return Result(test, ABSENT, happened="this test is not in this copy of the kit: the instructor's has it")
        return None

    def _made(self, test: Test) -> Result:
        """Make a test, and if it fails its last operation once more."""
        started = time.monotonic()
        bench = Bench(self, test)
        try:
            result = self._attempt(test, bench)
        finally:
            bench.close()
        if result.status == FAILED and bench.guests:
            result.trace = self._traced(test, bench.number, bench.guests[-1].count)
        result.seconds = time.monotonic() - started
        return result

    def _attempt(self, test: Test, bench: Bench) -> Result:
        """Make a test once."""
        function = self._function(test)
        assert function is not None
        result = Result(test, PASSED, test.points)
        try:
            function(bench)
        except Finding as finding:
            result = Result(test, FAILED, 0, finding.expected, finding.happened, finding.difference)
        except Fault as fault:
            result = Result(test, FAILED, 0, "the part to come through", str(fault), backtrace=fault.backtrace)
        except SymbolError as error:
            result = Result(test, FAILED, 0, "the slot's functions", str(error))
        result.measured = bench.measured
        result.where = bench.place
        if result.status == FAILED and bench.guests:
            result.console = tuple(bench.guests[-1].last_words)
        result.operations = tuple(bench.guests[-1].done) if bench.guests else ()
        return result

    def _traced(self, test: Test, number: int, count: int) -> tuple[str, ...]:
        """The failing operation again, line by line."""
        watch = Watch(trace=max(count, 1))
        bench = Bench(self, test, (number, watch))
        try:
            with contextlib.suppress(Reached):
                self._attempt(test, bench)
        finally:
            bench.close()
        return tuple(watch.lines)

    def repeat(self, result: Result, folder: Path) -> str:
        """The command that makes just this test again."""
        seed = f" SEED={self.seed}" if self.seed != 1 else ""
        return f"make grade LAB={self.lab.number} DIR={shlex.quote(str(folder))} TEST={result.test.name}{seed}"


def _test_files(lab: Lab) -> list[Path]:
    """What the tests share first, then the public ones, then the hidden ones."""
    shared = sorted(path for path in lab.folder.glob("*.py") if path.name != "tests.py")
    return [*shared, *(path for path in (lab.folder / "tests.py", lab.folder / "hidden" / "tests.py") if path.is_file())]


def _load(path: Path) -> ModuleType:
    """A lab's tests: our own code, never a student's. The hidden ones may import ``lab_tests``, the public ones; all ``lab_<name>``, what they share."""
    spec = importlib.util.spec_from_file_location("lab_hidden_tests" if path.parent.name == "hidden" else f"lab_{path.stem}", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
