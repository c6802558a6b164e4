"""The error catalogue: one class per situation; its docstring is the message, its hint the way out."""

from __future__ import annotations

import inspect


class SheetsalesError(Exception):
    """Something went wrong in sheetsales."""

    hint = "Run again with --verbose and send the log."
    code = "error"

    def __init__(self, message: str | None = None, hint: str | None = None, **about: object) -> None:
        super().__init__(message or inspect.cleandoc(self.__doc__ or ""))
        if hint is not None:
            self.hint = hint
        self.about = about

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), str(self), self.hint, self.about))


def _rebuild(kind: type[SheetsalesError], message: str, hint: str, about: dict[str, object]) -> SheetsalesError:
    return kind(message, hint, **about)


# ── wrong use of a command (exit 2) ──────────────────────────────────────────────────────────────


class WrongUse(SheetsalesError):
    """The command was not understood."""

    hint = "Run it with --help for an example."
    code = "wrong_use"


class UnknownName(WrongUse):
    """There is nothing of that name."""

    hint = "Look at `sheetsales schema` or `sheetsales actions` for the names."
    code = "unknown_name"


# ── refused: unreadable, unsafe, not allowed (exit 3) ────────────────────────────────────────────


class Refused(SheetsalesError):
    """This was refused; nothing was changed."""

    hint = "Read the reason, mend it and run the command again."
    code = "refused"


class FileRefused(Refused):
    """The file cannot be used."""

    hint = "The file was left as it is. Open it in your spreadsheet program and save it as .xlsx."
    code = "file_refused"


class FileIncomplete(FileRefused):
    """The file is incomplete; it is tried again at the next sync."""

    hint = "It may still be being written or copied. If it stays so, restore it from a backup."
    code = "file_incomplete"


class FileUnsafe(FileRefused):
    """The file is not safe to open."""

    hint = "It was left untouched. Ask whoever sent it for a plain .xlsx."
    code = "file_unsafe"


class FileProtected(FileRefused):
    """The file is password protected."""

    hint = "Remove the password in the spreadsheet program (File > Info > Protect) and save it."
    code = "file_protected"


class FileOldFormat(FileRefused):
    """The file is in an old or foreign format, not an .xlsx workbook."""

    hint = "Open it and save it as Excel workbook (.xlsx)."
    code = "file_old_format"


class NotOurBook(Refused):
    """This is not a sheetsales workbook; `book adopt`, `import` or `rollup --from` can read it."""

    hint = "Run `sheetsales book adopt FILE`, `import TABLE FILE` or `rollup --from FILE`."
    code = "not_our_book"


class ForeignBook(Refused):
    """The workbook belongs to another installation."""

    hint = "Use the workspace in which it was made, or run `book adopt FILE --owner EMAIL` to take its rows."
    code = "foreign_book"


class MarkersDisagree(Refused):
    """The hidden markers of the workbook contradict each other, so it was not touched."""

    hint = "Restore the workbook from a backup, or make a new one with `book new`."
    code = "markers_disagree"


class BookMissing(Refused):
    """The workbook is not where it was; nothing was deleted."""

    hint = "Bring it back, or mount the folder; the next sync picks it up."
    code = "book_missing"


class NotAllowed(Refused):
    """You are not allowed to do that."""

    hint = "Ask the owner of the record or your manager."
    code = "not_allowed"


class UnknownMember(Refused):
    """There is no such member in the team file."""

    hint = "Add the member to the team file and run `members import` again."
    code = "unknown_member"


class NoWorkspace(Refused):
    """There is no sheetsales.toml here."""

    hint = "Run `sheetsales init` in the folder, or name the folder with -w."
    code = "no_workspace"


class BadConfiguration(Refused):
    """The configuration file says something that cannot be."""

    hint = "Mend the named line of sheetsales.toml."
    code = "bad_configuration"


class BadImport(Refused):
    """The file to import cannot be read as a table."""

    hint = "Save it as CSV (UTF-8) or .xlsx with one header row."
    code = "bad_import"


class CellRefused(Refused):
    """The value cannot be written into the cell."""

    hint = "Type a value that the cell can hold."
    code = "cell_refused"


# ── busy: try again (exit 4) ─────────────────────────────────────────────────────────────────────


class Busy(SheetsalesError):
    """Something else is at work on it just now."""

    hint = "Wait a moment and run the command again."
    code = "busy"


class BookLocked(Busy):
    """The workbook is open in another program."""

    hint = "Close it, or leave it: the next sync picks it up. Nothing was lost."
    code = "book_locked"


class BookEdited(Busy):
    """Somebody edited the open workbook while it was being synced; nothing was written."""

    hint = "Run the command again: the edit is taken in first."
    code = "book_edited"


class StoreBusy(Busy):
    """The store is busy with another sync."""

    hint = "Wait a moment and run the command again."
    code = "store_busy"


class StaleRecord(Busy):
    """Somebody else changed the record in the meantime; nothing was written."""

    hint = "Run the command again: it starts from what stands there now."
    code = "stale_record"


class DiskFull(Busy):
    """The disk is full or cannot be written."""

    hint = "Free some space or mend the permissions; your edits are safe and are written next time."
    code = "disk_full"


# ── the store ────────────────────────────────────────────────────────────────────────────────────


class StoreUnreachable(Busy):
    """The store cannot be reached."""

    hint = "Look at `store` in sheetsales.toml, and whether the database runs."
    code = "store_unreachable"


class StoreDamaged(Refused):
    """The store is damaged or is no database; nothing was written."""

    hint = "Put a backup in its place (`sheetsales backup` makes them). Your workbooks are as they were."
    code = "store_damaged"


class CommitUnclear(StoreUnreachable):
    """The connection broke while the store was saving, so it is not known whether it did."""

    hint = "Run the command again; what was already saved is not done twice."
    code = "commit_unclear"


class StoreTooNew(Refused):
    """The store was made by a newer version of sheetsales."""

    hint = "Update sheetsales on this machine."
    code = "store_too_new"


# ── a spreadsheet program that runs ──────────────────────────────────────────────────────────────


class OfficeMissing(Refused):
    """The spreadsheet program is not installed here, or cannot be driven."""

    hint = "Install LibreOffice Calc with its Python bridge (on Debian: libreoffice-calc and python3-uno)."
    code = "office_missing"


class OfficeGone(Busy):
    """The spreadsheet program has ended or does not answer any more."""

    hint = "Start it again and open the workbook; what was saved is safe."
    code = "office_gone"


class BookGone(Busy):
    """The workbook, or the sheet in it, is not open any more."""

    hint = "Open it again; nothing was written into it since."
    code = "book_gone"


class BookBusy(Busy):
    """The spreadsheet program does not answer just now; a dialog may be open in it."""

    hint = "Close the dialog, or finish what you are typing, and try again."
    code = "book_busy"


class NotSupported(Refused, NotImplementedError):
    """The spreadsheet program cannot do that through sheetsales."""

    hint = "Do it in the spreadsheet program itself, or leave it out."
    code = "not_supported"
