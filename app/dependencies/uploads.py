"""Reading a multipart upload, with its limits acting while the body arrives."""

import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from app.common.disk import disk_errors
from app.common.errors import BadRequest, InvalidInput, TooLarge
from app.config import Settings
from app.dependencies.labels import read_labels
from app.dependencies.services import SettingsDep
from app.schemas.ingest import IngestForm
from app.services.ingestion.uploads import Incoming

MAX_FORM_FIELDS = 20
ONCE_HEADER = "Idempotency-Key"
_LONGEST_HEADER = 8192
_QUOTED = re.compile(rb'"(?:[^"\\]|\\.)*"')
_EXTENDED_NAME = re.compile(rb";\s{0,9}filename\*\s{0,9}=([^;]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class UploadForm:
    """A whole upload. `digest` tells whether another one has the same parts, whatever stands between them."""

    files: list[Incoming]
    fields: IngestForm
    digest: bytes


class _LimitedParser(MultiPartParser):
    """Stops keeping a file's bytes when it is over the limit, and continues with the remaining files."""

    def __init__(self, request: Request, *, max_files: int, max_file_bytes: int) -> None:
        # A browser sends an empty part for a file field that was left empty; it must not use up the last place.
        super().__init__(request.headers, request.stream(), max_files=max_files + 1, max_fields=MAX_FORM_FIELDS)
        self._max_file_bytes = max_file_bytes
        self._received = 0
        self._complete = False
        self._digesting = ONCE_HEADER in request.headers
        self._part_digest = hashlib.sha256()
        self._digest = hashlib.sha256()
        self.too_large: set[int] = set()

    def on_headers_finished(self) -> None:
        self._current_part.content_disposition = with_plain_name(self._current_part.content_disposition or b"")
        super().on_headers_finished()

    def on_part_begin(self) -> None:
        super().on_part_begin()
        self._received = 0
        self._part_digest = hashlib.sha256()

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._digesting:
            self._part_digest.update(memoryview(data)[start:end])
        file = self._current_part.file
        if file is not None:
            self._received += end - start
            if self._received > self._max_file_bytes:
                self.too_large.add(id(file))
                return
        super().on_part_data(data, start, end)

    def on_part_end(self) -> None:
        name = hashlib.sha256(self._current_part.content_disposition or b"")
        self._digest.update(name.digest() + self._part_digest.digest())
        super().on_part_end()

    @property
    def digest(self) -> bytes:
        """See UploadForm.digest; of contents only when the request says that it may be sent again."""
        return self._digest.digest()

    def on_end(self) -> None:
        self._complete = True

    async def parse(self) -> FormData:
        form = await super().parse()
        if not self._complete:
            # The body ended within a part: what there is of that file must not pass for a whole one.
            for file in self._files_to_close_on_error:
                file.close()
            raise MultiPartException("The form is cut off.")
        return form


def with_plain_name(disposition: bytes) -> bytes:
    """Return the header with a file name in the extended notation (`filename*=utf-8''...`) in the plain one as well.

    The form data standard forbids that notation, yet several clients send names that are not ASCII in it, alone or
    beside a plain name that says less; the parser does not know it.
    """
    if len(disposition) > _LONGEST_HEADER or b"*" not in disposition:
        return disposition
    found = _EXTENDED_NAME.search(_QUOTED.sub(lambda quoted: b"_" * len(quoted[0]), disposition))
    if found is None:
        return disposition
    charset, _, encoded = found[1].strip(b' "').decode("latin-1").partition("'")
    encoding = "utf-8" if charset.lower() in ("utf-8", "") else "latin-1"
    name = unquote(encoded.partition("'")[2], encoding, errors="replace")
    plain = name.encode("utf-8").replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    return disposition[: found.start()] + disposition[found.end() :] + b'; filename="' + plain + b'"'


async def read_upload(request: Request, settings: SettingsDep) -> AsyncIterator[UploadForm]:
    """Read a form with files in fields named 'files', and close them when the request is done; see `received_form`."""
    async with received_form(request, settings, shape=IngestForm) as form:
        yield form


@asynccontextmanager
async def received_form(
    request: Request, settings: Settings, *, shape: type[IngestForm], field: str = "files"
) -> AsyncIterator[UploadForm]:
    """Read a form of this shape with files in fields of this name, and close them at the end of the block.

    Raises BadRequest, InvalidInput, TooLarge or RequestValidationError with a sentence that helps.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise InvalidInput(f"Send the files as multipart/form-data, in fields named '{field}'.", code="no_files")
    max_files = settings.max_files_per_upload
    parser = _LimitedParser(request, max_files=max_files, max_file_bytes=settings.max_upload_mb << 20)
    try:
        with disk_errors():  # large files lie in the folder for temporary files while they arrive
            form = await parser.parse()
    except MultiPartException as exc:
        if "Too many files" in exc.message:
            raise _too_many_files(max_files) from None
        raise _not_a_form() from None
    except UnicodeError:  # the form names a charset that is none for text
        raise _not_a_form() from None
    try:
        yield UploadForm(_files(form, settings, parser.too_large, field), _fields(form, shape), parser.digest)
    finally:
        await form.close()


def _files(form: FormData, settings: Settings, too_large: set[int], field: str) -> list[Incoming]:
    parts = [
        part
        for name, part in form.multi_items()
        if isinstance(part, UploadFile) and name == field and (part.filename or part.size)
    ]
    if not parts:
        raise InvalidInput(f"Send at least one file, in a field named '{field}'.", code="no_files")
    if len(parts) > settings.max_files_per_upload:
        raise _too_many_files(settings.max_files_per_upload)
    too_much = TooLarge(f"The file is larger than {settings.max_upload_mb} MB; split it or ask the operator for more.")
    return [
        Incoming(part.filename or "", part.file, too_much if id(part) in too_large else None, labels)
        for part, labels in zip(parts, read_labels(form, len(parts)), strict=True)
    ]


def _fields(form: FormData, shape: type[IngestForm]) -> IngestForm:
    """Return the form's single values; what was sent repeatedly, or as a file, is a list, which none of them may be."""
    fields: dict[str, Any] = {}
    for name in (field.alias or name for name, field in shape.model_fields.items()):
        given = [value if isinstance(value, str) else [value.filename] for value in form.getlist(name) if value != ""]
        if given:
            fields[name] = given[0] if len(given) == 1 else given
    try:
        return shape.model_validate(fields)
    except ValidationError as exc:
        raise RequestValidationError(exc.errors(include_url=False, include_context=False)) from None


UploadFormDep = Annotated[UploadForm, Depends(read_upload)]


def _not_a_form() -> BadRequest:
    return BadRequest("The body is not valid multipart/form-data.")


def _too_many_files(limit: int) -> TooLarge:
    return TooLarge(f"Send at most {limit} files at once; split the upload.", code="too_many_files")
