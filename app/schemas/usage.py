"""What clients use, and their budgets, on the wire."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from app.schemas.numbers import strict_number

MOST = 2**62


def _amount(value: object) -> object:
    return value if value in (None, "unlimited") else strict_number(value)


Amount = Annotated[
    Annotated[int, Field(ge=0, le=MOST)] | Literal["unlimited"] | None,
    BeforeValidator(_amount),
]


class UsageAmounts(BaseModel):
    """Amounts of work."""

    chats: int = Field(description="Questions that were accepted.")
    searches: int
    documents: int = Field(description="Files that became ready; duplicates and failed ones cost nothing.")
    pages: int
    bytes: int
    texts_embedded: int = Field(description="Pieces of documents and questions.")
    model_calls: int = Field(description="Calls that the language model's vendor counted, or was left with.")
    tokens_in: int
    tokens_out: int
    tokens_estimated: int = Field(description="How many of these tokens the vendor did not count itself.")


class UsageShare(UsageAmounts):
    """What was used of one day, key, model, kind or client."""

    group: str | None = Field(
        description="The day, key id, model, kind or client. null: no key, no model, or clients that were erased."
    )


class UsageReport(BaseModel):
    """What was used from the first day to the last, in UTC, added up by one thing."""

    first_day: date
    last_day: date
    by: str
    total: UsageAmounts
    shares: list[UsageShare]
    next_cursor: str | None = Field(description="The `cursor` of the next page; null on the last page.")


class ClientUsage(BaseModel):
    """What a client has stored, its limits (null: none), and what it has used."""

    client_id: str
    documents: int
    chunks: int
    bytes_uploaded: int
    bytes_waiting: int = Field(description="Of files that wait to be taken in, or are kept for another try.")
    sessions: int
    messages: int
    feedback_up: int = Field(description="Answers that were rated up.")
    feedback_down: int
    max_documents: int | None
    max_chunks: int | None
    max_chunks_per_document: int
    max_bytes_waiting: int
    rate_limit_per_minute: int | None
    used: UsageReport


class NewBudgets(BaseModel):
    """The most a client may use; null leaves it to the service's settings, "unlimited" lifts those."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"tokens_a_day": 200000, "pages_a_month": 5000, "bytes_a_month": "unlimited"}]},
    )

    tokens_a_day: Amount = Field(None, description="(setting BUDGET_TOKENS_A_DAY)")
    tokens_a_month: Amount = Field(None, description="(setting BUDGET_TOKENS_A_MONTH)")
    searches_a_day: Amount = Field(None, description="(setting BUDGET_SEARCHES_A_DAY)")
    pages_a_month: Amount = Field(None, description="(setting BUDGET_PAGES_A_MONTH)")
    bytes_a_month: Amount = Field(None, description="(setting BUDGET_MB_A_MONTH)")


class BudgetInfo(BaseModel):
    """One budget: its limit (null: none), what is used of it, and when it opens again (UTC)."""

    name: str
    limit: int | None
    used: int
    opens_at: str
    own: bool = Field(description="Whether it is this client's own rather than the service's.")


class ClientBudgets(BaseModel):
    """A client's budgets."""

    client_id: str
    budgets: list[BudgetInfo]
