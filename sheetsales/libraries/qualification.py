"""The default criteria, sets and questions by which leads are judged. Ours; a team edits them in its sheets.

A scale says how an answer turns into points: levels with their points ("Yes 20; No -20"), or a span
("0-2", "0-3") whose top earns the whole weight; under "0-3" all below the top stays to be asked.
"""

from __future__ import annotations

from typing import Final

STANDARD: Final = "Standard"
FIT: Final = "Fit"
ENGAGEMENT: Final = "Engagement"
PENALTY: Final = "Penalty"

DEMO: Final = "Asked for a demo or a price"
ANSWERED: Final = "Answered a call or e-mail"
ATTENDED: Final = "Attended an event"
PRICE_PAGE: Final = "Visited the price page"
OPENED: Final = "Opened an e-mail"
ATTEMPT: Final = "Attempt without answer"
OPT_OUT: Final = "Asked not to be contacted"
EVENT_KINDS: Final = (DEMO, ANSWERED, ATTENDED, PRICE_PAGE, OPENED, ATTEMPT, OPT_OUT)

FREE_MAIL_PENALTY: Final = "Free-mail address"
ATTEMPTS_PENALTY: Final = "Repeated attempts, no answer"

# set, group, criterion, weight, scale, knock-out
CRITERIA: Final[tuple[tuple[str, str, str, int | str, str, str], ...]] = (
    (STANDARD, FIT, "ICP fit", 20, "Yes 20; No -20", "Yes"),
    (STANDARD, FIT, "decision-maker", 15, "Yes 15; No -5", "No"),
    (STANDARD, FIT, "budget", 15, "Yes 15; No -15", "Yes"),
    (STANDARD, FIT, "need", 12, "2 12; 1 6; 0 0", "No"),
    (STANDARD, FIT, "timing", 8, "2 8; 1 4; 0 0", "No"),
    (STANDARD, ENGAGEMENT, DEMO, 20, "each", "No"),
    (STANDARD, ENGAGEMENT, ANSWERED, 10, "each", "No"),
    (STANDARD, ENGAGEMENT, ATTENDED, 8, "each", "No"),
    (STANDARD, ENGAGEMENT, PRICE_PAGE, 5, "each", "No"),
    (STANDARD, ENGAGEMENT, OPENED, 1, "each", "No"),
    (STANDARD, PENALTY, FREE_MAIL_PENALTY, -5, "Yes -5", "No"),
    (STANDARD, PENALTY, ATTEMPTS_PENALTY, -10, "Yes -10", "No"),
    (STANDARD, PENALTY, OPT_OUT, 0, "Yes 0", "Yes"),
    ("Three criteria", "Three criteria", "ICP fit", 40, "Yes 40; No 0", "Yes"),
    ("Three criteria", "Three criteria", "decision-maker", 30, "Yes 30; No 0", "No"),
    ("Three criteria", "Three criteria", "budget", 30, "Yes 30; No 0", "Yes"),
    ("BANT", "BANT", "Budget", 25, "0-2", "No"),
    ("BANT", "BANT", "Authority", 25, "0-2", "No"),
    ("BANT", "BANT", "Need", 25, "0-2", "No"),
    ("BANT", "BANT", "Timing", 25, "0-2", "No"),
    ("CHAMP", "CHAMP", "Challenges", 25, "0-2", "No"),
    ("CHAMP", "CHAMP", "Authority", 25, "0-2", "No"),
    ("CHAMP", "CHAMP", "Money", 25, "0-2", "No"),
    ("CHAMP", "CHAMP", "Prioritization", 25, "0-2", "No"),
    *(("GPCT(BA/C&I)", "GPCT(BA/C&I)", name, "12.5", "0-2", "No")
      for name in ("Goals", "Plans", "Challenges", "Timeline", "Budget", "Authority",
                   "Negative consequences", "Positive implications")),
    ("MEDDPICC", "MEDDPICC", "Metrics", 15, "0-3", "No"),
    ("MEDDPICC", "MEDDPICC", "Economic buyer", 15, "0-3", "No"),
    ("MEDDPICC", "MEDDPICC", "Decision criteria", 10, "0-3", "No"),
    ("MEDDPICC", "MEDDPICC", "Decision process", 10, "0-3", "No"),
    ("MEDDPICC", "MEDDPICC", "Paper process", 10, "0-3", "No"),
    ("MEDDPICC", "MEDDPICC", "Identified pain", 15, "0-3", "No"),
    ("MEDDPICC", "MEDDPICC", "Champion", 15, "0-3", "No"),
    ("MEDDPICC", "MEDDPICC", "Competition", 10, "0-3", "No"),
)  # fmt: skip
SETS: Final = tuple(dict.fromkeys(entry[0] for entry in CRITERIA))

_ICP: Final = (("Is the company of the trade, size and country we serve best?", "Matches the ideal customer profile."),)
_NEED: Final = (
    ("What is not working today, and since when?", "A named problem with a date."),
    ("What does it cost you in money, time or risk?", "A figure, or who can give it."),
)
_BUDGET: Final = (
    ("Is money set aside for this, and out of whose budget?", "Yes or No, and a name."),
    ("What must a business case show to release the money?", "A threshold: payback, return, saving."),
)
_AUTHORITY: Final = (
    ("Who signs, and who can stop it?", "Two names with their titles."),
    ("How was the last decision like this taken?", "Steps, people and duration."),
)
_TIMING: Final = (
    ("By which date must it be in use, and what happens if it slips?", "A date and a consequence."),
    ("What is the first date that would be too late?", "A date."),
)
_GOALS: Final = (("Which figure do you have to reach this year?", "A number with a date."),)
_PLANS: Final = (("How do you mean to reach it, and where is that plan thin?", "Steps, and the doubtful one."),)
_PRIORITY: Final = (("Where does this stand among everything you want done this quarter?", "A rank, and what is above it."),)

# set -> criterion -> questions with what a good answer holds
QUESTION_BANK: Final[dict[str, dict[str, tuple[tuple[str, str], ...]]]] = {
    STANDARD: {"ICP fit": _ICP, "decision-maker": _AUTHORITY, "budget": _BUDGET, "need": _NEED, "timing": _TIMING},
    "Three criteria": {"ICP fit": _ICP, "decision-maker": _AUTHORITY, "budget": _BUDGET},
    "BANT": {"Budget": _BUDGET, "Authority": _AUTHORITY, "Need": _NEED, "Timing": _TIMING},
    "CHAMP": {"Challenges": _NEED, "Authority": _AUTHORITY, "Money": _BUDGET, "Prioritization": _PRIORITY},
    "GPCT(BA/C&I)": {
        "Goals": _GOALS, "Plans": _PLANS, "Challenges": _NEED, "Timeline": _TIMING, "Budget": _BUDGET,
        "Authority": _AUTHORITY,
        "Negative consequences": (("What happens if the goal is missed?", "A loss somebody answers for."),),
        "Positive implications": (("What becomes possible once the goal is reached?", "The next step it opens."),),
    },
    "MEDDPICC": {
        "Metrics": (("By which figure will you judge that it worked?", "A figure, its present and its wanted value."),),
        "Economic buyer": (("Who can release the money without asking anyone else?", "A name we have spoken to."),),
        "Decision criteria": (("By which criteria will the offers be compared?", "A written, ranked list."),),
        "Decision process": (("Which steps lie between today and a decision?", "Steps with people and dates."),),
        "Paper process": (("Which legal, security or purchasing papers are needed, and how long do they take?",
                           "Papers with days."),),
        "Identified pain": (("What hurts most, and whom?", "A cost somebody owns."),),
        "Champion": (("Who gains most from this, and will speak for it when we are not there?", "A name who has acted for us."),),
        "Competition": (("Which other ways of solving this are you looking at, including doing nothing?",
                         "All rivals by name."),),
    },
}  # fmt: skip

SOURCES: Final = (
    "Inbound web", "Inbound call", "Referral", "Event", "Outbound", "Partner", "Purchased list", "Existing customer", "Other",
)  # fmt: skip
ICP_ATTRIBUTES: Final = ("industry", "employees", "country")

_FREE_MAIL: Final = """
    gmail.com googlemail.com yahoo.com yahoo.co.uk yahoo.de yahoo.fr yahoo.it yahoo.es ymail.com rocketmail.com hotmail.com
    hotmail.co.uk hotmail.de hotmail.fr hotmail.it hotmail.es outlook.com outlook.de outlook.fr live.com live.co.uk live.de
    live.fr msn.com aol.com icloud.com me.com mac.com gmx.com gmx.de gmx.net gmx.at gmx.ch web.de t-online.de freenet.de
    mail.com mail.ru yandex.com yandex.ru proton.me protonmail.com pm.me tutanota.com zoho.com fastmail.com hey.com orange.fr
    wanadoo.fr free.fr laposte.net libero.it virgilio.it tiscali.it bluewin.ch hispeed.ch seznam.cz wp.pl onet.pl o2.pl
    interia.pl qq.com 163.com 126.com sina.com naver.com hanmail.net rediffmail.com uol.com.br bol.com.br terra.com.br
"""
FREE_MAIL: Final = frozenset(_FREE_MAIL.split())
