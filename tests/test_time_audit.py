"""The return of automating: the worked numbers, and the order of candidates."""

from __future__ import annotations

from decimal import Decimal

from sheetsales.time_audit import Task, rank_tasks, saving

D = Decimal


def test_the_worked_audit_pays_back_in_thirteen_and_a_half_weeks() -> None:
    hours = D("3.0") * D("0.8") + D("5.5") * D("0.5")
    found = saving(hours, 6, D(46), D(60), D(25_000))
    assert hours == D("5.15")
    assert found.yearly == D("85284")
    assert found.roi is not None and round(found.roi, 4) == D("2.4114")
    assert found.payback_weeks is not None and round(found.payback_weeks, 2) == D("13.48")


def test_5_15_hours_of_6_reps_in_46_weeks_are_1421_4_hours_a_year() -> None:
    assert saving(D("5.15"), 6, D(46), D(1), D(25_000)).yearly == D("1421.4")


def test_without_a_cost_there_is_no_return_and_no_payback() -> None:
    assert (saving(D(1), 1, D(1), D(1), None).roi, saving(D(1), 1, D(1), D(1), D(0)).payback_weeks) == (None, None)
    assert saving(D(0), 1, D(1), D(1), D(100)).payback_weeks is None


def test_tasks_stand_by_saving_less_cost_and_ties_by_name() -> None:
    tasks = [
        Task("B", D(600), D("0.5")),
        Task("A", D(600), D("0.5")),
        Task("Dear", D(6000), D("0.5"), D(10**6)),
        Task("Big", D(1200), D(1)),
    ]
    ranked = rank_tasks(tasks, 2, 2, D(46), D(60))
    assert [(one.rank, one.task.name) for one in ranked] == [(1, "Big"), (2, "A"), (3, "B"), (4, "Dear")]
    assert [ranked[0].hours, ranked[0].saving.yearly] == [10, 10 * 2 * 46 * 60]


def test_nothing_logged_saves_nothing() -> None:
    assert rank_tasks([Task("A", D(0), D(1))], 0, 0, D(46), D(60))[0].saving.yearly == 0
