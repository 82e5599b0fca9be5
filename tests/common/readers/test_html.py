import pytest

from app.common.errors import AppError
from app.common.file_loader import LoadedDocument, load_document


def page(body: str, head: str = "") -> LoadedDocument:
    return load_document("a.html", f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>".encode())


def test_paragraphs_stand_apart_and_inline_elements_do_not_cut_words() -> None:
    document = page("<p>The <b>har</b>bour\n   crane</p><div>lifts<br>forty <a href='/x'>tonnes</a>.</div>tail")

    assert document.text == "The harbour crane\n\nlifts\nforty tonnes.\n\ntail"


def test_headings_have_their_levels() -> None:
    document = page("<h1>Manual</h1><p>x</p><h3>Deep <em>part</em></h3><p>y</p>")

    assert [(h.level, h.title) for h in document.headings] == [(1, "Manual"), (3, "Deep part")]
    assert document.text[document.headings[1].start :].startswith("Deep part")


def test_the_title_is_the_topmost_heading_of_a_page_without_h1() -> None:
    assert [h.title for h in page("<h2>B</h2><p>x", "<title>A</title>").headings] == ["A", "B"]
    assert [h.title for h in page("<h1>B</h1><p>x", "<title>A</title>").headings] == ["B"]


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>alert('secret')</script>",
        "<style>.secret{}</style>",
        "<template>secret</template>",
        "<noscript>secret</noscript>",
        "<nav><a href='/'>secret</a></nav>",
        "<svg><text>secret</text></svg>",
        "<p hidden>secret</p>",
        "<p style='color:red; display : none'>secret</p>",
        "<span style='visibility:hidden'>secret</span>",
        "<!-- secret -->",
        "<?php secret ?>",
        "<head><style>secret</style></head>",
    ],
)
def test_what_a_browser_does_not_show_is_left_out(hidden: str) -> None:
    assert page(f"before {hidden}after").text.split() == ["before", "after"]


def test_a_table_is_read_row_by_row() -> None:
    document = page(
        "<table><caption>Prices</caption><thead><tr><th>Part<th>Price</thead>"
        "<tr><td><p>Frame</p><p>steel</p><td>1,200</tr><tr><td><td>7</tr></table>after"
    )

    assert document.text == "Prices\nPart | Price\nFrame steel | 1,200\n| 7\n\nafter"


def test_a_table_that_only_places_things_is_read_as_what_is_in_it() -> None:
    document = page("<table><tr><td><h2>Left</h2><p>one</p><td><table><tr><td>a<td>b</table></table>")

    assert document.text == "Left\n\none\n\na | b"
    assert [h.title for h in document.headings] == ["Left"]


def test_items_of_a_list_stand_together() -> None:
    assert page("<ul><li>one<li>two<ol><li>inner</ol><li>three</ul>").text == "one\ntwo\ninner\nthree"


def test_code_keeps_its_lines() -> None:
    assert page("<pre>if x:\n    go()\n</pre>").text == "if x:\n    go()"


def test_a_raised_number_is_not_one_with_more_digits() -> None:
    assert page("10<sup>2</sup> m<sup>-1</sup> 4<sup>th</sup>").text == "10² m⁻¹ 4th"


def test_entities_are_resolved_once() -> None:
    assert page("&lt;b&gt; &amp;lt; caf&eacute; &#x1F600;&nbsp;x &unknown;").text == "<b> &lt; café 😀 x &unknown;"


@pytest.mark.parametrize(
    ("encoding", "declaration"),
    [
        ("iso-8859-1", '<meta charset="iso-8859-1">'),
        ("cp1252", "<meta http-equiv='Content-Type' content='text/html; charset=ISO-8859-1'>"),
        ("cp1251", "<meta charset=windows-1251>"),
        ("shift_jis", "<meta charset='Shift_JIS'>"),
        ("utf-8", "<meta charset='iso-8859-1'>"),
        ("utf-8", ""),
        ("utf-16", ""),
        ("utf-8-sig", ""),
    ],
)
def test_the_declared_encoding_is_used_unless_it_is_plainly_wrong(encoding: str, declaration: str) -> None:
    text = {"cp1251": "Кран поднимает", "shift_jis": "港のクレーン"}.get(encoding, "Müller café naïve")
    content = f"<html><head>{declaration}</head><body><p>{text}</p></body></html>".encode(encoding)

    assert load_document("a.html", content).text == text


@pytest.mark.parametrize("name", ["rot13", "hex", "unicode_escape", "utf-7", "idna", "zlib", "no-such-thing"])
def test_an_encoding_that_no_page_is_written_in_is_not_used(name: str) -> None:
    content = f"<meta charset='{name}'><p>caf\\u00e9 +AGE-</p>".encode() + "<p>naïve Müller</p>".encode("cp1252")

    assert load_document("a.html", content).text == "caf\\u00e9 +AGE-\n\nnaïve Müller"


def test_xhtml_with_an_external_doctype_fetches_nothing() -> None:
    content = (
        b'<?xml version="1.0"?><!DOCTYPE html [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
        b"<html xmlns='http://www.w3.org/1999/xhtml'><body>safe &e; text</body></html>"
    )

    assert "root:" not in load_document("a.xhtml", content).text


def test_a_page_that_is_nested_too_deeply_is_a_bomb_and_not_cut_short() -> None:
    assert page("<div>" * 1500 + "deep" + "</div>" * 1500).text == "deep"
    with pytest.raises(AppError) as caught:
        page("<div>" * 5000 + "deep")
    assert caught.value.code == "bomb"


@pytest.mark.parametrize("body", ["", "<script>x</script>", "<img src='x.png' alt='picture'>", "&nbsp;"])
def test_a_page_without_text_has_none(body: str) -> None:
    with pytest.raises(AppError) as caught:
        page(body)
    assert caught.value.code == "no_text"


def test_a_text_of_12_million_letters_in_one_element_is_read() -> None:
    assert len(page("x" * 12_000_000).text) == 12_000_000
