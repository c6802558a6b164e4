"""What every book was last shown and last said: images by generation, absorbed rows, issued ids, aliases.

An image is kept as deltas: each row carries the generations from which and until which it was shown,
so a row that did not change is stored once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import bindparam, delete, func, select, update

from sheetsales.errors import StoreBusy
from sheetsales_sync.state import Alias, ImageRow, MarkedCell, Values
from sheetsales_sync.store.schema import STILL_SHOWN
from sheetsales_sync.store.types import Kinds, pack, unpack, utc
from sheetsales_sync.store.unit import Unit

_encode: Callable[[object], str] = json.JSONEncoder(separators=(",", ":"), sort_keys=True).encode
_NO_KINDS: Kinds = {}


class Images(Unit):
    """The part of `Tx` that keeps images, absorbed rows, issued ids and aliases."""

    # ── images ──

    def image(self, book_id: str, generation: int) -> dict[str, ImageRow] | None:
        """Give what a book showed at a generation, by record id and in the order of its rows.

        None where the generation is unknown; {} where its image was pruned.
        """
        saved = self._generation(book_id, generation)
        if saved is None:
            return None
        image = self.schema.generic.image
        query = select(image.c.record_id, image.c.content).where(
            self.ours(image), image.c.book_id == book_id, image.c.gen_from <= generation, image.c.gen_to > generation
        )
        found = {row[0]: self._image_row(row[0], row[1]) for row in self.all(query)}
        order = self._order(book_id, saved.order_gen)
        return {record: found[record] for record in order if record in found}

    def save_image(self, book_id: str, generation: int, rows: Sequence[ImageRow]) -> None:
        """Keep what a book is about to show. The newest generation may be saved again, an older one never.

        Raises StoreBusy where a newer generation is there already: another sync was quicker.
        """
        newest = self._newest(book_id)
        if newest is not None and generation < newest:
            raise StoreBusy("Another sync wrote a newer state of this book.")
        if newest == generation:
            self._take_back(book_id, generation)
        image = self.schema.generic.image
        here = (self.ours(image), image.c.book_id == book_id, image.c.gen_to == STILL_SHOWN)
        before = {row[0]: row[1] for row in self.all(select(image.c.record_id, image.c.content).where(*here))}
        after = {row.record: self._image_text(row) for row in rows}
        ended = [record for record, text in before.items() if after.get(record) != text]
        if ended:
            ending = update(image).where(*here, image.c.record_id == bindparam("b_record")).values(gen_to=generation)
            self.connection.execute(ending, [{"b_record": record} for record in ended])
        self.insert_rows(
            image,
            ("tenant_id", "book_id", "record_id", "gen_from", "gen_to", "content"),
            [(self.tenant, book_id, r, generation, STILL_SHOWN, text) for r, text in after.items() if before.get(r) != text],
        )
        self._save_generation(book_id, generation, "\n".join(after))

    def prune_images(self, before: datetime) -> int:
        """Forget the images of generations that were replaced before this moment; give how many.

        The generations stay known, so that a very old file is recognised: its parents are unknown. The
        newest image of a book is always kept.
        """
        saved, image, absorbed = self.schema.generic.image_generation, self.schema.generic.image, self.schema.generic.absorbed
        query = select(saved.c.book_id, saved.c.gen, saved.c.saved_at, saved.c.order_gen, saved.c.pruned).where(self.ours(saved))
        books: dict[str, list[Any]] = {}
        for row in self.all(query.order_by(saved.c.book_id, saved.c.gen)):
            books.setdefault(row.book_id, []).append(row)
        count = 0
        for book, generations in books.items():
            replaced = [one for one, later in pairwise(generations) if later.saved_at < utc(before)]
            old = [one.gen for one in replaced if not one.pruned]
            if not old:
                continue
            kept = next(one for one in generations if one.gen > old[-1])
            order = "\n".join(self._order(book, kept.order_gen))
            self.connection.execute(delete(image).where(self.ours(image), image.c.book_id == book, image.c.gen_to <= kept.gen))
            read = (self.ours(absorbed), absorbed.c.book_id == book, absorbed.c.gen < kept.gen)
            self.connection.execute(delete(absorbed).where(*read))
            mine = (self.ours(saved), saved.c.book_id == book)
            moved = update(saved).where(*mine, saved.c.order_gen == kept.order_gen, saved.c.gen >= kept.gen)
            self.connection.execute(moved.values(order_gen=kept.gen))
            self.connection.execute(update(saved).where(*mine, saved.c.gen == kept.gen).values(record_order=order))
            self.connection.execute(update(saved).where(*mine, saved.c.gen < kept.gen).values(pruned=1, record_order=None))
            count += len(old)
        return count

    def _generation(self, book_id: str, generation: int) -> Any | None:
        saved = self.schema.generic.image_generation
        query = select(saved.c.gen, saved.c.order_gen, saved.c.pruned)
        return self.connection.execute(
            query.where(self.ours(saved), saved.c.book_id == book_id, saved.c.gen == generation)
        ).one_or_none()

    def _newest(self, book_id: str) -> int | None:
        saved = self.schema.generic.image_generation
        newest = self.connection.scalar(select(func.max(saved.c.gen)).where(self.ours(saved), saved.c.book_id == book_id))
        return None if newest is None else int(newest)

    def _order(self, book_id: str, generation: int) -> list[str]:
        saved = self.schema.generic.image_generation
        here = (self.ours(saved), saved.c.book_id == book_id, saved.c.gen == generation)
        text = self.connection.scalar(select(saved.c.record_order).where(*here))
        return text.split("\n") if text else []

    def _save_generation(self, book_id: str, generation: int, order: str) -> None:
        saved = self.schema.generic.image_generation
        newest = self._newest(book_id)
        before = self._generation(book_id, newest) if newest is not None else None
        same = before is not None and "\n".join(self._order(book_id, before.order_gen)) == order
        self.connection.execute(saved.insert().values(
            tenant_id=self.tenant, book_id=book_id, gen=generation, saved_at=utc(self.clock()), pruned=0,
            order_gen=before.order_gen if before is not None and same else generation, record_order=None if same else order,
        ))  # fmt: skip

    def _take_back(self, book_id: str, generation: int) -> None:
        image, saved = self.schema.generic.image, self.schema.generic.image_generation
        mine = (self.ours(image), image.c.book_id == book_id)
        self.connection.execute(delete(image).where(*mine, image.c.gen_from == generation))
        self.connection.execute(update(image).where(*mine, image.c.gen_to == generation).values(gen_to=STILL_SHOWN))
        here = (self.ours(saved), saved.c.book_id == book_id, saved.c.gen == generation)
        self.connection.execute(delete(saved).where(*here))

    def _kinds(self, table: str) -> Kinds:
        typed = self.schema.typed.get(table)
        return typed.kinds if typed is not None else _NO_KINDS

    def _image_text(self, row: ImageRow) -> str:
        content: dict[str, Any] = {"t": row.table, "v": pack(row.values, self._kinds(row.table))}
        if row.shown:
            content["s"] = dict(row.shown)
        if row.marks:
            content["m"] = {column: [mark.kind, mark.note] for column, mark in row.marks.items()}
        return _encode(content)

    def _image_row(self, record: str, text: str) -> ImageRow:
        content = json.loads(text)
        marks = {column: MarkedCell(*mark) for column, mark in content.get("m", {}).items()}
        return ImageRow(content["t"], record, unpack(content["v"], self._kinds(content["t"])), content.get("s", {}), marks)

    # ── what was read ──

    def absorbed(self, book_id: str, generation: int, path: str) -> dict[str, Values]:
        """Give what was last read from this place under this generation, by record id."""
        absorbed = self.schema.generic.absorbed
        here = (
            self.ours(absorbed),
            absorbed.c.book_id == book_id,
            absorbed.c.gen == generation,
            absorbed.c.path == self.kept_path(path),
        )
        query = select(absorbed.c.record_id, absorbed.c.content).where(*here).order_by(absorbed.c.record_id)
        found: dict[str, Values] = {}
        for record, text in self.all(query):
            content = json.loads(text)
            found[record] = unpack(content["v"], self._kinds(content["t"]))
        return found

    def save_absorbed(self, book_id: str, generation: int, path: str, rows: Mapping[str, Values]) -> None:
        """Replace what was last read of the records named; the others stay."""
        absorbed = self.schema.generic.absorbed
        here = (
            self.ours(absorbed),
            absorbed.c.book_id == book_id,
            absorbed.c.gen == generation,
            absorbed.c.path == self.kept_path(path),
        )
        query = select(absorbed.c.record_id, absorbed.c.content).where(*here)
        before = {row[0]: row[1] for row in self.among(query, absorbed.c.record_id, rows)}
        texts = {}
        for record, values in rows.items():
            table = self.schema.table_of_id(record)
            texts[record] = _encode({"t": table, "v": pack(values, self._kinds(table))})
        place = {"book_id": book_id, "gen": generation, "path": self.kept_path(path)}
        self.put(absorbed, [
            {**place, "record_id": record, "content": text} for record, text in texts.items() if before.get(record) != text
        ])  # fmt: skip

    # ── ids handed out, copies ──

    def issued(self, book_id: str) -> set[str]:
        """Give every id that was ever handed to a book, whether a record has it by now or not."""
        issued = self.schema.generic.issued_id
        return {row[0] for row in self.all(select(issued.c.id).where(self.ours(issued), issued.c.book_id == book_id))}

    def issue(self, book_id: str, ids: Iterable[str]) -> None:
        """Hand ids to a book; an id stays with the book that had it first."""
        wanted = sorted(set(ids))
        known = self.issued_to(wanted)
        rows = [(self.tenant, one, book_id) for one in wanted if one not in known]
        self.insert_rows(self.schema.generic.issued_id, ("tenant_id", "id", "book_id"), rows)

    def issued_to(self, ids: Iterable[str]) -> dict[str, str]:
        """Give the book to which each id was handed; ids never handed out are left out."""
        issued = self.schema.generic.issued_id
        query = select(issued.c.id, issued.c.book_id).where(self.ours(issued))
        return {row[0]: row[1] for row in self.among(query, issued.c.id, ids)}

    def aliases(self, book_id: str) -> list[Alias]:
        """Give all aliases of a book, by generation, label and record."""
        alias = self.schema.generic.alias
        query = select(alias.c.gen, alias.c.label, alias.c.record_id).where(self.ours(alias), alias.c.book_id == book_id)
        return [Alias(*row) for row in self.all(query.order_by(alias.c.gen, alias.c.label, alias.c.record_id))]

    def add_aliases(self, book_id: str, aliases: Sequence[Alias]) -> None:
        """Remember aliases; one that is known already changes nothing. A label may mean several records."""
        rows = [{"book_id": book_id, "gen": a.generation, "label": a.label, "record_id": a.record} for a in aliases]
        self.put(self.schema.generic.alias, rows)
