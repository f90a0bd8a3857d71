"""The vault: encrypted, apart, content-addressed, safe when killed."""

from __future__ import annotations

import base64
import json
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from limpide.identity.vault.keys import Keys, Purpose, VaultError, parse_key
from limpide.identity.vault.vault import Vault


@pytest.fixture(autouse=True)
def no_key_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIMPIDE_VAULT_KEY", raising=False)
    monkeypatch.delenv("LIMPIDE_VAULT_KEY_COMMAND", raising=False)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "vault")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(st.binary(max_size=3000))
def test_what_is_put_comes_back(vault: Vault, data: bytes) -> None:
    assert vault.get(vault.put(data)) == data


def test_nothing_readable_is_on_the_disk(vault: Vault) -> None:
    vault.put(b"Mme MARCHALLOT, nee le 12/05/1985 " * 50)
    for path in vault.path.rglob("*"):
        if path.is_file():
            assert b"MARCHALLOT" not in path.read_bytes()


def test_rights_are_the_owners_only(vault: Vault) -> None:
    vault.put(b"x")
    vault.identities.place([("k", None, "a.xml")])
    for path in [vault.path, *vault.path.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_vault_open_to_others_is_refused(vault: Vault) -> None:
    vault.path.chmod(0o750)
    with pytest.raises(VaultError, match="open to others"):
        Vault(vault.path)


def test_a_key_file_readable_by_others_is_refused(vault: Vault) -> None:
    (vault.path / "master.key").chmod(0o640)
    with pytest.raises(VaultError, match="readable by others"):
        Vault(vault.path)


def test_another_key_is_recognised_before_anything_is_read(vault: Vault) -> None:
    vault.put(b"x")
    (vault.path / "master.key").write_bytes(base64.b64encode(b"\x05" * 32))
    with pytest.raises(VaultError, match="not the key of this vault"):
        Vault(vault.path)


def test_one_altered_bit_is_detected(vault: Vault) -> None:
    digest = vault.put(b"content " * 100)
    path = vault.path / "raw" / digest[:2] / digest
    sealed = bytearray(path.read_bytes())
    for place in (3, 8, 30, len(sealed) - 1):
        altered = bytearray(sealed)
        altered[place] ^= 1
        path.write_bytes(bytes(altered))
        with pytest.raises(VaultError):
            vault.get(digest)


def test_content_cannot_be_exchanged_between_names(vault: Vault) -> None:
    one, other = vault.put(b"one"), vault.put(b"other")
    raw = vault.path / "raw"
    (raw / one[:2] / one).write_bytes((raw / other[:2] / other).read_bytes())
    with pytest.raises(VaultError):
        vault.get(one)


def test_absent_deleted_and_listed(vault: Vault) -> None:
    digests = vault.put_many([b"a", b"b", b"a"])
    assert digests[0] == digests[2]
    assert list(vault.digests()) == sorted(set(digests))
    assert vault.delete(digests[0]) and not vault.delete(digests[0])
    assert digests[0] not in vault and digests[1] in vault
    with pytest.raises(KeyError):
        vault.get(digests[0])
    with pytest.raises(ValueError):
        vault.get("../../etc/passwd")


def test_the_key_may_come_from_the_environment_or_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = base64.b64encode(b"\x21" * 32).decode()
    monkeypatch.setenv("LIMPIDE_VAULT_KEY", key)
    first = Vault(tmp_path / "v")
    digest = first.put(b"x")
    assert not (tmp_path / "v" / "master.key").exists()
    monkeypatch.delenv("LIMPIDE_VAULT_KEY")
    with pytest.raises(VaultError, match="no key"):
        Vault(tmp_path / "v")
    monkeypatch.setenv("LIMPIDE_VAULT_KEY_COMMAND", f"{sys.executable} -c \"print('{key}')\"")
    assert Vault(tmp_path / "v").get(digest) == b"x"


def test_a_failing_command_tells_nothing_of_its_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMPIDE_VAULT_KEY_COMMAND", f"{sys.executable} -c \"print('s3cret'); raise SystemExit(1)\"")
    with pytest.raises(VaultError) as told:
        Vault(tmp_path / "v")
    assert "s3cret" not in str(told.value)


def test_keys_of_every_form_and_of_no_form() -> None:
    assert parse_key("00" * 32) == bytes(32)
    assert parse_key(base64.b64encode(bytes(32)).decode() + "\n") == bytes(32)
    for wrong in ("", "abc", "00" * 31, base64.b64encode(bytes(16)).decode(), "é" * 44):
        with pytest.raises(VaultError):
            parse_key(wrong)


def test_every_purpose_has_its_own_key() -> None:
    keys = Keys(bytes(32))
    assert len({keys.secret(purpose) for purpose in Purpose}) == len(Purpose)


def test_a_new_master_changes_what_seals_and_carries_the_rest() -> None:
    first = Keys(bytes(32))
    second = first.successor(b"\x01" * 32, pseudonyms=False)
    changed = {purpose for purpose in Purpose if first.secret(purpose) != second.secret(purpose)}
    assert changed == {Purpose.RAW, Purpose.IDENTITY}
    again = Keys(b"\x01" * 32, second.kept)
    assert [again.secret(p) for p in Purpose] == [second.secret(p) for p in Purpose]
    assert first.links() == second.links() == ()
    with pytest.raises(VaultError):
        Keys(b"\x02" * 32, second.kept).secret(Purpose.AUDIT)


def test_each_rotation_of_pseudonyms_adds_a_link() -> None:
    second = Keys(bytes(32)).successor(b"\x01" * 32, pseudonyms=True)
    third = second.successor(b"\x02" * 32, pseudonyms=True)
    assert third.links()[:1] == second.links() and len(set(third.links())) == 2
    assert third.secret(Purpose.PSEUDONYM) == Keys(bytes(32)).secret(Purpose.PSEUDONYM)


def test_a_sealed_value_opens_only_for_its_purpose_and_its_owner() -> None:
    keys = Keys(bytes(32))
    sealed = keys.seal(Purpose.IDENTITY, b"value", b"owner")
    assert keys.open(Purpose.IDENTITY, sealed, b"owner") == b"value"
    for purpose, bound in ((Purpose.RAW, b"owner"), (Purpose.IDENTITY, b"other")):
        with pytest.raises(VaultError):
            keys.open(purpose, sealed, bound)


def test_no_key_travels_to_worker_processes(vault: Vault) -> None:
    digest = vault.put(b"x")
    sent = pickle.dumps(vault)
    assert vault.keys.secret(Purpose.RAW) not in sent
    assert pickle.loads(sent).get(digest) == b"x"


def test_a_vault_that_lost_its_description_is_not_begun_anew(vault: Vault) -> None:
    vault.put(b"x")
    (vault.path / "vault.json").unlink()
    with pytest.raises(VaultError, match="restore"):
        Vault(vault.path)


def test_a_later_format_is_refused(vault: Vault) -> None:
    path = vault.path / "vault.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 2}))
    with pytest.raises(VaultError, match="later version"):
        Vault(vault.path)


def test_a_killed_writer_leaves_whole_files_and_drafts_that_are_swept(tmp_path: Path) -> None:
    script = (
        "import os, sys\n"
        "from limpide.identity.vault.vault import Vault\n"
        "vault = Vault(sys.argv[1])\n"
        "def items():\n"
        "    for i in range(50):\n"
        "        yield str(i).encode() * 100\n"
        "    os.kill(os.getpid(), 9)\n"
        "vault.put_many([b'kept'])\n"
        "vault.put_many(items())\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "v")], check=False)
    assert done.returncode == -9
    vault = Vault(tmp_path / "v")
    assert vault.sweep() == 50
    assert [vault.get(d) for d in vault.digests()] == [b"kept"]
