"""Changing a few cells, colours and notes inside a workbook's zip; every other part stays byte for byte."""
