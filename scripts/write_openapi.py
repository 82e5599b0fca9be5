"""Write docs/openapi.json from the routes as they are: `make openapi`. A test compares the two."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Write the file; the settings do not matter for it, as none is read from the environment."""
    sys.path.insert(0, str(ROOT))
    from app.config import Settings
    from app.main import create_app

    document = create_app(Settings.model_construct()).openapi()
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    (ROOT / "docs" / "openapi.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
