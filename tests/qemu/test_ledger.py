"""Every deterministic figure is the accepted one, and those that have a target reach it. Under another compiler or another QEMU the differences are only reported."""

from __future__ import annotations

from functools import lru_cache

import pytest
from qemu_fixture import PRESETS, built_preset, quiet

from kit import bench, ledger
from kit.figures import BASELINE, compared, figures
from kit.qemu import Machine
from kit.results import STATUS_OK, Run
from kit.targets import targets


@lru_cache(maxsize=None)
def measured(preset: str) -> Run:
    """A run as the store would give it back."""
    record = bench.bench(built_preset(preset), Machine(), quiet)
    assert record.status == STATUS_OK, record.status
    return Run(**vars(record))


@pytest.mark.parametrize("preset", PRESETS)
def test_the_ledger_holds(preset: str) -> None:
    verdict = ledger.compare([measured(preset)])
    report = "\n".join([f"{verdict.compared} figures {verdict.note}", *map(str, verdict.changes)])
    print(report)
    assert verdict.passed, f"{report}\nIf this change is meant: make ledger, and say why in the commit."


@pytest.mark.parametrize("preset", PRESETS)
def test_the_targets_are_reached(preset: str) -> None:
    ratios = [one for one in compared([measured(BASELINE), measured(preset)]) if one.preset == preset]
    found = targets([*figures(measured(preset)), *ratios])
    assert preset == BASELINE or "compile_ratio" in found
    missed = {name: str(target) for name, target in found.items() if not target.reached}
    assert missed == {}
