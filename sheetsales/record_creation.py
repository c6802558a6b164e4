"""Create contact and deal: the account, contact and opportunity that a row names and that are not there yet, each once.

A row of calls, contacts or accounts makes its own; a lead is converted, with its gates. What may be there already
is never made a second time without a word: link or create. Pure planner.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from sheetsales.errors import WrongUse
from sheetsales.lead_conversion import CREATE, LINK, alike_account, convert_leads, first_stage, reference_to
from sheetsales.pipeline import state_of
from sheetsales.process import Edit, NewRow, Patch, Refusal, Request, Row, Tables
from sheetsales.values import Value, fold, words_of

FROM: Final = ("calls", "contacts", "accounts", "leads")
DUPLICATE: Final = (
    "AUTO-08: Possible duplicate of {id}; nothing was created. Choose: link, create anyway (duplicate=link or duplicate=create)."
)
UNKNOWN: Final = "Not qualified yet, unknown: {list}. Ask, or give an override reason."
KNOCKED_OUT: Final = "Disqualified ({reason}). Give an override reason to go on."
MADE: Final = ("accounts", "contacts", "opportunities")


@dataclass
class _Made:
    """What the button has decided so far; later rows of the same press find it."""

    edits: list[Edit] = field(default_factory=list)
    new: list[NewRow] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    names: dict[tuple[str, str], str] = field(default_factory=dict)
    there: int = 0

    def add(self, table: str, values: dict[str, Value]) -> None:
        """Make a record; blank columns are left out."""
        self.new.append(NewRow(table, {name: value for name, value in values.items() if value is not None}))
        self.names.setdefault((table, fold(values.get("name") or "")), words_of(values.get("name")))


class _Twin(Exception):
    """Something stands there that may be the same; its id."""


def create_records(tables: Tables, request: Request) -> Patch:
    """Create what the selected rows name and the store lacks: account, contact, deal; each row once.

    Parameters: record, a name or an id instead of a selection; duplicate, link or create, where something like it
    is there. The deal of a row carries that row's id as its external id, so that pressing twice makes one. Raises
    WrongUse without a row, and for another word.
    """
    wish = fold(request.parameters.get("duplicate") or "")
    if wish not in ("", LINK, CREATE):
        raise WrongUse(f"duplicate: '{wish}' is no choice.", f"Use {LINK} or {CREATE}, or leave it out.")
    rows = _selected(tables, request)
    leads = [row for table, row in rows if table == "leads"]
    converted = convert_leads(leads, tables, request, UNKNOWN, KNOCKED_OUT) if leads else Patch()
    made = _Made(list(converted.edits), list(converted.new), list(converted.refused))
    for new in converted.new:
        made.names.setdefault((new.table, fold(new.values.get("name") or "")), words_of(new.values.get("name")))
    for table, row in rows:
        if table != "leads":
            _create(table, row, tables, wish, made)
    counts = ", ".join(f"{sum(new.table == table for new in made.new)} {table}" for table in MADE)
    said = [f"{len(rows)} rows read; new: {counts}."]
    if made.there:
        said.append(f"{made.there} had everything already.")
    if made.refused:
        said.append(f"{len(made.refused)} refused.")
    return Patch(tuple(made.edits), tuple(made.new), tuple(made.refused), " ".join(said), len(rows))


def _selected(tables: Tables, request: Request) -> list[tuple[str, Row]]:
    named = words_of(request.parameters.get("record"))
    wanted = [*request.records, *([named] if named else [])]
    if not wanted:
        raise WrongUse(
            "Say from which rows: select them, or name one by record=NAME.", "A call, a contact, an account or a lead."
        )
    found: dict[str, tuple[str, Row]] = {}
    for words in wanted:
        hits = [(table, row) for table in FROM if (row := tables.get(table, words)) is not None]
        hits = hits or [(table, row) for table in FROM if (row := tables.find(table, words)) is not None]
        if len(hits) != 1:
            several = f"{words} may be {' or '.join(table for table, _ in hits)}." if hits else f"There is no row called {words}."
            raise WrongUse(several, "Give its id, such as CA-7F3K9QWX2M-4T.")
        found.setdefault(str(hits[0][1]["id"]), hits[0])
    return list(found.values())


def _create(table: str, row: Row, tables: Tables, wish: str, made: _Made) -> None:
    """Decide everything of one row first, so that a doubt leaves nothing half done."""
    mark = (len(made.new), len(made.edits), dict(made.names))
    try:
        account = _account(table, row, tables, wish, made)
        contact = _contact(table, row, account, tables, made)
        _deal(table, row, account, contact, tables, wish, made)
    except _Twin as twin:
        del made.new[mark[0] :], made.edits[mark[1] :]
        made.names = mark[2]
        made.refused.append(Refusal(table, str(row["id"]), DUPLICATE.format(id=twin)))
        return
    if (len(made.new), len(made.edits)) == mark[:2]:
        made.there += 1


def _account(table: str, row: Row, tables: Tables, wish: str, made: _Made) -> str:
    """Find or make the account of a row; gives the words that refer to it, "" where it names none. Raises _Twin."""
    if table == "accounts":
        return reference_to(row, "name", "accounts", tables)
    name = words_of(row.get("account"))
    known = tables.find("accounts", name)
    if known is not None:
        return reference_to(known, "name", "accounts", tables)
    if not name or ("accounts", fold(name)) in made.names:
        return made.names.get(("accounts", fold(name)), "")
    same = tables.where("accounts", "name", name)
    if len(same) > 1:  # a name of several: which one is meant, only a person knows
        raise _Twin(min(str(one["id"]) for one in same))
    alike = alike_account(row, name, tables) if wish != CREATE else None
    if alike is not None and wish == LINK:
        reference = reference_to(alike, "name", "accounts", tables)
        made.edits.append(Edit(table, str(row["id"]), "account", reference))
        return reference
    if alike is not None:
        raise _Twin(str(alike["id"]))
    made.add("accounts", {"name": name, "type": "Prospect", "owner": _owner(table, row, tables)})
    return name


def _contact(table: str, row: Row, account: str, tables: Tables, made: _Made) -> str:
    """Find or make the person of a row; gives the words that refer to it, "" where it names nobody."""
    if table == "contacts":
        return reference_to(row, "name", "contacts", tables)
    name = words_of(row.get("contact")) if table == "calls" else ""
    known = tables.find("contacts", name)
    if known is not None or not name:
        return reference_to(known, "name", "contacts", tables) if known is not None else ""
    here = tables.same_key("accounts", account)
    same = [one for one in tables.where("contacts", "name", name) if tables.same_key("accounts", one.get("account")) == here]
    if same:
        first = min(same, key=lambda one: str(one["id"]))
        made.edits.append(Edit(table, str(row["id"]), "contact", str(first["id"])))
        return str(first["id"])
    if ("contacts", fold(name)) not in made.names:
        made.add("contacts", {"name": name, "account": account or None, "owner": _owner(table, row, tables)})
    return name


def _owner(table: str, row: Row, tables: Tables) -> Value:
    """Give who owns what is made: the owner of the call, else whoever presses; accounts and contacts are shared."""
    return row.get("owner") if table == "calls" else tables.me or row.get("owner")


# ── the deal ─────────────────────────────────────────────────────────────────────────────────────


def _deal(table: str, row: Row, account: str, contact: str, tables: Tables, wish: str, made: _Made) -> None:
    """Find or make the deal of a row, and link the call to it. Raises _Twin."""
    record = str(row["id"])
    linked = tables.find("opportunities", row.get("opportunity")) if table == "calls" else None
    own = tables.where("opportunities", "external_id", record)
    if linked is not None:
        return
    if own:
        name = reference_to(own[0], "name", "opportunities", tables)
    else:
        running = _running(account, tables)
        if running and wish == "":
            raise _Twin(str(running[0]["id"]))
        if running and wish == LINK:
            name = reference_to(running[0], "name", "opportunities", tables)
            _stakeholder(name, contact, running[0], _owner(table, row, tables), tables, made)
        else:
            name = _new_deal(table, row, account, contact, tables, made)
    if table == "calls" and words_of(row.get("opportunity")) != name:
        made.edits.append(Edit(table, record, "opportunity", name))


def _running(account: str, tables: Tables) -> Sequence[Row]:
    """Give the open deals with an account, by id."""
    key = tables.same_key("accounts", account)
    rows = [
        one
        for one in tables.rows("opportunities")
        if key and state_of(one) == "Open" and tables.same_key("accounts", one.get("account")) == key
    ]
    return sorted(rows, key=lambda one: str(one["id"]))


def _new_deal(table: str, row: Row, account: str, contact: str, tables: Tables, made: _Made) -> str:
    wanted = words_of(row.get("opportunity")) if table == "calls" else ""
    base = wanted or account or contact or str(row["id"])
    name, turn = base, 1
    while tables.where("opportunities", "name", name) or ("opportunities", fold(name)) in made.names:
        name = f"{base} {tables.today.isoformat()}" + (f" ({turn})" if turn > 1 else "")
        turn += 1
    owner = _owner(table, row, tables)
    made.add("opportunities", {
        "name": name, "account": account or None, "stage": first_stage(tables), "created_on": tables.today, "owner": owner,
        "external_id": str(row["id"]),
    })  # fmt: skip
    _stakeholder(name, contact, None, owner, tables, made)
    return name


def _stakeholder(name: str, contact: str, deal: Row | None, owner: Value, tables: Tables, made: _Made) -> None:
    """Put the person among those who decide about a deal, once."""
    person = tables.find("contacts", contact) if contact else None
    who = words_of(person.get("name")) if person is not None else contact
    there = tables.children("stakeholders", "opportunity", "opportunities", deal) if deal is not None else []
    if who and all(fold(one.get("person") or "") != fold(who) for one in there):
        made.add("stakeholders", {"opportunity": name, "person": who, "owner": owner})
