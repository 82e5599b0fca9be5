"""Exports any model that sentence-transformers can load, by tracing it with torch; in the exporting process alone."""

import warnings
from pathlib import Path

import numpy as np
import torch
from sentence_transformers import SentenceTransformer

from app.common.errors import StartupError
from app.services.embedding.export_format import MODEL_FILE, OUTPUT_NAME, TOKENIZER_FILE, ExportInfo
from app.services.embedding.onnx_model import OnnxModel
from app.services.embedding.source import ModelSource
from app.services.embedding.torch import model_can_be_had, prompts

OPSET = 17
MIN_AGREEMENT = 0.9999

_PROBES = [
    "",
    "What is the refund policy?",
    "Zürich, naïve café;\n北京 — 3.14 €",
    "A text that is longer than any model reads. " * 400,
]


def export_traced(folder: Path, source: ModelSource) -> None:
    """Write the export into `folder`; raises StartupError when it does not give the model's own vectors."""
    with model_can_be_had(source.name):
        model = load(source)
        query_prompt, document_prompt = prompts(model)
        tokenizer = model.tokenizer.backend_tokenizer
    tokenizer.save(str(folder / TOKENIZER_FILE))
    ExportInfo(
        model=source.name,
        dimension=len(model.encode("dimension")),
        max_tokens=model.max_seq_length or model.tokenizer.model_max_length,
        pad_id=model.tokenizer.pad_token_id,
        query_prompt=query_prompt,
        document_prompt=document_prompt,
    ).save(folder)
    _write_graph(model, folder / MODEL_FILE)
    check_agreement(model, OnnxModel(folder))


def load(source: ModelSource) -> SentenceTransformer:
    """Load the model in a form that can be traced."""
    # The plain attention: the others leave masks out when the example they are traced with needs none.
    eager = {"attn_implementation": "eager"}
    model: SentenceTransformer = SentenceTransformer(source.location, device="cpu", model_kwargs=eager)
    model.eval()
    return model


def _write_graph(model: SentenceTransformer, path: Path) -> None:
    """The whole chain of modules as one graph: pooling and normalisation are the model's own, not ours."""
    example = model.preprocess(["short", "somewhat longer, so that the first is padded"])
    tensors = {name: value for name, value in example.items() if isinstance(value, torch.Tensor)}
    others = {name: value for name, value in example.items() if name not in tensors}

    class Chain(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *values: torch.Tensor) -> torch.Tensor:
            features = dict(zip(tensors, values, strict=True))
            embedding: torch.Tensor = self.model({**others, **features})[OUTPUT_NAME]
            return embedding

    axes = {name: {0: "text", 1: "token"} for name in tensors} | {OUTPUT_NAME: {0: "text"}}
    with torch.inference_mode(), warnings.catch_warnings():
        # The tracing exporter is called legacy; the other one needs one more library and gives the same graph.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Chain(),
            tuple(tensors.values()),
            str(path),
            input_names=list(tensors),
            output_names=[OUTPUT_NAME],
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )


def check_agreement(model: SentenceTransformer, exported: OnnxModel) -> None:
    """Raise StartupError if `exported` gives other vectors than `model`: queries, documents, alone or padded."""
    pairs = [
        (model.encode_query, exported.info.query_prompt),
        (model.encode_document, exported.info.document_prompt),
    ]
    for encode, prompt in pairs:
        tokens = exported.tokenize(_PROBES, prompt)
        expected = encode(_PROBES, normalize_embeddings=True)
        together, alone = exported.run(tokens), np.concatenate([exported.run([text]) for text in tokens])
        if min((expected * together).sum(1).min(), (expected * alone).sum(1).min()) < MIN_AGREEMENT:
            name = exported.info.model
            raise StartupError(f"The model {name} gives other vectors once exported; set EMBEDDING_BACKEND=torch.")
