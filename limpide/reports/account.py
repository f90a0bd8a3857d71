"""The account of the night, for people: the same facts as Markdown for the UI and as text for a terminal.

Belongs here: how the account reads. Does not belong here: counting (limpide/warehouse/snapshots/account.py).
"""

from collections.abc import Sequence
from datetime import date

from limpide.reports.tables import left_in_french, markdown_table, plain_table, reason_in_french, thousands
from limpide.warehouse.layout import Layout
from limpide.warehouse.snapshots.account import Account, ConservationRow, account
from limpide.warehouse.snapshots.person_account import PersonAccount
from limpide.warehouse.snapshots.publication import current_snapshot

HEADINGS = ("source", "reçus", "publiés", "remplacés", "en double", "quarantaine")
RARE = ("supprimés", "opposés", "en attente")  # shown when there are any


def account_markdown(told: Account) -> str:
    """What the UI shows on the snapshot."""
    parts = [f"**Compte de la nuit {told.night}** — {_headline(told)}", markdown_table(*_conserved(told.sources))]
    parts.append(f"Versions antérieures remplacées par cette nuit : {thousands(told.replaced)}.")
    parts += _late(told)
    if any(told.quarantine.values()):
        parts.append(markdown_table(("source", "raison", "documents", "en clair"), _quarantine(told)))
    else:
        parts.append("Aucune quarantaine.")
    if told.left:
        parts.append("Laissés dans le dossier d'arrivée :\n\n" + markdown_table(*_left(told)))
    if told.persons is not None:
        parts.append(_persons(told.persons))
    if told.unread:
        parts.append("Reçus dans des documents et non lus :\n\n" + markdown_table(*_unread(told)))
    return "\n\n".join(parts)


def accounts_markdown(told: Sequence[Account]) -> str:
    """The accounts of all the nights that a publication settled: whole for one, a line a night for more."""
    if len(told) == 1:
        return account_markdown(told[0])
    headings = ("nuit", *HEADINGS[1:], "en attente", "équilibre")
    lines = [(one.night.isoformat(), *_sums(one.sources)) for one in told]
    late = [line for one in told for line in _late(one)]
    return "\n\n".join([f"**Compte de {len(told)} nuits**", markdown_table(headings, lines), *late])


def _sums(rows: list[ConservationRow]) -> tuple[object, ...]:
    names = ("received", "published", "superseded", "duplicated", "quarantined", "waiting")
    sums = [sum(getattr(row, name) for row in rows) for name in names]
    return (*sums, "oui" if all(row.balanced for row in rows) else "NON")


def account_text(told: Account) -> str:
    """What `limpide load` and `limpide account` print."""
    parts = [f"\nCompte de la nuit {told.night} — {_headline(told)}\n", plain_table(*_conserved(told.sources))]
    parts.append(f"\nVersions antérieures remplacées par cette nuit : {thousands(told.replaced)}.")
    parts += _late(told)
    if any(told.quarantine.values()):
        parts.append("\nQuarantaine, et pourquoi :\n")
        parts.append(plain_table(("source", "raison", "documents", "en clair"), _quarantine(told)))
    else:
        parts.append("\nAucune quarantaine.")
    if told.left:
        parts.append("\nLaissés dans le dossier d'arrivée :\n")
        parts.append(plain_table(*_left(told)))
    if told.persons is not None:
        parts.append("\n" + _persons(told.persons))
    if told.unread:
        parts.append("\nReçus dans des documents et non lus :\n")
        parts.append(plain_table(*_unread(told)))
    if told.snapshot is not None:
        filled = [(table, rows) for table, rows in sorted(told.rows.items()) if rows]
        parts.append(f"\nEntrepôt courant : instantané n° {told.snapshot}\n")
        parts.append(plain_table(("table", "lignes"), filled))
    else:
        parts.append("\nRien n'est encore publié.")
    return "\n".join(parts)


def account_of(layout: Layout, night: date | None = None) -> str:
    """The account of `night`, or of the night published last. Raises LookupError when nothing was ever loaded."""
    if night is None:
        latest = current_snapshot(layout)
        if latest is None:
            raise LookupError("nothing is published yet")
        night = latest.night
    return account_text(account(layout, night))


def conservation_markdown(rows: list[ConservationRow]) -> str:
    """The law of conservation, a line a source."""
    return markdown_table(*_conserved(rows)) if rows else "aucun document reçu"


def _unread(told: Account) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    lines = [(source, name, count) for source, found in sorted(told.unread.items()) for name, count in found.items()]
    return ("source", "segment ou élément", "nombre"), list(lines)


def _headline(told: Account) -> str:
    received = sum(row.received for row in told.sources)
    return f"{thousands(told.files)} fichiers, {thousands(received)} documents"


def _late(told: Account) -> list[str]:
    nights = ", ".join(f"{thousands(files)} de la nuit {night}" for night, files in told.late.items())
    return [f"Fichiers arrivés en retard, chargés avec cette nuit : {nights}."] if nights else []


def _conserved(rows: list[ConservationRow]) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """Headings and a line a source, then their sum; `équilibre` says whether the law of conservation holds."""
    rare = any(row.deleted or row.opposed or row.waiting for row in rows)

    def counts(row: ConservationRow) -> tuple[int, ...]:
        common = (row.received, row.published, row.superseded, row.duplicated, row.quarantined)
        return (*common, row.deleted, row.opposed, row.waiting) if rare else common

    lines: list[tuple[object, ...]] = [(row.source, *counts(row), "oui" if row.balanced else "NON") for row in rows]
    if len(rows) > 1:
        sums = [sum(column) for column in zip(*(counts(row) for row in rows), strict=True)]
        lines.append(("toutes", *sums, "oui" if all(row.balanced for row in rows) else "NON"))
    return (*HEADINGS, *(RARE if rare else ()), "équilibre"), lines


def _quarantine(told: Account) -> list[tuple[object, ...]]:
    return [
        (source, reason, number, reason_in_french(reason))
        for source, reasons in sorted(told.quarantine.items())
        for reason, number in sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    ]


def _left(told: Account) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    lines: list[tuple[object, ...]] = [
        (source, number, kind)
        for source, kinds in sorted(told.left.items())
        for kind, number in left_in_french(kinds).items()
    ]
    return ("source", "fichiers", "pourquoi"), lines


def _persons(told: PersonAccount) -> str:
    """Counts only; `limpide identity persons` gives the keys."""
    said = [
        f"Personnes : {thousands(told.persons)}",
        f"sans sexe : {thousands(len(told.without_sex))}",
        f"sans année de naissance : {thousands(len(told.without_birth_year))}",
        f"d'un seul document : {thousands(len(told.one_document))}",
    ]
    if told.alike is not None:
        said.append(f"paires qui se ressemblent : {thousands(len(told.alike))} (limpide identity persons)")
    return " ; ".join(said) + "."
