"""Number formats of spreadsheets: what a program shows for a number."""

import pytest

from app.common.readers.numbers.number_format import number_format


@pytest.mark.parametrize(
    ("code", "number", "shown"),
    [
        ("0.00", 2.5, "2.50"),
        ("#,##0", 1234567, "1,234,567"),
        ("0%", 0.125, "13%"),
        ('0.0 "kg"', -3.25, "-3.3 kg"),
        ("0;(0);-", -7, "(7)"),
        ("0;(0);-", 0, "-"),
        ('[>=1000]0.0,"k";0', 2500, "2.5k"),
        ("[h]:mm", 1.5, "36:00"),
        ("0.0E+00", 12345, "1.2E+04"),
        ("# ?/?", 1.5, "1 1/2"),
    ],
)
def test_a_number_is_shown_as_its_format_says(code: str, number: float, shown: str) -> None:
    found = number_format(code)
    assert found is not None
    assert found.number(number, since_1904=False) == shown


def test_days_are_counted_from_1904_where_the_workbook_says_so() -> None:
    found = number_format("yyyy-mm-dd")
    assert found is not None
    assert found.number(0, since_1904=True) == "1904-01-01"


def test_a_text_is_shown_with_what_the_format_puts_around_it() -> None:
    found = number_format('0;0;0;"No. "@')
    assert found is not None
    assert found.words("17") == "No. 17"


@pytest.mark.parametrize("code", ["General", "[" * 2000])
def test_the_general_format_and_one_longer_than_any_program_writes_are_none(code: str) -> None:
    assert number_format(code) is None
