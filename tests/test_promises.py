"""What the article on sales processes asks for, item by item, and the table, column, button, measure or page that serves it."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from sheetsales.playbook import build_playbook
from sheetsales_sync.cli import COMMANDS
from sheetsales_workbooks.host import README_SHEET, START_SHEET

BOOK = build_playbook({})
SYNC = Path(__file__).parents[1] / "sync" / "sheetsales_sync"
KINDS = ("table", "column", "button", "measure", "page", "command", "code")
TEN = 10  # characters of a table's or column's help

PROMISES: dict[str, str] = {
    "1 one meaning of each process": "page:Read_me command:schema",
    "2 coaching and talk": "table:coaching_cards table:coaching_log button:deals.coach page:Coaching",
    "3 measured and automated": "measure:calls.adherence measure:leads.conversion button:automation.rank_tasks",
    "4 the activities of the day": "page:Start",
    "5 call: structure and intent": "table:calls button:calls.plan",
    "6 call: objective, questions, objections": "column:calls.objective table:call_questions table:call_objections code:CALL-01 code:CALL-02 code:CALL-03",
    "7 call: the plan at hand": "button:calls.call_sheet",
    "8 call: debrief with another person": "column:calls.reviewer column:calls.went_well column:calls.improve button:calls.request_review",
    "9 call: what was not asked or not solved": "button:calls.carry_forward column:call_objections.solution_idea table:objection_library button:calls.rank_objections",
    "10 lead: early": "measure:leads.first_touch",
    "11 lead: fixed criteria and questions": "table:lead_criteria table:question_bank button:leads.ask_next",
    "12 lead: profile, decision-maker, budget": "column:leads.icp_fit column:leads.decision_maker column:leads.budget table:icp_definition",
    "13 lead: in or out": "column:leads.verdict column:leads.disqualify_reason button:leads.qualify button:leads.disqualify",
    "14 lead: prepared for the first call": "column:leads.ask_next column:leads.reason_1 column:leads.question_script",
    "15 opportunity: a qualified lead": "button:leads.convert code:LEAD-03",
    "16 opportunity: source and stages": "column:opportunities.source table:stages table:stage_events",
    "17 opportunity: problem, people, position": "column:opportunities.business_problem table:stakeholders table:competitors column:opportunities.position",
    "18 opportunity: what converts": "table:touches table:what_works button:opportunities.what_works",
    "19 account: value over time": "table:account_plans measure:accounts.value_kept",
    "20 account: our abilities beside needs": "column:account_plans.customer_need_1 column:account_plans.our_capability_1 code:ACC-02",
    "21 account: after the first deal": "button:accounts.draft_handover column:account_plans.satisfaction column:handovers.success_criteria column:account_plans.health",
    "22 account: goals, actions, profit": "column:account_plans.our_goal table:plan_actions column:account_plans.profitability measure:accounts.profitability_reached",
    "23 account: rep and account manager agree": "table:handovers column:handovers.readiness code:ACC-05 button:accounts.accept_section",
    "24 territory: kinds of accounts": "column:territory_accounts.type",
    "25 territory: by potential": "column:territory_accounts.rank column:territory_accounts.tier button:territory.rank page:Largest_accounts",
    "26 territory: patterns of greatest return": "button:territory.plan_calls column:territory_accounts.calls_recommended",
    "27 territory: attention and service": "column:territory_accounts.service_level column:territory_accounts.attention measure:territory.minimum_met",
    "28 deal: from start to end, with data": "table:deal_week table:stage_events button:deals.bridge page:What_moved",
    "29 deal: the quota, month after month": "measure:deals.attainment measure:deals.streak table:quotas table:actuals",
    "30 deal: where deals stand each week": "button:deals.snapshot button:deals.review button:deals.month",
    "31 deal: inputs to be comfortable": "button:deals.inputs table:conversion_rates page:Coverage",
    "32 deal: nurture": "table:nurture button:deals.nurture measure:deals.touched_within_cadence",
    "33 deal: cross- and up-sell": "table:white_space button:accounts.find_white_space button:deals.elsewhere",
    "34 deal: accounts that could become deals": "button:deals.elsewhere button:accounts.make_opportunity",
    "35 deal: the month mapped, likely leads": "button:deals.month button:leads.rank column:leads.work_rank",
    "36 automation: tools for routine": "button:leads.score button:territory.rank command:model",
    "37 automation: audit of reps and managers": "table:time_log column:time_log.role button:automation.open_audit measure:automation.selling_share_managers",
    "38 automation: what to streamline": "table:automation_candidates column:automation_candidates.roi button:automation.rank_tasks",
    "39 automation: reports from one place": "button:automation.report measure:automation.reports_from_the_store command:rollup",
    "40 automation: records made by a workflow": "button:automation.create_records",
    "41 automation: letters": "table:email_templates table:emails button:automation.write_email",
    "42 automation: quotes and proposals": "table:proposals table:proposal_lines button:automation.proposal",
    "43 not all seven for everyone": "table:roles column:roles.key_customers column:roles.geographic command:fit",
    "44 the wrong process is abandoned": "command:fit page:Adoption page:Adoption_by_process",
    "45 how to begin": "command:init command:demo command:fit column:people.assign_calls",
    "46 measure, manage, coach": "measure:calls.adherence page:Members page:Reconciliation table:coaching_cards",
}  # fmt: skip


@cache
def pages() -> frozenset[str]:
    """Give the tabs of a workbook and the pages of a roll-up, by the names that their makers write."""
    found = {START_SHEET, README_SHEET}
    for path in sorted(SYNC.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Page" and isinstance(node.args[0], ast.Constant):
                found.add(str(node.args[0].value))
    return frozenset(found)


def there(kind: str, name: str) -> bool:
    """Say whether the playbook, the commands or the pages know it."""
    first, _, second = name.partition(".")
    match kind:
        case "table":
            return name in BOOK.tables and len(BOOK.tables[name].help) >= TEN
        case "column":
            return (
                first in BOOK.tables
                and second in BOOK.tables[first].by_name
                and len(BOOK.tables[first].by_name[second].help) >= TEN
            )
        case "button":
            return name in BOOK.actions and bool(BOOK.actions[name].help)
        case "measure":
            return first in BOOK.by_key and second in {one.name for one in BOOK.by_key[first].measures}
        case "page":
            return name.replace("_", " ") in pages()
        case "command":
            return name in COMMANDS
        case "code":
            return any(check.code == name for checks in BOOK.checks.values() for check in checks)
    return False


def test_each_of_the_46_items_is_in_the_table() -> None:
    assert [int(name.split()[0]) for name in PROMISES] == list(range(1, 47))


@pytest.mark.parametrize("served", PROMISES.values(), ids=PROMISES)
def test_what_serves_an_item_is_there_and_explained(served: str) -> None:
    named = [one.partition(":")[::2] for one in served.split()]
    assert named and {kind for kind, _ in named} <= set(KINDS)
    assert [f"{kind} {name}" for kind, name in named if not there(kind, name)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_there_is_not_found(kind: str) -> None:
    assert not there(kind, "leads.sing") and not there(kind, "nothing")
