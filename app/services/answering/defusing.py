"""Foreign text made harmless for a prompt: nothing in it closes our fence or passes for another speaker.

Whatever looks like one of our tags, or like the marks with which chat formats divide the speakers, in whatever letters,
loses the bracket that opens it. All else stays as it is.
"""

import re
import unicodedata

_ANGLE = re.compile("[<＜﹤〈⟨❮≺ᐸ˂]")
_SQUARE = re.compile(r"[\[［【〔⟦]([^\[\]［］【】〔〕⟦⟧\n]{1,40})[\]］】〕⟧]")
_REACH = 200
"""Characters after an angle bracket in which a tag's name is looked for, whatever stands between its letters."""
_LOOK_ALIKES = {
    ord(alike): letter
    for letter, alikes in {
        "a": "аαɑ", "e": "еεҽ", "g": "ɡցɢ", "i": "іιıɩ", "n": "пηոɴ", "o": "оοօσ", "p": "рρ", "q": "ԛզ", "r": "гʀ",
        "s": "ѕꜱʂ", "t": "тτᴛ", "u": "υսцᴜ", "|": "∣│┃❘❙ǀ¦︱‖", ">": "〉⟩❯≻ᐳ˃›",
    }.items()
    for alike in alikes
}  # fmt: skip


def _names(text: str) -> str:
    """Return a pattern for any of these names, whatever stands between their words."""
    return "|".join(name.replace("_", r"[\W_]*") for name in text.split())


_FENCE = re.compile(
    r"\W*(?:" + "|".join(r"\W*".join(name) for name in ("passage", "question", "operator", "note")) + r")s?(?!\w)"
)
_SPEAKER = re.compile(
    r"/?\||[\s/]*(?:\|[^|>]{1,60}\|\s*>|(?:"
    + _names(
        r"""s bos eos pad unk sop eop sys eot eom im_start im_end im_sep endoftext begin_of_text end_of_text
        start_of_turn end_of_turn start_of_role end_of_role start_header_id end_header_id start_of_image end_of_image
        tool_call tool_calls tool_response think unused_?\d+ reserved_\w+ extra_id_\d+"""
    )
    + r")\s*>)"
)
_SQUARE_SPEAKER = re.compile(
    r"[\s/]*(?:" + _names("inst sys system_prompt available_tools tool_calls tool_results tool_content gmask") + r")\s*"
)


def defuse(text: str) -> str:
    """Return the text with the opening brackets of such tags and marks replaced."""
    text = _ANGLE.sub(lambda found: "‹" if _opens_mark(text, found.end()) else found[0], text)
    return _SQUARE.sub(
        lambda found: f"({found[1]})" if _SQUARE_SPEAKER.fullmatch(_folded(found[1])) else found[0], text
    )


def _opens_mark(text: str, place: int) -> bool:
    """Say whether what stands at `place` reads like the name of one: to a model, if not to a parser."""
    seen = _folded(_ANGLE.split(text[place : place + _REACH], maxsplit=1)[0])
    return bool(_FENCE.match(seen) or _SPEAKER.match(seen))


def _folded(text: str) -> str:
    """Return the plain small letters that a text looks like; accents and invisible characters are gone."""
    seen = unicodedata.normalize("NFKD", text).casefold().translate(_LOOK_ALIKES)
    return "".join(char for char in seen if unicodedata.category(char) not in {"Cf", "Mn"})
