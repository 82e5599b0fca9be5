"""Raised and lowered characters as readable text: 10² is not 102, and H₂O is not a product of three letters."""

import re

_RAISED = str.maketrans("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")
_LOWERED = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
_ORDINALS = frozenset(("st", "nd", "rd", "th", "er", "re", "e", "ème", "eme", "ère", "o", "a", "ª", "º", "de", "me"))
_LONGEST = 200
_ONE_PIECE = re.compile(r"[^\W_]+")


def raised(text: str, before: str) -> str:
    """Return superscript `text` as it reads after `before`: in raised digits where there are any, else `^text`.

    Endings of ordinals (1st) and of abbreviations (Mme), and marks such as ™ or *, keep their plain letters.
    """
    if _is_script(text, _RAISED):
        return text.translate(_RAISED)
    bare = text.strip()
    if not bare or len(bare) > _LONGEST or not any(char.isalnum() for char in bare):
        return text
    if bare.lower() in _ORDINALS or not before[-1:].isalnum() or _ends_word(before):
        return text
    return "^" + _grouped(text, bare)


def lowered(text: str, before: str) -> str:
    """Return subscript `text` as it reads after `before`: in lowered digits where there are any, else `_text`."""
    if _is_script(text, _LOWERED):
        return text.translate(_LOWERED)
    bare = text.strip()
    if not bare or len(bare) > _LONGEST or not bare[0].isalnum() or not (before[-1:].isalnum() or before[-1:] == ")"):
        return text
    return "_" + _grouped(text, bare)


def _is_script(text: str, table: dict[int, int]) -> bool:
    return any(not char.isspace() for char in text) and all(ord(char) in table or char.isspace() for char in text)


def _ends_word(before: str) -> bool:
    """Whether a word of two letters or more ends here: what is raised after it belongs to an abbreviation."""
    return len(before) > 1 and before[-1].isalpha() and before[-2].isalpha()


def _grouped(text: str, bare: str) -> str:
    """Return `text` with brackets around it when it is more than one number or word."""
    left = len(text) - len(text.lstrip())
    inner = bare if _ONE_PIECE.fullmatch(bare) else f"({bare})"
    return text[:left] + inner + text[left + len(bare) :]
