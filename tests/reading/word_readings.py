"""DOCX, DOC and RTF files."""

from tests import containers, documents
from tests.documents import docx_of_body, paragraph, word_xml
from tests.reading.corpus import Reading

_MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"


def cell(text: str, properties: str = "") -> str:
    """Return a cell of a table."""
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraph(text)}</w:tc>"


def table(*rows: str) -> str:
    """Return a table of rows, each the XML of its cells."""
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in rows) + "</w:tbl>"


def level(place: int, kind: str, text: str, more: str = "") -> str:
    """Return a level of a list."""
    return (
        f'<w:lvl w:ilvl="{place}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/>{more}'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
    )


def lists(*levels: str, more: str = "") -> str:
    """Return a numbering part with one list of these levels, number 1, and further `num` elements."""
    return word_xml(
        "numbering",
        f'<w:abstractNum w:abstractNumId="0">{"".join(levels)}</w:abstractNum>'
        f'<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>{more}',
    )


def item(text: str, place: int = 0, number: int = 1, more: str = "") -> str:
    """Return a paragraph of a list."""
    return paragraph(text, f'{more}<w:numPr><w:ilvl w:val="{place}"/><w:numId w:val="{number}"/></w:numPr>')


def run(text: str, properties: str = "") -> str:
    """Return a run."""
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def script(text: str, kind: str) -> str:
    """Return a raised or lowered run."""
    return run(text, f'<w:vertAlign w:val="{kind}"/>')


def equation(content: str) -> str:
    """Return a paragraph with an equation."""
    return f'<w:p><m:oMath xmlns:m="{_MATH}">{content}</m:oMath></w:p>'


def term(text: str) -> str:
    """Return a run of an equation."""
    return f"<m:r><m:t>{text}</m:t></m:r>"


_CONTRACT = (
    item("Scope")
    + paragraph("The plant.")
    + item("Liability")
    + item("Cap", 1)
    + paragraph("It is capped.")
    + item("Exceptions", 1)
    + item("Term")
    + item("Begin", 1)
)
_STYLES = word_xml(
    "styles",
    '<w:style w:styleId="H1"><w:name w:val="heading 1"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>'
    "</w:style>"
    '<w:style w:styleId="H2"><w:name w:val="heading 2"/><w:basedOn w:val="H1"/><w:pPr><w:numPr><w:ilvl w:val="1"/>'
    "</w:numPr></w:pPr></w:style>",
)
_RESTARTED = (
    '<w:num w:numId="2"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="7"/>'
    "</w:lvlOverride></w:num>"
)
_FRACTION = f"<m:f><m:num>{term('a+b')}</m:num><m:den>{term('2a')}</m:den></m:f>"
_POWER = f"<m:sSup><m:e>{term('x')}</m:e><m:sup>{term('2')}</m:sup></m:sSup>"
_ROOT = f"<m:rad><m:deg/><m:e>{term('x+1')}</m:e></m:rad>"
_SUM = (
    f'<m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr><m:sub>{term("i=1")}</m:sub><m:sup>{term("n")}</m:sup>'
    f"<m:e>{term('i')}</m:e></m:nary>"
)
_TALL = table(
    cell("North", '<w:vMerge w:val="restart"/>') + cell("January") + cell("120"),
    cell("", "<w:vMerge/>") + cell("February") + cell("140"),
)
_WIDE = table(
    cell("Sales 2025", '<w:gridSpan w:val="2"/>') + cell("Sales 2026"),
    cell("Q1") + cell("Q2") + cell("Q1"),
    cell("1") + cell("2") + cell("3"),
)
_MARKED = (
    "<w:tbl><w:tr><w:trPr><w:tblHeader/></w:trPr>"
    + cell("Part")
    + cell("Kind")
    + "</w:tr><w:tr>"
    + cell("Saw")
    + cell("hand")
    + "</w:tr></w:tbl>"
)
_SYMBOLS = (
    '<w:p><w:r><w:sym w:font="Symbol" w:char="F061"/><w:t xml:space="preserve"> and </w:t>'
    '<w:sym w:font="Wingdings" w:char="F0FE"/></w:r></w:p>'
)

READINGS = [
    Reading(
        "paragraphs and notes",
        "plain.docx",
        docx_of_body(
            paragraph("body"), footnotes=word_xml("footnotes", f"<w:footnote>{paragraph('foot')}</w:footnote>")
        ),
        ("body foot",),
    ),
    Reading(
        "clauses that Word numbers",
        "contract.docx",
        docx_of_body(_CONTRACT, numbering=lists(level(0, "decimal", "%1."), level(1, "decimal", "%1.%2"))),
        ("1. Scope", "2. Liability", "2.1 Cap", "2.2 Exceptions", "3. Term", "3.1 Begin"),
    ),
    Reading(
        "Roman numbers and letters",
        "kinds.docx",
        docx_of_body(
            item("a") + item("b", 1) + item("c", 1) + item("d"),
            numbering=lists(level(0, "upperRoman", "%1."), level(1, "lowerLetter", "(%2)")),
        ),
        ("I. a", "(a) b", "(b) c", "II. d"),
    ),
    Reading(
        "levels that go on and legal numbers",
        "legal.docx",
        docx_of_body(
            item("a") + item("b", 1) + item("c") + item("d", 1),
            numbering=lists(
                level(0, "upperRoman", "Article %1"),
                level(1, "decimal", "%1.%2", '<w:lvlRestart w:val="0"/><w:isLgl/>'),
            ),
        ),
        ("Article I a", "1.1 b", "Article II c", "2.2 d"),
    ),
    Reading(
        "a list that begins anew",
        "restart.docx",
        docx_of_body(
            item("a") + item("b") + item("c", number=2) + item("d", number=2),
            numbering=lists(level(0, "decimal", "%1)"), more=_RESTARTED),
        ),
        ("1) a", "2) b", "7) c", "8) d"),
    ),
    Reading(
        "headings numbered by their style",
        "styles.docx",
        docx_of_body(
            paragraph("Scope", '<w:pStyle w:val="H1"/>')
            + paragraph("Part", '<w:pStyle w:val="H2"/>')
            + paragraph("End", '<w:pStyle w:val="H1"/>'),
            styles=_STYLES,
            numbering=lists(level(0, "decimal", "%1"), level(1, "decimal", "%1.%2")),
        ),
        ("1 Scope", "1.1 Part", "2 End"),
    ),
    Reading(
        "bullets are no numbers",
        "bullets.docx",
        docx_of_body(item("one") + item("two"), numbering=lists(level(0, "bullet", "\uf0b7"))),
        ("one two",),
    ),
    Reading("a label over several rows", "tall.docx", docx_of_body(_TALL), ("North | February | 140",)),
    Reading(
        "a label over several columns",
        "wide.docx",
        docx_of_body(_WIDE),
        ("Sales 2025 | Sales 2025 | Sales 2026", "Q1 | Q2 | Q1"),
        tables=(("Sales 2025 / Q1", "Sales 2025 / Q2", "Sales 2026 / Q1"),),
    ),
    Reading(
        "a header that the file marks",
        "marked.docx",
        docx_of_body(_MARKED),
        ("Saw | hand",),
        tables=(("Part", "Kind"),),
    ),
    Reading(
        "raised and lowered characters",
        "scripts.docx",
        docx_of_body(
            f"<w:p>{run('10')}{script('6', 'superscript')}{run(' H')}{script('2', 'subscript')}"
            f"{run('O, the 1')}{script('st', 'superscript')}{run(', 500')}{script('a', 'superscript')}"
            f"{run(' and x')}{script('max', 'subscript')}</w:p>"
        ),
        ("10⁶", "H₂O", "the 1st", "x_max"),
        ("106",),
    ),
    Reading(
        "a fraction and a power",
        "fraction.docx",
        docx_of_body(equation(term("y=") + _FRACTION + term("+") + _POWER)),
        ("y = (a + b)/(2a) + x²",),
    ),
    Reading(
        "a root and a sum", "sum.docx", docx_of_body(equation(_ROOT + term("=") + _SUM)), ("√(x + 1) = ∑_(i = 1)^n i",)
    ),
    Reading("symbols of fonts", "symbols.docx", docx_of_body(_SYMBOLS), ("α and ☑",)),
    Reading(
        "a chart",
        "chart.docx",
        docx_of_body(
            paragraph("Sales"), **{"charts/chart1": containers.chart_xml({"2026": {"North": 4711, "South": 815}})}
        ),
        ("North | 4711", "South | 815"),
    ),
    Reading("a binary Word file", "old.doc", documents.doc("Hello from Word 97\r"), ("Hello from Word 97",)),
    Reading(
        "a Word 95 file in Russian",
        "older.doc",
        documents.doc_of_word_95("Привет мир\r", "cp1251", charset=204),
        ("Привет мир",),
    ),
    Reading(
        "numbers of lists in RTF",
        "list.rtf",
        containers.rtf(r"{\listtext 1.\tab}\ls1 first\par\pard{\listtext 2.\tab}\ls1 second\par"),
        ("1. first 2. second",),
    ),
    Reading("raised characters in RTF", "raised.rtf", containers.rtf(r"10{\super 6} H{\sub 2}O\par"), ("10⁶ H₂O",)),
    Reading(
        "merged cells in RTF",
        "merged.rtf",
        containers.rtf(
            r"\trowd\clvmgf\cellx1\cellx2\pard\intbl North\cell May\cell\row"
            r"\trowd\clvmrg\cellx1\cellx2\pard\intbl\cell June\cell\row\pard end"
        ),
        ("North | May", "North | June"),
    ),
]
