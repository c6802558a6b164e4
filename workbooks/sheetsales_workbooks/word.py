"""A document as a .docx: WordprocessingML written part by part, with nothing that runs or links."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from typing import Final
from xml.sax.saxutils import escape

from sheetsales.document import Document, Entry, Heading, Party, Section, shown

W: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
STAMP: Final = (1980, 1, 1, 0, 0, 0)  # of every part, so that the same document gives the same bytes
TEXT_WIDTH: Final = 9638  # twentieths of a point between the margins of an A4 page
NARROWEST: Final = 2000  # of the description
LETTER: Final = 112  # of one digit
TIGHT, TIGHT_EDGE = 0.84, 680  # of a document on one page: its letters against others', its margin above and below
WIDTHS: Final = {"text": 560, "number": 1100, "money": 1500, "percent": 1100}
ACCENT, QUIET, LINE, BAND = "1F6F8B", "6B7683", "D9DEE4", "F5F7F9"
_QUIETLY: Final = f'<w:color w:val="{QUIET}"/>'
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

_TYPES: Final = f"""{HEAD}<Types xmlns="{PACKAGE}/content-types">\
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>\
<Default Extension="xml" ContentType="application/xml"/>\
<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>\
<Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/>\
<Override PartName="/word/footer1.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/>\
<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>"""
_ROOT: Final = f"""{HEAD}<Relationships xmlns="{PACKAGE}/relationships">\
<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="word/document.xml"/>\
<Relationship Id="rId2" Type="{PACKAGE}/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>"""
_PARTS: Final = f"""{HEAD}<Relationships xmlns="{PACKAGE}/relationships">\
<Relationship Id="rId1" Type="{OFFICE}/styles" Target="styles.xml"/>\
<Relationship Id="rId2" Type="{OFFICE}/footer" Target="footer1.xml"/></Relationships>"""
_FOOTER: Final = f"""{HEAD}<w:ftr xmlns:w="{W}"><w:p><w:pPr><w:pStyle w:val="Small"/><w:jc w:val="right"/></w:pPr>\
<w:fldSimple w:instr=" PAGE "><w:r><w:t>1</w:t></w:r></w:fldSimple><w:r><w:t xml:space="preserve"> / </w:t></w:r>\
<w:fldSimple w:instr=" NUMPAGES "><w:r><w:t>1</w:t></w:r></w:fldSimple></w:p></w:ftr>"""


def _style(
    key: str, name: str, size: int, *, color: str = "", bold: bool = False, before: int = 0, after: int = 0, keep: bool = False
) -> str:
    """Describe a paragraph style; size in half points, spaces in twentieths of a point."""
    paragraph = f'{"<w:keepNext/>" if keep else ""}<w:spacing w:before="{before}" w:after="{after}"/>'
    run = f'{"<w:b/>" if bold else ""}{f"""<w:color w:val="{color}"/>""" if color else ""}<w:sz w:val="{size}"/><w:szCs w:val="{size}"/>'
    return (f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/><w:basedOn w:val="Normal"/><w:qFormat/>'
            f"<w:pPr>{paragraph}</w:pPr><w:rPr>{run}</w:rPr></w:style>")  # fmt: skip


_STYLES: Final = (
    f'{HEAD}<w:styles xmlns:w="{W}"><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Calibri" w:hAnsi="Calibri" w:cs="Calibri"/>'
    '<w:sz w:val="21"/><w:szCs w:val="21"/></w:rPr></w:rPrDefault><w:pPrDefault/></w:docDefaults>'
    '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/></w:style>'
    + _style("Title", "Title", 48, color=ACCENT, bold=True)
    + _style("Subtitle", "Subtitle", 26, color=QUIET, after=240)
    + _style("Heading1", "heading 1", 24, color=ACCENT, bold=True, before=280, after=60, keep=True)
    + _style("Small", "Small", 18, color=QUIET)
    + "</w:styles>"
)


_TIGHT_STYLES: Final = re.sub(  # of what is to stand on one page: smaller letters, less air
    r'w:(val|before|after)="(\d+)"', lambda found: f'w:{found[1]}="{round(int(found[2]) * TIGHT)}"', _STYLES
)


def write_word(document: Document) -> bytes:
    """Give the bytes of the .docx; the same document gives the same bytes."""
    day = f"{document.day.isoformat()}T00:00:00Z"
    core = (
        f'{HEAD}<cp:coreProperties xmlns:cp="{PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{_safe(document.name)}</dc:title><dc:creator>sheetsales</dc:creator>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{day}</dcterms:created></cp:coreProperties>'
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as parts:
        for name, text in (
            ("[Content_Types].xml", _TYPES), ("_rels/.rels", _ROOT), ("word/document.xml", _body(document)),
            ("word/_rels/document.xml.rels", _PARTS), ("word/styles.xml", _TIGHT_STYLES if document.one_page else _STYLES), ("word/footer1.xml", _FOOTER),
            ("docProps/core.xml", core),
        ):  # fmt: skip
            part = zipfile.ZipInfo(name, STAMP)
            part.compress_type = zipfile.ZIP_DEFLATED
            parts.writestr(part, text.encode())
    return buffer.getvalue()


def _body(document: Document) -> str:
    blocks = [_paragraph(document.title, "Title")]
    blocks += [_paragraph(document.subtitle, "Subtitle")] if document.subtitle else []
    blocks.append(_head(document))
    blocks += [block for section in document.sections for block in _section(section)]
    blocks += [_paragraph("", "Small"), _table(document, document.headings, document.rows)]
    blocks += [_totals(document)] if document.totals else []
    for grid in document.grids:
        blocks += [_paragraph(grid.title, "Heading1"), _table(document, grid.headings, grid.rows)]
    blocks += [block for section in document.closing for block in _section(section)]
    blocks.append(_signatures(document.signatures) if document.signatures else _paragraph("", "Small"))
    edge, foot = (TIGHT_EDGE, 340) if document.one_page else (1134, 567)
    page = (
        f'<w:sectPr><w:footerReference xmlns:r="{OFFICE}" w:type="default" r:id="rId2"/><w:pgSz w:w="11906" w:h="16838"/>'
        f'<w:pgMar w:top="{edge}" w:right="1134" w:bottom="{edge}" w:left="1134" w:header="{foot}" w:footer="{foot}" w:gutter="0"/></w:sectPr>'
    )
    return f'{HEAD}<w:document xmlns:w="{W}"><w:body>{"".join(blocks)}{page}</w:body></w:document>'


# ── words ────────────────────────────────────────────────────────────────────────────────────────


def _safe(text: str) -> str:
    """Escape a text, without the characters that XML cannot hold."""
    return escape(_NOT_XML.sub("", text), {'"': "&quot;"})


def _run(text: str, look: str = "") -> str:
    """Give a run of text; line breaks and tabs stay."""
    pieces = "<w:br/>".join(
        "<w:tab/>".join(f'<w:t xml:space="preserve">{_safe(piece)}</w:t>' if piece else "" for piece in line.split("\t"))
        for line in text.split("\n")
    )
    return f"<w:r>{f'<w:rPr>{look}</w:rPr>' if look else ''}{pieces}</w:r>"


def _paragraph(text: str, style: str = "", *, right: bool = False, look: str = "", keep: bool = False) -> str:
    shape = f'<w:pStyle w:val="{style}"/>' if style else ""
    shape += "<w:keepNext/>" if keep else ""
    shape += '<w:jc w:val="right"/>' if right else ""
    return f"<w:p>{f'<w:pPr>{shape}</w:pPr>' if shape else ''}{_run(text, look) if text else ''}</w:p>"


def _section(section: Section) -> list[str]:
    heading = [_paragraph(section.heading, "Heading1")] if section.heading else [_paragraph("")]
    return [*heading, *(_paragraph(part) for part in section.text.split("\n"))]


# ── tables ───────────────────────────────────────────────────────────────────────────────────────


def _cell(blocks: str, width: int, *, fill: str = "", top: str = "", bottom: str = "") -> str:
    edges = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="{color}"/>'
        for side, color in (("top", top), ("bottom", bottom))
        if color
    )
    shape = f'<w:tcW w:w="{width}" w:type="dxa"/>' + (f"<w:tcBorders>{edges}</w:tcBorders>" if edges else "")
    shape += f'<w:shd w:val="clear" w:color="auto" w:fill="{fill}"/>' if fill else ""
    return f"<w:tc><w:tcPr>{shape}</w:tcPr>{blocks}</w:tc>"


def _grid(widths: Sequence[int], rows: Iterable[str], *, padded: bool) -> str:
    """Give a table of fixed widths; padded: with room around the words of a cell."""
    side = 80 if padded else 0
    margins = f'<w:tblCellMar><w:top w:w="{side // 2}" w:type="dxa"/><w:left w:w="{side}" w:type="dxa"/>'
    margins += f'<w:bottom w:w="{side // 2}" w:type="dxa"/><w:right w:w="{side}" w:type="dxa"/></w:tblCellMar>'
    columns = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    return (f'<w:tbl><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblLayout w:type="fixed"/>{margins}</w:tblPr>'
            f"<w:tblGrid>{columns}</w:tblGrid>{''.join(rows)}</w:tbl>")  # fmt: skip


def _row(cells: Iterable[str], *, head: bool = False) -> str:
    shape = "<w:cantSplit/>" + ("<w:tblHeader/>" if head else "")
    return f"<w:tr><w:trPr>{shape}</w:trPr>{''.join(cells)}</w:tr>"


def _head(document: Document) -> str:
    """Put the parties on the left, the facts beside them."""
    left = [block for number, party in enumerate(document.parties) for block in _party(party, first=number == 0)]
    widths = (5038, 1700, 2900)
    facts = document.printed_facts
    labels = "".join(_paragraph(label, look=_QUIETLY) for label, _ in facts) or _paragraph("")
    values = "".join(_paragraph(value) for _, value in facts) or _paragraph("")
    if any(len(value) > 26 for _, value in facts):  # a value on two lines would shift the labels below it
        rows = [_row((_cell("".join(left) or _paragraph(""), widths[0]), _cell(_pairs(facts), widths[1] + widths[2])))]
        return _grid((widths[0], widths[1] + widths[2]), rows, padded=False)
    cells = (_cell("".join(left) or _paragraph(""), widths[0]), _cell(labels, widths[1]), _cell(values, widths[2]))
    return _grid(widths, [_row(cells)], padded=False)


def _pairs(facts: Sequence[tuple[str, str]]) -> str:
    return "".join(f"<w:p>{_run(f'{label}: ', _QUIETLY)}{_run(value)}</w:p>" for label, value in facts)


def _party(party: Party, *, first: bool) -> list[str]:
    lines = [_paragraph(line, look="<w:b/>" if number == 0 else "") for number, line in enumerate(party.lines)]
    return [*([] if first else [_paragraph("")]), _paragraph(party.heading, "Small"), *lines]


def _columns(document: Document) -> list[int]:
    """Give the widths of the table's columns: figures never break, the description takes what is left."""
    widths = [int(heading.width * LETTER) or WIDTHS[heading.look] for heading in document.headings]
    for column, heading in enumerate(document.headings[2:], 2):
        if heading.width:
            continue
        longest = max((len(shown(row[column], heading.look)) for row in document.rows), default=0)
        widths[column] = max(widths[column], LETTER * longest + 200)
    widths[1] = max(NARROWEST, TEXT_WIDTH - sum(widths[:1] + widths[2:]))
    return widths


def _table(document: Document, headings: Sequence[Heading], rows: Sequence[tuple[Entry, ...]]) -> str:
    widths = _columns(document)
    white = '<w:b/><w:color w:val="FFFFFF"/>'
    head = (_cell(_paragraph(heading.words, right=heading.look != "text", look=white), width, fill=ACCENT)
            for heading, width in zip(headings, widths, strict=True))  # fmt: skip
    lines = [_row(head, head=True)]
    for number, cells in enumerate(rows):
        fill = BAND if number % 2 else ""
        lines.append(_row(
            _cell(_paragraph(shown(cell, heading.look), right=heading.look != "text"), width, fill=fill, bottom=LINE)
            for heading, cell, width in zip(headings, cells, widths, strict=True)
        ))  # fmt: skip
    return _grid(widths, lines, padded=True)


def _totals(document: Document) -> str:
    """Close the table; a paragraph between keeps the two tables apart."""
    widest = max(len(shown(total.amount, "money")) for total in document.totals)
    last = max(_columns(document)[-1], 140 * widest + 200)
    rows = []
    for total in document.totals:
        words = f"{total.words} {document.currency}".strip() if total.strong else total.words
        look, top = ('<w:b/><w:sz w:val="24"/>', "1F2933") if total.strong else ("", "")
        rows.append(_row((
            _cell(_paragraph(words, right=True, look=look, keep=not total.strong), TEXT_WIDTH - last, top=top),
            _cell(_paragraph(shown(total.amount, "money"), right=True, look=look), last, top=top),
        )))  # fmt: skip
    return '<w:p><w:pPr><w:spacing w:line="60" w:lineRule="exact"/></w:pPr></w:p>' + _grid(
        (TEXT_WIDTH - last, last), rows, padded=True
    )


def _signatures(words: Sequence[str]) -> str:
    """Give a line to sign on for each side, with room above."""
    gap, width = 638, 4500
    cells = [_cell(_paragraph(one, "Small"), width, top="1F2933") for one in words]
    between = [cell for one in cells for cell in (one, _cell(_paragraph(""), gap))][:-1]
    widths = [size for _ in words for size in (width, gap)][:-1]
    space = '<w:p><w:pPr><w:keepNext/><w:spacing w:before="700"/></w:pPr></w:p>'
    return f"{space}{_grid(widths, [_row(between)], padded=False)}{_paragraph('')}"
