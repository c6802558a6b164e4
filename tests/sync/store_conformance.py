"""What every database must do for us: written once, run over each of them."""

from __future__ import annotations

import random
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from sqlalchemy.exc import OperationalError
from store_stand import FULL, START, Opener, Writer, creates

from sheetsales.errors import StaleRecord, StoreBusy, UnknownName
from sheetsales_sync.state import Alias, Book, Change, Conflict, ImageRow, MarkedCell, Op, Rejection, Scope

ANA = Scope("ana@example.com", "inside_rep", frozenset({"ana@example.com"}))
BOOK = Book("B1", "W1", "ana@example.com", "/books/ana.xlsx", 0, tables=("deals", "accounts"))


class Failure(Exception):
    """What a database says when another transaction was quicker."""

    sqlstate = "40001"


class StoreConformance:
    """The promises of a store. A subclass brings `opened`: a fixture that gives the function that opens one."""

    # ── records ──

    def test_every_type_comes_back_exactly(self, opened: Opener) -> None:
        writer = Writer(opened())
        writer.create("DL-1", **FULL)
        (record,) = writer.store.read(lambda tx: tx.records("deals"))
        assert record.values == FULL
        assert {name: type(value) for name, value in record.values.items()} == {n: type(v) for n, v in FULL.items()}
        assert str(record.values["factor"]) == str(FULL["factor"])
        assert (record.version, record.deleted_op) == (1, None)
        assert record.updated_at == datetime(2026, 11, 24, 9, 1)

    def test_history_brings_types_back_too(self, opened: Opener) -> None:
        writer = Writer(opened())
        writer.create("DL-1", **FULL)
        rows = writer.store.read(lambda tx: tx.history())
        assert {row.column: row.new for row in rows} == FULL
        assert [row.seq for row in rows] == list(range(1, len(FULL) + 1))
        assert (rows[0].place, rows[0].base_gen, rows[0].actor, rows[0].kind) == ("Deals!A5", 1, "ana@example.com", "create")

    def test_tables_and_columns_may_be_called_like_words_of_sql(self, opened: Opener) -> None:
        writer = Writer(opened())
        writer.create("SE-1", "select", **{"from": "x", "group": "y", "owner": "ana@example.com"})
        writer.set("SE-1", "group", "y", "z", "select")
        assert writer.get("SE-1", "select")["group"] == "z"
        writer.create("DL-1", **FULL)
        writer.set("DL-1", "50% discount (yes/no)", "50 %", "%s ? :x")
        assert writer.get("DL-1")["50% discount (yes/no)"] == "%s ? :x"

    def test_a_changed_cell_raises_the_version_once_an_op(self, opened: Opener) -> None:
        writer = Writer(opened())
        writer.create("DL-1", name="One", amount=Decimal("5.00"))
        writer.write(
            Change("deals", "DL-1", "name", "One", "Two"),
            Change("deals", "DL-1", "amount", Decimal("5.00"), Decimal("6.00")),
            Change("deals", "DL-1", "name", "Two", "Three"),
        )
        (record,) = writer.store.read(lambda tx: tx.records("deals"))
        assert (record.values["name"], record.values["amount"], record.version) == ("Three", Decimal("6.00"), 2)

    def test_what_stands_there_already_writes_nothing(self, opened: Opener) -> None:
        writer = Writer(opened())
        writer.create("DL-1", **FULL)
        before = writer.store.read(lambda tx: (tx.latest_seq(), tx.records("deals")))
        writer.write(Change("deals", "DL-1", "amount", FULL["amount"], FULL["amount"]))
        assert writer.store.read(lambda tx: tx.changes_to("deals", {"DL-1": FULL})) == []
        assert writer.store.read(lambda tx: (tx.latest_seq(), tx.records("deals"))) == before

    def test_wanted_values_become_exactly_the_changes_they_need(self, opened: Opener) -> None:
        writer = Writer(opened())
        writer.create("DL-1", name="One", amount=Decimal("5.00"), seats=1)
        writer.create("DL-2", name="Two")
        writer.write(Change("deals", "DL-2", "", None, None, "delete"))
        wanted = {"DL-1": {"amount": Decimal("5"), "seats": 2}, "DL-2": {"name": "Back"}, "DL-3": {"name": "New", "seats": None}}
        changes = writer.store.read(lambda tx: tx.changes_to("deals", wanted))
        assert changes == [Change("deals", "DL-1", "seats", 1, 2), Change("deals", "DL-3", "name", None, "New", "create")]

    @pytest.mark.parametrize("change", [
        pytest.param(Change("deals", "DL-1", "name", "Other", "Two"), id="another value stands there"),
        pytest.param(Change("deals", "DL-9", "name", "One", "Two"), id="no such record"),
        pytest.param(Change("deals", "DL-1", "name", None, "Two", "create"), id="the record to be made is there"),
        pytest.param(Change("deals", "DL-1", "", None, None, "undelete"), id="it is not deleted"),
        pytest.param(Change("deals", "DL-2", "name", "Two", "2"), id="a dead record takes no edit"),
    ])  # fmt: skip
    def test_a_change_that_is_wrong_about_the_present_is_refused_whole(self, opened: Opener, change: Change) -> None:
        writer = Writer(opened())
        writer.create("DL-1", name="One", seats=1)
        writer.create("DL-2", name="Two")
        writer.write(Change("deals", "DL-2", "", None, None, "delete"))
        before = writer.store.read(lambda tx: (tx.history(), tx.records("deals", living=None), tx.ops()))
        with pytest.raises(StaleRecord):
            writer.write(Change("deals", "DL-1", "seats", 1, 2), change)
        assert writer.store.read(lambda tx: (tx.history(), tx.records("deals", living=None), tx.ops())) == before

    @pytest.mark.parametrize("change", [
        pytest.param(Change("nothing", "DL-1", "name", None, "x", "create"), id="table"),
        pytest.param(Change("deals", "DL-1", "nothing", None, "x", "create"), id="column"),
        pytest.param(Change("deals", "DL-1", "version", None, 5, "create"), id="a column that only the store writes"),
    ])  # fmt: skip
    def test_an_unknown_name_is_refused(self, opened: Opener, change: Change) -> None:
        with pytest.raises(UnknownName):
            Writer(opened()).write(change)

    def test_a_deleted_record_stays_and_can_live_again(self, opened: Opener) -> None:
        writer = Writer(opened())
        writer.create("DL-1", name="One")
        op = writer.write(Change("deals", "DL-1", "", None, None, "delete"))
        store = writer.store
        assert store.read(lambda tx: tx.records("deals")) == []
        (dead,) = store.read(lambda tx: tx.records("deals", living=False))
        assert (dead.deleted_op, dead.values["name"], dead.version) == (op, "One", 2)
        assert store.read(lambda tx: tx.rows("deals")) == []
        writer.write(Change("deals", "DL-1", "", None, None, "undelete"))
        (alive,) = store.read(lambda tx: tx.records("deals"))
        assert (alive.deleted_op, alive.version) == (None, 3)

    def test_a_reference_keeps_its_text_and_the_id_it_means(self, opened: Opener) -> None:
        writer = Writer(opened())
        writer.create("DL-1", **FULL)
        table = writer.store.schema.typed["deals"]
        reference = table.table.c[table.by_name["account"].id_name]

        def meant() -> object:
            return writer.store.read(lambda tx: tx.connection.scalar(reference.table.select().with_only_columns(reference)))

        assert meant() == "AC-of-Acme"
        writer.set("DL-1", "account", "Acme", "Bolt")
        assert meant() == "AC-of-Bolt"
        writer.set("DL-1", "account", "Bolt", None)
        assert meant() is None

    def test_records_come_in_the_order_in_which_they_were_made(self, opened: Opener) -> None:
        writer = Writer(opened())
        for record in ("DL-9", "DL-1", "DL-5"):
            writer.create(record, name=record)
        store = writer.store
        assert [r.id for r in store.read(lambda tx: tx.records("deals"))] == ["DL-9", "DL-1", "DL-5"]
        assert [r.id for r in store.read(lambda tx: tx.records("deals", ids=["DL-5", "DL-9", "DL-0"]))] == ["DL-9", "DL-5"]
        assert [row["id"] for row in store.read(lambda tx: tx.rows("deals"))] == ["DL-9", "DL-1", "DL-5"]
        assert store.read(lambda tx: tx.rows("deals"))[0]["version"] == 1

    def test_keys_are_found_trimmed_and_case_folded(self, opened: Opener) -> None:
        writer = Writer(opened())
        for number, name in enumerate(["  Straße 1", "STRASSE 1", "Other", "strasse 1"], 1):
            writer.create(f"AC-{number}", "accounts", name=name)
        writer.write(Change("accounts", "AC-4", "", None, None, "delete"))
        found = writer.store.read(lambda tx: tx.find_key("accounts", "name", ["strasse 1", "nobody", None]))
        assert found == {"strasse 1": ["AC-1", "AC-2"]}

    def test_an_id_is_known_whatever_became_of_its_record(self, opened: Opener) -> None:
        writer = Writer(opened())
        writer.create("DL-1", name="One")
        writer.create("AC-1", "accounts", name="Acme")
        writer.write(Change("deals", "DL-1", "", None, None, "delete"))
        assert writer.store.read(lambda tx: tx.tables_of(["DL-1", "AC-1", "XX-1"])) == {"DL-1": "deals", "AC-1": "accounts"}

    def test_many_records_are_asked_for_at_once(self, opened: Opener) -> None:
        writer = Writer(opened())
        ids = [f"DL-{number:05}" for number in range(6_000)]
        writer.write(*(Change("deals", record, "name", None, record, "create") for record in ids))
        assert len(writer.store.read(lambda tx: tx.records("deals", ids=ids))) == 6_000

    # ── scope ──

    def test_a_scope_shows_own_and_ownerless_records_and_what_is_shared(self, opened: Opener) -> None:
        writer = Writer(opened())
        writer.create("DL-1", name="Ana's", owner="Ana@Example.com")
        writer.create("DL-2", name="Ben's", owner="ben@example.com")
        writer.create("DL-3", name="Nobody's")
        writer.create("AC-1", "accounts", name="Acme", owner="ben@example.com")
        store = writer.store
        assert [r.id for r in store.read(lambda tx: tx.records("deals", scope=ANA))] == ["DL-1", "DL-3"]
        assert [r.id for r in store.read(lambda tx: tx.records("accounts", scope=ANA))] == ["AC-1"]
        assert {h.record for h in store.read(lambda tx: tx.history(scope=ANA))} == {"DL-1", "DL-3", "AC-1"}

    def test_a_reassigned_record_changes_scope_at_once(self, opened: Opener) -> None:
        writer = Writer(opened())
        writer.create("DL-1", name="One", owner="ana@example.com")
        writer.set("DL-1", "owner", "ana@example.com", "ben@example.com")
        assert writer.store.read(lambda tx: tx.records("deals", scope=ANA)) == []
        assert writer.store.read(lambda tx: tx.history(scope=ANA)) == []

    def test_what_was_turned_down_stays_its_authors_to_see(self, opened: Opener) -> None:
        writer = Writer(opened())
        writer.create("DL-1", name="One", owner="ben@example.com")
        mine = Rejection("R1", "B1", "deals", "DL-1", "name", "x", "SCOPE", "It is Ben's.", author="Ana@example.com")
        theirs = replace(mine, id="R2", author="cem@example.com")
        conflict = Conflict("C1", "B1", "deals", "DL-1", "name", "a", "b", "c", author="ana@example.com")
        writer.store.transact(lambda tx: (tx.save_rejections([mine, theirs]), tx.save_conflicts([conflict])))
        assert writer.store.read(lambda tx: tx.rejections(scope=ANA)) == [mine]
        assert writer.store.read(lambda tx: tx.conflicts(scope=ANA)) == []

    # ── ops ──

    def test_a_repeated_op_is_answered_with_what_came_of_it(self, opened: Opener) -> None:
        writer = Writer(opened())
        op = writer.op(book="B1", path="/a", gen_in=3, content_hash="abc", action="leads.score")
        writer.create("DL-1", op=op, name="One")
        stored = writer.store.transact(lambda tx: tx.begin_op(op))
        assert stored == replace(op, at=op.at.replace(tzinfo=None), result="done")
        assert writer.store.read(lambda tx: (tx.was_read("B1", "abc"), tx.was_read("B1", "x"))) == (True, False)

    def test_ops_are_listed_in_the_order_of_history_whatever_clocks_said(self, opened: Opener) -> None:
        writer = Writer(opened())
        late = Op("a", "run", "ana@example.com", START + timedelta(days=400), book="B1")
        writer.create("DL-1", op=late, name="One")
        writer.create("DL-2", op=Op("b", "run", "ben@example.com", START, book="B1"), name="Two")
        read = writer.store.read
        assert [op.id for op in read(lambda tx: tx.ops(kind="run", book="B1"))] == ["a", "b"]
        assert [op.id for op in read(lambda tx: tx.ops(actor="ben@example.com"))] == ["b"]
        assert read(lambda tx: tx.op("nothing")) is None

    def test_moments_come_back_as_utc_without_a_zone(self, opened: Opener) -> None:
        writer = Writer(opened())
        at = datetime(2026, 3, 1, 1, 30, 15, 123456, tzinfo=timezone(timedelta(hours=5)))
        writer.create("DL-1", op=Op("a", "sync", "x", at), name="One")
        assert writer.store.read(lambda tx: tx.history()[0].at) == datetime(2026, 2, 28, 20, 30, 15, 123456)
        assert writer.store.read(lambda tx: tx.records("deals")[0].updated_at) == datetime(2026, 2, 28, 20, 30, 15)

    def test_history_can_be_asked_for_in_parts(self, opened: Opener) -> None:
        writer = Writer(opened())
        first = writer.create("DL-1", name="One", seats=1)
        writer.set("DL-1", "seats", 1, 2, book="B1")
        writer.create("DL-2", name="Two")

        def seqs(**wanted: object) -> list[int]:
            return writer.store.read(lambda tx: [row.seq for row in tx.history(**wanted)])  # type: ignore[arg-type]

        assert seqs(record="DL-1") == [1, 2, 3]
        assert seqs(book="B1") == [3]
        assert seqs(op=first) == [1, 2]
        assert seqs(since=1, limit=2) == [2, 3]
        assert seqs(limit=2) == [3, 4]
        places = writer.store.read(lambda tx: tx.last_places("deals"))
        assert places == {
            "DL-1": (None, "Deals!A6", datetime(2026, 11, 24, 9, 1)), "DL-2": (None, "Deals!A5", datetime(2026, 11, 24, 9, 3)),
        }, "the last write that came from a cell"  # fmt: skip

    # ── books and images ──

    def test_a_book_comes_back_as_it_was_saved(self, opened: Opener) -> None:
        store = opened()
        book = replace(BOOK, reason="ümlaut", path="/b/\udcff.xlsx", synced_at=datetime(2026, 1, 1), seen_seq=4, state="paused")
        store.transact(lambda tx: tx.save_book(book))
        assert store.read(lambda tx: tx.book("B1")) == book
        assert store.read(lambda tx: tx.books()) == [book]
        assert store.read(lambda tx: tx.book("B2")) is None

    def test_generations_only_go_up(self, opened: Opener) -> None:
        store = opened()
        store.transact(lambda tx: tx.save_book(BOOK))
        assert store.transact(lambda tx: (tx.next_generation("B1"), tx.next_generation("B1"))) == (1, 2)
        store.transact(lambda tx: tx.save_book(replace(BOOK, generation=1)))
        assert store.read(lambda tx: tx.book("B1").generation) == 2  # type: ignore[union-attr]
        with pytest.raises(UnknownName):
            store.transact(lambda tx: tx.next_generation("B2"))

    def test_every_generation_keeps_its_own_image(self, opened: Opener) -> None:
        store = opened()
        one = ImageRow("deals", "DL-1", FULL, {"seats": "s\x00ven \udcff"}, {"seats": MarkedCell("error", "no\nnumber")})
        two, three = ImageRow("deals", "DL-2", {"name": "Two", "seats": None}), ImageRow("deals", "DL-3", {})
        images = {1: [one, two], 2: [two, one], 3: [two, replace(one, shown={}), three], 4: [three], 7: [one, two, three]}
        for generation, rows in images.items():
            store.transact(lambda tx, g=generation, r=rows: tx.save_image("B1", g, r))
        for generation, rows in images.items():
            found = store.read(lambda tx, g=generation: tx.image("B1", g))
            assert list((found or {}).values()) == rows
        assert store.read(lambda tx: tx.image("B1", 5)) is None
        assert store.read(lambda tx: tx.image("B2", 1)) is None

    def test_an_image_that_hardly_changed_is_hardly_stored(self, opened: Opener) -> None:
        store = opened()
        rows = [ImageRow("deals", f"DL-{n}", {"name": f"N{n}"}) for n in range(100)]
        for generation in range(1, 6):
            rows[generation] = ImageRow("deals", f"DL-{generation}", {"name": f"changed {generation}"})
            store.transact(lambda tx, g=generation: tx.save_image("B1", g, rows))
        image = store.schema.generic.image
        assert len(store.read(lambda tx: tx.all(image.select()))) == 100 + 4

    def test_the_newest_image_may_be_saved_again_and_an_older_one_never(self, opened: Opener) -> None:
        store = opened()
        one, two = ImageRow("deals", "DL-1", {"name": "One"}), ImageRow("deals", "DL-1", {"name": "Two"})
        store.transact(lambda tx: (tx.save_image("B1", 1, [one]), tx.save_image("B1", 2, [two]), tx.save_image("B1", 2, [one])))
        assert store.read(lambda tx: tx.image("B1", 2)) == {"DL-1": one}
        store.transact(lambda tx: tx.save_image("B1", 3, []))
        assert store.read(lambda tx: tx.image("B1", 3)) == {}
        with pytest.raises(StoreBusy):
            store.transact(lambda tx: tx.save_image("B1", 2, [two]))

    def test_old_images_can_be_forgotten_without_forgetting_that_they_were(self, opened: Opener) -> None:
        moments = iter([START + timedelta(days=day) for day in (0, 50, 100, 150)])
        store = opened(clock=lambda: next(moments))
        rows = [[ImageRow("deals", r, {"name": f"{r} {g}"}) for r in ("DL-2", "DL-1")] for g in range(4)]
        for generation in range(4):
            store.transact(
                lambda tx, g=generation: (tx.save_image("B1", g, rows[g]), tx.save_absorbed("B1", g, "/p", {"DL-1": {}}))
            )
        assert store.transact(lambda tx: tx.prune_images(START + timedelta(days=100, hours=1))) == 2
        assert store.transact(lambda tx: tx.prune_images(START + timedelta(days=100, hours=1))) == 0
        assert [store.read(lambda tx, g=g: tx.image("B1", g)) for g in (0, 1, 9)] == [{}, {}, None]
        for generation in (2, 3):
            found = store.read(lambda tx, g=generation: tx.image("B1", g)) or {}
            assert list(found.values()) == rows[generation]
        assert [len(store.read(lambda tx, g=g: tx.absorbed("B1", g, "/p"))) for g in range(4)] == [0, 0, 1, 1]

    def test_absorbed_rows_are_kept_by_generation_and_place(self, opened: Opener) -> None:
        store = opened()
        store.transact(lambda tx: tx.save_absorbed("B1", 1, "/a", {"DL-1": FULL, "odd key": {"name": "x", "n": Decimal("1.50")}}))
        store.transact(lambda tx: tx.save_absorbed("B1", 1, "/copy", {"DL-1": {"name": "copy"}}))
        store.transact(lambda tx: tx.save_absorbed("B1", 1, "/a", {"odd key": {"name": None}}))
        assert store.read(lambda tx: tx.absorbed("B1", 1, "/a")) == {"DL-1": FULL, "odd key": {"name": None}}
        assert store.read(lambda tx: tx.absorbed("B1", 1, "/copy")) == {"DL-1": {"name": "copy"}}
        assert store.read(lambda tx: tx.absorbed("B1", 2, "/a")) == {}

    def test_an_issued_id_stays_with_the_book_that_had_it_first(self, opened: Opener) -> None:
        store = opened()
        store.transact(lambda tx: (tx.issue("B1", ["DL-1", "DL-2"]), tx.issue("B2", ["DL-2", "DL-3", "DL-3"])))
        assert store.read(lambda tx: (tx.issued("B1"), tx.issued("B2"))) == ({"DL-1", "DL-2"}, {"DL-3"})
        assert store.read(lambda tx: tx.issued_to(["DL-2", "DL-3", "DL-4"])) == {"DL-2": "B1", "DL-3": "B2"}

    def test_one_label_may_mean_several_records(self, opened: Opener) -> None:
        store = opened()
        aliases = [Alias(1, "DL-1", "DL-8"), Alias(1, "DL-1", "DL-9"), Alias(2, "DL-1", "DL-7")]
        store.transact(lambda tx: (tx.add_aliases("B1", aliases), tx.add_aliases("B1", aliases[:1]), tx.add_aliases("B1", [])))
        assert store.read(lambda tx: tx.aliases("B1")) == aliases

    def test_conflicts_and_rejections_are_replaced_by_id_and_keep_their_order(self, opened: Opener) -> None:
        store = opened()
        one = Conflict(
            "C9", "B1", "deals", "DL-1", "amount", None, Decimal("1.50"), Decimal("2.00"), "ben", datetime(2026, 1, 1, 0, 0, 0, 5)
        )
        two = replace(one, id="C1", book="B2", column="met_at", mine=datetime(2026, 1, 2), theirs=None, theirs_at=None)
        turned = Rejection(
            "R1", "B1", "deals", None, "amount", "1\x00 \udcff\n\\json:", "TYPE", "why", "how", "ana", "open", "op", "Deals!B2"
        )
        store.transact(lambda tx: (tx.save_conflicts([one, two]), tx.save_rejections([turned])))
        Writer(store).create("DL-1", name="One")
        store.transact(lambda tx: tx.save_conflicts([replace(two, state="mine")]))
        assert store.read(lambda tx: tx.conflicts()) == [one]
        assert store.read(lambda tx: {c.id for c in tx.conflicts(state=None)}) == {"C1", "C9"}
        assert store.read(lambda tx: tx.conflicts(book_id="B2", state=None)) == [replace(two, state="mine")]
        assert store.read(lambda tx: tx.rejections(book_id="B1")) == [turned]
        assert store.read(lambda tx: tx.rejections(state="closed")) == []

    # ── news ──

    def test_a_book_has_news_when_something_it_shows_was_touched(self, opened: Opener) -> None:
        writer = Writer(opened())
        for number, (mail, manager) in enumerate(
            [("ana@example.com", "max@example.com"), ("ben@example.com", None), ("max@example.com", None)]
        ):
            writer.create(f"PE-{number}", "people", email=mail, manager=manager)
        seq = writer.store.read(lambda tx: tx.latest_seq())
        ana, ben, maxi = (replace(BOOK, id=name, owner=f"{name}@example.com", seen_seq=seq) for name in ("ana", "ben", "max"))
        deals_only = replace(ben, id="ben2", tables=("deals",))
        unknown = replace(BOOK, id="x", owner="x@example.com", seen_seq=seq)

        def news() -> set[str]:
            return writer.store.read(lambda tx: tx.books_with_news([ana, ben, maxi, deals_only, unknown]))

        assert news() == set()
        writer.create("DL-1", name="Ana's", owner="ana@example.com")
        assert news() == {"ana", "max", "x"}
        writer.create("AC-1", "accounts", name="Acme", owner="ana@example.com")
        assert news() == {"ana", "ben", "max", "x"}
        writer.set("DL-1", "owner", "ana@example.com", "ben@example.com")
        assert news() == {"ana", "ben", "max", "ben2", "x"}

    def test_the_scopes_of_books_can_be_told(self, opened: Opener) -> None:
        writer = Writer(opened())
        writer.create("DL-1", name="Ana's", owner="ana@example.com")
        books = [replace(BOOK, id=name) for name in ("all", "ben", "ana")]
        scopes = {"all": replace(ANA, owners=None), "ben": replace(ANA, owners=frozenset({"ben@example.com"})), "ana": ANA}
        assert writer.store.read(lambda tx: tx.books_with_news(books, scopes)) == {"all", "ana"}

    # ── leases ──

    def test_a_lease_belongs_to_one_holder(self, opened: Opener) -> None:
        store = opened(is_gone=lambda holder: holder == "here:1:dead")
        assert store.transact(lambda tx: tx.take_lease("B1", "here:1:dead")) == 1
        assert store.transact(lambda tx: tx.take_lease("B1", "here:2:a")) == 2, "the first holder's process has ended"
        assert store.transact(lambda tx: tx.take_lease("B1", "here:3:b")) is None
        assert store.transact(lambda tx: tx.take_lease("B1", "here:2:a")) == 2, "the same holder prolongs it"
        assert store.transact(lambda tx: (tx.check_fence("B1", 2), tx.check_fence("B1", 1))) == (True, False)
        store.transact(lambda tx: tx.release_lease("B1", "here:3:b"))
        assert store.transact(lambda tx: tx.take_lease("B1", "here:3:b")) is None
        store.transact(lambda tx: tx.release_lease("B1", "here:2:a"))
        assert store.transact(lambda tx: tx.check_fence("B1", 2)) is False
        assert store.transact(lambda tx: tx.take_lease("B1", "here:3:b")) == 3

    def test_an_expired_lease_can_be_taken_and_its_fence_is_over(self, opened: Opener) -> None:
        store = opened()
        assert store.transact(lambda tx: tx.take_lease("B1", "far:1:a", 0)) == 1
        assert store.transact(lambda tx: tx.check_fence("B1", 1)), "expired, but nobody else came"
        assert store.read(lambda tx: tx.check_fence("B1", 1)), "a look before a file is written changes nothing"
        assert store.transact(lambda tx: tx.take_lease("B1", "far:2:b")) == 2
        assert not store.transact(lambda tx: tx.check_fence("B1", 1))

    def test_leases_go_by_the_clock_of_the_database(self, opened: Opener) -> None:
        store = opened(clock=lambda: datetime(1999, 1, 1, tzinfo=UTC))
        now = store.read(lambda tx: tx.database_now())
        assert now.tzinfo is None
        assert abs(now - datetime.now(UTC).replace(tzinfo=None)) < timedelta(minutes=5)

    # ── transactions ──

    def test_what_fails_leaves_nothing_behind(self, opened: Opener) -> None:
        writer = Writer(opened())

        def work(tx: object) -> None:
            tx.save_book(BOOK)  # type: ignore[attr-defined]
            tx.apply(writer.op(), creates("DL-1", {"name": "One"}))  # type: ignore[attr-defined]
            raise KeyError("a fault of ours")

        with pytest.raises(KeyError):
            writer.store.transact(work)
        assert writer.store.read(lambda tx: (tx.books(), tx.records("deals"), tx.latest_seq())) == ([], [], 0)

    def test_a_read_sees_one_moment(self, opened: Opener) -> None:
        first, second = Writer(opened()), Writer(opened())
        first.create("DL-1", name="One")

        def work(tx: object) -> tuple[int, int]:
            before = len(tx.records("deals"))  # type: ignore[attr-defined]
            second.create("DL-2", op=Op("other", "sync", "x", START), name="Two")
            return before, len(tx.records("deals"))  # type: ignore[attr-defined]

        assert first.store.read(work) == (1, 1)
        assert len(first.store.read(lambda tx: tx.records("deals"))) == 2

    def test_tenants_do_not_see_each_other(self, opened: Opener) -> None:
        one, two = Writer(opened()), Writer(opened(tenant="second"))
        one.create("DL-1", name="One")
        two.create("DL-1", name="Two")
        two.store.transact(lambda tx: (tx.save_book(BOOK), tx.issue("B1", ["DL-9"])))
        assert (one.get("DL-1")["name"], two.get("DL-1")["name"]) == ("One", "Two")
        assert one.store.read(lambda tx: (tx.books(), tx.issued("B1"), tx.latest_seq())) == ([], set(), 1)

    @pytest.mark.parametrize("seed", range(3))
    def test_work_that_fails_by_chance_is_done_once(self, opened: Opener, seed: int) -> None:
        writer, chance = Writer(opened()), random.Random(seed)
        for number in range(20):
            op = writer.op()

            def work(tx: object, op: Op = op, number: int = number) -> None:
                tx.apply(op, creates(f"DL-{number}", {"name": "One"}))  # type: ignore[attr-defined]
                if chance.random() < 0.3:
                    raise OperationalError("", None, Failure())

            writer.store.transact(work)
        assert writer.store.read(lambda tx: (len(tx.records("deals")), tx.latest_seq())) == (20, 20)

    def test_writers_at_the_same_time_lose_nothing(self, opened: Opener) -> None:
        writers, each, records = 4, 12, 3
        Writer(opened()).write(*(Change("deals", f"DL-{n}", "seats", None, 0, "create") for n in range(records)))
        failed: list[BaseException] = []

        def count(name: str) -> None:
            store = opened()
            try:
                for turn in range(each):
                    op = Op(f"{name}-{turn}", "sync", name, START)

                    def work(tx: object, op: Op = op, turn: int = turn) -> None:
                        if tx.begin_op(op) is not None:  # type: ignore[attr-defined]
                            return
                        (record,) = tx.records("deals", ids=[f"DL-{turn % records}"])  # type: ignore[attr-defined]
                        seats = record.values["seats"]
                        tx.apply(op, [Change("deals", record.id, "seats", seats, seats + 1)])  # type: ignore[attr-defined]

                    store.transact(work)
            except BaseException as error:
                failed.append(error)

        threads = [threading.Thread(target=count, args=(f"w{n}",)) for n in range(writers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
        store = opened()
        found = store.read(lambda tx: tx.records("deals"))
        assert sum(int(str(record.values["seats"])) for record in found) == writers * each
        assert {record.version for record in found} == {1 + writers * each // records}
        from sheetsales_sync.store.verify import verify

        assert verify(store) == []
