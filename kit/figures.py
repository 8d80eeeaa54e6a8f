"""From raw samples to figures, as ``docs/measuring.md`` defines them.

A figure is what is shown and compared: the median of a series less its timing overhead; where the name ends in ``_net``,
also less what zeroing or copying a page costs; or a mark; or the wall time. Pure functions of a stored run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kit.results import RunRecord, Series

Number = int | float

NET_FIGURES = {
    "fault_zero_net": ("fault_zero", "zero_page"),
    "fault_cow_net": ("fault_cow", "copy_page"),
    "fault_external_net": ("fault_external", "copy_page"),
}
"""Figure -> (series, series to be taken off it)."""

ALIASES = {("mach-like", "ipc_rt_0"): "rpc_null"}
"""(kernel, series) -> a second name that the literature uses for the same figure."""

MARKS = ("boot_user",)
"""Marks that are figures; other marks are kept with the run alone."""

PROMPT_FIGURE, PROMPT_MARK = "boot_shell", "prompt@shell"
SAME_FIGURE, SAME_MARK = "same_output", "same:"
"""The figure, and the beginning of the marks that it comes from: one a script, 1 where it did what it does on Linux."""

USERS = (1, 2, 4, 8, 16)
"""How many simulated users the series ``aim_N`` have."""

THROUGHPUT = "aim_throughput"
THROUGHPUT_UNIT = "jobs/10^9"
"""Jobs done in a thousand million instructions."""

COMPARED = {"compile_ratio": "compile"}
"""Figure that only a comparison has -> the figure whose ratio to the monolithic preset it is."""
BASELINE = "monolithic"

WALL_FIGURE = "bench_wall_s"
"""The one noisy figure."""

UNRECORDED = (WALL_FIGURE, PROMPT_FIGURE, SAME_FIGURE)
"""Never in the ledger: noisy, or made with packages that are another version tomorrow."""

UNIT_NOTE = (
    "instructions: retired guest instructions, exact and repeatable; not cycles. Each iteration of a rep instruction counts as one, "
    "and so does an instruction that costs hundreds of cycles on hardware (mov cr3, xsave, port I/O). "
    "Mode switches, TLB refills and cache misses are free."
)
"""To be said wherever a figure is shown."""

MEANINGS = {
    "getpid": "getpid, user to user",
    "getpid_server": "the same look-up, always through the personality (getppid)",
    "fault_zero": "first touch of an anonymous page",
    "fault_zero_net": "first touch of an anonymous page, less zeroing it",
    "fault_cow": "first write to a page shared by fork",
    "fault_cow_net": "first write to a page shared by fork, less copying it",
    "fault_external": "a fault served by a user-level pager",
    "fault_external_net": "a fault served by a user-level pager, less copying a page",
    "zero_page": "zeroing 4096 bytes with rep stosq, in user mode",
    "copy_page": "copying 4096 bytes with rep movsq, in user mode",
    "fork_wait": "fork, exit, wait",
    "fork_exec_wait": "fork, exec, exit, wait",
    "rpc_null": "null RPC between two tasks, round trip",
    "lat_fork": "fork, exit, wait",
    "lat_exec": "fork, exec of a small static program, exit, wait",
    "lat_null": "a system call that does next to nothing (getppid)",
    "lat_read": "read one byte of /dev/zero",
    "lat_write": "write one byte to /dev/null",
    "lat_read_file": "read one byte of a file at a given position",
    "lat_write_file": "write one byte of a file at a given position",
    "lat_open_close": "open a file by name and close it",
    "lat_stat": "stat of a file by name",
    "lat_fstat": "fstat of an open file",
    "lat_sig_install": "install a signal handler",
    "lat_sig_catch": "send oneself a signal, handle it, go on",
    "lat_prot_fault": "store into a page that may not be written, handle SIGSEGV, go on",
    "lat_mmap": "map 16 anonymous pages, write to each, unmap them",
    "lat_mmap_file": "map 16 pages of a file, read each, unmap them",
    "lat_page_fault": "first touch of a page of a mapped file, mean of 64",
    "lat_create_0k": "create an empty file",
    "lat_delete_0k": "remove an empty file",
    "lat_create_10k": "create a file and write 10 KB into it",
    "lat_delete_10k": "remove a file of 10 KB",
    "lat_read_4k": "read 4096 bytes of a file that is in memory",
    "lat_read_64k": "read 65536 bytes of a file that is in memory",
    "lat_pipe": "one byte to another process through a pipe and back",
    "lat_unix": "one byte to another process through a pair of UNIX sockets and back",
    "lat_pipe_64k": "65536 bytes through a pipe from another process, both sides' work",
    "compile": "nine compilations of small C files, in the mix of calls of Black et al. 1991",
    "compile_ratio": "nine compilations, against the monolithic preset",
    "andrew": "the Andrew benchmark: its five phases",
    "andrew_mkdir": "Andrew: the folders of a tree made",
    "andrew_copy": "Andrew: 70 files copied",
    "andrew_scan": "Andrew: the status of 70 files",
    "andrew_read": "Andrew: 70 files read, by a program each",
    "andrew_make": "Andrew: ten files compiled",
    THROUGHPUT: "jobs of simulated users done in 10^9 instructions, mean over 1 to 16 users",
    "boot_user": "reset to the first user instruction",
    PROMPT_FIGURE: "reset to the prompt of a shell that nobody here wrote (Debian's busybox)",
    SAME_FIGURE: "scripts for Debian's programs that do, byte for byte, what they do on Linux",
    WALL_FIGURE: "QEMU start to power-off of a full bench (wall clock, noisy)",
}


@dataclass(frozen=True)
class Figure:
    """One figure of one run. ``series`` names the raw samples it comes from, if it comes from samples."""

    preset: str
    figure: str
    value: Number
    unit: str
    better: str = "lower"
    series: str | None = None


def figures(run: RunRecord) -> list[Figure]:
    """Every figure of ``run``: series in the guest's order, each followed by its alias, then net figures, marks and wall time."""
    return list(_figures(run))


def figure_map(run: RunRecord) -> dict[str, Figure]:
    """The figures of ``run`` by name, in the same order."""
    return {one.figure: one for one in figures(run)}


def compared(runs: Iterable[RunRecord]) -> list[Figure]:
    """The figures that one run has not by itself: the ratios to ``BASELINE``, of the other presets of the kit. Empty where it is not among ``runs``."""
    maps = {run.preset: figure_map(run) for run in runs if run.kernel != "linux"}
    base = maps.pop(BASELINE, {})
    return [
        Figure(preset, name, round(found[part].value / base[part].value, 4), "ratio", series=part)
        for preset, found in maps.items()
        for name, part in COMPARED.items()
        if part in found and part in base
    ]


def series_value(series: Series) -> int:
    """Median of the samples less the timing overhead, in the series' unit."""
    return series.median - series.overhead


def meaning(figure: str) -> str:
    """One line that says what ``figure`` measures; also for the families (``pipe_rt_N``, ``ipc_…_N``)."""
    if figure in MEANINGS:
        return MEANINGS[figure]
    family, _, size = figure.rpartition("_")
    return _FAMILIES[family].format(size=size) if family in _FAMILIES else figure


_FAMILIES = {
    "aim": "a job of one of {size} simulated users who work at the same time",
    "lat_select": "select of {size} descriptors none of which is ready, not waiting",
    "lat_poll": "poll of {size} descriptors none of which is ready, not waiting",
    "lat_ctx": "switch between {size} processes in a ring, less the pipe that connects them",
    "pipe_rt": "{size} bytes to another process through a pipe and back",
    "ipc_oneway": "message of {size} bytes to another address space, one way",
    "ipc_rt": "message of {size} bytes to another address space and back",
    "ipc_oneway_same": "message of {size} bytes to a thread of the same address space, one way",
    "ipc_rt_same": "message of {size} bytes to a thread of the same address space and back",
}


def _figures(run: RunRecord) -> Iterator[Figure]:
    by_name = {series.name: series for series in run.series}
    for series in run.series:
        names = [series.name, ALIASES.get((run.kernel, series.name))]
        for name in filter(None, names):
            yield Figure(run.preset, name, series_value(series), series.unit, series=series.name)
    for name, (gross, part) in NET_FIGURES.items():
        if gross in by_name and part in by_name:
            value = series_value(by_name[gross]) - series_value(by_name[part])
            yield Figure(run.preset, name, value, by_name[gross].unit, series=gross)
    if all(f"aim_{users}" in by_name for users in USERS):
        costs = [series_value(by_name[f"aim_{users}"]) for users in USERS]
        yield Figure(run.preset, THROUGHPUT, round(sum(1e9 / cost for cost in costs) / len(costs), 1), THROUGHPUT_UNIT, "higher")
    for name in MARKS:
        if name in run.marks:
            yield Figure(run.preset, name, run.marks[name], run.unit)
    if PROMPT_MARK in run.marks:
        yield Figure(run.preset, PROMPT_FIGURE, run.marks[PROMPT_MARK], run.unit)
    same = [value for name, value in run.marks.items() if name.startswith(SAME_MARK)]
    if same:
        yield Figure(run.preset, SAME_FIGURE, round(100 * sum(same) / len(same), 1), "percent", "higher")
    yield Figure(run.preset, WALL_FIGURE, round(run.wall_seconds, 3), "s")
