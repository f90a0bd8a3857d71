"""The clinical vocabulary of the synthetic feed: diseases, drugs, analytes, acts, communes.

Belongs here: loading the TSV tables of `data/`, which a clinician reviews without reading Python.
Does not belong here: sentences (`data/phrases.json`), patients, documents.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Disease:
    """A chronic disease or an acute episode with its CIM-10 code and the ways doctors write it."""

    key: str
    code: str
    label: str
    surfaces: tuple[tuple[str, str], ...]  # (gender, words)
    sex: str
    min_age: int
    weight: int
    drugs: tuple[str, ...]
    labs: dict[str, float]
    reasons: tuple[str, ...]  # as sentences.py writes them: their signs are marked
    imaging: tuple[str, ...]  # keys of the acts that explore it


@dataclass(frozen=True, slots=True)
class Drug:
    """A drug by its ATC class, with brand, strengths and pattern of intake."""

    key: str
    atc: str
    dci: str
    brand: str
    strengths: tuple[str, ...]
    form: str
    form_short: str
    posology: str
    route: str
    route_text: str


@dataclass(frozen=True, slots=True)
class Analyte:
    """A laboratory test: LOINC, UCUM unit, reference range, and the normal distribution of healthy values."""

    key: str
    loinc: str
    label: str
    name: str
    surfaces: tuple[str, ...]
    chapter: str
    unit: str
    printed_unit: str
    low: float | None
    high: float | None
    mean: float
    sd: float
    decimals: int
    floor: float | None
    panel: str  # the heading under which a laboratory prints it


@dataclass(frozen=True, slots=True)
class Act:
    """An act with its CCAM code; `role` is exam, imaging or surgery."""

    key: str
    ccam: str
    label: str
    surfaces: tuple[tuple[str, str], ...]  # (gender, words)
    role: str
    modality: str
    region: str


@dataclass(frozen=True, slots=True)
class Device:
    """A device: implanted by the act `act` (EMDN class, GTIN of its UDI), or prescribed (LPP; codes of that shape)."""

    act: str
    emdn: str
    emdn_label: str
    lpp: str
    model: str
    gtin: str
    quantity: str


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune: INSEE code (Corsica is 2A/2B), postal code, name."""

    cog: str
    postal: str
    city: str


def _table(name: str) -> list[dict[str, str]]:
    lines = files("limpide.synth").joinpath("data", f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    head = lines[0].split("\t")
    return [dict(zip(head, line.split("\t"), strict=True)) for line in lines[1:]]


def _split(cell: str) -> tuple[str, ...]:
    return tuple(part for part in cell.split("|") if part)


def _gendered(cell: str) -> tuple[tuple[str, str], ...]:
    """`f:fibrillation auriculaire|f:FA` as pairs."""
    return tuple((part[0], part[2:]) for part in _split(cell))


def _number(cell: str) -> float | None:
    return float(cell) if cell else None


def _disease(row: dict[str, str]) -> Disease:
    return Disease(
        key=row["key"],
        code=row["code"],
        label=row["label"],
        surfaces=_gendered(row["surfaces"]),
        sex=row["sex"],
        min_age=int(row["min_age"]),
        weight=int(row.get("weight", "1")),
        drugs=_split(row["drugs"]),
        labs={key: float(value) for key, value in (pair.split("=") for pair in _split(row["labs"]))},
        reasons=tuple(filter(None, row.get("reasons", "").split(";"))),
        imaging=_split(row.get("imaging", "")),
    )


@cache
def chronic() -> tuple[Disease, ...]:
    """Chronic diseases, with their weight in the population (percent of those of age)."""
    return tuple(_disease(row) for row in _table("conditions"))


@cache
def episodes() -> tuple[Disease, ...]:
    """Acute episodes that bring a patient to hospital."""
    return tuple(_disease(row) for row in _table("episodes"))


@cache
def drugs() -> dict[str, Drug]:
    """Drugs by key."""
    return {
        row["key"]: Drug(
            row["key"],
            row["atc"],
            row["dci"],
            row["brand"],
            _split(row["strengths"]),
            row["form"],
            row["form_short"],
            row["posology"],
            row["route"],
            row["route_text"],
        )
        for row in _table("drugs")
    }


@cache
def analytes() -> dict[str, Analyte]:
    """Laboratory tests by key, in the order a laboratory prints them."""
    return {
        row["key"]: Analyte(
            row["key"],
            row["loinc"],
            row["label"],
            row["name"],
            _split(row["surfaces"]),
            row["chapter"],
            row["unit"],
            row["printed_unit"],
            _number(row["low"]),
            _number(row["high"]),
            float(row["mean"]),
            float(row["sd"]),
            int(row["decimals"]),
            _number(row["floor"]),
            row["panel"],
        )
        for row in _table("analytes")
    }


@cache
def acts(role: str) -> tuple[Act, ...]:
    """Acts of one role."""
    return tuple(
        Act(
            row["key"],
            row["ccam"],
            row["label"],
            _gendered(row["surfaces"]),
            row["role"],
            row["modality"],
            row["region"],
        )
        for row in _table("acts")
        if row["role"] == role
    )


@cache
def devices(act: str) -> tuple[Device, ...]:
    """Devices that an act leaves in the body, or, for 'prescribed', those that a patient goes home with."""
    return tuple(Device(**row) for row in _table("devices") if row["act"] == act)


@cache
def germs(kind: str) -> tuple[tuple[str, str], ...]:
    """Codes and names of organisms ('germ', SNOMED CT) or of the antibiotics they are tried with ('drug', LOINC)."""
    return tuple((row["code"], row["label"]) for row in _table("germs") if row["kind"] == kind)


@cache
def communes() -> tuple[Commune, ...]:
    """Communes where patients are born and live."""
    return tuple(Commune(row["cog"], row["postal"], row["city"]) for row in _table("communes"))
