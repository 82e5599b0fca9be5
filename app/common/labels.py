"""What a caller notes about a document: metadata, values by key, and tags. Bounded, so that they can be shown anywhere.

A value is a text, a number, true or false, or a list of texts; a date is a text in ISO 8601 form (`dates.py`).
"""

import json
import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.common.errors import InvalidInput

MetadataValue = str | int | float | bool | tuple[str, ...]
Metadata = Mapping[str, MetadataValue]

MAX_KEYS = 64
MAX_KEY = 64
MAX_TEXT = 1000
MAX_LIST = 64
MAX_BYTES = 8192
MAX_TAGS = 64
MAX_TAG = 100
MAX_NUMBER = 2**53
"""Up to here whole numbers are exact, in every store and in every program that reads JSON."""

_UNPRINTABLE = ("Cc", "Cs", "Zl", "Zp")


@dataclass(frozen=True, slots=True)
class Labels:
    """A document's metadata and tags."""

    metadata: Metadata = field(default_factory=dict)
    tags: tuple[str, ...] = ()

    def lacks(self, others: "Labels") -> bool:
        """Whether anything of the others is not here."""
        return not (others.metadata.items() <= self.metadata.items() and set(others.tags) <= set(self.tags))


NO_LABELS = Labels()


@dataclass(frozen=True, slots=True)
class GivenLabels:
    """Labels that come with a file. What is None was left out."""

    metadata: Metadata | None = None
    tags: tuple[str, ...] | None = None

    def __bool__(self) -> bool:
        """Whether anything was given."""
        return self.metadata is not None or self.tags is not None

    def over(self, kept: Labels) -> Labels:
        """Return these labels, and of `kept` what was left out."""
        return Labels(
            kept.metadata if self.metadata is None else self.metadata,
            kept.tags if self.tags is None else self.tags,
        )


NONE_GIVEN = GivenLabels()


@dataclass(frozen=True, slots=True)
class LabelPatch:
    """A change of labels as a JSON merge patch (RFC 7396) has it.

    Each key of `metadata` is set, or removed where its value is None; `clear` removes all others. `tags` are the new
    ones, as a whole; None leaves them.
    """

    metadata: Mapping[str, object] = field(default_factory=dict)
    clear: bool = False
    tags: Sequence[object] | None = None

    def applied_to(self, labels: Labels) -> Labels:
        """Return the changed labels. Raises InvalidInput when they cannot be."""
        kept = {} if self.clear else labels.metadata
        return Labels(
            merged(kept, self.metadata),
            labels.tags if self.tags is None else parse_tags(self.tags),
        )


def merged(metadata: Metadata, patch: Mapping[str, object]) -> Metadata:
    """Return metadata with the values of a merge patch; None removes a key. Raises InvalidInput."""
    wanted = {_composed(key): value for key, value in patch.items()}
    kept = {key: value for key, value in metadata.items() if key not in wanted}
    return parse_metadata({**kept, **{key: value for key, value in wanted.items() if value is not None}})


def parse_metadata(value: object) -> Metadata:
    """Return metadata from what JSON gives; texts are composed (NFC). Raises InvalidInput (invalid_metadata)."""
    if not isinstance(value, Mapping):
        raise _bad_metadata('metadata must be a JSON object, such as {"year": 2026}.')
    if len(value) > MAX_KEYS:
        raise _bad_metadata(f"metadata may have at most {MAX_KEYS} keys.")
    metadata = {_key(key): _value(one) for key, one in value.items()}
    if len(json.dumps(metadata, ensure_ascii=False).encode()) > MAX_BYTES:
        raise _bad_metadata(f"metadata may take at most {MAX_BYTES} bytes as JSON.")
    return metadata


def parse_tags(value: Sequence[object]) -> tuple[str, ...]:
    """Return tags from what JSON gives, each once. Raises InvalidInput (invalid_tags)."""
    tags = tuple(dict.fromkeys(map(_tag, value)))
    if len(tags) > MAX_TAGS:
        raise _bad_tags(f"A document may have at most {MAX_TAGS} tags.")
    return tags


def _tag(value: object) -> str:
    tag = _composed(value).strip() if isinstance(value, str) else ""
    if not 1 <= len(tag) <= MAX_TAG or "," in tag or not _is_printable(tag):
        raise _bad_tags(f"A tag is a text of 1 to {MAX_TAG} characters without commas and control characters.")
    return tag


def _key(value: object) -> str:
    key = _composed(value) if isinstance(value, str) else ""
    if not 1 <= len(key) <= MAX_KEY or key != key.strip() or not _is_printable(key):
        raise _bad_metadata(
            f"A key of metadata has 1 to {MAX_KEY} characters, no control characters, and no spaces at its ends."
        )
    return key


def _value(value: object) -> MetadataValue:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list | tuple) and len(value) <= MAX_LIST and all(isinstance(one, str) for one in value):
        return tuple(_text(one) for one in value)
    raise _bad_metadata(
        "A value of metadata is a text, a number, true or false, a date as text (2026-05-01), or a list of at most "
        f"{MAX_LIST} texts."
    )


def _number(value: float) -> int | float:
    if abs(value) > MAX_NUMBER or not math.isfinite(value):  # in this order: no float holds 10**400
        raise _bad_metadata(f"A number in metadata lies between -{MAX_NUMBER} and {MAX_NUMBER}.")
    return value


def _text(value: str) -> str:
    text = _composed(value)
    if len(text) > MAX_TEXT or "\0" in text or not _is_encodable(text):
        raise _bad_metadata(f"A text in metadata has at most {MAX_TEXT} characters, none of them NUL.")
    return text


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _is_printable(text: str) -> bool:
    return not any(unicodedata.category(char) in _UNPRINTABLE for char in text)


def _is_encodable(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _bad_metadata(sentence: str) -> InvalidInput:
    return InvalidInput(sentence, code="invalid_metadata")


def _bad_tags(sentence: str) -> InvalidInput:
    return InvalidInput(sentence, code="invalid_tags")
