"""A model learned from the team's own export scores the leads in its workbooks; the history keeps every score with its version."""

from __future__ import annotations

import csv
import math
import random
from decimal import Decimal
from pathlib import Path

from command_stand import ask, run

ANA = "ana@team.example"
SECRET = ("status", "score", "tier", "verdict", "ask_next", "reason_1", "reason_2", "reason_3", "score_reasons", "fit_points",
          "engagement_points", "completeness", "score_rule_version", "scored_at", "p_convert", "disqualify_reason", "account",
          "contact", "opportunity", "revisit_on", "override_reason", "question_script", "possible_duplicate", "set_says", "work_rank",
          "worth_per_hour", "created_at", "updated_at")  # fmt: skip


def workspace(root: Path, closed: int = 240) -> None:
    """Make a team of one with closed leads: the trade and the need tell something of how they ended."""
    assert run(root.parent, "init", str(root))[0] == 0
    (root / "team.csv").write_text(f"email,name,role,manager_email,team\n{ANA},Ana,inside_rep,,North\n")
    ask(root, "members", "import", "team.csv")
    chance = random.Random(5)
    with (root / "leads.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(("external_id", "company", "email", "industry", "need", "status", "disqualify_reason"))
        for number in range(closed + 20):
            industry, need = chance.choice(("Tools", "Foods", "Banks")), chance.randrange(3)
            z = 2 * ((industry == "Tools") - (industry == "Banks") + need - 1)
            won = chance.random() < 1 / (1 + math.exp(-z))
            status = "New" if number >= closed else "Converted" if won else "Disqualified"
            reason = "Other" if status == "Disqualified" else ""
            row = (f"L-{number}", f"Firm {number}", f"a@firm{number}.example", industry, need, status, reason)
            out.writerow(row)
    assert ask(root, "import", "leads", "leads.csv", "--owner", ANA)["created"] == closed + 20
    ask(root, "book", "new", ANA)


def learn(root: Path) -> None:
    run(root, "export", "leads", "-o", "closed.csv")
    words = [word for name in SECRET if name != "status" for word in ("--not-known", name)]
    ask(root, "model", "learn", "closed.csv", "--outcome", "status", "--positive", "Converted", "--null", "New", "--id", "id", *words,
        "-m", "model.json")  # fmt: skip


def configure(root: Path, text: str) -> None:
    path = root / "sheetsales.toml"
    path.write_text(path.read_text("utf-8") + text, "utf-8")


def press_score(root: Path) -> str:
    book = ask(root, "run", "leads.score", "books/Ana.xlsx")["books"][0]
    return str(book["message"])


def leads(root: Path) -> dict[str, dict[str, str]]:
    assert run(root, "export", "leads", "-o", "now.csv")[0] == 0
    with (root / "now.csv").open(newline="", encoding="utf-8-sig") as file:
        return {row["external_id"]: row for row in csv.DictReader(file)}


def test_a_learned_score_drives_the_button_and_history_keeps_each_score_with_its_version(tmp_path: Path) -> None:
    root = tmp_path / "team"
    workspace(root)
    assert "model" not in press_score(root)
    by_rules = leads(root)["L-250"]
    assert by_rules["score_rule_version"].startswith("Standard ")
    learn(root)
    configure(root, '\n[leads]\nmodel = "model.json"\n')
    message = press_score(root)
    assert "Scored by the model model.json, learned from 240 closed leads" in message
    now = leads(root)["L-250"]
    assert now["score_rule_version"].startswith("model model.json ")
    assert 0 < float(now["p_convert"]) < 1
    reasons = [Decimal(reason.rsplit("(", 1)[1].rstrip(")")) for reason in now["score_reasons"].split("; ")]
    assert sum(reasons) == Decimal(now["score"])
    assert press_score(root).startswith("260 leads scored, 0 changed.")
    told = [h for h in ask(root, "history", "--record", now["id"])["history"] if h["column"] in ("score", "score_rule_version")]
    kept = {(h["column"], str(h["new"])) for h in told}
    assert {("score_rule_version", by_rules["score_rule_version"]), ("score_rule_version", now["score_rule_version"])} <= kept
    assert Decimal(by_rules["score"]) in {Decimal(value) for column, value in kept if column == "score"}


def test_a_model_that_is_gone_or_misnamed_never_stops_a_team(tmp_path: Path) -> None:
    root = tmp_path / "team"
    workspace(root, closed=4)
    configure(root, '\n[leads]\nmodel = "model.json"\n')
    assert "the model model.json is not used: There is no such file in the workspace." in press_score(root)
    (root / "model.json").write_text("{}")
    assert "It is not a model of this version" in press_score(root)
    learn(root)
    assert "4 closed rows" in press_score(root)
    path = root / "sheetsales.toml"
    path.write_text(path.read_text("utf-8").replace('model = "model.json"', 'modle = "model.json"'), "utf-8")
    code, _, talk = run(root, "run", "leads.score", "books/Ana.xlsx")
    assert code == 3
    assert "[leads]: 'modle' is not a setting." in talk
    assert "Did you mean model" in talk
