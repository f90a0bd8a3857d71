"""Strings that the dictionary misses are linked by likeness, from 0.85; less is only a candidate."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from limpide.document import Document, Fact
from limpide.semantics import linking_engine
from limpide.semantics.linking_engine import LinkingEngine, link
from limpide.semantics.rule_engine import RulesEngine
from limpide.semantics.terms import terminology

ROWS = [
    ("insuffisance cardiaque", "I50.9", "CIM-10", "condition"),
    ("insuffisance cardiaque congestive", "I50.0", "CIM-10", "condition"),
    ("leucoencéphalopathie multifocale progressive", "A81.2", "CIM-10", "condition"),
    ("paracétamol", "N02BE01", "ATC", "drug"),
    ("paroxétine", "N06AB05", "ATC", "drug"),
]


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = tmp_path / "small.tsv"
    path.write_text(
        "term\tcode\tsystem\tkind\tnote\n" + "".join("\t".join((*row, "test")) + "\n" for row in ROWS), encoding="utf-8"
    )
    monkeypatch.setattr(terminology, "_sources", lambda extra: [path])
    linking_engine._generator.cache_clear()
    yield path
    linking_engine._generator.cache_clear()


def test_a_name_close_enough_comes_first_with_its_score(small: Path) -> None:
    found = link(["leucoencéphalopathie multifocale progresive", "zzz www qqq"], "CIM-10")
    assert [c.code for c in found["leucoencéphalopathie multifocale progresive"]] == ["A81.2"]
    assert (found["leucoencéphalopathie multifocale progresive"][0].score or 0) > linking_engine.THRESHOLD
    assert found["zzz www qqq"] == []


def test_short_strings_are_never_asked_for(small: Path) -> None:
    assert link(["HTA"], "CIM-10") == {}


def engine() -> LinkingEngine:
    return LinkingEngine(RulesEngine(terminology.compile_terms([])))


def test_uncoded_facts_get_a_code_or_candidates(small: Path) -> None:
    facts = [
        Fact("drug", "nlp", text="Paracétamole", rule="ending:chemical"),
        Fact("condition", "nlp", text="insuffisance cardio-respiratoire", rule="head:insuffisance"),
        Fact("condition", "nlp", text="insuffisance cardiaque", code="I11", system="CIM-10"),
        Fact("condition", "nlp", text="insuffisance cardiaque", role="generic"),
    ]
    engine().complete(facts)
    assert (facts[0].code, facts[0].system, facts[0].rule) == ("N02BE01", "ATC", "linked:ending:chemical")
    assert facts[1].code is None
    assert [c.code for c in facts[1].candidates][:1] == ["I50.9"]
    assert facts[2].code == "I11"
    assert facts[3].candidates == []


def test_a_string_is_linked_once(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[set[str]] = []

    def counted(strings: set[str], system: str) -> dict[str, list[object]]:
        asked.append(set(strings))
        return {}

    linked = engine()
    linked.complete([Fact("drug", "nlp", text="paracétamole")])
    monkeypatch.setattr(linking_engine, "link", counted)
    linked.complete([Fact("drug", "nlp", text="paracétamole")])
    assert asked == [set()]


def test_the_engine_is_one_of_those_that_can_be_named() -> None:
    document = Document(path="a.txt", sha256="0" * 64, text="Une fièvre.")
    built = linking_engine.build()
    built.annotate(document)
    assert built.name == "limpide-linked"
    assert [(f.text, f.code) for f in document.facts] == [("fièvre", "R50.9")]
