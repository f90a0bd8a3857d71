"""The vocabulary: read, compiled, kept on disk, loaded by many."""

from __future__ import annotations

from pathlib import Path

import pytest

from limpide.french.variants import key
from limpide.semantics.terms import terminology
from limpide.semantics.terms.terminology import (
    CASE_SENSITIVE,
    SUBSTANCE,
    Term,
    compile_terms,
    dotted,
    load,
    read_lexicon,
)


@pytest.fixture
def lexicon(tmp_path: Path) -> Path:
    path = tmp_path / "local.tsv"
    path.write_text(
        "term\tcode\tsystem\tkind\tnote\n"
        "grippe du porc|~GP\tJ09\tCIM-10\tcondition\tlocal\n"
        "=SEP|HTA\tG35\tCIM-10\tcondition\tlocal\n"
        "bleu de toluidine\t\t\tdrug\tsubstance\n",
        encoding="utf-8",
    )
    return path


def test_codes_are_written_with_their_point() -> None:
    assert [dotted(c) for c in ("A00", "e119", "I21.0", "R53+0")] == ["A00", "E11.9", "I21.0", "R53"]


def test_a_row_holds_several_ways_of_writing(lexicon: Path) -> None:
    terms = list(read_lexicon(lexicon))
    assert [(t.text, t.code, t.flags) for t in terms] == [
        ("grippe du porc", "J09", 0),
        ("GP", "J09", 0),
        ("SEP", "G35", CASE_SENSITIVE),
        ("HTA", "G35", CASE_SENSITIVE),
        ("bleu de toluidine", None, SUBSTANCE),
    ]


@pytest.mark.parametrize("row", ["grippe\tJ10\tCIM-10\tmaladie\t", "\tJ10\tCIM-10\tcondition\t"])
def test_a_wrong_row_is_named(tmp_path: Path, row: str) -> None:
    path = tmp_path / "bad.tsv"
    path.write_text(f"term\tcode\tsystem\tkind\tnote\n{row}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"bad.tsv: row 2"):
        list(read_lexicon(path))


def term(text: str, code: str, rank: int = 0, kind: str = "condition") -> Term:
    return Term(text, code, "CIM-10", kind, f"test:{text}", rank)


def codes(*terms: Term) -> tuple[str, ...]:
    compiled = compile_terms(terms)
    return compiled.entries[compiled.table[key("grippe")]].codes


def test_our_lexicon_outweighs_a_label() -> None:
    assert codes(term("grippe", "J11", rank=1), term("grippe", "J10")) == ("J10",)


def test_terms_of_one_rank_stay_candidates() -> None:
    assert codes(term("grippe", "J10"), term("grippes", "A49")) == ("A49", "J10")


def test_subdivisions_of_one_category_leave_the_category() -> None:
    assert codes(term("grippe", "J10.0"), term("grippes", "J10.8")) == ("J10",)


def test_a_stopped_word_is_never_coded_from_a_label_but_swallows_its_words() -> None:
    compiled = compile_terms([term("charbon", "A22", rank=1), Term("charbon", None, None, "stop", "", 0)])
    assert compiled.entries[compiled.table["charbon"]].kind == ""


def test_a_prefix_of_a_term_leads_on() -> None:
    compiled = compile_terms([term("grippe du porc", "J09")])
    assert compiled.table == {"gripp": terminology.PREFIX, "gripp porc": 0}


def test_the_whole_vocabulary_is_the_same_from_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMPIDE_CACHE", str(tmp_path))
    built = load()
    assert len(list(tmp_path.iterdir())) == 1
    again = load()
    assert again.table == built.table
    assert again.entries == built.entries
    assert again.grammar == built.grammar


def test_a_damaged_cache_is_compiled_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMPIDE_CACHE", str(tmp_path))
    monkeypatch.setattr(terminology, "_sources", lambda extra: list(extra))
    source = tmp_path / "one.tsv"
    source.write_text("term\tcode\tsystem\tkind\tnote\ngrippe\tJ10\tCIM-10\tcondition\t\n", encoding="utf-8")
    built = load([source])
    kept = next(p for p in tmp_path.iterdir() if p.suffix == ".bin")
    kept.write_bytes(kept.read_bytes()[:40])
    assert load([source]).table == built.table


def test_a_folder_that_cannot_be_written_costs_only_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("LIMPIDE_CACHE", str(blocked))
    monkeypatch.setattr(terminology, "_sources", lambda extra: [])
    assert "fractur" in load().table


def test_every_curated_file_is_well_formed() -> None:
    read = [term for path in sorted(terminology.LEXICON.glob("*.tsv")) for term in read_lexicon(path)]
    assert len(read) > 5_000
    assert not [t.text for t in read if t.code and t.system not in ("CIM-10", "ATC", "CCAM")]
