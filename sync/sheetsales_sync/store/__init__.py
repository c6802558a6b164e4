"""The central store: typed tables for the present, generic tables for everything that ever was.

Everything goes through `open_store`, `Store.transact` and `Store.read`; the database library is loaded
when a store is opened, so that a command without one starts quickly. Moments go in as UTC (naive, or
with any zone) and come out as naive UTC.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sheetsales.process import Playbook

if TYPE_CHECKING:
    from sheetsales_sync.store.transaction import Store

PATIENCE_SECONDS: Final = 30.0  # how long a transaction is tried again before the store is called busy


def utc_now() -> datetime:
    """Give the time of this machine, in UTC."""
    return datetime.now(UTC)


def open_store(
    url: str,
    playbook: Playbook,
    *,
    create: bool = False,
    tenant: str = "main",
    clock: Callable[[], datetime] = utc_now,
    is_gone: Callable[[str], bool] | None = None,
    isolation: str = "READ COMMITTED",
    home: Path | None = None,
    patience_seconds: float = PATIENCE_SECONDS,
) -> Store:
    """Open the store at an address and bring its tables up to the playbook.

    url: `sqlite:///path/to/store.db` or `postgresql://…`. create: make it if it is not there. is_gone
    says of a lease's holder whether its process has ended (default: looks at this machine).
    isolation: of write transactions on PostgreSQL, READ COMMITTED or SERIALIZABLE.
    home: paths of books inside this folder are kept relative to it, so that the folder may move.
    Raises StoreUnreachable, StoreDamaged, StoreTooNew, StoreBusy, DiskFull, BadConfiguration.
    """
    from sheetsales_sync.store.leases import gone_from_this_machine
    from sheetsales_sync.store.opening import open_at

    return open_at(
        url, playbook, create=create, tenant=tenant, clock=clock, is_gone=is_gone or gone_from_this_machine,
        isolation=isolation, home=home, patience_seconds=patience_seconds,
    )  # fmt: skip
