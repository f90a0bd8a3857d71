"""The commands of meaning: exam, arena, terminology.

Belongs here: arguments and printing. Does not belong here: any work (limpide/semantics).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import click

from limpide.document import Kind

EXISTING = click.Path(exists=True, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("folder", type=EXISTING, metavar="DOSSIER")
@click.option("--engine", "name", default="limpide", show_default=True, help="Le moteur examiné.")
@click.option("--json", "out", type=click.Path(dir_okay=False, path_type=Path), help="Écrit chiffres et erreurs.")
def exam(folder: Path, name: str, out: Path | None) -> None:
    """Examine le moteur sur vos documents structurés (N3) : imprimés sans leurs codes, relus, comparés à ces codes.

    Rappel : parmi ce que le récit dit et que les codes disent aussi. Précision : parmi ce qui est trouvé là où les
    codes parlent. Intervalles de Wilson à 95 %. « tus » : codés mais absents du récit ; « contredits » : le récit dit
    l'inverse ; « non jugés » : trouvés là où rien n'est codé ; « strict » : rien de cela mis à part. Règles :
    docs/exam.md. Le fichier --json cite des libellés du récit : le garder avec les documents.
    """
    from assets.progress import progress_shown, tracked
    from assets.showing import plain_table
    from limpide.semantics import exam as examination
    from limpide.semantics.engine import load_engine
    from pipelines.structuring import files_of

    with progress_shown(), tracked("documents examinés") as advance:
        documents = examination.structured(files_of([folder]))
        result = examination.sit(documents, load_engine(name), lambda done: advance(done, done))
    if not result.documents:
        raise click.ClickException(f"Aucun document structuré (CDA N3 avec des entrées codées) dans {folder}.")
    header, *body = examination.table(result)
    click.echo(f"{result.engine} : {result.documents} documents examinés, {result.unreadable} impressions illisibles")
    click.echo(plain_table(header, body))
    if out:
        out.write_text(json.dumps(examination.to_json(result), ensure_ascii=False, indent=1) + "\n", "utf-8")


@click.group()
def terminology() -> None:
    """Vos terminologies : ajoutées au vocabulaire du moteur ($LIMPIDE_TERMINOLOGIES, sinon ./terminologies)."""


@terminology.command("add")
@click.argument("file", type=FILE, metavar="FICHIER")
@click.option("--system", required=True, help="CIM-10, SNOMED CT, Orphanet, HPO, ATC…")
@click.option("--kind", required=True, type=click.Choice(get_args(Kind)), help="Ce que nomment les termes.")
@click.option("--format", "form", type=click.Choice(("csv", "athena")), default="csv", show_default=True)
def terminology_add(file: Path, system: str, kind: str, form: str) -> None:
    """Ajoute un fichier CSV (colonnes code et libelle, séparateur , ; ou tabulation) ou CONCEPT.csv d'Athena."""
    from limpide.semantics import user_terms

    try:
        added = user_terms.add(file, system, kind, "athena" if form == "athena" else "csv")
    except user_terms.UnreadableTerminology as refusal:
        raise click.ClickException(str(refusal)) from None
    click.echo(f"{added.terms} termes ({added.system}, {added.kind}) : {added.path}")


@terminology.command("list")
def terminology_list() -> None:
    """Liste les terminologies ajoutées."""
    from assets.showing import plain_table
    from limpide.semantics import user_terms

    rows = [(each.system, each.kind, str(each.terms), each.path.name) for each in user_terms.listed()]
    click.echo(plain_table(("système", "sorte", "termes", "fichier"), rows) if rows else "Aucune terminologie ajoutée.")


COMMANDS = [exam, terminology]
