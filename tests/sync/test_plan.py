"""The merge truth table and the rules of one sync, case by case."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from plan_stand import ANA, BEN, World, edits, order_id

from sheetsales.values import CellError, Formula
from sheetsales_sync.state import Alias, ImageRow, Plan, Rejection, Scope
from sheetsales_workbooks.host import ConflictRow, RowRead


@pytest.fixture
def world() -> World:
    return World()


def test_case_1_nothing_changed_is_nothing(world: World) -> None:
    world.show(world.record(1, amount=Decimal("10.00")))
    plan = world.plan()
    assert not plan.changes and not plan.conflicts and not plan.rejections


def test_case_2_a_change_in_the_store_alone_is_shown_and_is_no_edit(world: World) -> None:
    one = world.record(1, amount=Decimal("10.00"))
    world.show(one)
    world.stored(one, amount=Decimal("20.00"))
    plan = world.plan()
    assert not plan.changes
    assert plan.image[0].values["amount"] == Decimal("20.00")


def test_case_3_an_edit_is_accepted(world: World) -> None:
    one = world.record(1, amount=Decimal("10.00"))
    world.show(one, amount=30.0)
    plan = world.plan()
    assert edits(plan) == {(one, "amount"): Decimal("30.00")}
    assert plan.accepted == 1 and plan.image[0].values["version"] == 2


def test_case_4_the_same_change_on_both_sides_is_nothing(world: World) -> None:
    one = world.record(1, stage="New")
    world.show(one, stage="open")
    world.stored(one, stage="Open")
    assert not world.plan().changes


def test_case_5_two_edits_of_one_cell_are_a_conflict_and_both_are_kept(world: World) -> None:
    one = world.record(1, amount=Decimal("10.00"))
    world.show(one, amount=30.0)
    world.stored(one, amount=Decimal("40.00"))
    plan = world.plan()
    assert not plan.changes
    (conflict,) = plan.conflicts
    assert (conflict.base, conflict.mine, conflict.theirs) == (Decimal("10.00"), Decimal("30.00"), Decimal("40.00"))
    assert plan.image[0].values["amount"] == Decimal("40.00")
    assert plan.tables[0].rows[0].marks["amount"].kind == "conflict"
    assert plan.conflict_lines[0].mine == "30.00"


def test_two_edits_of_different_cells_are_both_kept(world: World) -> None:
    one = world.record(1, amount=Decimal("10.00"), pieces=1)
    world.show(one, amount=30.0)
    world.stored(one, pieces=9)
    plan = world.plan()
    assert edits(plan)[one, "amount"] == Decimal("30.00")
    assert plan.image[0].values["pieces"] == 9 and not plan.conflicts


def test_cases_6_and_7_without_a_known_parent_nothing_is_accepted(world: World) -> None:
    one = world.record(1, amount=Decimal("10.00"))
    world.show(one, amount=30.0)
    world.image = None
    plan = world.plan()
    assert not plan.changes
    assert [c.column for c in plan.conflicts] == ["amount"]


def test_case_8_a_cell_made_blank_is_an_edit(world: World) -> None:
    one = world.record(1, phone="007")
    world.show(one, phone=None)
    assert edits(world.plan()) == {(one, "phone"): None}


def test_case_9_a_blank_row_is_a_missing_row_and_deletes_nothing(world: World) -> None:
    one = world.record(1, amount=Decimal("10.00"))
    world.rows.append(RowRead(6, one, None, dict.fromkeys(("name", "stage", "amount", "owner")), {}))
    plan = world.plan()
    assert not plan.changes
    assert [r.record for r in plan.tables[0].rows] == [one]
    assert "put back" in plan.messages[0]


def test_case_10_a_row_typed_into_a_waiting_row_becomes_a_record_once(world: World) -> None:
    spare = order_id(70)
    world.issued.add(spare)
    world.show(spare, name="Fresh", pieces=4.0)
    plan = world.plan()
    made = edits(plan)
    assert made[spare, "name"] == "Fresh" and made[spare, "stage"] == "New" and made[spare, "owner"] == ANA
    assert made[spare, "twice"] == Decimal(8) and made[spare, "team"] == "North"
    assert all(c.kind == "create" for c in plan.changes)


def test_case_11_a_cell_that_cannot_be_read_is_turned_down_and_keeps_what_was_typed(world: World) -> None:
    one = world.record(1, amount=Decimal("10.00"))
    world.show(one, amount="ten", pieces=3.0)
    plan = world.plan()
    assert set(edits(plan)) == {(one, "pieces"), (one, "twice")}
    (rejection,) = plan.rejections
    assert (rejection.column, rejection.raw, rejection.state) == ("amount", "ten", "open")
    row = plan.tables[0].rows[0]
    assert "amount" in row.keep and row.marks["amount"].kind == "error"
    assert plan.image[0].values["amount"] == Decimal("10.00") and plan.image[0].shown == {"amount": "ten"}


def test_the_same_bad_cell_next_time_is_no_new_rejection(world: World) -> None:
    one = world.record(1, amount=Decimal("10.00"))
    world.rejections.append(
        Rejection("r1", "BOOK", "orders", one, "amount", "ten", "TYPE", "Amount: 'ten' is not an amount.", state="open")
    )
    world.show(one, amount="ten")
    plan = world.plan()
    assert not plan.rejections and plan.open_rejections == 1


def test_a_mended_cell_closes_its_rejection(world: World) -> None:
    one = world.record(1, amount=Decimal("10.00"))
    world.rejections.append(Rejection("r1", "BOOK", "orders", one, "amount", "ten", "TYPE", "why", state="open"))
    world.show(one, amount=12.0)
    plan = world.plan()
    assert [(r.id, r.state) for r in plan.rejections] == [("r1", "closed")]
    assert edits(plan) == {(one, "amount"): Decimal("12.00")} and plan.open_rejections == 0


def test_case_12_a_deleted_record_leaves_and_the_reps_own_columns_are_kept(world: World) -> None:
    one = world.record(1, deleted=True)
    world.show(one, extra={20: "my remark", 21: Formula("A1+1", 5)})
    plan = world.plan()
    assert list(plan.tables[0].leaving) == [6]
    assert [line.content for line in plan.removed] == ["my remark", "=A1+1"]
    assert not plan.image


def test_case_13_an_edit_of_a_deleted_record_is_a_conflict_and_revives_nothing(world: World) -> None:
    one = world.record(1, amount=Decimal("10.00"), deleted=True)
    world.show(one, amount=11.0)
    plan = world.plan()
    assert not plan.changes and plan.conflicts[0].reason == "The record was deleted."


def test_case_14_a_row_marked_delete_by_someone_who_saw_it_all_is_deleted(world: World) -> None:
    one = world.record(1, amount=Decimal("10.00"))
    world.show(one, action="delete", amount=11.0)
    plan = world.plan()
    assert [c.kind for c in plan.changes] == ["set", "delete"]
    assert list(plan.tables[0].leaving) == [6]


def test_case_15_a_row_marked_delete_that_changed_meanwhile_lives(world: World) -> None:
    one = world.record(1, amount=Decimal("10.00"))
    world.show(one, action="Delete")
    world.stored(one, amount=Decimal("99.00"))
    plan = world.plan()
    assert not plan.changes
    assert plan.conflicts[0].column == "" and "99.00" in str(plan.conflicts[0].theirs)
    assert plan.tables[0].rows[0].clear_action


def test_case_16_a_delete_mark_on_a_dead_record_does_nothing(world: World) -> None:
    world.show(world.record(1, deleted=True), action="Delete")
    plan = world.plan()
    assert not plan.changes and not plan.conflicts


def test_case_17_a_pasted_copy_gets_an_id_of_its_own_and_the_original_keeps_its(world: World) -> None:
    one = world.record(1, amount=Decimal("10.00"), phone="1", pieces=1)
    world.show(one, name="Copy of it", amount=12.0, pieces=7.0)
    world.show(one)
    plan = world.plan()
    made = {c.record for c in plan.changes}
    assert len(made) == 1 and one not in made
    assert plan.aliases[0].label == one and {r.record for r in plan.tables[0].rows} == {one, *made}


def test_two_copies_that_both_differ_are_never_guessed_into_an_edit(world: World) -> None:
    one = world.record(1, amount=Decimal("10.00"), pieces=1, phone="1")
    world.show(one, amount=12.0)
    world.show(one, pieces=7.0)
    plan = world.plan()
    assert not [c for c in plan.changes if c.record == one]
    assert any("unclear" in c.reason for c in plan.conflicts)


def test_case_18_a_row_of_a_colleague_is_rejected_and_not_read(world: World) -> None:
    other = world.record(2, owner=BEN, amount=Decimal("5.00"))
    assert world.image is not None
    world.image.clear()
    world.show(other, name="Order 2", amount=99.0, owner=BEN)
    plan = world.plan()
    assert not plan.changes
    assert plan.rejections[0].code == "NOT-YOURS" and BEN in plan.rejections[0].reason


def test_a_record_given_to_a_colleague_leaves_and_a_late_edit_is_kept_among_the_rejected(world: World) -> None:
    one = world.record(1, amount=Decimal("10.00"))
    world.show(one, amount=11.0, extra={20: "mine"})
    world.stored(one, owner=BEN)
    plan = world.plan()
    assert not plan.changes
    assert plan.rejections[0].raw == "11.00" and "no longer yours" in plan.rejections[0].reason
    assert plan.removed[0].content == "mine" and list(plan.tables[0].leaving) == [6]


def test_case_19_a_computed_cell_typed_over_gets_its_value_back(world: World) -> None:
    one = world.record(1, pieces=2, twice=Decimal(4))
    world.show(one, twice=77.0)
    plan = world.plan()
    assert not plan.changes
    assert (plan.rejections[0].code, plan.rejections[0].raw, plan.rejections[0].state) == ("COMPUTED", "77", "returned")
    assert "twice" not in plan.tables[0].rows[0].keep


def test_a_long_open_copy_reverts_nobody(world: World) -> None:
    one = world.record(1, stage="New", amount=Decimal("900.00"))
    world.stored(one, stage="Open")
    world.show(one, amount=1200.0)
    plan = world.plan()
    assert edits(plan) == {(one, "amount"): Decimal("1200.00")} and not plan.conflicts
    world.stored(one, amount=Decimal("1200.00"))
    world.absorbed = {k: dict(v) for k, v in plan.absorbed.items()}
    world.rows.clear()
    world.show(one, amount=1300.0)
    again = world.plan()
    assert edits(again) == {(one, "amount"): Decimal("1300.00")} and not again.conflicts


def test_an_undo_to_the_first_value_under_the_same_generation_is_an_edit(world: World) -> None:
    one = world.record(1, amount=Decimal("900.00"))
    world.stored(one, amount=Decimal("1300.00"))
    world.absorbed = {one: {"amount": Decimal("1300.00")}}
    world.show(one)
    assert edits(world.plan()) == {(one, "amount"): Decimal("900.00")}


def test_a_row_rule_turns_down_the_edited_cells_it_reads_and_takes_the_others(world: World) -> None:
    one = world.record(1, amount=Decimal("100.00"), floor=Decimal("50.00"))
    world.show(one, amount=20.0, pieces=3.0)
    plan = world.plan()
    assert (one, "amount") not in edits(plan) and edits(plan)[one, "pieces"] == 3
    assert plan.rejections[0].code == "DEAL-LOW" and plan.rejections[0].raw == "20.00"
    assert plan.image[0].values["amount"] == Decimal("100.00")


def test_a_record_that_broke_the_rule_before_may_still_be_edited(world: World) -> None:
    one = world.record(1, amount=Decimal("10.00"), floor=Decimal("50.00"))
    world.show(one, amount=20.0)
    assert edits(world.plan()) == {(one, "amount"): Decimal("20.00")}


def test_a_new_row_with_an_error_is_no_record_yet_and_stays(world: World) -> None:
    spare = order_id(70)
    world.issued.add(spare)
    world.show(spare, name="Fresh", amount="lots")
    plan = world.plan()
    assert not plan.changes
    assert [(r.record, r.column, r.raw) for r in plan.rejections] == [(spare, "amount", "lots")]
    assert plan.tables[0].rows[0].record == spare and not plan.tables[0].leaving


def test_a_required_cell_left_blank_in_a_new_row_names_the_column(world: World) -> None:
    spare = order_id(70)
    world.issued.add(spare)
    world.show(spare, pieces=3.0)
    assert [r.reason for r in world.plan().rejections] == ["Name is empty."]


def test_a_required_cell_made_blank_takes_its_default_or_is_turned_down(world: World) -> None:
    one = world.record(1, stage="Open")
    world.show(one, stage=None, name=None)
    plan = world.plan()
    assert edits(plan) == {(one, "stage"): "New"}
    assert [(r.column, r.code) for r in plan.rejections] == [("name", "REQUIRED")]


def test_an_unknown_owner_is_turned_down(world: World) -> None:
    one = world.record(1)
    world.show(one, owner="nobody@x.example")
    plan = world.plan()
    assert not plan.changes and plan.rejections[0].code == "OWNER"


def test_an_unknown_account_is_kept_as_typed_and_marked_as_a_warning(world: World) -> None:
    one = world.record(1)
    world.show(one, account="Nowhere Ltd")
    plan = world.plan()
    assert edits(plan) == {(one, "account"): "Nowhere Ltd"}
    assert plan.tables[0].rows[0].marks["account"].kind == "warning"


def test_an_error_value_is_turned_down_and_the_store_keeps_its_value(world: World) -> None:
    one = world.record(1, amount=Decimal("10.00"))
    world.show(one, amount=CellError("#REF!"))
    plan = world.plan()
    assert not plan.changes and plan.rejections[0].raw == "#REF!"


@pytest.mark.parametrize(
    ("cell", "taken"),
    [
        pytest.param(Formula("A1*2", 12.0), Decimal("12.00"), id="10 formula with a result"),
        pytest.param(Formula("A1*2", None, calculated=False), None, id="11 formula not calculated"),
        pytest.param(Formula('HYPERLINK("http://x?"&A1)', "x"), None, id="8 formula with an outside effect"),
        pytest.param(Formula("1/0", CellError("#DIV/0!")), None, id="12 formula with an error"),
    ],
)
def test_a_formula_in_a_data_cell(world: World, cell: Formula, taken: Decimal | None) -> None:
    one = world.record(1, amount=Decimal("10.00"))
    world.show(one, amount=cell)
    plan = world.plan()
    assert edits(plan) == ({} if taken is None else {(one, "amount"): taken})
    assert bool(plan.rejections) == (taken is None)


def test_a_formula_whose_result_differs_from_a_newer_shared_value_is_a_conflict_and_stays(world: World) -> None:
    one = world.record(1, amount=Decimal("10.00"))
    world.show(one, amount=Formula("A1*2", 10.0))
    world.stored(one, amount=Decimal("15.00"))
    plan = world.plan()
    assert [c.column for c in plan.conflicts] == ["amount"] and "amount" in plan.tables[0].rows[0].keep


def test_an_id_cleared_is_found_again_by_resemblance(world: World) -> None:
    one = world.record(1, amount=Decimal("10.00"), phone="1", pieces=1)
    world.show(one, label=None, pieces=2.0)
    plan = world.plan()
    assert edits(plan)[one, "pieces"] == 2 and {c.record for c in plan.changes} == {one}


def test_an_id_typed_over_with_another_is_no_swap_of_records(world: World) -> None:
    one = world.record(1, name="Alpha", amount=Decimal("1.00"), phone="1")
    two = world.record(2, name="Beta", amount=Decimal("2.00"), phone="2")
    world.show(one, label=two)
    world.show(two)
    plan = world.plan()
    assert not [c for c in plan.changes if c.record in (one, two) and c.kind == "set"]


def test_a_spare_id_of_another_book_counts_as_none(world: World) -> None:
    foreign = order_id(90)
    world.elsewhere.add(foreign)
    world.show(foreign, name="Pasted")
    plan = world.plan()
    assert all(c.record != foreign for c in plan.changes) and plan.aliases[0].label == foreign


def test_a_row_sorted_elsewhere_changes_nothing(world: World) -> None:
    ids = [world.record(n) for n in range(1, 6)]
    for identity in reversed(ids):
        world.show(identity)
    plan = world.plan()
    assert not plan.changes and [r.row for r in plan.tables[0].rows] == [6, 7, 8, 9, 10]


def test_many_missing_rows_pause_the_book_and_edits_are_still_taken(world: World) -> None:
    ids = [world.record(n, pieces=1) for n in range(1, 31)]
    for identity in ids[:10]:
        world.show(identity, pieces=2.0)
    plan = world.plan()
    assert "20 of 30 rows are missing" in plan.paused
    assert len([c for c in plan.changes if c.column == "pieces"]) == 10
    world.resumed = True
    resumed = world.plan()
    assert not resumed.paused and len(resumed.tables[0].rows) == 30


def test_a_lost_header_pauses_and_says_where(world: World) -> None:
    world.record(1)
    world.header_row = 0
    plan = world.plan()
    assert "header row" in plan.paused and not plan.changes


def test_a_deleted_column_blanks_nothing(world: World) -> None:
    one = world.record(1, phone="007")
    world.missing = ("phone",)
    world.show(one)
    plan = world.plan()
    assert not plan.changes and plan.image[0].values["phone"] == "007"


def test_a_decision_keeps_mine(world: World) -> None:
    one, plan = _conflicted(world)
    world.conflicts = plan.conflicts
    world.decisions = [ConflictRow(5, plan.conflicts[0].id, "Keep mine", None)]
    decided = world.plan()
    assert edits(decided) == {(one, "amount"): Decimal("30.00")}
    assert [(c.state) for c in decided.conflicts] == ["mine"] and decided.open_conflicts == 0


@pytest.mark.parametrize(
    ("decision", "other", "expected", "state"),
    [
        pytest.param("Take theirs", None, {}, "theirs", id="take theirs"),
        pytest.param("Other value", "55", {"amount": Decimal("55.00")}, "other", id="another value"),
        pytest.param("Other value", "dunno", {}, None, id="another value that is none"),
    ],
)
def test_other_decisions(world: World, decision: str, other: object, expected: dict[str, Decimal], state: str | None) -> None:
    one, plan = _conflicted(world)
    world.conflicts = plan.conflicts
    world.decisions = [ConflictRow(5, plan.conflicts[0].id, decision, other)]
    decided = world.plan()
    assert edits(decided) == {(one, k): v for k, v in expected.items()}
    assert [c.state for c in decided.conflicts] == ([state] if state else [])


def test_a_decision_after_the_shared_value_moved_on_opens_the_conflict_again(world: World) -> None:
    one, plan = _conflicted(world)
    world.conflicts = plan.conflicts
    world.decisions = [ConflictRow(5, plan.conflicts[0].id, "Keep mine", None)]
    world.stored(one, amount=Decimal("41.00"))
    decided = world.plan()
    assert not decided.changes
    assert sorted(c.state for c in decided.conflicts) == ["open", "replaced"]


def test_typing_into_the_cell_after_the_conflict_was_shown_decides_it(world: World) -> None:
    one, plan = _conflicted(world)
    world.conflicts = plan.conflicts
    world.rows[0].cells["amount"] = 60.0
    decided = world.plan()
    assert edits(decided) == {(one, "amount"): Decimal("60.00")}
    assert [c.state for c in decided.conflicts] == ["typed"]


def _conflicted(world: World) -> tuple[str, object]:
    """Make a conflict, and let the sheet show what the sync left there."""
    one = world.record(1, amount=Decimal("10.00"))
    world.show(one, amount=30.0)
    world.stored(one, amount=Decimal("40.00"))
    plan = world.plan()
    assert world.image is not None
    world.image[one] = ImageRow("orders", one, plan.image[0].values)
    world.rows.clear()
    world.show(one)
    return one, plan


def test_the_same_pictures_give_the_same_plan(world: World) -> None:
    for number in range(1, 9):
        world.show(world.record(number, amount=Decimal(number)), amount=number * 2.0, due=date(2026, 3, number))
    assert world.plan() == world.plan()


def test_a_manager_sees_and_edits_the_team(world: World) -> None:
    one = world.record(1, owner=BEN, pieces=1)
    world.scope = Scope(ANA, "sales_manager", frozenset({ANA, BEN}))
    world.show(one, pieces=2.0)
    assert edits(world.plan())[one, "pieces"] == 2


def test_check_lists_every_finding_and_marks_it(world: World) -> None:
    one = world.record(1, amount=Decimal("3.00"), floor=Decimal("50.00"))
    world.show(one)
    plan = world.plan(check_all=True)
    assert [(f.code, f.severity) for f in plan.findings] == [("DEAL-LOW", "error"), ("DEAL-ROUND", "warning")]
    mark = plan.tables[0].rows[0].marks["amount"]
    assert mark.kind == "error" and "not round" in mark.note


def test_marks_of_a_check_go_when_the_cell_is_mended(world: World) -> None:
    one = world.record(1, amount=Decimal("13.00"))
    world.show(one)
    marks = world.plan(check_all=True).tables[0].rows[0].marks
    assert world.image is not None
    world.image[one] = replace(world.image[one], marks=marks)
    world.rows[0].cells["amount"] = 20.0
    plan = world.plan()
    assert "amount" not in plan.tables[0].rows[0].marks and plan.tables[0].old_marks[one]["amount"].kind == "warning"


def test_a_move_between_stages_is_written_into_the_stage_log(world: World) -> None:
    one = world.record(1, stage="New")
    world.show(one, stage="Open")
    plan = world.plan()
    logged = {c.column: c.new for c in plan.changes if c.table == "moves"}
    assert logged == {"order": "Order 1", "from": "New", "to": "Open", "owner": ANA, "team": "North"}


def test_an_edit_that_moves_no_stage_is_not_logged(world: World) -> None:
    world.show(world.record(1), pieces=3.0)
    assert not [c for c in world.plan().changes if c.table == "moves"]


def test_a_computed_cell_that_follows_from_other_rows_is_recomputed_though_nobody_touched_its_row(world: World) -> None:
    one = world.record(1, pieces=2, twice=None)
    world.show(one)
    assert edits(world.plan()) == {(one, "twice"): Decimal(4)}


def _next(world: World, plan: Plan) -> None:
    """Let the sheet stand as it is under the generation that a plan made, and forget what was read under the old one."""
    world.image = {row.record: row for row in plan.image}
    world.absorbed = {}
    world.conflicts = [c for c in plan.conflicts if c.state == "open"]
    world.rejections = [r for r in plan.rejections if r.state == "open"]


def test_a_formula_in_conflict_stays_in_conflict_at_the_next_sync(world: World) -> None:
    one = world.record(1, amount=Decimal("10.00"))
    world.show(one, amount=Formula("A1*2", 12.0))
    world.stored(one, amount=Decimal("15.00"))
    _next(world, world.plan())
    again = world.plan()
    assert not again.changes and again.open_conflicts == 1


@pytest.mark.parametrize(("decision", "other"), [("Take theirs", None), ("Other value", "55")])
def test_a_decision_takes_the_place_of_a_formula_in_conflict(world: World, decision: str, other: object) -> None:
    one = world.record(1, amount=Decimal("10.00"))
    world.show(one, amount=Formula("A1*2", 12.0))
    world.stored(one, amount=Decimal("15.00"))
    _next(world, world.plan())
    world.decisions = [ConflictRow(5, world.conflicts[0].id, decision, other)]
    plan = world.plan()
    assert plan.open_conflicts == 0 and "amount" not in plan.tables[0].rows[0].keep


def test_a_turned_down_cell_overwrites_nothing_that_somebody_else_wrote_meanwhile(world: World) -> None:
    one = world.record(1, amount=Decimal("100.00"), floor=Decimal("50.00"))
    world.show(one, amount=20.0)
    _next(world, world.plan())
    world.show(world.record(2), name="Renamed")
    world.stored(one, amount=Decimal("120.00"), floor=None)
    plan = world.plan()
    assert (one, "amount") not in edits(plan)
    assert [(c.mine, c.theirs) for c in plan.conflicts] == [(Decimal("20.00"), Decimal("120.00"))]


def test_a_value_turned_down_by_a_rule_is_not_turned_down_anew_at_every_sync(world: World) -> None:
    one = world.record(1, amount=Decimal("100.00"), floor=Decimal("50.00"))
    world.show(one, amount=20.0)
    _next(world, world.plan())
    again = world.plan()
    assert not again.rejections and again.open_rejections == 1


def test_the_mark_of_a_pasted_row_of_a_colleague_is_part_of_the_image(world: World) -> None:
    other = world.record(2, owner=BEN)
    assert world.image is not None
    world.image.clear()
    world.show(other, name="Order 2", owner=BEN)
    _next(world, world.plan())
    again = world.plan()
    assert again.tables[0].rows[0].marks == again.tables[0].old_marks[other]
    assert again.open_rejections == 1 and not again.rejections


def test_a_pasted_row_whose_record_is_given_to_me_later_is_compared_without_a_parent(world: World) -> None:
    other = world.record(2, owner=BEN, amount=Decimal("5.00"))
    assert world.image is not None
    world.image.clear()
    world.show(other, name="Order 2", amount=9.0, owner=BEN)
    _next(world, world.plan())
    world.stored(other, owner=ANA)
    plan = world.plan()
    assert not edits(plan) and {c.column for c in plan.conflicts if c.state == "open"} >= {"amount"}


def test_a_row_without_an_id_is_not_taken_for_a_missing_record_of_another_name(world: World) -> None:
    world.record(1, amount=Decimal("10.00"), phone="1", pieces=1)
    world.show(order_id(1), label=None, name="Another", amount=10.0)
    assert not [c for c in world.plan().changes if c.record == order_id(1)]


def test_a_row_of_a_copy_that_is_no_record_yet_is_kept_in_words(world: World) -> None:
    spare = order_id(70)
    world.issued.add(spare)
    world.aside = True
    world.show(spare, name="Fresh", amount="lots", pieces=3.0)
    plan = world.plan()
    (kept,) = plan.rejections
    assert (kept.column, kept.code) == ("", "UNFINISHED")
    assert all(text in kept.raw for text in ("Fresh", "lots", "3"))


def test_what_is_kept_of_a_row_that_never_became_a_record_can_be_dropped(world: World) -> None:
    world.rejections.append(Rejection("r1", "BOOK", "orders", order_id(70), "", "Name: Fresh", "UNFINISHED", "why"))
    world.decisions = [ConflictRow(5, "r1", "Take theirs", None)]
    assert world.plan().open_rejections == 0


def test_an_unreadable_cell_of_a_record_given_away_is_kept_among_the_rejected(world: World) -> None:
    one = world.record(1, amount=Decimal("10.00"))
    world.show(one, amount="ten")
    world.stored(one, owner=BEN)
    plan = world.plan()
    assert [(r.column, r.raw) for r in plan.rejections] == [("amount", "ten")]


def test_a_delete_that_was_decided_is_carried_out(world: World) -> None:
    one = world.record(1, amount=Decimal("10.00"))
    world.show(one, action="Delete")
    world.stored(one, amount=Decimal("99.00"))
    _next(world, world.plan())
    world.rows.clear()
    world.show(one)
    world.decisions = [ConflictRow(5, world.conflicts[0].id, "Keep mine", None)]
    assert [c.kind for c in world.plan().changes] == ["delete"]


def test_a_value_typed_into_a_cell_wins_over_the_decision_about_it(world: World) -> None:
    one = world.record(1, amount=Decimal("10.00"))
    world.show(one, amount="ten")
    _next(world, world.plan())
    world.rows[0].cells["amount"] = 12.0
    world.decisions = [ConflictRow(5, world.rejections[0].id, "Other value", "55")]
    plan = world.plan()
    assert edits(plan) == {(one, "amount"): Decimal("12.00")} and "typed into the cell itself" in plan.messages[0]


def test_the_conflicts_tab_tells_nothing_of_a_record_out_of_scope(world: World) -> None:
    other = world.record(2, owner=BEN, name="Secret")
    assert world.image is not None
    world.image.clear()
    world.show(other, name="Guess", owner=BEN)
    (line,) = world.plan().conflict_lines
    assert "Secret" not in (line.record, line.theirs, line.original)


@pytest.mark.parametrize(("decision", "other"), [("Keep mine", None), ("Other value", "55")])
def test_nothing_is_decided_about_a_record_that_was_given_away(world: World, decision: str, other: object) -> None:
    one, plan = _conflicted(world)
    world.conflicts = plan.conflicts
    world.stored(one, owner=BEN)
    world.decisions = [ConflictRow(5, plan.conflicts[0].id, decision, other)]
    decided = world.plan()
    assert not decided.changes
    assert [(r.code, r.raw) for r in decided.rejections] == [("NOT-YOURS", other or "30.00")]


def test_a_pasted_row_of_a_colleague_stays_turned_down_while_it_stands_there(world: World) -> None:
    other = world.record(2, owner=BEN)
    assert world.image is not None
    world.image.clear()
    world.show(other, name="Order 2", owner=BEN)
    _next(world, world.plan())
    world.decisions = [ConflictRow(5, world.rejections[0].id, "Take theirs", None)]
    assert world.plan().open_rejections == 1


def test_a_waiting_row_used_in_a_copy_as_well_swallows_nothing_of_the_row_that_is_no_record_yet(world: World) -> None:
    spare = order_id(70)
    world.issued.add(spare)
    world.show(spare, name=None, phone="007", stage=None, owner=None)
    first = world.plan()
    assert not first.changes and spare not in first.absorbed
    world.absorbed = first.absorbed
    world.record(70, name="From the copy", pieces=9)
    assert world.image is not None
    del world.image[spare]
    world.rows.clear()
    world.show(spare, name="Mine", phone="007", stage=None, owner=None)
    plan = world.plan()
    made = {c.record for c in plan.changes if c.kind == "create"}
    assert spare not in made and (made.pop(), "name") in edits(plan)
    assert plan.aliases[0].label == spare


def test_a_new_row_stays_its_record_while_the_file_cannot_be_written(world: World) -> None:
    spare = order_id(70)
    world.issued.add(spare)
    world.show(spare, name="Mine", stage=None, owner=None)
    first = world.plan()
    assert {c.record for c in first.changes if c.kind == "create"} == {spare}
    world.absorbed = first.absorbed
    world.record(70, name="Renamed by the manager", pieces=9, phone="1", amount=Decimal("5.00"))
    assert world.image is not None
    del world.image[spare]
    plan = world.plan()
    assert not plan.changes and not plan.aliases and [row.record for row in plan.tables[0].rows] == [spare]


def test_a_row_for_which_a_record_was_made_under_another_id_is_that_record_in_a_copy_too(world: World) -> None:
    """A restored backup: its waiting id names another record by now, and the copy tells the same new row again."""
    spare = world.record(70, name="Of another day", pieces=9)
    made = world.record(71, name="Mine", phone="007", note="typed")
    assert world.image is not None
    world.image.clear()
    world.issued.add(spare)
    world.aliases = [Alias(7, spare, made)]
    world.show(spare, name="Mine", phone="007", stage=None, owner=None)
    plan = world.plan()
    assert not plan.changes and not plan.aliases and [row.record for row in plan.tables[0].rows].count(made) == 1


def test_a_waiting_row_copied_before_it_was_taken_in_makes_one_record(world: World) -> None:
    spare = world.record(70, name="Mine", phone="1")
    assert world.image is not None
    del world.image[spare]
    world.issued.add(spare)
    world.show(spare, name="Mine", stage=None, owner=None)
    plan = world.plan()
    assert not plan.changes and not plan.aliases and [row.record for row in plan.tables[0].rows] == [spare]


def test_another_value_for_a_turned_down_cell_overwrites_nothing_written_meanwhile(world: World) -> None:
    one = world.record(1, amount=Decimal("10.00"))
    world.show(one, amount="ten")
    _next(world, world.plan())
    world.stored(one, amount=Decimal("40.00"))
    world.decisions = [ConflictRow(5, world.rejections[0].id, "Other value", "55")]
    plan = world.plan()
    assert not edits(plan)
    assert [(c.mine, c.theirs) for c in plan.conflicts] == [(Decimal("55.00"), Decimal("40.00"))]


def test_another_value_for_a_cell_of_a_deleted_record_is_a_conflict(world: World) -> None:
    one = world.record(1, amount=Decimal("10.00"))
    world.show(one, amount="ten")
    _next(world, world.plan())
    world.records[one] = replace(world.records[one], deleted_op="dead")
    world.rows.clear()
    world.decisions = [ConflictRow(5, world.rejections[0].id, "Other value", "55")]
    plan = world.plan()
    assert not plan.changes and [c.reason for c in plan.conflicts] == ["The record was deleted."]


def test_a_record_made_from_a_copy_that_is_pasted_with_its_own_id_stands_in_one_row(world: World) -> None:
    one = world.record(1, amount=Decimal("10.00"), phone="1")
    made = world.record(2, name="Order 1", amount=Decimal("10.00"), phone="1")
    assert world.image is not None
    del world.image[made]
    world.absorbed = {one: {"name": "Order 1"}, made: {"name": "Order 1", "stage": "New", "owner": ANA}}
    world.aliases = [Alias(7, one, made)]
    world.show(one)
    world.show(one)
    world.show(made, name="Order 1", stage="New", owner=ANA, amount=10.0, phone="1")
    rows = [row.record for row in world.plan().tables[0].rows]
    assert len(rows) == 3 and len(set(rows)) == 3


def test_a_row_that_took_the_id_of_another_and_whose_own_is_gone_renames_nothing(world: World) -> None:
    one, two = world.record(1, amount=Decimal("10.00")), world.record(2, amount=Decimal("20.00"))
    world.show(one, label=two)
    plan = world.plan()
    assert not plan.changes and not plan.conflicts
    assert [(row.row, row.record) for row in plan.tables[0].rows] == [(6, one), (0, two)]
    assert plan.aliases == [Alias(7, two, one)]


def test_a_row_without_an_id_is_never_taken_for_a_dead_record(world: World) -> None:
    one = world.record(1, deleted=True, amount=Decimal("10.00"))
    world.show(one, label=None)
    plan = world.plan()
    assert {c.kind for c in plan.changes} == {"create"} and one not in {c.record for c in plan.changes}


def test_a_row_typed_into_a_waiting_row_of_a_forgotten_generation_is_compared_without_a_parent(world: World) -> None:
    world.image = None
    one = world.record(1, note=None)
    world.issued.add(one)
    world.show(one, name="Order 1", stage="New", owner=ANA, note="old")
    plan = world.plan()
    assert not plan.changes and not plan.aliases
    assert [(c.record, c.column, c.mine, c.theirs) for c in plan.conflicts] == [(one, "note", "old", None)]
