"""Autograders for others' platforms: what they hold, and that what they hold grades."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from pathlib import Path

from kit import gradescope
from kit import lab as labs
from kit.lab_tree import work_root


def test_the_gradescope_zip_grades(tmp_path: Path) -> None:
    """It holds the two scripts and this lab only; unpacked, its kit writes results.json for a submission. The same seed gives the same bytes."""
    lab = labs.find("01")
    gradescope.write(lab, 5, tmp_path / "a.zip")
    gradescope.write(lab, 5, tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "source")
    assert names[:2] == ["setup.sh", "run_autograder"]
    assert {name.split("/")[2] for name in names if name.startswith("mortise/labs/")} == {"README.md", lab.name}
    for name in names[:2]:
        script = (tmp_path / "source" / name).read_text()
        assert subprocess.run(["sh", "-n"], input=script, text=True).returncode == 0
    script = (tmp_path / "source/run_autograder").read_text().replace("/autograder", str(tmp_path))
    (tmp_path / "results").mkdir()
    part = tmp_path / "submission"
    part.mkdir()
    for name, text in lab.starter().items():  # as students upload: the files, without their folders
        (part / name).write_text(text)
    (part / "mine.c").write_text("#include </etc/passwd>\n")
    environment = os.environ | {"LAB_WORK": str(work_root())}
    assert subprocess.run(["sh"], input=script, text=True, env=environment, capture_output=True).returncode == 0
    results = json.loads((tmp_path / "results/results.json").read_text())
    assert results["score"] == 0 and "leads out of the kit" in results["output"]
    assert {test["visibility"] for test in results["tests"]} == {"visible", "after_published", "after_due_date"}


def test_the_classroom_workflow_grades(tmp_path: Path) -> None:
    """It names the lab, and no host."""
    path = gradescope.write_classroom(labs.find("02"), tmp_path)
    text = path.read_text()
    assert path.relative_to(tmp_path) == Path(".github/workflows/grade.yml")
    assert "make grade LAB=02" in text and "://" not in text
