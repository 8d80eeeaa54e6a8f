"""A lab's starter, as a folder of the student's own outside of the kit."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path

from kit.lab import ROOT, Lab, Question


class StartError(Exception):
    """A starter cannot be written there; the text says why."""


def write(lab: Lab, folder: Path) -> None:
    """Write the part, the answers template and the frame of the student's own tests; nothing that exists is touched.

    Raises StartError where the folder lies inside the kit or holds the part already.
    """
    if folder.resolve().is_relative_to(ROOT):
        raise StartError(f"{folder} lies inside the kit, which a lab never edits: name a folder of your own, DIR=~/mylab")
    part = folder / lab.slot / lab.part
    if part.exists():
        raise StartError(f"{part} is there already: your work is left alone (another DIR= gives a fresh starter)")
    files = {Path(lab.slot) / lab.part / name: text for name, text in lab.starter().items()}
    files[Path("answers.toml")] = answers_template(lab)
    for path in sorted((lab.folder / "own_tests").glob("*")):
        files[Path("tests") / path.name] = path.read_text(encoding="utf-8")
    try:
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            if not (folder / name).exists():
                (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise StartError(f"{folder} cannot be written: {error.strerror}") from error


def answers_template(lab: Lab) -> str:
    """The answers file with its questions as comments and nothing answered."""
    lines = [f"# Your answers to the questions of lab {lab.number}, {lab.title}.", "# A prediction counts for having been made before you looked: be bold."]
    for question in lab.questions:
        lines += ["", *(f"# {line}" for line in textwrap.wrap(question.text, 100)), f"{_hint(question)}"]
    return "\n".join(lines) + "\n"


def _hint(question: Question) -> str:
    value = '""' if question.kind in ("choice", "text") else "0"
    return f"# {question.name} = {value}"


def welcome(lab: Lab, folder: Path) -> str:
    """What to do next."""
    shown = os.fspath(folder)
    return "\n".join(
        [
            f"{folder / lab.slot / lab.part} is your part: {lab.slot}/{lab.part}.",
            f"  read              labs/{lab.name}/handout.md (make serve shows it, too)",
            f"  choose it         make PARTS={shown} menuconfig",
            f"  build and boot    make PARTS={shown} run",
            f"  is it right?      make grade LAB={lab.number} DIR={shown}",
        ]
    )
