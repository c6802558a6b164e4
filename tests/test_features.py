"""Features F01 to F44: for each the tests that show it, and the button or command a person uses for it."""

from __future__ import annotations

import pytest
from proof import Shown, absent, faults, shown

CALLS, CALL_BUTTONS = "processes/test_calls.py", "processes/test_call_buttons.py"
LEADS, LEAD_BUTTONS, LEARNED = "processes/test_leads.py", "processes/test_lead_buttons.py", "processes/test_learned_score.py"
DEALS, DEAL_BUTTONS, DEAL_WEEKS = "processes/test_deals.py", "processes/test_deal_buttons.py", "sync/test_deal_weeks.py"
OPPORTUNITIES, HAND_OVERS = "processes/test_opportunities.py", "sync/test_stages_and_hand_overs.py"
ACCOUNTS = "processes/test_accounts.py"
TERRITORY, TERRITORY_BUTTONS = "processes/test_territory.py", "processes/test_territory_buttons.py"
AUTOMATION, AUTOMATION_BUTTONS = "processes/test_automation.py", "processes/test_automation_buttons.py"
LETTERS, PROPOSALS = "processes/test_automation_letters.py", "sync/test_proposals.py"
ROLLUPS, MODEL = "sync/test_rollups.py", "sync/test_model_command.py"

FEATURES: dict[str, Shown] = {
    # ── call ─────────────────────────────────────────────────────────────────────────────────────
    "F01": shown(
        "a call plan that lacks something names exactly what",
        f"{CALL_BUTTONS}::test_an_empty_plan_fails_check_plan_with_exactly_the_three_codes_and_with_none_expected_with_two",
        f"{CALLS}::test_a_planned_call_without_anything_lacks_objective_question_and_objection",
        f"{CALL_BUTTONS}::test_a_complete_plan_passes_and_is_marked_so",
        buttons="calls.plan calls.check_plan",
    ),
    "F02": shown(
        "what a call left open stands in the next one",
        f"{CALLS}::test_what_was_left_open_comes_back_in_the_next_call_with_its_origin",
        f"{CALLS}::test_a_second_new_plan_does_not_repeat_what_was_carried",
        buttons="calls.carry_forward calls.debrief",
    ),
    "F03": shown(
        "a review counts where another person gives it",
        f"{CALL_BUTTONS}::test_the_score_of_a_review_by_the_owner_does_not_count_and_by_another_person_it_does",
        f"{CALL_BUTTONS}::test_a_review_stands_in_the_reviewers_queue_until_it_has_a_score",
        f"{CALLS}::test_a_review_by_the_owner_is_no_peer_review",
        buttons="calls.request_review",
    ),
    "F04": shown(
        "a held call has time, length and outcome and counts once",
        f"{CALLS}::test_held_calls_are_checked",
        f"{CALLS}::test_18_held_of_24_planned_calls_are_an_adherence_of_three_quarters",
        f"{CALL_BUTTONS}::test_a_call_that_cannot_be_debriefed_is_refused_with_the_reason",
        buttons="calls.debrief",
    ),
    "F05": shown(
        "planned against held calls by tier",
        f"{CALL_BUTTONS}::test_24_planned_and_18_held_calls_are_three_quarters_split_by_tier_and_summing_to_the_total",
        f"{TERRITORY_BUTTONS}::test_calls_planned_against_done_by_tier_follow_from_the_calendar",
    ),
    # ── lead ─────────────────────────────────────────────────────────────────────────────────────
    "F06": shown(
        "a set of questions can be changed for another without losing answers",
        f"{LEAD_BUTTONS}::test_the_script_follows_the_set_in_force_and_no_answer_given_is_lost",
        f"{LEADS}::test_bant_and_meddpicc_are_answered_in_lead_answers",
        f"{LEADS}::test_the_three_mandatory_columns_exist_in_every_framework",
        buttons="leads.ask_next leads.score",
    ),
    "F07": shown(
        "dropping a lead needs a reason, putting it off a day on which it returns",
        f"{LEAD_BUTTONS}::test_a_selected_lead_is_disqualified_with_a_reason_or_refused",
        f"{LEAD_BUTTONS}::test_recycled_leads_return_on_their_day",
        f"{LEAD_BUTTONS}::test_recycle_needs_a_selection_and_a_day_to_come",
        buttons="leads.disqualify leads.recycle leads.take_up",
    ),
    "F08": shown(
        "a score by rules, the same bytes each time, within its caps",
        f"{LEADS}::test_scoring_twice_gives_identical_rows_and_writes_nothing",
        "test_score.py::test_caps_and_limits_are_lines_of_their_own",
        "test_score.py::test_whole_columns_are_scored_as_each_row_alone_blanks_included",
        buttons="leads.score",
    ),
    "F09": shown(
        "a score learnt from own history, used above its gate only",
        "test_learn.py::test_too_few_rows_are_too_few_and_never_an_error",
        "test_learn.py::test_where_there_is_no_signal_none_is_claimed",
        f"{LEARNED}::test_only_the_verdict_use_lets_a_model_score",
        f"{MODEL}::test_maven_is_no_better_than_the_base_rate",
        f"{MODEL}::test_x_education_in_time_reaches_the_targets",
        buttons="leads.score",
        commands="model",
        lacks="The gate compares Brier and log-loss with the base rate, not with the rules: a score by rules is no chance of converting.",
    ),
    "F10": shown(
        "reasons beside each score that add up to it",
        f"{LEADS}::test_the_reasons_of_1000_random_leads_add_up_to_their_scores",
        f"{LEARNED}::test_the_reasons_of_500_leads_add_up_to_their_scores_between_0_and_100",
        "test_learn.py::test_base_and_reasons_add_up_to_the_points_of_every_row",
        buttons="leads.score",
    ),
    "F11": shown(
        "what was said, what happened and n, by band",
        f"{LEAD_BUTTONS}::test_calibration_says_what_was_said_what_happened_and_n_of_each_tier",
        "test_learn.py::test_measures_of_the_worked_example",
        f"{MODEL}::test_a_report_as_a_workbook_holds_its_figures_with_native_charts_and_the_same_bytes_twice",
        buttons="leads.calibration",
        commands="model",
    ),
    "F12": shown(
        "with few closed leads the rules score, and it is said",
        f"{LEARNED}::test_a_model_that_cannot_be_used_leaves_the_rules_and_says_why",
        "test_learn.py::test_the_reason_for_too_few_says_how_many",
        f"{LEADS}::test_leads_are_worked_by_worth_per_hour_with_rates_drawn_towards_their_start",
        buttons="leads.score",
    ),
    "F13": shown(
        "engagement loses half its points in 30 days",
        "test_score.py::test_40_today_5_at_30_and_10_at_60_days_are_45",
        f"{LEADS}::test_the_half_life_can_be_asked_for_and_must_be_above_0",
        buttons="leads.score",
    ),
    "F14": shown(
        "a past score can be computed again from its version",
        f"{LEAD_BUTTONS}::test_a_past_score_comes_out_again_from_the_rules_of_its_version",
        "test_score.py::test_the_version_changes_with_every_number_that_can_change_a_score",
        "sync/test_lead_model.py::test_a_learned_score_drives_the_button_and_history_keeps_each_score_with_its_version",
        commands="history",
    ),
    # ── opportunity ──────────────────────────────────────────────────────────────────────────────
    "F15": shown(
        "a stage is left when its criteria are met, or with a reason that is kept",
        f"{OPPORTUNITIES}::test_advance_to_proposal_without_an_economic_buyer_is_refused_with_exactly_the_missing_items",
        f"{OPPORTUNITIES}::test_an_override_with_a_reason_moves_and_is_logged_and_serves_for_one_move_only",
        f"{HAND_OVERS}::test_the_gate_stops_the_button_with_exactly_what_is_missing_and_a_reason_passes_it_into_the_log",
        buttons="opportunities.advance",
    ),
    "F16": shown(
        "who is missing among the stakeholders, and how many were engaged",
        f"{OPPORTUNITIES}::test_coverage_names_the_missing_economic_buyer_and_champion_and_counts_the_engaged",
        f"{OPPORTUNITIES}::test_one_engaged_person_is_a_single_thread_and_two_are_not",
        buttons="opportunities.check",
    ),
    "F17": shown(
        "the position against competitors, asked for by the gate",
        f"{OPPORTUNITIES}::test_position_says_against_whom_we_stand_and_with_what",
        f"{OPPORTUNITIES}::test_a_deal_past_solution_without_a_competitor_status_is_stopped_by_the_gate",
        buttons="opportunities.check",
    ),
    "F18": shown(
        "each move between stages is logged with its days",
        f"{OPPORTUNITIES}::test_stage_events_days_come_from_the_log_and_not_from_updated_at",
        f"{OPPORTUNITIES}::test_moves_backward_need_no_criteria_but_are_logged",
        "sync/test_plan.py::test_a_move_between_stages_is_written_into_the_stage_log",
    ),
    "F19": shown(
        "what wins at which stage, with n",
        f"{OPPORTUNITIES}::test_a_win_rate_row_with_three_of_four_is_shrunk_to_0_5714_and_too_few_to_say",
        f"{OPPORTUNITIES}::test_methods_and_tactics_are_counted_apart_by_stage_and_drawn_towards_the_whole",
        buttons="opportunities.what_works opportunities.log_touch",
    ),
    # ── account ──────────────────────────────────────────────────────────────────────────────────
    "F20": shown(
        "a plan has a goal and a need, and its completeness adds up",
        f"{ACCOUNTS}::test_a_plan_needs_our_goal_and_one_customer_need",
        f"{ACCOUNTS}::test_completeness_adds_up_its_parts",
        f"{ACCOUNTS}::test_check_plan_says_what_is_missing_the_barest_first",
        buttons="accounts.check_plan",
    ),
    "F21": shown(
        "a hand-over is complete when the account manager confirmed all eight sections",
        f"{ACCOUNTS}::test_complete_only_when_all_8_are_confirmed_and_the_gate_names_the_eighth",
        f"{ACCOUNTS}::test_only_the_account_manager_can_confirm_a_section",
        f"{HAND_OVERS}::test_a_hand_over_begins_with_the_rep_and_ends_as_a_plan_of_the_account_manager",
        buttons="accounts.draft_handover accounts.offer_handover accounts.accept_section accounts.return_handover accounts.take_over",
    ),
    "F22": shown(
        "what an account could still buy",
        f"{ACCOUNTS}::test_no_set_of_owned_and_excluded_products_is_ever_proposed",
        f"{ACCOUNTS}::test_find_white_space_writes_the_matrix_once_with_chance_n_and_reason",
        buttons="accounts.find_white_space accounts.make_opportunity",
    ),
    "F23": shown(
        "the health of an account with reasons",
        f"{ACCOUNTS}::test_the_worked_example_has_a_health_of_75",
        f"{ACCOUNTS}::test_unknown_parts_are_left_out_and_the_rest_is_scaled",
        buttons="accounts.recompute_health",
    ),
    # ── territory ────────────────────────────────────────────────────────────────────────────────
    "F24": shown(
        "figures of a team are the sum of those of its members",
        f"{ROLLUPS}::test_the_forecast_of_a_past_day_knows_booked_open_and_quota_of_each_member_and_the_team",
        f"{ROLLUPS}::test_groups_of_every_kind_keep_blanks_and_add_up",
        f"{ROLLUPS}::test_a_member_sees_the_own_scope",
        "test_rollup.py::test_groups_always_add_up_to_the_total_to_the_cent",
        commands="rollup members",
        lacks="The hierarchy is that of people and their managers; territories have an owner and no parent, and no rule assigns accounts.",
    ),
    "F25": shown(
        "accounts ranked and tiered, customers and prospects apart",
        "test_rank.py::test_ten_accounts_that_add_up_to_a_thousand_are_three_a_two_b_five_c",
        "test_rank.py::test_customers_and_prospects_are_ranked_apart_and_tiered_together",
        f"{TERRITORY}::test_rank_accounts_writes_rank_tier_attention_service_and_reason",
        buttons="territory.rank",
    ),
    "F26": shown(
        "territories in balance, or the moves that bring them there",
        f"{TERRITORY_BUTTONS}::test_three_territories_of_1200_800_and_1000_hours_are_two_out_of_the_band_and_one_move_brings_them_in",
        f"{TERRITORY_BUTTONS}::test_every_proposed_move_makes_territories_more_alike_and_takes_an_account_once_from_where_it_is",
        buttons="territory.balance",
    ),
    "F27": shown(
        "calls laid out over the weeks",
        f"{TERRITORY_BUTTONS}::test_the_calendar_of_a_recommended_plan_meets_every_minimum_and_never_exceeds_the_hours",
        f"{TERRITORY_BUTTONS}::test_calls_are_spread_evenly_over_the_weeks_of_the_quarter",
        buttons="territory.make_calendar",
    ),
    "F28": shown(
        "the call pattern of greatest return",
        "test_call_plan.py::test_the_worked_territory_with_minimums_is_planned_4_2_4",
        "test_allocate.py::test_the_worked_cases_are_solved_exactly",
        "test_allocate.py::test_the_exact_form_equals_trying_every_plan",
        buttons="territory.plan_calls territory.hour_worth territory.fit_curves territory.compare_plans",
    ),
    "F29": shown(
        "hours wanted against hours there are",
        f"{TERRITORY_BUTTONS}::test_the_worked_workload_is_595_of_920_hours",
        f"{TERRITORY}::test_minimums_beyond_the_hours_name_what_to_lower",
        "test_call_plan.py::test_minimums_that_do_not_fit_are_refused_with_the_shortfall_and_nothing_is_written",
        buttons="territory.balance territory.plan_calls",
    ),
    # ── deal ─────────────────────────────────────────────────────────────────────────────────────
    "F30": shown(
        "the weighted pipeline, without what is lost",
        "test_forecast.py::test_expected_value_and_spread",
        f"{DEALS}::test_the_worked_pipeline_reaches_200_three_times_in_four",
        f"{DEAL_BUTTONS}::test_a_lost_deal_adds_nothing_to_any_forecast",
        "test_rollup.py::test_only_open_amounts_are_weighted_and_an_unknown_stage_weighs_nothing",
        buttons="deals.review deals.forecast",
        commands="rollup",
    ),
    "F31": shown(
        "categories roll up, and the choice of a rep stays",
        f"{DEAL_BUTTONS}::test_closed_40_commit_30_best_20_roll_up_to_70_and_90",
        f"{OPPORTUNITIES}::test_a_category_follows_the_stage_until_the_rep_chooses_and_then_survives",
        buttons="deals.review",
    ),
    "F32": shown(
        "goals stay whatever period is looked at; the streak is counted from actuals",
        f"{DEAL_BUTTONS}::test_looking_at_another_period_erases_no_goal_and_no_forecast_handed_in",
        f"{DEALS}::test_the_streak_is_counted_from_actuals_alone",
        f"{DEALS}::test_booked_is_what_was_won_in_the_period_by_member_or_team",
    ),
    "F33": shown(
        "what moved since last week, to the cent",
        "test_bridge.py::test_the_bridge_difference_is_0_00_for_any_set_of_changes",
        f"{DEAL_BUTTONS}::test_the_worked_bridge_from_500_to_460_by_the_button_ties_out_to_0_00_also_over_a_renaming",
        f"{DEAL_WEEKS}::test_a_snapshot_is_kept_as_rows_once_and_is_what_the_history_says_of_that_day",
        buttons="deals.snapshot deals.bridge",
        commands="rollup",
    ),
    "F34": shown(
        "deals that stand still",
        f"{OPPORTUNITIES}::test_a_deal_is_stalled_beyond_one_and_a_half_times_the_median_of_won_deals",
        f"{OPPORTUNITIES}::test_a_next_step_to_come_stops_the_stall_and_few_won_deals_mean_the_default",
        f"{DEALS}::test_touched_within_cadence_looks_at_the_stage",
        buttons="deals.review",
    ),
    "F35": shown(
        "close dates put off into a later quarter",
        f"{OPPORTUNITIES}::test_only_a_move_into_a_later_quarter_is_a_push_and_the_first_date_stays",
        f"{DEALS}::test_where_do_i_stand_adds_up_categories_and_names_stalled_and_pushed_deals",
        buttons="deals.review",
    ),
    "F36": shown(
        "what it takes to close the gap",
        f"{DEAL_BUTTONS}::test_a_gap_of_250k_at_25_per_cent_and_50k_is_20_new_opportunities",
        f"{DEAL_BUTTONS}::test_new_deals_that_come_too_late_are_said",
        "test_coverage.py::test_a_gap_of_250k_at_a_win_rate_of_25_per_cent_and_50k_size_is_20_new_opportunities_of_1000k",
        buttons="deals.inputs",
    ),
    "F37": shown(
        "the forecast as a range with a chance",
        f"{DEAL_BUTTONS}::test_the_second_worked_pipeline_has_206_expected_and_56_per_cent_for_200_when_independent",
        "test_forecast.py::test_the_second_distribution_in_full",
        "test_forecast.py::test_a_common_shock_keeps_the_expected_value_and_widens_the_range",
        buttons="deals.forecast",
    ),
    "F38": shown(
        "forecasts handed in, adjusted beside the figure of the rep",
        f"{DEAL_BUTTONS}::test_an_adjustment_is_refused_with_a_sentence",
        f"{DEAL_BUTTONS}::test_a_forecast_is_handed_in_once_a_week_and_an_adjustment_stands_apart",
        f"{DEAL_WEEKS}::test_a_forecast_is_handed_in_and_adjusted_by_the_manager_beside_it",
        buttons="deals.submit deals.adjust",
    ),
    # ── automation ───────────────────────────────────────────────────────────────────────────────
    "F39": shown(
        "the time audit, and which task to automate first",
        f"{AUTOMATION}::test_the_worked_audit_makes_two_candidates",
        "test_time_audit.py::test_tasks_stand_by_saving_less_cost_and_ties_by_name",
        f"{AUTOMATION_BUTTONS}::test_run_audit_opens_a_week_of_five_days_with_tasks_of_both_kinds_once",
        buttons="automation.open_audit automation.rank_tasks",
    ),
    "F40": shown(
        "return and payback of automating",
        f"{AUTOMATION_BUTTONS}::test_the_worked_audit_saves_5_15_hours_a_week_returns_2_4114_and_pays_back_in_13_48_weeks",
        "test_time_audit.py::test_the_worked_audit_pays_back_in_thirteen_and_a_half_weeks",
        buttons="automation.rank_tasks",
    ),
    "F41": shown(
        "records made from rows, once",
        f"{AUTOMATION_BUTTONS}::test_the_same_row_posted_twice_creates_one_record",
        f"{AUTOMATION_BUTTONS}::test_two_rows_of_one_press_share_the_account_and_have_a_deal_each",
        "sync/test_import_plan.py::test_a_row_with_a_bad_cell_is_turned_down_whole",
        buttons="automation.create_records leads.convert",
        commands="import",
    ),
    "F42": shown(
        "letters from templates; an unfilled field stops them",
        f"{LETTERS}::test_an_unfilled_first_name_fails_with_auto_03_and_writes_nothing",
        f"{LETTERS}::test_every_template_we_ship_can_be_filled_from_full_records",
        buttons="automation.write_email",
    ),
    "F43": shown(
        "a proposal from a deal, to the cent",
        f"{LETTERS}::test_the_worked_example_comes_to_101_30",
        f"{LETTERS}::test_a_total_that_is_not_the_deals_is_shown_with_the_difference",
        f"{PROPOSALS}::test_the_lines_of_the_files_add_up_to_their_net",
        buttons="automation.proposal",
    ),
    "F44": shown(
        "which process fits which role",
        "test_roles.py::test_a_territory_manager_required_to_do_account_planning_is_misaligned",
        "test_roles.py::test_the_default_roles_need_what_the_table_says",
        "sync/test_command_line.py::test_members_list_and_fit_name_everybody_by_address",
        commands="fit",
    ),
}  # fmt: skip


def test_every_feature_from_f01_to_f44_is_in_the_table() -> None:
    assert list(FEATURES) == [f"F{n:02}" for n in range(1, 45)]


@pytest.mark.parametrize("entry", FEATURES.values(), ids=FEATURES)
def test_what_is_named_as_showing_a_feature_is_there(entry: Shown) -> None:
    assert faults(entry) == []


def test_a_claim_that_is_not_so_is_found() -> None:
    assert faults(shown("x", "test_features.py::test_never_written")) == ["no test test_features.py::test_never_written"]
    assert faults(shown("x", "none.py::test_x", buttons="leads.sing", commands="sing")) == [
        "no file none.py", "no button leads.sing", "no command sing",
    ]  # fmt: skip
    assert faults(shown("x")) == ["nothing shows it and no sentence says why"]
    assert faults(absent("x", "Because")) == ["what it lacks is not said in a sentence"]
