"""How a hand-over begins in the rep's book and ends in the account manager's: the draft, filled from what is known, and the gate.

The table of hand-overs stands in the books of both: the rep drafts, writes and offers; the account manager confirms,
returns, and takes over once nothing is left to confirm.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sheetsales.account_health import rows_of_account
from sheetsales.exit_criteria import outcome_of
from sheetsales.handover import is_account_manager, unconfirmed
from sheetsales.process import Edit, NewRow, Patch, Refusal, Request, Row, Tables, policy_number
from sheetsales.qualification import OVERRIDE_LENGTH, overrides
from sheetsales.roles import member_profile, requirement
from sheetsales.values import Value, day_of, fold, number_of, words_of

LIMIT: Final = 2_000  # characters of a section
CHOOSE: Final = "Choose the hand-overs first. Nothing was written."


def account_managers(tables: Tables) -> list[Row]:
    """Give the members whose role keeps accounts: those of whom account management is required by the rules of fit."""
    people = [row for row in tables.rows("people") if row.get("active") != "No" and row.get("email") is not None]
    return [row for row in people if requirement(member_profile(row, tables), "accounts")[0] == "mandatory"]


def draft(tables: Tables, request: Request) -> Patch:
    """Begin a hand-over for each selected won opportunity, filled from what is known; only blank sections are filled.

    Without a selection: for the member's own wins of the last `handover_days` that have none. Parameter: to_am, the
    account manager; blank takes the owner of the account, or the only account manager there is.
    """
    rows = _won(tables, request)
    edits: list[Edit] = []
    new: list[NewRow] = []
    refused: list[Refusal] = []
    for row in rows:
        if outcome_of(row) != "Won":
            refused.append(_refusal(row, "Only what is won is handed over."))
        elif row.get("account") is None:
            refused.append(_refusal(row, "Name the account first."))
        else:
            keeper = _keeper(row, request.parameters.get("to_am"), tables)
            if request.parameters.get("to_am") is not None and keeper is None:
                refused.append(_refusal(row, f"There is no member called '{request.parameters['to_am']}'."))
                continue
            _draft_one(row, keeper, tables, edits, new)
    message = f"{len(rows)} won opportunities read, {len(new)} hand-overs drafted, {len({e.record for e in edits})} filled up, {len(refused)} refused."
    return Patch(tuple(edits), tuple(new), tuple(refused), message, len(rows))


def _refusal(row: Row, why: str) -> Refusal:
    return Refusal("opportunities", str(row["id"]), f"{words_of(row.get('name'))}: {why}")


def _won(tables: Tables, request: Request) -> list[Row]:
    rows = [row for row in tables.rows("opportunities") if str(row["id"]) in request.records]
    if not request.records:
        rows = [row for row in without_handover(tables) if not tables.me or fold(row.get("owner") or "") == fold(tables.me)]
    return sorted(rows, key=lambda row: str(row["id"]))


def without_handover(tables: Tables) -> list[Row]:
    """Give the opportunities won in the last `handover_days` whose account has no hand-over yet."""
    since = tables.today - timedelta(days=int(policy_number(tables, "accounts.handover_days")))
    return [
        row
        for row in tables.rows("opportunities")
        if outcome_of(row) == "Won"
        and row.get("account") is not None
        and (day := day_of(row.get("close_date"))) is not None
        and since <= day <= tables.today
        and not rows_of_account("handovers", row.get("account"), tables)
    ]


def _keeper(row: Row, named: Value, tables: Tables) -> Value:
    """Give the e-mail of the account manager: as named, else the account's owner, else the only one there is."""
    if named is not None:
        person = tables.person(named) or tables.find("people", named)
        return person.get("email") if person is not None else None
    account = tables.find("accounts", row.get("account"))
    owner = account.get("owner") if account is not None else None
    if owner is not None and fold(owner) != fold(row.get("owner") or ""):
        return owner
    managers = [person.get("email") for person in account_managers(tables)]
    others = [email for email in managers if fold(email or "") != fold(row.get("owner") or "")]
    return others[0] if len(others) == 1 else None


def _draft_one(row: Row, keeper: Value, tables: Tables, edits: list[Edit], new: list[NewRow]) -> None:
    filled = {name: text[:LIMIT] for name, text in sections_of(row, tables).items() if text}
    rep = row.get("owner") or tables.me
    begun = [
        one for one in rows_of_account("handovers", row.get("account"), tables) if fold(one.get("from_rep") or "") == fold(rep)
    ]
    if not begun:
        if not any(fold(one.values["account"] or "") == fold(row.get("account") or "") for one in new):
            new.append(
                NewRow("handovers", {"account": row.get("account"), "from_rep": rep, "to_am": keeper, "owner": rep, **filled})
            )
        return
    after = {**filled, "to_am": keeper}
    edits += [Edit("handovers", str(begun[0]["id"]), name, value) for name, value in after.items()
              if value is not None and begun[0].get(name) is None]  # fmt: skip


def sections_of(row: Row, tables: Tables) -> dict[str, str]:
    """Give what is known of the eight sections and the products sold, by column; blank where the tables say nothing.

    Promises are never guessed: even none must be written by the rep.
    """
    problem, theme = words_of(row.get("business_problem")), words_of(row.get("win_theme"))
    return {
        "products": "; ".join(_products(row, tables)),
        "why_bought": ". ".join(part for part in (problem, theme) if part),
        "stakeholders": "; ".join(
            _stakeholder(person) for person in tables.children("stakeholders", "opportunity", "opportunities", row)
        ),
        "open_risks": "; ".join(_risks(row, tables)),
        "decision_process": words_of(row.get("decision_process")),
        "commercial_terms": "; ".join(_terms(row, tables)),
        "success_criteria": _success(row, tables),
        "next_90_days": "; ".join(_steps(row, tables)),
    }


def _products(row: Row, tables: Tables) -> Sequence[str]:
    """Give the products of everything the rep won of this account."""
    deals = rows_of_account("opportunities", row.get("account"), tables)
    won = [deal for deal in deals if outcome_of(deal) == "Won" and fold(deal.get("owner") or "") == fold(row.get("owner") or "")]
    return list(dict.fromkeys(words_of(deal.get("product")) for deal in won if deal.get("product") is not None))


def _stakeholder(person: Row) -> str:
    influence, stance = number_of(person.get("influence")), number_of(person.get("stance"))
    parts = [words_of(person.get("role")), f"influence {influence} of 5" if influence is not None else "",
             f"stance {stance:+}" if stance is not None else ""]  # fmt: skip
    known = ", ".join(part for part in parts if part)
    return f"{words_of(person.get('person'))} ({known})" if known else words_of(person.get("person"))


def _risks(row: Row, tables: Tables) -> Sequence[str]:
    found = []
    for call in tables.children("calls", "opportunity", "opportunities", row):
        for one in tables.children("call_objections", "call", "calls", call):
            if one.get("raised") == "Yes" and one.get("resolved") != "Yes":
                idea = words_of(one.get("solution_idea"))
                found.append(f"open objection: {words_of(one.get('objection'))}" + (f" (idea: {idea})" if idea else ""))
    for person in tables.children("stakeholders", "opportunity", "opportunities", row):
        if (number_of(person.get("stance")) or 0) < 0:
            found.append(f"{words_of(person.get('person'))} was against it")
    return list(dict.fromkeys(found))


def _terms(row: Row, tables: Tables) -> Sequence[str]:
    amount = number_of(row.get("amount"))
    found = [f"{amount:,.2f} {words_of(row.get('ccy'))}".strip()] if amount is not None else []
    if row.get("product") is not None:
        found.append(words_of(row.get("product")))
    for proposal in tables.children("proposals", "opportunity", "opportunities", row):
        if proposal.get("status") in ("Sent", "Accepted"):
            months = number_of(proposal.get("term_months"))
            found += [words_of(proposal.get("payment_terms")), f"term {months} months" if months is not None else ""]
    return [part for part in dict.fromkeys(found) if part]


def _success(row: Row, tables: Tables) -> str:
    value = number_of(row.get("value_to_customer"))
    tests = [words_of(call.get("success_test")) for call in tables.children("calls", "opportunity", "opportunities", row)]
    worth = f"expected value to the customer {value:,.2f}" if value is not None else ""
    return "; ".join(dict.fromkeys(part for part in (worth, *tests) if part))


def _steps(row: Row, tables: Tables) -> Sequence[str]:
    dated = [(day_of(row.get("next_step_date")), words_of(row.get("next_step")))]
    for call in tables.children("calls", "opportunity", "opportunities", row):
        dated.append((day_of(call.get("next_step_date")), words_of(call.get("next_step"))))
    ahead = sorted({(day, step) for day, step in dated if step and day is not None and day >= tables.today})
    return [f"{day}: {step}" for day, step in ahead]


# ── the gate ─────────────────────────────────────────────────────────────────────────────────────


def take_over(tables: Tables, request: Request) -> Patch:
    """Begin the account plan of the selected hand-overs for the running period; the account manager's button.

    The gate: every section must be confirmed, or a reason given, which is kept. The plan begins with what was handed
    over: the customer's success criteria as our goal, and why they bought as the first need; the products sold are owned.
    """
    new: list[NewRow] = []
    edits: list[Edit] = []
    refused: list[Refusal] = []
    rows = sorted((row for row in tables.rows("handovers") if str(row["id"]) in request.records), key=lambda row: str(row["id"]))
    reason = request.parameters.get("reason")
    for row in rows:
        why = _not_yet(row, reason, tables)
        period = _running(tables)
        if not why and period is None:
            why = "No period of today stands in Periods."
        if why or period is None:
            refused.append(Refusal("handovers", str(row["id"]), f"{words_of(row.get('account'))}: {why}"))
            continue
        if reason is not None and unconfirmed(row, tables.me) and row.get("override_reason") != reason:
            edits.append(Edit("handovers", str(row["id"]), "override_reason", reason))
        new += _owned(row, tables)
        plans = rows_of_account("account_plans", row.get("account"), tables)
        if not any(tables.same_key("periods", plan.get("period")) == str(period["id"]) for plan in plans):
            goal, need = words_of(row.get("success_criteria")), words_of(row.get("why_bought"))
            new.append(NewRow("account_plans", {
                "account": row.get("account"), "period": period.get("code"), "owner": tables.me or row.get("to_am"),
                "our_goal": f"Reach what was agreed: {goal}"[:LIMIT] if goal else "Reach what was promised at the hand-over",
                "customer_need_1": need or "See the hand-over",
            }))  # fmt: skip
    message = (
        f"{len(rows)} hand-overs read, {sum(one.table == 'account_plans' for one in new)} plans begun, {len(refused)} refused."
        if request.records
        else CHOOSE
    )
    return Patch(tuple(edits), tuple(new), tuple(refused), message, len(rows))


def _owned(row: Row, tables: Tables) -> list[NewRow]:
    """Give a row of products owned for each product sold that does not stand there yet."""
    there = {tables.same_key("products", one.get("sku")) for one in rows_of_account("products_owned", row.get("account"), tables)}
    found = []
    for text in dict.fromkeys(part.strip() for part in words_of(row.get("products")).split(";")):
        if text and tables.same_key("products", text) not in there:
            found.append(
                NewRow("products_owned", {"account": row.get("account"), "sku": text, "owner": tables.me or row.get("to_am")})
            )
    return found


def _not_yet(row: Row, reason: Value, tables: Tables) -> str:
    if not is_account_manager(row, tables.me):
        return "Only the account manager takes over."
    missing = unconfirmed(row, tables.me)
    if not missing or overrides(reason):
        return ""
    short = f" A reason needs {OVERRIDE_LENGTH} characters or more." if reason is not None else ""
    return f"Hand-over not complete: {', '.join(missing)}.{short}"


def _running(tables: Tables) -> Row | None:
    """Give the quarter of today; else the shortest period that holds it."""
    holding = []
    for row in tables.rows("periods"):
        start, end = day_of(row.get("start")), day_of(row.get("end"))
        if start is not None and end is not None and start <= tables.today <= end:
            holding.append((row.get("kind") != "Quarter", (end - start).days, str(row["id"]), row))
    return min(holding, key=lambda one: one[:3])[3] if holding else None
