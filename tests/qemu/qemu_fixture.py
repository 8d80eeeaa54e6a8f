"""What the tests in QEMU share: built configurations, boots that explain themselves, and TAP reports."""

from __future__ import annotations

from functools import lru_cache

import pytest

from kit import bench, built, tap
from kit.built import Built, BuiltError
from kit.project import Project
from kit.qemu import Boot, Job, Machine, boot

PRESETS = built.preset_names()


def quiet(_text: str) -> None:
    """Progress that nobody watches."""


def built_preset(name: str) -> Built:
    """The build of a preset or of a configuration that was put aside, built (or found not to build) once for all tests."""
    result = _built(name)
    if isinstance(result, BuiltError):
        pytest.fail(str(result), pytrace=False)
    return result


@lru_cache(maxsize=None)
def _built(name: str) -> Built | BuiltError:
    try:
        return built.build([name], quiet)[0]
    except BuiltError as error:
        return error


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


def boot_of(kernel: Built, append: str, machine: str = "microvm", wall_seconds: float = 120) -> Boot:
    """Boot and hand back what came of it, whatever that is."""
    return boot(Job(kernel.kernel_elf, kernel.initrd, append, Machine(machine), wall_seconds=wall_seconds))


def explain(kernel: Built, outcome: Boot, append: str, machine: str = "microvm") -> str:
    """For a failed assertion: how the boot ended, the console's end, and how to repeat it."""
    tail = outcome.console_tail(40) or "(the console is empty)"
    repeat = bench.repeat_command(kernel, append, Machine(machine))
    return f"{kernel.preset}: {outcome.describe()}\n--- console ---\n{tail}\n--- end of console ---\nrepeat with: {repeat}"


def tap_trouble(kernel: Built, outcome: Boot, append: str) -> str:
    """Empty where a boot that reports in TAP ran to its end with every point holding; else all that a reader needs."""
    report = tap.judge(append, outcome.console, 0 if outcome.ok else outcome.status)
    if report.ok and outcome.ok:
        return ""
    return f"{report.failed} of {report.passed + report.failed} points failed\n{tap.explain(report)}\n{explain(kernel, outcome, append)}"
