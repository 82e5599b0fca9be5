"""LangChain's ChatOpenAI and OpenAIEmbeddings, over responses: whole, streamed, and in conversations of both kinds."""

import os

from langchain_core.messages import HumanMessage
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import SecretStr

QUESTION = "How much does the harbour crane lift?"
URL, KEY = os.environ["URL"] + "/v1", SecretStr(os.environ["KEY"])


def _model(*, kept: bool = False) -> ChatOpenAI:
    return ChatOpenAI(base_url=URL, api_key=KEY, model="default", use_responses_api=True, use_previous_response_id=kept)


first = _model().invoke(QUESTION)
assert "forty tonnes" in first.text
talk = [HumanMessage(QUESTION), first, HumanMessage("Who needs a licence?")]
assert "licence" in _model().invoke(talk).text
kept = _model(kept=True).invoke(talk)
session = str(first.response_metadata["id"]).rpartition("_")[0]
assert str(kept.response_metadata["id"]) == f"{session}_2", "the conversation goes on where it is kept"

search = {"type": "file_search", "vector_store_ids": ["default"]}
searched = _model().bind_tools([search]).invoke(QUESTION)
assert [block["type"] for block in searched.content if isinstance(block, dict)] == ["file_search_call", "text"]
assert "".join(chunk.text for chunk in _model().stream(QUESTION)) == first.text

embeddings = OpenAIEmbeddings(
    openai_api_base=URL, openai_api_key=KEY, model="default", check_embedding_ctx_length=False
)
assert len(embeddings.embed_query("crane")) == len(embeddings.embed_documents(["crane", "ship"])[1])
