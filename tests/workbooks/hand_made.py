"""Small workbooks written by hand, part by part, for what no library would write."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts count="3"><numFmt numFmtId="164" formatCode="00000"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/><numFmt numFmtId="166" formatCode="[h]:mm"/></numFmts>'
    '<cellXfs count="7"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/>'
    '<xf numFmtId="20"/><xf numFmtId="10"/></cellXfs></styleSheet>'
)
PLAIN, DAY, ZIP_CODE, MOMENT, ELAPSED, CLOCK, PERCENT = range(7)


def sheet(data: str, *, space: str = MAIN, before: str = "", after: str = "") -> str:
    """Wrap rows as a sheet part."""
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n{before if before.startswith("<!") else ""}<worksheet xmlns="{space}">'
    return f"{head}{'' if before.startswith('<!') else before}<sheetData>{data}</sheetData>{after}</worksheet>"


def parts_of(
    sheets: Mapping[str, str],
    *,
    shared: str = "",
    styles: str = STYLES,
    date_1904: bool = False,
    space: str = MAIN,
    extra: str = "",
) -> dict[str, str | bytes]:
    """Give the parts of a workbook with these sheet parts by tab name."""
    tabs = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(sheets, 1))
    kind = RELATIONS if space == MAIN else "http://purl.oclc.org/ooxml/officeDocument/relationships"
    about = '<workbookPr date1904="1"/>' if date_1904 else ""
    found: dict[str, str | bytes] = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": f'<Relationships><Relationship Id="rId1" Type="{kind}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{space}" xmlns:r="{kind}">{about}<sheets>{tabs}</sheets>{extra}</workbook>',
        "xl/_rels/workbook.xml.rels": "<Relationships>"
        + "".join(
            f'<Relationship Id="rId{n}" Type="{kind}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n in range(1, len(sheets) + 1)
        )
        + "</Relationships>",
        "xl/styles.xml": styles,
    }
    if shared:
        found["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}">{shared}</sst>'
    for number, text in enumerate(sheets.values(), 1):
        found[f"xl/worksheets/sheet{number}.xml"] = text
    return found


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    """Pack parts as a zip file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return out.getvalue()


def workbook(data: str, **more: object) -> bytes:
    """Give a workbook with one sheet of these rows."""
    return zipped(parts_of({"Sheet1": data if data.startswith("<?xml") else sheet(data)}, **more))  # type: ignore[arg-type]
