"""A test fails with a student's part: which of the other parts does the failure need?

The other parts of the assembly are exchanged one after the other for others that fit, and an exchange after which the test still fails stays.
So what is left unexchanged in the end is needed: with any one of those parts exchanged as well, the test holds. With failures that more of the
same parts do not mend, that is a smallest set that fails, also where either of two parts would do: one of them is named.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kit.grade import FAILED, Grader
from kit.kconfig import Configurator
from kit.lab_tree import BuildError
from kit.lab_vet import Submission
from kit.manifest import Part, symbol_of


@dataclass(frozen=True)
class Swap:
    """One part exchanged for another, with the exchanges that stayed: does the test still fail? None: that assembly cannot be had."""

    old: str
    new: str
    fails: bool | None


@dataclass(frozen=True)
class Found:
    """What was found in one kernel. ``needed`` are the parts without which the test does not fail, besides the student's; ``fixed`` those that
    nothing could be put in the place of."""

    test: str
    presets: tuple[str, ...]
    """The kernels in which it fails; the first is the one where parts were exchanged."""
    swaps: tuple[Swap, ...]
    needed: tuple[str, ...]
    fixed: tuple[str, ...]


def bisect(grader: Grader, submission: Submission, name: str, say: Callable[[str], None]) -> Found:
    """Try the exchanges. Raises BuildError where the test does not fail to begin with, or fails with the reference part, too."""
    test = grader.lab.test(name)
    presets = test.presets or grader.lab.presets
    with grader.tree.held():
        trouble = grader.prepare(submission, say, [name])
        if trouble:
            raise BuildError(trouble.happened)
        failing = [preset for preset in presets if _fails(grader, name, preset, "")]
        say(f"{name} fails on {', '.join(failing) or 'no kernel'}")
        if not failing:
            raise BuildError(f"{name} does not fail: there is nothing to find")
        if _fails(grader, name, failing[0], grader.reference(failing[0]).name):
            raise BuildError(f"{name} fails with {grader.lab.reference} on {failing[0]}, too: it is not your part that it fails with")
        return _Search(grader, name, failing, say).run()


class _Search:
    """The exchanges in one kernel."""

    def __init__(self, grader: Grader, test: str, failing: list[str], say: Callable[[str], None]) -> None:
        self.grader, self.test, self.failing, self.say = grader, test, failing, say
        self.preset = failing[0]
        self.swaps: list[Swap] = []

    def run(self) -> Found:
        """Slot by slot; what stays exchanged is handed on."""
        stays: dict[str, Part] = {}
        needed, fixed = [], []
        for old, others in self._exchangeable():
            answers = []
            for part in others:
                swap = self._try(old, stays | {part.slot: part})
                answers.append(swap.fails)
                if swap.fails:
                    stays[part.slot] = part
                    break
            if True not in answers:
                (needed if False in answers else fixed).append(old)
        return Found(self.test, tuple(self.failing), tuple(self.swaps), tuple(needed), tuple(fixed))

    def _exchangeable(self) -> list[tuple[str, list[Part]]]:
        """(part, what may be put in its place) for every slot that holds exactly one and has more."""
        configurator = Configurator(self.grader.tree.root)
        assembly = configurator.load(self.grader.tree.root / "configs" / f"{self.preset}_defconfig").assembly
        found = []
        for slot in configurator.tree.slots.values():
            old = assembly.get(slot.name, "")
            if slot.choice != "any" and slot.name != self.grader.lab.slot and old and len(slot.parts) > 1:
                found.append((f"{slot.name}/{old}", [part for part in slot.parts if part.name != old]))
        return found

    def _try(self, old: str, exchanged: Mapping[str, Part]) -> Swap:
        new = exchanged[old.partition("/")[0]].id
        try:
            config = self._configured(exchanged)
            self.grader.tree.build([config])
            swap = Swap(old, new, _fails(self.grader, self.test, self.preset, config))
            self.say(f"with {new} in the place of {old} it {'fails, too' if swap.fails else 'does not fail'}")
        except BuildError:  # an assembly that cannot work tells nothing about the failure
            swap = Swap(old, new, None)
        self.swaps.append(swap)
        return swap

    def _configured(self, exchanged: Mapping[str, Part]) -> str:
        """The preset with the student's part and some others exchanged, put aside; its name."""
        lab, tree = self.grader.lab, self.grader.tree
        own = tuple(f"CONFIG_{symbol_of(slot)}_" for slot in (lab.slot, *exchanged))
        lines = [line for line in tree.preset_text(self.preset).splitlines() if not any(prefix in line for prefix in own)]
        chosen = [f"CONFIG_{symbol_of(lab.slot, lab.part)}=y", *(f"CONFIG_{part.symbol}=y" for _, part in sorted(exchanged.items()))]
        text = "\n".join([*lines, *chosen, ""])
        return tree.put_aside(f"{self.preset}-swap-{lab.slot}-{hashlib.sha256(text.encode()).hexdigest()[:8]}", text)


def _fails(grader: Grader, name: str, preset: str, config: str) -> bool:
    """Whether the test fails in one kernel, built as ``config`` where that is not empty."""
    with grader.exchanged(preset, config):
        return grader.alone(name, preset).status == FAILED


def report(found: Found, mine: str) -> str:
    """For a terminal."""
    lines = [f"{found.test} fails with {mine} on {', '.join(found.presets)}; on {found.presets[0]} it holds with the reference part."]
    words = {True: "fails", False: "holds", None: "no way"}
    for swap in found.swaps:
        lines.append(f"  {words[swap.fails]:<6} with {swap.new} in the place of {swap.old}")
    if found.needed:
        lines.append(f"The smallest set that fails: {', '.join((mine, *found.needed))}")
    else:
        lines.append(f"None of them matters: {mine} fails without them.")
    if found.fixed:
        lines.append(f"Nothing fits in the place of {', '.join(found.fixed)}, so whether it matters cannot be said.")
    return "\n".join([*lines, ""])
