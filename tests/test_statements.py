"""What the seven processes promise and every worked number behind them: for each the tests that show it."""

from __future__ import annotations

from pathlib import Path

import pytest
from proof import HERE, Shown, absent, faults, shown

from sheetsales.playbook import build_playbook

CALLS, CALL_BUTTONS = "processes/test_calls.py", "processes/test_call_buttons.py"
LEADS, LEAD_BUTTONS = "processes/test_leads.py", "processes/test_lead_buttons.py"
DEALS, DEAL_BUTTONS = "processes/test_deals.py", "processes/test_deal_buttons.py"
OPPORTUNITIES, ACCOUNTS = "processes/test_opportunities.py", "processes/test_accounts.py"
TERRITORY, TERRITORY_BUTTONS = "processes/test_territory.py", "processes/test_territory_buttons.py"
AUTOMATION, AUTOMATION_BUTTONS = "processes/test_automation.py", "processes/test_automation_buttons.py"
LETTERS, ROLES, PROCESSES = "processes/test_automation_letters.py", "test_roles.py", "test_every_process.py"
SCORE, LEARN, FORECAST, COVERAGE = "test_score.py", "test_learn.py", "test_forecast.py", "test_coverage.py"
ALLOCATE, CALL_PLAN, CURVES, RANK = "test_allocate.py", "test_call_plan.py", "test_curves.py", "test_rank.py"
COACHING, PLAN = "test_coaching.py", "sync/test_plan.py"

STATEMENTS: dict[str, Shown] = {
    "calls 1": shown(
        "an empty plan fails with three codes, with 'none expected' with two",
        f"{CALL_BUTTONS}::test_an_empty_plan_fails_check_plan_with_exactly_the_three_codes_and_with_none_expected_with_two",
        buttons="calls.check_plan",
    ),
    "calls 2": shown(
        "two unasked questions and an unresolved objection come back once, with their origin",
        f"{CALLS}::test_what_was_left_open_comes_back_in_the_next_call_with_its_origin",
        f"{CALLS}::test_a_second_new_plan_does_not_repeat_what_was_carried",
        buttons="calls.carry_forward",
    ),
    "calls 3": shown(
        "an incomplete plan may be held and stays incomplete",
        f"{CALLS}::test_an_incomplete_plan_may_go_to_held_and_stays_incomplete_for_good",
        f"{CALL_BUTTONS}::test_an_incomplete_plan_never_keeps_a_call_from_being_held",
        f"{CALLS}::test_12_of_18_held_calls_are_two_thirds",
    ),
    "calls 4": shown("a review of one's own is none by a peer", f"{CALLS}::test_a_review_by_the_owner_is_no_peer_review"),
    "calls 5": shown(
        "25 hours without a debrief are too many, 23 are not",
        f"{CALLS}::test_a_call_held_25_hours_ago_is_in_the_debrief_queue_and_at_23_hours_it_is_not",
    ),
    "calls 6": shown(
        "five times raised and four unresolved goes before ten and two",
        f"{CALLS}::test_objections_rank_by_how_often_they_stay_unresolved",
        f"{CALL_BUTTONS}::test_an_objection_raised_5_times_and_unresolved_4_ranks_before_one_raised_10_times_and_unresolved_2",
        buttons="calls.rank_objections",
    ),
    "calls measures": shown(
        "18 of 24, 12 of 18, 9 of 15",
        f"{CALLS}::test_18_held_of_24_planned_calls_are_an_adherence_of_three_quarters",
        f"{CALLS}::test_12_of_18_held_calls_are_two_thirds",
        f"{CALLS}::test_9_of_15_debriefed_calls_that_met_their_objective_are_0_60",
    ),
    "calls libraries": shown(
        "24 questions and 12 objections to begin with", f"{CALLS}::test_a_new_workspace_starts_with_24_questions_and_12_objections"
    ),
    "leads 1": shown("three mandatory columns whatever the set", f"{LEADS}::test_the_three_mandatory_columns_exist_in_every_framework"),
    "leads 2": shown(
        "nothing known is 'not yet', with all three named",
        f"{LEADS}::test_the_verdict_follows_its_order",
        f"{LEADS}::test_unknown_never_disqualifies",
    ),
    "leads 3": shown(
        "no budget knocks out, unless overruled with a reason",
        f"{LEADS}::test_the_verdict_follows_its_order",
        f"{LEADS}::test_leads_are_checked",
    ),
    "leads 4": shown("twice the same bytes", f"{LEADS}::test_scoring_twice_gives_identical_rows_and_writes_nothing"),
    "leads 5": shown(
        "a field changes the reasons that name it", f"{LEADS}::test_changing_one_field_changes_only_its_own_reasons_and_limit_lines"
    ),
    "leads 6": shown("1,000 leads whose reasons add up", f"{LEADS}::test_the_reasons_of_1000_random_leads_add_up_to_their_scores"),
    "leads 7": shown(
        "a phone and a postcode keep their noughts",
        f"{LEADS}::test_numbers_that_are_names_stay_as_typed",
        "sync/test_bad_inputs.py::test_39_a_zip_code_keeps_its_zeros",
        "sync/test_bad_inputs.py::test_10_and_39_as_libreoffice_sees_them",
        "sync/test_exporting.py::test_what_is_exported_as_csv_comes_back_exactly",
    ),
    "leads 8": shown(
        "converted twice, one opportunity",
        f"{LEAD_BUTTONS}::test_converting_the_same_lead_twice_makes_one_opportunity",
        f"{LEAD_BUTTONS}::test_a_lead_whose_status_was_typed_back_keeps_its_opportunity",
        buttons="leads.convert",
    ),
    "leads worked example": shown("81 points, tier A, four of five known", f"{LEADS}::test_the_worked_example_comes_out_as_written"),
    "opportunities 1": shown(
        "no economic buyer, no Proposal; a reason overrules and is kept",
        f"{OPPORTUNITIES}::test_advance_to_proposal_without_an_economic_buyer_is_refused_with_exactly_the_missing_items",
        f"{OPPORTUNITIES}::test_an_override_with_a_reason_moves_and_is_logged_and_serves_for_one_move_only",
        buttons="opportunities.advance",
    ),
    "opportunities 2": shown(
        "three of four are 0.5714 and too few",
        f"{OPPORTUNITIES}::test_a_win_rate_row_with_three_of_four_is_shrunk_to_0_5714_and_too_few_to_say",
    ),
    "opportunities 3": shown(
        "a push is a move into a later quarter",
        f"{OPPORTUNITIES}::test_only_a_move_into_a_later_quarter_is_a_push_and_the_first_date_stays",
    ),
    "opportunities 4": shown(
        "a chosen category survives", f"{OPPORTUNITIES}::test_a_category_follows_the_stage_until_the_rep_chooses_and_then_survives"
    ),
    "opportunities 5": shown(
        "what is lost adds nothing",
        f"{OPPORTUNITIES}::test_a_lost_deal_adds_nothing_to_any_forecast",
        f"{DEAL_BUTTONS}::test_a_lost_deal_adds_nothing_to_any_forecast",
        f"{DEALS}::test_a_lost_deal_adds_nothing_to_what_is_booked",
    ),
    "opportunities 6": shown(
        "days in a stage are those of the log", f"{OPPORTUNITIES}::test_stage_events_days_come_from_the_log_and_not_from_updated_at"
    ),
    "accounts 1": shown(
        "eight sections confirmed by the account manager; seven are 0.875",
        f"{ACCOUNTS}::test_complete_only_when_all_8_are_confirmed_and_the_gate_names_the_eighth",
        f"{ACCOUNTS}::test_the_gate_names_the_eighth_section_while_seven_are_confirmed",
    ),
    "accounts 2": shown("an edit takes the confirmation away", f"{ACCOUNTS}::test_editing_a_confirmed_section_clears_its_confirmation"),
    "accounts 3": shown("stale at 90 days, not at 89", f"{ACCOUNTS}::test_a_plan_untouched_for_90_days_is_stale_and_for_89_is_not"),
    "accounts 4": shown(
        "never what is owned or excluded",
        f"{ACCOUNTS}::test_no_set_of_owned_and_excluded_products_is_ever_proposed",
        f"{ACCOUNTS}::test_white_space_never_proposes_an_owned_or_excluded_product_nor_one_no_longer_sold",
    ),
    "accounts 5": shown("a health of 75", f"{ACCOUNTS}::test_the_worked_example_has_a_health_of_75"),
    "territory 1": shown(
        "Acme, Beta, Core: 4/2/4, 3,363.03, +8.485 %, 16 h",
        f"{CALL_PLAN}::test_the_worked_territory_with_minimums_is_planned_4_2_4",
        f"{TERRITORY_BUTTONS}::test_the_worked_plans_stand_side_by_side_with_8_485_per_cent_between_them",
    ),
    "territory 2": shown(
        "never more hours than there are",
        f"{CALL_PLAN}::test_a_plan_keeps_to_hours_pins_and_limits_or_is_refused_and_pressing_twice_changes_nothing",
        f"{CALL_PLAN}::test_hours_of_parts_of_a_minute_are_never_exceeded",
    ),
    "territory 3": shown(
        "more potential, no lower rank",
        f"{RANK}::test_raising_a_potential_never_lowers_the_rank",
        f"{CALL_PLAN}::test_raising_the_potential_of_an_account_never_lowers_its_rank",
    ),
    "territory 4": shown(
        "ties by id, the same plan each time",
        f"{RANK}::test_ties_are_broken_by_id",
        f"{ALLOCATE}::test_equal_plans_go_to_fewer_hours_then_to_the_smaller_id",
        f"{CALL_PLAN}::test_pressing_twice_changes_nothing_and_the_order_of_rows_does_not_matter",
    ),
    "territory 5": shown(
        "pins stay or the plan is refused",
        f"{CALL_PLAN}::test_pinned_calls_stay_whatever_the_limits_say_and_count_as_minimum",
        f"{CALL_PLAN}::test_minimums_that_do_not_fit_are_refused_with_the_shortfall_and_nothing_is_written",
    ),
    "territory 6": shown("both traps are solved exactly", f"{ALLOCATE}::test_the_worked_cases_are_solved_exactly"),
    "deals 1": shown(
        "the bridge ties out; 500 to 460",
        "test_bridge.py::test_the_worked_bridge_ends_at_460",
        "test_bridge.py::test_the_bridge_difference_is_0_00_for_any_set_of_changes",
        f"{DEAL_BUTTONS}::test_the_worked_bridge_from_500_to_460_by_the_button_ties_out_to_0_00_also_over_a_renaming",
    ),
    "deals 2": shown(
        "two snapshots in a week, one row a deal",
        f"{DEAL_BUTTONS}::test_a_snapshot_taken_twice_in_a_week_has_one_row_per_deal",
        buttons="deals.snapshot",
    ),
    "deals 3": shown(
        "twelve of twelve are 12, a miss in the ninth month is 3",
        f"{DEALS}::test_the_streak_is_counted_from_actuals_alone",
        "test_pipeline.py::test_the_streak_counts_back_from_the_last_period",
    ),
    "deals 4": shown(
        "another period in view erases nothing",
        f"{DEAL_BUTTONS}::test_looking_at_another_period_erases_no_goal_and_no_forecast_handed_in",
    ),
    "deals 5": shown(
        "a gap of 250k is 20 new opportunities", f"{DEAL_BUTTONS}::test_a_gap_of_250k_at_25_per_cent_and_50k_is_20_new_opportunities"
    ),
    "deals 6": shown("40, 30, 20 are 70 and 90", f"{DEAL_BUTTONS}::test_closed_40_commit_30_best_20_roll_up_to_70_and_90"),
    "automation 1": shown("a week has 10,080 minutes", f"{AUTOMATION}::test_the_minutes_of_a_week_fit_into_it"),
    "automation 2": shown(
        "posted twice, one record",
        f"{AUTOMATION_BUTTONS}::test_the_same_row_posted_twice_creates_one_record",
        "sync/test_service.py::test_the_same_key_gives_the_same_answer_and_another_body_is_refused",
    ),
    "automation 3": shown(
        "an unfilled first name stops the letter", f"{LETTERS}::test_an_unfilled_first_name_fails_with_auto_03_and_writes_nothing"
    ),
    "automation 4": shown(
        "too much discount waits for an approval",
        f"{LETTERS}::test_a_discount_above_the_limit_needs_an_approval",
        f"{AUTOMATION}::test_a_proposal_beyond_the_limit_cannot_be_sent_without_an_approval",
        "sync/test_proposals.py::test_a_discount_above_the_limit_waits_for_an_approval_and_makes_no_file",
    ),
    "automation 5": shown(
        "lines add up; a difference to the deal is shown",
        "test_pricing.py::test_the_lines_add_up_to_the_total_to_the_cent",
        f"{LETTERS}::test_a_total_that_is_not_the_deals_is_shown_with_the_difference",
    ),
    "automation 6": shown(
        "5.15 h, 2.4114, 13.48 weeks",
        f"{AUTOMATION_BUTTONS}::test_the_worked_audit_saves_5_15_hours_a_week_returns_2_4114_and_pays_back_in_13_48_weeks",
    ),
    "automation proposal": shown(
        "84.42, 16.88, 101.30; three lines of 0.335 are 1.02",
        "test_pricing.py::test_the_worked_proposal_comes_to_101_30",
        f"{LETTERS}::test_three_lines_of_0_335_come_to_1_02",
    ),
    "fit 1": shown(
        "the table of six roles",
        f"{ROLES}::test_the_default_roles_need_what_the_table_says",
        f"{ROLES}::test_the_fit_document_says_of_every_default_role_what_the_table_says",
        commands="fit",
    ),
    "fit 2": shown(
        "account plans of a territory manager are misaligned",
        f"{ROLES}::test_a_territory_manager_required_to_do_account_planning_is_misaligned",
    ),
    "fit 3": shown(
        "with a key customer they are over-asked", f"{ROLES}::test_with_one_key_customer_it_is_optional_and_over_asked_not_mandatory"
    ),
    "fit 4": shown("a territory begins at 24 accounts", f"{ROLES}::test_a_territory_begins_at_two_dozen_accounts"),
    "fit 5": shown(
        "none of 20 touched is abandoned", f"{ROLES}::test_none_of_twenty_plans_touched_in_28_days_is_abandoned_beside_the_verdict"
    ),
    "fit 6": shown("hidden processes keep their data", f"{ROLES}::test_a_hidden_process_keeps_its_data_and_comes_back_with_it"),
    "dictionary 1": shown("all fields are filled", f"{PROCESSES}::test_all_fields_of_the_dictionary_are_filled"),
    "dictionary 2": shown(
        "columns are those of the workbook",
        "sync/test_command_line.py::test_schema_is_true_of_the_workbooks",
        "workbooks/test_templates.py::test_the_file_in_the_folder_equals_a_fresh_build",
        commands="schema",
    ),
    "dictionary 3": shown("measures of all three kinds", f"{PROCESSES}::test_every_process_has_measures_of_all_three_kinds"),
    "dictionary 4": shown(
        "each code has a message", f"{PROCESSES}::test_every_code_has_a_message_a_severity_and_columns_it_reads"
    ),
    "dictionary 5": shown(
        "Read me is made from it", "workbooks/test_layout.py::test_the_dictionary_names_every_column_of_the_tabs_that_are_there"
    ),
    "coaching card": shown(
        "the weakest factor, three records, open actions first",
        f"{COACHING}::test_the_card_names_the_weakest_factor_and_the_three_largest_records_that_fail_it",
        f"{COACHING}::test_the_next_card_begins_with_the_open_actions_and_shows_debriefs_stalled_and_pushed_deals",
        f"{COACHING}::test_an_entry_of_the_log_has_its_action_and_day_and_is_followed",
        buttons="deals.coach",
    ),
    "roll-up duties": shown(
        "each row knows its place, the missing are named, totals tie out",
        "sync/test_rollups.py::test_every_counted_row_says_its_workbook_tab_cell_and_time",
        "sync/test_rollups.py::test_members_without_a_workbook_are_named",
        "sync/test_maven.py::test_it_ties_out_in_every_grouping",
        commands="rollup",
    ),
}  # fmt: skip

NUMBERS: dict[str, Shown] = {
    "BANT 75": shown("B2 A1 N2 T1", f"{SCORE}::test_bant_2_1_2_1_is_75"),
    "MEDDPICC 53.33, gaps 10, 10, 6.67": shown(
        "and what to ask next",
        f"{SCORE}::test_meddpicc_2_1_2_1_0_3_2_1_is_53_33",
        f"{SCORE}::test_meddpicc_asks_by_gap_then_by_the_lower_level_then_in_the_order_of_the_set",
    ),
    "decay 45.0": shown("40, 5 and 10 points", f"{SCORE}::test_40_today_5_at_30_and_10_at_60_days_are_45"),
    "contributions -1.645, .63, 1.44, -.20, .275, p .6225": shown(
        "and p .1618 of the base", f"{LEARN}::test_contributions_against_the_average_lead_add_up_to_the_logit"
    ),
    "points 10.0, 90.0, +20, 28.8539": shown(
        "of p .2 and .8, of a doubling, of one unit",
        f"{LEARN}::test_each_doubling_of_the_odds_is_worth_twenty_points",
        f"{LEARN}::test_one_unit_of_the_logit_is_worth_28_8539_points",
    ),
    "naive Bayes .4273": absent(
        "12 of 20 won against 16 of 80 lost",
        "No naive Bayes is built: the learnt score is a logistic one, whose contributions add up exactly, and of few rows the rules score.",
    ),
    "one win, no loss: not .9167": shown(
        "few rows are drawn to the rate of all, or not learned from",
        f"{SCORE}::test_one_win_and_no_loss_is_not_said_as_92_per_cent",
        f"{LEARN}::test_too_few_rows_are_too_few_and_never_an_error",
    ),
    "shrinkage .5714": shown("3 of 4", f"{SCORE}::test_a_rate_is_drawn_towards_what_was_expected"),
    "14 closed: too few": shown("said with the number", f"{LEARN}::test_the_reason_for_too_few_says_how_many"),
    "value per hour 1,000 < 1,250": shown(
        "half a chance in 4 hours goes first", f"{LEAD_BUTTONS}::test_half_a_chance_at_10000_in_4_hours_goes_before_a_fifth_at_50000_in_10"
    ),
    "Brier .2375, log-loss .7469, ECE .225, AUC .6667": shown(
        "of four leads",
        f"{LEARN}::test_measures_of_the_worked_example",
        f"{SCORE}::test_the_calibration_error_is_the_mean_distance_weighted_by_band",
    ),
    "200, 70.7107, .25/.50/.25, .75": shown(
        "the first pipeline", f"{FORECAST}::test_expected_value_and_spread", f"{FORECAST}::test_the_first_distribution_and_its_tails"
    ),
    "206, 100.26, .56, all fourteen chances": shown(
        "the second pipeline",
        f"{FORECAST}::test_expected_value_and_spread",
        f"{FORECAST}::test_the_second_distribution_in_full",
        f"{DEAL_BUTTONS}::test_the_second_worked_pipeline_has_206_expected_and_56_per_cent_for_200_when_independent",
    ),
    "June 50,000": shown(
        "100,000 at 50 %", f"{DEALS}::test_100000_at_50_per_cent_closing_in_june_is_50000_of_june_and_nothing_of_may"
    ),
    "stages 10/25/50/75/90": shown("as shipped", "test_shared.py::test_the_seven_default_stages_carry_probability_and_category"),
    "categories 70, 90": shown("40, 30, 20", f"{DEAL_BUTTONS}::test_closed_40_commit_30_best_20_roll_up_to_70_and_90"),
    "currencies need a dated rate": shown(
        "or the deal is named", f"{DEALS}::test_a_deal_in_another_currency_counts_with_the_newest_dated_rate_or_is_named"
    ),
    "coverage 2.5": shown(
        "150 of 60",
        f"{COVERAGE}::test_open_150_against_quota_100_with_40_closed_is_2_5_times",
        f"{DEAL_BUTTONS}::test_open_150_against_100_with_40_closed_is_2_5_times_of_4_and_90_are_short",
    ),
    "short 90": shown("4 times needed", f"{COVERAGE}::test_a_win_rate_of_a_quarter_needs_4_times_and_240_are_required_so_90_are_short"),
    "gap 250k, 1,000k, 20": shown(
        "new opportunities",
        f"{COVERAGE}::test_a_gap_of_250k_at_a_win_rate_of_25_per_cent_and_50k_size_is_20_new_opportunities_of_1000k",
    ),
    "velocity 2,500": shown("a day", f"{COVERAGE}::test_velocity_of_40_deals_at_a_quarter_of_20000_in_80_days_is_2500_a_day"),
    "coverage bands 2.5, 3.5, 4.5": absent(
        "at risk, healthy, too much",
        "The fixed bands are not shown: coverage stands beside the one needed by the member's own win rate, which says more.",
    ),
    "reached is no division": shown(
        "quota at or below closed", f"{COVERAGE}::test_a_reached_quota_has_no_coverage_instead_of_a_division_by_zero"
    ),
    "stall 14, 21, 25 d": shown(
        "fewer than five won: the default",
        f"{OPPORTUNITIES}::test_a_deal_is_stalled_beyond_one_and_a_half_times_the_median_of_won_deals",
        f"{OPPORTUNITIES}::test_a_next_step_to_come_stops_the_stall_and_few_won_deals_mean_the_default",
    ),
    "slip .30": shown("3 of 10, and by value", f"{DEALS}::test_slip_rate_by_count_and_by_value"),
    "curve .833333, 1.969362, 65.8017, 130.6988": shown(
        "from four answers",
        f"{CURVES}::test_the_worked_example_comes_back",
        f"{CURVES}::test_the_four_answers_lie_on_the_curve",
        f"{CURVES}::test_answers_that_no_curve_meets_give_none",
    ),
    "nine points 51.09, 137.06, 4.515, 93.37, 8.43, 112.925": shown(
        "least squares", f"{CURVES}::test_nine_points_are_fitted_by_least_squares_to_8_43_and_112_925_at_115_per_cent"
    ),
    "sales at 0 to 8 calls": shown("Acme, Beta, Core", f"{CURVES}::test_sales_at_none_to_eight_calls"),
    "Fox 170, equal 100, S-shape 10, knapsack 45": shown("exactly", f"{ALLOCATE}::test_the_worked_cases_are_solved_exactly"),
    "greedy 170, 100, 5, 10": absent(
        "what a greedy choice would give",
        "No greedy planner is built: plans are solved exactly, and return per hour stands in the reasons alone.",
    ),
    "free optimum 5/0/4, 3,384.24, +9.17 %, 15.5 h": shown(
        "drops Beta",
        f"{ALLOCATE}::test_the_full_example_without_minimums_drops_one_account",
        f"{CALL_PLAN}::test_the_worked_territory_without_minimums_drops_beta",
    ),
    "4/2/4, 3,363.03, +8.485 %, 16.0 h": shown(
        "with minimums",
        f"{ALLOCATE}::test_the_full_example_with_minimums_and_what_further_hours_are_worth",
        f"{CALL_PLAN}::test_the_worked_territory_with_minimums_is_planned_4_2_4",
    ),
    "an hour 60.11, two 115.68, 17.5 of 18": shown(
        "4/3/4 and 5/2/4",
        f"{TERRITORY_BUTTONS}::test_one_hour_more_is_worth_60_11_and_two_115_68_and_the_rows_say_where_they_go",
        f"{CALL_PLAN}::test_further_hours_go_where_they_were_said_to_be_worth_most",
        f"{ALLOCATE}::test_the_full_example_with_minimums_and_what_further_hours_are_worth",
    ),
    "102.92, 84.28, 77.12, 60.11, 45.79 an hour": shown(
        "last funded and next calls", f"{CALL_PLAN}::test_each_row_says_what_the_next_and_the_last_call_return_per_hour"
    ),
    "1 plan within 1 %": shown("of all that fit", f"{ALLOCATE}::test_only_one_plan_with_minimums_lies_within_one_per_cent_of_the_best"),
    "flat optimum 25, 24.7487, 1.005 %": shown(
        "9 and 16 hours", f"{ALLOCATE}::test_a_flat_optimum_is_found_and_lies_little_above_an_even_split"
    ),
    "leave it below 2 %": shown(
        "a plan is not worth the change",
        f"{CALL_PLAN}::test_a_gain_below_two_per_cent_says_leave_it_and_still_shows_the_best",
        f"{TERRITORY_BUTTONS}::test_a_penalty_of_the_team_keeps_plans_from_churning_and_is_off_unless_set",
    ),
    "rule of thumb 50/50": absent(
        "effort by elasticity and contribution",
        "The rule of thumb is not offered: where a planner can say what each call returns, a division by shares would be a second opinion.",
    ),
    "elasticity .34: .7900, 1.2658": shown(
        "constant beyond twice", f"{CURVES}::test_the_default_curve_follows_the_elasticity_and_stays_flat_beyond_twice_the_calls"
    ),
    "A A A B B C C C C C": shown(
        "of a sum of 1,000",
        f"{RANK}::test_ten_accounts_that_add_up_to_a_thousand_are_three_a_two_b_five_c",
        f"{TERRITORY_BUTTONS}::test_ten_accounts_of_the_worked_sum_are_a_a_a_b_b_c_c_c_c_c",
    ),
    "595 of 920 h, .6467": shown("workload", f"{TERRITORY_BUTTONS}::test_the_worked_workload_is_595_of_920_hours"),
    "balance 1.2, .8, 1.0": shown(
        "two of three out",
        f"{TERRITORY_BUTTONS}::test_three_territories_of_1200_800_and_1000_hours_are_two_out_of_the_band_and_one_move_brings_them_in",
    ),
    "5.15 h, 1,421.4 h, 85,284, 2.4114, 13.48": shown(
        "the audit",
        "test_time_audit.py::test_the_worked_audit_pays_back_in_thirteen_and_a_half_weeks",
        "test_time_audit.py::test_5_15_hours_of_6_reps_in_46_weeks_are_1421_4_hours_a_year",
    ),
    "56.3 %, 43.7 %, 0 %": shown(
        "shares of the gap",
        f"{COACHING}::test_30_opportunities_at_20_per_cent_against_40_at_25_splits_into_56_3_and_43_7_and_0_per_cent",
    ),
    "no gap, opposite signs, nought, n < 10": shown(
        "edges of the shares",
        f"{COACHING}::test_a_rep_like_the_team_has_no_gap",
        f"{COACHING}::test_parts_of_opposite_signs_are_shown_in_ln_and_not_as_percentages",
        f"{COACHING}::test_a_factor_of_nought_is_none_yet_and_comes_first",
        f"{COACHING}::test_with_fewer_than_ten_closed_deals_nothing_is_compared_and_n_is_said",
    ),
    "lift 1.667": shown(".5 of .3", f"{ACCOUNTS}::test_the_worked_lift_is_1_667_and_the_worth_is_chance_times_price_times_margin"),
    "merge: one side changed": shown(
        "theirs or mine",
        f"{PLAN}::test_case_2_a_change_in_the_store_alone_is_shown_and_is_no_edit",
        f"{PLAN}::test_case_3_an_edit_is_accepted",
    ),
    "merge: both the same": shown("nothing to do", f"{PLAN}::test_case_4_the_same_change_on_both_sides_is_nothing"),
    "merge: both changed": shown(
        "a conflict; different cells none",
        f"{PLAN}::test_case_5_two_edits_of_one_cell_are_a_conflict_and_both_are_kept",
        f"{PLAN}::test_two_edits_of_different_cells_are_both_kept",
    ),
    "merge: a real clear": shown("blank is an edit", f"{PLAN}::test_case_8_a_cell_made_blank_is_an_edit"),
    "merge: two new rows of one key": shown(
        "kept and listed",
        "sync/test_import_plan.py::test_two_new_rows_under_one_natural_key_are_both_kept_and_listed",
        "sync/test_copies_and_undo.py::test_a_new_row_typed_in_a_copy_and_another_in_the_book_are_two_records",
    ),
    "merge: delete against edit": shown(
        "the record lives", f"{PLAN}::test_case_15_a_row_marked_delete_that_changed_meanwhile_lives"
    ),
    "merge: sorting changes nothing": shown(
        "nor do columns put in",
        f"{PLAN}::test_a_row_sorted_elsewhere_changes_nothing",
        "sync/test_bad_inputs.py::test_37_columns_may_change_places_or_go",
    ),
    "defaults in one place": shown(
        "each with a reason",
        f"{PROCESSES}::test_every_number_of_the_policy_has_a_reason",
        "test_playbook.py::test_the_schema_lists_the_policy_with_the_value_in_force",
    ),
}  # fmt: skip

ASKED: dict[str, Shown] = {
    "Plan call, Check plan, Call sheet": shown(
        "before a call",
        f"{CALL_BUTTONS}::test_plan_call_puts_carried_items_first_then_questions_of_the_step_and_objections_with_prepared_responses",
        f"{CALL_BUTTONS}::test_a_complete_plan_passes_and_is_marked_so",
        f"{CALL_BUTTONS}::test_a_call_sheet_is_printed_on_one_page_also_with_the_longest_texts",
        buttons="calls.plan calls.check_plan calls.call_sheet",
    ),
    "Debrief, Request review": shown(
        "after a call",
        f"{CALL_BUTTONS}::test_debrief_fills_blank_fields_and_ticks_what_was_said",
        f"{CALL_BUTTONS}::test_a_review_is_asked_of_the_manager_unless_a_peer_is_named",
        buttons="calls.debrief calls.request_review",
    ),
    "Score leads, Ask next, Calibration": shown(
        "judging leads",
        f"{LEADS}::test_the_worked_example_comes_out_as_written",
        f"{LEAD_BUTTONS}::test_ask_next_lists_the_open_questions_in_the_order_of_their_weight",
        f"{LEAD_BUTTONS}::test_calibration_says_what_was_said_what_happened_and_n_of_each_tier",
        buttons="leads.score leads.ask_next leads.calibration",
    ),
    "Qualify, Disqualify, Recycle, Convert, Find duplicates": shown(
        "deciding on leads",
        f"{LEADS}::test_qualify_follows_the_verdict_and_says_what_is_missing",
        f"{LEAD_BUTTONS}::test_convert_makes_account_contact_and_opportunity_and_links_all_four",
        f"{LEAD_BUTTONS}::test_find_duplicates_names_both_rows_and_merges_nothing",
        buttons="leads.qualify leads.disqualify leads.recycle leads.convert leads.find_duplicates",
    ),
    "Advance stage, Check opportunity, Log touch, Close, What works": shown(
        "working an opportunity",
        f"{OPPORTUNITIES}::test_lost_needs_a_reason_and_the_competitor_and_closes_today",
        f"{OPPORTUNITIES}::test_check_opportunity_says_the_largest_first_and_writes_nothing_twice",
        f"{OPPORTUNITIES}::test_a_touch_is_logged_once_with_its_stage_and_engages_the_person",
        f"{OPPORTUNITIES}::test_what_works_writes_its_table_once_and_blanks_rows_without_deals",
        buttons="opportunities.advance opportunities.check opportunities.log_touch opportunities.close opportunities.what_works",
    ),
    "Opportunity plan": absent(
        "one page of problem, stakeholders, position and next steps",
        "No page of it is printed: problem, coverage, position, risks and next step stand in the columns of the opportunity.",
    ),
    "hand-over and plan buttons": shown(
        "of account management",
        f"{ACCOUNTS}::test_a_hand_over_is_drafted_from_opportunity_stakeholders_proposal_and_calls",
        f"{ACCOUNTS}::test_a_hand_over_goes_to_the_account_manager_and_back_with_questions_and_on",
        f"{ACCOUNTS}::test_an_opportunity_is_made_of_a_white_field_once",
        f"{ACCOUNTS}::test_recompute_health_writes_the_selected_plans_and_twice_nothing_new",
        buttons="accounts.check_plan accounts.draft_handover accounts.offer_handover accounts.accept_section "
        "accounts.return_handover accounts.recompute_health accounts.find_white_space accounts.make_opportunity",
    ),
    "territory buttons": shown(
        "of territory management",
        f"{TERRITORY_BUTTONS}::test_fit_curves_writes_the_worked_curve_of_acme_in_words",
        f"{TERRITORY_BUTTONS}::test_accounts_of_one_region_are_called_in_the_same_weeks",
        f"{TERRITORY_BUTTONS}::test_an_own_plan_says_what_it_costs_and_where_it_falls_short",
        buttons="territory.rank territory.fit_curves territory.plan_calls territory.hour_worth territory.make_calendar "
        "territory.compare_plans territory.balance",
    ),
    "deal buttons": shown(
        "of deal management",
        f"{DEAL_BUTTONS}::test_the_month_is_mapped_by_weeks_with_deals_calls_proposals_and_renewals",
        f"{DEAL_BUTTONS}::test_comfortable_needs_leads_proposals_and_calls_by_own_rates_which_are_kept",
        f"{DEAL_BUTTONS}::test_every_button_of_deals_stands_on_a_tab_of_the_roles_it_fits",
        buttons="deals.snapshot deals.bridge deals.review deals.inputs deals.submit deals.adjust deals.month",
    ),
    "My day": shown(
        "calls, debriefs, next steps and nurture of the day, on the tab Start",
        f"{CALLS}::test_today_names_the_calls_of_the_day_the_overdue_ones_and_the_late_debriefs",
        f"{OPPORTUNITIES}::test_today_names_what_is_due_and_what_has_no_next_step",
        f"{DEALS}::test_today_names_stalled_and_pushed_deals_and_nurture_that_is_due",
    ),
    "automation buttons": shown(
        "of sales automation",
        f"{AUTOMATION_BUTTONS}::test_the_report_adds_up_what_the_store_holds_and_nothing_else",
        f"{AUTOMATION_BUTTONS}::test_an_account_of_nearly_the_same_name_is_a_possible_duplicate_and_nothing_is_created",
        buttons="automation.open_audit automation.rank_tasks automation.report automation.create_records "
        "automation.write_email automation.proposal",
    ),
    "Automation rules": absent(
        "when something happens, then a record, a field or a task",
        "No rules of a team's own are read: what follows from an event is a button that a person presses or a line of the tab Start.",
    ),
}  # fmt: skip

CODES = {"CALL": 11, "LEAD": 12, "OPP": 12, "ACC": 9, "TER": 9, "DEAL": 9, "AUTO": 10, "COACH": 3}
TEXT = "\n".join(path.read_text(encoding="utf-8") for path in sorted(HERE.rglob("*.py")) if path != Path(__file__))

EXPECTED = {
    "calls": 6,
    "leads": 8,
    "opportunities": 6,
    "accounts": 5,
    "territory": 6,
    "deals": 6,
    "automation": 6,
    "fit": 6,
    "dictionary": 5,
}


def test_every_numbered_statement_is_in_the_table() -> None:
    wanted = {f"{name} {n}" for name, last in EXPECTED.items() for n in range(1, last + 1)}
    assert wanted <= set(STATEMENTS)


@pytest.mark.parametrize("entry", STATEMENTS.values(), ids=STATEMENTS)
def test_what_is_named_as_showing_a_statement_is_there(entry: Shown) -> None:
    assert faults(entry) == []
    assert entry.by, "a statement of a process is shown by a test"


@pytest.mark.parametrize("entry", NUMBERS.values(), ids=NUMBERS)
def test_what_is_named_as_showing_a_worked_number_is_there(entry: Shown) -> None:
    assert faults(entry) == []


@pytest.mark.parametrize("entry", ASKED.values(), ids=ASKED)
def test_each_button_that_a_process_asks_for_is_there(entry: Shown) -> None:
    assert faults(entry) == []


@pytest.mark.parametrize("prefix", CODES)
def test_the_codes_of_a_process_are_there_without_a_gap_and_each_is_held_by_a_test(prefix: str) -> None:
    wanted = {f"{prefix}-{n:02}" for n in range(1, CODES[prefix] + 1)}
    there = {check.code for checks in build_playbook({}).checks.values() for check in checks}
    assert {code for code in there if code.startswith(f"{prefix}-")} == wanted
    assert sorted(code for code in wanted if f'"{code}"' not in TEXT) == []
