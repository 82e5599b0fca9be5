"""Which texts are dates, and which moments they stand for."""

import pytest

from app.common.dates import moment_of

DAY = 86_400


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-02", DAY),
        ("1970-01-02T00:00", DAY),
        ("1970-01-02T00:00:30Z", DAY + 30),
        ("1970-01-02T00:00:00.5Z", DAY + 0.5),
        ("1970-01-02T02:00+02:00", DAY),
        ("1969-12-31T22:30:00-01:30", 0),
        ("0001-01-01", -62_135_596_800),
        ("2024-02-29", 19_782 * DAY),
    ],
)
def test_a_date_stands_for_a_moment(text: str, seconds: float) -> None:
    assert moment_of(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026",
        "2026-05",
        "2026-5-1",
        "01.05.2026",
        "2026-02-30",
        "2025-02-29",
        "2026-13-01",
        "2026-05-01 08:00",
        "2026-05-01T24:00",
        "2026-05-01T08:00:00.1234567Z",
        "2026-05-01\n",
        " 2026-05-01",
        "٢٠٢٦-٠٥-٠١",
        "0000-01-01",
        "2026-W18-1",
        "20260501",
    ],
)
def test_every_other_text_is_just_a_text(text: str) -> None:
    assert moment_of(text) is None


def test_an_offset_may_lead_out_of_the_calendar_without_harm() -> None:
    assert moment_of("0001-01-01T00:00+23:59") == -62_135_596_800 - 86_340
    assert moment_of("9999-12-31T23:59-23:59") is not None
