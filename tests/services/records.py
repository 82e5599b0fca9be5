"""Records of the catalog that several tests use."""

from app.common.ids import ClientId
from app.services.catalog.records import DocumentRecord

HARBOUR, AIRPORT = ClientId("harbour"), ClientId("airport")

RECORD = DocumentRecord(
    document_id="doc_1",
    client_id=HARBOUR,
    filename="crane.txt",
    kind="txt",
    sha256="ab" * 32,
    size_bytes=100,
    pages=1,
    characters=90,
    chunk_count=3,
    chunk_size=1000,
    chunk_overlap=200,
    warnings=("One page holds no text.",),
    status="indexing",
    created_at=5.0,
    updated_at=5.0,
)
