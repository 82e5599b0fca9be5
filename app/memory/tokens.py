"""How many tokens a text will cost, when the model's own counting is not at hand."""

import math
import re

MESSAGE_OVERHEAD = 4
"""Tokens that chat formats add to each message for its role and its borders."""

_PUNCTUATION = re.compile(r"[^\w\s]")
_WIDE = re.compile("[\u0800-\U0010ffff]+")


def estimate_tokens(text: str) -> int:
    """Estimate the tokens of `text` for the vocabularies of about 100,000 to 200,000 pieces in use today.

    It is meant to err upwards. Latin, Greek, Cyrillic, Arabic and Hebrew count a quarter of a token for each byte
    of UTF-8, scripts further up (Chinese, Japanese, Korean, Thai, Devanagari, emoji) one token for each character;
    code and tables are held up by a floor of 1.2 for each word and one for each punctuation mark. English prose
    comes out some 10 to 20 % too high, Cyrillic up to a half; rare scripts may still come out too low.
    """
    size = len(text.encode("utf-8", "surrogatepass"))
    wide = 0 if text.isascii() else sum(map(len, _WIDE.findall(text)))
    by_size = (size - 3 * wide) / 4 + wide
    by_pieces = 1.2 * len(text.split()) + len(_PUNCTUATION.findall(text))
    return math.ceil(max(by_size, by_pieces))
