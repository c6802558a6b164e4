"""What a member does in the spreadsheet program: typing, sorting, cutting, pasting, deciding, undoing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random

from sheetsales.columns import Column
from sheetsales.values import CellError, Formula
from sheetsales_workbooks.host import ACTION_COLUMN, DECISIONS, ID_COLUMN
from simulation.definition import ACCOUNTS, DEALS, LETTERS, MEMBERS, PLAYBOOK, STAGES, TABS
from simulation.oracle import TRACKED, Ledger
from simulation.workbook import EMPTY, OWN_COLUMN, Cells, Line, Workbook, token_of

INPUTS = {name: tuple(c for c in PLAYBOOK.tables[name].inputs if c.name != "external_id") for name in TABS}
COMPUTED = ("half", "score", "team", "version")
EDITS = (  # what is done, and how often: the shares of the prototype, then what it lacked
    ("cell", 45), ("row", 20), ("sort", 8), ("copy", 8), ("cut", 7), ("mark", 6), ("label", 6),
    ("own", 6), ("agree", 4), ("cut many", 1), ("decide", 8), ("computed", 2), ("undo", 5), ("colleague", 2), ("owner", 3), ("column", 1), ("unmark", 1),
)  # fmt: skip


@dataclass
class Pen:
    """One member's hand: draws fresh values and writes them into the ledger of the oracle."""

    member: int
    rng: Random
    ledger: Ledger
    counter: list[int]
    taken: Counter[str]

    def text(self) -> str:
        """Give a text that was never typed before."""
        self.counter[0] += 1
        return f"{LETTERS[self.member]}{self.counter[0]}"

    def fresh(self, column: Column) -> object:
        """Give something to type into a cell of this column; mostly a value, at times nonsense."""
        x, rng = rng_pair(self.rng)
        if x < 0.04 and not column.required:
            return None
        if column.type == "choice":
            return rng.choice(STAGES) if x < 0.9 else f"stage {self.text()}"
        if column.name == "owner":
            return rng.choice(MEMBERS[:3])
        if column.type == "money":
            return self._amount(column, x)
        text = self.text()
        if column.name == "note" and x < 0.4:
            return f"={text}+1"
        return text if x < 0.92 else Formula(f"Z{self.counter[0]}", text)

    def _amount(self, column: Column, x: float) -> object:
        self.counter[0] += 1
        number = self.counter[0]
        if x < 0.08:
            return f"lots {LETTERS[self.member]}{number}"
        if x < 0.10:
            return Formula(f"Z{number}*2", None, calculated=False)
        if x < 0.11:
            return Formula(f'HYPERLINK("{number}")')
        if x < 0.12:
            return CellError("#REF!")
        value = 5_000 + number + 0.75 if column.name == "floor" else number + 0.25 + (0 if x < 0.24 else 10_000)
        return Formula(f"Z{number}+1", value) if x > 0.93 else value


def rng_pair(rng: Random) -> tuple[float, Random]:
    """Draw a share and hand the generator on."""
    return rng.random(), rng


@dataclass
class Memory:
    """An open workbook in a spreadsheet program, with its undo list. dirty: values typed and not yet saved."""

    book: Workbook
    lines: dict[str, list[Line]]
    headers: dict[str, dict[str, int]]
    conflicts: dict[int, Cells]
    past: list[tuple[str, list[Line]]] = field(default_factory=list)

    @classmethod
    def opened(cls, book: Workbook) -> Memory:
        """Open a state of a workbook."""
        return cls(
            book,
            {t: list(rows) for t, rows in book.tabs.items()},
            {t: dict(h) for t, h in book.headers.items()},
            dict(book.conflicts),
        )

    def saved(self, name: str) -> Workbook:
        """Give the whole memory as a file; formulas of ours are calculated."""
        for table, lines in self.lines.items():
            self.lines[table] = [self._calculated(table, line) for line in lines]
        return replace(
            self.book, name=name, tabs={t: tuple(rows) for t, rows in self.lines.items()},
            headers={t: dict(h) for t, h in self.headers.items()}, conflicts=dict(self.conflicts),
        )  # fmt: skip

    def _calculated(self, table: str, line: Line) -> Line:
        places = self.headers[table]
        formula = line.cells.get(places.get("half", 0))
        if table != DEALS or not isinstance(formula, Formula) or "/2" not in formula.text:
            return line
        amount = line.cells.get(places.get("amount", 0))
        if isinstance(amount, Formula):
            amount = amount.value
        value = amount / 2 if isinstance(amount, (int, float)) else None
        return line if value == formula.value else line.with_cell(places["half"], Formula(formula.text, value))

    def filled(self, table: str) -> list[int]:
        """Give the places of the rows in which somebody typed something."""
        inputs = [n for c, n in self.headers[table].items() if c in TRACKED[table]]
        return [i for i, line in enumerate(self.lines[table]) if any(line.cells.get(n) is not None for n in inputs)]


def edit(memory: Memory, pen: Pen, colleague: Workbook | None, contested: Sequence[tuple[str, str]] = ()) -> str:
    """Do one thing in an open workbook and say what it was. contested: cells on which somebody disagrees."""
    rng = pen.rng
    names, weights = zip(*EDITS, strict=True)
    what: str = rng.choices(names, weights)[0]
    if rng.random() < 0.4 and any(cells.get(1) for cells in memory.conflicts.values()):
        what = "decide"
    table = DEALS if rng.random() < 0.6 else ACCOUNTS
    lines = memory.lines[table]
    filled = memory.filled(table)
    if not filled and what not in ("row", "decide"):
        what = "row"
    if what == "undo":
        return _undo(memory, pen)
    if what == "decide":
        return _decide(memory, pen)
    memory.past = [*memory.past[-4:], (table, list(lines))]
    if what == "row":
        _new_row(memory, pen, table)
    elif what == "colleague":
        if colleague is None or not colleague.tabs[table]:
            return "nothing"
        _paste(memory, pen, table, rng.choice(colleague.tabs[table]), strip=rng.random() < 0.3)
    elif what == "cell" and contested and rng.random() < 0.4:
        _type_contested(memory, pen, rng.choice(contested))
    elif what == "sort":
        rng.shuffle(lines)
    elif what == "agree":
        _agree(memory, pen, table, rng.choice(filled), colleague)
    elif what == "cut many":
        for place in reversed(filled[1:]):
            lines.pop(place)
    elif what == "column":
        _drop_column(memory, rng, table)
    else:
        _one_line(memory, pen, table, rng.choice(filled), what)
    pen.taken[f"edit: {what}"] += 1
    return what


def _one_line(memory: Memory, pen: Pen, table: str, place: int, what: str) -> None:
    lines, rng = memory.lines[table], pen.rng
    line = lines[place]
    if what == "cell":
        columns = [c for c in INPUTS[table] if c.name in memory.headers[table] and c.name != "owner"]
        _type(memory, pen, table, place, rng.choice(columns))
    elif what == "owner":
        column = PLAYBOOK.tables[table].by_name["owner"]
        if table == DEALS and "owner" in memory.headers[table]:
            _type(memory, pen, table, place, column)
    elif what == "computed":
        name = rng.choice([c for c in COMPUTED if c in memory.headers[table]] or ["team"])
        if name in memory.headers[table]:
            lines[place] = line.with_cell(memory.headers[table][name], float(pen.counter[0]) if name == "version" else pen.text())
    elif what == "copy":
        _paste(memory, pen, table, line, strip=False)
    elif what == "cut":
        lines.pop(place)
    elif what == "mark":
        lines[place] = line.with_cell(ACTION_COLUMN, rng.choice(("Delete", " delete")))
    elif what == "unmark":
        lines[place] = line.with_cell(ACTION_COLUMN, None)
    elif what == "own":
        lines[place] = line.with_cell(OWN_COLUMN, f"x{pen.text()}")
    elif what == "label":
        _relabel(memory, pen, table, place)


def _type(memory: Memory, pen: Pen, table: str, place: int, column: Column) -> None:
    line, index = memory.lines[table][place], memory.headers[table][column.name]
    over = token_of(line.cells.get(index))
    names = [token_of(n.cells.get(memory.headers[ACCOUNTS].get("name", 0))) for n in memory.lines[ACCOUNTS]]
    names = [n for n in names if n]
    value = pen.rng.choice(names) if column.name == "account" and names and pen.rng.random() < 0.6 else pen.fresh(column)
    memory.lines[table][place] = line.with_cell(index, value)
    if column.name in TRACKED[table]:
        pen.ledger.typed(pen.member, token_of(value), over)


def _type_contested(memory: Memory, pen: Pen, cell: tuple[str, str]) -> None:
    """Type into a cell on which others disagree already."""
    record, name = cell
    for table, lines in memory.lines.items():
        for place, line in enumerate(lines):
            if line.cells.get(ID_COLUMN) == record and name in memory.headers[table] and name in TRACKED[table]:
                _type(memory, pen, table, place, PLAYBOOK.tables[table].by_name[name])


def _agree(memory: Memory, pen: Pen, table: str, place: int, colleague: Workbook | None) -> None:
    """Type what a colleague has in the same row."""
    line = memory.lines[table][place]
    theirs = (
        [row for row in colleague.tabs[table] if row.cells.get(ID_COLUMN) == line.cells.get(ID_COLUMN)]
        if colleague is not None
        else []
    )
    name = pen.rng.choice([c.name for c in INPUTS[table]])
    if (
        not theirs
        or colleague is None
        or name not in memory.headers[table]
        or name not in colleague.headers[table]
        or name == "owner"
    ):
        return
    value = theirs[0].cells.get(colleague.headers[table][name])
    index = memory.headers[table][name]
    if not isinstance(value, (str, int, float)):
        return
    if name in TRACKED[table]:
        pen.ledger.typed(pen.member, token_of(value), token_of(line.cells.get(index)))
        pen.ledger.repeated.add(token_of(value))
    memory.lines[table][place] = line.with_cell(index, value)


def _new_row(memory: Memory, pen: Pen, table: str) -> None:
    """Type a row, mostly into one that waits with an id, else into one that is inserted."""
    lines, rng = memory.lines[table], pen.rng
    filled = set(memory.filled(table))
    waiting = [i for i, line in enumerate(lines) if i not in filled and line.cells.get(ID_COLUMN)]
    if waiting and rng.random() < 0.8:
        place = waiting[0]
    else:
        place = rng.randrange(len(lines) + 1)
        lines.insert(place, EMPTY)
    for column in INPUTS[table]:
        if column.name not in memory.headers[table] or (column.name == "owner" and rng.random() < 0.8):
            continue
        if column.required or rng.random() < 0.6:
            _type(memory, pen, table, place, column)
    if rng.random() < 0.4:
        lines[place] = lines[place].with_cell(OWN_COLUMN, f"x{pen.text()}")


def _paste(memory: Memory, pen: Pen, table: str, line: Line, *, strip: bool) -> None:
    """Paste a row, hidden id and all; what the member's own column held stays behind."""
    cells = {n: v for n, v in line.cells.items() if n != OWN_COLUMN}
    if strip:
        cells.pop(ID_COLUMN, None)
    memory.lines[table].append(Line(cells))
    pen.ledger.copied |= line.tokens
    pen.ledger.copied_ids.add(str(line.cells.get(ID_COLUMN)))


def _relabel(memory: Memory, pen: Pen, table: str, place: int) -> None:
    """Clear a hidden id or type over it: with junk, or with the id of another row."""
    lines = memory.lines[table]
    others = [line.cells.get(ID_COLUMN) for line in lines if line.cells.get(ID_COLUMN)]
    label = pen.rng.choice([None, "007", "junk", pen.rng.choice(others) if others else None])
    if label in others:
        pen.ledger.copied_ids |= {str(label), str(lines[place].cells.get(ID_COLUMN))}
        pen.ledger.copied |= lines[place].tokens
        for line in lines:
            if line.cells.get(ID_COLUMN) == label:
                pen.ledger.copied |= line.tokens
    lines[place] = lines[place].with_cell(ID_COLUMN, label)


def _drop_column(memory: Memory, rng: Random, table: str) -> None:
    """Delete a managed column; the cells behind it move to the left only in a real book, here they stay."""
    names = [c for c in memory.headers[table] if c not in ("name", "owner")]
    if len(names) < 8:
        return
    index = memory.headers[table].pop(rng.choice(names))
    memory.lines[table][:] = [
        Line({n: v for n, v in line.cells.items() if n != index}, {n: m for n, m in line.marks.items() if n != index})
        for line in memory.lines[table]
    ]
    memory.past.clear()


def _undo(memory: Memory, pen: Pen) -> str:
    """Take the last edit back; every value that comes back was put there by somebody who saw the one that goes."""
    if not memory.past:
        return "nothing"
    table, before = memory.past.pop()
    headers, now = memory.headers[table], memory.lines[table]
    if len(before) == len(now):
        changed = [(new, old) for old, new in zip(before, now, strict=True) if old is not new]
        if len(changed) == 1:
            _seen_again(pen, table, headers, *changed[0])
    memory.lines[table] = before
    pen.taken["edit: undo"] += 1
    return "undo"


def _seen_again(pen: Pen, table: str, headers: dict[str, int], gone: Line, back: Line) -> None:
    for name in TRACKED[table]:
        old, new = (token_of(line.cells.get(headers.get(name, 0))) for line in (gone, back))
        if old != new:
            pen.ledger.typed(pen.member, new, old)
            if new:
                pen.ledger.repeated.add(new)
            if old and pen.ledger.author.get(new) == pen.member and name != "account":
                pen.ledger.again[pen.member].append((new, old))


def _decide(memory: Memory, pen: Pen) -> str:
    """Decide one line of the Conflicts tab."""
    open_lines = [n for n, cells in memory.conflicts.items() if cells.get(1) and cells.get(12) is None]
    if not open_lines:
        return "nothing"
    number = pen.rng.choice(open_lines)
    cells = dict(memory.conflicts[number])
    decision = pen.rng.choice(DECISIONS)
    cells[12] = decision
    mine, theirs = str(cells.get(7) or ""), str(cells.get(8) or "")
    if decision == "Other value":
        column = next((c for table in TABS for c in PLAYBOOK.tables[table].columns if c.header == cells.get(5)), None)
        value = pen.fresh(column) if column is not None else "whatever"
        cells[13] = value if not isinstance(value, (Formula, CellError)) else "none"
        mine = token_of(cells[13])
    if decision != "Take theirs":
        pen.ledger.typed(pen.member, mine, theirs)
    memory.conflicts[number] = cells
    pen.taken[f"edit: {decision}"] += 1
    return "decide"
