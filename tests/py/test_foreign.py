"""The figures of other people's programs: what they are made of, and when they are left out."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from measure_fixture import build_folder, run

from kit import foreign, measure_cli, packages, private_root
from kit.built import load
from kit.figures import Figure, figure_map
from kit.ledger import recorded
from kit.results import Enosys
from kit.targets import Target

MARKS = {"boot_user": 5, "prompt@shell": 1_010_612, "same:a.sh": 1, "same:b.lua": 0, "same:c.py": 1}


def test_the_figures_come_from_marks_and_stay_out_of_the_ledger() -> None:
    found = figure_map(run(marks=MARKS))
    assert found["boot_shell"].value == 1_010_612
    assert (found["same_output"].value, found["same_output"].unit, found["same_output"].better) == (66.7, "percent", "higher")
    assert not {"boot_shell", "same_output"} & recorded(run(marks=MARKS)).keys()
    assert not {"boot_shell", "same_output"} & figure_map(run(marks={"boot_user": 5})).keys()


@pytest.mark.parametrize(("value", "text"), [(100.0, "at least 100: reached"), (95.0, "at least 100: missed by 5.0")])
def test_what_is_better_higher_has_a_least(value: float, text: str) -> None:
    assert str(Target(Figure("p", "same_output", value, "percent", "higher"), 100)) == text


def test_a_build_that_cannot_run_scripts_is_not_asked(tmp_path: Path) -> None:
    build_folder(tmp_path, "plain")
    assert foreign.boots(load("plain", tmp_path / "plain"), pytest.fail) == []


def test_a_missing_package_is_told_and_its_figure_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build_folder(tmp_path, "plain")
    built = replace(load("plain", tmp_path / "plain"), programs={"bin/batch": "00"})
    monkeypatch.setattr(packages, "missing", lambda names: list(names))
    monkeypatch.setattr(foreign, "_scripts", lambda: ([], ["dash"]))
    said: list[str] = []
    assert foreign.boots(built, said.append) == []
    assert len(said) == 1, "scripts run where they are asked for"
    monkeypatch.setenv("UNMODIFIED", "1")
    said.clear()
    assert foreign.boots(built, said.append) == []
    assert said[0] == "boot_shell is left out: the package busybox-static is not installed"
    assert "the others need dash" in said[1]


def test_a_system_without_name_spaces_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private_root.shutil, "which", lambda _: None)
    with pytest.raises(private_root.PrivateRootError, match="util-linux"):
        private_root.probe()


def test_missing_calls_are_told_once_each_with_who_asks_most(capsys: pytest.CaptureFixture[str]) -> None:
    measure_cli.print_missing([Enosys(334, "rseq", count, f"p{count}") for count in range(1, 8)] + [Enosys(41, "socket", 2, "id")])
    assert capsys.readouterr().out.splitlines() == [
        "missing system call: socket (41), 2 times, by id",
        "missing system call: rseq (334), 28 times, by p7, p6, p5, p4 and 3 others",
    ]


def test_who_called_a_comparison_leaves_no_signal_ignored_or_blocked() -> None:
    """nohup ignores SIGHUP, and a shell script would answer otherwise to one."""

    def call_badly() -> None:
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGRTMIN):
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])

    script = "from kit import private_root; private_root.LIMITS = {}; private_root._forget_own_settings(); print(open('/proc/self/status').read())"
    status = subprocess.run([sys.executable, "-c", script], preexec_fn=call_badly, capture_output=True, text=True, check=True).stdout
    masks = dict(line.split(":", 1) for line in status.splitlines() if line.startswith("Sig"))
    library = 1 << 31 | 1 << 32  # signals 32 and 33: the C library's own, which it lets nobody set
    assert {name: int(masks[name], 16) & ~library for name in ("SigBlk", "SigIgn")} == {"SigBlk": 0, "SigIgn": 0}
