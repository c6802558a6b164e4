"""The registered books, their generations, and which of them have news to show."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import case, select, update

from sheetsales.errors import UnknownName
from sheetsales.values import Value, fold
from sheetsales_sync.state import Book, Scope
from sheetsales_sync.store.changes import owner_key
from sheetsales_sync.store.records import Records
from sheetsales_sync.store.types import utc


class Books(Records):
    """The part of `Tx` that keeps the books."""

    def books(self) -> list[Book]:
        """Give all registered books, by id."""
        book = self.schema.generic.book
        return [self._book(row) for row in self.all(select(book).where(self.ours(book)).order_by(book.c.id))]

    def book(self, book_id: str) -> Book | None:
        """Give one book; None where none is registered under this id."""
        book = self.schema.generic.book
        row = self.connection.execute(select(book).where(self.ours(book), book.c.id == book_id)).one_or_none()
        return None if row is None else self._book(row)

    def save_book(self, book: Book) -> None:
        """Register a book, or keep its new state. Its generation never goes down."""
        row = {
            "id": book.id, "workbook_id": book.workbook_id, "owner": book.owner, "path": self.kept_path(book.path), "generation": book.generation,
            "state": book.state, "reason": book.reason, "tables": json.dumps(book.tables), "last_hash": book.last_hash,
            "seen_seq": book.seen_seq, "synced_at": None if book.synced_at is None else utc(book.synced_at),
            "template": book.template, "copies": json.dumps([self.kept_path(path) for path in book.copies]),
        }  # fmt: skip
        self.put(self.schema.generic.book, [row], keep={"generation": lambda old, new: case((old > new, old), else_=new)})

    def next_generation(self, book_id: str) -> int:
        """Allocate the next generation of a book. Raises UnknownName where it is not registered."""
        book = self.schema.generic.book
        here = (self.ours(book), book.c.id == book_id)
        taken = update(book).where(*here).values(generation=book.c.generation + 1).returning(book.c.generation)
        generation = self.connection.scalar(taken)
        if generation is None:
            raise UnknownName(f"There is no book '{book_id}'.")
        return int(generation)

    def books_with_news(self, books: Sequence[Book], scopes: Mapping[str, Scope] | None = None) -> set[str]:
        """Give the ids of the books in whose tables something changed since they were last drawn.

        scopes: whose records each book shows, by book id. Without it a book shows the records of its
        owner and of everybody below the owner in `people`; a book of an unknown owner shows all. May
        name a book too many (a sync then finds it unchanged), never one too few.
        """
        if not books:
            return set()
        touched = self.schema.generic.touched
        since = min(book.seen_seq for book in books)
        query = select(touched.c.table_name, touched.c.owner_key, touched.c.seq).where(self.ours(touched), touched.c.seq > since)
        news: dict[str, dict[str, int]] = {}
        newest: dict[str, int] = {}
        for table, owner, seq in self.all(query):
            news.setdefault(table, {})[owner] = seq
            newest[table] = max(seq, newest.get(table, 0))
        if not news:
            return set()
        owners = self._owners_shown(books, scopes or {})
        return {book.id for book in books if self._has_news(book, news, newest, owners[book.id])}

    def _has_news(
        self, book: Book, news: Mapping[str, Mapping[str, int]], newest: Mapping[str, int], owners: frozenset[str] | None
    ) -> bool:
        for table in book.tables:
            if newest.get(table, 0) <= book.seen_seq:
                continue
            typed = self.schema.typed.get(table)
            if owners is None or typed is None or typed.open or not typed.owned:
                return True
            here = news[table]
            if any(here.get(owner, 0) > book.seen_seq for owner in (*owners, "")):
                return True
        return False

    def _owners_shown(self, books: Sequence[Book], scopes: Mapping[str, Scope]) -> dict[str, frozenset[str] | None]:
        found: dict[str, frozenset[str] | None] = {b.id: scopes[b.id].owners for b in books if b.id in scopes}
        rest = [book for book in books if book.id not in scopes]
        below = self._reports() if rest else {}
        for book in rest:
            me = owner_key(book.owner)
            found[book.id] = frozenset(_everybody_below(me, below)) if me in below else None
        return found

    def _reports(self) -> dict[str, set[str]]:
        """Give who reports to whom, by e-mail as it is compared; every known member is a key."""
        people = self.schema.typed.get("people")
        if people is None or not {"email", "manager"} <= set(people.by_name):
            return {}
        own = people.table.c
        query = select(own[people.by_name["email"].name], own[people.by_name["manager"].name])
        rows: list[tuple[Value, Value]] = [(r[0], r[1]) for r in self.all(query.where(self.ours(people.table)))]
        below: dict[str, set[str]] = {owner_key(email): set() for email, _ in rows if email is not None}
        for email, manager in rows:
            if email is not None and manager is not None:
                below.setdefault(fold(manager), set()).add(owner_key(email))
        return below

    def _book(self, row: Any) -> Book:
        return Book(
            id=row.id, workbook_id=row.workbook_id, owner=row.owner, path=self.full_path(row.path), generation=row.generation, state=row.state,
            reason=row.reason, tables=tuple(json.loads(row.tables)), last_hash=row.last_hash, seen_seq=row.seen_seq,
            synced_at=row.synced_at, template=row.template, copies=tuple(self.full_path(path) for path in json.loads(row.copies or "[]")),
        )  # fmt: skip


def _everybody_below(me: str, below: Mapping[str, set[str]]) -> set[str]:
    seen, waiting = {me}, [me]
    while waiting:
        for member in below.get(waiting.pop(), ()):
            if member not in seen:
                seen.add(member)
                waiting.append(member)
    return seen
