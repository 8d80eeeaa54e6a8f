"""What may be combined with what: the manifests as clauses over a few variables, and a solver for them.

A *variable* is ``kernel``, the name of a slot that takes at most one part, or the id ``slot/part`` of a member of an "any"
slot. Its values are names; of a slot ``""`` too (no part), of a member ``"y"`` and ``""``. A *clause* is a disjunction of
literals with the sentence that explains it to a person. An assembly is valid if it satisfies every clause.

The problems are small (tens of variables), so a plain search with unit propagation is exact and quick:
``solve`` finds a valid assembly that breaks as few of the given wishes as possible, and proves that fewer is impossible.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from kit.manifest import Part, Slot, Tree

KERNEL = "kernel"
Assembly = dict[str, str]


@dataclass(frozen=True)
class Literal:
    """``var`` is ``value``, or is not."""

    var: str
    value: str
    positive: bool = True

    def holds(self, assembly: Mapping[str, str]) -> bool:
        """Whether it is true of a complete assembly."""
        return (assembly[self.var] == self.value) == self.positive

    def __invert__(self) -> Literal:
        return Literal(self.var, self.value, not self.positive)


@dataclass(frozen=True)
class Clause:
    """At least one of ``literals`` holds. ``reason`` completes "… because"."""

    literals: tuple[Literal, ...]
    reason: str

    def holds(self, assembly: Mapping[str, str]) -> bool:
        """Whether it is true of a complete assembly."""
        return any(literal.holds(assembly) for literal in self.literals)


def chosen(tree: Tree, part: Part) -> Literal:
    """The literal that says that ``part`` is in the assembly."""
    if tree.slots[part.slot].choice == "any":
        return Literal(part.id, "y")
    return Literal(part.slot, part.name)


class Model:
    """Variables, their domains and the clauses of one ``Tree``."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.domains: dict[str, tuple[str, ...]] = {}
        for name in self.order:
            if name == KERNEL:
                self.domains[KERNEL] = tuple(sorted(tree.kernels))
            elif tree.slots[name].choice == "any":
                for part in tree.slots[name].parts:
                    self.domains[part.id] = ("y", "")
            else:
                self.domains[name] = (*(p.name for p in tree.slots[name].parts), "")
        self.rank = {var: number for number, var in enumerate(self.domains)}
        self.clauses = tuple(self._clauses())

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The kernel, then the slots, such that what switches a slot on comes before it.

        Where that leaves freedom, who requires a certain part comes before that part's slot, and "any" slots come last: so
        a menu that is read from top to bottom never has to take something back.
        """
        tree = self.tree
        hard: dict[str, set[str]] = {name: set() for name in tree.slots}
        soft: dict[str, set[str]] = {name: set() for name in tree.slots}
        for part in tree.parts():
            switched = {s for image in part.images for s in image.slots} | {s for slots in part.adds.values() for s in slots}
            for slot in switched - {part.slot}:
                hard[slot].add(part.slot)
            for reference in part.requires + part.conflicts:
                slot = reference.partition("/")[0]
                if "/" in reference and slot != part.slot:
                    soft[slot].add(part.slot)
        for slot in tree.slots.values():
            if slot.choice == "any":
                soft[slot.name] |= {s.name for s in tree.slots.values() if s.choice != "any"}
        result: list[str] = []
        while len(result) < len(tree.slots):
            free = [s for s in sorted(tree.slots) if s not in result and hard[s] <= set(result)]
            if not free:
                rest = sorted(set(tree.slots) - set(result))
                raise ValueError(f"the slots {', '.join(rest)} switch each other on in a circle")
            result.append(min(free, key=lambda s: (len(soft[s] - set(result)), s)))
        return (KERNEL, *result)

    def switches(self, slot: str) -> tuple[Literal, ...]:
        """What puts ``slot`` into an assembly: the kernels composed of it, the parts whose images hold it."""
        tree = self.tree
        literals = [Literal(KERNEL, k.name) for k in tree.kernels.values() if slot in k.slots]
        for part in tree.parts():
            holders = [i.slots for i in part.images] + list(part.adds.values())
            if any(slot in slots for slots in holders) and part.slot != slot:
                literals.append(chosen(tree, part))
        return tuple(literals)

    def _clauses(self) -> Iterator[Clause]:
        for slot in self.tree.slots.values():
            yield from self._slot_clauses(slot)
        for part in self.tree.parts():
            yield from self._part_clauses(part)
        yield from self._transport_clauses()

    def _slot_clauses(self, slot: Slot) -> Iterator[Clause]:
        switches = self.switches(slot.name)
        where = " or ".join(self.name(s) for s in switches) or "nothing"
        absent = f"the slot {slot.name} is there only with {where}"
        if slot.choice == "any":
            for part in slot.parts:
                yield Clause((Literal(part.id, "y", False), *switches), absent)
            yield from self._place_clauses(slot)
            return
        yield Clause((Literal(slot.name, ""), *switches), absent)
        if slot.choice == "one":
            for switch in switches:
                yield Clause((~switch, Literal(slot.name, "", False)), f"{self.name(switch)} needs a part in the slot {slot.name}")

    def _place_clauses(self, slot: Slot) -> Iterator[Clause]:
        """Of a part and those that extend it, an "any" slot holds one."""
        for number, one in enumerate(slot.parts):
            for other in slot.parts[number + 1 :]:
                root = one.lineage[-1]
                if root.id == other.lineage[-1].id:
                    literals = (~chosen(self.tree, one), ~chosen(self.tree, other))
                    yield Clause(literals, f"{one.id} and {other.id} both stand for {root.id}")

    def _part_clauses(self, part: Part) -> Iterator[Clause]:
        me = chosen(self.tree, part)
        if part.kernels:
            fits = tuple(Literal(KERNEL, k) for k in part.kernels if k in self.tree.kernels)
            yield Clause((~me, *fits), f"{part.id} fits the kernel {' or '.join(part.kernels)} only")
        for reference in part.requires:
            if reference.startswith("feature:"):
                feature = reference[8:]
                givers = [chosen(self.tree, p) for p in self.tree.parts() if feature in p.provides]
                givers += [Literal(KERNEL, k.name) for k in self.tree.kernels.values() if feature in k.provides]
                names = " or ".join(self.name(g) for g in givers)
                yield Clause((~me, *givers), f"{part.id} requires the feature {feature}, which {names} provides")
            elif "/" in reference:
                there = tuple(chosen(self.tree, p) for p in self.tree.standing_for(self.tree.part(reference)))
                yield Clause((~me, *there), f"{part.id} requires {reference}")
            elif reference != part.slot:
                slot = self.tree.slots[reference]
                there = self.switches(reference) if slot.choice == "any" else (Literal(reference, "", False),)
                yield Clause((~me, *there), f"{part.id} requires a part in the slot {reference}")
        for reference in part.conflicts:
            for other in self.tree.standing_for(self.tree.part(reference)):
                yield Clause((~me, ~chosen(self.tree, other)), f"{part.id} and {other.id} exclude each other")

    def _transport_clauses(self) -> Iterator[Clause]:
        carriers = [p for p in self.tree.parts() if p.transport]
        for number, one in enumerate(carriers):
            for other in carriers[number + 1 :]:
                if one.transport != other.transport and (one.slot != other.slot or self.tree.slots[one.slot].choice == "any"):
                    yield Clause(
                        (~chosen(self.tree, one), ~chosen(self.tree, other)),
                        f"{one.id} sends over {one.transport} and {other.id} over {other.transport}",
                    )

    def name(self, literal: Literal) -> str:
        """How a person calls it: ``the kernel l4-like``, ``ipc/mach``, ``no sched``."""
        if literal.var == KERNEL:
            text = f"the kernel {literal.value}"
        elif "/" in literal.var:
            text = literal.var
            return text if (literal.value == "y") == literal.positive else f"no {text}"
        elif not literal.value:
            return f"no {literal.var}" if literal.positive else f"some {literal.var}"
        else:
            text = f"{literal.var}/{literal.value}"
        return text if literal.positive else f"no {text}"

    def broken(self, assembly: Mapping[str, str]) -> list[Clause]:
        """The clauses that a complete assembly does not satisfy."""
        return [clause for clause in self.clauses if not clause.holds(assembly)]

    def default(self, var: str) -> str:
        """What a variable is where nobody asks for anything."""
        if var == KERNEL:
            return self._default_kernel
        slot = self.tree.slots[var.partition("/")[0]]
        if "/" in var:
            return "y" if var.partition("/")[2] in slot.defaults else ""
        return slot.defaults[0] if slot.defaults else ""

    @cached_property
    def _default_kernel(self) -> str:
        """The kernel that takes most of the slots' default parts; of equals the first by name."""

        def fitting(kernel: str) -> int:
            slots = [self.tree.slots[s] for s in self.tree.kernels[kernel].slots]
            parts = [slot.part(name) for slot in slots if slot.choice != "any" for name in slot.defaults]
            return sum(not part.kernels or kernel in part.kernels for part in parts) - len(parts)

        return max(self.domains[KERNEL], key=fitting, default="")

    def solve(self, wishes: Sequence[Literal], held: Sequence[Literal] = ()) -> Iterator[tuple[tuple[Literal, ...], Assembly]]:
        """Every smallest set of ``wishes`` to give up so that the rest can be had, each with one assembly that shows it.

        Yields nothing if there is no valid assembly in which all of ``held`` is true.
        """
        for budget in range(len(wishes) + 1):
            found = False
            for assembly in _Search(self, wishes, budget, None, held).run():
                found = True
                yield tuple(w for w in wishes if not w.holds(assembly)), assembly
            if found:
                return

    def assemble(self, wishes: Sequence[Literal], shuffle: random.Random | None = None) -> Assembly | None:
        """A valid assembly in which every wish holds, or ``None``. Free variables take their defaults, or random values."""
        return next(_Search(self, wishes, 0, shuffle).run(), None)


class _Search:
    """Depth-first search for assemblies that break at most ``budget`` wishes."""

    def __init__(self, model: Model, wishes: Sequence[Literal], budget: int, shuffle: random.Random | None, held: Sequence[Literal] = ()) -> None:
        self.model = model
        self.held = held
        self.wishes = wishes
        self.budget = budget
        self.shuffle = shuffle
        self.found_costs: set[tuple[Literal, ...]] = set()

    def run(self) -> Iterator[Assembly]:
        """Yields assemblies; two of them may give up the same wishes, but a set once found is not searched again."""
        domains = {var: list(values) for var, values in self.model.domains.items()}
        for literal in self.held:
            domains[literal.var] = [v for v in domains[literal.var] if (v == literal.value) == literal.positive]
        if all(domains.values()):
            yield from self._search(domains)

    def _search(self, domains: dict[str, list[str]]) -> Iterator[Assembly]:
        if not self._propagate(domains):
            return
        lost = tuple(w for w in self.wishes if _truth(w, domains) is False)
        if len(lost) > self.budget:
            return
        if any(set(known) <= set(lost) for known in self.found_costs):
            return
        open_vars = [var for var, values in domains.items() if len(values) > 1]
        if not open_vars:
            self.found_costs.add(lost)
            yield {var: values[0] for var, values in domains.items()}
            return
        var = open_vars[0]
        for value in self._ordered(var, domains[var]):
            yield from self._search({**{v: list(d) for v, d in domains.items()}, var: [value]})

    def _ordered(self, var: str, values: list[str]) -> list[str]:
        if self.shuffle:
            return self.shuffle.sample(values, len(values))
        wished = {w.value for w in self.wishes if w.var == var and w.positive}
        unwished = {w.value for w in self.wishes if w.var == var and not w.positive}
        default = self.model.default(var)
        return sorted(values, key=lambda v: (v not in wished, v in unwished, v != default))

    def _propagate(self, domains: dict[str, list[str]]) -> bool:
        """Strike values that a clause rules out, until nothing changes. False if a clause cannot be satisfied any more."""
        changed = True
        while changed:
            changed = False
            for clause in self.model.clauses:
                truths = [(literal, _truth(literal, domains)) for literal in clause.literals]
                if any(truth is True for _, truth in truths):
                    continue
                unknown = {literal.var for literal, truth in truths if truth is None}
                if not unknown:
                    return False
                if len(unknown) == 1:
                    var = unknown.pop()
                    kept = [v for v in domains[var] if any(x.var == var and (x.value == v) == x.positive for x in clause.literals)]
                    if not kept:
                        return False
                    if kept != domains[var]:
                        domains[var] = kept
                        changed = True
        return True


def _truth(literal: Literal, domains: Mapping[str, list[str]]) -> bool | None:
    """True or false where every value left agrees, else ``None``."""
    values = domains[literal.var]
    if literal.value not in values:
        return not literal.positive
    return literal.positive if len(values) == 1 else None
