"""Sales automation: where the week goes, and which routine work the sheet can take off people.

Run by sales operations with every rep and manager; the audit twice a year. In: time logs, task list,
templates, proposals. Out: ranked candidates with their return, e-mails and proposals ready to send.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import chain
from typing import Final

from sheetsales import automation_measures as measured
from sheetsales.audit_week import open_audit
from sheetsales.columns import (
    YES_NO,
    Choice,
    Column,
    Date,
    DateTime,
    Email,
    Integer,
    Money,
    Number,
    Percent,
    Reference,
    Text,
    Tick,
)
from sheetsales.correspondence import ABOUT, BODY_LIMIT, TYPED, plan_letters
from sheetsales.letters import fields_in, unknown_fields
from sheetsales.libraries.letters import FIELDS, LETTERS
from sheetsales.libraries.routine import TASKS
from sheetsales.one_click_report import make_report
from sheetsales.periods import monday
from sheetsales.pricing import beyond_limit, lines_of, proposal_name, total_of, totals_of
from sheetsales.process import (
    Action,
    Edit,
    Measure,
    NewRow,
    Parameter,
    Patch,
    Process,
    Request,
    Row,
    Table,
    Tables,
    Tile,
    Todo,
    check,
)
from sheetsales.proposals import Rules, plan_proposals
from sheetsales.record_creation import FROM, create_records
from sheetsales.time_audit import (
    DAYS,
    MINUTES,
    POLICY,
    Ranked,
    first_of_day,
    is_complete,
    latest_audit,
    minutes_of,
    minutes_with,
    number,
    rank_tasks,
    tasks_of,
    week_of,
    weeks_of,
)
from sheetsales.values import Value, canonical_number, cents, day_of, fold, number_of, ratio, words_of

# ── policy: its numbers stand at the top of time_audit.py, beside the rules that read them ──────

WEEK_MINUTES: Final = 7 * 24 * 60
STATUSES: Final = ("Draft", "Needs approval", "Approved", "Sent", "Accepted", "Rejected", "Expired")
PROPOSAL_TEXTS: Final = (
    "business_problem",
    "proposed_solution",
    "scope",
    "not_included",
    "timeline",
    "payment_terms",
    "signature_block",
)

# ── tables ───────────────────────────────────────────────────────────────────────────────────────

LOG: Final = Table(
    "time_log",
    "Time log",
    "TL",
    (
        Email("person", "Person", target="people", help="Whose time it is. Blank: the owner of the row."),
        Choice("role", ("Rep", "Manager"), "Role", required=True, default="Rep", help="In which role the time was spent."),
        Date("week", "Week", required=True, default="today", help="Any day of the week; it counts from Monday."),
        Choice("day", DAYS, "Day", help="Blank: over the week."),
        Reference(
            "task",
            "Task",
            required=True,
            target="automation_tasks",
            help="From the list; write what is not in it in your own words.",
        ),
        Integer("minutes", "Minutes", required=True, help="How long, in minutes."),
        Tick("selling", "Selling", help="Yes for time with or for buyers. Blank: as in the task list."),
        Text("system_used", "System used", help="In which program it was done."),
        Integer("pain", "Pain", minimum=1, maximum=3, help="How much it annoys you: 1 little, 3 very."),
    ),
    label="task",
    help="One line per task and day, for one week, twice a year.",
)

TASK_LIST: Final = Table(
    "automation_tasks",
    "Task list",
    "AT",
    (
        Text("task", "Task", required=True, unique=True, help="What people do."),
        Choice("selling", YES_NO, "Selling", required=True, default="No", help="Yes for time with or for buyers."),
        Percent(
            "automatable",
            "Automatable",
            required=True,
            default=Decimal(0),
            help="Share that could be taken off people; a guess to replace.",
        ),
        Money("cost", "Cost", minimum=0, help="What automating it would cost, once."),
        Text("how", "How", help="By which means."),
    ),
    kind="library",
    key=(("task",),),
    label="task",
    help="The tasks of the time audit.",
)

CANDIDATES: Final = Table(
    "automation_candidates",
    "Candidates",
    "AN",
    (
        Text("task", "Task", computed="action", help="From the time log."),
        Number("hours_week", "Hours per week", computed="action", help="Per person, over the weeks that were logged."),
        Number("automatable_hours", "Automatable hours", computed="action", help="Hours per week × automatable share."),
        Money("yearly_saving", "Yearly saving", computed="action", help="Of all people together."),
        Number("roi", "ROI", computed="action", help="(Yearly saving − cost) ÷ cost; blank without a cost."),
        Number(
            "payback_weeks",
            "Payback (weeks)",
            computed="action",
            help="Weeks until the cost has come back; blank without a cost.",
        ),
        Integer("rank", "Rank", computed="action", help="1 is worth doing first: by yearly saving less cost."),
    ),
    kind="log",
    key=(("task",),),
    label="task",
    help="What to automate first, by Rank candidates.",
)

TEMPLATES: Final = Table(
    "email_templates",
    "E-mail templates",
    "ET",
    (
        Text("name", "Name", required=True, unique=True, help="As it is picked from the list."),
        Text("purpose", "Purpose", help="When to use it."),
        Text("subject", "Subject", required=True, help="May name fields in double braces, such as {{company}}."),
        Text("body", "Body", required=True, limit=8_000, help="The text, with fields in double braces."),
        Text("required_fields", "Fields", computed="row", help="The fields that subject and body name."),
        Text("language", "Language", default="en", help="Two letters, such as en."),
        Choice("active", YES_NO, "Active", default="Yes", help="No to hide it from the list."),
    ),
    kind="library",
    key=(("name",),),
    help="Texts to copy and adapt; fields are filled from the row.",
)


EMAILS: Final = Table(
    "emails",
    "E-mails",
    "EM",
    (
        Email("to", "To", help="The address it goes to."),
        Text("subject", "Subject", required=True, help="Written by Fill e-mail; yours to change."),
        Text("body", "Body", limit=BODY_LIMIT, help="Written by Fill e-mail; yours to change. Copy it into your mail program."),
        Choice(
            "status",
            ("Draft", "Sent"),
            "Status",
            required=True,
            default="Draft",
            help="Sent once you have sent it; nothing is sent for you.",
        ),
        Text("template", "Template", computed="action", help="The template it was written from."),
        Text("about", "About", computed="action", help="The record it was written for."),
        Text("about_id", "About ID", computed="action", help="The ID of that record."),
        DateTime("written_at", "Written at", computed="action", help="When it was written."),
        Text(
            "written_as",
            "Written as",
            computed="action",
            help="A mark of the words as they were written, so that yours are never overwritten.",
        ),
    ),
    kind="detail",
    key=(("about_id", "template", "written_at"),),
    label="subject",
    help="Drafts that Fill e-mail wrote from a template. Nothing is sent from here.",
)


def _long(name: str, header: str, why: str) -> Column:
    return Text(name, header, limit=8_000, help=why)


PROPOSALS: Final = Table(
    "proposals",
    "Proposals",
    "PP",
    (
        Text(
            "name",
            "Proposal",
            computed="row",
            help="Opportunity and version.",
            formula='IF(OR({opportunity}="",{proposal_version}=""),"",{opportunity}&" v"&{proposal_version})',
        ),
        Reference("opportunity", "Opportunity", required=True, target="opportunities", help="The deal it belongs to."),
        Integer(
            "proposal_version", "Proposal version", required=True, default=1, minimum=1, help="1 for the first, then counted up."
        ),
        Choice("status", STATUSES, "Status", required=True, default="Draft", help="Where it stands."),
        Text("customer_name", "Customer name", help="As it is printed."),
        Text("customer_address", "Customer address", help="As it is printed."),
        Reference("contact", "Contact", target="contacts", help="To whom it goes."),
        Text("our_name", "Our name", help="As it is printed."),
        Text("our_address", "Our address", help="As it is printed."),
        Date("date", "Date", required=True, default="today", help="Day of the proposal."),
        Date("valid_until", "Valid until", help="Last day on which it can be accepted."),
        Text("ccy", "Currency", limit=3, help="Three letters, such as EUR. Blank: the workspace's."),
        _long("business_problem", "Business problem", "What the customer wants solved, in the customer's words."),
        _long("proposed_solution", "Proposed solution", "How we solve it."),
        Money("value_to_customer", "Value to customer", help="What solving it is worth to the customer."),
        _long("scope", "Scope", "What is included."),
        _long("not_included", "Not included", "What is not, so that nobody is surprised."),
        _long("timeline", "Timeline", "What happens when."),
        _long("payment_terms", "Payment terms", "When and how is paid."),
        Integer("term_months", "Term (months)", minimum=0, help="How long the agreement runs."),
        Text("prepared_by", "Prepared by", help="Who wrote it."),
        Text("approved_by", "Approved by", help="Who approved discounts beyond the limit."),
        _long("signature_block", "Signature block", "What is printed above the signatures."),
        Money("net", "Net", computed="row", help="Sum of the lines."),
        Money("tax", "Tax", computed="row", help="Rounded once per rate."),
        Money("total", "Total", computed="row", help="Net and tax."),
    ),
    key=(("opportunity", "proposal_version"),),
    help="The heads of proposals; what is offered stands in the lines.",
)

LINES: Final = Table(
    "proposal_lines",
    "Proposal lines",
    "PL",
    (
        Reference("proposal", "Proposal", required=True, target="proposals", help="The proposal the line belongs to."),
        Integer("order", "Order", minimum=1, help="Place in the proposal, from 1."),
        Reference("sku", "Product", target="products", help="SKU or name of the product."),
        Text("description", "Description", help="As it is printed."),
        Number("qty", "Quantity", required=True, default=Decimal(1), help="How many; above zero."),
        Money("unit_price", "Unit price", required=True, help="Price of one, before discount."),
        Percent("discount", "Discount", default=Decimal(0), help="Share taken off, such as 10%."),
        Money(
            "line_total",
            "Line total",
            computed="row",
            formula='IF(OR({qty}="",{unit_price}=""),"",ROUND({qty}*{unit_price}*(1-N({discount})),2))',
            help="Quantity × unit price × (1 − discount), rounded to cents.",
        ),
        Percent("tax_rate", "Tax rate", default=Decimal(0), help="Such as 20%."),
    ),
    kind="detail",
    key=(("proposal", "order"),),
    label="description",
    help="What a proposal offers, line by line.",
)


# ── columns computed from the row ────────────────────────────────────────────────────────────────


def compute_proposal(row: Row, tables: Tables) -> Mapping[str, Value]:
    """Give name and sums; the sums are blank before there is a line."""
    sums = totals_of(row, tables)
    money = {"net": sums.net, "tax": sums.tax, "total": sums.total} if sums else {"net": None, "tax": None, "total": None}
    return {"name": proposal_name(row), **money}


def compute_line(row: Row, _tables: Tables) -> Mapping[str, Value]:
    """Give the line total."""
    return {"line_total": total_of(row)}


def compute_template(row: Row, _tables: Tables) -> Mapping[str, Value]:
    """Give the fields that subject and body name."""
    return {"required_fields": "; ".join(_fields(row)) or None}


def _fields(template: Row) -> list[str]:
    return fields_in(*(words_of(template.get(name)) for name in ("subject", "body")))


# ── checks ───────────────────────────────────────────────────────────────────────────────────────


@check("AUTO-01", "error", "time_log", "minutes", "week", "person", hint="Type the minutes of this task alone.")
def minutes_can_be(row: Row, tables: Tables) -> object:
    """{m} minutes: a week has 10,080 and time cannot be negative."""
    minutes = number_of(row.get("minutes"))
    if minutes is None:
        return None
    if minutes < 0:
        return {"m": f"{minutes:,}"}
    total = minutes_with(row, tables) if week_of(row) is not None else minutes
    return {"m": f"{total:,}"} if total > WEEK_MINUTES else None


@check("AUTO-02", "warning", "time_log", "minutes", "day", "week", "person", hint="Correct the minutes or the day.")
def day_is_not_too_long(row: Row, tables: Tables) -> object:
    """{h} hours logged on {day}: please check."""
    if row.get("day") not in DAYS or week_of(row) is None:
        return None
    hours = minutes_with(row, tables, day=True) / MINUTES
    if hours <= number(tables, "long_day") or first_of_day(row, tables) != str(row["id"]):
        return None
    return {"h": f"{cents(hours).normalize():,f}", "day": row.get("day")}


def _braced(field: str) -> str:
    return "{{" + field + "}}"


@check("AUTO-03", "error", "proposals", *PROPOSAL_TEXTS, hint="Replace the field in double braces by its text.")
def fields_are_filled(row: Row, _tables: Tables) -> object:
    """Template field {x} is not filled; nothing was sent."""
    return [{"x": _braced(x), "column": name} for name in PROPOSAL_TEXTS for x in fields_in(words_of(row.get(name)))]


@check("AUTO-03", "error", "emails", "status", "subject", "body", hint="Replace the field in double braces by its text.")
def sent_email_is_filled(row: Row, _tables: Tables) -> object:
    """Template field {x} is not filled; nothing was sent."""
    names = fields_in(*(words_of(row.get(name)) for name in ("subject", "body"))) if row.get("status") == "Sent" else []
    return [{"x": _braced(x)} for x in names]


@check("AUTO-04", "error", "email_templates", "body", "subject", hint="Use a field of the list.")
def fields_are_known(row: Row, _tables: Tables) -> object:
    """Template names an unknown field {x}. Known: {list}."""
    return [
        {"x": _braced(x), "column": name, "list": ", ".join(sorted(FIELDS))}
        for name in ("subject", "body")
        for x in unknown_fields(fields_in(words_of(row.get(name))), FIELDS)
    ]


@check("AUTO-05", "gate", "proposal_lines", "discount", "sku", hint="Have it approved: fill 'approved by' in the proposal.")
def discount_lies_within_limit(row: Row, tables: Tables) -> object:
    """Discount {d} exceeds the limit {l} for {sku}: approval needed."""
    proposal = tables.find("proposals", row.get("proposal"))
    approved = proposal is not None and words_of(proposal.get("approved_by"))
    return None if approved else beyond_limit(row, tables)


@check(
    "AUTO-05",
    "gate",
    "proposals",
    "status",
    "approved_by",
    hint="Set the status to Needs approval until 'approved by' is filled.",
)
def sent_proposal_is_approved(row: Row, tables: Tables) -> object:
    """Discount {d} exceeds the limit {l} for {sku}: approval needed."""
    if row.get("status") not in ("Approved", "Sent", "Accepted") or words_of(row.get("approved_by")):
        return None
    return [words for line in lines_of(row, tables) if (words := beyond_limit(line, tables)) is not None]


@check("AUTO-06", "warning", "proposals", "opportunity", "total", hint="Correct the amount of the deal or the lines.")
def total_is_the_deal(row: Row, tables: Tables) -> object:
    """Proposal total {a} differs from the deal {b} by {c}."""
    sums, deal = totals_of(row, tables), tables.find("opportunities", row.get("opportunity"))
    amount = number_of(deal.get("amount")) if deal is not None else None
    if sums is None or amount is None or amount in (sums.total, sums.net):  # teams keep deals with tax or without
        return None
    return {"a": f"{sums.total:.2f}", "b": f"{cents(amount):.2f}", "c": f"{sums.total - cents(amount):.2f}"}


@check("AUTO-07", "error", "proposals", "valid_until", "date", hint="Correct one of the two dates.")
def valid_after_its_date(row: Row, _tables: Tables) -> object:
    """Valid until lies before the date of the proposal."""
    until, day = day_of(row.get("valid_until")), day_of(row.get("date"))
    return until is not None and day is not None and until < day


@check("AUTO-08", "warning", "leads", "contact", "email", "status", hint="Link the contact in this row, or create a new one.")
def contact_is_new(row: Row, tables: Tables) -> object:
    """Possible duplicate of {id}; nothing was created. Choose: link, create anyway."""
    if row.get("contact") is not None or row.get("status") in ("Converted", "Disqualified"):
        return None
    twins = sorted(str(contact["id"]) for contact in tables.where("contacts", "email", row.get("email")))
    return {"id": twins[0]} if twins else None


@check("AUTO-09", "error", "proposals", "status", "contact", hint="Choose another contact, or hand it over in another way.")
def contact_takes_mail(row: Row, tables: Tables) -> object:
    """Contact opted out of e-mail."""
    contact = tables.find("contacts", row.get("contact"))
    return row.get("status") == "Sent" and contact is not None and contact.get("opted_out") == "Yes"


@check("AUTO-09", "error", "emails", "status", "to", hint="Leave it a draft, or delete the row.")
def addressee_takes_mail(row: Row, tables: Tables) -> object:
    """Contact opted out of e-mail."""
    people = tables.where("contacts", "email", row.get("to")) if row.get("status") == "Sent" else []
    return any(person.get("opted_out") == "Yes" for person in people)


@check("AUTO-10", "error", "proposal_lines", "qty", "discount", hint="Take the line out instead of a quantity of 0.")
def quantity_and_discount_can_be(row: Row, _tables: Tables) -> object:
    """Quantity must be above zero; discount 0–100 %."""
    quantity, discount = number_of(row.get("qty")), number_of(row.get("discount"))
    if quantity is not None and quantity <= 0:
        return {"column": "qty"}
    return {"column": "discount"} if discount is not None and not 0 <= discount <= 1 else None


# ── actions ──────────────────────────────────────────────────────────────────────────────────────


def rank_candidates(tables: Tables, request: Request) -> Patch:
    """Rank all tasks of the latest audit by what automating them would save; one candidate row per task."""
    audit = latest_audit(tables, number(tables, "audit_every"))
    rows = list(chain.from_iterable(audit.values()))
    people = len({who for who, _ in audit})
    rate, weeks = (
        number_of(request.parameters.get(name)) or number(tables, policy)
        for name, policy in (("rate", "hourly_rate"), ("weeks", "weeks_a_year"))
    )
    ranked = rank_tasks(tasks_of(rows, tables), len(audit), people, weeks, rate)
    edits: list[Edit] = []
    new: list[NewRow] = []
    for one in ranked:
        values = _candidate(one)
        known = tables.where("automation_candidates", "task", one.task.name)
        if known:
            first = min(known, key=lambda row: str(row["id"]))
            edits += [
                Edit("automation_candidates", str(first["id"]), name, value)
                for name, value in values.items()
                if name != "task" and first.get(name) != value
            ]
        else:
            new.append(NewRow("automation_candidates", values))
    hours = sum((one.hours for one in ranked), Decimal(0))
    off = sum((one.saving.hours for one in ranked), Decimal(0))
    free = [one.task.name for one in ranked if tables.find("automation_tasks", one.task.name) is None]
    message = (
        f"Ranked {len(ranked)} tasks of {people} people over {len(audit)} logged weeks: "
        f"{off:.2f} of {hours:.2f} hours a week could be taken off each."
    )
    if free:
        message += f" Not in the task list, so counted as not automatable: {', '.join(free)}."
    return Patch(tuple(edits), tuple(new), rows_read=len(rows), message=message)


def _candidate(one: Ranked) -> dict[str, Value]:
    gain = one.saving
    return {
        "task": one.task.name,
        "hours_week": _rounded(one.hours),
        "automatable_hours": _rounded(gain.hours),
        "yearly_saving": cents(gain.yearly),
        "roi": _rounded(gain.roi),
        "payback_weeks": _rounded(gain.payback_weeks),
        "rank": one.rank,
    }


def _rounded(value: Decimal | None) -> Decimal | None:
    """Round to six places; more would only show how a division ends."""
    return None if value is None else canonical_number(ratio(value, 1) or Decimal(0))


def make_proposals(tables: Tables, request: Request) -> Patch:
    """Make the selected proposals ready, or all open ones; see `plan_proposals`."""
    return plan_proposals(
        tables,
        request,
        Rules(
            (fields_are_filled, valid_after_its_date),
            (quantity_and_discount_can_be,),
            sent_proposal_is_approved,
            total_is_the_deal,
        ),
    )


# ── today ────────────────────────────────────────────────────────────────────────────────────────


def _mine(table: str, tables: Tables) -> list[Row]:
    rows = tables.where(table, "owner", tables.me) if tables.me else tables.rows(table)
    return sorted(rows, key=lambda row: str(row["id"]))


def today(tables: Tables) -> Sequence[Todo]:
    """Give proposals that expire or wait for an approval, and the audit week while it is open."""
    lines: list[Todo] = []
    notice = timedelta(days=int(number(tables, "expiry_notice")))
    for row in _mine("proposals", tables):
        until, name = day_of(row.get("valid_until")), proposal_name(row) or "a proposal"
        if row.get("status") == "Sent" and until is not None and until <= tables.today + notice:
            ends = "expires" if until >= tables.today else "expired"
            lines.append(
                Todo(
                    "proposals",
                    str(row["id"]),
                    until,
                    f"Follow up the proposal {name}",
                    f"{ends} on {until.isoformat()}",
                    number_of(row.get("total")) or Decimal(0),
                )
            )
        if row.get("status") == "Needs approval":
            lines.append(
                Todo("proposals", str(row["id"]), None, f"Get the discount of {name} approved", "it waits for an approval")
            )
    return lines + _audit_lines(tables)


def _audit_lines(tables: Tables) -> list[Todo]:
    week = monday(tables.today)
    rows = weeks_of(tables).get((fold(tables.me), week), []) if tables.me else []
    if not rows or is_complete(rows, tables):
        return []
    days = len({row.get("day") for row in rows} & set(DAYS))
    first = min(str(row["id"]) for row in rows)
    return [
        Todo(
            "time_log",
            first,
            week + timedelta(days=6),
            "Log your time for the audit week",
            f"{days} of {number(tables, 'complete_days')} days and {minutes_of(rows) / 60:.1f} hours logged so far",
        )
    ]


DEFAULT_TASKS: Final[tuple[Mapping[str, Value], ...]] = tuple(
    {"task": task, "selling": selling, "automatable": Decimal(part), "how": how or None} for task, selling, part, how in TASKS
)
DEFAULT_TEMPLATES: Final[tuple[Mapping[str, Value], ...]] = tuple(
    {"name": name, "purpose": purpose, "subject": subject, "body": body, "language": "en", "active": "Yes"}
    for name, purpose, subject, body in LETTERS
)

PROCESS: Final = Process(
    key="automation",
    name="Sales automation",
    title="Automation",
    order=7,
    definition="Find and remove routine work.",
    purpose="Take routine work off people: begin with a time audit of every rep and manager, pick from the data, and let the "
    "sheet write e-mails, proposals and reports.",
    question="Team: where does the week go, what is worth automating first? Rep: can the sheet do this for me?",
    owner_role="Sales operations",
    cadence="audit twice a year",
    inputs="A week of logged time per person, the task list, e-mail templates, opportunities, products.",
    outputs="Ranked candidates with saving, ROI and payback; proposals with exact totals; time selling, hours saved.",
    stages=("Log a week", "Rank candidates", "Automate", "Audit again"),
    tables=(LOG, TASK_LIST, CANDIDATES, TEMPLATES, EMAILS, PROPOSALS, LINES),
    checks=(
        minutes_can_be,
        day_is_not_too_long,
        fields_are_filled,
        sent_email_is_filled,
        fields_are_known,
        discount_lies_within_limit,
        sent_proposal_is_approved,
        total_is_the_deal,
        valid_after_its_date,
        contact_is_new,
        contact_takes_mail,
        addressee_takes_mail,
        quantity_and_discount_can_be,
    ),
    actions=(
        Action(
            "automation.open_audit",
            "Run audit",
            ("time_log",),
            open_audit,
            (Parameter("week", "date", help="Any day of the week. Blank: this week."),),
            help="Opens your audit week: a line per day and task, so that only the minutes are left to type.",
        ),
        Action(
            "automation.rank_tasks",
            "Rank candidates",
            ("automation_candidates",),
            rank_candidates,
            (
                Parameter("rate", "money", unit="per hour", help="Cost of an hour of work. Blank: the team's policy."),
                Parameter("weeks", "number", unit="weeks a year", help="Weeks worked in a year. Blank: the team's policy."),
            ),
            help="Adds up the latest time audit and ranks the tasks by what automating them would save.",
        ),
        Action(
            "automation.create_records",
            "Create contact and deal",
            FROM,
            create_records,
            (
                Parameter("record", "text", help="A name or an id. Blank: the selected rows."),
                Parameter("duplicate", "text", help="link or create, where something like it is there. Blank: ask."),
            ),
            help="Makes the account, contact and deal that a row names and that are not there yet, each once.",
        ),
        Action(
            "automation.report",
            "One-click report",
            ("opportunities", "deal_report", "time_log"),
            make_report,
            (Parameter("period", "text", help="Such as 2026-Q3 or 2026-07. Blank: the quarter."),),
            help="Prints where deals, leads, calls and the territory stand, from the one store, as .xlsx, .docx and .pdf.",
        ),
        Action(
            "automation.write_email",
            "Fill e-mail",
            ("emails", *ABOUT),
            plan_letters,
            (
                Parameter("template", "text", help="Name of the e-mail template."),
                Parameter("record", "text", help="To whom or about what: a name or an id. Blank: the selected rows."),
                Parameter("contact", "text", help="The contact who gets it. Blank: the record's own."),
                *(
                    Parameter(name, "text", help=f"What stands for {_braced(name)}. Blank: what the record says.")
                    for name in TYPED
                ),
            ),
            help="Fills a template from the record and keeps it as a draft in the tab E-mails. It sends nothing.",
        ),
        Action(
            "automation.proposal",
            "Make proposal",
            ("proposals",),
            make_proposals,
            (
                Parameter(
                    "proposal", "text", help="Name or id of one. Blank: the selected rows, else all that were not sent yet."
                ),
            ),
            help="Adds up the lines, sets the status, and writes the proposal for the customer as .xlsx, .docx and .pdf.",
        ),
    ),
    measures=(
        Measure("activity", "audit_complete", "Members with a complete audit week ÷ members", "share", measured.audit_complete),
        Measure("quality", "minutes_named", "Minutes not under Other ÷ minutes", "share", measured.minutes_named),
        Measure(
            "quality",
            "reports_from_the_store",
            "Reporting from the one store ÷ reporting",
            "share",
            measured.reports_from_the_store,
        ),
        Measure("result", "selling_share_reps", "Share of time selling, reps", "share", measured.selling_share_reps),
        Measure("result", "selling_share_managers", "Share of time selling, managers", "share", measured.selling_share_managers),
        Measure(
            "result",
            "selling_gain_reps",
            "Share of time selling, reps, less the first audit's",
            "share",
            measured.selling_gain_reps,
        ),
        Measure("result", "hours_saved", "Hours saved per person and week since the first audit", "hours", measured.hours_saved),
    ),
    policy=POLICY,
    defaults={"automation_tasks": DEFAULT_TASKS, "email_templates": DEFAULT_TEMPLATES},
    compute={"email_templates": compute_template, "proposals": compute_proposal, "proposal_lines": compute_line},
    today=today,
    tiles=(
        Tile("Proposals sent", "proposals", (("status", "is", "Sent"),)),
        Tile("Amount sent", "proposals", (("status", "is", "Sent"),), total="total"),
    ),
)
