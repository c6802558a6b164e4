"""The text of a VBA module with one named macro for each button, for those who want macros in Excel desktop.

It is text only: the binary form of a macro project (`vbaProject.bin`) is made by Excel when the module is
imported. A macro chooses the action in the Action cell, as a person would; nothing of a rule is in it, and
no program is started from Excel. It was not run in Excel by us.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from sheetsales_workbooks.host import ButtonSpec

MODULE: Final = "SheetsalesButtons"
LONGEST: Final = 60  # characters of a macro's name; VBA takes 255
LINE_END: Final = "\r\n"
HEAD: Final = """\
Attribute VB_Name = "{module}"
' Buttons of sheetsales as macros, one for each action. Not run in Excel by its makers.
' Bring it in: Alt+F11, File > Import File, then save the workbook as .xlsm; right-click a button > Assign Macro.
' Each macro chooses the action in the Action cell of its tab; the helper (sheetsales agent) carries it out.
Option Explicit

Private Sub Choose(ByVal TableName As String, ByVal Caption As String)
    On Error GoTo Missing
    ThisWorkbook.Names("ss_action_" & TableName).RefersToRange.Value = Caption
    Exit Sub
Missing:
    MsgBox "This workbook has no Action cell for " & Caption & ".", vbExclamation
End Sub
"""
SUB: Final = """
' {help}
Public Sub {name}()
    Choose "{table}", "{caption}"
End Sub
"""


def macro_name(table: str, caption: str) -> str:
    """Give the name of a button's macro: table and caption as one word that VBA takes."""
    plain = unicodedata.normalize("NFKD", f"{table} {caption}").encode("ascii", "ignore").decode()
    words = re.findall(r"[A-Za-z0-9]+", plain)
    return "".join(word[:1].upper() + word[1:] for word in words)[:LONGEST]


def module_text(buttons: Sequence[tuple[str, ButtonSpec]]) -> str:
    """Give the text of the module, for pairs of table and button; names that come out equal get a number."""
    text = HEAD.format(module=MODULE)
    taken: dict[str, int] = {}
    for table, button in buttons:
        name = macro_name(table, button.caption)
        taken[name.casefold()] = taken.get(name.casefold(), 0) + 1
        number = taken[name.casefold()]
        text += SUB.format(
            help=_one_line(button.help), name=f"{name}{number}" if number > 1 else name, table=table, caption=_quoted(button.caption)
        )  # fmt: skip
    return text.replace("\n", LINE_END)


def _one_line(text: str) -> str:
    """Give a comment that cannot run into the code below it."""
    return " ".join(text.replace("_", " ").split())[:200]


def _quoted(text: str) -> str:
    """Give a text between VBA's quotation marks."""
    return " ".join(text.split()).replace('"', '""')
