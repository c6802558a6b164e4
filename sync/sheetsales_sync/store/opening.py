"""Opening a store: the engine for its database, and the tables brought up to the playbook."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Engine, StaticPool, create_engine, event, inspect, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from sheetsales.errors import BadConfiguration, StoreDamaged, StoreUnreachable
from sheetsales.process import Playbook
from sheetsales_sync.store import failures
from sheetsales_sync.store.schema import Schema
from sheetsales_sync.store.transaction import Store

BUSY_TIMEOUT_MS: Final = 5_000  # SQLite waits so long for another writer before it says busy
CONNECT_TIMEOUT_SECONDS: Final = 10
PRAGMAS: Final = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", f"busy_timeout = {BUSY_TIMEOUT_MS}")
NOT_MADE: Final = "Run `sheetsales init`, or look at `store` in sheetsales.toml."
KNOWN_ADDRESSES: Final = "Write sqlite:///store.db or postgresql://user@host/database."


def open_at(
    url: str,
    playbook: Playbook,
    *,
    create: bool,
    tenant: str,
    clock: Callable[[], datetime],
    is_gone: Callable[[str], bool],
    isolation: str,
    home: Path | None,
    patience_seconds: float,
) -> Store:
    """Open a store; see `open_store`."""
    schema = Schema(playbook)
    place = _place(url)
    if place.drivername.startswith("sqlite") and place.database and place.database != ":memory:":
        file = Path(place.database)
        if not (file.parent if create else file).exists():
            raise StoreUnreachable(f"There is no store at {place.database}.", NOT_MADE)
        if not create and file.stat().st_size == 0:
            raise _no_store(file)  # SQLite would write its head into it
    engine = make_engine(place, isolation)
    try:
        _bring_up(engine, schema, tenant, create=create)
    except DBAPIError as error:
        engine.dispose()
        ours = failures.translate(error, place.database)
        if ours is None:
            raise
        raise ours from error
    except BaseException:
        engine.dispose()
        raise
    return Store(
        engine, url, playbook, schema, tenant=tenant, clock=clock, is_gone=is_gone, home=home, patience_seconds=patience_seconds
    )


def _no_store(file: Path) -> StoreDamaged:
    return StoreDamaged(
        f"There is no store in {file}: the file is empty, or another program's.", failures.where_backups_are(str(file))
    )


def _place(url: str) -> URL:
    try:
        place = make_url(url)
    except ArgumentError as error:
        shown = url.rpartition("@")[2]
        raise BadConfiguration(f"`store` is no database address: {shown}", KNOWN_ADDRESSES) from error
    if place.drivername in ("postgresql", "postgres"):
        place = place.set(drivername="postgresql+psycopg")
    if place.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise BadConfiguration(f"`store` names a database that is not known: {place.drivername}", KNOWN_ADDRESSES)
    return place


def make_engine(place: URL, isolation: str) -> Engine:
    """Give the engine for a database: SQLite with our pragmas and BEGIN IMMEDIATE, or PostgreSQL."""
    if place.drivername.startswith("sqlite"):
        kept = {"poolclass": StaticPool} if not place.database or place.database == ":memory:" else {}
        engine = create_engine(place, hide_parameters=True, connect_args={"check_same_thread": False}, **kept)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    try:
        return create_engine(
            place, hide_parameters=True, isolation_level=isolation, paramstyle="format", pool_pre_ping=True,
            connect_args={"connect_timeout": CONNECT_TIMEOUT_SECONDS},
        )  # fmt: skip
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise StoreUnreachable("The driver for PostgreSQL is not installed.", "pip install 'sheetsales[postgres]'") from error


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver must not begin transactions by itself, or BEGIN IMMEDIATE comes too late.
    connection.isolation_level = None
    for pragma in reversed(PRAGMAS):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Any) -> None:
    reads = bool(connection.get_execution_options().get("sheetsales_reads"))
    connection.exec_driver_sql(f"PRAGMA query_only = {int(reads)}")
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _bring_up(engine: Engine, schema: Schema, tenant: str, *, create: bool) -> None:
    """Bring the tables up to the playbook, unless they are known to be; Alembic is loaded only then."""
    setting = schema.generic.setting
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.execution_options(sheetsales_reads=True)
        known = inspect(connection).has_table("setting")
        if known:
            query = select(setting.c.value).where(setting.c.tenant_id == tenant, setting.c.name == "schema")
            if connection.scalar(query) == schema.fingerprint():
                return
    if not known and not create:
        if engine.dialect.name == "sqlite":
            raise _no_store(Path(engine.url.database or ""))
        raise StoreUnreachable("There is no store in this database.", NOT_MADE)
    from sheetsales_sync.store.migrate import migrate

    migrate(engine, schema, tenant)
