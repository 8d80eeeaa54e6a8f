"""A small tree of slots, parts and kernels, written into a temporary folder, that the tests of ``kit`` build on."""

from __future__ import annotations

import shutil
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]

FILES: dict[str, str] = {
    "components/lib/slot.toml": 'title = "Library"\nsummary = "Types."\nchoice = "one"\ndefault = "base"\n',
    "components/lib/lib.h": (
        "#pragma once\n#include <stdint.h>\ntypedef uint64_t u64;\ntypedef uint32_t u32;\n"
        "#define __ARG_1 0,\n#define __SECOND(a, b, ...) b\n#define __IS(x) __SECOND(x 1, 0)\n"
        "#define __IS2(v) __IS(__ARG_##v)\n#define __IS3(v) __IS2(v)\n#define IS_ENABLED(x) __IS3(x)\n"
        "u64 lib_add(u64 a, u64 b);\n"
    ),
    "components/lib/base/part.toml": 'title = "Base"\nsummary = "The only one."\n[files]\nall = ["add.c"]\n',
    "components/lib/base/add.c": "#include <lib/lib.h>\nu64 lib_add(u64 a, u64 b)\n{\n\treturn a + b;\n}\n",
    "components/sched/slot.toml": (
        'title = "Scheduler"\nsummary = "Who is next."\nchoice = "one"\ndefault = "round_robin"\nrequires = ["lib"]\n'
    ),
    "components/sched/sched.h": (
        "#pragma once\n#include <lib/lib.h>\nu64 sched_pick(void);\nstatic inline u64 sched_slice(void);\n#include <sched_impl.h>\n"
    ),
    "components/sched/contract_test.c": (
        '#include <tap.h>\n#include <sched/sched.h>\nvoid contract_test_sched(void)\n{\n\ttap_ok(sched_pick() > 0, "somebody is picked");\n'
        '\ttap_ok(sched_slice() > 0, "a slice is not empty");\n}\n'
    ),
    "components/sched/round_robin/part.toml": (
        'title = "Round robin"\nsummary = "One queue."\n[files]\nkernel = ["rr.c"]\n'
        '[[option]]\nname = "QUANTUM_MS"\ntype = "int"\ndefault = 10\nrange = [1, 100]\ntitle = "Slice"\nhelp = "How long."\n'
    ),
    "components/sched/round_robin/sched_impl.h": (
        "#pragma once\nstatic inline u64 sched_slice(void)\n{\n\treturn CONFIG_SCHED_ROUND_ROBIN_QUANTUM_MS;\n}\n"
    ),
    "components/sched/round_robin/rr.c": (
        "#include <sched/sched.h>\nu64 sched_pick(void)\n{\n\treturn lib_add(sched_slice(), 1);\n}\n"
    ),
    "components/sched/fixed/part.toml": 'title = "Fixed"\nsummary = "Bitmap."\n[files]\nkernel = ["fixed.c"]\n',
    "components/sched/fixed/sched_impl.h": "#pragma once\nstatic inline u64 sched_slice(void)\n{\n\treturn 7;\n}\n",
    "components/sched/fixed/fixed.c": "#include <sched/sched.h>\nu64 sched_pick(void)\n{\n\treturn sched_slice();\n}\n",
    "components/ipc/slot.toml": 'title = "IPC"\nsummary = "Messages."\nchoice = "optional"\ndefault = "mach"\n',
    "components/ipc/ipc.h": "#pragma once\n#include <lib/lib.h>\nu64 ipc_send(void);\n",
    "components/ipc/mach/part.toml": (
        'title = "Mach"\nsummary = "Ports."\nkernels = ["micro"]\nrequires = ["lib", "sched"]\nprovides = ["rights"]\n[files]\nkernel = ["mach.c"]\n'
    ),
    "components/ipc/mach/mach.c": (
        "#include <ipc/ipc.h>\n#include <sched/sched.h>\nu64 ipc_send(void)\n{\n\treturn sched_pick();\n}\n"
    ),
    "components/ipc/l4/part.toml": (
        'title = "L4"\nsummary = "Rendezvous."\nkernels = ["micro"]\nrequires = ["lib"]\nconflicts = ["sched/round_robin"]\n[files]\nkernel = ["l4.c"]\n'
    ),
    "components/ipc/l4/l4.c": "#include <ipc/ipc.h>\nu64 ipc_send(void)\n{\n\treturn 4;\n}\n",
    "components/placement/slot.toml": 'title = "Placement"\nsummary = "Where it lives."\nchoice = "one"\ndefault = "inside"\n',
    "components/placement/inside/part.toml": (
        'title = "Inside"\nsummary = "In the kernel."\nkernels = ["mono"]\n[adds]\nkernel = ["services"]\n'
    ),
    "components/placement/server/part.toml": (
        'title = "Server"\nsummary = "In user mode."\nkernels = ["micro"]\nrequires = ["feature:rights"]\ntransport = "mach"\n'
        '[files]\nserver = ["main.c"]\n[[image]]\nname = "server"\nlink = "server.ld"\nslots = ["lib", "services"]\n'
    ),
    "components/placement/server/main.c": "void _start(void);\nvoid _start(void)\n{\n}\n",
    "components/placement/server/server.ld": "ENTRY(_start)\nSECTIONS { . = 0x400000; .text : { *(.text*) } .data : { *(.data*) } }\n",
    "components/placement/stub/part.toml": 'title = "Stub"\nsummary = "Nothing."\nkernels = ["micro"]\nrequires = ["ipc/l4"]\n',
    "components/services/slot.toml": 'title = "Services"\nsummary = "What programs ask for."\nchoice = "any"\n',
    "components/services/files/part.toml": (
        'title = "Files"\nsummary = "A tree."\nrequires = ["lib"]\n[files]\nkernel = ["files.c"]\nserver = ["files.c"]\n'
    ),
    "components/services/files/files.c": "#include <lib/lib.h>\nu64 files_open(void);\nu64 files_open(void)\n{\n\treturn lib_add(1, 2);\n}\n",
    "components/services/pipes/part.toml": (
        'title = "Pipes"\nsummary = "Byte streams."\nrequires = ["services/files"]\n[files]\nall = []\n'
    ),
    "components/workloads/slot.toml": 'title = "Programs"\nsummary = "What runs."\nchoice = "any"\n',
    "components/workloads/hello/part.toml": (
        'title = "hello"\nsummary = "A greeting."\ntoolchain = "musl"\n[files]\nprogram = ["hello.c"]\n'
    ),
    "components/workloads/hello/hello.c": "int main(void)\n{\n\treturn 0;\n}\n",
}

EXTENSION: dict[str, str | None] = {  # ipc/mine replaces a file and a header of ipc/two, services/trees one of services/files
    "components/ipc/two/part.toml": (
        'title = "Two"\nsummary = "Of two files."\nkernels = ["micro"]\nrequires = ["lib", "sched"]\nprovides = ["rights", "order"]\n'
        '[files]\nkernel = ["send.c", "cost.c"]\n'
        '[[option]]\nname = "DEPTH"\ntype = "int"\ndefault = 4\nrange = [1, 9]\ntitle = "Depth"\nhelp = "How deep."\n'
    ),
    "components/ipc/two/two.h": "#pragma once\n#include <lib/lib.h>\nu64 cost(void);\n#define NAME 2\n",
    "components/ipc/two/depth.h": "#pragma once\n#define DEPTH CONFIG_IPC_TWO_DEPTH\n",
    "components/ipc/two/send.c": "#include <ipc/ipc.h>\n#include <two.h>\nu64 ipc_send(void)\n{\n\treturn cost() + NAME;\n}\n",
    "components/ipc/two/cost.c": "#include <depth.h>\n#include <two.h>\nu64 cost(void)\n{\n\treturn DEPTH;\n}\n",
    "components/ipc/mine/part.toml": (
        'title = "Mine"\nsummary = "One file of its own."\nextends = "ipc/two"\n[files]\nkernel = ["cost.c", "more.c"]\n'
        '[[option]]\nname = "EXTRA"\ntype = "bool"\ndefault = true\ntitle = "Extra"\nhelp = "More."\n'
    ),
    "components/ipc/mine/two.h": "#pragma once\n#include <lib/lib.h>\nu64 cost(void);\nu64 more(void);\n#define NAME 3\n",
    "components/ipc/mine/cost.c": (
        "#include <depth.h>\n#include <two.h>\nu64 cost(void)\n{\n\treturn more() + DEPTH + IS_ENABLED(CONFIG_IPC_MINE_EXTRA);\n}\n"
    ),
    "components/ipc/mine/more.c": "#include <two.h>\nu64 more(void)\n{\n\treturn 5;\n}\n",
    "components/placement/ordered/part.toml": 'title = "Ordered"\nsummary = "x"\nkernels = ["micro"]\nrequires = ["ipc/two"]\n',
    "components/placement/without/part.toml": 'title = "Without"\nsummary = "x"\nkernels = ["micro"]\nconflicts = ["ipc/two"]\n',
    "components/services/trees/part.toml": (
        'title = "Trees"\nsummary = "Another tree."\nextends = "services/files"\n[files]\nkernel = ["files.c"]\n'
    ),
    "components/services/trees/files.c": "#include <lib/lib.h>\nu64 files_open(void);\nu64 files_open(void)\n{\n\treturn 1;\n}\n",
}

KERNEL_C = """#include <lib/lib.h>
#include <sched/sched.h>
struct ksym { u64 addr; u32 name; u32 size; };
extern const struct ksym ksyms[];
extern const u64 ksyms_count;
u64 start(void);
u64 start(void)
{
	return sched_pick() + ksyms_count + ksyms[0].addr;
}
"""
KERNEL_LD = """ENTRY(start)
SECTIONS {
	. = 0x100000;
	.text : { *(.text*) }
	. = ALIGN(4096);
	.rodata : { *(.rodata*) }
	. = ALIGN(4096);
	.data : { *(.data*) }
	.bss : { *(.bss*) }
	. = ALIGN(4096);
	.ksyms : { *(.ksyms) }
}
"""


def make_tree(root: Path, changes: dict[str, str | None] | None = None) -> Path:
    """Write the tree into ``root``; ``changes`` replaces files, or leaves them out where it says ``None``."""
    files: dict[str, str | None] = dict(FILES)
    for name, slots in (("mono", '"lib", "sched"'), ("micro", '"lib", "sched", "ipc"')):
        files[f"kernels/{name}/kernel.toml"] = (
            f'title = "{name}"\nsummary = "A kernel."\nslots = [{slots}, "placement", "workloads"]\nfiles = ["main.c"]\nlink = "kernel.ld"\n'
        )
        files[f"kernels/{name}/main.c"] = KERNEL_C
        files[f"kernels/{name}/kernel.ld"] = KERNEL_LD
    files.update(changes or {})
    for name, text in files.items():
        if text is not None:
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for name in ("Kconfig", "Makefile"):
        if (REPO / name).exists():
            shutil.copy(REPO / name, root / name)
    return root
