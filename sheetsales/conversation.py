"""What the rows of a call say: its plan and what the plan lacks, what stays open after it, whether it was looked back on.

Pure; the call process declares the tables and the policy, and calls this.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from sheetsales.process import Row, Tables
from sheetsales.values import Value, day_of, fold, moment_of, number_of, words_of

DEBRIEF: Final = ("objective_met", "went_well", "improve")
EARLIEST: Final = datetime.min  # noqa: DTZ901 (the wall clock of the workspace has no zone)


def number(tables: Tables, name: str) -> Decimal:
    """Give a number of the call policy."""
    return Decimal(tables.policy[f"calls.{name}"])


def is_mine(row: Row, tables: Tables) -> bool:
    """Say whether a row is the member's at work, or nobody's; at the command line of the workspace all are."""
    return not tables.me or row.get("owner") is None or fold(row["owner"]) == fold(tables.me)


# ── names and times ──────────────────────────────────────────────────────────────────────────────


def call_name(row: Row) -> str | None:
    """Give the name of a call: the account, and when it is planned to the minute."""
    account, planned = row.get("account"), moment_of(row.get("planned_at"))
    return None if account is None or planned is None else f"{account} {planned:%Y-%m-%d %H:%M}"


def reference_to(call: Row, tables: Tables) -> str:
    """Give the words that refer to a call: its name where that is its alone, else its id."""
    twin = tables.find("calls", call.get("name"))
    return str(call["name"]) if twin is not None and twin["id"] == call["id"] else str(call["id"])


def when(row: Row) -> tuple[datetime, str]:
    """Give the moment of a call, held or planned, and its id for ties; a call without one comes first."""
    moment = moment_of(row.get("held_at")) if row.get("status") == "Held" else None
    return moment or moment_of(row.get("planned_at")) or EARLIEST, str(row["id"])


def calls_with(account: Value, tables: Tables) -> list[Row]:
    """Give the calls with an account in the order of their moments."""
    by_account = tables.once("calls by account", _by_account)
    return by_account.get(tables.same_key("accounts", account), []) if account is not None else []


def _by_account(tables: Tables) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in sorted(tables.rows("calls"), key=when):
        if row.get("account") is not None:
            found.setdefault(tables.same_key("accounts", row["account"]), []).append(row)
    return found


# ── the plan ─────────────────────────────────────────────────────────────────────────────────────


def questions_of(row: Row, tables: Tables) -> list[Row]:
    """Give the questions of a call."""
    return [q for q in tables.children("call_questions", "call", "calls", row) if words_of(q.get("question"))]


def objections_of(row: Row, tables: Tables) -> list[Row]:
    """Give the objections of a call."""
    return [o for o in tables.children("call_objections", "call", "calls", row) if words_of(o.get("objection"))]


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Give rows by their `order`, those without one last; ties by id."""
    return sorted(rows, key=lambda row: (number_of(row.get("order")) or Decimal(10**9), str(row["id"])))


def has_objective(row: Row, tables: Tables) -> bool:
    """Say whether a call has an objective that is long enough to be one."""
    return len(words_of(row.get("objective"))) >= number(tables, "objective_length")


def missing_of_plan(row: Row, tables: Tables) -> list[str]:
    """Give what a plan lacks: objective, question, objection."""
    there = {
        "objective": has_objective(row, tables),
        "question": bool(questions_of(row, tables)),
        "objection": row.get("none_expected") == "Yes" or bool(objections_of(row, tables)),
    }
    return [name for name, held in there.items() if not held]


def plan_score(row: Row, tables: Tables) -> int:
    """Give the points of a plan, 0 to 100: objective, success test, up to three questions, objections."""
    wanted = min(Decimal(len(questions_of(row, tables))), number(tables, "questions_wanted"))
    points = wanted * number(tables, "points_question")
    if has_objective(row, tables):
        points += number(tables, "points_objective")
    if words_of(row.get("success_test")):
        points += number(tables, "points_success_test")
    if "objection" not in missing_of_plan(row, tables):
        points += number(tables, "points_objections")
    return int(points)


# ── looking back ─────────────────────────────────────────────────────────────────────────────────


def is_debriefed(row: Row) -> bool:
    """Say whether all three fields of the debrief are there."""
    return all(row.get(name) is not None for name in DEBRIEF)


def hours_without_debrief(row: Row, tables: Tables) -> Decimal | None:
    """Give the hours since a held call that is not debriefed; None for any other."""
    held = moment_of(row.get("held_at"))
    if row.get("status") != "Held" or held is None or is_debriefed(row):
        return None
    return Decimal(int((tables.now - held).total_seconds())) / 3600


def debrief_queue(tables: Tables) -> list[Row]:
    """Give the held calls that should be debriefed by now, the oldest first; ties by id."""
    late = number(tables, "debrief_hours")
    rows = [row for row in tables.rows("calls") if (hours_without_debrief(row, tables) or Decimal(0)) > late]
    return sorted(rows, key=lambda row: (moment_of(row.get("held_at")) or EARLIEST, str(row["id"])))


def reviewed_by_self(row: Row, tables: Tables) -> bool:
    """Say whether the reviewer of a call is the one who held it."""
    reviewer, owner = row.get("reviewer"), row.get("owner")
    return reviewer is not None and owner is not None and tables.same_key("people", reviewer) == tables.same_key("people", owner)


def reviewed_by_peer(row: Row, tables: Tables) -> bool:
    """Say whether somebody else is the reviewer of a call."""
    return bool(words_of(row.get("reviewer"))) and not reviewed_by_self(row, tables)


def review_queue(tables: Tables, who: str) -> list[Row]:
    """Give the held calls that wait for this member's review, the oldest first; ties by id."""
    rows = [
        row
        for row in tables.rows("calls")
        if row.get("status") == "Held"
        and row.get("review_score") is None
        and reviewed_by_peer(row, tables)
        and tables.same_key("people", row.get("reviewer")) == tables.same_key("people", who)
    ]
    return sorted(rows, key=when)


# ── objections by what they cost ─────────────────────────────────────────────────────────────────


def objection_figures(objection: Value, tables: Tables) -> tuple[int, int]:
    """Give how often an objection was raised, and how often it was not resolved."""
    return tables.once("objection counts", _objection_counts).get(fold(objection or ""), (0, 0))


def _objection_counts(tables: Tables) -> dict[str, tuple[int, int]]:
    counts: dict[str, tuple[int, int]] = {}
    for row in tables.rows("call_objections"):
        if row.get("raised") == "Yes":
            key = fold(row.get("objection") or "")
            raised, unresolved = counts.get(key, (0, 0))
            counts[key] = raised + 1, unresolved + (row.get("resolved") != "Yes")
    return counts


def objections_ranked(tables: Tables) -> list[tuple[Row, Decimal]]:
    """Give the objection library by frequency × unresolved rate, the greatest first; ties by id.

    The product is the number of times an objection was raised and stayed unresolved.
    """
    rows = [(row, Decimal(objection_figures(row.get("objection"), tables)[1])) for row in tables.rows("objection_library")]
    return sorted(rows, key=lambda entry: (-entry[1], str(entry[0]["id"])))


def last_held(account: Value, before: datetime, tables: Tables, count: int) -> list[Row]:
    """Give the last calls held with an account before a moment, the newest first."""
    held = [row for row in calls_with(account, tables) if row.get("status") == "Held" and when(row)[0] < before]
    return held[::-1][:count]


def promises_to(
    account: Value, opportunity: Value, before: datetime, tables: Tables, count: int
) -> list[tuple[date | None, str]]:
    """Give what was agreed with an account and is due: next steps of earlier calls, and of the opportunity; the earliest first.

    count: of the last calls that are looked at. A step that lies before the last call was taken up in it.
    """
    held = last_held(account, before, tables, count)
    newest = day_of(held[0].get("held_at")) if held else None
    found: dict[str, tuple[date | None, str]] = {}
    deal = tables.find("opportunities", opportunity)
    for row in [*held, *([deal] if deal is not None else [])]:
        step, due = words_of(row.get("next_step")), day_of(row.get("next_step_date"))
        if step and (due is None or newest is None or due >= newest):
            found.setdefault(fold(step), (due, step))
    return sorted(found.values(), key=lambda entry: (entry[0] is None, entry[0] or date.min, entry[1]))
