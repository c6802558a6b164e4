"""Make proposal: exact totals, the gate of discounts, and the document for the customer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from sheetsales.document import Document, Entry, Heading, Party, Section, Total
from sheetsales.errors import WrongUse
from sheetsales.pricing import Totals, lines_of, proposal_name, total_of, totals_of
from sheetsales.process import Check, Edit, Patch, Refusal, Request, Row, Tables
from sheetsales.values import Value, day_of, number_of, words_of

# ── policy ───────────────────────────────────────────────────────────────────────────────────────

DRAFT, WAITS, APPROVED = "Draft", "Needs approval", "Approved"
GATED: Final = (DRAFT, WAITS, APPROVED, "Sent")  # beyond these the customer has answered: the status stays
OPEN: Final = (DRAFT, WAITS, APPROVED)  # what the button works on where no row is named
FOLDER: Final = "proposals"
SECTIONS: Final = (
    ("business_problem", "What you want to solve"), ("proposed_solution", "What we propose"), ("scope", "What is included"),
    ("not_included", "What is not included"), ("timeline", "Timeline"),
)  # fmt: skip


@dataclass(frozen=True)
class Rules:
    """The checks of the process that stand before a document: what refuses it, the gate, what is only shown."""

    head: tuple[Check, ...]
    line: tuple[Check, ...]
    gate: Check
    shown: Check


@dataclass
class _Made:
    """What the button has decided so far."""

    edits: list[Edit] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    waiting: int = 0

    def refuse(self, row: Row, reason: str) -> None:
        """Turn a proposal down, with its name in front of the reason."""
        self.refused.append(Refusal("proposals", str(row["id"]), f"{proposal_name(row) or row['id']}: {reason}"))

    def set(self, table: str, row: Row, values: Mapping[str, Value]) -> None:
        """Write the cells that differ."""
        self.edits += [Edit(table, str(row["id"]), name, value) for name, value in values.items() if row.get(name) != value]


def plan_proposals(tables: Tables, request: Request, rules: Rules) -> Patch:
    """Make the selected proposals ready, or all that were not sent yet: totals, status, document.

    A discount beyond the limit without an approval sets the status `Needs approval` and makes no document.
    Raises WrongUse where the parameter `proposal` names none.
    """
    rows = _selected(tables, request)
    made = _Made()
    for row in rows:
        _make(row, tables, rules, made)
    return Patch(
        tuple(made.edits),
        refused=tuple(made.refused),
        message=_told(rows, made),
        rows_read=len(rows),
        documents=tuple(made.documents),
    )


def _selected(tables: Tables, request: Request) -> list[Row]:
    named = request.parameters.get("proposal")
    if named is not None:
        row = tables.find("proposals", named)
        if row is None:
            raise WrongUse(f"There is no one proposal called {named}.", "Give its name, such as 'Pumps v1', or its id.")
        return [row]
    rows = [
        row
        for row in tables.rows("proposals")
        if (str(row["id"]) in request.records if request.records else row.get("status") in OPEN)
    ]
    return sorted(rows, key=lambda row: str(row["id"]))


def _make(row: Row, tables: Tables, rules: Rules, made: _Made) -> None:
    lines = sorted(lines_of(row, tables), key=lambda line: (number_of(line.get("order")) or Decimal(10**9), str(line["id"])))
    wrong = _wrong(row, lines, tables, rules)
    sums = totals_of(row, tables)
    if wrong or sums is None:
        made.refuse(row, " ".join(wrong) or "No line has a quantity and a price.")
        return
    made.set("proposals", row, {"name": proposal_name(row), "net": sums.net, "tax": sums.tax, "total": sums.total})
    for line in lines:
        made.set("proposal_lines", line, {"line_total": total_of(line)})
    gates = [f"{f.code}: {f.message}" for f in rules.gate.findings({**row, "status": "Sent"}, tables)]
    if row.get("status") in GATED:
        made.set("proposals", row, {"status": _status(row, bool(gates))})
    if gates:
        made.waiting += 1
        made.refuse(row, " ".join(dict.fromkeys(gates)))
        return
    made.documents.append(document_of(row, lines, sums, tables))
    made.remarks += [f"{f.code}: {f.message}" for f in rules.shown.findings(row, tables)]


def _wrong(row: Row, lines: Sequence[Row], tables: Tables, rules: Rules) -> list[str]:
    """Give the reasons why no document can be made, each with its code."""
    if not lines:
        return ["It has no lines."]
    found = [f"{f.code}: {f.message}" for check in rules.head for f in check.findings(row, tables)]
    for line in lines:
        place = words_of(line.get("description")) or line.get("sku") or f"line {line.get('order') or line['id']}"
        found += [f"{f.code}: {place}: {f.message}" for check in rules.line for f in check.findings(line, tables)]
        if total_of(line) is None:
            found.append(f"{place}: quantity or unit price is missing.")
    return list(dict.fromkeys(found))


def _status(row: Row, gated: bool) -> Value:
    """Give the status after the gate: waiting, or let through where it waited."""
    if gated:
        return WAITS
    if row.get("status") == WAITS:
        return APPROVED if words_of(row.get("approved_by")) else DRAFT
    return row.get("status")


def _told(rows: Sequence[Row], made: _Made) -> str:
    ready = [f"{one.name} {one.totals[-1].amount:,.2f}" + (f" {one.currency}" if one.currency else "") for one in made.documents]
    if not rows:
        return "No proposal is open: write one in the tab Proposals, with its lines."
    text = f"{len(rows)} read, {len(ready)} ready" + (
        f": {'; '.join(ready[:5])}{' …' if len(ready) > 5 else ''}." if ready else "."
    )
    if made.waiting:
        text += f" {made.waiting} {'needs' if made.waiting == 1 else 'need'} an approval and cannot be sent."
    return " ".join([text, *made.remarks[:5]])


# ── the document ─────────────────────────────────────────────────────────────────────────────────


def document_of(row: Row, lines: Sequence[Row], sums: Totals, tables: Tables) -> Document:
    """Describe the document of one proposal; what the proposal leaves blank is left out of it."""
    deal = tables.find("opportunities", row.get("opportunity")) or {}
    contact = tables.find("contacts", row.get("contact")) or {}
    customer = words_of(row.get("customer_name")) or words_of(deal.get("account"))
    name, ours = proposal_name(row) or str(row["id"]), words_of(row.get("our_name"))
    headings, rows = _table(lines, tables)
    texts = {column: words_of(row.get(column)) for column, _ in SECTIONS}
    texts["business_problem"] = texts["business_problem"] or words_of(deal.get("business_problem"))
    return Document(
        name=f"Proposal {name}", kind=FOLDER, title="Proposal", subtitle=words_of(row.get("opportunity")),
        day=day_of(row.get("date")) or tables.today,
        currency=words_of(row.get("ccy")).upper() or words_of(deal.get("ccy")).upper(),
        parties=tuple(party for party in (
            Party("For", _filled(customer, *_address(row.get("customer_address")), _attention(contact, row))),
            Party("From", _filled(ours, *_address(row.get("our_address"))))) if party.lines),
        facts=_facts(row, name),
        sections=tuple(Section(words, texts[column]) for column, words in SECTIONS if texts[column]),
        headings=headings, rows=rows, totals=_totals(sums),
        closing=tuple(Section(words, text) for words, text in (
            ("Payment terms", words_of(row.get("payment_terms"))), ("", words_of(row.get("signature_block")))) if text),
        signatures=tuple(f"Place, date, {side}" for side in (customer or "customer", ours or "supplier")),
    )  # fmt: skip


def _filled(*lines: str) -> tuple[str, ...]:
    return tuple(line for line in lines if line)


def _address(text: Value) -> list[str]:
    return [part.strip() for part in words_of(text).splitlines()]


def _attention(contact: Mapping[str, Value], row: Row) -> str:
    who = words_of(contact.get("name")) or words_of(row.get("contact"))
    title = words_of(contact.get("title"))
    return f"{who}, {title}" if who and title else who


def _facts(row: Row, name: str) -> tuple[tuple[str, Entry], ...]:
    term, value = number_of(row.get("term_months")), number_of(row.get("value_to_customer"))
    facts: list[tuple[str, Entry]] = [
        ("Proposal", name), ("Date", day_of(row.get("date"))), ("Valid until", day_of(row.get("valid_until"))),
        ("Term", f"{term:f} months" if term else None), ("Worth to you", value or None),
        ("Prepared by", words_of(row.get("prepared_by")) or None),
    ]  # fmt: skip
    return tuple((label, entry) for label, entry in facts if entry is not None)


def _table(lines: Sequence[Row], tables: Tables) -> tuple[tuple[Heading, ...], tuple[tuple[Entry, ...], ...]]:
    """Give the table; a column of discounts or taxes that would be empty throughout is left out."""
    columns: list[tuple[Heading, list[Entry]]] = [
        (Heading("No."), [str(number) for number in range(1, len(lines) + 1)]),
        (Heading("Description"), [_description(line, tables) for line in lines]),
        (Heading("Quantity", "number"), [number_of(line.get("qty")) for line in lines]),
        (Heading("Unit price", "money"), [number_of(line.get("unit_price")) for line in lines]),
        (Heading("Discount", "percent"), [number_of(line.get("discount")) or None for line in lines]),
        (Heading("Tax", "percent"), [number_of(line.get("tax_rate")) or None for line in lines]),
        (Heading("Amount", "money"), [total_of(line) for line in lines]),
    ]
    kept = [(heading, cells) for heading, cells in columns if heading.look != "percent" or _any(cells)]
    return tuple(heading for heading, _ in kept), tuple(zip(*(cells for _, cells in kept), strict=True))


def _any(cells: Iterable[Entry]) -> bool:
    return any(cell is not None for cell in cells)


def _description(line: Row, tables: Tables) -> str:
    """Give what is printed for a line: its own words, else the product's name."""
    product = tables.find("products", line.get("sku")) or {}
    return words_of(line.get("description")) or words_of(product.get("name")) or words_of(line.get("sku")) or "-"


def _totals(sums: Totals) -> tuple[Total, ...]:
    taxes = [Total(f"Tax {(rate * 100).normalize():f} %", amount) for rate, amount in sums.taxes.items() if rate]
    return (Total("Net", sums.net), *taxes, Total("Total", sums.total, strong=True))
