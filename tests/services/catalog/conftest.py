from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.common.postgres.address import driver_address
from app.common.postgres.database import PostgresDatabase
from app.services.catalog.store import Catalog
from app.services.library.postgres.tables import CatalogTables


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def catalog(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Catalog]:
    """A catalog on each kind of database."""
    if request.param == "sqlite":
        with closing(Catalog.open(tmp_path / "catalog.db", clock=lambda: 10.0)) as catalog:
            yield catalog
        return
    with closing(PostgresDatabase.open(driver_address(request.getfixturevalue("documents_url")))) as database:
        yield Catalog(CatalogTables(database), clock=lambda: 10.0)
