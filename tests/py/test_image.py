"""Images of packages: what is taken, what is followed, and what is refused."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import pytest

from kit import cpio, image

needs_packages = pytest.mark.skipif(shutil.which("dpkg") is None, reason="images are made of Debian packages")


def made(packages: list[str], tmp_path: Path) -> dict[str, cpio.Member]:
    """The members of an image, by name."""
    return {member.name: member for member in image.build(packages, tmp_path, lambda text: None)}


@needs_packages
def test_a_dynamic_program_brings_its_interpreter_and_its_libraries(tmp_path: Path) -> None:
    members = made(["dash"], tmp_path)  # essential: installed on every Debian and Ubuntu
    assert any(name.endswith("bin/dash") for name in members)
    assert "usr/lib64/ld-linux-x86-64.so.2" in members
    for library in ("libc.so.6", "libgcc_s.so.1"):
        assert any(name.endswith(f"/{library}") and stat.S_ISREG(member.mode) for name, member in members.items())


@needs_packages
def test_every_folder_comes_before_what_is_in_it(tmp_path: Path) -> None:
    names = list(made(["dash"], tmp_path))
    assert names == sorted(names)
    for name in names:
        parent = name.rpartition("/")[0]
        assert not parent or parent in names
    members = made(["dash"], tmp_path)
    assert all(stat.S_ISDIR(members[name].mode) for name in ("usr", "usr/bin", "etc", "tmp"))


@needs_packages
def test_documentation_stays_behind(tmp_path: Path) -> None:
    assert not [name for name in made(["dash"], tmp_path) if "share/doc" in name or "share/man" in name]


@needs_packages
def test_an_image_is_the_same_bytes_each_time(tmp_path: Path) -> None:
    one, two = (cpio.write(image.build(["dash"], tmp_path, lambda text: None)) for _ in range(2))
    assert one == two


@needs_packages
@pytest.mark.parametrize("name", ["../etc", "-x", "", "UPPER", "a b"])
def test_what_is_no_package_name_never_reaches_a_tool(name: str, tmp_path: Path) -> None:
    with pytest.raises(image.ImageError, match="no name of a Debian package"):
        made([name], tmp_path)


def test_a_library_that_nobody_has_is_named(tmp_path: Path) -> None:
    with pytest.raises(image.ImageError, match="libnowhere.so.9"):
        image._find_library("libnowhere.so.9", [tmp_path])


def test_a_file_that_is_no_program_has_no_dependencies() -> None:
    assert image._dependencies(b"#!/bin/sh\n") == []


def test_a_broken_program_is_said_to_be_one() -> None:
    with pytest.raises(image.ImageError, match="readelf"):
        image._dependencies(b"\x7fELF")


def test_what_boots_is_the_image_and_the_presets_own_programs(tmp_path: Path) -> None:
    (tmp_path / "initrd").write_bytes(cpio.write([cpio.Member("bin/hello", stat.S_IFREG | 0o755, b"one")]))
    (tmp_path / "image").write_bytes(cpio.write([cpio.Member("etc/motd", stat.S_IFREG | 0o644, b"two")]))
    names = [member.name for member in cpio.read(image.merged(tmp_path / "initrd", tmp_path / "image"))]
    assert names == ["bin", "etc", "bin/hello", "etc/motd"]


def test_an_image_that_is_missing_or_broken_says_how_to_make_it(tmp_path: Path) -> None:
    (tmp_path / "initrd").write_bytes(cpio.write([]))
    with pytest.raises(image.ImageError, match="make image"):
        image.merged(tmp_path / "initrd", tmp_path / "none")
    (tmp_path / "bad").write_bytes(b"no archive")
    with pytest.raises(image.ImageError, match="make image"):
        image.merged(tmp_path / "initrd", tmp_path / "bad")


@needs_packages
def test_one_folder_has_both_names_as_on_debian(tmp_path: Path) -> None:
    members = made(["dash", "coreutils"], tmp_path)
    assert members["bin"].data == b"usr/bin" and stat.S_ISLNK(members["bin"].mode)
    assert not [name for name in members if name.startswith(("bin/", "lib/", "lib64/", "sbin/"))]
    assert {f"usr/bin/{name}" for name in ("dash", "ls", "env", "sh")} <= members.keys()


def test_a_presets_own_programs_are_written_through_the_links_of_an_image(tmp_path: Path) -> None:
    (tmp_path / "initrd").write_bytes(cpio.write([cpio.Member("bin", stat.S_IFDIR | 0o755), cpio.Member("bin/hello", stat.S_IFREG | 0o755, b"one")]))
    link, folder = cpio.Member("bin", stat.S_IFLNK | 0o777, b"usr/bin"), cpio.Member("usr/bin", stat.S_IFDIR | 0o755)
    (tmp_path / "image").write_bytes(cpio.write([link, folder]))
    members = list(cpio.read(image.merged(tmp_path / "initrd", tmp_path / "image")))
    assert [member.name for member in members] == ["usr", "usr/bin", "bin", "bin/hello"]
    assert link in members


@needs_packages
def test_a_package_brings_what_it_depends_on_but_not_the_essential_system(tmp_path: Path) -> None:
    said: list[str] = []
    image.build(["sed"], tmp_path, said.append)
    assert said == ["sed: as installed"]


def test_memory_grows_with_the_image() -> None:
    assert image.memory_for(5 << 20) == "256M"
    assert int(image.memory_for(100 << 20)[:-1]) >= 400
