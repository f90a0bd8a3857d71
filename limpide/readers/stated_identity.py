"""The identity that a text states by itself: labelled names, birth date, sex, INS, and the title of the document.

Belongs here: labelled statements; the labels are language and live in stated_labels.tsv. Does not belong here: names
found in prose, comparison with a header, any guess. Precision first: a field stated twice with different values
(mother and child, two patients) stays None.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from limpide.document import Header, Identifier, Page, Patient
from limpide.french.labelled_dates import stated_date
from limpide.readers.stated_persons import named, persons

INS_NIR, INS_NIA, INS_NIR_TEST = "1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.9", "1.2.250.1.213.1.4.10"
NSS_NIR = "1.2.250.1.213.1.4.13"  # the number of the insured, who may be a parent: never taken for an INS

_NUMBER = re.compile(
    r"(?<!\d)([1-478](?:[ .]?\d){4}(?:[ .]?(?:\d[ .]?\d|2[ .]?[AB]))(?:[ .]?\d){6}(?:[ .-]?\d){2})(?!\d)"
)
_SEXES = {
    "f": "F", "féminin": "F", "feminin": "F", "femme": "F", "madame": "F", "mme": "F", "mademoiselle": "F", "mlle": "F",
    "m": "M", "masculin": "M", "homme": "M", "h": "M", "monsieur": "M", "mr": "M",
}  # fmt: skip
DOSSIER = "dossier"  # the authority of a number that is called only that: the warehouse says whose it is
_NAME = re.compile(r"[A-ZÀ-ÖØ-Þ][A-Za-zÀ-ÖØ-öø-ÿ'’-]*(?: [A-ZÀ-ÖØ-Þa-z][A-Za-zÀ-ÖØ-öø-ÿ'’-]*){0,4}")
_KIN = re.compile(
    r"(?i)\b(?:p[èe]re|m[èe]re|fr[èe]re|s(?:œ|oe)ur|fils|fille|enfant|nouveau-né|b[ée]b[ée]|conjoint|[ée]pou(?:x|se)|mari|"
    r"femme|représentant|tut(?:eur|rice)|assuré|ouvrant droit|m[ée]decin|docteur|dr|prescripteur)\b[^.\n]{0,40}\Z"
)
_TITLE = re.compile(
    r"(?i)^(?:compte[ -]rendu|lettre de liaison|lettre|courrier|ordonnance|prescription|certificat|synthèse|bulletin|"
    r"résultats?|rapport|fiche|demande|attestation|note|protocole|consultation|volet)\b[^\t\n:]{0,100}$"
)
_EDGE = 4_000  # characters at the head of the text in which a document states its own title


def key_is_right(number: str) -> bool:
    """Does a NIR of 15 characters (13 and its key) hold? Corsica: 2A counts 19, 2B counts 18 (INSEE; formats.md 2)."""
    if not re.fullmatch(r"\d{5}(?:\d\d|2[AB])\d{8}", number):
        return False
    digits = number[:13].replace("2A", "19").replace("2B", "18")
    return int(number[13:]) == 97 - int(digits) % 97


def is_title(line: str) -> bool:
    """Is this line the title of a document ("Compte rendu d'hospitalisation")?"""
    return _TITLE.match(line.strip()) is not None


def stated_identity(text: str) -> Patient:
    """The patient as the text states it; what is absent, doubtful or stated twice differently is None."""
    return _patient(text, _statements(text))


def _patient(text: str, statements: Sequence[_Statement]) -> Patient:
    found: dict[str, list[str]] = {}

    def note(field: str, value: str | None) -> None:
        if value:
            found.setdefault(field, []).append(value)

    for statement in statements:
        if _KIN.search(text, max(0, statement.at - 60), statement.at):
            continue
        if statement.field == "full_name" and (who := named(statement.value)):
            note("full_family", who.family)
            note("full_given", who.given)
            note("family_birth", who.birth_name)
            note("title_sex", who.sex)
            continue
        kept = _VALUES[statement.field](statement.value) if statement.field in _VALUES else None
        note(statement.field, kept)
        if (
            kept
            and statement.field == "birth_date"
            and text[statement.at : statement.at + 4].lower() in ("née ", "nee ")
        ):
            note("title_sex", "F")
    for who in persons(text):
        if not _KIN.search(text, max(0, who.at - 60), who.at):
            note("prose_family", who.family)
            note("prose_given", who.given)
            note("family_birth", who.birth_name)
            note("birth_date", who.birth_date)
            note("title_sex", who.sex)
    patient = Patient()
    _numbers(patient, found)
    patient.birth_date = _only(found, "birth_date")
    patient.sex = _only(found, "sex") if found.get("sex") else _only(found, "title_sex")
    patient.family_birth = _only(found, "family_birth")
    patient.family_used = _only(found, "family_used")
    given = _only(found, "given") or _only(found, "given_plain")
    for way in ("full", "prose"):
        given = given or _only(found, f"{way}_given")
    family = _only(found, "family_plain") or _only(found, "full_family") or _only(found, "prose_family")
    patient.family_used = patient.family_used or family
    patient.given = given.split() if given else []
    return patient


def _numbers(patient: Patient, found: dict[str, list[str]]) -> None:
    """The numbers of the patient; where two are stated for one, it is nobody's."""
    numbers: dict[str, str] = {}
    for stated in found.get("ins", []):
        value, system = stated.split("|")
        if numbers.get(value) in (None, INS_NIR):  # 'INS-NIR de test' said once says it for the whole document
            numbers[value] = system
    if len(numbers) == 1:
        ((patient.ins, patient.ins_system),) = numbers.items()
    patient.identifiers += [Identifier(value, system) for value, system in numbers.items()]
    for number in dict.fromkeys(found.get("nir", [])):
        if all(known.value != number for known in patient.identifiers):
            patient.identifiers.append(Identifier(number, NSS_NIR))
    local: dict[str | None, set[str]] = {}
    for number in found.get("ipp", []):
        value, _, authority = number.partition("|")
        local.setdefault(authority or None, set()).add(value)
    patient.identifiers += [Identifier(v, whose) for whose, values in local.items() if len(values) == 1 for v in values]
    if not local and (alone := _only(found, "dossier")):
        patient.identifiers.append(Identifier(alone.partition("|")[0], DOSSIER))


def stated_header(text: str) -> Header:
    """A header made of what the text states: its patient, its title where obvious. Its dates: stated_dates.py."""
    statements = _statements(text)
    header = Header(patient=_patient(text, statements))
    stays = {_ipp(one.value) for one in statements if one.field == "nda"} - {None}
    if len(stays) == 1:
        header.encounter.id = str(stays.pop()).partition("|")[0]
    for line in text[:_EDGE].split("\n")[:15]:
        if is_title(line):
            header.title = line.strip()
            break
    return header


_WHO = ("ins", "birth_date", "family_birth", "ipp")  # labelled statements of which one person has one


def pages_at_odds(text: str, pages: Sequence[Page]) -> tuple[int, int] | None:
    """Two pages that state different persons: another INS, or both another birth date and another name or number.

    Numbers of the pages, the first pair found; None when the pages agree, or state too little to tell.
    """
    seen: list[tuple[int, dict[str, str]]] = []
    for page in pages:
        own: dict[str, str] = {}
        for statement in _statements(text):
            if page.start <= statement.at < page.end and statement.field in _WHO and statement.field not in own:
                kin = _KIN.search(text, max(page.start, statement.at - 60), statement.at)
                kept = None if kin else _VALUES[statement.field](statement.value)
                if kept:
                    own[statement.field] = kept.casefold()
        for number, other in seen:
            differ = {field for field in own if field in other and own[field] != other[field]}
            if "ins" in differ or ("birth_date" in differ and differ & {"family_birth", "ipp"}):
                return number, page.number
        if own:
            seen.append((page.number, own))
    return None


@dataclass(frozen=True, slots=True)
class _Statement:
    field: str
    value: str  # what follows the label, up to the next label, cell or line end
    at: int  # where the label stands in the text


@cache
def _labels() -> tuple[re.Pattern[str], dict[str, list[tuple[str, str, re.Pattern[str]]]]]:
    """A pattern that finds any label, and the labels of each first letter: field, manner, form, in order of preference.

    No groups and no look-behind: each form begins with a letter, which lets the regex engine skip ahead, and at each
    letter it tries only the forms that begin with it.
    """
    forms: dict[str, list[tuple[str, str, re.Pattern[str]]]] = {}
    for line in Path(__file__).with_name("stated_labels.tsv").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            field, how, form = line.split("\t")
            forms.setdefault(form[0], []).append((field, how, re.compile(form)))
    ends = {letter: "|".join(form.pattern[1:] for _, _, form in found) for letter, found in forms.items()}
    return re.compile("|".join(f"{letter}(?:{end})" for letter, end in ends.items())), forms


_AFTER = re.compile(
    r"(?![\w-])[ \u00a0]?(?:\([^()\n]{0,30}\))?"  # an aside: 'Lieu de naissance (code INSEE)'
    r"(?P<mark>[ \u00a0]{0,20}[:\t][ \t\u00a0]{0,20}|[ \u00a0]{1,20}|(?=\n))"
)


@lru_cache(maxsize=1)  # one text is asked in turn for its header, for doubts, for a conflict with its carrier
def _statements(text: str) -> tuple[_Statement, ...]:
    anywhere, forms = _labels()
    lowered = text.lower()
    if len(lowered) != len(text):  # 'İ' grows when lowered
        lowered = "".join(low if len(low := character.lower()) == 1 else character for character in text)
    found: list[tuple[int, int, str]] = []
    for label in anywhere.finditer(lowered):
        start = label.start()
        if start and (lowered[start - 1].isalnum() or lowered[start - 1] in "-_"):
            continue
        after = _AFTER.match(lowered, label.end())
        if not after:
            continue
        field, how = next((f, how) for f, how, form in forms[lowered[start]] if form.match(lowered, start))
        last_cell = not after["mark"] and "\t" in lowered[lowered.rfind("\n", 0, start) + 1 : start]
        if how == "bare" or ":" in after["mark"] or "\t" in after["mark"] or last_cell:
            found.append((start, after.end(), field))
    out = []
    for index, (start, begin, field) in enumerate(found):
        # A number is followed by the name of its kind ('[INS-NIR de test]'), which is a label too.
        last = index + 1 == len(found) or field in ("ins", "nir")
        stop = len(text) if last else found[index + 1][0]
        value = text[begin : max(stop, begin)].split("\n", 1)[0].split("\t", 1)[0]
        value = value.strip(" :\u00a0") or _below(text, start, begin, {at for at, _, _ in found})
        out.append(_Statement(field, value, start))
    return tuple(out)


def _below(text: str, start: int, begin: int, labels: set[int]) -> str:
    """What stands under a label alone on its line, or in the cell under that of a row of labels; '' when the rows are
    a list of several."""
    first = text.rfind("\n", 0, start) + 1
    lines = text[first : first + 2_000].split("\n")
    if len(lines) < 2:
        return ""
    under = first + len(lines[0]) + 1
    if any(under <= at < under + len(lines[1]) for at in labels):
        return ""
    if "\t" not in lines[0]:
        return lines[1].strip(" :\u00a0") if not text[begin : under - 1].strip() and "\t" not in lines[1] else ""
    row, column = lines[1].split("\t"), text[first:start].count("\t")
    several = len(lines) > 2 and lines[2].count("\t") == len(row) - 1
    return row[column].strip() if len(row) == lines[0].count("\t") + 1 and not several else ""


def _name(value: str) -> str | None:
    """A name as written, without what brackets add."""
    value = re.split(r"[\[(,;|]| {2,}", value)[0].strip(" .")
    return value if _NAME.fullmatch(value) and len(value) > 1 else None


def _ins(value: str) -> str | None:
    match = _NUMBER.match(value)
    number = re.sub(r"[ .-]", "", match[1]) if match else ""
    if not match or not key_is_right(number):
        return None
    after = value[match.end() : match.end() + 40].lower()
    system = INS_NIR_TEST if "test" in after else INS_NIA if "nia" in after or number[0] in "78" else INS_NIR
    return f"{number}|{system}"


def _nir(value: str) -> str | None:
    kept = _ins(value)
    return kept.split("|")[0] if kept else None


def _ipp(value: str) -> str | None:
    match = re.match(r"([A-Z0-9][A-Z0-9-]{3,24})(?: ?\[([0-2](?:\.\d+){3,30})\])?(?![\w])", value)
    if not match or not any(c.isdigit() for c in match[1]) or re.fullmatch(r"\d+(?:MG|UI|ML)", match[1]):
        return None  # 'IPP 40 MG' is a treatment
    return f"{match[1]}|{match[2] or ''}"


def _sex(value: str) -> str | None:
    word = re.match(r"\w+", value)
    return _SEXES.get(word[0].lower()) if word else None


_VALUES = {
    "family_birth": _name, "family_used": _name, "family_plain": _name, "given": _name, "given_plain": _name,
    "full_name": _name, "birth_date": stated_date, "sex": _sex, "ins": _ins, "nir": _nir, "ipp": _ipp, "dossier": _ipp,
}  # fmt: skip


def _only(found: dict[str, list[str]], field: str) -> str | None:
    """The value of a field when every statement of it agrees (case ignored)."""
    values = found.get(field, [])
    return values[0] if values and len({value.casefold() for value in values}) == 1 else None
