"""What filters may hold, as JSON Schema: for programs, the rules that app/common/filters.py checks."""

from collections.abc import Collection, Iterable
from typing import Any

from app.common.filters import FIELDS, MAX_METADATA_NUMBER, MAX_NUMBER, MAX_TEXT, MAX_VALUES, METADATA, PASSAGE_FIELDS

Form = dict[str, Any]

TEXT: Form = {"type": "string", "maxLength": MAX_TEXT, "pattern": r"^[^\u0000]*$"}
_PART = {**TEXT, "minLength": 1}
_NUMBER: Form = {"type": "integer", "minimum": 0, "maximum": MAX_NUMBER}
_ANY_NUMBER: Form = {"type": "number", "minimum": -MAX_METADATA_NUMBER, "maximum": MAX_METADATA_NUMBER}
_MOMENT: Form = {
    "anyOf": [_ANY_NUMBER, {"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]
}
_VALUE: Form = {"anyOf": [TEXT, _ANY_NUMBER, {"type": "boolean"}]}

_SAME, _ORDER, _LISTS = ("eq", "ne"), ("gt", "gte", "lt", "lte"), ("in", "nin")
_Forms = dict[str, Form]


def _forms(value: Form, *, ordered: Form | None = None, contains: bool = False) -> _Forms:
    """Return what each operator of a field takes; those that it has not are left out."""
    listed = {"type": "array", "items": value, "minItems": 1, "maxItems": MAX_VALUES}
    return {
        **dict.fromkeys(_SAME, value),
        **(dict.fromkeys(_ORDER, ordered) if ordered else {}),
        **dict.fromkeys(_LISTS, listed),
        **({"contains": _PART} if contains else {}),
    }


_WHOLE = _forms(TEXT)
_SEARCHED = _forms(TEXT, contains=True)
_NUMBERS = _forms(_NUMBER, ordered=_NUMBER)
_MOMENTS = _forms(_MOMENT, ordered=_MOMENT)
_METADATA = _forms(_VALUE, ordered=_MOMENT, contains=True)
_BY_FIELD: dict[str, _Forms] = {
    "document_id": _WHOLE,
    "source": _SEARCHED,
    "type": _WHOLE,
    "tags": _SEARCHED,
    "created_at": _MOMENTS,
    "updated_at": _MOMENTS,
    "section": _WHOLE,
    "page": _NUMBERS,
    "chunk_index": _NUMBERS,
}


def _wanted(forms: _Forms) -> Form:
    """Return the form of a field's value: a value, a list of which any may fit, or operators with values."""
    operators = {"type": "object", "properties": forms, "additionalProperties": False, "minProperties": 1}
    return {"anyOf": [forms["eq"], forms["in"], operators]}


def field_form(field: str) -> Form:
    """Return what a field of the service's own shape may be; null is as good as leaving it out."""
    return {"anyOf": [_wanted(_BY_FIELD[field]), {"type": "null"}]}


def metadata_form() -> Form:
    """Return the same for `metadata`."""
    keys = {"minLength": 1, "maxLength": MAX_TEXT, "pattern": TEXT["pattern"]}
    values = {"type": "object", "propertyNames": keys, "additionalProperties": _wanted(_METADATA)}
    return {"anyOf": [values, {"type": "null"}], "description": "By the keys of the documents' metadata."}


def document_filter_form() -> Form:
    """Return the form of a filter about documents as a whole, in all shapes; compounds may hold compounds too."""
    fields = {field: field_form(field) for field in _BY_FIELD if field not in PASSAGE_FIELDS}
    one = comparison_form(bare_keys=False, without=PASSAGE_FIELDS)
    parts = {"type": "array", "minItems": 1, "items": one}
    properties = {"type": {"type": "string", "enum": ["and", "or"]}, "filters": parts}
    compound = {"type": "object", "required": [*properties], "properties": properties}
    own = {"type": "object", "additionalProperties": False, "properties": {**fields, "metadata": metadata_form()}}
    return {"anyOf": [own, one, compound]}


def comparison_form(*, bare_keys: bool, without: Collection[str] = ()) -> Form:
    """Return the form of a comparison in OpenAI's shape, of all fields but those `without`.

    With `bare_keys` a key that is no field of ours is one of the metadata; without, those begin with `metadata.`.
    """
    if bare_keys:
        metadata = {**_PART, "not": {"enum": [*FIELDS, "client_id", METADATA]}}
    else:
        metadata = {**_PART, "pattern": r"^metadata\.[^\u0000]+$"}
    groups = [({"type": "string", "enum": group}, forms) for group, forms in _groups(without)]
    return {
        "type": "object",
        "required": ["type", "key", "value"],
        "anyOf": [one for key, forms in [*groups, (metadata, _METADATA)] for one in _comparisons(key, forms)],
    }


def _groups(without: Collection[str]) -> list[tuple[list[str], _Forms]]:
    """Return the fields that are compared alike, by all their names."""
    names = [name for name, field in FIELDS.items() if field not in without]
    kinds = list({id(_BY_FIELD[FIELDS[name]]): _BY_FIELD[FIELDS[name]] for name in names}.values())
    return [([name for name in names if _BY_FIELD[FIELDS[name]] is kind], kind) for kind in kinds]


def _comparisons(key: Form, forms: _Forms) -> Iterable[Form]:
    """Yield a form for each kind of value, with the operators that take it."""
    by_value: dict[int, list[str]] = {}
    for operator, value in forms.items():
        by_value.setdefault(id(value), []).append(operator)
    for operators in by_value.values():
        properties = {"type": {"type": "string", "enum": operators}, "key": key, "value": forms[operators[0]]}
        yield {"type": "object", "properties": properties}
