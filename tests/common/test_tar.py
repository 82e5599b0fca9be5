import io
import tarfile
from typing import Any

import pytest

from app.common import tar
from app.common.tar import DamagedArchive


def archive(*files: tuple[str, bytes]) -> bytes:
    parts = [tar.head(name, len(data), modified=0) + data + bytes(tar.filling(len(data))) for name, data in files]
    return b"".join(parts) + tar.END


def contents(data: bytes) -> dict[str, bytes]:
    return {member.name: b"".join(member.blocks()) for member in tar.members(io.BytesIO(data))}


FILES = (("a/b.bin", bytes(range(256)) * 5), ("empty", b""), ("x" * 100, b"word" * 128))


def test_what_is_written_is_read_by_us_and_by_tar() -> None:
    data = archive(*FILES)
    assert contents(data) == dict(FILES)
    with tarfile.open(fileobj=io.BytesIO(data)) as other:
        assert {
            name: (opened.read() if (opened := other.extractfile(name)) else None) for name in other.getnames()
        } == (dict(FILES))


def test_what_is_not_read_of_a_file_is_skipped() -> None:
    assert [member.name for member in tar.members(io.BytesIO(archive(*FILES)))] == [name for name, _ in FILES]


@pytest.mark.parametrize("name", ["y" * 101, "é"])
def test_other_names_are_not_written(name: str) -> None:
    with pytest.raises(ValueError, match="100 ASCII"):
        tar.head(name, 0, modified=0)


def test_an_archive_that_ends_early_is_damaged_wherever_that_is() -> None:
    data = archive(*FILES[:2])
    for end in range(0, len(data) - tar.BLOCK, 128):
        with pytest.raises(DamagedArchive):
            contents(data[:end])


def foreign(**fields: Any) -> bytes:
    """An archive by tarfile of one thing that is not a plain file with a short name, and of a good one after it."""
    info = tarfile.TarInfo(fields.pop("name", "bait"))
    form = fields.pop("format", tarfile.GNU_FORMAT)
    for field, value in fields.items():
        setattr(info, field, value)
    return info.tobuf(form) + archive(("good", b"good"))


@pytest.mark.parametrize(
    "data",
    [
        foreign(type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        foreign(type=tarfile.LNKTYPE, linkname="other"),
        foreign(type=tarfile.CHRTYPE, devmajor=1, devminor=3),
        foreign(type=tarfile.BLKTYPE),
        foreign(type=tarfile.FIFOTYPE),
        foreign(type=tarfile.DIRTYPE),
        foreign(type=tarfile.GNUTYPE_SPARSE, size=1 << 40),
        foreign(type=tarfile.XHDTYPE),
        foreign(name="z" * 300),
        foreign(name="z" * 300, format=tarfile.PAX_FORMAT),
        foreign(name="é", format=tarfile.PAX_FORMAT),
        foreign(name=""),
        foreign(size=-5),
        b"no archive at all" * 100,
        archive(*FILES)[:100] + b"X" + archive(*FILES)[101:],
    ],
)
def test_everything_but_plain_files_is_refused(data: bytes) -> None:
    with pytest.raises(DamagedArchive):
        contents(data)
