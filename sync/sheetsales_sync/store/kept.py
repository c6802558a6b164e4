"""What earlier transactions read and nobody touched since: a warm process asks the database only for what is new.

The history tells what was touched, per table and owner, so what is kept is never older than the transaction
that uses it; and because every use is noted as a read, a change by others in between is found as ever.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any, Final, NamedTuple

KEPT_RECORDS: Final = 50_000  # records kept at most, some 150 MB; what was not used for longest goes first
KEPT_SHARE: Final = 4  # and no answer longer than this part of them


class Key(NamedTuple):
    """One answer that can be kept. form: as records or as plain rows. owners: whose (None: everybody's)."""

    form: str
    table: str
    owners: frozenset[str] | None

    def shows(self, table: str, owner: str) -> bool:
        """Say whether a touched record may be part of the answer."""
        return self.table == table and (self.owners is None or not owner or owner in self.owners)


Answers = Mapping[Key, Sequence[Any]]


class Kept:
    """The answers kept by one store, all as of one history seq, which has this hash."""

    def __init__(self) -> None:
        self.seq = 0
        self.hash: str | None = None
        self._answers: dict[Key, Sequence[Any]] = {}
        self._lock = Lock()

    def advance(self, since: int, seq: int, hash_: str | None, touched: Sequence[tuple[str, str]] | None) -> Answers:
        """Drop what was touched between two seqs (None: everything) and give what is left, as of the later one.

        Nothing, where another transaction went on meanwhile.
        """
        with self._lock:
            if since != self.seq:
                return {}
            if touched is None:
                self._answers.clear()
            elif touched:
                gone = [key for key in self._answers if any(key.shows(*one) for one in touched)]
                for key in gone:
                    del self._answers[key]
            self.seq, self.hash = seq, hash_
            return dict(self._answers)

    def keep(self, seq: int, answers: Answers) -> None:
        """Keep the answers a transaction used or read, exact as of a seq; the least used go where there are too many."""
        with self._lock:
            if seq != self.seq:
                return
            for key, answer in answers.items():
                self._answers.pop(key, None)
                if len(answer) <= KEPT_RECORDS // KEPT_SHARE:
                    self._answers[key] = answer
            size = sum(map(len, self._answers.values()))
            while size > KEPT_RECORDS:
                size -= len(self._answers.pop(next(iter(self._answers))))
