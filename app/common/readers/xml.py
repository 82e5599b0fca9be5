"""Elements and attributes of XML by their local names: ISO Strict files use other namespaces than the usual ones."""

from collections.abc import Iterator

from lxml import etree


def local_name(element: etree._Element) -> str:
    """Return the tag without its namespace; nothing for what is no element, such as an entity without a meaning."""
    tag: object = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def child(element: etree._Element | None, name: str) -> etree._Element | None:
    """Return the first child of this name, None when there is none."""
    if element is None:
        return None
    return next((found for found in element if local_name(found) == name), None)


def children(element: etree._Element | None, name: str) -> Iterator[etree._Element]:
    """Yield the children of this name."""
    return iter(()) if element is None else (found for found in element if local_name(found) == name)


def value(element: etree._Element | None, name: str = "val") -> str:
    """Return an attribute, an empty string when there is none."""
    if element is None:
        return ""
    return next((str(found) for key, found in element.attrib.items() if str(key).rpartition("}")[2] == name), "")


def number(text: str, default: int = 0, *, most: int = 1 << 31) -> int:
    """Return a whole number as files write them, at most `most`; `default` for anything else."""
    digits = text.strip().removeprefix("-")
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > len(str(most)):
        return default
    return min(int(text), most)
