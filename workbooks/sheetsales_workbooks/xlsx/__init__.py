"""The tabs of a workbook written as an .xlsx, one module for each kind of tab."""
