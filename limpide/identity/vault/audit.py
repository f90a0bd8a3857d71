"""The audit log: who ran, asked, exported, re-identified, opposed or erased what, and when; nobody can rewrite it.

Belongs here: appending, checking the chain, forgetting lines past their retention.
Does not belong here: what is worth a line (each command says so), patients: a line names a person by a keyed
reference that only the vault can compute, and holds counts, hashes and names of tables, never a value.

    vault/audit/audit.jsonl    one JSON line an act: n, at, who, what, subject, why, facts, previous, seal
    vault/audit/head.json      how many lines there are and the hash of the last: lines cut off the end are missed
    vault/audit/base.json      number and hash of the last line forgotten: the chain goes on from it

`previous` is the sha256 of the line before; `seal` an HMAC of the line under the vault's audit key: a chain built again
without the key does not verify. `why` is encrypted: people write names in reasons. What a chain cannot show is the
whole folder put back as it was some time ago: `head()` is short enough to be noted outside.

Retention: 6 to 12 months (CNIL, délibération 2021-122 on logs, taken up by 2021-118); other values are refused.
"""

from __future__ import annotations

import base64
import fcntl
import hmac
import json
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from limpide.identity.pseudonym import keyed
from limpide.identity.vault.keys import Purpose
from limpide.identity.vault.vault import Vault

MONTHS = 12
MONTHS_ALLOWED = range(6, 13)
ENV_MONTHS = "LIMPIDE_AUDIT_MONTHS"
_START = "0" * 64
_DAYS_A_MONTH = 30  # the shorter reading of a month: never kept longer than what was configured


@dataclass(frozen=True, slots=True)
class Act:
    """One line, readable: `why` is decrypted, `subject` is the keyed reference of a person or None."""

    n: int
    at: str
    who: str
    what: str
    subject: str | None
    why: str | None
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What checking gave. `altered`: number of the first line that is not as it was written, None when all are."""

    lines: int
    altered: int | None = None
    problem: str = ""

    @property
    def whole(self) -> bool:
        """Whether every line is there as it was written."""
        return self.altered is None


def retention_months() -> int:
    """How long lines are kept, from LIMPIDE_AUDIT_MONTHS (12 by default). Raises ValueError outside 6 to 12."""
    months = int(os.environ.get(ENV_MONTHS, MONTHS))
    if months not in MONTHS_ALLOWED:
        raise ValueError(f"the audit log is kept 6 to 12 months, not {months}")
    return months


class Audit:
    """The log of one vault. Safe for several processes; a process killed while writing leaves at most a cut last line,
    which the next writer removes (it was never sealed)."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._keys = vault.keys
        self._secret = vault.secret(Purpose.AUDIT)
        self._folder = vault.path / "audit"
        self._log = self._folder / "audit.jsonl"

    def subject(self, person_key: str) -> str:
        """How the log names a person."""
        return keyed(person_key, "audit-subject", self._secret)[:32]

    def subjects(self, person_key: str) -> set[str]:
        """How the log ever named a person: under each name that rotations gave them."""
        return {self.subject(name) for name in self._vault.former_names(person_key)}

    def record(
        self, what: str, *, subject: str | None = None, why: str | None = None, at: datetime | None = None, **facts: Any
    ) -> Act:
        """Add one line, durably. `facts` are counts, hashes and names; never a value of a patient."""
        with self._alone():
            number, last = self._resume()
            told: dict[str, Any] = {
                "n": number + 1,
                "at": (at or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds"),
                "who": whoami(),
                "what": what,
                "subject": subject,
                "why": self._hidden(why, number + 1),
                "facts": facts,
                "previous": last,
            }
            line = _line(told | {"seal": self._seal(told)})
            with self._log.open("ab") as out:
                out.write(line)
                out.flush()
                os.fsync(out.fileno())
            self._remember("head.json", number + 1, line)
        return self._act(told)

    def acts(self, subject: str | None = None) -> list[Act]:
        """Every line kept, oldest first, or those about one person."""
        found = [self._act(json.loads(line)) for line in self._lines() if line.endswith(b"\n")]
        return [act for act in found if subject is None or act.subject == subject]

    def head(self) -> tuple[int, str]:
        """Number and hash of the last line: what to note somewhere else."""
        return self._noted("head.json") or (0, _START)

    def verify(self) -> Verdict:
        """Walk the chain and name the first line that is not as it was written."""
        base = self._noted("base.json")
        head = self._noted("head.json")
        if head is None and (self._log.exists() or base):
            return Verdict(0, 1, "head.json is missing or was altered")
        if base is None and (self._folder / "base.json").exists():
            return Verdict(0, 1, "base.json was altered")
        number, last = base or (0, _START)
        count, hashes = 0, {number: last}
        for line in self._lines():
            if not line.endswith(b"\n"):
                break  # cut by a kill: the head never counted it, or the check below misses it
            number, count = number + 1, count + 1
            problem = self._problem(line, number, last)
            if problem:
                return Verdict(count, number, problem)
            last = hashes[number] = sha256(line).hexdigest()
        if head and (number < head[0] or hashes.get(head[0], head[1]) != head[1]):
            return Verdict(count, number + 1, "lines are missing at the end")
        return Verdict(count)

    def expire(self, months: int | None = None, now: datetime | None = None) -> int:
        """Forget the lines older than the retention; how many. The chain goes on from the last one forgotten.

        Raises ValueError for a retention outside 6 to 12 months.
        """
        months = retention_months() if months is None else months
        if months not in MONTHS_ALLOWED:
            raise ValueError(f"the audit log is kept 6 to 12 months, not {months}")
        moment = (now or datetime.now(UTC)).astimezone(UTC)
        with self._alone():
            self._resume()
            kept: list[bytes] = []
            gone: list[bytes] = []
            for line in self._lines():
                age = moment - datetime.fromisoformat(json.loads(line)["at"])
                (gone if not kept and age.days >= months * _DAYS_A_MONTH else kept).append(line)
            if gone:
                # The base first: a kill in between leaves lines that the base already covers, dropped by _resume.
                self._remember("base.json", json.loads(gone[-1])["n"], gone[-1])
                self._rewrite(kept)
        return len(gone)

    # Inside

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _lines(self) -> list[bytes]:
        """Lines of the file that the base does not cover already."""
        if not self._log.exists():
            return []
        base = self._noted("base.json")
        lines = self._log.read_bytes().splitlines(keepends=True)
        if base:
            for rank, line in enumerate(lines):
                if sha256(line).hexdigest() == base[1]:
                    return lines[rank + 1 :]
        return lines

    def _resume(self) -> tuple[int, str]:
        """Number and hash of the last whole line; a line cut by a kill is removed."""
        lines = self._lines()
        if lines and not lines[-1].endswith(b"\n"):
            lines = lines[:-1]
            self._rewrite(lines)
        if not self._log.exists():
            os.close(os.open(self._log, os.O_WRONLY | os.O_CREAT, 0o600))
        if lines:
            return json.loads(lines[-1])["n"], sha256(lines[-1]).hexdigest()
        # No line left: the chain goes on from the base, or from the head when somebody emptied the file (verify says).
        return self._noted("base.json") or self._noted("head.json") or (0, _START)

    def _rewrite(self, lines: list[bytes]) -> None:
        draft = self._log.with_name(f".{self._log.name}.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(b"".join(lines))
            out.flush()
            os.fsync(out.fileno())
        draft.rename(self._log)

    def _remember(self, name: str, number: int, line: bytes) -> None:
        said: dict[str, Any] = {"n": number, "sha256": sha256(line).hexdigest(), "file": name}
        draft = self._folder / f".{name}.{os.getpid()}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(_line(said | {"seal": self._seal(said)}))
            out.flush()
            os.fsync(out.fileno())
        draft.rename(self._folder / name)

    def _noted(self, name: str) -> tuple[int, str] | None:
        try:
            said = json.loads((self._folder / name).read_bytes())
            seal = said.pop("seal")
        except (FileNotFoundError, ValueError, KeyError):
            return None
        if said.get("file") != name or not hmac.compare_digest(str(seal), self._seal(said)):
            return None
        return said["n"], said["sha256"]

    def _problem(self, line: bytes, number: int, last: str) -> str:
        try:
            told = json.loads(line)
            seal = told.pop("seal")
            if line != _line(told | {"seal": seal}) or not hmac.compare_digest(str(seal), self._seal(told)):
                return "the line does not bear the seal of this vault"
            if told["n"] != number or told["previous"] != last:
                return "the line does not follow the one before it"
        except (ValueError, KeyError, AttributeError, TypeError):
            return "the line cannot be read"
        return ""

    def _seal(self, told: dict[str, Any]) -> str:
        return hmac.new(self._secret, _line(told), sha256).hexdigest()

    def _hidden(self, why: str | None, number: int) -> str | None:
        if not why:
            return None
        return base64.b64encode(self._keys.seal(Purpose.AUDIT, why.encode(), f"why {number}".encode())).decode()

    def _act(self, told: dict[str, Any]) -> Act:
        why = told["why"]
        if why is not None:
            why = self._keys.open(Purpose.AUDIT, base64.b64decode(why), f"why {told['n']}".encode()).decode()
        return Act(told["n"], told["at"], told["who"], told["what"], told["subject"], why, told["facts"])


def whoami() -> str:
    """The account that runs this process, from the system and not from the environment; behind sudo, who called it."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = f"uid {os.getuid()}"
    behind = os.environ.get("SUDO_USER")
    return f"{behind} (sudo {name})" if behind and os.getuid() == 0 else name


def _line(told: dict[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode() + b"\n"
