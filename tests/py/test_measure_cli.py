"""The measuring commands as a user types them, on build folders that hold tiny kernels."""

from __future__ import annotations

import argparse
import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from measure_fixture import EXIT, HALT, build_folder, series_line

from kit import built, ledger, measure_cli
from kit.results import open_store

PRESETS = ("alpha", "beta")


@pytest.fixture(autouse=True)
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two presets that are built already; ``build`` reads instead of calling make."""
    for number, preset in enumerate(PRESETS):
        series = series_line("getpid", [50 + 50 * number] * 3) + '{"type":"end","status":0}\n'
        build_folder(tmp_path / "build", preset, results=series)
    monkeypatch.setenv("MORTISE_DB", f"sqlite:///{tmp_path / 'runs.db'}")
    monkeypatch.setattr(built, "build_root", lambda: tmp_path / "build")
    monkeypatch.setattr(built, "preset_names", lambda: list(PRESETS))
    monkeypatch.setattr(built, "build", lambda presets, progress: [built.load(preset) for preset in presets])
    for name in ("PRESET", "PRESETS", "MACHINE", "APPEND"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def kit(*words: str) -> int:
    parser = argparse.ArgumentParser()
    measure_cli.register(parser.add_subparsers(required=True))
    arguments = parser.parse_args(words)
    status: int = arguments.handler(arguments)
    return status


def test_figures_are_json_lines_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert kit("figures", "--presets", "alpha beta") == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [set(record) for record in records] == [{"preset", "figure", "value", "unit"}] * 4
    assert {"preset": "beta", "figure": "getpid", "value": 100, "unit": "instructions"} in records
    assert [record["figure"] for record in records] == ["getpid", "bench_wall_s"] * 2


def test_bench_shows_and_stores(capsys: pytest.CaptureFixture[str]) -> None:
    assert kit("bench", "--preset", "alpha") == 0
    out = capsys.readouterr().out
    assert re.search(r"^getpid +50 +50 +3  instructions$", out, re.MULTILINE)
    assert "Lower is better" in out
    assert kit("bench", "--preset", "alpha") == 0
    assert len(open_store().runs()) == 2, "a bench always boots"


def test_compare_boots_once_for_the_same_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    assert kit("compare", "--presets", "alpha", "beta") == 0
    table = capsys.readouterr().out
    assert re.search(r"^  getpid +50 +1\.00x +100 +2\.00x$", table, re.MULTILINE)
    assert kit("compare", "--presets", "alpha,beta", "--baseline", "beta") == 0
    assert re.search(r"^  getpid +50 +0\.50x +100 +1\.00x$", capsys.readouterr().out, re.MULTILINE)
    assert len(open_store().runs()) == 2


def test_wrong_names_are_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    assert kit("compare", "--presets", "alpha", "gamma") == 1
    assert capsys.readouterr().err == "error: no preset gamma; there are: alpha, beta\n"
    assert kit("compare", "--presets", "alpha", "--baseline", "gamma") == 2
    assert "the baseline 'gamma' is not among" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        kit("bench", "--preset", "alpha", "--machine", "pc98")


def test_a_panic_is_shown_with_the_way_to_repeat_it(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    build_folder(tree / "build", "bad", serial="panic: no beans\n", end=EXIT.replace("{code}", "0x11"))
    assert kit("bench", "--preset", "bad") == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "the kernel panicked" in captured.err and "panic: no beans" in captured.err
    assert "repeat with: make run PRESET=bad" in captured.err


def test_the_ledger_is_checked_and_rewritten(tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    path = tree / "ledger.json"
    for function in ("compare", "update"):
        original = getattr(ledger, function)
        monkeypatch.setattr(ledger, function, lambda runs, original=original: original(runs, path))
    assert kit("ledger", "update", "--presets", "alpha") == 0
    assert "alpha getpid: 50 is new" in capsys.readouterr().out
    assert kit("ledger", "check", "--presets", "alpha") == 0
    path.write_text(path.read_text().replace("50", "49"))
    assert kit("ledger", "check", "--presets", "alpha") == 1
    captured = capsys.readouterr()
    assert "alpha getpid: was 49, is 50 (+1, +2.04 %)" in captured.out
    assert "make ledger" in captured.err


def test_export(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kit("bench", "--preset", "alpha")
    capsys.readouterr()
    assert kit("export", "json") == 0
    assert json.loads(capsys.readouterr().out)[0]["preset"] == "alpha"
    assert kit("export", "csv", "--output", str(tree / "x.csv")) == 0
    assert (tree / "x.csv").read_text().startswith("run,created_at,preset")
    assert kit("export", "csv", "--output", str(tree / "no" / "x.csv")) == 1
    assert "cannot write" in capsys.readouterr().err


SCRIPT = """
import sys
sys.path.insert(0, {root!r})
from pathlib import Path
from kit import built, measure_cli
import argparse
built.build_root = lambda: Path({build!r})
parser = argparse.ArgumentParser()
measure_cli.register(parser.add_subparsers())
arguments = parser.parse_args(sys.argv[1:])
sys.exit(arguments.handler(arguments))
"""


def typed(tree: Path, *words: str, **options: object) -> subprocess.CompletedProcess[str]:
    script = SCRIPT.format(root=str(Path(__file__).resolve().parents[2]), build=str(tree / "build"))
    return subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, timeout=60, **options)  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize(("code", "status"), [("0x10", 0), ("0x11", 35), ("0x12", 37)])
def test_run_has_the_console_on_the_terminal_and_the_guests_status(tree: Path, code: str, status: int) -> None:
    build_folder(tree / "build", "talk", serial="how are you\n", end=EXIT.replace("{code}", code))
    done = typed(tree, "run", "--preset", "talk", stdin=subprocess.DEVNULL)
    assert done.stdout.replace("\r", "") == "how are you\n"
    assert done.returncode == status


def test_an_interrupted_bench_stores_nothing(tree: Path) -> None:
    build_folder(tree / "build", "endless", end=HALT)
    script = SCRIPT.format(root=str(Path(__file__).resolve().parents[2]), build=str(tree / "build"))
    with subprocess.Popen([sys.executable, "-c", script, "bench", "--preset", "endless"], stderr=subprocess.PIPE, text=True) as bench:
        assert bench.stderr is not None and "booting" in bench.stderr.readline()
        time.sleep(0.3)
        bench.send_signal(signal.SIGINT)
        assert "interrupted; nothing was stored" in bench.stderr.read()
    assert bench.returncode == 130
    assert open_store().runs() == []


def test_gdb_reaches_the_kernel(tree: Path) -> None:
    build_folder(tree / "build", "debuggee", end=HALT)
    commands = "break start\ncontinue\nprint/x $pc\nkill\nquit\n"
    done = typed(tree, "gdb", "--preset", "debuggee", input=commands)
    if "QEMU waits at 127.0.0.1:" in done.stderr and "gdb" not in done.stdout:
        pytest.skip("gdb is not installed")
    assert "= 0x1000" in done.stdout, done.stdout + done.stderr
