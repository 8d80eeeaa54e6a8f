"""The conformance suite of every slot, inside each kernel."""

from __future__ import annotations

import pytest
from qemu_fixture import PRESETS, boot_of, built_preset, tap_trouble, with_contract_tests


@pytest.mark.parametrize("preset", PRESETS)
def test_every_part_of_a_preset_keeps_its_contract(preset: str) -> None:
    kernel = with_contract_tests(preset)
    trouble = tap_trouble(kernel, boot_of(kernel, ""), "")
    assert not trouble, trouble


@pytest.mark.parametrize("preset", PRESETS)
def test_the_tests_cost_nothing_where_they_are_off(preset: str) -> None:
    assert b"contract_test" not in built_preset(preset).kernel_elf.read_bytes()
