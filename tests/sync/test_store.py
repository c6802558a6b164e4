"""The store over a SQLite file and over PostgreSQL, at both isolation levels, and what is special to one."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from store_conformance import Failure, StoreConformance
from store_stand import START, Opener, Writer, close_all, creates, new_database, opener, playbook, sqlite_address

from sheetsales.errors import BadConfiguration, CommitUnclear, DiskFull, StoreBusy, StoreDamaged, StoreUnreachable
from sheetsales_sync.state import Change, Op
from sheetsales_sync.store import open_store
from sheetsales_sync.store.leases import gone_from_this_machine
from sheetsales_sync.store.transaction import Store


class TestSqlite(StoreConformance):
    @pytest.fixture
    def opened(self, tmp_path: Path) -> Iterator[Opener]:
        open_one, stores = opener(sqlite_address(tmp_path))
        yield open_one
        close_all(stores)


class TestPostgres(StoreConformance):
    isolation = "READ COMMITTED"

    @pytest.fixture
    def opened(self) -> Iterator[Opener]:
        open_one, stores = opener(new_database(ready=True), self.isolation)
        yield open_one
        close_all(stores)

    def test_what_was_read_and_then_changed_by_others_is_read_again(self, opened: Opener) -> None:
        mine, other = Writer(opened()), Writer(opened())
        mine.create("DL-1", name="One", owner="ana@example.com")
        mine.create("DL-2", name="Two", owner="ana@example.com")
        seen: list[str] = []

        def work(tx: object) -> None:
            seen.append(str(tx.records("deals", ids=["DL-1"])[0].values["name"]))  # type: ignore[attr-defined]
            if len(seen) == 1:
                other.write(Change("deals", "DL-1", "name", "One", "Other"), op=Op("between", "sync", "x", START))
            tx.apply(mine.op(), [Change("deals", "DL-2", "name", "Two", f"after {seen[-1]}")])  # type: ignore[attr-defined]

        mine.store.transact(work)
        assert seen[0] == "One"
        assert seen[-1] == "Other"
        assert mine.get("DL-2")["name"] == "after Other"

    def test_a_connection_lost_in_the_work_is_made_again(self, opened: Opener) -> None:
        writer, other = Writer(opened()), opened()
        turns: list[int] = []

        def work(tx: object) -> None:
            turns.append(1)
            if len(turns) == 1:
                end_connection(tx, other)
            tx.apply(writer.op(), creates("DL-1", {"name": "One"}))  # type: ignore[attr-defined]

        writer.store.transact(work)
        assert len(turns) == 2
        assert writer.get("DL-1") == {"name": "One"}

    def test_a_connection_lost_in_the_commit_is_told_as_unclear_and_can_be_repeated(self, opened: Opener) -> None:
        writer, other = Writer(opened()), opened()
        op = writer.op()

        def work(tx: object, lose: bool) -> None:
            if tx.begin_op(op) is None:  # type: ignore[attr-defined]
                tx.apply(op, creates("DL-1", {"name": "One"}))  # type: ignore[attr-defined]
            if lose:
                end_connection(tx, other)

        with pytest.raises(CommitUnclear):
            writer.store.transact(lambda tx: work(tx, True))
        writer.store.transact(lambda tx: work(tx, False))
        writer.store.transact(lambda tx: work(tx, False))
        assert len(writer.store.read(lambda tx: tx.history())) == 1


def end_connection(tx: object, other: Store) -> None:
    """End the connection of a transaction from another one, as a failing network would."""
    process = tx.connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()  # type: ignore[attr-defined]
    with other.engine.connect() as connection:
        connection.exec_driver_sql("SELECT pg_terminate_backend(%s)", (process,))


class TestPostgresSerializable(TestPostgres):
    isolation = "SERIALIZABLE"


QUICKER = "DO $$ BEGIN RAISE EXCEPTION 'another transaction was quicker' USING ERRCODE = '40001'; END $$"


class TestPostgresThatFailsByChance(StoreConformance):
    """Under SERIALIZABLE, where the server itself says 40001 to one statement in forty."""

    @pytest.fixture
    def opened(self, request: pytest.FixtureRequest) -> Iterator[Opener]:
        open_one, stores = opener(new_database(ready=True), "SERIALIZABLE")
        chance = random.Random(request.node.name)

        def fail(_connection: Any, _cursor: Any, statement: str, given: Any, _context: Any, many: bool) -> tuple[str, Any]:
            return (statement, given) if many or chance.random() > 1 / 40 else (QUICKER, ())

        def open_failing(*given: Any, **more: Any) -> Store:
            store = open_one(*given, **more)
            event.listen(store.engine, "before_cursor_execute", fail, retval=True)
            return store

        yield open_failing
        close_all(stores)


# ── SQLite ───────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opener]:
    open_one, stores = opener(sqlite_address(tmp_path))
    yield open_one
    close_all(stores)


def test_a_commit_is_on_the_disk_before_it_is_acknowledged(opened: Opener) -> None:
    def pragma(tx: object, name: str) -> object:
        return tx.connection.exec_driver_sql(f"PRAGMA {name}").scalar()  # type: ignore[attr-defined]

    names = ("journal_mode", "synchronous", "busy_timeout")
    assert [opened().read(lambda tx, n=name: pragma(tx, n)) for name in names] == ["wal", 2, 5000]


def test_a_read_cannot_write(opened: Opener) -> None:
    writer = Writer(opened())
    with pytest.raises(DiskFull):
        writer.store.read(lambda tx: tx.apply(writer.op(), creates("DL-1", {"name": "One"})))
    writer.create("DL-1", name="One")


def test_a_full_disk_is_told_as_such_and_nothing_is_half_written(opened: Opener) -> None:
    writer = Writer(opened())
    writer.create("DL-1", name="One")

    def fill(tx: object) -> None:
        pages = tx.connection.exec_driver_sql("PRAGMA page_count").scalar()  # type: ignore[attr-defined]
        tx.connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")  # type: ignore[attr-defined]
        for number in range(2, 500):
            tx.apply(Op(f"o{number}", "sync", "x", START), creates(f"DL-{number}", {"name": "x" * 1000}))  # type: ignore[attr-defined]

    with pytest.raises(DiskFull):
        writer.store.transact(fill)
    assert len(writer.store.read(lambda tx: tx.records("deals"))) == 1


def test_another_programs_long_write_ends_in_busy(tmp_path: Path) -> None:
    address = sqlite_address(tmp_path)
    store = open_store(address, playbook(), create=True, patience_seconds=0)
    holder = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with store.engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        raw.execute("PRAGMA busy_timeout = 1")
    with pytest.raises(StoreBusy):
        store.transact(lambda tx: tx.issue("B1", ["DL-1"]))
    assert store.read(lambda tx: tx.books()) == []
    holder.execute("COMMIT")
    holder.close()
    store.transact(lambda tx: tx.issue("B1", ["DL-1"]))
    store.close()


def test_a_store_in_memory_works_like_a_file() -> None:
    store = open_store("sqlite:///:memory:", playbook(), create=True)
    Writer(store).create("DL-1", name="One")
    assert len(store.read(lambda tx: tx.records("deals"))) == 1
    store.close()


# ── opening ──────────────────────────────────────────────────────────────────────────────────────


def test_a_store_that_is_not_there_is_not_made_by_accident(tmp_path: Path) -> None:
    with pytest.raises(StoreUnreachable, match="no store"):
        open_store(sqlite_address(tmp_path), playbook())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("address", "error"), [
    pytest.param("postgresql://nobody:secret@127.0.0.1:1/none", StoreUnreachable, id="no server there"),
    pytest.param("mysql://localhost/x", BadConfiguration, id="a database we do not know"),
    pytest.param("no address at all: secret@", BadConfiguration, id="no address"),
])  # fmt: skip
def test_an_address_that_leads_nowhere_is_told_without_its_password(address: str, error: type[Exception]) -> None:
    with pytest.raises(error) as told:
        open_store(address, playbook(), create=True)
    assert "secret" not in str(told.value)


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreUnreachable):
        open_store(sqlite_address(tmp_path / "typo"), playbook(), create=True)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(b"name,amount\nAcme,5\n" * 100)
    with pytest.raises(StoreDamaged):
        open_store(sqlite_address(tmp_path), playbook(), create=True)
    assert path.read_bytes() == b"name,amount\nAcme,5\n" * 100


# ── retries ──────────────────────────────────────────────────────────────────────────────────────


def test_work_that_always_fails_ends_in_busy(tmp_path: Path) -> None:
    store = open_store(sqlite_address(tmp_path), playbook(), create=True, patience_seconds=0.05)

    def work(tx: object) -> None:
        raise OperationalError("", None, Failure())

    with pytest.raises(StoreBusy):
        store.transact(work)
    store.close()


# ── holders ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("holder", "gone"), [
    pytest.param("elsewhere:1:x", False, id="another machine"),
    pytest.param("nonsense", False, id="no holder of ours"),
    pytest.param("{host}:{mine}:x", False, id="this very process"),
    pytest.param("{host}:{ended}:x", True, id="a process that has ended"),
])  # fmt: skip
def test_a_holder_is_gone_only_if_this_machine_knows_it(holder: str, gone: bool) -> None:
    import os
    import platform
    import subprocess
    import sys

    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert gone_from_this_machine(holder.format(host=platform.node(), mine=os.getpid(), ended=ended.pid)) is gone
