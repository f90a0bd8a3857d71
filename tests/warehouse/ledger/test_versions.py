"""Which document is current: the rule, then its properties."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from limpide.warehouse.ledger.versions import Entry, Verdict, resolve


def doc(key: str, **fields: object) -> Entry:
    """A document read well, of patient P, its content named after its key."""
    base = Entry(
        document_key=key, night="2026-11-01", source="chu", sha256=f"sha-{key}", outcome="ok", file_key=f"file-{key}",
        action="create", person_key="P", type_code="34112-3", document_id=f"id-{key}",
    )  # fmt: skip
    return replace(base, **fields)  # type: ignore[arg-type]


def statuses(*entries: Entry) -> dict[str, str]:
    return {key: verdict.status for key, verdict in resolve(entries).items()}


def test_a_document_alone_is_published() -> None:
    assert resolve([doc("a")]) == {"a": Verdict("published")}


def test_a_replacement_supersedes_its_parent() -> None:
    assert resolve([doc("a"), doc("b", replaces=frozenset({"id-a"}))]) == {
        "a": Verdict("superseded", None, "b"),
        "b": Verdict("published"),
    }


def test_a_replacement_whose_parent_never_came_is_published() -> None:
    assert statuses(doc("b", replaces=frozenset({"id-never"}))) == {"b": "published"}


def test_a_replacement_of_another_patient_s_document_replaces_nothing() -> None:
    assert statuses(doc("a", person_key="Q"), doc("b", replaces=frozenset({"id-a"}))) == {
        "a": "published",
        "b": "published",
    }


def test_a_higher_version_of_the_same_set_patient_and_type_supersedes() -> None:
    one, two = doc("a", set_id="S", version=1), doc("b", set_id="S", version=2)
    assert statuses(one, two) == {"a": "superseded", "b": "published"}


def test_a_set_shared_by_other_patients_or_types_says_nothing() -> None:
    one = doc("a", set_id="S", version=1)
    assert statuses(one, doc("b", set_id="S", version=2, person_key="Q"))["a"] == "published"
    assert statuses(one, doc("b", set_id="S", version=2, type_code="18748-4"))["a"] == "published"


def test_the_same_content_twice_counts_once_and_the_first_arrival_stands() -> None:
    late = doc("a", sha256="same", night="2026-11-02")
    early = doc("z", sha256="same", night="2026-11-01", document_id="id-a")
    assert resolve([late, early]) == {"z": Verdict("published"), "a": Verdict("duplicated", None, "z")}


def test_a_file_seen_before_is_a_duplicate_of_what_was_inside_it() -> None:
    inside = doc("a", container_sha256="zip")
    again = doc("b", outcome="duplicate", sha256="zip", night="2026-11-02")
    assert resolve([inside, again])["b"] == Verdict("duplicated", None, "a")


def test_of_two_forms_of_one_report_in_one_message_the_richer_is_published() -> None:
    n1 = doc("a", same_as="sha-b", file_key="f")
    assert resolve([n1, doc("b", file_key="f")]) == {
        "b": Verdict("published"),
        "a": Verdict("duplicated", None, "b"),
    }


def test_an_id_of_two_patients_is_a_conflict_of_the_later() -> None:
    first, second = doc("a", document_id="X"), doc("b", document_id="X", night="2026-11-02", person_key="Q")
    assert resolve([second, first]) == {"a": Verdict("published"), "b": Verdict("quarantined", "id_conflict", "a")}


def test_an_id_sent_again_with_other_content_leaves_the_newest() -> None:
    first, second = doc("a", document_id="X"), doc("b", document_id="X", night="2026-11-02")
    assert resolve([second, first]) == {"b": Verdict("published"), "a": Verdict("superseded", None, "b")}


def test_an_id_of_two_types_is_of_two_documents() -> None:
    assert statuses(doc("a", document_id="X"), doc("b", document_id="X", type_code="18748-4")) == {
        "a": "published",
        "b": "published",
    }


def test_an_id_that_is_unique_nowhere_counts_for_its_patient_source_and_sender() -> None:
    first = doc("a", document_id="1", local=True, sender="s")
    for other in ({"person_key": "Q"}, {"source": "clinique"}, {"sender": "t"}):
        found = statuses(first, doc("b", **{"document_id": "1", "local": True, "sender": "s"} | other))
        assert found == {"a": "published", "b": "published"}
    assert statuses(first, doc("b", document_id="1", local=True, sender="s", night="2026-11-02"))["a"] == "superseded"


def test_two_panels_of_one_specimen_stand_side_by_side() -> None:
    first = doc("a", document_id="S", local=True, parts=frozenset({"1", "2"}), version=2)
    second = doc("b", document_id="S", local=True, parts=frozenset({"3"}), version=1)
    assert statuses(first, second) == {"a": "published", "b": "published"}


def test_a_document_with_one_more_result_takes_the_place_of_the_one_without() -> None:
    half = doc("z", document_id="S", local=True, parts=frozenset({"1"}))
    whole = doc("a", document_id="S", local=True, parts=frozenset({"1", "2"}))
    assert statuses(half, whole) == {"z": "superseded", "a": "published"}
    again = doc("b", document_id="S", local=True, parts=frozenset({"1", "2"}), night="2026-11-02")
    assert statuses(half, whole, again) == {"z": "superseded", "a": "superseded", "b": "published"}


def test_a_record_exported_each_day_is_one_record_and_what_is_new_alone_stands_beside_it() -> None:
    days = [
        doc(f"d{n}", night=f"2026-11-{n:02}", set_id="R", parts=frozenset(map(str, range(n))), document_id=f"o/{n}")
        for n in range(1, 13)
    ]
    found = statuses(*days)
    assert [key for key, status in found.items() if status == "published"] == ["d12"]
    alone = doc("new", night="2026-11-13", set_id="R", parts=frozenset({"99"}), document_id="o/99")
    found = statuses(*days, alone)
    assert [key for key, status in sorted(found.items()) if status == "published"] == ["d12", "new"]


def test_a_part_sent_later_does_not_take_the_place_of_the_whole() -> None:
    whole = doc("a", document_id="S", parts=frozenset({"1", "2"}))
    part = doc("b", document_id="S", parts=frozenset({"1"}), night="2026-11-02")
    assert statuses(whole, part) == {"a": "published", "b": "published"}


def test_an_id_kept_from_version_to_version_is_no_conflict() -> None:
    assert statuses(doc("a", document_id="X", version=1), doc("b", document_id="X", version=2)) == {
        "a": "superseded",
        "b": "published",
    }


def test_a_message_that_replaces_may_keep_the_id() -> None:
    second = doc("b", document_id="X", action="replace", night="2026-11-02")
    assert statuses(doc("a", document_id="X"), second) == {"a": "superseded", "b": "published"}


def test_a_deletion_removes_what_arrived_by_its_night_and_not_what_is_sent_again_later() -> None:
    deletion = doc("d", action="delete", document_id="X", night="2026-11-02")
    before = doc("a", document_id="X")
    after = doc("b", document_id="X", night="2026-11-03", version=2)
    assert resolve([before, deletion])["a"] == Verdict("deleted", None, "d")
    assert resolve([replace(before, version=1), deletion, after])["b"].status == "published"


def test_a_deletion_that_overtook_its_target_waits_for_it_and_spares_a_later_version() -> None:
    deletion = doc("d", action="delete", document_id="X", version=1, night="2026-11-01")
    late = doc("a", document_id="X", version=1, night="2026-11-03")
    assert resolve([deletion, late])["a"] == Verdict("deleted", None, "d")
    assert resolve([deletion, replace(late, version=2)])["a"] == Verdict("published")


def test_documents_that_replace_each_other_leave_the_last_written() -> None:
    one = doc("a", replaces=frozenset({"id-b"}), effective_time="2026-11-01")
    two = doc("b", replaces=frozenset({"id-a"}), effective_time="2026-11-02")
    assert statuses(one, two) == {"a": "superseded", "b": "published"}


def test_a_circle_of_three_leaves_the_last_written() -> None:
    ring = [
        doc("a", replaces=frozenset({"id-c"}), effective_time="2026-11-01"),
        doc("b", replaces=frozenset({"id-a"}), effective_time="2026-11-02"),
        doc("c", replaces=frozenset({"id-b"}), effective_time="2026-11-03"),
    ]
    assert statuses(*ring) == {"a": "superseded", "b": "superseded", "c": "published"}


def test_a_person_without_any_birth_year_waits() -> None:
    assert resolve([doc("a")], unborn={"P"}) == {"a": Verdict("quarantined", "no_patient")}


def test_what_was_not_read_has_no_verdict() -> None:
    assert resolve([doc("a", outcome="waiting")]) == {}


FEW = st.sampled_from(["1", "2", "3"])
ENTRIES = st.lists(
    st.builds(
        lambda night, sha, ident, set_id, version, person, action, replaces, outcome: {
            "night": f"2026-11-0{night}", "sha256": sha, "document_id": ident, "set_id": set_id, "version": version,
            "person_key": person, "action": action, "replaces": frozenset(f"id{r}" for r in replaces),
            "outcome": outcome, "outcome_reason": "malformed" if outcome == "quarantined" else None,
        },
        FEW, st.sampled_from("uvwxyz"), FEW.map("id{}".format), st.none() | FEW, st.none() | st.integers(1, 3),
        st.sampled_from("PQ"), st.sampled_from(["create", "create", "replace", "delete"]), st.sets(FEW, max_size=2),
        st.sampled_from(["ok", "ok", "ok", "quarantined", "duplicate"]),
    ),
    max_size=8,
).map(lambda found: [doc(f"k{i}", **fields) for i, fields in enumerate(found)])  # fmt: skip


@given(ENTRIES, st.randoms())
def test_the_order_of_loading_changes_nothing(entries: list[Entry], random: object) -> None:
    mixed = list(entries)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert resolve(mixed) == resolve(entries)


@given(ENTRIES)
def test_every_document_read_is_somewhere_once(entries: list[Entry]) -> None:
    assert set(resolve(entries)) == {e.document_key for e in entries}


@given(ENTRIES)
def test_no_report_vanishes_what_is_superseded_leads_to_a_document_that_is_not(entries: list[Entry]) -> None:
    verdicts = resolve(entries)
    for key in verdicts:
        walked = {key}
        while verdicts[key].status == "superseded":
            key = verdicts[key].superseded_by or ""
            assert key not in walked
            walked.add(key)
        assert verdicts[key].status in {"published", "deleted", "duplicated", "quarantined"}


@given(ENTRIES)
def test_the_same_content_is_never_published_twice(entries: list[Entry]) -> None:
    verdicts = resolve(entries)
    shown = [e.sha256 for e in entries if verdicts[e.document_key].status == "published"]
    assert len(shown) == len(set(shown))
