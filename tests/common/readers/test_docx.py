import io
import zipfile

import pytest

from app.common.errors import UnreadableFile
from app.common.file_loader import Heading, LoadedDocument, load_document
from tests import documents
from tests.documents import paragraph, word_xml


def load(data: bytes) -> LoadedDocument:
    return load_document("a.docx", data)


def text_of(body: str, **parts: str) -> str:
    return load(documents.docx_of_body(body, **parts)).text


def code_of(data: bytes) -> str:
    with pytest.raises(UnreadableFile) as caught:
        load(data)
    return caught.value.code


def run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


def cell(content: str) -> str:
    return f"<w:tc>{content}</w:tc>"


def row(*cells: str) -> str:
    return f"<w:tr>{''.join(cell(paragraph(text)) for text in cells)}</w:tr>"


def test_headings_come_from_styles_and_the_title_stands_above_them() -> None:
    def build(document: object) -> None:
        from docx.document import Document

        assert isinstance(document, Document)
        document.add_heading("The manual", 0)
        document.add_heading("Billing", 1)
        document.add_paragraph("Text")
        document.add_heading("Refunds", 2)

    document = load(documents.docx(build))

    assert document.headings == (Heading(0, 0, "The manual"), Heading(12, 1, "Billing"), Heading(27, 2, "Refunds"))
    assert document.text == "The manual\n\nBilling\n\nText\n\nRefunds"


def test_a_style_inherits_that_it_is_a_heading_and_circles_end() -> None:
    styles = word_xml(
        "styles",
        '<w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>'
        '<w:style w:styleId="Own"><w:name w:val="Own"/><w:basedOn w:val="berschrift1"/></w:style>'
        '<w:style w:styleId="Level"><w:name w:val="L"/><w:pPr><w:outlineLvl w:val="2"/></w:pPr></w:style>'
        '<w:style w:styleId="A"><w:name w:val="A"/><w:basedOn w:val="B"/></w:style>'
        '<w:style w:styleId="B"><w:name w:val="B"/><w:basedOn w:val="A"/></w:style>',
    )
    names = ("berschrift1", "Own", "Level", "A", "Unknown")
    body = "".join(paragraph(name, f'<w:pStyle w:val="{name}"/>') for name in names)
    body += paragraph("Demoted", '<w:pStyle w:val="Own"/><w:outlineLvl w:val="9"/>')

    document = load(documents.docx_of_body(body, styles=styles))

    assert [(h.title, h.level) for h in document.headings] == [("berschrift1", 1), ("Own", 1), ("Level", 3)]


def test_a_table_is_read_row_by_row_and_a_merged_cell_once() -> None:
    merged = f'<w:tr><w:tc><w:tcPr><w:gridSpan w:val="2"/></w:tcPr>{paragraph("wide")}</w:tc></w:tr>'
    table = f"<w:tbl><w:tblPr/>{row('a', 'b', 'c')}{row('1', '', '3')}{merged}</w:tbl>"

    assert text_of(paragraph("before") + table + paragraph("after")) == ("before\n\na | b | c\n1 |  | 3\nwide\n\nafter")


def test_a_table_in_a_cell_stands_in_its_cell() -> None:
    inner = f"<w:tbl>{row('x', 'y')}</w:tbl>"
    table = f"<w:tbl><w:tr>{cell(paragraph('left'))}{cell(inner + paragraph('below'))}</w:tr></w:tbl>"

    assert text_of(table) == "left | x | y below"


def test_rows_and_cells_in_content_controls_are_read() -> None:
    control = "<w:sdt><w:sdtPr/><w:sdtContent>{}</w:sdtContent></w:sdt>"
    table = f"<w:tbl>{control.format(row('a', 'b'))}<w:tr>{control.format(cell(paragraph('c')))}</w:tr></w:tbl>"
    inline = f"<w:p>{run('in')}{control.format(run('side'))}</w:p>"

    assert text_of(control.format(paragraph("block")) + inline + table) == "block\n\ninside\n\na | b\nc"


def test_insertions_are_read_and_deletions_are_not() -> None:
    body = (
        f"<w:p>{run('kept ')}<w:ins>{run('new ')}</w:ins><w:del><w:r><w:delText>old </w:delText></w:r></w:del>"
        f"<w:moveFrom>{run('from ')}</w:moveFrom><w:moveTo>{run('to')}</w:moveTo></w:p>"
        f"<w:tbl><w:tr><w:trPr><w:del/></w:trPr>{cell(paragraph('gone'))}</w:tr>{row('here')}</w:tbl>"
    )

    assert text_of(body) == "kept new to\n\nhere"


def test_hidden_text_is_left_out() -> None:
    body = f"<w:p>{run('seen')}{run('hidden', '<w:vanish/>')}{run(' too', '<w:vanish w:val=&quot;0&quot;/>')}</w:p>"

    assert text_of(body.replace("&quot;", '"')) == "seen too"


def test_field_results_are_read_and_instructions_are_not() -> None:
    body = f"<w:p><w:r><w:instrText>PAGEREF _Toc1</w:instrText></w:r>{run('12')}</w:p>"

    assert text_of(body) == "12"


def test_a_text_box_is_read_once() -> None:
    box = "<w:txbxContent>" + paragraph("boxed") + "</w:txbxContent>"
    body = (
        f"<w:p>{run('around')}<w:r><mc:AlternateContent><mc:Choice>{box}</mc:Choice>"
        f"<mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )

    assert text_of(body) == "around\n\nboxed"


def test_breaks_tabs_and_hyphens_keep_words_apart() -> None:
    body = "<w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t><w:noBreakHyphen/><w:t>d</w:t></w:r></w:p>"

    assert text_of(body) == "a\tb\nc-d"


def test_notes_comments_headers_and_footers_follow_the_body_once() -> None:
    text = text_of(
        paragraph("body"),
        footnotes=word_xml("footnotes", f"<w:footnote>{paragraph('foot')}</w:footnote>"),
        endnotes=word_xml("endnotes", f"<w:endnote>{paragraph('end')}</w:endnote>"),
        comments=word_xml("comments", f"<w:comment>{paragraph('said')}</w:comment>"),
        header1=word_xml("hdr", paragraph("head")),
        header2=word_xml("hdr", paragraph("head")),
        footer1=word_xml("ftr", paragraph("low")),
    )

    assert text == "body\n\nfoot\n\nend\n\nsaid\n\nhead\n\nlow"


def test_a_part_that_is_damaged_is_named_and_the_rest_is_read() -> None:
    document = load(documents.docx_of_body(paragraph("body"), footnotes="<w:footnotes><broken"))

    assert document.text == "body"
    assert document.warnings == ("The footnotes could not be read.",)


def test_a_strict_file_is_read_though_its_namespaces_differ() -> None:
    strict = "http://purl.oclc.org/ooxml/wordprocessingml/main"
    data = documents.zip_file(documents.docx_parts(paragraph("strict") + f"<w:tbl>{row('a', 'b')}</w:tbl>", strict))

    assert load(data).text == "strict\n\na | b"


def test_a_main_part_of_another_name_is_found() -> None:
    parts = documents.docx_parts(paragraph("moved"))
    parts["word/document2.xml"] = parts.pop("word/document.xml")
    parts["_rels/.rels"] = parts["_rels/.rels"].replace(b"word/document.xml", b"/word/document2.xml")

    assert load(documents.zip_file(parts)).text == "moved"


def test_what_can_be_read_of_a_document_that_is_not_well_formed_is_read() -> None:
    parts = documents.docx_parts(paragraph("readable") + paragraph("also"))
    parts["word/document.xml"] = parts["word/document.xml"].replace(b"</w:body></w:document>", b"")

    document = load(documents.zip_file(parts))

    assert document.text == "readable\n\nalso"
    assert document.warnings == ("The document is damaged; parts may be missing.",)


def test_a_document_without_text_says_so() -> None:
    assert code_of(documents.docx_of_body("<w:p/>")) == "no_text"


def test_a_document_without_its_main_part_is_corrupt() -> None:
    parts = documents.docx_parts("")
    del parts["word/document.xml"]

    assert code_of(documents.zip_file(parts | {"word/other.xml": b"<x/>"})) == "corrupt"


def test_a_part_that_unpacks_to_far_more_than_its_size_is_a_bomb() -> None:
    assert code_of(documents.zip_file(documents.docx_parts("") | {"word/document.xml": b" " * (30 << 20)})) == "bomb"


def test_sizes_that_the_archive_denies_are_counted_while_reading() -> None:
    data = documents.zip_file(documents.docx_parts("") | {"word/document.xml": b" " * (70 << 20)})
    real = (70 << 20).to_bytes(4, "little")
    assert data.count(real) == 2

    assert code_of(data.replace(real, (1000).to_bytes(4, "little"))) in {"bomb", "corrupt"}


def test_a_part_larger_than_any_document_is_a_bomb() -> None:
    parts = documents.docx_parts("") | {"word/document.xml": b" " * (65 << 20)}

    assert code_of(documents.zip_file(parts, zipfile.ZIP_STORED)) == "bomb"


def test_too_many_parts_are_a_bomb() -> None:
    many = {f"word/x{number}.xml": b"" for number in range(5001)}

    assert code_of(documents.zip_file(documents.docx_parts(paragraph("x")) | many)) == "bomb"


@pytest.mark.parametrize(
    "declaration",
    [
        '<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;">',
        '<!ENTITY c SYSTEM "file:///etc/hostname">',
        '<!ENTITY % d SYSTEM "http://127.0.0.1:9/x.dtd"> %d; <!ENTITY c "x">',
        '<!ENTITY c "&c;">',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused(declaration: str, encoding: str) -> None:
    xml = word_xml("document", f"<w:body>{paragraph('text &c;')}</w:body>").replace("UTF-8", encoding)
    xml = xml.replace("<w:document", f"<!DOCTYPE w:document [{declaration}]><w:document", 1)
    parts = documents.docx_parts("") | {"word/document.xml": xml.encode(encoding)}

    assert code_of(documents.zip_file(parts)) == "bomb"


def test_elements_nested_without_end_are_refused() -> None:
    assert code_of(documents.docx_of_body("<w:sdt>" * 100_000 + "</w:sdt>" * 100_000)) == "corrupt"
    assert text_of("<w:sdt>" * 200 + paragraph("deep") + "</w:sdt>" * 200) == "deep"


def test_a_protected_archive_is_encrypted() -> None:
    data = bytearray(documents.docx_of_body(paragraph("x")))
    at = data.rfind(b"PK\x01\x02", 0, data.rfind(b"word/document.xml"))
    data[at + 8] |= 1

    assert code_of(bytes(data)) == "encrypted"


def test_a_template_of_python_docx_with_lists_keeps_items_together() -> None:
    def build(document: object) -> None:
        from docx.document import Document

        assert isinstance(document, Document)
        document.add_paragraph("Needed:")
        document.add_paragraph("one", style="List Bullet")
        document.add_paragraph("two", style="List Bullet")
        document.add_paragraph("Done.")
        document.sections[0].header.paragraphs[0].text = "Head"
        document.add_table(1, 2).cell(0, 1).text = "cell"

    assert load(documents.docx(build)).text == "Needed:\n\none\ntwo\n\nDone.\n\n| cell\n\nHead"


def test_the_same_bytes_give_the_same_document() -> None:
    data = documents.docx_of_body(paragraph("same"))

    assert load(data) == load(io.BytesIO(data).getvalue())
