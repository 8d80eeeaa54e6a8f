"""The ledger compares exactly, says what changed by how much, and binds only where it can."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from measure_fixture import run

from kit import ledger
from kit.ledger import LEDGER, LedgerError
from kit.results import Series


def getpid(value: int) -> tuple[Series, ...]:
    return (Series("getpid", "getpid", "instructions", 0, (value,)),)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "ledger.json"
    ledger.update([run(series=getpid(60), marks={"boot_user": 1000})], file)
    return file


def test_the_same_figures_pass(path: Path) -> None:
    verdict = ledger.compare([run(series=getpid(60), marks={"boot_user": 1000}, wall_seconds=99)], path)
    assert (verdict.passed, verdict.changes, verdict.binding, verdict.compared) == (True, (), True, 2)


def test_a_difference_of_one_fails_and_is_explained(path: Path) -> None:
    verdict = ledger.compare([run(series=getpid(61), marks={"boot_user": 1000})], path)
    assert not verdict.passed
    assert [str(change) for change in verdict.changes] == ["monolithic getpid: was 60, is 61 (+1, +1.67 %)"]


def test_new_and_gone_figures_fail(path: Path) -> None:
    verdict = ledger.compare([run(series=(Series("w", "s", "instructions", 0, (1,)),), marks={"boot_user": 1000})], path)
    assert not verdict.passed
    assert [str(change) for change in verdict.changes] == [
        "monolithic getpid: was 60, is gone",
        "monolithic s: 1 is new, not in the ledger",
    ]


@pytest.mark.parametrize("stranger", [{"compiler": "gcc 99"}, {"qemu_version": "QEMU 99"}])
def test_another_compiler_or_qemu_reports_and_passes(path: Path, stranger: dict[str, str]) -> None:
    verdict = ledger.compare([run(series=getpid(70), marks={"boot_user": 1000}, **stranger)], path)
    assert verdict.passed
    assert not verdict.binding
    assert "only reported" in verdict.note and "99" in verdict.note
    assert len(verdict.changes) == 1


def test_update_keeps_other_presets_and_is_deterministic(path: Path) -> None:
    changes = ledger.update([run(preset="l4linux", series=getpid(40), marks={})], path)
    assert [str(change) for change in changes] == ["l4linux getpid: 40 is new, not in the ledger"]
    before = path.read_bytes()
    assert ledger.update([run(series=getpid(60), marks={"boot_user": 1000})], path) == []
    assert path.read_bytes() == before
    presets = json.loads(before)[run().compiler]["presets"]
    assert presets == {"l4linux": {"getpid": 40}, "monolithic": {"boot_user": 1000, "getpid": 60}}


def test_an_empty_ledger_or_nothing_run_compares_nothing(tmp_path: Path, path: Path) -> None:
    assert ledger.compare([run()], tmp_path / "none.json").note == "the ledger is empty"
    assert ledger.compare([], path).note == "nothing was run"


@pytest.mark.parametrize("text", ["{", "[]", '{"gcc": {}}', '{"gcc": {"qemu": "x", "presets": {"a": 3}}}'])
def test_a_broken_ledger_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "ledger.json").write_text(text)
    with pytest.raises(LedgerError, match="ledger.json"):
        ledger.compare([run()], tmp_path / "ledger.json")


def test_the_ledger_of_the_tree_is_sound() -> None:
    """Sorted, without the noisy figure; no other shape survives a rewrite."""
    if not LEDGER.exists():
        pytest.skip("no figure was accepted yet")
    content = json.loads(LEDGER.read_text())
    assert LEDGER.read_text() == json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    assert "bench_wall_s" not in LEDGER.read_text()
    ledger.compare([run()], LEDGER)
