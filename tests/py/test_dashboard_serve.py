"""`kit serve`: a real process, its address, its port, its end."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from kit import serve_cli  # noqa: E402


@contextmanager
def serving(*arguments: str):
    """A server in a process of its own; yields its address."""
    command = [sys.executable, "-m", "kit", "serve", "--port", "0", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        match = re.search(r"http://\S+", line)
        assert match, line + process.stderr.read()
        yield process, match[0]
    finally:
        process.kill()
        process.communicate()


def test_serves_on_loopback_and_ends_on_interrupt(tmp_path):
    with serving("--store", f"sqlite:///{tmp_path}/none.db") as (process, address):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address)
        with urllib.request.urlopen(address, timeout=10) as answer:
            assert b"make demo" in answer.read()
        foreign = urllib.request.Request(address, headers={"Host": "evil.test"})
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(foreign, timeout=10)
        assert refused.value.code == 400
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        assert "Traceback" not in process.stderr.read()


def test_a_further_name_is_answered(tmp_path):
    with serving("--store", f"sqlite:///{tmp_path}/none.db", "--allow-host", "lab.test") as (_, address):
        named = urllib.request.Request(address, headers={"Host": "lab.test"})
        with urllib.request.urlopen(named, timeout=10) as answer:
            assert answer.status == 200


def test_takes_the_next_free_port(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(serve_cli, "DEFAULT_PORT", port)
        with serve_cli.listen("127.0.0.1", None) as listener:
            assert port < listener.getsockname()[1] < port + serve_cli.PORTS_TRIED


def test_a_port_that_was_asked_for_is_not_exchanged(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert serve_cli.main(["--port", str(port)]) == 1
    assert "choose another with --host or --port" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["-1", "65536", "http", ""])
def test_no_port(port, capsys):
    with pytest.raises(SystemExit) as ended:
        serve_cli.main([f"--port={port}"])
    assert ended.value.code == 2 and "is not a port" in capsys.readouterr().err


@pytest.mark.parametrize(
    "host, shown", [("127.0.0.1", "http://127.0.0.1:80/"), ("::1", "http://[::1]:80/"), ("0.0.0.0", "http://127.0.0.1:80/")]
)
def test_address(host, shown):
    assert serve_cli.address(host, 80) == shown
