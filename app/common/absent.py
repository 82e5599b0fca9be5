"""The answers about what is not there, or is somebody else's: the two are never told apart."""

from app.common.errors import NotFound


def no_documents() -> NotFound:
    """Return the answer about a client that has nothing stored, known or not."""
    return NotFound("This client has no documents; upload some first.", code="collection_not_found")


def no_collection() -> NotFound:
    """Return the store's answer about a client that has no collection."""
    return NotFound("There is no such client or it has no documents.")


def no_such_client() -> NotFound:
    """Return the answer about a client that is not known, or not the caller's."""
    return NotFound("There is no such client.", code="client_not_found")


def no_such_key() -> NotFound:
    """Return the answer about a key that the client does not have."""
    return NotFound("There is no such key.", code="key_not_found")


def no_such_document() -> NotFound:
    """Return the answer about a document that is not there, or not the caller's."""
    return NotFound("There is no such document; it may have been deleted or replaced.", code="document_not_found")


def no_such_job() -> NotFound:
    """Return the answer about a job that is not there, or not the caller's."""
    return NotFound("There is no such job; finished ones are forgotten after some days.", code="job_not_found")


def no_such_answer() -> NotFound:
    """Return the answer about an answer that is not in its session: a question, one of another session, or no id."""
    return NotFound("There is no such answer in this session; only answers have feedback.", code="message_not_found")


def no_feedback() -> NotFound:
    """Return the answer about an answer of which nobody has said anything."""
    return NotFound("Nobody has said anything about this answer.", code="feedback_not_found")


def no_such_session() -> NotFound:
    """Return the answer about a session that is not there, has expired, or is not the caller's."""
    return NotFound("There is no such session; it may have expired.", code="session_not_found")
