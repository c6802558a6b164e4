"""What a database's error means to us: try again, or which class of the catalogue it is.

The one place where errors of SQLAlchemy and its drivers are turned into ours.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy.exc import DBAPIError

from sheetsales.errors import DiskFull, SheetsalesError, StoreBusy, StoreDamaged, StoreUnreachable

TRY_AGAIN: Final = frozenset({
    "40001",        # serialization failure
    "40P01",        # deadlock
    "55P03",        # lock not available
    "SQLITE_BUSY", "SQLITE_LOCKED",
})  # fmt: skip
DISK: Final = frozenset({"53100", "25006", "SQLITE_FULL", "SQLITE_READONLY", "SQLITE_IOERR", "SQLITE_PERM", "SQLITE_CANTOPEN"})
DAMAGED: Final = frozenset({"SQLITE_CORRUPT", "SQLITE_NOTADB", "XX001", "XX002"})
REFUSED_US: Final = frozenset({"28000", "28P01", "3D000", "42501"})  # who we are, which database, what we may
AWAY_CLASSES: Final = ("08", "57P", "53")  # connection, shutdown, resources


def code_of(error: DBAPIError) -> str:
    """Give the SQLSTATE or SQLite's own name of an error, the extended part cut off; "" if there is none."""
    found = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None) or ""
    name = str(found)
    return "_".join(name.split("_")[:2]) if name.startswith("SQLITE_") else name


def is_transient(error: DBAPIError) -> bool:
    """Say whether the whole transaction may be tried again: nothing of it was kept."""
    return code_of(error) in TRY_AGAIN or error.connection_invalidated


def translate(error: DBAPIError, database: str | None = None) -> SheetsalesError | None:
    """Give our error for a foreign one; None where it is a fault of ours, which stays as it is.

    database: the file of a SQLite store, beside which backups are looked for.
    """
    code = code_of(error)
    if code in TRY_AGAIN:
        return StoreBusy()
    if code in DISK:
        return DiskFull("The disk of the store is full, or the store cannot be written.")
    if code in DAMAGED:
        return StoreDamaged(hint=where_backups_are(database or ""))
    if code in REFUSED_US:
        hint = "Look at the user, password and database name in `store`."
        return StoreUnreachable("The database refused the connection.", hint)
    away = code.startswith(AWAY_CLASSES) or error.connection_invalidated
    if away or (not code and type(error.orig).__name__ in ("OperationalError", "ConnectionTimeout")):
        return StoreUnreachable()
    return None


def where_backups_are(database: str) -> str | None:
    """Say which backup to put in the place of a damaged SQLite file; None where the store is no file."""
    file = Path(database)
    if not database or not file.is_file():
        return None
    found = sorted(file.parent.glob("backup-*.db"))  # as `sheetsales backup` calls them: the newest comes last
    if not found:
        return "Bring back a copy that `sheetsales backup` made; there is none beside it. Your workbooks are as they were."
    return (
        f"The newest backup beside it is {found[-1].name}: copy it over {file.name} and remove {file.name}-wal and "
        f"{file.name}-shm. Your workbooks are as they were; those that were synced after it are then refused, and "
        "`book adopt FILE` takes their rows into a new one."
    )
