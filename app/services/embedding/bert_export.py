"""Exports a plain BERT from its weights alone: no torch, a second or two, the same vectors."""

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
from tokenizers import (  # type: ignore[import-untyped]  # has no type information
    Regex,
    Tokenizer,
    models,
    normalizers,
    pre_tokenizers,
    processors,
)

from app.common.errors import StartupError
from app.services.embedding.bert_folder import BertFolder
from app.services.embedding.bert_graph import build
from app.services.embedding.e5_weights import E5Weights, Pieces
from app.services.embedding.export_format import CHARACTERS_FILE, MODEL_FILE, TOKENIZER_FILE, WORDS_FILE, ExportInfo

E5_PROMPTS = ("query: ", "passage: ")
"""Part of the model: it was trained with them, and finds little without."""


def export_bert(folder: Path, name: str, model: Path) -> None:
    """Write the export of the sentence-transformers folder `model`, which `is_plain_bert`, into `folder`."""
    source = BertFolder(model)
    shutil.copyfile(model / TOKENIZER_FILE, folder / TOKENIZER_FILE)
    onnx.save(build(source), folder / MODEL_FILE)
    ExportInfo(
        model=name,
        dimension=source.sizes.width,
        max_tokens=source.max_tokens,
        pad_id=source.pad_id,
        query_prompt=source.query_prompt,
        document_prompt=source.document_prompt,
    ).save(folder)


def export_packed(folder: Path, name: str, weights: Path) -> None:
    """Write the export of multilingual-e5-small's packed `weights` into `folder`.

    The rows of the vocabulary stay in 4 bits, in a file that is mapped when the model runs: as part of the graph they
    would take 384 MB. Raises StartupError when the file is not whole.
    """
    try:
        source = E5Weights(weights)
        onnx.save(build(source), folder / MODEL_FILE)
    except (ValueError, LookupError) as exc:
        raise StartupError(f"The packaged weights of {name} are damaged; install the package again.") from exc
    np.asarray(source.words()).tofile(folder / WORDS_FILE)
    characters = {chr(number): text for number, text in source.pieces.characters.items()}
    (folder / CHARACTERS_FILE).write_text(json.dumps(characters), encoding="utf-8")
    _tokenizer(source.pieces).save(str(folder / TOKENIZER_FILE))
    query_prompt, document_prompt = E5_PROMPTS
    ExportInfo(
        model=name,
        dimension=source.sizes.width,
        max_tokens=source.max_tokens,
        pad_id=source.pieces.pad,
        query_prompt=query_prompt,
        document_prompt=document_prompt,
    ).save(folder)


def _tokenizer(pieces: Pieces) -> Tokenizer:
    """Return SentencePiece's unigram tokenizer of XLM-RoBERTa, without the normalisation of characters."""
    tokenizer = Tokenizer(models.Unigram(pieces.scored, unk_id=pieces.unknown, byte_fallback=False))
    tokenizer.normalizer = normalizers.Replace(Regex(" {2,}"), " ")
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", pieces.begin), ("</s>", pieces.end)]
    )
    return tokenizer
