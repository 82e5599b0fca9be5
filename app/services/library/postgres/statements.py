"""The SQL of parts and their vectors."""

from sqlalchemy import TextClause, text

COLUMNS = "document_id, place, body, page, section, source, starts, ends, sections, head, number"

ADD = text(
    "INSERT INTO passages (client_id, document_id, place, body, page, section, source, starts, ends, sections, head, "
    "number, embedding) VALUES (:client, :document, :place, :body, :page, :section, :source, :starts, :ends, "
    ":sections, :head, :number, CAST(:vector AS vector)) ON CONFLICT (client_id, document_id, place) DO UPDATE SET "
    "body = EXCLUDED.body, embedding = EXCLUDED.embedding"
)
CLAIM_MODEL = text(
    "INSERT INTO embedding_models AS known (client_id, model) VALUES (:client, :model) "
    "ON CONFLICT (client_id) DO UPDATE SET model = known.model RETURNING model"
)
SET_MODEL = text("UPDATE embedding_models SET model = :model WHERE client_id = :client")
MODEL = text("SELECT model FROM embedding_models WHERE client_id = :client")
OTHER_MODELS = text("SELECT client_id, model FROM embedding_models WHERE model <> :model ORDER BY client_id")

# Written so that no index of vectors is used, but the client's own rows are read: exact, whoever else is there.
_NEAREST = (
    "SELECT document_id || ':' || place AS id, embedding <=> CAST(:vector AS vector) AS distance "
    "FROM passages {among} WHERE client_id = :client {where} ORDER BY distance, document_id, place LIMIT :k"
)
_THESE = "JOIN unnest(CAST(:documents AS text[]), CAST(:places AS integer[])) AS wanted (document, at) "
_THESE_ON = "ON document_id = wanted.document AND place = wanted.at"
NEAREST_AMONG = text(_NEAREST.format(among=_THESE + _THESE_ON, where=""))
PARTS = text(f"SELECT {COLUMNS} FROM passages {_THESE}{_THESE_ON} WHERE client_id = :client")
CHUNKS = text(
    f"SELECT {COLUMNS} FROM passages WHERE client_id = :client AND document_id = :document "
    "AND place >= :first AND place < :after ORDER BY place"
)
VECTORS = text(
    "SELECT document_id || ':' || place AS id, CAST(embedding AS text) AS vector "
    + f"FROM passages {_THESE}{_THESE_ON} WHERE client_id = :client"
)
VECTORS_OF_DOCUMENT = text(
    "SELECT CAST(embedding AS text) FROM passages WHERE client_id = :client AND document_id = :document ORDER BY place"
)
MISSING = text(
    f"SELECT {COLUMNS} FROM passages WHERE client_id = :client AND NOT EXISTS (SELECT FROM successors AS new "
    "WHERE new.client_id = :client AND new.document_id = passages.document_id AND new.place = passages.place) "
    "ORDER BY document_id, place LIMIT :size"
)
# Parts that were deleted while they were embedded get no new vector.
ADD_SUCCESSORS = text(
    "INSERT INTO successors (client_id, document_id, place, model, embedding) "
    "SELECT :client, document_id, place, :model, CAST(made.vector AS vector) FROM passages JOIN unnest("
    "CAST(:documents AS text[]), CAST(:places AS integer[]), CAST(:vectors AS text[])) AS made (document, at, vector) "
    "ON document_id = made.document AND place = made.at WHERE client_id = :client ON CONFLICT DO NOTHING"
)
SUCCEED = text(
    "UPDATE passages SET embedding = new.embedding FROM successors AS new WHERE passages.client_id = :client "
    "AND new.client_id = :client AND new.document_id = passages.document_id AND new.place = passages.place"
)
DROP_SUCCESSORS = text("DELETE FROM successors WHERE client_id = :client")
DROP_OTHER_SUCCESSORS = text("DELETE FROM successors WHERE client_id = :client AND model <> :model")
COUNT = text("SELECT count(*) FROM passages WHERE client_id = :client")
EXISTS = text("SELECT EXISTS (SELECT FROM passages WHERE client_id = :client)")
CLIENTS = text("SELECT client_id FROM embedding_models ORDER BY client_id")
CONTENTS = text(
    "SELECT client_id, count(DISTINCT document_id) AS documents, count(*) AS parts FROM passages "
    "GROUP BY client_id ORDER BY client_id"
)
DROP_DOCUMENT = text("DELETE FROM passages WHERE client_id = :client AND document_id = :document")
DROP_SUCCESSORS_OF = text("DELETE FROM successors WHERE client_id = :client AND document_id = :document")
DROP_CLIENT = text("DELETE FROM passages WHERE client_id = :client")
DROP_MODEL = text("DELETE FROM embedding_models WHERE client_id = :client")


def nearest(condition: str = "") -> TextClause:
    """Return the search for the nearest parts, of those that a condition lets through."""
    return text(_NEAREST.format(among="", where=f"AND ({condition})" if condition else ""))


def matching(condition: str) -> TextClause:
    """Return the search for the ids of all parts that a condition lets through."""
    return text(f"SELECT document_id || ':' || place FROM passages WHERE client_id = :client AND ({condition})")
