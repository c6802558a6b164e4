"""The default question and objection libraries of the call process. Ours; a team edits them in its sheets."""

from __future__ import annotations

from typing import Final

# topic, lead criterion it answers, question, what a good answer holds
QUESTIONS: Final = (
    ("Need", "need", "What is not working today, and since when?", "A named problem with a date."),
    ("Need", "need", "What does it cost you in money, time or risk?", "A figure, or who can give it."),
    ("Need", "need", "What have you tried already, and why did it not hold?", "An attempt and its weak point."),
    ("Need", "need", "What would be different a year from now if this were solved?", "A result that can be observed."),
    ("Budget", "budget", "Is money set aside for this, and out of whose budget?", "Yes or No, and a name."),
    ("Budget", "budget", "How did you arrive at that figure?", "A calculation or a quotation."),
    ("Budget", "budget", "What did you pay for the last purchase of this kind?", "An amount and a year."),
    ("Budget", "budget", "What must a business case show to release the money?", "A threshold: payback, return, saving."),
    ("Authority", "decision-maker", "Who signs, and who can stop it?", "Two names with their titles."),
    ("Authority", "decision-maker", "Who else feels the problem?", "People in other departments."),
    ("Authority", "decision-maker", "How was the last decision like this taken?", "Steps, people and duration."),
    ("Timing", "timing", "By which date must it be in use, and what happens if it slips?", "A date and a consequence."),
    ("Timing", "timing", "What else competes for attention this quarter?", "Named projects and their rank."),
    ("Timing", "timing", "What is the first date that would be too late?", "A date."),
    ("Process", "", "Which steps lie between today and a signature?", "A list with owners and dates."),
    ("Process", "", "Which legal, security or purchasing checks are needed, and how long do they take?", "Checks with days."),
    ("Process", "", "Who will look after it from day one?", "A name."),
    ("Competition", "", "Which other ways of solving this are you looking at, including doing nothing?", "All rivals by name."),
    ("Competition", "", "What do you like about them?", "Strengths in the customer's words."),
    ("Competition", "", "What would make you stay with what you have?", "The lowest hurdle we must clear."),
    ("Other", "", "What have I not asked that I should have?", "Something new."),
    ("Other", "", "How do you prefer to be kept informed?", "A channel and a rhythm."),
    ("Other", "", "Who should be in the next conversation?", "Names, and why they."),
    ("Other", "", "On a scale of one to ten, how keen are you, and why not lower?", "A number and its reason."),
)

# category, objection, direction of the response
OBJECTIONS: Final = (
    ("Price", "It is too expensive.",
     "Compare with the cost of the problem; find out against what it is measured; trade, do not cut."),
    ("Price", "A competitor is cheaper.", "List what differs in scope and risk; ask what decides if prices were equal."),
    ("Budget", "There is no budget.",
     "Ask whose budget carries the problem today; start smaller; find the date of the next budget round."),
    ("Need", "What we have is good enough.", "Ask for the one thing they would change; show the measured gap."),
    ("Timing", "Not now, call next quarter.", "Ask what changes by then; agree a small dated step; set the revisit date."),
    ("Authority", "I have to ask my boss.", "Ask what the boss will ask; offer to prepare the page; ask for a joint call."),
    ("Trust", "We have never heard of you.", "Offer a reference of the same size and trade, or a trial with an exit."),
    ("Trust", "We had a bad experience with such a product.",
     "Hear it out; ask what went wrong and what would have prevented it; write that into the success test."),
    ("Risk", "Changing over is too much effort.", "Show the plan of the change with names and days, and who did it before."),
    ("Fit", "It lacks feature X.", "Ask what it is needed for; show another way; say no honestly if it is decisive."),
    ("Process", "Send me something by e-mail.", "Ask which two questions it should answer; fix the date of the follow-up."),
    ("Competition", "We are under contract.", "Note end and notice dates; set the revisit date 120 days before the end."),
)  # fmt: skip
