"""Building workbooks from a `BookSpec`. The writing library is loaded when a book is built, not before."""

from __future__ import annotations

from sheetsales_workbooks.host import BookSpec


def build(spec: BookSpec) -> bytes:
    """Give the bytes of an .xlsx; the same spec gives the same bytes."""
    from sheetsales_workbooks.xlsx.book import write_book

    return write_book(spec)
