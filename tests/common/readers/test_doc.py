import logging

import pytest

from app.common.errors import TooLarge, UnreadableFile
from app.common.file_loader import ReadLimits, load_document
from app.common.readers import msdoc
from tests import documents


def text_of(data: bytes) -> str:
    return load_document("a.doc", data).text


def code_of(data: bytes) -> str:
    with pytest.raises(UnreadableFile) as caught:
        text_of(data)
    return caught.value.code


def test_a_word_97_document_is_read() -> None:
    assert text_of(documents.doc("Hello café\rsecond\r")) == "Hello café\nsecond"


def test_letters_of_any_script_are_read_and_notes_follow() -> None:
    data = documents.doc("мир 日本 😀 end\r", wide=True, footnotes="A note\r")

    assert text_of(data) == "мир 日本 😀 end\nA note"
    assert msdoc.read_text(data, ReadLimits()) == "мир 日本 😀 end\n\nA note"


def test_table_rows_are_lines() -> None:
    assert text_of(documents.doc("A\x07B\x07\x07C\x07D\x07\x07end\r")).split("\n") == ["A\tB", "C\tD", "end"]


@pytest.mark.parametrize(
    ("text", "encoding", "charset", "language"),
    [
        ("Привет, мир", "cp1251", 204, 0x409),
        ("Příliš žluťoučký kůň", "cp1250", 0, 0x405),
        ("Καλημέρα", "cp1253", 161, 0x409),
        ("Café naïve", "cp1252", 0, 0x409),
    ],
)
def test_a_word_95_document_is_read_in_the_code_page_of_its_language_or_fonts(
    text: str, encoding: str, charset: int, language: int
) -> None:
    assert text_of(documents.doc_of_word_95(f"{text}\r", encoding, charset=charset, language=language)) == text


def test_our_own_reader_keeps_field_results_and_drops_instructions() -> None:
    data = documents.doc('see \x13 HYPERLINK "x" \x14the \x13 PAGE \x14seventh\x15 page\x15 now\r')

    assert msdoc.read_text(data, ReadLimits()) == "see the seventh page now"


def test_a_document_that_the_first_reader_gives_up_is_read_by_our_own(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    assert text_of(documents.doc("plain words\r", shorts=20)) == "plain words"
    assert "trying our own reader" in caplog.text


def load_or_none(data: bytes) -> str:
    try:
        return text_of(data)
    except UnreadableFile as error:
        return error.code


def test_our_own_reader_stops_at_the_limit() -> None:
    with pytest.raises(TooLarge):
        msdoc.read_text(documents.doc("x" * 101), ReadLimits(max_characters=100))


def test_a_password_is_asked_for_clearly() -> None:
    assert code_of(documents.doc("secret\r", encrypted=True)) == "encrypted"


def test_a_document_without_text_says_so() -> None:
    assert code_of(documents.doc("\r\r")) == "no_text"


@pytest.mark.parametrize(
    ("at", "value"),
    [(0, b"\0\0"), (32, b"\xff\xff"), (62, b"\xff\xff"), (76, b"\xff\xff\xff\x7f"), (418, b"\xff" * 8)],
)
def test_a_header_with_impossible_numbers_gives_text_or_a_code(at: int, value: bytes) -> None:
    stream = bytearray(documents.doc("Hello\r"))
    begin = stream.index(b"\xec\xa5\xc1\x00")
    stream[begin + at : begin + at + len(value)] = value

    assert load_or_none(bytes(stream)) in {"corrupt", "no_text", "Hello"}


def test_a_circle_of_sectors_ends() -> None:
    data = bytearray(documents.doc("Hello\r"))
    data[512:1024] = b"\x01\0\0\0" * 128

    assert len(load_or_none(bytes(data))) < 100
