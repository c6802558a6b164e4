"""Coaching: the worked split of the gap, its edges, three records, the card, the rules of the log, adoption beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from sheetsales.adoption import adoption
from sheetsales.coaching import NUMBER, SIZE, WIN_RATE, Distance, Volume, cards, distance
from sheetsales.coaching_log import coach
from sheetsales.playbook import build_playbook
from sheetsales.process import Request, Row, Tables
from sheetsales.validate import row_findings
from sheetsales.values import Value

D = Decimal
BOOK = build_playbook({})
NOW = datetime(2026, 5, 13, 9, 0)
TODAY = NOW.date()
MARA, ANA, BEN = "mara@x.de", "ana@x.de", "ben@x.de"
PEOPLE: list[Row] = [
    {"id": "PE-1", "email": MARA, "name": "Mara", "role": "sales_manager", "active": "Yes"},
    {"id": "PE-2", "email": ANA, "name": "Ana", "role": "inside_rep", "manager": MARA, "active": "Yes"},
    {"id": "PE-3", "email": BEN, "name": "Ben", "role": "inside_rep", "manager": MARA, "active": "Yes"},
    {"id": "PE-4", "email": "gone@x.de", "name": "Gone", "role": "inside_rep", "manager": MARA, "active": "No"},
]
STANDING_ROWS = {name: [{**row, "id": f"{name}-{n}"} for n, row in enumerate(rows)]
                 for process in BOOK.processes for name, rows in process.defaults.items()}  # fmt: skip


def view(me: str = MARA, /, **rows: Sequence[Row]) -> Tables:
    return BOOK.view({**STANDING_ROWS, "people": PEOPLE, **rows}, NOW, me)


def closed(number: int, owner: str, amount: int, stage: str = "Won", **more: Value) -> Row:
    return {"id": f"OP-{number:03}", "name": f"Deal {number}", "owner": owner, "stage": stage, "amount": D(amount),
            "created_on": date(2026, 1, 5), "close_date": date(2026, 4, 1), **more}  # fmt: skip


# ── the split ────────────────────────────────────────────────────────────────────────────────────


def shares(found: Distance) -> list[float | None]:
    return [part.share for part in found.parts]


def test_30_opportunities_at_20_per_cent_against_40_at_25_splits_into_56_3_and_43_7_and_0_per_cent() -> None:
    found = distance(Volume(D(30), D("0.20"), D(20_000)), Volume(D(40), D("0.25"), D(20_000)))
    assert shares(found) == pytest.approx([0.5632, 0.4368, 0.0], abs=5e-5)
    assert found.words == "Number of opportunities: 56.3%; Win rate: 43.7%; Deal size: 0.0%"
    assert found.weakest == NUMBER


def test_a_rep_like_the_team_has_no_gap() -> None:
    same = Volume(D(40), D("0.25"), D(20_000))
    found = distance(same, same)
    assert (found.words, found.weakest, shares(found)) == ("No gap", "", [None, None, None])


def test_parts_of_opposite_signs_are_shown_in_ln_and_not_as_percentages() -> None:
    found = distance(Volume(D(20), D("0.5"), D(10)), Volume(D(40), D("0.25"), D(10)))
    assert shares(found) == [None, None, None]
    assert found.words == "Number of opportunities: ln -0.693; Win rate: ln +0.693; Deal size: ln +0.000"
    assert found.weakest == NUMBER


def test_a_factor_of_nought_is_none_yet_and_comes_first() -> None:
    found = distance(Volume(D(30), D("0.2"), D(0)), Volume(D(40), D("0.25"), D(10)))
    assert (found.weakest, found.whole) == (SIZE, None)
    assert "Deal size: none yet" in found.words


def test_a_rep_above_the_team_in_everything_has_no_weakest_factor() -> None:
    assert distance(Volume(D(50), D("0.5"), D(20)), Volume(D(40), D("0.25"), D(10))).weakest == ""


# ── cards ────────────────────────────────────────────────────────────────────────────────────────


def deals() -> list[Row]:
    ana = [closed(n, ANA, 100, "Won" if n < 2 else "Lost", lost_reason=None if n < 2 else "Price") for n in range(12)]
    ben = [closed(100 + n, BEN, 100, "Won" if n < 10 else "Lost") for n in range(12)]
    ana[5] = {**ana[5], "amount": D(900)}
    ana[7] = {**ana[7], "amount": D(400)}
    return [*ana, *ben]


def test_the_card_names_the_weakest_factor_and_the_three_largest_records_that_fail_it() -> None:
    ana, ben = cards([ANA, BEN], view(opportunities=deals()))
    assert (ana.weakest, ana.topic, ana.n) == (WIN_RATE, "Win rate", 12)
    assert ana.records == (
        ("opportunities", "OP-005", "Deal 5 900.00 (Price)"),
        ("opportunities", "OP-007", "Deal 7 400.00 (Price)"),
        ("opportunities", "OP-002", "Deal 2 100.00 (Price)"),
    )
    assert ben.weakest == ""


def test_with_fewer_than_ten_closed_deals_nothing_is_compared_and_n_is_said() -> None:
    (ana, _) = cards([ANA, BEN], view(opportunities=deals()[3:]))
    assert (ana.distance, ana.weakest, ana.why) == (None, "", "n = 9: too few to compare.")


def test_the_next_card_begins_with_the_open_actions_and_shows_debriefs_stalled_and_pushed_deals() -> None:
    log: list[Row] = [
        {"id": "CL-1", "owner": MARA, "rep": ANA, "date": date(2026, 4, 1), "agreed_action": "Ask for the budget", "check_date": date(2026, 5, 1), "result": "Done"},
        {"id": "CL-2", "owner": MARA, "rep": ANA, "date": date(2026, 5, 1), "agreed_action": "Call the lost ones", "check_date": date(2026, 5, 20), "result": "Open"},
    ]  # fmt: skip
    calls: list[Row] = [
        {"id": "CA-1", "owner": ANA, "status": "Held", "held_at": NOW - timedelta(hours=25)},
        {"id": "CA-2", "owner": ANA, "status": "Held", "held_at": NOW - timedelta(hours=2)},
        {"id": "CA-3", "owner": ANA, "status": "Held", "held_at": NOW - timedelta(days=3), "debriefed_at": NOW},
    ]
    still = [closed(200, ANA, 5, "Qualify", stalled="Yes", push_count=3), closed(201, ANA, 6, "Qualify", push_count=2)]
    (ana,) = cards([ANA], view(opportunities=[*deals(), *still], coaching_log=log, calls=calls))
    assert ana.agreed == "Call the lost ones, check on 2026-05-20"
    assert (ana.open_debriefs, [row["id"] for row in ana.stalled], [row["id"] for row in ana.pushed]) == (
        1,
        ["OP-200"],
        ["OP-200"],
    )


def test_the_button_makes_a_card_for_each_active_report_and_writes_nothing_the_second_time() -> None:
    first = coach(view(opportunities=deals()), Request())
    assert [new.values["rep"] for new in first.new] == [ANA, BEN]
    rows: list[Row] = [{"id": f"CK-{n}", **new.values} for n, new in enumerate(first.new)]
    again = coach(view(opportunities=deals(), coaching_cards=rows), Request())
    assert (again.edits, again.new) == ((), ())
    assert first.new[0].values["weakest"] == WIN_RATE
    assert "Nobody reports to you" in coach(view(ANA, opportunities=deals()), Request()).message


# ── the log ──────────────────────────────────────────────────────────────────────────────────────


def entry(**changes: Value) -> Row:
    return {"id": "CL-1", "rep": ANA, "date": TODAY, "topic": "Activity", "agreed_action": "Ten calls", "check_date": TODAY + timedelta(days=7),
            "result": "Open", **changes}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, [], id="as it should be"),
        pytest.param({"agreed_action": " "}, [("COACH-01", "Write the agreed action and the day to check it.")], id="no action"),
        pytest.param({"check_date": None}, [("COACH-01", "Write the agreed action and the day to check it.")], id="no day"),
        pytest.param({"check_date": TODAY}, [("COACH-01", "Write the agreed action and the day to check it.")], id="the day of the talk"),
        pytest.param({"date": TODAY - timedelta(days=9), "check_date": TODAY - timedelta(days=2)},
                     [("COACH-02", "Check date passed 2 days ago: how did it go?")], id="passed"),
        pytest.param({"date": TODAY - timedelta(days=9), "check_date": TODAY - timedelta(days=2), "result": "Done"}, [], id="passed and done"),
    ],
)  # fmt: skip
def test_an_entry_of_the_log_has_its_action_and_day_and_is_followed(
    changes: dict[str, Value], expected: list[tuple[str, str]]
) -> None:
    one = entry(**changes)
    assert [(f.code, f.message) for f in row_findings(BOOK.checks["coaching_log"], one, view(coaching_log=[one]))] == expected


def test_a_card_over_too_few_deals_says_so_as_a_note() -> None:
    found = row_findings(BOOK.checks["coaching_cards"], {"id": "CK-1", "n": 9}, view())
    assert [(f.code, f.severity, f.message) for f in found] == [("COACH-03", "note", "n = 9: too few to compare.")]


# ── adoption ─────────────────────────────────────────────────────────────────────────────────────


def test_none_of_twenty_plans_touched_is_abandoned_and_the_reason_is_the_misfit() -> None:
    people: list[Row] = [{"id": "PE-9", "email": "kim@x.de", "role": "field_rep", "assign_accounts": "Required", "active": "Yes"}]
    plans: list[Row] = [{"id": f"AP-{n}", "owner": "kim@x.de", "account": "A", "period": "2026-Q2", "our_goal": "Keep them for long",
                         "updated_at": NOW - timedelta(days=40)} for n in range(20)]  # fmt: skip
    found = {one.process: one for one in adoption(BOOK, view(account_plans=plans), people)}
    one = found["accounts"]
    assert (one.fit.word, one.signal, one.touched) == ("misaligned", "abandoned", 0)
    assert one.why.startswith("0 of 20 rows due were touched in 28 days.")
    assert "soon abandoned" in one.why


def test_18_of_24_planned_calls_held_is_an_adherence_of_0_75() -> None:
    calls: list[Row] = [
        {"id": f"CA-{n}", "owner": ANA, "status": "Held" if n < 18 else "Planned", "planned_at": NOW - timedelta(days=2), "updated_at": NOW,
         **({"held_at": NOW - timedelta(days=2)} if n < 18 else {})}
        for n in range(24)
    ]  # fmt: skip
    found = {one.process: one for one in adoption(BOOK, view(calls=calls), PEOPLE[1:2])}
    assert found["calls"].activity.value == D("0.75")
    assert found["calls"].use.due == 24


def test_a_member_who_left_and_a_process_that_is_off_are_not_looked_at() -> None:
    found = adoption(BOOK, view(), PEOPLE)
    assert "gone@x.de" not in {one.member for one in found}
    assert "territory" not in {one.process for one in found if one.member == ANA}
