"""The drop-down lists of a workbook: their names and the words in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from sheetsales.columns import YES_NO, YES_NO_UNKNOWN, Column
from sheetsales.process import Playbook, Row, Table
from sheetsales.values import fold

LIST_PREFIX: Final = "ss_list_"
ACTIONS_LIST: Final = "actions_"  # and the table's name: the choices of its Action cell
DELETE_LIST: Final = "delete"
DECISION_LIST: Final = "decisions"
LIST_LIMIT: Final = 5_000  # names in one list; nobody scrolls further, and any name may be typed


class Dropdowns:
    """Collects the lists that the columns of a book need, each once.

    rows: the rows whose names are choices, by table. lists: words by list name (without the
    prefix). open: names of the lists that follow a table and may grow in use.
    """

    def __init__(self, playbook: Playbook, rows: Mapping[str, Sequence[Row]]) -> None:
        self._playbook = playbook
        self._rows = rows
        self._by_choices: dict[tuple[str, ...], str] = {YES_NO: "yes_no", YES_NO_UNKNOWN: "yes_no_unknown"}
        self.lists: dict[str, tuple[str, ...]] = {}
        self.open: set[str] = set()

    def add(self, name: str, words: Sequence[str]) -> str:
        """Take a list in and give its defined name."""
        self.lists.setdefault(name, tuple(words))
        return LIST_PREFIX + name

    def name_for(self, table: Table, column: Column) -> str:
        """Give the defined name of the list of a column, or "" where it has none."""
        if column.choices:
            name = self._by_choices.setdefault(column.choices, f"{table.name}_{column.name}")
            return self.add(name, column.choices)
        if column.choices_from:
            return self._names_of(column.choices_from, grows=False)
        return self._names_of(column.target, grows=True) if column.target else ""

    def _names_of(self, target: str, *, grows: bool) -> str:
        if target not in self._rows:
            return ""
        if target not in self.lists:
            table = self._playbook.tables.get(target)
            label = "email" if target == "people" else (table.label if table else "name")
            in_order = table is not None and "order" in table.by_name
            self.lists[target] = record_names(self._rows[target], label, in_order=in_order)
        if grows:
            self.open.add(target)
        return LIST_PREFIX + target


def record_names(rows: Sequence[Row], label: str, *, in_order: bool = False) -> tuple[str, ...]:
    """Give the names of records as a reference cell shows them, sorted; two of one name get their external id.

    in_order: True where the rows' own column `order` says how they stand.
    """
    shown = [(str(row[label]), row) for row in rows if row.get(label) is not None]
    seen = Counter(fold(name) for name, _ in shown)
    if in_order:
        shown.sort(key=lambda pair: (str(pair[1].get("order") or "").zfill(9), fold(pair[0])))
    else:
        shown.sort(key=lambda pair: (fold(pair[0]), pair[0], str(pair[1].get("external_id") or "")))
    names = (
        f"{name} [{row['external_id']}]" if seen[fold(name)] > 1 and row.get("external_id") is not None else name
        for name, row in shown
    )
    return tuple(dict.fromkeys(names))[:LIST_LIMIT]
