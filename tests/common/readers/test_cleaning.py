import pytest

from app.common.readers.cleaning import clean, tidy, unreadable_share
from app.common.readers.rtl import to_reading_order


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("a\r\nb\rc\x0bd\x0ce\u2028f\x85g", "a\nb\nc\nd\ne\nf\ng"),
        ("nul\0 dan\x02gerous dan\ufffegerous", "nul dangerous dangerous"),
        ("soft\u00adhyphen zero\u200bwidth \ufeffmark", "softhyphen zerowidth mark"),
        ("lone \ud800 surrogate", "lone  surrogate"),
        ("no\u00a0break\u202fspaces\u2003here", "no break spaces here"),
        ("ﬁnal oﬀer ﬄ", "final offer ffl"),
        ("10² ½ ™ … № ①", "10² ½ ™ … № ①"),
        ("\ufee3\ufeae\ufea3\ufe92\ufe8e", "مرحبا"),
        ("cafe\u0301", "café"),
        ("ignore\u202eevil\u202c \U000e0041\U000e0042tags", "ignoreevil tags"),
        ("family 👩‍👩‍👧 می‌خواهم", "family 👩‍👩‍👧 می‌خواهم"),
        ("\uf0b7 item", "• item"),
    ],
)
def test_what_cannot_be_seen_goes_and_what_was_written_stays(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned
    assert clean(cleaned) == cleaned


def test_layout_is_tidied() -> None:
    assert tidy("  a  \n\n\n\n b\t\nc \n") == "a\n\n b\nc"


def test_the_share_of_unreadable_characters_ignores_spaces() -> None:
    assert unreadable_share("\ue000\ue001 ab\n") == 0.5
    assert unreadable_share(" \n") == 0.0


@pytest.mark.parametrize(
    ("raw", "mended"),
    [
        ("םולש םכל", "לכם שלום"),
        ("שלום לכם", "שלום לכם"),
        ("Total םולש םכל 1,234.50 end", "Total לכם שלום 1,234.50 end"),
        ("(םולש 2024 םכל)", "(לכם 2024 שלום)"),
        ("no letters of that kind", "no letters of that kind"),
        ("", ""),
    ],
)
def test_lines_in_drawing_order_are_turned_and_others_are_left(raw: str, mended: str) -> None:
    assert to_reading_order(raw) == mended
