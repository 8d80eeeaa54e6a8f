"""The same bytes booted twice give the same bytes. Every figure and the whole ledger stand on this."""

from __future__ import annotations

import pytest
from qemu_fixture import PRESETS, boot_of, built_preset, explain

from kit import bench


@pytest.mark.parametrize("preset", PRESETS)
def test_two_runs_are_byte_identical(preset: str) -> None:
    kernel = built_preset(preset)
    for leg in bench.legs(kernel):
        first, second = (boot_of(kernel, leg.append) for _ in range(2))
        assert first.ok, explain(kernel, first, leg.append)
        assert second.ok, explain(kernel, second, leg.append)
        assert first.results == second.results, f"{preset}: results of {leg.append} differ\n{_difference(first.results, second.results)}"
        assert first.console == second.console, f"{preset}: consoles of {leg.append} differ"


def _difference(first: bytes, second: bytes) -> str:
    """The first line that is not the same, from both."""
    for one, other in zip(first.splitlines(), second.splitlines()):
        if one != other:
            return f"first:  {one[:300]!r}\nsecond: {other[:300]!r}"
    return f"first has {len(first)} bytes, second {len(second)}"
