"""What headings say of the laboratory rows under them: columns, dates, specimen, time of sampling.

Belongs here: reading column headings, section headings, dates and sampling times of laboratory reports.
Does not belong here: the rows (labrows.py).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from limpide.french.tokens import Tokens

_DATE = re.compile(
    r"(\d(?<!\d\d)\d?)[/.-](\d{1,2})[/.-](\d{4}|\d{2})(?:\s*(?:a|-|,)?\s*(\d{1,2})\s*[h:]\s*(\d{2})(?::\d{2})?)?(?!\d)"
)
_SAMPLED = re.compile(
    r"(?:preleve(?:e|s|es)?|prelevements?|date (?:et heure )?(?:de|du) prelevement|prel\.?)"
    r"\s*(?:effectue|realise|recu|fait)?\s*(?:e|s)?\s*(?:le|du|:)?\s*:?\s*(?=\d)"
)
_COLUMNS = (
    ("prior", re.compile(r"anterior|anterieur|precedent|historique|dernier resultat")),
    ("range", re.compile(r"reference|normale|usuelle|norme|\bref\b|intervalle|\bvr\b|valeurs n|valeurs de\b")),
    ("unit", re.compile(r"\bunites?\b")),
    ("flag", re.compile(r"interpretation|\bflag\b|anomalie|indicateur")),
    ("date", re.compile(r"^date\b")),
    ("method", re.compile(r"^methodes?\b|^techniques?\b")),
    ("result", re.compile(r"resultat|\bvaleurs?$|\bvaleur\b")),
    ("name", re.compile(r"^examens?$|analyses?|parametre|dosage|^objet$|libelle|designation")),
)
_SPECIMENS = (
    ("urine", re.compile(r"\burin|\becbu\b|\bmiction|\bbandelette|\bbu\b")),
    ("csf", re.compile(r"\blcr\b|cephalo|rachidien|\bpl\b|ponction lombaire")),
    ("stool", re.compile(r"\bselles?\b|\bfecal|coproculture")),
    ("isolate", re.compile(r"antibiogramme|\bcmi\b|sensibilite aux antibiotiques")),
    ("electrophoresis", re.compile(r"electrophorese|proteinogramme")),
    ("pleural", re.compile(r"liquide pleural|ponction pleurale")),
    ("ascites", re.compile(r"ascite")),
    ("synovial", re.compile(r"synovial|articulaire")),
    ("pericardial", re.compile(r"liquide pericardique|ponction pericardique")),
    ("drain", re.compile(r"liquide de drain|redon")),
)
_NOT_URINE = re.compile(r"urique")
_BLOOD = re.compile(r"\bsang|serum|plasma|hemato|hemogramme|biochimie|hemostase|coagulation|autres examens|numeration")
_LONGEST_HEADING = 90
# A fluid opens a sentence or its label: "Liquide d'ascite : protides 15 g/L", "Ponction du genou : 8 400 éléments/mm3".
_FLUID_LEAD = re.compile(
    r"\s*[-•*]?\s*(?P<lead>[^.:;,\n]{0,45}?(?:\blcr\b|\bpl\b|ponction lombaire|ascite|ponction pleurale|liquide pleural"
    r"|thoracentese|synovial|liquide articulaire|ponction (?:articulaire |du |de |d')?(?:genou|hanche|epaule|cheville"
    r"|coude|poignet|articulaire)|\bbu\b|bandelette|\becbu\b|\burin\w*|liquide pericardique|liquide de drain"
    r"|ionogramme urinaire|redon)[^.:;,\n]{0,30}?)(?::|,(?=\s*liquide)|\bliquide\b|$|\n)"
)
_FLUID_WORDS = (
    "lcr", "ponction", "asci", "pleura", "thoracent", "synovi", "articulaire", "bandelette", "ecbu", "urin", "pericard",
    "redon", "drain", "ionogramme",
)  # fmt: skip
_LONGEST_LEAD = 80
_JOINT = re.compile(r"ponction (?:articulaire |du |de |d')?(?:genou|hanche|epaule|cheville|coude|poignet|articulaire)")
_LABEL = re.compile(r"\s*[-•*]?\s*[^\W\d_][^.:;,\n]{0,30}\s?:")
NO_COLUMN = -1


_TESTS = (
    ("percent", re.compile(r"^%\s*(?:theo|pred|norm|de la norm)?\w*\.?$|^theo\w* %$")),
    ("expected", re.compile(r"^(?:theo|theorique|theo\.|attendue?|predite?|normes?|valeur theorique|reference)$")),
    ("change", re.compile(r"^(?:var|variation|delta|chg|% var|var %|gain|z-?score|lin)\b")),
    (
        "measured",
        re.compile(r"^(?:pre|post|mesuree?|obs|observee?|actuel|base|avant|apres|pre-?bd|post-?bd|meilleur)\b"),
    ),
)


def _test_kind(written: str) -> str | None:
    """What a column of a lung function holds, by its head."""
    return next((kind for kind, pattern in _TESTS if pattern.search(written.strip(" ()"))), None)


_TAB = 1000  # between the places of two columns that tabs part; print has places of its own


def place_of(folded: str, column: int, start: int, end: int) -> int:
    """Where a cell stands in its line, to compare it with the heads above: its column, else the middle of its print."""
    return column * _TAB if column != NO_COLUMN else (start + end) // 2 - (folded.rfind("\n", 0, start) + 1)


def _held(table: Iterable[tuple[str, re.Pattern[str]]]) -> list[str]:
    """The words of a table's patterns: most lines hold none, and every pattern takes long to say no."""
    return re.sub(r"\\b|s\?|\^|\$", "", "|".join(pattern.pattern for _, pattern in table)).split("|")


_HELD_BY_COLUMNS, _HELD_BY_SPECIMENS = _held(_COLUMNS), _held(_SPECIMENS)


def day_of(written: str) -> str | None:
    """ISO date, or date and minute, of the first day/month/year [hour:minute] in folded text; None without one."""
    found = _DATE.search(written)
    if found is None:
        return None
    day, month, year = int(found.group(1)), int(found.group(2)), int(found.group(3))
    if year < 100:
        year += 2000 if year < 50 else 1900
    if not (1 <= day <= 31 and 1 <= month <= 12 and 1900 <= year <= 2100):
        return None
    stamp = f"{year:04d}-{month:02d}-{day:02d}"
    if found.group(4) and int(found.group(4)) < 24:
        stamp += f"T{int(found.group(4)):02d}:{found.group(5)}"
    return stamp


def is_date(written: str) -> bool:
    """Whether a folded cell holds a date and nothing else."""
    return _DATE.fullmatch(written.strip("() ")) is not None


@lru_cache(maxsize=8192)  # laboratories print the same names every day
def specimen_of(folded: str) -> str | None:
    """The specimen (or the technique that has codes of its own) that a heading or a name tells, or None."""
    if not any(map(folded.__contains__, _HELD_BY_SPECIMENS)):
        return None
    for specimen, pattern in _SPECIMENS:
        if pattern.search(folded) and not _NOT_URINE.search(folded):
            return specimen
    return None


@lru_cache(maxsize=8192)  # and the same headings
def _role_of(heading: str) -> str | None:
    """What a column holds, by its heading."""
    if not any(map(heading.__contains__, _HELD_BY_COLUMNS)):
        return None
    return next((role for role, pattern in _COLUMNS if pattern.search(heading)), None)


def sentence_specimens(tokens: Tokens) -> dict[int, tuple[str, bool]]:
    """The fluid of each sentence whose label tells one (True), and of those up to the next label or line (False)."""
    found: dict[int, tuple[str, bool]] = {}
    carried: str | None = None
    folded = tokens.folded
    words = [word for word in tokens.places if word.startswith(_FLUID_WORDS) or word in ("bu", "pl")]
    hints = sorted(tokens.start[place] for word in words for place in tokens.places[word])
    if not hints:
        return found
    for number, (start, end) in enumerate(tokens.sentence_bounds):
        near = bisect_left(hints, start)
        hinted = near < len(hints) and hints[near] < min(end, start + _LONGEST_LEAD)
        if not (hinted or carried):
            continue
        lead = _FLUID_LEAD.match(folded, start, end) if hinted else None
        if lead:
            told = lead.group("lead")
            carried = "synovial" if _JOINT.search(told) else specimen_of(told.strip())
        elif _LABEL.match(folded, start, end) or (number and "\n" in folded[start - 1 : start]) or start == 0:
            carried = None
        if carried:
            found[number] = carried, lead is not None
    return found


_WITHIN = re.compile(r"\b(bu|bandelette(?: urinaire)?|ecbu|lcr|pl|ponction lombaire)\s*:[^.:]*$")


def labelled_specimen(tokens: Tokens, first: int) -> str | None:
    """The fluid that a label inside the sentence tells: "T° 37,1, BU : protéines traces"."""
    if not _LABELS & tokens.places.keys():
        return None
    start = tokens.sentence_bounds[tokens.sentence[first]][0]
    found = _WITHIN.search(tokens.folded[start : tokens.start[first]])
    return specimen_of(found.group(1)) if found else None


_LABELS = frozenset({"bu", "bandelette", "ecbu", "lcr", "pl", "ponction"})
_PARTIAL = re.compile(r"(\d{1,2})\s?[/.]\s?(\d{1,2}|20\d\d)(?:\s*(?:a\s*)?\d{1,2}\s*[h:]\s*\d{0,2})?")


def column_days(cells: Sequence[str], document_date: str | None) -> list[str | None]:
    """ISO dates of heads of columns, each cell folded: whole dates, "19/01" of the document's year, "06/24" a month."""
    days = [day_of(cell) if is_date(cell) or len(cell) < 30 else None for cell in cells]
    partial = [
        _PARTIAL.fullmatch(cell.strip(" ()")) if day is None else None for cell, day in zip(cells, days, strict=True)
    ]
    told = [found for found in partial if found]
    by_month = any(int(found.group(2)) > 12 for found in told)
    for index, found in enumerate(partial):
        if found is None:
            continue
        first, second = int(found.group(1)), int(found.group(2))
        if by_month and first <= 12:
            days[index] = f"{second if second > 99 else 2000 + second:04d}-{first:02d}"
        elif not by_month and second <= 12 and 1 <= first <= 31:
            days[index] = _of_year(first, second, document_date)
    return days


def _of_year(day: int, month: int, document_date: str | None) -> str | None:
    """A day and a month in the document's year, or the year before when they would lie after the document."""
    if document_date is None or len(document_date) < 10:
        return None
    year = int(document_date[:4])
    stamp = f"{year:04d}-{month:02d}-{day:02d}"
    return stamp if stamp <= document_date[:10] else f"{year - 1:04d}{stamp[4:]}"


def sampling_times(tokens: Tokens) -> list[tuple[int, str]]:
    """(place, ISO time) of each stated time of sampling, in order."""
    times = []
    for found in _SAMPLED.finditer(tokens.folded) if "prel" in tokens.folded else ():
        dated = _DATE.match(tokens.folded, found.end())
        stamp = day_of(dated.group()) if dated else None
        if stamp:
            times.append((found.start(), stamp))
    return times


@dataclass(slots=True)
class Heads:
    """What stands above the row being read. A new heading of columns replaces the last."""

    specimen: str | None = None
    current: str | None = None  # date of the result column
    roles: dict[int, str] = field(default_factory=dict)
    dates: dict[int, str] = field(default_factory=dict)
    earlier: list[str] = field(default_factory=list)  # dates of earlier results, in column order
    width: int = 0  # cells of a row that fills every headed column
    days: list[tuple[int, str | None]] = field(default_factory=list)  # dated columns: place in the line, date
    ranges: list[int] = field(default_factory=list)  # columns of reference values beside dated ones: place in the line
    tests: list[tuple[int, str]] = field(default_factory=list)  # columns of a lung function: place, kind
    document_date: str | None = None

    def role(self, column: int, width: int) -> str | None:
        """'result', 'unit', 'range', 'flag', 'prior', 'date', 'method', 'name' or None for an unheaded column.

        Print loses empty cells: in a row of another `width` than the headings' nothing tells which column is which.
        """
        return self.roles.get(column) if width == self.width else None

    def date(self, column: int, width: int, rank: int) -> str | None:
        """The date of an earlier result: of its column, else the rank-th earlier date of the heading."""
        dated = self.dates.get(column) if width == self.width else None
        return dated or (self.earlier[rank] if rank < len(self.earlier) else None)

    def days_of(self, places: Sequence[int]) -> list[str | None] | None:
        """The dates of values that stand at `places` of their line, in a table of dated columns; None in any other."""
        if len(self.days) < 2 or len(places) > len(self.days):
            return None
        if len(places) == len(self.days):
            return [day for _, day in self.days]
        nearest = [min(self.days, key=lambda column: abs(column[0] - place)) for place in places]
        return [day for _, day in nearest] if len({place for place, _ in nearest}) == len(places) else None

    def test_column(self, place: int) -> str | None:
        """'expected', 'change', 'percent' or 'measured', by the nearest head of a table of lung function; else None."""
        if not self.tests:
            return None
        return min(self.tests, key=lambda column: abs(column[0] - place))[1]

    def is_range(self, place: int, taken: int) -> bool:
        """Whether a value at `place` of its line is a norm: under such a heading, or beyond the dated columns."""
        if len(self.days) < 2:
            return False
        if taken >= len(self.days):
            return True
        near = min(abs(column - place) for column, _ in self.days)
        return any(abs(column - place) < near for column in self.ranges)

    def read_heading(self, folded: str) -> None:
        """A line of its own: the specimen it tells, if any; a chapter of blood ends the specimen before it."""
        folded = folded.strip()
        if len(folded) > _LONGEST_HEADING:
            self.days = []  # prose ends a table of dated columns
            return
        told = specimen_of(folded)
        if told:
            self.specimen = told
        elif self.specimen and _BLOOD.search(folded):
            self.specimen = None
        if is_date(folded) and "prior" in self.roles.values() and not self.earlier:
            stamp = day_of(folded)
            self.earlier = [stamp] if stamp else []
        if "anterior" in folded or "anterieur" in folded:
            stamp = day_of(folded)
            self.earlier = [stamp] if stamp else self.earlier

    def _read_days(
        self, folded: str, cells: Sequence[tuple[int, int, int]], stamps: Sequence[str | None], roles: dict[int, str]
    ) -> None:
        """The columns that are dates, and those of norms beside them."""
        places = [place_of(folded, *cell) for cell in cells]
        lost = cells[0][0] == 0 and stamps[0] is not None  # the empty cell above the names
        self.days = [(place + lost * _TAB, day) for place, day in zip(places, stamps, strict=True) if day]
        if "result" in roles.values() or len(self.days) < 2:
            self.days = []
        printed = [cell for cell in cells if cell[0] == NO_COLUMN]  # tabs tell by their number: `role`
        self.ranges = [place_of(folded, *cell) for cell in printed if _role_of(folded[cell[1] : cell[2]]) == "range"]

    def read_columns(self, folded: str, cells: Sequence[tuple[int, int, int]], width: int) -> None:
        """A line of cells that is no result: headings of columns, or their dates; `cells`: (column, start, end).

        Rows begin with a name. Headings that begin with anything else have lost the empty cell above the names.
        """
        stamps = column_days([folded[a:b] for _, a, b in cells], self.document_date)
        dated = [(cell[0], stamp) for cell, stamp in zip(cells, stamps, strict=True) if stamp]
        roles: dict[int, str] = {}
        for rank, (column, start, end) in enumerate(cells):
            key = column if column != NO_COLUMN else NO_COLUMN - 1 - rank  # counted, never matched to a row's cell
            if role := _role_of(folded[start:end]):
                roles[key] = role
        kinds = [kind for _, a, b in cells if (kind := _test_kind(folded[a:b]))]
        if "expected" in kinds and "measured" in kinds:
            places = [(place_of(folded, *cell), _test_kind(folded[cell[1] : cell[2]])) for cell in cells]
            self.tests = [(place, kind) for place, kind in places if kind]
            self.days, self.roles, self.dates, self.earlier, self.current = [], {}, {}, [], None
            return
        if len(roles) + len(dated) >= 2:
            self.tests = []
            self._read_days(folded, cells, stamps, roles)
        if len(dated) == len(cells) and dated:  # a line of dates under the headings
            self.current = dated[0][1]
            self.earlier = [stamp for _, stamp in dated[1:]]
            return
        if len(roles) + len(dated) < 2:
            told = specimen_of(folded[cells[0][1] : cells[-1][2]]) if cells else None
            self.specimen = told or self.specimen
            return
        first = cells[0][0]
        shift = first == 0 and (roles.get(0, "name") != "name" or any(column == 0 for column, _ in dated))
        self.roles, self.dates, self.earlier, self.current = {c + shift: r for c, r in roles.items()}, {}, [], None
        self.width = width + shift
        roles = self.roles.copy()
        result_dated = False
        for column, stamp in ((column + shift, stamp) for column, stamp in dated):
            if roles.get(column) != "prior" and not result_dated and "result" not in roles.values():
                self.current, result_dated = stamp, True
                self.roles[column] = "result"
            else:
                self.roles[column] = "prior"
                self.dates[column] = stamp
                self.earlier.append(stamp)
