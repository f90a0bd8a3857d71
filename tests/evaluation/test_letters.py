"""Gold letters are sound, and the scorer counts as it says: found, whole, apt; it agrees with the shared scorer."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from limpide.document import to_contract
from limpide.evaluation.letters import Asked, GoldError, Letter, judge, load, score
from limpide.semantics.engine import load_engine
from limpide.structure import structure

ROOT = Path(__file__).resolve().parents[2]
OURS = ROOT / "tests" / "letters"
SHARED = Path(os.environ.get("LIMPIDE_SHARED", ROOT.parent / "shared")) / "letters"
FORMS = {
    "CIM-10": r"[A-Z]\d\d(\.\d{1,2})?",
    "ATC": r"[A-Z]\d\d([A-Z]([A-Z](\d\d)?)?)?",
    "LOINC": r"\d{1,6}-\d",
    "CCAM": r"[A-Z]{4}\d{3}",
}


def _loinc_check_digit(code: str) -> int:
    digits = code.split("-")[0]
    doubled = (int(d) * (2 if rank % 2 == 0 else 1) for rank, d in enumerate(reversed(digits)))
    return -sum(d - 9 if d > 9 else d for d in doubled) % 10


@pytest.mark.parametrize("folder", ["dev", "unseen"])
def test_gold_is_sound(folder: str) -> None:
    """Quotes stand where they are said to (load refuses others), codes have the form of their system."""
    letters = load(OURS / folder)
    assert len(letters) == 6
    for letter in letters:
        assert letter.document_date
        assert sum(asked.must for asked in letter.asked) >= 50
        for asked in letter.asked:
            for system, codes in (asked.stated.get("codes") or {}).items():
                for code in codes:
                    assert re.fullmatch(FORMS[system], code), (letter.name, code)
                    if system == "LOINC":
                        assert int(code[-1]) == _loinc_check_digit(code), (letter.name, code)


def test_a_quote_that_is_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Pas de fièvre.", encoding="utf-8")
    gold = {"facts": [{"kind": "condition", "quote": "fièvre", "n": 2}]}
    (tmp_path / "a.json").write_text(json.dumps(gold), encoding="utf-8")
    with pytest.raises(GoldError, match="no occurrence 2 of 'fièvre'"):
        load(tmp_path)


TEXT = "HTA. Pas d'asthme. Lasilix 40 mg. Dr Angine."


def _letter() -> Letter:
    facts: list[dict[str, Any]] = [
        {"kind": "condition", "quote": "HTA", "codes": {"CIM-10": ["I10"]}, "flags": []},
        {"kind": "condition", "quote": "asthme", "codes": {"CIM-10": ["J45"]}, "flags": ["negated"]},
        {"kind": "drug", "quote": "Lasilix", "codes": {"ATC": ["C03CA01"]}, "status": "current", "strength": "40 mg"},
    ]
    asked = tuple(Asked(TEXT.index(f["quote"]), TEXT.index(f["quote"]) + len(f["quote"]), f) for f in facts)
    return Letter("a", TEXT, "2024-05-02", {"start": "2024-04-30"}, asked, ((34, 44),))


def _fact(kind: str, quote: str, **attributes: Any) -> dict[str, Any]:
    at = TEXT.index(quote)
    return {"kind": kind, "start": at, "end": at + len(quote), **attributes}


def test_found_whole_and_apt_are_counted_apart() -> None:
    facts = [
        _fact("condition", "HTA", code="I10", system="CIM-10"),  # whole
        _fact("condition", "asthme", code="J45", system="CIM-10"),  # found, its denial lost
        _fact("condition", "Angine", code="J03", system="CIM-10"),  # a person's name
        _fact("observation", "40 mg"),  # an observation that nobody asks: left out
    ]
    header = {"effective_time": "2024-05-02T10:00", "encounter": {"start": "2024-05-01"}}
    result = score([_letter()], {"a": {"facts": facts, "header": header}})
    condition, drug = result.tallies["condition"], result.tallies["drug"]
    assert (condition.asked, condition.found, condition.whole, condition.said, condition.apt) == (2, 2, 1, 3, 2)
    assert (drug.asked, drug.found, drug.said) == (1, 0, 0)
    assert result.attributes["condition", "negated"] == {"asked": 2, "right": 1}
    assert result.header == {"date asked": 1, "date right": 1, "stay asked": 1, "stay right": 0}
    assert [(f.family, f.sort, f.detail, TEXT[f.start : f.end]) for f in result.faults] == [
        ("condition", "attributes", "negated", "asthme"),
        ("drug", "missed", "", "Lasilix"),
        ("condition", "wrong", "", "Angine"),
    ]


@pytest.mark.parametrize(
    ("gold", "fact", "wrong"),
    [
        ({"kind": "drug", "status": "stopped"}, {"status": "suspended"}, ["status"]),
        ({"kind": "drug", "status": "suspended"}, {"status": "stopped"}, []),
        ({"kind": "drug", "status": "past"}, {"history": True}, []),
        ({"kind": "drug", "daily": [3, "g"]}, {"daily_dose": 3000, "daily_dose_unit": "mg"}, []),
        ({"kind": "drug", "daily": [20, "UI"]}, {"daily_dose": 20, "daily_dose_unit": "[iU]"}, []),
        ({"kind": "drug", "strength": "1 g"}, {"dose": 1000, "dose_unit": "mg"}, []),
        ({"kind": "drug", "days": 14}, {"duration": "P2W"}, []),
        ({"kind": "drug", "codes": {"ATC": ["J01C"]}}, {"code": "J01CA04", "system": "ATC"}, []),
        ({"kind": "condition", "codes": {"CIM-10": ["I70.2"]}}, {"code": "I70.9", "system": "CIM-10"}, []),
        ({"kind": "condition", "flags": ["history"]}, {}, ["history"]),
        ({"kind": "condition", "flags": []}, {"history": True}, []),
        ({"kind": "condition", "flags": []}, {"hypothetical": True}, ["hypothetical"]),
        (
            {"kind": "condition", "flags": ["family"], "relative": "mother"},
            {"family": True, "relative": "GRMTH"},
            ["relative"],
        ),
        ({"kind": "measure", "when": "2024-03"}, {"time_start": "2024"}, ["when"]),
        ({"kind": "measure", "when": "2024-03"}, {"time_start": "2024-03-12"}, []),
        ({"kind": "measure", "value": 5.6, "unit": "ug/L"}, {"value": 5.6, "unit": "µg/L"}, []),
        ({"kind": "measure", "value": "négatif"}, {"value_text": "négatif"}, []),
        ({"kind": "device", "side": "left"}, {"side": "right"}, ["side"]),
    ],
)
def test_an_attribute_is_judged_where_the_gold_states_it(
    gold: dict[str, Any], fact: dict[str, Any], wrong: list[str]
) -> None:
    judged = judge(gold, {"kind": gold["kind"], **fact})
    got = [name for name, right in judged.items() if not right]
    assert got == wrong


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared letters are not beside the project")
def test_it_counts_as_the_shared_scorer_does(tmp_path: Path, shared_answers: Callable[[], dict[str, Any]]) -> None:
    """Same engine, same letters: both scorers give the same counts by kind and by attribute.

    But for durations, left out here: the shared scorer takes none said for right unless the days make whole weeks.
    """
    answers = shared_answers()
    letters = tmp_path / "letters"
    shutil.copytree(SHARED, letters, copy_function=shutil.copyfile)
    letters.chmod(0o700)
    for path in letters.glob("*.json"):
        gold = json.loads(path.read_text(encoding="utf-8"))
        gold["facts"] = [{name: v for name, v in fact.items() if name != "days"} for fact in gold["facts"]]
        path.write_text(json.dumps(gold), encoding="utf-8")
    lines = tmp_path / "out.jsonl"
    lines.write_text("\n".join(json.dumps(answer) for answer in answers.values()), encoding="utf-8")
    kept = tmp_path / "score.json"
    command = [sys.executable, str(SHARED / "score.py"), str(letters), str(lines), "--json", str(kept)]
    subprocess.run(command, check=True, capture_output=True)
    theirs = json.loads(kept.read_text(encoding="utf-8"))
    ours = score(load(letters), answers)
    for kind, counts in theirs["kinds"].items():
        tally = ours.total if kind == "all" else ours.tallies[kind]
        assert {name: counts.get(name, 0) for name in ("asked", "found", "whole", "said", "apt")} == {
            name: getattr(tally, name) for name in ("asked", "found", "whole", "said", "apt")
        }, kind
    for name, counts in theirs["attributes"].items():
        assert dict(ours.attribute(name)) == {"asked": counts["asked"], "right": counts["right"]}, name
    assert {name: ours.header[name] for name in theirs["header"]} == theirs["header"]


@pytest.fixture
def shared_answers() -> Callable[[], dict[str, Any]]:
    """What our engine says of the shared letters, as `limpide structure` prints it."""

    def answer() -> dict[str, Any]:
        engine = load_engine()
        texts = {path.stem: path.read_bytes() for path in sorted(SHARED.glob("*.txt"))}
        return {name: to_contract(structure(data, f"{name}.txt", engine)[0]) for name, data in texts.items()}

    return answer
