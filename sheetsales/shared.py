"""The shared tables: people, roles, accounts, contacts and the lists that every process draws from.

Not one of the seven processes (order 0). Kept by sales operations; accounts and contacts by everybody.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from sheetsales.columns import (
    YES_NO,
    Choice,
    Column,
    Date,
    Email,
    Integer,
    Money,
    Number,
    Percent,
    Phone,
    Reference,
    Text,
    Tick,
    YesNoUnknown,
)
from sheetsales.process import Process, Table
from sheetsales.roles import ASSIGNMENTS, PROCESS_KEYS, WORK
from sheetsales.values import Value

# ── policy: the stages and roles that a new workspace starts with ────────────────────────────────

STAGES: Final = (  # order, name, probability, forecast category, what must be true to leave it forward
    (
        1,
        "Discover",
        "0.10",
        "Pipeline",
        "Account and source set; business problem written (20 characters or more); one contact engaged.",
    ),
    (
        2,
        "Qualify",
        "0.25",
        "Pipeline",
        "Lead qualified or overruled with a reason; amount and close date; budget not No; decision process noted.",
    ),
    (
        3,
        "Solution",
        "0.50",
        "Pipeline",
        "Economic buyer and champion named; competitor status set, also None; value estimated; two people engaged in 30 days.",
    ),
    (4, "Proposal", "0.75", "Best case", "Proposal sent and valid; legal or procurement person known; next step dated."),
    (5, "Negotiate", "0.90", "Commit", "Terms agreed; discount within the limit or approved; signature date."),
    (6, "Won", "1", "Closed", ""),
    (7, "Lost", "0", "Omitted", "Lost reason."),
)
CATEGORIES: Final = ("Pipeline", "Best case", "Commit", "Closed", "Omitted")

# name, manages, field, geographic, assigned accounts, key customers, new business, quota, call, lead, deal work
ROLES: Final = (
    ("inside_rep", "No", "No", "No", 0, 0, "Yes", "Yes", "Core", "Core", "Core"),
    ("field_rep", "No", "Yes", "Yes", 120, 0, "Yes", "Yes", "Core", "Core", "Some"),
    ("key_account_manager", "No", "No", "No", 6, 6, "No", "Yes", "Core", "None", "Core"),
    ("sdr", "No", "No", "No", 0, 0, "Yes", "Yes", "Core", "Core", "None"),
    ("sales_manager", "Yes", "No", "No", 0, 0, "No", "Yes", "None", "None", "Some"),
    ("operations", "No", "No", "No", 0, 0, "No", "No", "None", "None", "None"),
)
ROLE_FIELDS: Final = (
    "name",
    "manages",
    "field_based",
    "geographic",
    "assigned_accounts",
    "key_customers",
    "new_business",
    "has_quota",
    "call_work",
    "lead_work",
    "deal_work",
)

# ── tables ───────────────────────────────────────────────────────────────────────────────────────


def assign_column(key: str) -> Column:
    """Give the column in which a team says whether a process is required, offered or off."""
    return Choice(
        f"assign_{key}", ASSIGNMENTS, f"Assign {key}", help="Required, Offered or Off. Blank follows the rules of the fit check."
    )


PROFILE: Final = (
    Tick("manages", "Manages people", help="Yes for whoever leads other sellers."),
    Tick("field_based", "Works in the field", help="Yes if most calls are visits."),
    Tick("geographic", "Has a geography", help="Yes if the work is divided by region or postcode."),
    Integer("assigned_accounts", "Assigned accounts", minimum=0, help="How many accounts are assigned."),
    Integer("key_customers", "Key customers", minimum=0, help="How many key customers are looked after."),
    Tick("new_business", "New business", help="Yes if new customers are to be won."),
    Tick("has_quota", "Has a quota", help="Yes if there is a quota to reach."),
    Choice("call_work", WORK, "Call work", help="How much of the role is calling."),
    Choice("lead_work", WORK, "Lead work", help="How much of the role is qualifying leads."),
    Choice("deal_work", WORK, "Deal work", help="How much of the role is winning opportunities."),
    *(assign_column(key) for key in PROCESS_KEYS),
)

PEOPLE: Final = Table(
    "people",
    "People",
    "PE",
    (
        Email("email", "E-mail", required=True, unique=True, help="The address by which the member is known."),
        Text("name", "Name", help="As it is shown in lists."),
        Reference("role", "Role", target="roles", help="The role decides which processes the member's book has."),
        Email("manager", "Manager", target="people", help="E-mail of the member's manager."),
        Text("team", "Team", help="The team whose figures count together."),
        Choice("active", YES_NO, "Active", default="Yes", help="No once the member has left; the records stay."),
        *PROFILE,
    ),
    kind="library",
    key=(("email",),),
    help="The members. A profile cell that is filled overrules the role.",
)

ROLE_TABLE: Final = Table(
    "roles",
    "Roles",
    "RO",
    (
        Text("name", "Name", required=True, unique=True, help="Short name, as the team file uses it."),
        *PROFILE,
    ),
    kind="library",
    key=(("name",),),
    help="What a role does; the fit check follows from it.",
)

ACCOUNTS: Final = Table(
    "accounts",
    "Accounts",
    "AC",
    (
        Text("name", "Name", required=True, help="The company's name."),
        Text("domain", "Domain", help="The company's internet name, such as example.com."),
        Text("industry", "Industry", help="The trade the company is in."),
        Text("region", "Region", help="The sales region it lies in."),
        Text("country", "Country", help="The country it lies in."),
        Text("postcode", "Postcode", help="Kept as text, so that leading zeros stay."),
        Money("revenue", "Revenue", minimum=0, help="Yearly revenue of the company."),
        Integer("employees", "Employees", minimum=0, help="How many people work there."),
        Choice("type", ("Customer", "Prospect", "Former"), "Type", help="What the company is to us today."),
        Reference("parent", "Parent", target="accounts", help="The company it belongs to."),
    ),
    kind="shared",
    key=(("name",),),
    help="Companies, shared by all; the owner may be blank.",
)

CONTACTS: Final = Table(
    "contacts",
    "Contacts",
    "CN",
    (
        Reference("account", "Account", target="accounts", help="The company the person works for."),
        Text("name", "Name", required=True, help="First and last name."),
        Text("title", "Title", help="What the person does there."),
        Email("email", "E-mail", help="The person's address."),
        Phone("phone", "Phone", help="Kept as text, so that + and leading zeros stay."),
        YesNoUnknown("opted_out", "Opted out", help="Yes if the person wants no e-mail from us."),
    ),
    kind="shared",
    key=(("account", "email"), ("account", "name")),
    help="People at accounts, shared by all.",
)

STAGE_TABLE: Final = Table(
    "stages",
    "Stages",
    "ST",
    (
        Integer("order", "Order", required=True, minimum=1, help="Place in the pipeline, from 1."),
        Text("name", "Name", required=True, unique=True, help="The stage as it is picked from the list."),
        Percent("probability", "Probability", required=True, help="Share of the deals in this stage that are won."),
        Choice("category", CATEGORIES, "Category", required=True, help="Forecast category a deal has in this stage."),
        Text("exit_criteria", "Exit criteria", help="What must be true before a deal leaves the stage forward."),
    ),
    kind="library",
    key=(("name",),),
    help="The stages of the pipeline, with their probabilities.",
)

PRODUCTS: Final = Table(
    "products",
    "Products",
    "PR",
    (
        Text("sku", "SKU", unique=True, help="The article number."),
        Text("name", "Name", required=True, help="The product's name."),
        Money("list_price", "List price", minimum=0, help="Price without discount."),
        Percent("margin", "Margin", help="Share of the price that is left after direct cost."),
        Percent("max_discount", "Maximum discount", help="More than this needs an approval."),
        Choice("active", YES_NO, "Active", default="Yes", help="No once it is not sold any more."),
    ),
    kind="library",
    key=(("sku",), ("name",)),
    help="What is sold.",
)

PERIODS: Final = Table(
    "periods",
    "Periods",
    "PD",
    (
        Text("code", "Code", required=True, unique=True, help="Such as 2026-Q1."),
        Date("start", "Start", required=True, help="First day."),
        Date("end", "End", required=True, help="Last day."),
        Choice("kind", ("Month", "Quarter", "Year"), "Kind", required=True, help="How long it is."),
    ),
    kind="library",
    key=(("code",),),
    label="code",
    help="Months, quarters and years that quotas and plans refer to.",
)

FX_RATES: Final = Table(
    "fx_rates",
    "Exchange rates",
    "FX",
    (
        Text("ccy", "Currency", required=True, limit=3, help="Three letters, such as USD."),
        Text("to_ccy", "To currency", required=True, limit=3, help="Three letters, such as EUR."),
        Number("rate", "Rate", required=True, minimum=0, help="How much of the second one unit of the first is worth."),
        Date("as_of", "As of", required=True, help="The day of the rate. Currencies are never added without one."),
    ),
    kind="library",
    key=(("ccy", "to_ccy", "as_of"),),
    label="ccy",
    help="Dated exchange rates.",
)


# ── what a workspace starts with ─────────────────────────────────────────────────────────────────


def periods_of(year: int) -> tuple[Mapping[str, Value], ...]:
    """Give the rows of `periods` of one year: twelve months, four quarters and the year itself."""
    months = [(f"{year}-{month:02}", month, month, "Month") for month in range(1, 13)]
    quarters = [(f"{year}-Q{quarter}", 3 * quarter - 2, 3 * quarter, "Quarter") for quarter in range(1, 5)]
    return tuple(
        {"code": code, "start": date(year, first, 1), "end": date(year, last, monthrange(year, last)[1]), "kind": kind}
        for code, first, last, kind in [*months, *quarters, (str(year), 1, 12, "Year")]
    )


DEFAULT_ROLES: Final[tuple[Mapping[str, Value], ...]] = tuple(dict(zip(ROLE_FIELDS, role, strict=True)) for role in ROLES)
DEFAULT_STAGES: Final[tuple[Mapping[str, Value], ...]] = tuple(
    {
        "order": order,
        "name": name,
        "probability": Decimal(probability),
        "category": category,
        "exit_criteria": exit_criteria or None,
    }
    for order, name, probability, category, exit_criteria in STAGES
)

SHARED: Final = Process(
    key="shared",
    name="Shared tables",
    title="Shared",
    order=0,
    definition="The people, companies and lists that every process refers to.",
    purpose="Say each thing once, so that all processes mean the same account, person, stage and product.",
    question="Who are we, whom do we sell to, what do we sell, and by which stages and periods do we count?",
    owner_role="Sales operations",
    cadence="when something changes",
    inputs="The team file, the account list, the price list.",
    outputs="The drop-down lists of every workbook.",
    stages=("Import", "Keep", "Retire"),
    tables=(PEOPLE, ROLE_TABLE, ACCOUNTS, CONTACTS, STAGE_TABLE, PRODUCTS, PERIODS, FX_RATES),
    defaults={"roles": DEFAULT_ROLES, "stages": DEFAULT_STAGES},
)
