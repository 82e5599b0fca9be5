"""Names of files: what is shown of them, and which are refused."""

import pytest

from app.common.errors import InvalidInput
from app.common.file_loader import load_document
from app.common.filenames import check_filename


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("re\u0301sume\u0301.txt", "résumé.txt"),
        ("a\u200bb\u2060c\ufeff.txt", "abc.txt"),
        ("so\u00adft.txt", "soft.txt"),
        ("\u200eleft\u200f right\u061c.txt", "left right.txt"),
        ("tag\U000e0041s.txt", "tags.txt"),
        ("blank\u3164filler\u115f.txt", "blankfiller.txt"),
        ("no\u00a0break.txt", "no break.txt"),
        ("a\u200db.txt", "ab.txt"),
        ("می\u200cخواهم.txt", "می\u200cخواهم.txt"),
        ("👩\u200d🚀.txt", "👩\u200d🚀.txt"),
        ("❤\ufe0f.txt", "❤.txt"),
        ("\u200breport.p\u200bdf", "report.pdf"),
    ],
)
def test_what_nobody_sees_is_no_part_of_a_name(name: str, shown: str) -> None:
    assert check_filename(name) == shown


def test_a_name_of_nothing_but_invisible_characters_is_none() -> None:
    with pytest.raises(InvalidInput):
        check_filename("\u200b\u2060")


def test_the_kind_is_that_of_the_name_that_is_shown() -> None:
    assert load_document("notes.t\u200bxt", b"Hello").kind == "txt"


def test_marks_without_end_on_a_letter_are_no_work() -> None:
    with pytest.raises(InvalidInput):
        check_filename("a" + "\u0301\u0316" * 500_000 + ".txt")
