"""`python -m app.prepare`: have the embedding model ready, so that the first start is as fast as any other."""

from app.common.errors import StartupError
from app.config import load_settings
from app.services.embedding.opening import open_embedder


def main() -> None:
    """Export the configured model into DATA_PATH unless that is done already."""
    try:
        settings = load_settings()
        open_embedder(
            settings.embedding_model,
            backend=settings.embedding_backend,
            device=settings.embedding_device,
            cache=settings.data_path / "models",
        ).close()
    except StartupError as exc:
        raise SystemExit(f"The embedding model cannot be prepared. {exc}") from None


if __name__ == "__main__":
    main()
