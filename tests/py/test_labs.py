"""Every lab as a folder: its data, its two texts, its variants, its starter. What needs a machine is in tests/qemu/test_lab_grading.py."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from kit import lab as labs
from kit import lab_start, lab_vet
from kit.lab import Lab
from kit.lab_source import SourceError, side

LABS = [labs.load(labs.LABS / name) for name in labs.names()]
ids = [one.name for one in LABS]
each_lab = pytest.mark.parametrize("lab", LABS, ids=ids)


def test_there_are_labs() -> None:
    """They are numbered from 01 without a gap."""
    assert [one.number for one in LABS] == [f"{number:02}" for number in range(1, len(LABS) + 1)]


@each_lab
def test_points_are_a_hundred(lab: Lab) -> None:
    """So that points are per cent, and every test is worth something."""
    assert lab.points == 100
    assert all(test.points > 0 for test in lab.tests)
    assert lab.tests[0].name == "builds"


@each_lab
def test_every_test_has_a_function(lab: Lab) -> None:
    """A public one, or a hidden one whose points students see too."""
    for test in lab.tests[1:]:
        text = "".join(path.read_text() for path in (lab.folder / "tests.py", lab.folder / "hidden" / "tests.py"))
        assert text.count(f"def test_{test.name}(bench: Bench)") == 1, test.name


@each_lab
@pytest.mark.parametrize("wanted", ["solution", "starter"])
def test_both_texts_have_the_house_layout(lab: Lab, wanted: str, tmp_path: Path) -> None:
    """What a student begins with, and what a class is shown, is as .clang-format says."""
    files = lab.solution() if wanted == "solution" else lab.starter()
    assert "part.toml" in files
    (tmp_path / ".clang-format").write_bytes((labs.ROOT / ".clang-format").read_bytes())
    for name, text in files.items():
        assert "LAB:" not in text
        if name.endswith((".c", ".h")):
            (tmp_path / name).write_text(text)
            done = subprocess.run(["clang-format", "--dry-run", "-Werror", name], cwd=tmp_path, capture_output=True, text=True)
            assert done.returncode == 0, f"{lab.name}, {wanted}: {done.stderr}"


def test_a_part_that_is_taken_from_the_kit_is_the_kits() -> None:
    """The fourth lab's source is the kit's own file with marks in it: what students learn is what runs."""
    lab = labs.find("04")
    for name in lab.replaced():
        assert lab.solution()[name] == (labs.ROOT / "components" / lab.extends / name).read_text()


@each_lab
def test_variants_apply(lab: Lab) -> None:
    """Each wrong solution and each mutant is a change to the solution as it is now, and names tests that there are."""
    solution = lab.solution()
    assert len(lab.wrong()) >= 5
    assert len(lab.mutants()) >= 5
    for variant in lab.mutants():
        assert variant.apply(lab.reference_files()) != lab.reference_files(), variant.name
    for variant in lab.wrong():
        assert variant.apply(solution) != solution, variant.name
        for name in variant.fails:
            lab.test(name)
    for variant in lab.wrong():
        assert variant.fails and variant.says and variant.mistake, variant.name


@each_lab
def test_the_starter_is_taken_as_written(lab: Lab, tmp_path: Path) -> None:
    """make lab writes a folder that the vetting accepts; a second one is refused, and leaves the work alone."""
    folder = tmp_path / "mylab"
    lab_start.write(lab, folder)
    submission = lab_vet.read(lab, folder)
    assert submission.files.keys() == lab.starter().keys()
    assert submission.answers == {}
    mark = folder / lab.slot / lab.part / "part.toml"
    mark.write_text(mark.read_text() + "# mine\n")
    with pytest.raises(lab_start.StartError, match="your work is left alone"):
        lab_start.write(lab, folder)
    assert mark.read_text().endswith("# mine\n")
    with pytest.raises(lab_start.StartError, match="inside the kit"):
        lab_start.write(lab, labs.LABS / "mine")


def test_marks_must_pair() -> None:
    """An annotated source that does not hold together is refused, with the line."""
    good = "a\n/* LAB: solution */\nb\n\t/* LAB: starter */\nc\n/* LAB: end */\nd\n"
    assert side(good, "solution", "x") == "a\nb\nd\n"
    assert side(good, "starter", "x") == "a\nc\nd\n"
    for bad, line in (("/* LAB: starter */\n", 1), ("a\n/* LAB: solution */\n/* LAB: end */\n", 3), ("/* LAB: solution */\n/* LAB: starter */\n", 2)):
        with pytest.raises(SourceError, match=f"x:{line}:"):
            side(bad, "solution", "x")
