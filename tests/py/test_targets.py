"""Targets: which figures have one, and whose they are."""

from __future__ import annotations

from pathlib import Path

from kit.figures import Figure
from kit.targets import targets


def figure(preset: str, value: int) -> Figure:
    """A boot figure."""
    return Figure(preset=preset, figure="boot_user", value=value, unit="instructions")


def table(tmp_path: Path) -> Path:
    """One target for all presets, one for a preset of its own."""
    path = tmp_path / "targets.json"
    path.write_text('{"*": {"boot_user": 10}, "l4linux": {"boot_user": 4}}')
    return path


def test_a_target_is_reached_or_missed_by_so_much(tmp_path: Path) -> None:
    found = targets([figure("monolithic", 10)], table(tmp_path))["boot_user"]
    assert found.reached and "reached" in str(found)
    found = targets([figure("monolithic", 12)], table(tmp_path))["boot_user"]
    assert not found.reached and "missed by 2" in str(found)


def test_a_presets_own_target_comes_before_that_of_all(tmp_path: Path) -> None:
    assert not targets([figure("l4linux", 5)], table(tmp_path))["boot_user"].reached


def test_stock_linux_has_no_targets_of_ours(tmp_path: Path) -> None:
    assert targets([figure("linux", 1_358_014_557)], table(tmp_path)) == {}
