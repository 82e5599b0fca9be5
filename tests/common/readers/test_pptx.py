from typing import Any

import pytest

from app.common.errors import AppError
from app.common.file_loader import LoadedDocument, ReadLimits, load_document
from tests import containers, documents


def read(build: Any) -> LoadedDocument:
    return load_document("a.pptx", containers.pptx(build))


def content_slide(presentation: Any, title: str, *points: str) -> Any:
    slide = presentation.slides.add_slide(presentation.slide_layouts[1])
    slide.shapes.title.text = title
    slide.placeholders[1].text = "\n".join(points)
    return slide


def test_each_slide_is_a_page_under_its_title() -> None:
    def build(presentation: Any) -> None:
        content_slide(presentation, "Cranes", "lift", "turn")
        content_slide(presentation, "Bells", "ring")

    document = read(build)

    assert document.text == "Cranes\n\nlift\nturn\n\nBells\n\nring"
    assert [document.text[start:][:5] for start in document.page_starts] == ["Crane", "Bells"]
    assert [(h.level, h.title) for h in document.headings] == [(1, "Cranes"), (1, "Bells")]


def test_slides_come_in_the_order_of_the_presentation() -> None:
    def build(presentation: Any) -> None:
        content_slide(presentation, "Second")
        content_slide(presentation, "First")
        order = presentation.slides._sldIdLst
        order.append(order[0])

    assert [h.title for h in read(build).headings] == ["First", "Second"]


def test_text_boxes_groups_and_tables_are_read() -> None:
    from pptx.util import Inches

    def build(presentation: Any) -> None:
        slide = content_slide(presentation, "Parts")
        box = slide.shapes.add_textbox(0, 0, Inches(1), Inches(1))
        box.text_frame.text = "in a box"
        group = slide.shapes.add_group_shape()
        group.shapes.add_textbox(0, 0, Inches(1), Inches(1)).text_frame.text = "in a group"
        table = slide.shapes.add_table(2, 2, 0, 0, Inches(4), Inches(1)).table
        for cell, text in zip(table.iter_cells(), ["Part", "Price", "Frame", "7"], strict=True):
            cell.text = text

    assert read(build).text == "Parts\n\nin a box\n\nin a group\n\nPart | Price\nFrame | 7"


def test_charts_and_notes_are_read_after_the_slide() -> None:
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Inches

    def build(presentation: Any) -> None:
        slide = content_slide(presentation, "Sales", "went up")
        data: Any = CategoryChartData()  # type: ignore[no-untyped-call]  # as it comes
        data.categories = ["May"]
        data.add_series("Bikes", (3,))
        chart = slide.shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, 0, 0, Inches(3), Inches(3), data).chart
        chart.has_title = True
        chart.chart_title.text_frame.text = "Bikes sold"
        slide.notes_slide.notes_text_frame.text = "Say why."

    text = read(build).text

    assert text.startswith("Sales\n\nwent up")
    assert "Bikes sold" in text
    assert text.endswith("Notes: Say why.")


def test_hidden_slides_are_empty_pages() -> None:
    def build(presentation: Any) -> None:
        content_slide(presentation, "Shown")
        content_slide(presentation, "Secret")._element.set("show", "0")
        content_slide(presentation, "Last")

    document = read(build)

    assert "Secret" not in document.text
    assert document.text[document.page_starts[2] :] == "Last"
    assert document.warnings == ("Slide 2 is hidden and was left out.",)


def test_a_damaged_slide_is_named_and_the_others_are_read() -> None:
    parts = documents.zip_parts(containers.slides("One", "Two", "Three"))
    parts["ppt/slides/slide2.xml"] = b"<broken"
    document = load_document("a.pptx", documents.zip_file(parts))

    assert document.text.split() == ["One", "Three"]
    assert document.warnings == ("Slide 2 could not be read.",)


@pytest.mark.parametrize(
    ("part", "content", "code"),
    [
        ("ppt/presentation.xml", b"<broken", "corrupt"),
        ("ppt/slides/slide1.xml", b"<broken", "corrupt"),
        ("ppt/slides/slide1.xml", b"<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", "bomb"),
        ("ppt/slides/slide1.xml", b"<sld/>", "no_text"),
    ],
)
def test_a_broken_or_hostile_presentation_has_its_code(part: str, content: bytes, code: str) -> None:
    parts = documents.zip_parts(containers.slides("One"))
    with pytest.raises(AppError) as caught:
        load_document("a.pptx", documents.zip_file(parts | {part: content}))
    assert caught.value.code == code


def test_more_slides_than_pages_are_allowed_are_too_many() -> None:
    with pytest.raises(AppError) as caught:
        load_document("a.pptx", containers.slides("a", "b", "c"), limits=ReadLimits(max_pages=2))
    assert caught.value.code == "too_many_pages"


def test_a_chart_without_numbers_is_named() -> None:
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Inches

    def build(presentation: Any) -> None:
        slide = content_slide(presentation, "Sales", "went up")
        data: Any = CategoryChartData()  # type: ignore[no-untyped-call]  # as it comes
        data.categories = ["May"]
        data.add_series("Bikes", (3,))
        slide.shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, 0, 0, Inches(3), Inches(3), data)

    parts = documents.zip_parts(containers.pptx(build))
    (name,) = [name for name in parts if name.startswith("ppt/charts/chart")]
    space = b"http://schemas.openxmlformats.org/drawingml/2006/chart"
    document = load_document("a.pptx", documents.zip_file(parts | {name: b"<c:chartSpace xmlns:c='%s'/>" % space}))

    assert document.warnings == ("Slide 1: the numbers of a chart are not in the file and were left out.",)


def test_raised_digits_and_equations_of_a_slide_are_read() -> None:
    def build(presentation: Any) -> None:
        frame = content_slide(presentation, "Powers").placeholders[1].text_frame
        frame.text = "10"
        run = frame.paragraphs[0].add_run()
        run.text = "6"
        run.font._element.set("baseline", "30000")

    assert "10⁶" in read(build).text


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("arabicPeriod", "2."),
        ("arabicParenR", "2)"),
        ("arabicParenBoth", "(2)"),
        ("alphaLcPeriod", "b."),
        ("alphaUcParenR", "B)"),
        ("romanUcPeriod", "II."),
        ("arabicPlain", "2"),
    ],
)
def test_points_have_the_numbers_that_are_shown(kind: str, shown: str) -> None:
    from lxml import etree

    def build(presentation: Any) -> None:
        frame = content_slide(presentation, "Steps", "first", "second").placeholders[1].text_frame
        for paragraph in frame.paragraphs:
            space = "http://schemas.openxmlformats.org/drawingml/2006/main"
            etree.SubElement(paragraph._p.get_or_add_pPr(), f"{{{space}}}buAutoNum", type=kind)

    assert f"{shown} second" in read(build).text
