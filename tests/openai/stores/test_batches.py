"""Batches of files in vector stores, used by OpenAI's own Python package over real HTTP."""

from dataclasses import replace
from functools import partial
from typing import Any

import openai
import pytest

from app.openai.stores.batches import Batch
from app.openai.stores.shapes import as_store, as_store_file, counted_files
from app.services.catalog.records import ClientRecord
from tests.api import TEXT
from tests.openai.service import NOWHERE, Service, numbered_file, refused
from tests.services.records import HARBOUR, RECORD


def test_files_are_uploaded_as_a_batch(quoting: Service) -> None:
    client = quoting.client("any", project="fleet")
    client.vector_stores.create()
    batches = client.vector_stores.file_batches
    first = numbered_file(client, 0)
    named = [(f"{number}.txt", f"{TEXT} Number {number}.".encode()) for number in (1, 2)]
    batch = batches.upload_and_poll("fleet", files=named, file_ids=[first])
    assert (batch.object, batch.status, batch.vector_store_id) == ("vector_store.files_batch", "completed", "fleet")
    assert batch.file_counts.model_dump() == {
        "in_progress": 0, "completed": 3, "failed": 0, "cancelled": 0, "total": 3
    }  # fmt: skip
    listed = [one.id for one in batches.list_files(batch.id, vector_store_id="fleet", limit=2)]
    assert listed[-1] == first
    assert len(listed) == 3
    assert batches.list_files(batch.id, vector_store_id="fleet", filter="failed").data == []
    assert batches.cancel(batch.id, vector_store_id="fleet") == batch
    client.files.delete(first)
    left = batches.retrieve(batch.id, vector_store_id="fleet").file_counts
    assert (left.completed, left.cancelled, left.total) == (2, 1, 3)
    for one in listed[:-1]:
        client.files.delete(one)
    refused(openai.NotFoundError, lambda: batches.poll(batch.id, vector_store_id="fleet"), "batch_not_found")


def test_a_batch_sets_attributes_of_all_its_files_or_of_none(quoting: Service) -> None:
    client = quoting.client("any", project="convoy")
    batches, files = client.vector_stores.file_batches, client.vector_stores.files
    one, two = numbered_file(client, 1), numbered_file(client, 2)
    batch = batches.create_and_poll("convoy", file_ids=[one, two, one], attributes={"year": 2026})
    assert batch.file_counts.total == 2
    assert [file.attributes for file in files.list("convoy")] == [{"year": 2026}] * 2
    batches.create("convoy", files=[{"file_id": one, "attributes": {"n": 1}}, {"file_id": two}])
    assert [file.attributes for file in files.list("convoy")] == [{"year": 2026}, {"n": 1}]
    bad: Any = [{"file_id": one, "attributes": {"n": 2}}, {"file_id": two, "attributes": {"n": {}}}]
    refused(openai.BadRequestError, lambda: batches.create("convoy", files=bad), "invalid_metadata")
    unknown = partial(batches.create, "convoy", file_ids=[one, NOWHERE], attributes={"n": 2})
    refused(openai.NotFoundError, unknown, "document_not_found")
    assert files.retrieve(one, vector_store_id="convoy").attributes == {"n": 1}
    both: dict[str, Any] = {"file_ids": [one], "files": [{"file_id": two}]}
    twice: dict[str, Any] = {"files": [{"file_id": two}], "attributes": {"n": 1}}
    for body in ({}, both, twice):
        refused(openai.BadRequestError, partial(batches.create, "convoy", **body), "one_of_two")
    too_many = [f"doc_{number:024x}" for number in range(257)]
    refused(openai.BadRequestError, lambda: batches.create("convoy", file_ids=too_many), "invalid_input", "file_ids")


@pytest.mark.parametrize("count", [1, 2, 256])
def test_a_batchs_id_says_what_is_in_it(count: int) -> None:
    batch = Batch(1_780_000_000, [f"doc_{number:024x}" for number in range(count)])
    assert Batch.of(batch.id) == batch
    assert len(batch.id) < 4200, "it fits an address"


@pytest.mark.parametrize("name", ["vsfb_", "vsfb_AAAA", "vsfb_" + "A" * 8, "vsfb_" + "A" * 23, "x", "%00", "vsfb_é"])
def test_what_is_no_batch_is_not_found(quoting: Service, name: str) -> None:
    response = quoting.http.get(f"/v1/vector_stores/harbour/file_batches/{name}")
    assert (response.status_code, response.json()["error"]["code"]) == (404, "batch_not_found")


def test_what_is_being_written_is_in_progress_and_what_is_gone_is_cancelled() -> None:
    written, ready = RECORD, replace(RECORD, document_id="doc_2", status="ready")
    counts = counted_files([written, ready], 3)
    assert (counts.in_progress, counts.completed, counts.cancelled, counts.failed, counts.total) == (1, 1, 1, 0, 3)
    assert as_store_file(written).status == "in_progress"
    client = ClientRecord(HARBOUR, 1, 1, 1, 0.0, 0.0, registered=True)
    assert as_store(client, in_progress=1).status == "in_progress"
    assert as_store(client, in_progress=0).status == "completed"
