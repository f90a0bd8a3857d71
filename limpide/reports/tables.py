"""How counts and accounts are shown in the UI and in a terminal: Markdown, in French.

Belongs here: tables of counts. Does not belong here: counting (warehouse/snapshots/account.py); any text of a document.
"""

from collections.abc import Iterable, Mapping, Sequence

# What it is, then what to do.
REASONS = {
    "no_reader": "format que rien ne lit encore : demander un autre format à la source",
    "unknown_format": "octets que rien ne reconnaît : demander à la source ce que c'est",
    "empty": "fichier vide : à renvoyer par la source",
    "malformed": "fichier mal formé : à renvoyer par la source",
    "truncated": "fichier tronqué : à renvoyer par la source",
    "dummy_payload": "contenu factice : à retirer de l'envoi",
    "no_text": "aucun texte : rien à faire, l'original est au coffre",
    "unreadable": "illisible, ni fichier ordinaire, ni droit de lecture : vérifier les droits et le disque",
    "needs_ocr": "image : attend la reconnaissance de caractères (installer Tesseract)",
    "encrypted": "chiffré ou protégé par mot de passe : à renvoyer en clair",
    "forbidden_construct": "construction interdite (DTD, entités, archive piégée) : à signaler à la source",
    "too_large": "trop grand : à découper par la source",
    "too_slow": "trop long à lire : à signaler aux développeurs",
    "too_much_memory": "trop de mémoire : à signaler aux développeurs",
    "reader_crashed": "le lecteur s'est arrêté : à signaler aux développeurs",
    "no_patient": "aucun patient identifié : déclarer la source, ou rattacher (limpide identity attach)",
    "identity_conflict": "identités contradictoires : décider (limpide identity review, release)",
    "id_conflict": "identifiant unique porté pour deux patients : demander à la source lequel se trompe",
    "no_document": "message sans document : rien à faire",
    "implausible_date": "date impossible (future, d'avant la naissance, ou de remplissage) : à faire corriger par la"
    " source, ou à accepter (limpide identity release --as date)",
    "past_term": "arrivé au-delà de sa durée de conservation : gardé au coffre, jamais publié ; faire vérifier la date"
    " par la source",
    "undeclared_source": "source ou format non déclaré : l'ajouter à sources.yaml",
    "residual_identity": "identité peut-être restée dans le texte : relire (limpide identity review, release)",
}

LEFT = {
    "unfinished": "en cours d'écriture : lus une fois terminés",
    "unmarked": "sans leur marqueur de fin : lus quand il sera là",
    "special": "liens, tubes ou périphériques : jamais lus",
    "unreadable": "que le système refuse de lire : vérifier les droits et le disque",
    "too_large": "de plus de 1 Gio : jamais lus",
}


def left_in_french(left: Mapping[str, int]) -> dict[str, int]:
    """What was not read in a landing folder, for an operator."""
    return {LEFT.get(kind, kind): number for kind, number in sorted(left.items())}


def reason_in_french(reason: str) -> str:
    """What an analyst reads for a quarantine reason; an unknown one is shown as it is."""
    return REASONS.get(reason, reason)


def markdown_table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; numbers to the right, with a thin space between thousands."""
    lines = ["| " + " | ".join(headings) + " |"]
    body = [list(row) for row in rows]
    right = [bool(body) and isinstance(row, int | float) for row in (body[0] if body else [""] * len(headings))]
    lines.append("|" + "|".join("---:" if side else "---" for side in right) + "|")
    lines += ["| " + " | ".join(_cell(value) for value in row) + " |" for row in body]
    return "\n".join(lines)


def plain_table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The same for a terminal: columns aligned, no frame."""
    body = [[_cell(value) for value in row] for row in rows]
    numeric = [
        all(not row[i].strip("0123456789\u202f.,-") for row in body) and bool(body) for i in range(len(headings))
    ]
    widths = [max(len(str(heading)), *(len(row[i]) for row in body), 0) for i, heading in enumerate(headings)]

    def line(cells: Sequence[str]) -> str:
        fitted = (c.rjust(w) if n else c.ljust(w) for c, w, n in zip(cells, widths, numeric, strict=True))
        return "  ".join(fitted).rstrip()

    return "\n".join([line(list(headings)), line(["─" * width for width in widths]), *(line(row) for row in body)])


def reasons_table(quarantined: Mapping[str, int]) -> str:
    """Why documents were set aside, most frequent first; 'aucune quarantaine' when none was."""
    if not quarantined:
        return "aucune quarantaine"
    ordered = sorted(quarantined.items(), key=lambda item: (-item[1], item[0]))
    return markdown_table(("raison", "documents", "en clair"), [(r, n, reason_in_french(r)) for r, n in ordered])


def thousands(number: int) -> str:
    """12345 as '12 345', with the narrow space of French typography."""
    return f"{number:,}".replace(",", "\u202f")


def _cell(value: object) -> str:
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, int):
        return thousands(value)
    return str(value).replace("|", "\\|").replace("\n", " ")
