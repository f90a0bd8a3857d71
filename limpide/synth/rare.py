"""What few documents hold: implants, devices to go home with, pregnancies, antibiograms, structured imaging reports.

Belongs here: which of them a patient has, and the truth of each. Does not belong here: the XML of entries
(formats/rare_entries.py), sections that most documents have (structured.py). What a patient has follows from the
seed and the patient alone: implants and pregnancies are the same from one summary to the next.
"""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

from limpide.synth.cases import french
from limpide.synth.catalogue import Act, Device, germs
from limpide.synth.catalogue import devices as known_devices
from limpide.synth.content import Content
from limpide.synth.formats import entries as xml
from limpide.synth.formats import rare_entries

if TYPE_CHECKING:
    from limpide.synth.structured import Structured

_PREGNANCY = (
    ("11996-6", "Nombre de grossesses"),
    ("11640-0", "Nombre d'accouchements"),
    ("8665-2", "Date des dernières règles"),
)
_ANSWERS = {"S": "Sensible", "I": "Sensible à forte posologie", "R": "Résistant"}
_CONTRAST = {
    "CT": ("V08AB10", "Ioméprol", "90"),
    "MR": ("V08CA09", "Gadobutrol", "15"),
}


def devices(made: Structured) -> None:
    """Implants left by the operations of the patient, each with its UDI."""
    case = made.case
    implants = [(device, day) for act, day in case.state.surgery for device in known_devices(act.key)]
    if not implants:
        return
    section, table = made.section("46264-8", "Dispositifs médicaux", ("Date", "Dispositif", "Identifiant"))
    for device, day in implants:
        rng = Random(f"{case.seed}/device/{case.patient.index}/{device.act}")
        lot, serial = f"L{rng.randrange(10**5):05d}", f"{rng.randrange(10**7):07d}"
        expiry = day + timedelta(days=900)
        udi = f"(01){device.gtin}(17){expiry:%y%m%d}(10){lot}(21){serial}"
        anchor = made.entries.anchor("dm")
        made.entries.row(table, (french(day), device.model, udi), anchor, 1)
        made.entries.add(section, rare_entries.device(made.entries, device, anchor, f"{day:%Y%m%d}", udi))
        made.fact(
            "device", section, device.model, device.emdn, rare_entries.EMDN, time_start=day.isoformat(), udi=udi,
            lot=lot, serial=serial, quantity=float(device.quantity),
        )  # fmt: skip


def prescribed_device(made: Structured) -> None:
    """A device to go home with: planned, known by its LPP code."""
    device: Device = made.rng.choice(known_devices("prescribed"))
    day = made.case.day
    section, table = made.section("46264-8", "Dispositifs médicaux prescrits", ("Dispositif", "Quantité"))
    anchor = made.entries.anchor("dm")
    made.entries.row(table, (device.model, device.quantity), anchor, 0)
    made.entries.add(section, rare_entries.device(made.entries, device, anchor, f"{day:%Y%m%d}", None))
    made.fact(
        "device", section, device.model, device.lpp, rare_entries.LPP, planned=True, time_start=day.isoformat(),
        quantity=float(device.quantity),
    )  # fmt: skip


def pregnancies(made: Structured) -> None:
    """Pregnancies of a woman of 18 and more: how many, deliveries, and last period while she may be pregnant."""
    case = made.case
    age = case.patient.age(case.day)
    rng = Random(f"{case.seed}/pregnancies/{case.patient.index}")
    count = rng.choice((0, 1, 2, 2, 3, 4))
    if case.patient.sex != "F" or age < 18 or not count:
        return
    said = [str(count), str(max(0, count - rng.choice((0, 0, 1))))]
    if age < 45 and rng.random() < 0.5:
        said.append(f"{case.day - timedelta(days=rng.randrange(20, 250)):%Y%m%d}")
    section, table = made.section("10162-6", "Grossesses", ("Élément", "Valeur"))
    for (loinc, label), value in zip(_PREGNANCY, said, strict=False):
        anchor = made.entries.anchor("gr")
        dated = len(value) == 8
        shown = f"{value[6:]}/{value[4:6]}/{value[:4]}" if dated else value
        made.entries.row(table, (label, shown), anchor, 0)
        made.entries.add(
            section, rare_entries.pregnancy(made.entries, loinc, label, anchor, f"{case.day:%Y%m%d}", value)
        )
        made.fact(
            "observation", section, label, loinc, xml.LOINC, time_start=case.day.isoformat(),
            value=None if dated else float(value),
            value_text=f"{value[:4]}-{value[4:6]}-{value[6:]}" if dated else None,
        )  # fmt: skip


def microbiology(made: Structured) -> Content:
    """Culture of urine: one organism and what it answers to each antibiotic."""
    case, rng = made.case, made.rng
    code, organism = rng.choice(germs("germ"))
    when, day = f"{case.day:%Y%m%d}0735+0100", case.day.isoformat()
    section, table = made.section("18725-2", "Microbiologie", ("Germe ou antibiotique", "Résultat"))
    table.widths = (0.6, 0.4)
    named = made.entries.anchor("germe")
    made.entries.row(table, (organism, "10*6 UFC/mL"), named, 0)
    made.fact("observation", section, organism, code, xml.SNOMED, time_start=day, specimen="Urine")
    answers = []
    for loinc, drug in sorted(rng.sample(germs("drug"), 6), key=lambda pair: pair[1]):
        judged = rng.choices(tuple(_ANSWERS), (7, 1, 2))[0]
        anchor = made.entries.anchor("atb")
        made.entries.row(table, (drug, _ANSWERS[judged]), anchor, 0)
        answers.append(rare_entries.susceptibility(loinc, drug, anchor, when, judged, _ANSWERS[judged]))
        made.fact(
            "measurement", section, drug, loinc, xml.LOINC, time_start=day, value_text=_ANSWERS[judged], flag=judged,
            specimen=organism,
        )  # fmt: skip
    made.entries.add(section, rare_entries.isolate(code, organism, named, when, answers))
    return made.content("Compte rendu d'examen cytobactériologique des urines")


def contrast(made: Structured, act: Act) -> None:
    """The contrast medium that an examination with injection was done with."""
    if "avec injection" not in act.label or act.modality not in _CONTRAST:
        return
    atc, label, dose = _CONTRAST[act.modality]
    day = made.case.day
    section, table = made.section("55111-9", "Technique", ("Produit de contraste", "Dose"))
    anchor = made.entries.anchor("pc")
    made.entries.row(table, (label, f"{dose} mL"), anchor, 0)
    made.entries.add(section, rare_entries.contrast(made.entries, atc, label, anchor, f"{day:%Y%m%d}", dose))
    made.fact("drug", section, label, atc, xml.ATC, time_start=day.isoformat(), dose=float(dose), dose_unit="mL")
