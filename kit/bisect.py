"""A test fails with a student's part: which of the other parts does the failure need?

Each other part of the assembly is exchanged for another that fits, one at a time. A part whose exchange makes the failure go away belongs to
the smallest set that fails; what remains is the student's part and those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kit.grade import FAILED, Grader
from kit.kconfig import Configurator
from kit.lab_tree import BuildError
from kit.lab_vet import Submission
from kit.manifest import symbol_of


@dataclass(frozen=True)
class Swap:
    """One part exchanged for another, in one kernel: does the test still fail?"""

    preset: str
    old: str
    new: str
    fails: bool


@dataclass(frozen=True)
class Found:
    """What was found. ``needed`` are the parts without which the test does not fail, besides the student's."""

    test: str
    presets: tuple[str, ...]
    """The kernels in which it fails."""
    swaps: tuple[Swap, ...]

    @property
    def needed(self) -> tuple[str, ...]:
        """Sorted, each once."""
        return tuple(sorted({swap.old for swap in self.swaps if not swap.fails}))


def bisect(grader: Grader, submission: Submission, name: str, say: Callable[[str], None]) -> Found:
    """Try every exchange. Raises BuildError where the test does not fail to begin with."""
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
        swaps = []
        for old, new, config in _exchanges(grader, failing[0]):
            try:
                grader.tree.build([config])
            except BuildError:
                continue  # an assembly that cannot work tells nothing about the failure
            swaps.append(Swap(failing[0], old, new, _fails(grader, name, failing[0], config)))
            say(f"with {new} in the place of {old} it {'fails, too' if swaps[-1].fails else 'does not fail'}")
    return Found(name, tuple(failing), tuple(swaps))


def _fails(grader: Grader, name: str, preset: str, config: str) -> bool:
    """Whether the test fails in one kernel, built as ``config`` where that is not empty."""
    with grader.exchanged(preset, config):
        return grader.alone(name, preset).status == FAILED


def _exchanges(grader: Grader, preset: str) -> Iterator[tuple[str, str, str]]:
    """(old part, new part, configuration) for every other part of a slot that holds exactly one."""
    configurator = Configurator(grader.tree.root)
    path = grader.tree.root / "configs" / f"{preset}_defconfig"
    assembly = configurator.load(path).assembly
    for slot in configurator.tree.slots.values():
        old = assembly.get(slot.name, "")
        if slot.choice == "any" or slot.name == grader.lab.slot or not old or len(slot.parts) < 2:
            continue
        for part in slot.parts:
            if part.name == old:
                continue
            lines = [line for line in grader.tree.preset_text(preset).splitlines() if f"CONFIG_{symbol_of(slot.name)}_" not in line]
            mine = f"CONFIG_{symbol_of(grader.lab.slot, grader.lab.part)}=y"
            text = "\n".join([*lines, f"CONFIG_{part.symbol}=y", mine, ""])
            yield f"{slot.name}/{old}", part.id, grader.tree.put_aside(f"{preset}-swap-{slot.name}-{part.name.replace('_', '-')}", text)


def report(found: Found, mine: str) -> str:
    """For a terminal."""
    lines = [f"{found.test} fails with {mine} on {', '.join(found.presets)}; with the reference part it holds."]
    for swap in found.swaps:
        lines.append(f"  {'fails' if swap.fails else 'holds':<6} with {swap.new} in the place of {swap.old}")
    if found.needed:
        lines.append(f"The smallest set that fails: {', '.join((mine, *found.needed))}")
    else:
        lines.append(f"No other part matters: {mine} alone is enough.")
    return "\n".join([*lines, ""])
