"""What a measured kernel is made of: the parts that its stored configuration chose, and where each of them runs.

The manifests of the tree tell which symbols of a configuration stand for parts. Kconfig is not run and nothing is written: a
configuration that was built holds together already, and slots that came later do not concern it. A configuration that
chose something this tree does not have is not drawn.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

from kit.assembly import Assembled, Linked
from kit.constraints import KERNEL, Model
from kit.graph import draw
from kit.kconfig import Config
from kit.kconfig_text import symbols_of
from kit.manifest import Part, Tree, load_tree
from kit.results import Run
from kit.toml import ManifestError

from .configdiff import options

ROOT = Path(__file__).resolve().parent.parent


MODES = {"kernel": "Kernel mode", "user": "User mode", "library": "User mode, in each program’s own address space"}


class NotDrawn(Exception):
    """There is no picture of this run; the text says why."""


@dataclass(frozen=True)
class Image:
    """One linked program of the assembly and its parts."""

    mode: str
    """Where it runs, as words."""
    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Picture:
    """An assembly as a drawing and as words."""

    svg: str
    images: tuple[Image, ...]
    programs: tuple[Part, ...]


def picture(run: Run) -> Picture:
    """What the run's kernel was made of. Raises NotDrawn."""
    assembled = _assembled(run)
    images = tuple(_image(assembled, linked) for linked in assembled.images)
    programs = tuple(part for part in assembled.parts if part.toolchain)
    return Picture(draw(assembled), images, programs)


def _assembled(run: Run) -> Assembled:
    values = {name.removeprefix("CONFIG_"): value.strip('"') for name, value in options(run.config_text).items()}
    if not values:
        raise NotDrawn("It was not assembled from this kit’s parts.")
    extra = [Path(folder) for folder in os.environ.get("PARTS", "").replace(":", " ").split()]
    try:
        tree = load_tree(ROOT, extra)
        model = Model(tree)
    except (ManifestError, ValueError, OSError) as error:
        raise NotDrawn(f"The manifests of this tree cannot be read: {error}") from error
    literals = symbols_of(model)
    assembly = {variable: "" for variable in model.domains}
    for symbol, literal in literals.items():
        if values.get(symbol) == "y":
            assembly[literal.var] = literal.value
    strange = sorted(name for name, value in values.items() if value == "y" and name not in literals.keys() | _options(tree))
    if strange or not assembly.get(KERNEL):
        what = f"CONFIG_{strange[0]}" if strange else "a kernel"
        raise NotDrawn(f"It was measured at another state of the tree, in which its configuration’s {what} had a meaning.")
    types = {name: "bool" if value in ("y", "n") else "string" for name, value in values.items()}
    whole = SimpleNamespace(tree=tree, model=model)
    return Assembled(whole, Config(values, types, assembly), run.preset)


def _options(tree: Tree) -> set[str]:
    """Symbols that stand for no part: the options of kernels, slots and parts, and those of the tree's own Kconfig file."""
    owners = [*tree.kernels.values(), *tree.slots.values(), *tree.parts()]
    own = re.findall(r"^config (\w+)$", (ROOT / "Kconfig").read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {symbol for owner in owners for option in owner.options for symbol in (option.symbol, *option.symbols)}.union(own)


def _image(assembled: Assembled, linked: Linked) -> Image:
    slots = assembled.slots_of(linked.name)
    parts = [part for part in assembled.parts if not part.toolchain and _is_in(part, linked.name, slots)]
    title = assembled.kernel.title if linked.name == "kernel" else f"{linked.name}, from {linked.initrd}"
    return Image(MODES.get(linked.mode, linked.mode), title, tuple(parts))


def _is_in(part: Part, image: str, slots: tuple[str, ...]) -> bool:
    """A part is in an image that it brings, and in one that lists its slot if it has files for it or only headers."""
    brings = any(one.name == image for one in part.images)
    return brings or (part.slot in slots and (bool(part.files_for(image)) or not part.files))
