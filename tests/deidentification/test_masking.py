"""The same document without names: what goes, what stays, and every place exact."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from limpide.deidentification.date_shift import shift_days, shifted
from limpide.deidentification.masking import Mapping, masked, replaced, typed_mask
from limpide.deidentification.spans import Kind, Span
from limpide.document import Author, CareSite, Document, Encounter, Fact, Header, Identifier, Page, Patient, Section

KEY = b"\x07" * 32

PATIENT = Patient(
    ins="285057800608491",
    ins_system="1.2.250.1.213.1.4.8",
    identifiers=[Identifier("285057800608491", "1.2.250.1.213.1.4.8"), Identifier("IPP00412", "1.2.3")],
    family_birth="LE GOFF-TRÉHIN",
    family_used="MARCHALLOT",
    given=["MAËLLE", "MAËLLE ROSE-ANNE"],
    birth_date="1985-05-12",
    sex="F",
    addresses=["14 bis rue des Tanneurs 29000 Quimper"],
    telecoms=["tel:0298000000", "mailto:m.legoff@exemple.fr"],
)


def masked_text(text: str, patient: Patient = PATIENT, facts: list[Fact] | None = None) -> str:
    return masked(Document("x", "s", header=Header(patient=patient), text=text, facts=facts or []), KEY).text


@st.composite
def texts_and_spans(draw: st.DrawFn) -> tuple[str, list[Span]]:
    text = draw(st.text(min_size=0, max_size=60))
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    return text, [Span(a, b, draw(st.sampled_from(list(Kind))), True) for a, b in pairs]


@given(texts_and_spans(), st.data())
def test_positions_outside_identifiers_show_the_same_characters(
    case: tuple[str, list[Span]], data: st.DataObject
) -> None:
    text, spans = case
    new, mapping = replaced(text, spans, lambda kind, _: data.draw(st.text(max_size=5)))
    inside = {i for s in spans for i in range(s.start, s.end)}
    for i, char in enumerate(text):
        if i not in inside:
            assert new[mapping.start(i)] == char
            assert mapping.end(i + 1) == mapping.start(i) + 1
    source = mapping.source(len(new), len(text))
    assert len(source) == len(new)
    assert all(0 <= i < len(text) for i in source)


@given(texts_and_spans(), st.integers(0, 60), st.integers(0, 60))
def test_a_range_keeps_its_order_and_its_bounds(case: tuple[str, list[Span]], a: int, b: int) -> None:
    text, spans = case
    start, end = sorted((min(a, len(text)), min(b, len(text))))
    new, mapping = replaced(text, spans, typed_mask)
    if start < end:
        assert 0 <= mapping.start(start) < mapping.end(end) <= len(new)


def test_every_fact_section_and_page_keeps_its_place() -> None:
    text = "Mme Maëlle MARCHALLOT\nHTA traitée.\nVue par le Dr Yann PORZOU pour diabète."
    boxes = np.arange(len(text) * 4, dtype=np.float32).reshape(-1, 4)
    hta, diabete = text.index("HTA"), text.index("diabète")
    document = Document(
        "MARCHALLOT.xml",
        "s",
        header=Header(patient=PATIENT),
        text=text,
        pages=[Page(1, 0, 22, boxes=boxes[:22]), Page(2, 22, len(text), boxes=boxes[22:])],
        sections=[Section(None, None, "Mme MARCHALLOT", 0, 22), Section("x", None, "Suite", 22, len(text))],
        facts=[
            Fact("condition", "nlp", hta, hta + 3, "HTA"),
            Fact("condition", "nlp", diabete, diabete + 7, "diabète"),
            Fact("observation", "coded", value_text="Vue par le Dr Yann PORZOU"),
        ],
    )
    out = masked(document, KEY)
    assert out.text == "Mme [PRENOM] [NOM]\nHTA traitée.\nVue par le Dr [PRENOM] [NOM] pour diabète."
    for fact in out.facts[:2]:
        assert out.text[fact.start : fact.end] == fact.text
    assert [f.text for f in out.facts[:2]] == ["HTA", "diabète"]
    assert out.facts[2].value_text == "Vue par le Dr [PRENOM] [NOM]"
    assert out.sections[0].title == "Mme [NOM]"
    assert [(p.start, p.end) for p in out.pages] == [(0, 19), (19, len(out.text))]
    for page, original in zip(out.pages, document.pages, strict=True):
        assert page.boxes is not None and original.boxes is not None
        assert len(page.boxes) == page.end - page.start
    place = out.text.index("HTA") - out.pages[1].start
    assert out.pages[1].boxes is not None
    assert out.pages[1].boxes[place].tolist() == boxes[hta].tolist()
    assert document.text == text, "the original is left untouched"
    assert out.path == ""


def test_the_header_keeps_what_omop_needs_and_nothing_that_identifies() -> None:
    header = Header(
        document_id="1.2.3^77",
        set_id="1.2.3^70",
        replaces=["1.2.3^76"],
        title="Lettre pour Mme MARCHALLOT",
        patient=PATIENT,
        authors=[Author("810001234567", "PORZOU", "Yann", organization="Cabinet PORZOU")],
        care_site=CareSite("1290000017", "CH de Quimper", "14 av. Yves Thépot", ["tel:0298526060"]),
        encounter=Encounter("SEJ-55120", "IMP", "2024-01-02"),
        people=["Loïc LE GOFF-TRÉHIN"],
        orders=["ORD-1"],
    )
    out = masked(Document("x", "s", header=header, text="-"), KEY).header
    assert out.patient == Patient(birth_date="1985-05", sex="F")
    assert out.title == "Lettre pour Mme [NOM]"
    assert out.people == []
    assert out.authors[0].family is None and out.authors[0].rpps not in (None, "810001234567")
    assert out.care_site == CareSite("1290000017", "CH de Quimper")
    assert out.encounter.klass == "IMP" and out.encounter.id != "SEJ-55120"
    again = masked(Document("x", "s", header=Header(document_id="1.2.3^76"), text="-"), KEY).header
    assert out.replaces == [again.document_id], "a version chain still links"


def test_known_names_in_every_spelling() -> None:
    for written in (
        "LE GOFF-TRÉHIN",
        "le goff trehin",
        "LEGOFFTREHIN",
        "Maelle Marchallot",
        "MARCHALLOT Maëlle",
        "marchallotmaelle",
        "M. MARCHALLOT",
        "MARCHALOT",
        "MARCHALL0T",
    ):
        out = masked_text(f"Il est noté {written} au dossier")
        assert out.replace("[NOM]", "").replace("[PRENOM]", "").split() == ["Il", "est", "noté", "au", "dossier"], out


def test_a_name_that_is_a_word_asks_for_evidence() -> None:
    patient = Patient(family_birth="PETIT", given=["ROSE"], birth_date="1950-01-01", sex="F")
    assert masked_text("Un petit épanchement. Petit souffle. Lésion rose.", patient) == (
        "Un petit épanchement. Petit souffle. Lésion rose."
    )
    assert masked_text("Rose PETIT est venue, madame Petit va bien", patient) == (
        "[PRENOM] [NOM] est venue, madame [NOM] va bien"
    )


def test_shift_is_constant_whole_weeks_and_never_nothing() -> None:
    days = {shift_days(f"{i:064x}", KEY) for i in range(300)}
    assert all(d % 7 == 0 and d != 0 and abs(d) <= 364 for d in days)
    assert shift_days("a", KEY) == shift_days("a", KEY) != shift_days("a", b"\x08" * 32)
    assert shifted("2024-01-09T11:30:00+01:00", 7) == "2024-01-16T11:30:00+01:00"
    assert shifted("2024-01", 7) == "2024-01"


def test_a_mapping_refuses_another_text() -> None:
    _, mapping = replaced("abc", [Span(0, 1, Kind.FAMILY, True)])
    try:
        mapping.source(3, 99)
    except ValueError:
        return
    raise AssertionError(f"{Mapping.__name__} took a text that is not its own")
