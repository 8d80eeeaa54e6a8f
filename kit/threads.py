"""Which thread of a halted kernel waits for what: for a reader of a stall, from the kernel's own lists.

The layout of the kernel's structures is asked of the compiler, with the very flags that compiled the thread part. Where the lists make no
sense (a part may have overwritten them), what could be read so far is shown.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kit import jail

if TYPE_CHECKING:
    from kit.guest import Guest
    from kit.lab_tree import LabTree

STATES = ("stopped", "ready", "running", "blocked", "dead")
FIELDS = {
    "thread": ("id", "state", "frame", "kernel_sp", "deadline"),
    "object_cache": ("size", "per_slab", "order", "offset", "partial", "full"),
}
SLAB_FREE, SLAB_CARVED = 24, 36
"""In the head of a slab (components/objects/slab): the chain of free objects, and how many were ever handed out."""
THREADS = 64
CALLERS = 5
FOREVER = (1 << 64) - 1
WAITING = ("arch_switch_stack", "switch_to", "thread_switch_away", "thread_block")
"""What every blocked thread stands in; its caller is what matters."""

Layout = dict[str, int]


def layout(tree: LabTree, name: str, fields: Mapping[str, Sequence[str]] = FIELDS, slot: str = "thread", more: Sequence[str] = ()) -> Layout:
    """Offsets (``thread.id``) and sizes (``thread``) in a configuration; nothing where they cannot be had.

    The structures are those that a part of ``slot`` sees, in its headers ``more`` if not in the common ones.
    """
    command = tree.command_of(name, f"components/{slot}/")
    if not command:
        return {}
    asks = [f'ASK("{kind}", sizeof(struct {kind}));' for kind in fields]
    asks += [f'ASK("{kind}.{field}", offsetof(struct {kind}, {field}));' for kind, names in fields.items() for field in names]
    text = "".join(f"#include <{header}>\n" for header in ("objects/objects.h", "thread/thread.h", *more))
    text += '#define ASK(name, value) __asm__ volatile("\\n.ascii \\"->" name " %c0\\"" : : "i"(value))\n'
    text += f"void ask(void);\nvoid ask(void)\n{{\n{chr(10).join(asks)}\n}}\n"
    with tempfile.TemporaryDirectory(prefix="mortise-layout-") as folder:
        place = jail.give(Path(folder))
        (place / "ask.c").write_text(text)
        flags = command[: command.index("-c")]
        done = jail.run([*flags, "-S", "-g0", "-o", str(place / "ask.s"), str(place / "ask.c")], tree.root, tree.place)
        made = (place / "ask.s").read_text() if done.ok else ""
    return {name: int(value) for name, value in re.findall(r'->([\w.]+) (\d+)"', made)}


def describe(guest: Guest, where: Layout) -> tuple[str, ...]:
    """A line for each thread: its state, and the functions that it waits in."""
    from kit.guest import Fault

    lines: list[str] = []
    if not where or "thread_cache" not in guest.symbols:
        return ()
    try:
        current = guest.variable("thread_current")
        for thread in _threads(guest, where):
            lines.append(_line(guest, where, thread, thread == current))
    except Fault as fault:
        lines.append(f"(the list of threads ends here: {fault})")
    return tuple(lines)


def _threads(guest: Guest, where: Layout) -> Iterator[int]:
    """The addresses of the threads that are in use."""
    cache = guest.symbols["thread_cache"]
    size, first = (guest.number(cache + where[f"object_cache.{name}"], 4) for name in ("size", "offset"))
    found = 0
    for queue in ("partial", "full"):
        head = cache + where[f"object_cache.{queue}"]
        slab = guest.number(head)
        while slab and slab != head and found < THREADS:
            free = set()
            one = guest.number(slab + SLAB_FREE)
            while one and one not in free:
                free.add(one)
                one = guest.number(one)
            for number in range(min(guest.number(slab + SLAB_CARVED, 4), THREADS)):
                address = slab + first + number * size
                if address not in free:
                    found += 1
                    yield address
            slab = guest.number(slab)


def _line(guest: Guest, where: Layout, thread: int, current: bool) -> str:
    state = guest.number(thread + where["thread.state"], 4)
    number = guest.number(thread + where["thread.id"])
    name = STATES[state] if state < len(STATES) else f"in the unknown state {state}"
    if current:
        return f"thread {number}: {name}, the current one"
    if name != "blocked":
        return f"thread {number}: {name}"
    deadline = guest.number(thread + where["thread.deadline"])
    until = "" if deadline in (0, FOREVER) else f", until instruction {deadline:,}"
    return f"thread {number}: blocked{until}, waits in {' <- '.join(_callers(guest, where, thread)) or 'nothing that its stack tells of'}"


def _callers(guest: Guest, where: Layout, thread: int) -> list[str]:
    low, high = guest.symbols["kernel_text_start"], guest.symbols["kernel_text_end"]
    stack, end = (guest.number(thread + where[f"thread.{name}"]) for name in ("kernel_sp", "frame"))
    if not stack < end <= stack + 65536:
        return []
    names: list[str] = []
    continues = guest.symbols["arch_continue_point"] if "arch_continue_point" in guest.symbols else None
    for at in range(stack, end, 8):
        word = guest.number(at)
        if word == continues:  # its stack is given up: it goes on with the function below
            return [f"{guest.symbols.function(guest.number(at - 8))}(), which it will begin with"]
        if low < word < high and guest.returns_to(word):
            name = guest.symbols.function(word)
            if name == "arch_resume_point":
                return ["user mode, as soon as its message is there"]
            if name not in WAITING and (not names or names[-1] != name):
                names.append(name)
    return names[:CALLERS]
