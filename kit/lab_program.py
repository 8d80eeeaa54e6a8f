"""Programs that a lab runs in its guests, each of one C file: Linux programs, and root tasks of the L4-like kernel.

A Linux program sees musl. A root task (``components/workloads/l4_common/task.h``) sees the kit's own library; the kernel starts it by itself,
in the place of a Linux server.
"""

from __future__ import annotations

from pathlib import Path

from kit import jail
from kit.emit import FLAGS
from kit.jail import Jail
from kit.lab_tree import BuildError, complaint

LIBRARY, IPC = "components/lib/base", "components/ipc/l4"
LINUX = ("musl-gcc", "-static", "-O2", "-std=gnu11", "-Wall", "-Icomponents")
ROOT_TASK = (
    "gcc",
    *(flag for flag in FLAGS["user"] if flag != "-Werror"),
    "-nostdlib",
    "-static",
    f"-Wl,-T,{IPC}/user.ld,-z,noexecstack,-z,max-page-size=4096,--build-id=none",
    f"-I{LIBRARY}",
    "-Icomponents",
)
ROOT_TASK_FILES = (f"{IPC}/start.S", "components/workloads/l4_common/task.c", f"{LIBRARY}/format.c", f"{LIBRARY}/string.c")


def build(kit: Path, source: Path, target: Path, place: Jail, root_task: bool = False, strict: bool = True) -> None:
    """Compile ``source`` with the headers of the copy of the kit at ``kit``; ``strict``: without a warning. Raises BuildError."""
    command = [*(ROOT_TASK if root_task else LINUX), *(["-Wextra", "-Werror"] if strict else []), "-o", str(target), str(source)]
    done = jail.run([*command, *(ROOT_TASK_FILES if root_task else ())], kit, place)
    if not done.ok:
        raise BuildError(f"{source.name} does not compile:\n{complaint(done)}")
