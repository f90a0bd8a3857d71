"""How a landing folder is laid out."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from limpide.warehouse.night.landing import landing_of, nights_in, sources_of

NIGHT = date(2026, 11, 23)


def put(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")


def test_a_flat_landing_folder_belongs_to_any_night(tmp_path):
    put(tmp_path / "labo" / "a.xml", tmp_path / "b.xml")
    assert nights_in(tmp_path) == []
    assert landing_of(tmp_path, NIGHT) == tmp_path
    assert sources_of(tmp_path, NIGHT) == ["labo", "landing"]


def test_where_nights_are_laid_out_each_takes_its_own(tmp_path):
    put(tmp_path / "2026-11-23" / "labo" / "a.xml", tmp_path / "2026-11-22" / "radio" / "b.xml")
    assert nights_in(tmp_path) == [date(2026, 11, 22), NIGHT]
    assert sources_of(tmp_path, NIGHT) == ["labo"]


def test_a_night_that_is_not_laid_out_takes_nothing(tmp_path):
    put(tmp_path / "2026-11-22" / "radio" / "b.xml")
    assert sources_of(tmp_path, NIGHT) == []


def test_no_folder_is_no_night(tmp_path):
    assert nights_in(tmp_path / "none") == []
    assert sources_of(tmp_path / "none", NIGHT) == []
