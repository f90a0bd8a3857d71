"""Surrogates: a false name for each true one, the same throughout a patient's documents, in place of typed masks.

Belongs here: what takes the place of each kind of identifier, drawn by a key; which way of masking is in force.
Does not belong here: finding identifiers, mapping positions (masking.py), moving dates (moved_dates.py).

Who reads cannot tell a name that was left from one that was drawn ("hiding in plain sight", Carrell et al., JAMIA
2013). Numbers keep their layout and can be nobody's: a national number begins with 9, a phone is one that the ARCEP
keeps for fiction (décision 2018-0881), a mail lives at example domains. The scan before publication reads typed masks,
since it could not tell a surrogate from a leak.
"""

from __future__ import annotations

import hmac
import os
import re
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from limpide.deidentification.date_shift import moved
from limpide.deidentification.lexicon import lexicon
from limpide.deidentification.spans import Kind
from limpide.french.tokens import fold

ENV_MASKS, ENV_DATES = "LIMPIDE_MASKS", "LIMPIDE_DATES"
MASKS, DATES = ("types", "surrogates"), ("kept", "shifted")

_LETTERS = re.compile(r"[^\W\d_]+")
_DIGIT = re.compile(r"\d")
_FICTION = {"6": "063998", "7": "063998", "1": "019900", "2": "026191", "3": "035301", "4": "046571", "5": "053649"}
_NUMBERS = (Kind.INS, Kind.PATIENT_NUMBER, Kind.STAY_NUMBER, Kind.NUMBER, Kind.PROFESSIONAL)


def configured() -> tuple[str, str]:
    """How texts are masked, from LIMPIDE_MASKS (types, surrogates) and LIMPIDE_DATES (kept, shifted).

    Raises ValueError for anything else: a misspelt choice must not publish names otherwise than was meant.
    """
    masks, dates = os.environ.get(ENV_MASKS) or MASKS[0], os.environ.get(ENV_DATES) or DATES[0]
    if masks not in MASKS or dates not in DATES:
        raise ValueError(f"{ENV_MASKS} is one of {', '.join(MASKS)}; {ENV_DATES} one of {', '.join(DATES)}")
    return masks, dates


@lru_cache(maxsize=1)
def _names() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Given and family names to draw from: plain, in one list only, and no words of medicine."""
    lists = lexicon()
    out = []
    for mine, other in ((lists.given, lists.family), (lists.family, lists.given)):
        out.append(
            tuple(
                sorted(
                    name
                    for name in mine - other - lists.common - lists.eponyms
                    if 4 < len(name) < 10 and name.isascii() and name.isalpha()
                )
            )
        )
    return out[0], out[1]


@lru_cache(maxsize=1)
def _places() -> dict[str, tuple[str, ...]]:
    lines = Path(__file__).with_name("surrogates.tsv").read_text("utf-8").splitlines()
    pairs = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return {kind: tuple(words.split(", ")) for kind, words in pairs}


class Surrogates:
    """Replacement for `masking.replaced`, for the documents of one person: the same value gives the same surrogate.

    `secret`: the vault's; `person`: the key of the person; `days`: what birth dates move by.
    """

    def __init__(self, secret: bytes, person: str, days: int) -> None:
        self._secret, self._person, self._days = secret, person, days

    def __call__(self, kind: Kind, found: str) -> str:
        """What takes the place of `found`."""
        if kind in (Kind.FAMILY, Kind.GIVEN):
            return _LETTERS.sub(lambda match: self._name(match.group()), found)
        if kind is Kind.BIRTH:
            return moved(found, self._days) or f"[{kind}]"
        if kind is Kind.PHONE:
            return self._phone(found)
        if kind in _NUMBERS:
            return self._number(kind, found)
        if kind is Kind.PLATE:
            return f"WW-{self._draw('plate', found) % 1000:03}-{chr(65 + self._draw('letter', found) % 8)}A"
        if kind is Kind.CITY:
            return self._one_of("town", found)
        if kind is Kind.ADDRESS:
            number = self._draw("house", found) % 98 + 1
            return f"{number} {self._one_of('street', found)}, {self._one_of('town', found)}"
        if kind is Kind.MAIL:
            return f"{self._name(found.partition('@')[0]).lower()}@{_places()['mail'][0]}"
        return f"[{kind}]"  # an address of the web

    def _draw(self, what: str, value: str) -> int:
        said = "\x1f".join(("limpide/surrogate/1", self._person, what, value)).encode()
        return int.from_bytes(hmac.new(self._secret, said, sha256).digest()[:8])

    def _one_of(self, what: str, value: str) -> str:
        choice = _places()[what]
        return choice[self._draw(what, fold(value)) % len(choice)]

    def _name(self, word: str) -> str:
        """One word: the same whether it is read as a given or a family name, in the case it was written in."""
        form = fold(word)
        if len(form) < 3:
            drawn = chr(97 + self._draw("initial", form) % 26)
        else:
            given, family = _names()
            lists = lexicon()
            pool = given if form in lists.given and form not in lists.family else family
            at = self._draw("name", form) % len(pool)
            drawn = pool[at] if pool[at] != form else pool[at - 1]
        if word.isupper() and len(word) > 1:
            return drawn.upper()
        return drawn.capitalize() if word[:1].isupper() else drawn

    def _digits(self, what: str, found: str) -> str:
        figures = "".join(_DIGIT.findall(found))
        return str(self._draw(what, figures))[::-1].ljust(len(figures), "7")

    def _number(self, kind: Kind, found: str) -> str:
        drawn = iter(("9" if kind is Kind.INS else "") + self._digits(str(kind), found) + "7" * len(found))
        return _DIGIT.sub(lambda _: next(drawn), found)

    def _phone(self, found: str) -> str:
        figures = "".join(_DIGIT.findall(found))
        if len(figures) < 10:
            return self._number(Kind.PHONE, found)
        drawn = _FICTION.get(figures[-9], "019900") + self._digits("phone", found)[:4]
        national = found.strip().startswith("0") and not found.strip().startswith("00")
        tail = iter(drawn if national else figures[:-9] + drawn[1:])
        return _DIGIT.sub(lambda _: next(tail), found)
