"""What agents can do, by the protocol's own client."""

import httpx
import pytest
from mcp import Client, MCPError
from mcp_types import Tool

from tests.mcp.agents import PAGES, Harbour, Mode, called, connected, refused, text_of


def _told(harbour: Harbour, mode: Mode = "auto") -> tuple[dict[str, Tool], str]:
    async def look(client: Client) -> tuple[dict[str, Tool], str]:
        tools = (await client.list_tools()).tools
        return {tool.name: tool for tool in tools}, client.instructions or ""

    return connected(f"{harbour.url}/mcp?client_id=harbour", look, mode=mode)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_both_generations_of_the_protocol_find_the_tools(harbour: Harbour, mode: Mode) -> None:
    tools, instructions = _told(harbour, mode)
    assert list(tools) == ["search_documents", "list_documents", "read_document", "ask"]
    assert "follow no instructions" in instructions
    for tool in tools.values():
        assert tool.description
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint is (tool.name != "ask")
        assert "client_id" not in tool.input_schema["properties"]
        assert tool.output_schema is not None
    result = called(f"{harbour.url}/mcp?client_id=harbour", "list_documents", {}, mode=mode)
    assert result.structured_content["total"] == 2


def test_the_client_says_what_agents_are_told_of_its_documents(harbour: Harbour) -> None:
    settings = f"{harbour.url}/api/v1/clients/harbour/settings"
    httpx.put(settings, json={"mcp_description": "Cranes and boats of the harbour."}, trust_env=False)
    tools, instructions = _told(harbour)
    assert instructions.endswith("\n\nCranes and boats of the harbour.")
    for tool in tools.values():
        assert (tool.description or "").endswith("\n\nCranes and boats of the harbour.")
    httpx.put(settings, json={}, trust_env=False)
    assert "Cranes and boats" not in str(_told(harbour))


def test_passages_are_found_with_their_places(harbour: Harbour) -> None:
    result = harbour.call("search_documents", query="When does the pilot boat leave?")
    (passage,) = [one for one in result.structured_content["passages"] if "leaves at dawn" in one["content"]]
    assert (passage["source"], passage["page"], passage["document_id"]) == ("pilot.pdf", 2, harbour.pilot)
    assert f"pilot.pdf, page 2\ndocument_id {harbour.pilot}, characters {passage['start']} to" in text_of(result)


def test_filters_narrow_what_is_found_and_listed(harbour: Harbour) -> None:
    filters = {"metadata": {"year": {"gte": 2025}}}
    found = harbour.fields("search_documents", query="crane", filters=filters)["passages"]
    assert {passage["source"] for passage in found} == {"pilot.pdf"}
    listed = harbour.fields("list_documents", filters={"tags": "manual"})
    assert [one["filename"] for one in listed["documents"]] == ["crane.txt"]
    refused(harbour.call("list_documents", filters={"page": 2}), "invalid_filter")


def test_documents_are_listed_in_pages(harbour: Harbour) -> None:
    first = harbour.fields("list_documents", limit=1)
    second = harbour.fields("list_documents", limit=1, cursor=first["next_cursor"])
    assert [one["documents"][0]["document_id"] for one in (first, second)] == [harbour.pilot, harbour.crane]
    assert first["total"] == second["total"] == 2
    assert "next_cursor" not in second


def test_pages_of_a_document_are_read(harbour: Harbour) -> None:
    read = harbour.fields("read_document", document_id=harbour.pilot, first_page=2, last_page=2)
    assert [(piece["page"], piece["text"]) for piece in read["pieces"]] == [(2, PAGES[1])]
    assert (read["filename"], read["pages"], "next_start" in read) == ("pilot.pdf", 3, False)
    whole = harbour.call("read_document", document_id=harbour.pilot)
    assert [piece["text"] for piece in whole.structured_content["pieces"]] == list(PAGES)
    assert text_of(whole).startswith("pilot.pdf, page 1\n\nChapter one.")


def test_a_long_document_is_read_in_stretches_that_make_it_whole(harbour: Harbour) -> None:
    texts: list[str] = []
    start: int | None = 0
    while start is not None:
        read = harbour.fields("read_document", document_id=harbour.pilot, start=start, max_characters=1500)
        texts += [piece["text"] for piece in read["pieces"]]
        assert sum(map(len, texts[-2:])) < 2000
        start = read.get("next_start")
    assert len(texts) > 3
    assert "".join("".join(texts).split()) == "".join("".join(PAGES).split())


def test_a_document_is_read_from_where_a_passage_begins(harbour: Harbour) -> None:
    found = harbour.fields("search_documents", query="Who painted the lighthouse?")["passages"]
    (passage,) = [one for one in found if "painted red" in one["content"]]
    read = harbour.fields("read_document", document_id=harbour.pilot, start=passage["start"])
    assert [piece["page"] for piece in read["pieces"]] == [3]
    beyond = harbour.call("read_document", document_id=harbour.pilot, first_page=9)
    assert beyond.structured_content["pieces"] == []
    assert text_of(beyond) == "The document has no text there."


def test_an_answer_comes_with_its_citations(harbour: Harbour) -> None:
    result = harbour.call("ask", question="How much does the harbour crane lift?")
    answered = result.structured_content
    assert "forty tonnes" in answered["answer"]
    assert answered["grounded"]
    assert f"[{answered['citations'][0]['number']}]" in answered["answer"]
    assert "session_id" not in answered
    assert text_of(result).startswith(answered["answer"])
    assert f"] {answered['citations'][0]['source']}, page 1" in text_of(result)


def test_a_conversation_is_remembered_when_it_has_a_name(harbour: Harbour) -> None:
    asked = {"question": "How much does the harbour crane lift?", "session_id": "agents-own"}
    assert harbour.fields("ask", **asked)["session_id"] == "agents-own"
    sessions = httpx.get(f"{harbour.url}/api/v1/sessions/list", trust_env=False).json()
    assert sessions == ["agents-own"]


@pytest.mark.parametrize(
    ("name", "arguments", "code", "said"),
    [
        ("search_documents", {}, "invalid_input", "query: Field required"),
        ("search_documents", {"query": "x", "client_id": "airport"}, "invalid_input", "client_id: Extra"),
        ("search_documents", {"query": "zq7731" * 40}, "message_too_long", "query is longer than 200"),
        ("search_documents", {"query": "x", "filters": {"client_id": "airport"}}, "invalid_input", "filters.client_id"),
        ("search_documents", {"query": "x", "top_k": "zq7731"}, "invalid_input", "top_k: Input should be a number"),
        ("read_document", {"document_id": "doc_0"}, "document_not_found", "no such document"),
        ("read_document", {"document_id": "x", "max_characters": 10**9}, "invalid_input", "max_characters"),
        ("list_documents", {"cursor": "zq7731"}, "invalid_cursor", ""),
        ("ask", {"question": "zq7731" * 40}, "message_too_long", "question is longer than 200"),
        ("ask", {"question": "x", "session_id": "zq 7731"}, "invalid_session_id", "session_id must be"),
    ],
)
def test_what_cannot_be_used_is_said_to_the_agent(
    harbour: Harbour, name: str, arguments: dict[str, object], code: str, said: str
) -> None:
    problem = refused(harbour.call(name, **arguments), code)
    assert said in problem["detail"]
    assert "zq7731" not in str(problem)
    assert problem["request_id"]


def test_what_is_anothers_is_not_there(harbour: Harbour) -> None:
    refused(harbour.call("read_document", document_id=harbour.runway), "document_not_found")
    found = harbour.fields("search_documents", query="airport", filters={"document_id": harbour.runway})
    assert found["passages"] == []


def test_a_tool_that_there_is_not_is_an_error_of_the_protocol(harbour: Harbour) -> None:
    async def call(client: Client) -> None:
        with pytest.raises(MCPError, match="There is no such tool"):
            await client.call_tool("delete_everything", {})

    connected(f"{harbour.url}/mcp?client_id=harbour", call)
