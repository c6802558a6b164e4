"""Fill e-mail: a template's fields from a record and what belongs to it, kept as a draft. Nothing is sent."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from sheetsales.document import day_in_words
from sheetsales.errors import WrongUse
from sheetsales.letters import fields_in, filled, unknown_fields
from sheetsales.libraries.letters import FIELDS
from sheetsales.process import Edit, NewRow, Patch, Refusal, Request, Row, Tables
from sheetsales.values import Value, fold, moment_of, number_of, words_of

ABOUT: Final = ("leads", "opportunities", "contacts", "accounts", "calls", "proposals", "account_plans", "handovers")
NAMED: Final = ABOUT[:4]  # whom a plain name means first
TYPED: Final = (
    "summary",
    "objection",
    "response",
    "idea",
    "start_date",
    "product",
    "business_problem",
    "next_step",
    "next_step_date",
)
SUBJECT_LIMIT: Final = 2_000  # characters, as the column of a subject takes
BODY_LIMIT: Final = 16_000  # characters, as the column of a body takes
NOTHING: Final[Row] = {}
BEFORE_ALL: Final = datetime(1, 1, 1)  # noqa: DTZ001 (times here are the workspace's, naive)
TITLES: Final = frozenset({"mr", "mrs", "ms", "miss", "dr", "prof", "sir", "herr", "frau"})


@dataclass(frozen=True)
class _Around:
    """A record with the rows that belong to it; an empty row where there is none."""

    table: str
    row: Row
    lead: Row
    account: Row
    contact: Row
    deal: Row
    call: Row
    proposal: Row
    plan: Row
    handover: Row
    sender: Row


@dataclass(frozen=True)
class _Letter:
    """A filled e-mail: to whom, and its words."""

    to: str | None
    subject: str
    body: str

    @property
    def mark(self) -> str:
        """Give a short mark of the wording, by which an unchanged letter is known."""
        words = "\x00".join((self.to or "", self.subject, self.body))
        return hashlib.blake2b(words.encode("utf-8", "replace"), digest_size=8).hexdigest()


def plan_letters(tables: Tables, request: Request) -> Patch:
    """Write one draft for each selected record; a record that lacks a field, or whose contact opted out, is refused.

    A draft that nobody changed is rewritten when its fields change; one that a person adapted, or that was
    sent, stays, and a new one is made. Raises WrongUse without a template or a record.
    """
    template = _template(tables, request)
    unknown = unknown_fields(fields_in(words_of(template.get("subject")), words_of(template.get("body"))), FIELDS)
    if unknown:
        known = ", ".join(sorted(FIELDS))
        reason = " ".join(f"AUTO-04: Template names an unknown field {_braced(x)}. Known: {known}." for x in unknown)
        return Patch(refused=(Refusal("email_templates", str(template["id"]), reason),), message="No letter was written.")
    edits: list[Edit] = []
    new: list[NewRow] = []
    refused: list[Refusal] = []
    rows = _selected(tables, request)
    for table, row in rows:
        around = _around(table, row, tables, request.parameters)
        letter = _letter(template, around, request.parameters, tables)
        if isinstance(letter, str):
            refused.append(Refusal(table, str(row["id"]), f"{_name(table, row)}: {letter}"))
        else:
            _keep(letter, template, around, tables, edits, new)
    counts = ((len(rows) - len(refused), "ready in the tab E-mails"), (len(refused), "refused"))
    message = f"{len(rows)} read: {', '.join(f'{count} {words}' for count, words in counts if count)}."
    return Patch(tuple(edits), tuple(new), tuple(refused), f"{message} Nothing was sent.", len(rows))


# ── what was asked for ───────────────────────────────────────────────────────────────────────────


def _template(tables: Tables, request: Request) -> Row:
    named = request.parameters.get("template")
    offered = [str(row.get("name")) for row in tables.rows("email_templates") if row.get("active") != "No" and row.get("name")]
    hint = f"Templates: {', '.join(sorted(offered))}." if offered else "Write one in the tab E-mail templates."
    if not words_of(named):
        raise WrongUse("Say which template: template=NAME.", hint)
    row = tables.find("email_templates", named)
    if row is None:
        raise WrongUse(f"There is no template called {named}.", hint)
    if row.get("active") == "No":
        raise WrongUse(f"The template {named} is not active.", hint)
    return row


def _selected(tables: Tables, request: Request) -> list[tuple[str, Row]]:
    """Give the records that were selected by id, or the one that the parameter `record` names."""
    named = request.parameters.get("record")
    wanted = [*request.records, *([words_of(named)] if words_of(named) else [])]
    if not wanted:
        raise WrongUse(
            "Say to whom: select rows, or name one by record=NAME.",
            "A lead, an opportunity, a contact, an account, a call, a proposal, a plan or a hand-over.",
        )
    found: dict[str, tuple[str, Row]] = {}
    for words in wanted:
        hits = [(table, row) for table in ABOUT if (row := tables.find(table, words)) is not None]
        exact = [hit for hit in hits if str(hit[1]["id"]) == words] or [hit for hit in hits if hit[0] in NAMED] or hits
        if len(exact) != 1:
            several = f" It may be {' or '.join(_kind(table) for table, _ in exact)}: give its id." if exact else ""
            raise WrongUse(
                f"There is no one record called {words}.{several}", "Its id stands in the hidden column ID of its row."
            )
        found[str(exact[0][1]["id"])] = exact[0]
    return [found[record] for record in sorted(found)]


def _kind(table: str) -> str:
    return {"opportunities": "an opportunity", "accounts": "an account", "account_plans": "an account plan"}.get(
        table, f"a {table.removesuffix('s')}"
    )


# ── what belongs to a record ─────────────────────────────────────────────────────────────────────


def _around(table: str, row: Row, tables: Tables, parameters: Mapping[str, Value]) -> _Around:
    def own(name: str) -> Row:
        return row if table == name else NOTHING

    proposal, call = own("proposals"), own("calls")
    lead = own("leads")
    deal = own("opportunities") or _ref("opportunities", tables, proposal, call, lead)
    lead = lead or _ref("leads", tables, deal, column="lead")
    account = own("accounts") or _ref("accounts", tables, row, deal, lead)
    call = call or _next(_of(tables, "calls", deal, account, own("contacts")), tables)
    proposal = proposal or _newest(_of(tables, "proposals", deal, NOTHING, NOTHING), "proposal_version")
    asked = parameters.get("contact")
    contact = (tables.find("contacts", asked) or {"name": asked}) if words_of(asked) else own("contacts")
    contact = contact or _ref("contacts", tables, row, proposal, lead, call)
    contact = contact or _person_of(lead, tables) or _only_contact(account, tables)
    account = account or _ref("accounts", tables, contact)
    plan = own("account_plans") or _newest(_of(tables, "account_plans", NOTHING, account, NOTHING), "renewal_date")
    handover = own("handovers") or _newest(_of(tables, "handovers", NOTHING, account, NOTHING), "meeting_date")
    who = None if table in ("accounts", "contacts") and tables.me else tables.person(row.get("owner"))
    sender = who or tables.person(tables.me) or {"email": tables.me or None}
    return _Around(table, row, lead, account, contact, deal, call, proposal, plan, handover, sender)


_COLUMN: Final = {"opportunities": "opportunity", "accounts": "account", "contacts": "contact", "leads": "lead"}


def _ref(target: str, tables: Tables, *rows: Row, column: str = "") -> Row:
    """Give the first row of `target` that one of these rows refers to."""
    for row in rows:
        found = tables.find(target, row.get(column or _COLUMN[target]))
        if found is not None:
            return found
    return NOTHING


def _of(tables: Tables, table: str, deal: Row, account: Row, contact: Row) -> list[Row]:
    """Give the rows of a table that refer to the deal; where none does, those of the contact, then of the account."""
    for target, row in (("opportunities", deal), ("contacts", contact), ("accounts", account)):
        if row:
            found = tables.children(table, _COLUMN[target], target, row)
            if found:
                return found
    return []


def _newest(rows: Sequence[Row], column: str) -> Row:
    def age(row: Row) -> tuple[Decimal, datetime, str]:
        value = row.get(column)
        return number_of(value) or Decimal(0), moment_of(value) or BEFORE_ALL, str(row["id"])

    return max(rows, key=age, default=NOTHING)


def _next(calls: Sequence[Row], tables: Tables) -> Row:
    """Give the call that comes next; where none is planned, the newest."""
    planned = [
        (moment_of(row.get("planned_at")) or BEFORE_ALL, str(row["id"]), row) for row in calls if row.get("status") == "Planned"
    ]
    ahead = [one for one in planned if one[0] >= tables.now]
    return min(ahead, key=lambda one: one[:2])[2] if ahead else _newest(calls, "planned_at")


def _person_of(lead: Row, tables: Tables) -> Row:
    """Give the contact that a lead speaks of: a known one with its address, else what the lead says."""
    known = tables.where("contacts", "email", lead.get("email"))
    if known:
        return min(known, key=lambda row: str(row["id"]))
    said = {"name": lead.get("contact_name"), "title": lead.get("title"), "email": lead.get("email")}
    return said if any(value is not None for value in said.values()) else NOTHING


def _only_contact(account: Row, tables: Tables) -> Row:
    people = tables.children("contacts", "account", "accounts", account) if account else []
    return people[0] if len(people) == 1 else NOTHING


# ── filling ──────────────────────────────────────────────────────────────────────────────────────

_From = Callable[[_Around], Value]


def _first_name(around: _Around) -> Value:
    """Give the first name: `Ida` of `Ida Roth`, of `Roth, Ida` and of `Dr. Ida Roth`."""
    name = words_of(around.contact.get("name"))
    parts = (name.partition(",")[2] or name).split()
    while len(parts) > 1 and parts[0].rstrip(".").casefold() in TITLES:
        parts = parts[1:]
    return parts[0] if parts else None


def _money(row: Row, column: str, *currencies: Row) -> Value:
    amount = number_of(row.get(column))
    ccy = next((words_of(one.get("ccy")) for one in (row, *currencies) if words_of(one.get("ccy"))), "")
    return f"{amount:,.2f} {ccy}".strip() if amount is not None else None


def _member(address: Value, tables: Tables) -> Value:
    person = tables.person(address) or NOTHING
    return person.get("name") or address


def _values(around: _Around, tables: Tables) -> dict[str, Value]:
    """Give every field that the record and what belongs to it can fill."""
    lead, deal, account, proposal = around.lead, around.deal, around.account, around.proposal
    return {
        "first_name": _first_name(around), "contact_name": around.contact.get("name"), "contact_title": around.contact.get("title"),
        "company": account.get("name") or around.row.get("account") or deal.get("account") or lead.get("company"),
        "industry": account.get("industry") or lead.get("industry"), "region": account.get("region"),
        "opportunity": deal.get("name"), "product": deal.get("product"), "amount": _money(deal, "amount"),
        "business_problem": deal.get("business_problem") or proposal.get("business_problem"),
        "next_step": deal.get("next_step") or around.call.get("next_step"),
        "next_step_date": deal.get("next_step_date") or around.call.get("next_step_date"), "close_date": deal.get("close_date"),
        "value_to_customer": _money(deal, "value_to_customer") or _money(proposal, "value_to_customer", deal),
        "objective": around.call.get("objective"), "meeting_date": around.call.get("planned_at") or around.handover.get("meeting_date"),
        "proposal": proposal.get("name"), "proposal_total": _money(proposal, "total", deal), "valid_until": proposal.get("valid_until"),
        "question": lead.get("ask_next"), "revisit_on": lead.get("revisit_on"),
        "account_manager": _member(around.handover.get("to_am"), tables), "renewal_date": around.plan.get("renewal_date"),
        "customer_need": around.plan.get("customer_need_1"), "success_criteria": around.handover.get("success_criteria"),
        "my_name": around.sender.get("name"), "my_email": around.sender.get("email"), "our_name": proposal.get("our_name"),
    }  # fmt: skip


def _said(value: Value) -> str:
    """Give a value as it stands in a letter."""
    if isinstance(value, datetime):
        return f"{day_in_words(value)}, {value:%H:%M}"
    if isinstance(value, date):
        return day_in_words(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    return "" if value is None else str(value).strip()


def _letter(template: Row, around: _Around, parameters: Mapping[str, Value], tables: Tables) -> _Letter | str:
    """Fill the template; gives the reasons where it cannot be filled, or may not be written."""
    values = {name: _said(value) for name, value in _values(around, tables).items()}
    values |= {name: _said(parameters[name]) for name in TYPED if _said(parameters.get(name))}
    subject, body = words_of(template.get("subject")), words_of(template.get("body"))
    reasons = ["AUTO-09: Contact opted out of e-mail."] if _opted_out(around.contact, tables) else []
    reasons += [
        f"AUTO-03: Template field {_braced(name)} is not filled; nothing was sent.{_source(name)}"
        for name in fields_in(subject, body)
        if not values.get(name.casefold())
    ]
    if reasons:
        return " ".join(reasons)
    words = {name: value for name, value in values.items() if value}
    letter = _Letter(words_of(around.contact.get("email")) or None, " ".join(filled(subject, words).split()), filled(body, words))
    if len(letter.subject) > SUBJECT_LIMIT or len(letter.body) > BODY_LIMIT:
        return f"The letter would be longer than {BODY_LIMIT:,} characters, its subject longer than {SUBJECT_LIMIT:,}."
    return letter


def _opted_out(contact: Row, tables: Tables) -> bool:
    others: Iterable[Row] = tables.where("contacts", "email", contact.get("email"))
    return any(one.get("opted_out") == "Yes" for one in (contact, *others))


def _source(name: str) -> str:
    """Say where an unfilled field is filled."""
    where = FIELDS.get(name.casefold(), "")
    if name.casefold() in TYPED:
        return f" Type it: {name.casefold()}=…" if where == "asked for" else f" Fill {where}, or type it: {name.casefold()}=…"
    return f" It comes from {where}."


def _braced(name: str) -> str:
    return "{{" + name + "}}"


# ── keeping ──────────────────────────────────────────────────────────────────────────────────────


def _keep(letter: _Letter, template: Row, around: _Around, tables: Tables, edits: list[Edit], new: list[NewRow]) -> None:
    """Make a draft, renew the one that nobody touched, or leave everything where this letter stands already."""
    record, name = str(around.row["id"]), template.get("name")
    known = [row for row in tables.where("emails", "about_id", record) if fold(row.get("template") or "") == fold(name or "")]
    if any(row.get("written_as") == letter.mark for row in known):
        return
    values: dict[str, Value] = {
        "to": letter.to,
        "subject": letter.subject,
        "body": letter.body,
        "written_as": letter.mark,
        "written_at": tables.now,
    }
    untouched = [row for row in known if row.get("status") == "Draft" and row.get("written_as") == mark_of(row)]
    if untouched:
        row = min(untouched, key=lambda one: str(one["id"]))
        edits.extend(
            Edit("emails", str(row["id"]), column, value) for column, value in values.items() if row.get(column) != value
        )
        return
    owner = around.sender.get("email") or around.row.get("owner")
    values |= {"template": name, "about": _name(around.table, around.row), "about_id": record, "status": "Draft"}
    new.append(NewRow("emails", values | ({"owner": owner} if owner is not None else {})))


def mark_of(row: Row) -> str:
    """Give the mark of the words that stand in a row of `emails`."""
    return _Letter(words_of(row.get("to")) or None, str(row.get("subject") or ""), str(row.get("body") or "")).mark


def _name(table: str, row: Row) -> str:
    """Give what a person calls a record."""
    label = {"leads": "company", "handovers": "account"}.get(table, "name")
    return re.sub(r"\s+", " ", str(row.get(label) or row["id"]))[:200]
