"""make student-kit: students get all that they need, and nothing of what is kept from them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from lab_fixture import LABS

from kit import student_kit
from kit.lab import ROOT
from kit.lab_source import SOLUTION, STARTER, read_sides
from kit.lab_tree import work_root

TELLING = 40
"""Characters from which on a line of a solution would not stand elsewhere by chance."""


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("classroom") / "mortise"
    student_kit.write(folder)
    return folder


def made(kit: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """make, in the copy, as a student calls it."""
    environment = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MAKELEVEL", "PRESET", "PRESETS")}
    return subprocess.run(["make", *arguments], cwd=kit, env=environment | {"LAB_WORK": str(work_root() / "students")}, capture_output=True, text=True)


def test_nothing_is_given_away(kit: Path) -> None:
    """No folder of the instructor's, and no telling line of a solution or a hidden test anywhere below labs/ and tests/."""
    assert not [path for path in kit.rglob("*") if path.name in student_kit.KEPT_BACK and path.is_dir() and "labs" in path.parts]
    given = "\n".join(path.read_text(errors="replace") for base in ("labs", "tests") for path in (kit / base).rglob("*") if path.is_file())
    for lab in LABS:
        texts = [*read_sides(lab.folder / "source", SOLUTION).values(), *(path.read_text() for path in (lab.folder / "hidden").rglob("*.py"))]
        starter = "\n".join(read_sides(lab.folder / "source", STARTER).values())
        open_to_all = [*lab.folder.glob("*.py"), *lab.folder.glob("own_tests/*")]
        public = "\n".join([*(path.read_text() for path in open_to_all), *lab.reference_files().values()])
        lines = {line.strip() for text in texts for line in text.splitlines() if len(line.strip()) >= TELLING}
        for line in lines - set(map(str.strip, (starter + public).splitlines())):
            if not line.startswith(("from ", "import ", "#include", "*", "/*")):
                assert line not in given, f"{lab.name}: {line}"


def test_it_is_a_kit(kit: Path) -> None:
    """All else is there."""
    for name in ("Makefile", "Kconfig", "README.md", "labs/README.md", "components/frames/frames.h", "kit/grade.py", "dashboard/__init__.py"):
        assert (kit / name).read_bytes() == (ROOT / name).read_bytes()
    assert "Boot and swap" in made(kit, "labs").stdout


def test_a_lab_can_be_begun_and_graded_there(kit: Path, tmp_path: Path) -> None:
    """The same starter; public tests are made, and the others are said to be the instructor's."""
    for name in ("obj", "gen", "programs"):
        if (ROOT / "build" / name).is_dir():
            shutil.copytree(ROOT / "build" / name, kit / "build" / name, copy_function=os.link)
    for lab in LABS:
        begun = made(kit, "lab", f"LAB={lab.number}", f"DIR={tmp_path / lab.name}")
        assert begun.returncode == 0, begun.stderr
        part = tmp_path / lab.name / lab.slot / lab.part
        assert {path.name: path.read_text() for path in part.iterdir()} == lab.starter()
    lab = LABS[0]
    public, hidden = "ranges", "model"
    done = made(kit, "-s", "grade", f"LAB={lab.number}", f"DIR={tmp_path / lab.name}", f"TEST={public} {hidden}")
    assert done.returncode != 0, "the starter is not finished"
    assert re.search(rf"absent +0 / +{lab.test(hidden).points} +{hidden} ", done.stdout), done.stdout + done.stderr
    assert "the instructor's has it" in done.stdout
    assert f"{public} " in done.stdout and "builds" in done.stdout.partition("passed")[2].partition("\n")[0]


def test_it_is_written_anew_but_over_nothing_else(kit: Path, tmp_path: Path) -> None:
    """A folder of somebody's own is left alone; a copy is brought up to date, its .git kept."""
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(student_kit.StudentKitError, match="holds something else"):
        student_kit.write(tmp_path)
    with pytest.raises(student_kit.StudentKitError, match="inside the kit"):
        student_kit.write(ROOT / "build" / "copy")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
    old = tmp_path / "kit"
    student_kit.write(old)
    (old / ".git").mkdir()
    (old / ".git/config").write_text("kept")
    (old / "stale.c").write_text("gone by now")
    student_kit.write(old)
    assert (old / ".git/config").read_text() == "kept" and not (old / "stale.c").exists() and (old / "Makefile").is_file()
