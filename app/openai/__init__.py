"""OpenAI's API over the clients' documents: what speaks to OpenAI can ask here, with another base URL.

A dialect of the service's own API: `routes.py` reads it and asks the same services, `schemas.py` and `shapes.py` are
its words, `errors.py` its way of saying no. Nothing outside knows of it but `main`, which includes it.
"""

from app.openai.errors import PREFIX, OpenAIErrorResponse, OpenAIErrors, openai_responses
from app.openai.routes import router

__all__ = ["PREFIX", "OpenAIErrorResponse", "OpenAIErrors", "openai_responses", "router"]
