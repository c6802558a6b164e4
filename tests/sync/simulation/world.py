"""The simulated team: three members and their manager, their workbooks, their syncs, and everything that goes wrong.

A schedule is a list of steps (who, what, seed). Each step draws from its own seed only, so that any
part of a schedule can be played again and a failing one can be cut down to what it needs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Any, NamedTuple

from sheetsales.errors import SheetsalesError
from sheetsales_sync import engine
from sheetsales_sync.engine import Order, Result
from sheetsales_sync.gather import Gatherer
from sheetsales_sync.state import Book, Change, ImageRow, Op, Record
from sheetsales_workbooks.host import ID_COLUMN, CellWrite
from simulation.definition import ACCOUNTS, DEALS, LETTERS, MEMBERS, PLAYBOOK, SCORE, START, TABS, numbered_id
from simulation.edits import Memory, Pen, edit
from simulation.folder import Folder, Shelf
from simulation.oracle import TRACKED, Oracle, Violation
from simulation.store import LEASE_TICKS, MemoryStore
from simulation.workbook import FIRST_PLACES, Line, Workbook, stored, token_of

SPARES = 4  # rows with ids that wait on each tab
STEPS = (  # what happens in a step, and how often
    ("edit", 420), ("sync", 510), ("kill", 70), ("fault", 15), ("copy", 6), ("merge copy", 8), ("backup", 5), ("restore file", 5),
    ("expire", 20), ("past", 12), ("resume", 10), ("button", 10), ("broken", 2), ("away", 2),
    ("clock", 4), ("prune", 4),
)  # fmt: skip
FAULTS = ("retry", "unclear, done", "unclear, undone", "disk full")
CHANCES = 8  # one of them is that all books are synced once more at rest, four are that one of them is
ROUNDS = 5  # of syncs at rest: two to agree, then until one changes nothing (a formula kept in an unclear row takes one more)


class Step(NamedTuple):
    """One step of a schedule: whose turn, what happens, and the seed of every choice in it."""

    who: int
    what: str
    seed: int


def schedule(seed: int, steps: int) -> list[Step]:
    """Draw a schedule."""
    rng = Random(seed)
    names, weights = zip(*STEPS, strict=True)
    drawn = rng.choices(names, weights, k=steps)
    return [Step(rng.randrange(len(MEMBERS)), what, rng.getrandbits(32)) for what in drawn]


class Clock:
    """Time that passes a second at each look, and ids that count."""

    def __init__(self, looks: int = 0, ids: int = 0) -> None:
        self.looks = looks
        self.ids = ids
        self.keys = 0

    def now(self) -> datetime:
        """Give the moment."""
        self.looks += 1
        return START + timedelta(seconds=self.looks)

    def local(self) -> datetime:
        """Give the wall time, which does not move, so that a plan at rest says the same."""
        return START.replace(tzinfo=None)

    def new_id(self, prefix: str) -> str:
        """Draw a record id."""
        self.ids += 1
        return numbered_id(prefix, self.ids)

    def new_key(self) -> str:
        """Draw an id for an operation, a conflict or a rejection."""
        self.keys += 1
        return f"k{self.keys}"


class FewSpares(Gatherer):
    """Collects as the product does, with fewer waiting rows, so that a schedule takes less time."""

    spare_rows = SPARES


@dataclass
class Running:
    """One sync that stands between two effects."""

    steps: Generator[str, None, Result]
    holder: str
    at: str = "start"


@dataclass
class Member:
    """One member with the open spreadsheet program, the copies kept elsewhere, and the running syncs."""

    number: int
    folder: Folder
    memory: Memory | None = None
    syncs: list[Running] = field(default_factory=list)
    copy: Workbook | None = None
    backups: list[Workbook] = field(default_factory=list)
    away: Workbook | None = None


class Beginning:
    """The team's first day: people, accounts, a few deals, and a workbook for each member."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.shelf = Shelf()
        self.store = MemoryStore(PLAYBOOK)
        self._people_and_accounts()
        for number in range(len(MEMBERS)):
            self._new_book(number)

    def _people_and_accounts(self) -> None:
        op = Op("start", "import", "start", START)
        rows: list[tuple[str, dict[str, Any]]] = [
            ("people", {"email": email, "name": email[:3], "team": "North", "manager": None if n == 3 else MEMBERS[3]})
            for n, email in enumerate(MEMBERS)
        ]
        rows += [(ACCOUNTS, {"name": f"S{n}", "region": f"S{n + 10}"}) for n in (1, 2)]
        for n, email in enumerate(MEMBERS[:3]):
            rows += [
                (DEALS, {"name": f"S{20 + 3 * n + k}", "stage": "New", "owner": email, "team": "North", "account": "S1"})
                for k in (0, 1)
            ]

        def work(tx: Any) -> None:
            changes = []
            for table, values in rows:
                record = self.clock.new_id(PLAYBOOK.tables[table].prefix)
                changes += [Change(table, record, c, None, v, "create") for c, v in values.items() if v is not None]
            tx.begin_op(op)
            tx.apply(op, changes)

        self.store.transact(work)

    def _new_book(self, number: int) -> None:
        """Build a member's first workbook; its image is in the store before the file exists."""
        name = f"B{number}"
        tabs: dict[str, tuple[Line, ...]] = {}
        image: list[ImageRow] = []
        spares: list[str] = []
        for table in TABS:
            definition = PLAYBOOK.tables[table]
            records = [
                r for r in self.store.tables[table].values() if number == 3 or r.values.get("owner") in (None, MEMBERS[number])
            ]
            lines = [_line(table, record) for record in records]
            for _ in range(SPARES):
                spares.append(self.clock.new_id(definition.prefix))
                lines.append(Line({ID_COLUMN: spares[-1]}))
            tabs[table] = tuple(lines)
            image += [ImageRow(table, r.id, {**r.values, "version": r.version, "updated_at": r.updated_at}) for r in records]
        book = Workbook(self.shelf.free_name(), name, 1, tabs, FIRST_PLACES)

        def work(tx: Any) -> None:
            tx.save_book(
                Book(name, "WB" + name, MEMBERS[number], f"/{name}.xlsx", 1, tables=tuple(TABS), seen_seq=tx.latest_seq())
            )
            tx.save_image(name, 1, image)
            tx.issue(name, spares)

        self.store.transact(work)
        self.shelf.put(book)


@lru_cache(maxsize=1)
def beginning() -> Beginning:
    """Give the first day, made once: every world starts from a copy of it."""
    return Beginning()


class World:
    """One simulated team. `play` runs a schedule and then brings everything to rest; raises Violation."""

    def __init__(
        self, *, gatherer: type[Gatherer] = FewSpares, store: type[MemoryStore] = MemoryStore, folder: type[Folder] = Folder
    ) -> None:
        self.taken: Counter[str] = Counter()
        begun = beginning()
        self.clock = Clock(begun.clock.looks, begun.clock.ids)
        self.shelf = Shelf(dict(begun.shelf.books))
        self.store = store(PLAYBOOK)
        self.store.begin_as(begun.store)
        self.gatherer = gatherer(PLAYBOOK)
        self.counter = [0]
        self.holders = 0
        self.members = [Member(n, folder(book, self.shelf, self.taken)) for n, book in enumerate(begun.shelf.books.values())]
        self.oracle = Oracle(self.store, [m.folder for m in self.members], self.shelf, self.taken)
        for row in self.store.history:
            if row.column == "owner":
                self.oracle.owners.setdefault(row.record, []).append((row.seq, str(row.new or "")))
            if row.new is not None:
                self.oracle.entered.setdefault(token_of(row.new), set()).add(row.record)
                self.oracle.kept.add(token_of(row.new))
                self.oracle.ledger.saw[token_of(row.new)] = set()
        self.doings: dict[str, Callable[[Member, Random], None]] = {
            "edit": self._edit, "kill": self._kill, "fault": self._fault, "copy": self._copy,
            "merge copy": self._merge_copy, "backup": self._backup, "restore file": self._restore_file, "expire": self._expire,
            "clock": self._clock, "prune": self._prune, "past": self._past, "resume": self._resume, "button": self._button, "broken": self._broken, "away": self._away,
        }  # fmt: skip

    # ── playing ──

    def play(self, steps: Iterable[Step]) -> None:
        """Play a schedule and bring it to rest."""
        for step in steps:
            self.do(step)
        self.rest()

    def do(self, step: Step) -> None:
        """Play one step and look whether every saved value is still there."""
        self.store.tick += 1
        self.taken[f"step: {step.what}"] += 1
        if step.what == "sync":
            self._sync(self.members[step.who], step.seed)
        else:
            self.doings[step.what](self.members[step.who], Random(step.seed))
        self.oracle.step((step.who,))

    def untie(self) -> None:
        """Let go of what refers back to the world, so that it is freed at once when it is let go of itself."""
        self.doings.clear()
        self.store.on_commit = lambda _commit: None
        for member in self.members:
            member.folder.on_build = lambda _old, _new, _patch: None
            member.syncs.clear()

    # ── the spreadsheet program ──

    def _edit(self, member: Member, rng: Random) -> None:
        if member.folder.disk is None:
            return
        if member.memory is None:
            if member.folder.disk.name in member.folder.broken:
                return
            member.memory = Memory.opened(member.folder.disk)
            member.folder.holder = MEMBERS[member.number] if rng.random() < 0.3 else ""
        colleague = self.members[rng.randrange(3)].folder.disk
        pen = Pen(member.number, rng, self.oracle.ledger, self.counter, self.taken)
        contested = [(c.record, c.column) for rows in self.store.conflicts.values() for c in rows.values() if c.state == "open"]
        edit(member.memory, pen, colleague, contested)
        if rng.random() < 0.5:
            self._save(member, member.memory.saved(self.shelf.free_name()))
        if rng.random() < 0.3:
            member.memory, member.folder.holder = None, ""

    def _save(self, member: Member, book: Workbook) -> None:
        """Put a whole workbook over whatever is there; what its author threw away before any sync is his own loss."""
        folder, ledger = member.folder, self.oracle.ledger
        self.shelf.put(book)
        folder.disk = book
        files = [book, *folder.copies]
        self.oracle.saved(member.number, book.tokens)
        pending, own = ledger.pending[member.number], ledger.own[member.number]
        pending.intersection_update({t for t in pending if any(t in f.tokens for f in files)})
        pending |= self._typed(member.number, book.tokens) - self.oracle.kept
        own.clear()
        own |= {t for t in book.own if t.startswith("x" + LETTERS[member.number])}

    def _typed(self, number: int, tokens: Iterable[str]) -> set[str]:
        """Give the values of a file that this member typed or put there again."""
        author, again = self.oracle.ledger.author, self.oracle.ledger.saw_again
        return {t for t in tokens if author.get(t) == number or (number, t) in again}

    # ── syncs ──

    def _sync(self, member: Member, seed: int) -> None:
        """Let the member's sync do its next effect; start one where none runs."""
        if not member.syncs:
            if self._quiet(member):
                self.taken["sync: quiet"] += 1
                return
            self._begin(member, Order())
        self._advance(member, member.syncs[seed % len(member.syncs)])

    def _quiet(self, member: Member) -> bool:
        """Say whether the file is as the last sync left it and nothing is new; then the product does not even read it."""
        folder, book = member.folder, self.store.books[member.folder.book_id]
        waits = folder.parts or folder.ready or folder.incoming or folder.copies
        same = folder.disk is not None and book.last_hash == folder.disk.name and book.seen_seq == len(self.store.history)
        return same and not waits

    def _begin(self, member: Member, order: Order) -> Running:
        self.holders += 1
        holder = f"h{self.holders}"
        steps = engine.sync_steps(member.folder.book_id, member.folder, self.store, self.clock, self.gatherer, order, holder)
        running = Running(steps, holder)
        member.syncs.append(running)
        return running

    def _advance(self, member: Member, running: Running) -> Result | None:
        """Do one effect; give the result where the sync came to its end."""
        try:
            running.at = next(running.steps)
            self.taken[f"effect: {running.at}"] += 1
            return None
        except StopIteration as end:
            member.syncs.remove(running)
            result: Result = end.value
            self.taken[f"sync: {result.state}"] += 1
            return result
        except SheetsalesError as error:
            member.syncs.remove(running)
            self.taken[f"sync ended: {type(error).__name__}"] += 1
            return Result(member.folder.path, "failed", error=error)
        except Violation:
            raise
        except Exception as error:
            raise Violation("CRASH", f"{type(error).__name__}: {error}") from error

    def _kill(self, member: Member, rng: Random) -> None:
        """Drop a running sync where it stands, as kill -9 does."""
        if member.syncs:
            running = member.syncs.pop(rng.randrange(len(member.syncs)))
            running.steps.close()
            if rng.random() < 0.9:  # else it ran on another machine, and only its lease's end tells that it is gone
                self.store.gone.add(running.holder)
            self.taken[f"killed after: {running.at}"] += 1
            if running.at == "committed":
                member.folder.parts.add(self.store.books[member.folder.book_id].generation)

    def _expire(self, member: Member, rng: Random) -> None:
        """Let the lease of a running sync end; a second one begins, and the first wakes later."""
        book = member.folder.book_id
        if member.syncs and book in self.store.leases:
            holder, fence, _ = self.store.leases[book]
            self.store.leases[book] = (holder, fence, 0)
            running = self._begin(member, Order())
            while rng.random() < 0.9 and running in member.syncs:
                self._advance(member, running)

    def _resume(self, member: Member, rng: Random) -> None:
        self._run_through(member, Order(resume=True))

    def _button(self, member: Member, rng: Random) -> None:
        self._run_through(member, Order(action=SCORE))

    def _run_through(self, member: Member, order: Order) -> Result | None:
        """Run a sync from beginning to end, where none runs already."""
        if member.syncs:
            return None
        running = self._begin(member, order)
        while running in member.syncs:
            result = self._advance(member, running)
        return result

    # ── faults, copies, the past ──

    def _fault(self, member: Member, rng: Random) -> None:
        fault = rng.choice(FAULTS)
        if fault == "disk full":
            member.folder.full = True
        else:
            self.store.faults.append(fault)
        self.taken[f"fault: {fault}"] += 1

    def _copy(self, member: Member, rng: Random) -> None:
        """Copy the file to a second place, and work in the copy a little."""
        if member.folder.disk is None or member.folder.disk.name in member.folder.broken:
            return
        memory = Memory.opened(member.folder.disk)
        pen = Pen(member.number, rng, self.oracle.ledger, self.counter, self.taken)
        for _ in range(rng.randrange(3)):
            edit(memory, pen, None)
        member.copy = self.shelf.put(memory.saved(self.shelf.free_name()))

    def _merge_copy(self, member: Member, rng: Random) -> None:
        """Merge the copy once."""
        if member.copy is not None:
            member.folder.copies.append(member.copy)
            self.oracle.ledger.pending[member.number] |= self._typed(member.number, member.copy.tokens) - self.oracle.kept
            self.oracle.ledger.repeated |= member.copy.tokens
            member.copy = None
            self.taken["copy merged"] += 1

    def _backup(self, member: Member, rng: Random) -> None:
        if member.folder.disk is not None and member.folder.disk.name not in member.folder.broken:
            member.backups = [*member.backups[-2:], member.folder.disk]

    def _restore_file(self, member: Member, rng: Random) -> None:
        """Put a backup over the file: under its generation its author had seen what he had typed himself."""
        if not member.backups or member.folder.disk is None:
            return
        backup = rng.choice(member.backups)
        self._seen_again(member, backup)
        self._save(member, backup)
        self.taken["backup restored"] += 1

    def _seen_again(self, member: Member, backup: Workbook) -> None:
        """Say of every value of a backup that its author saw what stood in its cell in his files of that generation."""
        for other in [b for b in self.shelf.books.values() if b.book == backup.book and b.generation == backup.generation]:
            for table, lines in backup.tabs.items():
                name = other.headers[table].get("name", 0)
                theirs = {
                    line.cells.get(place): line
                    for line in other.tabs[table]
                    for place in (name, ID_COLUMN)
                    if line.cells.get(place)
                }
                for line in lines:
                    for label in {
                        line.cells.get(ID_COLUMN),
                        line.cells.get(backup.headers[table].get("name", 0)),
                    } & theirs.keys():
                        self._cells_seen(member, table, backup, line, other, theirs[label])

    def _cells_seen(self, member: Member, table: str, backup: Workbook, line: Line, other: Workbook, seen: Line) -> None:
        for name in TRACKED[table]:
            mine = token_of(line.cells.get(backup.headers[table].get(name, 0)))
            over = token_of(seen.cells.get(other.headers[table].get(name, 0)))
            if mine != over:
                self.oracle.ledger.typed(member.number, mine, over)

    def _broken(self, member: Member, rng: Random) -> None:
        """The file is cut short, as while it is copied; later it is whole again."""
        folder = member.folder
        if folder.disk is not None and folder.disk.name not in folder.broken:
            folder.broken.add(folder.disk.name)
        else:
            folder.broken.clear()

    def _away(self, member: Member, rng: Random) -> None:
        """The folder is not mounted; later it is back."""
        folder = member.folder
        if folder.disk is None:
            folder.disk, member.away = member.away, None
        elif member.memory is None and not member.syncs:
            folder.disk, member.away = None, folder.disk

    def _clock(self, member: Member, rng: Random) -> None:
        """The clock is put back or forward, of the store and of everybody."""
        jump = rng.choice((-10 * LEASE_TICKS, -LEASE_TICKS // 2, LEASE_TICKS // 2, 2 * LEASE_TICKS))
        self.store.tick += jump
        self.clock.looks += 60 * jump
        self.taken["clock put back" if jump < 0 else "clock put forward"] += 1

    def _prune(self, member: Member, rng: Random) -> None:
        """What a book showed long ago is forgotten; a file of that time may still be open somewhere."""
        before = len(self.store.absorbed)
        self.store.prune_images(member.folder.book_id)
        self.taken["images pruned"] += len(self.store.absorbed) < before

    def _past(self, member: Member, rng: Random) -> None:
        """Undo or restore: a record goes back to what it was, as new history, by somebody who sees the store."""
        records = [r for table in TABS for r in self.store.tables[table].values()]
        record = rng.choice(records)
        rows = self.store.by_record[record.id]
        seq = rng.choice(rows).seq
        values: dict[str, Any] = {}
        for row in rows:
            if row.seq <= seq and row.column:
                values[row.column] = row.new
        wanted = {c: values.get(c) for c in record.values if c in {r.column for r in rows} and c != "half"}
        changes = [Change(record.table, record.id, "", None, None, "undelete")] if record.deleted_op is not None else []
        changes += [Change(record.table, record.id, c, record.values[c], v) for c, v in wanted.items() if record.values[c] != v]
        if "amount" in wanted and record.values.get("half") != (
            half := wanted["amount"] / 2 if wanted["amount"] is not None else None
        ):
            changes.append(Change(record.table, record.id, "half", record.values.get("half"), half))
        if not changes:
            return
        op = Op(self.clock.new_key(), "restore", MEMBERS[3], self.clock.now())

        def work(tx: Any) -> None:
            tx.begin_op(op)
            tx.apply(op, changes)

        self.store.faults, kept = [], self.store.faults
        self.store.transact(work)
        self.store.faults = kept
        self.taken["restored"] += 1

    # ── rest ──

    def rest(self) -> None:
        """End every sync and every session, sync each book a few times, and compare everything."""
        self.store.faults.clear()
        self.store.tick += 2 * LEASE_TICKS  # the clock may have been put back by less than a lease
        for member in self.members:
            member.memory, member.folder.holder, member.folder.full = None, "", False
            if member.folder.disk is None:
                member.folder.disk, member.away = member.away, None
            member.folder.broken.clear()
            while member.syncs:
                running = member.syncs.pop()
                running.steps.close()
                self.store.gone.add(running.holder)
        for number in range(ROUNDS):
            before = self._state()
            for member in self._due(number):
                result = self._run_through(member, Order(resume=True))
                if result is not None and result.state == "failed":
                    raise Violation("CRASH", f"{member.folder.path} cannot be synced at rest: {result.error}")
                self.oracle.step((member.number,))
            if number >= 2 and self._state() == before:
                break
        else:
            raise Violation("UNSTABLE", "syncing again without edits still changes something")
        self.taken[f"rounds at rest: {number}"] += 1
        self.oracle.rest()

    def _due(self, number: int) -> list[Member]:
        """Give the books to sync in a round: whatever is not quiet; in the third, one that is as well, at times all."""
        chosen = len(self.store.history) % CHANCES if number == 2 else CHANCES
        return [m for m in self.members if chosen == 0 or m.number == chosen - 1 or not self._quiet(m)]

    def _state(self) -> tuple[object, ...]:
        names = [m.folder.disk.name if m.folder.disk is not None else "" for m in self.members]
        return (
            *names,
            len(self.store.history),
            sum(map(len, self.store.conflicts.values())),
            sum(map(len, self.store.rejections.values())),
        )


def _line(table: str, record: Record) -> Line:
    """Give the row that shows a record in a new workbook."""
    cells: dict[int, object] = {ID_COLUMN: record.id}
    for column in PLAYBOOK.tables[table].columns:
        value = {**record.values, "version": record.version, "updated_at": record.updated_at}.get(column.name)
        if column.name != "id" and value is not None:
            cells[FIRST_PLACES[table][column.name]] = stored(CellWrite(0, 0, value, text=column.is_text))
    return Line(cells)


def play(steps: Sequence[Step], make: Callable[[], World] = World) -> tuple[Violation | None, World]:
    """Play a schedule in a fresh world; give what was broken."""
    world = make()
    try:
        world.play(steps)
    except Violation as broken:
        return broken, world
    return None, world
