"""When a record changes its name, the texts that refer to it follow, as changes of their own."""

from __future__ import annotations

from collections.abc import Sequence

from sheetsales.process import Playbook
from sheetsales.values import Value, fold
from sheetsales_sync.ports import Tx
from sheetsales_sync.state import Change


def follow_renames(tx: Tx, playbook: Playbook, changes: Sequence[Change]) -> list[Change]:
    """Give the changes that keep references true to a renamed record.

    Only a reference that resolves to the renamed record follows: its text was the old name, and no
    other record of the table bears that name. Cells that the same changes touch are left alone, and
    records that they delete.
    """
    renamed: dict[str, dict[str, tuple[str, Value]]] = {}
    for change in changes:
        table = playbook.tables[change.table]
        if change.kind == "set" and change.column == table.label and change.old is not None and change.new is not None:
            renamed.setdefault(change.table, {})[fold(change.old)] = (change.record, change.new)
    touched = {(c.record, c.column) for c in changes}
    dying = {c.record for c in changes if c.kind == "delete"}
    followers: list[Change] = []
    for target, names in renamed.items():
        twins = tx.find_key(target, playbook.tables[target].label, list(names))
        own = {record for record, _ in names.values()}
        free = {name: new for name, (_, new) in names.items() if not set(twins.get(name, ())) - own}
        for table in playbook.tables.values():
            for column in table.columns:
                if column.type != "reference" or column.target != target or column.computed:
                    continue
                hits = tx.find_key(table.name, column.name, list(free))
                ids = [record for records in hits.values() for record in records]
                for record in tx.records(table.name, ids=ids):
                    old = record.values.get(column.name)
                    if record.id in dying or (record.id, column.name) in touched:
                        continue
                    if old is not None and fold(old) in free:
                        followers.append(
                            Change(table.name, record.id, column.name, old, free[fold(old)], place="follows a rename")
                        )
    return followers
