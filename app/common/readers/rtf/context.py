"""What holds while an RTF file is read: the format of the group, the code pages of fonts, the levels of styles."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from app.common.readers.archive import bomb
from app.common.readers.rtf.story import Merged, Story
from app.common.readers.rtf.words import codepage_of_charset, codepage_of_number
from app.common.readers.scripts import lowered, raised

if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_DEPTH = 5000
_BODY_TEXT = 9


@dataclass(slots=True)
class State:
    """What holds until the group ends."""

    story: Story
    destination: str = ""
    skip: bool = False
    encoding: str = ""
    hidden: bool = False
    deleted: bool = False
    script: Literal["super", "sub", ""] = ""
    skipped_per_unicode: int = 1

    @property
    def is_shown(self) -> bool:
        """Whether a reader of the document sees what stands here."""
        return not (self.skip or self.hidden or self.deleted)

    def scripted(self, text: str) -> str:
        """Return text as it reads here: raised or lowered, or as it is."""
        if not self.script:
            return text
        return (raised if self.script == "super" else lowered)(text, self.story.tail)


@dataclass(slots=True)
class _Tables:
    """What the head of the file defines: code pages of fonts and levels of styles."""

    fonts: dict[int, str] = field(default_factory=dict)
    levels: dict[int, int] = field(default_factory=dict)
    current: int = 0
    outline: int | None = None


class Context:
    """The groups that are open, and what each control word changes. `state` is that of the innermost group."""

    def __init__(self, body: Story) -> None:
        self.state = State(body)
        self._stack: list[State] = []
        self._tables = _Tables()
        self._default = "cp1252"
        self._default_font = 0
        self._merged = Merged()
        self._actions: dict[str, Callable[[int | None], None]] = {
            "f": self._font,
            "fcharset": self._charset,
            "plain": self._plain_format,
            "pard": lambda _: self.state.story.reset_paragraph(),
            "s": self._style,
            "outlinelevel": self._outline,
            "ansicpg": self._codepage,
            "deff": self._set_default_font,
            "uc": self._unicode_skip,
            "v": self._hide,
            "deleted": self._delete,
            "super": lambda _: self._set_script("super"),
            "sub": lambda _: self._set_script("sub"),
            "nosupersub": lambda _: self._set_script(""),
            "trowd": lambda _: self.state.story.begin_row(),
            "clmrg": lambda _: self._merge(left=True),
            "clvmrg": lambda _: self._merge(above=True),
            "cellx": lambda _: self._define_cell(),
            "intbl": self._in_table,
            "cell": self._cell,
            "row": self._row,
            "par": lambda _: self.end_paragraph(),
            "sect": lambda _: self.end_paragraph(),
            "page": lambda _: self.end_paragraph(),
            "ls": self._list_item,
        }

    @property
    def encoding(self) -> str:
        """The code page of the text that is read now."""
        return self.state.encoding or self._default

    @property
    def is_open(self) -> bool:
        """Whether a group is open."""
        return bool(self._stack)

    def begin_group(self) -> None:
        """Open a group. UnreadableFile (bomb) when too many are."""
        if len(self._stack) >= _MAX_DEPTH:
            raise bomb("its groups are nested too deeply")
        self._stack.append(self.state)
        self.state = replace(self.state)

    def end_group(self) -> None:
        """Close the innermost group; nothing happens when none is open."""
        if self._stack:
            if self.state.destination == "stylesheet":
                self._end_style()
            self.state = self._stack.pop()

    def knows(self, word: str) -> bool:
        """Whether a control word changes anything."""
        return word in self._actions

    def apply(self, word: str, number: int | None) -> None:
        """Do what a control word that is known says; `number` is its parameter."""
        self._actions[word](number)

    def end_paragraph(self) -> None:
        """End the paragraph, unless it is skipped."""
        if not self.state.skip:
            self.state.story.end_paragraph(self._tables.levels)

    def _end_style(self) -> None:
        if self._tables.outline is not None:
            self._tables.levels[self._tables.current] = self._tables.outline
        self._tables.outline, self._tables.current = None, 0

    def _font(self, number: int | None) -> None:
        if self.state.destination == "fonttbl":
            self._tables.current = number or 0
        else:
            self.state.encoding = self._tables.fonts.get(number or 0, "")

    def _charset(self, number: int | None) -> None:
        if self.state.destination == "fonttbl":
            self._tables.fonts[self._tables.current] = codepage_of_charset(number or 0, self._default)

    def _plain_format(self, _: int | None) -> None:
        self.state.hidden = self.state.deleted = False
        self.state.script = ""
        self.state.encoding = self._tables.fonts.get(self._default_font, "")

    def _style(self, number: int | None) -> None:
        if self.state.destination == "stylesheet":
            self._tables.current = number or 0
        else:
            self.state.story.style = number or 0

    def _outline(self, number: int | None) -> None:
        level = None if number is None or number >= _BODY_TEXT else number + 1
        if self.state.destination == "stylesheet":
            self._tables.outline = level
        else:
            self.state.story.level = level or 0

    def _codepage(self, number: int | None) -> None:
        self._default = codepage_of_number(number or 0) or self._default

    def _set_default_font(self, number: int | None) -> None:
        self._default_font = number or 0

    def _unicode_skip(self, number: int | None) -> None:
        self.state.skipped_per_unicode = min(max(number if number is not None else 1, 0), 100)

    def _hide(self, number: int | None) -> None:
        self.state.hidden = number != 0

    def _delete(self, number: int | None) -> None:
        self.state.deleted = number != 0

    def _set_script(self, script: Literal["super", "sub", ""]) -> None:
        self.state.script = script

    def _merge(self, *, left: bool = False, above: bool = False) -> None:
        self._merged = Merged(left or self._merged.left, above or self._merged.above)

    def _define_cell(self) -> None:
        self.state.story.define_cell(self._merged)
        self._merged = Merged()

    def _in_table(self, _: int | None) -> None:
        self.state.story.in_table = True

    def _cell(self, _: int | None) -> None:
        if not self.state.skip:
            self.state.story.end_cell()

    def _row(self, _: int | None) -> None:
        if not self.state.skip:
            self.state.story.end_row()

    def _list_item(self, _: int | None) -> None:
        self.state.story.item = True
