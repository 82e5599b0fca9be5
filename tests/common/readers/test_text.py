import pytest

from app.common.errors import UnsupportedType
from app.common.readers.text import decode

SAMPLES = {
    "Größe und Maß, naïve café": ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32-le", "cp1252"],
    "Les élèves étaient très fatigués après l’école": ["cp1252"],
    "Él está aquí. ¿Qué pasó mañana?": ["cp1252"],
    "Der Preis beträgt 20 €": ["cp1252"],
    "Zażółć gęślą jaźń i więcej tekstu po polsku": ["cp1250", "utf-8"],
    "Příliš žluťoučký kůň úpěl ďábelské ódy": ["cp1250"],
    "Это короткий текст на русском языке о погоде.": ["cp1251", "koi8-r", "utf-16-le", "utf-16-be"],
    "Καλημέρα κόσμε, αυτό είναι ένα κείμενο": ["cp1253"],
    "日本語のテキストです。\nこれは試験です": ["shift_jis", "euc_jp", "iso2022_jp", "utf-16-le", "utf-16-be"],
    "这是一个中文文本，用于测试编码检测": ["gb18030"],
    "這是一個中文文本": ["big5"],
    "한국어 텍스트입니다": ["euc_kr", "iso2022_kr"],
    "שלום עולם זה טקסט בעברית": ["cp1255"],
    "مرحبا بالعالم هذا نص عربي": ["cp1256"],
    "สวัสดีชาวโลก นี่คือข้อความ": ["cp874"],
}


@pytest.mark.parametrize(
    ("text", "encoding"), [(text, encoding) for text, encodings in SAMPLES.items() for encoding in encodings]
)
def test_text_is_read_in_its_encoding(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)).text == text


def test_a_letter_far_into_a_file_decides_the_encoding() -> None:
    text = "plain words\n" * 50_000 + "Die Straße führt über die Brücke zum schönen Gebäude, für alle Gäste.\n" * 3

    assert decode(text.encode("cp1252")).text == text


def test_one_broken_byte_does_not_spoil_a_long_text_in_utf_8() -> None:
    good = "Zażółć gęślą jaźń. " * 20
    decoded = decode(good.encode() + b"\xff" + good.encode())

    assert decoded.text == good + good
    assert decoded.damaged


@pytest.mark.parametrize(
    "data",
    [
        bytes(range(256)) * 20,
        b"abc\0\0\0def\0\0\0\0\0" * 30,
        b"\x01\x02\x03\x04\x05words\x06\x07\x08" * 30,
        bytes(byte for byte in range(1, 256) if byte not in (9, 10, 13)) * 20,
    ],
)
def test_binary_data_is_no_text(data: bytes) -> None:
    with pytest.raises(UnsupportedType) as caught:
        decode(data)

    assert caught.value.code == "type_mismatch"


def test_a_stray_nul_byte_does_not_make_text_binary() -> None:
    assert decode(b"a plain text of many words " * 20 + b"\0").encoding == "utf-8"


def test_text_that_was_once_decoded_wrongly_is_text() -> None:
    text = "It’s “quoted”".encode().decode("latin-1")

    assert decode(text.encode()).text == text


def test_a_mark_of_an_encoding_that_does_not_fit_is_not_trusted() -> None:
    with pytest.raises(UnsupportedType):
        decode(b"\xff\xfe\x00" + b"\xd8\x00" * 100)


@pytest.mark.parametrize("text", ["Größe und Maß", "Zażółć gęślą", "Привет, мир", "日本語のテキスト"])
@pytest.mark.parametrize("place", ["begin", "end"])
def test_one_stray_byte_does_not_make_a_short_text_another(text: str, place: str) -> None:
    good = text.encode()
    decoded = decode(b"\xff " + good if place == "begin" else good + b" \xff")

    assert decoded.text.strip() == text
    assert (decoded.encoding, decoded.damaged) == ("utf-8", True)
    assert decoded.warnings


def test_a_western_letter_among_utf_8_is_read_and_half_a_letter_left_out() -> None:
    assert decode("Größe, Maß, für ".encode() + b"caf\xe9, it\x92s").text == "Größe, Maß, für café, it’s"
    assert decode("Größe, Maß, ".encode() + "€".encode()[:2]).text == "Größe, Maß, "


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
def test_a_marked_text_without_its_last_byte_is_still_read(encoding: str) -> None:
    decoded = decode("Größe und Maß für alle é".encode(encoding)[:-1])

    assert decoded.text.startswith("Größe und Maß für alle")
    assert decoded.damaged


def test_a_western_text_with_what_looks_like_utf_8_once_stays_western() -> None:
    text = "Größe, Maß, Fuß, café, naïve: aus Ã© wird é, ä, ö, ü, ß"

    assert decode(text.encode("cp1252")).text == text
