"""Account management: what each chosen customer is worth keeping for, what it needs, and who looks after it.

Run by account managers, monthly, with a plan per period. In: won deals, hand-overs, touches, needs of the
customer. Out: plan completeness, hand-over readiness, health with reasons, actions due, renewals ahead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Final

from sheetsales.account_health import (
    NEEDS,
    actions_of,
    completeness,
    days_untouched,
    facts_of,
    has_goal,
    health,
    health_rules,
    needs_of,
    plan_name,
    plan_parts,
    touched,
)
from sheetsales.account_health import (
    POLICY as HEALTH_POLICY,
)
from sheetsales.account_measures import (
    actions_on_time,
    handovers_in_time,
    mean_completeness,
    median_health,
    plans_touched,
    profitability_reached,
    value_kept,
)
from sheetsales.columns import TEXT_LIMIT, Choice, Column, Date, Email, Integer, Money, Number, Percent, Reference, Text, Tick
from sheetsales.handover import (
    SECTIONS,
    STATES,
    accept,
    computed,
    give_back,
    is_account_manager,
    offer,
    prints,
    readiness,
    ticked,
    unconfirmed,
)
from sheetsales.handover_draft import account_managers, draft, take_over, without_handover
from sheetsales.process import (
    Action,
    Edit,
    Measure,
    Parameter,
    Patch,
    Policy,
    Process,
    Request,
    Row,
    Table,
    Tables,
    Tile,
    Todo,
    check,
    numbers,
)
from sheetsales.values import Value, day_of, fold, number_of, words_of
from sheetsales.white_space import STATES as WHITE_STATES
from sheetsales.white_space import TABLE as WHITE_SPACE
from sheetsales.white_space import find_white_space, make_opportunity

# ── policy (the points of completeness and health stand at the top of account_health) ────────────

POLICY: Final = (
    Policy("stale_days", 90, "days", "A plan nobody touched for a quarter is not followed.", minimum=1),
    Policy("renewal_days", 120, "days", "Long enough to repair a weak account before it decides."),
    Policy("due_soon_days", 7, "days", "A week ahead fits on the Start tab."),
    Policy("handover_days", 30, "days", "After a month what was learnt is forgotten.", 1),
    Policy("shrink_k", 10, "accounts", "A chance is drawn towards that of all customers as if so many had been seen before."),
    *HEALTH_POLICY,
)
PLANS_TOLD: Final = 5  # of a check are said in the message; all of them stand in their rows
PART_WORDS: Final = {
    "goal": "our goal", "metric": "a measure with its target", "need": "a customer need", "capability": "a capability for each need",
    "actions": "three actions", "renewal": "the renewal date",
}  # fmt: skip
METRICS: Final = ("Revenue", "Margin", "Share of wallet", "Products in use", "Reference", "Retention")
policy_number = numbers("accounts", POLICY)


def _days(tables: Tables, name: str) -> int:
    return int(policy_number(tables, name))


# ── tables ───────────────────────────────────────────────────────────────────────────────────────


def _need_columns() -> tuple[Column, ...]:
    pairs = []
    for n in range(1, NEEDS + 1):
        pairs.append(Text(f"customer_need_{n}", f"Customer need {n}", help="What the customer needs, in the customer's words."))
        pairs.append(Text(f"our_capability_{n}", f"Our capability {n}", help=f"What of ours serves need {n}."))
    return tuple(pairs)


PLANS: Final = Table(
    "account_plans",
    "Account plans",
    "AP",
    (
        Text(
            "name",
            "Plan",
            computed="row",
            formula='IF({account}="","",{account}&" "&{period})',
            limit=2 * TEXT_LIMIT + 1,
            help="Account and period.",
        ),
        Reference("account", "Account", required=True, target="accounts", help="The customer the plan is for."),
        Reference("period", "Period", required=True, target="periods", help="The period the plan is for, such as 2026-Q1."),
        Text("our_goal", "Our goal", required=True, help="What we want from the relationship; 10 characters or more."),
        Choice("goal_metric", METRICS, "Goal metric", help="By which figure the goal is measured."),
        Number("goal_target", "Goal target", help="The figure to reach."),
        Number("goal_actual", "Goal actual", help="The figure today."),
        *_need_columns(),
        Integer("satisfaction", "Satisfaction", minimum=0, maximum=10, help="As the customer says, from 0 to 10."),
        Money("profitability", "Profitability", help="What the account leaves after its cost; may be below zero."),
        Date("renewal_date", "Renewal date", help="When the customer decides again."),
        Integer("health", "Health", computed="action", minimum=0, maximum=100, help="0 to 100, by Recompute health."),
        Text("health_reasons", "Health reasons", computed="action", help="The parts the health is made of."),
        Percent("completeness", "Completeness", computed="row", help="How much of the plan is there."),
        Choice(
            "plan_status",
            ("Draft", "Active", "Stale"),
            "Plan status",
            computed="row",
            help="Draft until goal, need and an action are there; Stale when nobody touched it for 90 days.",
        ),
        Date("touched_on", "Touched on", computed="row", help="When somebody last changed the plan or one of its actions."),
        Text("touched_as", "Touched wording", computed="row", help="A mark of the plan as it was worded that day."),
    ),
    key=(("account", "period"),),
    help="One plan per customer and period.",
)

PLAN_INPUTS: Final = tuple(column.name for column in PLANS.own_columns if not column.computed)

ACTIONS: Final = Table(
    "plan_actions",
    "Plan actions",
    "AA",
    (
        Reference("plan", "Plan", required=True, target="account_plans", help="The plan the action belongs to."),
        Text("action", "Plan action", required=True, help="What is done."),
        Integer("serves_need", "Serves need", minimum=1, maximum=NEEDS, help="Number of the customer need it serves, 1 to 5."),
        Date("due", "Due", required=True, help="By which day."),
        Date("done", "Done on", help="The day it was done."),
    ),
    kind="detail",
    key=(("plan", "action", "owner", "due"),),
    label="action",
    help="Who does what by when.",
)


def _section_columns() -> tuple[Column, ...]:
    pairs = []
    for s in SECTIONS:
        pairs.append(Text(s.column, f"{s.number} {s.title}", help=s.answers))
        pairs.append(Tick(s.tick, f"{s.number} confirmed", help="The account manager alone ticks it."))
    return tuple(pairs)


HANDOVERS: Final = Table(
    "handovers",
    "Hand-overs",
    "HO",
    (
        Reference("account", "Account", required=True, target="accounts", help="The account that changes hands."),
        Choice("state", STATES, "State", computed="row", help="Complete once all eight sections are confirmed."),
        Percent("readiness", "Readiness", computed="row", help="Sections confirmed, of eight."),
        Text("left", "Left", computed="row", width=44, help="What is still to be written, or to be confirmed."),
        Email("from_rep", "From rep", required=True, target="people", help="E-mail of the rep who won it."),
        Email("to_am", "To account manager", wanted=True, target="people", help="E-mail of the member who keeps it."),
        Date("meeting_date", "Meeting date", help="When both go through the sections."),
        *_section_columns(),
        Text("products", "Products sold", help="SKU or name, separated by ; so that nobody offers again what is owned."),
        Text("override_reason", "Override reason", help="10 characters or more, to take over with a section not confirmed."),
        Text("return_questions", "Questions back", help="What the account manager still needs to know."),
        Date("offered_on", "Offered on", computed="action", help="When the rep offered it."),
        Date("returned_on", "Returned on", computed="action", help="When it was returned with questions."),
        Date("completed_on", "Completed on", computed="row", help="When the last section was confirmed."),
        Text("confirmed_as", "Confirmed wording", computed="row", help="Marks of the texts as they were confirmed."),
    ),
    key=(("account", "from_rep", "to_am"),),
    label="account",
    help="What the rep learnt, section by section: the rep writes and offers, the account manager confirms.",
    also_with=("opportunities",),
)

OWNED: Final = Table(
    "products_owned",
    "Products owned",
    "PO",
    (
        Reference("account", "Account", required=True, target="accounts", help="Who owns it."),
        Reference("sku", "Product", required=True, target="products", help="SKU or name of the product."),
        Date("since", "Since", help="Since when."),
        Money("value", "Value", minimum=0, help="What it is worth to us a year."),
    ),
    kind="detail",
    key=(("account", "sku"),),
    label="sku",
    help="What a customer has of ours already.",
)

EXCLUDED: Final = Table(
    "excluded_products",
    "Excluded products",
    "EP",
    (
        Reference("account", "Account", required=True, target="accounts", help="Who does not want it."),
        Reference("sku", "Product", required=True, target="products", help="SKU or name of the product."),
        Text("why", "Why", help="So that nobody asks again."),
    ),
    kind="detail",
    key=(("account", "sku"),),
    label="sku",
    help="What is never proposed to a customer.",
)


WHITE: Final = Table(
    WHITE_SPACE,
    "White space",
    "WS",
    (
        Reference("account", "Account", target="accounts", computed="action", help="The customer."),
        Reference("sku", "Product", target="products", computed="action", help="What it may buy."),
        Choice(
            "status", WHITE_STATES, "Status", computed="action", help="Owned, Open (an opportunity runs), White, or Excluded."
        ),
        Money("value", "Worth", computed="action", help="Chance × price × margin."),
        Percent("p", "Chance", computed="action", help="Share of like accounts that own it, drawn towards all customers."),
        Integer("n", "Accounts behind it", computed="action", help="How many accounts the chance is seen in."),
        Number("lift", "Lift", computed="action", help="How many times as often as among all customers."),
        Money("price", "Price", computed="action", help="List price."),
        Percent("margin", "Margin", computed="action", help="From Products."),
        Text("reason", "Reason", computed="action", width=64, help="What the chance is seen in."),
    ),
    kind="log",
    key=(("account", "sku", "owner"),),
    label="account",
    help="Accounts × products: owned, open or white; press Find white space to bring it up to date.",
)


# ── columns computed from the row ────────────────────────────────────────────────────────────────


def is_stale(plan: Row, tables: Tables) -> bool:
    """Say whether nobody touched the plan for `stale_days` (90): at 89 it is not stale."""
    days = days_untouched(plan, tables)
    return days is not None and days >= _days(tables, "stale_days")


def compute_plan(plan: Row, tables: Tables) -> Mapping[str, Value]:
    """Give name, completeness, day of the last touch and status of a plan."""
    actions = actions_of(plan, tables)
    day, wording = touched(plan, tables, PLAN_INPUTS)
    begun = has_goal(plan, tables) and needs_of(plan) and actions
    status = "Stale" if is_stale({**plan, "touched_on": day}, tables) else "Active" if begun else "Draft"
    return {
        "name": plan_name(plan) or None,
        "completeness": completeness(plan, tables),
        "touched_on": day,
        "touched_as": wording,
        "plan_status": status,
    }


def compute_handover(row: Row, tables: Tables) -> Mapping[str, Value]:
    """Give state, readiness, day of completion and the confirmed wordings of a hand-over."""
    return computed(row, tables.me, tables.today)


def fill_handover(row: Row) -> Mapping[str, Value]:
    """Give the rep of a new hand-over: whose row it is."""
    return {"from_rep": row.get("owner")}


# ── checks ───────────────────────────────────────────────────────────────────────────────────────


@check(
    "ACC-01",
    "error",
    "account_plans",
    "our_goal",
    *(f"customer_need_{n}" for n in range(1, NEEDS + 1)),
    hint="Write the goal in at least 10 characters, and what the customer needs.",
)
def has_goal_and_need(row: Row, tables: Tables) -> object:
    """A plan needs our goal and at least one customer need."""
    if has_goal(row, tables) and needs_of(row):
        return None
    return {"column": "our_goal" if not has_goal(row, tables) else "customer_need_1"}


@check(
    "ACC-02",
    "warning",
    "account_plans",
    *(f"our_capability_{n}" for n in range(1, NEEDS + 1)),
    *(f"customer_need_{n}" for n in range(1, NEEDS + 1)),
    hint="Write what of ours serves it, or drop the need.",
)
def needs_have_capabilities(row: Row, _tables: Tables) -> object:
    """Need {n} has no capability of ours beside it."""
    return [{"n": n, "column": f"our_capability_{n}"} for n in needs_of(row) if not words_of(row.get(f"our_capability_{n}"))]


@check("ACC-03", "error", "plan_actions", "due", "owner", hint="Say who does it and by which day.")
def action_has_owner_and_date(row: Row, _tables: Tables) -> object:
    """Action without owner or due date."""
    blank = [name for name in ("due", "owner") if row.get(name) is None]
    return {"column": blank[0]} if blank else None


@check("ACC-04", "warning", "account_plans", "plan_status", "touched_on", hint="Go through the plan, or close it.")
def plan_is_followed(row: Row, tables: Tables) -> object:
    """Plan not touched for {d} days: marked stale."""
    return {"d": days_untouched(row, tables)} if is_stale(row, tables) else None


@check(
    "ACC-05",
    "gate",
    "handovers",
    "state",
    "meeting_date",
    *(s.column for s in SECTIONS),
    *(s.tick for s in SECTIONS),
    hint="The account manager confirms each section, or returns it with questions.",
)
def handover_is_complete(row: Row, tables: Tables) -> object:
    """Hand-over not complete: {list}."""
    met = day_of(row.get("meeting_date"))
    begun = (
        row.get("offered_on") is not None or any(ticked(row, s) for s in SECTIONS) or (met is not None and met <= tables.today)
    )
    missing = unconfirmed(row, tables.me)
    return {"list": ", ".join(missing)} if begun and missing else None


@check("ACC-06", "error", "handovers", "to_am", "from_rep", hint="Name another account manager, or delete the hand-over.")
def two_people_hand_over(row: Row, _tables: Tables) -> object:
    """Rep and account manager are the same person; no hand-over needed."""
    return row.get("to_am") is not None and fold(row.get("to_am")) == fold(row.get("from_rep") or "")


@check("ACC-07", "error", "handovers", *(s.tick for s in SECTIONS), "to_am", hint="Clear the tick; the account manager sets it.")
def account_manager_confirms(row: Row, tables: Tables) -> object:
    """Only the account manager can confirm a section."""
    if not tables.me or is_account_manager(row, tables.me):
        return None
    known = prints(row)
    return [{"column": s.tick} for s in SECTIONS if row.get(s.tick) == "Yes" and s.number not in known]


@check("ACC-08", "warning", "account_plans", "renewal_date", hint="Plan an action that is due before the renewal.")
def renewal_is_prepared(row: Row, tables: Tables) -> object:
    """Renewal {date} is in {d} days; no action is due before it."""
    day = day_of(row.get("renewal_date"))
    if day is None or not 0 <= (day - tables.today).days <= _days(tables, "renewal_days"):
        return None
    ahead = [
        due for action in actions_of(row, tables) if action.get("done") is None and (due := day_of(action.get("due"))) is not None
    ]
    return None if any(due <= day for due in ahead) else {"date": day.isoformat(), "d": (day - tables.today).days}


@check("ACC-09", "error", "plan_actions", "serves_need", "plan", hint="Number one of the needs that the plan names.")
def action_serves_a_need(row: Row, tables: Tables) -> object:
    """Action serves need {n}, which is empty."""
    number, plan = number_of(row.get("serves_need")), tables.find("account_plans", row.get("plan"))
    return None if number is None or plan is None or number in needs_of(plan) else {"n": f"{number:f}"}


PLAN_CHECKS: Final = (needs_have_capabilities, plan_is_followed, renewal_is_prepared)


# ── actions ──────────────────────────────────────────────────────────────────────────────────────


def recompute_health(tables: Tables, request: Request) -> Patch:
    """Write health with its reasons, completeness and status into the selected plans, or into all."""
    plans = [plan for plan in tables.rows("account_plans") if not request.records or str(plan["id"]) in request.records]
    edits: list[Edit] = []
    for plan in sorted(plans, key=lambda plan: str(plan["id"])):
        found = health(facts_of(plan, tables), health_rules(tables.policy))
        after = {"health": found.score, "health_reasons": "; ".join(found.reasons), **compute_plan(plan, tables)}
        edits += [Edit("account_plans", str(plan["id"]), name, value) for name, value in after.items() if plan.get(name) != value]
    changed = len({edit.record for edit in edits})
    return Patch(tuple(edits), message=f"{len(plans)} plans read, {changed} changed.", rows_read=len(plans))


def check_plans(tables: Tables, request: Request) -> Patch:
    """Bring completeness and status of the selected plans, or of all, up to date; say what is missing, the barest first."""
    plans = [plan for plan in tables.rows("account_plans") if not request.records or str(plan["id"]) in request.records]
    edits: list[Edit] = []
    told: list[tuple[Decimal, str, str]] = []
    for plan in sorted(plans, key=lambda plan: str(plan["id"])):
        after = compute_plan(plan, tables)
        edits += [Edit("account_plans", str(plan["id"]), name, value) for name, value in after.items() if plan.get(name) != value]
        row = {**plan, **after}
        lacking = [PART_WORDS[part] for part, there in plan_parts(plan, tables).items() if not there]
        words = [f"missing {', '.join(lacking)}"] if lacking else []
        words += [finding.message for one in PLAN_CHECKS for finding in one.findings(row, tables)]
        if words:
            share_done = completeness(plan, tables)
            told.append((share_done, str(plan["id"]), f"{plan_name(plan)} ({share_done:.0%}): {'; '.join(words)}"))
    lines = " ".join(text.rstrip(".") + "." for _, _, text in sorted(told)[:PLANS_TOLD])
    more = f" And {len(told) - PLANS_TOLD} more." if len(told) > PLANS_TOLD else ""
    message = f"{len(plans)} plans read, {len(told)} with something missing. {lines}{more}".strip()
    return Patch(tuple(edits), message=message, rows_read=len(plans))


# ── today and measures ───────────────────────────────────────────────────────────────────────────


def today(tables: Tables) -> Sequence[Todo]:
    """Give actions due, renewals ahead, stale plans and hand-overs that wait for the member."""
    lines: list[Todo] = []
    soon = tables.today + timedelta(days=_days(tables, "due_soon_days"))
    for row in _mine("plan_actions", tables):
        due = day_of(row.get("due"))
        if row.get("done") is None and due is not None and due <= soon:
            lines.append(
                Todo(
                    "plan_actions",
                    str(row["id"]),
                    due,
                    words_of(row.get("action")) or "Plan action",
                    f"due {due.isoformat()} in the plan {words_of(row.get('plan'))}",
                )
            )
    for row in _mine("account_plans", tables):
        lines += _plan_lines(row, tables)
    for row in sorted(tables.rows("handovers"), key=lambda r: str(r["id"])):
        lines += _handover_lines(row, tables)
    if account_managers(tables):
        lines += _wins_to_hand_over(tables)
    return lines


def _mine(table: str, tables: Tables) -> list[Row]:
    rows = tables.where(table, "owner", tables.me) if tables.me else list(tables.rows(table))
    return sorted(rows, key=lambda row: str(row["id"]))


def _plan_lines(plan: Row, tables: Tables) -> list[Todo]:
    lines = []
    day, name = day_of(plan.get("renewal_date")), plan_name(plan)
    if day is not None and 0 <= (day - tables.today).days <= _days(tables, "renewal_days"):
        lines.append(
            Todo(
                "account_plans",
                str(plan["id"]),
                day,
                f"Prepare the renewal of {words_of(plan.get('account'))}",
                f"it decides in {(day - tables.today).days} days",
            )
        )
    if is_stale(plan, tables):
        lines.append(
            Todo(
                "account_plans",
                str(plan["id"]),
                None,
                f"Go through the plan {name}",
                f"not touched for {days_untouched(plan, tables)} days",
            )
        )
    return lines


def _wins_to_hand_over(tables: Tables) -> list[Todo]:
    """Give the member's wins without a hand-over, where the team has somebody who keeps accounts."""
    return [
        Todo("opportunities", str(row["id"]), day_of(row.get("close_date")), f"Draft the hand-over of {words_of(row.get('account'))}",
             "It is won; the account manager needs what you learnt.", number_of(row.get("amount")) or Decimal(0))
        for row in without_handover(tables)
        if (not tables.me or fold(row.get("owner") or "") == fold(tables.me)) and not _keeps_itself(row, tables)
    ]  # fmt: skip


def _keeps_itself(row: Row, tables: Tables) -> bool:
    return any(fold(person.get("email") or "") == fold(row.get("owner") or "") for person in account_managers(tables))


def _handover_lines(row: Row, tables: Tables) -> list[Todo]:
    state, account = compute_handover(row, tables)["state"], words_of(row.get("account"))
    giver = not tables.me or fold(tables.me) == fold(row.get("from_rep") or "")
    record, met = str(row["id"]), day_of(row.get("meeting_date"))
    if state == "Offered" and (not tables.me or is_account_manager(row, tables.me)):
        left = unconfirmed(row, tables.me)
        return [Todo("handovers", record, met, f"Confirm the hand-over of {account}", f"left: {', '.join(left)}")]
    if state == "Returned" and giver:
        return [Todo("handovers", record, met, f"Answer the questions on {account}", words_of(row.get("return_questions")))]
    if state == "Draft" and giver:
        return [
            Todo(
                "handovers",
                record,
                met,
                f"Finish the hand-over of {account}",
                f"{readiness(row, tables.me) * 8:.0f} of 8 confirmed",
            )
        ]
    return []


PROCESS: Final = Process(
    key="accounts",
    name="Account management",
    title="Accounts",
    order=4,
    definition="Keep and grow one chosen customer.",
    purpose="Get the most long-term value out of chosen relationships by keeping what we can do in line with what "
    "the customer needs, and hand an account over without losing what was learnt.",
    question="Account manager: what do we want from the relationship, what does the customer need, which actions keep "
    "it healthy and profitable? Rep: have I passed on what I learnt?",
    owner_role="Account manager",
    cadence="monthly, plan per period",
    inputs="Won deals, hand-overs, touches and calls, products owned, what the customer says it needs.",
    outputs="Plan completeness, hand-over readiness, health with reasons, white space, actions due, renewals ahead.",
    stages=("Hand over", "Plan", "Act", "Review", "Renew"),
    tables=(PLANS, ACTIONS, HANDOVERS, OWNED, EXCLUDED, WHITE),
    checks=(
        has_goal_and_need,
        needs_have_capabilities,
        action_has_owner_and_date,
        plan_is_followed,
        handover_is_complete,
        two_people_hand_over,
        account_manager_confirms,
        renewal_is_prepared,
        action_serves_a_need,
    ),
    actions=(
        Action(
            "accounts.check_plan",
            "Check plan",
            ("account_plans",),
            check_plans,
            help="Says what each plan lacks, the barest first.",
        ),
        Action(
            "accounts.draft_handover",
            "Draft hand-over",
            ("opportunities", "handovers"),
            draft,
            (Parameter("to_am", "text", help="The account manager; blank: the account's owner, or the only one there is."),),
            help="Begins the hand-over of what you won, filled from opportunity, stakeholders, proposals and calls.",
        ),
        Action(
            "accounts.take_over",
            "Take over account",
            ("handovers",),
            take_over,
            (Parameter("reason", "text", help="10 characters or more, to take over with a section not confirmed."),),
            help="Begins the account plan once all eight sections are confirmed. The account manager's button.",
        ),
        Action(
            "accounts.find_white_space",
            "Find white space",
            (WHITE_SPACE, "account_plans"),
            find_white_space,
            help="Fills accounts × products: owned, open or white, with chance, worth and reason.",
        ),
        Action(
            "accounts.make_opportunity",
            "Make opportunity",
            (WHITE_SPACE,),
            make_opportunity,
            help="Makes an opportunity of each selected white field.",
        ),
        Action(
            "accounts.recompute_health",
            "Recompute health",
            ("account_plans",),
            recompute_health,
            help="Judges each account by touches, stakeholders, actions, sales trend and what is overdue.",
        ),
        Action(
            "accounts.offer_handover",
            "Offer hand-over",
            ("handovers",),
            offer,
            help="Gives the hand-over to the account manager once all eight sections are written.",
        ),
        Action(
            "accounts.accept_section",
            "Accept section",
            ("handovers",),
            accept,
            (Parameter("section", "integer", help="Number of the section, 1 to 8; blank accepts all that are written."),),
            help="Confirms a section as it is worded now. The account manager's button.",
        ),
        Action(
            "accounts.return_handover",
            "Return with questions",
            ("handovers",),
            give_back,
            help="Gives the hand-over back to the rep with the questions.",
        ),
    ),
    measures=(
        Measure("activity", "actions_on_time", "Plan actions done on time ÷ due", "share", actions_on_time),
        Measure("activity", "plans_touched", "Plans touched in 90 days ÷ plans", "share", plans_touched),
        Measure("quality", "mean_completeness", "Mean completeness of the plans", "share", mean_completeness),
        Measure(
            "quality", "handovers_in_time", "Hand-overs complete within 30 days of winning ÷ wins", "share", handovers_in_time
        ),
        Measure("result", "value_kept", "Sales to the same accounts, this period ÷ last", "ratio", value_kept),
        Measure(
            "result", "profitability_reached", "Profitability ÷ goal, where the goal is a margin", "ratio", profitability_reached
        ),
        Measure("result", "median_health", "Median health", "points", median_health),
    ),
    policy=POLICY,
    tiles=(
        Tile("Plan actions overdue", "plan_actions", (("done", "blank", ""), ("due", "before", "today"))),
        Tile("Stale account plans", "account_plans", (("plan_status", "is", "Stale"),)),
        Tile("Hand-overs offered", "handovers", (("state", "is", "Offered"),)),
    ),
    compute={"account_plans": compute_plan, "handovers": compute_handover},
    today=today,
    fill={"handovers": fill_handover},
)
