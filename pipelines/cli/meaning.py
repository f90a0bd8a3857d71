"""The commands of meaning: exam, arena, terminology.

Belongs here: arguments and printing. Does not belong here: any work (limpide/semantics).
"""

from __future__ import annotations

import json
from itertools import combinations
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
@click.option("--save", is_flag=True, help="Garde les chiffres avec l'entrepôt ; la prochaine nuit les publie.")
@click.option(
    "--warehouse",
    type=click.Path(file_okay=False, path_type=Path),
    help="L'entrepôt, pour --save. [défaut : $LIMPIDE_WAREHOUSE, sinon ./warehouse]",
)
def exam(folder: Path, name: str, out: Path | None, save: bool, warehouse: Path | None) -> None:
    """Examine le moteur sur vos documents structurés (N3) : imprimés sans leurs codes, relus, comparés à ces codes.

    Rappel : parmi ce que le récit dit et que les codes disent aussi. Précision : parmi ce qui est trouvé là où les
    codes parlent. Intervalles de Wilson à 95 %. « tus » : codés mais absents du récit ; « contredits » : le récit dit
    l'inverse ; « non jugés » : trouvés là où rien n'est codé ; « strict » : rien de cela mis à part. Règles :
    docs/exam.md. Le fichier --json cite des libellés du récit : le garder avec les documents. --save ne garde que des
    comptes par type de document : le jeu « établissement » de la table limpide_score, à côté du jeu livré.
    """
    from limpide.evaluation import exam as examination
    from limpide.reports.progress import progress_shown, tracked
    from limpide.reports.tables import plain_table
    from limpide.semantics.engine import load_engine
    from pipelines.cli.structure import files_of

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
    if save:
        from limpide.warehouse import scores
        from limpide.warehouse.layout import Layout
        from pipelines.settings import settings, tonight

        here = settings(warehouse=warehouse)
        what = "Documents structurés (CDA N3) de l'établissement, imprimés sans leurs codes et relus"
        kept = scores.save(Layout(here.warehouse, here.vault), scores.stored(result, scores.OWN, what, tonight()))
        click.echo(f"Gardé : {kept}")


@click.command()
@click.argument("paths", nargs=-1, required=True, type=EXISTING, metavar="CHEMIN…")
@click.option(
    "--engines", default="limpide,iknow", show_default=True, metavar="NOM,NOM,DOSSIER…", help="Voir ci-dessous."
)
@click.option("--truth", type=FILE, metavar="FICHIER.jsonl", help="La vérité : rappel, précision et F1 de chacun.")
@click.option("--csv", "out", type=click.Path(dir_okay=False, path_type=Path), help="Écrit chaque fait de chacun.")
@click.option("--examples", type=click.IntRange(0), default=4, show_default=True, help="Désaccords montrés par sorte.")
def arena(paths: tuple[Path, ...], engines: str, truth: Path | None, out: Path | None, examples: int) -> None:
    """Compare des moteurs sur les mêmes notes : ce qu'ils trouvent, à quel prix, où ils diffèrent, qui a raison.

    \b
    Moteurs, séparés par des virgules :
      limpide          nos règles
      limpide-linked   nos règles, puis scispaCy pour ce qu'elles laissent sans code
      edsnlp           EDS-NLP : CIM-10, médicaments, qualificatifs (plus d'une minute à démarrer)
      iknow            iKnow : concepts et négation, sans code
      ./mon-modele     un dossier : votre chaîne spaCy ou EDS-NLP (nlp.to_disk). N'ouvrir qu'un dossier de confiance

    Chaque moteur ne voit que le texte, dans un processus à lui ; les temps sont des temps de processeur. La vérité est
    faite de lignes JSON avec « path » et « facts » : celle de `limpide synth`, ou la sortie de `limpide structure`
    corrigée à la main. Les désaccords et le CSV citent les notes : les garder avec elles.
    """
    from limpide.evaluation import arena as ring
    from limpide.reports.progress import progress_shown, tracked
    from pipelines.cli import arena_tables as shown
    from pipelines.cli.structure import files_of

    given = list(ring.notes(files_of(paths)))
    if not given:
        raise click.ClickException("Aucune note lisible dans ces chemins.")
    names = list(dict.fromkeys(name.strip() for name in engines.split(",") if name.strip()))
    bouts = []
    with progress_shown(), tracked("moteurs", "moteur") as advance:
        for bout in ring.fight(names, given):
            bouts.append(bout)
            advance(len(bouts), len(names))
    click.echo(shown.engines(bouts))
    able = [bout for bout in bouts if bout.failure is None]
    if truth:
        truths = ring.read_truth(truth)
        judged = [(bout.engine, ring.judged(bout, given, truths)) for bout in able]
        if not any(tallies for _, tallies in judged):
            raise click.ClickException("Aucune note n'a sa ligne dans ce fichier de vérité.")
        click.echo(f"\nFace à la vérité\n\n{shown.scores(judged)}")
    for one, other in combinations(able, 2):
        click.echo(f"\n{one.engine} et {other.engine}\n\n{shown.agreement(ring.agreements(one, other))}")
        if told := shown.examples(ring.sample(ring.differences(one, other), examples), given, one, other):
            click.echo(f"\n{told}")
    if out:
        with out.open("w", encoding="utf-8", newline="") as stream:
            shown.as_csv(given, able, stream)


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
    from limpide.semantics.terms import user_terms

    try:
        added = user_terms.add(file, system, kind, "athena" if form == "athena" else "csv")
    except user_terms.UnreadableTerminology as refusal:
        raise click.ClickException(str(refusal)) from None
    click.echo(f"{added.terms} termes ({added.system}, {added.kind}) : {added.path}")


@terminology.command("list")
def terminology_list() -> None:
    """Liste les terminologies ajoutées."""
    from limpide.reports.tables import plain_table
    from limpide.semantics.terms import user_terms

    rows = [(each.system, each.kind, str(each.terms), each.path.name) for each in user_terms.listed()]
    click.echo(plain_table(("système", "sorte", "termes", "fichier"), rows) if rows else "Aucune terminologie ajoutée.")


COMMANDS = [exam, arena, terminology]
