"""The store and its transactions: one function of work, all of it or none, tried again when others were quicker."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from sheetsales.errors import CommitUnclear, StaleRecord, StoreBusy
from sheetsales.process import Playbook
from sheetsales_sync.store import failures
from sheetsales_sync.store.books import Books
from sheetsales_sync.store.callers import Callers
from sheetsales_sync.store.history import History
from sheetsales_sync.store.images import Images
from sheetsales_sync.store.kept import Kept
from sheetsales_sync.store.leases import Leases
from sheetsales_sync.store.reviews import Reviews
from sheetsales_sync.store.schema import Schema

T = TypeVar("T")
FIRST_PAUSE_SECONDS: Final = 0.01
LONGEST_PAUSE_SECONDS: Final = 0.5


class Tx(Books, Images, Reviews, Leases, Callers, History):
    """One transaction: everything there is to read and to write. Valid until its work returns."""


class Store:
    """The central store of one tenant. Made by `open_store`."""

    def __init__(
        self,
        engine: Engine,
        url: str,
        playbook: Playbook,
        schema: Schema,
        *,
        tenant: str,
        clock: Callable[[], datetime],
        is_gone: Callable[[str], bool],
        home: Path | None,
        patience_seconds: float,
    ) -> None:
        self.engine = engine
        self.url = url
        self.playbook = playbook
        self.schema = schema
        self.tenant = tenant
        self.clock = clock
        self.is_gone = is_gone
        self.home = home
        self.patience_seconds = patience_seconds
        self._kept = Kept()

    def transact(self, work: Callable[[Tx], T]) -> T:
        """Run `work` in one write transaction and commit it; the commit is the acknowledgement.

        `work` runs again from the start when another transaction was quicker, so it must do nothing
        but through its Tx. Raises StoreBusy when that does not end in time, CommitUnclear when the
        connection broke in the commit, StoreUnreachable, DiskFull; whatever `work` raises rolls back.
        """
        return self._patiently(work, writes=True)

    def read(self, work: Callable[[Tx], T]) -> T:
        """Run `work` in one read-only transaction that sees one moment."""
        return self._patiently(work, writes=False)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def _patiently(self, work: Callable[[Tx], T], *, writes: bool) -> T:
        deadline = time.monotonic() + self.patience_seconds
        pause = FIRST_PAUSE_SECONDS
        attempt = 0
        while True:
            try:
                return self._once(work, writes=writes, lock=attempt > 0)
            except DBAPIError as error:
                if not failures.is_transient(error) or time.monotonic() + pause > deadline:
                    ours = failures.translate(error, self.engine.url.database)
                    if ours is None:
                        raise
                    raise ours from error
            except StaleRecord:
                # On SQLite nobody can have been quicker, and a second miss under the lock is no accident.
                if not writes or self.engine.dialect.name == "sqlite" or attempt > 1:
                    raise
            if time.monotonic() + pause > deadline:
                raise StoreBusy
            time.sleep(random.uniform(pause / 2, pause))  # noqa: S311 (jitter, no secret)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            attempt += 1

    def _once(self, work: Callable[[Tx], T], *, writes: bool, lock: bool) -> T:
        with self.engine.connect() as connection:
            self._prepare(connection, writes)
            with connection.begin() as transaction:
                tx = Tx(
                    connection, self.schema, self.tenant, self.clock, self.is_gone, self.home, self._kept,
                    exact=self._of_one_moment(writes),
                )  # fmt: skip
                tx.begin(lock=lock and writes)
                result = work(tx)
                try:
                    transaction.commit()
                except DBAPIError as error:
                    if error.connection_invalidated:
                        raise CommitUnclear from error
                    raise
            tx.keep()
            return result

    def _of_one_moment(self, writes: bool) -> bool:
        """Say whether all that a transaction reads is of the moment at which it began."""
        return not writes or self.engine.dialect.name == "sqlite"

    def _prepare(self, connection: Connection, writes: bool) -> None:
        if self.engine.dialect.name == "sqlite":
            connection.execution_options(sheetsales_reads=not writes)
        elif not writes:
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
