"""One annotated source for a lab's solution and its starter, and the small changes that make faulty parts of the solution.

A passage that students write themselves stands in the source twice, between three marks, each a comment on a line of its own:

    /* LAB: solution */
    the lines of the solution
    /* LAB: starter */
    the lines that a student finds in their place
    /* LAB: end */

Either side may be empty. Marks do not nest. Everything outside of them is in both.

A *variant* (a wrong solution, a mutant) is a TOML file with ``[[change]]`` tables ``file``, ``from``, ``to`` that are applied to the
solution; ``from`` must stand there exactly once, so a variant cannot quietly become the solution.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kit.toml import ManifestError, Table

MARK = re.compile(r"\s*/\* LAB: (.*?) \*/\s*\Z")
SOLUTION, STARTER = "solution", "starter"


class SourceError(Exception):
    """An annotated source or a variant that does not hold together; the text names file and line."""


@dataclass(frozen=True)
class Variant:
    """A faulty part: the changes that make it of the solution, what it gets wrong, and the tests that it must fail."""

    name: str
    title: str
    mistake: str
    fails: tuple[str, ...]
    says: str
    """Words that the first of its failures must use: the message that would help who made the mistake."""
    changes: tuple[tuple[str, str, str], ...]

    def apply(self, files: Mapping[str, str]) -> dict[str, str]:
        """The solution's files with the mistake in them. Raises SourceError."""
        made = dict(files)
        for name, old, new in self.changes:
            found = made.get(name, "").count(old)
            if found != 1:
                raise SourceError(f"{self.name}: the text to change stands {found} times in {name}, it must stand there once:\n{old}")
            made[name] = made[name].replace(old, new)
        return made


def side(text: str, wanted: str, where: str) -> str:
    """The ``solution`` or the ``starter`` of an annotated source."""
    lines, now, opened = [], "", 0
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        mark = MARK.match(line)
        if not mark:
            if now in ("", wanted):
                lines.append(line)
            continue
        follows = {"": SOLUTION, SOLUTION: STARTER, STARTER: "end"}[now]
        if mark[1] != follows:
            raise SourceError(f'{where}:{number}: "LAB: {mark[1]}" where "LAB: {follows}" must come')
        now, opened = ("" if follows == "end" else follows), number
    if now:
        raise SourceError(f'{where}:{opened}: "LAB: {now}" has no "LAB: end"')
    return "".join(lines)


def read_sides(folder: Path, wanted: str) -> dict[str, str]:
    """Every file of a folder of annotated sources as its ``wanted`` side, by name."""
    paths = sorted(path for path in folder.iterdir() if path.is_file())
    return {path.name: side(path.read_text(encoding="utf-8"), wanted, str(path)) for path in paths}


def read_variants(folder: Path) -> list[Variant]:
    """The variants in ``folder``, by name; none where there is no such folder. Raises ManifestError."""
    return [_read_variant(path) for path in sorted(folder.glob("*.toml"))]


def _read_variant(path: Path) -> Variant:
    t = Table.load(path)

    def change(one: Table) -> tuple[str, str, str]:
        found = (one.text("file", required=True), one.get("from", str, "a string", required=True), one.get("to", str, "a string", required=True))
        return found

    variant = Variant(
        name=path.stem,
        title=t.text("title", required=True),
        mistake=t.text("mistake"),
        fails=t.texts("fails"),
        says=t.text("says"),
        changes=t.each("change", change),
    )
    t.finish()
    if not variant.changes:
        raise ManifestError(f"{path}: a variant without a [[change]] is the solution itself")
    return variant
