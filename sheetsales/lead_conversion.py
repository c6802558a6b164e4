"""Convert: a qualified lead becomes an account, a contact and an opportunity, each once, after a look for duplicates.

Pure planner. New records refer to one another by name, so a name that is taken gets something to tell it apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Final

from sheetsales.duplicates import company_core, duplicates
from sheetsales.errors import WrongUse
from sheetsales.libraries.qualification import OPT_OUT
from sheetsales.process import Edit, NewRow, Patch, Refusal, Request, Row, Tables
from sheetsales.qualification import COLUMN_OF, domain_of, judge, limits_of, number, overrides
from sheetsales.values import Value, fold, number_of, words_of

LINK, CREATE = "link", "create"
CHOICES: Final = f"Press again with duplicate={LINK} to use it, or duplicate={CREATE} to make a new one."
ROLE_OF: Final = {"Decision maker": "Economic buyer", "Influencer": "Influencer", "User": "User", "Blocker": "Blocker"}
ENDED: Final = ("won", "lost")
SPOKEN: Final = 3  # pairs named in the message


@dataclass
class _Made:
    """What the button has decided so far; what it makes is found again by later leads of the same press."""

    edits: list[Edit] = field(default_factory=list)
    new: list[NewRow] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    accounts: dict[str, str] = field(default_factory=dict)
    contacts: dict[tuple[str, str], str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    people: Counter[str] = field(default_factory=Counter)
    converted: int = 0
    already: int = 0


class _Doubt(Exception):
    """Something stands there that may be the same; the sentence says what to do."""


def convert_leads(rows: Sequence[Row], tables: Tables, request: Request, unknown: str, knocked_out: str) -> Patch:
    """Convert these leads: account, contact and opportunity, found or made, all four linked, status Converted.

    A lead that has its opportunity is left as it is, so that converting twice makes one. unknown, knocked_out:
    the sentences of the gates, with {list} and {reason}. What may be there already refuses the lead, unless
    the parameter `duplicate` says link or create. Raises WrongUse for another word.
    """
    wish = fold(request.parameters.get("duplicate") or "")
    if wish not in ("", LINK, CREATE):
        raise WrongUse(
            f"duplicate: '{request.parameters.get('duplicate')}' is no choice.", f"Use {LINK} or {CREATE}, or leave it out."
        )
    made = _Made(people=Counter(fold(_person(row)) for row in rows))
    for row in rows:
        reason = _closed_gate(row, tables, unknown, knocked_out)
        if _has_opportunity(row, tables) and row.get("status") == "Converted":
            made.already += 1
        elif reason:
            made.refused.append(_refusal(row, reason))
        else:
            try:
                _convert(row, tables, wish, made)
            except _Doubt as doubt:
                made.refused.append(_refusal(row, f"{doubt} {CHOICES}"))
    counts = {table: sum(new.table == table for new in made.new) for table in ("accounts", "contacts", "opportunities")}
    made_words = ", ".join(f"{count} {table}" for table, count in counts.items())
    message = f"{made.converted} leads converted; new: {made_words}."
    message += f" {made.already} were converted already." if made.already else ""
    message += f" {len(made.refused)} refused." if made.refused else ""
    return Patch(tuple(made.edits), tuple(made.new), tuple(made.refused), message, len(rows))


def _refusal(row: Row, reason: str) -> Refusal:
    return Refusal("leads", str(row["id"]), f"{words_of(row.get('company')) or row['id']}: {reason}")


def _closed_gate(row: Row, tables: Tables, unknown: str, knocked_out: str) -> str:
    """Give the sentence of the gate that is closed, "" where the lead may be converted."""
    if row.get("status") in ("Disqualified", "Recycled"):
        return f"its status is {row['status']}."
    verdict = judge(row, tables, limits_of(tables)).verdict
    if verdict.kind == "Disqualified":
        return knocked_out.format(reason=", ".join(verdict.about))
    if verdict.kind == "Not yet qualified" and not overrides(row.get("override_reason")):
        return unknown.format(list=", ".join(verdict.about))
    return ""


def _opportunities_of(row: Row, tables: Tables) -> list[Row]:
    own = tables.find("opportunities", row.get("opportunity"))
    return [own] if own is not None else tables.children("opportunities", "lead", "leads", row)


def _has_opportunity(row: Row, tables: Tables) -> bool:
    return bool(_opportunities_of(row, tables))


def _convert(row: Row, tables: Tables, wish: str, made: _Made) -> None:
    """Decide everything of one lead first, so that a doubt leaves nothing half done."""
    new: list[NewRow] = []
    account = _account(row, tables, wish, made, new)
    contact = _contact(row, account, tables, wish, made, new)
    there = _opportunities_of(row, tables)
    opportunity = (
        reference_to(there[0], "name", "opportunities", tables)
        if there
        else _opportunity(row, account, contact, tables, made, new)
    )
    made.new += new
    for entry in new:
        if entry.table == "accounts":
            made.accounts[fold(entry.values["name"] or "")] = account
        if entry.table == "opportunities":
            made.names.add(fold(entry.values["name"] or ""))
    if contact is not None:
        made.contacts |= dict.fromkeys(_person_keys(row, account), contact)
    wanted: dict[str, Value] = {"account": account, "contact": contact, "opportunity": opportunity, "status": "Converted"}
    made.edits += [
        Edit("leads", str(row["id"]), name, value)
        for name, value in wanted.items()
        if value is not None and row.get(name) != value
    ]
    made.converted += 1


def reference_to(row: Row, column: str, table: str, tables: Tables) -> str:
    """Give the words that refer to a record: its name where that is its alone, else its id."""
    name = words_of(row.get(column))
    return name if name and tables.find(table, name) is row else str(row["id"])


# ── account ──────────────────────────────────────────────────────────────────────────────────────


def _account(row: Row, tables: Tables, wish: str, made: _Made, new: list[NewRow]) -> str:
    """Find or make the account of a lead; gives the words that refer to it. Raises _Doubt."""
    company = words_of(row.get("company")) or words_of(row.get("contact_name")) or str(row["id"])
    linked = tables.find("accounts", row.get("account"))
    if linked is not None:
        return reference_to(linked, "name", "accounts", tables)
    same = tables.where("accounts", "name", company)
    if len(same) > 1:
        raise _Doubt(f"{len(same)} accounts are called {company}; name the one meant in the column Account.")
    if same:
        return reference_to(same[0], "name", "accounts", tables)
    if fold(company) in made.accounts:
        return made.accounts[fold(company)]
    alike = alike_account(row, company, tables) if wish != CREATE else None
    if alike is not None:
        if wish == LINK:
            return reference_to(alike, "name", "accounts", tables)
        raise _Doubt(f"it may be the account {words_of(alike.get('name'))} ({alike['id']}).")
    values: dict[str, Value] = {
        "name": company, "domain": domain_of(row) or None, "industry": row.get("industry"), "country": row.get("country"),
        "type": "Prospect", "owner": row.get("owner"),
    }  # fmt: skip
    new.append(NewRow("accounts", _filled(values)))
    return company


def _filled(values: Mapping[str, Value]) -> dict[str, Value]:
    return {name: value for name, value in values.items() if value is not None}


def alike_account(row: Row, company: str, tables: Tables) -> Row | None:
    """Give the account that may be the lead's company: the same domain, or nearly the same name; the first by id."""
    domain, core, share = domain_of(row), company_core(company), float(number(tables, "similar_company"))
    found = list(tables.where("accounts", "domain", domain or None))
    by_start = tables.once("accounts by the start of their name", _by_start)
    for account in by_start.get(core[:2], []) if core else []:
        other = company_core(account.get("name"))
        if other == core or SequenceMatcher(None, core, other).ratio() >= share:
            found.append(account)
    return min(found, key=lambda account: str(account["id"]), default=None)


def _by_start(tables: Tables) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for account in tables.rows("accounts"):
        core = company_core(account.get("name"))
        if core:
            groups.setdefault(core[:2], []).append(account)
    return groups


# ── contact ──────────────────────────────────────────────────────────────────────────────────────


def _person(row: Row) -> str:
    return words_of(row.get("contact_name")) or words_of(row.get("email"))


def _person_keys(row: Row, account: str) -> list[tuple[str, str]]:
    """Give what makes two leads the same person: one account, and one e-mail or one name."""
    return [(fold(account), fold(word)) for word in (row.get("email"), row.get("contact_name")) if word is not None]


def _contact(row: Row, account: str, tables: Tables, wish: str, made: _Made, new: list[NewRow]) -> str | None:
    """Find or make the contact of a lead; None where the lead names nobody. Raises _Doubt."""
    linked = tables.find("contacts", row.get("contact"))
    if linked is not None:
        return _known(linked, row, tables, made)
    name = _person(row)
    if not name:
        return None
    met = next((key for key in _person_keys(row, account) if key in made.contacts), None)
    if met is not None:
        return made.contacts[met]
    here = tables.same_key("accounts", account)
    by_mail = tables.where("contacts", "email", row.get("email"))
    by_name = [one for one in tables.where("contacts", "name", name) if tables.same_key("accounts", one.get("account")) == here]
    sure = [
        one for one in by_mail if one.get("account") is None or tables.same_key("accounts", one["account"]) == here
    ] or by_name
    if sure:
        return _known(sure[0], row, tables, made)
    if by_mail and wish != CREATE:
        if wish == LINK:
            return _known(by_mail[0], row, tables, made)
        raise _Doubt(f"its e-mail is that of {words_of(by_mail[0].get('name'))} at {by_mail[0].get('account')}.")
    opted_out = any(event.get("kind") == OPT_OUT for event in tables.children("lead_events", "lead", "leads", row))
    taken = bool(tables.where("contacts", "name", name)) or made.people[fold(name)] > 1
    values: dict[str, Value] = {
        "account": account, "name": name, "title": row.get("title"), "email": row.get("email"), "phone": row.get("phone"),
        "opted_out": "Yes" if opted_out else None, "owner": row.get("owner"), "external_id": str(row["id"]) if taken else None,
    }  # fmt: skip
    new.append(NewRow("contacts", _filled(values)))
    return f"{name} [{row['id']}]" if taken else name


def _known(contact: Row, row: Row, tables: Tables, made: _Made) -> str:
    """Give the words that refer to a contact that is there: its id where another of this press may get the same name."""
    name = fold(contact.get("name") or "")
    shared = made.people[name] > (name == fold(_person(row)))
    return str(contact["id"]) if shared else reference_to(contact, "name", "contacts", tables)


# ── opportunity ──────────────────────────────────────────────────────────────────────────────────


def _opportunity(row: Row, account: str, contact: str | None, tables: Tables, made: _Made, new: list[NewRow]) -> str:
    """Make the opportunity with what is known of the lead, and its first stakeholder; gives its name."""
    company = words_of(row.get("company")) or account
    name, turn = company, 1
    while tables.where("opportunities", "name", name) or fold(name) in made.names:
        name = f"{company} {tables.today.isoformat()}" + (f" ({turn})" if turn > 1 else "")
        turn += 1
    values: dict[str, Value] = {
        "name": name, "account": account, "stage": first_stage(tables), "amount": row.get("expected_value"),
        "budget": row.get("budget"), "source": row.get("source"), "business_problem": _problem(row, tables),
        "lead": reference_to(row, "company", "leads", tables), "created_on": tables.today, "owner": row.get("owner"),
    }  # fmt: skip
    new.append(NewRow("opportunities", _filled(values)))
    person = words_of(row.get("contact_name"))
    if person and contact is not None:
        role = ROLE_OF.get(words_of(row.get("buying_role"))) or ("Economic buyer" if row.get("decision_maker") == "Yes" else None)
        stakeholder: dict[str, Value] = {"opportunity": name, "person": person, "role": role, "owner": row.get("owner")}
        new.append(NewRow("stakeholders", _filled(stakeholder)))
    return name


def first_stage(tables: Tables) -> str | None:
    """Give the first stage that is not an end; None leaves it to the default."""
    stages = [
        row
        for row in tables.rows("stages")
        if fold(row.get("name") or "") not in ENDED and number_of(row.get("order")) is not None
    ]
    first = min(stages, key=lambda row: (number_of(row.get("order")) or 0, str(row["id"])), default=None)
    return words_of(first.get("name")) or None if first is not None else None


def _problem(row: Row, tables: Tables) -> str | None:
    """Give what the lead answered to the questions about its need, in the order it was asked."""
    needs = {
        fold(entry.get("question") or "")
        for entry in tables.rows("question_bank")
        if COLUMN_OF.get(fold(entry.get("criterion") or "")) == "need"
    }
    answers = [
        answer
        for answer in tables.children("lead_answers", "lead", "leads", row)
        if fold(answer.get("question") or "") in needs and words_of(answer.get("answer"))
    ]
    ordered = sorted(answers, key=lambda answer: (str(answer.get("asked_on") or ""), str(answer["id"])))
    return " ".join(dict.fromkeys(words_of(answer["answer"]) for answer in ordered))[:2000] or None


# ── duplicates ───────────────────────────────────────────────────────────────────────────────────


def find_duplicates(tables: Tables, request: Request) -> Patch:  # noqa: ARG001 (a lead is compared with all)
    """Write beside each lead which other one it may be; never merges. By e-mail, phone, or domain and company."""
    rows = tables.rows("leads")
    found = duplicates(rows, float(number(tables, "similar_company")))
    edits: list[Edit] = []
    pairs: dict[frozenset[str], str] = {}
    for row in rows:
        other = found.get(str(row["id"]))
        words = f"{words_of(other.get('company')) or 'no name'} ({other['id']})" if other is not None else None
        if row.get("possible_duplicate") != words:
            edits.append(Edit("leads", str(row["id"]), "possible_duplicate", words))
        if other is not None:
            pairs.setdefault(
                frozenset((str(row["id"]), str(other["id"]))), f"{words_of(row.get('company')) or row['id']} and {words}"
            )
    named = "; ".join(list(pairs.values())[:SPOKEN])
    message = f"{len(pairs)} pairs may be the same{f': {named}' if named else ''}. Nothing was merged."
    return Patch(tuple(edits), message=message, rows_read=len(rows))
