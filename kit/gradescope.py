"""Autograders for others' platforms: Gradescope's zip, and the workflow file of a GitHub Classroom assignment.

Gradescope (gradescope-autograders.readthedocs.io) unpacks the zip into ``/autograder/source``, runs ``setup.sh`` once, as root, when it makes
the image, and ``run_autograder`` for each submission, which lies in ``/autograder/submission``; the verdict is
``/autograder/results/results.json``. Nothing of the zip is readable by the user that a submission is compiled and booted as.
"""

from __future__ import annotations

import stat
import subprocess
import zipfile
from pathlib import Path

from kit.files import write_if_changed
from kit.kconfig_text import environment
from kit.lab import ROOT, Lab

SUBMODULE = "mortise"
STAMP = (2026, 1, 1, 0, 0, 0)
"""The time of every member: the same tree and seed give the same bytes."""


def write(lab: Lab, seed: int, output: Path) -> None:
    """Write the autograder of one lab. The kit goes with it as git knows it; of the other labs only what students may see."""
    output.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("setup.sh", "run_autograder"):
            _add(archive, name, _rendered(f"gradescope_{name.removesuffix('.sh')}.sh.j2", lab, seed).encode(), True)
        for path in _files(lab):
            _add(archive, f"{SUBMODULE}/{path.as_posix()}", (ROOT / path).read_bytes(), (ROOT / path).stat().st_mode & stat.S_IXUSR != 0)


def write_classroom(lab: Lab, folder: Path) -> Path:
    """Write the workflow that grades a student's repository at each push; answers its path."""
    path = folder / ".github" / "workflows" / "grade.yml"
    write_if_changed(path, _rendered("classroom.yml.j2", lab, 1))
    return path


def _rendered(template: str, lab: Lab, seed: int) -> str:
    return environment().get_template(template).render(lab=lab, seed=seed, kit=SUBMODULE)


def _files(lab: Lab) -> list[Path]:
    """The files of the tree that the autograder needs, relative to it, sorted."""
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    found = []
    for name in sorted(set(listed)):
        path = Path(name)
        other = path.parts[0] == "labs" and len(path.parts) > 2 and path.parts[1] != lab.name
        if not other and path.parts[0] not in ("dashboard", "docs") and (ROOT / path).is_file():
            found.append(path)
    return found


def _add(archive: zipfile.ZipFile, name: str, data: bytes, executable: bool) -> None:
    member = zipfile.ZipInfo(name, STAMP)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = (stat.S_IFREG | (0o700 if executable else 0o600)) << 16
    archive.writestr(member, data)
