"""What an exported model's folder holds: graph, tokenizer, and what must be known besides.

`words.q4` and `characters.json` are there for a model whose vocabulary is too large for the graph.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

MODEL_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"
INFO_FILE = "export.json"
WORDS_FILE = "words.q4"
CHARACTERS_FILE = "characters.json"
OUTPUT_NAME = "sentence_embedding"


@dataclass(frozen=True)
class ExportInfo:
    """What must be known about an exported model besides its graph. The prompts are put before each text."""

    model: str
    dimension: int
    max_tokens: int
    pad_id: int
    query_prompt: str
    document_prompt: str

    def save(self, folder: Path) -> None:
        """Write it into `folder`."""
        (folder / INFO_FILE).write_text(json.dumps(asdict(self), indent=2), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "ExportInfo":
        """Read it from `folder`. Raises OSError, ValueError or TypeError if it is not there or not whole."""
        return cls(**json.loads((folder / INFO_FILE).read_text(encoding="utf-8")))
