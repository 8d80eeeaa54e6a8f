"""Parts that extend another part of their slot: they replace single files of it, and are all the rest of it (``docs/assembly.md``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kit.toml import ManifestError, nearest

if TYPE_CHECKING:
    from kit.manifest import Image, Part


def resolve(parts: Sequence[Part]) -> list[Part]:
    """The parts of one slot by name, each that extends another one laid over that, and behind it. Raises ``ManifestError``.

    Behind it, so that a menu whose default does not fit takes the base and not what extends it.
    """
    names = {part.name: part for part in sorted(parts, key=lambda p: p.name)}
    whole = [_whole(part, names, ()) for part in names.values()]
    return sorted(whole, key=lambda p: [one.name for one in reversed(p.lineage)])


def _whole(part: Part, names: dict[str, Part], above: tuple[str, ...]) -> Part:
    """``part`` laid over what it extends; ``above`` are the parts that extend it."""
    if not part.extends:
        return part
    slot, _, name = part.extends.partition("/")
    if slot != part.slot or not name:
        raise _error(part, "extends", f'"{part.extends}" is no part of the slot {part.slot}, and a part extends one of its own slot')
    if name not in names:
        others = [other for other in names if other != part.name]
        raise _error(part, "extends", f"the slot {slot} has no part {name}{nearest(name, others)}")
    if name in (part.name, *above):
        raise _error(part, "extends", f"{' extends '.join([*above, part.name, name])}: one of them must stand by itself")
    return _lay(part, _whole(names[name], names, (*above, part.name)))


def _lay(part: Part, base: Part) -> Part:
    """``part`` with everything of ``base`` that it does not state."""
    named = _named(part)
    if not _replaced(part, base):
        known = ", ".join(sorted(_named(base) | _headers(base)))
        raise _error(part, "files", f"replaces nothing of {base.id}: name a file under [files] that {base.id} has, too ({known})")
    return replace(
        part,
        base=base,
        origins={name: base.path(name).parent for name in sorted(_named(base) - named)},
        kernels=part.kernels or base.kernels,
        requires=_united(base.requires, part.requires),
        conflicts=_united(base.conflicts, part.conflicts),
        provides=_united(base.provides, part.provides),
        files={image: _united(_listed(base, image), part.files.get(image, ())) for image in [*base.files, *part.files]},
        adds={**base.adds, **part.adds},
        images=_images(part, base),
        offsets=part.offsets or base.offsets,
        idl=part.idl or base.idl,
        transport=part.transport or base.transport,
        toolchain=base.toolchain,
        link=part.link or base.link,
        faults=base.faults + part.faults,
    )


def _named(part: Part) -> set[str]:
    """Every file that a manifest names."""
    listed = {name for names in part.files.values() for name in names}
    single = {part.offsets, part.idl, part.link, *(image.link for image in part.images)}
    return listed | single - {""}


def _headers(part: Part) -> set[str]:
    return {path.name for folder in part.folders for path in _headers_in(folder)}


def _headers_in(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.h"))


def _replaced(part: Part, base: Part) -> set[str]:
    """The files of ``base`` that ``part`` puts its own in the place of; a header does so by lying there."""
    return _named(part) & _named(base) | _headers(part) & _headers(base)


def _listed(base: Part, image: str) -> tuple[str, ...]:
    """What ``base`` adds to an image; on the host that is what it adds to a kernel where it does not say otherwise."""
    return base.files.get(image, base.files.get("kernel", ()) if image == "host" else ())


def _united(first: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *more)))


def _images(part: Part, base: Part) -> tuple[Image, ...]:
    """The images of both; one of the same name is the extension's."""
    own = {image.name: image for image in part.images}
    kept = [own.pop(image.name, image) for image in base.images]
    return (*kept, *own.values())


def _error(part: Part, key: str, text: str) -> ManifestError:
    return ManifestError(f"{part.folder / 'part.toml'}: {key}: {text}")
