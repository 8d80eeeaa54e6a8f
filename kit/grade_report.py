"""A graded submission as text: a table for a person, TAP, JUnit XML, and Gradescope's ``results.json``.

Nothing here decides anything. A student's own text (file names, compiler messages) is data in each of the four forms, never markup.
"""

from __future__ import annotations

import json
import textwrap
import xml.etree.ElementTree as ET
from collections.abc import Callable

from kit.grade import ABSENT, FAILED, PASSED, SKIPPED, Report, Result
from kit.grades import plain

WIDTH = 100
TRACE_LINES = 12

Repeat = Callable[[Result], str]
"""The command that makes just one test again."""


def explanation(result: Result, repeat: str = "", debug: str = "") -> list[str]:
    """Why a test failed, a line each: expected, happened, first difference, backtrace, the operation and its trace, what to do next."""
    lines: list[str] = []

    def add(head: str, text: str) -> None:
        for number, line in enumerate(text.splitlines() or [""]):
            first = f"{head:<12}" if number == 0 else " " * 12
            lines.extend(textwrap.wrap(line, WIDTH, initial_indent=first, subsequent_indent=" " * 12, break_on_hyphens=False) or [first.rstrip()])

    if result.expected:
        add("expected", result.expected)
    if result.happened:
        add("happened", result.happened)
    if result.difference:
        add("difference", result.difference)
    if result.where and result.status == FAILED:
        add("in", result.where)
    for head, entries in (("backtrace", result.backtrace), ("operations", result.operations), ("trace", _shortened(result.trace)), ("console", result.console)):
        for number, entry in enumerate(entries):
            lines.append(f"{head if number == 0 else '':<12}{entry}")
    if repeat:
        add("repeat", repeat)
    if debug:
        add("in gdb", debug)
    return [plain(line) for line in lines]


def _shortened(trace: tuple[str, ...]) -> tuple[str, ...]:
    if len(trace) <= TRACE_LINES:
        return trace
    return (*trace[:4], f"… {len(trace) - TRACE_LINES} more …", *trace[4 - TRACE_LINES :])


def table(report: Report, repeat: Repeat) -> str:
    """For a terminal: a line for each test, then what is to be known about each that failed."""
    lines = [f"{report.lab.title} (lab {report.lab.number}): {report.folder}", ""]
    for result in report.results:
        lines.append(f"  {result.status:<8}{_points(result.points):>5} /{result.test.points:>3}  {result.test.name:<14} {result.test.title}")
    for reply in report.replies:
        lines.append(f"  {'answer':<8}{_points(reply.points):>5} /{reply.most:>3}  {reply.name:<14} {reply.text}")
    total = sum(result.test.points for result in report.results) + sum(reply.most for reply in report.replies)
    lines += [f"  {'':<8}{_points(report.points):>5} /{total:>3}", ""]
    if report.measured:
        lines.append("  measured: " + ", ".join(f"{name} {value:,}" for name, value in sorted(report.measured.items())) + " (guest instructions)")
    for result in report.results:
        if result.status in (FAILED, ABSENT):
            command = repeat(result) if result.status == FAILED and result.test is not report.results[0].test else ""
            lines += ["", f"{result.test.name}: {result.test.title}"]
            lines += ["  " + line for line in explanation(result, command, f"{command} GDB=1" if command and result.operations else "")]
    return "\n".join(map(plain, lines)) + "\n"


def tap(report: Report, repeat: Repeat) -> str:
    """TAP 13; what was not made is a skip, for it is neither right nor wrong."""
    lines = ["TAP version 13", f"1..{len(report.results)}"]
    for number, result in enumerate(report.results, 1):
        text = f"{number} - {result.test.name}: {result.test.title} ({_points(result.points)}/{result.test.points})"
        if result.status == PASSED:
            lines.append(f"ok {text}")
        elif result.status == FAILED:
            lines += [f"not ok {text}", *(f"#   {line}" for line in explanation(result, repeat(result)))]
        else:
            reason = result.happened.replace("\n", " ")
            lines.append(f"{'not ok' if result.status == SKIPPED else 'ok'} {text} # SKIP {reason}")
    return "\n".join(map(plain, lines)) + "\n"


def junit(report: Report, repeat: Repeat) -> str:
    """JUnit XML: one suite, a case for each test."""
    counts = {"failures": FAILED, "skipped": SKIPPED}
    numbers = {name: str(sum(result.status == status for result in report.results)) for name, status in counts.items()}
    suite = ET.Element("testsuite", name=f"lab {report.lab.number}", tests=str(len(report.results)), errors="0", **numbers)
    for result in report.results:
        case = ET.SubElement(suite, "testcase", classname=f"lab{report.lab.number}", name=result.test.name, time=f"{result.seconds:.2f}")
        if result.status == FAILED:
            failure = ET.SubElement(case, "failure", message=plain(result.happened.partition("\n")[0]))
            failure.text = "\n".join(explanation(result, repeat(result)))
        elif result.status != PASSED:
            ET.SubElement(case, "skipped", message=plain(result.happened))
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode") + "\n"


def gradescope(report: Report, leaderboard: bool = False) -> str:
    """``results.json`` of Gradescope's autograder. A test that is not visible to students keeps its visibility there.

    What a hidden test says would give its inputs away, so its output carries no operations and no repeat command.
    """
    tests = []
    for result in report.results:
        visible = result.test.visibility == "visible"
        shown = result if visible else Result(result.test, result.status, result.points, result.expected, result.happened, result.difference)
        output = "\n".join(explanation(shown)) or ("holds" if result.status == PASSED else result.happened)
        tests.append(
            {
                "name": f"{result.test.name}: {result.test.title}",
                "number": str(len(tests) + 1),
                "score": result.points,
                "max_score": result.test.points,
                "status": "passed" if result.status == PASSED else "failed",
                "visibility": result.test.visibility,
                "output": output,
                "output_format": "text",
            }
        )
    for reply in report.replies:
        tests.append({"name": reply.name, "score": reply.points, "max_score": reply.most, "visibility": "visible", "output": plain(reply.text), "output_format": "text"})
    value: dict[str, object] = {"score": report.points, "visibility": "visible", "stdout_visibility": "hidden", "output_format": "text", "tests": tests}
    if report.refused:
        value["output"] = plain(report.refused)
    if leaderboard and all(result.status == PASSED for result in report.results):
        value["leaderboard"] = [{"name": name, "value": number, "order": "asc"} for name, number in sorted(report.measured.items()) if "reference" not in name]
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


FORMATS: dict[str, Callable[[Report, Repeat], str]] = {
    "table": table,
    "tap": tap,
    "junit": junit,
    "gradescope": lambda report, _: gradescope(report),
}


def _points(points: float) -> str:
    return f"{points:g}"
