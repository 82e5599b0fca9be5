"""Web pages, e-books, Markdown, plain text and presentations."""

from typing import Any

from tests import containers
from tests.reading.corpus import Reading

_PRE = "<!DOCTYPE html><html><body>"
_TABLE = (
    "<table><tr><th>Region<th colspan=2>Sales<tr><th><th>May<th>June"
    "<tr><td rowspan=2>North<td>1<td>2<tr><td>3<td>4</table>"
)
_SPANNED = ("Region | Sales | Sales", "North | 1 | 2", "North | 3 | 4")
_MATH = (
    "<math><mi>y</mi><mo>=</mo><mfrac><mi>a</mi><mrow><mn>2</mn><mi>b</mi></mrow></mfrac><mo>+</mo>"
    "<msup><mi>x</mi><mn>2</mn></msup></math>"
)
_MARKDOWN = "# Prices\n\n| Part | Price |\n| --- | ---: |\n| Frame | 7 |\n| a \\| b | 8 |\n\nText after\n"


def _page(body: str) -> bytes:
    return f"{_PRE}{body}</body></html>".encode()


def _deck() -> bytes:
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Inches

    def build(presentation: Any) -> None:
        slide = presentation.slides.add_slide(presentation.slide_layouts[5])
        slide.shapes.title.text = "Sales"
        data: Any = CategoryChartData(number_format="#,##0")  # type: ignore[no-untyped-call]  # as it comes
        data.categories = ["North", "South"]
        data.add_series("2026", (4711, 815))
        slide.shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, 0, 0, Inches(3), Inches(3), data)

    return containers.pptx(build)


def _slide_table() -> bytes:
    from pptx.util import Inches

    def build(presentation: Any) -> None:
        slide = presentation.slides.add_slide(presentation.slide_layouts[5])
        slide.shapes.title.text = "Parts"
        table = slide.shapes.add_table(3, 2, 0, 0, Inches(4), Inches(1)).table
        for cell, text in zip(table.iter_cells(), ["Region", "Month", "North", "May", "", "June"], strict=True):
            cell.text = text
        table.cell(1, 0).merge(table.cell(2, 0))

    return containers.pptx(build)


def _numbered_slide() -> bytes:
    from lxml import etree

    def build(presentation: Any) -> None:
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = "Steps"
        frame = slide.placeholders[1].text_frame
        frame.text = "Drain\nClose"
        for paragraph in frame.paragraphs:
            properties = paragraph._p.get_or_add_pPr()
            space = "http://schemas.openxmlformats.org/drawingml/2006/main"
            etree.SubElement(properties, f"{{{space}}}buAutoNum", type="arabicPeriod", startAt="3")

    return containers.pptx(build)


READINGS = [
    Reading("a page", "plain.html", _page("<h1>Cranes</h1><p>They lift.</p>"), ("Cranes They lift.",)),
    Reading(
        "a list that begins at three",
        "start.html",
        _page("<ol start=3><li>Drain<li>Close</ol>"),
        ("3. Drain 4. Close",),
    ),
    Reading(
        "a list with values of its own", "value.html", _page("<ol><li>a<li value=7>b<li>c</ol>"), ("1. a 7. b 8. c",)
    ),
    Reading(
        "a list that counts down", "reversed.html", _page("<ol reversed><li>a<li>b<li>c</ol>"), ("3. a 2. b 1. c",)
    ),
    Reading(
        "letters and Roman numerals",
        "kinds.html",
        _page("<ol type=A><li>x<ol type=i><li>y<li>z</ol><li>w</ol>"),
        ("A. x i. y ii. z B. w",),
    ),
    Reading(
        "cells over rows and columns",
        "spans.html",
        _page(_TABLE),
        _SPANNED,
        tables=(("Region", "Sales / May", "Sales / June"),),
    ),
    Reading(
        "raised and lowered characters",
        "scripts.html",
        _page("10<sup>6</sup> H<sub>2</sub>O 4<sup>th</sup> x<sub>i</sub>"),
        ("10⁶ H₂O 4th x_i",),
        ("106",),
    ),
    Reading("an equation", "math.html", _page(f"<p>So {_MATH} holds.</p>"), ("So y = a/(2b) + x² holds.",)),
    Reading(
        "what a browser hides",
        "hidden.html",
        _page("<p>seen<script>x()</script><p hidden>unseen"),
        ("seen",),
        ("unseen",),
    ),
    Reading(
        "a Western page that says so",
        "western.html",
        "<meta charset=iso-8859-1><p>Müller café</p>".encode("cp1252"),
        ("Müller café",),
    ),
    Reading(
        "a stray byte in a page",
        "stray.html",
        _page("<p>Größe Maß</p>") + b"<p>\x92</p>",
        ("Größe Maß",),
        warns="do not fit",
    ),
    Reading(
        "a table in Markdown",
        "table.md",
        _MARKDOWN.encode(),
        ("| Frame | 7 |", "Text after"),
        tables=(("Part", "Price"),),
    ),
    Reading("a table in a fence is code", "fence.md", f"```\n{_MARKDOWN}```\n".encode(), ("| Frame | 7 |",), tables=()),
    Reading("plain text", "plain.txt", "Größe und Maß".encode(), ("Größe und Maß",)),
    Reading(
        "one stray byte in a short text",
        "stray.txt",
        "Größe und Maß ".encode() + b"\xff" + " für alle".encode(),
        ("Größe und Maß für alle",),
        warns="do not fit",
    ),
    Reading(
        "a Western letter in UTF-8",
        "mixed.txt",
        "Größe, Maß, Zürich und caf".encode() + b"\xe9",
        ("Größe, Maß, Zürich und café",),
        warns="do not fit",
    ),
    Reading(
        "text in cp1252",
        "western.txt",
        "Größe und Maß für alle Gäste".encode("cp1252"),
        ("Größe und Maß für alle Gäste",),
    ),
    Reading(
        "UTF-16 without its last byte",
        "cut.txt",
        "Größe und Maß".encode("utf-16")[:-1],
        ("Größe und Ma",),
        warns="do not fit",
    ),
    Reading(
        "chapters",
        "plain.epub",
        containers.epub({"a.xhtml": "<h1>Cranes</h1><p>They lift.</p>"}),
        ("Cranes They lift.",),
    ),
    Reading(
        "lists and tables in a chapter",
        "book.epub",
        containers.epub({"a.xhtml": f"<ol start='3'><li>Drain</li></ol>{_TABLE}".replace("=2", "='2'")}),
        ("3. Drain", *_SPANNED),
    ),
    Reading(
        "the numbers of a chart",
        "chart.pptx",
        _deck(),
        ("Sales", "North | 4,711", "South | 815"),
        tables=(("", "2026"),),
    ),
    Reading("merged cells on a slide", "merged.pptx", _slide_table(), ("North | May", "North | June")),
    Reading("numbered points on a slide", "numbers.pptx", _numbered_slide(), ("3. Drain 4. Close",)),
    Reading("slides", "plain.pptx", containers.slides("Cranes", "Bells"), ("Cranes Bells",)),
]
