import pytest

from app.common.postgres.address import driver_address


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_every_usual_way_to_write_the_address_is_taken(scheme: str) -> None:
    assert driver_address(f"{scheme}://rag:pass@db/rag?sslmode=require") == (
        "postgresql+psycopg://rag:pass@db/rag?sslmode=require"
    )


@pytest.mark.parametrize(
    "value", ["", "rag", "mysql://u:secret@h/d", "postgresql:/h/d", "postgresql+asyncpg://h/d", "postgresql://h"]
)
def test_what_is_no_address_is_refused_without_its_secret(value: str) -> None:
    with pytest.raises(ValueError, match="it must read postgresql://") as refused:
        driver_address(value)
    assert "secret" not in str(refused.value)
