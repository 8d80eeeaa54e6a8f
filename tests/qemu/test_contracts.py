"""The conformance suite of every slot, inside each kernel."""

from __future__ import annotations

import subprocess

import pytest
from qemu_fixture import PRESETS, boot_of, built_preset, tap_trouble, with_contract_tests


@pytest.mark.parametrize("preset", PRESETS)
def test_every_part_of_a_preset_keeps_its_contract(preset: str) -> None:
    kernel = with_contract_tests(preset)
    trouble = tap_trouble(kernel, boot_of(kernel, ""), "")
    assert not trouble, trouble


@pytest.mark.parametrize("preset", PRESETS)
def test_the_tests_cost_nothing_where_they_are_off(preset: str) -> None:
    symbols = subprocess.run(["nm", str(built_preset(preset).kernel_elf)], capture_output=True, text=True, check=True).stdout
    assert "kernel_main" in symbols
    assert [line for line in symbols.splitlines() if "contract_test" in line] == []
