"""Sections in document order and their narrative as readable text with exact places."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from limpide.errors import LIMITS, Reason
from tests.readers.cda.cda_fragments import cda, open_door, section


def text_of(narrative: str) -> str:
    return open_door(cda(section(narrative))).text.removeprefix("Titre").removeprefix("\n")


def test_tables_are_lines_with_tabs_and_empty_cells_keep_their_column():
    table = (
        "<table><caption>Bilan</caption><thead><tr><th>Analyse</th><th>Valeur</th><th>Date</th></tr></thead><tbody>"
        "<tr><td>Sodium</td><td/><td>hier</td></tr>\n<tr>\n <td>Fer</td>\n <td>\n  12\n </td><td/></tr></tbody></table>"
    )
    assert text_of(table) == "Bilan\nAnalyse\tValeur\tDate\nSodium\t\thier\nFer\t12"


def test_a_row_stays_one_line_whatever_its_cells_hold():
    assert text_of(
        "<table><tr><td>a<br/>b</td><td><paragraph>c</paragraph><paragraph>d</paragraph></td></tr></table>"
    ) == ("a b\tc d")
    assert text_of("<table><tr><td><list><item>a</item><item>b</item></list></td><td>c</td></tr></table>") == "a b\tc"


def test_lists_paragraphs_captions_and_breaks_are_lines():
    assert (
        text_of(
            "<paragraph>Un</paragraph><list><caption>Liste</caption><item>a</item>"
            "<item>b <content>c</content></item></list>"
            "Deux<br/>Trois"
        )
        == "Un\nListe\n- a\n- b c\nDeux\nTrois"
    )


def test_inline_markup_changes_no_word():
    assert text_of("H<sub>2</sub>O, <content>très</content>  <content>froide</content>.") == "H2O, très froide."


def test_multimedia_is_left_out():
    assert text_of(
        'Avant <renderMultiMedia referencedObject="M1"><caption>image</caption></renderMultiMedia> après'
    ) == ("Avant après")


def test_sections_of_any_depth_come_in_document_order_and_never_overlap():
    document = open_door(
        cda(
            section(
                "un",
                title="A",
                code="1",
                inside=section("deux", title="B", code="2", inside=section("trois", title="C")),
            )
            + "<component><section><title>Sans texte ni code</title></section></component>"
            + section("quatre", title="D", code="4")
        )
    )
    assert [(one.code, one.title, one.depth) for one in document.sections] == [
        ("1", "A", 0), ("2", "B", 1), ("11450-4", "C", 2), (None, "Sans texte ni code", 0), ("4", "D", 0),
    ]  # fmt: skip
    assert [document.text[one.start : one.end] for one in document.sections] == [
        "A\nun", "B\ndeux", "C\ntrois", "Sans texte ni code", "D\nquatre",
    ]  # fmt: skip


def test_a_section_with_nothing_at_all_still_counts():
    document = open_door(cda("<component><section/></component>"))
    assert [(one.start, one.end) for one in document.sections] == [(0, 0)]
    assert document.text == ""


def test_a_section_says_whether_it_has_entries_and_keeps_its_templates():
    document = open_door(
        cda(
            "<component><section><templateId root='1.2.250.1.213.1.1.2.70'/><entry><act/></entry></section></component>"
            + section("sans")
        )
    )
    assert [(one.has_entries, one.template_ids) for one in document.sections] == [
        (True, ["1.2.250.1.213.1.1.2.70"]), (False, []),
    ]  # fmt: skip


def test_too_long_a_narrative_is_set_aside_with_its_header():
    document = open_door(cda(section("x" * 200)), replace(LIMITS, text_chars=100))
    assert (document.status, document.reason) == ("quarantined", Reason.TOO_LARGE)
    assert document.header.document_id == "1.2.3^doc-7"


words = st.text(alphabet="abcé <>&\n\t", min_size=0, max_size=12)


@given(st.lists(st.tuples(st.sampled_from(["td", "content", "paragraph", "item", "br"]), words), max_size=12))
def test_every_place_holds_the_words_of_its_element_and_none_other(pieces):
    def escaped(text: str) -> str:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    body, expected = "", []
    for rank, (tag, text) in enumerate(pieces):
        body += f'<{tag} ID="i{rank}">{"" if tag == "br" else escaped(text)}</{tag}>'
        expected.append("" if tag == "br" else " ".join(text.split()))
    problem = (
        "<observation><templateId root='1.3.6.1.4.1.19376.1.5.3.1.4.5'/><value code='x' codeSystem='9'><originalText>"
        "<reference value='#i{}'/></originalText></value></observation>"
    )
    entries = "</entry><entry>".join(problem.format(rank) for rank in range(len(pieces)))
    document = open_door(cda(section(body, entries)))
    for fact, text in zip(document.facts, expected, strict=True):
        if text:
            assert fact.text == text
            assert document.text[fact.start : fact.end] == text
        else:
            assert fact.start is None


def test_the_white_space_around_an_id_is_none_of_it():
    document = open_door(
        cda(
            section(
                '<content ID="p1 ">Otite</content>',
                "<observation><templateId root='1.3.6.1.4.1.19376.1.5.3.1.4.5'/><value code='x'><originalText>"
                "<reference value='#p1'/></originalText></value></observation>",
            )
        )
    )
    assert [one.text for one in document.facts] == ["Otite"]


def test_a_section_without_its_component_is_read_too():
    bare = section("seul").removeprefix("<component>").removesuffix("</component>")
    inner = section("autre").removeprefix("<component>").removesuffix("</component>")
    document = open_door(cda(bare + section("deux", inside=inner)))
    assert [one.depth for one in document.sections] == [0, 0, 1]
    assert document.text == "Titre\nseul\n\nTitre\ndeux\n\nTitre\nautre"
