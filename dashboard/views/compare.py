"""The comparison page, and the same comparison as JSON and CSV.

Query: `run` (repeatable) picks runs by number, by default the newest successful run of each preset; `baseline` is what ratios
stand on: a preset or a run number.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby

from flask import Blueprint, Response, abort, render_template, request

from kit.figures import THROUGHPUT_UNIT
from kit.results import Run

from .. import latencies, likeness, papers, storage, topics
from ..comparison import Cell, Comparison, Entry, Line, compare, lines
from ..export import as_json, comparison_csv, comparison_document
from ..words import Sentence, listing, number, sentence
from .lookup import find_run

bp = Blueprint("compare", __name__)

MOST_RUNS = 24


@dataclass(frozen=True)
class TopicView:
    """A topic with its numbers."""

    topic: topics.Topic
    headline: Sentence
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Entry, tuple[Cell, ...]], ...]
    basis: Entry | None
    """What the ratios stand on, but for the columns of `exceptions`."""
    exceptions: list[tuple[str, str]]
    """(column, what its ratios stand on instead), where the basis lacks that figure."""
    published: list[papers.Group]
    ratios: dict[str, papers.Beside]
    """Label of an entry -> the published ratio beside it."""


@dataclass(frozen=True)
class Axes:
    """What a chart of lines shows: over what, in which words, and which values are better."""

    topic: str
    """The topic that it belongs to."""
    over: str
    """The title's end."""
    size: str
    """Head of the column of sizes."""
    axis: str
    word: str
    """What stands behind a size."""
    unit: str
    """What is counted; the runs' own unit where empty."""
    better: str


_BYTES = Axes("ipc", "against payload", "Bytes", "payload in bytes", "bytes", "", "lower")
_USERS = Axes("users", "against the number of users", "Users", "users at work", "users", "jobs in 10\u2079 instructions", "higher")


@dataclass(frozen=True)
class PayloadView:
    """Cost against payload: lines that share one table."""

    axes: Axes
    id: str
    title: str
    sizes: tuple[int, ...]
    lines: list[Line]
    titles: tuple[str, ...]
    groups: list[tuple[str, int]]
    """(heading, how many lines stand under it), left to right."""
    summary: Sentence
    key: str
    """What the strokes of the chart mean."""


@bp.get("/")
def home() -> str:
    """The comparison page; what to do where nothing was measured."""
    comparison = _wanted()
    if not comparison.entries:
        return render_template("empty.html", failed=storage.runs(limit=5), place=storage.storage().name)
    return render_template(
        "compare.html",
        comparison=comparison,
        topics=[_topic_view(comparison, topic) for topic in topics.present(comparison)],
        payloads=[*_throughput(comparison), *_payloads(comparison)],
        latencies=latencies.view(comparison),
        picked=request.args.getlist("run"),
        query={key: values for key, values in request.args.to_dict(flat=False).items() if key in ("run", "baseline")},
        likeness=likeness.findings([entry.run for entry in comparison.entries]),
        missing_reference=not comparison.of_family("linux"),
    )


@bp.get("/compare.json")
def compare_json() -> Response:
    """The comparison as JSON."""
    return Response(as_json(comparison_document(_wanted())), mimetype="application/json")


@bp.get("/compare.csv")
def compare_csv() -> Response:
    """The comparison as CSV, a figure of a run a line."""
    headers = {"Content-Disposition": 'attachment; filename="mortise-comparison.csv"'}
    return Response(comparison_csv(_wanted()), mimetype="text/csv", headers=headers)


def _wanted() -> Comparison:
    """The comparison that the query asks for; 404 with a sentence when it names what is not there."""
    runs = _picked(request.args.getlist("run")) if "run" in request.args else list(storage.latest().values())
    try:
        return compare(runs, request.args.get("baseline"))
    except KeyError as error:
        abort(404, f"No run of this comparison is called {error.args[0]!r}; choose a baseline from the list on the page.")


def _picked(ids: list[str]) -> list[Run]:
    if len(ids) > MOST_RUNS:
        abort(400, f"A comparison holds at most {MOST_RUNS} runs; {len(ids)} were asked for.")
    return [find_run(run_id) for run_id in dict.fromkeys(ids)]


def _topic_view(comparison: Comparison, topic: topics.Topic) -> TopicView:
    names = set(comparison.names())
    columns = tuple(column for column in topic.figures if column[0] in names)
    rows = tuple((entry, tuple(comparison.cell(entry, name) for name, _ in columns)) for entry in comparison.entries)
    basis = comparison.basis(columns[0][0])
    others = [(title, comparison.basis(name)) for name, title in columns]
    exceptions = [(title, other.label) for title, other in others if other is not None and other is not basis]
    sought = topic.published or [name for name, _ in topic.figures]
    published, ratios = papers.groups(comparison, sought), papers.ratios(comparison, sought)
    return TopicView(topic, topic.headline(comparison), columns, rows, basis, exceptions, published, ratios)


_KINDS = {
    "ipc_oneway": "between two spaces",
    "ipc_oneway_same": "within one space",
    "ipc_rt": "message between two spaces",
    "ipc_rt_same": "message within one space",
    "pipe_rt": "pipe",
}


_PAYLOADS = (
    ("payload-rt", "Round trip", ("ipc_rt", "pipe_rt"), "Messages are drawn solid, pipes dotted."),
    ("payload-oneway", "One way", ("ipc_oneway", "ipc_oneway_same"), "Between two spaces solid, within one space dashed."),
)


def _payloads(comparison: Comparison) -> list[PayloadView]:
    views = []
    for id_, title, kinds, key in _PAYLOADS:
        found = [line for line in lines(comparison, kinds) if len(line.points) > 1]
        if any(line.kind.startswith("ipc") for line in found):
            sizes = tuple(sorted({size for line in found for size in line.points}))
            titles = tuple(f"{line.entry.label}, {_KINDS[line.kind]}" for line in found)
            groups = [(_KINDS[kind], len(list(members))) for kind, members in groupby(found, key=lambda line: line.kind)]
            views.append(PayloadView(_BYTES, id_, title, sizes, found, titles, groups, _slopes(found), key))
    return views


def _throughput(comparison: Comparison) -> list[PayloadView]:
    """Jobs done in 10^9 instructions, from what one cost."""
    found = [
        replace(line, kind="throughput", points={users: round(1e9 / cost, 1) for users, cost in line.points.items() if cost}, unit=THROUGHPUT_UNIT)
        for line in lines(comparison, ("aim",))
        if len(line.points) > 1
    ]
    if not found:
        return []
    sizes = tuple(sorted({size for line in found for size in line.points}))
    titles = tuple(line.entry.label for line in found)
    summary = sentence("All users do the same jobs, each in an order of its own.")
    return [PayloadView(_USERS, "throughput", "Throughput", sizes, found, titles, [("jobs in 10\u2079 instructions", len(found))], summary, "")]


def _slopes(found: list[Line]) -> Sentence:
    """What a further byte of a long message costs between two spaces; only lines with the same last stretch are told together."""
    tails = [(line, line.tail) for line in found if line.kind in ("ipc_rt", "ipc_oneway") and line.tail is not None]
    told = [(line, tail[2]) for line, tail in tails if tail[:2] == tails[0][1][:2]]
    if not told:
        return sentence()
    low, high, _ = tails[0][1]
    unit = told[0][0].unit
    parts = [f"{number(round(cost, 2))}{f' {unit}' if place == 0 else ''} in {line.entry.label}" for place, (line, cost) in enumerate(told)]
    return sentence(f"From {number(low)} to {number(high)} bytes a further byte costs {listing(parts)}.")
