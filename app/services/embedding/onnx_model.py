"""An exported model in memory: text to tokens, tokens to vectors."""

import json
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime as ort  # type: ignore[import-untyped]  # has no type information
from tokenizers import Tokenizer  # type: ignore[import-untyped]  # has no type information

from app.common.errors import StartupError
from app.common.vectors import Vectors
from app.services.embedding.e5_weights import Blocks, as_blocks, expand
from app.services.embedding.export_format import (
    CHARACTERS_FILE,
    MODEL_FILE,
    OUTPUT_NAME,
    TOKENIZER_FILE,
    WORDS_FILE,
    ExportInfo,
)
from app.services.embedding.question_runs import TokenIds
from app.telemetry.counting import embedding_run

_UNKNOWN = "[UNK]"
_MOST_CHARACTERS = 2000


class OnnxModel:
    """An exported model in memory. Any number of threads may use it at once."""

    def __init__(self, folder: Path) -> None:
        """Load the export in `folder`. Raises StartupError if it is damaged."""
        try:
            self.info = ExportInfo.load(folder)
            self._tokenizer = _load_tokenizer(folder, self.info.max_tokens)
            self._session = _load_session(folder)
            self._words = _load_words(folder, self.info.dimension)
            self._characters = _load_characters(folder)
        except Exception as exc:  # tokenizers raises plain Exception, onnxruntime its own kinds below it
            raise StartupError(
                f"The exported embedding model in {folder} is damaged; delete the folder and start again."
            ) from exc
        self._inputs = [node.name for node in self._session.get_inputs()]

    def tokenize(self, texts: Sequence[str], prompt: str) -> list[TokenIds]:
        """Return the token ids of each text after `prompt`, cut at the model's limit."""
        # A line break is a space, as it is to LangChain's HuggingFaceEmbeddings: both backends see one text.
        # encode_batch_fast lets go of the interpreter lock while it works; encode does not.
        prompted = [self._cleaned(prompt + text.replace("\n", " ")) for text in texts]
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(prompted)]

    def unfamiliar(self, text: str) -> float:
        """Return the share of tokens that are pieces of words or unknown, or not of the model's own alphabet.

        Only a vocabulary of whole words, such as BERT's, tells: pieces begin with ## there. Otherwise 0.
        """
        if self._characters is not None:
            return 0.0
        tokens = self._tokenizer.encode(text[:_MOST_CHARACTERS], add_special_tokens=False).tokens
        telling = [token for token in tokens if token == _UNKNOWN or any(map(str.isalnum, token.removeprefix("##")))]
        strange = [token for token in telling if token == _UNKNOWN or token.startswith("##") or not token.isascii()]
        return len(strange) / max(1, len(telling))

    def run(self, tokens: Sequence[TokenIds]) -> Vectors:
        """Return unit-length vectors of texts that are already tokens, in one run."""
        with embedding_run(len(tokens)):
            (vectors,) = self._session.run([OUTPUT_NAME], self._padded(tokens))
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(lengths, np.finfo(np.float32).tiny), dtype=np.float32)

    def _cleaned(self, text: str) -> str:
        if self._characters is None:
            return text
        return unicodedata.normalize("NFKC", text).translate(self._characters)

    def _padded(self, tokens: Sequence[TokenIds]) -> dict[str, np.ndarray]:
        shape = (len(tokens), max(map(len, tokens)))
        ids = np.full(shape, self.info.pad_id, dtype=np.int64)
        mask = np.zeros(shape, dtype=np.int64)
        for row, text in enumerate(tokens):
            ids[row, : len(text)] = text
            mask[row, : len(text)] = 1
        feed: dict[str, np.ndarray] = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        if self._words is not None:
            feed["words"] = expand(self._words[ids])
        return {name: feed[name] for name in self._inputs}


def _load_tokenizer(folder: Path, max_tokens: int) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
    tokenizer.enable_truncation(max_tokens)
    tokenizer.no_padding()
    return tokenizer


def _load_session(folder: Path) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return ort.InferenceSession(str(folder / MODEL_FILE), options, providers=["CPUExecutionProvider"])


def _load_words(folder: Path, width: int) -> Blocks | None:
    """Map the rows of the vocabulary, where they are not part of the graph."""
    path = folder / WORDS_FILE
    return as_blocks(np.memmap(path, np.uint8, mode="r"), width) if path.is_file() else None


def _load_characters(folder: Path) -> dict[int, str] | None:
    """Read what characters become before the tokenizer sees them, where it does not know that itself."""
    path = folder / CHARACTERS_FILE
    if not path.is_file():
        return None
    table: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return {ord(character): text for character, text in table.items()}
