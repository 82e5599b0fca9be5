import sys
from collections import Counter

import pytest

from app.common.errors import AppError
from app.common.file_loader import LoadedDocument, load_document
from tests import containers


def read(body: str) -> LoadedDocument:
    return load_document("a.rtf", containers.rtf(body))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (r"one\par two\line three\tab four", "one\n\ntwo\nthree\tfour"),
        (r"a\{b\}c\\d\~e\_f\-g", r"a{b}c\d e-fg"),
        (r"caf\'e9 \'80", "café €"),
        (r"\u8364?5 \u8220\'93quoted\u8221\'94", "€5 “quoted”"),
        (r"\uc2\u8364ab5\uc0\u8364 5", "€5€5"),
        (r"{\uc0\u8364}\u8364?5", "€€5"),
        (r"\u-10179?\u-8704?", "😀"),
        (r"{\f1 \'cf\'f0\'e8\'e2\'e5\'f2} caf\'e9", "Привет café"),
        (r"{\f2 \'93\'fa\'96\'7b \'83A}", "日本 ア"),
        (r"\lquote x\rquote  \ldblquote y\rdblquote  \emdash  \bullet", "‘x’ “y” — •"),
        ("soft\r\nline ends\n are none", "softline ends are none"),
        (r"shown {\v hidden }and {\deleted gone }kept {\v\v0 back}", "shown and kept back"),
        (r"{\field{\*\fldinst HYPERLINK {http://example.org}}{\fldrslt the link}} after", "the link after"),
        (r"{\pict\pngblip 89504e47}{\*\generator Writer}{\info{\title Secret}}text", "text"),
        (r"{\*\unknown{\b secret}}text", "text"),
        (r"{\upr{plain}{\*\ud{better}}} text", "better text"),
        (r"{\b bold}{\i0\fs24 size}", "boldsize"),
        (r"{\listtext 1.\tab}\ls1 first\par\pard{\listtext 2.\tab}\ls1 second\par", "1.\tfirst\n2.\tsecond"),
        (
            r"\trowd\pard\intbl Part\cell Price\cell\row\trowd\pard\intbl\cell 7\par 8\cell\row\pard after",
            "Part | Price\n| 7 8\n\nafter",
        ),
        (
            r"body{\footnote{\super 1} note\par} more\par{\header head\par}{\annotation remark}",
            "body more\n\n1 note\n\nremark\n\nhead",
        ),
        (
            r"at {\shp{\*\shpinst{\sp{\sn a}{\sv b}}{\shptxt in a box\par}}{\shprslt fallback}}anchor",
            "at anchor\n\nin a box",
        ),
        (r"{\object{\*\objclass Word}{\*\objdata 0105}{\result shown}}", "shown"),
    ],
)  # fmt: skip
def test_what_a_person_sees_is_read(body: str, text: str) -> None:
    assert read(body).text == text


def test_headings_come_from_styles_and_from_outline_levels() -> None:
    document = read(
        r"\pard\s1 Chapter\par\pard text\par\pard\s2 Part\par\pard\outlinelevel4 Deep\par\pard\s1\outlinelevel9 No\par"
    )

    assert [(h.level, h.title) for h in document.headings] == [(1, "Chapter"), (2, "Part"), (5, "Deep")]


def test_the_same_header_is_read_once() -> None:
    assert read(r"{\header head\par}one\sect{\header head\par}two").text == "one\n\ntwo\n\nhead"


def test_binary_data_is_jumped_over() -> None:
    assert read(r"before {\pict\bin5 }{}\\}after").text == "before after"


def test_a_document_that_is_cut_off_is_read_with_a_warning() -> None:
    document = load_document("a.rtf", containers.rtf(r"kept text\par {\b mor")[:-1])

    assert document.text.startswith("kept text")
    assert document.warnings == ("The document is damaged; parts may be missing.",)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (rb"{\rtf1 " + b"{" * 100_000, "bomb"),
        (rb"{\rtf1 }", "no_text"),
        (rb"{\rtf1 \bin99999999999 x}", "corrupt"),
        (rb"{\rtf1 a}" + b"x" * 100, "corrupt"),
        (b"{\\rtf1 " + b"\x01\x02\x03" * 100 + b"}", "corrupt"),
    ],
)
def test_a_broken_or_hostile_document_has_its_code(content: bytes, code: str) -> None:
    with pytest.raises(AppError) as caught:
        load_document("a.rtf", content)
    assert caught.value.code == code


def test_deep_groups_are_read_without_recursion() -> None:
    assert read("{" * 4000 + "deep" + "}" * 4000).text == "deep"


def test_work_grows_with_the_size_alone() -> None:
    def calls(times: int) -> int:
        content = containers.rtf(r"{\field{\*\fldinst HYPERLINK " * times + "x")
        counted = Counter[str]()
        sys.setprofile(lambda _frame, event, _arg: counted.update([event]))
        try:
            with pytest.raises(AppError):
                load_document("a.rtf", content)
        finally:
            sys.setprofile(None)
        return counted["call"]

    assert 2000 < calls(2000) < 11 * calls(200)
