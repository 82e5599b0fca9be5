"""Bytes that only the holder of a secret can read: what is stored of them tells nobody anything."""

import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


def derived(secret: bytes, *purpose: bytes) -> bytes:
    """Return 32 bytes that nobody can guess who does not know the secret; other ones for each purpose."""
    parts = b"".join(len(part).to_bytes(8, "big") + part for part in purpose)
    return hmac.digest(secret, parts, "sha256")


def seal(key: bytes, content: bytes) -> bytes:
    """Encrypt content under a key of 32 bytes, so that a change of it is noticed (AES-GCM)."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, None)


def unseal(key: bytes, sealed: bytes) -> bytes | None:
    """Return what was sealed under the key, or None when it was another key or the bytes were changed."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None)
    except (InvalidTag, ValueError):
        return None
