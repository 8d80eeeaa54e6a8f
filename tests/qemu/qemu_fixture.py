"""What the tests in QEMU share: built configurations, boots that explain themselves, and TAP."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from kit import bench, built
from kit.built import Built
from kit.project import Project
from kit.qemu import Boot, Job, Machine, boot

PRESETS = built.preset_names()


def quiet(_text: str) -> None:
    """Progress that nobody watches."""


@lru_cache(maxsize=None)
def built_preset(name: str) -> Built:
    """The build of a preset or of a configuration that was put aside, built once for all tests."""
    (one,) = built.build([name], quiet)
    return one


@lru_cache(maxsize=None)
def with_contract_tests(preset: str) -> Built:
    """The build of ``preset`` with the contract tests of all its slots linked in."""
    project = Project()
    request = {**project.configurator.request_of(project.preset_file(preset)), "CONTRACT_TESTS": "y"}
    name = f"{preset}-contract-tests"
    project.put_aside(name, project.configurator.resolve(request, name))
    return built_preset(name)


@lru_cache(maxsize=None)
def random_build(seed: int) -> Built:
    """The build of a random valid configuration."""
    project = Project()
    name = f"random-{seed}"
    project.put_aside(name, project.configurator.random(seed))
    return built_preset(name)


def boot_of(kernel: Built, append: str, machine: str = "microvm", wall_seconds: float = 60) -> Boot:
    """Boot and hand back what came of it, whatever that is."""
    return boot(Job(kernel.kernel_elf, kernel.initrd, append, Machine(machine), wall_seconds=wall_seconds))


def explain(kernel: Built, outcome: Boot, append: str, machine: str = "microvm") -> str:
    """For a failed assertion: how the boot ended, the console's end, and how to repeat it."""
    tail = outcome.console_tail(40) or "(the console is empty)"
    repeat = bench.repeat_command(kernel, append, Machine(machine))
    return f"{kernel.preset}: {outcome.describe()}\n--- console ---\n{tail}\n--- end of console ---\nrepeat with: {repeat}"


@dataclass(frozen=True)
class Tap:
    """A TAP report found on a console: points in order, and what is wrong with the report as a whole."""

    points: tuple[tuple[bool, str], ...]
    faults: tuple[str, ...]

    @property
    def failed(self) -> list[str]:
        """Descriptions of the points that did not hold, and faults of the report."""
        return [text for holds, text in self.points if not holds] + list(self.faults)


POINT = re.compile(r"^(not )?ok\b(?: (\d+))?(?: -)?\s*(.*)$")
PLAN = re.compile(r"^1\.\.(\d+)")


def parse_tap(console: str) -> Tap:
    """The TAP report on a console among other lines. A missing plan, a wrong number or a bail-out is a fault."""
    points: list[tuple[bool, str]] = []
    faults: list[str] = []
    plans: list[int] = []
    for line in console.splitlines():
        point, plan = POINT.match(line), PLAN.match(line)
        if plan:
            plans.append(int(plan.group(1)))
        elif line.startswith("Bail out!"):
            faults.append(line)
        elif point:
            skipped = re.search(r"# (SKIP|TODO)\b", point.group(3), re.IGNORECASE)
            points.append((not point.group(1) or bool(skipped), point.group(3)))
            if point.group(2) and int(point.group(2)) != len(points):
                faults.append(f"point {point.group(2)} comes as number {len(points)}: {line}")
    if len(plans) != 1:
        faults.append(f"{len(plans)} plans (1..N) instead of one: the report was cut short")
    elif plans[0] != len(points):
        faults.append(f"{plans[0]} points were planned, {len(points)} came")
    if not points:
        faults.append("not one point was tested")
    return Tap(tuple(points), tuple(faults))
