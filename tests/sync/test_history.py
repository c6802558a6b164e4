"""The hash chain, the way back, the past, and a backup: what was ever written can be proved and found."""

from __future__ import annotations

import itertools
import random
import sqlite3
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from store_stand import FULL, START, Opener, Writer, close_all, creates, new_database, opener, playbook, sqlite_address

from sheetsales.errors import Refused, UnknownName
from sheetsales_sync.state import Change, HistoryRow, Op, Record
from sheetsales_sync.store import open_store
from sheetsales_sync.store.backup import backup, copy_portably
from sheetsales_sync.store.history import restore_changes, undo_changes
from sheetsales_sync.store.verify import verify


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opener]:
    open_one, stores = opener(sqlite_address(tmp_path))
    yield open_one
    close_all(stores)


@pytest.fixture
def writer(opened: Opener) -> Writer:
    return Writer(opened())


def undo(writer: Writer, op_id: str, actor: str = "max@example.com") -> tuple[str, list[HistoryRow]]:
    """Undo an op as one op; give its id and what was left."""
    changes, left = writer.store.read(lambda tx: undo_changes(tx, op_id))
    return writer.write(*changes, op=writer.op("undo", actor, action=op_id)), left


def living(writer: Writer, table: str = "deals") -> dict[str, dict[str, object]]:
    """Give what stands there, without the blanks."""
    records = writer.store.read(lambda tx: tx.records(table))
    return {r.id: {n: v for n, v in r.values.items() if v is not None} for r in records}


# ── undo ─────────────────────────────────────────────────────────────────────────────────────────


def test_undo_brings_every_cell_back_and_can_be_undone(writer: Writer) -> None:
    writer.create("DL-1", name="One", seats=1)
    before = living(writer)
    op = writer.write(
        Change("deals", "DL-1", "name", "One", "Two"), Change("deals", "DL-1", "seats", 1, None),
        Change("deals", "DL-1", "amount", None, Decimal("5.00")), *creates("DL-2", {"name": "New"}),
    )  # fmt: skip
    after = living(writer)
    back, left = undo(writer, op)
    assert (living(writer), left) == (before, [])
    again, left = undo(writer, back)
    assert (living(writer), left) == (after, [])
    assert undo(writer, again)[1] == []
    assert living(writer) == before
    assert verify(writer.store) == []


def test_undo_leaves_and_lists_what_somebody_changed_since(writer: Writer) -> None:
    writer.create("DL-1", name="One", seats=1)
    op = writer.write(Change("deals", "DL-1", "name", "One", "Two"), Change("deals", "DL-1", "seats", 1, 2))
    writer.set("DL-1", "seats", 2, 3)
    _, left = undo(writer, op)
    assert writer.get("DL-1") == {"name": "One", "seats": 3}
    assert [(row.column, row.new) for row in left] == [("seats", 2)]


def test_a_value_that_somebody_set_again_on_purpose_is_left(writer: Writer) -> None:
    writer.create("DL-1", name="One")
    op = writer.set("DL-1", "name", "One", "Two")
    writer.set("DL-1", "name", "Two", "Three")
    writer.set("DL-1", "name", "Three", "Two", actor="ben@example.com")
    assert len(undo(writer, op)[1]) == 1
    assert writer.get("DL-1") == {"name": "Two"}


def test_undo_deletes_what_the_op_made_unless_others_worked_on_it(writer: Writer) -> None:
    op = writer.write(*creates("DL-1", {"name": "One"}), *creates("DL-2", {"name": "Two"}))
    writer.set("DL-2", "name", "Two", "Zwei")
    _, left = undo(writer, op)
    assert living(writer) == {"DL-2": {"name": "Zwei"}}
    assert [row.record for row in left] == ["DL-2"]


def test_undo_of_a_delete_lets_the_record_live_again_with_its_edits_back(writer: Writer) -> None:
    writer.create("DL-1", name="One")
    op = writer.write(Change("deals", "DL-1", "name", "One", "Two"), Change("deals", "DL-1", "", None, None, "delete"))
    assert living(writer) == {}
    back, left = undo(writer, op)
    assert (living(writer), left) == ({"DL-1": {"name": "One"}}, [])
    undo(writer, back)
    (dead,) = writer.store.read(lambda tx: tx.records("deals", living=False))
    assert dead.values["name"] == "Two"
    assert verify(writer.store) == []


def test_undo_does_not_touch_a_record_that_died_since(writer: Writer) -> None:
    writer.create("DL-1", name="One")
    op = writer.set("DL-1", "name", "One", "Two")
    writer.write(Change("deals", "DL-1", "", None, None, "delete"))
    assert [row.column for row in undo(writer, op)[1]] == ["name"]
    assert living(writer) == {}


def test_the_op_knows_who_took_it_back(writer: Writer) -> None:
    op = writer.create("DL-1", name="One")
    back, _ = undo(writer, op)
    read = writer.store.read
    assert read(lambda tx: tx.op(op).undone_by) == back  # type: ignore[union-attr]
    again, _ = undo(writer, back)
    assert read(lambda tx: (tx.op(op).undone_by, tx.op(back).undone_by)) == (None, again)  # type: ignore[union-attr]


def test_undo_of_nothing_known_is_refused(writer: Writer) -> None:
    with pytest.raises(UnknownName):
        writer.store.read(lambda tx: undo_changes(tx, "nothing"))


@pytest.mark.slow
def test_ten_thousand_rows_are_taken_back_whole_and_the_undo_too(writer: Writer) -> None:
    ids = [f"DL-{number:05}" for number in range(10_000)]
    made = writer.write(*(change for r in ids for change in creates(r, {"name": r, "seats": 1})), op=writer.op("import"))
    first = living(writer)
    synced = writer.write(*(Change("deals", r, "seats", 1, 2) for r in ids))
    second = living(writer)
    assert (len(first), len(second)) == (10_000, 10_000)
    back, left = undo(writer, synced)
    assert (living(writer), left) == (first, [])
    gone, left = undo(writer, made)
    assert (living(writer), left) == ({}, [])
    assert undo(writer, gone)[1] == []
    assert living(writer) == first
    assert undo(writer, back)[1] == []
    assert living(writer) == second
    assert verify(writer.store) == []


# ── restore ──────────────────────────────────────────────────────────────────────────────────────


def test_a_record_can_be_brought_back_to_any_moment_of_its_life(writer: Writer) -> None:
    writer.create("DL-1", name="One", seats=1)  # 1, 2
    writer.set("DL-1", "name", "One", "Two")  # 3
    writer.write(Change("deals", "DL-1", "", None, None, "delete"))  # 4
    writer.write(Change("deals", "DL-1", "", None, None, "undelete"), Change("deals", "DL-1", "seats", 1, 9))  # 5, 6
    expected = {2: {"name": "One", "seats": 1}, 3: {"name": "Two", "seats": 1}, 4: None, 6: {"name": "Two", "seats": 9}}
    for seq in (2, 6, 4, 3, 4, 2):
        writer.write(*writer.store.read(lambda tx, s=seq: restore_changes(tx, "DL-1", s)))
        assert living(writer).get("DL-1") == expected[seq]
    assert writer.store.read(lambda tx: restore_changes(tx, "DL-1", 2)) == []
    assert verify(writer.store) == []


def test_a_record_cannot_be_brought_back_to_before_it_was(writer: Writer) -> None:
    writer.create("DL-1", name="One")
    writer.create("DL-2", name="Two")
    with pytest.raises(Refused):
        writer.store.read(lambda tx: restore_changes(tx, "DL-2", 1))
    with pytest.raises(UnknownName):
        writer.store.read(lambda tx: restore_changes(tx, "DL-9", 1))


# ── the past ─────────────────────────────────────────────────────────────────────────────────────


def random_life(writer: Writer, chance: random.Random, steps: int) -> Iterator[tuple[datetime, list[Record]]]:
    """Do random things to a few records; after each op give its moment and what stands there."""
    store = writer.store
    for _ in range(steps):
        record = f"DL-{chance.randrange(4)}"
        present = {r.id: r for r in store.read(lambda tx: tx.records("deals", living=None))}
        op = writer.op()
        here = present.get(record)
        if here is None:
            changes = creates(record, {"name": "n", "amount": Decimal(chance.randrange(100)) / 4, "owner": chance.choice("ab")})
        elif here.deleted_op is not None:
            changes = [Change("deals", record, "", None, None, "undelete")]
        else:
            column, new = chance.choice([("seats", chance.randrange(3)), ("owner", chance.choice("abc")), ("name", None)])
            changes = [Change("deals", record, column, here.values[column], new)]  # type: ignore[list-item]
            changes += [Change("deals", record, "", None, None, "delete")] if chance.random() < 0.3 else []
        writer.write(*changes, op=op)
        yield op.at, store.read(lambda tx: tx.records("deals"))


@pytest.mark.parametrize("seed", range(4))
def test_the_past_is_what_stood_there_then(writer: Writer, seed: int) -> None:
    moments = list(random_life(writer, random.Random(seed), 25))
    for at, records in moments:
        assert writer.store.read(lambda tx, a=at: tx.as_of("deals", a)) == records
        assert writer.store.read(lambda tx, a=at: tx.as_of("deals", a + timedelta(seconds=59))) == records
    assert writer.store.read(lambda tx: tx.as_of("deals", START)) == []
    assert verify(writer.store) == []


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), steps=st.integers(1, 12))
def test_undoing_everything_backwards_leaves_nothing_living(tmp_path: Path, seed: int, steps: int) -> None:
    store = open_store("sqlite:///:memory:", playbook(), create=True)
    writer = Writer(store)
    states: list[dict[str, dict[str, object]]] = [{}]
    for _ in random_life(writer, random.Random(seed), steps):
        states.append(living(writer))
    for op in reversed(store.read(lambda tx: tx.ops())):
        states.pop()
        assert undo(writer, op.id)[1] == []
        assert living(writer) == states[-1]
    assert verify(store) == []
    store.close()


# ── verify ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("statement", "told"), [
    pytest.param("UPDATE history SET new = 'x' WHERE seq = 2", "row 2 was changed", id="a value in the past"),
    pytest.param("UPDATE history SET actor = 'x' WHERE seq = 1", "row 1 was changed", id="who did it"),
    pytest.param("DELETE FROM history WHERE seq = 2", "rows are missing", id="a row in the middle"),
    pytest.param("DELETE FROM history WHERE seq = 4", "the end is missing", id="the last row"),
    pytest.param("UPDATE deals SET amount = '7.00' WHERE id = 'DL-1'", "amount is 7.00, but by history it is 5.00", id="a cell"),
    pytest.param("UPDATE deals SET deleted_op = 'x' WHERE id = 'DL-1'", "is deleted, but", id="a record marked deleted"),
    pytest.param("UPDATE deals SET version = 9 WHERE id = 'DL-1'", "version 9", id="a version"),
    pytest.param("DELETE FROM deals WHERE id = 'DL-1'", "is missing from the table", id="a record gone"),
    pytest.param("UPDATE deals SET id = 'DL-7' WHERE id = 'DL-2'", "history does not know it", id="a record from nowhere"),
    pytest.param("UPDATE record SET owner_key = 'x' WHERE id = 'DL-1'", "under another owner", id="whose record it is"),
    pytest.param("DELETE FROM op WHERE id = 'op-1'", "which is not there", id="an operation gone"),
])  # fmt: skip
def test_verify_finds_what_was_changed_behind_the_store(writer: Writer, statement: str, told: str) -> None:
    writer.create("DL-1", name="One", amount=Decimal("5.00"), owner="ana@example.com")
    writer.create("DL-2", name="Two")
    assert verify(writer.store) == []
    with writer.store.engine.begin() as connection:
        connection.execute(text(statement))
    found = verify(writer.store)
    assert any(told in sentence for sentence in found), found


def test_the_chain_is_the_same_on_every_database(writer: Writer) -> None:
    open_one, stores = opener(new_database(ready=True))
    other = Writer(open_one())

    def hashes(one: Writer) -> list[str]:
        one.create("DL-1", **FULL)
        one.set("DL-1", "seats", 7, None)
        history = one.store.schema.generic.history
        return [row.hash for row in one.store.read(lambda tx: tx.all(history.select().order_by(history.c.seq)))]

    assert hashes(writer) == hashes(other)
    close_all(stores)


# ── backup ───────────────────────────────────────────────────────────────────────────────────────


def test_a_backup_is_the_whole_store_in_one_file(writer: Writer, tmp_path: Path) -> None:
    writer.create("DL-1", **FULL)
    target = tmp_path / "copy.db"
    target.write_text("an older copy")
    backup(writer.store, target)
    writer.set("DL-1", "seats", 7, 8)
    copy = open_store(f"sqlite:///{target}", playbook())
    assert copy.read(lambda tx: tx.records("deals"))[0].values == FULL
    assert verify(copy) == []
    copy.close()
    assert sorted(path.name for path in tmp_path.iterdir() if "part" in path.name) == []


def test_postgres_can_be_copied_into_a_sqlite_store(tmp_path: Path) -> None:
    open_one, stores = opener(new_database(ready=True))
    writer = Writer(open_one())
    writer.create("DL-1", **FULL)
    writer.set("DL-1", "seats", 7, 8)
    copy_portably(writer.store, tmp_path / "copy.db")
    copy = open_store(f"sqlite:///{tmp_path / 'copy.db'}", playbook())
    for read in (lambda tx: tx.records("deals"), lambda tx: tx.history(), lambda tx: tx.ops()):
        assert copy.read(read) == writer.store.read(read)  # type: ignore[arg-type]
    assert verify(copy) == []
    copy.close()
    close_all(stores)


def test_postgres_is_backed_up_by_its_own_program_or_as_a_store(tmp_path: Path) -> None:
    open_one, stores = opener(new_database(ready=True))
    Writer(open_one()).create("DL-1", **FULL)
    target = tmp_path / "copy"
    backup(stores[0], target)
    close_all(stores)
    head = target.read_bytes()[:16]
    assert head.startswith(b"PGDMP") or head.startswith(b"SQLite format 3")


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_a_backup_made_while_others_write_is_whole_and_of_one_moment(tmp_path: Path, database: str) -> None:
    open_one, stores = opener(sqlite_address(tmp_path) if database == "sqlite" else new_database(ready=True))
    store, at_work = Writer(open_one()), Writer(open_one(), "busy")
    done, failed = threading.Event(), list[BaseException]()

    def write() -> None:
        try:
            for number in itertools.count():
                at_work.create(f"DL-{number}", name="One", seats=number)
                at_work.set(f"DL-{number}", "seats", number, number + 1)
                if done.is_set():
                    return
        except BaseException as error:
            failed.append(error)

    writing = threading.Thread(target=write)
    writing.start()
    try:
        for turn in range(3):
            before = store.store.read(lambda tx: tx.latest_seq())
            target = tmp_path / f"copy {turn}.db"
            backup(store.store, target) if database == "sqlite" else copy_portably(store.store, target)
            copy = open_store(f"sqlite:///{target}", playbook())
            assert copy.read(lambda tx: tx.latest_seq()) >= before
            assert verify(copy) == []
            copy.close()
    finally:
        done.set()
        writing.join()
    assert failed == [] and verify(store.store) == []
    close_all(stores)


def test_a_backup_that_cannot_be_written_leaves_the_older_one(writer: Writer, tmp_path: Path) -> None:
    from sheetsales.errors import DiskFull

    with pytest.raises(DiskFull):
        backup(writer.store, tmp_path / "no such folder" / "copy.db")


def test_history_reads_without_us(writer: Writer, tmp_path: Path) -> None:
    writer.create("DL-1", op=Op("o", "sync", "ana@example.com", START), **FULL)
    with sqlite3.connect(tmp_path / "store.db") as plain:
        row = plain.execute("SELECT name, amount, seats, close_date, met_at FROM deals").fetchone()
    plain.close()
    assert row == ("=1+1", "1234567890123.45", 7, "2026-03-31", "2026-01-02T03:04:05")
