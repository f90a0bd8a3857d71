"""Data Docs: they look right without internet, and hold no value of a row."""

from __future__ import annotations

import re

import pytest

from limpide.warehouse.snapshots.account import ConservationRow
from quality.data_docs import standing_alone, write_site
from quality.validation import Validation, judged
from tests.quality.a_candidate import good_rows, written

SECRET = "DUPONT-MARTIN"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The pages of a night where a mention is wrong."""
    from limpide.warehouse.layout import Layout

    folder = tmp_path_factory.mktemp("site")
    layout = Layout(folder / "warehouse", folder / "vault")
    rows = good_rows()
    rows["note_nlp"][0] |= {"lexical_variant": SECRET, "term_exists": "?"}
    candidate = written(layout, rows)
    outcomes, pages = judged(layout, candidate, ("note_nlp", "death"))
    lost = ConservationRow(
        "labo", received=2, published=1, superseded=0, duplicated=0, quarantined=0, deleted=0, opposed=0
    )
    index = write_site(layout.docs, Validation(candidate, outcomes, [lost], pages))
    return {path.name: path.read_text("utf-8") for path in index.parent.iterdir()} | {
        "nights": (layout.docs / "index.html").read_text("utf-8")
    }


def test_a_page_a_table_that_was_judged_and_an_index(site):
    assert set(site) == {"index.html", "note_nlp.html", "nights"}
    assert '<a href="2026-11-22/index.html">' in site["nights"]


def test_nothing_is_fetched(site):
    for name, page in site.items():
        fetched = re.findall(r"""(?:src|href)\s*=\s*["']([^"'#]+)|url\(([^)]+)\)|@import""", page)
        assert {found for pair in fetched for found in pair if found} <= {
            "index.html", "note_nlp.html", "2026-11-22/index.html"
        }, name  # fmt: skip
        assert "http" not in page.replace("http-equiv", ""), name
        assert "<style>" in page


def test_failures_come_first_in_french_and_named_by_key(site):
    index = site["index.html"]
    assert "Publication refusée" in index
    assert index.index("En échec") < index.index("Par table")
    assert "La mention est mot pour mot le passage qu&#x27;elle désigne" in index
    assert "<td>11</td>" in index
    assert "NON" in index  # the law of conservation does not hold


def test_pages_are_in_french(site):
    page = site["note_nlp.html"]
    assert "Règles en échec" in page
    assert "term_exists vaut Y ou N" in page
    assert "must" not in page


def test_no_value_of_a_row_is_there(site):
    assert not any(SECRET in page for page in site.values())


def test_remote_scripts_styles_and_images_are_taken_out():
    page = (
        '<html><head><link rel="stylesheet" href="https://cdn/x.css"><script src="https://cdn/x.js"></script></head>'
        "<body><img src='https://cdn/logo.png'><p>Overview</p></body></html>"
    )
    alone = standing_alone(page)
    assert "cdn" not in alone
    assert "<p>Ensemble</p>" in alone
