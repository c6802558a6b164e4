"""`model learn`, `model score` and `model report` as a script sees them: files, documents, exit codes, figures."""

from __future__ import annotations

import csv
import io
import json
import math
import random
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from sheetsales_sync.cli import main
from sheetsales_workbooks.csv_file import read_csv, write_csv

DATA = Path(__file__).resolve().parents[2] / "../shared/data"
XEDU = DATA / "leads_xeducation"
MAVEN = DATA / "crm_maven/original"
POST_HOC = (
    "Tags", "Lead Quality", "Lead Profile", "Asymmetrique Activity Index", "Asymmetrique Profile Index",
    "Asymmetrique Activity Score", "Asymmetrique Profile Score", "Last Activity", "Last Notable Activity",
)  # fmt: skip
REPORT = [
    "verdict", "n", "positives", "auc", "log_loss", "base_log_loss", "brier", "ece", "p_at_10", "validation", "leak_warnings",
    "calibration", "features",
]  # fmt: skip
needs_xedu = pytest.mark.skipif(not XEDU.exists(), reason="the leads of X Education are not here")
needs_maven = pytest.mark.skipif(not MAVEN.exists(), reason="Maven's CRM export is not here")


@dataclass(frozen=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document."""
        return json.loads(self.out)


def model(folder: Path, *words: str | Path) -> Said:
    """Run `sheetsales -w FOLDER model …`."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
        main(["-w", str(folder), "model", *map(str, words)])
    assert isinstance(ended.value.code, int)
    return Said(ended.value.code, out.getvalue(), err.getvalue())


def put(path: Path, rows: Sequence[dict[str, str]]) -> Path:
    path.write_bytes(write_csv(list(rows[0]), [list(row.values()) for row in rows]))
    return path


def leads(n: int = 400, seed: int = 4, signal: float = 2.0) -> list[dict[str, str]]:
    """Invent an export: the source and the hours tell something of the outcome; the note is written afterwards."""
    chance = random.Random(seed)
    rows = []
    for number in range(n):
        source, hours = chance.choice(["Web", "Fair", "Select", "Partner"]), chance.randrange(40)
        z = signal * ((source == "Partner") - (source == "Fair") + hours / 20 - 1)
        won = chance.random() < 1 / (1 + math.exp(-z))
        rows.append({
            "Lead": f"{number:05}", "Source": source, "Hours": str(hours), "Seen": f"2026-0{number % 9 + 1}-11",
            "Note": "deal closed" if won else "went quiet", "Outcome": "Won" if won else "Lost",
        })  # fmt: skip
    return rows


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return put(tmp_path / "leads.csv", leads())


def learned(folder: Path, *more: str) -> Said:
    words = ("leads.csv", "--outcome", "Outcome", "--id", "Lead", "--not-known", "Note", "-m", "m.json", "--json")
    return model(folder, "learn", *words, *more)


def scored(path: Path) -> list[dict[str, str]]:
    found = read_csv(path.read_bytes())
    return [dict(zip(found.headers, map(str, row.cells), strict=True)) for row in found.rows]


# ── shapes ───────────────────────────────────────────────────────────────────────────────────────


def test_learning_writes_a_model_and_its_report_has_the_agreed_shape(tmp_path: Path, export: Path) -> None:
    said = learned(tmp_path)
    assert said.code == 0 and said.err == ""
    assert said.document["model"] == "m.json" and (tmp_path / "m.json").exists()
    report = model(tmp_path, "report", "-m", "m.json", "--json")
    assert report.code == 0 and list(report.document) == REPORT
    assert {key: said.document[key] for key in REPORT} == report.document
    assert report.document["verdict"] == "use" and report.document["validation"] == "folds" and report.document["n"] == 400
    assert all(list(band) == ["from", "to", "n", "said", "happened"] for band in report.document["calibration"])
    assert all(list(feature) == ["name", "points"] for feature in report.document["features"])
    left_out = {entry["column"]: entry["why"] for entry in said.document["left_out"]}
    assert left_out["Note"] == "not known when scoring" and "date" in left_out["Seen"] and left_out["Lead"] == "it is the id"


def test_scores_have_id_probability_points_and_reasons_that_add_up(tmp_path: Path, export: Path) -> None:
    learned(tmp_path)
    said = model(tmp_path, "score", "leads.csv", "-m", "m.json", "-o", "out.csv", "--json")
    assert said.code == 0 and said.document["scored"] == 400 and said.document["unknown"] == []
    rows = scored(tmp_path / "out.csv")
    assert list(rows[0]) == ["Lead", "probability", "points", "reasons"]
    assert [row["Lead"] for row in rows] == [f"{number:05}" for number in range(400)]
    for row in rows:
        reasons = [Decimal(reason.rsplit("(", 1)[1].rstrip(")")) for reason in row["reasons"].split("; ")]
        assert sum(reasons) == Decimal(row["points"])
        p = float(row["probability"])
        assert 50 + 20 / math.log(2) * math.log(p / (1 - p)) == pytest.approx(float(row["points"]), abs=0.01)


def test_people_get_sentences_and_tables(tmp_path: Path, export: Path) -> None:
    said = model(tmp_path, "learn", "leads.csv", "--outcome", "outcome", "--id", "Lead", "-m", "m.json")
    assert said.code == 0 and "Look again at Note" in said.err and "--not-known" in said.err
    assert "said" in said.out and "happened" in said.out
    told = model(tmp_path, "score", "leads.csv", "-m", "m.json", "-o", "out.csv")
    assert told.code == 0 and told.out == "" and "400 rows scored. 50 points are even odds" in told.err
    assert model(tmp_path, "report", "-m", "m.json").out == said.out


def test_learning_twice_gives_the_same_bytes(tmp_path: Path, export: Path) -> None:
    learned(tmp_path, "--order-by", "Seen")
    first = (tmp_path / "m.json").read_bytes()
    learned(tmp_path, "--order-by", "Seen")
    assert (tmp_path / "m.json").read_bytes() == first
    assert model(tmp_path, "report", "-m", "m.json", "--json").document["validation"] == "time"


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y"])
def test_rows_are_ordered_by_dates_however_they_are_written(tmp_path: Path, form: str) -> None:
    from datetime import date, timedelta

    rows = leads()
    for number, row in enumerate(rows):
        row["Seen"] = (date(2025, 12, 1) + timedelta(days=number)).strftime(form)
    random.Random(1).shuffle(rows)
    put(tmp_path / "leads.csv", rows)
    assert learned(tmp_path, "--order-by", "Seen").code == 0
    periods = json.loads((tmp_path / "m.json").read_text("utf-8"))["periods"]
    assert periods[0]["from"] == (date(2025, 12, 1) + timedelta(days=320)).strftime(form)
    assert periods[-1]["to"] == (date(2025, 12, 1) + timedelta(days=399)).strftime(form)


def test_dates_that_can_be_read_in_two_ways_are_refused_as_an_order(tmp_path: Path) -> None:
    rows = leads()
    for number, row in enumerate(rows):
        row["Seen"] = f"{number % 12 + 1:02}/{number % 11 + 1:02}/2026"
    put(tmp_path / "leads.csv", rows)
    said = learned(tmp_path, "--order-by", "Seen")
    assert said.code == 3 and "YYYY-MM-DD" in said.document["error"]["hint"]


# ── new files ────────────────────────────────────────────────────────────────────────────────────


def test_a_missing_column_is_an_error_unless_it_counts_as_blank(tmp_path: Path, export: Path) -> None:
    learned(tmp_path)
    put(tmp_path / "new.csv", [{"Lead": "A", "Source": "Web"}])
    said = model(tmp_path, "score", "new.csv", "-m", "m.json", "-o", "out.csv", "--json")
    assert said.code == 3 and "'Hours'" in said.document["error"]["message"] and not (tmp_path / "out.csv").exists()
    said = model(tmp_path, "score", "new.csv", "-m", "m.json", "-o", "out.csv", "--missing-as-null", "--json")
    assert said.code == 0 and said.document["missing"] == ["Hours"]
    assert [row["Lead"] for row in scored(tmp_path / "out.csv")] == ["A"]


def test_unseen_categories_count_as_unknown_and_are_reported_once_for_a_column(tmp_path: Path, export: Path) -> None:
    learned(tmp_path)
    put(
        tmp_path / "new.csv",
        [{"Lead": key, "source": s, "HOURS": "7"} for key, s in (("A", "Moon"), ("B", "Mars"), ("C", "Moon"))],
    )
    said = model(tmp_path, "score", "new.csv", "-m", "m.json", "-o", "out.csv", "--missing-as-null", "--json")
    assert said.document["unknown"] == [{"column": "Source", "values": ["Mars", "Moon"], "rows": 3}]
    assert len([remark for remark in said.document["remarks"] if remark.startswith("Source")]) == 1
    assert len({row["points"] for row in scored(tmp_path / "out.csv")}) == 1


def test_without_an_id_column_rows_are_named_by_their_number(tmp_path: Path, export: Path) -> None:
    model(tmp_path, "learn", "leads.csv", "--outcome", "Outcome", "--not-known", "Note", "-m", "m.json", "--json")
    model(tmp_path, "score", "leads.csv", "-m", "m.json", "-o", "out.csv", "--json")
    assert [row["row"] for row in scored(tmp_path / "out.csv")][:2] == ["2", "3"]


def test_an_id_that_a_spreadsheet_could_run_stays_text(tmp_path: Path, export: Path) -> None:
    learned(tmp_path)
    put(tmp_path / "new.csv", [{"Lead": "=1+1", "Source": "Web", "Hours": "7"}])
    model(tmp_path, "score", "new.csv", "-m", "m.json", "-o", "out.csv", "--json")
    assert b'"\'=1+1"' in (tmp_path / "out.csv").read_bytes()
    assert scored(tmp_path / "out.csv")[0]["Lead"] == "=1+1"


def test_lines_that_do_not_fit_are_left_out_and_named(tmp_path: Path, export: Path) -> None:
    learned(tmp_path)
    (tmp_path / "new.csv").write_text("Lead,Source,Hours\nA,Web,7\nB,Web,7,8,9\nC,Web,9\n", "utf-8")
    said = model(tmp_path, "score", "new.csv", "-m", "m.json", "-o", "out.csv", "--json")
    assert said.document["rows"] == 3 and said.document["scored"] == 2
    assert [row["row"] for row in said.document["rejected"]] == [3]
    assert [row["Lead"] for row in scored(tmp_path / "out.csv")] == ["A", "C"]


def test_a_whole_quoted_line_is_repaired_and_named(tmp_path: Path) -> None:
    put(tmp_path / "leads.csv", leads())
    lines = (tmp_path / "leads.csv").read_text("utf-8").splitlines()
    doubled = lines[3].replace('"', '""')
    lines[3] = f'"{doubled}"'
    (tmp_path / "leads.csv").write_text("\r\n".join(lines), "utf-8")
    said = learned(tmp_path)
    assert said.document["n"] == 400 and any("1 line (4) is quoted as a whole" in remark for remark in said.document["remarks"])


def test_outcomes_in_the_scored_file_show_how_well_it_was_said(tmp_path: Path, export: Path) -> None:
    learned(tmp_path)
    said = model(tmp_path, "score", "leads.csv", "-m", "m.json", "-o", "out.csv", "--json").document["drift"]
    assert said["changed"] == [] and said["outcome"]["n"] == 400
    assert said["outcome"]["said"] == pytest.approx(said["outcome"]["happened"], abs=0.01)
    put(
        tmp_path / "other.csv",
        [{**row, "Source": "Fair", "Outcome": "Won" if n % 9 else "Lost"} for n, row in enumerate(leads())],
    )
    said = model(tmp_path, "score", "other.csv", "-m", "m.json", "-o", "out.csv", "--json").document
    assert [entry["column"] for entry in said["drift"]["changed"]] == ["Source"]
    assert any("Learn again" in remark for remark in said["remarks"])


def test_repeated_headers_get_a_number_and_columns_without_one_are_left_out(tmp_path: Path) -> None:
    rows = leads()
    body = [[row["Lead"], row["Source"], row["Hours"], row["Source"], "x", row["Outcome"]] for row in rows]
    (tmp_path / "leads.csv").write_bytes(write_csv(["Lead", "Source", "Hours", "Source", "", "Outcome"], body))
    said = model(tmp_path, "learn", "leads.csv", "--outcome", "Outcome", "--id", "Lead", "-m", "m.json", "--json").document
    assert any(feature["name"].startswith("Source (2): ") for feature in said["features"])
    assert "Left out, because they have no header: 1 columns." in said["remarks"]


def test_a_workbook_can_be_learned_from_too(tmp_path: Path, export: Path) -> None:
    rows = leads()
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(rows[0]))
    for row in rows:
        sheet.append([int(value) if name == "Hours" else value for name, value in row.items()])
    book.save(tmp_path / "leads.xlsx")
    ours = learned(tmp_path).document
    words = ("leads.xlsx", "--outcome", "Outcome", "--id", "Lead", "--not-known", "Note", "-m", "m.json", "--json")
    assert model(tmp_path, "learn", *words).document["features"] == ours["features"]


def test_a_null_word_of_the_team_counts_as_blank(tmp_path: Path) -> None:
    rows = [{**row, "Outcome": "pending"} if n % 4 == 0 else row for n, row in enumerate(leads())]
    put(tmp_path / "leads.csv", rows)
    assert learned(tmp_path, "--positive", "Won", "--null", "Pending").document["n"] == 300
    assert learned(tmp_path, "--positive", "Won").document["n"] == 400


# ── lack of signal, and wrong use ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("n", "signal", "verdict"), [(12, 2.0, "too few"), (600, 0.0, "no better than base rate")])
def test_lack_of_signal_is_a_verdict_and_every_row_gets_the_base_rate(
    tmp_path: Path, n: int, signal: float, verdict: str
) -> None:
    put(tmp_path / "leads.csv", leads(n, 2, signal))
    said = learned(tmp_path)
    assert said.code == 0 and said.document["verdict"] == verdict and said.document["features"] == []
    told = model(tmp_path, "score", "leads.csv", "-m", "m.json", "-o", "out.csv", "--json")
    assert told.code == 0 and any("not one to use" in remark for remark in told.document["remarks"])
    assert len({row["probability"] for row in scored(tmp_path / "out.csv")}) == 1


def test_an_export_with_nothing_closed_is_too_few(tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text("Lead,Outcome,Note,Hours\n", "utf-8")
    said = learned(tmp_path)
    assert said.code == 0 and said.document["verdict"] == "too few" and said.document["n"] == 0 and said.document["auc"] is None


@pytest.mark.parametrize(
    ("words", "code", "kind"),
    [
        pytest.param(("learn", "leads.csv", "--outcome", "Wonn", "-m", "m.json"), 2, "unknown_name", id="no such outcome"),
        pytest.param(("learn", "leads.csv", "--outcome", "Outcome", "--not-known", "Tags", "-m", "m.json"), 2, "unknown_name", id="no such column"),
        pytest.param(("learn", "leads.csv", "--outcome", "Source", "-m", "m.json"), 2, "wrong_use", id="which is good"),
        pytest.param(("learn", "leads.csv", "--outcome", "Outcome", "--positive", "Sold", "-m", "m.json"), 2, "wrong_use", id="no such value"),
        pytest.param(("learn", "leads.csv", "--outcome", "Outcome", "-m", "leads.csv"), 2, "wrong_use", id="over the export"),
        pytest.param(("learn", "leads.csv", "-m", "m.json"), 2, "wrong_use", id="no outcome"),
        pytest.param(("learn", "none.csv", "--outcome", "Outcome", "-m", "m.json"), 3, "bad_import", id="no file"),
        pytest.param(("learn", "leads.csv", "--outcome", "Outcome", "-m", "none/m.json"), 2, "wrong_use", id="no folder"),
        pytest.param(("report", "-m", "none.json"), 3, "refused", id="no model"),
        pytest.param(("report", "-m", "leads.csv"), 3, "refused", id="not a model"),
        pytest.param(("score", "leads.csv", "-m", "leads.csv", "-o", "out.csv"), 3, "refused", id="scored with an export"),
    ],
)  # fmt: skip
def test_a_mistake_is_a_sentence_and_an_exit_code(
    tmp_path: Path, export: Path, words: Sequence[str], code: int, kind: str
) -> None:
    before = export.read_bytes()
    said = model(tmp_path, *words, "--json")
    assert (said.code, said.document["error"]["code"]) == (code, kind)
    assert said.document["error"]["message"] and said.document["error"]["hint"] and export.read_bytes() == before


# ── real exports ─────────────────────────────────────────────────────────────────────────────────


def x_education(folder: Path, *more: str, file: str = "xedu_train.csv") -> Any:
    hidden = [word for column in POST_HOC for word in ("--not-known", column)]
    words = (XEDU / file, "--outcome", "Converted", "--id", "Prospect ID", *hidden, "-m", "m.json", "--json")
    said = model(folder, "learn", *words, *more)
    assert said.code == 0
    return said.document


@pytest.mark.slow
@needs_xedu
def test_x_education_in_five_folds_reaches_the_targets(tmp_path: Path) -> None:
    found = x_education(tmp_path)
    assert found["verdict"] == "use" and found["validation"] == "folds" and (found["n"], found["positives"]) == (7392, 2877)
    assert 0.850 <= found["auc"] <= 0.93 and found["log_loss"] <= 0.465 and found["brier"] <= 0.150
    assert found["p_at_10"] >= 0.91 and found["ece"] <= 0.04
    assert found["leak_warnings"] == []
    why = {entry["column"]: entry["why"] for entry in found["left_out"]}
    assert why["Magazine"] == "the same in every row" and "identifier" in why["Lead Number"]
    assert not any(feature["name"].startswith(POST_HOC) for feature in found["features"])


@pytest.mark.slow
@needs_xedu
def test_x_education_in_time_reaches_the_targets(tmp_path: Path) -> None:
    found = x_education(tmp_path, "--order-by", "Lead Number")
    assert found["verdict"] == "use" and found["validation"] == "time"
    assert 0.86 <= found["auc"] <= 0.93 and found["log_loss"] <= 0.46 and found["brier"] <= 0.149
    assert found["p_at_10"] >= 0.94 and found["ece"] <= 0.05
    assert "37.7%" in " ".join(found["remarks"]) and "43.8%" in " ".join(found["remarks"])


@pytest.mark.slow
@needs_xedu
def test_the_leaking_columns_of_x_education_are_warned_about(tmp_path: Path) -> None:
    said = model(
        tmp_path, "learn", XEDU / "xedu_train.csv", "--outcome", "Converted", "--id", "Lead Number", "-m", "m.json", "--json"
    )
    warned = {entry["column"] for entry in said.document["leak_warnings"]}
    assert {"Tags", "Lead Quality", "Lead Profile"} <= warned <= set(POST_HOC)


@pytest.mark.slow
@needs_xedu
def test_the_damaged_copy_of_x_education_teaches_the_same(tmp_path: Path) -> None:
    whole = x_education(tmp_path, "--order-by", "Lead Number")
    damaged = x_education(tmp_path, "--order-by", "Lead Number", file="xedu_train_damaged.csv")
    assert any("273 lines" in remark for remark in damaged["remarks"])
    assert {key: damaged[key] for key in REPORT} == {key: whole[key] for key in REPORT}


@pytest.mark.slow
@needs_maven
@pytest.mark.parametrize("order", [(), ("--order-by", "engage_date")], ids=["folds", "time"])
def test_maven_is_no_better_than_the_base_rate(tmp_path: Path, order: tuple[str, ...]) -> None:
    def table(name: str, key: str) -> dict[str, dict[str, str]]:
        with (MAVEN / name).open(encoding="utf-8", newline="") as file:
            return {row[key]: row for row in csv.DictReader(file)}

    accounts, products, agents = (
        table("accounts.csv", "account"),
        table("products.csv", "product"),
        table("sales_teams.csv", "sales_agent"),
    )
    deals = [
        {
            **deal,
            **accounts[deal["account"]],
            **products[deal["product"].replace("GTXPro", "GTX Pro")],
            **agents[deal["sales_agent"]],
        }
        for deal in table("sales_pipeline.csv", "opportunity_id").values()
        if deal["deal_stage"] in ("Won", "Lost")
    ]
    put(tmp_path / "deals.csv", deals)
    words = (
        "deals.csv",
        "--outcome",
        "deal_stage",
        "--id",
        "opportunity_id",
        "--not-known",
        "close_value",
        "-m",
        "m.json",
        "--json",
    )
    found = model(tmp_path, "learn", *words, *order).document
    assert found["verdict"] == "no better than base rate" and (found["n"], found["positives"]) == (6711, 4238)
    assert found["log_loss"] >= found["base_log_loss"]
    low, high = json.loads((tmp_path / "m.json").read_text("utf-8"))["auc_interval"]
    assert low <= 0.5 <= high
    assert {"engage_date", "close_date"} <= {entry["column"] for entry in found["left_out"]}
    leaking = model(tmp_path, "learn", "deals.csv", "--outcome", "deal_stage", "-m", "m.json", "--json").document
    assert "close_value" in {entry["column"] for entry in leaking["leak_warnings"]}


# ── drift, and the workbook of a model ───────────────────────────────────────────────────────────


def moving_leads(n: int = 600) -> list[dict[str, str]]:
    """Leads whose sources change for the later ones, and of which fewer end well; the hours go on telling."""
    chance = random.Random(9)
    rows = []
    for number in range(n):
        late = number >= n * 0.8
        source, hours = chance.choice(["Web", "Ads", "Ads"] if late else ["Web", "Fair", "Partner"]), chance.randrange(40)
        won = chance.random() < 0.05 + hours / 45 - 0.1 * late + 0.1 * (source == "Partner")
        rows.append({
            "Lead": f"{number:05}", "Source": source, "Hours": str(hours), "Note": "", "Outcome": "Won" if won else "Lost",
        })  # fmt: skip
    return rows


def test_columns_that_change_in_time_are_named_with_their_index(tmp_path: Path) -> None:
    put(tmp_path / "leads.csv", moving_leads())
    said = learned(tmp_path, "--order-by", "Lead")
    assert any(
        remark.startswith("Source: the later rows hold other values than the earlier ones") for remark in said.document["remarks"]
    )
    told = model(tmp_path, "report", "-m", "m.json").out
    lines = [line.split() for line in told.splitlines() if "changed" in line or "steady" in line or "changing" in line]
    assert (lines[0][0], lines[0][2]) == ("Source", "changed")
    assert lines[-1][0] == "Hours"
    assert float(lines[0][1]) > 0.25 > float(lines[-1][1])


def test_without_an_order_in_time_no_drift_is_claimed_and_an_older_model_is_read(tmp_path: Path, export: Path) -> None:
    learned(tmp_path)
    document = json.loads((tmp_path / "m.json").read_text("utf-8"))
    assert document.pop("drift") == []
    (tmp_path / "old.json").write_text(json.dumps(document), "utf-8")
    assert model(tmp_path, "report", "-m", "old.json").out == model(tmp_path, "report", "-m", "m.json").out


def test_a_report_as_a_workbook_holds_its_figures_with_native_charts_and_the_same_bytes_twice(tmp_path: Path) -> None:
    put(tmp_path / "leads.csv", moving_leads())
    learned(tmp_path, "--order-by", "Lead")
    said = model(tmp_path, "report", "-m", "m.json", "-o", "report.xlsx", "--json")
    assert said.code == 0 and list(said.document) == REPORT and "Wrote" in said.err
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    assert book.sheetnames[:5] == ["Overview", "Calibration", "Over time", "Columns", "Points"]
    assert len(book["Overview"]._charts) == 3
    sheet = book["Calibration"]
    head = next(row for row in range(1, 9) if sheet.cell(row, 2).value == "Said")
    shown = [
        [sheet.cell(row, column).value for column in (2, 3, 4)]
        for row in range(head + 1, head + 1 + len(said.document["calibration"]))
    ]
    assert shown == [[band["said"], band["happened"], band["n"]] for band in said.document["calibration"]]
    first = (tmp_path / "report.xlsx").read_bytes()
    model(tmp_path, "report", "-m", "m.json", "-o", "report.xlsx")
    assert (tmp_path / "report.xlsx").read_bytes() == first


def test_a_model_of_too_few_rows_makes_a_workbook_that_says_so(tmp_path: Path) -> None:
    put(tmp_path / "leads.csv", leads(12))
    learned(tmp_path)
    assert model(tmp_path, "report", "-m", "m.json", "-o", "report.xlsx").code == 0
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    words = [cell.value for row in book["Overview"].iter_rows() for cell in row if isinstance(cell.value, str)]
    assert any("Verdict: too few. 12 closed rows" in text for text in words)
    assert book["Overview"]._charts == []
    assert model(tmp_path, "report", "-m", "m.json", "-o", "report.pdf").code == 2
    assert model(tmp_path, "report", "-m", "m.json", "-o", "m.json").code == 2
