"""What manifests say of each other, held against what there is: a name that stands in one names something that exists."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from kit.toml import ManifestError, nearest

if TYPE_CHECKING:
    from kit.manifest import Tree


def check(tree: Tree) -> None:
    """Every reference names something, and no two things share a symbol."""
    features = {f for p in tree.parts() for f in p.provides} | {f for k in tree.kernels.values() for f in k.provides}
    for slot in tree.slots.values():
        path = slot.folder / "slot.toml"
        _check_names(path, "requires", slot.requires, tree.slots, "slot")
    for part in tree.parts():
        path = part.folder / "part.toml"
        _check_names(path, "kernels", part.kernels, {*tree.kernels, "mach-like", "l4-like"}, "kernel")
        for reference in part.requires:
            if reference.startswith("feature:"):
                _check_names(path, "requires", [reference[8:]], features, "part that provides the feature")
            elif "/" in reference:
                _check_part(tree, path, "requires", reference)
            else:
                _check_names(path, "requires", [reference], tree.slots, "slot")
        for reference in part.conflicts:
            _check_part(tree, path, "conflicts", reference)
        for image in part.images:
            _check_names(path, f"image {image.name}: slots", image.slots, tree.slots, "slot")
        for image_name, slots in part.adds.items():
            _check_names(path, f"adds.{image_name}", slots, tree.slots, "slot")
    for kernel in tree.kernels.values():
        _check_names(kernel.folder / "kernel.toml", "slots", kernel.slots, tree.slots, "slot")
    _check_images(tree)
    _check_symbols(tree)


def _check_names(path: Path, key: str, names: Iterable[str], valid: Iterable[str], what: str) -> None:
    known = list(valid)
    for name in names:
        if name not in known:
            raise ManifestError(f"{path}: {key}: there is no {what} {name}{nearest(name, known)}")


def _check_part(tree: Tree, path: Path, key: str, reference: str) -> None:
    slot, _, name = reference.partition("/")
    if slot not in tree.slots:
        raise ManifestError(f'{path}: {key}: "{reference}" names no part{nearest(slot, tree.slots)}')
    names = [p.name for p in tree.slots[slot].parts]
    if name not in names:
        raise ManifestError(f"{path}: {key}: the slot {slot} has no part {name}{nearest(name, names)}")


def _check_images(tree: Tree) -> None:
    """Files are kept for images that some part brings, or for those that placements bring by custom."""
    known = {"kernel", "all", "host", "program", "server", "emulator"} | {i.name for p in tree.parts() for i in p.images}
    for part in tree.parts():
        _check_names(part.folder / "part.toml", "files", part.files, known, "image")
        _check_names(part.folder / "part.toml", "adds", part.adds, known - {"all", "host", "program"}, "image")


def _check_symbols(tree: Tree) -> None:
    owners: dict[str, str] = {s: "Kconfig" for s in ("ASSERT", "DEBUG_FRAME_POINTER", "CONTRACT_TESTS", "HOST")}
    entries = [(kernel.symbol, str(kernel.folder)) for kernel in tree.kernels.values()]
    entries += [(part.symbol, str(part.folder)) for part in tree.parts()]
    for owner in [*tree.kernels.values(), *tree.slots.values(), *tree.parts()]:
        entries += [(s, str(owner.folder)) for option in owner.options for s in option.symbols]
    for symbol, owner_name in entries:
        if symbol in owners:
            raise ManifestError(f"{owner_name}: CONFIG_{symbol} belongs to {owners[symbol]} already: choose another name")
        owners[symbol] = owner_name
