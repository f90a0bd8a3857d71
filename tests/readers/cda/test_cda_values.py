"""HL7 data types as written in real files, traps included."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from limpide.document import Code
from limpide.readers.cda.values import codes_of, identifier, interval, iso, number
from limpide.readers.oids import system_name


@pytest.mark.parametrize(
    ("written", "read", "assumed"),
    [
        ("20240109113000+0100", "2024-01-09T11:30:00+01:00", False),
        ("202401091130+0100", "2024-01-09T11:30:00+01:00", False),
        ("20210409094914.827+0100", "2021-04-09T09:49:14+01:00", False),
        ("20240109113000Z", "2024-01-09T11:30:00+00:00", False),
        ("2024010911+0100", "2024-01-09T11:00:00+01:00", False),
        ("20240109113000", "2024-01-09T11:30:00+01:00", True),
        ("20240709113000", "2024-07-09T11:30:00+02:00", True),
        ("20240109", "2024-01-09", False),
        ("202401", "2024-01", False),
        ("1972", "1972", False),
        ("19720000", "1972", False),
        ("19720300", "1972-03", False),
        ("2024-01-09", "2024-01-09", False),
        ("291812011100+0100", "2918-12-01T11:00:00+01:00", False),
        ("20241301", None, False),
        ("20230230", None, False),
        ("0000", None, False),
        ("20200327x", None, False),
        ("", None, False),
        (None, None, False),
    ],
)
def test_times_are_as_precise_as_written_and_say_when_the_zone_is_assumed(written, read, assumed):
    assert iso(written) == (read, assumed)


@given(st.text(alphabet="0123456789+-.TZ: ", max_size=30))
def test_no_time_ever_crashes_and_each_starts_with_its_year(written):
    read, _ = iso(written)
    assert read is None or read[:4] == written.strip()[:4]


@pytest.mark.parametrize(
    ("inside", "read"),
    [
        ('<low value="2020"/><high value="2021"/>', ("2020", "2021")),
        ('<high value="2021"/>', (None, "2021")),
        ('<low nullFlavor="UNK"/><high nullFlavor="NA"/>', (None, None)),
        ('<center value="2020"/>', ("2020", None)),
    ],
)
def test_intervals_may_be_open_on_either_side(inside, read):
    assert interval(etree.fromstring(f'<effectiveTime xmlns="urn:hl7-org:v3">{inside}</effectiveTime>')) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [("7.2", 7.2), ("7,2", 7.2), ("100 000", 100000.0), ("-3", -3.0), (".5", 0.5), ("1e3", 1000.0), ("12 mg", None),
     ("nan", None), ("inf", None), ("", None), (None, None)],
)  # fmt: skip
def test_numbers_have_a_point_or_a_comma_and_nothing_else(written, read):
    assert number(written) == read


def test_a_code_and_its_translations_however_deep_come_in_order_and_once():
    code = etree.fromstring(
        '<code xmlns="urn:hl7-org:v3" nullFlavor="NA"><translation code="E11" codeSystem="2.16.840.1.113883.6.3">'
        '<translation code="44054006" codeSystem="2.16.840.1.113883.6.96" displayName="Diabète"/></translation>'
        '<translation code="E11" codeSystem="2.16.840.1.113883.6.3"/></code>'
    )
    assert codes_of(code) == [Code("E11", "CIM-10"), Code("44054006", "SNOMED CT", "Diabète")]


def test_system_names_come_from_the_oid_and_never_from_what_the_file_calls_it():
    assert system_name("2.16.840.1.113883.6.3") == "CIM-10"
    assert system_name("1.2.250.1.213.2.5") == system_name("1.2.250.1.215.300.1") == "CCAM"
    assert system_name("2.16.840.1.113883.6.73") == "ATC"
    assert system_name("9.9.9") == "9.9.9"
    assert system_name("") is None


def test_identifiers_are_written_as_xds_does():
    ids = etree.fromstring('<a><id root="1.2" extension="x"/><id root="1.2"/><id nullFlavor="NI"/></a>')
    assert [identifier(one) for one in ids] == ["1.2^x", "1.2", None]
