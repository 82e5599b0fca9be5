"""RTF: the text that a person sees, with notes, comments, headers and footers, in the order of the document.

Read by our own pass over the control words: striprtf, the library for this, leaves out notes, headers and text boxes,
keeps deleted and hidden text, and knows no headings.
"""

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from app.common.errors import UnreadableFile
from app.common.readers.archive import DAMAGED, bomb
from app.common.readers.raw import BREAK, Block, Budget, Data, RawDocument, ReadLimits, read_bytes
from app.common.readers.rtf.story import Merged, Story
from app.common.readers.rtf.words import (
    CHARACTERS,
    OPENING,
    SKIPPED,
    STORIES,
    codepage_of_charset,
    codepage_of_number,
)
from app.common.readers.scripts import lowered, raised
from app.common.readers.text import looks_binary

if TYPE_CHECKING:
    from collections.abc import Callable

_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|[\r\n\x00]+|([^\\{}\r\n\x00]+)|\\"
)
_MAX_DEPTH = 5000
Script = Literal["super", "sub", ""]
_BODY_TEXT = 9


@dataclass(slots=True)
class _State:
    """What holds until the group ends."""

    story: Story
    destination: str = ""
    skip: bool = False
    encoding: str = ""
    hidden: bool = False
    deleted: bool = False
    script: Script = ""
    skipped_per_unicode: int = 1


@dataclass(slots=True)
class _Tables:
    """What the head of the file defines: code pages of fonts and levels of styles."""

    fonts: dict[int, str] = field(default_factory=dict)
    levels: dict[int, int] = field(default_factory=dict)
    current: int = 0
    outline: int | None = None


def read_rtf(data: Data, limits: ReadLimits) -> RawDocument:
    """Return body, notes, comments, headers and footers (each once).

    Raises UnreadableFile (corrupt, bomb for too deep a nesting) and TooLarge (too_large).
    """
    walk = _Walk(read_bytes(data).removeprefix(b"\xef\xbb\xbf"), Budget(limits))
    whole = walk.run()
    warnings = [] if whole else ["The document is damaged; parts may be missing."]
    blocks = walk.blocks()
    if (not whole and not blocks) or walk.mostly_unread or looks_binary("".join(block.text for block in blocks)):
        raise UnreadableFile(DAMAGED)
    return RawDocument([blocks], warnings, empty_hint="This document holds no text; upload one that does.")


class _Walk:
    """One pass over the tokens, with a stack of groups of its own: no recursion.

    `mostly_unread`: the document ended before the middle of the file, as it does in noise.
    """

    def __init__(self, content: bytes, budget: Budget) -> None:
        self._content = content
        self._budget = budget
        self._body = Story(budget)
        self._beside: dict[str, list[Story]] = {}
        self._tables = _Tables()
        self._default = "cp1252"
        self._default_font = 0
        self._state = _State(self._body)
        self._stack: list[_State] = []
        self._bytes = bytearray()
        self._to_skip = 0
        self._marked = False
        self._merged = Merged()
        self.mostly_unread = False
        self._actions: dict[str, Callable[[int | None], None]] = {
            "f": self._font,
            "fcharset": self._charset,
            "plain": self._plain_format,
            "pard": self._new_paragraph_format,
            "s": self._style,
            "outlinelevel": self._outline,
            "ansicpg": self._codepage,
            "deff": self._set_default_font,
            "uc": self._unicode_skip,
            "v": self._hide,
            "super": lambda _: self._set_script("super"),
            "sub": lambda _: self._set_script("sub"),
            "nosupersub": lambda _: self._set_script(""),
            "trowd": lambda _: self._state.story.begin_row(),
            "clmrg": lambda _: self._merge(left=True),
            "clvmrg": lambda _: self._merge(above=True),
            "cellx": lambda _: self._define_cell(),
            "deleted": self._delete,
            "intbl": self._in_table,
            "cell": self._cell,
            "row": self._row,
            "par": self._paragraph,
            "sect": self._paragraph,
            "page": self._paragraph,
            "ls": self._list_item,
        }

    def run(self) -> bool:
        """Read to the end of the outermost group; whether there was one."""
        at, began = 0, False
        while at < len(self._content) and (token := _TOKEN.match(self._content, at)):
            at = token.end()
            word, number, code, symbol, brace, text = token.groups()
            if word == b"bin":
                at += max(0, int(number or 0))
            elif brace:
                self._brace(brace)
                began = True
                if not self._stack:
                    break
            else:
                self._take(word, number, code, symbol, text)
        self._decode()
        self.mostly_unread = len(self._content[at:].strip(b"\0\r\n\t ")) > at
        return began and not self._stack

    def blocks(self) -> list[Block]:
        """Return all blocks: the body, then what stands beside it, each header and footer once."""
        out = self._body.finish()
        for title in STORIES:
            found = [block._replace(level=None) for story in self._beside.get(title, []) for block in story.finish()]
            found = list({block.text: block for block in found}.values()) if title in ("header", "footer") else found
            out += [BREAK, *found] if found else []
        return out

    def _brace(self, brace: bytes) -> None:
        self._decode()
        self._to_skip = 0
        if brace == b"{":
            if len(self._stack) >= _MAX_DEPTH:
                raise bomb("its groups are nested too deeply")
            self._stack.append(self._state)
            self._state = replace(self._state)
        elif self._stack:
            if self._state.destination == "stylesheet":
                self._end_style()
            self._state = self._stack.pop()
        self._marked = False

    def _take(
        self, word: bytes | None, number: bytes | None, code: bytes | None, symbol: bytes | None, text: bytes | None
    ) -> None:
        if self._to_skip and (word or code or symbol):
            self._to_skip -= 1  # what readers without Unicode would show
        elif word:
            self._word(word.decode(), int(number) if number else None)
        elif code:
            self._plain(bytes.fromhex(code.decode()))
        elif symbol:
            self._symbol(symbol)
        elif text:
            left, self._to_skip = text[self._to_skip :], max(0, self._to_skip - len(text))
            self._plain(left)

    def _plain(self, text: bytes) -> None:
        state = self._state
        if not (state.skip or state.hidden or state.deleted):
            self._bytes += text

    def _symbol(self, symbol: bytes) -> None:
        if symbol == b"*":
            self._marked = True
        elif symbol in (b"\r", b"\n"):
            self._end_paragraph()
        else:
            self._show({b"~": " ", b"-": "", b"_": "-"}.get(symbol, symbol.decode("latin-1")))

    def _show(self, text: str) -> None:
        state = self._state
        if not (state.skip or state.hidden or state.deleted):
            self._decode()
            state.story.add(self._scripted(self._budget.spend(text)))

    def _decode(self) -> None:
        """Turn the bytes since the last time into text: a letter may be made of two of them."""
        if self._bytes:
            text = bytes(self._bytes).decode(self._state.encoding or self._default, errors="replace")
            self._state.story.add(self._scripted(self._budget.spend(text.replace("\ufffd", ""))))
            self._bytes.clear()

    def _word(self, word: str, number: int | None) -> None:
        if word == "u":
            self._unicode(number or 0)
        elif word in CHARACTERS:
            self._show(CHARACTERS[word])
        elif self._marked or word in OPENING:
            self._destination(word)
        elif action := self._actions.get(word):
            self._decode()
            action(number)

    def _destination(self, word: str) -> None:
        self._decode()
        state, marked, self._marked = self._state, self._marked, False
        if word in STORIES and not state.skip:
            state.story = Story(self._budget)
            self._beside.setdefault(word, []).append(state.story)
        elif word == "ud":  # the better half of a text that is written twice
            state.skip = False
        elif word != "shpinst" and (marked or word in SKIPPED):
            state.destination, state.skip = word, True

    def _unicode(self, number: int) -> None:
        self._show(chr(number % 0x10000))
        self._to_skip = self._state.skipped_per_unicode

    def _end_paragraph(self) -> None:
        self._decode()
        if not self._state.skip:
            self._state.story.end_paragraph(self._tables.levels)

    def _end_style(self) -> None:
        if self._tables.outline is not None:
            self._tables.levels[self._tables.current] = self._tables.outline
        self._tables.outline, self._tables.current = None, 0

    # What each control word does; `number` is its parameter.

    def _font(self, number: int | None) -> None:
        if self._state.destination == "fonttbl":
            self._tables.current = number or 0
        else:
            self._state.encoding = self._tables.fonts.get(number or 0, "")

    def _charset(self, number: int | None) -> None:
        if self._state.destination == "fonttbl":
            self._tables.fonts[self._tables.current] = codepage_of_charset(number or 0, self._default)

    def _plain_format(self, _: int | None) -> None:
        self._state.hidden = self._state.deleted = False
        self._state.script = ""
        self._state.encoding = self._tables.fonts.get(self._default_font, "")

    def _new_paragraph_format(self, _: int | None) -> None:
        self._state.story.reset_paragraph()

    def _style(self, number: int | None) -> None:
        if self._state.destination == "stylesheet":
            self._tables.current = number or 0
        else:
            self._state.story.style = number or 0

    def _outline(self, number: int | None) -> None:
        level = None if number is None or number >= _BODY_TEXT else number + 1
        if self._state.destination == "stylesheet":
            self._tables.outline = level
        else:
            self._state.story.level = level or 0

    def _codepage(self, number: int | None) -> None:
        self._default = codepage_of_number(number or 0) or self._default

    def _set_default_font(self, number: int | None) -> None:
        self._default_font = number or 0

    def _unicode_skip(self, number: int | None) -> None:
        self._state.skipped_per_unicode = min(max(number if number is not None else 1, 0), 100)

    def _hide(self, number: int | None) -> None:
        self._state.hidden = number != 0

    def _delete(self, number: int | None) -> None:
        self._state.deleted = number != 0

    def _scripted(self, text: str) -> str:
        script = self._state.script
        if not script:
            return text
        return (raised if script == "super" else lowered)(text, self._state.story.tail)

    def _set_script(self, script: Script) -> None:
        self._state.script = script

    def _merge(self, *, left: bool = False, above: bool = False) -> None:
        self._merged = Merged(left or self._merged.left, above or self._merged.above)

    def _define_cell(self) -> None:
        self._state.story.define_cell(self._merged)
        self._merged = Merged()

    def _in_table(self, _: int | None) -> None:
        self._state.story.in_table = True

    def _cell(self, _: int | None) -> None:
        if not self._state.skip:
            self._state.story.end_cell()

    def _row(self, _: int | None) -> None:
        if not self._state.skip:
            self._state.story.end_row()

    def _paragraph(self, _: int | None) -> None:
        self._end_paragraph()

    def _list_item(self, _: int | None) -> None:
        self._state.story.item = True
