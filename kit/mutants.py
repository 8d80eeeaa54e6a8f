"""A student's own tests, tried on the reference part, which must pass, and on faulty parts, which should not.

A mutant is a small change to the reference part (``labs/NN-name/mutants/``). The tests run in a guest like everything of a student's; what
they report is believed here, for who deceives this grader deceives nobody else.
"""

from __future__ import annotations

import shutil
import stat
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kit import cpio, jail, lab_program, tap
from kit.lab_bench import GUEST_LIMITS
from kit.guest import Fault, Guest
from kit.jail import Jail
from kit.lab import Lab
from kit.lab_source import Variant
from kit.lab_tree import Kernel, LabTree, work_root
from kit.lab_vet import Refused, Submission

WORKER = 90
"""Its own copy of the kit: it changes more in there than a part."""
BOUND = 2_000_000_000
TEST_FILES = {"contract": "contract_test.c", "program": "own_test.c", "root_task": "own_test.c"}
APPEND = {"contract": "", "program": "init=/bin/own_test", "root_task": "root=/bin/own_test"}


@dataclass(frozen=True)
class Try:
    """What the tests said of one part. ``caught`` is whether they noticed anything; ``how`` is their first word on it."""

    name: str
    title: str
    caught: bool
    how: str


def try_all(lab: Lab, submission: Submission, say: Callable[[str], None]) -> tuple[Try, list[Try]]:
    """(what the tests say of the reference part, what they say of each mutant). Raises Refused, BuildError."""
    wanted = TEST_FILES[lab.own_tests]
    if wanted not in submission.tests:
        raise Refused(f"{submission.folder}/tests/{wanted} is missing: your own tests belong there")
    with LabTree(lab, work_root(), WORKER).held() as tree:
        tree.lay({})
        bench = _Bench(lab, tree, submission)
        good = bench.one("", lab.reference, lab.reference_files())
        say(f"the reference: {'is refused' if good.caught else 'passes'}")
        tries = []
        for mutant in lab.mutants():
            tries.append(bench.mutant(mutant))
            say(f"{'caught' if tries[-1].caught else 'missed'}  {mutant.name}")
    return good, tries


class _Bench:
    """Builds a part with the student's tests beside it, and runs them."""

    def __init__(self, lab: Lab, tree: LabTree, submission: Submission) -> None:
        self.lab = lab
        self.tree = tree
        self.test = submission.tests[TEST_FILES[lab.own_tests]]

    def mutant(self, variant: Variant) -> Try:
        return self.one(variant.name, variant.title, variant.apply(self.lab.reference_files()))

    def one(self, name: str, title: str, files: dict[str, str]) -> Try:
        contract = self.lab.own_tests == "contract"
        self.tree.exchange(self.lab.reference, files, self.test if contract else None)
        part = self.lab.reference.partition("/")[2]
        config = self.tree.configure(self.lab.presets[0], part, "CONFIG_CONTRACT_TESTS=y" if contract else "")
        if contract:  # apart from the kernels that grade: these have tests in them
            config = self.tree.put_aside(f"own-tests-{self.lab.slot}", (self.tree.root / "build" / config / "defconfig").read_text(encoding="utf-8"))
        (kernel,) = self.tree.build([config])
        caught, how = self._run(kernel, kernel.initrd if contract else self._with_program(kernel), APPEND[self.lab.own_tests])
        return Try(name, title, caught, how)

    def _run(self, kernel: Kernel, initrd: Path, append: str) -> tuple[bool, str]:
        with Guest(kernel.elf, initrd, append, Jail(self.lab.hidden(), GUEST_LIMITS)) as guest:
            try:
                guest.run_to([guest.symbols["arch_exit"]], BOUND, "the run of your tests")
                status = 0
            except Fault as fault:
                return True, str(fault)
            console = guest.console_text()
        outcome = tap.judge("own tests", console, status)
        if outcome.ok:
            return False, f"all {outcome.passed} findings hold"
        first = next((line for line in console.splitlines() if line.startswith("not ok")), outcome.trouble)
        return True, first

    def _with_program(self, kernel: Kernel) -> Path:
        """The initrd with the student's program in it."""
        with tempfile.TemporaryDirectory(prefix="mortise-own-") as folder:
            place = jail.give(Path(folder))
            (place / "own_test.c").write_text(self.test, encoding="utf-8")
            lab_program.build(self.tree.root, place / "own_test.c", place / "own_test", self.tree.place, self.lab.own_tests == "root_task", strict=False)
            members = [*cpio.read(kernel.initrd.read_bytes()), cpio.Member("bin/own_test", stat.S_IFREG | 0o755, (place / "own_test").read_bytes())]
        path = self.tree.root / "build" / "own-tests.cpio"
        scratch = path.with_suffix(".new")
        scratch.write_bytes(cpio.write(members))
        shutil.move(scratch, path)
        path.chmod(0o644)
        return path


def report(lab: Lab, good: Try, tries: list[Try]) -> str:
    """For a terminal."""
    lines = [f"  {'REFUSED' if good.caught else 'passes':<8} {lab.reference}, which is right: {good.how}"]
    if good.caught:
        return "\n".join([*lines, "  A test that fails a part that is right is wrong itself: mend it first.", ""])
    for one in tries:
        lines.append(f"  {'caught' if one.caught else 'missed':<8} {one.name:<20} {one.title}{f': {one.how}' if one.caught else ''}")
    count = sum(one.caught for one in tries)
    return "\n".join([*lines, f"  {count} of {len(tries)} faulty parts are caught", ""])
