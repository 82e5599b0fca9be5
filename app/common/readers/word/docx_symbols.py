"""Characters of the fonts Symbol and Wingdings, which Word stores by their place in the font."""

_SYMBOL = {
    **dict(zip(range(0x41, 0x5B), "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ", strict=True)),
    **dict(zip(range(0x61, 0x7B), "αβχδεφγηιϕκλμνοπθρστυϖωξψζ", strict=True)),
    0x2D: "−", 0xA3: "≤", 0xB3: "≥", 0xB1: "±", 0xB4: "×", 0xB8: "÷", 0xB9: "≠", 0xBB: "≈", 0xA5: "∞", 0xB0: "°",
    0xAE: "→", 0xDE: "⇒", 0xB6: "∂", 0xE5: "∑", 0xF2: "∫", 0xD6: "√", 0xCE: "∈", 0xB7: "•", 0xD2: "®", 0xD3: "©",
    0xD4: "™",
}  # fmt: skip
_WINGDINGS = {
    0xFC: "✓", 0xFB: "✗", 0xFE: "☑", 0xFD: "☒", 0xA8: "☐", 0x6F: "☐", 0x6E: "■", 0xE0: "→", 0xDF: "←", 0xA7: "•",
    0x4A: "☺", 0x28: "☎", 0x2A: "✉",
}  # fmt: skip
_FONTS = {"symbol": _SYMBOL, "wingdings": _WINGDINGS}


def symbol(font: str, code: str) -> str:
    """Return the character that a font shows for a hexadecimal code; nothing where there is no such character."""
    try:
        place = int(code[:8], 16)
    except ValueError:
        return ""
    table = _FONTS.get(font.strip().lower())
    if table is None:
        return chr(place) if 0x20 <= place < 0xE000 and not place >= 0xD800 else ""
    return table.get(place & 0xFF, "")
