"""OpenAI's package for Python: upload, ask, go on, stream, embed, delete."""

import os

from openai import BadRequestError, NotFoundError, OpenAI

QUESTION = "When was the lighthouse lit?"

client = OpenAI(base_url=os.environ["URL"] + "/v1", api_key=os.environ["KEY"])
file = client.files.create(file=("light.txt", b"The lighthouse was lit in 1871 by Ann."), purpose="assistants")
assert client.files.wait_for_processing(file.id).status == "processed"
assert client.files.content(file.id).text == "The lighthouse was lit in 1871 by Ann."

first = client.responses.create(
    model="default",
    input=QUESTION,
    tools=[{"type": "file_search", "vector_store_ids": ["default"]}],
    include=["file_search_call.results"],
)
assert "1871" in first.output_text
search, message = first.output
assert search.type == "file_search_call"
assert file.id in {result.file_id for result in search.results or []}
assert message.type == "message"
assert message.content[0].type == "output_text"
assert message.content[0].annotations[0].type == "file_citation"
second = client.responses.create(model="default", input="And by whom?", previous_response_id=first.id)
assert second.previous_response_id == first.id
with client.responses.stream(model="default", input=QUESTION) as stream:
    text = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
    assert "1871" in text
    assert text == stream.get_final_response().output_text

assert len(client.embeddings.create(model="default", input=["crane", "ship"]).data) == 2
assert client.vector_stores.search("default", query="lighthouse").data[0].file_id == file.id
store = client.vector_stores.create()
added = client.vector_stores.files.upload_and_poll(
    vector_store_id=store.id, file=("buoy.txt", b"The buoy was laid in 1904."), attributes={"year": 1904}
)
assert (added.status, added.attributes) == ("completed", {"year": 1904})
batch = client.vector_stores.file_batches.upload_and_poll(
    store.id, files=[("pier.txt", b"The pier was built in 1911.")], file_ids=[file.id, added.id]
)
assert (batch.status, batch.file_counts.completed) == ("completed", 3)
assert {one.id for one in client.vector_stores.file_batches.list_files(batch.id, vector_store_id=store.id)} >= {file.id}
changed = client.vector_stores.files.update(added.id, vector_store_id=store.id, attributes={"year": 1905})
assert changed.attributes == {"year": 1905}
newer = client.vector_stores.search(store.id, query="buoy", filters={"type": "eq", "key": "year", "value": 1905})
assert {one.file_id for one in newer.data} == {added.id}
assert client.vector_stores.files.delete(added.id, vector_store_id=store.id).deleted
chat = client.chat.completions.create(model="default", messages=[{"role": "user", "content": QUESTION}])
assert "1871" in (chat.choices[0].message.content or "")
try:
    client.responses.create(model="default", input=QUESTION, tools=[{"type": "web_search"}])
    raise AssertionError("another tool was taken")
except BadRequestError as error:
    code = error.code
assert code == "unsupported_parameter"
assert client.files.delete(file.id).deleted
try:
    client.files.retrieve(file.id)
    raise AssertionError("the file is still there")
except NotFoundError as error:
    code = error.code
assert code == "document_not_found"
