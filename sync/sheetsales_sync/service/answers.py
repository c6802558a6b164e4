"""Answers as the service sends them: JSON documents, errors with their status, never a traceback."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec
from fastapi import Response

from sheetsales.errors import (
    BookMissing,
    Busy,
    DiskFull,
    NotAllowed,
    Refused,
    SheetsalesError,
    StoreBusy,
    StoreUnreachable,
    UnknownMember,
    UnknownName,
    WrongUse,
)
from sheetsales_sync.service.tokens import NoToken
from sheetsales_sync.shapes import error_document

RETRY_SECONDS: Final = 2
BAD_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)  # the last: nested too deep
STATUS: Final[tuple[tuple[type[SheetsalesError], int], ...]] = (  # the first that fits
    (NoToken, 401), (NotAllowed, 403), (UnknownName, 404), (UnknownMember, 404), (BookMissing, 404), (WrongUse, 422),
    (StoreBusy, 503), (StoreUnreachable, 503), (DiskFull, 503), (Busy, 409), (Refused, 409),
)  # fmt: skip


class Wrong(SheetsalesError):
    """The request was not understood."""

    hint = "Look at the documentation of the service."
    code = "bad_request"

    def __init__(self, status: int, code: str, message: str, hint: str = "", **more: object) -> None:
        super().__init__(message, hint or "Mend the request and send it again.")
        self.status, self.code, self.more = status, code, more
        self.retry = 0


def plain(value: object) -> object:
    """Give what JSON has no word for: money as a decimal string, dates as ISO text."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(type(value).__name__)


_encoder: Final = msgspec.json.Encoder(enc_hook=plain, decimal_format="string")


def as_json(document: object) -> bytes:
    """Give a document as JSON."""
    return _encoder.encode(document)


def answer(document: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Give an answer with one JSON document."""
    return Response(as_json(document), status, dict(headers or {}), "application/json")


def status_of(error: SheetsalesError) -> int:
    """Give the status of an error; this table is the only place that knows."""
    if isinstance(error, Wrong):
        return error.status
    return next((status for kind, status in STATUS if isinstance(error, kind)), 409)


def refusal(error: SheetsalesError) -> Response:
    """Give an error as an answer."""
    status = status_of(error)
    document = error_document(error.code, str(error), error.hint)
    headers = {}
    if isinstance(error, Wrong):
        document["error"].update(error.more)
    retry = error.retry if isinstance(error, Wrong) else RETRY_SECONDS if isinstance(error, Busy) else 0
    if retry:
        headers["retry-after"] = str(retry)
    if status == 401:
        headers["www-authenticate"] = 'Bearer realm="sheetsales"'
    return answer(document, status, headers)


def our_fault(report: Path | None) -> Response:
    """Give the answer to what went wrong in sheetsales itself; the report names what happened, the answer does not."""
    named = f"Ask whoever runs the service for {report.name}." if report is not None else "Ask whoever runs the service."
    return answer(error_document("internal", "Something went wrong in the service.", named), 500)


def document_of(text: bytes) -> Any:
    """Read one JSON document. Raises Wrong."""
    try:
        return msgspec.json.decode(text)
    except BAD_JSON as error:
        raise no_json(error) from error


def no_json(error: Exception) -> Wrong:
    """Give the refusal of a body that is no JSON document."""
    return Wrong(400, "bad_json", f"The body is no JSON document: {error}.")
