"""The figures to reach: ``tests/targets.json`` is ``{preset: {figure: bound}}``, at most or, of what is better higher, at least that; where ``*`` stands for every preset of the kit, not for the stock
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
    """A figure that has a target; ``bound`` is in the figure's unit."""

    figure: Figure
    bound: Number

    @property
    def sign(self) -> str:
        """How the figure should stand to the bound."""
        return "≥" if self.figure.better == "higher" else "≤"

    @property
    def reached(self) -> bool:
        """On the right side of the bound, or on it."""
        return self.figure.value >= self.bound if self.figure.better == "higher" else self.figure.value <= self.bound

    def __str__(self) -> str:
        gap = "reached" if self.reached else f"missed by {abs(self.figure.value - self.bound):,}"
        return f"at {'least' if self.sign == '≥' else 'most'} {self.bound:,}: {gap}"


def targets(figures: Iterable[Figure], path: Path = TARGETS) -> dict[str, Target]:
    """The targets of those figures of one preset that have one, by figure."""
    table = json.loads(path.read_text(encoding="utf-8"))
    found = {}
    for one in figures:
        common = {} if one.preset == REFERENCE else table.get("*", {})
        bound = {**common, **table.get(one.preset, {})}.get(one.figure)
        if bound is not None:
            found[one.figure] = Target(one, bound)
    return found
