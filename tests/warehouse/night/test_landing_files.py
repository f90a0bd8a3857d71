"""Nothing that lies in a landing folder stops a night; a file is read once it is whole."""

# ruff: noqa: PTH102, PTH103, PTH106, PTH108, PTH118, PTH123, PTH211
from __future__ import annotations

import os
import socket
import threading
import time
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limpide.identity.vault.vault import Vault
from limpide.warehouse.layout import Layout
from limpide.warehouse.ledger.ledger import opened
from limpide.warehouse.night import landing_files
from limpide.warehouse.night.ingest import ingest
from limpide.warehouse.night.landing import nights_in, sources_of
from limpide.warehouse.night.landing_files import Left, NotNow, landed, read_whole, settled, sources_in
from limpide.warehouse.snapshots.account import account, conservation
from tests.warehouse.loading import load
from tests.warehouse.sender import cda, send

NIGHT = date(2026, 11, 23)


def put(folder: Path, name: bytes, content: bytes = b"Compte rendu.\n") -> bytes:
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(os.fsencode(folder), name)
    with open(path, "wb") as file:
        file.write(content)
    return path


def names_of(found: list[landing_files.Landed]) -> list[str]:
    return [one.relative for one in found]


def test_a_name_that_is_not_utf8_is_a_name(layout: Layout, landing: Path) -> None:
    put(landing / "labo", b"r\xe9sultat \xe0 lire.txt")
    send(landing, "labo", "b.xml", cda("B"))
    load(layout, landing, NIGHT)
    assert [(row.received, row.balanced) for row in conservation(layout)] == [(2, True)]
    with opened(layout) as ledger:
        keys = [row[0] for row in ledger.db.execute("SELECT document_key FROM documents")]
    paths = {Vault(layout.vault).identities.path(key) for key in keys}
    assert paths == {"labo/r\udce9sultat \udce0 lire.txt", "labo/b.xml"}


def test_a_source_whose_folder_is_not_utf8_has_a_name_with_escapes(layout: Layout, landing: Path) -> None:
    folder = os.path.join(os.fsencode(landing), b"biologie m\xe9dicale")
    os.makedirs(folder)
    with open(os.path.join(folder, b"a.xml"), "wb") as file:
        file.write(cda("A"))
    assert sources_in(landing) == ["biologie m\\xe9dicale"]
    load(layout, landing, NIGHT)
    assert [(row.source, row.published) for row in conservation(layout)] == [("biologie m\\xe9dicale", 1)]


def test_links_pipes_sockets_and_loops_are_counted_and_left(layout: Layout, landing: Path) -> None:
    send(landing, "chu", "a.xml", cda("A"))
    folder = landing / "chu"
    (folder / "gone.xml").symlink_to(landing / "nowhere")
    (folder / "passwd").symlink_to("/etc/passwd")
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe.hl7")
    server = socket.socket(socket.AF_UNIX)
    server.bind(os.fspath(folder / "s"))
    report = ingest(layout, landing, NIGHT, "chu")
    server.close()
    assert (report.seen, report.new, report.left) == (1, 1, {"special": 5})
    assert account(layout, NIGHT).left == {"chu": {"special": 5}}


def test_what_is_being_written_under_a_name_that_says_so_waits(landing: Path) -> None:
    for name in ("a.xml.part", "b.TMP", "c.hl7.writing", "d~", "~$e.docx", "f.filepart", "g.xml", ".h.xml"):
        send(landing, "chu", name, b"x")
    left: Counter[Left] = Counter()
    assert names_of(landed(landing, "chu", left)) == ["chu/g.xml"]
    assert left == {Left.UNFINISHED: 6}


def test_where_a_source_marks_what_is_whole_the_rest_waits(layout: Layout, landing: Path) -> None:
    layout.warehouse.mkdir(parents=True)
    (layout.warehouse / "sources.yaml").write_text(
        "sources:\n  chu: {purpose: Soins, contact: dsi@chu.example, marker: .ok}\n"
    )
    for name in ("a.xml", "a.xml.ok", "b.xml", "b.ok", "c.xml"):
        send(landing, "chu", name, cda(name))
    report = ingest(layout, landing, NIGHT, "chu")
    assert (report.new, report.left) == (2, {"unmarked": 1})


def test_a_file_that_grows_while_it_is_waited_for_is_left(landing: Path) -> None:
    growing = send(landing, "chu", "a.hl7", b"MSH")
    still = send(landing, "chu", "b.hl7", b"MSH")
    left: Counter[Left] = Counter()
    found = landed(landing, "chu", left)
    writer = threading.Timer(0.1, lambda: growing.write_bytes(b"MSH|^~\\&"))
    writer.start()
    assert [one.path for one in settled(found, 0.4, left)] == [still]
    writer.join()
    assert left == {Left.UNFINISHED: 1}


def test_what_has_not_changed_for_long_is_not_waited_for(landing: Path) -> None:
    old = send(landing, "chu", "a.hl7", b"MSH")
    os.utime(old, (time.time() - 60, time.time() - 60))
    began = time.monotonic()
    assert len(list(settled(landed(landing, "chu", Counter()), 30.0, Counter()))) == 1
    assert time.monotonic() - began < 5


def test_a_pipe_in_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NotNow) as fault:
        read_whole(tmp_path / "pipe")
    assert fault.value.why == Left.SPECIAL


def test_a_device_and_a_folder_and_what_is_gone_are_no_files(tmp_path: Path) -> None:
    for path, why in (("/dev/zero", Left.SPECIAL), (tmp_path, Left.SPECIAL), (tmp_path / "none", None)):
        with pytest.raises(NotNow) as fault:
            read_whole(path)
        assert fault.value.why == why


def test_a_folder_that_vanishes_while_it_is_read_holds_nothing(landing: Path, monkeypatch) -> None:
    send(landing, "chu", "sub/a.xml", b"x")
    send(landing, "chu", "b.xml", b"x")
    listing = os.scandir

    def vanishing(path):
        if str(path).endswith("sub"):
            Path(path, "a.xml").unlink()
            Path(path).rmdir()
        return listing(path)

    monkeypatch.setattr(landing_files.os, "scandir", vanishing)
    assert names_of(landed(landing, "chu", Counter())) == ["chu/b.xml"]


def test_what_the_system_refuses_is_counted_and_read_once_it_may_be(layout, landing, monkeypatch) -> None:
    send(landing, "chu", "a.xml", cda("A"))
    opening = os.open

    def refusing(path, *rest, **more):
        if os.fspath(path).endswith("a.xml"):
            raise PermissionError(13, "no")
        return opening(path, *rest, **more)

    with monkeypatch.context() as patch:
        patch.setattr(landing_files.os, "open", refusing)
        assert ingest(layout, landing, NIGHT, "chu").left == {"unreadable": 1}
    assert (ingest(layout, landing, NIGHT, "chu").new, account(layout, NIGHT).left) == (1, {})


def test_folders_deeper_than_python_recurses(layout: Layout, landing: Path) -> None:
    made = [os.path.join(landing, "chu")]
    os.makedirs(made[0])
    for _ in range(1200):
        made.append(made[-1] + "/d")
        os.mkdir(made[-1])
    put(Path(made[-1]), b"a.xml", cda("A"))
    assert ingest(layout, landing, NIGHT, "chu").new == 1
    os.unlink(made[-1] + "/a.xml")
    for folder in reversed(made):
        os.rmdir(folder)


def test_a_folder_named_after_a_day_that_does_not_exist_is_a_source(tmp_path: Path) -> None:
    send(tmp_path, "2026-02-31", "a.xml", b"x")
    assert nights_in(tmp_path) == []
    assert sources_of(tmp_path, NIGHT) == ["2026-02-31"]


_NAMES = st.binary(min_size=1, max_size=60).filter(lambda n: not {0, 47} & set(n) and n not in (b".", b".."))
_KINDS = st.sampled_from(["file", "empty", "dangling", "linked", "loop", "pipe", "socket", "folder", "shut"])


@settings(max_examples=40)
@given(st.dictionaries(_NAMES, _KINDS, max_size=8), _NAMES)
def test_nothing_that_lies_there_stops_a_night(tmp_path_factory, entries: dict[bytes, str], folder: bytes) -> None:
    root = tmp_path_factory.mktemp("any")
    layout, landing = Layout(root / "w", root / "v"), os.fsencode(root / "landing")
    for place in (landing, os.path.join(landing, folder)):
        os.makedirs(place, exist_ok=True)
        for name, kind in entries.items():
            path = os.path.join(place, name)
            if os.path.lexists(path):
                continue
            if kind in ("file", "empty"):
                with open(path, "wb") as file:
                    file.write(cda("A") if kind == "file" else b"")
            elif kind in ("dangling", "linked", "loop"):
                os.symlink({"dangling": b"/nowhere/at/all", "linked": b"/etc/passwd", "loop": place}[kind], path)
            elif kind == "pipe":
                os.mkfifo(path)
            elif kind == "socket":
                os.mknod(path, 0o140600)
            else:
                os.mkdir(path, 0o000 if kind == "shut" else 0o700)
    sources = sources_in(Path(os.fsdecode(landing)))
    for source in sources:
        report = ingest(layout, Path(os.fsdecode(landing)), NIGHT, source)
        assert report.seen == report.new + report.known
    with opened(layout) as ledger:
        waiting = ledger.db.execute("SELECT count(*) FROM documents").fetchone()[0]
        assert waiting == ledger.db.execute("SELECT count(*) FROM files").fetchone()[0]


def test_what_was_read_half_is_replaced_by_the_whole(layout: Layout, landing: Path) -> None:
    """A text is read while it is being written: any half of it is a text too."""
    whole = "Compte rendu\nPatient : MORVAN Aziliz\nNé le 04/03/1961\n".encode()
    path = send(landing, "chu", "a.txt", whole[:30])
    load(layout, landing, NIGHT)
    path.write_bytes(whole)
    load(layout, landing, date(2026, 11, 24))
    rows = conservation(layout)
    assert [(row.received, row.superseded, row.balanced) for row in rows] == [(2, 1, True)]


def test_a_file_put_in_place_of_another_is_no_second_half(layout: Layout, landing: Path) -> None:
    path = send(landing, "chu", "a.xml", cda("A"))
    load(layout, landing, NIGHT)
    path.write_bytes(cda("B", "Asthme ancien et stable."))
    load(layout, landing, date(2026, 11, 24))
    assert [(row.published, row.superseded) for row in conservation(layout)] == [(2, 0)]
