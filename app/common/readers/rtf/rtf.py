"""RTF: the text that a person sees, with notes, comments, headers and footers, in the order of the document.

Read by our own pass over the control words: striprtf, the library for this, leaves out notes, headers and text boxes,
keeps deleted and hidden text, and knows no headings.
"""

import re

from app.common.errors import UnreadableFile
from app.common.readers.archive import DAMAGED
from app.common.readers.raw import BREAK, Block, Budget, Data, RawDocument, ReadLimits, read_bytes
from app.common.readers.rtf.context import Context
from app.common.readers.rtf.story import Story
from app.common.readers.rtf.words import CHARACTERS, OPENING, SKIPPED, STORIES
from app.common.readers.text import looks_binary

_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|[\r\n\x00]+|([^\\{}\r\n\x00]+)|\\"
)


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
        self._context = Context(self._body)
        self._bytes = bytearray()
        self._to_skip = 0
        self._marked = False
        self.mostly_unread = False

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
                if not self._context.is_open:
                    break
            else:
                self._take(word, number, code, symbol, text)
        self._decode()
        self.mostly_unread = len(self._content[at:].strip(b"\0\r\n\t ")) > at
        return began and not self._context.is_open

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
            self._context.begin_group()
        else:
            self._context.end_group()
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
        if self._context.state.is_shown:
            self._bytes += text

    def _symbol(self, symbol: bytes) -> None:
        if symbol == b"*":
            self._marked = True
        elif symbol in (b"\r", b"\n"):
            self._decode()
            self._context.end_paragraph()
        else:
            self._show({b"~": " ", b"-": "", b"_": "-"}.get(symbol, symbol.decode("latin-1")))

    def _show(self, text: str) -> None:
        if self._context.state.is_shown:
            self._decode()
            self._add(text)

    def _decode(self) -> None:
        """Turn the bytes since the last time into text: a letter may be made of two of them."""
        if self._bytes:
            text = bytes(self._bytes).decode(self._context.encoding, errors="replace")
            self._add(text.replace("\ufffd", ""))
            self._bytes.clear()

    def _add(self, text: str) -> None:
        state = self._context.state
        state.story.add(state.scripted(self._budget.spend(text)))

    def _word(self, word: str, number: int | None) -> None:
        if word == "u":
            self._unicode(number or 0)
        elif word in CHARACTERS:
            self._show(CHARACTERS[word])
        elif self._marked or word in OPENING:
            self._destination(word)
        elif self._context.knows(word):
            self._decode()
            self._context.apply(word, number)

    def _destination(self, word: str) -> None:
        self._decode()
        state, marked, self._marked = self._context.state, self._marked, False
        if word in STORIES and not state.skip:
            state.story = Story(self._budget)
            self._beside.setdefault(word, []).append(state.story)
        elif word == "ud":  # the better half of a text that is written twice
            state.skip = False
        elif word != "shpinst" and (marked or word in SKIPPED):
            state.destination, state.skip = word, True

    def _unicode(self, number: int) -> None:
        self._show(chr(number % 0x10000))
        self._to_skip = self._context.state.skipped_per_unicode
