"""The Model Context Protocol over the clients' documents: agents search, list, read and ask by it.

A dialect of the service's own API, as `app/openai` is one: `tools.py` asks the same services, `schemas.py` has what
tools take and give, `routes.py` is the way in, and `sdk.py` alone knows the protocol's SDK, which is loaded when the
first agent comes.
"""

from app.mcp.routes import router

__all__ = ["router"]
