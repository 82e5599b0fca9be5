"""Vector stores and the files in them, used by OpenAI's own Python package over real HTTP."""

from functools import partial
from typing import Any

import openai
import pytest

from tests.api import TEXT
from tests.openai.service import NOWHERE, Service, numbered_file, refused

AUTO: Any = {"type": "auto"}
STATIC: Any = {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}}


@pytest.fixture
def mole(quoting: Service) -> openai.OpenAI:
    """A client with a document that has labels of every kind."""
    _labelled(quoting, "mole")
    return quoting.client("any", project="mole")


def _labelled(quoting: Service, client_id: str) -> str:
    files = [("files", ("crane.txt", TEXT.encode()))]
    data = {"client_id": client_id, "metadata": '{"year": 2026, "langs": ["de", "en"]}', "tags": "old, machine"}
    answer = quoting.http.post("/api/v1/ingest/", files=files, data=data).json()
    document_id: str = answer["documents"][0]["document_id"]
    return document_id


def test_a_clients_store_is_retrieved_and_listed(quoting: Service) -> None:
    store = quoting.openai.vector_stores.retrieve("harbour")
    assert (store.id, store.name, store.object, store.status) == ("harbour", "harbour", "vector_store", "completed")
    assert store.usage_bytes == len(TEXT.encode())
    assert store.file_counts.model_dump() == {
        "in_progress": 0, "completed": 1, "failed": 0, "cancelled": 0, "total": 1
    }  # fmt: skip
    assert store.created_at <= (store.last_active_at or 0)
    assert (store.expires_after, store.expires_at, store.metadata) == (None, None, {})
    listed = [one.id for one in quoting.openai.vector_stores.list(limit=1)]
    assert {"harbour", "airport"} <= set(listed), "page by page"
    assert len(listed) == len(set(listed))
    assert listed.index("airport") < listed.index("harbour"), "newest first"
    assert [one.id for one in quoting.client("any", project="harbour").vector_stores.list()] == ["harbour"]
    refused(openai.NotFoundError, lambda: quoting.openai.vector_stores.retrieve("nobody-here"), "client_not_found")
    for query, param in (({"before": "harbour"}, "before"), ({"order": "asc"}, "order"), ({"limit": 101}, "limit")):
        with pytest.raises(openai.BadRequestError) as caught:
            quoting.openai.vector_stores.list(extra_query=query)
        assert caught.value.param == param
    refused(openai.NotFoundError, lambda: quoting.openai.vector_stores.list(after="nobody-here"), "client_not_found")


def test_to_create_a_store_is_to_name_a_clients_own(quoting: Service) -> None:
    create = quoting.openai.vector_stores.create
    assert create(name="harbour") == quoting.openai.vector_stores.retrieve("harbour")
    store = create(name="new-pier", chunking_strategy=AUTO, metadata={})
    assert (store.id, store.file_counts.total) == ("new-pier", 0)
    assert quoting.openai.vector_stores.retrieve("new-pier") == store == create(name="new-pier")
    pier = quoting.client("any", project="new-pier")
    file_id = numbered_file(pier, 1)
    assert pier.vector_stores.create(file_ids=[file_id], name="default").file_counts.completed == 1
    for name in ("Support FAQ", "harbour"):
        refused(openai.BadRequestError, partial(pier.vector_stores.create, name=name), "unsupported_parameter")
    refused(openai.BadRequestError, lambda: create(name="Support FAQ"), "unsupported_parameter")
    refused(openai.NotFoundError, lambda: pier.vector_stores.create(file_ids=[NOWHERE]), "document_not_found")
    for field, value in (
        ("metadata", {"a": "b"}),
        ("description", "All we know."),
        ("expires_after", {"anchor": "last_active_at", "days": 7}),
        ("chunking_strategy", STATIC),
    ):
        asked: Any = {field: value}
        call = partial(pier.vector_stores.create, **asked)
        refused(openai.BadRequestError, call, "unsupported_parameter", field)


def test_only_an_empty_store_is_given_up(quoting: Service) -> None:
    client = quoting.client("any", project="slipway")
    store = client.vector_stores.create()
    file_id = numbered_file(client, 1)
    refused(openai.ConflictError, lambda: client.vector_stores.delete(store.id), "vector_store_not_empty")
    assert client.files.retrieve(file_id).status == "processed"
    client.files.delete(file_id)
    gone = client.vector_stores.delete(store.id)
    assert (gone.id, gone.object, gone.deleted) == ("slipway", "vector_store.deleted", True)


def test_a_file_is_uploaded_and_found_with_its_attributes(quoting: Service) -> None:
    files = quoting.client("any", project="lock").vector_stores.files
    file = files.upload_and_poll(
        vector_store_id="lock", file=("crane.txt", TEXT.encode()), attributes={"year": 2026, "draft": False}
    )
    assert (file.status, file.last_error, file.object) == ("completed", None, "vector_store.file")
    assert (file.vector_store_id, file.usage_bytes) == ("lock", len(TEXT.encode()))
    assert file.attributes == {"year": 2026, "draft": False}
    assert file.chunking_strategy is not None
    assert file.chunking_strategy.type == "other"
    assert files.create_and_poll(file.id, vector_store_id="lock", chunking_strategy=AUTO) == file
    newer: Any = {"type": "gte", "key": "year", "value": 2026}
    found = quoting.openai.vector_stores.search("lock", query="crane", filters=newer).data
    assert {one.file_id for one in found} == {file.id}
    assert found[0].attributes == {**(found[0].attributes or {}), "year": 2026, "draft": False}
    create = files.create
    refused(openai.NotFoundError, lambda: create("lock", file_id=NOWHERE), "document_not_found")
    refused(
        openai.BadRequestError,
        lambda: create("lock", file_id=file.id, chunking_strategy=STATIC),
        "unsupported_parameter",
        "chunking_strategy",
    )
    bad: Any = {"year": {}}
    refused(openai.BadRequestError, lambda: create("lock", file_id=file.id, attributes=bad), "invalid_metadata")


def test_attributes_take_the_place_of_metadata_and_keep_what_they_cannot_show(
    quoting: Service, mole: openai.OpenAI
) -> None:
    (file,) = mole.vector_stores.files.list("mole")
    assert file.attributes == {"year": 2026, "langs": "de, en", "tags": "old, machine"}
    update = mole.vector_stores.files.update
    changed = update(file.id, vector_store_id="mole", attributes={"langs": "de, en", "final": True})
    assert changed.attributes == {"langs": "de, en", "final": True, "tags": "old, machine"}
    document = quoting.http.get(f"/api/v1/documents/{file.id}").json()
    assert document["metadata"] == {"langs": ["de", "en"], "final": True}
    assert update(file.id, vector_store_id="mole", attributes={"tags": "new"}).attributes == {"tags": "new"}
    assert mole.vector_stores.files.create("mole", file_id=file.id).attributes == {"tags": "new"}
    assert update(file.id, vector_store_id="mole", attributes={"tags": "", "year": 1}).attributes == {"year": 1}
    assert update(file.id, vector_store_id="mole", attributes=None).attributes == {}
    wrong: Any = {"tags": 7}
    call = partial(update, file.id, vector_store_id="mole", attributes=wrong)
    refused(openai.BadRequestError, call, "invalid_tags")


def test_a_stores_files_are_listed_read_and_deleted(quoting: Service) -> None:
    client = quoting.client("any", project="basin")
    made = [numbered_file(client, number) for number in range(3)]
    files = client.vector_stores.files
    assert [one.id for one in files.list("basin", limit=2)] == made[::-1]
    assert [one.id for one in files.list("basin", filter="completed")] == made[::-1]
    assert all(files.list("basin", filter=state).data == [] for state in ("in_progress", "failed", "cancelled"))
    assert files.retrieve(made[0], vector_store_id="basin").id == made[0]
    (content,) = files.content(made[0], vector_store_id="basin").data
    assert (content.type, content.text) == ("text", f"{TEXT} Number 0.")
    gone = files.delete(made[0], vector_store_id="basin")
    assert (gone.id, gone.object, gone.deleted) == (made[0], "vector_store.file.deleted", True)
    refused(openai.NotFoundError, lambda: files.retrieve(made[0], vector_store_id="basin"), "document_not_found")
    refused(openai.NotFoundError, lambda: client.files.retrieve(made[0]), "document_not_found")
    refused(openai.NotFoundError, lambda: files.list("nobody-here"), "client_not_found")


def test_what_names_files_is_done_once_under_a_key(quoting: Service) -> None:
    key = {"Idempotency-Key": "1d0f5a7c-0c5b-4a57-9d44-1f4b0ce6a1b7"}
    one, two = quoting.client("any", project="weir-one"), quoting.client("any", project="weir-two")
    store = one.vector_stores.create(extra_headers=key)
    numbered_file(one, 1)
    assert one.vector_stores.create(extra_headers=key) == store, "the first answer again"
    with pytest.raises(openai.ConflictError):
        two.vector_stores.create(extra_headers=key)
