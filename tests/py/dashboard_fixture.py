"""Stores for the dashboard's tests: plausible runs, made from a seed, written through `Store.add_run`.

Run as a program it writes such a store to a file: `dashboard_fixture.py STORE [full|empty|hostile]`. The browser tests and
whoever wants to look at pages without measuring use it so.
"""

from __future__ import annotations

import hashlib
import random
import sys
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from kit.results import Enosys, Image, RunRecord, Series, Store, open_store  # noqa: E402

OVERHEAD = 22
SIZES = (0, 8, 64, 512, 4096)

#: preset -> (kernel, title, series medians without overhead, boot mark)
PRESETS: dict[str, tuple[str, str, dict[str, int], int]] = {
    "monolithic": (
        "monolithic",
        "Monolithic Unix, everything in the kernel",
        {"getpid": 62, "getpid_server": 64, "fault_zero": 782, "fault_cow": 905, "pipe_rt_1": 1742, "pipe_rt_512": 1871}
        | {"pipe_rt_4096": 2770, "fork_wait": 21480, "fork_exec_wait": 47310},
        812_345,
    ),
    "mach3_ux": (
        "mach-like",
        "Mach 3.0 with a single Unix server",
        {"getpid": 11, "getpid_server": 1633, "fault_zero": 2310, "fault_cow": 2802, "pipe_rt_1": 7120, "pipe_rt_512": 7480}
        | {"pipe_rt_4096": 9900, "fork_wait": 96200, "fork_exec_wait": 171040, "fault_external": 4480},
        1_734_002,
    ),
    "l4linux": (
        "l4-like",
        "L4Linux: one server, which is also the pager",
        {"getpid": 583, "getpid_server": 585, "fault_zero": 1220, "fault_cow": 1560, "pipe_rt_1": 3390, "pipe_rt_512": 3610}
        | {"pipe_rt_4096": 5020, "fork_wait": 61200, "fork_exec_wait": 99800, "fault_external": 1460},
        1_203_118,
    ),
    "linux": (
        "linux",
        "Stock Linux 6.1, Debian's cloud kernel",
        {"getpid": 348, "getpid_server": 352, "fault_zero": 2780, "fault_cow": 4462, "pipe_rt_1": 10258, "pipe_rt_512": 10410}
        | {"pipe_rt_4096": 11230, "fork_wait": 145126, "fork_exec_wait": 240727},
        1_530_000_000,
    ),
}

#: kernel -> how many times a call, and a whole load, cost what they do in the monolithic one.
_LOADS = {"monolithic": (1, 1), "mach-like": (8, 1.2), "l4-like": (3, 1.06), "linux": (4, 1.5)}
_CALLS = {"lat_null": 67, "lat_read": 186, "lat_stat": 1576, "lat_select_10": 2159, "lat_mmap": 18503, "lat_fork": 19653, "lat_pipe": 1281}
_WHOLE = {"compile": 35_047_119, "andrew": 47_677_918} | {f"aim_{users}": 279_000 + users for users in (1, 2, 4, 8, 16)}

_NATIVE = {"mach-like": (640, 1010, 0.52), "l4-like": (128, 268, 0.13)}
_WORKLOADS = {"getpid": "getpid", "fault": "pagefault", "zero": "pagefault", "copy": "pagefault", "pipe": "pipe", "fork": "proc"}
_WORKLOADS |= {"lat": "latency", "compile": "macro", "andrew": "macro", "aim": "macro"}


def record(preset: str, seed: int = 1, change: float = 1.0) -> RunRecord:
    """A run of one of `PRESETS`; `change` scales its costs."""
    kernel, title, medians, boot = PRESETS[preset]
    rng = random.Random(f"{preset}/{seed}")
    costs = dict(medians) | {"zero_page": 512, "copy_page": 512}
    dearer, loads = _LOADS[kernel]
    costs |= {name: cost * dearer for name, cost in _CALLS.items()} | {name: round(cost * loads) for name, cost in _WHOLE.items()}
    if kernel in _NATIVE:
        oneway, round_trip, per_byte = _NATIVE[kernel]
        for size in SIZES:
            costs[f"ipc_oneway_{size}"] = oneway + round(per_byte * size)
            costs[f"ipc_rt_{size}"] = round_trip + round(2 * per_byte * size)
            costs[f"ipc_oneway_same_{size}"] = round(oneway * 0.9) + round(per_byte * size)
            costs[f"ipc_rt_same_{size}"] = round(round_trip * 0.9) + round(2 * per_byte * size)
    config = _config(preset, kernel, seed)
    return RunRecord(
        preset=preset,
        kernel=kernel,
        title=title,
        config_text=config,
        config_hash=hashlib.sha256(config.encode()).hexdigest(),
        revision=hashlib.sha1(f"revision {seed}".encode()).hexdigest(),
        dirty=seed > 1,
        compiler="gcc (Debian 12.2.0-14) 12.2.0",
        qemu_version="QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)",
        qemu_command="qemu-system-x86_64 -M microvm,acpi=off,x-option-roms=off -bios qboot.rom -accel tcg -cpu max "
        "-icount shift=0,sleep=off -m 256M -smp 1 -nodefaults -no-user-config -no-reboot -display none "
        f"-kernel kernel.elf -initrd initrd.cpio -append init=/bin/bench # {preset}",
        unit="instructions",
        wall_seconds=round(1.4 + rng.random(), 3),
        status="ok",
        console=f"Mortise: {title}\n\x1b[32mboot\x1b[0m: 256 MiB, 1 processor\ninit: /bin/bench\nbench: all series done\n",
        images={"kernel": Image(91_344 + 10 * len(preset), _sha(preset)), "initrd": Image(4_912_640, _sha("initrd"))},
        binaries={f"bin/{name}": _sha(name) for name in ("getpid", "pagefault", "pipe", "proc")},
        marks={"boot_user": round(boot * change)},
        series=tuple(_series(name, round(cost * change), rng) for name, cost in costs.items()),
        enosys=(Enosys(302, "prlimit64", 3), Enosys(334, "rseq", 4)) if kernel != "linux" else (),
    )


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _config(preset: str, kernel: str, seed: int) -> str:
    if kernel == "linux":
        return "linux-image-cloud-amd64 6.1\nmitigations=off\n"
    chosen = kernel.upper().replace("-", "_")
    part = "EXAMPLE_BUDDY" if seed % 2 else "EXAMPLE_BITMAP"  # of no state of the tree
    return (
        f"#\n# Mortise configuration: {preset}\n#\nCONFIG_KERNEL_{chosen}=y\nCONFIG_FRAMES_{part}=y\n"
        f"# CONFIG_FRAMES_EXAMPLE_{'BITMAP' if seed % 2 else 'BUDDY'} is not set\nCONFIG_SCHED_ROUND_ROBIN=y\n"
        f'CONFIG_SCHED_ROUND_ROBIN_QUANTUM_MS={10 * seed}\nCONFIG_CMDLINE="init=/bin/bench"\n'
    )


def _series(name: str, cost: int, rng: random.Random) -> Series:
    """201 samples: mostly the median, a warm-up in front, a timer tick now and then. The median is exactly cost + OVERHEAD."""
    samples = [cost + OVERHEAD] * 201
    samples[0] += round(cost * 0.8)
    samples[1] += round(cost * 0.1)
    for place in rng.sample(range(2, 201), 12):
        samples[place] += rng.choice((4, 4, 11, round(cost * 0.3) + 96))
    workload = "mach_ipc" if name.startswith("ipc") or name == "fault_external" else _WORKLOADS[name.split("_")[0]]
    return Series(workload, name, "instructions", OVERHEAD, tuple(samples))


def fill(store: Store) -> None:
    """Two generations of the three kernels, stock Linux, and a run that failed."""
    for seed, change in ((1, 1.2), (2, 1.0)):
        for preset in ("monolithic", "mach3_ux", "l4linux"):
            store.add_run(record(preset, seed, change))
    store.add_run(record("linux"))
    store.add_run(replace(record("l4linux", 3), status="boot 2 ended with status 35: panic: reply to a dead thread", series=()))


HOSTILE = "<script>alert(1)</script>'\"><img src=x onerror=alert(2)>{{7*7}}\x1b[31m\u202e&lt;"


def hostile_record() -> RunRecord:
    """A run whose every text tries to become markup."""
    base = record("monolithic")
    return replace(
        base,
        preset=HOSTILE,
        kernel=HOSTILE[:60],
        title=HOSTILE,
        config_text=f"CONFIG_X={HOSTILE}\n{HOSTILE}\n",
        config_hash=HOSTILE[:60],
        revision=HOSTILE[:60],
        compiler=HOSTILE,
        qemu_version=HOSTILE,
        qemu_command=HOSTILE,
        unit=HOSTILE[:60],
        console=HOSTILE + "\x00\x07\x9b31m",
        images={HOSTILE: Image(1, HOSTILE[:60])},
        binaries={HOSTILE: HOSTILE[:60]},
        marks={HOSTILE: 1, "boot_user": 5},
        series=(*(replace(one, unit=HOSTILE[:60], workload=HOSTILE[:60]) for one in base.series), replace(base.series[0], name=HOSTILE)),
        enosys=(Enosys(1, HOSTILE, 1),),
    )


def main(arguments: list[str]) -> None:
    """Write a store."""
    path, kind = Path(arguments[0]).absolute(), (arguments + ["full"])[1]
    store = open_store(f"sqlite:///{path}")
    if kind in ("full", "hostile"):
        fill(store)
    if kind == "hostile":
        store.add_run(hostile_record())
        store.add_run(replace(hostile_record(), status=HOSTILE))
    store.close()


if __name__ == "__main__":
    main(sys.argv[1:])
