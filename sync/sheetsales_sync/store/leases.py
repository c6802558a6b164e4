"""Leases: which process may sync a book just now. Expiry is by the clock of the database.

A holder is "host:pid:random". A lease whose process is dead on this machine is free at once, any other
when it expires. The fence goes up with every new holder, so that one who wakes late is found out.
"""

from __future__ import annotations

import os
import platform
import sys
from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from sheetsales_sync.store.unit import Unit

LEASE_SECONDS = 30  # a killed sync on another machine blocks its book for as long
_LONG_AGO = datetime(1970, 1, 1)  # noqa: DTZ001 (naive UTC, like every moment of the store)


class Leases(Unit):
    """The part of `Tx` that hands out leases."""

    def database_now(self) -> datetime:
        """Give the database's clock, naive UTC."""
        if self.connection.dialect.name == "sqlite":
            return datetime.fromisoformat(self.connection.scalar(select(func.strftime("%Y-%m-%dT%H:%M:%f", "now"))) or "")
        now: datetime | None = self.connection.scalar(select(func.timezone("UTC", func.clock_timestamp())))
        assert now is not None
        return now

    def take_lease(self, book_id: str, holder: str, seconds: int = LEASE_SECONDS) -> int | None:
        """Take or prolong the lease of a book; give its fence, or None where somebody else holds it."""
        lease = self.schema.generic.lease
        self.add_new(lease, {"book_id": book_id, "holder": "", "fence": 0, "expires": _LONG_AGO})
        here = (self.ours(lease), lease.c.book_id == book_id)
        row = self.connection.execute(select(lease).where(*here).with_for_update()).one()
        now = self.database_now()
        mine = row.holder == holder
        ends = now + timedelta(seconds=seconds)
        # A lease that ends later than one taken now was taken before the clock was put back: it counts as over.
        if not mine and row.holder and now < row.expires <= ends and not self.is_gone(row.holder):
            return None
        fence = int(row.fence) if mine else int(row.fence) + 1
        self.connection.execute(update(lease).where(*here).values(holder=holder, fence=fence, expires=ends))
        return fence

    def check_fence(self, book_id: str, fence: int) -> bool:
        """Say whether this fence is still the book's; nobody can take the lease until a write transaction ends."""
        lease = self.schema.generic.lease
        query = select(lease.c.fence, lease.c.holder).where(self.ours(lease), lease.c.book_id == book_id)
        if not self.connection.get_execution_options().get("postgresql_readonly"):  # which locks nothing
            query = query.with_for_update()
        row = self.connection.execute(query).one_or_none()
        return row is not None and row.fence == fence and row.holder != ""

    def release_lease(self, book_id: str, holder: str) -> None:
        """Give a lease back; somebody else's is left alone."""
        lease = self.schema.generic.lease
        here = (self.ours(lease), lease.c.book_id == book_id, lease.c.holder == holder)
        self.connection.execute(update(lease).where(*here).values(holder="", expires=_LONG_AGO))


def gone_from_this_machine(holder: str) -> bool:
    """Say whether a holder is a process of this machine that no longer runs; False where that is not known."""
    host, _, rest = holder.rpartition(":")[0].rpartition(":")
    if host != platform.node() or not rest.isdigit():
        return False
    return not _runs(int(rest))


def _runs(pid: int) -> bool:
    if sys.platform == "win32":
        # os.kill would end the process there, so Windows is asked for a handle.
        import ctypes

        handle = ctypes.windll.kernel32.OpenProcess(0x1000, False, pid)
        if handle:
            ctypes.windll.kernel32.CloseHandle(handle)
        return bool(handle)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
