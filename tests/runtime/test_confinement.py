"""A process that parses hostile files has neither the vault's keys nor the network."""

from __future__ import annotations

import os
import platform
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from limpide.identity.vault.keys import Purpose, VaultError
from limpide.identity.vault.vault import Vault
from limpide.runtime.confinement import SECRETS, secret_in_environment, secrets_put_away

linux = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"), reason="only Linux offers it"
)


class Curious:
    """A reader taken over by the file it reads: says what it can reach."""

    def __init__(self) -> None:
        self._found: list[object] = []

    def take(self, item: str) -> None:
        self._found.append(getattr(self, item)())

    def hand_over(self) -> list[object]:
        found, self._found = self._found, []
        return found

    def keys(self) -> list[str]:
        started_with = Path("/proc/self/environ").read_bytes().decode() if sys.platform == "linux" else ""
        mother = Path(f"/proc/{os.getppid()}/environ")
        server = mother.read_bytes().decode() if mother.exists() else ""
        return [name for name in SECRETS if name in os.environ or f"{name}=" in started_with + server]

    def network(self) -> str:
        try:
            socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()
        except OSError as refused:
            return type(refused).__name__
        return "open"

    def network_of_a_program(self) -> str:
        code = "import socket; socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)"
        return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stderr.strip()[-35:]

    def neighbours(self) -> bool:
        one, other = socket.socketpair(socket.AF_UNIX)
        one.sendall(b"a")
        return other.recv(1) == b"a"


CODE = """
import json, sys
import limpide.runtime.workers as workers
from tests.runtime.test_confinement import Curious
if __name__ == "__main__":
    (done,) = workers.run(Curious, sys.argv[1:], workers=1)
    print(json.dumps([done.results, [one.detail for one in done.lost]]))
"""


def asked(*items: str) -> str:
    keys = dict.fromkeys(SECRETS, "00" * 32)
    done = subprocess.run(
        [sys.executable, "-c", CODE, *items],
        env=os.environ | keys, capture_output=True, text=True, cwd=Path(__file__).parents[2], timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


def test_no_key_is_in_the_environment_of_a_reader_nor_of_the_server_it_comes_from() -> None:
    assert asked("keys") == "[[[]], []]"


@linux
def test_the_network_is_refused_to_a_reader_and_to_what_it_starts() -> None:
    assert asked("network", "neighbours") == '[["PermissionError", true], []]'
    assert "Permission denied" in asked("network_of_a_program")


def test_keys_put_away_come_back_and_are_seen_by_those_who_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SECRETS[0], "secret")
    with secrets_put_away():
        assert SECRETS[0] not in os.environ
    assert secret_in_environment(SECRETS[0]) == "secret"


class TestTheVaultOfReaders:
    @pytest.fixture
    def vault(self, tmp_path: Path) -> Vault:
        return Vault(tmp_path / "vault")

    def test_it_opens_originals_and_gives_the_same_names(self, vault: Vault) -> None:
        digest = vault.put(b"a letter")
        readers = vault.for_readers()
        assert readers.get(digest) == b"a letter"
        assert readers.secret(Purpose.PSEUDONYM) == vault.secret(Purpose.PSEUDONYM)
        assert readers.generation == vault.generation

    @pytest.mark.parametrize("purpose", [Purpose.IDENTITY, Purpose.AUDIT, Purpose.GENETIC])
    def test_it_has_no_other_key_and_no_master(self, vault: Vault, purpose: Purpose) -> None:
        import pickle

        given = pickle.loads(pickle.dumps(vault.for_readers()))
        with pytest.raises(VaultError, match="not given the key"):
            given.secret(purpose)
        with pytest.raises(VaultError, match="master"):
            given.keys.fingerprint()

    def test_what_travels_holds_no_master(self, vault: Vault) -> None:
        import base64
        import pickle

        master = base64.b64decode((vault.path / "master.key").read_text())
        assert master not in pickle.dumps(vault.for_readers())
