"""A rotation of the vault's keys: everything it holds sealed again under a new master, whatever kills it on the way.

Belongs here: the plan, the vault's own files, the switch. Does not belong here: the warehouse (limpide/rights/rekey.py
calls both in order), deriving keys (keys.py).

    vault/rekey.json       from which master to which, with new pseudonyms or not; written first, removed last
    vault/rekey.ids.json   person ids of before, with the new names of the persons: for what remembers ids
    vault/master.key.new   the new master, where the key is a file; given by the environment otherwise

Each step can be done twice: files say by the key that opens them whether they were done, tables by a mark in their own
transaction. While the plan is there, only the rotation opens the vault.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from limpide.identity.pseudonym import renamed
from limpide.identity.vault.identity_map import IdentityMap
from limpide.identity.vault.keys import (
    ENV_NEW_COMMAND,
    ENV_NEW_KEY,
    KEY_FILE,
    Keys,
    Purpose,
    VaultError,
    file_key,
    outside_key,
)
from limpide.identity.vault.vault import PLAN, Vault

NEW_KEY_FILE = f"{KEY_FILE}.new"
_IDS = "rekey.ids.json"
_BATCH = 256  # files written before they are synced together

Row = tuple[Any, ...]
Progress = Callable[[int, int], None]  # (done, total)


@dataclass(slots=True)
class Rotation:
    """One rotation under way. `old` is None once the new master is the vault's."""

    path: Path
    old: Keys | None
    new: Keys
    pseudonyms: bool

    @property
    def generation(self) -> int:
        """The generation of pseudonyms at its end."""
        return len(self.new.links()) + 1

    def renamed(self, name: str) -> str:
        """A pseudonym of before as it is from now on."""
        return renamed(name, self.new.links()[-1:]) if self.pseudonyms else name

    # The vault's own files

    def originals(self, progress: Progress | None = None) -> int:
        """Seal original bytes again; how many."""
        vault = Vault(self.path, keys=self.new)
        vault.sweep()
        every = list(vault.digests())
        waiting: dict[str, Path] = {}
        for done, digest in enumerate(every, 1):
            place = self.path / "raw" / digest[:2] / digest
            sealed = self._again(Purpose.RAW, place.read_bytes(), digest.encode(), digest.encode())
            if sealed is not None:
                waiting[digest] = place.with_name(f".{digest}.{os.getpid()}")
                _write(waiting[digest], sealed)
            if len(waiting) >= _BATCH or done == len(every):
                vault.settle(waiting)
            if progress:
                progress(done, len(every))
        return len(every)

    def identities(self) -> None:
        """Seal the identity map again, under the new names of persons; one transaction."""
        if self.old is None:
            return
        path = self.path / "identity.sqlite"
        before, after = (IdentityMap(path, keys) for keys in (self.old, self.new))
        name = self.renamed

        def moved(bound: Callable[[Row], tuple[str, ...]], new: Callable[[Row], Row]) -> Callable[[Row], Row]:
            """A row with its sealed last column under the new keys and names."""

            def again(row: Row) -> Row:
                value = before.open(row[-1], *bound(row))
                fresh = new(row)
                return (*fresh[:-1], after.seal(self._told(value), *bound(fresh)))

            return again

        owned: Callable[[Row], Row] = lambda row: row  # noqa: E731
        kept: dict[str, Callable[[Row], Row]] = {
            "identity": moved(lambda row: ("identity", row[0]), lambda row: (name(row[0]), *row[1:])),
            "blind": lambda row: (row[0], name(row[1])),
            "document": moved(lambda row: ("document", row[0]), lambda row: (row[0], row[1] and name(row[1]), row[2])),
            "stated": lambda row: (row[0], name(row[1]), row[2]),
            "held": moved(lambda row: ("held", row[0]), owned),
            "decided": moved(lambda row: ("decided", row[0]), owned),
            "merge_said": moved(lambda row: ("merge", row[0], str(row[1])), owned),
            "merge_undone": moved(lambda row: ("undone", row[0]), owned),
            "said_of_file": moved(lambda row: ("said", row[0]), owned),
            "attached": moved(lambda row: ("attached", row[0]), owned),
            "born": lambda row: (row[0], name(row[1])),
            "alike": lambda row: tuple(sorted(map(name, row))),
            "joined": lambda row: (name(row[0]), name(row[1])),
            "linked": lambda row: (name(row[0]), name(row[1])),
            "unlinked": lambda row: (name(row[0]),),
        }
        after.reading()  # every table there is
        after.close()
        self._tables(path, kept)

    def oppositions(self) -> None:
        """Seal the register of oppositions again: members follow by their old names, known persons or not."""
        path = self.path / "oppositions.sqlite"
        if self.old is None or not path.exists():
            return
        old, new, name = self.old, self.new, self.renamed

        def said(row: Row) -> Row:
            root, why = row[0], row[4]
            if why is not None:
                plain = old.open(Purpose.IDENTITY, why, root.encode())
                why = new.seal(Purpose.IDENTITY, plain, name(root).encode())
            return (name(root), *row[1:4], why)

        member: Callable[[Row], Row] = lambda row: (name(row[0]), name(row[1]))  # noqa: E731
        term: Callable[[Row], Row] = lambda row: (row[0], name(row[1]))  # noqa: E731
        self._tables(path, {"said": said, "member": member, "term": term})

    def releases(self, ids: Mapping[int, int]) -> None:
        """Seal the memory of aggregates again; `ids`: new person ids by old one, unchanged where absent."""
        folder = self.path / "releases"
        for place in sorted(folder.iterdir()) if folder.is_dir() else ():
            if not place.name.isdigit():
                continue
            bound = f"release {place.name}".encode()

            def again(plain: bytes) -> bytes:
                release = json.loads(plain)
                for cell in release["cells"].values():
                    cell["ids"] = sorted(ids.get(one, one) for one in cell["ids"])
                return json.dumps(release).encode()

            sealed = self._again(Purpose.IDENTITY, place.read_bytes(), bound, bound, again)
            if sealed is not None:
                Vault(self.path, keys=self.new).replace(place, sealed)

    # Person ids of before

    def remember(self, names: Mapping[int, str]) -> None:
        """Keep which person, by new name, had which id."""
        Vault(self.path, keys=self.new).replace(self.path / _IDS, json.dumps(names).encode())

    def remembered(self) -> dict[int, str]:
        """What `remember` kept; empty when it kept nothing."""
        path = self.path / _IDS
        return {int(old): new for old, new in json.loads(path.read_text("utf-8")).items()} if path.exists() else {}

    # The switch

    def commit(self) -> None:
        """The new master is the vault's."""
        vault = Vault(self.path, keys=self.new)
        vault.describe(self.new)
        fresh, mine = self.path / NEW_KEY_FILE, self.path / KEY_FILE
        if fresh.exists():
            vault.settle_file(fresh, mine)
        elif outside_key(ENV_NEW_KEY, ENV_NEW_COMMAND) is not None:
            mine.unlink(missing_ok=True)  # the key lives outside from now on

    def close(self) -> None:
        """Nothing is left to do: forget the plan."""
        for draft in [*self.path.glob(".*.[0-9]*"), *self.path.glob("releases/.*.[0-9]*")]:
            draft.unlink()
        (self.path / _IDS).unlink(missing_ok=True)
        (self.path / PLAN).unlink()

    # Inside

    def _again(
        self,
        purpose: Purpose,
        sealed: bytes,
        bound: bytes,
        rebound: bytes,
        change: Callable[[bytes], bytes] = lambda plain: plain,
    ) -> bytes | None:
        """A sealed value under the new keys; None when it is already. Raises VaultError when neither key opens it."""
        try:
            if self.old is not None:
                return self.new.seal(purpose, change(self.old.open(purpose, sealed, bound)), rebound)
        except VaultError:
            pass
        self.new.open(purpose, sealed, rebound)
        return None

    def _told(self, value: Any) -> Any:
        """What a sealed value says, with persons under their new names."""
        if isinstance(value, dict) and self.pseudonyms:
            return {k: self.renamed(v) if k in ("gone_key", "stays_key") and v else v for k, v in value.items()}
        return value

    def _tables(self, path: Path, kept: Mapping[str, Callable[[Row], Row]]) -> None:
        """Every row of these tables written again, in one transaction that says that it was done."""
        mark = int(self.new.fingerprint()[:7], 16)
        with closing(sqlite3.connect(path, timeout=60.0, isolation_level=None)) as db:
            db.execute("PRAGMA secure_delete=ON")
            db.execute("BEGIN IMMEDIATE")
            if db.execute("PRAGMA user_version").fetchone()[0] != mark:
                for table, again in kept.items():
                    _rewrite(db, table, again)
                db.execute(f"PRAGMA user_version={mark}")
            db.execute("COMMIT")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _rewrite(db: sqlite3.Connection, table: str, again: Callable[[Row], Row]) -> None:
    made = db.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)).fetchone()[0]
    indexes = db.execute(
        "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL", (table,)
    ).fetchall()
    db.execute(made.replace(f"TABLE {table}", "TABLE rekeyed", 1))
    columns = len(db.execute("PRAGMA table_info(rekeyed)").fetchall())

    def rows() -> Iterator[Row]:
        for row in db.execute(f"SELECT * FROM {table}"):
            yield again(row)

    db.executemany(f"INSERT INTO rekeyed VALUES ({', '.join('?' * columns)})", rows())
    db.execute(f"DROP TABLE {table}")
    db.execute(f"ALTER TABLE rekeyed RENAME TO {table}")
    for (sql,) in indexes:
        db.execute(sql)


def begin(path: Path, pseudonyms: bool) -> Rotation:
    """Plan a rotation, or go on with the one under way (whatever it was asked for). The caller holds the warehouse.

    Raises VaultError without a new key: where the key comes from the environment, LIMPIDE_VAULT_NEW_KEY or
    LIMPIDE_VAULT_NEW_KEY_COMMAND must give the next one; a key file makes its own.
    """
    plan = path / PLAN
    if not plan.exists():
        vault = Vault(path, create=False)
        keys = vault.keys.successor(_next_master(path), pseudonyms)
        if keys.fingerprint() == vault.keys.fingerprint():
            raise VaultError("the new key is the key that the vault has already")
        said = {"from": vault.keys.fingerprint(), "to": keys.fingerprint(), "kept": keys.kept, "pseudonyms": pseudonyms}
        vault.replace(plan, json.dumps(said, sort_keys=True).encode())
    said = json.loads(plan.read_text("utf-8"))
    described = json.loads((path / "vault.json").read_text("utf-8"))
    masters = {Keys(master).fingerprint(): master for master in _masters(path)}
    if said["to"] not in masters:
        raise VaultError("a rotation is under way and its new key is not given")
    new = Keys(masters[said["to"]], said["kept"])
    if described["fingerprint"] == said["to"]:
        return Rotation(path, None, new, said["pseudonyms"])
    if said["from"] not in masters:
        raise VaultError("a rotation is under way and the key it comes from is not given")
    return Rotation(path, Keys(masters[said["from"]], described.get("kept")), new, said["pseudonyms"])


def _next_master(path: Path) -> bytes:
    given = outside_key(ENV_NEW_KEY, ENV_NEW_COMMAND)
    if given is None and outside_key() is not None:
        raise VaultError(f"the key comes from the environment: give the next one in {ENV_NEW_KEY} or {ENV_NEW_COMMAND}")
    return given or file_key(path, create=True, name=NEW_KEY_FILE)


def _masters(path: Path) -> Iterator[bytes]:
    for found in (outside_key(), outside_key(ENV_NEW_KEY, ENV_NEW_COMMAND)):
        if found is not None:
            yield found
    for name in (KEY_FILE, NEW_KEY_FILE):
        if (path / name).exists():
            yield file_key(path, create=False, name=name)


def _write(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
