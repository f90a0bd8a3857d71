"""What a synthetic patient lives with: diseases, treatments, past acts, laboratory values on any day.

Belongs here: health as a function of (seed, patient, day), so that two documents of one patient agree without
anything kept in memory. Does not belong here: wording (letters.py), identities (population.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import blake2b
from random import Random
from statistics import NormalDist

from limpide.synth.catalogue import Act, Analyte, Disease, Drug, acts, analytes, chronic, drugs, episodes
from limpide.synth.population import Patient

ALLERGENS = (
    ("pénicilline", "J01CE", "allergie à la pénicilline", "416098002", "allergie médicamenteuse"),
    ("sulfamides", "J01E", "allergie aux sulfamides", "416098002", "allergie médicamenteuse"),
    ("acide acétylsalicylique", "N02BA01", "allergie à l'aspirine", "416098002", "allergie médicamenteuse"),
    ("produits de contraste iodés", "V08A", "allergie à l'iode", "416098002", "allergie médicamenteuse"),
    ("pollens de graminées", None, "allergie aux pollens de graminées", "426232007", "allergie environnementale"),
    ("arachide", None, "allergie à l'arachide", "414285001", "allergie alimentaire"),
)

# Vaccines by ATC class, with the share of patients who had them (percent).
VACCINES = (
    ("J07BB02", "Vaccin grippal", 55),
    ("J07BN01", "Vaccin COVID-19 à ARN messager", 60),
    ("J07AL02", "Vaccin pneumococcique conjugué", 25),
    ("J07CA01", "Vaccin diphtérie, tétanos, poliomyélite", 50),
)

RELATIVES = (
    ("FTH", "père"),
    ("MTH", "mère"),
    ("BRO", "frère"),
    ("SIS", "sœur"),
    ("GRFTH", "grand-père"),
    ("GRMTH", "grand-mère"),
)
FAMILY_DISEASES = ("dt2", "hta", "ksein", "kprost", "coro", "asthme", "glaucome", "epil")


@dataclass(frozen=True, slots=True)
class Posology:
    """How a drug is taken: printed text, dose with its printed unit, period in UCUM."""

    text: str
    dose: float
    unit: str
    period: float
    period_unit: str


@dataclass(frozen=True, slots=True)
class Treatment:
    """A drug a patient takes, since when, and for what."""

    drug: Drug
    strength: str
    posology: Posology
    since: date
    disease: Disease | None

    @property
    def printed(self) -> str:
        """`AMLOR 5 mg`."""
        return f"{self.drug.brand} {self.strength}"


@dataclass(frozen=True, slots=True)
class Health:
    """A patient's lasting state."""

    diseases: tuple[tuple[Disease, date], ...]
    treatments: tuple[Treatment, ...]
    surgery: tuple[tuple[Act, date], ...]
    allergy: tuple[str, str | None, str, str, str] | None
    family: tuple[Disease, str, str] | None
    pack_years: int
    height_cm: int
    weight_kg: float
    vaccines: tuple[tuple[str, str, date, str | None], ...]  # ATC, name, day, lot; no lot: refused

    def has(self, key: str) -> bool:
        """Whether the patient lives with a disease."""
        return any(disease.key == key for disease, _ in self.diseases)


@dataclass(frozen=True, slots=True)
class Stay:
    """An acute episode: disease, entry, discharge, and the drugs started for it."""

    number: str
    disease: Disease
    start: date
    end: date
    reason: str
    started: tuple[Treatment, ...]


_ONE = {
    "daily": (("1 {f} le matin", 1, 1), ("1 {f} par jour", 1, 1), ("1-0-0", 1, 1), ("1 {s}/j", 1, 1)),
    "evening": (("1 {f} le soir", 1, 1), ("1 {f} au coucher", 1, 1), ("0-0-1", 1, 1)),
    "bid": (
        ("1 {f} matin et soir", 1, 12),
        ("1 {f} deux fois par jour", 1, 12),
        ("1-0-1", 1, 12),
        ("1 {s} x 2/j", 1, 12),
    ),
    "tid": (
        ("1 {f} trois fois par jour", 1, 8),
        ("1-1-1", 1, 8),
        ("1 {s} x 3/j", 1, 8),
        ("1 {f} matin, midi et soir", 1, 8),
    ),
    "weekly": (("1 {f} par semaine", 1, 7), ("1 {f} le lundi", 1, 7)),
    "monthly": (("1 {f} par mois", 1, 1),),
    "quarterly": (("1 injection tous les 3 mois", 1, 3),),
    "prn": (("2 {f}s si besoin", 2, 6), ("1 à 2 {f}s en cas de gêne", 1, 6)),
}
_PERIOD = {
    "daily": "d",
    "evening": "d",
    "bid": "h",
    "tid": "h",
    "weekly": "d",
    "monthly": "mo",
    "quarterly": "mo",
    "prn": "h",
}
# French plural of the pharmaceutical forms that "2 {f}s" would otherwise spell wrong is regular here: bouffées.


def posology(drug: Drug, rng: Random) -> Posology:
    """One way to take this drug."""
    if drug.posology == "units":
        units = rng.choice((8, 10, 12, 14, 16, 18, 20, 24))
        return Posology(rng.choice((f"{units} UI le soir", f"{units} unités au coucher")), units, "UI", 1, "d")
    text, dose, period = rng.choice(_ONE[drug.posology])
    printed = text.format(f=drug.form, s=drug.form_short)
    return Posology(printed, dose, drug.form, period, _PERIOD[drug.posology])


def treatment(key: str, since: date, disease: Disease | None, rng: Random) -> Treatment:
    """A drug of the catalogue with one strength and one posology."""
    drug = drugs()[key]
    return Treatment(drug, rng.choice(drug.strengths), posology(drug, rng), since, disease)


def health(seed: int, patient: Patient) -> Health:
    """The lasting state of a patient; diseases by age and sex, one or two drugs for each."""
    rng = Random(f"{seed}/health/{patient.index}")
    today = date(2026, 6, 30)
    age = patient.age(today)
    diseases = []
    for disease in chronic():
        if (disease.sex and disease.sex != patient.sex) or age < disease.min_age:
            continue
        if rng.random() * 100 < disease.weight * (1.6 if age > 65 else 1.0):
            years = min(age - disease.min_age, 25)
            diseases.append((disease, today - timedelta(days=rng.randrange(90, 365 * max(1, years) + 91))))
    rng.shuffle(diseases)
    diseases = diseases[: rng.choice((3, 4, 5, 6))]
    taken: dict[str, Treatment] = {}
    for disease, onset in diseases:
        for key in rng.sample(disease.drugs, min(len(disease.drugs), rng.choice((1, 1, 2)))):
            if not _same_class(key, taken):
                taken[key] = treatment(key, onset, disease, rng)
    surgery = tuple(
        (act, today - timedelta(days=rng.randrange(400, 6000)))
        for act in rng.sample(acts("surgery"), rng.choice((0, 0, 1, 1, 2)))
        if age > 45 or act.key == "appendic"
    )
    family = None
    if rng.random() < 0.4:
        key = rng.choice(FAMILY_DISEASES)
        disease = next(each for each in chronic() if each.key == key)
        code, word = rng.choice(RELATIVES)
        if disease.key not in {"kprost", "ksein"} or (disease.key == "ksein") == (code in {"MTH", "SIS", "GRMTH"}):
            family = (disease, code, word)
    return Health(
        diseases=tuple(diseases),
        treatments=tuple(taken.values()),
        surgery=surgery,
        allergy=rng.choice(ALLERGENS) if rng.random() < 0.25 else None,
        family=family,
        pack_years=rng.choice((0, 0, 0, 5, 10, 15, 20, 30, 40)),
        height_cm=int(rng.gauss(163 if patient.sex == "F" else 176, 6)),
        weight_kg=round(rng.gauss(66 if patient.sex == "F" else 79, 11), 1),
        vaccines=tuple(
            (atc, name, today - timedelta(days=rng.randrange(30, 900)), _lot(rng))
            for atc, name, share in VACCINES
            if rng.random() * 100 < share
        ),
    )


def _lot(rng: Random) -> str | None:
    return None if rng.random() < 0.1 else f"{rng.choice('ABCDEFGH')}{rng.randrange(10**5):05d}"


def _same_class(key: str, taken: Iterable[str]) -> bool:
    """Whether a drug of the same ATC subgroup is taken already: nobody takes two, but for insulins."""
    group = drugs()[key].atc[:4]
    return key in taken or (group != "A10A" and any(drugs()[each].atc[:4] == group for each in taken))


def stay(seed: int, patient: Patient, on: date) -> Stay:
    """The hospital stay that ends about `on`; one a fortnight at most, the same for every document that asks."""
    fortnight = on.toordinal() // 14
    rng = Random(f"{seed}/stay/{patient.index}/{fortnight}")
    age = patient.age(on)
    fit = [each for each in episodes() if (not each.sex or each.sex == patient.sex) and age >= each.min_age]
    disease = rng.choice(fit) if fit else episodes()[-2]
    end = on - timedelta(days=1)
    start = end - timedelta(days=rng.randrange(1, 9))
    chosen = rng.sample(disease.drugs, min(len(disease.drugs), rng.choice((1, 2))))
    started = tuple(treatment(key, start, disease, rng) for key in chosen)
    number = f"{start:%y}{rng.randrange(10**7):07d}"
    return Stay(number, disease, start, end, rng.choice(disease.reasons), started)


def _drawn(name: str) -> float:
    """A number between 0 and 1 that the name alone decides: a hash, ten times cheaper than seeding a generator."""
    return (int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big") + 0.5) / 2**64


def _normal(name: str) -> float:
    """The same, of the standard normal distribution."""
    return _NORMAL.inv_cdf(_drawn(name))


def lab_value(
    seed: int, patient: Patient, state: Health, test: Analyte, on: date, acute: Disease | None = None
) -> float:
    """The value of a test that day: the patient's own level, moved by disease, with the day's noise."""
    if test.key in _DERIVED:
        names, formula = _DERIVED[test.key]
        parts = (lab_value(seed, patient, state, analytes()[name], on, acute) for name in names)
        return round(max(formula(*parts), 10.0**-test.decimals), test.decimals)
    own = f"{seed}/lab/{patient.index}/{test.key}"
    level = test.mean + test.sd * _normal(own)
    for disease, _ in state.diseases:
        if test.key in disease.labs:
            level = disease.labs[test.key] * (0.9 + 0.22 * _drawn(f"{own}/{disease.key}"))
    if acute is not None and test.key in acute.labs:
        level = acute.labs[test.key] * (0.8 + 0.45 * _drawn(f"{own}/{acute.key}"))
    value = level + test.sd * 0.35 * _normal(f"{own}/{on.toordinal()}")
    lowest = 10.0**-test.decimals
    return round(max(value, lowest), test.decimals)


_NORMAL = NormalDist()


def _share(part: float, whole: float) -> float:
    return 100 * part / whole


# What laboratories compute rather than measure: from which tests, and how.
_DERIVED: dict[str, tuple[tuple[str, ...], Callable[..., float]]] = {
    "ht": (("hb", "ccmh"), _share),
    "hematies": (("ht", "vgm"), lambda ht, vgm: 10 * ht / vgm),
    "tcmh": (("hb", "hematies"), lambda hb, hematies: 10 * hb / hematies),
    "pnn": (("gb", "lympho", "mono", "pne", "pnb"), lambda whole, *others: whole - sum(others)),
    **{f"{key}_p": ((key, "gb"), _share) for key in ("pnn", "pne", "pnb", "lympho", "mono")},
    "nonhdl": (("chol", "hdl"), lambda total, hdl: total - hdl),
    "cst": (("fer", "transf"), lambda iron, transferrin: 100 * iron / (25 * transferrin)),
}

_HEMOGRAM = (
    "hematies", "hb", "ht", "vgm", "tcmh", "ccmh", "idr", "gb", "pnn_p", "pnn", "pne_p", "pne", "pnb_p", "pnb",
    "lympho_p", "lympho", "mono_p", "mono", "plaq", "vpm",
)  # fmt: skip

# What a full report holds, with the share of reports that hold it (percent).
_FULL: tuple[tuple[int, tuple[str, ...]], ...] = (
    (92, _HEMOGRAM),
    (88, ("na", "k", "cl", "bicar", "prot")),
    (35, ("ca", "phos", "mg")),
    (90, ("urea", "creat", "dfg")),
    (70, ("asat", "alat", "ggt", "pal", "bili")),
    (25, ("bilic", "ldh", "lipase")),
    (50, ("chol", "hdl", "nonhdl", "ldl", "trig")),
    (60, ("crp",)),
    (45, ("glucose", "hba1c")),
    (35, ("tsh",)),
    (12, ("t4l",)),
    (25, ("fer", "transf", "cst", "ferritine")),
    (20, ("vitd", "b12", "folates")),
    (35, ("tp", "inr", "tca", "fibri")),
    (10, ("ddim",)),
    (15, ("tropo", "ntprobnp", "cpk")),
    (25, ("albumine", "urate")),
)


def full_panel(rng: Random, state: Health, acute: Disease | None = None) -> list[Analyte]:
    """The tests of one whole report, some 25 to 55: what the diseases call for, and the panels of a check-up."""
    wanted = {key for disease, _ in state.diseases for key in disease.labs}
    if acute is not None:
        wanted |= set(acute.labs)
    for share, panel in _FULL:
        if rng.random() * 100 < share:
            wanted |= set(panel)
    return [test for key, test in analytes().items() if key in wanted]


def lab_panel(rng: Random, state: Health, acute: Disease | None = None) -> list[Analyte]:
    """The tests of which a letter speaks: those that the diseases call for, then a usual block."""
    table = analytes()
    wanted = {key for disease, _ in state.diseases for key in disease.labs}
    if acute is not None:
        wanted |= set(acute.labs)
    blocks: tuple[tuple[str, ...], ...] = (
        ("na", "k", "creat", "urea", "dfg"),
        ("cl", "bicar", "prot"),
        ("hb", "ht", "vgm", "gb", "lympho", "plaq"),
        ("gb", "pnn", "mono", "plaq"),
        ("glucose", "hba1c"),
        ("alat", "asat", "ggt", "bili"),
        ("pal", "ggt", "lipase"),
        ("chol", "hdl", "ldl", "trig"),
        ("crp",),
        ("tsh",),
        ("ferritine", "vitd", "ca"),
        ("inr", "ddim"),
        ("tp", "fibri"),
        ("tropo", "ntprobnp"),
        ("albumine", "urate"),
    )
    for block in rng.sample(blocks, rng.choice((2, 3, 3, 4))):
        wanted |= set(block)
    return [test for key, test in table.items() if key in wanted]


def flag(test: Analyte, value: float) -> str:
    """The interpretation code a laboratory prints: N, L, H."""
    if test.low is not None and value < test.low:
        return "L"
    if test.high is not None and value > test.high:
        return "H"
    return "N"
