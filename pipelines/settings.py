"""Where everything is: the only module that reads the environment.

Belongs here: the names and defaults of LIMPIDE_* variables, and which night it is.
Does not belong here: Dagster (the command line must start fast), anything that opens a file.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
NIGHT_ENDS = timedelta(hours=2)  # what arrives before 02:00 belongs to the night that began the day before


CHOICES = {
    "LIMPIDE_OCR": ("", "on", "off"),
    "LIMPIDE_MASKS": ("types", "surrogates"),
    "LIMPIDE_DATES": ("kept", "shifted"),
}
USUAL = {f"LIMPIDE_{name}" for name in ("LANDING", "WAREHOUSE", "VAULT", "VAULT_KEY", "WORKERS", "ENGINE", "OCR")}
FILES = ("LIMPIDE_RETENTION", "LIMPIDE_SOURCES")  # where one is named, it is there
FOLDERS = ("LIMPIDE_TERMINOLOGIES", "LIMPIDE_VOCABULARY")
WORKERS_AT_MOST = 256


class BadSetting(ValueError):
    """A LIMPIDE_* variable or an option that cannot be what it is. The text is French and names it."""


@dataclass(frozen=True)
class Settings:
    """Absolute folders, and how the night is worked.

    `first_night` bounds the partitions shown in the UI: days x sources must stay in the thousands.
    """

    landing: Path
    warehouse: Path
    vault: Path
    engine: str = "limpide"
    workers: int = 2
    first_night: date = date(2026, 1, 1)


def settings(environ: Mapping[str, str] | None = None, **overrides: object) -> Settings:
    """The settings of this process; None overrides nothing. Raises `BadSetting`."""
    env = os.environ if environ is None else environ
    _checked(env)
    told = {name: value for name, value in overrides.items() if value is not None}
    return Settings(
        landing=Path(str(told.get("landing", env.get("LIMPIDE_LANDING", "landing")))).absolute(),
        warehouse=Path(str(told.get("warehouse", env.get("LIMPIDE_WAREHOUSE", "warehouse")))).absolute(),
        vault=Path(str(told.get("vault", env.get("LIMPIDE_VAULT", "vault")))).absolute(),
        engine=str(told.get("engine", env.get("LIMPIDE_ENGINE", "limpide"))),
        workers=_number("LIMPIDE_WORKERS", told.get("workers", env.get("LIMPIDE_WORKERS", os.cpu_count() or 1))),
        first_night=_day("LIMPIDE_FIRST_NIGHT", told.get("first_night", env.get("LIMPIDE_FIRST_NIGHT", "2026-01-01"))),
    )


def _checked(env: Mapping[str, str]) -> None:
    """Refuse what no code reads and what cannot be: a misspelt name would otherwise be obeyed by nobody, in silence."""
    ours = sorted(name for name in env if name.startswith("LIMPIDE_"))
    unknown = [name for name in ours if name not in USUAL and name not in _named_in_code()]
    if unknown:
        raise BadSetting(f"Réglage inconnu : {', '.join(unknown)}. Rien ne le lit : le corriger ou le retirer.")
    for name, allowed in CHOICES.items():
        value = env.get(name, allowed[0])
        if value.lower() not in allowed:
            shown = ", ".join(one or "(vide)" for one in allowed)
            raise BadSetting(f"{name} vaut « {value} » : choisir parmi {shown}.")
    for names, kind, there in ((FILES, "fichier", Path.is_file), (FOLDERS, "dossier", Path.is_dir)):
        for name in names:
            value = env.get(name, "")
            if value and not all(there(Path(one)) for one in value.split(os.pathsep)):
                raise BadSetting(f"{name} désigne un {kind} qui n'est pas là : {value}.")


@cache
def _named_in_code() -> frozenset[str]:
    """Every LIMPIDE_* name that some module of ours writes."""
    found: set[str] = set()
    here = Path(__file__).parents[1]
    for room in ("limpide", "pipelines", "assets", "quality"):
        for path in (here / room).rglob("*.py"):
            found.update(re.findall(r"\bLIMPIDE_[A-Z_]+\b", path.read_text("utf-8")))
    return frozenset(found) | {"LIMPIDE_SHARED", "LIMPIDE_TEST"}  # tests: where real documents are


def _number(name: str, value: object) -> int:
    if not re.fullmatch(r"\d{1,4}", str(value)) or not int(str(value)) <= WORKERS_AT_MOST:
        raise BadSetting(f"{name} vaut « {value} » : un nombre entre 0 et {WORKERS_AT_MOST} est attendu.")
    return int(str(value))


def _day(name: str, value: object) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise BadSetting(f"{name} vaut « {value} » : une date de la forme 2026-01-31 est attendue.") from None


def tonight(now: datetime | None = None) -> date:
    """The night under way: it closes at 02:00, Paris time, on the following day."""
    moment = now or datetime.now(PARIS)
    return (moment.astimezone(PARIS) - NIGHT_ENDS).date()
