"""Call management: what do I want from this conversation, what do I ask, and what did I learn?

Run by reps before and after each call, with a peer or manager who looks back with them. In: planned
calls. Out: the plan with what is missing, the debrief, what is carried into the next call.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from sheetsales.columns import Choice, Date, DateTime, Email, Integer, Percent, Reference, Text, Tick, YesNoUnknown
from sheetsales.libraries.conversation import OBJECTIONS, QUESTIONS
from sheetsales.process import (
    Action,
    Figure,
    Measure,
    NewRow,
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
    share,
)
from sheetsales.values import Value, day_of, fold, moment_of, number_of, words_of

# ── policy ───────────────────────────────────────────────────────────────────────────────────────

POLICY: Final = (
    Policy("objective_length", 10, "characters", "Shorter is a topic, not an objective."),
    Policy("points_objective", 30, "points", "Of a plan's 100: without an objective the rest has no aim."),
    Policy("points_success_test", 20, "points", "Whether it was met must be visible."),
    Policy("points_question", 10, "points", "For each question, up to the number below."),
    Policy("questions_wanted", 3, "questions", "Three are a conversation; one is a remark."),
    Policy("points_objections", 20, "points", "Prepared objections, or none expected."),
    Policy("debrief_hours", 24, "hours", "After a day the details are gone."),
)
number = numbers("calls", POLICY)
CHANNELS: Final = ("Phone", "Video", "Visit", "Email")
OBJECTIVES: Final = ("Discover", "Qualify", "Demo", "Propose", "Negotiate", "Close", "Service", "Renew", "Cross-sell")
STATUSES: Final = ("Planned", "Held", "No-show", "Cancelled", "Moved")
TOPICS: Final = ("Need", "Budget", "Authority", "Timing", "Process", "Competition", "Other")
DEBRIEF: Final = ("objective_met", "went_well", "improve")

# ── tables ───────────────────────────────────────────────────────────────────────────────────────

_NAME: Final = (
    'IF(OR({account}="",{planned_at}=""),"",{account}&" "&YEAR({planned_at})&"-"&TEXT(MONTH({planned_at}),"00")&"-"&TEXT(DAY({planned_at}),"00")'
    '&" "&TEXT(HOUR({planned_at}),"00")&":"&TEXT(MINUTE({planned_at}),"00"))'
)

CALLS: Final = Table("calls", "Calls", "CA", (
    Reference("account", required=True, target="accounts", help="The company you speak with."),
    Reference("contact", wanted=True, target="contacts", help="The person you speak with."),
    Reference("opportunity", target="opportunities", help="The deal it is about, if there is one."),
    DateTime("planned_at", "Planned at", required=True, help="Day and time of the call."),
    Choice("channel", CHANNELS, required=True, default="Phone", help="How you speak."),
    Choice("objective_type", OBJECTIVES, "Objective type", help="What kind of step it is."),
    Text("objective", help="What you want from the call, in 10 characters or more."),
    Text("success_test", "Success test", wanted=True, help="By what will you see that the objective is met?"),
    Tick("none_expected", "None expected", help="Yes if you expect no objection."),
    Choice("status", STATUSES, required=True, default="Planned", help="Held once it has taken place."),
    DateTime("held_at", "Held at", help="When it took place."),
    Integer("duration_min", "Duration (min)", minimum=0, maximum=480, range_code="CALL-05",
            range_message="Duration {v} is outside 0–480 minutes.", help="Minutes, from 0 to 480."),
    Choice("objective_met", ("Yes", "Partly", "No"), "Objective met", help="Debrief: was the objective met?"),
    Text("went_well", "Went well", help="Debrief: what went well?"),
    Text("improve", help="Debrief: what could be better next time?"),
    Text("next_step", "Next step", help="What was agreed."),
    Date("next_step_date", "Next step date", help="By when."),
    Email("reviewer", target="people", help="A peer or manager who looks back with you."),
    Integer("review_score", "Review score", minimum=1, maximum=5, range_code="CALL-08",
            range_message="Review score must be 1 to 5.", help="From 1 to 5, by the reviewer."),
    Choice("plan_complete", ("Yes", "No"), "Plan complete", computed="row",
           help="Objective, question and objection are there; it stays as it was when the call was held."),
    Integer("plan_score", "Plan score", computed="row", help="From 0 to 100; it stays as it was when the call was held."),
    DateTime("plan_frozen_at", "Plan frozen at", computed="row", help="Since when the plan stays as it was: the call was held."),
    Text("stage_at_call", "Stage at call", computed="row", help="The deal's stage when the call was held."),
    DateTime("debriefed_at", "Debriefed at", computed="row", help="When the three debrief fields were all filled."),
    Choice("peer_reviewed", ("Yes", "No"), "Peer reviewed", computed="row", help="Yes if somebody else reviewed the call.",
           formula='IF({account}="","",IF({reviewer}="","No",IF(TRIM({reviewer})=TRIM({owner}),"No","Yes")))'),
    Text("name", "Call", computed="row", formula=_NAME, help="By this name questions and objections refer to the call."),
), key=(("account", "planned_at", "channel"),),
    help="One row per conversation: plan it, hold it, debrief it.")  # fmt: skip

CALL_QUESTIONS: Final = Table("call_questions", "Call questions", "CQ", (
    Reference("call", required=True, target="calls", help="The call it is for."),
    Integer("order", minimum=0, help="In which order to ask."),
    Text("question", required=True, help="From the question library, or your own."),
    Choice("topic", TOPICS, help="What it is about."),
    YesNoUnknown("asked", help="No if it was not asked: it comes back in the next call."),
    Text("answer", help="What was said."),
    Reference("carried_from", "Carried from", target="calls", computed="action", help="The earlier call in which it was left open."),
), kind="detail", key=(("call", "question"),), label="question", help="What to ask in a call, and what was answered.")  # fmt: skip

CALL_OBJECTIONS: Final = Table("call_objections", "Call objections", "CO", (
    Reference("call", required=True, target="calls", help="The call it is for."),
    Text("objection", required=True, help="From the objection library, or in the customer's words."),
    Text("prepared_response", "Prepared response", help="What you will say."),
    YesNoUnknown("raised", help="Was it raised?"),
    YesNoUnknown("resolved", help="Was it resolved? If not, it comes back in the next call."),
    Text("solution_idea", "Solution idea", help="How it might be solved."),
    Reference("carried_from", "Carried from", target="calls", computed="action", help="The earlier call in which it was left open."),
), kind="detail", key=(("call", "objection"),), label="objection", help="What the customer may object, and what became of it.")  # fmt: skip

QUESTION_LIBRARY: Final = Table("question_library", "Question library", "QL", (
    Text("question", required=True, unique=True, help="In plain words; phrase it freely in the call."),
    Choice("topic", TOPICS, required=True, default="Other", help="What it is about."),
    Text("criterion", help="The lead criterion it answers."),
    Text("objective_types", "Objective types", help="For which objectives, separated by ; (blank: all)."),
    Text("stages", help="For which stages, separated by ; (blank: all)."),
    Text("good_answer", "Good answer", help="What a good answer holds."),
    Tick("active", default="Yes", help="No takes it out of the plans."),
), kind="library", key=(("question",),), label="question", help="Questions that plans are filled from.")  # fmt: skip

OBJECTION_LIBRARY: Final = Table("objection_library", "Objection library", "OL", (
    Text("objection", required=True, unique=True, help="In the customer's words."),
    Text("category", help="Price, Budget, Need, Timing, ..."),
    Text("prepared_response", "Prepared response", help="The direction of a good response."),
    Integer("frequency", computed="row", help="How often it was raised."),
    Percent("unresolved_rate", "Unresolved rate", computed="row", help="Share of those times it was not resolved."),
), kind="library", key=(("objection",),), label="objection", help="Objections with responses, and how often they win.")  # fmt: skip

# ── computed columns ─────────────────────────────────────────────────────────────────────────────


def compute_call(row: Row, tables: Tables) -> Mapping[str, Value]:
    """Give the computed columns of a call; those of the plan stay as they are once the call was held.

    What was planned and held between two syncs counts as planned: the plan freezes when `held_at` is first seen.
    """
    deal = tables.find("opportunities", row.get("opportunity"))
    stage = deal.get("stage") if deal is not None else None
    debriefed = all(row.get(name) is not None for name in DEBRIEF)
    complete = not missing_of_plan(row, tables)
    held = row.get("held_at") is not None
    frozen = held and row.get("plan_frozen_at") is not None

    def kept(name: str, value: Value) -> Value:
        return row[name] if frozen and row.get(name) is not None else value

    return {
        "plan_complete": kept("plan_complete", "Yes" if complete else "No"),
        "plan_score": kept("plan_score", plan_score(row, tables)),
        "plan_frozen_at": kept("plan_frozen_at", tables.now) if held else None,
        "stage_at_call": kept("stage_at_call", stage),
        "debriefed_at": (row.get("debriefed_at") or tables.now) if debriefed else None,
        "peer_reviewed": "Yes" if _reviewed_by_peer(row, tables) else "No",
        "name": call_name(row),
    }


def call_name(row: Row) -> str | None:
    """Give the name of a call: the account, and when it is planned to the minute."""
    account, planned = row.get("account"), moment_of(row.get("planned_at"))
    return None if account is None or planned is None else f"{account} {planned:%Y-%m-%d %H:%M}"


def _reviewed_by_peer(row: Row, tables: Tables) -> bool:
    return bool(words_of(row.get("reviewer"))) and not _reviewed_by_self(row, tables)


def _reviewed_by_self(row: Row, tables: Tables) -> bool:
    reviewer, owner = row.get("reviewer"), row.get("owner")
    return reviewer is not None and owner is not None and tables.same_key("people", reviewer) == tables.same_key("people", owner)


def compute_objection(row: Row, tables: Tables) -> Mapping[str, Value]:
    """Give how often an objection of the library was raised, and the share of it that was not resolved."""
    raised, unresolved = tables.once("objection counts", _objection_counts).get(fold(row.get("objection") or ""), (0, 0))
    rate = (Decimal(unresolved) / raised).quantize(Decimal("0.000001")) if raised else None
    return {"frequency": raised, "unresolved_rate": rate}


def _objection_counts(tables: Tables) -> dict[str, tuple[int, int]]:
    counts: dict[str, tuple[int, int]] = {}
    for row in tables.rows("call_objections"):
        if row.get("raised") == "Yes":
            key = fold(row.get("objection") or "")
            raised, unresolved = counts.get(key, (0, 0))
            counts[key] = raised + 1, unresolved + (row.get("resolved") != "Yes")
    return counts


def objections_ranked(tables: Tables) -> list[tuple[Row, Decimal]]:
    """Give the objection library by frequency × unresolved rate, the greatest first; ties by id."""
    found = []
    for row in tables.rows("objection_library"):
        figures = compute_objection(row, tables)
        weight = (number_of(figures["frequency"]) or Decimal(0)) * (number_of(figures["unresolved_rate"]) or Decimal(0))
        found.append((row, weight))
    return sorted(found, key=lambda entry: (-entry[1], str(entry[0]["id"])))


# ── the plan ─────────────────────────────────────────────────────────────────────────────────────


def questions_of(row: Row, tables: Tables) -> list[Row]:
    """Give the questions of a call."""
    return [q for q in tables.children("call_questions", "call", "calls", row) if words_of(q.get("question"))]


def objections_of(row: Row, tables: Tables) -> list[Row]:
    """Give the objections of a call."""
    return [o for o in tables.children("call_objections", "call", "calls", row) if words_of(o.get("objection"))]


def missing_of_plan(row: Row, tables: Tables) -> list[str]:
    """Give what a plan lacks: objective, question, objection."""
    there = {
        "objective": _has_objective(row, tables),
        "question": bool(questions_of(row, tables)),
        "objection": row.get("none_expected") == "Yes" or bool(objections_of(row, tables)),
    }
    return [name for name, held in there.items() if not held]


def _has_objective(row: Row, tables: Tables) -> bool:
    return len(words_of(row.get("objective"))) >= number(tables, "objective_length")


def plan_score(row: Row, tables: Tables) -> int:
    """Give the points of a plan, 0 to 100: objective, success test, up to three questions, objections."""
    wanted = min(Decimal(len(questions_of(row, tables))), number(tables, "questions_wanted"))
    points = wanted * number(tables, "points_question")
    if _has_objective(row, tables):
        points += number(tables, "points_objective")
    if words_of(row.get("success_test")):
        points += number(tables, "points_success_test")
    if "objection" not in missing_of_plan(row, tables):
        points += number(tables, "points_objections")
    return int(points)


# ── checks ───────────────────────────────────────────────────────────────────────────────────────


@check("CALL-01", "warning", "calls", "objective", "status", hint="Say what you want from the call.")
def plan_has_objective(row: Row, tables: Tables) -> object:
    """Plan: write an objective of at least 10 characters."""
    return row.get("status") == "Planned" and not _has_objective(row, tables)


@check("CALL-02", "warning", "calls", "status", hint="Write it in Call questions, or pick one from the library.")
def plan_has_question(row: Row, tables: Tables) -> object:
    """Plan: add at least one question."""
    return row.get("status") == "Planned" and not questions_of(row, tables)


@check("CALL-03", "warning", "calls", "none_expected", "status", hint="Write it in Call objections, or tick None expected.")
def plan_has_objection(row: Row, tables: Tables) -> object:
    """Plan: add an expected objection, or tick 'none expected'."""
    return row.get("status") == "Planned" and "objection" in missing_of_plan(row, tables)


@check("CALL-04", "error", "calls", "held_at", "status", hint="Type day and time of the call.")
def held_has_date(row: Row, _tables: Tables) -> object:
    """Held without a date: fill 'held at'."""
    return row.get("status") == "Held" and row.get("held_at") is None


@check("CALL-05", "error", "calls", "duration_min", hint="Type the minutes, from 0 to 480.")
def duration_is_possible(row: Row, _tables: Tables) -> object:
    """Duration {v} is outside 0–480 minutes."""
    minutes = number_of(row.get("duration_min"))
    return {"v": minutes} if minutes is not None and not 0 <= minutes <= 480 else None


@check("CALL-06", "error", "calls", "next_step_date", "held_at", hint="Mend one of the two dates.")
def next_step_follows(row: Row, _tables: Tables) -> object:
    """Next step {date} lies before the call ({held})."""
    step, held = day_of(row.get("next_step_date")), day_of(row.get("held_at"))
    return {"date": step, "held": held} if step is not None and held is not None and step < held else None


@check("CALL-07", "warning", "calls", "reviewer", hint="Ask a peer or your manager.")
def reviewer_is_a_peer(row: Row, tables: Tables) -> object:
    """You reviewed your own call; it does not count as a peer review."""
    return _reviewed_by_self(row, tables)


@check("CALL-08", "error", "calls", "review_score", hint="Type a whole number from 1 to 5.")
def score_is_in_range(row: Row, _tables: Tables) -> object:
    """Review score must be 1 to 5."""
    return row.get("review_score") is not None and number_of(row.get("review_score")) not in (1, 2, 3, 4, 5)


@check("CALL-09", "warning", "calls", "objective_met", "held_at", hint="Fill Objective met, Went well and Improve.")
def debrief_is_done(row: Row, tables: Tables) -> object:
    """Held {n} hours ago and not debriefed."""
    hours = hours_without_debrief(row, tables)
    return {"n": int(hours)} if hours is not None and hours > number(tables, "debrief_hours") else None


@check("CALL-10", "warning", "calls", "next_step", "next_step_date", "status", hint="Write who does what by when.")
def next_step_is_agreed(row: Row, _tables: Tables) -> object:
    """No next step agreed."""
    if row.get("status") != "Held":
        return None
    blank = [name for name in ("next_step", "next_step_date") if row.get(name) is None]
    return {"column": blank[0]} if blank else None


@check("CALL-11", "error", "calls", "held_at", hint="Type the time at which the call took place.")
def held_is_past(row: Row, tables: Tables) -> object:
    """'held at' is in the future."""
    held = moment_of(row.get("held_at"))
    return held is not None and held > tables.now


def hours_without_debrief(row: Row, tables: Tables) -> Decimal | None:
    """Give the hours since a held call that is not debriefed; None for any other."""
    held = moment_of(row.get("held_at"))
    if row.get("status") != "Held" or held is None or all(row.get(name) is not None for name in DEBRIEF):
        return None
    return Decimal(int((tables.now - held).total_seconds())) / 3600


def debrief_queue(tables: Tables) -> list[Row]:
    """Give the held calls that should be debriefed by now, the oldest first; ties by id."""
    late = number(tables, "debrief_hours")
    rows = [row for row in tables.rows("calls") if (hours_without_debrief(row, tables) or Decimal(0)) > late]
    return sorted(rows, key=lambda row: (moment_of(row.get("held_at")) or datetime.min, str(row["id"])))  # noqa: DTZ901


# ── actions ──────────────────────────────────────────────────────────────────────────────────────


def carry_forward(tables: Tables, request: Request) -> Patch:
    """Put unasked questions and unresolved objections of held calls into the next planned call, once.

    For the planned calls selected, else for the first planned call after the last held one with each
    account. What a later call already has, by its text, is not put there again.
    """
    by_account: dict[str, list[Row]] = {}
    for row in sorted(tables.rows("calls"), key=_when):
        if row.get("account") is not None:
            by_account.setdefault(tables.same_key("accounts", row["account"]), []).append(row)
    new: list[NewRow] = []
    for calls in by_account.values():
        planned = [call for call in calls if call.get("status") == "Planned"]
        last = max((_when(call) for call in calls if call.get("status") == "Held"), default=None)
        following = [call for call in planned if last is not None and _when(call) > last]
        chosen = [call for call in planned if str(call["id"]) in request.records] if request.records else following[:1]
        taken: set[tuple[str, str]] = set()
        for target in chosen:
            new += _carried(calls, target, tables, taken)
    targets = len({row.values["call"] for row in new})
    message = f"{len(new)} open questions and objections carried into {targets} planned calls."
    return Patch(new=tuple(new), message=message, rows_read=len(tables.rows("calls")))


def _when(row: Row) -> tuple[datetime, str]:
    moment = moment_of(row.get("held_at")) if row.get("status") == "Held" else None
    return moment or moment_of(row.get("planned_at")) or datetime.min, str(row["id"])  # noqa: DTZ901


def _carried(calls: list[Row], target: Row, tables: Tables, taken: set[tuple[str, str]]) -> Iterable[NewRow]:
    """Give the rows to make in one planned call; `taken` remembers what earlier targets got.

    calls: those of one account in their order. The latest call in which an item stands decides.
    """
    latest: dict[tuple[str, str], tuple[Row, Row]] = {}
    for call in calls:
        if call.get("status") in ("Held", "Planned"):
            for kind, item in _items(call, tables):
                latest[kind, fold(item.get(kind) or "")] = call, item
    order = max((int(number_of(q.get("order")) or 0) for q in questions_of(target, tables)), default=0)
    for (kind, text), (call, item) in latest.items():
        if call.get("status") != "Held" or _when(call) >= _when(target) or (kind, text) in taken or not _left_open(kind, item):
            continue
        taken.add((kind, text))
        values: dict[str, Value] = {
            "call": _named(target, tables),
            kind: item.get(kind),
            "carried_from": _named(call, tables),
            "owner": target.get("owner"),
        }
        if kind == "question":
            order += 1
            yield NewRow("call_questions", {**values, "order": order, "topic": item.get("topic")})
        else:
            response, idea = item.get("prepared_response"), item.get("solution_idea")
            yield NewRow("call_objections", {**values, "prepared_response": response, "solution_idea": idea})


def _named(call: Row, tables: Tables) -> str:
    """Give the words that refer to a call: its name where that is its alone, else its id."""
    twin = tables.find("calls", call.get("name"))
    return str(call["name"]) if twin is not None and twin["id"] == call["id"] else str(call["id"])


def _items(call: Row, tables: Tables) -> Iterable[tuple[str, Row]]:
    yield from (("question", row) for row in questions_of(call, tables))
    yield from (("objection", row) for row in objections_of(call, tables))


def _left_open(kind: str, item: Row) -> bool:
    if kind == "question":
        return item.get("asked") == "No"
    return item.get("raised") == "Yes" and item.get("resolved") != "Yes"


# ── today, and measures ──────────────────────────────────────────────────────────────────────────


def today_lines(tables: Tables) -> list[Todo]:
    """Give the calls due today or overdue, and the debriefs that have waited too long."""
    lines, late = [], number(tables, "debrief_hours")
    for row in tables.rows("calls"):
        if tables.me and row.get("owner") is not None and fold(row["owner"]) != fold(tables.me):
            continue
        record, account = str(row["id"]), str(row.get("account") or "")
        planned, hours = day_of(row.get("planned_at")), hours_without_debrief(row, tables)
        if row.get("status") == "Planned" and planned is not None and planned <= tables.today:
            missing = missing_of_plan(row, tables)
            why = f"The plan lacks: {', '.join(missing)}." if missing else words_of(row.get("objective"))
            lines.append(Todo("calls", record, planned, f"Call {account}", why, Decimal(2)))
        elif hours is not None and hours > late:
            held = day_of(row.get("held_at")) or tables.today
            lines.append(
                Todo("calls", record, held, f"Debrief the call with {account}", f"Held {int(hours)} hours ago.", Decimal(1))
            )
    return lines


def _within(tables: Tables, name: str, start: date, end: date) -> list[Row]:
    return [row for row in tables.rows("calls") if start <= (day_of(row.get(name)) or date.min) <= end]


def _held(tables: Tables, start: date, end: date) -> list[Row]:
    return [row for row in _within(tables, "held_at", start, end) if row.get("status") == "Held"]


def adherence(tables: Tables, start: date, end: date) -> Figure:
    """Give held ÷ planned of the calls planned for these days."""
    planned = _within(tables, "planned_at", start, end)
    return share((row for row in planned if row.get("status") == "Held"), planned)


def plans_complete(tables: Tables, start: date, end: date) -> Figure:
    """Give the share of held calls whose plan was complete when they were held."""
    held = _held(tables, start, end)
    return share((row for row in held if row.get("plan_complete") == "Yes"), held)


def debriefed_in_time(tables: Tables, start: date, end: date) -> Figure:
    """Give the share of held calls debriefed within a day."""
    held, wait = _held(tables, start, end), timedelta(hours=float(number(tables, "debrief_hours")))

    def in_time(row: Row) -> bool:
        done, was = moment_of(row.get("debriefed_at")), moment_of(row.get("held_at"))
        return done is not None and was is not None and done - was <= wait

    return share(filter(in_time, held), held)


def peer_reviewed(tables: Tables, start: date, end: date) -> Figure:
    """Give the share of held calls that somebody else reviewed."""
    held = _held(tables, start, end)
    return share((row for row in held if row.get("peer_reviewed") == "Yes"), held)


def _debriefed(tables: Tables, start: date, end: date) -> list[Row]:
    return [row for row in _held(tables, start, end) if all(row.get(name) is not None for name in DEBRIEF)]


def objectives_met(tables: Tables, start: date, end: date) -> Figure:
    """Give the share of debriefed calls whose objective was met."""
    rows = _debriefed(tables, start, end)
    return share((row for row in rows if row.get("objective_met") == "Yes"), rows)


def objectives_partly_met(tables: Tables, start: date, end: date) -> Figure:
    """Give the share of debriefed calls whose objective was met in part."""
    rows = _debriefed(tables, start, end)
    return share((row for row in rows if row.get("objective_met") == "Partly"), rows)


def dated_next_step(tables: Tables, start: date, end: date) -> Figure:
    """Give the share of held calls that ended with a dated next step."""
    held = _held(tables, start, end)
    return share((row for row in held if row.get("next_step") is not None and row.get("next_step_date") is not None), held)


PROCESS: Final = Process(
    key="calls",
    name="Call management",
    title="Calls",
    order=1,
    definition="Plan, hold and debrief one conversation.",
    purpose="Give each conversation structure and intent: plan it, depart from the plan freely, look back with a peer.",
    question="What do I want from the call, what do I ask, what will they object? What did I not ask, what went well?",
    owner_role="Rep",
    cadence="daily",
    inputs="Planned calls with objective, questions and expected objections; the libraries.",
    outputs="Complete plans, debriefs, open questions and objections carried into the next call, objections by weight.",
    stages=("Plan", "Hold", "Debrief", "Review", "Carry forward"),
    tables=(CALLS, CALL_QUESTIONS, CALL_OBJECTIONS, QUESTION_LIBRARY, OBJECTION_LIBRARY),
    checks=(plan_has_objective, plan_has_question, plan_has_objection, held_has_date, duration_is_possible, next_step_follows,
            reviewer_is_a_peer, score_is_in_range, debrief_is_done, next_step_is_agreed, held_is_past),
    actions=(
        Action("calls.carry_forward", "Carry forward", ("calls",), carry_forward, (),
               "Puts what was left open in earlier calls into the next planned call with the account."),
    ),
    measures=(
        Measure("activity", "adherence", "Held ÷ planned calls", "share", adherence),
        Measure("quality", "plan_complete", "Held calls with a complete plan", "share", plans_complete),
        Measure("quality", "debriefed", "Held calls debriefed within 24 hours", "share", debriefed_in_time),
        Measure("quality", "peer_reviewed", "Held calls reviewed by somebody else", "share", peer_reviewed),
        Measure("result", "objective_met", "Debriefed calls whose objective was met", "share", objectives_met),
        Measure("result", "objective_partly_met", "Debriefed calls whose objective was met in part", "share", objectives_partly_met),
        Measure("result", "next_step", "Held calls with a dated next step", "share", dated_next_step),
    ),
    policy=POLICY,
    defaults={
        "question_library": tuple(
            {"topic": topic, "criterion": criterion or None, "question": question, "good_answer": good, "active": "Yes"}
            for topic, criterion, question, good in QUESTIONS),
        "objection_library": tuple(
            {"category": category, "objection": objection, "prepared_response": response}
            for category, objection, response in OBJECTIONS),
    },
    compute={"calls": compute_call, "objection_library": compute_objection},
    today=today_lines,
    tiles=(
        Tile("Calls planned", "calls", (("status", "is", "Planned"),)),
        Tile("Calls overdue", "calls", (("status", "is", "Planned"), ("planned_at", "before", "today"))),
        Tile("Calls to debrief", "calls", (("status", "is", "Held"), ("debriefed_at", "blank", ""))),
    ),
)  # fmt: skip
