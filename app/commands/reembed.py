"""`reembed`: embed documents again after EMBEDDING_MODEL was changed, while the service is stopped."""

from collections.abc import Callable

from app.bootstrap import open_services
from app.common.errors import AppError, NotFound
from app.common.ids import ClientId, parse_client_id
from app.config import Settings
from app.service import Services

Say = Callable[[str], None]


def reembed(
    settings: Settings,
    say: Say,
    *,
    client: str | None = None,
    opener: Callable[[Settings], Services] = open_services,
) -> bool:
    """Embed whatever has another model than the one in use, of all clients or of one; return whether all of it is done.

    A run that is ended loses the client that it was at: the next one goes on. Raises StartupError when the service is
    running, and NotFound when `client` has no documents.
    """
    with opener(settings) as services:
        due = services.internals.library.outdated()
        if client is not None:
            wanted = parse_client_id(client)
            if services.internals.catalog.client(wanted) is None:
                raise NotFound("There is no such client.")
            due = {each: model for each, model in due.items() if each == wanted}
        done = [_reembedded(services, each, f"{place} of {len(due)}", say) for place, each in enumerate(sorted(due), 1)]
    say(f"{sum(done)} clients embedded again with {services.internals.embedders.current.name}.")
    return all(done)


def _reembedded(services: Services, client_id: ClientId, place: str, say: Say) -> bool:
    say(f"{client_id} ({place}) ...")
    try:
        services.reembedder.run(client_id)
    except AppError as exc:
        say(f"{client_id}: {exc.detail}")
        return False
    return True
