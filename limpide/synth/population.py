"""Who the synthetic feed is about: patients, clinicians, care sites, drawn from the seed alone.

Belongs here: identities and their numbers (NIR and its key, RPPS, FINESS, IPP). A patient is a function of
(seed, index), so nothing is kept between two documents. Does not belong here: health (history.py), documents.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from random import Random

from limpide.synth.catalogue import Commune, communes

INS_TEST = "1.2.250.1.213.1.4.10"  # INS-NIR of test (formats.md section 2): never a real person's
OLDEST, YOUNGEST = 96, 16


@dataclass(frozen=True, slots=True)
class Pools:
    """Names drawn once from faker fr_FR; everything else picks in them by index."""

    families: tuple[str, ...]
    women: tuple[str, ...]
    men: tuple[str, ...]
    streets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Site:
    """A care site that sends documents: its folder in the landing zone, FINESS, OID of its patient numbers.

    `known_for`: a line of its letterhead that names diseases, none of them a patient's.
    """

    source: str
    name: str
    finess: str
    ipp_root: str
    street: str
    commune: Commune
    phone: str
    facility: str
    facility_text: str
    services: tuple[str, ...]
    known_for: str = ""


@dataclass(frozen=True, slots=True)
class Clinician:
    """A health professional, with RPPS (11 digits) and specialty (TRE_R38 style SMxx codes)."""

    rpps: str
    family: str
    given: str
    sex: str
    specialty: str
    specialty_text: str

    @property
    def titled(self) -> str:
        """As letters sign: `Dr Claire MARTIN`."""
        return f"Dr {self.given} {self.family.upper()}"


@dataclass(frozen=True, slots=True)
class Patient:
    """A synthetic patient."""

    index: int
    sex: str
    birth: date
    family: str
    used: str
    given: tuple[str, ...]
    ins: str
    ipp: str
    birth_place: Commune
    street: str
    commune: Commune
    phone: str
    mobile: str
    email: str | None

    @property
    def civility(self) -> str:
        """`Monsieur` or `Madame`."""
        return "Madame" if self.sex == "F" else "Monsieur"

    @property
    def short(self) -> str:
        """`M.` or `Mme`."""
        return "Mme" if self.sex == "F" else "M."

    @property
    def full(self) -> str:
        """Used name, capitals, then first given name."""
        return f"{self.used.upper()} {self.given[0]}"

    def age(self, on: date) -> int:
        """Whole years on a day."""
        return on.year - self.birth.year - ((on.month, on.day) < (self.birth.month, self.birth.day))


SITES = (
    Site(
        "chu-lumiere",
        "CHU Lumière",
        "380999901",
        "1.2.250.1.999.380.1",
        "12 boulevard des Alpes",
        Commune("38185", "38000", "Grenoble"),
        "0476990100",
        "SA01",
        "Etablissement public de santé",
        ("Service de médecine interne", "Service de cardiologie", "Service de pneumologie", "Service des urgences"),
    ),
    Site(
        "labo-bievre",
        "Laboratoire de biologie médicale de la Bièvre",
        "380999902",
        "1.2.250.1.999.380.2",
        "4 place du Marché",
        Commune("38130", "38260", "La Côte-Saint-André"),
        "0474990200",
        "SA25",
        "Laboratoire de biologie médicale",
        ("Plateau technique",),
    ),
    Site(
        "clinique-des-tilleuls",
        "Clinique des Tilleuls",
        "690999903",
        "1.2.250.1.999.690.3",
        "27 cours Émile-Zola",
        Commune("69266", "69100", "Villeurbanne"),
        "0478990300",
        "SA04",
        "Etablissement privé non PSPH",
        ("Chirurgie viscérale", "Orthopédie", "Imagerie médicale"),
        "Centre de référence du diabète et de l'hypertension",
    ),
    Site(
        "cabinet-belledonne",
        "Maison de santé Belledonne",
        "380999904",
        "1.2.250.1.999.380.4",
        "3 rue des Écoles",
        Commune("38126", "38190", "Crolles"),
        "0476990400",
        "SA08",
        "Maison de santé",
        ("Médecine générale",),
    ),
)

SPECIALTIES = {
    "chu-lumiere": (
        ("SM04", "Médecin - Cardiologie et maladies vasculaires (SM)"),
        ("SM40", "Médecin - Pneumologie (SM)"),
        ("SM27", "Médecin - Médecine interne (SM)"),
    ),
    "labo-bievre": (("SM03", "Médecin - Biologie médicale (SM)"),),
    "clinique-des-tilleuls": (
        ("SM44", "Médecin - Radio-diagnostic (SM)"),
        ("SM12", "Médecin - Chirurgie viscérale et digestive (SM)"),
    ),
    "cabinet-belledonne": (("SM26", "Médecin - Qualifié en Médecine Générale (SM)"),),
}


def nir(sex: str, birth: date, birth_place: Commune, order: int) -> str:
    """A NIR of 15 characters with its key, 97 - (n mod 97), Corsica counted as 19 and 18 (formats.md section 2)."""
    body = f"{'2' if sex == 'F' else '1'}{birth:%y%m}{birth_place.cog}{order:03d}"
    number = int(body.replace("2A", "19").replace("2B", "18"))
    return f"{body}{97 - number % 97:02d}"


def luhn_key(digits: str) -> str:
    """The last digit that makes a number pass Luhn's check, as RPPS and FINESS do."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if position % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


class Population:
    """Patients and clinicians of one seed; `patient(i)` is cheap, cached, and depends on nothing else."""

    def __init__(self, seed: int, patients: int) -> None:
        self.seed = seed
        self.patients = patients
        self.pools = _pools(seed)
        self.clinicians = {site.source: self._staff(site) for site in SITES}
        self.patient = lru_cache(maxsize=4096)(self._patient)

    def _staff(self, site: Site) -> tuple[Clinician, ...]:
        rng = Random(f"{self.seed}/staff/{site.source}")
        staff = []
        for _ in range(12):
            sex = rng.choice("FM")
            specialty, text = rng.choice(SPECIALTIES[site.source])
            number = f"10{rng.randrange(10**8):08d}"
            family = rng.choice(self.pools.families)
            given = rng.choice(self.pools.women if sex == "F" else self.pools.men)
            staff.append(Clinician(number + luhn_key(number), family, given, sex, specialty, text))
        return tuple(staff)

    def _patient(self, index: int) -> Patient:
        rng = Random(f"{self.seed}/patient/{index}")
        pools = self.pools
        sex = "F" if rng.random() < 0.53 else "M"
        age = YOUNGEST + (OLDEST - YOUNGEST) * rng.betavariate(2.6, 1.6)
        birth = date(2026, 6, 30) - timedelta(days=int(age * 365.25))
        givens = pools.women if sex == "F" else pools.men
        given = tuple(dict.fromkeys(rng.choice(givens) for _ in range(rng.choice((1, 2, 2, 3)))))
        family = rng.choice(pools.families)
        married = sex == "F" and rng.random() < 0.45
        used = rng.choice(pools.families) if married else family
        born = rng.choice(communes())
        ins = nir(sex, birth, born, rng.randrange(1, 1000))
        home = rng.choice(communes())
        email = None
        if rng.random() < 0.4:
            email = f"{_ascii(given[0])}.{_ascii(used)}{rng.randrange(100)}@courriel.example"
        return Patient(
            index=index,
            sex=sex,
            birth=birth,
            family=family,
            used=used,
            given=given,
            ins=ins,
            ipp=f"{8_000_000_000 + index * 7919 % 999_999_937:010d}",
            birth_place=born,
            street=f"{rng.randrange(1, 180)} {rng.choice(pools.streets)}",
            commune=home,
            phone=f"04{rng.randrange(10**8):08d}",
            mobile=f"06{rng.randrange(10**8):08d}",
            email=email,
        )


def _ascii(name: str) -> str:
    import unicodedata

    folded = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return "".join(character for character in folded if character.isalnum())


@lru_cache(maxsize=8)
def _pools(seed: int) -> Pools:
    from faker import Faker

    fake = Faker("fr_FR")
    fake.seed_instance(seed)
    return Pools(
        families=tuple(dict.fromkeys(fake.last_name() for _ in range(900))),
        women=tuple(dict.fromkeys(fake.first_name_female() for _ in range(400))),
        men=tuple(dict.fromkeys(fake.first_name_male() for _ in range(400))),
        streets=tuple(dict.fromkeys(fake.street_name() for _ in range(800))),
    )
