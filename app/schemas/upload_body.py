"""How the OpenAPI document describes an upload's form, which is read part by part as it arrives."""

from copy import deepcopy
from typing import Any

from app.common.file_loader import SUPPORTED_KINDS
from app.config import MAX_CHUNK_SIZE, MIN_CHUNK_SIZE
from app.schemas.ids import CLIENT_ID
from app.schemas.labels import METADATA
from app.schemas.stated import AT_MOST, at_most

OPENAPI_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "properties": {
                        "files": {
                            "type": "array",
                            "minItems": 1,
                            **at_most("maxItems", "max_files_per_upload"),
                            "items": {"type": "string", "format": "binary"},
                            "description": f"One or more files: {SUPPORTED_KINDS}.",
                        },
                        "client_id": {
                            **CLIENT_ID,
                            "description": "Whose documents these are. Left out, a new client is made.",
                            "examples": ["client_a1b2c3d4"],
                        },
                        "chunk_size": {
                            "type": "integer",
                            "minimum": MIN_CHUNK_SIZE,
                            "maximum": MAX_CHUNK_SIZE,
                            "description": "Characters in a chunk, at most (setting CHUNK_SIZE).",
                            "examples": [1000],
                        },
                        "chunk_overlap": {
                            "type": "integer",
                            "minimum": 0,
                            "exclusiveMaximum": MAX_CHUNK_SIZE,
                            "description": "Characters that neighbours share; smaller than chunk_size.",
                            "examples": [200],
                        },
                        "replace": {
                            "type": "boolean",
                            "default": False,
                            "description": "Whether each file takes the place of the client's documents of its name.",
                        },
                        "metadata": {
                            **METADATA,
                            "description": "A JSON object for all files, or a list of objects, one for each file.",
                        },
                        "tags": {
                            "type": "string",
                            "description": "With commas, repeated, or a JSON list; or a JSON list of lists, one for "
                            "each file.",
                            "examples": ["contract, archived"],
                        },
                    },
                }
            }
        },
    }
}

OPENAPI_BODY_OF_ONE = deepcopy(OPENAPI_BODY)
_FILES_OF_ONE = OPENAPI_BODY_OF_ONE["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]["files"]
_FILES_OF_ONE.pop(AT_MOST)
_FILES_OF_ONE["maxItems"] = 1
