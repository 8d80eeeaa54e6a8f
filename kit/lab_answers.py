"""What a student's answers are worth: ``answers.toml`` against the lab's questions and what the tests measured."""

from __future__ import annotations

from dataclasses import dataclass

from kit.lab import Question


@dataclass
class Reply:
    """What an answer of the answers file is worth, and what there is to say about it."""

    name: str
    points: float
    most: int
    text: str


def judge_answer(question: Question, answers: dict[str, object], measured: dict[str, int]) -> Reply:
    """What an answer is worth: a prediction counts for having been made, a number for being the measured one."""
    given = answers.get(question.name)
    if given is None or given == "":
        return Reply(question.name, 0, question.points, "not answered")
    if question.kind == "text":
        return Reply(question.name, 0, question.points, "for a person to read")
    if question.kind == "choice":
        right = given == question.answer
        return Reply(question.name, question.points if right else 0, question.points, "right" if right else f"{given!r} is not it: look again")
    if type(given) is not int:
        return Reply(question.name, 0, question.points, f"must be a whole number, not {given!r}")
    if question.measured not in measured:
        return Reply(question.name, 0, question.points, f"cannot be checked yet: {question.measured} was not measured")
    value = measured[question.measured]
    if question.kind == "prediction":
        return Reply(question.name, question.points, question.points, f"you predicted {given:,}; it is {value:,}{_off(given, value)}")
    right = given == value
    return Reply(question.name, question.points if right else 0, question.points, "right" if right else f"{given:,} is not what was measured: measure again")


def _off(given: int, value: int) -> str:
    if given == value:
        return ", exactly"
    if given <= 0 or value <= 0:
        return ""
    ratio = max(given / value, value / given)
    return f" (off by a factor of {ratio:.1f})" if ratio >= 1.1 else " (close)"
