"""Labs are graded as they should be: the solution gets everything, the starter what lab.toml says, each mistake exactly its failures."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from lab_fixture import LABS, failed, graded, words

from kit import grade_report, tap
from kit.lab import Lab
from kit.lab_source import Variant

WRONG = [(lab, variant) for lab in LABS for variant in lab.wrong()]


@pytest.mark.parametrize("lab", LABS, ids=[lab.name for lab in LABS])
def test_the_solution_gets_every_point(lab: Lab) -> None:
    """With every question answered, what the tests measured and what the instructor knows."""
    report = graded(lab, lab.solution(), randoms=1)
    assert failed(report) == [], grade_report.table(report, lambda _: "")
    assert sum(result.points for result in report.results) == sum(test.points for test in lab.tests)
    answers = {question.name: report.measured.get(question.measured, question.answer) for question in lab.questions}
    again = graded(lab, lab.solution(), answers, only=("builds",))
    assert again.replies == [], "answers are judged beside all tests only"
    from kit.lab_answers import judge_answer

    assert sum(judge_answer(question, answers, report.measured).points for question in lab.questions) + sum(t.points for t in lab.tests) == 100


@pytest.mark.parametrize("lab", LABS, ids=[lab.name for lab in LABS])
def test_the_starter_gets_its_base_points(lab: Lab) -> None:
    """It builds and boots, and every form of the report says so."""
    report = graded(lab, lab.starter(), randoms=1)
    assert report.points == lab.base_points, grade_report.table(report, lambda _: "")
    judged = tap.judge(lab.name, grade_report.tap(report, lambda _: "again"), 1)
    assert judged.trouble == "" and judged.failed == len([r for r in report.results if r.status != "passed"])
    suite = ET.fromstring(grade_report.junit(report, lambda _: "again"))
    assert len(suite.findall("testcase")) == len(lab.tests) and len(suite.findall("testcase/failure")) == len(failed(report))
    scores = json.loads(grade_report.gradescope(report))
    assert scores["score"] == report.points and sum(test["max_score"] for test in scores["tests"]) == 100
    assert {test["visibility"] for test in scores["tests"]} >= {"visible", "after_published", "after_due_date"}
    for result in report.results:
        if result.status == "failed":
            assert result.expected and result.happened


def narrowed(lab: Lab, variant: Variant) -> Lab:
    """The lab in only those kernels that the variant's failures need.

    A mistake that shows in one kernel alone is not built for the others: a build is most of what grading a wrong solution takes. Every test
    that is made in a kernel that is left is still made, so what fails beyond the named ones is noticed. The first variant of each lab keeps all kernels.
    """
    needed = {preset for name in variant.fails for preset in lab.test(name).presets or lab.presets}
    if variant.name == lab.wrong()[0].name or not needed:
        return lab
    tests = []
    for test in lab.tests:
        presets = tuple(preset for preset in test.presets or lab.presets if preset in needed)
        if presets:
            tests.append(replace(test, presets=presets))
    return replace(lab, presets=tuple(preset for preset in lab.presets if preset in needed), tests=tuple(tests))


@pytest.mark.parametrize(("lab", "variant"), WRONG, ids=[f"{lab.number}-{variant.name}" for lab, variant in WRONG])
def test_a_mistake_fails_what_it_should(lab: Lab, variant: Variant) -> None:
    """Exactly the tests that the variant names, with words that would help."""
    report = graded(narrowed(lab, variant), variant.apply(lab.solution()))
    assert failed(report) == list(variant.fails), grade_report.table(report, lambda _: "")
    assert variant.says in words(report)
