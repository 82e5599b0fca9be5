"""Metadata and tags in a form: for all files, or a list with those of each."""

import json
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, TypeVar

from starlette.datastructures import FormData

from app.common.errors import InvalidInput
from app.common.labels import GivenLabels, parse_metadata, parse_tags

T = TypeVar("T")


def read_labels(form: FormData, files: int) -> list[GivenLabels]:
    """Return the labels of each of so many files. An empty field counts as left out, as browsers send it.

    Raises InvalidInput (invalid_metadata, invalid_tags).
    """
    metadata, tags = _metadata(_texts(form, "metadata")), _tags(_texts(form, "tags"))
    each = (
        _spread(metadata, files, "metadata", parse_metadata, listed=isinstance(metadata, list)),
        _spread(tags, files, "tags", parse_tags, listed=isinstance(tags, list) and any(map(_is_no_text, tags))),
    )
    return [GivenLabels(*labels) for labels in zip(*each, strict=True)]


def _texts(form: FormData, name: str) -> list[str]:
    found = [value for value in form.getlist(name) if value != ""]
    texts = [value for value in found if isinstance(value, str)]
    if len(texts) < len(found):
        raise InvalidInput(f"Send {name} as a text field, not as a file.", code=f"invalid_{name}")
    return texts


def _metadata(texts: Sequence[str]) -> object:
    if len(texts) > 1:
        raise InvalidInput(
            "Send one field named 'metadata': an object for all files, or a list of one for each.",
            code="invalid_metadata",
        )
    return _json(texts[0], "metadata") if texts else None


def _tags(texts: Sequence[str]) -> object:
    """Return tags from fields that are repeated, have commas, or are JSON."""
    if len(texts) == 1 and texts[0].lstrip().startswith("["):
        return _json(texts[0], "tags")
    tags = [tag for text in texts for tag in text.split(",") if tag.strip()]
    return tags or None


def _spread(given: Any, files: int, name: str, parse: Callable[[Any], T], *, listed: bool) -> list[T | None]:
    """Return what each file gets: the same, unless what is given is `listed`, one entry for each."""
    if not listed:
        return [None if given is None else parse(given)] * files
    kind = dict if name == "metadata" else list
    if len(given) != files or not all(one is None or isinstance(one, kind) for one in given):
        raise InvalidInput(
            f"A list in {name} has one entry for each file, in the order of the files; null for none.",
            code=f"invalid_{name}",
        )
    return [None if one is None else parse(one) for one in given]


def _is_no_text(value: object) -> bool:
    return not isinstance(value, str)


def _json(text: str, name: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise InvalidInput(f"{name} is not valid JSON.", code=f"invalid_{name}") from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
