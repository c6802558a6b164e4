"""Building workbooks and reports. The writing library is loaded when one is built, not before."""

from __future__ import annotations

from sheetsales.document import Document
from sheetsales_workbooks.host import BookSpec
from sheetsales_workbooks.report import Report


def build(spec: BookSpec) -> bytes:
    """Give the bytes of an .xlsx; the same spec gives the same bytes."""
    from sheetsales_workbooks.xlsx.book import write_book

    return write_book(spec)


def write_report(report: Report) -> bytes:
    """Give the bytes of a report's .xlsx; the same report gives the same bytes."""
    from sheetsales_workbooks.xlsx.report_pages import write_pages

    return write_pages(report)


def write_document(document: Document) -> dict[str, bytes]:
    """Give a document's files by their ending, .xlsx and .docx; the same document gives the same bytes."""
    from sheetsales_workbooks.word import write_word
    from sheetsales_workbooks.xlsx.document_sheet import write_document_sheet

    return {".xlsx": write_document_sheet(document), ".docx": write_word(document)}
