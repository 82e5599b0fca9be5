"""How a client's questions are answered: as the request says, else as the client has set it, else as the service."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import bindparam, delete, insert, select, update

from app.common.absent import no_such_client
from app.common.database import AnyRow
from app.common.errors import InvalidInput
from app.common.ids import ClientId
from app.common.lives import Lives, Standing, erased_meanwhile
from app.common.sql import SqlDatabase
from app.services.answering.prompts import MAX_INSTRUCTIONS
from app.services.answering.types import AnswerOptions
from app.services.catalog.schema import client_settings, clients


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSettings:
    """A client's wishes; None leaves a thing to the service's own setting."""

    system_prompt: str | None = None
    language: str | None = None
    top_k: int | None = None
    temperature: float | None = None
    model: str | None = None
    mcp_description: str | None = None

    @property
    def instructions(self) -> str:
        """What follows the service's own rules in the prompt; empty when the client asks for nothing."""
        language = f"Answer in {self.language}, whatever the language of the question." if self.language else ""
        return "\n\n".join(part for part in (self.system_prompt or "", language) if part)


SERVICE_DEFAULTS = ClientSettings()

_STORED = select(client_settings).where(client_settings.c.client_id == bindparam("client"))


class ClientSettingsStore:
    """Clients' settings in the catalog's database; they go with their client."""

    def __init__(
        self,
        database: SqlDatabase,
        *,
        models: Collection[str],
        defaults: AnswerOptions,
        lives: Lives | None = None,
    ) -> None:
        """`models` are those of the service, which any client may choose from; `defaults` are the service's own."""
        self._db = database
        self._lives = lives or Lives(erased_meanwhile)
        self._models = frozenset(models)
        self._defaults = defaults

    def options(
        self,
        client_id: ClientId,
        *,
        top_k: int | None = None,
        context_tokens: int | None = None,
        temperature: float | None = None,
        instructions: str = "",
    ) -> AnswerOptions:
        """Decide how one question of the client is answered; the arguments are what its request asks for.

        A request's instructions come after the client's own. Raises InvalidInput when both together are too long.
        """
        own, defaults = self.get(client_id), self._defaults
        return AnswerOptions(
            top_k=top_k or own.top_k or defaults.top_k,
            context_tokens=context_tokens,
            temperature=_first(temperature, own.temperature, defaults.temperature),
            model=own.model or defaults.model,
            instructions=_joined(own.instructions, instructions),
        )

    def get(self, client_id: ClientId) -> ClientSettings:
        """Return the client's settings, all None for one that has set nothing or is not known."""
        return _settings(self._db.rows(_STORED, {"client": client_id}, client_id))

    def put(
        self, client_id: ClientId, settings: ClientSettings, *, any_model: bool, standing: Standing | None = None
    ) -> None:
        """Replace the client's settings as a whole.

        Raises NotFound when there is no such client, Conflict when it was erased since `standing` began, and what that
        raises.

        Without `any_model`, a model that is neither the service's nor the one set before is InvalidInput: others may
        cost the operator more. The client now stays when its last document goes: what was set holds for the next.
        """
        begun = standing or Standing()
        with self._db.write(client_id) as connection:
            self._lives.require(client_id, begun)
            if not connection.execute(
                update(clients).where(clients.c.client_id == client_id).values(registered=1)
            ).rowcount:
                raise no_such_client()
            before = _settings(connection.execute(_STORED, {"client": client_id}).all())
            if not any_model and settings.model not in {None, before.model, *self._models}:
                raise InvalidInput(
                    "model must be one of this service's own; ask the operator to set another.",
                    code="model_not_allowed",
                )
            connection.execute(delete(client_settings).where(client_settings.c.client_id == client_id))
            if settings != SERVICE_DEFAULTS:
                connection.execute(insert(client_settings).values(client_id=client_id, **asdict(settings)))


def _first(*temperatures: float | None) -> float | None:
    return next((one for one in temperatures if one is not None), None)  # 0 is a temperature too


def _joined(own: str, requested: str) -> str:
    instructions = "\n\n".join(part for part in (own, requested) if part)
    if len(instructions) > MAX_INSTRUCTIONS:
        raise InvalidInput(
            f"The system messages, and what the client has set, may have {MAX_INSTRUCTIONS} characters in all.",
            code="instructions_too_long",
        )
    return instructions


def _settings(rows: Sequence[AnyRow]) -> ClientSettings:
    if not rows:
        return SERVICE_DEFAULTS
    return ClientSettings(**{name: value for name, value in rows[0]._mapping.items() if name != "client_id"})
