"""Fetching stock Linux: what is taken from the package, and what is said where it cannot be had."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from measure_fixture import build_folder

from kit import built, cpio, reference
from kit.bench import LINUX_APPEND, legs
from kit.reference import ReferenceError

RELEASE = "6.1.0-1-cloud-amd64"
APT_CACHE = f"#!/bin/sh\n[ \"$1 $2\" = 'depends linux-image-cloud-amd64' ] && echo '  Depends: linux-image-{RELEASE}'\n"


def quiet(_text: str) -> None:
    """Progress that nobody watches."""


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of stand-ins for apt, first on PATH; ``package.deb`` in it is what apt-get downloads."""
    folder = tmp_path / "apt"
    folder.mkdir()
    script(folder / "apt-cache", APT_CACHE)
    script(folder / "apt-get", f"#!/bin/sh\nexec cp {folder}/package.deb .\n")
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def script(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def make_package(target: Path, folder: Path, files: dict[str, str]) -> None:
    """A Debian package with these files."""
    tree = folder / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN" / "control").write_text(
        f"Package: linux-image-{RELEASE}\nVersion: 6.1.2-3\nArchitecture: amd64\nMaintainer: nobody <nobody@localhost>\nDescription: x\n"
    )
    for name, text in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", str(tree), str(target)], check=True, capture_output=True)


GOOD = {
    f"boot/vmlinuz-{RELEASE}": "kernel",
    f"boot/config-{RELEASE}": 'CONFIG_CC_VERSION_TEXT="gcc 12 (Debian)"\n',
    "lib/modules/x/big.ko": "module",
}


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="needs dpkg-deb")
def test_fetch_takes_kernel_and_configuration_once(apt: Path, tmp_path: Path) -> None:
    make_package(apt / "package.deb", tmp_path, GOOD)
    folder = tmp_path / "reference"
    kernel = reference.fetch(quiet, folder)
    assert (kernel.image.read_text(), kernel.release, kernel.package) == ("kernel", RELEASE, f"linux-image-{RELEASE} 6.1.2-3")
    assert sorted(path.name for path in folder.iterdir()) == [f"config-{RELEASE}", "package", f"vmlinuz-{RELEASE}"]
    script(apt / "apt-get", "#!/bin/sh\nexit 1\n")
    assert reference.fetch(quiet, folder) == kernel, "a second time needs no network"


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="needs dpkg-deb")
def test_the_build_of_linux(apt: Path, tmp_path: Path) -> None:
    make_package(apt / "package.deb", tmp_path, GOOD)
    kernel = reference.fetch(quiet, tmp_path / "reference")
    source = build_folder(tmp_path, "monolithic", programs=("bench", "getpid", "linux_init", "l4_ipc"))
    linux = reference.assemble(kernel, built.load("monolithic", source))
    assert sorted(linux.programs) == ["bin/bench", "bin/getpid", "bin/linux_init"]
    assert linux.programs["bin/getpid"] == built.load("monolithic", source).programs["bin/getpid"], "the very same program"
    assert next(cpio.read(linux.initrd.read_bytes())).name == "bin", "Linux unpacks into folders that exist"
    assert linux.compiler == "gcc 12 (Debian)"
    assert f"# package: linux-image-{RELEASE} 6.1.2-3" in linux.config_text
    assert "-cpu max,-erms" in linux.config_text and "mitigations=off" in linux.config_text
    assert [leg.append for leg in legs(linux)] == [LINUX_APPEND]
    without = build_folder(tmp_path / "without", "monolithic", programs=("getpid",))
    with pytest.raises(ReferenceError, match="lacks bin/bench, bin/linux_init; choose these workloads"):
        reference.assemble(kernel, built.load("monolithic", without))


@pytest.mark.parametrize(
    ("tool", "text", "message"),
    [
        ("apt-cache", "#!/bin/sh\nexit 100\n", "apt does not know linux-image-cloud-amd64 .*: run apt-get update first"),
        ("apt-get", "#!/bin/sh\necho 'Could not resolve host' >&2\nexit 100\n", "(?s)failed; is the network up, .*Could not resolve host"),
        ("apt-get", "#!/bin/sh\necho rubbish > x.deb\n", r"x.deb cannot be unpacked \(.*\); fetch it again"),
    ],
)
def test_failures_say_what_to_do(apt: Path, tmp_path: Path, tool: str, text: str, message: str) -> None:
    script(apt / tool, text)
    with pytest.raises(ReferenceError, match=message):
        reference.fetch(quiet, tmp_path / "reference")
    assert not list((tmp_path / "reference").glob("*")) if (tmp_path / "reference").exists() else True


def test_without_apt_the_way_by_hand_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ReferenceError, match="apt-get, apt-cache, dpkg-deb is not here; put vmlinuz-<release>"):
        reference.fetch(quiet, tmp_path / "reference")
