"""What changes something: buttons and syncs, each under a key, so that a request sent twice is carried out once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from fastapi import Response

from sheetsales.errors import Busy, NotAllowed, Refused, SheetsalesError, UnknownName
from sheetsales.values import fold
from sheetsales_sync.engine import Order, Result
from sheetsales_sync.pressing import CHECK, UNDO_LAST, find_action, press, read_parameters
from sheetsales_sync.service.answers import Wrong, answer, our_fault, refusal
from sheetsales_sync.service.reading import short
from sheetsales_sync.service.room import Room
from sheetsales_sync.service.tokens import Caller
from sheetsales_sync.shapes import run_document, sync_document
from sheetsales_sync.state import REPLACED, Book
from sheetsales_sync.store.callers import DONE, Given
from sheetsales_sync.syncing import sync_books
from sheetsales_sync.workspace import Workspace

KEPT_DAYS: Final = 7  # for which an answer is given again
MOST_RECORDS: Final = 1_000  # records of one request
KEY: Final = re.compile(r"[\x21-\x7e]{1,200}")


# ── once only ────────────────────────────────────────────────────────────────────────────────────


def once(room: Room, caller: Caller, key: str | None, asked: bytes, work: Callable[[], dict[str, Any]]) -> Response:
    """Carry out a write under its key, or give again the answer that it got.

    asked: what the request says, whole. A write that was refused because something was busy leaves its key free.
    """
    if key is None or not KEY.fullmatch(key):
        raise Wrong(
            400, "idempotency_key", "A write needs the header Idempotency-Key.", "Send 1 to 200 letters without blanks, new for each write."
        )  # fmt: skip
    store, member = room.workspace().store, fold(caller.member)
    digest = hashlib.sha256(asked).hexdigest()
    now = room.workspace().clock.now()

    def claim(tx: Any) -> Given | None:
        tx.forget_answers(now - timedelta(days=KEPT_DAYS))
        found: Given | None = tx.begin_answer(member, key, digest, room.holder, now)
        return found

    given = store.transact(claim)
    if given is not None:
        return _again(given, digest, gone=_is_gone(room, given.holder))
    try:
        done = answer(work())
    except Busy:
        store.transact(lambda tx: tx.free_answer(member, key))
        raise
    except SheetsalesError as error:
        done = refusal(error)
    except BaseException:
        store.transact(lambda tx: tx.finish_answer(member, key, 500, bytes(our_fault(None).body).decode()))
        raise
    store.transact(lambda tx: tx.finish_answer(member, key, done.status_code, bytes(done.body).decode()))
    return done


def _is_gone(room: Room, holder: str) -> bool:
    """Say whether the process that began a write has ended; one of our number that is not us has, too."""
    of_our_number = holder.rpartition(":")[0] == room.holder.rpartition(":")[0]
    return room.workspace().store.is_gone(holder) or (of_our_number and holder != room.holder)


def _again(given: Given, digest: str, *, gone: bool) -> Response:
    if given.digest != digest:
        raise Wrong(409, "key_reused", "This Idempotency-Key belongs to another request.", "Use a new key for each write.")
    if given.state == DONE:
        return Response(given.answer, given.status, {"idempotency-replayed": "true"}, "application/json")
    if gone:
        raise Wrong(
            409, "unclear", "The service ended while it carried this out, so it is not known how far it came.",
            "Look at `history`, then send what is missing with a new key.",
        )  # fmt: skip
    error = Wrong(409, "in_progress", "This request is being carried out.", "Send it again in a moment, with the same key.")
    error.retry = 2
    raise error


# ── buttons ──────────────────────────────────────────────────────────────────────────────────────


def run_action(room: Room, caller: Caller, name: str, body: Any) -> Callable[[], dict[str, Any]]:
    """Check a request to press a button on a workbook of the caller; gives what presses it.

    body: {"book": id or path or file name, "records": [id, …], "parameters": {name: value}, "dry_run": bool},
    all of it optional where the caller has one workbook. Raises Wrong, UnknownName, NotAllowed, WrongUse.
    """
    known = _fields(body, {"book": str, "records": list, "parameters": dict, "dry_run": bool})
    records = _ids(known.get("records", []))
    settings = {key: _as_text(key, value) for key, value in known.get("parameters", {}).items()}
    workspace = room.workspace()
    if name not in (CHECK, UNDO_LAST):
        read_parameters(find_action(workspace.playbook, name), settings)
    elif settings or records:
        raise Wrong(422, "bad_parameter", f"{name} takes neither records nor parameters.")
    book = _own_book(workspace, caller, known.get("book"))
    _check_records(workspace, caller, records)

    def work() -> dict[str, Any]:
        with room.writing() as here:
            results = press(here, name, [Path(book.path)], settings, records, dry_run=bool(known.get("dry_run")))
            _raise_first(results)
            return {"books": [_short(here, run_document(here.playbook, r)) for r in results]}

    return work


def run_sync(room: Room, caller: Caller, body: Any) -> Callable[[], dict[str, Any]]:
    """Check a request to sync workbooks of the caller or, for a manager, of the team; gives what syncs them.

    body: {"books": [id or path or file name, …], "dry_run": bool}; without names, all of the caller's.
    """
    known = _fields(body, {"books": list, "dry_run": bool})
    workspace = room.workspace()
    named = known.get("books", [])
    if not all(isinstance(one, str) for one in named):
        raise Wrong(422, "bad_body", "books is a list of names.")
    books = [_book_named(workspace, caller, one, own=False) for one in named] or _books_of(workspace, caller)
    if not books:
        raise UnknownName("You have no workbook here.", "Ask whoever runs the service for one (`sheetsales book new`).")

    def work() -> dict[str, Any]:
        with room.writing() as here:
            results = sync_books(here, [Path(b.path) for b in books], Order(dry_run=bool(known.get("dry_run"))))
            _raise_first(results)
            return {"books": [_short(here, sync_document(r)) for r in results]}

    return work


def _raise_first(results: Sequence[Result]) -> None:
    """Raise why no workbook could be used, as the command line does."""
    errors = [r.error or Refused(r.message) for r in results if r.error is not None or r.state == "copy"]
    if errors and len(errors) == len(results):
        raise errors[0]


def _short(workspace: Workspace, document: dict[str, Any]) -> dict[str, Any]:
    document["path"] = short(workspace, document["path"])
    if "documents" in document:
        document["documents"] = [short(workspace, one) for one in document["documents"]]
    return document


# ── what a body says ─────────────────────────────────────────────────────────────────────────────


def _fields(body: Any, kinds: Mapping[str, type]) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise Wrong(422, "bad_body", "The body is an object.", f"Its fields: {', '.join(kinds)}.")
    for name, value in body.items():
        if name not in kinds:
            raise Wrong(422, "bad_body", f"There is no field {name[:40]}.", f"Fields: {', '.join(kinds)}.")
        if not isinstance(value, kinds[name]):
            raise Wrong(422, "bad_body", f"{name} is of the wrong kind.", f"It is to be a {KINDS[kinds[name]]}.")
    return body


KINDS: Final[Mapping[type, str]] = {str: "text", list: "list", dict: "object", bool: "true or false"}


def _ids(records: list[Any]) -> tuple[str, ...]:
    if len(records) > MOST_RECORDS or not all(isinstance(one, str) for one in records):
        raise Wrong(422, "bad_body", f"records is a list of at most {MOST_RECORDS} ids.")
    return tuple(records)


def _as_text(name: str, value: Any) -> str:
    """Give a parameter as it is typed on the command line."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        text = format(Decimal(str(value)), "f")
        return f"{text}0" if len(text.partition(".")[2]) == 3 else text  # three decimals look like a group of thousands
    raise Wrong(422, "bad_parameter", f"{name[:40]}: a parameter is a text, a number, true or false.")


def _books_of(workspace: Workspace, caller: Caller) -> list[Book]:
    books = workspace.store.read(lambda tx: tx.books())
    return [b for b in books if b.state not in (REPLACED, "copy") and fold(b.owner) == fold(caller.member)]


def _own_book(workspace: Workspace, caller: Caller, named: str | None) -> Book:
    if named is not None:
        return _book_named(workspace, caller, named, own=True)
    mine = _books_of(workspace, caller)
    if not mine:
        raise UnknownName("You have no workbook here.", "Ask whoever runs the service for one (`sheetsales book new`).")
    if len(mine) > 1:
        names = ", ".join(short(workspace, b.path) for b in mine)
        raise Wrong(422, "which_book", "You have several workbooks.", f"Name one with book: {names}.")
    return mine[0]


def _book_named(workspace: Workspace, caller: Caller, named: str, *, own: bool) -> Book:
    """Give a registered workbook by id, path from the workspace or file name; a place on the disk is never looked at."""
    books = [b for b in workspace.store.read(lambda tx: tx.books()) if b.state not in (REPLACED, "copy")]
    found = [b for b in books if named in (b.id, short(workspace, b.path))] or [b for b in books if Path(b.path).name == named]
    if not found:
        raise UnknownName("There is no workbook of that name.", "`GET /v1/status` lists yours.")
    allowed = [b for b in found if (fold(b.owner) == fold(caller.member) if own else caller.scope.covers(b.owner))]
    if not allowed:
        raise NotAllowed("This is somebody else's workbook.", "Name one of yours; `GET /v1/status` lists them.")
    if len(allowed) > 1:
        raise Wrong(422, "which_book", "Several workbooks are called that.", "Name it by its path or id.")
    return allowed[0]


def _check_records(workspace: Workspace, caller: Caller, records: Sequence[str]) -> None:
    """Raise UnknownName or NotAllowed where one of these records is not there or not the caller's."""
    if not records:
        return

    def work(tx: Any) -> tuple[set[str], set[str]]:
        tables = tx.tables_of(records)
        seen: set[str] = set()
        for table in set(tables.values()):
            seen |= {r.id for r in tx.records(table, scope=caller.scope, ids=[i for i, t in tables.items() if t == table])}
        return set(tables), seen

    known, seen = workspace.store.read(work)
    for one in records:
        if one not in known:
            raise UnknownName(f"There is no record {one[:40]}.", "`GET /v1/export/TABLE` lists the ids.")
        if one not in seen:
            raise NotAllowed(f"The record {one} is not yours.")
