import pytest

from app.common.file_loader import load_document
from app.common.readers.markdown import markdown_headings


def found(text: str) -> list[tuple[int, str]]:
    return [(heading.level, heading.title) for heading in markdown_headings(text)]


@pytest.mark.parametrize(
    ("text", "headings"),
    [
        ("# One\n\n###### Six ######\n####### no\n", [(1, "One"), (6, "Six")]),
        ("#No space\n    # code\n   # yes\n#\n# #\n", [(1, "yes")]),
        ("# C#\n# Issue #7 #\n", [(1, "C#"), (1, "Issue #7")]),
        ("Title\n=====\n\nSection\n---\n", [(1, "Title"), (2, "Section")]),
        ("two lines\nof a paragraph\n---\n", []),
        ("- item\n---\n| a | b |\n---\n> quote\n---\n", []),
        ("\n---\n\ntext\n", []),
        ("```\n# code\n```\n# Text\n", [(1, "Text")]),
        ("~~~~ python\n# code\n~~~\n```\n# code\n~~~~\n# Text\n", [(1, "Text")]),
        ("```\n# never closed\n", []),
        ("```inline``` code\n# Text\n", [(1, "Text")]),
        ("---\ntitle: x\n---\n# Text\n", [(1, "Text")]),
        ("+++\ntitle = 'x'\n+++\n# Text\n", [(1, "Text")]),
        ("# Text\n\n```\n---\na: b\n---\n# code\n```\n", [(1, "Text")]),
        ("---\n\n# Rule above\n\n---\n", [(1, "Rule above")]),
        ("# **Bold** `code` [link](http://x) snake_case _it_\n", [(1, "Bold code link snake_case it")]),
        ("# \n#\t Tab\n", [(1, "Tab")]),
        ("last\n---", [(2, "last")]),
        ("", []),
    ],
)
def test_headings_are_found_where_they_are(text: str, headings: list[tuple[int, str]]) -> None:
    assert found(text) == headings


def test_offsets_point_at_the_line_of_the_heading() -> None:
    text = "\ufeffIntro\r\n\r\n# One\r\ntext\r\n\r\nTwo\r\n---\r\n"
    document = load_document("a.md", text.encode())

    lines = [document.text[heading.start :].split("\n")[0] for heading in document.headings]
    assert lines == ["# One", "Two"]


def test_code_and_tables_stay_as_they_were_written() -> None:
    text = "# A\n\n```python\ndef f():\n\n\n\n    return 1  \n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"

    assert load_document("a.md", text.encode()).text == text


@pytest.mark.parametrize(
    "piece", ["# " + " " * 50_000 + "x", "#" * 50_000, "[" * 50_000, "`" * 50_000, "---\na:\n" * 9_000]
)
def test_long_odd_lines_take_no_more_than_their_length(piece: str) -> None:
    assert len(markdown_headings(f"{piece}\n# End\n")) <= 9_001
