"""What the HTTP service keeps: tokens of devices, answers given to writes, and what was refused to whom."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, select, update

from sheetsales_sync.store import chain
from sheetsales_sync.store.types import utc
from sheetsales_sync.store.unit import Unit, add_new

AUDIT: Final = "audit"  # name of the counter that numbers what was refused
WORKING, DONE = "working", "done"


@dataclass(frozen=True, slots=True)
class Token:
    """One device's permission to speak for a member. secret_hash: all that is kept of its secret."""

    id: str
    secret_hash: str
    member: str
    device: str
    made: datetime
    expires: datetime
    revoked: datetime | None = None
    used: datetime | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """A write that was asked for under a key. state: working, or done with the status and the answer."""

    digest: str
    state: str
    holder: str
    status: int
    answer: str


class Callers(Unit):
    """The part of `Tx` that keeps tokens, answers and refusals of the HTTP service."""

    # ── tokens ──

    def save_token(self, token: Token) -> None:
        """Keep a new token, or a new state of a known one."""
        self.put(self.schema.generic.service_token, [
            {
                "id": token.id, "secret_hash": token.secret_hash, "member": token.member, "device": token.device,
                "made": utc(token.made), "expires": utc(token.expires),
                "revoked": None if token.revoked is None else utc(token.revoked),
                "used": None if token.used is None else utc(token.used),
            }
        ])  # fmt: skip

    def token(self, token_id: str) -> Token | None:
        """Give one token; None where there is none of this id."""
        table = self.schema.generic.service_token
        row = self.connection.execute(select(table).where(self.ours(table), table.c.id == token_id)).one_or_none()
        return None if row is None else _token(row)

    def tokens(self) -> list[Token]:
        """Give all tokens, the oldest first."""
        table = self.schema.generic.service_token
        return [_token(row) for row in self.all(select(table).where(self.ours(table)).order_by(table.c.made, table.c.id))]

    def note_token_used(self, token_id: str, at: datetime) -> None:
        """Note when a token was last seen."""
        table = self.schema.generic.service_token
        self.connection.execute(update(table).where(self.ours(table), table.c.id == token_id).values(used=utc(at)))

    # ── answers ──

    def begin_answer(self, member: str, key: str, digest: str, holder: str, at: datetime) -> Given | None:
        """Claim a key for one write. Gives None where it is free now, else what stands under it."""
        table = self.schema.generic.service_answer
        row = {
            "member": member, "key": key, "digest": digest, "state": WORKING, "holder": holder, "at": utc(at), "status": 0,
            "answer": "",
        }  # fmt: skip
        if self.add_new(table, row):
            return None
        here = (self.ours(table), table.c.member == member, table.c.key == key)
        found = self.connection.execute(select(table).where(*here)).one()
        return Given(found.digest, found.state, found.holder, found.status, found.answer)

    def finish_answer(self, member: str, key: str, status: int, answer: str) -> None:
        """Keep the answer to a write."""
        table = self.schema.generic.service_answer
        here = (self.ours(table), table.c.member == member, table.c.key == key)
        self.connection.execute(update(table).where(*here).values(state=DONE, status=status, answer=answer))

    def free_answer(self, member: str, key: str) -> None:
        """Give a key back whose write did nothing."""
        table = self.schema.generic.service_answer
        self.connection.execute(delete(table).where(self.ours(table), table.c.member == member, table.c.key == key))

    def forget_answers(self, before: datetime) -> None:
        """Drop the answers given before a moment."""
        table = self.schema.generic.service_answer
        self.connection.execute(delete(table).where(self.ours(table), table.c.at < utc(before)))

    # ── what was refused ──

    def audit(self, at: datetime, caller: str, member: str, asked: str, refused: str) -> None:
        """Add what was refused to whom; each row carries the hash of the one before it."""
        generic = self.schema.generic
        counter, table = generic.counter, generic.service_audit
        add_new(self.connection, counter, {"tenant_id": self.tenant, "name": AUDIT, "value": 0, "head": chain.START})
        here = (self.ours(counter), counter.c.name == AUDIT)
        row = self.connection.execute(select(counter.c.value, counter.c.head).where(*here).with_for_update()).one()
        seq, moment = int(row.value) + 1, utc(at)
        hash_ = audit_hash(row.head, self.tenant, seq, moment, caller, member, asked, refused)
        self.connection.execute(update(counter).where(*here).values(value=seq, head=hash_))
        self.put(table, [
            {
                "seq": seq, "at": moment, "caller": caller, "member": member, "asked": asked, "refused": refused,
                "previous_hash": row.head, "hash": hash_,
            }
        ])  # fmt: skip

    def refusals(self) -> list[Any]:
        """Give what was refused, oldest first: rows with seq, at, caller, member, asked, refused and both hashes."""
        table = self.schema.generic.service_audit
        return list(self.all(select(table).where(self.ours(table)).order_by(table.c.seq)))

    def audit_differences(self) -> list[str]:
        """Follow the chain of what was refused; give a sentence per difference."""
        counter = self.schema.generic.counter
        end = self.connection.execute(
            select(counter.c.value, counter.c.head).where(self.ours(counter), counter.c.name == AUDIT)
        ).one_or_none()
        wrong: list[str] = []
        head, expected = chain.START, 1
        for row in self.refusals():
            if row.seq != expected:
                wrong.append(f"The list of refused requests jumps from {expected - 1} to {row.seq}: rows are missing.")
            said = audit_hash(head, self.tenant, row.seq, row.at, row.caller, row.member, row.asked, row.refused)
            if row.previous_hash != head or said != row.hash:
                wrong.append(
                    f"Row {row.seq} of the refused requests was changed after it was written, or one before it was removed."
                )
            head, expected = row.hash, row.seq + 1
        if end is not None and (end.value, end.head) != (expected - 1, head):
            wrong.append(f"The list of refused requests ends at {expected - 1}, but {end.value} were written.")
        return wrong


def audit_hash(previous: str, tenant: str, seq: int, at: datetime, *said: str) -> str:
    """Give the hash of one row of what was refused, chained as the history is."""
    return chain.link(previous, (tenant, seq, chain.moment_text(at), json.dumps(said)))


def _token(row: Any) -> Token:
    return Token(row.id, row.secret_hash, row.member, row.device or "", row.made, row.expires, row.revoked, row.used)
