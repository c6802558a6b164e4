"""One sync, carried out step by step: read, one store transaction, one atomic write.

`sync_steps` is a generator that performs one effect between two stops and yields the name of the
effect just done, so that a simulation may interleave or kill at every stop. It touches the world
only through three ports: the sheet, the store, and the clock with its chance.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace

from sheetsales.errors import (
    BookBusy,
    BookGone,
    BookMissing,
    Busy,
    DiskFull,
    FileRefused,
    ForeignBook,
    NotSupported,
    OfficeGone,
    Refused,
    SheetsalesError,
)
from sheetsales.process import Action, Request
from sheetsales_sync.gather import Gatherer
from sheetsales_sync.plan.redraw import redraw, status_write
from sheetsales_sync.plan.sync import plan_sync
from sheetsales_sync.ports import ClockPort, Fetched, SheetPort, StorePort, Tx
from sheetsales_sync.renames import follow_renames
from sheetsales_sync.state import Book, Change, Op, Plan, Values
from sheetsales_workbooks.host import START_SHEET, BookPatch, BookRead

WRITE_LATER = (DiskFull, BookBusy, BookGone, OfficeGone)  # what keeps a write from a book whose changes are in the store
CANNOT_WRITE = (FileRefused, NotSupported)
COPY_MARK = 16  # characters of its hash by which a copy is known from another at the same place


@dataclass(frozen=True)
class Order:
    """What a sync is asked to do beside merging: a button, a check, a dry run, a confirmed pause.

    said: a table, and the sentence for its status cell, of a button that has been carried out already.
    """

    actor: str = ""
    action: Action | None = None
    request: Request = field(default_factory=Request)
    check: bool = False
    dry_run: bool = False
    resume: bool = False
    said: tuple[str, str] = ("", "")

    @property
    def kind(self) -> str:
        """Give the kind of the operation in the history."""
        return "run" if self.action is not None or self.check else "sync"


@dataclass
class Result:
    """What became of one book. state: synced, unchanged, deferred, paused, refused, failed, copy, missing.

    documents: the files of documents that were written beside it.
    """

    path: str
    state: str = "unchanged"
    accepted: int = 0
    written: int = 0
    conflicts: int = 0
    rejected: int = 0
    message: str = ""
    changed: list[Change] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)
    plan: Plan | None = None
    patch: BookPatch | None = None
    error: SheetsalesError | None = None


@dataclass(frozen=True)
class _Outcome:
    plan: Plan
    patch: BookPatch
    generation: int | None


def sync_steps(
    book_id: str, sheet: SheetPort, store: StorePort, clock: ClockPort, gather: Gatherer, order: Order, holder: str
) -> Generator[str, None, Result]:
    """Sync one book, one effect at a time; gives the result. Errors end it with the lease released."""
    fence = store.transact(lambda tx: tx.take_lease(book_id, holder))
    if fence is None:
        raise Busy("Another sync is at work on this workbook.")
    yield "leased"
    try:
        result = yield from _under_lease(book_id, sheet, store, clock, gather, order, fence)
    except Exception:
        store.transact(lambda tx: tx.release_lease(book_id, holder))
        raise
    store.transact(lambda tx: tx.release_lease(book_id, holder))
    yield "released"
    return result


def _under_lease(
    book_id: str, sheet: SheetPort, store: StorePort, clock: ClockPort, gather: Gatherer, order: Order, fence: int
) -> Generator[str, None, Result]:
    result = Result(sheet.path)
    sheet.recover(lambda content: store.read(lambda tx: tx.was_read(book_id, content)))
    yield "recovered"
    while True:
        source = sheet.waiting()
        fetched = sheet.fetch(source)
        yield "read"
        held = sheet.locked_by() if not source else ""
        now = order if not source else Order(actor=order.actor)
        try:
            outcome = _merge(book_id, sheet, fetched, store, clock, gather, now, fence, held=bool(held) or bool(source))
        except Refused as error:
            if not source:
                raise
            result.message = (
                f"A file saved during the last sync cannot be read and was kept as {sheet.set_aside(source)}: {error}"
            )
            continue
        yield "committed"
        _tell(result, outcome, order)
        if source:
            sheet.drop_incoming(source)
            continue
        if order.dry_run:
            return result
        if outcome.plan.paused:
            result.state, result.message = "paused", outcome.plan.paused
            _note_state(store, book_id, result)
            return result
        if held and outcome.patch:
            result.state, result.message = (
                "deferred",
                f"waiting: open in {held}; your edits are in, the rest is written at the next sync.",
            )
            _note_state(store, book_id, result)
            return result
        if outcome.generation is None:
            result.state = "synced" if outcome.plan.changes else "unchanged"
            _at_rest(store, clock, book_id, fetched.hash, sheet.path)
            return result
        try:
            done = yield from _write(book_id, sheet, fetched, outcome, store, clock, fence)
        except (*WRITE_LATER, *CANNOT_WRITE) as error:
            result.state = "refused" if isinstance(error, CANNOT_WRITE) else "deferred"
            result.message, result.error = f"{error} {error.hint}", error
            _note_state(store, book_id, result)
            return result
        if done:
            result.state = "synced"
            result.written += _written(outcome.patch)
            return result
        order = _after_the_action(order, outcome)


def _after_the_action(order: Order, outcome: _Outcome) -> Order:
    """Give the order for the next round: what a button changed is in the store, so it is not pressed again."""
    if order.action is None:
        return order
    table = order.action.tables[0] if order.action.tables else ""
    return replace(order, action=None, said=(table, " ".join(outcome.plan.messages[:1])))


def _write(
    book_id: str, sheet: SheetPort, fetched: Fetched, outcome: _Outcome, store: StorePort, clock: ClockPort, fence: int
) -> Generator[str, None, bool]:
    """Write the new generation; False where somebody saved in the gap, so that the sync goes round again."""
    generation = outcome.generation
    assert generation is not None
    ours = sheet.stage(generation, sheet.build(fetched, outcome.patch))
    yield "staged"
    if not store.read(lambda tx: tx.check_fence(book_id, fence)):
        sheet.drop_displaced(generation)
        raise Busy("Another sync took over this workbook.")
    displaced = sheet.exchange(generation)
    yield "exchanged"
    if displaced != fetched.hash:
        # The save takes its place again, so that what only its author's file holds (own columns, formats) stays.
        if sheet.exchange(generation) == ours:
            sheet.drop_displaced(generation)
        else:
            sheet.exchange(generation)  # saved once more: the later save stays, the earlier one is merged before it
            sheet.keep_displaced(generation)
        yield "kept"
        return False
    sheet.drop_displaced(generation)
    yield "dropped"
    _at_rest(store, clock, book_id, ours, sheet.path)
    return True


def _merge(
    book_id: str,
    sheet: SheetPort,
    fetched: Fetched,
    store: StorePort,
    clock: ClockPort,
    gather: Gatherer,
    order: Order,
    fence: int,
    *,
    held: bool,
) -> _Outcome:
    """Parse, then merge in one transaction; nothing is written where the plan is to be shown only."""
    read = sheet.parse(fetched)
    op_id = clock.new_key()

    def work(tx: Tx) -> _Outcome:
        if not tx.check_fence(book_id, fence):
            raise Busy("Another sync took over this workbook.")
        book = tx.book(book_id)
        if book is None or book.workbook_id != read.markers.workbook_id or book.id != read.markers.book_id:
            raise ForeignBook
        if read.markers.generation > book.generation:
            raise ForeignBook("The workbook carries a generation that was never given out here.")
        seq = tx.latest_seq()
        given = gather.plan_input(
            tx, book, read, _source(fetched, sheet), clock,
            actor=order.actor or book.owner, resumed=order.resume, aside=bool(fetched.source),
        )  # fmt: skip
        plan = plan_sync(given, order.action, order.request, check=order.check)
        patch = redraw(gather.playbook, read, plan, gather.today(given, plan))
        if order.action is not None and order.action.tables:
            status_write(read, order.action.tables[0], " ".join(plan.messages[:1]), patch)
        elif order.said[0]:
            status_write(read, *order.said, patch)
        writes = bool(patch) and not held and not plan.paused
        if order.dry_run:
            return _Outcome(plan, patch, None)
        return _store(
            tx,
            gather,
            book,
            read,
            plan,
            patch,
            _op(op_id, order, book, read, fetched, clock, fetched.place or sheet.path),
            seq,
            said_at=_source(fetched, sheet),
            writes=writes,
            aside=bool(fetched.source),
        )

    return store.read(work) if order.dry_run else store.transact(work)


def _source(fetched: Fetched, sheet: SheetPort) -> str:
    """Name what is remembered as read: the book's place, or this one copy; another at its place says things of its own."""
    return f"{fetched.place}#{fetched.hash[:COPY_MARK]}" if fetched.place else fetched.said_at or sheet.path


def _op(op_id: str, order: Order, book: Book, read: BookRead, fetched: Fetched, clock: ClockPort, path: str) -> Op:
    action = order.action.name if order.action is not None else ("check" if order.check else "")
    return Op(
        op_id, order.kind, order.actor or book.owner, clock.now(), book.id, path, read.markers.generation, fetched.hash, action
    )  # fmt: skip


def _store(
    tx: Tx,
    gather: Gatherer,
    book: Book,
    read: BookRead,
    plan: Plan,
    patch: BookPatch,
    op: Op,
    seq: int,
    *,
    said_at: str,
    writes: bool,
    aside: bool,
) -> _Outcome:
    """Write everything a plan decided into the store, in the order that the references need."""
    plan.conflicts = [replace(c, op=c.op or op.id) for c in plan.conflicts]
    plan.rejections = [replace(r, op=r.op or op.id) for r in plan.rejections]
    latest = seq
    if plan.changes or plan.conflicts or plan.rejections or plan.absorbed or writes:
        tx.begin_op(op)
    renamed: Sequence[Change] = ()
    if plan.changes:
        renamed = follow_renames(tx, gather.playbook, plan.changes)
        latest = tx.apply(op, [*plan.changes, *renamed], resolve=gather.resolver(tx, plan.changes))
        gather.forget(change.table for change in [*plan.changes, *renamed])
    tx.save_conflicts(plan.conflicts)
    tx.save_rejections(plan.rejections)
    if plan.aliases:
        tx.add_aliases(book.id, plan.aliases)
    issue = plan.issue if writes else _given_a_meaning(plan)
    if issue:
        tx.issue(book.id, issue)
    if plan.absorbed:
        rows: dict[str, Values] = dict(plan.absorbed)
        tx.save_absorbed(book.id, read.markers.generation, said_at, rows)
    alone = latest - seq == len(plan.changes) + len(renamed)
    book = replace(book, state="live", reason="", seen_seq=latest if alone and not renamed else seq, synced_at=op.at)
    generation = None
    if writes:
        generation = tx.next_generation(book.id)
        patch.generation = generation
        tx.save_image(book.id, generation, plan.image)
        book = replace(book, generation=generation, last_hash="")  # not at rest until it is written
    elif plan.paused or patch or aside:
        book = replace(book, last_hash="", seen_seq=min(book.seen_seq, seq))
    tx.save_book(book)
    if plan.changes or plan.conflicts or plan.rejections or plan.absorbed or writes:
        tx.finish_op(op.id, f"{plan.accepted} accepted, {plan.open_conflicts} conflicts, {plan.open_rejections} rejected")
    return _Outcome(plan, patch, generation)


def _given_a_meaning(plan: Plan) -> list[str]:
    """Give the new ids that stand for rows read; those for waiting rows are drawn again when the sheet is written."""
    meant = (
        {c.record for c in plan.changes}
        | {a.record for a in plan.aliases}
        | {r.record for r in plan.rejections}
        | set(plan.absorbed)
    )
    return [one for one in plan.issue if one in meant]


def _written(patch: BookPatch) -> int:
    """Count the cells a patch writes; the words on the Start tab do not count."""
    return sum(len(sheet.cells) for name, sheet in patch.sheets.items() if name != START_SHEET)


def _tell(result: Result, outcome: _Outcome, order: Order) -> None:
    """Add one merge to the result."""
    plan = outcome.plan
    result.accepted += plan.accepted
    result.conflicts, result.rejected = plan.open_conflicts, plan.open_rejections
    result.changed.extend(plan.action_changes if order.action is not None else plan.changes)
    result.plan, result.patch = plan, outcome.patch
    words = plan.messages if order.action is None else plan.messages[:1] + plan.refused
    result.message = " ".join([*([result.message] if result.message else []), *words])
    if order.dry_run:
        result.state = "synced" if plan.changes or outcome.patch else "unchanged"
        result.written = _written(outcome.patch)


def _at_rest(store: StorePort, clock: ClockPort, book_id: str, content: str, path: str) -> None:
    """Remember the hash of a file that needs nothing more, so that the next look is cheap."""

    def work(tx: Tx) -> None:
        book = tx.book(book_id)
        if book is not None:
            tx.save_book(replace(book, state="live", reason="", last_hash=content, path=path, synced_at=clock.now()))

    store.transact(work)


def _note_state(store: StorePort, book_id: str, result: Result) -> None:
    """Remember why a book waits, for `status`."""

    def work(tx: Tx) -> None:
        book = tx.book(book_id)
        if book is not None:
            tx.save_book(replace(book, state=result.state, reason=result.message, last_hash=""))

    store.transact(work)


def run_sync(
    book_id: str, sheet: SheetPort, store: StorePort, clock: ClockPort, gather: Gatherer, order: Order, holder: str
) -> Result:
    """Sync one book to the end; what cannot be done becomes the book's state, never a traceback."""
    steps = sync_steps(book_id, sheet, store, clock, gather, order, holder)
    try:
        while True:
            next(steps)
    except StopIteration as end:
        result: Result = end.value
        return result
    except BookMissing as error:
        return _failed(store, book_id, sheet.path, "missing", error)
    except (DiskFull, Busy) as error:
        return _failed(store, book_id, sheet.path, "deferred", error)
    except Refused as error:
        return _failed(store, book_id, sheet.path, "refused", error)


def _failed(store: StorePort, book_id: str, path: str, state: str, error: SheetsalesError) -> Result:
    result = Result(path, state, message=f"{error} {error.hint}", error=error)
    try:
        _note_state(store, book_id, result)
    except Busy:
        return result  # the store itself is busy: the state is told, not kept
    return result
