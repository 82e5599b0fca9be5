"""What answers questions."""

import math
from contextlib import ExitStack
from functools import partial

from app.common.metering import TOKENS
from app.config import Settings
from app.memory import SessionStore
from app.memory.strategies import BufferMemory, Memory, make_memory
from app.services.answering.extractive import ExtractiveAnswerer
from app.services.answering.followups import FollowUps
from app.services.answering.grounding import Gate, GateOf
from app.services.answering.summaries import summariser
from app.services.conversing.computing import Computing
from app.services.conversing.outlines import OutlinedDocuments
from app.services.conversing.preparing import Preparer
from app.services.conversing.service import Conversing, DocumentAnswers
from app.services.conversing.wholes import WholeDocuments, WholeLimits
from app.services.digests.cache import DigestCache
from app.services.digests.central import Outlines
from app.services.digests.index import SummaryIndex
from app.services.digests.summaries import ModelSummariser, OutlineSummariser, Summariser, SummaryWriter
from app.services.digests.tree import TreeLimits, TreeReader
from app.services.library.reading import LibraryReader
from app.services.library.texts import DocumentTexts
from app.services.llm.model import CallLimits, Endpoint, LanguageModel, VendorModel, open_language_model
from app.services.metering.meter import UsageMeter
from app.services.rag_chain import Answerer, ModelAnswerer, QuotingAnswerer, RagChain
from app.services.reranking.service import Reranking
from app.services.retriever import Retriever
from app.wiring.stores import Stores

CALLS_OF_ONE_READING = 4
"""Calls that are made at one time while a long document is read."""


def open_model(settings: Settings, stack: ExitStack, meter: UsageMeter) -> VendorModel | None:
    """Open the language model, or none for extractive answers."""
    provider = settings.provider
    if provider == "extractive":
        return None
    key = settings.groq_api_key if provider == "groq" else settings.llm_api_key
    base = settings.groq_api_base if provider == "groq" else settings.llm_base_url
    model = open_language_model(
        provider,
        Endpoint(api_key=key.get_secret_value() if key else "", base_url=base),
        model=settings.model_name,
        fallback_model=settings.fallback_model_name,
        temperature=settings.temperature,
        limits=CallLimits(
            timeout=settings.llm_timeout,
            max_concurrency=settings.llm_calls_at_once,
            answer_tokens=settings.max_answer_tokens,
        ),
    )
    model.meter = meter
    stack.callback(model.close)
    return model


def make_gate(settings: Settings, retriever: Retriever) -> GateOf:
    """Return what says of a client whether passages have to do with a question.

    It goes by what the operator says, or else the embedding model of the client's documents.
    """
    return lambda client_id: Gate.of(retriever.scale(client_id), settings.min_relevance)


def make_rag(
    settings: Settings, stores: Stores, retriever: Retriever, reranking: Reranking, model: LanguageModel | None
) -> RagChain:
    """Put the chain together; without a model it quotes."""
    memory = _make_memory(settings, stores.sessions, model)
    quoting = QuotingAnswerer(ExtractiveAnswerer(stores.embedders.current))
    answerer: Answerer = ModelAnswerer(model) if model else quoting
    reader = LibraryReader(catalog=stores.catalog, store=stores.vectors)
    preparer = Preparer(
        retriever=retriever,
        memory=memory,
        reranking=reranking,
        follow_ups=FollowUps(model if settings.query_rewrite == "auto" else None),
        conversing=Conversing(
            reader=reader,
            retriever=retriever,
            sessions=stores.sessions,
            summaries=SummaryIndex(stores.catalog.digests, stores.embedders.current),
            documents=_document_answers(settings, stores, retriever, model),
            with_model=model is not None,
        ),
        # Quoting has a finer sense of its own, which costs embeddings, for when there is no answer.
        gate=make_gate(settings, retriever) if model and settings.no_answer == "say" else None,
    )
    computing = Computing(tables=stores.tables, reader=reader, model=model)
    return RagChain(
        preparer=preparer,
        computing=computing,
        answerer=answerer,
        sessions=stores.sessions,
        memory=memory,
        meter=stores.meter,
    )


def _document_answers(
    settings: Settings, stores: Stores, retriever: Retriever, model: LanguageModel | None
) -> DocumentAnswers:
    texts = DocumentTexts(stores.vectors)
    if model is None:
        return OutlinedDocuments(Outlines(texts, stores.embedders.current))
    fitting, most = settings.whole_document_tokens, settings.max_document_tokens
    return WholeDocuments(
        texts=texts,
        cache=DigestCache(stores.catalog.digests),
        retriever=retriever,
        tree=_tree(settings, model, CALLS_OF_ONE_READING),
        model=model,
        limits=WholeLimits(fitting, most),
    )


def _tree(settings: Settings, model: LanguageModel, most_at_once: int) -> TreeReader:
    # A quarter of what one client may have with the vendor: as many may wait for a slot.
    share = math.floor(settings.llm_calls_at_once * CallLimits().client_share)
    at_once = max(1, min(most_at_once, share // 4))
    return TreeReader(model, TreeLimits(settings.whole_document_tokens, settings.max_document_tokens, at_once))


def open_summaries(settings: Settings, stack: ExitStack, stores: Stores, model: LanguageModel | None) -> None:
    """Start to summarise documents in the background, if that is wanted; with a model one call after the other."""
    if settings.summaries == "off":
        return
    index = SummaryIndex(stores.catalog.digests, stores.embedders.current)
    texts, cache = DocumentTexts(stores.vectors), DigestCache(stores.catalog.digests)
    summariser: Summariser = OutlineSummariser(Outlines(texts, stores.embedders.current), cache)
    if model is not None:
        tree = _tree(settings, model, 1)
        summariser = ModelSummariser(texts, cache, tree, most_tokens=settings.max_document_tokens)
    may_spend = partial(stores.meter.has_left, wanted=TOKENS)
    stack.enter_context(SummaryWriter(stores.catalog, summariser, index, may_spend=may_spend))


def _make_memory(settings: Settings, sessions: SessionStore, model: LanguageModel | None) -> Memory:
    if model is None:
        # There is nobody to write a summary, and nobody to read one: quoting looks at the question alone.
        return BufferMemory(sessions, max_tokens=settings.max_token_limit)
    return make_memory(
        settings.memory_type,
        sessions,
        max_tokens=settings.max_token_limit,
        window=settings.memory_window,
        summarise=summariser(model),
    )
