"""The command ``image`` (see kit.image)."""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path

from kit import cpio, image
from kit.files import write_if_changed
from kit.project import BUILD

FOLDER = "images"


def register(subparsers: argparse._SubParsersAction) -> None:  # type: ignore[type-arg]
    """Add the subcommand."""
    one: argparse.ArgumentParser = subparsers.add_parser("image", help="make an image of Debian packages, to be booted with make run IMAGE=name")
    one.add_argument("packages", nargs="*", default=os.environ.get("PACKAGES", "").split())
    one.add_argument("--name", default=os.environ.get("NAME") or "image")
    one.set_defaults(handler=make_image)


def path_of(name: str) -> Path:
    """Where the image of that name is kept. Raises ImageError for a name that is none."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise image.ImageError(f"{name!r} cannot be the name of an image: letters, digits, dots and dashes only")
    return Path(BUILD) / FOLDER / f"{name}.cpio"


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
    print(f"{path}: {len(members)} files and folders, {len(data)} bytes. Boot it: make run IMAGE={arguments.name} APPEND=\"init=/bin/sh\"")
    return 0
