"""The default tasks of the time audit. The automatable shares are a starting guess, to be replaced by a team."""

from __future__ import annotations

from typing import Final

OTHER: Final = "Other (write what)"
REPORTING: Final = "Reporting, collecting figures"

# task, selling, automatable share, how it can be made less
TASKS: Final = (
    ("Calls and meetings with buyers", "Yes", "0", ""),
    ("Preparing calls", "Yes", "0.2", "Plan call brings the open questions and objections along."),
    ("Debriefing, notes", "Yes", "0.2", "Debrief opens the fields that are due and ticks what was asked."),
    ("Prospecting, research", "Yes", "0.3", "Import lists once; Find duplicates; ask only what is unknown."),
    ("Qualifying leads", "Yes", "0.2", "Score leads judges alike and says what to ask next."),
    ("Demonstrations", "Yes", "0", ""),
    ("Writing e-mails to buyers", "Yes", "0.4", "Fill e-mail from a template."),
    ("Proposals and quotes", "Yes", "0.6", "Make proposal from the opportunity and its lines."),
    ("Negotiation, contracts", "Yes", "0.2", "Keep terms and limits in the price list."),
    ("Service to existing customers", "Yes", "0.1", "Service levels by tier; fixed dates of contact."),
    ("Coaching given or received", "No", "0", ""),
    ("Travel", "No", "0.1", "Make the call calendar by region."),
    ("Planning territory and accounts", "No", "0.4", "Rank accounts and Recommend calls within the hours."),
    ("Data entry, creating records", "No", "0.5", "Create contact and deal from one row; import instead of typing."),
    ("Updating pipeline fields", "No", "0.5", "Edit in the sheet; computed columns fill themselves at sync."),
    (REPORTING, "No", "0.8", "Roll-up from the one store instead of collecting files."),
    ("Forecast preparation", "No", "0.6", "Where do I stand, with a weekly snapshot."),
    ("Searching for information", "No", "0.4", "One row per account, with the call sheet beside it."),
    ("Scheduling", "No", "0.6", "Spread calls over weeks with the call calendar."),
    ("Internal meetings", "No", "0.1", "Bring the figures; meet only about what moved."),
    ("Internal e-mail and chat", "No", "0.2", "Write it once into the record that everybody reads."),
    ("Approvals, discounts", "No", "0.5", "Discount limits in the price list; ask only beyond them."),
    ("Expenses", "No", "0.7", "A tool that reads receipts."),
    ("Training", "No", "0", ""),
    ("Order follow-up, invoices", "No", "0.5", "Hand over with dates; let the order system tell the state."),
    (OTHER, "No", "0", ""),
)
