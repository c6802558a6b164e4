"""The helper that makes buttons work: it sees what a person does in open workbooks, and what is saved.

`programs` is what it needs of a spreadsheet program, `calc` is LibreOffice, `polled` every program that
does not tell by itself (Excel), `folder` the saved files, `reacting` runs an action or a sync in an open
workbook, `helper` is the round that puts them together, `startup` starts it with the computer.
"""
