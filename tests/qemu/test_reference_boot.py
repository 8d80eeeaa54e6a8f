"""Stock Linux runs the same programs. Only where its kernel has been fetched (make reference): tests need no network."""

from __future__ import annotations

from dataclasses import replace

import pytest
from qemu_fixture import built_preset, quiet

from kit import bench, built, reference
from kit.qemu import Machine
from kit.results import STATUS_OK


def test_linux_runs_our_programs() -> None:
    if not list((built.build_root() / "reference").glob("vmlinuz-*")):
        pytest.skip("make reference has not fetched the kernel")
    source = built_preset(reference.SOURCE_PRESET)
    linux = reference.assemble(reference.fetch(quiet), source)
    assert linux.programs.items() <= source.programs.items()
    record = bench.bench(linux, replace(Machine(), cpu=reference.CPU), quiet)
    assert record.status == STATUS_OK, record.status
    assert {"getpid", "fault_zero", "pipe_rt_1", "fork_exec_wait"} <= {series.name for series in record.series}
    assert {series.unit for series in record.series} == {"instructions"}
    assert record.enosys == ()
