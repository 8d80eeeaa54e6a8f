"""What the comparison page asks of the numbers: its topics, their figures, and the sentence that states each answer.

Adding a topic is adding a `Topic` to `TOPICS`. A topic none of whose figures was measured is left out of the page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .comparison import FAMILY_TITLES, Comparison, Entry
from .words import Sentence, Strong, join, listing, sentence, short, times


MOST_CLAUSES = 5
"""Kernels that a sentence names besides the one it starts from; of more it tells the range."""


@dataclass(frozen=True)
class Topic:
    """A question the page answers with one chart and one table."""

    id: str
    title: str
    what: str
    """What is done, in one sentence."""
    figures: tuple[tuple[str, str], ...]
    """(figure, how the page calls it), in the order of the table's columns."""
    headline: Callable[[Comparison], Sentence]
    leaves_out: str
    """What the unit does not charge for here, that hardware does."""
    key: str
    """The figure that stands for the topic in the overview."""
    key_title: str
    published: tuple[str, ...] = field(default=())
    """Figures whose published counterparts are shown; all of `figures` where empty."""
    absent: str = "not measured"
    """What the overview says of a kernel without the key figure."""
    better: str = "lower"
    """Which values are better, as a word."""
    unit: str = ""
    """What the chart counts; the runs' own unit where empty."""


def phrase(comparison: Comparison, entry: Entry) -> str:
    """How a sentence names an entry: by its family where that is unambiguous, else by its label."""
    if entry.family in FAMILY_TITLES and len(comparison.of_family(entry.family)) == 1:
        title = FAMILY_TITLES[entry.family]
        return title if entry.family == "linux" else f"the {title}"
    return entry.label


def versus(comparison: Comparison, name: str, subject: str, place: str = "in") -> Sentence:
    """ "{subject} costs N instructions in the monolithic kernel; 3.1 times that in …", from whatever was measured."""
    basis = comparison.basis(name)
    if basis is None:
        return sentence()
    pieces = [
        f"{subject} costs ",
        Strong(short(basis.value(name))),
        f" {basis.unit(name)} {place} {phrase(comparison, basis)}",
    ]
    others = [(entry, comparison.ratio(entry, name)) for entry in comparison.entries if entry is not basis]
    same = [f"{place} {phrase(comparison, entry)}" for entry, value in others if value == 1]
    if same:
        pieces += [", ", Strong("the same"), f" {listing(same)}"]
    pieces += _clauses(comparison, [(entry, value) for entry, value in others if value not in (None, 1)], place)
    return sentence(*pieces, ".")


def _clauses(comparison: Comparison, costs: list[tuple[Entry, float]], place: str) -> list[str]:
    """ "; 3.1 times that in …, 5 times in … and 9 times in …"; of many the range."""
    if len(costs) > MOST_CLAUSES:
        least, most = min(value for _, value in costs), max(value for _, value in costs)
        return ["; between ", Strong(times(least)), " and ", Strong(times(most)), f" that in the {len(costs)} others"]
    pieces: list[str] = []
    for position, (entry, value) in enumerate(costs):
        pieces += [_joint(position, len(costs), "; "), Strong(times(value))]
        pieces.append(f"{' that' if position == 0 else ''} {place} {phrase(comparison, entry)}")
    return pieces


def _joint(position: int, total: int, first: str) -> str:
    """What stands before an item of a list: `first` before the first, "and" before the last, else a comma."""
    if position == 0:
        return first
    return " and " if position == total - 1 else ", "


def _getpid(comparison: Comparison) -> Sentence:
    """Trap or server, then the library that spares the trip."""
    first = versus(comparison, "getpid_server", "Asking the personality for a process number")
    return join(one for one in [first or _plain_getpid(comparison), *_spared(comparison)] if one.pieces)


def _plain_getpid(comparison: Comparison) -> Sentence:
    return versus(comparison, "getpid", "A getpid")


def _spared(comparison: Comparison) -> list[Sentence]:
    """For entries whose own library answers getpid: what the program pays then."""
    found = []
    for entry in comparison.entries:
        seen, server = entry.value("getpid"), entry.value("getpid_server")
        if seen is not None and server and seen < server / 2:
            name = phrase(comparison, entry)
            found.append(
                sentence(
                    f"In {name} the program’s emulation library answers getpid itself, in ",
                    Strong(short(seen)),
                    ", with no message at all.",
                )
            )
    return found


def _ipc(comparison: Comparison) -> Sentence:
    having = [entry for entry in comparison.entries if entry.value("ipc_rt_0") is not None]
    parts = []
    if having:
        parts.append(versus(comparison, "ipc_rt_0", "An empty message to another address space and back", "on"))
    lacking = [entry for entry in comparison.of_family("monolithic") if entry.value("pipe_rt_1") is not None]
    if having and lacking:
        entry = comparison.baseline if comparison.baseline in lacking else lacking[0]
        name = phrase(comparison, entry)
        parts.append(
            sentence(
                f"{name.replace('the', 'The', 1) if name.startswith('the ') else name} has no such message; one byte "
                "through a pipe and back costs ",
                Strong(short(entry.value("pipe_rt_1"))),
                " there.",
            )
        )
    return join(parts)


def _fault(comparison: Comparison) -> Sentence:
    first = versus(comparison, "fault_zero_net", "The first touch of a page, besides zeroing it,")
    having = [entry for entry in comparison.entries if entry.value("fault_external_net") is not None]
    if not having:
        return first
    costs: list[str] = []
    for position, entry in enumerate(having):
        costs += [_joint(position, len(having), ""), Strong(short(entry.value("fault_external_net")))]
        costs.append(f" in {phrase(comparison, entry)}")
    return join([first, sentence("Served by a pager in user mode a fault costs ", *costs, ".")])


def _loads(comparison: Comparison) -> Sentence:
    """What a user pays who compiles, and what the literature says of it."""
    return join(one for one in (versus(comparison, "compile", "Compiling nine files"), _of_calls(comparison)) if one.pieces)


def _of_calls(comparison: Comparison) -> Sentence:
    """How little of a call's price is left of a whole load's."""
    pairs = [(entry, comparison.ratio(entry, "lat_null"), comparison.ratio(entry, "compile")) for entry in comparison.entries]
    dear = [(call, load) for entry, call, load in pairs if call and load and entry is not comparison.basis("compile") and call > 2 * load]
    if not dear:
        return sentence()
    call, load = max(dear)
    return sentence("A single call that costs ", Strong(times(call)), " as much makes a load of ", Strong(times(load)), ": programs compute between their calls.")


def _users(comparison: Comparison) -> Sentence:
    """Throughput is a share of the basis', as the literature puts it."""
    basis = comparison.basis("aim_throughput")
    if basis is None:
        return sentence()
    pieces = ["With 1 to 16 users at work, ", Strong(short(basis.value("aim_throughput")))]
    pieces.append(f" jobs are done in 10\u2079 instructions in {phrase(comparison, basis)}")
    others = [(entry, comparison.ratio(entry, "aim_throughput")) for entry in comparison.entries if entry is not basis]
    others = [(entry, value) for entry, value in others if value is not None]
    for position, (entry, value) in enumerate(others):
        pieces += [_joint(position, len(others), "; "), Strong(f"{100 * value:.1f} percent")]
        pieces.append(f"{' of that' if position == 0 else ''} in {phrase(comparison, entry)}")
    return sentence(*pieces, ".")


def _figure(name: str, subject: str) -> Callable[[Comparison], Sentence]:
    return lambda comparison: versus(comparison, name, subject)


TOPICS: tuple[Topic, ...] = (
    Topic(
        id="loads",
        title="Whole loads",
        what="Nine compilations of small files, in the mix of calls that Black et al. counted and with the computing that a fast compiler does between them; "
        "and the Andrew benchmark: a tree of 70 files made, copied, searched, read and compiled.",
        figures=(("compile", "nine compilations"), ("andrew", "Andrew benchmark")),
        headline=_loads,
        leaves_out="Files are in memory: nobody waits for a disk, as the papers’ machines did. What a server’s working set evicts from "
        "caches and TLBs, which they blamed for most of the loss, is not counted.",
        key="compile",
        key_title="nine compilations",
    ),
    Topic(
        id="users",
        title="Many users",
        what="1, 2, 4, 8 and 16 simulated users who work at the same time, in the manner of AIM’s multiuser benchmark.",
        figures=(("aim_throughput", "jobs in 10\u2079 instructions"),),
        headline=_users,
        leaves_out="One processor, and files in memory: users only ever wait for each other. Switches between their address spaces count by "
        "their instructions, not by what they flush.",
        key="aim_throughput",
        key_title="jobs of many users in 10\u2079 instructions",
        better="higher",
        unit="jobs in 10\u2079 instructions",
    ),
    Topic(
        id="getpid",
        title="getpid",
        what="The shortest useful system call: user to user, around a table look-up.",
        figures=(
            ("getpid", "getpid, as the program sees it"),
            ("getpid_server", "the same look-up, always by the personality"),
        ),
        headline=_getpid,
        leaves_out="A trap’s mode switches and a server’s address-space switches count as one instruction each, the TLB refills "
        "and cache misses after them as none. On hardware they are most of what a call through a server costs.",
        key="getpid_server",
        key_title="getpid by the personality",
        published=("getpid_server", "getpid"),
    ),
    Topic(
        id="ipc",
        title="IPC",
        what="A message from one thread to another through the kernel’s own primitive, with no payload.",
        figures=(
            ("ipc_oneway_0", "one way, two address spaces"),
            ("ipc_rt_0", "round trip, two address spaces"),
            ("ipc_rt_same_0", "round trip, one address space"),
        ),
        headline=_ipc,
        leaves_out="The address-space switch itself (mov cr3) counts as one instruction, what it flushes as none. A copy by a "
        "rep instruction counts once for each iteration, not for each byte.",
        key="ipc_rt_0",
        key_title="IPC round trip, empty",
        published=("ipc_rt_0", "ipc_oneway_0", "ipc_oneway_8", "ipc_oneway_512"),
        absent="no such message",
    ),
    Topic(
        id="fault",
        title="Page fault",
        what="The first touch of an anonymous page, the first write to a page shared by fork, a fault served in user mode.",
        figures=(
            ("fault_zero_net", "first touch, besides zeroing"),
            ("fault_cow_net", "copy on write, besides the copy"),
            ("fault_external_net", "by a pager in user mode, besides the copy"),
        ),
        headline=_fault,
        leaves_out="Zeroing and copying a page are taken out (they cost every kernel the same). The exception’s mode switch, the "
        "TLB entry’s refill and the cache misses on a fresh page are not counted.",
        key="fault_zero_net",
        key_title="page fault, zero fill",
    ),
    Topic(
        id="pipe",
        title="Pipe",
        what="Bytes to another process through a pipe, and back through a second one.",
        figures=(("pipe_rt_1", "1 byte"), ("pipe_rt_512", "512 bytes"), ("pipe_rt_4096", "4096 bytes")),
        headline=_figure("pipe_rt_1", "One byte through a pipe to another process and back"),
        leaves_out="Two context switches a round trip count only by their instructions; the working sets they evict do not "
        "count.",
        key="pipe_rt_1",
        key_title="pipe round trip, 1 byte",
    ),
    Topic(
        id="process",
        title="Process",
        what="A process is made, may load another program, ends, and is waited for.",
        figures=(("fork_wait", "fork, exit, wait"), ("fork_exec_wait", "fork, exec, exit, wait")),
        headline=_figure("fork_exec_wait", "To fork, exec, exit and wait"),
        leaves_out="Copying page tables and program pages by rep instructions counts once for each iteration. The TLB shoot-down "
        "of copy-on-write and the caches that exec refills do not count.",
        key="fork_exec_wait",
        key_title="fork + exec + wait",
    ),
    Topic(
        id="boot",
        title="Boot",
        what="From reset to the first instruction in user mode, firmware’s part included.",
        figures=(("boot_user", "reset to the first user instruction"),),
        headline=_figure("boot_user", "A boot to the first user instruction"),
        leaves_out="Devices answer at once under emulation, and time spent waiting for them is not counted.",
        key="boot_user",
        key_title="boot to user mode",
    ),
)

def present(comparison: Comparison) -> list[Topic]:
    """The topics of which at least one figure was measured."""
    names = set(comparison.names())
    return [topic for topic in TOPICS if any(name in names for name, _ in topic.figures)]
