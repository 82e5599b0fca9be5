"""What schemathesis cannot know of requests: see "Looking for faults in the API" in CONTRIBUTING.md."""

import http

import schemathesis

UNSTATED = {
    "client_required",  # depends on whose key was sent
    "invalid_chunk_settings",  # compares two fields, or one with a setting
    "invalid_tags",  # has three notations
    "no_question",  # is about the last of the messages
    "too_many_files",  # is 413, which schemathesis takes for no refusal
    # About what a file holds; those that are sent are made up.
    "bomb",
    "corrupt",
    "empty_file",
    "encrypted",
    "no_text",
    "type_mismatch",
    "unsupported_type",
}
"""Codes of requests that may fit the OpenAPI document and are refused all the same."""
MODEL_S_OWN = "dimensions: "
"""How the refusal of a number begins that depends on the embedding model."""
_KINDS = ("RejectedPositiveData", "AcceptedNegativeData")


def filter_failure(
    _context: schemathesis.HookContext,
    failure: Exception,
    _case: schemathesis.Case,
    response: schemathesis.Response,
) -> bool:
    """Keep all failures but that such a request was refused."""
    if type(failure).__name__ not in _KINDS or response.status_code < http.HTTPStatus.BAD_REQUEST:
        return True
    answer = response.json()
    problem = answer.get("error", answer)
    return problem.get("code") not in UNSTATED and not problem.get("message", "").startswith(MODEL_S_OWN)


schemathesis.hook(filter_failure)
