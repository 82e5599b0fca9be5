"""Drawings of Office documents: the paragraphs that are written on them."""

from lxml import etree

from app.common.readers.raw import Block, Budget
from app.common.readers.xml import local_name


def drawn_text(root: etree._Element, budget: Budget) -> list[Block]:
    """Return the paragraphs of a diagram, a chart or the text boxes of a sheet. TooLarge when the budget is spent."""
    paragraphs = (_words(found) for found in root.iter() if local_name(found) == "p")
    return [Block(budget.spend(text), None, "item") for text in paragraphs if text.strip()]


def _words(paragraph: etree._Element) -> str:
    return "".join(found.text or "" for found in paragraph.iter() if local_name(found) == "t")
