import pytest
from psycopg.errors import DiskFull
from sqlalchemy.exc import OperationalError

from app.common.errors import InsufficientStorage
from app.common.postgres.errors import postgres_errors


def test_a_full_disk_of_the_server_is_told_as_such() -> None:
    with pytest.raises(InsufficientStorage), postgres_errors():
        raise OperationalError("INSERT", {}, DiskFull("could not extend file"))
