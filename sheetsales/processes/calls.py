"""Call management: what do I want from this conversation, what do I ask, and what did I learn?

Run by reps before and after each call, with a peer or manager who looks back with them. In: planned
calls. Out: the plan with what is missing, the debrief, what is carried into the next call.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from sheetsales import call_measures as measured
from sheetsales.call_sheet import make_call_sheets
from sheetsales.columns import Choice, Date, DateTime, Email, Integer, Percent, Reference, Text, Tick, YesNoUnknown
from sheetsales.conversation import (
    call_name,
    has_objective,
    hours_without_debrief,
    is_debriefed,
    is_mine,
    missing_of_plan,
    objection_figures,
    plan_score,
    questions_of,
    review_queue,
    reviewed_by_peer,
    reviewed_by_self,
)
from sheetsales.conversation_plan import OBJECTIVES, carry_forward, check_plans, plan_call
from sheetsales.debriefing import plan_debrief, request_review
from sheetsales.libraries.conversation import OBJECTIONS, QUESTIONS
from sheetsales.objection_report import rank_objections
from sheetsales.process import (
    Action,
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
from sheetsales.rank import TIERS
from sheetsales.values import Value, day_of, moment_of, number_of, ratio, words_of

# ── policy ───────────────────────────────────────────────────────────────────────────────────────

POLICY: Final = (
    Policy("objective_length", 10, "characters", "Shorter is a topic, not an objective."),
    Policy("points_objective", 30, "points", "Of a plan's 100: without an objective the rest has no aim."),
    Policy("points_success_test", 20, "points", "Whether it was met must be visible."),
    Policy("points_question", 10, "points", "For each question, up to the number below."),
    Policy("questions_wanted", 3, "questions", "Three are a conversation; one is a remark."),
    Policy("points_objections", 20, "points", "Prepared objections, or none expected."),
    Policy("objections_wanted", 2, "objections", "Plan call prepares so many; more are not remembered in a conversation."),
    Policy("plan_hour", 9, "o'clock", "A call made for the next working day stands at this hour until it is moved.", maximum=23),
    Policy("debrief_hours", 24, "hours", "After a day the details are gone."),
)
number = numbers("calls", POLICY)
CHANNELS: Final = ("Phone", "Video", "Visit", "Email")
STATUSES: Final = ("Planned", "Held", "No-show", "Cancelled", "Moved")
TOPICS: Final = ("Need", "Budget", "Authority", "Timing", "Process", "Competition", "Other")

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
    Text("review_comment", "Review comment", help="What the reviewer would keep, and what to try next time."),
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
        "debriefed_at": (row.get("debriefed_at") or tables.now) if is_debriefed(row) else None,
        "peer_reviewed": "Yes" if reviewed_by_peer(row, tables) else "No",
        "name": call_name(row),
    }


def compute_objection(row: Row, tables: Tables) -> Mapping[str, Value]:
    """Give how often an objection of the library was raised, and the share of it that was not resolved."""
    raised, unresolved = objection_figures(row.get("objection"), tables)
    return {"frequency": raised, "unresolved_rate": ratio(unresolved, raised)}


# ── checks ───────────────────────────────────────────────────────────────────────────────────────


@check("CALL-01", "warning", "calls", "objective", "status", hint="Say what you want from the call.")
def plan_has_objective(row: Row, tables: Tables) -> object:
    """Plan: write an objective of at least 10 characters."""
    return row.get("status") == "Planned" and not has_objective(row, tables)


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
    return reviewed_by_self(row, tables)


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


# ── actions ──────────────────────────────────────────────────────────────────────────────────────


def check_plan(tables: Tables, request: Request) -> Patch:
    """Say of each planned call what its plan lacks; see `check_plans`."""
    return check_plans(tables, request, (plan_has_objective, plan_has_question, plan_has_objection))


def debrief(tables: Tables, request: Request) -> Patch:
    """Look back on held calls; see `plan_debrief`."""
    return plan_debrief(tables, request, (held_has_date, duration_is_possible, next_step_follows, held_is_past))


_OBJECTIVE_TYPES = ", ".join(OBJECTIVES)
ACTIONS: Final = (
    Action("calls.plan", "Plan call", ("calls", "accounts"), plan_call, (
        Parameter("account", "text", None, "", "Makes a call with this account, unless one is planned already."),
        Parameter("planned_at", "datetime", None, "", "When; blank is the next working morning."),
        Parameter("objective_type", "text", None, "", f"The kind of step: {_OBJECTIVE_TYPES}. Blank follows the deal's stage."),
        Parameter("objective", "text", None, "", "What you want from the call, in 10 characters or more."),
        Parameter("opportunity", "text", None, "", "The deal it is about; blank takes the account's only open one."),
    ), "Fills the plan of a call: first what was left open last time, then questions and objections from the libraries."),
    Action("calls.check_plan", "Check plan", ("calls",), check_plan, (), "Says what each plan lacks; it never keeps you from calling."),
    Action("calls.call_sheet", "Call sheet", ("calls",), make_call_sheets, (),
           "Prints one page for the call: objective, questions, objections with responses, the last calls, open promises."),
    Action("calls.carry_forward", "Carry forward", ("calls",), carry_forward, (),
           "Puts what was left open in earlier calls into the next planned call with the account."),
    Action("calls.debrief", "Debrief", ("calls",), debrief, (
        Parameter("objective_met", "text", None, "", "Yes, Partly or No."),
        Parameter("went_well", "text", None, "", "What went well?"),
        Parameter("improve", "text", None, "", "What could be better next time?"),
        Parameter("next_step", "text", None, "", "What was agreed."),
        Parameter("next_step_date", "date", None, "", "By when."),
        Parameter("held_at", "datetime", None, "", "When it took place; blank is the planned time."),
        Parameter("duration_min", "integer", None, "minutes", "How long it took."),
        Parameter("asked", "text", None, "", "Numbers of the questions that were asked, such as 1;3, or all, or none."),
        Parameter("raised", "text", None, "", "Numbers of the objections that were raised."),
        Parameter("resolved", "text", None, "", "Numbers of those that were resolved."),
    ), "Looks back on held calls: fills and ticks what you say, and tells what is still open."),
    Action("calls.request_review", "Request review", ("calls",), request_review,
           (Parameter("reviewer", "email", None, "", "A peer or manager; blank is the manager."),),
           "Puts held calls into the queue of a reviewer who is not you."),
    Action("calls.rank_objections", "Rank objections", ("call_objections",), rank_objections, (),
           "Lists the objections that cost most: how often they were raised and how often they stayed unresolved."),
)  # fmt: skip

# ── today, and measures ──────────────────────────────────────────────────────────────────────────


def today_lines(tables: Tables) -> list[Todo]:
    """Give the calls due today or overdue, the debriefs that have waited too long, and the reviews that wait for this member."""
    lines, late = [], number(tables, "debrief_hours")
    for row in tables.rows("calls"):
        if not is_mine(row, tables):
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
    for row in review_queue(tables, tables.me) if tables.me else ():
        why = f"{row.get('owner')} asked for your review."
        lines.append(Todo("calls", str(row["id"]), tables.today, f"Review the call with {row.get('account')}", why, Decimal(1)))
    return lines


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
    actions=ACTIONS,
    measures=(
        Measure("activity", "adherence", "Held ÷ planned calls", "share", measured.adherence),
        *(Measure("activity", f"adherence_{tier.lower()}", f"Held ÷ planned calls, {tier} accounts", "share", measured.adherence_of(tier))
          for tier in TIERS),
        Measure("activity", "adherence_no_tier", "Held ÷ planned calls, accounts without a tier", "share", measured.adherence_of("")),
        Measure("quality", "plan_complete", "Held calls with a complete plan", "share", measured.plans_complete),
        Measure("quality", "debriefed", "Held calls debriefed within 24 hours", "share", measured.debriefed_in_time),
        Measure("quality", "peer_reviewed", "Held calls reviewed by somebody else", "share", measured.peer_reviewed),
        Measure("quality", "review_score", "Mean score of those reviews, from 1 to 5", "points", measured.review_score),
        Measure("result", "objective_met", "Debriefed calls whose objective was met", "share", measured.objectives_met),
        Measure("result", "objective_partly_met", "Debriefed calls whose objective was met in part", "share",
                measured.objectives_partly_met),
        Measure("result", "next_step", "Held calls with a dated next step", "share", measured.dated_next_step),
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
