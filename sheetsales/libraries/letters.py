"""The default e-mail templates and the fields they may name. Ours; a team edits them in its sheet."""

from __future__ import annotations

from typing import Final

# field of a template -> where its value comes from; the last group is asked for when the e-mail is filled
FIELDS: Final = {
    "first_name": "the contact's first name",
    "contact_name": "contacts.name",
    "contact_title": "contacts.title",
    "company": "accounts.name",
    "industry": "accounts.industry",
    "region": "accounts.region",
    "opportunity": "opportunities.name",
    "product": "opportunities.product",
    "amount": "opportunities.amount",
    "business_problem": "opportunities.business_problem",
    "next_step": "opportunities.next_step",
    "next_step_date": "opportunities.next_step_date",
    "close_date": "opportunities.close_date",
    "value_to_customer": "opportunities.value_to_customer",
    "objective": "calls.objective",
    "meeting_date": "calls.planned_at",
    "proposal": "proposals.name",
    "proposal_total": "proposals.total",
    "valid_until": "proposals.valid_until",
    "question": "leads.ask_next",
    "revisit_on": "leads.revisit_on",
    "account_manager": "handovers.to_am",
    "renewal_date": "account_plans.renewal_date",
    "customer_need": "account_plans.customer_need_1",
    "success_criteria": "the hand-over, section 7",
    "my_name": "people.name",
    "my_email": "people.email",
    "our_name": "proposals.our_name",
    "summary": "asked for",
    "objection": "asked for",
    "response": "asked for",
    "idea": "asked for",
    "start_date": "asked for",
}

_SIGN: Final = "\n\nKind regards\n{{my_name}}"

# name, purpose, subject, body
_LETTERS: Final = (
    (
        "First contact after an enquiry",
        "First contact after an enquiry",
        "Your enquiry about {{product}}",
        "Dear {{first_name}},\n\nthank you for asking about {{product}}. So that I answer what matters to you: what is not working "
        "at {{company}} today, and by when should it be solved?\n\nA quarter of an hour on the telephone is enough. "
        "Which day suits you this week?",
    ),
    (
        "First contact outbound",
        "First contact outbound",
        "{{company}}: one question about {{business_problem}}",
        "Dear {{first_name}},\n\nI work with companies in {{industry}} that deal with {{business_problem}}. I do not know whether "
        "this concerns {{company}}; if it does, I would like to ask three questions and tell you what others did.\n\n"
        "If it does not, one line is enough and I will not write again.",
    ),
    (
        "Confirm a meeting",
        "Confirm a meeting with its objective",
        "Our meeting on {{meeting_date}}",
        "Dear {{first_name}},\n\nI confirm our meeting on {{meeting_date}}. What I would like to reach: {{objective}}.\n\n"
        "If something else is more important to you, tell me and I will prepare that.",
    ),
    (
        "After a call",
        "Summary and next step after a call",
        "Summary and next step: {{opportunity}}",
        "Dear {{first_name}},\n\nthank you for your time. What I understood:\n{{summary}}\n\n"
        "Next step: {{next_step}}, by {{next_step_date}}. Please correct me where I misunderstood.",
    ),
    (
        "Ask for the missing criterion",
        "Ask for what is still unknown: who decides, budget or date",
        "One question about {{opportunity}}",
        "Dear {{first_name}},\n\nto propose the right thing I lack one answer: {{question}}\n\n"
        "A short line is enough. If somebody else knows better, whom may I ask?",
    ),
    (
        "Send a proposal",
        "Send a proposal",
        "Our proposal {{proposal}}",
        "Dear {{first_name}},\n\nattached is our proposal for {{business_problem}}. It comes to {{proposal_total}} and is valid "
        "until {{valid_until}}.\n\nI suggest that we go through it together: {{next_step}} on {{next_step_date}}.",
    ),
    (
        "Follow up a proposal",
        "Follow up a proposal before it expires",
        "{{proposal}}: valid until {{valid_until}}",
        "Dear {{first_name}},\n\nour proposal is valid until {{valid_until}}. Which question is still open at {{company}}, "
        "and who must agree?\n\nIf the date is too early for you, tell me and I will see what I can do.",
    ),
    (
        "Answer to an objection",
        "Answer to a common objection",
        "Your point about {{objection}}",
        "Dear {{first_name}},\n\nyou said: {{objection}}. That is a fair point. {{response}}\n\n"
        "Does this answer it, or what would have to be different?",
    ),
    (
        "Polite close",
        "Polite close of a disqualified lead, with a date to look again",
        "Thank you, and until {{revisit_on}}",
        "Dear {{first_name}},\n\nthank you for the open words. Today we are not the right answer for {{company}}, "
        "so I will not take more of your time. May I ask again on {{revisit_on}} whether things have changed?",
    ),
    (
        "Revisit a recycled lead",
        "Revisit a recycled lead on the agreed date",
        "As agreed: {{business_problem}}",
        "Dear {{first_name}},\n\nwe agreed that I ask again about {{business_problem}}. What has changed at {{company}} since "
        "then?\n\nIf it is still not the time, tell me a better date and I will keep to it.",
    ),
    (
        "Introduce the account manager",
        "Introduce the account manager at the hand-over",
        "Your contact from now on: {{account_manager}}",
        "Dear {{first_name}},\n\nfrom now on {{account_manager}} looks after {{company}} and knows what we agreed, above all what "
        "success means for you: {{success_criteria}}.\n\nI would like to introduce you on {{meeting_date}}; I stay within reach.",
    ),
    (
        "Check success after 30 days",
        "Check the success criteria 30 days after the start",
        "Thirty days with {{product}}",
        "Dear {{first_name}},\n\nyou have worked with {{product}} since {{start_date}}. We agreed to measure {{success_criteria}}. "
        "Where do you stand, and what stands in the way?\n\nI call you this week if you like.",
    ),
    (
        "Renewal in 90 days",
        "Talk about the renewal 90 days ahead",
        "{{company}}: renewal on {{renewal_date}}",
        "Dear {{first_name}},\n\nyour agreement is up for renewal on {{renewal_date}}. Before we talk about terms I would like to "
        "hear what should stay and what should change. May I have half an hour in the coming two weeks?",
    ),
    (
        "Cross-sell idea",
        "A further idea, tied to a need the customer named",
        "An idea for {{customer_need}}",
        "Dear {{first_name}},\n\nyou told us that {{customer_need}} matters to {{company}}. One idea: {{idea}}\n\n"
        "Shall I show you what it would take, or is it the wrong moment?",
    ),
    (
        "Thanks after winning",
        "Thanks after winning",
        "Thank you, {{first_name}}",
        "Dear {{first_name}},\n\nthank you for your trust. What happens now: {{next_step}}, by {{next_step_date}}. "
        "You reach me at {{my_email}} whenever something is unclear.",
    ),
    (
        "Asking why after losing",
        "Ask for the reason after losing",
        "Thank you for considering us",
        "Dear {{first_name}},\n\nyou decided for another way with {{opportunity}}, and I respect that. "
        "One request, so that we learn: what decided it, and what should we have done better?\n\nThank you, and good luck with it.",
    ),
)
LETTERS: Final = tuple((name, purpose, subject, body + _SIGN) for name, purpose, subject, body in _LETTERS)
