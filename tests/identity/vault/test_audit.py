"""The audit log: what is written stays as it was written, or is named."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from limpide.identity.vault.audit import Audit, retention_months
from limpide.identity.vault.vault import Vault

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "vault")


@pytest.fixture
def audit(vault: Vault) -> Audit:
    audit = Audit(vault)
    for number in range(1, 6):
        audit.record("query", tables=["person"], rows=number)
    return audit


def log(vault: Vault) -> Path:
    return vault.path / "audit" / "audit.jsonl"


def test_an_empty_log_is_whole(vault: Vault) -> None:
    assert Audit(vault).verify().whole


def test_lines_are_kept_in_order_and_verify(audit: Audit) -> None:
    assert [act.facts["rows"] for act in audit.acts()] == [1, 2, 3, 4, 5]
    assert audit.verify().lines == 5
    assert audit.verify().whole


@pytest.mark.parametrize("number", [1, 3, 5])
def test_an_altered_line_is_named(audit: Audit, vault: Vault, number: int) -> None:
    lines = log(vault).read_text().splitlines()
    lines[number - 1] = lines[number - 1].replace(f'"rows":{number}', '"rows":9')
    log(vault).write_text("\n".join(lines) + "\n")
    assert audit.verify().altered == number


@pytest.mark.parametrize("number", [1, 3, 5])
def test_a_removed_line_is_named(audit: Audit, vault: Vault, number: int) -> None:
    lines = log(vault).read_bytes().splitlines(keepends=True)
    log(vault).write_bytes(b"".join(lines[: number - 1] + lines[number:]))
    assert audit.verify().altered == number


def test_lines_that_change_places_are_named(audit: Audit, vault: Vault) -> None:
    lines = log(vault).read_bytes().splitlines(keepends=True)
    lines[1], lines[2] = lines[2], lines[1]
    log(vault).write_bytes(b"".join(lines))
    assert audit.verify().altered == 2


def test_a_log_removed_as_a_whole_is_missed(audit: Audit, vault: Vault) -> None:
    log(vault).unlink()
    assert audit.verify().altered == 1


def test_a_log_emptied_then_written_again_does_not_verify(audit: Audit, vault: Vault) -> None:
    log(vault).write_bytes(b"")
    audit.record("query")
    assert not audit.verify().whole


def test_a_chain_built_without_the_key_does_not_verify(audit: Audit, vault: Vault, tmp_path: Path) -> None:
    stranger = Vault(tmp_path / "other")
    forged = Audit(stranger)
    for number in range(5):
        forged.record("query", rows=number)
    for name in ("audit.jsonl", "head.json"):
        (vault.path / "audit" / name).write_bytes((stranger.path / "audit" / name).read_bytes())
    assert not audit.verify().whole


def test_a_line_cut_by_a_kill_was_never_there(audit: Audit, vault: Vault) -> None:
    with log(vault).open("ab") as out:
        out.write(b'{"at":"2026')
    assert audit.verify().whole
    audit.record("query", rows=6)
    assert [act.n for act in audit.acts()] == [1, 2, 3, 4, 5, 6]
    assert audit.verify().whole


def test_a_kill_between_the_line_and_the_head_loses_nothing(audit: Audit, vault: Vault) -> None:
    head = (vault.path / "audit" / "head.json").read_bytes()
    audit.record("query", rows=6)
    (vault.path / "audit" / "head.json").write_bytes(head)
    assert audit.verify().whole
    audit.record("query", rows=7)
    assert [act.n for act in audit.acts()] == [1, 2, 3, 4, 5, 6, 7]


def test_old_lines_go_and_the_chain_goes_on_from_the_last_one_forgotten(vault: Vault) -> None:
    audit = Audit(vault)
    for days in (500, 400, 200, 10):
        audit.record("query", at=NOW - timedelta(days=days), age=days)
    assert audit.expire(12, NOW) == 2
    assert [act.facts["age"] for act in audit.acts()] == [200, 10]
    assert audit.verify().whole
    audit.record("query", at=NOW, age=0)
    assert [act.n for act in audit.acts()] == [3, 4, 5]
    lines = log(vault).read_bytes().splitlines(keepends=True)
    log(vault).write_bytes(b"".join(lines[1:]))
    assert audit.verify().altered == 3


def test_when_every_line_is_too_old_the_numbers_go_on(vault: Vault) -> None:
    audit = Audit(vault)
    audit.record("query", at=NOW - timedelta(days=500))
    assert audit.expire(6, NOW) == 1
    assert audit.verify().whole
    assert audit.record("query", at=NOW).n == 2
    assert audit.verify().whole


@pytest.mark.parametrize("months", [0, 5, 13, 24])
def test_a_retention_outside_6_to_12_months_is_refused(
    vault: Vault, months: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError, match="6 to 12"):
        Audit(vault).expire(months)
    monkeypatch.setenv("LIMPIDE_AUDIT_MONTHS", str(months))
    with pytest.raises(ValueError, match="6 to 12"):
        retention_months()


def test_a_reason_is_readable_with_the_key_and_only_so(vault: Vault) -> None:
    audit = Audit(vault)
    audit.record("reidentify", why="rappel de Solenne KERVADEC", subject=audit.subject("ab" * 32))
    assert b"KERVADEC" not in log(vault).read_bytes()
    assert audit.acts()[0].why == "rappel de Solenne KERVADEC"


def test_a_person_is_found_by_a_reference_that_is_not_their_key(vault: Vault) -> None:
    audit = Audit(vault)
    audit.record("erase", subject=audit.subject("ab" * 32))
    audit.record("erase", subject=audit.subject("cd" * 32))
    assert [act.n for act in audit.acts(audit.subject("cd" * 32))] == [2]
    assert "ab" * 32 not in log(vault).read_text()


def test_every_file_is_the_owner_s_only(audit: Audit, vault: Vault) -> None:
    assert {path.stat().st_mode & 0o077 for path in (vault.path / "audit").iterdir()} == {0}
    assert json.loads((vault.path / "audit" / "head.json").read_text())["n"] == 5
