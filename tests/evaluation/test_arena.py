"""Engines side by side: what is counted, what is compared, who is right."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from limpide.document import Document, Fact
from limpide.evaluation import arena
from limpide.evaluation.arena import (
    Bout,
    Note,
    agreements,
    apart,
    differences,
    judged,
    measure,
    notes,
    read_truth,
    sample,
)
from limpide.semantics.engines import iknow
from tests.semantics.engines.pipelines import saved_spacy

TEXT = "Pas de diabète. HTA traitée par ramipril."


class Words:
    """An engine that knows a few words: {word: (kind, code, system, negated)}."""

    version = "1"

    def __init__(self, name: str, known: dict[str, tuple[str, str | None, str | None, bool]]) -> None:
        self.name, self.known = name, known

    def annotate(self, document: Document) -> None:
        for word, (kind, code, system, negated) in self.known.items():
            at = document.text.find(word)
            if at >= 0:
                fact = Fact(kind, "nlp", at, at + len(word), word, code, system, negated=negated)  # type: ignore[arg-type]
                document.facts.append(fact)


ONE = Words(
    "one",
    {
        "diabète": ("condition", "E14", "CIM-10", True),
        "HTA": ("condition", "I10", "CIM-10", False),
        "ramipril": ("drug", "C09AA05", "ATC", False),
    },
)
OTHER = Words(
    "other",
    {
        "Pas de diabète": ("condition", "E10.9", "CIM-10", True),
        "HTA": ("condition", "I10.0", "CIM-10", True),
        "traitée": ("procedure", None, None, False),
    },
)


@pytest.fixture
def two() -> tuple[Bout, Bout]:
    """ONE and OTHER on two notes, of which the second says nothing."""
    load = {"one": ONE, "other": OTHER}.__getitem__
    given = [Note("a.txt", TEXT), Note("b.txt", "Rien.")]
    return measure("one", given, load), measure("other", given, load)


def test_a_bout_has_the_facts_of_each_note(two: tuple[Bout, Bout]) -> None:
    one, other = two
    assert (one.engine, one.version, one.failure) == ("one", "1", None)
    assert [[fact.text for fact in facts] for facts in one.facts] == [["diabète", "HTA", "ramipril"], []]
    assert [len(facts) for facts in other.facts] == [3, 0]
    assert one.memory > 0


def test_agreement_counts_pairs_codes_by_category_and_denials(two: tuple[Bout, Bout]) -> None:
    together, conditions = agreements(*two)
    assert (together.kind, together.first, together.second) == (None, 3, 3)
    assert (together.exact, together.overlap) == (1, 2)  # HTA; then diabète within "Pas de diabète"
    assert (together.both_coded, together.same_code, together.same_negation) == (2, 1, 1)  # I10 = I10.0, E14 ≠ E10.9
    assert together.share(together.overlap) == pytest.approx(4 / 6)
    assert (conditions.kind, conditions.first, conditions.second, conditions.overlap) == ("condition", 2, 2, 2)


def test_differences_say_who_is_alone_and_what_differs(two: tuple[Bout, Bout]) -> None:
    found = differences(*two)
    told = [(d.what, (d.first or d.second).text) for d in found]  # type: ignore[union-attr]
    assert told == [("code", "diabète"), ("negation", "HTA"), ("second", "traitée"), ("first", "ramipril")]
    assert [d.what for d in sample(found, 1)] == ["first", "second", "code", "negation"]
    assert sample(found, 0) == []


def test_a_sample_is_spread_over_the_notes() -> None:
    facts = [[Fact("condition", "nlp", 0, 3, "HTA")] for _ in range(10)]
    found = differences(Bout("a", facts=facts), Bout("b", facts=[[] for _ in range(10)]))
    assert [d.note for d in sample(found, 3)] == [0, 4, 8]


def test_a_truth_is_found_by_the_end_of_the_path_and_judges_by_statement(
    two: tuple[Bout, Bout], tmp_path: Path
) -> None:
    said = [
        {"kind": "condition", "text": "HTA", "code": "I10", "system": "2.16.840.1.113883.6.3"},
        {"kind": "condition", "text": "diabète", "code": "E11", "system": "CIM-10", "negated": True},
        {"kind": "condition", "text": "goutte", "code": "M10", "system": "CIM-10"},
    ]
    truth = tmp_path / "truth.jsonl"
    truth.write_text(json.dumps({"path": "a.txt", "member": 0, "facts": said}) + "\n", "utf-8")
    told = read_truth(truth)
    given = [Note("/somewhere/a.txt", TEXT), Note("/somewhere/b.txt", "Rien.")]
    tally = judged(two[0], given, told)["problem"]
    # HTA is right, E14 is not E11, gout is not in the text; ramipril is not judged: the truth names no drug.
    assert (tally.documents, tally.coded, tally.untold, tally.found, tally.right) == (1, 2, 1, 2, 1)
    assert set(judged(two[0], given, told)) == {"problem"}
    assert judged(two[1], given, told)["problem"].right == 0  # a denied HTA is not an HTA


def test_lines_without_member_are_the_next_document_of_their_path(tmp_path: Path) -> None:
    truth = tmp_path / "t.jsonl"
    truth.write_text("".join(json.dumps({"path": "x", "facts": [], "text": n}) + "\n" for n in "ab"), "utf-8")
    assert list(read_truth(truth)) == [("x", 0), ("x", 1)]


def test_an_engine_that_cannot_be_loaded_says_why_and_stops_nobody(tmp_path: Path) -> None:
    assert measure("no-such-engine", []).failure == "ni un moteur connu, ni un dossier"
    assert "NotAPipeline" in (measure(str(tmp_path), []).failure or "")


def test_a_missing_package_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "iknowpy", None)
    assert measure("iknow", [], lambda name: iknow.build()).failure == "paquet absent : .venv/bin/pip install iknowpy"


def test_an_engine_works_in_a_process_of_its_own() -> None:
    bout = apart("iknow", [Note("a.txt", TEXT)])
    assert bout.engine == "iknow"
    assert "HTA" in {fact.text for fact in bout.all}


def test_the_command_shows_one_table_the_truth_and_the_disagreements(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines.cli.main import main

    monkeypatch.setattr(arena, "fight", partial(arena.fight, how=measure))
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("Pas de diabète.\nHTA traitée par metformine.", "utf-8")
    said = [{"kind": "condition", "text": "HTA", "code": "I10", "system": "CIM-10"}]
    (tmp_path / "truth.jsonl").write_text(json.dumps({"path": "a.txt", "facts": said}), "utf-8")
    model = saved_spacy(tmp_path / "mon-modele")
    done = CliRunner().invoke(
        main,
        ["arena", str(tmp_path / "notes"), "--engines", f"limpide,{model},absent", "--truth",
         str(tmp_path / "truth.jsonl"), "--csv", str(tmp_path / "faits.csv")],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines[2:4]] == ["limpide", "mon-modele"]
    assert lines[4] == "absent : ni un moteur connu, ni un dossier"
    assert any(line.split()[:5] == ["limpide", "problèmes", "1", "2", "1"] for line in lines)  # diabetes is denied
    assert any("mon-modele" in line and "diabète" not in line for line in lines)
    assert any("négation" in line and "Pas de [diabète]" in line for line in lines)
    rows = (tmp_path / "faits.csv").read_text("utf-8").splitlines()
    assert rows[0].startswith("path,member,engine,start,end,kind,text,code")
    assert {row.split(",")[2] for row in rows[1:]} == {"limpide", "mon-modele"}


def test_notes_are_the_readable_documents(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Un texte de quelques mots.", "utf-8")
    (tmp_path / "b.bin").write_bytes(b"\x00\x01")
    given = list(notes(sorted(tmp_path.iterdir())))
    assert [(Path(note.path).name, note.member, note.text) for note in given] == [
        ("a.txt", 0, "Un texte de quelques mots.")
    ]
