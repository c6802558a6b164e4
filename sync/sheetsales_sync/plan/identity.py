"""Which record each row of a tab stands for: by its id, by resemblance, or a new one.

Nothing is addressed by row number. A pasted copy that repeats an id competes for it with the
others by resemblance to what was last seen; a row that lost its id is linked again to the missing
record of its name that it resembles; whatever stays unclear is marked so, and never guessed into an edit.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from sheetsales.columns import same
from sheetsales.ids import is_id
from sheetsales.process import Table
from sheetsales_sync.plan.rows import RELINK_SHARE, Cells, SheetRow, in_common, likeness
from sheetsales_sync.state import Alias


@dataclass(frozen=True)
class Known:
    """What is known about the ids that can stand in a tab.

    seen: what each record last showed in this book (image and what was read since), by record.
    aliases: records made from pasted copies, by the label they repeat. issued: spare ids of this
    book. stored: what the records of this table hold, wherever. elsewhere: spare ids of other books.
    dead: records that were deleted. forgotten: what the book showed is no longer known at all.
    """

    seen: Mapping[str, Cells]
    aliases: Mapping[str, tuple[str, ...]]
    issued: Collection[str]
    stored: Mapping[str, Cells]
    elsewhere: Collection[str]
    dead: Collection[str]
    forgotten: bool = False


def resolve_identity(table: Table, rows: list[SheetRow], known: Known, new_id: Callable[[], str], generation: int) -> list[Alias]:
    """Set `record`, `unclear` and `parents_unknown` of every row; give the aliases newly made."""
    groups: dict[str | None, list[SheetRow]] = {}
    for row in rows:
        groups.setdefault(_usable_label(table, row, known), []).append(row)
    taken: set[str] = set()
    loose: list[tuple[SheetRow, str | None]] = [(row, _foreign_label(table, row)) for row in groups.pop(None, [])]
    swapped = _swapped(table, groups, known)
    loose.extend((row, None) for row, _ in swapped)
    labels = set(groups)
    for label, claimants in groups.items():
        assert label is not None
        loose.extend((row, label) for row in _compete(table, label, claimants, known, taken, labels))
    loose = _through_aliases(table, loose, known, taken)
    _relink(table, [row for row, label in loose if label is None], known, taken, labels)
    aliases = [Alias(generation, label, row.record) for row, label in swapped if row.record]
    for row, label in loose:
        if row.record:
            continue
        row.record = new_id()
        taken.add(row.record)
        if label is not None:
            aliases.append(Alias(generation, label, row.record))
    return aliases


def _usable_label(table: Table, row: SheetRow, known: Known) -> str | None:
    """Give the id in the row if it may stand for a record here; else None.

    A spare id that made a record from this very place stands for it, whatever the row says by now.
    One that was used in another copy of the book does so only if both say the same: two people may
    have typed two things into the same waiting row.
    """
    label = row.label
    if label is None or not label.startswith(table.prefix + "-"):
        return None
    there = known.stored.get(label)
    if label in known.issued and label not in known.seen and there is not None and not known.forgotten:
        return label if _says_the_same(table, row, there) else None
    return label if label in known.seen or label in known.issued or there is not None else None


def _says_the_same(table: Table, row: SheetRow, stored: Cells) -> bool:
    """Say whether a new row tells what a record holds; cells that the row leaves to their defaults do not count."""
    typed = {name: value for name, value in row.values.items() if value is not None}
    equal, counted = in_common(table, typed, stored)
    return _same_name(table, row, stored) and equal >= RELINK_SHARE * (counted + len(row.bad))


def _resemblance(table: Table, row: SheetRow, known: Known, record: str) -> tuple[float, bool]:
    """Give how far a row shows a record: by what was last read here, else by what the record holds.

    A copy of the workbook has told nothing yet of the records that were made from its rows elsewhere.
    """
    seen = known.seen.get(record)
    if seen is None and record in known.stored and record not in known.dead:
        return (1.0, False) if _says_the_same(table, row, known.stored[record]) else (0.0, False)
    return likeness(table, row, seen or {})


def _swapped(table: Table, groups: dict[str | None, list[SheetRow]], known: Known) -> list[tuple[SheetRow, str]]:
    """Take out the rows whose id was typed over with that of another row, which is gone or has lost its own.

    Such a row bears the name and most of the content of a record whose id stands nowhere in the sheet; it
    is that record's row, and the one whose id it carries is merely missing.
    """
    missing = [r for r in known.seen if r not in groups and r not in known.dead]
    found: list[tuple[SheetRow, str]] = []
    for label, rows in list(groups.items()) if missing else ():
        row, seen = rows[0], known.seen.get(label or "")
        if label is None or len(rows) > 1 or seen is None or _same_name(table, row, seen):
            continue
        if any(_same_name(table, row, known.seen[r]) and likeness(table, row, known.seen[r])[0] >= RELINK_SHARE for r in missing):
            found.append((row, label))
            del groups[label]
    return found


def _foreign_label(table: Table, row: SheetRow) -> str | None:
    """Give a well-formed id that means nothing here: its row gets a new id, remembered under it."""
    return row.label if is_id(row.label, table.prefix) else None


def _compete(
    table: Table, label: str, rows: list[SheetRow], known: Known, taken: set[str], labels: Collection[str | None]
) -> list[SheetRow]:
    """Let rows under one id compete for it and for the records once made from its copies, but those that stand there themselves."""
    targets = [label, *(alias for alias in known.aliases.get(label, ()) if alias not in labels)]
    if len(rows) == 1 and len(targets) == 1:
        _take(rows[0], label, known, taken)
        return []
    ranked = []
    for number, row in enumerate(rows):
        for place, target in enumerate(targets):
            share, exact = _resemblance(table, row, known, target)
            ranked.append((-share, place, number, exact))
    won_rows: set[int] = set()
    won_targets: set[str] = set()
    for negative, place, number, exact in sorted(ranked):
        target = targets[place]
        if number in won_rows or target in won_targets or (place and -negative < RELINK_SHARE):
            continue
        won_rows.add(number)
        won_targets.add(target)
        _take(rows[number], target, known, taken)
        rows[number].unclear = not exact and target in known.seen
    return [row for number, row in enumerate(rows) if number not in won_rows]


def _through_aliases(
    table: Table, loose: Iterable[tuple[SheetRow, str | None]], known: Known, taken: set[str]
) -> list[tuple[SheetRow, str | None]]:
    """Give rows under an id of no meaning here the record that was once made for that id."""
    rest = []
    for row, label in loose:
        candidates = [t for t in known.aliases.get(label or "", ()) if t not in taken]
        ranked = sorted((-_resemblance(table, row, known, t)[0], t) for t in candidates)
        if ranked and -ranked[0][0] >= RELINK_SHARE:
            _take(row, ranked[0][1], known, taken)
        else:
            rest.append((row, label))
    return rest


def _relink(table: Table, rows: list[SheetRow], known: Known, taken: set[str], labels: Collection[str | None]) -> None:
    """Link rows without an id to the missing records they resemble, best resemblance first."""
    free = sorted(r for r in known.seen if r not in taken and r not in labels and r not in known.dead)
    pairs = []
    for number, row in enumerate(rows):
        for record in free:
            share, exact = likeness(table, row, known.seen[record])
            if share >= RELINK_SHARE and _same_name(table, row, known.seen[record]):
                pairs.append((-share, number, record, exact))
    pairs.sort()
    rivals: dict[tuple[str, float], int] = {}
    for negative, number, record, _ in pairs:
        rivals[f"row {number}", negative] = rivals.get((f"row {number}", negative), 0) + 1
        rivals[record, negative] = rivals.get((record, negative), 0) + 1
    linked: set[int] = set()
    for negative, number, record, exact in pairs:
        if number in linked or record in taken:
            continue
        linked.add(number)
        _take(rows[number], record, known, taken)
        tied = rivals[f"row {number}", negative] > 1 or rivals[record, negative] > 1
        rows[number].unclear = tied and not exact


def _same_name(table: Table, row: SheetRow, known: Cells) -> bool:
    """Say whether a row bears the name of a record: without its id, stage and owner alone do not tell it."""
    name = table.by_name.get(table.label)
    return name is None or same(name, row.values.get(name.name), known.get(name.name))


def _take(row: SheetRow, record: str, known: Known, taken: set[str]) -> None:
    row.record = record
    row.parents_unknown = record not in known.seen and record not in known.issued
    taken.add(record)
