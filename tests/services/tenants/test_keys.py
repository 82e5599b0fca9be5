"""Keys: shown once, kept as hashes, expiring, revoked. The clock is the test's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.common.ids import ClientId
from app.services.catalog.store import Catalog
from app.services.tenants.keys import ApiKeyStore

HARBOUR, AIRPORT = ClientId("harbour"), ClientId("airport")


class Clock:
    """Time that passes when told to."""

    now = 1_000_000.0

    def __call__(self) -> float:
        """See time.time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def catalog(tmp_path: Path, clock: Clock) -> Iterator[Catalog]:
    catalog = Catalog.open(tmp_path / "catalog.db", clock=clock)
    for client_id in (HARBOUR, AIRPORT):
        catalog.register_client(client_id)
    yield catalog
    catalog.close()


@pytest.fixture
def keys(catalog: Catalog, clock: Clock) -> ApiKeyStore:
    return ApiKeyStore(catalog.database, clock=clock)


def test_a_key_tells_whose_it_is(keys: ApiKeyStore) -> None:
    mine, _ = keys.create(HARBOUR)
    theirs, _ = keys.create(AIRPORT)
    assert keys.authenticate(mine) == HARBOUR
    assert keys.authenticate(theirs) == AIRPORT


def test_nothing_but_the_whole_key_is_good(keys: ApiKeyStore) -> None:
    key, record = keys.create(HARBOUR)
    other, _ = keys.create(AIRPORT)
    secret = key.removeprefix(f"crag_{record.key_id}_")
    mixed = f"crag_{record.key_id}_{other.split('_', 2)[2]}"
    for wrong in ("", "crag", key[:-1], key + "x", key.upper(), secret, f"crag_{secret}", f"x{key}", mixed, "crag__"):
        assert keys.authenticate(wrong) is None, wrong


def test_the_files_do_not_hold_the_key(keys: ApiKeyStore, catalog: Catalog, tmp_path: Path) -> None:
    key, _ = keys.create(HARBOUR)
    catalog.compact()
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"harbour" in stored
    assert key.encode() not in stored
    assert key.split("_", 2)[2].encode() not in stored


def test_a_key_is_good_until_the_second_it_expires(keys: ApiKeyStore, clock: Clock) -> None:
    key, _ = keys.create(HARBOUR, expires_at=clock.now + 60)
    clock.now += 59.9
    assert keys.authenticate(key) == HARBOUR
    clock.now += 0.1
    assert keys.authenticate(key) is None
    assert [record.expires_at for record in keys.list(HARBOUR)] == [clock.now], "expired keys are still listed"


def test_a_key_without_an_end_stays_good(keys: ApiKeyStore, clock: Clock) -> None:
    key, _ = keys.create(HARBOUR)
    clock.now += 50 * 365 * 86400
    assert keys.authenticate(key) == HARBOUR


def test_the_last_use_is_kept_to_the_minute(keys: ApiKeyStore, clock: Clock) -> None:
    key, _ = keys.create(HARBOUR)
    assert keys.list(HARBOUR)[0].last_used_at is None
    first = clock.now = clock.now + 5
    keys.authenticate(key)
    assert keys.list(HARBOUR)[0].last_used_at == first
    clock.now += 59
    keys.authenticate(key)
    assert keys.list(HARBOUR)[0].last_used_at == first
    clock.now += 1
    keys.authenticate(key)
    assert keys.list(HARBOUR)[0].last_used_at == first + 60


def test_a_refused_key_is_not_a_use(keys: ApiKeyStore, clock: Clock) -> None:
    key, _ = keys.create(HARBOUR, expires_at=clock.now + 1)
    keys.authenticate(key + "x")
    clock.now += 2
    keys.authenticate(key)
    assert keys.list(HARBOUR)[0].last_used_at is None


def test_rotation_leaves_the_new_key(keys: ApiKeyStore, clock: Clock) -> None:
    old, old_record = keys.create(HARBOUR, label="old")
    clock.now += 1
    new, _ = keys.create(HARBOUR, label="new")
    assert [record.label for record in keys.list(HARBOUR)] == ["old", "new"]
    assert keys.revoke(HARBOUR, old_record.key_id)
    assert keys.authenticate(old) is None
    assert keys.authenticate(new) == HARBOUR
    assert not keys.revoke(HARBOUR, old_record.key_id)


def test_another_clients_key_cannot_be_revoked(keys: ApiKeyStore) -> None:
    key, record = keys.create(HARBOUR)
    assert not keys.revoke(AIRPORT, record.key_id)
    assert keys.revoke_all(AIRPORT) == 0
    assert keys.authenticate(key) == HARBOUR


def test_keys_go_with_their_client(keys: ApiKeyStore, catalog: Catalog) -> None:
    key, _ = keys.create(HARBOUR)
    catalog.forget_client(HARBOUR)
    assert keys.authenticate(key) is None
    assert keys.list(HARBOUR) == []
