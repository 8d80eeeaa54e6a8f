"""Why a configuration cannot be had, and the smallest change with which it can.

The change is searched for among assemblies (``Model.solve``), turned into edits of the lines that were asked for, and
tried: what is proposed has been seen to work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import kconfiglib

from kit.constraints import KERNEL, Assembly, Clause, Literal
from kit.manifest import Kernel, Part, Slot

if TYPE_CHECKING:
    from kit.kconfig import Config, Configurator

MAX_ADVICE = 3


def line_of(name: str, value: str) -> str:
    """A request as a file states it."""
    return f"# CONFIG_{name} is not set" if value == "n" else f"CONFIG_{name}={value}"


class Diagnosis:
    """Why a request cannot be had, and the smallest change with which it can."""

    def __init__(self, owner: Configurator, request: Mapping[str, str], what: str, config: Config, dropped: list[str]) -> None:
        self.owner = owner
        self.request = dict(request)
        self.what = what
        self.config = config
        self.dropped = dropped

    def text(self) -> str:
        """The whole message."""
        lines = [f"{self.what}: this assembly cannot work"]
        wanted = dict(self.config.assembly)
        for name, value in self.request.items():
            for literal in self.owner.wish(self.request, name, value):
                wanted[literal.var] = literal.value if literal.positive else ""
        broken = self.owner.model.broken(wanted) or self.owner.model.broken(self.config.assembly)
        for name in self.dropped:
            lines.append(f"  {line_of(name, self.request[name])} cannot be had: {self._reason(name, broken)}")
        if not self.dropped:
            lines += [f"  {clause.reason}" for clause in broken]
        return "\n".join(lines + self._advice())

    def _reason(self, name: str, broken: list[Clause]) -> str:
        symbol = self.owner.kconf.syms[name]
        value = self.request[name]
        if symbol.orig_type == kconfiglib.BOOL and value not in ("y", "n"):
            return "it is a bool: y or n"
        literal = self.owner.literals.get(name)
        if literal is not None:
            rivals = [n for n, v in self.request.items() if v == "y" and n != name and self._rival(n, literal)]
            if rivals and value == "y":
                return f"CONFIG_{rivals[-1]} is asked for too, and only one of them can be"
            near = [c.reason for c in broken if ~literal in c.literals or Literal(literal.var, "") in c.literals]
            reasons = near or [c.reason for c in broken if any(x.var == literal.var for x in c.literals)]
            return "; ".join(dict.fromkeys(reasons)) or "another choice rules it out"
        owner = self.owner.owner_of(name)
        if isinstance(owner, Part) and not self.owner.is_there(owner, self.config.assembly):
            return f"it is an option of {owner.id}, which is not in the assembly"
        if isinstance(owner, Kernel) and self.config.assembly[KERNEL] != owner.name:
            return f"it is an option of the kernel {owner.name}, which is not chosen"
        if isinstance(owner, Slot) and not self.owner.slot_is_on(owner.name, self.config.assembly):
            return f"it is an option of the slot {owner.name}, which this kernel does not have"
        for low, high, _ in symbol.ranges:
            return f"it must be a number from {low.str_value} to {high.str_value}"
        return f"it is {symbol.str_value or 'nothing'} instead: is that value of the type {kconfiglib.TYPE_TO_STR[symbol.orig_type]}?"

    def _rival(self, other: str, literal: Literal) -> bool:
        rival = self.owner.literals.get(other)
        return rival is not None and rival.var == literal.var and "/" not in literal.var

    def _advice(self) -> list[str]:
        wishes: list[Literal] = []
        lines: dict[Literal, str] = {}
        for name, value in self.request.items():
            for literal in self.owner.wish(self.request, name, value):
                wishes.append(literal)
                lines.setdefault(literal, name)
        solutions: list[list[str]] = []
        for lost, assembly in self.owner.model.solve(list(dict.fromkeys(wishes))):
            change = self._change(lost, assembly)
            if change is not None and change not in solutions:
                solutions.append(change)
        if not solutions:
            return [] if any(True for _ in self.owner.model.solve([])) else ["  no assembly of these parts is valid at all"]
        solutions.sort(key=len)
        best = [s for s in solutions if len(s) == len(solutions[0])][:MAX_ADVICE]
        result = []
        for number, change in enumerate(best):
            head = "the smallest change that works" if number == 0 else "or, as small"
            result.append(f"  {head}:")
            result += [f"      {line}" for line in change]
        return result

    def _change(self, lost: Sequence[Literal], assembly: Assembly) -> list[str] | None:
        """The edits of the file that give ``assembly`` or better, shown to work by trying; ``None`` if they do not."""
        owner = self.owner
        request = dict(self.request)
        pinned = owner.lines_of(assembly)
        for name, value in self.request.items():
            if any(not w.holds(assembly) for w in owner.wish(self.request, name, value)):
                del request[name]
        lost_vars = {w.var for w in lost}
        request.update({n: v for n, v in pinned.items() if owner.literals[n].var in lost_vars and (v == "y" or n in self.request)})
        request = self._without_impossible(request)
        if not self._works(request):
            added = {n: v for n, v in pinned.items() if n not in request}
            if not self._works({**request, **added}):
                return None
            for name in list(added):  # leave out what is not needed
                less = {n: v for n, v in added.items() if n != name}
                if self._works({**request, **less}):
                    added = less
            request.update(added)
        return self._edits(request, lost_vars)

    def _without_impossible(self, request: dict[str, str]) -> dict[str, str]:
        """Drop option lines whose value cannot be had in any assembly (out of range, malformed) or whose owner has gone."""
        self.owner.apply(request)
        return {n: v for n, v in request.items() if n in self.owner.literals or self.owner.same(n, v)}

    def _works(self, request: Mapping[str, str]) -> bool:
        self.owner.apply(request)
        current = self.owner.current()
        return all(self.owner.same(n, v) for n, v in request.items()) and not self.owner.model.broken(current.assembly)

    def _edits(self, request: Mapping[str, str], lost_vars: set[str]) -> list[str]:
        edits = []
        new = [n for n in request if n not in self.request]
        for name, value in self.request.items():
            if name in request:
                if request[name] != value:
                    edits.append(f"{line_of(name, value)}  ->  {line_of(name, request[name])}")
                continue
            literal = self.owner.literals.get(name)
            if literal is not None and value == "n" and "/" not in literal.var:
                continue  # the line "is not set" of a choice follows from the line that is
            twin = next((n for n in new if literal and self.owner.literals[n].var == literal.var), None)
            if twin:
                new.remove(twin)
                edits.append(f"{line_of(name, value)}  ->  {line_of(twin, request[twin])}")
            else:
                edits.append(f"remove {line_of(name, value)}")
        return edits + [f"add {line_of(name, request[name])}" for name in new]
