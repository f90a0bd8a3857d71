"""`make demo`: a synthetic hospital, three nights, three questions, in a few minutes.

Belongs here: the order of the demonstration and its questions. Does not belong here: any work; it types the commands
that anybody could type.
"""

import os
import subprocess
import sys
from pathlib import Path

from pipelines.instance import dagster_home

DOCUMENTS, NIGHTS, SEED = 300, 3, 7

# No double quotes: what is shown can be typed as it is.
QUESTIONS = (
    (
        "Quels problèmes sont affirmés le plus souvent, et d'où vient l'information ?",
        """SELECT f.code AS cim10, coalesce(any_value(f.display), mode(lower(f.text))) AS libellé,
       count(DISTINCT c.person_id) AS patients, count(*) FILTER (f.origin = 'coded') AS codés,
       count(*) FILTER (f.origin = 'nlp') AS lus_dans_le_texte
FROM condition_occurrence c JOIN limpide_fact f
  ON f.target_table = 'condition_occurrence' AND f.target_id = c.condition_occurrence_id
WHERE f.vocabulary = 'CIM-10' GROUP BY f.code ORDER BY patients DESC, f.code LIMIT 8""",
    ),
    (
        "Qui a une HbA1c au-dessus de 7 %, quand, et d'après quel document ?",
        """SELECT m.person_id AS patient, m.measurement_date AS date, m.value_as_number AS hba1c,
       m.unit_source_value AS unité, d.source, d.format, f.page
FROM measurement m JOIN limpide_fact f ON f.target_table = 'measurement' AND f.target_id = m.measurement_id
  JOIN limpide_document d USING (document_key)
WHERE f.code = '4548-4' AND m.value_as_number > 7 ORDER BY m.value_as_number DESC, m.measurement_id LIMIT 8""",
    ),
    (
        "Que disent les textes sans l'affirmer du patient (nié, familial, hypothétique) ?",
        """SELECT lower(f.text) AS mention, count(*) FILTER (f.negated) AS nié, count(*) FILTER (f.family) AS familial,
       count(*) FILTER (f.hypothetical) AS hypothétique,
       count(*) FILTER (f.target_table = 'condition_occurrence') AS diagnostics
FROM limpide_fact f
WHERE f.kind = 'condition' AND f.origin = 'nlp' AND (f.negated OR f.family OR f.hypothetical)
GROUP BY mention ORDER BY count(*) DESC, mention LIMIT 8""",
    ),
)

ON_A_PAGE = """SELECT min(target_id) FROM limpide_fact
WHERE target_table = 'condition_occurrence' AND origin = 'nlp' AND page IS NOT NULL"""


def main(folder: Path) -> int:
    """Run the demonstration in `folder`; the exit code of the first command that fails, else 0. Safe to run again."""
    layout = folder.absolute()
    environment = os.environ | {
        "LIMPIDE_LANDING": str(layout / "landing"),
        "LIMPIDE_WAREHOUSE": str(layout / "warehouse"),
        "LIMPIDE_VAULT": str(layout / "vault"),
        "DAGSTER_HOME": str(dagster_home(layout / ".dagster_home")),
    }

    def asked(sql: str) -> str:
        command = [sys.executable, "-m", "pipelines.cli", "query", "--csv", sql]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.split()[-1]

    def limpide(*arguments: str) -> int:
        sys.stdout.flush()
        return subprocess.run(
            [sys.executable, "-m", "pipelines.cli", *arguments], env=environment, check=False
        ).returncode

    if not (layout / "landing").exists():
        print(f"1. Une arrivée synthétique : {DOCUMENTS} documents, {NIGHTS} nuits, aucun vrai patient.\n", flush=True)
        told = ("--documents", str(DOCUMENTS), "--nights", str(NIGHTS), "--seed", str(SEED))
        if code := limpide("synth", *told, str(folder)):
            return code
    print(
        "\n2. Chaque nuit passe par le travail nocturne de Dagster : réception, structuration, contrôles, publication."
    )
    if not (layout / "warehouse").exists() and (code := limpide("init")):
        return code
    if code := limpide("load"):
        return code
    print("\n3. Trois questions à l'entrepôt.")
    for question, sql in QUESTIONS:
        print(f'\n— {question}\n\n$ limpide query "{sql}"\n', flush=True)
        if code := limpide("query", sql):
            return code
    row = asked(ON_A_PAGE)
    print(f"\n— D'où vient cette ligne ?\n\n$ limpide explain condition_occurrence {row}\n", flush=True)
    if code := limpide("explain", "condition_occurrence", row):
        return code
    print(_farewell(folder))
    return 0


def _farewell(folder: Path) -> str:
    return f"""
4. La suite.

  L'interface   make ui HOUSE={folder}          puis http://127.0.0.1:3000 : graphe, nuits, contrôles, compte
  Les contrôles {folder}/warehouse/docs/index.html   se lit sans internet
  L'entrepôt    duckdb {folder}/warehouse/limpide.duckdb   ou :
                .venv/bin/limpide query --warehouse {folder}/warehouse --vault {folder}/vault "SHOW TABLES"
  L'origine     .venv/bin/limpide explain --warehouse {folder}/warehouse --vault {folder}/vault TABLE ID
"""


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
