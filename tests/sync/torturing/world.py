"""The world under torture: four desks, their files, and the processes that run over them."""

from __future__ import annotations

import os
import random
import shutil
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from team_stand import ANA, BEN, MARA, NAMES, Team, put_csv

from sheetsales.ids import is_id
from sheetsales_sync.plan.work import letters
from sheetsales_workbooks.host import CONFLICTS_SHEET, RowRead, TableRead
from torturing.desk import Memory, amount, pasted, permuted, token, tokens_in, without_row
from torturing.ledger import Kind, Ledger, Typed, found_in, look
from torturing.processes import Commands, Running, until

COLUMNS = {
    "opportunities": ("next_step", "win_theme", "business_problem", "note", "amount"),
    "leads": ("title", "note"),
    "accounts": ("note",),
    "territory_accounts": ("note",),
}
BAD = {
    "opportunities": ("close_date", "team", "stage_since"),
    "leads": ("employees", "score"),
    "territory_accounts": ("potential", "rank"),
}
COPIES = ("{} (conflicted copy).xlsx", "{}-PC.xlsx", "{} (1).xlsx")
MOST_RUNNING = 2


@dataclass
class Desk:
    """A member at work. memory: the open workbook. last: the tokens in it when it was opened or saved last."""

    who: str
    path: Path
    memory: Memory | None = None
    last: set[str] = field(default_factory=set)
    lock: Path | None = None
    away: Path | None = None
    backups: list[bytes] = field(default_factory=list)
    whole: bytes | None = None


@dataclass
class Copy:
    """A copy of a workbook beside it, and what was typed into it."""

    who: str
    path: Path
    tokens: list[str]
    adopting: Running | None = None


class World:
    """Everything that happens, one step at a time."""

    def __init__(self, team: Team, folder: Path, seed: int, say: Callable[[str], None] = lambda _: None) -> None:
        self.team = team
        self.folder = folder
        self.chance = random.Random(seed)
        self.say = say
        self.ledger = Ledger()
        self.commands = Commands(team.root, folder / "said")
        self.desks = {who: Desk(who, team.book(who)) for who in NAMES}
        self.copies: list[Copy] = []
        self.running: list[Running] = []
        self.counts: Counter[str] = Counter()
        self.violations: list[str] = []
        self.number = 0
        self.steps = 0
        self.imports: dict[str, list[str]] = {}
        self.log = (folder / "steps.log").open("w", encoding="utf-8")

    # ── one step ──

    def step(self) -> None:
        """Do one thing, drawn at random: a desk works, a process starts, one is killed."""
        self.steps += 1
        self._look_after()
        what = self.chance.choices((self._work, self._start, self._kill, self._odd, self._pause), (46, 22, 14, 10, 8))[0]
        what()

    def _note(self, words: str) -> None:
        self.log.write(f"{time.monotonic():.3f} {self.steps} {words}\n")
        self.log.flush()

    def _look_after(self) -> None:
        for one in [r for r in self.running if r.poll()]:
            self._ended(one)

    def _ended(self, one: Running) -> None:
        self.running.remove(one)
        self.counts["killed" if one.killed else "ended"] += 1
        self._note(f"over {one.words[2:]} killed={one.killed} code={one.code}")
        wrong = one.complaint()
        if wrong:
            self._broken(f"PROCESS {wrong}")
        for copy in [c for c in self.copies if c.adopting is one]:
            copy.adopting = None
            if (
                one.code == 0
                and not one.killed
                and one.document()["books"][0]["state"] in ("synced", "unchanged", "deferred", "paused")
            ):
                for name in copy.tokens:
                    self.ledger.typed[name].state = "saved"
                copy.path.unlink(missing_ok=True)
                self.copies.remove(copy)
        if one.words[2] == "import" and one.code == 0 and not one.killed:
            for name in self.imports.get(one.words[4], ()):
                self.ledger.typed[name].state = "saved"

    def _broken(self, words: str) -> None:
        self.violations.append(words)
        self._note(words)
        self.say(words[:2000])

    # ── desks ──

    def _work(self) -> None:
        desk = self.desks[self.chance.choice(list(NAMES)[:3])]
        if desk.away is not None:
            return
        if desk.memory is None and not self._open(desk):
            return
        assert desk.memory is not None
        kind = self.chance.choices(
            (
                self._type,
                self._new_row,
                self._own,
                self._mistype,
                self._mark,
                self._decide,
                self._move_rows,
                self._spoil_id,
                self._give_away,
            ),
            (46, 10, 10, 7, 5, 9, 8, 3, 3),
        )[0]
        kind(desk, desk.memory)
        if self.chance.random() < 0.6:
            self._save(desk)
        if self.chance.random() < 0.35:
            self._close(desk)

    def _open(self, desk: Desk) -> bool:
        if desk.whole is not None:
            return False
        desk.memory = Memory(desk.path.read_bytes())
        desk.last = tokens_in(desk.memory.data)
        if self.chance.random() < 0.25:
            desk.lock = desk.path.with_name(("~$" if self.chance.random() < 0.5 else ".~lock.") + desk.path.name)
            if desk.lock.name.startswith(".~"):
                desk.lock = desk.lock.with_name(desk.lock.name + "#")
            desk.lock.write_bytes(b"\x03Ida" + b"\0" * 50)
            self.counts["locks"] += 1
        self._note(f"open {desk.who}")
        return True

    def _close(self, desk: Desk) -> None:
        desk.memory = None
        for typed in self.ledger.typed.values():
            if typed.who == desk.who and typed.state == "memory" and not any(typed.token in c.tokens for c in self.copies):
                typed.state = "gone"
        if desk.lock is not None:
            desk.lock.unlink(missing_ok=True)
            desk.lock = None
        self._note(f"close {desk.who}")

    def _save(self, desk: Desk) -> None:
        """Save the whole memory: half of it first now and then, sometimes at the very moment our new file waits."""
        assert desk.memory is not None
        data = desk.memory.data
        if self.running and self.chance.random() < 0.5:
            until(lambda: any(n.startswith(".ss-") for n in os.listdir(desk.path.parent)), 0.4)
        if self.chance.random() < 0.05:
            put(desk.path, data[: len(data) // 2])
            desk.whole = data
            self.ledger.saved(desk.who, desk.last, data)
            desk.last = tokens_in(data)
            self.counts["half saves"] += 1
            self._note(f"half a save {desk.who}")
            return
        desk.whole = None
        put(desk.path, data)
        self.ledger.saved(desk.who, desk.last, data)
        desk.last = tokens_in(data)
        self.counts["saves"] += 1
        self._note(f"save {desk.who} {sorted(desk.last)[-3:]}")
        if self.chance.random() < 0.05:
            desk.backups.append(data)
        if self.chance.random() < 0.03:
            desk.path.chmod(0o444 if self.chance.random() < 0.5 else 0o644)

    def _tab(self, memory: Memory) -> tuple[str, TableRead]:
        name = self.chance.choice([n for n in COLUMNS if n in memory.read.tables])
        return name, memory.read.tables[name]

    def _records(self, tab: TableRead) -> list[RowRead]:
        return [r for r in tab.rows if r.cells.get("version") and isinstance(r.id, str) and is_id(r.id)]

    def _next(self) -> int:
        self.number += 1
        return self.number

    def _write_down(self, desk: Desk, text: str, kind: Kind, table: str, record: object, column: str, over: object) -> None:
        before = next(iter(found_in(str(over) if not isinstance(over, float) else f"{over:.0f}")), None)
        self.ledger.type(Typed(text, desk.who, kind, table, str(record), column, before, self.steps))

    def _type(self, desk: Desk, memory: Memory) -> None:
        cells = []
        for _ in range(self.chance.randint(1, 3)):
            name, tab = self._tab(memory)
            rows = self._records(tab)
            if not rows:
                continue
            row, column = self.chance.choice(rows), self.chance.choice(COLUMNS[name])
            if (tab.sheet, row.row, tab.columns.get(column)) in {c[:3] for c in cells} or column not in tab.columns:
                continue
            n = self._next()
            value: object = amount(n) if column == "amount" else token(n)
            cells.append((tab.sheet, row.row, tab.columns[column], value))
            self._write_down(desk, str(value), "cell", name, row.id, column, row.cells.get(column))
            if [r.id for r in rows].count(row.id) > 1:
                self.ledger.disturbed.add(str(row.id))
        if cells:
            memory.put(cells)

    def _new_row(self, desk: Desk, memory: Memory) -> None:
        name = self.chance.choice([n for n in ("leads", "opportunities") if n in memory.read.tables])
        tab = memory.read.tables[name]
        free = [
            r
            for r in tab.rows
            if is_id(r.id) and not r.extra and all(not isinstance(v, (str, float, int)) or v == "" for v in r.cells.values())
        ]
        if not free or len(self._records(tab)) > 60:
            return
        row = free[0] if self.chance.random() < 0.8 else self.chance.choice(free)
        columns = ("company", "contact_name", "note") if name == "leads" else ("name", "next_step", "note")
        if self.chance.random() < 0.2:
            columns = columns[2:]  # not enough for a record
        cells = []
        for column in columns:
            text = token(self._next())
            cells.append((tab.sheet, row.row, tab.columns[column], text))
            self._write_down(desk, text, "cell", name, row.id, column, None)
        memory.put(cells)
        self.counts["rows typed"] += 1

    def _own(self, desk: Desk, memory: Memory) -> None:
        _, tab = self._tab(memory)
        rows = self._records(tab)
        if rows:
            row = self.chance.choice(rows)
            place = max([*tab.columns.values(), tab.id_column, tab.action_column]) + 3
            text = token(self._next())
            memory.put([(tab.sheet, row.row, place, text)])
            self._write_down(desk, text, "own", tab.table, row.id, "own", None)

    def _mistype(self, desk: Desk, memory: Memory) -> None:
        name, tab = self._tab(memory)
        rows = self._records(tab)
        if rows and name in BAD:
            row, column = self.chance.choice(rows), self.chance.choice(BAD[name])
            if column in tab.columns:
                text = token(self._next())
                memory.put([(tab.sheet, row.row, tab.columns[column], text)])
                self._write_down(desk, text, "cell", name, row.id, column, row.cells.get(column))

    def _mark(self, desk: Desk, memory: Memory) -> None:
        name, tab = self._tab(memory)
        rows = self._records(tab)
        if name != "accounts" and len(rows) > 3 and tab.action_column:
            row = self.chance.choice(rows)
            if [r.id for r in rows].count(row.id) == 1:
                memory.put([(tab.sheet, row.row, tab.action_column, "Delete")])
                self.ledger.marked.add(str(row.id))
                self.counts["delete marks"] += 1

    def _decide(self, desk: Desk, memory: Memory) -> None:
        lines = [line for line in memory.read.conflicts if line.id]
        if not lines:
            return
        line = self.chance.choice(lines)
        decision = self.chance.choice(("Keep mine", "Take theirs", "Other value"))
        cells: list[tuple[str, int, int, object]] = [(CONFLICTS_SHEET, line.row, 12, decision)]
        if decision == "Other value":
            cells.append((CONFLICTS_SHEET, line.row, 13, "decided"))
        memory.put(cells)
        self.counts["decisions"] += 1

    def _move_rows(self, desk: Desk, memory: Memory) -> None:
        _, tab = self._tab(memory)
        rows = self._records(tab)
        if len(rows) < 3:
            return
        numbers = [r.row for r in rows]
        how = self.chance.choice(("sort", "sort", "delete", "clear", "paste", "paste without id"))
        victim = self.chance.choice(rows)
        if how == "sort":
            mixed = self.chance.sample(numbers, len(numbers))
            memory.rows(tab.sheet, lambda xml: permuted(xml, dict(zip(numbers, mixed, strict=True))))
        elif how == "delete":
            memory.rows(tab.sheet, lambda xml: without_row(xml, victim.row))
        elif how == "clear":
            memory.rows(tab.sheet, lambda xml: {n: x for n, x in xml.items() if n != victim.row})
        else:
            free = [r.row for r in tab.rows if r.row > max(numbers) and not r.extra]
            if not free or len(rows) > 60:
                return
            erased = letters(tab.id_column) if how == "paste without id" else ""
            self._disturb(victim)
            memory.rows(tab.sheet, lambda xml: pasted(xml, victim.row, free[0], erased))
        self.counts[how] += 1

    def _disturb(self, row: RowRead) -> None:
        self.ledger.disturbed.add(str(row.id))
        for value in [*row.cells.values(), *row.extra.values()]:
            for name in found_in(
                f"{value:.0f}" if isinstance(value, float) else value if isinstance(value, (str, int)) else None
            ):
                if name in self.ledger.typed:
                    self.ledger.typed[name].pasted = True

    def _spoil_id(self, desk: Desk, memory: Memory) -> None:
        _, tab = self._tab(memory)
        rows = self._records(tab)
        if len(rows) > 2:
            one, other = self.chance.sample(rows, 2)
            for row in (one, other):
                self._disturb(row)
            memory.put([(tab.sheet, one.row, tab.id_column, self.chance.choice((None, "rubbish", other.id)))])
            self.counts["ids spoilt"] += 1

    def _give_away(self, desk: Desk, memory: Memory) -> None:
        if desk.who == MARA:
            tab = memory.read.tables["opportunities"]
            rows = self._records(tab)
            if rows:
                row = self.chance.choice(rows)
                memory.put([(tab.sheet, row.row, tab.columns["owner"], self.chance.choice((ANA, BEN)))])
                self.counts["given away"] += 1

    # ── odd things that happen to files ──

    def _odd(self) -> None:
        desk = self.desks[self.chance.choice(list(NAMES)[:3])]
        kind = self.chance.choice(
            (self._finish_save, self._copy, self._adopt, self._restore_backup, self._go_away, self._undo, self._import)
        )
        kind(desk)

    def _finish_save(self, desk: Desk) -> None:
        if desk.whole is not None and desk.away is None:
            put(desk.path, desk.whole)
            desk.whole = None
            self._note(f"whole save {desk.who}")

    def _copy(self, desk: Desk) -> None:
        if desk.away is not None or desk.whole is not None or len(self.copies) > 2:
            return
        path = desk.path.with_name(self.chance.choice(COPIES).format(desk.path.stem))
        if path.exists():
            return
        memory = Memory(desk.path.read_bytes())
        tab = memory.read.tables["opportunities"]
        rows = self._records(tab)
        if not rows:
            return
        row, text = self.chance.choice(rows), token(self._next())
        memory.put([(tab.sheet, row.row, tab.columns["next_step"], text)])
        self._write_down(desk, text, "cell", "opportunities", row.id, "next_step", row.cells.get("next_step"))
        put(path, memory.data)
        self.copies.append(Copy(desk.who, path, [text]))
        self.counts["copies"] += 1
        self._note(f"copy {path.name} {text}")

    def _adopt(self, _desk: Desk) -> None:
        waiting = [c for c in self.copies if c.adopting is None]
        if waiting and len(self.running) < MOST_RUNNING:
            copy = self.chance.choice(waiting)
            copy.adopting = self._begin("book", "adopt", copy.path, "--merge")

    def _restore_backup(self, desk: Desk) -> None:
        if desk.backups and desk.away is None:
            self._close(desk)
            data = self.chance.choice(desk.backups)
            desk.whole = None
            self.ledger.thrown_away(desk.who, data)
            put(desk.path, data)
            self.counts["backups restored"] += 1
            self._note(f"backup {desk.who}")

    def _go_away(self, desk: Desk) -> None:
        """Carry a workbook elsewhere and back, or give it another name."""
        if desk.away is not None:
            desk.away.replace(desk.path)
            desk.away = None
        elif desk.memory is None and desk.whole is None:
            if self.chance.random() < 0.5:
                desk.away = self.folder / f"{NAMES[desk.who]} away.xlsx"
                shutil.move(desk.path, desk.away)
                self.counts["carried off"] += 1
            else:
                fresh = desk.path.with_name(f"{NAMES[desk.who]}{self.chance.choice(('', ' Brandt', ' neu'))}.xlsx")
                if not fresh.exists():
                    desk.path.rename(fresh)
                    desk.path = fresh
                    self.counts["renamed"] += 1
        self._note(f"moved {desk.who} {desk.path.name} away={desk.away}")

    def _undo(self, _desk: Desk) -> None:
        if self.running or self.chance.random() < 0.5:
            return
        kept = look(self.team.root)
        ops = list(dict.fromkeys(row.op for row in kept.history[-60:] if kept.kinds.get(row.op) in ("sync", "undo")))
        if ops:
            self._begin("undo", self.chance.choice(ops))
            self.counts["undos"] += 1

    def _import(self, _desk: Desk) -> None:
        if len(self.running) >= MOST_RUNNING or self.chance.random() < 0.5:
            return
        path = self.folder / f"import-{self.steps}.csv"
        rows: list[tuple[object, ...]] = [("external_id", "name", "owner", "next_step")]
        names = []
        for key in self.chance.sample(("O-1", "O-2", "O-3", "O-7", "O-8"), 2):
            text = token(self._next())
            names.append(text)
            rows.append(
                (key, f"Imported {key}" if key > "O-3" else None, None if key < "O-4" else self.chance.choice((ANA, BEN)), text)
            )
            self.ledger.type(Typed(text, MARA, "file", "opportunities", key, "next_step", None, self.steps))
        self.imports[str(put_csv(path, rows))] = names
        self._begin("import", "opportunities", path)
        self.counts["imports"] += 1

    # ── processes ──

    def _begin(self, *words: object, cold: bool = False) -> Running:
        one = self.commands.start(*words, cold=cold)
        self.running.append(one)
        self.counts["started"] += 1
        self._note(f"start {words}")
        return one

    def _start(self) -> None:
        if len(self.running) >= MOST_RUNNING:
            self._kill()
            return
        desk = self.chance.choice(list(self.desks.values()))
        words = self.chance.choices(
            (("sync",), ("sync", desk.path), ("sync", "--resume", desk.path), ("run", "check", desk.path)), (60, 25, 10, 5)
        )[0]
        self._begin(*words, cold=self.chance.random() < 0.04)

    def _kill(self) -> None:
        """Kill a running process: at a random moment, or when its new file waits beside a book."""
        if not self.running:
            return
        one = self.chance.choice(self.running)
        if self.chance.random() < 0.5:
            books = self.team.root / "books"
            until(lambda: one.poll() or any(n.startswith(".ss-") for n in os.listdir(books)), 0.8)
            time.sleep(self.chance.choice((0, 0, 0.002, 0.006, 0.012)))
        else:
            until(one.poll, self.chance.uniform(0, 0.7))
        one.kill()
        if one in self.running:
            self._ended(one)

    def _pause(self) -> None:
        for one in list(self.running):
            one.wait()
        self._look_after()

    # ── rest ──

    def rest(self) -> None:
        """Let everything come to rest, then look whether everything is where it must be."""
        self._pause()
        for desk in self.desks.values():
            self._close(desk)
            self._finish_save(desk)
            if desk.away is not None:
                self._go_away(desk)
                self._finish_save(desk)
            desk.path.chmod(0o644)
        for copy in list(self.copies):
            copy.adopting = self._begin("book", "adopt", copy.path, "--merge")
            self._pause()
        for _ in range(6):
            books = self._sync("sync")
            paused = [b["path"] for b in books if b["state"] == "paused"]
            for path in paused:
                self._sync("sync", "--resume", path)
            if not paused and {b["state"] for b in books} <= {"unchanged", "copy"}:
                break
        else:
            self._broken(f"UNSTABLE after six syncs: {books}")
        self._judge()
        self.counts["rests"] += 1

    def _sync(self, *words: object) -> list[dict[str, Any]]:
        one = self._begin(*words)
        self._pause()
        if one.code != 0:
            self._broken(f"REST {words} ended with {one.code}: {one.out.read_text()[-1500:]}")
            return []
        books: list[dict[str, Any]] = one.document()["books"]
        return books

    def _judge(self) -> None:
        files = {who: desk.path.read_bytes() for who, desk in self.desks.items()}
        seen = look(self.team.root).history
        self._sync("sync")
        if files != {who: desk.path.read_bytes() for who, desk in self.desks.items()} or look(self.team.root).history != seen:
            self._broken("UNSTABLE: another sync changed something")
        proof = self._begin("verify")
        self._pause()
        if proof.code != 0:
            self._broken(f"VERIFY {proof.code}: {proof.out.read_text()[-1500:]}")
        left = [p.name for p in self.team.root.rglob(".ss-*")]
        left += [p.name for p in (self.team.root / ".sheetsales").rglob("*") if p.is_file()]
        if left:
            self._broken(f"LEFT OVER {left}")
        for words in self.ledger.violations(self.team.root, files):
            self._broken(words)


def put(path: Path, data: bytes) -> None:
    """Save as spreadsheet programs do: a new file takes the place of the old one."""
    fresh = path.with_name(f"{path.name}.saving")
    fresh.write_bytes(data)
    fresh.replace(path)
