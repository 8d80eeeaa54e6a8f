"""The kit as students get it: everything but what a lab keeps from them.

A lab's ``hidden/``, ``wrong/`` and ``source/`` stay behind; ``starter/`` takes the place of the latter. So do the tests that need them. Whatever else
git knows of the tree goes along, with the times of its files, so that nothing is compiled again that was.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from kit import lab as labs
from kit.lab import LABS, ROOT, Lab

KEPT_BACK = ("hidden", "source", "wrong")
MARK = ".student-kit"
MARK_TEXT = "Written by make student-kit, which replaces all of this folder but .git when it is run again.\n"
LAB_TESTS = ("tests/qemu/test_lab_*.py", "tests/qemu/lab_*.py", "tests/py/test_lab*.py", "tests/py/*dashboard_class.py", "tests/py/class_fixture.py")


class StudentKitError(Exception):
    """The copy cannot be made there; the text says why."""


def write(folder: Path) -> int:
    """Write the copy, anew where there is one; answers how many files it has. Raises StudentKitError."""
    _clear(folder)
    files = [path for path in _tree() if not _kept_back(path)]
    try:
        for path in files:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, folder / path)
        for name in labs.names():
            _write_starter(labs.load(LABS / name), folder / "labs" / name / "starter")
    except OSError as error:
        raise StudentKitError(f"{error.filename or folder} cannot be written: {error.strerror}") from error
    return len(files)


def _clear(folder: Path) -> None:
    """An empty folder with the mark in it, ``.git`` left alone."""
    if folder.resolve().is_relative_to(ROOT):
        raise StudentKitError(f"{folder} lies inside the kit: name a folder outside of it")
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not (folder / MARK).is_file())):
        raise StudentKitError(f"{folder} holds something else already: name a new folder, or one that make student-kit has written")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MARK).write_text(MARK_TEXT, encoding="utf-8")
        for path in folder.iterdir():
            if path.name not in (".git", MARK):
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    except OSError as error:
        raise StudentKitError(f"{folder} cannot be written: {error.strerror}") from error


def _tree() -> list[Path]:
    """The files that git knows or would know, relative to the kit, sorted. Raises StudentKitError."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise StudentKitError(f"git does not tell which files belong to the kit: {done.stderr.strip()}")
    return [path for name in sorted(set(done.stdout.split("\0"))) if name and (ROOT / (path := Path(name))).is_file()]


def _kept_back(path: Path) -> bool:
    of_lab = path.parts[0] == "labs" and len(path.parts) > 2 and path.parts[2] in KEPT_BACK
    return of_lab or any(path.match(pattern) for pattern in LAB_TESTS)


def _write_starter(lab: Lab, folder: Path) -> None:
    folder.mkdir(parents=True)
    for name, text in lab.starter().items():
        (folder / name).write_text(text, encoding="utf-8")
