"""`limpide structure`: every file once, in order, whatever it holds."""

from __future__ import annotations

import json
import os
from pathlib import Path

from pipelines.cli.structure import files_of, json_lines


def lines(*paths: Path) -> list[dict]:
    return [json.loads(line) for line in json_lines(paths, engine="limpide", workers=0)]


def test_a_folder_is_read_whole_in_the_order_of_paths_without_hidden_files(tmp_path):
    for name in ("b.txt", "a/z.txt", "a/.secret", ".git/x", "c.xml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    found = [path.relative_to(tmp_path).as_posix() for path in files_of([tmp_path])]
    assert found == ["b.txt", "c.xml", "a/z.txt"]


def test_a_text_is_itself_and_a_broken_file_is_a_quarantined_line(tmp_path):
    (tmp_path / "1.txt").write_text("Compte rendu.\nPas de fièvre.\n", encoding="utf-8")
    (tmp_path / "2.bin").write_bytes(b"")
    text, broken = lines(tmp_path)
    assert (text["status"], text["format"], text["text"]) == ("ok", "text", "Compte rendu.\nPas de fièvre.\n")
    assert (broken["status"], broken["reason"]) == ("quarantined", "empty")


def test_facts_point_at_their_text(tmp_path):
    (tmp_path / "1.txt").write_text("Patient suivi pour un diabète de type 2.\n", encoding="utf-8")
    (found,) = lines(tmp_path / "1.txt")
    assert found["facts"]
    for fact in found["facts"]:
        assert found["text"][fact["start"] : fact["end"]] == fact["text"]


def test_what_is_no_file_is_passed_over_in_a_folder_and_told_when_asked_for(tmp_path):
    (tmp_path / "1.txt").write_text("Compte rendu.\n")
    (tmp_path / "gone.xml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    assert [line["status"] for line in lines(tmp_path)] == ["ok"]
    refused = lines(tmp_path / "gone.xml", tmp_path / "pipe")
    assert [(line["status"], line["reason"]) for line in refused] == [("quarantined", "unreadable")] * 2


def test_a_name_that_is_not_utf8_is_written_with_escapes(tmp_path):
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/r\xe9sum\xe9.txt")).write_bytes(b"Compte rendu.\n")
    (line,) = json_lines([tmp_path], engine="limpide", workers=0)
    assert line.isascii()
    assert json.loads(line)["path"].endswith("r\udce9sum\udce9.txt")
