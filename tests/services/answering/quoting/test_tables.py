"""Rows of tables as sentences."""

import pytest

from app.services.answering.quoting.tables import MAX_ROW, read_grid


@pytest.mark.parametrize(
    "lines",
    [
        ["| Part | Cover |", "| --- | --- |", "| Frame | 10 years |"],
        ["Part\tCover", "Frame\t10 years"],
        ["Part     Cover", "Frame    10 years"],
    ],
)
def test_each_value_has_the_name_of_its_column(lines: list[str]) -> None:
    assert read_grid(lines).texts() == ["Part: Frame; Cover: 10 years"]


def test_rows_without_a_header_are_given_as_they_are() -> None:
    lines = ["BW-101   Battery   649.00", "BW-110   Charger   89.00"]
    assert read_grid(lines).texts() == ["BW-101 Battery 649.00", "BW-110 Charger 89.00"]


def test_a_row_that_is_wider_than_its_header_is_given_plainly() -> None:
    assert read_grid(["| Part | Cover |", "|---|---|", "| Frame | 10 | years |"]).texts() == ["Frame 10 years"]


def test_a_long_row_is_given_in_pieces_that_begin_with_its_first_value() -> None:
    header = "| Name | " + " | ".join(f"Column {n}" for n in range(20)) + " |"
    row = "| Frame | " + " | ".join(["a value of some length"] * 20) + " |"
    pieces = read_grid([header, "|---|", row]).texts()
    assert len(pieces) > 1
    assert all(piece.startswith("Name: Frame; ") and len(piece) <= 2 * MAX_ROW for piece in pieces)
