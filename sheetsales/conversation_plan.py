"""Plan call, Carry forward, Check plan: what was left open first, then questions and objections from the libraries.

Pure planners: rows in, patch out. A plan is only ever filled up, so pressing again adds nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Final

from sheetsales.conversation import (
    call_name,
    calls_with,
    has_objective,
    in_order,
    is_mine,
    missing_of_plan,
    objections_of,
    objections_ranked,
    plan_score,
    questions_of,
    reference_to,
    when,
)
from sheetsales.conversation import number as policy_number
from sheetsales.errors import WrongUse
from sheetsales.process import Check, Edit, NewRow, Patch, Refusal, Request, Row, Tables
from sheetsales.values import Value, fold, moment_of, number_of, words_of

# ── policy: what belongs to which kind of step ───────────────────────────────────────────────────

OBJECTIVES: Final = ("Discover", "Qualify", "Demo", "Propose", "Negotiate", "Close", "Service", "Renew", "Cross-sell")
TOPICS_FOR: Final[Mapping[str, tuple[str, ...]]] = {  # which topics of the question library come first
    "Discover": ("Need", "Authority", "Timing"),
    "Qualify": ("Budget", "Authority", "Timing", "Need"),
    "Demo": ("Need", "Competition", "Process"),
    "Propose": ("Process", "Budget", "Competition"),
    "Negotiate": ("Process", "Budget", "Timing"),
    "Close": ("Process", "Timing", "Authority"),
    "Service": ("Need", "Other", "Process"),
    "Renew": ("Need", "Competition", "Budget"),
    "Cross-sell": ("Need", "Authority", "Budget"),
}
CATEGORIES_FOR: Final[Mapping[str, tuple[str, ...]]] = {  # which categories of the objection library come first
    "Discover": ("Need", "Trust"),
    "Qualify": ("Budget", "Authority"),
    "Demo": ("Fit", "Risk"),
    "Propose": ("Price", "Competition"),
    "Negotiate": ("Price", "Process"),
    "Close": ("Timing", "Authority"),
    "Service": ("Trust", "Fit"),
    "Renew": ("Price", "Competition"),
    "Cross-sell": ("Need", "Budget"),
}
STEP_OF_STAGE: Final[Mapping[str, str]] = {  # what a call in this stage of its deal is for, until the rep says otherwise
    "discover": "Discover", "qualify": "Qualify", "solution": "Demo", "proposal": "Propose", "negotiate": "Negotiate",
}  # fmt: skip
SATURDAY: Final = 5  # first day of the weekend, as `date.weekday` counts
_NEW: Final = "new"  # stands for the id of a call that is being made


@dataclass
class _Filling:
    """What the button has decided so far."""

    edits: list[Edit] = field(default_factory=list)
    new: list[NewRow] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    carried: int = 0
    questions: int = 0
    objections: int = 0
    taken: set[tuple[str, str]] = field(default_factory=set)


# ── plan call ────────────────────────────────────────────────────────────────────────────────────


def plan_call(tables: Tables, request: Request) -> Patch:
    """Fill the plan of the selected planned calls, or of all the member's; with an account, make a call first.

    First what earlier calls left open, once; then questions by the kind of step and the deal's stage, and
    expected objections with their prepared responses. What a rep wrote is never touched. Raises WrongUse for
    an account, opportunity or kind of step that is not there.
    """
    made = _Filling()
    targets = _planned_calls(tables, request)
    account = request.parameters.get("account")
    selected_accounts = [row for record in request.records if (row := tables.get("accounts", record)) is not None]
    if account is not None:
        selected_accounts.append(_account(account, tables))
        targets = targets if request.records else []
    fresh = []
    for row in {str(row["id"]): row for row in selected_accounts}.values():
        there = _next_planned(row, tables, request)
        if there is None:
            fresh.append(_new_call(row, tables, request))
        elif all(there["id"] != target["id"] for target in targets):
            targets.append(there)
    for target in targets:
        _fill(target, tables, request, made)
    for target in fresh:
        made.new.append(NewRow("calls", {name: value for name, value in target.items() if name != "id" and value is not None}))
        _fill(target, tables, request, made)
    return Patch(
        tuple(made.edits),
        tuple(made.new),
        tuple(made.refused),
        _told(targets, fresh, made, tables),
        len(tables.rows("calls")),
    )


def _planned_calls(tables: Tables, request: Request) -> list[Row]:
    if request.records:
        rows = [row for record in request.records if (row := tables.get("calls", record)) is not None]
    else:
        rows = [row for row in tables.rows("calls") if is_mine(row, tables)]
    return sorted((row for row in rows if row.get("status") == "Planned" and row.get("account") is not None), key=when)


def _account(text: Value, tables: Tables) -> Row:
    row = tables.find("accounts", text)
    if row is None:
        raise WrongUse(f"There is no one account called {text}.", "Give its name as in the tab Accounts, or its id.")
    return row


def _next_planned(account: Row, tables: Tables, request: Request) -> Row | None:
    """Give the planned call that is meant: of the moment asked for, else the member's next one with the account."""
    moment = moment_of(request.parameters.get("planned_at"))
    rows = [row for row in calls_with(str(account["id"]), tables) if row.get("status") == "Planned" and is_mine(row, tables)]
    if moment is not None:
        return next((row for row in rows if moment_of(row.get("planned_at")) == moment), None)
    return next((row for row in rows if when(row)[0] >= tables.now), None)


def _new_call(account: Row, tables: Tables, request: Request) -> dict[str, Value]:
    """Give the row of a call that is to be made; `id` stands for the one that will be drawn."""
    deal = _deal(account, tables, request)
    people = tables.children("contacts", "account", "accounts", account)
    name = words_of(account.get("name"))
    row: dict[str, Value] = {
        "id": _NEW,
        "account": name if tables.find("accounts", name) is account else str(account["id"]),
        "contact": _named_by(people[0], "name", "contacts", tables) if len(people) == 1 else None,
        "opportunity": _named_by(deal, "name", "opportunities", tables) if deal is not None else None,
        "planned_at": moment_of(request.parameters.get("planned_at")) or next_working_day(tables),
        "status": "Planned",
        "objective": request.parameters.get("objective"),
        "owner": tables.me or account.get("owner"),
    }
    row["objective_type"] = _step(row, tables, request)
    row["name"] = call_name(row)
    while tables.where("calls", "name", row["name"]):  # its questions refer to it by this name, so it must be its alone
        row["planned_at"] = (moment_of(row["planned_at"]) or tables.now) + timedelta(minutes=1)
        row["name"] = call_name(row)
    return row


def _named_by(row: Row, column: str, table: str, tables: Tables) -> str:
    """Give the name of a row where that is its alone, else its id."""
    name = words_of(row.get(column))
    return name if name and tables.find(table, name) is row else str(row["id"])


def next_working_day(tables: Tables) -> datetime:
    """Give the morning of the next working day, at the hour of the policy."""
    day = tables.today + timedelta(days=1)
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    return datetime.combine(day, time(int(policy_number(tables, "plan_hour")) % 24))


def _deal(account: Row, tables: Tables, request: Request) -> Row | None:
    """Give the opportunity asked for, else the only open one of the account that the member works."""
    asked = request.parameters.get("opportunity")
    if asked is not None:
        row = tables.find("opportunities", asked)
        if row is None:
            raise WrongUse(
                f"There is no one opportunity called {asked}.", "Give its name as in the tab Opportunities, or its id."
            )
        return row
    rows = [
        row
        for row in tables.children("opportunities", "account", "accounts", account)
        if row.get("outcome") in (None, "Open") and is_mine(row, tables)
    ]
    return rows[0] if len(rows) == 1 else None


def _step(row: Row, tables: Tables, request: Request) -> str:
    """Give the kind of step: the one asked for, the rep's own, else by the deal's stage or the account's type."""
    asked = request.parameters.get("objective_type")
    if asked is not None:
        known = {fold(name): name for name in OBJECTIVES}
        if fold(asked) not in known:
            raise WrongUse(f"'{asked}' is no kind of step.", f"Use one of: {', '.join(OBJECTIVES)}.")
        return known[fold(asked)]
    if row.get("objective_type") in OBJECTIVES:
        return str(row["objective_type"])
    deal, account = tables.find("opportunities", row.get("opportunity")), tables.find("accounts", row.get("account"))
    if deal is not None:
        return STEP_OF_STAGE.get(fold(deal.get("stage") or ""), "Qualify")
    return "Service" if account is not None and account.get("type") == "Customer" else "Discover"


def _fill(target: Row, tables: Tables, request: Request, made: _Filling) -> None:
    """Fill one plan up to what the policy wants."""
    new = target["id"] == _NEW
    step = _step(target, tables, request) if target.get("objective_type") is None or new else str(target["objective_type"])
    if not new and target.get("objective_type") is None:
        made.edits.append(Edit("calls", str(target["id"]), "objective_type", step))
    calls = [*calls_with(target.get("account"), tables), *([target] if new else [])]
    carried = list(carried_into(calls, target, tables, made.taken))
    made.new += carried
    made.carried += len(carried)
    there = [row.values for row in carried if row.table == "call_questions"]
    have = len(questions_of(target, tables)) + len(there)
    added = list(_questions(target, step, there, tables))[: max(0, int(policy_number(tables, "questions_wanted")) - have)]
    made.new += added
    made.questions += len(added)
    has_questions = bool(have + len(added))
    _answer_objections(target, tables, made)
    there = [row.values for row in carried if row.table == "call_objections"]
    have = len(objections_of(target, tables)) + len(there)
    expected = target.get("none_expected") != "Yes"
    room = int(policy_number(tables, "objections_wanted")) - have if expected else 0
    added = list(_objections(target, step, there, tables))[: max(0, room)]
    made.new += added
    made.objections += len(added)
    complete = "Yes" if has_objective(target, tables) and has_questions and (not expected or have + len(added)) else "No"
    if not new and target.get("plan_complete") != complete:
        made.edits.append(Edit("calls", str(target["id"]), "plan_complete", complete))  # so that marks of what lacked go at once


def _lists(text: Value) -> set[str]:
    return {fold(part) for part in words_of(text).split(";")} - {""}


def _questions(target: Row, step: str, carried: Sequence[Mapping[str, Value]], tables: Tables) -> Iterable[NewRow]:
    """Give library questions for one call in the order of the library: the topics of the step in turn, what was answered left out."""
    deal = tables.find("opportunities", target.get("opportunity"))
    stage = fold(deal.get("stage") or "") if deal is not None else ""
    known = {fold(row.get("question") or "") for row in (*questions_of(target, tables), *carried)}
    known |= {
        fold(row.get("question") or "")
        for call in calls_with(target.get("account"), tables)
        for row in questions_of(call, tables)
        if row.get("asked") == "Yes"
    }
    topics = TOPICS_FOR.get(step, ())
    by_topic: dict[str, list[Row]] = {}
    for row in tables.rows("question_library"):
        types, stages = _lists(row.get("objective_types")), _lists(row.get("stages"))
        fits = (not types or fold(step) in types) and (not stages or stage in stages)
        if row.get("active") == "Yes" and fits and words_of(row.get("question")) and fold(row["question"]) not in known:
            by_topic.setdefault(str(row.get("topic")), []).append(row)
    ordered = sorted(
        ((turn, topics.index(topic) if topic in topics else len(topics), topic, row)
         for topic, rows in by_topic.items() for turn, row in enumerate(rows)),
        key=lambda entry: (entry[1] == len(topics), entry[0], entry[1], entry[2]),
    )  # fmt: skip
    orders = [number_of(row.get("order")) or Decimal(0) for row in (*questions_of(target, tables), *carried)]
    last = int(max(orders, default=Decimal(0)))
    for place, (_turn, _rank, _topic, row) in enumerate(ordered, last + 1):
        yield NewRow(
            "call_questions", {**_part_of(target, tables), "order": place, "question": row["question"], "topic": row.get("topic")}
        )


def _objections(target: Row, step: str, carried: Sequence[Mapping[str, Value]], tables: Tables) -> Iterable[NewRow]:
    """Give library objections for one call: those that most often stay unresolved, then those of the step, in their order."""
    categories = CATEGORIES_FOR.get(step, ())
    known = {fold(row.get("objection") or "") for row in (*objections_of(target, tables), *carried)}

    order = {str(row["id"]): number for number, row in enumerate(tables.rows("objection_library"))}

    def place(entry: tuple[Row, Decimal]) -> tuple[Decimal, int, int]:
        category = words_of(entry[0].get("category"))
        return -entry[1], categories.index(category) if category in categories else len(categories), order[str(entry[0]["id"])]

    for row, _weight in sorted(objections_ranked(tables), key=place):
        if words_of(row.get("objection")) and fold(row["objection"]) not in known:
            response = row.get("prepared_response")
            yield NewRow(
                "call_objections", {**_part_of(target, tables), "objection": row["objection"], "prepared_response": response}
            )


def _answer_objections(target: Row, tables: Tables, made: _Filling) -> None:
    """Put the prepared response of the library beside objections that have none."""
    if target["id"] == _NEW:
        return
    for row in objections_of(target, tables):
        if row.get("prepared_response") is None:
            hits = tables.where("objection_library", "objection", row.get("objection"))
            if hits and hits[0].get("prepared_response") is not None:
                made.edits.append(Edit("call_objections", str(row["id"]), "prepared_response", hits[0]["prepared_response"]))


def _part_of(target: Row, tables: Tables) -> dict[str, Value]:
    return {"call": _to(target, tables), "owner": target.get("owner")}


def _to(target: Row, tables: Tables) -> Value:
    return target.get("name") if target["id"] == _NEW else reference_to(target, tables)


def _told(targets: Sequence[Row], fresh: Sequence[Row], made: _Filling, tables: Tables) -> str:
    if not targets and not fresh:
        return "No planned call to fill: write one in the tab Calls, or say for which account."
    text = (
        f"{len(targets) + len(fresh)} plans filled, {len(fresh)} calls made: {made.carried} items carried forward, "
        f"{made.questions} questions and {made.objections} objections added."
    )
    lacking = sum(not has_objective(row, tables) for row in (*targets, *fresh))
    return f"{text} Write the objective yourself: {lacking} without one." if lacking else text


# ── carry forward ────────────────────────────────────────────────────────────────────────────────


def carry_forward(tables: Tables, request: Request) -> Patch:
    """Put unasked questions and unresolved objections of held calls into the next planned call, once.

    For the planned calls selected, else for the first planned call after the last held one with each
    account. What a later call already has, by its text, is not put there again.
    """
    new: list[NewRow] = []
    accounts = dict.fromkeys(tables.same_key("accounts", row.get("account")) for row in sorted(tables.rows("calls"), key=when))
    for account in accounts:
        calls = calls_with(account or None, tables)
        planned = [call for call in calls if call.get("status") == "Planned"]
        last = max((when(call) for call in calls if call.get("status") == "Held"), default=None)
        following = [call for call in planned if last is not None and when(call) > last]
        chosen = [call for call in planned if str(call["id"]) in request.records] if request.records else following[:1]
        taken: set[tuple[str, str]] = set()
        for target in chosen:
            new += carried_into(calls, target, tables, taken)
    targets = len({row.values["call"] for row in new})
    message = f"{len(new)} open questions and objections carried into {targets} planned calls."
    return Patch(new=tuple(new), message=message, rows_read=len(tables.rows("calls")))


def carried_into(calls: Sequence[Row], target: Row, tables: Tables, taken: set[tuple[str, str]]) -> Iterable[NewRow]:
    """Give the rows to make in one planned call; `taken` remembers what earlier targets got.

    calls: those of one account in their order. The latest call in which an item stands decides.
    """
    latest: dict[tuple[str, str], tuple[Row, Row]] = {}
    for call in calls:
        if call.get("status") in ("Held", "Planned"):
            for kind, item in _items(call, tables):
                latest[kind, fold(item.get(kind) or "")] = call, item
    order = max((int(number_of(q.get("order")) or 0) for q in questions_of(target, tables)), default=0)
    account = tables.same_key("accounts", target.get("account"))
    for (kind, text), (call, item) in latest.items():
        key = f"{account} {kind}", text
        if call.get("status") != "Held" or when(call) >= when(target) or key in taken or not _left_open(kind, item):
            continue
        taken.add(key)
        values: dict[str, Value] = {
            **_part_of(target, tables),
            kind: item.get(kind),
            "carried_from": reference_to(call, tables),
        }
        if kind == "question":
            order += 1
            yield NewRow("call_questions", {**values, "order": order, "topic": item.get("topic")})
        else:
            response, idea = item.get("prepared_response"), item.get("solution_idea")
            yield NewRow("call_objections", {**values, "prepared_response": response, "solution_idea": idea})


def _items(call: Row, tables: Tables) -> Iterable[tuple[str, Row]]:
    yield from (("question", row) for row in in_order(questions_of(call, tables)))
    yield from (("objection", row) for row in objections_of(call, tables))


def _left_open(kind: str, item: Row) -> bool:
    if kind == "question":
        return item.get("asked") == "No"
    return item.get("raised") == "Yes" and item.get("resolved") != "Yes"


# ── check plan ───────────────────────────────────────────────────────────────────────────────────


def check_plans(tables: Tables, request: Request, checks: Sequence[Check]) -> Patch:
    """Say of the selected planned calls, or of all the member's, what each plan lacks; completeness and points are filled.

    checks: those of a plan; here they count as failures, though they never keep a call from being held.
    """
    edits: list[Edit] = []
    refused: list[Refusal] = []
    rows = _planned_calls(tables, request)
    for row in rows:
        values: dict[str, Value] = {
            "plan_complete": "No" if missing_of_plan(row, tables) else "Yes",
            "plan_score": plan_score(row, tables),
        }
        edits += [Edit("calls", str(row["id"]), name, value) for name, value in values.items() if row.get(name) != value]
        found = [f"{f.code}: {f.message}" for rule in checks for f in rule.findings(row, tables)]
        if found:
            refused.append(Refusal("calls", str(row["id"]), f"{call_name(row) or row['id']}: {' '.join(found)}"))
    message = f"{len(rows)} plans checked: {len(rows) - len(refused)} complete, {len(refused)} lack something."
    return Patch(tuple(edits), refused=tuple(refused), message=message, rows_read=len(rows))
