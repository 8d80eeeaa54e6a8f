"""The interface language: what it takes, what it refuses and where, what comes out."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit import idl

ROOT = Path(__file__).resolve().parents[2]
UNIX = ROOT / "components/services/unix.idl"


def one(call: str) -> idl.Call:
    """The only call of an interface that holds ``call``."""
    return idl.parse(f"interface unix(512);\nservice s {{\n{call}\n}}\n").calls[0]


def refused(text: str) -> str:
    """What is said of a text that is wrong."""
    with pytest.raises(idl.IdlError) as caught:
        idl.parse(text, "x.idl")
    return str(caught.value)


def refused_call(call: str) -> str:
    """The same of a call on line 2, column 1 on."""
    return refused(f"interface unix(512); service s {{\n{call}\n}}")


def test_scalars_and_memory() -> None:
    call = one("1 write(fd: int, in buf: bytes(count), count: size) cached control;")
    assert call.prototype == "long sys_write(int fd, vaddr_t buf, size_t count)"
    assert call.arguments == "(int)a0, (vaddr_t)a1, (size_t)a2"
    assert call.attributes == ("cached", "control")
    ((index, buffer),) = call.buffers
    assert (index, buffer.direction, buffer.unit, buffer.counted_by, buffer.flags) == (1, "in", 1, 2, "UNIX_IN")


def test_forms_of_memory() -> None:
    call = one("9 x(in a: string, inout b: bytes(12), out c: array(n, 16)?, n: int, p: pointer);")
    a, b, c = (p for _, p in call.buffers)
    assert a.flags == "UNIX_IN | UNIX_STRING"
    assert (b.flags, b.unit, b.counted_by) == ("UNIX_IN | UNIX_OUT", 12, None)
    assert (c.flags, c.unit, c.counted_by) == ("UNIX_OUT | UNIX_NULLABLE", 16, 3)


def test_no_parameters() -> None:
    assert one("39 getpid();").prototype == "long sys_getpid(void)"


@pytest.mark.parametrize(
    ("call", "place", "what"),
    [
        ("1 f(a: float);", "2:8", "unknown type float"),
        ("1 f(buf: bytes(4));", "2:5", "say in, out or inout"),
        ("1 f(in a: int);", "2:5", "passed by value"),
        ("1 f(a: int?);", "2:11", "cannot be null"),
        ("1 f(a: int(4));", "2:8", "nothing in brackets"),
        ("1 f(in a: bytes);", "2:11", "takes 1 things"),
        ("1 f(in a: bytes(n));", "2:17", "no parameter n"),
        ("1 f(in a: bytes(a));", "2:17", "is no count"),
        ("1 f(in a: bytes(p), p: pointer);", "2:17", "is no count"),
        ("1 f(in a: bytes(0));", "2:17", "carries nothing"),
        ("1 f(in a: bytes(70000));", "2:17", "is not below 65536"),
        ("1 f(in a: array(4, 8));", "2:17", "counts by a parameter"),
        ("1 f(in a: array(n, n), n: int);", "2:20", "must be a number"),
        ("1 f(out a: string);", "2:5", "can only be read"),
        ("1 f(a: int, a: int);", "2:13", "twice"),
        ("1 f(a: int, b: int, c: int, d: int, e: int, g: int, h: int);", "2:53", "more than 6"),
        ("1 f() fast;", "2:7", "unknown attribute fast"),
        ("1 f() cached cached;", "2:14", "twice"),
        ("512 f();", "2:1", "is not below 512"),
        ("1 f(); 1 g();", "2:8", "number 1 is taken already, by line 2"),
        ("1 f(); 2 f();", "2:10", "name f is taken already"),
        ("1 f(a int);", "2:7", "“int” stands where “:” must"),
        ("1 f(a: int)", "3:1", "stands where"),
        ("1 f(a: #);", "2:8", "has no meaning here"),
    ],
)
def test_refusals(call: str, place: str, what: str) -> None:
    message = refused_call(call)
    assert message.startswith(f"x.idl:{place}: ") and what in message


def test_refusals_of_a_whole() -> None:
    assert "twice: join the two" in refused("interface u(9); service s { 1 f(); } service s { 2 g(); }")
    assert "taken already" in refused("interface u(9); service s { 1 f(); } absent { 1 g; }")
    assert "x.idl:1:13: " in refused("interface u(70000); service s { 1 f(); }")
    assert "end of the file" in refused("interface u(9); service s { 1 f();")


@given(st.text(max_size=80))
def test_never_another_error(text: str) -> None:
    for whole in (text, f"interface u(9); service s {{ 1 f({text}); }}"):
        try:
            idl.parse(whole)
        except idl.IdlError as e:
            assert re.match(r"<text>:(\d+:\d+:)? ", str(e)) or "ends too early" in str(e)


@pytest.mark.parametrize("transport", idl.TRANSPORTS)
def test_outputs_are_what_is_made(transport: str, tmp_path: Path) -> None:
    written = idl.write(UNIX, tmp_path / "gen", transport)
    assert sorted(p.name for p in written) == sorted(idl.outputs(UNIX, transport)) == sorted(p.name for p in (tmp_path / "gen").iterdir())
    for path in written:
        assert "Generated from unix.idl" in path.read_text().splitlines()[1]


@pytest.mark.parametrize("transport", idl.TRANSPORTS)
def test_the_same_bytes_again(transport: str, tmp_path: Path) -> None:
    first = idl.generate(UNIX, transport)
    assert first == idl.generate(UNIX, transport)
    written = idl.write(UNIX, tmp_path, transport)
    before = [p.stat().st_mtime_ns for p in written]
    assert [p.stat().st_mtime_ns for p in idl.write(UNIX, tmp_path, transport)] == before, "a file that is the same is left alone"


@pytest.mark.parametrize("transport", idl.TRANSPORTS)
def test_headers_compile_alone(transport: str, tmp_path: Path) -> None:
    # The client's header has no life of its own: it wants its hooks defined behind it.
    unit = tmp_path / "unit.c"
    idl.write(UNIX, tmp_path, transport)
    options = ["-std=gnu11", "-ffreestanding", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]
    includes = [f"-I{ROOT}/components", f"-I{ROOT}/components/personality/host", f"-I{tmp_path}"]
    for name in idl.outputs(UNIX, transport):
        if name.endswith(".h") and not name.endswith("_client.h"):
            unit.write_text(f"#include <{name}>\n")
            subprocess.run(["gcc", *options, *includes, str(unit)], check=True)


def test_numbers_are_those_of_linux() -> None:
    header = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
    if not header.exists():
        pytest.skip("the C library's headers are not installed")
    linux = {m[1]: int(m[2]) for m in re.finditer(r"#define __NR_(\w+) (\d+)", header.read_text())}
    interface = idl.parse(UNIX.read_text(), "unix.idl")
    assert interface.names, "there are calls"
    for number, name in interface.names:
        assert linux.get(name, number) == number


def test_command_line(tmp_path: Path) -> None:
    bad = tmp_path / "bad.idl"
    bad.write_text("interface bad(9);\nservice s { x }\n")
    command = [sys.executable, "-m", "kit.idl", str(bad), "--out", str(tmp_path / "gen"), "--transport", "mach"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and done.stdout == "" and f"{bad}:2:13: " in done.stderr
    bad.write_text("interface good(9);\nservice s { 1 f(); }\n")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "name the file good.idl" in done.stderr
    bad.write_text("interface bad(9);\nservice s { 1 f(); }\n")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "gen/bad_mach.h").exists()


def test_unknown_transport() -> None:
    with pytest.raises(idl.IdlError, match="unknown transport pigeon"):
        idl.outputs(UNIX, "pigeon")
