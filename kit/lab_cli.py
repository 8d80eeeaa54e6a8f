"""The course's half of the command line: lab, grade, mutants, bisect, gradescope, classroom, grade-all."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kit import batch, bisect, grade_report, grades, gradescope, interactive, jail, lab, lab_start, lab_vet, mutants, student_kit
from kit.grade import Grader
from kit.guest import Fault
from kit.lab_source import SourceError
from kit.lab_tree import BuildError, TreeError
from kit.qemu import QemuError
from kit.symbols import SymbolError
from kit.toml import ManifestError

ERRORS = (lab_vet.Refused, BuildError, TreeError, SourceError, ManifestError, jail.JailError, SymbolError, QemuError, Fault, lab_start.StartError, batch.BatchError, student_kit.StudentKitError)
"""What a user can cause: shown as a sentence, not as a trace."""


def register(subparsers: Any) -> None:
    """Add the course's subcommands to ``argparse``'s subparsers."""
    _add(subparsers, "labs", list_labs, "name the labs", folder=False, lab=False)
    one = _add(subparsers, "lab", start, "write a lab's starter into a folder")
    one = _add(subparsers, "grade", grade, "grade a folder")
    one.add_argument("--format", choices=sorted(grade_report.FORMATS), default=os.environ.get("FORMAT") or "table")
    one.add_argument("--output", type=Path, default=_path("OUTPUT"), help="write the report there instead of standard output")
    one.add_argument("--test", default=os.environ.get("TEST", ""), help="make only these tests (names, apart by spaces)")
    one.add_argument("--gdb", action="store_true", default=bool(os.environ.get("GDB")), help="open the test's failing operation in gdb")
    _chance(one)
    _add(subparsers, "mutants", try_mutants, "try a student's own tests on faulty parts")
    one = _add(subparsers, "bisect", find_set, "find the smallest set of parts that a failure needs")
    one.add_argument("--test", default=os.environ.get("TEST", ""), help="the test that fails")
    _chance(one)
    one = _add(subparsers, "gradescope", make_gradescope, "make the autograder for Gradescope", folder=False)
    one.add_argument("--output", type=Path, default=_path("OUTPUT"), help="the zip (default build/gradescope-NN.zip)")
    one.add_argument("--seed", type=int, default=int(os.environ.get("SEED") or 0), help="what hidden inputs are made from (default: chance)")
    _add(subparsers, "classroom", write_classroom, "write the workflow file of a GitHub Classroom assignment into a folder")
    _add(subparsers, "student-kit", make_student_kit, "write the kit as students get it into a folder", lab=False)
    one = _add(subparsers, "grade-all", grade_all, "grade every folder below one, resumable")
    one.add_argument("--jobs", type=int, default=int(os.environ.get("JOBS") or os.cpu_count() or 1), help="how many at once")
    _chance(one)


def _add(subparsers: Any, name: str, handler: Callable[[argparse.Namespace], int], text: str, folder: bool = True, lab: bool = True) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = subparsers.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    parser.set_defaults(handler=_guarded(handler))
    if lab:
        parser.add_argument("--lab", default=os.environ.get("LAB", ""), help="the lab, by number or name")
    if folder:
        parser.add_argument("--dir", type=Path, default=_path("DIR"), help="the student's folder")
    return parser


def _path(variable: str) -> Path | None:
    return Path(os.environ[variable]).expanduser() if os.environ.get(variable) else None


def _chance(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=int(os.environ.get("SEED") or 1), help="what hidden inputs are made from")
    parser.add_argument("--random", type=int, default=int(os.environ.get("RANDOM_CONFIGS") or 1), help="how many random assemblies are tried too")


def _guarded(handler: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    def guard(arguments: argparse.Namespace) -> int:
        try:
            return handler(arguments)
        except ERRORS as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            return 130

    return guard


def _lab(arguments: argparse.Namespace) -> lab.Lab:
    if not arguments.lab:
        raise ManifestError(f"which lab? LAB={lab.names()[0][:2] if lab.names() else '01'} names the first; make labs shows them")
    return lab.find(arguments.lab)


def _folder(arguments: argparse.Namespace) -> Path:
    if arguments.dir is None:
        raise ManifestError("which folder? DIR=~/mylab names it")
    folder: Path = arguments.dir
    return folder


def _say(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


def list_labs(_: argparse.Namespace) -> int:
    """One line a lab."""
    for name in lab.names():
        one = lab.load(lab.LABS / name)
        print(f"  {one.number}  {one.title}: {one.summary}")
    return 0


def start(arguments: argparse.Namespace) -> int:
    """Write a starter; never over what is there."""
    one, folder = _lab(arguments), _folder(arguments)
    lab_start.write(one, folder)
    print(lab_start.welcome(one, folder))
    return 0


def grade(arguments: argparse.Namespace) -> int:
    """Grade one folder: status 0 where every test holds, 1 where one does not."""
    one, folder = _lab(arguments), _folder(arguments)
    grader = Grader(one, arguments.seed, arguments.random if (one.folder / "hidden").is_dir() else 0)
    only = arguments.test.replace(",", " ").split()
    for name in only:
        one.test(name)
    try:
        submission = lab_vet.read(one, folder)
    except lab_vet.Refused as error:
        report = grader.refuse(folder, str(error))
    else:
        if arguments.gdb:
            return _gdb(grader, submission, only)
        report = grader.grade(submission, only, _say)
    text = grade_report.FORMATS[arguments.format](report, lambda result: grader.repeat(result, folder))
    if arguments.output:
        arguments.output.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0 if all(result.status in ("passed", "absent") for result in report.results) else 1


def _gdb(grader: Grader, submission: lab_vet.Submission, only: list[str]) -> int:
    if len(only) != 1:
        raise ManifestError("GDB=1 opens one test: name it with TEST=…")
    with grader.tree.held():
        guest, bench, result = grader.debug(submission, only[0], _say)
        try:
            print("\n".join(grade_report.explanation(result)))
            print(f"\nThe machine stands before: {guest.done[-1] if guest.done else 'its first instruction'}")
            return interactive.attach(guest.symbols.elf, guest.leave_to_gdb(), grader.tree.root)
        finally:
            bench.close()


def try_mutants(arguments: argparse.Namespace) -> int:
    """Status 0 where the reference passes and every mutant is caught."""
    one, folder = _lab(arguments), _folder(arguments)
    good, tries = mutants.try_all(one, lab_vet.read(one, folder), _say)
    print(mutants.report(one, good, tries), end="")
    return 0 if not good.caught and all(found.caught for found in tries) else 1


def find_set(arguments: argparse.Namespace) -> int:
    """Status 0 where something was found."""
    one, folder = _lab(arguments), _folder(arguments)
    if not arguments.test:
        raise ManifestError("which test fails? TEST=… names it")
    found = bisect.bisect(Grader(one, arguments.seed), lab_vet.read(one, folder), arguments.test, _say)
    print(bisect.report(found, f"{one.slot}/{one.part}"), end="")
    return 0


def make_gradescope(arguments: argparse.Namespace) -> int:
    """Write the zip."""
    one = _lab(arguments)
    output = arguments.output or lab.ROOT / "build" / f"gradescope-{one.number}.zip"
    seed = arguments.seed or secrets.randbelow(1 << 30) + 1
    gradescope.write(one, seed, output)
    print(f"{output}: upload it as the autograder of lab {one.number} (seed {seed}; SEED={seed} makes the same again)")
    return 0


def write_classroom(arguments: argparse.Namespace) -> int:
    """Write ``.github/workflows/grade.yml``."""
    path = gradescope.write_classroom(_lab(arguments), _folder(arguments))
    print(f"{path}: commit it with the starter; the kit is expected as the submodule {gradescope.SUBMODULE}")
    return 0


def make_student_kit(arguments: argparse.Namespace) -> int:
    """Write the copy."""
    folder = _folder(arguments)
    count = student_kit.write(folder)
    print(f"{folder}: {count} files, and nothing of {', '.join(student_kit.KEPT_BACK)}; make lab and make grade work there, with the public tests")
    return 0


def grade_all(arguments: argparse.Namespace) -> int:
    """Grade what is not graded yet; status 0 when all is."""
    one, folder = _lab(arguments), _folder(arguments)
    started = time.monotonic()
    done = batch.grade_all(one, folder, arguments.seed, arguments.random if (one.folder / "hidden").is_dir() else 0, arguments.jobs, _say)
    print(grades.overview(one, done.records), end="")
    for name, why in sorted(done.missing.items()):
        print(f"  no record: {grades.plain(f'{name}: {why}')}")
    _say(f"{time.monotonic() - started:.0f} s; make serve GRADES={folder}/grades-{one.number} shows the class")
    return 1 if done.missing else 0
