from app.common.sealing import derived, seal, unseal

SECRET = b"8e03978e-40d5-43dd-bc93-6894a57f9324"


def test_what_is_sealed_is_read_with_its_key_alone() -> None:
    key = derived(SECRET, b"seal")
    sealed = seal(key, b"zq7731")
    assert unseal(key, sealed) == b"zq7731"
    assert b"zq7731" not in sealed
    assert seal(key, b"zq7731") != sealed
    assert unseal(derived(SECRET, b"name"), sealed) is None


def test_what_was_changed_is_not_read() -> None:
    key = derived(SECRET, b"seal")
    sealed = seal(key, b"zq7731")
    for changed in (b"", sealed[:11], sealed[:-1], sealed + b"x", sealed[:-1] + bytes([sealed[-1] ^ 1])):
        assert unseal(key, changed) is None


def test_parts_of_a_purpose_are_told_apart() -> None:
    purposes = [(b"ab", b"c"), (b"a", b"bc"), (b"abc",), (b"abc", b"")]
    assert len({derived(SECRET, *purpose) for purpose in purposes}) == 4
    assert derived(SECRET, b"a") != derived(SECRET + b"x", b"a")
