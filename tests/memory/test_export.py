import json

from app.common.ids import ClientId
from app.memory.export import as_json, as_markdown
from app.memory.sqlite_session_store import SqliteSessionStore

ANNA = ClientId("anna")


def test_a_conversation_is_exported_whole(store: SqliteSessionStore) -> None:
    sources: list[dict[str, object]] = [{"citation": 2, "source": "lease.pdf", "page": 3}, {"source": "notes.md"}]
    store.append_turn(ANNA, "s1", "How long?", "Three months [2].", sources=sources)
    store.append_turn(ANNA, "s1", "And then?", "Nothing.", extra={"cut_off": True})
    store.set_title(ANNA, "s1", "Notice")
    conversation = store.export(ANNA, "s1")

    value = json.loads(json.dumps(as_json(conversation)))
    assert (value["session_id"], value["title"]) == ("s1", "Notice")
    assert value["created_at"] == "1970-01-12T13:46:40+00:00"
    assert [message["role"] for message in value["messages"]] == ["user", "assistant"] * 2
    assert value["messages"][1]["sources"] == sources
    assert value["messages"][3]["extra"] == {"cut_off": True}

    text = as_markdown(conversation)
    assert text.startswith("# Notice\n")
    assert "## Answer 1\n\nThree months [2].\n\n- [2] lease.pdf, page 3\n- [2] notes.md\n" in text
    assert text.index("## Question 2") > text.index("## Answer 1")
