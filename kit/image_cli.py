"""The command ``image`` (see kit.image)."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from kit import cpio, disk, image
from kit.files import write_if_changed
from kit.project import BUILD

FOLDER = "images"


def register(subparsers: argparse._SubParsersAction) -> None:  # type: ignore[type-arg]
    """Add the subcommand."""
    one: argparse.ArgumentParser = subparsers.add_parser("image", help="make an image of Debian packages, to be booted with make run IMAGE=name")
    one.add_argument("packages", nargs="*", default=os.environ.get("PACKAGES", "").split())
    one.add_argument("--name", default=os.environ.get("NAME") or "image")
    one.add_argument("--disk", default=os.environ.get("DISK", ""), help="1, or a size as 256M: also make a disk with the same files")
    one.set_defaults(handler=make_image)


def path_of(name: str) -> Path:
    """Where the image of that name is kept. Raises ImageError for a name that is none."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise image.ImageError(f"{name!r} cannot be the name of an image: letters, digits, dots and dashes only")
    return Path(BUILD) / FOLDER / f"{name}.cpio"


def disk_of(name: str) -> Path:
    """Where the disk with the files of that image is kept. Raises ImageError for a name that is none."""
    return path_of(name).with_suffix(".img")


def make_disk(members: Sequence[cpio.Member], name: str, size: str) -> None:
    """The disk beside an image. Raises DiskError."""
    path = disk_of(name)
    disk.make(members, path, disk.size_of(size))
    print(f"{path}: a disk with the same files. Boot it: make run IMAGE={name} DISK=1")


def make_image(arguments: argparse.Namespace) -> int:
    """Handler of ``image``."""
    if not arguments.packages:
        print('error: which packages? For instance: make image PACKAGES="busybox-static lua5.4"', file=sys.stderr)
        return 1
    try:
        path = path_of(arguments.name)
        members = image.build(arguments.packages, Path(BUILD) / "packages", lambda text: print(f"  {text}"))
    except image.ImageError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    data = cpio.write(members)
    write_if_changed(path, data)
    try:
        if arguments.disk:
            make_disk(members, arguments.name, arguments.disk)
    except disk.DiskError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{path}: {len(members)} files and folders, {len(data)} bytes. Boot it: make run IMAGE={arguments.name} APPEND=\"init=/bin/sh\"")
    return 0
