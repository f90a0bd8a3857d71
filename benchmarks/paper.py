"""French clinical pages drawn with known text: what readers of paper are measured on.

Belongs here: drawing pages (reportlab) and saying what they say, in reading order. Does not belong here: measuring
(pdf_text.py, ocr_text.py). Every sentence, name and number is made up here; nothing comes from a real document.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

A4 = (595.28, 841.89)
KINDS = {  # as the published tables name them
    "letter": "lettre",
    "two columns": "deux colonnes",
    "three columns": "trois colonnes",
    "lists": "listes côte à côte",
    "sidebar": "bandeau latéral",
    "laboratory": "laboratoire",
    "typewriter": "machine à écrire",
    "ligatures": "ligatures",
}
VOWELS = "aeiouyàâéèêëîïôûùœAEIOUYÉ"
_DEJAVU = Path("/usr/share/fonts/truetype/dejavu")

_SUBJECTS = (
    "Le patient", "Cette patiente de 67 ans", "L'examen clinique", "Le bilan biologique", "La radiographie thoracique",
    "L'échographie cardiaque", "Le scanner abdominopelvien", "L'électrocardiogramme", "Monsieur Lenormand",
    "L'évolution postopératoire", "La consultation d'anesthésie", "Le traitement antibiotique",
)  # fmt: skip
_VERBS = (
    "retrouve", "ne montre pas", "met en évidence", "fait évoquer", "confirme", "est compatible avec", "élimine",
    "justifie la surveillance de", "s'accompagne de", "reste marqué par", "permet d'écarter",
)  # fmt: skip
_OBJECTS = (
    "une insuffisance respiratoire modérée", "un œdème aigu du poumon", "une hypertension artérielle mal équilibrée",
    "une fibrillation auriculaire paroxystique", "une pneumopathie basale droite", "un diabète de type 2 compliqué",
    "une anémie microcytaire ferriprive", "des adénopathies médiastinales infracentimétriques",
    "une cholécystite aiguë lithiasique", "un épanchement pleural de faible abondance", "une dénutrition sévère",
    "un syndrome inflammatoire biologique", "une insuffisance rénale chronique de stade 3b",
)  # fmt: skip
_TAILS = (
    "sans signe de gravité", "depuis son hospitalisation du 12 mars 2024", "sous bisoprolol 2,5 mg matin et soir",
    "à distance de l'épisode infectieux", "avec une saturation à 94 % en air ambiant", "chez un ancien fumeur sevré",
    "ce qui a conduit à introduire du furosémide 40 mg", "malgré une fonction ventriculaire conservée (FEVG : 58 %)",
    "après avis du cardiologue référent", "d'où la poursuite de l'oxygénothérapie à 2 L/min",
)  # fmt: skip
_ANALYTES = (  # name, unit, bounds of the normal range, decimals
    ("Hémoglobine", "g/dL", 13.0, 17.0, 1),
    ("Hématocrite", "%", 40.0, 52.0, 1),
    ("Leucocytes", "G/L", 4.0, 10.0, 2),
    ("Plaquettes", "G/L", 150.0, 400.0, 0),
    ("Polynucléaires neutrophiles", "G/L", 1.8, 7.5, 2),
    ("Créatinine", "µmol/L", 59.0, 104.0, 0),
    ("DFG estimé (CKD-EPI)", "mL/min/1,73 m²", 90.0, 120.0, 0),
    ("Sodium", "mmol/L", 136.0, 145.0, 0),
    ("Potassium", "mmol/L", 3.5, 5.1, 1),
    ("Glycémie à jeun", "g/L", 0.7, 1.1, 2),
    ("Protéine C réactive", "mg/L", 0.0, 5.0, 1),
    ("ASAT (TGO)", "UI/L", 5.0, 34.0, 0),
    ("ALAT (TGP)", "UI/L", 5.0, 55.0, 0),
    ("Ferritine", "µg/L", 30.0, 400.0, 0),
    ("Bilirubine totale", "µmol/L", 3.0, 21.0, 0),
    ("TSH", "mUI/L", 0.35, 4.94, 2),
    ("Cholestérol LDL", "g/L", 0.5, 1.6, 2),
    ("Triglycérides", "g/L", 0.35, 1.5, 2),
    ("Troponine I", "ng/L", 0.0, 34.0, 0),
    ("Hémoglobine A1c", "%", 4.0, 6.0, 1),
    ("INR", "", 0.8, 1.2, 2),
    ("Albumine", "g/L", 35.0, 50.0, 1),
)
_ADVICE = (
    "Bisoprolol 2,5 mg", "Contrôle de l'INR", "Éviter les AINS", "Kaliémie à J7", "ECG de contrôle", "Hydratation",
    "Arrêt du tabac et activité physique", "Prochaine consultation dans 3 mois",
)  # fmt: skip
_CHAPTERS = ("HÉMATOLOGIE", "BIOCHIMIE", "HORMONOLOGIE", "HÉMOSTASE")


@dataclass
class Paper:
    """A document drawn: its bytes, the text of each page in reading order, the rows of its tables (cells)."""

    kind: str
    pdf: bytes = b""
    pages: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)


def sentence(rng: random.Random) -> str:
    """A sentence of a clinical letter."""
    tail = rng.choice(_TAILS) if rng.random() < 0.7 else "sans argument pour une récidive"
    return f"{rng.choice(_SUBJECTS)} {rng.choice(_VERBS)} {rng.choice(_OBJECTS)} {tail}."


def paragraph(rng: random.Random, sentences: int) -> str:
    """Some sentences."""
    return " ".join(sentence(rng) for _ in range(sentences))


class Pen:
    """Draws lines of text and remembers, page by page, what was drawn in the order it is to be read."""

    def __init__(self, kind: str) -> None:
        from reportlab.pdfgen.canvas import Canvas

        self.paper = Paper(kind, pages=[""])
        self.buffer = BytesIO()
        self.canvas: Any = Canvas(self.buffer, pagesize=A4, invariant=True)

    def width(self, text: str, font: str, size: float) -> float:
        """Of `text`, in points."""
        from reportlab.pdfbase.pdfmetrics import stringWidth

        return float(stringWidth(text, font, size))

    def line(self, x: float, y: float, text: str, font: str = "Helvetica", size: float = 10, say: bool = True) -> None:
        """Draw one line, its baseline `y` points from the top; `say` adds it to the truth."""
        self.canvas.setFont(font, size)
        self.canvas.drawString(x, A4[1] - y, text)
        if say:
            self.say(text)

    def say(self, text: str) -> None:
        """Add to the truth of the current page."""
        self.paper.pages[-1] += text + "\n"

    def prose(
        self, x: float, y: float, text: str, width: float, font: str, size: float, leading: float, justified: bool
    ) -> float:
        """A paragraph, its words cut at line ends where they do not fit; returns the y of the line after."""
        self.say(text)
        lines = self.broken(text, width, font, size)
        for index, line in enumerate(lines):
            self.canvas.setFont(font, size)
            gaps = line.count(" ")
            drawn = self.canvas.beginText(x, A4[1] - y)
            filled = justified and gaps and index < len(lines) - 1
            drawn.setWordSpace((width - self.width(line, font, size)) / gaps if filled else 0)
            drawn.textOut(line)
            self.canvas.drawText(drawn)
            y += leading
        return y

    def broken(self, text: str, width: float, font: str, size: float) -> list[str]:
        """Lines of at most `width` points; long words are cut between vowel and consonant, with a hyphen."""
        lines, line = [], ""
        for word in text.split():
            longer = f"{line} {word}".strip()
            if self.width(longer, font, size) <= width:
                line = longer
                continue
            cut = self._cut(line, word, width, font, size)
            lines.append(
                f"{line} {word[:cut]}".rstrip() + ("-" if cut and word[cut - 1] != "-" else "") if cut else line
            )
            line = word[cut:]
        return [*lines, line]

    def _cut(self, line: str, word: str, width: float, font: str, size: float) -> int:
        for cut in range(len(word) - 3, 2, -1):
            spelled = word[cut - 1] == "-"
            syllable = word[: cut + 2].isalpha() and word[cut - 1] in VOWELS and word[cut] not in VOWELS
            if (spelled or syllable) and self.width(f"{line} {word[:cut]}-", font, size) <= width:
                return cut
        return 0

    def next_page(self) -> None:
        """Close this page."""
        self.canvas.showPage()
        self.paper.pages.append("")

    def done(self) -> Paper:
        """The document."""
        self.canvas.showPage()
        self.canvas.save()
        self.paper.pdf = self.buffer.getvalue()
        return self.paper


def letter(rng: random.Random, font: str = "Times-Roman") -> Paper:
    """One column, justified, words cut at line ends; two pages with a header and a footer that come back."""
    pen = Pen("letter")
    for page in (1, 2):
        pen.line(60, 40, "Centre hospitalier de Valmont - Service de médecine interne", "Helvetica", 8)
        y = 90.0
        if page == 1:
            pen.line(60, y, "Compte rendu d'hospitalisation", "Helvetica-Bold", 14)
            y += 30
        while y < 740:
            y = pen.prose(60, y, paragraph(rng, rng.randint(2, 4)), 475, font, 11, 13.5, True) + 10
        pen.line(60, 815, f"Dossier n° 4417 - page {page} sur 2", "Helvetica", 8)
        if page == 1:
            pen.next_page()
    return pen.done()


def two_columns(rng: random.Random, same_lines: bool) -> Paper:
    """A title across, then two columns of justified prose; with `same_lines` their baselines agree."""
    pen = Pen("two columns")
    pen.line(50, 60, "Protocole de surveillance après pose de stimulateur", "Times-Bold", 16)
    for column, x in enumerate((50.0, 310.0)):
        y = 95.0 + (0 if same_lines else 5.0 * column)
        leading = 12.0 if same_lines or not column else 12.7
        while y < 730:
            y = pen.prose(x, y, paragraph(rng, rng.randint(2, 4)), 235, "Times-Roman", 10, leading, True)
            y += leading if same_lines else 7
    return pen.done()


def leaflet(rng: random.Random, lists: bool) -> Paper:
    """A title over two of three columns of ragged prose, or two lists side by side, lines level in every column."""
    pen = Pen("lists" if lists else "three columns")
    pen.line(50, 60, "Conduite à tenir devant une fibrillation auriculaire", "Times-Bold", 15)
    count, gap = (2, 30.0) if lists else (3, rng.choice((14.0, 18.0, 24.0)))
    width = (495 - gap * (count - 1)) / count
    foot = rng.choice((300, 420, 600))
    for column in range(count):
        x, y = 50 + column * (width + gap), 95.0
        end = foot if rng.random() < 0.6 else foot - 60
        while y < end:
            said = f"- {rng.choice(_ADVICE)}" if lists else paragraph(rng, rng.randint(1, 3))
            y = pen.prose(x, y, said, width, "Helvetica" if lists else "Times-Roman", 9, 12, False)
            y += 0 if lists else 12
    return pen.done()


def sidebar(rng: random.Random) -> Paper:
    """The staff of a service in a narrow column of small print, the letter beside it."""
    pen = Pen("sidebar")
    pen.line(40, 50, "CENTRE HOSPITALIER DE VALMONT", "Helvetica-Bold", 13)
    y = 100.0
    for index in range(rng.randint(9, 14)):
        pen.line(
            40,
            y,
            f"Dr {rng.choice(('Aubin', 'Béranger', 'Cazal', 'Delorme'))} {rng.choice('ABCDEFG')}.",
            "Helvetica-Bold",
            8,
        )
        pen.line(
            40,
            y + 9.5,
            rng.choice(("Chef de service", "Praticien hospitalier", "Assistante", "Cadre de santé")),
            "Helvetica",
            7.5,
        )
        pen.line(40, y + 19, f"Tél. 03 00 00 {10 + index} {rng.randint(10, 99)}", "Helvetica", 7.5)
        y += 37
    y = 103.0
    pen.line(190, y, "Valmont, le 14 mars 2024", "Helvetica", 10)
    y += 26
    while y < 730:
        y = pen.prose(190, y, paragraph(rng, rng.randint(2, 3)), 355, "Helvetica", 10, 12.6, False) + 9
    return pen.done()


def results(rng: random.Random) -> list[list[str]]:
    """Rows of a laboratory: analyte, value, unit, range, flag, previous value, its date."""
    out = []
    for name, unit, low, high, digits in rng.sample(_ANALYTES, rng.randint(12, 18)):
        value = rng.uniform(low * 0.6, high * 1.5)
        said = f"{value:.{digits}f}".replace(".", ",")
        between = f"{low:.{digits}f} - {high:.{digits}f}".replace(".", ",")
        flag = "H" if value > high else "B" if value < low else ""
        before = f"{value * rng.uniform(0.8, 1.2):.{digits}f}".replace(".", ",") if rng.random() < 0.7 else ""
        date = f"{rng.randint(1, 28):02d}/{rng.randint(1, 12):02d}/2023" if before else ""
        out.append([name, said, unit, between, flag, before, date])
    return out


def laboratory(rng: random.Random, ruled: bool) -> Paper:
    """A table of results in chapters; the columns of text left-aligned, those of numbers right-aligned."""
    pen = Pen("laboratory")
    pen.line(50, 50, "Laboratoire de biologie de Valmont", "Helvetica-Bold", 12)
    pen.line(50, 66, "Prélèvement du 14/03/2024 à 07:40", "Helvetica", 9)
    lefts = (50.0, 190.0, 232.0, 310.0, 385.0, 410.0, 460.0)
    y = 100.0
    heads = ("Analyse", "Résultat", "Unité", "Valeurs de référence", "", "Antériorité", "")
    pen.say(" ".join(head for head in heads if head))
    for x, head in zip(lefts, heads, strict=True):
        pen.line(x, y, head, "Helvetica-Bold", 7, say=False)
    y += 20
    rows = results(rng)
    for chapter in range(2):
        pen.line(50, y, _CHAPTERS[(chapter + rng.randint(0, 3)) % 4], "Helvetica-Bold", 10)
        y += 16
        for cells in rows[chapter::2]:
            for column, (x, cell) in enumerate(zip(lefts, cells, strict=True)):
                if column in (1, 5):  # numbers end where their column ends
                    x = lefts[column + 1] - 8 - pen.width(cell, "Helvetica", 9)
                if cell:
                    pen.line(x, y, cell, "Helvetica", 9, say=False)
            kept = [cell for cell in cells if cell]
            pen.say(" ".join(kept))
            pen.paper.rows.append(kept)
            if ruled:
                pen.canvas.line(48, A4[1] - y - 4, 540, A4[1] - y - 4)
            y += 15
        y += 8
    pen.prose(50, y + 10, paragraph(rng, 2), 480, "Helvetica", 9, 11.5, False)
    return pen.done()


def typewriter(rng: random.Random) -> Paper:
    """The print of an old host: fixed pitch, cells aligned with spaces."""
    pen = Pen("typewriter")
    y = 60.0
    pen.line(40, y, "RESULTATS DE LABORATOIRE", "Courier-Bold", 10)
    for name, value, unit, between, *_ in results(rng):
        y += 14
        pen.line(40, y, f"{name:<28}{value:>8}   {unit:<16}{between:>14}", "Courier", 9, say=False)
        kept = [cell for cell in (name, value, unit, between) if cell]
        pen.say(" ".join(kept))
        pen.paper.rows.append(kept)
    return pen.done()


def ligatures(rng: random.Random) -> Paper:
    """Prose in an embedded font whose fi, fl and ffi are drawn as ligatures; needs the DejaVu fonts."""
    from reportlab.pdfbase.pdfmetrics import getRegisteredFontNames, registerFont
    from reportlab.pdfbase.ttfonts import TTFont

    if "DejaVuSerif" not in getRegisteredFontNames():
        registerFont(TTFont("DejaVuSerif", str(_DEJAVU / "DejaVuSerif.ttf")))
    pen = Pen("ligatures")
    y = 70.0
    while y < 740:
        text = paragraph(rng, 3) + " Affection confirmée, efficacité insuffisante, réflexe aboli, infiltration fine."
        before = len(pen.paper.pages[-1])
        y = pen.prose(60, y, _joined(text), 470, "DejaVuSerif", 10, 13, True) + 8
        pen.paper.pages[-1] = pen.paper.pages[-1][:before] + text + "\n"
    return pen.done()


def _joined(text: str) -> str:
    for letters, ligature in (("ffi", "ﬃ"), ("ffl", "ﬄ"), ("ff", "ﬀ"), ("fi", "ﬁ"), ("fl", "ﬂ")):
        text = text.replace(letters, ligature)
    return text


def papers(seed: int, count: int) -> list[Paper]:
    """`count` documents of each kind."""
    out: list[Paper] = []
    for index in range(count):
        rng = random.Random(f"{seed}-{index}")
        out += [letter(rng), two_columns(rng, same_lines=index % 2 == 0), sidebar(rng), laboratory(rng, index % 2 == 0)]
        out.append(typewriter(rng))
        out += [leaflet(rng, lists=False), leaflet(rng, lists=True)]
        if _DEJAVU.exists():
            out.append(ligatures(rng))
    return out
