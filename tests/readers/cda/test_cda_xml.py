"""Hostile and sloppy bytes: refused with a reason, or read for what they are."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limpide.errors import LIMITS, Reason, Refused
from limpide.readers.cda.xml import parse
from tests.readers.cda.cda_fragments import HEADER, cda, open_door, section

BODY = section("Épanchement")
PLAIN = cda(BODY)


def refusal(data: bytes, limits=LIMITS) -> Reason:
    with pytest.raises(Refused) as caught:
        parse(data, limits)
    return caught.value.reason


def test_external_entity_is_refused_unread():
    doctype = b'<!DOCTYPE c [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    assert refusal(doctype + cda(section("&x;"))) is Reason.FORBIDDEN_CONSTRUCT


def test_billion_laughs_is_refused():
    laughs = b'<!DOCTYPE c [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    assert refusal(laughs + cda(section("&b;"))) is Reason.FORBIDDEN_CONSTRUCT


def test_external_dtd_is_refused():
    assert refusal(b'<!DOCTYPE c SYSTEM "http://example.org/c.dtd">' + PLAIN) is Reason.FORBIDDEN_CONSTRUCT


def test_dtd_is_found_behind_declarations_comments_and_instructions():
    assert (
        refusal(b'<?xml version="1.0"?>\n<!-- a < b --><?oxygen x?>\n<!DOCTYPE c>' + PLAIN)
        is Reason.FORBIDDEN_CONSTRUCT
    )


def test_dtd_in_another_encoding_is_refused():
    text = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE c>' + PLAIN.decode()
    assert refusal(text.encode("utf-16")) is Reason.FORBIDDEN_CONSTRUCT


def test_a_comment_that_speaks_of_a_doctype_harms_nobody():
    root, warnings = parse(b"<!-- <!DOCTYPE c> -->" + PLAIN, LIMITS)
    assert root.tag == "{urn:hl7-org:v3}ClinicalDocument"
    assert warnings == []


def test_nesting_past_the_bound_is_refused_and_up_to_it_read():
    # ClinicalDocument/component/structuredBody/component/section/text stand above the first content: 6 levels.
    deep = "<content>" * 20 + "x" + "</content>" * 20
    assert parse(cda(section(deep)), replace(LIMITS, xml_depth=26))
    assert refusal(cda(section(deep)), replace(LIMITS, xml_depth=25)) is Reason.FORBIDDEN_CONSTRUCT


def test_nesting_past_what_the_parser_bears_is_refused():
    assert refusal(cda(section("<content>" * 5000 + "</content>" * 5000))) in (
        Reason.MALFORMED,
        Reason.FORBIDDEN_CONSTRUCT,
    )


def test_too_many_bytes_are_refused_before_parsing():
    assert refusal(PLAIN, replace(LIMITS, xml_bytes=len(PLAIN) - 1)) is Reason.TOO_LARGE


def test_a_document_cut_off_is_truncated():
    assert refusal(PLAIN[: len(PLAIN) // 2]) is Reason.TRUNCATED


def test_broken_xml_is_malformed():
    assert refusal(PLAIN.replace(b"<title>Titre", b"<title>Titre & co")) is Reason.MALFORMED


def test_nul_bytes_are_malformed():
    assert refusal(PLAIN.replace(b"Titre", b"Ti\x00tre")) is Reason.MALFORMED


def test_xml_without_a_clinical_document_is_no_document():
    assert refusal(b"<stylesheet/>") is Reason.NO_DOCUMENT


def test_self_presentable_document_is_found_inside_its_stylesheet():
    sheet = (
        b'<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" '
        b'xmlns:data="urn:asip-sante:ci-sis"><xsl:template match="/"><xsl:value-of '
        b"select=\"document('file:///etc/passwd')\"/></xsl:template><data:Contenu>"
    )
    document = open_door(sheet + PLAIN + b"</data:Contenu></xsl:stylesheet>")
    assert document.text == "Titre\nÉpanchement"
    assert "passwd" not in document.text


@pytest.mark.parametrize("prolog", [b"\xef\xbb\xbf", b"   \r\n", b"\xef\xbb\xbf  ", b'  <?xml version="1.0"?>'])
def test_byte_order_marks_and_leading_spaces_are_tolerated(prolog):
    assert open_door(prolog + PLAIN).text == "Titre\nÉpanchement"


@pytest.mark.parametrize(
    ("declared", "real", "warned"),
    [
        ("UTF-8", "utf-8", False),
        ("ISO-8859-1", "iso-8859-1", False),
        ("ISO-8859-15", "iso-8859-15", False),
        ("windows-1252", "windows-1252", False),
        ("ISO-8859-1", "utf-8", True),
        ("UTF-8", "windows-1252", True),
        ("UTF-16", "utf-16", False),
        ("UTF-7", "utf-8", True),
    ],
)
def test_the_bytes_count_and_not_the_declared_encoding(declared, real, warned):
    text = f'<?xml version="1.0" encoding="{declared}"?>' + PLAIN.decode()
    document = open_door(text.encode(real))
    assert document.text == "Titre\nÉpanchement"
    assert bool([one for one in document.warnings if "declared" in one]) is warned


def test_latin_9_keeps_the_oe_and_the_euro():
    text = '<?xml version="1.0" encoding="ISO-8859-15"?>' + cda(section("cœur, 12 €")).decode()
    assert open_door(text.encode("iso-8859-15")).text == "Titre\ncœur, 12 €"


def test_line_ends_of_every_kind_are_one():
    for end in (b"\r\n", b"\r", b"\n"):
        assert open_door(cda(section("a@b")).replace(b"@", end)).text == "Titre\na b"


@given(st.binary(max_size=300), st.integers(min_value=0, max_value=len(PLAIN)))
def test_no_bytes_make_the_parser_fail_otherwise_than_by_refusing(noise, at):
    try:
        parse(PLAIN[:at] + noise + PLAIN[at:], LIMITS)
    except Refused as refused:
        assert refused.reason in Reason


def test_header_fragment_is_valid_by_itself():
    assert open_door(cda("", HEADER)).header.document_id == "1.2.3^doc-7"
