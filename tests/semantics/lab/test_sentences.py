"""Measures in annotated sentences: exactly the facts that are marked, and no other (sentences/README.md)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from limpide.document import Fact
from limpide.french.tokens import tokenise
from limpide.semantics.lab.measurements import find_measurements

SENTENCES = Path(__file__).parent / "sentences"
DOCUMENT_DATE = "2024-06-15"
_MARK = re.compile(r"\{\{([^|{}]+)((?:\|[^|{}]*(?:\{[^{}]*\})?[^|{}]*)+)\}\}")
_SIGNS = frozenset({"<", ">", "<=", ">="})
_SPECIMENS = frozenset(
    {"urine", "csf", "ascites", "pleural", "synovial", "tissue", "respiratory", "isolate", "arterial"}
)

Told = tuple[str, str, str, str, tuple[str, ...]]


def lines(name: str) -> list[str]:
    written = (SENTENCES / name).read_text(encoding="utf-8").splitlines()
    return [line for line in written if line.strip() and not line.startswith("#")]


def parse(line: str) -> tuple[str, list[Told]]:
    """The text of a marked line and the facts that it asks."""
    line = line.replace("\\n", "\n").replace("\\t", "\t")
    asked: list[Told] = []
    for words, facts in _MARK.findall(line):
        for fact in facts.split("|")[1:]:
            code, value, *rest = fact.split()
            unit, marks = (rest[0], rest[1:]) if rest else ("-", [])
            asked.append((words, code, value.replace("_", " "), unit, tuple(sorted(marks))))
    return _MARK.sub(lambda found: found.group(1), line), asked


def told(fact: Fact, asked: list[Told]) -> Told:
    marks = [
        fact.comparator,
        fact.flag,
        fact.specimen,
        "prior" if fact.prior else None,
        "family" if fact.family else None,
    ]
    if any(re.fullmatch(r"\d{4}-\d\d(-\d\d)?", mark) for _, _, _, _, each in asked for mark in each):
        marks.append(fact.time_start)
    worded = fact.value is None or fact.display in _STAGES
    value = (fact.value_text or "") if worded else f"{fact.value:g}"
    return fact.text or "", fact.code or "-", value, fact.unit or "-", tuple(sorted(mark for mark in marks if mark))


_STAGES = {"NYHA", "Garden"}  # asked as they are written


@pytest.mark.parametrize(
    "line", [line for path in sorted(SENTENCES.glob("*.txt")) for line in lines(path.name)], ids=lambda line: line[:60]
)
def test_a_sentence_gives_the_facts_that_it_marks_and_no_other(line: str) -> None:
    text, asked = parse(line)
    found = [told(fact, asked) for fact in find_measurements(tokenise(text), [], DOCUMENT_DATE)]
    assert sorted(found) == sorted(asked)
