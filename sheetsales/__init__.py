"""The rules of sheetsales: tables, checks, scores. No input or output happens here."""

__version__ = "0.1.0"
