"""The figures to reach: ``tests/targets.json`` is ``{preset: {figure: most}}``, where ``*`` stands for every preset of the kit, not for the stock
Linux that is measured beside them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kit.figures import Figure, Number

REFERENCE = "linux"
TARGETS = Path(__file__).resolve().parent.parent / "tests" / "targets.json"


@dataclass(frozen=True)
class Target:
    """A figure that has a target; ``most`` is in the figure's unit."""

    figure: Figure
    most: Number

    @property
    def reached(self) -> bool:
        """Lower is better."""
        return self.figure.value <= self.most

    def __str__(self) -> str:
        gap = "reached" if self.reached else f"missed by {self.figure.value - self.most:,}"
        return f"at most {self.most:,}: {gap}"


def targets(figures: Iterable[Figure], path: Path = TARGETS) -> dict[str, Target]:
    """The targets of those figures of one preset that have one, by figure."""
    table = json.loads(path.read_text(encoding="utf-8"))
    found = {}
    for one in figures:
        common = {} if one.preset == REFERENCE else table.get("*", {})
        most = {**common, **table.get(one.preset, {})}.get(one.figure)
        if most is not None:
            found[one.figure] = Target(one, most)
    return found
