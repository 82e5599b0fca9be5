"""A sentence-transformers folder that holds a plain BERT with mean pooling: all that its graph is built from."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open

from app.services.embedding.bert_graph import Array, BertSizes
from app.services.embedding.source import choose_prompts

WEIGHTS_FILE = "model.safetensors"
TOKENIZER_FILE = "tokenizer.json"

_MODULES = ["Transformer", "Pooling"]
_WITH_NORMALISATION = [*_MODULES, "Normalize"]


class BertFolder:
    """See `BertWeights`; tensors are read from the file when they are asked for."""

    words_outside = False

    def __init__(self, folder: Path) -> None:
        """`folder` is one that `is_plain_bert`."""
        config = _json(folder / "config.json")
        self.sizes = BertSizes(
            width=config["hidden_size"],
            layers=config["num_hidden_layers"],
            heads=config["num_attention_heads"],
            epsilon=config["layer_norm_eps"],
        )
        self.pad_id: int = config.get("pad_token_id", 0)
        self.max_tokens: int = _json(folder / "sentence_bert_config.json")["max_seq_length"]
        texts = folder / "config_sentence_transformers.json"
        config = _json(texts) if texts.is_file() else {}
        self.query_prompt, self.document_prompt = choose_prompts(
            config.get("prompts") or {}, config.get("default_prompt_name") or ""
        )
        self._path = folder / WEIGHTS_FILE

    def array(self, name: str) -> Array:
        """Return a tensor in its own shape."""
        with safe_open(self._path, framework="numpy") as tensors:
            return np.asarray(tensors.get_tensor(name), dtype=np.float32)


def is_plain_bert(folder: Path) -> bool:
    """Whether the folder's model is what `bert_graph` builds: anything else in it makes other vectors."""
    if not all((folder / name).is_file() for name in (WEIGHTS_FILE, TOKENIZER_FILE)):
        return False
    try:
        config, modules = _json(folder / "config.json"), _json(folder / "modules.json")
        pooling = _json(folder / "1_Pooling" / "config.json")
        _json(folder / "sentence_bert_config.json")["max_seq_length"]
        kinds = [module["type"].rpartition(".")[2] for module in modules]
    except (OSError, ValueError, LookupError, TypeError):
        return False
    modes = {name for name, wanted in pooling.items() if name.startswith("pooling_mode_") and wanted}
    return (
        config.get("model_type") == "bert"
        and config.get("hidden_act") == "gelu"
        and config.get("position_embedding_type", "absolute") == "absolute"
        and kinds in (_MODULES, _WITH_NORMALISATION)
        and modes == {"pooling_mode_mean_tokens"}
    )


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
