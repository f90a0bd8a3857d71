"""Letters to measure masking on: invented people, every way of writing them, and the truth to the character.

Belongs here: the generator. Half of the names come from faker (as in our lists), half are invented from syllables, so
that no list can know them; clinical sentences are full of eponyms and brands that look like names.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from random import Random

from limpide.document import Document, Header, Identifier, Patient
from limpide.identity.ins import nir_key

_SYLLABLES = (
    "ba", "bré", "ca", "cor", "da", "dré", "fa", "gwen", "ha", "jou", "ka", "ker", "la", "lé", "ma", "men", "mor", "na",
    "nou", "pen", "pla", "qué", "ra", "rou", "sa", "ta", "tré", "va", "zé",
)  # fmt: skip
_ENDS = ("c", "d", "n", "nec", "rec", "s", "t", "ul", "x", "zon")
_TOWNS = (
    "Quimper", "Brest", "Vannes", "Saint-Malo", "La Rochelle", "Lannion", "Le Havre", "Villeneuve-sur-Lot", "Tours",
    "Nice",
)  # fmt: skip
_STREETS = (
    "rue des Tanneurs", "avenue de la République", "boulevard Gambetta", "impasse des Ajoncs", "place du Marché",
    "rue du 8 Mai", "allée des Camélias", "chemin de Kergoat", "rue du Général de Gaulle", "quai de l'Odet",
)  # fmt: skip
CLINICAL = (
    "Maladie de Parkinson depuis 2015, traitée par Modopar.",
    "Maladie de Crohn iléale sous Humira, pas de poussée.",
    "Sclérose latérale amyotrophique (maladie de Charcot) écartée.",
    "Syndrome de Claude Bernard-Horner gauche, signe de Babinski absent.",
    "Thyroïdite de Hashimoto substituée par Lévothyrox 75 µg.",
    "Score de Glasgow à 15, score de Rankin à 1, indice de Barthel à 90.",
    "Syndrome de Raynaud, maladie de Basedow ancienne, lymphome de Hodgkin en rémission.",
    "Kardégic 75 mg, Tahor 20 mg, Xarelto 20 mg et Doliprane si besoin.",
    "Hernie opérée selon Lichtenstein, drain de Redon retiré à J2.",
    "Hémoglobine 13,2 g/dL, créatinine 78 µmol/L, plaquettes 245 000 /mm3, INR 2,5.",
    "TA 130/80 mmHg, FC 72/min, poids 72 kg, taille 168 cm, IMC 25,5 kg/m2.",
    "Scanner du 12/03/2024 : nodule de 12 mm, Doppler et Holter sans anomalie.",
    "Prélèvement : Escherichia coli, S. aureus, H. pylori négatif, Staphylocoque doré.",
    "Diabète de type 2, HTA, rétinopathie, neuropathie, pas d'AVC ni d'infarctus.",
    "Pace-maker Medtronic, prothèse de Starr, stent actif.",
    "Chimiothérapie par Folfox, 6 cures du 03/01/2023 au 12/04/2023, dose 85 mg/m2.",
)
_OPENING = (
    "Cher Confrère,\nJe vous remercie de m'avoir adressé {pat_titled}, née le {birth}, demeurant {address}.",
    "Concerne : {pat}\nNée le {birth} à {town} - INS {ins} - IPP : {ipp}\nAdresse : {address}\nTél. : {phone}",
    "Nom de naissance : {family}\nPrénoms : {given}\nDate de naissance : {birth}\nSexe : F\nN° de séjour : {stay}",
    "Patient : {pat} | F | {birth} | {ipp}\nINS : {ins}\nTéléphone : {phone} - courriel : {mail}",
)
_MIDDLE = (
    "{pat_titled} vit avec son époux {given2}, sa fille {given3} habite à {town}.",
    "La patiente, accompagnée de sa fille {other}, est venue ce jour.",
    "Vue en consultation par le Dr {other} le 12/03/2024.",
    "Avis demandé auprès du {doctor}, joignable au {phone}.",
    "Personne à prévenir : {other} ({phone}).",
    "Intervention réalisée par le {doctor}, aide : {other}.",
    "{pat} a été informée des résultats.",
    "Pour mémoire, {initial} avait été hospitalisée en 2019.",
    "Échanges avec {other_pair} (kinésithérapeute) et {doctor}.",
)
_CLOSING = (
    "Confraternellement,\nDr {other}\nRPPS {rpps}\n{mail}",
    "Signé électroniquement par {other_pair} le 14/03/2024",
    "Copie : {doctor}, {address}",
    "Rédigé par : {other_pair}\nValidé par : {doctor}",
)


@dataclass(slots=True)
class Letter:
    """A document, its identifiers (start, end, kind) and the places of its clinical sentences."""

    document: Document
    identifiers: list[tuple[int, int, str]]
    clinical: list[tuple[int, int]]


class _Writer:
    def __init__(self, rng: Random, pools: tuple[list[str], list[str]]) -> None:
        self.rng = rng
        self.givens, self.families = pools
        self.family, self.used = self._family(), self._family()
        self.given = self._given()
        self.birth = (rng.randrange(1930, 2010), rng.randrange(1, 13), rng.randrange(1, 29))
        body = f"2{self.birth[0] % 100:02d}{self.birth[1]:02d}29{rng.randrange(10**6):06d}"
        self.ins = f"{body}{nir_key(body):02d}"
        self.ipp = f"{rng.randrange(8 * 10**9, 9 * 10**9)}"
        self.street = f"{rng.randrange(1, 150)} {rng.choice(_STREETS)}"
        self.code, self.town = f"{rng.randrange(1001, 95999):05d}", rng.choice(_TOWNS)

    def _family(self) -> str:
        rng = self.rng
        if rng.random() < 0.5:
            return rng.choice(self.families)
        made = "".join(rng.choice(_SYLLABLES) for _ in range(rng.choice((2, 3)))) + rng.choice(_ENDS)
        made = made.capitalize()
        return rng.choice((made, made, f"Le {made}", f"{made}-{rng.choice(self.families)}", f"de {made}"))

    def _given(self) -> str:
        one = self.rng.choice(self.givens)
        return one if self.rng.random() < 0.8 else f"{one}-{self.rng.choice(self.givens)}"

    def _pair(self, given: str, family: str) -> str:
        form = self.rng.randrange(4 if given[0] != "M" else 3)  # in 'M. MARTIN' the letter is a title
        return (
            f"{given} {family.upper()}",
            f"{family.upper()} {given}",
            f"{given} {family}",
            f"{given[0]}. {family.upper()}",
        )[form]

    def fill(self, what: str) -> tuple[str, str]:
        """The surface of a placeholder and its kind; what stands between « » inside is the identifier, if any does."""
        rng = self.rng
        family = rng.choice((self.family, self.used))
        if what in ("pat", "pat_titled"):
            name = self._pair(self.given, family)
            form = rng.randrange(6)
            if form == 0:
                name = _plain(name)
            elif form == 1:
                name = name.replace("-", " ")
            elif form == 2 and len(family) > 7 and " " not in family and "-" not in family:
                name = f"{self.given} {(family[:3] + family[4:]).upper()}"
            return (f"{rng.choice(('Mme', 'Madame'))} «{name}»" if what == "pat_titled" else name), "name"
        year, month, day = self.birth
        written = tuple(
            f"{day:02d}{s}{month:02d}{s}{y}" for s, y in (("/", year), (".", year), ("-", f"{year % 100:02d}"))
        )
        plain = {
            "family": (self.family.upper(), "name"),
            "given": (self.given, "name"),
            "initial": (f"Mme «{family[0].upper()}.»", "name"),
            "given2": (rng.choice(self.givens), "name"),
            "given3": (rng.choice(self.givens), "name"),
            "birth": (rng.choice(written), "birth"),
            "ins": (rng.choice((self.ins, _spaced(self.ins))), "ins"),
            "ipp": (self.ipp, "number"),
            "stay": (f"{rng.randrange(10**8, 10**9)}", "number"),
            "rpps": (f"10{rng.randrange(10**9):09d}", "number"),
            "phone": (_phone(rng), "phone"),
            "mail": (f"{_plain(self.given).lower()}.{_plain(family).lower().replace(' ', '')}@exemple.fr", "mail"),
            "town": (self.town, "town"),
            "address": (f"{self.street}{rng.choice((', ', ' ', chr(10)))}{self.code} {self.town}", "address"),
        }
        if what in plain:
            return plain[what]
        given, family = self._given(), self._family()
        if what == "doctor":
            name = rng.choice((self._pair(given, family), family.upper()))
            return f"{rng.choice(('Dr', 'Docteur', 'Pr', 'Dr.'))} «{name}»", "name"
        return (self._pair(given, family) if what == "other" else f"{given} {family.upper()}"), "name"

    def patient(self) -> Patient:
        ids = [Identifier(self.ins, "1.2.250.1.213.1.4.10"), Identifier(self.ipp, "1.2.3")]
        year, month, day = self.birth
        return Patient(
            ins=self.ins,
            ins_system="1.2.250.1.213.1.4.10",
            identifiers=ids,
            family_birth=self.family.upper(),
            family_used=self.used.upper(),
            given=[self.given.upper()],
            birth_date=f"{year}-{month:02d}-{day:02d}",
            sex="F",
            addresses=[f"{self.street} {self.code} {self.town}"],
        )


def _plain(name: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))


def _spaced(ins: str) -> str:
    return f"{ins[0]} {ins[1:3]} {ins[3:5]} {ins[5:7]} {ins[7:10]} {ins[10:13]} {ins[13:]}"


def _phone(rng: Random) -> str:
    digits = f"0{rng.randrange(1, 8)}{rng.randrange(10**8):08d}"
    pairs = [digits[i : i + 2] for i in range(0, 10, 2)]
    return rng.choice((" ".join(pairs), ".".join(pairs), digits, f"+33 {digits[1]} {' '.join(pairs[1:])}"))


def letter(seed: int, pools: tuple[list[str], list[str]], header: bool = True) -> Letter:
    """One letter; without `header` the document's header says nothing, and only the text can tell."""
    rng = Random(seed)
    writer = _Writer(rng, pools)
    lines = [rng.choice(_OPENING), *rng.sample(_MIDDLE, 4), *rng.sample(CLINICAL, 5)]
    body = lines[1:]
    rng.shuffle(body)
    text, identifiers, clinical = "", [], []
    for line in [lines[0], *body, rng.choice(_CLOSING)]:
        begin = len(text)
        for piece in re.split(r"(\{\w+\})", line):
            if not piece.startswith("{"):
                text += piece
                continue
            surface, kind = writer.fill(piece[1:-1])
            before, _, inside = surface.rpartition("«")
            inside = inside.removesuffix("»")
            text += before
            identifiers.append((len(text), len(text) + len(inside), kind))
            text += inside
        if line in CLINICAL:
            clinical.append((begin, len(text)))
        text += "\n"
    patient = writer.patient() if header else Patient()
    return Letter(Document("x", str(seed), header=Header(patient=patient), text=text), identifiers, clinical)


def name_pools() -> tuple[list[str], list[str]]:
    """Given and family names of faker fr_FR."""
    from faker.providers.person.fr_FR import Provider

    return sorted(set(Provider.first_names)), sorted(set(Provider.last_names))
