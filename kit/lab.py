"""A lab as data: what ``labs/NN-name/lab.toml`` says, checked (``labs/README.md`` is the format)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kit.lab_source import SOLUTION, STARTER, Variant, read_sides, read_variants
from kit.toml import ManifestError, Table, nearest

ROOT = Path(__file__).resolve().parent.parent
LABS = ROOT / "labs"
VISIBILITIES = ("visible", "hidden", "after_due_date", "after_published")
OWN_TESTS = ("contract", "program", "root_task")
QUESTION_KINDS = ("prediction", "number", "choice", "text")
NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


@dataclass(frozen=True)
class Test:
    """One test: its points, the tests that must hold before it makes sense, and its bounds by name."""

    name: str
    title: str
    points: int
    needs: tuple[str, ...]
    visibility: str
    presets: tuple[str, ...]
    bounds: dict[str, int]
    """In the unit that the test's text states; ``instructions`` bounds one operation or one boot."""


@dataclass(frozen=True)
class Question:
    """A question of the answers file. ``measured`` names the figure that a prediction or a number is held against."""

    name: str
    kind: str
    text: str
    points: int
    measured: str
    answer: str


@dataclass(frozen=True)
class Lab:
    """A lab's folder. Paths of sources are inside ``folder``."""

    folder: Path
    title: str
    summary: str
    slot: str
    part: str
    presets: tuple[str, ...]
    reference: str
    extends: str
    """The kit's part of which the student's replaces files; empty where it stands by itself."""
    requires: tuple[str, ...]
    base_points: int
    own_tests: str
    root_tasks: tuple[str, ...]
    """Those of its programs that are no Linux programs but take the server's place on the L4-like kernel."""
    tests: tuple[Test, ...]
    questions: tuple[Question, ...]

    @property
    def number(self) -> str:
        """The two digits that ``LAB=`` names it by."""
        return self.folder.name[:2]

    @property
    def name(self) -> str:
        """``NN-name``."""
        return self.folder.name

    @property
    def points(self) -> int:
        """What a full solution gets."""
        return sum(test.points for test in self.tests) + sum(question.points for question in self.questions)

    def starter(self) -> dict[str, str]:
        """The part as a student begins with it, by file name."""
        source = self.folder / "source"
        return read_sides(source, STARTER) if source.is_dir() else read_sides(self.folder / "starter", STARTER)

    def solution(self) -> dict[str, str]:
        """The whole part. Raises ManifestError in a students' copy of the kit, which does not hold it."""
        if not (self.folder / "source").is_dir():
            raise ManifestError(f"{self.folder}: this copy of the kit has no solutions")
        return read_sides(self.folder / "source", SOLUTION)

    def reference_files(self) -> dict[str, str]:
        """The kit's own part that the lab refers to, by file name; of one that the lab extends, the files that a student replaces."""
        folder = ROOT / "components" / self.reference
        if self.extends:
            return {name: (folder / name).read_text(encoding="utf-8") for name in self.replaced()}
        return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.iterdir()) if path.suffix in (".c", ".h", ".S", ".toml")}

    def replaced(self) -> tuple[str, ...]:
        """The files of the part that the lab extends in whose place the student's are."""
        folder = ROOT / "components" / self.extends
        return tuple(name for name in sorted(self.starter()) if self.extends and name != "part.toml" and (folder / name).is_file())

    def wrong(self) -> list[Variant]:
        """The wrong solutions: what students do, and which tests must notice."""
        return read_variants(self.folder / "wrong")

    def mutants(self) -> list[Variant]:
        """The faulty parts that a student's own tests are tried on: changes to the reference part, which students may read anyway."""
        return read_variants(self.folder / "mutants")

    def program(self, name: str) -> Path:
        """The source of a program that its tests run. Raises ManifestError."""
        for folder in (self.folder / "hidden" / "programs", self.folder / "programs"):
            if (folder / f"{name}.c").is_file():
                return folder / f"{name}.c"
        raise ManifestError(f"{self.name} has no program {name}")

    def configs(self) -> tuple[Path, ...]:
        """Its own presets, besides the kit's: ``configs/<name>_defconfig``."""
        return tuple(sorted((self.folder / "configs").glob("*_defconfig")))

    def test(self, name: str) -> Test:
        """A test by name. Raises ManifestError with the nearest name."""
        for test in self.tests:
            if test.name == name:
                return test
        raise ManifestError(f"{self.name} has no test {name}{nearest(name, [test.name for test in self.tests])}")

    def hidden(self) -> tuple[Path, ...]:
        """What student code must not see."""
        return tuple(self.folder / name for name in ("hidden", "source", "wrong") if (self.folder / name).is_dir())


def names() -> list[str]:
    """Every lab, in order."""
    return sorted(path.parent.name for path in LABS.glob("[0-9][0-9]-*/lab.toml"))


def find(wanted: str) -> Lab:
    """The lab that ``LAB=`` names by number (``01``, ``1``) or by its whole name. Raises ManifestError."""
    for name in names():
        if wanted in (name, name[:2], name[:2].lstrip("0"), name[3:]):
            return load(LABS / name)
    raise ManifestError(f"there is no lab {wanted!r}{nearest(wanted, names())}; LAB=01 names the first")


def load(folder: Path) -> Lab:
    """Read ``lab.toml``. Raises ManifestError."""
    t = Table.load(folder / "lab.toml")
    lab = Lab(
        folder=folder,
        title=t.line("title", required=True),
        summary=t.line("summary", required=True),
        slot=t.text("slot", required=True),
        part=t.text("part", "mine"),
        presets=t.texts("presets"),
        reference=t.text("reference", required=True),
        extends=t.text("extends"),
        requires=t.texts("requires"),
        base_points=t.get("base_points", int, "a number", required=True),
        own_tests=t.choice("own_tests", OWN_TESTS, "contract"),
        root_tasks=t.texts("root_tasks"),
        tests=t.each("test", _read_test),
        questions=t.each("question", _read_question),
    )
    t.finish()
    _check(lab, t)
    return lab


def _read_test(t: Table) -> Test:
    bounds = t.table("bounds")
    return Test(
        name=_name(t),
        title=t.text("title", required=True),
        points=t.get("points", int, "a number", required=True),
        needs=t.texts("needs"),
        visibility=t.choice("visibility", VISIBILITIES, "visible"),
        presets=t.texts("presets"),
        bounds={name: bounds.get(name, int, "a number", required=True) for name in bounds.values},
    )


def _read_question(t: Table) -> Question:
    return Question(
        name=_name(t),
        kind=t.choice("kind", QUESTION_KINDS, required=True),
        text=t.text("text", required=True),
        points=t.get("points", int, "a number", 0),
        measured=t.text("measured"),
        answer=t.text("answer"),
    )


def _name(t: Table) -> str:
    name = t.text("name", required=True)
    if not NAME.match(name):
        raise t.error("name", f'"{name}" must be of small letters, digits and _')
    return name


def _check(lab: Lab, t: Table) -> None:
    """What single keys cannot say: names that refer to something do."""
    if not lab.presets:
        raise t.error("presets", "must name the kernels that the lab is graded in")
    if lab.extends not in ("", lab.reference):
        raise t.error("extends", f"must be the reference, {lab.reference}: costs are compared with the part whose files are replaced")
    if not lab.tests:
        raise t.error("test", "a lab without a [[test]] grades nothing")
    known: list[str] = []
    for test in lab.tests:
        if test.name in known:
            raise t.error("test", f"{test.name} is there twice")
        _subset(t, f"test {test.name}", test.needs, known, "an earlier test")
        _subset(t, f"test {test.name}", test.presets, lab.presets, "a preset of the lab")
        known.append(test.name)


def _subset(t: Table, where: str, given: Sequence[str], valid: Sequence[str], what: str) -> None:
    for name in given:
        if name not in valid:
            raise t.error(where, f'"{name}" is not {what}{nearest(name, valid)}')
