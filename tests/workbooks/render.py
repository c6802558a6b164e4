"""Draw every visible sheet of a workbook as a picture: `python tests/workbooks/render.py BOOK.xlsx FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import office

if __name__ == "__main__":
    for picture in office.pictures(Path(sys.argv[1]), Path(sys.argv[2])):
        print(picture)
