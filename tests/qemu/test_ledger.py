"""Every deterministic figure is the accepted one. Under another compiler or another QEMU the differences are only reported."""

from __future__ import annotations

import pytest
from qemu_fixture import PRESETS, built_preset, quiet

from kit import bench, ledger
from kit.qemu import Machine
from kit.results import STATUS_OK, Run


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
