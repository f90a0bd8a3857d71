"""The `limpide` command: everything a person asks of the warehouse from a shell.

Belongs here: arguments, exit codes, printing. Does not belong here: any work. Heavy imports stay inside the commands,
so that help answers at once. What people read is in French; exit codes: CODES.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from limpide import __version__
from pipelines.cli.identity import COMMANDS as IDENTITY
from pipelines.cli.meaning import COMMANDS as MEANING
from pipelines.cli.rights import COMMANDS as RIGHTS
from pipelines.cli.vault import COMMANDS as VAULT

if TYPE_CHECKING:
    from limpide.warehouse.layout import Layout

FOLDER = click.Path(file_okay=False, path_type=Path)
EXISTING = click.Path(exists=True, path_type=Path)

warehouse_option = click.option(
    "--warehouse", type=FOLDER, help="L'entrepôt. [défaut : $LIMPIDE_WAREHOUSE, sinon ./warehouse]"
)
vault_option = click.option(
    "--vault", type=FOLDER, help="Le coffre (identités, clé, originaux). [défaut : $LIMPIDE_VAULT, sinon ./vault]"
)


class Night(click.ParamType[date]):
    """A date written YYYY-MM-DD."""

    name = "AAAA-MM-JJ"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return datetime.strptime(str(value), "%Y-%m-%d").date()
        except ValueError:
            self.fail(f"« {value} » n'est pas une date de la forme 2026-11-23.", param, ctx)


CODES = """\b
    Codes de sortie :
      0  c'est fait
      1  un contrôle a échoué (rien n'est publié, l'entrepôt de la veille continue de servir), et rien d'autre
      2  la demande ne peut pas être servie telle quelle : option, réglage, question, identifiant
      3  une panne a arrêté la commande : la phrase affichée dit que faire"""


class Limpide(click.Group):
    """The command: whatever happens ends in a French sentence and one of CODES, never in a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        from limpide.warehouse.layout import keep_from_others
        from pipelines.settings import BadSetting

        keep_from_others()
        try:
            return super().invoke(ctx)
        except click.Abort:
            raise Unanswerable("Abandonné : rien n'a été fait.") from None
        except click.ClickException as refused:
            if refused.exit_code == 1:
                raise Unanswerable(refused.format_message()) from None
            raise
        except click.exceptions.Exit:
            raise
        except BadSetting as bad:
            raise Unanswerable(str(bad)) from None
        except BrokenPipeError:
            raise  # whoever read us has read enough: click ends quietly
        except Exception as fault:
            from limpide.reports.faults import sentence

            raise Stopped(sentence(fault)) from None


class Unanswerable(click.ClickException):
    """What was asked cannot be answered as it was asked."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(self.format_message(), err=True)


class Stopped(Unanswerable):
    """A fault ended the command; the sentence says what to do."""

    exit_code = 3


@click.group(
    cls=Limpide, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}, epilog=CODES
)
@click.version_option(__version__, prog_name="limpide")
def main() -> None:
    """Limpide : des documents de santé à un entrepôt OMOP, chaque nuit, hors ligne.

    \b
    Pour commencer :
      limpide synth --documents 300 --nights 3 demo      une arrivée synthétique, sans vrai patient
      limpide load --new --landing demo/landing          crée l'entrepôt, charge chaque nuit, affiche son compte
      limpide query "SELECT count(*) FROM person"        interroge l'entrepôt courant
      limpide explain condition_occurrence 12            d'une ligne publiée à sa page dans le document

    Tout se passe sur cette machine : rien n'est téléchargé, rien n'est envoyé.
    """


@main.command(short_help="Crée un entrepôt vide et son coffre.")
@warehouse_option
@vault_option
def init(warehouse: Path | None, vault: Path | None) -> None:
    """Crée un entrepôt vide et son coffre : la première mise en service, qui se demande.

    Ensuite un entrepôt, un registre ou un coffre qui manque n'est jamais pris pour un premier jour : rien ne démarre,
    et la commande dit ce qui manque et comment le remettre.
    """
    from limpide.warehouse.layout import Layout
    from limpide.warehouse.pairing import init as made
    from pipelines.settings import settings

    here = settings(warehouse=warehouse, vault=vault)
    made(Layout(here.warehouse, here.vault))
    click.echo(
        f"Entrepôt : {here.warehouse}\nCoffre   : {here.vault} (à sauvegarder à part : clé, identités, originaux)"
    )


@main.command(short_help="Charge une nuit, ici et maintenant.")
@click.option("--landing", type=EXISTING, help="Le dossier d'arrivée. [défaut : $LIMPIDE_LANDING, sinon ./landing]")
@warehouse_option
@vault_option
@click.option("--night", type=Night(), help="La nuit à charger. [défaut : chaque sous-dossier daté, sinon cette nuit]")
@click.option("--source", help="Seulement cette source. [défaut : toutes]")
@click.option("--workers", type=click.IntRange(1), help="Processus de lecture. [défaut : un par cœur]")
@click.option("--new", is_flag=True, help="Première mise en service : crée l'entrepôt et son coffre.")
@click.option("--verbose", is_flag=True, help="Montre le journal de Dagster.")
def load(
    landing: Path | None,
    warehouse: Path | None,
    vault: Path | None,
    night: date | None,
    source: str | None,
    workers: int | None,
    new: bool,
    verbose: bool,
) -> None:
    """Charge une nuit, ici et maintenant : lit, structure, contrôle, publie, puis affiche le compte de la nuit.

    Le premier niveau de dossiers sous --landing donne les sources (laboratoire, radiologie…). Si ce dossier contient
    des sous-dossiers datés (2026-11-23) et que --night n'est pas donné, chaque nuit est chargée dans l'ordre. Une nuit
    interrompue est d'abord terminée ; un fichier ajouté depuis au dossier d'une nuit passée est pris et compté à la
    sienne. La toute première fois : --new.

    Recharger une nuit ne double rien. Un document illisible est mis en quarantaine avec sa raison : la nuit continue,
    et le code de sortie reste 0. Si un contrôle bloquant échoue, rien n'est publié, l'entrepôt de la veille continue de
    servir et le code de sortie est 1 ; une panne donne 3. Avec DAGSTER_HOME, l'exécution apparaît dans l'interface
    (`make ui`).
    """
    from limpide.warehouse.layout import Layout
    from limpide.warehouse.night.landing import nights_in
    from limpide.warehouse.pairing import check
    from limpide.warehouse.pairing import init as made
    from pipelines.night import Outcome, run_night
    from pipelines.settings import settings, tonight

    here = settings(landing=landing, warehouse=warehouse, vault=vault, workers=workers)
    if not here.landing.is_dir():
        raise click.UsageError(f"Le dossier d'arrivée n'existe pas : {here.landing}")
    layout = Layout(here.warehouse, here.vault)
    (made if new else check)(layout)
    nights = [night] if night else nights_in(here.landing) or [tonight()]
    for each in nights:
        outcome = run_night(here, each, source, verbose=verbose)
        click.echo(outcome.account)
        if outcome.status is Outcome.REFUSED:
            click.echo(f"Nuit {each} : contrôle bloquant en échec, rien n'est publié.", err=True)
            for line in outcome.reasons:
                click.echo(f"  - {line}", err=True)
            sys.exit(1)
        if outcome.status is Outcome.STOPPED:
            click.echo(f"Nuit {each} : arrêtée par une panne, rien n'est publié.", err=True)
            for line in outcome.reasons:
                click.echo(f"  - {line}", err=True)
            sys.exit(3)


@main.command("accept-loss", short_help="Laisse publier un instantané qui perd des documents.")
@click.option("--reason", required=True, help="Pourquoi c'est voulu ; gardé, chiffré, dans le journal.")
@warehouse_option
@vault_option
def accept_loss(reason: str, warehouse: Path | None, vault: Path | None) -> None:
    """Laisse publier le candidat refusé parce qu'il perd des documents ou des lignes sans raison connue.

    L'acceptation vaut pour ces données mêmes, une fois ; elle est journalisée. Ensuite : relancer `limpide load`.
    """
    from limpide.identity.vault.audit import Audit
    from limpide.identity.vault.vault import Vault
    from limpide.warehouse.pairing import check
    from limpide.warehouse.snapshots.candidate import load_candidate
    from limpide.warehouse.snapshots.shrinkage import accept, losses, refused_last

    layout = _layout(warehouse, vault)
    check(layout)
    candidate = refused_last(layout)
    lost = losses(layout, load_candidate(layout, candidate)) if candidate else []
    if candidate is None or not any(loss.serious for loss in lost):
        raise click.ClickException("Aucun instantané n'attend pour avoir perdu quelque chose.")
    log = Audit(Vault(layout.vault, create=False))
    log.record("accept_loss", why=reason, candidate=candidate, lost={loss.table: loss.lost for loss in lost})
    accept(layout, candidate)
    click.echo("\n".join(f"Accepté : {loss.table}, {loss.lost} lignes sur {loss.before}" for loss in lost))
    click.echo("Relancer maintenant la nuit : `limpide load`.")


@main.command(short_help="Lit des fichiers : un document JSON par ligne.")
@click.argument("paths", nargs=-1, required=True, type=EXISTING, metavar="CHEMIN…")
@click.option("--engine", default="limpide", show_default=True, help="Le moteur sémantique.")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Processus de lecture.")
def structure(paths: tuple[Path, ...], engine: str, workers: int) -> None:
    """Lit des fichiers (ou des dossiers, en entier) et écrit un document JSON par ligne sur la sortie standard.

    Aucun entrepôt n'est nécessaire et rien n'est conservé : l'en-tête, identité comprise, le texte, les sections et les
    faits codés ou compris sont écrits tels quels, avec leurs positions dans le texte. Un fichier illisible donne une
    ligne de statut « quarantined » avec sa raison.
    """
    from pipelines.cli.structure import json_lines

    for line in json_lines(paths, engine=engine, workers=workers):
        click.echo(line)


@main.command(short_help="Pose une question SQL à l'entrepôt courant.")
@click.argument("sql")
@warehouse_option
@vault_option
@click.option(
    "--csv", "form", flag_value="csv", help="Écrit du CSV ; ce qu'un tableur lirait comme une formule y est désarmé."
)
@click.option("--raw", is_flag=True, help="Avec --csv : les textes tels quels, pour un programme.")
@click.option("--json", "form", flag_value="json", help="Écrit une ligne JSON par ligne de résultat.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="Lignes montrées en tableau.")
def query(sql: str, warehouse: Path | None, vault: Path | None, form: str | None, raw: bool, limit: int) -> None:
    """Pose une question SQL (DuckDB) à l'entrepôt courant : une seule, qui lit les tables et rien d'autre.

    Ni fichier, ni extension, ni réglage : ce qui sort des tables de l'instantané est refusé et journalisé.

    \b
      limpide query "SHOW TABLES"
      limpide query --csv "SELECT * FROM measurement" > mesures.csv
    """
    import duckdb

    from limpide.warehouse.query import NotAQuestion, NothingPublished, ask
    from pipelines.cli.printing import as_csv, as_json_lines, as_table

    layout = _layout(warehouse, vault)
    try:
        connection, cursor = ask(layout, sql)
    except NothingPublished:
        raise click.ClickException("Rien n'est encore publié.") from None
    except NotAQuestion as refused:
        _trace(layout, sql, refused=refused.kind)
        raise click.ClickException(str(refused)) from None
    except duckdb.PermissionException:
        _trace(layout, sql, refused="files")
        raise click.ClickException("Une question lit les tables de l'instantané, et aucun autre fichier.") from None
    except duckdb.Error as error:
        raise click.ClickException(f"DuckDB ne comprend pas la question : {error}") from None
    with connection:
        try:
            _trace(layout, sql)  # before the first row is shown
            names = [column[0] for column in cursor.description or []]
            if form == "csv":
                as_csv(names, cursor, sys.stdout, raw=raw)
            elif form == "json":
                as_json_lines(names, cursor, sys.stdout)
            else:
                click.echo(as_table(names, cursor, limit))
        except duckdb.Error as error:
            raise click.ClickException(f"DuckDB n'a pas pu répondre : {error}") from None


@main.command(short_help="D'une ligne publiée à sa page.")
@click.argument("table")
@click.argument("row_id", metavar="ID", type=int)
@warehouse_option
@vault_option
def explain(table: str, row_id: int, warehouse: Path | None, vault: Path | None) -> None:
    """D'une ligne publiée à son origine : document, section, page ou caractères, règle ou entrée, version du moteur."""
    from limpide.warehouse.explain import explain as explained
    from limpide.warehouse.query import NothingPublished

    try:
        found = explained(_layout(warehouse, vault), table, row_id)
    except NothingPublished:
        raise click.ClickException("Rien n'est encore publié.") from None
    except KeyError:
        raise click.ClickException(f"Aucune ligne {row_id} dans {table} de l'entrepôt courant.") from None
    _print_record(asdict(found))


@main.command(short_help="Vérifie chaque octet de l'entrepôt et du coffre.")
@click.option("--no-originals", is_flag=True, help="Sans les originaux du coffre.")
@warehouse_option
@vault_option
def verify(no_originals: bool, warehouse: Path | None, vault: Path | None) -> None:
    """Relit tout et nomme chaque fichier altéré, manquant ou étranger : données, lac, manifestes, catalogues, registre,
    originaux. Code 1 s'il y en a. Chaque nuit en relit d'elle-même une part, et n'y republie rien d'altéré."""
    from limpide.reports.progress import progress_shown, tracked
    from limpide.reports.tables import plain_table
    from limpide.warehouse.snapshots.verify import verify as verified

    french = {"altered": "altéré", "missing": "manque", "foreign": "étranger"}
    with progress_shown(), tracked("vérification", "fichier") as advance:
        found = verified(_layout(warehouse, vault), originals=not no_originals, progress=advance)
    if not found:
        click.echo("Tout est là, et tel qu'écrit.")
        return
    click.echo(plain_table(("fichier", "état", "que faire"), [(f.name, french[f.what], f.remedy) for f in found]))
    sys.exit(1)


@main.command(short_help="La vie d'un document.")
@click.argument("document_id")
@warehouse_option
@vault_option
def history(document_id: str, warehouse: Path | None, vault: Path | None) -> None:
    """La vie d'un document : fichier, versions, remplacements, nuits, statuts ; pourquoi il attend, et quoi faire."""
    from limpide.reports.tables import reason_in_french
    from limpide.warehouse.explain import history as lived

    events = lived(_layout(warehouse, vault), document_id)
    if not events:
        raise click.ClickException(f"Aucun document « {document_id} » n'est connu.")
    _print_record(
        [asdict(event) | ({"en clair": reason_in_french(event.reason)} if event.reason else {}) for event in events]
    )


@main.command(short_help="Fabrique une arrivée synthétique.")
@click.argument("folder", type=FOLDER)
@click.option("--documents", type=click.IntRange(1), default=300, show_default=True)
@click.option("--nights", type=click.IntRange(1), default=3, show_default=True)
@click.option("--seed", type=int, default=7, show_default=True, help="La même graine donne les mêmes octets.")
def synth(folder: Path, documents: int, nights: int, seed: int) -> None:
    """Fabrique une arrivée synthétique (aucun vrai patient) : DOSSIER/landing/<nuit>/<source>/… et DOSSIER/truth/."""
    from limpide.reports.progress import progress_shown, tracked
    from limpide.synth.feed import generate

    with progress_shown(), tracked("documents synthétiques") as advance:
        made = itertools.count(1)
        try:
            summary = generate(
                folder, documents=documents, nights=nights, seed=seed, progress=lambda n: advance(next(made), documents)
            )
        except FileExistsError:
            raise click.UsageError(f"{folder} contient déjà une arrivée : choisir un autre dossier") from None
    click.echo(f"{summary.files} fichiers, {summary.patients} patients fictifs, {len(summary.nights)} nuits : {folder}")


@main.command(short_help="Le compte d'une nuit, par source.")
@click.option("--night", type=Night(), help="[défaut : la dernière nuit chargée]")
@warehouse_option
@vault_option
def account(night: date | None, warehouse: Path | None, vault: Path | None) -> None:
    """Le compte de la nuit : reçus, publiés, remplacés, en double, en quarantaine et pourquoi, par source."""
    from limpide.reports.account import account_of

    try:
        click.echo(account_of(_layout(warehouse, vault), night))
    except LookupError:
        raise click.ClickException("Rien n'est encore publié.") from None


@main.command(short_help="Ouvre l'interface de Dagster.")
@click.option("--port", type=int, default=3000, show_default=True)
def ui(port: int) -> None:
    """Ouvre l'interface de Dagster et son démon, sur cette machine seulement (127.0.0.1)."""
    from pipelines.instance import dagster_home

    home = dagster_home(Path(os.environ.get("DAGSTER_HOME", ".dagster_home")))
    click.echo(f"Interface : http://127.0.0.1:{port}   (DAGSTER_HOME={home} ; Ctrl-C pour arrêter)")
    python = Path(sys.executable)
    command = [str(python.parent / "dagster"), "dev", "-h", "127.0.0.1", "-p", str(port), "-m", "pipelines.definitions"]
    os.environ["DAGSTER_HOME"] = str(home)
    os.execv(command[0], command)


def _layout(warehouse: Path | None, vault: Path | None) -> Layout:
    from limpide.warehouse.layout import Layout
    from pipelines.settings import settings

    here = settings(warehouse=warehouse, vault=vault)
    if not here.warehouse.is_dir():
        raise click.UsageError(f"L'entrepôt n'existe pas encore : {here.warehouse} (voir `limpide load --help`)")
    return Layout(here.warehouse, here.vault)


def _trace(layout: Layout, sql: str, refused: str = "") -> None:
    """A line of the audit log for a question: tables it names, and a hash of it, since a question may hold a value.

    An account that may not enter the vault cannot write there: the question is answered, and its author warned.
    """
    import re
    from hashlib import sha256

    from limpide.identity.vault.audit import Audit
    from limpide.identity.vault.vault import Vault, VaultError
    from limpide.omop.schema import tables

    if not layout.vault.exists():
        return  # a warehouse alone, such as a copy to look at: there is no log to write to
    named = sorted(set(re.findall(r"\w+", sql.lower())) & set(tables()))
    try:
        log, question = Audit(Vault(layout.vault, create=False)), sha256(sql.encode()).hexdigest()
        if refused:
            log.record("query_refused", tables=named, question=question, kind=refused)
        else:
            log.record("query", tables=named, question=question)
    except (VaultError, PermissionError):
        click.echo("Question non journalisée : ce compte n'a pas accès au coffre.", err=True)


def _print_record(record: object) -> None:
    click.echo(json.dumps(record, ensure_ascii=False, indent=2, default=str))


for _command in [*RIGHTS, *IDENTITY, *VAULT, *MEANING]:
    main.add_command(_command)


if __name__ == "__main__":
    main()
