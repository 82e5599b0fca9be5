"""Numbers as lists write them: letters, Roman numerals, words with a zero before them."""

_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
    (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_LARGEST_ROMAN = 3999
_LETTERS = 26
_MOST_LETTERS = 10


def roman(number: int) -> str:
    """Return a small Roman numeral; digits for numbers that have none."""
    if not 0 < number <= _LARGEST_ROMAN:
        return str(number)
    out = []
    for value, letters in _ROMAN:
        count, number = divmod(number, value)
        out.append(letters * count)
    return "".join(out)


def letter(number: int) -> str:
    """Return a to z, then aa, ab and so on, as web pages count; digits for numbers below 1."""
    out = ""
    while number > 0 and len(out) < _MOST_LETTERS:
        number, place = divmod(number - 1, _LETTERS)
        out = chr(ord("a") + place) + out
    return out or str(number)


def repeated_letter(number: int) -> str:
    """Return a to z, then aa, bb and so on, as Office documents count; digits for numbers below 1."""
    if number < 1:
        return str(number)
    times, place = divmod(number - 1, _LETTERS)
    return chr(ord("a") + place) * min(times + 1, _MOST_LETTERS)
