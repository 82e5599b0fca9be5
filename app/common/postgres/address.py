"""The address of a PostgreSQL database as a setting gives it."""

_SCHEMES = ("postgresql+psycopg", "postgresql", "postgres")


def driver_address(value: str) -> str:
    """Return `value` with the driver that the service uses; raises ValueError when it is no address of PostgreSQL.

    The error never holds the address, which may hold a password.
    """
    scheme, separator, rest = value.partition("://")
    if scheme not in _SCHEMES or not separator or "/" not in rest:
        raise ValueError("it must read postgresql://USER:PASSWORD@HOST/DATABASE")
    return f"{_SCHEMES[0]}://{rest}"
