"""What must be true before an opportunity leaves a stage forward, and who is engaged with it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from sheetsales.process import Row, Tables, policy_number
from sheetsales.qualification import overrides
from sheetsales.values import day_of, fold, number_of, words_of

WON: Final = "won"
LOST: Final = "lost"
SENT: Final = ("Sent", "Accepted")
APPROVED: Final = ("Approved", *SENT)

NUMBERS: Final = ("problem_length", "engaged_people", "engaged_days")
SMALL: Final = {2: "two", 3: "three", 4: "four"}

Since = date | None  # people engaged before this day do not count; None: any day counts
Test = Callable[[Row, Tables, Since], bool]


def outcome_of(row: Row) -> str:
    """Give Won, Lost or Open by the stage; the names Won and Lost are the terminal ones."""
    stage = fold(row.get("stage") or "")
    return stage.capitalize() if stage in (WON, LOST) else "Open"


def stage_row(tables: Tables, name: object) -> Row | None:
    """Give the row of `stages` with this name; None where there is none."""
    hits = tables.where("stages", "name", words_of(name) or None)
    return hits[0] if hits else None


def order_of(tables: Tables, name: object) -> int | None:
    """Give the place of a stage in the pipeline; None where it is not known."""
    row = stage_row(tables, name)
    place = number_of(row.get("order")) if row is not None else None
    return int(place) if place is not None else None


def people_engaged(row: Row, tables: Tables, since: Since) -> int:
    """Count the different people of an opportunity that were engaged, from a day on if one is given."""
    people = set()
    for person in tables.children("stakeholders", "opportunity", "opportunities", row):
        day = day_of(person.get("engaged_on"))
        if day is not None and day <= tables.today and (since is None or day >= since):
            people.add(fold(person.get("person") or ""))
    return len(people - {""})


def has_role(row: Row, tables: Tables, role: str) -> bool:
    """Say whether a person of this role is named among the stakeholders."""
    people = tables.children("stakeholders", "opportunity", "opportunities", row)
    return any(person.get("role") == role and words_of(person.get("person")) for person in people)


def _filled(name: str) -> Test:
    return lambda row, _tables, _since: row.get(name) is not None


def _role(role: str) -> Test:
    return lambda row, tables, _since: has_role(row, tables, role)


def _problem(row: Row, tables: Tables, _since: Since) -> bool:
    return len(words_of(row.get("business_problem"))) >= policy_number(tables, "opportunities.problem_length")


def _engaged(row: Row, tables: Tables, since: Since) -> bool:
    return people_engaged(row, tables, since) >= policy_number(tables, "opportunities.engaged_people")


def _lead_qualified(row: Row, tables: Tables, _since: Since) -> bool:
    lead = tables.find("leads", row.get("lead"))
    if lead is None:
        return True
    return (
        words_of(lead.get("verdict")).startswith("Qualified")
        or lead.get("status") in ("Qualified", "Converted")
        or overrides(lead.get("override_reason"))
    )


def _amount(row: Row, _tables: Tables, _since: Since) -> bool:
    return (number_of(row.get("amount")) or Decimal(0)) > 0


def _competitor(row: Row, tables: Tables, _since: Since) -> bool:
    return any(entry.get("status") for entry in tables.children("competitors", "opportunity", "opportunities", row))


def _proposal(row: Row, tables: Tables, since: Since) -> bool:
    """Say whether a proposal was sent that is still valid; once passed, that one was sent."""
    for proposal in tables.children("proposals", "opportunity", "opportunities", row):
        valid = day_of(proposal.get("valid_until"))
        if proposal.get("status") in SENT and (since is None or valid is None or valid >= tables.today):
            return True
    return any(touch.get("method") == "Proposal" for touch in tables.children("touches", "opportunity", "opportunities", row))


def _discount(row: Row, tables: Tables, _since: Since) -> bool:
    """Say whether no proposal waits for approval, and none that is not approved yet goes beyond a product's limit."""
    for proposal in tables.children("proposals", "opportunity", "opportunities", row):
        if proposal.get("status") == "Needs approval":
            return False
        if proposal.get("status") in APPROVED:
            continue
        for line in tables.children("proposal_lines", "proposal", "proposals", proposal):
            product = tables.find("products", line.get("sku"))
            limit = number_of(product.get("max_discount")) if product is not None else None
            discount = number_of(line.get("discount"))
            if limit is not None and discount is not None and discount > limit:
                return False
    return True


# stage, folded -> what must be true to leave it forward, in words; {…} is a number of the policy
CRITERIA: Final[Mapping[str, tuple[tuple[str, Test], ...]]] = {
    "discover": (
        ("account", _filled("account")),
        ("source", _filled("source")),
        ("business problem of {problem_length} characters", _problem),
        ("one contact engaged", lambda row, tables, _since: people_engaged(row, tables, None) >= 1),
    ),
    "qualify": (
        ("lead verdict Qualified or overruled", _lead_qualified),
        ("amount", _amount),
        ("close date", _filled("close_date")),
        ("budget not No", lambda row, _tables, _since: row.get("budget") != "No"),
        ("decision process", _filled("decision_process")),
    ),
    "solution": (
        ("economic buyer", _role("Economic buyer")),
        ("champion", _role("Champion")),
        ("competitor status", _competitor),
        ("value to customer", _filled("value_to_customer")),
        ("{engaged_people} people engaged in {engaged_days} days", _engaged),
    ),
    "proposal": (
        ("proposal sent and valid", _proposal),
        ("legal or procurement person", _role("Legal/Procurement")),
        (
            "dated next step",
            lambda row, _tables, _since: bool(words_of(row.get("next_step"))) and row.get("next_step_date") is not None,
        ),
    ),
    "negotiate": (
        ("terms agreed", lambda row, _tables, _since: row.get("terms_agreed") == "Yes"),
        ("discount within the limit or approved", _discount),
        ("signature date", _filled("signature_date")),
    ),
}


def missing_exit(row: Row, tables: Tables, stage: object, since: Since) -> list[str]:
    """Give what is missing to leave a stage forward; nothing for a stage without criteria of ours."""
    missing = [words for words, test in CRITERIA.get(fold(stage or ""), ()) if not test(row, tables, since)]
    return [words.format_map(tables.once("numbers of the criteria", _numbers)) for words in missing]


def _numbers(tables: Tables) -> dict[str, str]:
    numbers = {name: policy_number(tables, f"opportunities.{name}") for name in NUMBERS}
    return {
        name: SMALL.get(int(number), f"{number}") if name == "engaged_people" else f"{number}" for name, number in numbers.items()
    }


def missing_to_reach(row: Row, tables: Tables, stage: str, since: Since) -> list[str]:
    """Give what is missing to move forward from the row's own stage to another, stages in between included.

    Nothing for a move backward, and to Lost, which needs a reason alone.
    """
    here, there = order_of(tables, row.get("stage")), order_of(tables, stage)
    if here is None or there is None or fold(stage) == LOST:
        return []
    return _missing_between(row, tables, here, there, since)


def engaged_since(tables: Tables) -> date:
    """Give the first day on which an engagement still counts, engaged_days (30) back."""
    return tables.today - timedelta(days=int(policy_number(tables, "opportunities.engaged_days")))


def missing_behind(row: Row, tables: Tables) -> list[str]:
    """Give what is missing of the stages that the opportunity passed here; who was engaged at any time counts.

    One that came in from another system with its stage is asked only for what it passed since.
    """
    here = order_of(tables, row.get("stage"))
    came_in = order_of(tables, row.get("entry_stage") or row.get("stage")) if row.get("external_id") is not None else 0
    if here is None or outcome_of(row) == "Lost":
        return []
    return _missing_between(row, tables, came_in or 0, here, None)


def _missing_between(row: Row, tables: Tables, first: int, end: int, since: Since) -> list[str]:
    found: list[str] = []
    for stage in tables.once("stages in order", _in_order):
        place = number_of(stage.get("order"))
        if place is not None and first <= place < end:
            found += missing_exit(row, tables, stage.get("name"), since)
    return found


def _in_order(tables: Tables) -> list[Row]:
    return sorted(tables.rows("stages"), key=lambda row: (number_of(row.get("order")) or Decimal(0), str(row["id"])))
