"""`make bench`: how fast a night is, against a plain script, and what orchestration and checks cost.

    python -m benchmarks.night [--documents 5000] [--pdf-documents 5000] [--nights 30] [--workers 2]

Three measurements, each in child processes of their own, wall clock and CPU of the whole family of processes:
1. CDA N1 with a PDF inside, end to end (ledger, vault, pseudonyms, masking, OMOP, checks, publication) against
   plain_script.py over the same documents, with one process as scripts are written, and with as many as Limpide.
   Start-up counts on both sides; what a document costs once started is told apart.
2. The whole feed of formats: the engine alone (ingest, structure, candidate), the same with checks and publication by
   plain calls, and the same through Dagster, as `limpide load` runs it.
3. Nights that follow each other into one warehouse, about the same number of documents each: what a night costs when
   nine, nineteen, twenty-nine others are stored.
Writes docs/bench.md. Nothing here is a test: rates depend on the machine, which the page describes.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "bench.md"
NIGHT = date(2026, 11, 1)


@dataclass(frozen=True)
class Cost:
    """What a command cost: seconds of wall clock, seconds of CPU and peak memory of any one process, what it said."""

    wall: float
    cpu: float
    memory_mb: float
    said: str


def cost_of(arguments: list[str], environment: dict[str, str]) -> Cost:
    """Run a command and all its descendants to the end. Raises CalledProcessError."""
    command = [sys.executable, "-m", *arguments]
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as complained:
        began = time.perf_counter()
        process = subprocess.Popen(command, env=os.environ | environment, stdout=said, stderr=complained, text=True)
        cpu, memory, wall, code = 0.0, 0, 0.0, 0
        with contextlib.suppress(ChildProcessError):  # the fork server ends after the program: its time counts too
            while True:
                ended, status, used = os.wait4(-1, 0)
                cpu += used.ru_utime + used.ru_stime
                memory = max(memory, used.ru_maxrss)
                if ended == process.pid:
                    wall, code = time.perf_counter() - began, os.waitstatus_to_exitcode(status)
        process.returncode = code
        said.seek(0)
        complained.seek(0)
        if code:
            print(complained.read()[-4000:], file=sys.stderr)
            raise subprocess.CalledProcessError(code, command)
        return Cost(wall, cpu, memory / (1024 if sys.platform == "linux" else 1024 * 1024), said.read())


def adopt_orphans() -> None:
    """Be the parent of descendants whose own parent has ended, so that `os.wait` counts them. Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


def by_calls(folder: Path, workers: int, checked: bool) -> None:
    """A night by plain calls to the engine, in this process: what Dagster orchestrates, without Dagster."""
    from limpide.warehouse.layout import Layout
    from limpide.warehouse.night.ingest import ingest
    from limpide.warehouse.night.landing_files import sources_in
    from limpide.warehouse.night.structuring import structure_night
    from limpide.warehouse.snapshots.candidate import build_candidate

    landing = folder / "landing" / NIGHT.isoformat()
    layout = Layout(folder / "warehouse", folder / "vault")
    sources = sources_in(landing)
    for source in sources:
        ingest(layout, landing, NIGHT, source)
    for _ in structure_night(layout, NIGHT, sources, workers=workers):
        pass
    candidate = build_candidate(layout, NIGHT)
    if checked:
        from limpide.warehouse.snapshots.publication import publish
        from limpide.warehouse.snapshots.receipt import write_receipt
        from quality.data_docs import write_site
        from quality.validation import validate

        found = validate(layout, candidate)
        write_site(layout.docs, found)
        write_receipt(layout, candidate, found.results())
        publish(layout, candidate)


def fresh(folder: Path) -> dict[str, str]:
    """Forget the warehouse of the folder; the environment that points there."""
    for name in ("warehouse", "vault", "dagster"):
        shutil.rmtree(folder / name, ignore_errors=True)
    return {
        "LIMPIDE_LANDING": str(folder / "landing"),
        "LIMPIDE_WAREHOUSE": str(folder / "warehouse"),
        "LIMPIDE_VAULT": str(folder / "vault"),
        "DAGSTER_HOME": str(folder / "dagster"),
        "LIMPIDE_OCR": "off",  # Tesseract's time would drown what is measured here
    }


def feed(folder: Path, documents: int) -> None:
    """One night of the synthetic feed, every format of it."""
    from limpide.synth.feed import generate

    generate(folder, documents=documents, nights=1, seed=7, start=NIGHT)


def feed_of_letters(folder: Path, documents: int) -> int:
    """One night of sound CDA N1 with a PDF of text inside; how many. No scans: the script does not read them."""
    from limpide.synth.feed import generate
    from limpide.synth.recipes import BASE

    menu = tuple(recipe for recipe in BASE if recipe.name.startswith("n1-"))
    generate(folder, documents=documents, nights=1, seed=7, start=NIGHT, menu=menu)
    kept = 0
    for line in (folder / "truth" / f"{NIGHT}.jsonl").read_text("utf-8").splitlines():
        told = json.loads(line)
        if (told["format"], told["inner"], told["status"]) == ("cda-n1", "pdf", "published"):
            kept += 1
        else:
            (folder / "landing" / told["path"]).unlink(missing_ok=True)
    return kept


def against_plain_script(scratch: Path, documents: int, few: int, workers: int) -> list[str]:
    """The first measurement, as lines of Markdown."""
    folder, small = scratch / "pdf", scratch / "few"
    documents, few = feed_of_letters(folder, documents), feed_of_letters(small, few)
    load = ["pipelines.cli", "load", "--new", "--night", NIGHT.isoformat(), "--workers", str(workers)]
    whole, start = cost_of(load, fresh(folder)), cost_of(load, fresh(small))
    # What a document costs once everything is started: the difference with a night of a few documents.
    each = (whole.cpu - start.cpu) / (documents - few) * 1000
    lines = [
        f"| Limpide, la nuit entière | {workers} | {documents} | {whole.wall:.0f} s |"
        f" **{documents / whole.wall:.1f}** | {start.wall:.0f} s | {each:.1f} ms | {whole.memory_mb:.0f} Mo | – |"
    ]
    for name, processes, options in (
        ("script", 1, []),
        ("script", workers, []),
        ("script, dictionnaires et négation seulement", workers, ["--light"]),
    ):
        arguments = ["benchmarks.plain_script", str(folder / "landing"), str(scratch / "plain.parquet")]
        done = cost_of([*arguments, "--documents", str(documents), "--workers", str(processes), *options], {})
        told = json.loads(done.said.strip().splitlines()[-1])
        assert told["broken"] == 0, "the script fails on documents that are sound"
        rate = told["documents"] / done.wall
        ratio = documents / whole.wall / rate
        lines.append(
            f"| {name} | {processes} | {told['documents']} | {done.wall:.0f} s | **{rate:.1f}** |"
            f" {told['start_s']:.0f} s | {1000 / told['cpu_rate']:.1f} ms | {done.memory_mb:.0f} Mo |"
            f" **× {ratio:.1f}** |"
        )
        print(lines[-1], file=sys.stderr, flush=True)
    return lines


def orchestration(scratch: Path, documents: int, workers: int) -> list[str]:
    """The second measurement, as lines of Markdown."""
    folder = scratch / "all"
    feed(folder, documents)
    calls = ["benchmarks.night", "--calls", str(folder), "--workers", str(workers)]
    engine = cost_of(calls, fresh(folder))
    checked = cost_of([*calls, "--checked"], fresh(folder))
    load = ["pipelines.cli", "load", "--new", "--night", NIGHT.isoformat(), "--workers", str(workers)]
    dagster = cost_of(load, fresh(folder))
    lines = []
    for name, cost in (
        ("le moteur seul, par appels", engine),
        ("+ contrôles, Data Docs, reçu, publication", checked),
        ("+ Dagster (`limpide load`)", dagster),
    ):
        more = f"{100 * (cost.wall / engine.wall - 1):+.1f} %" if cost is not engine else "–"
        more_cpu = f"{100 * (cost.cpu / engine.cpu - 1):+.1f} %" if cost is not engine else "–"
        lines.append(
            f"| {name} | {cost.wall:.1f} s | {more} | {cost.cpu:.1f} s | {more_cpu} | {documents / cost.wall:.1f} |"
            f" {cost.memory_mb:.0f} Mo |"
        )
    return lines


def following(scratch: Path, nights: int, each: int, workers: int) -> list[str]:
    """The third measurement, as lines of Markdown."""
    from limpide.synth.feed import generate

    folder = scratch / "following"
    summary = generate(folder, documents=nights * each, nights=nights, seed=7, start=NIGHT)
    environment, costs = fresh(folder), []
    for night in summary.nights:
        load = ["pipelines.cli", "load", "--night", night.isoformat(), "--workers", str(workers)]
        load += [] if costs else ["--new"]
        costs.append(cost_of(load, environment))
        print(f"{night} {costs[-1].wall:.1f} s, {costs[-1].cpu:.1f} CPU-s", file=sys.stderr, flush=True)
    lines = []
    first: Cost | None = None
    for number in told_of(nights):
        cost = around(costs, number)
        first = first or cost
        lines.append(
            f"| {number} | {(number - 1) * each} | {cost.wall:.1f} s | × {cost.wall / first.wall:.2f} |"
            f" {cost.cpu:.1f} s | × {cost.cpu / first.cpu:.2f} | {cost.memory_mb:.0f} Mo |"
        )
    return lines


def told_of(nights: int) -> list[int]:
    """The nights that the page tells of: the second, for the first finds nothing there, each tenth, and the last."""
    return sorted({2, *range(10, nights, 10), nights})


def around(costs: list[Cost], number: int) -> Cost:
    """What a night cost, counted from 1: the mean of it and its two neighbours, the first night left out."""
    near = costs[max(1, number - 2) : number + 1]
    wall, cpu = (sum(getattr(one, name) for one in near) / len(near) for name in ("wall", "cpu"))
    return Cost(wall, cpu, max(one.memory_mb for one in near), "")


def page(told: argparse.Namespace, plain: list[str], whole: list[str], nights: list[str]) -> str:
    """docs/bench.md."""
    return "\n".join([
        "# Vitesse d'une nuit",
        "",
        f"Écrit par `make bench` le {date.today()}, sur {os.cpu_count()} cœurs ({platform.machine()},"
        f" {platform.system()}, Python {platform.python_version()}), {told.workers} processus de lecture. Charge"
        f" moyenne de la machine au départ : {told.load:.1f} ; au-dessus de 0,5 la machine était partagée, et seul"
        " le temps de processeur se compare.",
        "",
        "## CDA et PDF, de bout en bout, contre un script",
        "",
        "CDA N1 synthétiques portant un PDF. Limpide fait la nuit entière (registre, coffre chiffré, pseudonymes,"
        " masquage, OMOP, contrôles, publication) ; le script lit avec lxml, pypdfium2 et edsnlp ce que Limpide dit"
        " aussi (sections, tableaux, CIM-10, médicaments, tabac, alcool, TNM, Charlson, négation, famille, hypothèse,"
        " antécédents, propos rapportés, dates, quantités) et écrit un fichier Parquet, sans rien de la garde. Durées"
        " d'horloge, démarrage compris des deux côtés ; la dernière colonne est le rapport de ces débits.",
        "",
        "| | processus | documents | durée | documents/s | dont démarrage | processeur par document | mémoire d'un"
        " processus | Limpide |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
        *plain,
        "",
        "## Ce que coûtent les contrôles et l'orchestration",
        "",
        f"{told.documents} documents de tous les formats synthétiques, une nuit, entrepôt vide, démarrage compris."
        " Sans OCR : les pages numérisées attendent en quarantaine, le temps de Tesseract noierait le reste.",
        "",
        "| | durée | de plus | processeur | de plus | documents/s | mémoire d'un processus |",
        "|---|---:|---:|---:|---:|---:|---:|",
        *whole,
        "",
        "## Ce que coûte une nuit quand d'autres sont déjà là",
        "",
        f"{told.nights} nuits d'environ {told.each} documents de tous les formats synthétiques, chargées l'une après"
        " l'autre (`limpide load`) dans le même entrepôt, démarrage compris, sans OCR. Chaque ligne est la moyenne de"
        " la nuit et de ses deux voisines ; la première nuit, qui crée tout, n'y entre pas.",
        "",
        "| nuit | documents reçus avant elle | durée | par rapport à la 2e | processeur | par rapport à la 2e | mémoire"
        " d'un processus |",
        "|---:|---:|---:|---:|---:|---:|---:|",
        *nights,
        "",
    ])  # fmt: skip


def main() -> None:
    """Measure and write the page."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--documents", type=int, default=5000)
    asked.add_argument("--pdf-documents", type=int, default=5000)
    asked.add_argument("--nights", type=int, default=30)
    asked.add_argument("--each", type=int, default=60, help="documents a night, of the nights that follow each other")
    asked.add_argument("--workers", type=int, default=2)
    asked.add_argument("--output", type=Path, default=PAGE)
    asked.add_argument("--calls", type=Path, help=argparse.SUPPRESS)
    asked.add_argument("--checked", action="store_true", help=argparse.SUPPRESS)
    told = asked.parse_args()
    if told.calls:
        by_calls(told.calls, told.workers, told.checked)
        return
    told.load = os.getloadavg()[0]
    adopt_orphans()
    with tempfile.TemporaryDirectory(prefix="limpide-bench-") as scratch:
        print("1/3 CDA and PDF against a plain script", file=sys.stderr, flush=True)
        plain = against_plain_script(Path(scratch), told.pdf_documents, 60, told.workers)
        print(*plain, "2/3 engine, checks, orchestration", sep="\n", file=sys.stderr, flush=True)
        whole = orchestration(Path(scratch), told.documents, told.workers)
        print(*whole, "3/3 nights that follow each other", sep="\n", file=sys.stderr, flush=True)
        nights = following(Path(scratch), told.nights, told.each, told.workers)
    text = page(told, plain, whole, nights)
    told.output.parent.mkdir(parents=True, exist_ok=True)
    told.output.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
