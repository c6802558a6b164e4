"""Fill e-mail and Make proposal as pure plans: what is written, what is refused and why, and twice the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetsales.correspondence import mark_of, plan_letters
from sheetsales.document import Document, shown
from sheetsales.errors import WrongUse
from sheetsales.letters import filled
from sheetsales.libraries.letters import LETTERS
from sheetsales.playbook import build_playbook
from sheetsales.process import Patch, Request, Row, Tables
from sheetsales.processes.automation import PROCESS, make_proposals
from sheetsales.validate import row_findings
from sheetsales.values import Value

BOOK = build_playbook({})
NOW = datetime(2026, 5, 13, 9, 0)
REP = "rep@example.com"
TEMPLATES: list[Row] = [{"id": f"ET-{n:02}", **row} for n, row in enumerate(PROCESS.defaults["email_templates"])]
PEOPLE: list[Row] = [
    {"id": "PE-1", "email": REP, "name": "Rita Rep"},
    {"id": "PE-2", "email": "am@example.com", "name": "Ada Manager"},
]
ACCOUNT: Row = {"id": "AC-1", "name": "Acme", "industry": "Paper", "region": "North"}
CONTACT: Row = {"id": "CN-1", "account": "Acme", "name": "Ida Roth", "title": "Buyer", "email": "ida@acme.example"}
DEAL: Row = {
    "id": "OP-1", "name": "Pumps", "account": "Acme", "product": "Pump", "amount": Decimal("101.30"), "owner": REP,
    "business_problem": "two pumps that stop the line", "next_step": "we meet", "next_step_date": date(2026, 6, 1),
}  # fmt: skip
LEAD: Row = {"id": "LD-1", "company": "Dune", "contact_name": "Dr. Jo Vale", "email": "jo@dune.example", "owner": REP,
             "ask_next": "Who decides?", "revisit_on": date(2026, 9, 1)}  # fmt: skip


def view(me: str = REP, /, **rows: Sequence[Row]) -> Tables:
    whole: dict[str, Sequence[Row]] = {
        "email_templates": TEMPLATES, "people": PEOPLE, "accounts": [ACCOUNT], "contacts": [CONTACT], "opportunities": [DEAL], "leads": [LEAD],
    }  # fmt: skip
    return BOOK.view({**whole, **rows}, NOW, me)


def write(tables: Tables, template: str, record: str = "OP-1", **typed: Value) -> Patch:
    return plan_letters(tables, Request((record,), {"template": template, **typed}))


def one(subject: str, body: str = "Hello", **changes: Value) -> list[Row]:
    return [{"id": "ET-X", "name": "Mine", "subject": subject, "body": body, "active": "Yes", **changes}]


def kept(patch: Patch, earlier: Sequence[Row] = ()) -> list[Row]:
    """The rows of `emails` once a patch is carried out."""
    rows = {str(row["id"]): dict(row) for row in earlier}
    for edit in patch.edits:
        rows[edit.record][edit.column] = edit.value
    for new in patch.new:
        rows[f"EM-{len(rows) + 1}"] = {"id": f"EM-{len(rows) + 1}", **new.values}
    return list(rows.values())


# ── Fill e-mail ──────────────────────────────────────────────────────────────────────────────────


def test_a_letter_is_filled_from_the_record_its_account_contact_owner_and_kept_as_a_draft() -> None:
    patch = write(view(), "Thanks after winning")
    assert patch.refused == ()
    assert [new.table for new in patch.new] == ["emails"]
    assert {k: v for k, v in patch.new[0].values.items() if k not in ("body", "written_as")} == {
        "to": "ida@acme.example", "subject": "Thank you, Ida", "written_at": NOW, "template": "Thanks after winning", "about": "Pumps",
        "about_id": "OP-1", "status": "Draft", "owner": REP,
    }  # fmt: skip
    assert patch.new[0].values["body"] == (
        "Dear Ida,\n\nthank you for your trust. What happens now: we meet, by 1 June 2026. "
        "You reach me at rep@example.com whenever something is unclear.\n\nKind regards\nRita Rep"
    )


def test_an_unfilled_first_name_fails_with_auto_03_and_writes_nothing() -> None:
    patch = write(view(contacts=[{**CONTACT, "name": None}]), "Thanks after winning")
    assert (patch.edits, patch.new) == ((), ())
    assert [(r.table, r.record) for r in patch.refused] == [("opportunities", "OP-1")]
    assert "AUTO-03: Template field {{first_name}} is not filled; nothing was sent." in patch.refused[0].message


def test_one_record_that_lacks_a_field_stops_no_other() -> None:
    tables = view(leads=[LEAD, {**LEAD, "id": "LD-2", "company": "Elm", "contact_name": None}])
    patch = plan_letters(tables, Request(("LD-1", "LD-2"), {"template": "Polite close"}))
    assert [new.values["about_id"] for new in patch.new] == ["LD-1"]
    assert [r.record for r in patch.refused] == ["LD-2"]
    assert patch.message == "2 read: 1 ready in the tab E-mails, 1 refused. Nothing was sent."


def test_an_unknown_field_is_auto_04_with_the_known_ones() -> None:
    patch = write(view(email_templates=one("{{shoe_size}}")), "Mine")
    assert (patch.edits, patch.new) == ((), ())
    assert [r.table for r in patch.refused] == ["email_templates"]
    assert patch.refused[0].message.startswith(
        "AUTO-04: Template names an unknown field {{shoe_size}}. Known: account_manager, amount,"
    )


@pytest.mark.parametrize(
    ("record", "rows"),
    [
        pytest.param("OP-1", {"contacts": [{**CONTACT, "opted_out": "Yes"}]}, id="the contact of the deal"),
        pytest.param("CN-1", {"contacts": [{**CONTACT, "opted_out": "Yes"}]}, id="the contact itself"),
        pytest.param(
            "LD-1", {"contacts": [{**CONTACT, "email": "JO@dune.example", "opted_out": "Yes"}]}, id="a lead with the same address"
        ),
    ],
)
def test_whoever_opted_out_gets_no_letter(record: str, rows: Mapping[str, Sequence[Row]]) -> None:
    patch = write(view(**rows), "Asking why after losing", record)
    assert patch.new == ()
    assert "AUTO-09: Contact opted out of e-mail." in patch.refused[0].message


def test_a_blank_answer_about_opting_out_is_unknown_and_no_refusal() -> None:
    assert len(write(view(contacts=[{**CONTACT, "opted_out": "Unknown"}]), "Thanks after winning").new) == 1


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Ida Roth", "Ida"),
        ("Roth, Ida", "Ida"),
        ("Dr. Ida Roth", "Ida"),
        ("Ida", "Ida"),
        ("  Mrs Ida  Roth ", "Ida"),
        ("Dr.", "Dr."),
    ],
)
def test_the_first_name(name: str, first: str) -> None:
    patch = write(view(contacts=[{**CONTACT, "name": name}], email_templates=one("{{first_name}}")), "Mine")
    assert patch.new[0].values["subject"] == first


def test_what_is_typed_beside_the_button_fills_a_field_and_goes_before_the_record() -> None:
    tables = view(email_templates=one("{{ Product }}: {{idea}}"))
    assert "{{idea}}" in write(tables, "Mine").refused[0].message
    assert write(tables, "Mine", idea="a spare", product="Valve").new[0].values["subject"] == "Valve: a spare"


def test_a_field_inside_a_value_is_not_filled_again() -> None:
    patch = write(view(email_templates=one("{{product}}")), "Mine", product="{{my_email}}")
    assert patch.new[0].values["subject"] == "{{my_email}}"


@given(st.text(), st.text())
def test_filling_leaves_every_other_text_alone(before: str, after: str) -> None:
    if "{" not in before + after and "}" not in before + after:
        assert filled(before + "{{x}}" + after, {"x": "{{y}}", "y": "no"}) == before + "{{y}}" + after


def test_pressing_twice_makes_no_second_draft() -> None:
    rows = kept(write(view(), "Thanks after winning"))
    again = write(view(emails=rows), "Thanks after winning")
    assert (again.edits, again.new) == ((), ())
    assert again.message == write(view(), "Thanks after winning").message, "or the status cell would change"


def test_a_draft_that_nobody_touched_follows_the_record() -> None:
    rows = kept(write(view(), "Thanks after winning"))
    patch = write(view(emails=rows, opportunities=[{**DEAL, "next_step": "we call"}]), "Thanks after winning")
    assert patch.new == ()
    assert {edit.column for edit in patch.edits} == {"body", "written_as"}
    after = kept(patch, rows)
    assert "we call" in str(after[0]["body"])
    assert after[0]["written_as"] == mark_of(after[0])


@pytest.mark.parametrize("change", [{"body": "In my own words."}, {"status": "Sent"}], ids=["adapted", "sent"])
def test_a_letter_that_a_person_adapted_or_sent_stays_and_a_new_one_is_made_once(change: Mapping[str, Value]) -> None:
    rows: list[Row] = [{**row, **change} for row in kept(write(view(), "Thanks after winning"))]
    assert write(view(emails=rows), "Thanks after winning").new == ()
    changed = {"opportunities": [{**DEAL, "next_step": "we call"}]}
    patch = write(view(emails=rows, **changed), "Thanks after winning")
    assert (patch.edits, len(patch.new)) == ((), 1)
    both = kept(patch, rows)
    again = write(view(emails=both, **changed), "Thanks after winning")
    assert (again.edits, again.new) == ((), ())


@pytest.mark.parametrize(
    ("records", "parameters", "says"),
    [
        pytest.param((), {"template": "Thanks after winning"}, "Say to whom", id="no record"),
        pytest.param(("OP-1",), {}, "Say which template", id="no template"),
        pytest.param(("OP-1",), {"template": "Nope"}, "There is no template called Nope.", id="unknown template"),
        pytest.param(("OP-9",), {"template": "Thanks after winning"}, "There is no one record called OP-9.", id="unknown record"),
        pytest.param(
            (),
            {"template": "Thanks after winning", "record": "Nobody"},
            "There is no one record called Nobody.",
            id="unknown name",
        ),
    ],
)
def test_a_button_says_what_it_was_not_given(records: tuple[str, ...], parameters: Mapping[str, Value], says: str) -> None:
    with pytest.raises(WrongUse) as refused:
        plan_letters(view(), Request(records, parameters))
    assert str(refused.value).startswith(says)


def test_a_template_that_is_not_active_is_not_used() -> None:
    with pytest.raises(WrongUse, match="not active"):
        write(view(email_templates=one("Hello", active="No")), "Mine")


def test_a_name_that_means_a_lead_and_an_account_is_asked_about() -> None:
    tables = view(leads=[{**LEAD, "company": "Acme"}])
    with pytest.raises(WrongUse, match="a lead or an account"):
        plan_letters(tables, Request((), {"template": "Polite close", "record": "Acme"}))


def test_a_letter_about_a_shared_account_is_signed_by_whoever_writes_it() -> None:
    tables = view("am@example.com", accounts=[{**ACCOUNT, "owner": REP}], email_templates=one("{{my_name}}"))
    patch = write(tables, "Mine", "AC-1")
    assert (patch.new[0].values["subject"], patch.new[0].values["owner"]) == ("Ada Manager", "am@example.com")


def test_a_letter_about_another_members_deal_is_signed_by_that_member() -> None:
    assert write(view("am@example.com", email_templates=one("{{my_name}}")), "Mine").new[0].values["subject"] == "Rita Rep"


def test_the_meeting_that_comes_next_is_the_one_that_is_confirmed() -> None:
    calls = [{"id": f"CA-{day}", "account": "Acme", "opportunity": "Pumps", "status": "Planned", "planned_at": datetime(2026, 5, day, 14, 30),
              "objective": f"goal {day}"} for day in (2, 20, 27)]  # fmt: skip
    patch = write(view(calls=calls), "Confirm a meeting")
    assert patch.new[0].values["subject"] == "Our meeting on 20 May 2026, 14:30"
    assert "goal 20" in str(patch.new[0].values["body"])


def test_every_template_we_ship_can_be_filled_from_full_records() -> None:
    full: dict[str, Sequence[Row]] = {
        "opportunities": [{**DEAL, "lead": "LD-1"}], "leads": [LEAD], "contacts": [CONTACT],
        "calls": [{"id": "CA-1", "account": "Acme", "contact": "Ida Roth", "opportunity": "Pumps", "planned_at": NOW, "objective": "agree"}],
        "proposals": [{"id": "PP-1", "opportunity": "Pumps", "proposal_version": 1, "name": "Pumps v1", "total": Decimal("101.30"), "ccy": "EUR",
                       "valid_until": date(2026, 6, 30)}],
        "account_plans": [{"id": "AP-1", "account": "Acme", "renewal_date": date(2026, 12, 1), "customer_need_1": "less waste"}],
        "handovers": [{"id": "HO-1", "account": "Acme", "to_am": "am@example.com", "meeting_date": date(2026, 6, 2), "success_criteria": "no stops"}],
    }  # fmt: skip
    typed = dict.fromkeys(("summary", "objection", "response", "idea", "start_date"), "as said")
    for name, *_ in LETTERS:
        patch = write(view(**full), name, **typed)
        assert patch.refused == (), name
        assert "{{" not in str(patch.new[0].values["subject"]) + str(patch.new[0].values["body"])
    sent = write(view(**full), "Send a proposal").new[0].values["body"]
    assert "It comes to 101.30 EUR and is valid until 30 June 2026." in str(sent)


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        pytest.param({"status": "Draft", "subject": "{{x}}"}, [], id="a draft may be unfinished"),
        pytest.param({"status": "Sent", "subject": "{{x}}"}, ["AUTO-03"], id="what was sent is filled"),
        pytest.param({"status": "Sent", "to": "ida@acme.example"}, ["AUTO-09"], id="to whoever opted out"),
        pytest.param({"status": "Sent", "to": "jo@dune.example"}, [], id="to anybody else"),
    ],
)
def test_what_is_marked_as_sent_is_filled_and_wanted(changes: Mapping[str, Value], codes: list[str]) -> None:
    row: Row = {"id": "EM-1", "owner": REP, "subject": "Hello", "body": "Hello", **changes}
    tables = view(contacts=[{**CONTACT, "opted_out": "Yes"}])
    assert [f.code for f in row_findings(BOOK.checks["emails"], row, tables)] == codes


# ── Make proposal ────────────────────────────────────────────────────────────────────────────────


def proposal(**changes: Value) -> Row:
    return {"id": "PP-1", "owner": REP, "opportunity": "Pumps", "proposal_version": 1, "status": "Draft", "date": date(2026, 5, 1),
            "valid_until": date(2026, 5, 31), "contact": "Ida Roth", **changes}  # fmt: skip


def line(number: int, quantity: str, price: str, **changes: Value) -> Row:
    return {"id": f"PL-{number}", "proposal": "Pumps v1", "order": number, "description": f"Thing {number}", "qty": Decimal(quantity),
            "unit_price": Decimal(price), "discount": Decimal(0), "tax_rate": Decimal("0.20"), **changes}  # fmt: skip


EXAMPLE = [line(1, "3", "19.99", discount=Decimal("0.10")), line(2, "7", "4.35")]
LIMITED: list[Row] = [{"id": "PR-1", "sku": "X1", "name": "Pump", "max_discount": Decimal("0.05")}]


def make(head: Row, lines: Sequence[Row], records: tuple[str, ...] = (), **rows: Sequence[Row]) -> Patch:
    return make_proposals(view(proposals=[head], proposal_lines=lines, **rows), Request(records, {}))


def cells(patch: Patch, record: str = "PP-1") -> dict[str, Value]:
    return {edit.column: edit.value for edit in patch.edits if edit.record == record}


def amounts(document: Document) -> list[str]:
    return [f"{total.words} {total.amount}" for total in document.totals]


def test_the_worked_example_comes_to_101_30() -> None:
    patch = make(proposal(), EXAMPLE)
    assert cells(patch) == {"name": "Pumps v1", "net": Decimal("84.42"), "tax": Decimal("16.88"), "total": Decimal("101.30")}
    assert [cells(patch, f"PL-{n}") for n in (1, 2)] == [{"line_total": Decimal("53.97")}, {"line_total": Decimal("30.45")}]
    assert amounts(patch.documents[0]) == ["Net 84.42", "Tax 20 % 16.88", "Total 101.30"]
    assert patch.message == "1 read, 1 ready: Proposal Pumps v1 101.30."


def test_three_lines_of_0_335_come_to_1_02() -> None:
    patch = make(proposal(), [line(n, "1", "0.67", discount=Decimal("0.50"), tax_rate=None) for n in (1, 2, 3)])
    assert amounts(patch.documents[0]) == ["Net 1.02", "Total 1.02"]
    assert [row[-1] for row in patch.documents[0].rows] == [Decimal("0.34")] * 3


def test_a_total_that_is_not_the_deals_is_shown_with_the_difference() -> None:
    patch = make(proposal(), EXAMPLE, opportunities=[{**DEAL, "amount": Decimal(100)}])
    assert patch.message.endswith("AUTO-06: Proposal total 101.30 differs from the deal 100.00 by 1.30.")
    assert len(patch.documents) == 1


@pytest.mark.parametrize(
    ("changes", "approved", "status", "documents"),
    [
        pytest.param({}, None, "Needs approval", 0, id="a draft"),
        pytest.param({"status": "Sent"}, None, "Needs approval", 0, id="set to sent past the gate"),
        pytest.param({"status": "Needs approval"}, None, None, 0, id="still waiting"),
        pytest.param({"status": "Needs approval"}, "Mara", "Approved", 1, id="approved"),
        pytest.param({"status": "Draft"}, "Mara", None, 1, id="approved before it waited"),
    ],
)
def test_a_discount_above_the_limit_needs_an_approval(
    changes: Mapping[str, Value], approved: Value, status: Value, documents: int
) -> None:
    patch = make(
        proposal(**changes, approved_by=approved),
        [line(1, "3", "19.99", discount=Decimal("0.10"), sku="X1")],
        ("PP-1",),
        products=LIMITED,
    )
    assert cells(patch).get("status") == status
    assert len(patch.documents) == documents
    refused = [] if documents else ["Pumps v1: AUTO-05: Discount 10 % exceeds the limit 5 % for X1: approval needed."]
    assert [r.message for r in patch.refused] == refused
    assert cells(patch)["total"] == Decimal("64.76"), "the totals are right while it waits"


def test_a_discount_taken_back_needs_no_approval_any_more() -> None:
    patch = make(proposal(status="Needs approval"), [line(1, "3", "19.99", discount=Decimal("0.05"), sku="X1")], products=LIMITED)
    assert cells(patch)["status"] == "Draft"
    assert len(patch.documents) == 1


@pytest.mark.parametrize(
    ("changes", "lines", "says"),
    [
        pytest.param({"valid_until": date(2026, 4, 1)}, EXAMPLE, "AUTO-07: Valid until lies before the date of the proposal.", id="dates"),
        pytest.param({"scope": "For {{company}}"}, EXAMPLE, "AUTO-03: Template field {{company}} is not filled; nothing was sent.", id="a field"),
        pytest.param({}, [line(1, "0", "5")], "AUTO-10: Thing 1: Quantity must be above zero; discount 0–100 %.", id="quantity"),
        pytest.param({}, [line(1, "1", "5", discount=Decimal("1.5"))], "AUTO-10: Thing 1: Quantity must be above zero; discount 0–100 %.", id="discount"),
        pytest.param({}, [*EXAMPLE, line(3, "1", "5", unit_price=None)], "Thing 3: quantity or unit price is missing.", id="no price"),
        pytest.param({}, [], "It has no lines.", id="no lines"),
    ],
)  # fmt: skip
def test_a_proposal_that_is_not_right_is_refused_whole(changes: Mapping[str, Value], lines: Sequence[Row], says: str) -> None:
    patch = make(proposal(**changes), lines)
    assert (patch.edits, patch.documents) == ((), ())
    assert [r.message for r in patch.refused] == [f"Pumps v1: {says}"]


def test_without_a_selection_all_that_were_not_sent_are_made() -> None:
    heads = [
        {**proposal(proposal_version=n, status=status), "id": f"PP-{n}"}
        for n, status in enumerate(("Draft", "Sent", "Accepted", "Approved"), 1)
    ]
    lines = [{**line(1, "1", "5"), "id": f"PL-{n}", "proposal": f"Pumps v{n}"} for n in (1, 2, 3, 4)]
    tables = view(proposals=heads, proposal_lines=lines)
    assert [d.name for d in make_proposals(tables, Request()).documents] == ["Proposal Pumps v1", "Proposal Pumps v4"]
    assert [d.name for d in make_proposals(tables, Request((), {"proposal": "PP-2"})).documents] == ["Proposal Pumps v2"]
    with pytest.raises(WrongUse, match="no one proposal called Nope"):
        make_proposals(tables, Request((), {"proposal": "Nope"}))


def test_a_second_press_writes_nothing_and_describes_the_same_document() -> None:
    first = make(proposal(), EXAMPLE)
    lines = [{**row, **cells(first, str(row["id"]))} for row in EXAMPLE]
    again = make(proposal(**cells(first)), lines)
    assert again.edits == ()
    assert again.documents == first.documents


def test_the_document_says_what_the_proposal_says_and_leaves_out_what_is_blank() -> None:
    document = make(
        proposal(scope="All of it", our_name="We Ltd", customer_address="Lane 1\nTown", value_to_customer=Decimal(5000)), EXAMPLE
    ).documents[0]
    assert [(p.heading, p.lines) for p in document.parties] == [
        ("For", ("Acme", "Lane 1", "Town", "Ida Roth, Buyer")),
        ("From", ("We Ltd",)),
    ]
    assert [s.heading for s in document.sections] == ["What you want to solve", "What is included"]
    assert document.sections[0].text == DEAL["business_problem"]
    assert [h.words for h in document.headings] == ["No.", "Description", "Quantity", "Unit price", "Discount", "Tax", "Amount"]
    assert dict(document.printed_facts)["Worth to you"] == "5,000.00"
    plain = make(proposal(), [line(1, "1", "5", tax_rate=None)]).documents[0]
    assert [h.words for h in plain.headings] == ["No.", "Description", "Quantity", "Unit price", "Amount"]


@pytest.mark.parametrize(
    ("value", "look", "text"),
    [
        (Decimal("1234567.5"), "money", "1,234,567.50"), (Decimal("0.075"), "percent", "7.5 %"), (Decimal("0.20"), "percent", "20 %"),
        (Decimal(1), "percent", "100 %"), (Decimal("2.50"), "number", "2.5"), (Decimal(1200), "number", "1,200"), (None, "money", ""),
        (date(2026, 5, 3), "text", "3 May 2026"), ("=1+1", "text", "=1+1"),
    ],
)  # fmt: skip
def test_values_are_printed_for_people(value: object, look: str, text: str) -> None:
    assert shown(value, look) == text  # type: ignore[arg-type]
