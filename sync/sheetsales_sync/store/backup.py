"""A copy of the store that is whole, made while the store is in use."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, select

from sheetsales.errors import DiskFull
from sheetsales_sync.store import open_store
from sheetsales_sync.store.transaction import Store, Tx
from sheetsales_sync.store.unit import pieces, put

PIECE: Final = 5_000  # rows per insert when a store is copied table by table


def backup(store: Store, target: Path) -> None:
    """Write a copy of the store to `target`, whole or not at all; an older copy there is replaced.

    SQLite: its online backup. PostgreSQL: an archive of pg_dump (`pg_restore` reads it) where pg_dump
    is installed and fits the server, else a SQLite store with the same content, which `open_store`
    opens. Raises DiskFull where it cannot be written.
    """
    part = target.with_name(target.name + ".part")
    try:
        part.unlink(missing_ok=True)
        if store.engine.dialect.name == "sqlite":
            _online(store, part)
        elif not _dumped(store, part):
            copy_portably(store, part)
        os.replace(part, target)
    except (OSError, sqlite3.Error) as error:
        part.unlink(missing_ok=True)
        raise DiskFull(f"The backup cannot be written to {target}.") from error


def _online(store: Store, part: Path) -> None:
    with store.engine.connect() as connection:
        source: Any = connection.connection.dbapi_connection
        copy = sqlite3.connect(part)
        try:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, no journal beside it
        finally:
            copy.close()


def _dumped(store: Store, part: Path) -> bool:
    """Try pg_dump; say whether it wrote an archive. The password goes through the environment only."""
    program = shutil.which("pg_dump")
    if program is None:
        return False
    place: URL = store.engine.url
    socket = place.query.get("host")
    host = place.host or (socket if isinstance(socket, str) else None)
    named = {
        "PGHOST": host,
        "PGPORT": place.port,
        "PGUSER": place.username,
        "PGDATABASE": place.database,
        "PGPASSWORD": place.password,
    }
    environment = {**os.environ, **{name: str(value) for name, value in named.items() if value}}
    done = subprocess.run([program, "--format=custom", f"--file={part}"], env=environment, capture_output=True, check=False)
    if done.returncode != 0:
        part.unlink(missing_ok=True)
    return done.returncode == 0


def copy_portably(store: Store, target: Path) -> None:
    """Copy every table of this tenant into a new SQLite store, all from one moment."""
    copy = open_store(f"sqlite:///{target}", store.playbook, create=True, tenant=store.tenant, clock=store.clock)
    try:
        store.read(lambda here: copy.transact(lambda there: _copy_tables(here, there)))
        with copy.engine.connect() as connection:
            raw: Any = connection.connection.dbapi_connection
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            raw.execute("PRAGMA journal_mode = DELETE")
    finally:
        copy.close()


def _copy_tables(here: Tx, there: Tx) -> None:
    for name, table in there.schema.metadata.tables.items():
        source = here.schema.metadata.tables[name]
        rows = here.all(select(source).where(here.ours(source)))
        for piece in pieces(rows, PIECE):
            put(there.connection, table, [dict(row._mapping) for row in piece])
