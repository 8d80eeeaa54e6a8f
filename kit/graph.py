"""A picture of an assembly: which parts it is made of, and what runs in kernel mode and in user mode.

Plain SVG from a template: a band for each mode, a frame for each image, a box for each part. Lengths are SVG user units.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from kit.assembly import Assembled, Linked
from kit.kconfig_text import environment
from kit.manifest import Part

BOX_WIDTH = 240
BOX_HEIGHT = 52
GAP = 12
COLUMNS = 4
HEADING = 34


@dataclass
class Box:
    """One part."""

    x: int
    y: int
    slot: str
    title: str
    hint: str


@dataclass
class Frame:
    """One image, or the row of programs."""

    title: str
    boxes: list[Box] = field(default_factory=list)
    x: int = GAP
    y: int = 0
    width: int = 0
    height: int = 0


@dataclass
class Band:
    """One mode of the processor."""

    title: str
    frames: list[Frame]
    y: int = 0
    height: int = 0


def draw(assembled: Assembled) -> str:
    """The picture as SVG text."""
    kernel, *images = assembled.images
    user = [Frame(f"{image.name}: {image.initrd}", _boxes(_parts(assembled, image))) for image in images]
    user.append(Frame("programs, each in an address space of its own", _program_boxes(assembled)))
    bands = [
        Band("User mode", user),
        Band("Kernel mode", [Frame(f"kernel: {assembled.kernel.title}", _boxes(_parts(assembled, kernel)))]),
    ]
    y = 70
    for band in bands:
        band.y = y
        y += HEADING
        for frame in band.frames:
            y = _place(frame, y)
        band.height = y - band.y
        y += GAP
    width = COLUMNS * (BOX_WIDTH + GAP) + 3 * GAP
    return environment().get_template("graph.svg.j2").render(
        name=assembled.name,
        kernel=assembled.kernel,
        bands=bands,
        width=width,
        height=y,
        box_width=BOX_WIDTH,
        box_height=BOX_HEIGHT,
        gap=GAP,
    )


def _parts(assembled: Assembled, image: Linked) -> list[Part]:
    """The parts of an image: those of its slots, and whoever brings it. A header-only part counts: it is inlined."""
    slots = set(assembled.slots_of(image.name))
    return [
        p
        for p in assembled.parts
        if not p.toolchain and (p.slot in slots or any(i.name == image.name for i in p.images)) and _contributes(p, image)
    ]


def _contributes(part: Part, image: Linked) -> bool:
    return bool(part.files_for(image.name)) or not part.files or any(i.name == image.name for i in part.images)


def _boxes(parts: Sequence[Part]) -> list[Box]:
    return [Box(0, 0, part.slot, part.title, _hint(part)) for part in parts]


def _hint(part: Part) -> str:
    return f"{part.id}: {part.summary}" + (f" Requires {', '.join(part.requires)}." if part.requires else "")


def _program_boxes(assembled: Assembled) -> list[Box]:
    parts: Iterator[Part] = (p for p in assembled.parts if p.toolchain)
    return [Box(0, 0, "Linux program" if p.toolchain == "musl" else f"{p.toolchain} program", p.name, _hint(p)) for p in parts]


def _place(frame: Frame, y: int) -> int:
    """Lay the boxes of a frame out in rows; answers where the next frame begins."""
    frame.y = y
    for number, box in enumerate(frame.boxes):
        box.x = frame.x + GAP + number % COLUMNS * (BOX_WIDTH + GAP)
        box.y = y + HEADING + number // COLUMNS * (BOX_HEIGHT + GAP)
    rows = -(-len(frame.boxes) // COLUMNS)
    frame.width = COLUMNS * (BOX_WIDTH + GAP) + GAP
    frame.height = HEADING + rows * (BOX_HEIGHT + GAP)
    return y + frame.height + GAP
