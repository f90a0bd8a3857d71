"""The commands of rights: oppose, erase, dossier, audit, extract, reidentify, retention, conformity.

Belongs here: arguments, confirmation, printing. Does not belong here: any work (limpide/rights, quality/conformity.py).
Nothing printed names a patient, but for `reidentify`, which is asked for a name.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from limpide.rights.project import Project
    from limpide.warehouse.layout import Layout

FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
warehouse_option = click.option("--warehouse", type=FOLDER, help="L'entrepôt. [défaut : $LIMPIDE_WAREHOUSE]")
vault_option = click.option("--vault", type=FOLDER, help="Le coffre. [défaut : $LIMPIDE_VAULT]")
person_option = click.option(
    "--person", help="La personne : un INS, `IPP@autorité` (l'OID de l'établissement), ou une clé de personne."
)
why_option = click.option("--why", help="Le motif, gardé chiffré dans le journal d'audit.")


def _layout(warehouse: Path | None, vault: Path | None) -> Layout:
    from limpide.warehouse.layout import Layout
    from pipelines.settings import settings

    here = settings(warehouse=warehouse, vault=vault)
    if not here.warehouse.is_dir():
        raise click.UsageError(f"L'entrepôt n'existe pas encore : {here.warehouse}")
    return Layout(here.warehouse, here.vault)


def _one(person: str | None) -> str:
    if not person:
        raise click.UsageError("Dire de qui : --person INS, ou --person IPP@autorité.")
    return person


@click.command()
@person_option
@click.option("--list", "listed", type=FILE, help="Une liste CSV : colonne `ins`, ou colonnes `ipp` et `autorite`.")
@click.option("--lift", is_flag=True, help="Lève l'opposition au lieu de l'inscrire ; demande --why.")
@why_option
@warehouse_option
@vault_option
def oppose(
    person: str | None, listed: Path | None, lift: bool, why: str | None, warehouse: Path | None, vault: Path | None
) -> None:
    """Inscrit une opposition (ou une liste), et l'applique aussitôt à tout ce qui est publié.

    Les instantanés gardés sont réécrits sans cette personne ; ses prochains documents ne seront pas structurés. Une
    opposition peut précéder tout document. Elle se lève par un message ZFA de la source, ou par --lift ; dans les deux
    cas les documents ne reviennent qu'en relisant leurs nuits depuis le coffre.
    """
    from limpide.rights.opposition import listed_people
    from limpide.rights.opposition import oppose as opposed

    if (person is None) == (listed is None):
        raise click.UsageError("Donner --person ou --list, l'un des deux.")
    people = [_one(person)] if listed is None else listed_people(listed)
    try:
        done = opposed(_layout(warehouse, vault), people, why=why, origin="list" if listed else "command", lift=lift)
    except ValueError:
        raise click.UsageError("Lever une opposition demande un motif : --why.") from None
    click.echo(f"{done.persons} personne(s), dont {done.unknown} encore inconnue(s) de l'entrepôt.")
    if done.documents:
        click.echo(f"{done.documents} document(s) retiré(s), {done.snapshots} instantané(s) réécrit(s).")
    for night, source in done.again:
        click.echo(f"À recharger pour que les documents reviennent : --night {night} --source {source}")
    if done.unread:
        click.echo(f"Lignes qui ne désignent personne : {', '.join(map(str, done.unread))}", err=True)
        sys.exit(1)


@click.command()
@person_option
@why_option
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Écrit le reçu scellé dans ce fichier.")
@click.option("--yes", is_flag=True, help="Ne demande pas confirmation.")
@warehouse_option
@vault_option
def erase(
    person: str | None, why: str | None, out: Path | None, yes: bool, warehouse: Path | None, vault: Path | None
) -> None:
    """Efface une personne : coffre, lac, tous les instantanés, registre, quarantaine. Sans retour.

    Écrit un reçu scellé (JSON) : ce qui a été retiré, en nombres et en empreintes, sans nommer personne.
    """
    from limpide.identity.vault.persons import UnreadablePerson
    from limpide.rights.erasure import erase as erased
    from limpide.rights.holdings import UnknownPerson

    layout, written = _layout(warehouse, vault), _one(person)
    if not yes:
        click.confirm("Effacer définitivement tout ce qui est détenu sur cette personne ?", abort=True)
    try:
        receipt = erased(layout, written, why=why)
    except (UnknownPerson, UnreadablePerson) as refusal:
        raise click.ClickException(_told(refusal)) from None
    text = json.dumps(receipt, ensure_ascii=False, indent=1)
    if out:
        out.write_text(text, "utf-8")
    click.echo(text)


@click.command()
@person_option
@click.option("--out", type=FOLDER, required=True, help="Un dossier neuf, qui sera à son propriétaire seul.")
@warehouse_option
@vault_option
def dossier(person: str | None, out: Path, warehouse: Path | None, vault: Path | None) -> None:
    """Exporte tout ce qui est détenu sur une personne, et rien d'autre (RGPD, article 15). Ouvrir index.html."""
    from limpide.identity.vault.persons import UnreadablePerson
    from limpide.rights.dossier import export
    from limpide.rights.holdings import UnknownPerson

    try:
        counts = export(_layout(warehouse, vault), _one(person), out)
    except (UnknownPerson, UnreadablePerson) as refusal:
        raise click.ClickException(_told(refusal)) from None
    except FileExistsError:
        raise click.UsageError(f"{out} contient déjà quelque chose : choisir un dossier neuf.") from None
    click.echo(f"{out}/index.html — " + ", ".join(f"{name} : {number}" for name, number in counts.items()))


def _told(refusal: Exception) -> str:
    from limpide.rights.holdings import UnknownPerson

    if isinstance(refusal, UnknownPerson):
        return "Rien n'est détenu sur cette personne."
    return "Ceci ne désigne personne : donner un INS valide, ou IPP@autorité."


@click.group()
def audit() -> None:
    """Le journal d'audit : qui a chargé, interrogé, exporté, ré-identifié, opposé, effacé, et quand."""


@audit.command("verify")
@warehouse_option
@vault_option
def audit_verify(warehouse: Path | None, vault: Path | None) -> None:
    """Vérifie la chaîne du journal et nomme la première ligne altérée. Code de sortie 1 si elle n'est pas entière."""
    from limpide.identity.vault.audit import Audit
    from limpide.identity.vault.vault import Vault

    log = Audit(Vault(_layout(warehouse, vault).vault, create=False))
    verdict = log.verify()
    if not verdict.whole:
        click.echo(f"Ligne {verdict.altered} : {verdict.problem}", err=True)
        sys.exit(1)
    number, digest = log.head()
    click.echo(f"Journal entier : {verdict.lines} ligne(s). Tête à noter ailleurs : {number} {digest}")


@audit.command("list")
@person_option
@warehouse_option
@vault_option
def audit_list(person: str | None, warehouse: Path | None, vault: Path | None) -> None:
    """Écrit les actes du journal, un objet JSON par ligne ; ceux d'une personne avec --person."""
    from dataclasses import asdict

    from limpide.identity.vault.audit import Audit
    from limpide.identity.vault.persons import person_keys
    from limpide.identity.vault.vault import Vault

    opened = Vault(_layout(warehouse, vault).vault, create=False)
    log = Audit(opened)
    subjects = {one for key in person_keys(opened, person) for one in log.subjects(key)} if person else None
    for act in log.acts():
        if subjects is None or act.subject in subjects:
            click.echo(json.dumps(asdict(act), ensure_ascii=False))


def _project(layout: Layout, path: Path) -> Project:
    """A project's request; one that is refused is journalled, by the hash of its file."""
    from datetime import date

    from limpide.rights.project import Refusal, load_project

    try:
        return load_project(path, date.today())
    except Refusal as refusal:
        _refused(layout, path, refusal)
        raise click.ClickException(f"Refusé : {refusal}.") from None


def _refused(layout: Layout, path: Path, refusal: Exception) -> None:
    from hashlib import sha256

    from limpide.identity.vault.audit import Audit
    from limpide.identity.vault.vault import Vault

    request = sha256(path.read_bytes()).hexdigest()
    Audit(Vault(layout.vault, create=False)).record("project.refused", why=str(refusal), request=request)


@click.command()
@click.argument("project", type=FILE, metavar="PROJET.yaml")
@click.option("--out", type=FOLDER, required=True, help="Un dossier neuf.")
@warehouse_option
@vault_option
def extract(project: Path, out: Path, warehouse: Path | None, vault: Path | None) -> None:
    """Extrait les données d'un projet : ses tables, ses colonnes, sa population, sa période, sous ses pseudonymes.

    Refusé sans finalité permise, sans référence d'autorisation ni avis, sans date de fin ou passé celle-ci, sous le
    seuil de personnes. Ce qui est remis est inscrit : un effacement nomme les remises à rappeler. Deux projets ne se
    rapprochent pas : chaque identifiant est propre au projet. Le format du fichier est décrit dans docs/rights.md.
    """
    from limpide.rights.extract import extract as extracted
    from limpide.rights.project import Refusal
    from limpide.warehouse.query import NothingPublished

    layout = _layout(warehouse, vault)
    try:
        done = extracted(layout, _project(layout, project), out)
    except Refusal as refusal:
        _refused(layout, project, refusal)
        raise click.ClickException(f"Refusé : {refusal}.") from None
    except FileExistsError:
        raise click.UsageError(f"{out} contient déjà quelque chose : choisir un dossier neuf.") from None
    except NothingPublished:
        raise click.ClickException("Rien n'est encore publié.") from None
    click.echo(f"{done.persons} personnes, instantané n° {done.snapshot} : {out}")
    for table, number in done.rows.items():
        click.echo(f"  {table} : {number}")


@click.command()
@click.argument("project", type=FILE, metavar="PROJET.yaml")
@warehouse_option
@vault_option
def aggregate(project: Path, warehouse: Path | None, vault: Path | None) -> None:
    """Les comptages d'un projet, en CSV : petits effectifs masqués, et ce qui permettrait de les retrouver aussi.

    Une case masquée est écrite « masqué » ; « * » veut dire : toutes. Les comptages déjà rendus sont gardés en mémoire
    pour qu'aucune soustraction entre deux d'entre eux ne désigne moins de personnes que le seuil.
    """
    import csv

    from limpide.rights.aggregates import aggregate as counted
    from limpide.rights.project import Refusal

    layout = _layout(warehouse, vault)
    try:
        found = counted(layout, _project(layout, project))
    except Refusal as refusal:
        raise click.ClickException(f"Refusé : {refusal}.") from None
    writer = csv.writer(sys.stdout, lineterminator="\n")
    for table in found:
        writer.writerow(["comptage", *table.by, "personnes"])
        for cell, count in sorted(table.cells.items(), key=lambda item: repr(item[0])):
            shown = ("*" if value is None else value for value in cell)
            writer.writerow([table.name, *shown, "masqué" if count is None else count])


@click.command()
@click.argument("pseudonym", metavar="PSEUDONYME")
@click.option("--project", type=FILE, help="Le fichier du projet dont vient le pseudonyme. [défaut : l'entrepôt]")
@click.option("--code", required=True, help="Le code du motif : soins, alerte, droit, erreur, recherche, justice.")
@click.option("--reason", required=True, help="Le motif, gardé chiffré dans le journal d'audit.")
@warehouse_option
@vault_option
def reidentify(
    pseudonym: str, project: Path | None, code: str, reason: str, warehouse: Path | None, vault: Path | None
) -> None:
    """D'un pseudonyme à la personne. Demande un motif et deux personnes inscrites, et laisse une trace.

    Chacune des deux tape son nom et sa phrase secrète. Elles s'inscrivent une fois par `limpide trustee`.
    """
    from dataclasses import asdict

    from limpide.rights.reidentify import NotAllowed, Trustee, UnknownPseudonym
    from limpide.rights.reidentify import reidentify as found

    layout = _layout(warehouse, vault)
    asked = _project(layout, project) if project else None
    people = []
    for who in ("demande", "approuve"):
        name = click.prompt(f"Qui {who}", err=True)
        people.append(Trustee(name, click.prompt("Sa phrase secrète", hide_input=True, err=True)))
    try:
        seen = found(layout, pseudonym, code, reason, people[0], people[1], asked)
    except NotAllowed as refusal:
        raise click.ClickException(f"Refusé : il faut {refusal}.") from None
    except UnknownPseudonym:
        raise click.ClickException("Ce pseudonyme ne désigne personne ici.") from None
    for one in seen:
        click.echo(json.dumps(asdict(one), ensure_ascii=False))


@click.command()
@click.argument("name", metavar="NOM")
@warehouse_option
@vault_option
def trustee(name: str, warehouse: Path | None, vault: Path | None) -> None:
    """Inscrit une personne qui pourra, avec une autre, ré-identifier."""
    from limpide.identity.vault.vault import Vault
    from limpide.rights.reidentify import NotAllowed, enrol

    opened = Vault(_layout(warehouse, vault).vault, create=False)
    secret = click.prompt("Phrase secrète", hide_input=True, confirmation_prompt=True, err=True)
    try:
        enrol(opened, name, secret)
    except NotAllowed as refusal:
        raise click.ClickException(f"Refusé : {refusal}.") from None
    click.echo(f"{name} est inscrit(e).")


@click.command()
@click.option("--dry-run", is_flag=True, help="Compte sans rien retirer.")
@warehouse_option
@vault_option
def retention(dry_run: bool, warehouse: Path | None, vault: Path | None) -> None:
    """Annonce les documents publiés arrivés au terme de leur classe (20 ans au plus), et retire de l'entrepôt ceux qui
    ont été annoncés assez tôt ; chaque nuit le fait aussi. Le coffre garde les originaux.

    Durées et préavis sont ceux de $LIMPIDE_RETENTION, sinon ceux de limpide/warehouse/retention.yaml.
    """
    from datetime import date

    from limpide.rights.retention import retain
    from limpide.warehouse.retention_terms import terms

    try:
        kept = terms()
    except ValueError as fault:
        raise click.ClickException(f"Durées refusées : {fault}") from None
    done = retain(_layout(warehouse, vault), date.today(), dry_run=dry_run, kept=kept)
    verb = "à retirer" if dry_run else "retirés"
    for term in (*kept.classes, kept.default):
        announced, left = done.announced.get(term.name, 0), done.documents.get(term.name, 0)
        click.echo(f"{term.french} ({term.years} ans) : {announced} annoncés, {left} {verb}")
    if done.leaving_on:
        click.echo(f"Prochain retrait au plus tôt : {done.leaving_on}")
    click.echo(f"Personnes dont plus rien n'est publié : {done.persons}")


@click.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default="conformite.html", show_default=True)
@warehouse_option
@vault_option
def conformity(out: Path, warehouse: Path | None, vault: Path | None) -> None:
    """Exécute le registre de conformité et l'écrit en une page HTML, pour un délégué à la protection des données.

    Code de sortie 1 si une exigence n'est pas tenue.
    """
    from datetime import date

    from quality.conformity import page, run

    lines = run(_layout(warehouse, vault), date.today())
    out.write_text(page(lines, date.today()), "utf-8")
    failed = [line for line in lines if line.status == "failed"]
    for line in failed:
        click.echo(f"{line.requirement.id} : {line.requirement.french} — {line.told}", err=True)
    click.echo(f"{out} : {len(lines)} exigences, {len(failed)} non tenue(s).")
    sys.exit(1 if failed else 0)


COMMANDS = [oppose, erase, dossier, audit, extract, aggregate, reidentify, trustee, retention, conformity]
