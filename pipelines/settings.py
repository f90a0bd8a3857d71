"""Where everything is: the only module that reads the environment.

Belongs here: the names and defaults of LIMPIDE_* variables, and which night it is.
Does not belong here: Dagster (the command line must start fast), anything that opens a file.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
NIGHT_ENDS = timedelta(hours=2)  # what arrives before 02:00 belongs to the night that began the day before


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
    """The settings of this process; None overrides nothing. Raises ValueError on a bad number or date."""
    env = os.environ if environ is None else environ
    told = {name: value for name, value in overrides.items() if value is not None}
    return Settings(
        landing=Path(str(told.get("landing", env.get("LIMPIDE_LANDING", "landing")))).absolute(),
        warehouse=Path(str(told.get("warehouse", env.get("LIMPIDE_WAREHOUSE", "warehouse")))).absolute(),
        vault=Path(str(told.get("vault", env.get("LIMPIDE_VAULT", "vault")))).absolute(),
        engine=str(told.get("engine", env.get("LIMPIDE_ENGINE", "limpide"))),
        workers=int(str(told.get("workers", env.get("LIMPIDE_WORKERS", os.cpu_count() or 1)))),
        first_night=date.fromisoformat(str(told.get("first_night", env.get("LIMPIDE_FIRST_NIGHT", "2026-01-01")))),
    )


def tonight(now: datetime | None = None) -> date:
    """The night under way: it closes at 02:00, Paris time, on the following day."""
    moment = now or datetime.now(PARIS)
    return (moment.astimezone(PARIS) - NIGHT_ENDS).date()
