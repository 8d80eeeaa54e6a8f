"""Runs: the list, each one with its provenance and samples, its downloads, and two of them compared."""

from __future__ import annotations

import shlex

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from kit.figures import figure_map, figures
from kit.results import STATUS_OK, Run
from kit.targets import targets

from .. import configdiff, samples, storage
from ..comparison import compare
from ..export import as_json, run_csv, run_document
from .lookup import find_run

bp = Blueprint("runs", __name__)

PAGE = 50
MOST_PAGES = 200
CONSOLE_SHOWN = 64 * 1024
"""Characters of the console's end that a run's page shows; the rest is one click away."""
SAMPLES_SHOWN = 10_000
"""Raw samples that a series' page lists; the downloads hold all."""


@bp.get("/runs")
def index() -> str:
    """Runs, newest first; `preset` keeps one preset's, `page` turns the page."""
    preset = request.args.get("preset") or None
    page = _page_number(request.args.get("page", "1"))
    found = storage.runs(preset=preset, limit=page * PAGE + 1)
    shown = found[(page - 1) * PAGE : page * PAGE]
    presets = sorted(storage.latest().keys() | {run.preset for run in found})
    return render_template("runs.html", runs=shown, preset=preset, presets=presets, page=page, more=len(found) > page * PAGE)


def _page_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_PAGES):
        abort(404, f"There is no page {text[:40]!r} of runs.")
    return int(text)


@bp.get("/runs/<run_id>")
def show(run_id: str) -> str:
    """Everything about one run."""
    run = find_run(run_id)
    shown = figures(run)
    earlier = [other for other in storage.runs(preset=run.preset, limit=PAGE) if other.id < run.id]
    return render_template(
        "run.html",
        run=run,
        figures=shown,
        targets=targets(shown),
        console=run.console[-CONSOLE_SHOWN:],
        series=[samples.summarise(series) for series in run.series if series.samples],
        strip=samples.strip,
        strip_stroke=samples.strip_stroke,
        strip_size=(samples.STRIP_WIDTH, samples.STRIP_HEIGHT),
        options=configdiff.options(run.config_text),
        repeat=_repeat(run),
        previous=earlier[0] if earlier else None,
    )


def _repeat(run: Run) -> str:
    """The command that measures this again."""
    return "make reference" if run.kernel == "linux" else f"make bench PRESET={shlex.quote(run.preset)}"


@bp.get("/runs/<run_id>/series/<path:name>")
def series(run_id: str, name: str) -> str:
    """The raw samples of one series."""
    run = find_run(run_id)
    found = run.find_series(name)
    if found is None or not found.samples:
        abort(404, f"Run {run.id} has no series {name[:80]!r}; its page lists those it has.")
    return render_template(
        "series.html",
        run=run,
        summary=samples.summarise(found),
        bins=samples.histogram(found.samples),
        points=samples.thin(found.samples),
        listed=found.samples[:SAMPLES_SHOWN],
        other=[one for one in run.series if one.samples],
        history=_history(run, name),
        others=[other for other in storage.latest().values() if other.id != run.id and other.find_series(name)],
    )


HISTORY = 30


def _history(run: Run, name: str) -> list[tuple[Run, float, str, float | None]]:
    """(run, value, unit, change since the one before) of a series in the preset's last runs that ended well, oldest first."""
    rows: list[tuple[Run, float, str, float | None]] = []
    for other in reversed(storage.runs(preset=run.preset, limit=HISTORY)):
        found = figure_map(other).get(name)
        if found is not None and other.status == STATUS_OK:
            comparable = rows and rows[-1][2] == found.unit
            rows.append((other, found.value, found.unit, found.value - rows[-1][1] if comparable else None))
    return rows


@bp.get("/runs/<run_id>.json")
def run_json(run_id: str) -> Response:
    """All that is stored of a run, as JSON."""
    return Response(as_json(run_document(find_run(run_id))), mimetype="application/json")


@bp.get("/runs/<run_id>.csv")
def run_samples(run_id: str) -> Response:
    """The raw samples of a run, as CSV."""
    run = find_run(run_id)
    headers = {"Content-Disposition": f'attachment; filename="mortise-run-{run.id}.csv"'}
    return Response(run_csv(run), mimetype="text/csv", headers=headers)


@bp.get("/runs/<run_id>/config")
def config(run_id: str) -> ResponseReturnValue:
    """The whole configuration, as the build read it."""
    return Response(find_run(run_id).config_text, mimetype="text/plain")


@bp.get("/runs/<run_id>/console")
def console(run_id: str) -> ResponseReturnValue:
    """The console log as it was captured, escape sequences and all."""
    return Response(find_run(run_id).console, mimetype="text/plain")


@bp.get("/diff")
def diff() -> str:
    """The configurations and figures of two runs side by side; `run`, twice, names them."""
    wanted = request.args.getlist("run")
    choices = storage.runs(limit=PAGE)
    if len(wanted) == 0 and len(choices) >= 2:
        return render_template("diff.html", choices=choices, left=None, right=None)
    if len(wanted) != 2:
        abort(400 if choices else 404, "Two runs are needed to compare configurations; choose exactly two from the list of runs.")
    left, right = find_run(wanted[0]), find_run(wanted[1])
    comparison = compare([left, right] if left.id != right.id else [left], str(left.id))
    return render_template(
        "diff.html",
        choices=_with(choices, left, right),
        left=left,
        right=right,
        difference=configdiff.difference(left.config_text, right.config_text),
        provenance=_provenance(left, right),
        figures=_changed_figures(left, right),
        comparison=comparison,
    )


def _with(choices: list[Run], *runs: Run) -> list[Run]:
    """The choices, and the chosen where they are older than the list reaches."""
    known = {run.id for run in choices}
    extra = {run.id: run for run in runs if run.id not in known}
    return sorted([*choices, *extra.values()], key=lambda run: -run.id)


def _provenance(left: Run, right: Run) -> list[tuple[str, str, str]]:
    """(what, left, right) for what may differ besides the configuration."""
    names = (
        ("preset", "Preset"),
        ("kernel", "Kernel"),
        ("revision", "Source revision"),
        ("compiler", "Compiler"),
        ("qemu_version", "QEMU"),
        ("unit", "Unit"),
    )
    return [(title, str(getattr(left, name)), str(getattr(right, name))) for name, title in names]


def _changed_figures(left: Run, right: Run) -> list[tuple[str, float | None, float | None, str, float | None]]:
    """(figure, left, right, unit, ratio) for every figure of either; no ratio between different units."""
    one = {figure.figure: figure for figure in figures(left)}
    other = {figure.figure: figure for figure in figures(right)}
    rows = []
    for name in dict.fromkeys([*one, *other]):
        first, second = one.get(name), other.get(name)
        unit = (first or second).unit
        comparable = first and second and first.unit == second.unit and first.value
        rows.append(
            (
                name,
                first.value if first else None,
                second.value if second else None,
                unit,
                second.value / first.value if comparable else None,
            )
        )
    return rows
